/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor.c - see floor.h.
 */
#include "config.h"

#include "floor.h"

#include <stddef.h>
#include <string.h>

void floor_inc(uint64_t *cell)
{
    *cell += 1;
}

void floor_add(double *cell, double v)
{
    *cell += v;
}

void floor_set(double *cell, double v)
{
    *cell = v;
}

void floor_observe(struct floor_histogram *h, const double *bounds, double v)
{
    int i = 0;

    while (i < 11 && v > bounds[i])
        i++;
    h->bucket[i]++;
    h->sum += v;
}

/* FNV-1a, byte by byte. */
static uint64_t hash(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (h ^ 0xff) * 1099511628211u;
}

void floor_find_inc(struct floor_series *table, const char *a, const char *b)
{
    size_t i = hash(hash(14695981039346656037u, a), b) % FLOOR_TABLE;

    while (table[i].a && (strcmp(table[i].a, a) != 0 || strcmp(table[i].b, b) != 0))
        i = (i + 1) % FLOOR_TABLE;
    if (!table[i].a) {
        table[i].a = a;
        table[i].b = b;
    }
    table[i].count++;
}
