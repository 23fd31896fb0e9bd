/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h - the words of a histogram in a lane, and what of them is native buckets.
 *
 * Beside the other counts a lane has an epoch and two tables (native.h), of which one is in use.
 * Each lane keeps to the limits by itself; a reader adds the lanes up and keeps to them again.
 */
#ifndef PROMC_HISTOGRAM_H
#define PROMC_HISTOGRAM_H

#include <stdint.h>

#include "family.h"
#include "lane.h"
#include "metrics.h"
#include "native.h"

/* Words; there are as many buckets as bounds, and one. */
enum { PROMC__HISTOGRAM_SEQ, PROMC__HISTOGRAM_SUM, PROMC__HISTOGRAM_BUCKETS };
/* Behind the buckets of a native histogram: when the counts began, see below; and how far the
 * table in use is behind the first one. */
enum { PROMC__NATIVE_EPOCH, PROMC__NATIVE_IN_USE, PROMC__NATIVE_LANE_WORDS };

struct promc_histogram {
    struct promc__child child;
    const double *bounds;
    uint32_t n;
    _Atomic uint32_t divert; /* readers that ask writers to use the lent lanes */

    /* Native buckets. A lane whose epoch is another one holds nothing; its owner starts over
     * with the next observation. So to give a new epoch is to reset. */
    const struct promc__native_rules *rules; /* NULL: none */
    uint32_t native_at;                      /* the epoch in the lanes' words */
    uint32_t table_at;                       /* the first table */
    _Atomic uint64_t epoch; /* when the counts began, in ms; later than the one before */
    /* How coarse the native buckets of an epoch were when they were last shown: they shall not
     * be shown finer again, which would look like counts that step back. */
    _Atomic uint64_t shown_epoch, shown_shift, shown_zero;
};

/* Where the tables are: on a cache line of their own, and every entry on one. */
static inline uint32_t promc__native_table_at(uint32_t n_bounds)
{
    return (PROMC__HISTOGRAM_BUCKETS + n_bounds + 1 + PROMC__NATIVE_LANE_WORDS + 7) &
           ~(uint32_t)7;
}

static inline promc__word *promc__native_in_use(const promc_histogram *h,
                                                promc__word *cell)
{
    return cell + h->table_at + promc__get(&cell[h->native_at + PROMC__NATIVE_IN_USE]);
}

/* One observation into all counts of a lane. 1: there are more native buckets than allowed. */
static inline int promc__native_count(const promc_histogram *h, promc__word *cell,
                                      uint32_t bucket, double v, uint64_t n)
{
    promc__word *count = &cell[PROMC__HISTOGRAM_BUCKETS + bucket];
    int over = promc__native_add(h->rules, promc__native_in_use(h, cell), v, n);

    promc__put(count, promc__get(count) + n);
    promc__put_double_add(&cell[PROMC__HISTOGRAM_SUM], v * (double)n);
    return over;
}

void promc__native_init(promc_histogram *h, const struct promc__native_rules *rules);

/* By whoever has the lane. Empty it, whose counts are of another epoch. */
void promc__native_start_over(promc_histogram *h, promc__word *cell);
/* That observation has made one bucket more than allowed. */
void promc__native_keep_to_limit(promc_histogram *h, promc__word *cell, uint32_t bucket,
                                 double v, uint64_t n);

/* By a reader, before it adds lanes up in one of @both: see that it is as coarse as what was
 * shown of @epoch. Returns the one that is. */
promc__word *promc__native_as_shown(promc_histogram *h, uint64_t epoch,
                                    promc__word *const *both, promc__word *table);
/* And when all lanes are in @table, and their other counts in @counts: make these agree, and
 * remember what is shown. */
void promc__native_shown(promc_histogram *h, uint64_t epoch, promc__word *table,
                         uint64_t *counts);

static inline promc__word *promc__native_other(promc__word *const *both,
                                               promc__word *table)
{
    return table == both[0] ? both[1] : both[0];
}

#endif /* PROMC_HISTOGRAM_H */
