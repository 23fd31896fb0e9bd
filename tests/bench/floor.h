/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor.h - the same work in plain C with nothing around it, in a shared object of its
 * own, because that is where a library is called.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

struct floor_histogram {
    uint64_t bucket[12];
    double sum;
};

/* An open table of counters by two strings; a power of two, never full. */
struct floor_series {
    const char *a;
    const char *b;
    uint64_t count;
};
enum { FLOOR_TABLE = 256 };

void floor_inc(uint64_t *cell);
void floor_add(double *cell, double v);
void floor_set(double *cell, double v);
void floor_observe(struct floor_histogram *h, const double *bounds, double v);
void floor_find_inc(struct floor_series *table, const char *a, const char *b);

#endif /* BENCH_FLOOR_H */
