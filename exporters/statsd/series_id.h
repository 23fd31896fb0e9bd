/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_id.h - what a series is called: the name and the labels of a line in the form in
 * which they are exposed, and whether that form may be exposed at all.
 */
#ifndef STATSD_SERIES_ID_H
#define STATSD_SERIES_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "statsd/line.h"
#include "statsd/stats.h"

/* Bytes that a name may have, and the labels together. */
#define SERIES_MAX_BYTES 4096

#define SERIES_OK ((enum event_error) - 1)

/* Holds all it points to, so it is large; each thread has one and uses it again. */
struct series_id {
    char name[SERIES_MAX_BYTES + 2];   /* escaped; a '_' may have come before */
    char labels[3 * SERIES_MAX_BYTES]; /* a NUL takes three bytes */
    char key[3 * SERIES_MAX_BYTES];
    const char *names[LINE_MAX_TAGS]; /* of labels, sorted */
    const char *values[LINE_MAX_TAGS];
    size_t n;
};

/* Fill *s from a line. Returns SERIES_OK or why not; s->name is a string either way. */
enum event_error series_id_make(const struct line *l, struct series_id *s);

/* Write the labels as one string of bytes into s->key: "k\0v\0k\0v\0", or "k\0k\0".
 * Returns its length. */
size_t series_id_key(struct series_id *s, bool names_only);

/* Would a series of this name be taken for the program's own, or its labels for something
 * else than labels? summary: it would be a summary. */
enum event_error series_id_check(const struct series_id *s, bool summary);

#endif /* STATSD_SERIES_ID_H */
