/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.h - make a StatsD name or tag key into a Prometheus one.
 */
#ifndef STATSD_ESCAPE_H
#define STATSD_ESCAPE_H

#include <stddef.h>

/* State between the pieces of one name; zero-initialise. */
struct escape {
    char last;
    size_t n;
};

/* Append the escaped form of the n bytes at s (valid UTF-8) to out, which must have room
 * for n + 1 bytes. Returns the number of bytes written; no NUL is added. */
size_t escape_name(struct escape *e, const char *s, size_t n, char *out);

#endif /* STATSD_ESCAPE_H */
