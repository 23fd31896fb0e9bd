/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram_native.c - the life of a histogram's native buckets: when they start again from zero,
 * and how coarse they are.
 */
#include "config.h"
#include "histogram.h"

#include <time.h>

static int64_t realtime_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t (*promc__native_clock)(void) = realtime_ms;

/* Start again from zero at @now, unless somebody has since @epoch. */
static void new_epoch(promc_histogram *h, uint64_t epoch, int64_t now)
{
    uint64_t next = now > 0 && (uint64_t)now > epoch ? (uint64_t)now : epoch + 1;

    /* relaxed: lanes are compared with it, nothing else hangs on it */
    atomic_compare_exchange_strong_explicit(&h->epoch, &epoch, next, memory_order_relaxed,
                                            memory_order_relaxed);
}

/* Is it time to start again, now that the limit was met? */
static int may_reset(const promc_histogram *h, uint64_t epoch, int64_t *now)
{
    if (h->rules->min_reset_ms == 0)
        return 0;
    *now = promc__native_clock();
    return *now - (int64_t)epoch >= h->rules->min_reset_ms;
}

/* Empty a lane, whose counts are of another epoch. The epoch comes last: what a fork() leaves
 * half empty stays of another one. */
void promc__native_start_over(promc_histogram *h, promc__word *cell)
{
    promc__put(&cell[PROMC__HISTOGRAM_SUM], 0);
    for (uint32_t i = 0; i <= h->n; i++)
        promc__put(&cell[PROMC__HISTOGRAM_BUCKETS + i], 0);
    promc__put(&cell[h->native_at + PROMC__NATIVE_IN_USE], 0);
    promc__native_clear(h->rules, cell + h->table_at);
    promc__put(&cell[h->native_at + PROMC__NATIVE_EPOCH],
               atomic_load_explicit(&h->epoch, memory_order_relaxed));
}

/* See that a table, one of @both, is as coarse as what was shown of @epoch. Returns the one that
 * is. */
promc__word *promc__native_as_shown(promc_histogram *h, uint64_t epoch,
                                    promc__word *const *both, promc__word *table)
{
    /* acquire pairs with the release in promc__native_shown() */
    if (atomic_load_explicit(&h->shown_epoch, memory_order_acquire) != epoch)
        return table;
    return promc__native_coarsen(
        h->rules, table, promc__native_other(both, table),
        atomic_load_explicit(&h->shown_shift, memory_order_relaxed),
        atomic_load_explicit(&h->shown_zero, memory_order_relaxed));
}

/* An observation has made one bucket more than allowed. */
void promc__native_keep_to_limit(promc_histogram *h, promc__word *cell, uint32_t bucket,
                                 double v, uint64_t n)
{
    uint64_t epoch = promc__get(&cell[h->native_at + PROMC__NATIVE_EPOCH]);
    promc__word *first = cell + h->table_at;
    promc__word *const both[2] = { first, first + promc__native_words(h->rules) };
    promc__word *table = promc__native_in_use(h, cell);
    int64_t now;

    if (may_reset(h, epoch, &now)) {
        new_epoch(h, epoch, now);
        promc__native_start_over(h, cell);
        promc__native_count(h, cell, bucket, v, n);
        return;
    }
    table = promc__native_as_shown(h, epoch, both, table);
    table = promc__native_reduce(h->rules, table, promc__native_other(both, table));
    promc__put(&cell[h->native_at + PROMC__NATIVE_IN_USE], (uint64_t)(table - first));
}

/* What is shown has less resolution than it should have. */
static int is_reduced(const promc_histogram *h, promc__word *table)
{
    return promc__get(&table[PROMC__NATIVE_SHIFT]) !=
               (uint64_t)(PROMC__NATIVE_FINEST - h->rules->schema) ||
           promc__get(&table[PROMC__NATIVE_ZERO]) != h->rules->zero_bits;
}

/* The native buckets come first in an observation. Where a fork() cut one in two, or its thread is
 * stopped in the middle of it, they have more than the others; which of those it belongs to is
 * not known. Servers take only what adds up. */
static void reconcile(const promc_histogram *h, promc__word *table, uint64_t *counts)
{
    uint64_t native = promc__native_total(h->rules, table);

    for (uint32_t i = 0; i <= h->n; i++) {
        if (counts[i] > native)
            counts[i] = native;
        native -= counts[i];
    }
    counts[h->n] += native; /* above all bounds, then */
}

void promc__native_shown(promc_histogram *h, uint64_t epoch, promc__word *table,
                         uint64_t *counts)
{
    int64_t now;

    reconcile(h, table, counts);
    /* by one reader at a time: the render lock */
    atomic_store_explicit(&h->shown_epoch, 0, memory_order_relaxed);
    atomic_store_explicit(&h->shown_shift, promc__get(&table[PROMC__NATIVE_SHIFT]),
                          memory_order_relaxed);
    atomic_store_explicit(&h->shown_zero, promc__get(&table[PROMC__NATIVE_ZERO]),
                          memory_order_relaxed);
    /* release pairs with the acquire in promc__native_as_shown() */
    atomic_store_explicit(&h->shown_epoch, epoch, memory_order_release);
    /* Back to the full resolution, as soon as resets allow it, and once it was shown what there
     * is: then nothing is lost. */
    if (is_reduced(h, table) && may_reset(h, epoch, &now))
        new_epoch(h, epoch, now);
}

void promc__native_init(promc_histogram *h, const struct promc__native_rules *rules)
{
    h->rules = rules;
    h->native_at = PROMC__HISTOGRAM_BUCKETS + h->n + 1;
    h->table_at = promc__native_table_at(h->n);
    atomic_store_explicit(&h->epoch, 0, memory_order_relaxed);
    atomic_store_explicit(&h->shown_epoch, 0, memory_order_relaxed);
    new_epoch(h, 0, promc__native_clock());
}
