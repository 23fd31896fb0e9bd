/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter.c - a number that only goes up. Two words in each lane: whole numbers are summed as
 * integers, which stay exact, everything else as a double.
 */
#include "config.h"
#include "metrics.h"

#include <math.h>

#include "exemplar.h"
#include "lane.h"
#include "registry.h"

enum { INTEGER, FLOAT, WORDS };

struct promc_counter {
    struct promc__child child;
};

struct promc_counter_family {
    struct promc__family family;
};

/* Inline: it is what programs do most. */
static inline __attribute__((always_inline)) void add_integer(promc__word *cell,
                                                              uint64_t v)
{
    uint64_t old = promc__get(&cell[INTEGER]);

    if (promc__unlikely(v > UINT64_MAX - old))
        promc__put_double_add(&cell[FLOAT], (double)v);
    else
        promc__put(&cell[INTEGER], old + v);
}

/* Without a lane, or too late. @n, or else @v. */
static void count_slow(promc_counter *c, uint64_t n, double v)
{
    struct promc__work w;
    promc__word *cell = promc__begin(&w, &c->child.live, 0);

    if (cell == NULL)
        promc__drop_removed(&c->child);
    else if (n != 0)
        add_integer(cell, n);
    else
        promc__put_double_add(&cell[FLOAT], v);
    promc__end(&w);
}

static inline void count(promc_counter *c, uint64_t v)
{
    struct promc__work w;
    promc__word *cell;

    if (promc__unlikely(c == NULL))
        return;
    cell = promc__quick_begin(&w, &c->child.live, 0);
    if (promc__unlikely(cell == NULL)) {
        count_slow(c, v, 0);
        return;
    }
    add_integer(cell, v);
    promc__quick_end(&w);
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
    struct promc__work w;
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
    cell = promc__quick_begin(&w, &c->child.live, 0);
    if (promc__unlikely(cell == NULL)) {
        count_slow(c, 0, v);
        return;
    }
    promc__put_double_add(&cell[FLOAT], v);
    promc__quick_end(&w);
}

void promc_counter_add_exemplar(promc_counter *c, double v, promc_labels names,
                                promc_labels values)
{
    promc_counter_add(c, v);
    if (c != NULL && v >= 0 && isfinite(v))
        promc__exemplar_add(&c->child, 0, v, names, values);
}

/* Add the lanes up. What does not fit 64 bits moves to the fraction. */
void promc__counter_read(const struct promc__child *c, uint64_t *integer,
                         double *fraction)
{
    *integer = 0;
    *fraction = 0;
    for (struct promc__lane *l = promc__lane_first_of(c->slot); l != NULL;
         l = promc__lane_next(l)) {
        promc__word *cell = promc__lane_cell(l, c->slot);
        uint64_t n = promc__get(&cell[INTEGER]);

        if (n > UINT64_MAX - *integer)
            *fraction += (double)n;
        else
            *integer += n;
        *fraction += promc__as_double(promc__get(&cell[FLOAT]));
    }
}

double promc_counter_value(const promc_counter *c)
{
    uint64_t integer;
    double fraction;
    double v = 0;

    if (c != NULL && promc__child_hold(&c->child)) {
        promc__counter_read(&c->child, &integer, &fraction);
        v = (double)integer + fraction;
        promc__child_let_go(&c->child);
    }
    return v;
}

const struct promc__type_ops promc__counter_ops = {
    .type = PROMC_TYPE_COUNTER,
    .child_size = sizeof(struct promc_counter),
    .slot_alloc = promc__slot_alloc,
    .slot_free = promc__slot_free,
    .share = promc__share_nothing,
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
    f->family.n_exemplars = promc__opts(opts).exemplars != 0;
    return promc__family_register(&f->family, err);
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

static struct promc__family *family_of(promc_counter_family *f)
{
    return f != NULL ? &f->family : NULL;
}

promc_counter *promc_counter_labels(promc_counter_family *f, promc_labels values)
{
    return promc_counter_labelset(f, PROMC_NO_LABELS, values);
}

promc_counter *promc_counter_labelset(promc_counter_family *f, promc_labels names,
                                      promc_labels values)
{
    return (promc_counter *)promc__child_get(family_of(f), names, values);
}

void promc_counter_family_inc(promc_counter_family *f, promc_labels values)
{
    struct promc__work w;

    promc_counter_inc(
        (promc_counter *)promc__child_use(family_of(f), PROMC_NO_LABELS, values, &w));
    promc__end(&w);
}

void promc_counter_family_add(promc_counter_family *f, promc_labels values, double v)
{
    struct promc__work w;

    promc_counter_add(
        (promc_counter *)promc__child_use(family_of(f), PROMC_NO_LABELS, values, &w), v);
    promc__end(&w);
}

int promc_counter_remove(promc_counter_family *f, promc_labels values)
{
    return promc__child_remove(family_of(f), values);
}

void promc_counter_family_clear(promc_counter_family *f)
{
    promc__family_clear(family_of(f));
}

void promc_counter_release(promc_counter *c)
{
    promc__child_release(c != NULL ? &c->child : NULL);
}
