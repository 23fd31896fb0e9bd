/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch.h - the values of a sliding window, in one lane.
 *
 * Time is cut into ages of equal length, and a ring holds the last few. Each age keeps its
 * first values as they are. When there are too many it counts them in buckets instead: the
 * sign, the exponent and the top seven bits of the mantissa of a double are the bucket's
 * number, so that all values of a bucket lie within 0.4 % of its middle. Buckets of the same
 * sign and exponent share a page of 128 counts; pages come from the lane and return to it, so
 * that recording allocates nothing. Ages and lanes are merged by adding counts.
 */
#ifndef PROMC_SKETCH_H
#define PROMC_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "lane.h"

enum {
    PROMC__AGE_VALUES = 24, /* kept exactly, each with its weight */
    PROMC__AGE_CHAINS = 16, /* of pages: neighbouring exponents are in different ones */
    PROMC__AGE_WORDS = 2 + PROMC__AGE_CHAINS + 2 * PROMC__AGE_VALUES
};

/* The ring: @ages times PROMC__AGE_WORDS words. */

/* Record @v with weight @n in the age number @id. 0: there was no page left to count it in.
 * Only by whoever has the lane. */
int promc__sketch_add(struct promc__lane *lane, promc__word *age, uint64_t id, double v,
                      uint64_t n);
/* Empty an age and give its pages back. */
void promc__sketch_clear(struct promc__lane *lane, promc__word *age);

/* Values with weights, gathered from ages that may be changing: the caller checks afterwards
 * whether they did, and cuts back n if so. Zero-initialise; free with promc__free(v). */
struct promc__sketch_scratch {
    struct promc__sketch_value {
        double v;
        uint64_t n;
    } * v;
    size_t n;
    size_t cap;
};
/* Append what @age holds if its number is in (after, upto]. 0 or -ENOMEM. */
int promc__sketch_gather(struct promc__lane *lane, promc__word *age, uint64_t after,
                         uint64_t upto, struct promc__sketch_scratch *to);
/* Sort, and find the values at @n ascending ranks @q (0..1); NaN when there are none. */
void promc__sketch_quantiles(struct promc__sketch_scratch *s, const double *q, size_t n,
                             double *at);

/* Keep enough pages in every lane for @summaries; more where a lane is running out. Where
 * allocating is allowed. 0 or -ENOMEM. */
int promc__sketch_restock(size_t summaries);

#endif /* PROMC_SKETCH_H */
