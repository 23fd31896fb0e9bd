/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_floor.c - nanoseconds per update of plain C, each thread with cells of its own:
 * what no library can go below. See bench.h and floor.h.
 */
#include "config.h"

#include "bench.h"
#include "floor.h"

static void inc_inlined(void *arg, uint64_t n)
{
    volatile uint64_t *cell = arg;

    while (n--)
        *cell = *cell + 1;
}

static void inc(void *arg, uint64_t n)
{
    while (n--)
        floor_inc(arg);
}

static void add(void *arg, uint64_t n)
{
    while (n--)
        floor_add(arg, 1.5);
}

static void set(void *arg, uint64_t n)
{
    while (n--)
        floor_set(arg, (double)n);
}

static void observe(void *arg, uint64_t n)
{
    while (n--)
        floor_observe(arg, bench_bounds, bench_in.v[n % BENCH_VALUES]);
}

static void find_inc(void *arg, uint64_t n)
{
    while (n--) {
        size_t i = n % BENCH_VALUES;

        floor_find_inc(arg, bench_in.method[i], bench_in.code[i]);
    }
}

/* Cells that no two threads share a cache line of. */
struct cells {
    _Alignas(128) uint64_t integer;
    _Alignas(128) double real;
    _Alignas(128) struct floor_histogram histogram;
    _Alignas(128) struct floor_series table[FLOOR_TABLE];
};

int main(void)
{
    static struct cells a, b;

    bench_make_input();
    const struct bench_shape shapes[] = {
        { "counter inc, inlined", 1, inc_inlined, { &a.integer, NULL } },
        { "counter inc", 1, inc, { &a.integer, NULL } },
        { "the same counter inc", 2, inc, { &a.integer, &b.integer } },
        { "different counters inc", 2, inc, { &a.integer, &b.integer } },
        { "counter add 1.5", 1, add, { &a.real, NULL } },
        { "gauge set", 1, set, { &a.real, NULL } },
        { "the same gauge set", 2, set, { &a.real, &a.real } },
        { "gauge inc", 1, add, { &a.real, NULL } },
        { "the same gauge inc", 2, add, { &a.real, &b.real } },
        { "histogram observe, 11 buckets", 1, observe, { &a.histogram, NULL } },
        { "the same histogram observe", 2, observe, { &a.histogram, &b.histogram } },
        { "different histograms observe", 2, observe, { &a.histogram, &b.histogram } },
        { "find by 2 label values and inc", 1, find_inc, { a.table, NULL } },
        { "the same, both in one family", 2, find_inc, { a.table, b.table } },
    };
    return bench_shapes(shapes, sizeof(shapes) / sizeof(shapes[0]));
}
