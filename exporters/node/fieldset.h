/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fieldset.h - which fields of a file are wanted, remembered from scrape to scrape.
 *
 * Files such as netstat and vmstat hold hundreds of named values in an order that does
 * not change while the kernel runs. Asking the filter about each of them at each scrape
 * would cost more than all the rest, so the answer is kept by position and only asked for
 * again when another name stands there.
 */
#ifndef NODE_FIELDSET_H
#define NODE_FIELDSET_H

#include <stddef.h>

#include "common/filter.h"
#include "node/scan.h"

struct field {
    char *key;          /* NULL: nothing known yet; the name that the filter sees */
    size_t len;         /* of key */
    const char *metric; /* the metric's name; NULL: not wanted */
};

/* Zero-initialise, then set filter and prefix; fieldset_free() at the end. */
struct fieldset {
    const struct filter *filter;
    const char *prefix; /* the metric's name is this and the key */
    struct field *v;
    size_t n;
};

/* The field at position i, whose key is group_name, or just name when group is empty.
 * Returns NULL when out of memory. */
const struct field *fieldset_get(struct fieldset *s, size_t i, struct span group,
                                 struct span name);

void fieldset_free(struct fieldset *s);

#endif /* NODE_FIELDSET_H */
