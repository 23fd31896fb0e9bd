/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gauge.c - a number that goes up and down.
 *
 * set() stores into one shared word. add() goes to the thread's lane, so that a gauge of
 * requests in progress costs no shared cache line either; the value is then
 *
 *     what was set  +  sum of the lanes now  -  sum of the lanes when it was set
 *
 * In a registry that processes share, where one may be killed between the two, the shared word
 * is all there is.
 *
 * A gauge that is only ever set never looks at the lanes. On one that saw both, the pair (what
 * was set, sum then) is guarded by a sequence count. A setter that finds another one at work
 * has nothing to do: its value counts as set just before and overwritten at once.
 */
#include "config.h"
#include "metrics.h"

#include <math.h>
#include <time.h>

#include "lane.h"
#include "registry.h"

struct promc_gauge {
    struct promc__child child;
    promc__word value; /* what was set */
    /* What each set() reads stands on another cache line than what it writes: threads that set
     * one gauge would wait for that line to come back, only to see that nothing has changed. */
    _Alignas(64) _Atomic uint32_t ways; /* of these, what updates have to know: */
    promc__word then;                   /* sum of the lanes when it was set */
    _Atomic uint64_t seq; /* odd while the two are being written; see busy() */
};

enum {
    IN_LANES = 1, /* add() was used */
    WATCHED = 2,  /* the series may expire, and an update may leave no trace */
    REMOVED = 4,
    ONE_WORD = 8 /* in shared memory: whatever is done to it is done to the value */
};

struct promc_gauge_family {
    struct promc__family family;
};

static double lanes_sum(const promc_gauge *g)
{
    double sum = 0;

    for (struct promc__lane *l = promc__lane_first_of(g->child.slot); l != NULL;
         l = promc__lane_next(l))
        sum += promc__as_double(promc__get(promc__lane_cell(l, g->child.slot)));
    return sum;
}

static uint32_t forks(void)
{
    /* relaxed: it changes in fork() only */
    return atomic_load_explicit(&promc__forks, memory_order_relaxed);
}

/* Somebody is setting. The upper half of the count is forks() as of then: with another one the
 * setter was a thread of the parent, does not exist here and would be waited for for ever. */
static int busy(uint64_t seq)
{
    return (seq & 1) != 0 && seq >> 32 == forks();
}

static void set_both(promc_gauge *g, double v)
{
    uint64_t seq = atomic_load_explicit(&g->seq, memory_order_relaxed);
    uint64_t odd = (uint64_t)forks() << 32 | (uint32_t)((seq + 1) | 1);

    /* acquire: the stores below stay below; a failed exchange means somebody is setting */
    if (busy(seq) || !atomic_compare_exchange_strong_explicit(
                         &g->seq, &seq, odd, memory_order_acquire, memory_order_relaxed))
        return;
    atomic_thread_fence(memory_order_release); /* pairs with the fence in read_value() */
    promc__put(&g->then, promc__as_bits(lanes_sum(g)));
    promc__put(&g->value, promc__as_bits(v));
    atomic_store_explicit(&g->seq, odd + 1, memory_order_release); /* see read_value() */
}

static uint32_t ways(const promc_gauge *g)
{
    return atomic_load_explicit(&((promc_gauge *)(uintptr_t)g)->ways,
                                memory_order_relaxed);
}

static void set_slow(promc_gauge *g, double v)
{
    struct promc__work w;

    if (promc__begin(&w, &g->child.live, 0) == NULL) {
        promc__drop_removed(&g->child);
    } else {
        promc__child_touch(&g->child);
        if ((ways(g) & IN_LANES) != 0)
            set_both(g, v);
        else
            promc__put(&g->value, promc__as_bits(v));
    }
    promc__end(&w);
}

void promc_gauge_set(promc_gauge *g, double v)
{
    if (promc__unlikely(g == NULL))
        return;
    if (promc__likely((ways(g) & ~(uint32_t)ONE_WORD) == 0))
        promc__put(&g->value, promc__as_bits(v));
    else
        set_slow(g, v);
}

/* 0: somebody is setting, or has meanwhile; *v may belong together or not. */
static int try_read(const promc_gauge *gauge, double *v)
{
    promc_gauge *g = (promc_gauge *)(uintptr_t)gauge;
    /* acquire pairs with the release in set_both(): value and then are whole */
    uint64_t seq = atomic_load_explicit(&g->seq, memory_order_acquire);
    double value = promc__as_double(promc__get(&g->value));
    double then = promc__as_double(promc__get(&g->then));
    double now = 0;

    if ((ways(g) & IN_LANES) != 0)
        now = lanes_sum(g);
    *v = now != then ? value + (now - then) : value;
    atomic_thread_fence(memory_order_acquire); /* pairs with the fence in set_both() */
    return !busy(seq) && atomic_load_explicit(&g->seq, memory_order_relaxed) == seq;
}

static double read_value(const promc_gauge *g)
{
    double v;

    for (unsigned i = 1; !try_read(g, &v) && promc__lane_wait(i); i++)
        ;
    return v;
}

double promc_gauge_value(const promc_gauge *g)
{
    double v = 0;

    if (g != NULL && promc__child_hold(&g->child)) {
        v = read_value(g);
        promc__child_let_go(&g->child);
    }
    return v;
}

double promc__gauge_read(const struct promc__child *c)
{
    return read_value((const promc_gauge *)c);
}

/* Before the first add(), and where an update has to be noticed. */
static void add_prepare(promc_gauge *g)
{
    atomic_fetch_or_explicit(&g->ways, IN_LANES, memory_order_relaxed);
    promc__child_touch(&g->child);
}

/* In shared memory: a process that is killed has done it or not. */
static void add_to_value(promc_gauge *g, double v)
{
    uint64_t old = promc__get(&g->value);

    /* relaxed: the value is all there is */
    while (!atomic_compare_exchange_weak_explicit(
        &g->value, &old, promc__as_bits(promc__as_double(old) + v), memory_order_relaxed,
        memory_order_relaxed))
        ;
}

/* A lane that once held NaN or infinity could never be told from its past again. Who finds
 * somebody else setting has nothing to do, as in set_both(). */
static void add_by_setting(promc_gauge *g, double v)
{
    double now;

    if (try_read(g, &now))
        promc_gauge_set(g, now + v);
}

static void add_in_lane(promc_gauge *g, double v)
{
    struct promc__work w;
    promc__word *cell = promc__begin(&w, &g->child.live, 0);

    if (cell == NULL) {
        promc__drop_removed(&g->child);
    } else {
        add_prepare(g);
        promc__put_double_add(cell, v);
    }
    promc__end(&w);
}

static void add_slow(promc_gauge *g, double v)
{
    if (ways(g) == ONE_WORD)
        add_to_value(g, v);
    else if (isfinite(v))
        add_in_lane(g, v);
    else
        add_by_setting(g, v);
}

void promc_gauge_add(promc_gauge *g, double v)
{
    struct promc__work w;
    promc__word *cell;

    if (promc__unlikely(g == NULL))
        return;
    if (promc__unlikely(!isfinite(v) || ways(g) != IN_LANES)) {
        add_slow(g, v);
        return;
    }
    cell = promc__quick_begin(&w, &g->child.live, 0);
    if (promc__unlikely(cell == NULL)) {
        add_slow(g, v);
        return;
    }
    promc__put_double_add(cell, v);
    promc__quick_end(&w);
}

void promc_gauge_inc(promc_gauge *g)
{
    promc_gauge_add(g, 1);
}

void promc_gauge_dec(promc_gauge *g)
{
    promc_gauge_add(g, -1);
}

void promc_gauge_sub(promc_gauge *g, double v)
{
    promc_gauge_add(g, -v);
}

void promc_gauge_set_to_current_time(promc_gauge *g)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    promc_gauge_set(g, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

static void init(struct promc__child *c)
{
    if (c->family->reg->shared != NULL)
        atomic_store_explicit(&((promc_gauge *)c)->ways, ONE_WORD, memory_order_relaxed);
    else if (c->family->expiry_ns != 0)
        atomic_store_explicit(&((promc_gauge *)c)->ways, WATCHED, memory_order_relaxed);
}

static void removed(struct promc__child *c)
{
    atomic_fetch_or_explicit(&((promc_gauge *)c)->ways, REMOVED, memory_order_relaxed);
}

const struct promc__type_ops promc__gauge_ops = {
    .type = PROMC_TYPE_GAUGE,
    .child_size = sizeof(struct promc_gauge),
    .child_align = 64, /* the value is written: no other series on its cache line */
    .slot_alloc = promc__slot_alloc,
    .slot_free = promc__slot_free,
    .share = promc__share_nothing,
    .init = init,
    .removed = removed,
};

/* --- creation --------------------------------------------------------------------------- */

promc_gauge_family *promc_gauge_family_new_with(promc_registry *reg, const char *name,
                                                const char *help, promc_labels labels,
                                                const promc_opts *opts, promc_error *err)
{
    promc_gauge_family *f = promc__family_new(reg, &promc__gauge_ops, sizeof *f, name,
                                              help, labels, opts, err);

    if (f == NULL)
        return NULL;
    f->family.lane_words = f->family.reg->shared != NULL ? 0 : 1;
    return promc__family_register(&f->family, err);
}

promc_gauge_family *promc_gauge_family_new(promc_registry *reg, const char *name,
                                           const char *help, promc_labels labels,
                                           promc_error *err)
{
    return promc_gauge_family_new_with(reg, name, help, labels, NULL, err);
}

promc_gauge *promc_gauge_new(promc_registry *reg, const char *name, const char *help,
                             promc_error *err)
{
    return promc_gauge_labels(
        promc_gauge_family_new(reg, name, help, PROMC_NO_LABELS, err), PROMC_NO_LABELS);
}

int promc_gauge_func_new(promc_registry *reg, const char *name, const char *help,
                         double (*fn)(void *arg), void *arg, promc_error *err)
{
    return promc__func_new(reg, &promc__gauge_ops, name, help, fn, arg, err);
}

/* --- series ----------------------------------------------------------------------------- */

static struct promc__family *family_of(promc_gauge_family *f)
{
    return f != NULL ? &f->family : NULL;
}

promc_gauge *promc_gauge_labels(promc_gauge_family *f, promc_labels values)
{
    return promc_gauge_labelset(f, PROMC_NO_LABELS, values);
}

promc_gauge *promc_gauge_labelset(promc_gauge_family *f, promc_labels names,
                                  promc_labels values)
{
    return (promc_gauge *)promc__child_get(family_of(f), names, values);
}

void promc_gauge_family_set(promc_gauge_family *f, promc_labels values, double v)
{
    struct promc__work w;

    promc_gauge_set(
        (promc_gauge *)promc__child_use(family_of(f), PROMC_NO_LABELS, values, &w), v);
    promc__end(&w);
}

void promc_gauge_family_add(promc_gauge_family *f, promc_labels values, double v)
{
    struct promc__work w;

    promc_gauge_add(
        (promc_gauge *)promc__child_use(family_of(f), PROMC_NO_LABELS, values, &w), v);
    promc__end(&w);
}

int promc_gauge_remove(promc_gauge_family *f, promc_labels values)
{
    return promc__child_remove(family_of(f), values);
}

void promc_gauge_family_clear(promc_gauge_family *f)
{
    promc__family_clear(family_of(f));
}

void promc_gauge_release(promc_gauge *g)
{
    promc__child_release(g != NULL ? &g->child : NULL);
}
