/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter.c - a number that only goes up. Two words in each lane: whole numbers are summed as
 * integers, which stay exact, everything else as a double.
 */
#include "config.h"
#include "metrics.h"

#include <math.h>

#include "lane.h"
#include "registry.h"

enum { INTEGER, FLOAT, WORDS };

struct promc_counter {
    struct promc__child child;
    /* What the lanes held when the series was reset. Atomic, since a scrape may be reading. */
    promc__word base[WORDS];
};

struct promc_counter_family {
    struct promc__family family;
};

static void add_integer(promc__word *cell, uint64_t v)
{
    uint64_t old = promc__get(&cell[INTEGER]);

    if (promc__unlikely(v > UINT64_MAX - old))
        promc__put_double_add(&cell[FLOAT], (double)v);
    else
        promc__put(&cell[INTEGER], old + v);
}

static void add_slow(promc_counter *c, uint64_t n, double v)
{
    struct promc__lane *lane = promc__lane_enter(c->child.slot, 0);
    promc__word *cell = promc__lane_cell(lane, c->child.slot);

    if (n != 0)
        add_integer(cell, n);
    else
        promc__put_double_add(&cell[FLOAT], v);
    promc__lane_leave(lane);
}

static inline void count(promc_counter *c, uint64_t v)
{
    promc__word *cell;

    if (promc__unlikely(c == NULL))
        return;
    cell = promc__cell(c->child.slot);
    if (promc__likely(cell != NULL))
        add_integer(cell, v);
    else
        add_slow(c, v, 0);
}

void promc_counter_add_u64(promc_counter *c, uint64_t v)
{
    count(c, v);
}

void promc_counter_inc(promc_counter *c)
{
    count(c, 1); /* of its own, not by a jump: it is what programs do most */
}

void promc_counter_add(promc_counter *c, double v)
{
    promc__word *cell;

    if (promc__unlikely(c == NULL))
        return;
    if (promc__unlikely(!(v >= 0 && v <= 1.7976931348623157e308))) {
        promc__drop(c->child.family->reg,
                    v < 0 && isfinite(v) ? PROMC__DROP_NEGATIVE : PROMC__DROP_NOT_FINITE);
        return;
    }
    if (v < 18446744073709551616.0 && (double)(uint64_t)v == v) {
        count(c, (uint64_t)v);
        return;
    }
    cell = promc__cell(c->child.slot);
    if (promc__likely(cell != NULL))
        promc__put_double_add(&cell[FLOAT], v);
    else
        add_slow(c, 0, v);
}

/* Add the lanes up. What does not fit 64 bits moves to the fraction. */
static void sum(const promc_counter *c, uint64_t *integer, double *fraction)
{
    *integer = 0;
    *fraction = 0;
    for (struct promc__lane *l = promc__lane_first(); l != NULL;
         l = promc__lane_next(l)) {
        promc__word *cell = promc__lane_cell(l, c->child.slot);
        uint64_t n = promc__get(&cell[INTEGER]);

        if (n > UINT64_MAX - *integer)
            *fraction += (double)n;
        else
            *integer += n;
        *fraction += promc__as_double(promc__get(&cell[FLOAT]));
    }
}

void promc__counter_read(const struct promc__child *child, uint64_t *integer,
                         double *fraction)
{
    promc_counter *c = (promc_counter *)(uintptr_t)child;
    /* Before the lanes, or a reset in between would have us subtract more than we added up.
     * acquire pairs with the release in reset(): the lanes hold at least this much. */
    uint64_t base_integer = atomic_load_explicit(&c->base[INTEGER], memory_order_acquire);
    uint64_t base_fraction = atomic_load_explicit(&c->base[FLOAT], memory_order_acquire);

    sum(c, integer, fraction);
    *integer -= base_integer;
    *fraction -= promc__as_double(base_fraction);
}

double promc_counter_value(const promc_counter *c)
{
    uint64_t integer;
    double fraction;

    if (c == NULL)
        return 0;
    promc__counter_read(&c->child, &integer, &fraction);
    return (double)integer + fraction;
}

static int reset(struct promc__child *child)
{
    promc_counter *c = (promc_counter *)child;
    uint64_t integer;
    double fraction;

    sum(c, &integer, &fraction);
    /* release pairs with the acquire in promc__counter_read() */
    atomic_store_explicit(&c->base[INTEGER], integer, memory_order_release);
    atomic_store_explicit(&c->base[FLOAT], promc__as_bits(fraction),
                          memory_order_release);
    return 0;
}

const struct promc__type_ops promc__counter_ops = {
    .type = PROMC_TYPE_COUNTER,
    .child_size = sizeof(struct promc_counter),
    .slot_alloc = promc__slot_alloc,
    .slot_free = promc__slot_free,
    .reset = reset,
};

/* --- creation --------------------------------------------------------------------------- */

promc_counter_family *promc_counter_family_new_with(promc_registry *reg, const char *name,
                                                    const char *help, promc_labels labels,
                                                    const promc_opts *opts,
                                                    promc_error *err)
{
    promc_counter_family *f = promc__family_new(reg, &promc__counter_ops, sizeof *f, name,
                                                help, labels, opts, err);

    if (f == NULL)
        return NULL;
    f->family.lane_words = WORDS;
    return promc__family_publish(&f->family, err) == 0 ? f : NULL;
}

promc_counter_family *promc_counter_family_new(promc_registry *reg, const char *name,
                                               const char *help, promc_labels labels,
                                               promc_error *err)
{
    return promc_counter_family_new_with(reg, name, help, labels, NULL, err);
}

promc_counter *promc_counter_new(promc_registry *reg, const char *name, const char *help,
                                 promc_error *err)
{
    return promc_counter_labels(
        promc_counter_family_new(reg, name, help, PROMC_NO_LABELS, err), PROMC_NO_LABELS);
}

int promc_counter_func_new(promc_registry *reg, const char *name, const char *help,
                           double (*fn)(void *arg), void *arg, promc_error *err)
{
    return promc__func_new(reg, &promc__counter_ops, name, help, fn, arg, err);
}

/* --- series ----------------------------------------------------------------------------- */

promc_counter *promc_counter_labels(promc_counter_family *f, promc_labels values)
{
    return promc_counter_labelset(f, PROMC_NO_LABELS, values);
}

promc_counter *promc_counter_labelset(promc_counter_family *f, promc_labels names,
                                      promc_labels values)
{
    return f != NULL ? (promc_counter *)promc__child_get(&f->family, names, values)
                     : NULL;
}

void promc_counter_family_inc(promc_counter_family *f, promc_labels values)
{
    promc_counter_inc(promc_counter_labels(f, values));
}

void promc_counter_family_add(promc_counter_family *f, promc_labels values, double v)
{
    promc_counter_add(promc_counter_labels(f, values), v);
}

int promc_counter_remove(promc_counter_family *f, promc_labels values)
{
    return promc__child_remove(f != NULL ? &f->family : NULL, values);
}

void promc_counter_family_clear(promc_counter_family *f)
{
    promc__family_clear(f != NULL ? &f->family : NULL);
}
