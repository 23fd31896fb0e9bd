/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch.c - recording into pages, and reading quantiles out of them.
 */
#include "config.h"
#include "sketch.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "alloc.h"

enum {
    ID,
    N,
    CHAINS,
    VALUES = CHAINS + PROMC__AGE_CHAINS
};                                        /* words of an age; from VALUES
                                     on: value, weight, value, weight ... */
enum { COUNTED = PROMC__AGE_VALUES + 1 }; /* in N: counts in pages, no values any more */

enum { SUB_BITS = 7, SUBS = 1 << SUB_BITS, SHIFT = 52 - SUB_BITS };

struct promc__page {
    _Atomic uint32_t key;  /* sign and exponent */
    _Atomic uint32_t next; /* of the same age, or of the lane's free ones; index + 1 */
    _Atomic uint32_t count[SUBS];
};

enum {
    PER_CHUNK = PROMC__LANE_CHUNK * sizeof(promc__word) / sizeof(struct promc__page),
    PAGES_PER_SUMMARY = 8,
    MAX_KEYS =
        4096 / PROMC__AGE_CHAINS /* no chain is longer: a page per sign and exponent */
};

static uint32_t get(_Atomic uint32_t *w)
{
    return atomic_load_explicit(w, memory_order_relaxed);
}

static void put(_Atomic uint32_t *w, uint32_t v)
{
    atomic_store_explicit(w, v, memory_order_relaxed);
}

/* The page at @index, or NULL where the lane has no chunk for it. */
static struct promc__page *page_at(struct promc__lane *lane, uint32_t index)
{
    struct promc__page *chunk;

    if (index / PER_CHUNK >= PROMC__PAGE_CHUNKS)
        return NULL;
    /* acquire pairs with the release in add_page_chunk() */
    chunk =
        atomic_load_explicit(&lane->page_chunk[index / PER_CHUNK], memory_order_acquire);
    return chunk != NULL ? chunk + index % PER_CHUNK : NULL;
}

/* A zeroed page of the lane. Returns its index + 1, or 0. */
static uint32_t page_take(struct promc__lane *lane)
{
    uint32_t link = get(&lane->page_free);
    struct promc__page *p;

    if (link != 0) {
        p = page_at(lane, link - 1);
        put(&lane->page_free, get(&p->next));
        for (size_t i = 0; i < SUBS; i++)
            put(&p->count[i], 0);
        return link;
    }
    link = get(&lane->page_next) + 1;
    if (page_at(lane, link - 1) == NULL)
        return 0;
    put(&lane->page_next, link);
    return link;
}

void promc__sketch_clear(struct promc__lane *lane, promc__word *age)
{
    for (size_t i = CHAINS; i < VALUES; i++) {
        uint32_t link = (uint32_t)promc__get(&age[i]);

        while (link != 0) {
            struct promc__page *p = page_at(lane, link - 1);
            uint32_t next = get(&p->next);

            /* off the chain before it is free: a fork() in between must lose it, not leave
             * it in both */
            atomic_store_explicit(&age[i], next, memory_order_release);
            put(&p->next, get(&lane->page_free));
            atomic_store_explicit(&lane->page_free, link, memory_order_release);
            link = next;
        }
    }
    promc__put(&age[N], 0);
}

static uint32_t key_distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* The page among all of an age whose key is closest. */
static struct promc__page *nearest_page(struct promc__lane *lane, promc__word *age,
                                        uint32_t key)
{
    struct promc__page *nearest = NULL;

    for (size_t i = CHAINS; i < VALUES; i++) {
        uint32_t link = (uint32_t)promc__get(&age[i]);

        while (link != 0) {
            struct promc__page *p = page_at(lane, link - 1);

            if (nearest == NULL ||
                key_distance(get(&p->key), key) < key_distance(get(&nearest->key), key))
                nearest = p;
            link = get(&p->next);
        }
    }
    return nearest;
}

/* Count @n of the bucket of @v. Without a page left the nearest one there is takes it: the
 * rank stays right, the value gets coarse. */
static int count(struct promc__lane *lane, promc__word *age, double v, uint64_t n)
{
    uint64_t bits = promc__as_bits(v);
    uint32_t key = (uint32_t)(bits >> 52);
    uint32_t sub = (bits >> SHIFT) & (SUBS - 1);
    promc__word *chain = &age[CHAINS + key % PROMC__AGE_CHAINS];
    uint32_t first = (uint32_t)promc__get(chain);
    struct promc__page *p = NULL;
    uint32_t link;
    uint64_t total;

    for (link = first; link != 0; link = get(&p->next)) {
        p = page_at(lane, link - 1);
        if (promc__likely(get(&p->key) == key))
            break;
    }
    if (promc__unlikely(link == 0)) {
        link = page_take(lane);
        if (link != 0) {
            p = page_at(lane, link - 1);
            put(&p->key, key);
            put(&p->next, first);
            promc__put(chain, link);
        } else {
            p = nearest_page(lane, age, key);
            if (p == NULL)
                return 0;
            sub = get(&p->key) < key ? SUBS - 1 : 0;
        }
    }
    total = get(&p->count[sub]);
    put(&p->count[sub], n < UINT32_MAX - total ? (uint32_t)(total + n) : UINT32_MAX);
    return 1;
}

int promc__sketch_add(struct promc__lane *lane, promc__word *age, uint64_t id, double v,
                      uint64_t n)
{
    uint64_t kept = promc__get(&age[N]);

    if (promc__get(&age[ID]) != id) {
        promc__sketch_clear(lane, age);
        promc__put(&age[ID], id);
        kept = 0;
    }
    if (kept < PROMC__AGE_VALUES) {
        promc__put(&age[VALUES + 2 * kept], promc__as_bits(v));
        promc__put(&age[VALUES + 2 * kept + 1], n);
        promc__put(&age[N], kept + 1);
        return 1;
    }
    if (kept == PROMC__AGE_VALUES) {
        for (size_t i = 0; i < PROMC__AGE_VALUES; i++)
            count(lane, age, promc__as_double(promc__get(&age[VALUES + 2 * i])),
                  promc__get(&age[VALUES + 2 * i + 1]));
        promc__put(&age[N], COUNTED);
    }
    return count(lane, age, v, n);
}

/* --- reading ---------------------------------------------------------------------------- */

static int gather(struct promc__sketch_scratch *s, double v, uint64_t n)
{
    if (s->n == s->cap) {
        size_t cap = s->cap != 0 ? 2 * s->cap : 256;
        void *p = promc__realloc(s->v, cap * sizeof *s->v);

        if (p == NULL)
            return -ENOMEM;
        s->v = p;
        s->cap = cap;
    }
    s->v[s->n++] = (struct promc__sketch_value){ v, n };
    return 0;
}

/* The middle of a bucket; the values that have no middle stand for themselves. */
static double bucket_value(uint32_t key, uint32_t sub)
{
    uint64_t bits = (uint64_t)key << 52 | (uint64_t)sub << SHIFT;

    if ((key & 0x7FF) == 0x7FF || ((key & 0x7FF) == 0 && sub == 0))
        return promc__as_double(bits);
    return promc__as_double(bits | (uint64_t)1 << (SHIFT - 1));
}

static int gather_chain(struct promc__lane *lane, uint32_t link,
                        struct promc__sketch_scratch *to)
{
    /* the chain may be changing under us: do not follow it further than one can be long */
    for (unsigned pages = 0; link != 0 && pages < MAX_KEYS; pages++) {
        struct promc__page *p = page_at(lane, link - 1);

        if (p == NULL)
            break;
        for (uint32_t i = 0; i < SUBS; i++) {
            uint32_t n = get(&p->count[i]);

            if (n != 0 && gather(to, bucket_value(get(&p->key), i), n) != 0)
                return -ENOMEM;
        }
        link = get(&p->next);
    }
    return 0;
}

int promc__sketch_gather(struct promc__lane *lane, promc__word *age, uint64_t after,
                         uint64_t upto, struct promc__sketch_scratch *to)
{
    uint64_t id = promc__get(&age[ID]);
    uint64_t kept = promc__get(&age[N]);
    int rc = 0;

    if (id <= after || id > upto)
        return 0;
    if (kept > PROMC__AGE_VALUES) {
        for (size_t i = CHAINS; rc == 0 && i < VALUES; i++)
            rc = gather_chain(lane, (uint32_t)promc__get(&age[i]), to);
        return rc;
    }
    for (uint64_t i = 0; rc == 0 && i < kept; i++)
        rc = gather(to, promc__as_double(promc__get(&age[VALUES + 2 * i])),
                    promc__get(&age[VALUES + 2 * i + 1]));
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = ((const struct promc__sketch_value *)a)->v;
    double y = ((const struct promc__sketch_value *)b)->v;

    return (x > y) - (x < y);
}

void promc__sketch_quantiles(struct promc__sketch_scratch *s, const double *q, size_t n,
                             double *at)
{
    uint64_t total = 0;
    uint64_t seen = 0;
    size_t i = 0;

    if (s->n != 0 && n != 0)
        qsort(s->v, s->n, sizeof *s->v, by_value);
    for (size_t k = 0; k < s->n; k++)
        total += s->v[k].n;
    for (size_t k = 0; k < n; k++) {
        /* The sample of which a share q are not above it. 0.28 * 25 comes out above 7: take
         * off what two roundings may have added. */
        double rank = ceil(q[k] * (double)total * (1 - 2 * DBL_EPSILON));

        if (total == 0) {
            at[k] = NAN;
            continue;
        }
        while (i + 1 < s->n && (double)(seen + s->v[i].n) < rank)
            seen += s->v[i++].n;
        at[k] = s->v[i].v;
    }
}

/* --- supply ----------------------------------------------------------------------------- */

int promc__sketch_restock(size_t summaries)
{
    size_t pages = summaries * PAGES_PER_SUMMARY;
    size_t chunks;

    for (struct promc__lane *l = promc__lane_first(); l != NULL;
         l = promc__lane_next(l)) {
        size_t taken = get(&l->page_next);

        if (taken + taken / 2 > pages)
            pages = taken + taken / 2;
    }
    chunks = (pages + PER_CHUNK - 1) / PER_CHUNK;
    return promc__pages_reserve(chunks < PROMC__PAGE_CHUNKS ? chunks
                                                            : PROMC__PAGE_CHUNKS);
}
