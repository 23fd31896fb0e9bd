/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.c - native buckets: their rules, bounds and tables, and how a table is shown.
 */
#include "config.h"
#include "native.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "alloc.h"
#include "error.h"

enum { DEFAULT_BUCKETS = 160, MAX_GAP = 2 /* empty buckets that join two runs */ };

/* --- rules ------------------------------------------------------------------------------ */

/* The finest schema whose bounds are not closer than @factor asks. */
static int schema_of(double factor)
{
    double schema = -floor(log2(log2(factor)));

    return schema > PROMC__NATIVE_FINEST     ? PROMC__NATIVE_FINEST
           : schema < PROMC__NATIVE_COARSEST ? PROMC__NATIVE_COARSEST
                                             : (int)schema;
}

/* How many buckets there can be at the coarsest schema, where the limit no longer holds. */
static uint32_t most_at_coarsest(uint64_t zero_bits)
{
    const uint64_t by = PROMC__NATIVE_FINEST - PROMC__NATIVE_COARSEST;
    int lowest = promc__native_coarser(
        promc__native_number(zero_bits + 1 /* the next double */), by);
    int highest =
        promc__native_coarser(promc__native_number(promc__as_bits((double)INFINITY)), by);

    return 2 * (uint32_t)(highest - lowest + 1);
}

static int check(const char *name, const promc_opts *o, promc_error *err)
{
    if (o->native_only && !(o->native_factor > 1))
        return promc__error(err, -EINVAL,
                            "%s: native_only without a native_factor above 1", name);
    if (o->native_buckets > PROMC__NATIVE_MAX_BUCKETS)
        return promc__error(err, -EINVAL, "%s: native_buckets is more than %d", name,
                            PROMC__NATIVE_MAX_BUCKETS);
    if (!(o->native_min_reset >= 0 && o->native_min_reset <= 1e9))
        return promc__error(
            err, -EINVAL, "%s: native_min_reset is not between 0 and 1e9 seconds", name);
    if (!isfinite(o->native_zero_threshold) ||
        !(o->native_max_zero_threshold >= 0 && isfinite(o->native_max_zero_threshold)))
        return promc__error(
            err, -EINVAL, "%s: a native zero threshold is negative or not finite", name);
    return 0;
}

int promc__native_rules_init(struct promc__native_rules *r, const char *name,
                             const promc_opts *o, promc_error *err)
{
    double zero = o->native_zero_threshold;
    uint32_t most;
    int rc = check(name, o, err);

    if (rc != 0 || !(o->native_factor > 1))
        return rc;
    zero = zero == 0 ? ldexp(1, -128) : zero < 0 ? 0 : zero;
    r->schema = schema_of(o->native_factor);
    r->limit = o->native_buckets != 0 ? o->native_buckets : DEFAULT_BUCKETS;
    r->zero_bits = promc__as_bits(zero);
    r->max_zero = o->native_max_zero_threshold;
    r->min_reset_ms = (int64_t)ceil(o->native_min_reset * 1e3);
    /* room for one more than allowed, and a fifth of it free for short ways */
    most = most_at_coarsest(r->zero_bits);
    if (most <= r->limit)
        most = r->limit + 1;
    for (r->mask = 1; r->mask < most + most / 4; r->mask = 2 * r->mask + 1)
        ;
    return 1;
}

/* --- bounds ----------------------------------------------------------------------------- */

int promc__native_number_subnormal(uint64_t bits)
{
    /* as a normal one, 2^54 times as large */
    return promc__native_number(promc__as_bits(promc__as_double(bits) * 0x1p54)) -
           54 * PROMC__NATIVE_STEPS;
}

double promc__native_le(int number, int schema)
{
    int64_t finest = (int64_t)number * (1 << (PROMC__NATIVE_FINEST - schema));
    const int64_t largest = 1024 * PROMC__NATIVE_STEPS;
    int64_t exponent = finest >> 8; /* PROMC__NATIVE_STEPS */

    if (finest >= largest)
        return finest == largest ? DBL_MAX : (double)INFINITY;
    return ldexp(
        promc__as_double(promc__native_bounds[finest - exponent * PROMC__NATIVE_STEPS]),
        (int)exponent + 1);
}

/* --- tables ----------------------------------------------------------------------------- */

void promc__native_clear(const struct promc__native_rules *r, promc__word *table)
{
    /* what is zero is left alone: it may be memory that was never written to */
    for (uint32_t i = 0; i < promc__native_words(r); i++)
        if (promc__get(&table[i]) != 0)
            promc__put(&table[i], 0);
    promc__put(&table[PROMC__NATIVE_SHIFT], (uint64_t)(PROMC__NATIVE_FINEST - r->schema));
    promc__put(&table[PROMC__NATIVE_ZERO], r->zero_bits);
}

uint64_t promc__native_total(const struct promc__native_rules *r, promc__word *table)
{
    uint64_t total = promc__get(&table[PROMC__NATIVE_ZERO_COUNT]);

    for (uint32_t i = PROMC__NATIVE_ENTRIES; i < promc__native_words(r); i += 2)
        total += promc__get(&table[i + 1]);
    return total;
}

/* --- showing ---------------------------------------------------------------------------- */

struct bucket {
    uint64_t id;
    uint64_t count;
};

/* Behind the tables; there are no more buckets than entries in a table, and no more than
 * MAX_GAP empty ones filled in before each. */
struct room {
    struct bucket *buckets;
    promc_span *spans;
    uint64_t *counts;
};

static struct room room_of(const struct promc__native_scratch *s,
                           const struct promc__native_rules *r)
{
    size_t n = (size_t)r->mask + 1;
    struct room room;

    room.buckets = s->rest;
    room.counts = (uint64_t *)(room.buckets + n);
    room.spans = (promc_span *)(room.counts + (1 + MAX_GAP) * n);
    return room;
}

int promc__native_scratch_reserve(struct promc__native_scratch *s,
                                  const struct promc__native_rules *r)
{
    size_t words = promc__native_words(r);
    size_t n = (size_t)r->mask + 1;
    size_t size = 3 * words * sizeof(promc__word) +
                  n * (sizeof(struct bucket) + (1 + MAX_GAP) * sizeof(uint64_t) +
                       sizeof(promc_span));

    if (size > s->size) {
        void *p = promc__calloc(1, size);

        if (p == NULL)
            return -ENOMEM;
        promc__free(s->mem);
        s->mem = p;
        s->size = size;
    }
    s->lane = s->mem;
    s->table[0] = s->lane + words;
    s->table[1] = s->table[0] + words;
    s->rest = (char *)s->mem + 3 * words * sizeof(promc__word);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = ((const struct bucket *)a)->id;
    uint64_t y = ((const struct bucket *)b)->id;

    return (x > y) - (x < y);
}

/* Runs of buckets whose numbers ascend, into spans and counts; how many of each is added to
 * *n_spans and *n_counts. */
static void put_spans(const struct bucket *b, size_t n, promc_span *spans,
                      uint64_t *counts, size_t *n_spans, size_t *n_counts)
{
    int next = 0; /* the number behind the last one */

    *n_spans = *n_counts = 0;
    for (size_t i = 0; i < n; i++) {
        int number = promc__native_number_of(b[i].id);
        int gap = number - next;

        if (i == 0 || gap > MAX_GAP) {
            spans[(*n_spans)++] = (promc_span){ gap, 0 };
            gap = 0;
        }
        spans[*n_spans - 1].length += (uint32_t)gap + 1;
        while (gap-- > 0)
            counts[(*n_counts)++] = 0;
        counts[(*n_counts)++] = b[i].count;
        next = number + 1;
    }
}

void promc__native_show(struct promc__native_scratch *s,
                        const struct promc__native_rules *r, promc__word *table)
{
    struct room room = room_of(s, r);
    struct promc__native_view *v = &s->view;
    promc_span *negative_spans;
    uint64_t *negative;
    size_t n = 0;
    size_t n_positive = 0;

    for (uint32_t i = PROMC__NATIVE_ENTRIES; i < promc__native_words(r); i += 2)
        if (promc__get(&table[i]) != 0) {
            room.buckets[n].id = promc__get(&table[i]);
            room.buckets[n++].count = promc__get(&table[i + 1]);
        }
    if (n != 0)
        qsort(room.buckets, n, sizeof *room.buckets, by_id);
    while (n_positive < n && room.buckets[n_positive].id < PROMC__NATIVE_SIGN)
        n_positive++;
    *v = (struct promc__native_view){
        .schema = PROMC__NATIVE_FINEST - (int)promc__get(&table[PROMC__NATIVE_SHIFT]),
        .zero_threshold = promc__as_double(promc__get(&table[PROMC__NATIVE_ZERO])),
        .zero_count = promc__get(&table[PROMC__NATIVE_ZERO_COUNT]),
    };
    put_spans(room.buckets, n_positive, room.spans, room.counts, &v->n_positive_spans,
              &v->n_positive);
    negative_spans = room.spans + v->n_positive_spans;
    negative = room.counts + v->n_positive;
    put_spans(room.buckets + n_positive, n - n_positive, negative_spans, negative,
              &v->n_negative_spans, &v->n_negative);
    v->positive_spans = room.spans;
    v->positive = room.counts;
    v->negative_spans = negative_spans;
    v->negative = negative;
}
