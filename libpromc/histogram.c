/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - observations counted in buckets. In each lane a sequence count, the sum, and a
 * word per bucket; the count is the sum of the buckets. Native buckets are beside these
 * (histogram.h).
 *
 * The sequence count is odd while an observation is being written. A reader copies a lane and
 * takes the copy if the count was even and is the same afterwards. A writer that never pauses
 * could keep a reader from that for ever, so after some tries the reader asks for new
 * observations to go elsewhere (h->divert): to the lent lanes, which the reader claims one
 * by one. Only observations that had begun are left to wait for.
 */
#include "config.h"
#include "histogram.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "bounds.h"
#include "error.h"
#include "exemplar.h"
#include "lane.h"
#include "registry.h"
#include "shared.h"

enum {
    SEQ = PROMC__HISTOGRAM_SEQ,
    SUM = PROMC__HISTOGRAM_SUM,
    BUCKETS = PROMC__HISTOGRAM_BUCKETS
};
enum { TRIES = 100, TRIES_NATIVE = 5 /* of longer copies */, MAX_BOUNDS = 1000 };

/* In the word that readers divert writers with: this one is native. So what is neither takes a
 * single look. */
#define NATIVE 0x80000000u

struct promc_histogram_family {
    struct promc__family family;
    struct promc__histogram_shape shape;
    struct promc__bounds bounds;
    struct promc__native_rules rules;
};

/* How many of a few bounds are below @v: compared two at a time without a branch that could be
 * mispredicted. No @v is above the +Inf that @bounds are padded with. */
static inline uint32_t count_below(const double *bounds, uint32_t n, double v)
{
    typedef double pair __attribute__((vector_size(16)));
    typedef int64_t counts __attribute__((vector_size(16)));
    const pair both = { v, v };
    counts below = { 0, 0 }; /* negative: a comparison is -1 where it holds */

    for (uint32_t i = 0; i < n; i += 4) {
        pair b[2];

        memcpy(b, bounds + i, sizeof b);
        below += (counts)(b[0] < both);
        below += (counts)(b[1] < both);
    }
    return (uint32_t) - (below[0] + below[1]);
}

/* The bucket of @v: how many bounds are below it. */
static inline uint32_t bucket_of(const double *bounds, uint32_t n, double v)
{
    uint32_t i = 0;

    if (promc__likely(n <= 32))
        return count_below(bounds, n, v);
    while (n != 0) {
        uint32_t half = n / 2;

        if (bounds[i + half] < v) {
            i += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return i;
}

static inline void record(const promc_histogram *h, promc__word *cell, uint32_t bucket,
                          double sum, uint64_t n)
{
    /* | 1: a fork() may have left the count odd */
    uint64_t seq = promc__get(&cell[SEQ]) | 1;

    if (promc__unlikely(h->child.slot >= PROMC__SHARED_SLOTS))
        promc__lane_note(&cell[SEQ], &cell[BUCKETS + bucket], &cell[SUM]);
    promc__put(&cell[SEQ], seq);
    atomic_thread_fence(memory_order_release); /* pairs with the fence in copy() */
    promc__put(&cell[BUCKETS + bucket], promc__get(&cell[BUCKETS + bucket]) + n);
    promc__put_double_add(&cell[SUM], sum);
    /* release pairs with the first load in copy() */
    atomic_store_explicit(&cell[SEQ], seq + 1, memory_order_release);
}

static inline void record_native(promc_histogram *h, promc__word *cell, uint32_t bucket,
                                 double v, uint64_t n)
{
    uint64_t seq = promc__get(&cell[SEQ]) | 1;

    promc__put(&cell[SEQ], seq);
    atomic_thread_fence(memory_order_release); /* pairs with the fence in copy() */
    if (promc__unlikely(promc__get(&cell[h->native_at + PROMC__NATIVE_EPOCH]) !=
                        atomic_load_explicit(&h->epoch, memory_order_relaxed)))
        promc__native_start_over(h, cell);
    if (promc__unlikely(promc__native_count(h, cell, bucket, v, n)))
        promc__native_keep_to_limit(h, cell, bucket, v, n);
    /* release pairs with the first load in copy() */
    atomic_store_explicit(&cell[SEQ], seq + 1, memory_order_release);
}

/* --- observing -------------------------------------------------------------------------- */

/* In place of a bucket: @v was not counted. */
#define NOWHERE UINT32_MAX

/* Without a lane of its own, diverted, or too late. Returns the bucket. */
static uint32_t observe_slow(promc_histogram *h, double v, uint64_t n)
{
    uint32_t how = atomic_load_explicit(&h->divert, memory_order_relaxed);
    struct promc__work w;
    promc__word *cell = promc__begin(&w, &h->child.live, (how & ~NATIVE) != 0);
    /* of a removed one the bounds are gone */
    uint32_t bucket = cell != NULL ? bucket_of(h->bounds, h->n, v) : NOWHERE;

    if (cell == NULL)
        promc__drop_removed(&h->child);
    else if (h->rules != NULL)
        record_native(h, cell, bucket, v, n);
    else
        record(h, cell, bucket, v * (double)n, n);
    promc__end(&w);
    return bucket;
}

/* Inline: the usual @n of 1 makes for shorter code. Returns the bucket. */
static inline uint32_t observe(promc_histogram *h, double v, uint64_t n)
{
    struct promc__work w;
    promc__word *cell;
    uint32_t how, bucket;

    if (promc__unlikely(h == NULL))
        return NOWHERE;
    if (promc__unlikely(isnan(v))) {
        promc__drop(h->child.family->reg, PROMC__DROP_NOT_FINITE);
        return NOWHERE;
    }
    if (promc__unlikely(n == 0))
        return NOWHERE;
    how = atomic_load_explicit(&h->divert, memory_order_relaxed);
    cell = promc__quick_begin(&w, &h->child.live, (how & ~NATIVE) != 0);
    if (promc__unlikely(cell == NULL))
        return observe_slow(h, v, n);
    bucket = bucket_of(h->bounds, h->n, v);
    if (promc__likely(how == 0))
        record(h, cell, bucket, v * (double)n, n);
    else
        record_native(h, cell, bucket, v, n);
    promc__quick_end(&w);
    return bucket;
}

void promc_histogram_observe_n(promc_histogram *h, double v, uint64_t n)
{
    observe(h, v, n);
}

void promc_histogram_observe(promc_histogram *h, double v)
{
    observe(h, v, 1);
}

void promc_histogram_observe_exemplar(promc_histogram *h, double v, promc_labels names,
                                      promc_labels values)
{
    uint32_t bucket = observe(h, v, 1);

    if (bucket != NOWHERE)
        promc__exemplar_add(&h->child, bucket, v, names, values);
}

/* --- reading ---------------------------------------------------------------------------- */

/* What is copied from a lane. */
struct copied {
    promc__word *words; /* sum, buckets */
    promc__word *table; /* of native buckets; NULL: not wanted */
    uint64_t epoch;     /* whose counts are wanted */
    uint64_t
        found; /* whose were found; nothing is copied of others. Both 0 without native
                           buckets */
};

/* Copy one lane's words behind SEQ. 1: they belong together. */
static int copy(promc_histogram *h, promc__word *cell, struct copied *to)
{
    /* acquire pairs with the release at the end of record() */
    uint64_t seq = atomic_load_explicit(&cell[SEQ], memory_order_acquire);

    to->found =
        h->rules != NULL ? promc__get(&cell[h->native_at + PROMC__NATIVE_EPOCH]) : 0;
    if (to->found != to->epoch)
        return 1;
    for (uint32_t i = 0; i <= 1 + h->n; i++)
        promc__put(&to->words[i], promc__get(&cell[SUM + i]));
    if (to->table != NULL) {
        promc__word *table = promc__native_in_use(h, cell);

        for (uint32_t i = 0; i < promc__native_words(h->rules); i++)
            promc__put(&to->table[i], promc__get(&table[i]));
    }
    atomic_thread_fence(memory_order_acquire); /* pairs with the fence in record() */
    return (seq & 1) == 0 && promc__get(&cell[SEQ]) == seq;
}

/* A lane that nobody has is not being written, even where fork() cut an update short. */
static int copy_resting(promc_histogram *h, struct promc__lane *lane, promc__word *cell,
                        struct copied *to)
{
    if (!promc__lane_try_claim(lane))
        return 0;
    copy(h, cell, to);
    promc__lane_release(lane);
    return 1;
}

static void copy_lane(promc_histogram *h, struct promc__lane *lane, struct copied *to)
{
    promc__word *cell = promc__lane_cell(lane, h->child.slot);
    unsigned tries = to->table != NULL ? TRIES_NATIVE : TRIES;
    int diverted = 0;

    if (lane->lent) {
        int mine = promc__lane_claim(lane);

        copy(h, cell, to);
        if (mine)
            promc__lane_release(lane);
        return;
    }
    for (unsigned i = 0; i < tries; i++)
        if (copy(h, cell, to) || copy_resting(h, lane, cell, to))
            return;
    /* What is left to wait for is one observation that had begun. Should its thread be
     * stopped in the middle of it, settle for a copy that is off by that one. */
    for (unsigned i = 1; promc__lane_wait(i); i++) {
        if (!diverted)
            diverted = promc__lane_divert(h->child.slot, &h->divert);
        if (copy(h, cell, to) || copy_resting(h, lane, cell, to))
            break;
    }
    if (diverted)
        promc__lane_undivert(h->child.slot, &h->divert);
}

/* The sum of all lanes. */
struct total {
    uint64_t *counts;
    double sum;
    uint64_t epoch;
    struct promc__native_scratch *scratch; /* NULL: without native buckets */
    promc__word *table;                    /* of the scratch's, with all lanes in it */
};

/* Add all lanes up. 0: there was a reset meanwhile. */
static int try_total(promc_histogram *h, struct total *t)
{
    promc__word words[1 + MAX_BOUNDS + 1];
    struct copied c = { .words = words };
    promc__word *const *both = t->scratch != NULL ? t->scratch->table : NULL;

    t->sum = 0;
    for (uint32_t i = 0; i <= h->n; i++)
        t->counts[i] = 0;
    t->epoch = atomic_load_explicit(&h->epoch, memory_order_relaxed);
    c.epoch = t->epoch;
    if (t->scratch != NULL) {
        c.table = t->scratch->lane;
        promc__native_clear(h->rules, both[0]);
        t->table = promc__native_as_shown(h, t->epoch, both, both[0]);
    }
    for (struct promc__lane *l = promc__lane_first_of(h->child.slot); l != NULL;
         l = promc__lane_next(l)) {
        copy_lane(h, l, &c);
        if (c.found > t->epoch)
            return 0;
        if (c.found < t->epoch)
            continue;
        t->sum += promc__as_double(promc__get(&words[0]));
        for (uint32_t i = 0; i <= h->n; i++)
            t->counts[i] += promc__get(&words[1 + i]);
        if (t->scratch != NULL)
            t->table = promc__native_merge(h->rules, t->table,
                                           promc__native_other(both, t->table),
                                           t->scratch->lane);
    }
    return 1;
}

static void read_total(promc_histogram *h, struct total *t)
{
    /* a reset takes a millisecond of the clock at least: there is no running after them */
    while (!try_total(h, t))
        ;
}

void promc__histogram_read(const struct promc__child *c, uint64_t *counts, double *sum)
{
    struct total t = { .counts = counts };

    read_total((promc_histogram *)(uintptr_t)c, &t);
    *sum = t.sum;
}

int promc__histogram_read_native(const struct promc__child *c,
                                 struct promc__native_scratch *scratch, uint64_t *counts,
                                 double *sum, int64_t *created_ms)
{
    promc_histogram *h = (promc_histogram *)(uintptr_t)c;
    struct total t = { .counts = counts, .scratch = scratch };

    if (promc__native_scratch_reserve(scratch, h->rules) != 0)
        return -ENOMEM;
    read_total(h, &t);
    promc__native_show(scratch, h->rules, t.table);
    promc__native_shown(h, t.epoch, t.table, counts);
    *sum = t.sum;
    *created_ms = (int64_t)t.epoch;
    return 0;
}

int64_t promc__histogram_created(const struct promc__child *c)
{
    const promc_histogram *h = (const promc_histogram *)c;

    return h->rules != NULL
               ? (int64_t)atomic_load_explicit(&h->epoch, memory_order_relaxed)
               : c->created_ms;
}

uint64_t promc_histogram_count(const promc_histogram *h)
{
    uint64_t counts[MAX_BOUNDS + 1];
    uint64_t count = 0;
    double sum;

    if (h == NULL || !promc__child_hold(&h->child))
        return 0;
    promc__histogram_read(&h->child, counts, &sum);
    for (uint32_t i = 0; i <= h->n; i++)
        count += counts[i];
    promc__child_let_go(&h->child);
    return count;
}

double promc_histogram_sum(const promc_histogram *h)
{
    uint64_t counts[MAX_BOUNDS + 1];
    double sum = 0;

    if (h != NULL && promc__child_hold(&h->child)) {
        promc__histogram_read(&h->child, counts, &sum);
        promc__child_let_go(&h->child);
    }
    return sum;
}

const struct promc__histogram_shape *promc__histogram_shape(const struct promc__family *f)
{
    return &((const promc_histogram_family *)f)->shape;
}

/* --- life ------------------------------------------------------------------------------- */

static void init(struct promc__child *c)
{
    promc_histogram *h = (promc_histogram *)c;
    const promc_histogram_family *f = (const promc_histogram_family *)c->family;

    h->bounds = f->shape.bounds;
    h->n = (uint32_t)f->shape.n;
    if (f->shape.native) {
        promc__native_init(h, &f->rules);
        atomic_store_explicit(&h->divert, NATIVE, memory_order_relaxed);
    }
}

static void family_fini(struct promc__family *family)
{
    promc__bounds_free(&((promc_histogram_family *)family)->bounds);
}

/* The bounds were copied with the struct, but what they point to was not. */
static int share(struct promc__family *family)
{
    promc_histogram_family *f = (promc_histogram_family *)family;
    void *mem = promc__shared_alloc(family->reg->shared, promc__bounds_size(&f->bounds),
                                    PROMC__SHARED_ALIGN);

    if (mem == NULL)
        return -ENOMEM;
    promc__bounds_copy(&f->bounds, mem);
    f->shape.bounds = f->bounds.v;
    for (int i = 0; i < 2; i++)
        f->shape.le[i] = f->bounds.text[i];
    return 0;
}

static int same_rules(const struct promc__native_rules *x,
                      const struct promc__native_rules *y)
{
    return x->schema == y->schema && x->limit == y->limit && x->mask == y->mask &&
           x->zero_bits == y->zero_bits && x->min_reset_ms == y->min_reset_ms &&
           promc__as_bits(x->max_zero) == promc__as_bits(y->max_zero);
}

static const char *differ(const struct promc__family *a, const struct promc__family *b)
{
    const promc_histogram_family *x = (const promc_histogram_family *)a;
    const promc_histogram_family *y = (const promc_histogram_family *)b;

    if (x->shape.n != y->shape.n)
        return "another number of buckets";
    for (size_t i = 0; i < x->shape.n; i++)
        if (x->shape.bounds[i] < y->shape.bounds[i] ||
            x->shape.bounds[i] > y->shape.bounds[i])
            return "other bucket bounds";
    return same_rules(&x->rules, &y->rules) ? NULL : "other native buckets";
}

static const struct promc__type_ops histogram_ops = {
    .type = PROMC_TYPE_HISTOGRAM,
    .child_size = sizeof(struct promc_histogram),
    .init = init,
    .slot_alloc = promc__slot_alloc,
    .slot_free = promc__slot_free,
    .family_fini = family_fini,
    .share = share,
    .differ = differ,
};

static int check_bounds(const char *name, const double *bounds, size_t n,
                        promc_error *err)
{
    if (n > MAX_BOUNDS)
        return promc__error(err, -EINVAL, "%s: more than %d bucket bounds", name,
                            MAX_BOUNDS);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(bounds[i]) || (i != 0 && bounds[i] <= bounds[i - 1]))
            return promc__error(err, -EINVAL,
                                "%s: bucket bound %zu is not finite or not above the one "
                                "before it",
                                name, i + 1);
    return 0;
}

promc_histogram_family *
promc_histogram_family_new_with(promc_registry *reg, const char *name, const char *help,
                                promc_labels labels, const double *bounds, size_t n,
                                const promc_opts *opts, promc_error *err)
{
    static const double usual[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };
    const promc_opts own = promc__opts(opts);
    promc_error why = { 0 };
    promc_histogram_family *f;
    int native;

    if (own.native_only) {
        n = 0;
    } else if (bounds == NULL) {
        bounds = usual;
        n = sizeof usual / sizeof *usual;
    }
    f = promc__family_new(reg, &histogram_ops, sizeof *f, name, help, labels, opts, err);
    if (f == NULL)
        return NULL;
    native = promc__native_rules_init(&f->rules, name, &own, &why);
    if (native < 0 || check_bounds(name, bounds, n, &why) != 0 ||
        promc__bounds_init(&f->bounds, name, bounds, n, 1, &why) != 0)
        return promc__family_refuse(&f->family, &why, err);
    f->shape = (struct promc__histogram_shape){
        f->bounds.v, n, { f->bounds.text[0], f->bounds.text[1] }, native
    };
    f->family.lane_words =
        native ? promc__native_table_at((uint32_t)n) + 2 * promc__native_words(&f->rules)
               : BUCKETS + (uint32_t)n + 1;
    if (own.exemplars) {
        f->family.n_exemplars = (uint32_t)n + 1;
        f->family.exemplar_list = (uint32_t)native;
    }
    return promc__family_register(&f->family, err);
}

promc_histogram_family *promc_histogram_family_new(promc_registry *reg, const char *name,
                                                   const char *help, promc_labels labels,
                                                   const double *bounds, size_t n,
                                                   promc_error *err)
{
    return promc_histogram_family_new_with(reg, name, help, labels, bounds, n, NULL, err);
}

promc_histogram *promc_histogram_new(promc_registry *reg, const char *name,
                                     const char *help, const double *bounds, size_t n,
                                     promc_error *err)
{
    return promc_histogram_labels(
        promc_histogram_family_new(reg, name, help, PROMC_NO_LABELS, bounds, n, err),
        PROMC_NO_LABELS);
}

int promc_buckets_linear(double start, double width, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = start + width * (double)i;
        if (!isfinite(out[i]) || (i != 0 && out[i] <= out[i - 1]))
            return -EINVAL;
    }
    return 0;
}

int promc_buckets_exponential(double start, double factor, size_t n, double *out)
{
    if (!(start > 0) || !(factor > 1))
        return -EINVAL;
    for (size_t i = 0; i < n; i++, start *= factor) {
        if (!isfinite(start) || (i != 0 && start <= out[i - 1]))
            return -EINVAL;
        out[i] = start;
    }
    return 0;
}

/* --- series ----------------------------------------------------------------------------- */

static struct promc__family *family_of(promc_histogram_family *f)
{
    return f != NULL ? &f->family : NULL;
}

promc_histogram *promc_histogram_labels(promc_histogram_family *f, promc_labels values)
{
    return promc_histogram_labelset(f, PROMC_NO_LABELS, values);
}

promc_histogram *promc_histogram_labelset(promc_histogram_family *f, promc_labels names,
                                          promc_labels values)
{
    return (promc_histogram *)promc__child_get(family_of(f), names, values);
}

void promc_histogram_family_observe(promc_histogram_family *f, promc_labels values,
                                    double v)
{
    struct promc__work w;

    promc_histogram_observe(
        (promc_histogram *)promc__child_use(family_of(f), PROMC_NO_LABELS, values, &w),
        v);
    promc__end(&w);
}

int promc_histogram_remove(promc_histogram_family *f, promc_labels values)
{
    return promc__child_remove(family_of(f), values);
}

void promc_histogram_family_clear(promc_histogram_family *f)
{
    promc__family_clear(family_of(f));
}

void promc_histogram_release(promc_histogram *h)
{
    promc__child_release(h != NULL ? &h->child : NULL);
}
