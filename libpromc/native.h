/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.h - native (exponential) buckets: counts by key in a small table of words.
 *
 * Bucket number i of a schema s holds (b^(i-1), b^i] with b = 2^(2^-s), and its mirror image
 * among the negative values; a schema's bounds are every second one of the next finer schema's.
 * So a value's number is found once, for the finest schema, 8, and shifted down to the table's.
 *
 * A table has a header and a power of two of entries: an id (sign and number) and a count. An
 * id's place is its number, or the next free one behind it; entries are never taken out. To
 * change the resolution a second table is written anew (native_limit.c). A table is written by
 * one thread: it lies in a lane, or is what a reader adds the lanes up in.
 */
#ifndef PROMC_NATIVE_H
#define PROMC_NATIVE_H

#include <stdint.h>

#include "encoder.h"
#include "lane.h"
#include "promc/promc.h"

enum {
    PROMC__NATIVE_FINEST = 8,
    PROMC__NATIVE_COARSEST = -4,
    PROMC__NATIVE_STEPS = 256, /* bounds to a power of two at the finest schema */
    PROMC__NATIVE_CELLS = 512, /* see gen_native_bounds.py */
    PROMC__NATIVE_MAX_BUCKETS = 400,
};

extern const uint64_t promc__native_bounds[PROMC__NATIVE_STEPS + 1];
extern const uint16_t promc__native_first[PROMC__NATIVE_CELLS];

/* What the native buckets of a family keep to. */
struct promc__native_rules {
    int schema;           /* to begin with */
    uint32_t limit;       /* of populated buckets */
    uint32_t mask;        /* entries of a table, less one */
    uint64_t zero_bits;   /* of the zero threshold to begin with */
    double max_zero;      /* the zero bucket may grow up to this */
    int64_t min_reset_ms; /* 0: never */
};

/* Words of a table; those of the header, then id, count, id, count ... An id of 0: free. */
enum {
    PROMC__NATIVE_SHIFT, /* the finest schema less the table's */
    PROMC__NATIVE_ZERO,  /* the threshold, as bits */
    PROMC__NATIVE_ZERO_COUNT,
    PROMC__NATIVE_POPULATED,
    PROMC__NATIVE_ENTRIES
};

static inline uint32_t promc__native_words(const struct promc__native_rules *r)
{
    return PROMC__NATIVE_ENTRIES + 2 * (r->mask + 1);
}

/* The rules from the settings: 1, 0 when they ask for no native buckets, or -EINVAL with *err
 * filled. */
int promc__native_rules_init(struct promc__native_rules *r, const char *name,
                             const promc_opts *opts, promc_error *err);

/* --- numbers ------------------------------------------------------------------------- */

enum {
    PROMC__NATIVE_BIAS = 1 << 20, /* makes all numbers positive */
    PROMC__NATIVE_SIGN = 1 << 24
};

int promc__native_number_subnormal(uint64_t bits);

/* The number at the finest schema of a value above zero, given its bits. +Inf gets the number
 * after that of the largest finite value. */
static inline int promc__native_number(uint64_t bits)
{
    const uint64_t fraction = 0x000fffffffffffffu;
    int exponent = (int)(bits >> 52) - 1023;
    /* as if between 0.5 and 1: frexp() */
    uint64_t scaled = (bits & fraction) | 0x3fe0000000000000u;
    unsigned at = promc__native_first[(bits & fraction) >> 43];

    if (promc__unlikely(exponent == -1023))
        return promc__native_number_subnormal(bits);
    at += promc__native_bounds[at] < scaled;
    /* infinity looks like 2^1024, whose number would be that of the largest value */
    return exponent * PROMC__NATIVE_STEPS + (int)at + (exponent == 1024);
}

/* A number at a schema coarser by @by. */
static inline int promc__native_coarser(int number, uint64_t by)
{
    return (number + (1 << by) - 1) >> by;
}

static inline int promc__native_number_of(uint64_t id)
{
    return (int)(id & (PROMC__NATIVE_SIGN - 1)) - PROMC__NATIVE_BIAS;
}

/* The upper bound of a bucket. */
double promc__native_le(int number, int schema);

/* --- tables -------------------------------------------------------------------------- */

/* Empty, as the rules say. */
void promc__native_clear(const struct promc__native_rules *r, promc__word *table);

/* The count of @id; made when it is not there. */
static inline promc__word *promc__native_entry(const struct promc__native_rules *r,
                                               promc__word *table, uint64_t id)
{
    /* the negative ones are put elsewhere, so as not to lie on their mirror images */
    uint32_t at = (uint32_t)(id + (id >> 17)) & r->mask;
    promc__word *entry = table + PROMC__NATIVE_ENTRIES + 2 * (size_t)at;

    while (promc__get(entry) != id) {
        if (promc__get(entry) == 0) {
            promc__put(entry, id);
            promc__put(&table[PROMC__NATIVE_POPULATED],
                       promc__get(&table[PROMC__NATIVE_POPULATED]) + 1);
            break;
        }
        at = (at + 1) & r->mask;
        entry = table + PROMC__NATIVE_ENTRIES + 2 * (size_t)at;
    }
    return entry + 1;
}

/* Count @v, which is not NaN, @n times. 1: there are more populated buckets now than allowed. */
static inline int promc__native_add(const struct promc__native_rules *r,
                                    promc__word *table, double v, uint64_t n)
{
    const uint64_t sign = 0x8000000000000000u;
    uint64_t bits = promc__as_bits(v);
    promc__word *count = &table[PROMC__NATIVE_ZERO_COUNT];

    /* the bits of positive doubles are in the order of their values */
    if (promc__likely((bits & ~sign) > promc__get(&table[PROMC__NATIVE_ZERO]))) {
        int number = promc__native_coarser(promc__native_number(bits & ~sign),
                                           promc__get(&table[PROMC__NATIVE_SHIFT]));
        uint64_t id = (uint32_t)(number + PROMC__NATIVE_BIAS);

        id |= bits >> 63 << 24;
        count = promc__native_entry(r, table, id);
    }
    promc__put(count, promc__get(count) + n);
    return promc__get(&table[PROMC__NATIVE_POPULATED]) > r->limit;
}

/* All counts of a table, the zero bucket's included. */
uint64_t promc__native_total(const struct promc__native_rules *r, promc__word *table);

/* --- limits (native_limit.c) --------------------------------------------------------- */

/* These leave their result in @table or in @spare, and return which. A table is not changed to
 * make it coarser; the other one is written. */

/* Widen the zero bucket, and when that is not allowed any more lower the resolution, until
 * @table is within the limit or nothing more can be done. */
promc__word *promc__native_reduce(const struct promc__native_rules *r, promc__word *table,
                                  promc__word *spare);

/* See that @table is not finer than this shift and this zero threshold. */
promc__word *promc__native_coarsen(const struct promc__native_rules *r,
                                   promc__word *table, promc__word *spare, uint64_t shift,
                                   uint64_t zero);

/* Add what @from holds to @table, at the coarser resolution and zero bucket of the two, and keep
 * to the limit. */
promc__word *promc__native_merge(const struct promc__native_rules *r, promc__word *table,
                                 promc__word *spare, promc__word *from);

/* Milliseconds since 1970; tests set it. */
extern int64_t (*promc__native_clock)(void);

/* --- showing ------------------------------------------------------------------------- */

/* What a reader needs memory for. Zero-initialise; free with promc__free(mem). */
struct promc__native_scratch {
    void *mem;
    size_t size;
    promc__word *lane;     /* a copy of a lane's table */
    promc__word *table[2]; /* all lanes, and the spare one */
    void *rest;
    struct promc__native_view view;
};

/* 0 or -ENOMEM. */
int promc__native_scratch_reserve(struct promc__native_scratch *s,
                                  const struct promc__native_rules *r);

/* Fill s->view from one of the scratch's tables. */
void promc__native_show(struct promc__native_scratch *s,
                        const struct promc__native_rules *r, promc__word *table);

#endif /* PROMC_NATIVE_H */
