/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gofloat.h - numbers as the StatsD bridge of the Prometheus project takes them.
 *
 * That program reads values with Go's ParseFloat, so clients may have come to rely on its
 * forms: decimal with optional exponent, hexadecimal with a mandatory p exponent, '_'
 * between digits, inf / infinity / nan in any case (a sign only before the infinities).
 * No blanks.
 */
#ifndef STATSD_GOFLOAT_H
#define STATSD_GOFLOAT_H

#include <stddef.h>

/* Read all n bytes at s. Returns 0; -EINVAL when they are no number, *v is then untouched;
 * -ERANGE for one too large, *v is then infinite. */
int gofloat_parse(const char *s, size_t n, double *v);

#endif /* STATSD_GOFLOAT_H */
