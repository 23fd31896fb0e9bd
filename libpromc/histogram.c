/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - observations counted in buckets. In each lane a sequence count, the sum, and a
 * word per bucket; the count is the sum of the buckets.
 *
 * The sequence count is odd while an observation is being written. A reader copies a lane and
 * takes the copy if the count was even and is the same afterwards. A writer that never pauses
 * could keep a reader from that for ever, so after some tries the reader asks for new
 * observations to go elsewhere (h->divert): to the shared lanes, which the reader claims one
 * by one. Only observations that had begun are left to wait for.
 */
#include "config.h"
#include "metrics.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"
#include "error.h"
#include "lane.h"
#include "registry.h"

enum { SEQ, SUM, BUCKETS }; /* words; as many buckets as bounds, and one */
enum { TRIES = 100, MAX_BOUNDS = 1000 };

struct promc_histogram {
    struct promc__child child;
    const double *bounds;
    uint32_t n;
    _Atomic uint32_t divert; /* readers that ask writers to use the shared lanes */
    promc__word *base;       /* what the lanes held at the last reset: sum, buckets */
};

struct promc_histogram_family {
    struct promc__family family;
    struct promc__histogram_shape shape;
    struct promc__bounds bounds;
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

static inline void record(promc__word *cell, uint32_t bucket, double sum, uint64_t n)
{
    /* | 1: a fork() may have left the count odd */
    uint64_t seq = promc__get(&cell[SEQ]) | 1;

    promc__put(&cell[SEQ], seq);
    atomic_thread_fence(memory_order_release); /* pairs with the fence in copy() */
    promc__put(&cell[BUCKETS + bucket], promc__get(&cell[BUCKETS + bucket]) + n);
    promc__put_double_add(&cell[SUM], sum);
    /* release pairs with the first load in copy() */
    atomic_store_explicit(&cell[SEQ], seq + 1, memory_order_release);
}

/* Inline: the usual @n of 1 makes for shorter code. */
static inline void observe(promc_histogram *h, double v, uint64_t n)
{
    promc__word *cell;
    uint32_t bucket;

    if (promc__unlikely(h == NULL))
        return;
    if (promc__unlikely(isnan(v))) {
        promc__drop(h->child.family->reg, PROMC__DROP_NOT_FINITE);
        return;
    }
    if (promc__unlikely(n == 0))
        return;
    bucket = bucket_of(h->bounds, h->n, v);
    cell = promc__cell(h->child.slot);
    if (promc__likely(cell != NULL &&
                      !atomic_load_explicit(&h->divert, memory_order_relaxed))) {
        record(cell, bucket, v * (double)n, n);
    } else {
        struct promc__lane *lane = promc__lane_enter(
            h->child.slot, atomic_load_explicit(&h->divert, memory_order_relaxed) != 0);

        record(promc__lane_cell(lane, h->child.slot), bucket, v * (double)n, n);
        promc__lane_leave(lane);
    }
}

void promc_histogram_observe_n(promc_histogram *h, double v, uint64_t n)
{
    observe(h, v, n);
}

void promc_histogram_observe(promc_histogram *h, double v)
{
    observe(h, v, 1);
}

/* --- reading ---------------------------------------------------------------------------- */

/* Copy one lane's words behind SEQ. 1: they belong together. */
static int copy(promc__word *cell, uint64_t *to, uint32_t words)
{
    /* acquire pairs with the release at the end of record() */
    uint64_t seq = atomic_load_explicit(&cell[SEQ], memory_order_acquire);

    for (uint32_t i = 0; i < words; i++)
        to[i] = promc__get(&cell[SUM + i]);
    atomic_thread_fence(memory_order_acquire); /* pairs with the fence in record() */
    return (seq & 1) == 0 && promc__get(&cell[SEQ]) == seq;
}

/* A lane that nobody has is not being written, even where fork() cut an update short. */
static int copy_resting(struct promc__lane *lane, promc__word *cell, uint64_t *to,
                        uint32_t words)
{
    if (!promc__lane_try_claim(lane))
        return 0;
    copy(cell, to, words);
    promc__lane_release(lane);
    return 1;
}

static void copy_lane(promc_histogram *h, struct promc__lane *lane, uint64_t *to,
                      uint32_t words)
{
    promc__word *cell = promc__lane_cell(lane, h->child.slot);

    if (lane->shared) {
        promc__lane_claim(lane);
        copy(cell, to, words);
        promc__lane_release(lane);
        return;
    }
    for (unsigned i = 0; i < TRIES; i++)
        if (copy(cell, to, words) || copy_resting(lane, cell, to, words))
            return;
    atomic_fetch_add_explicit(&h->divert, 1, memory_order_relaxed);
    /* What is left to wait for is one observation that had begun. Should its thread be
     * stopped in the middle of it, settle for a copy that is off by that one. */
    for (unsigned i = 1; promc__lane_wait(i); i++)
        if (copy(cell, to, words) || copy_resting(lane, cell, to, words))
            break;
    atomic_fetch_sub_explicit(&h->divert, 1, memory_order_relaxed);
}

/* Add all lanes up. */
static void read_total(promc_histogram *h, uint64_t *counts, double *sum)
{
    uint64_t words[1 + MAX_BOUNDS + 1];
    uint32_t n = h->n + 1;

    *sum = 0;
    for (uint32_t i = 0; i < n; i++)
        counts[i] = 0;
    for (struct promc__lane *l = promc__lane_first(); l != NULL;
         l = promc__lane_next(l)) {
        copy_lane(h, l, words, n + 1);
        *sum += promc__as_double(words[0]);
        for (uint32_t i = 0; i < n; i++)
            counts[i] += words[1 + i];
    }
}

static void read_since_reset(promc_histogram *h, uint64_t *counts, double *sum)
{
    read_total(h, counts, sum);
    *sum -= promc__as_double(promc__get(&h->base[0]));
    for (uint32_t i = 0; i <= h->n; i++)
        counts[i] -= promc__get(&h->base[1 + i]);
}

void promc__histogram_read(const struct promc__child *c, uint64_t *counts, double *sum)
{
    promc_histogram *h = (promc_histogram *)(uintptr_t)c;

    /* acquire pairs with the release in reset(): base is there */
    if (!atomic_load_explicit(&c->rebased, memory_order_acquire)) {
        read_total(h, counts, sum);
        return;
    }
    /* a reset writes base under this lock; series that never had one need it not */
    pthread_mutex_lock(&c->family->reg->lock);
    read_since_reset(h, counts, sum);
    pthread_mutex_unlock(&c->family->reg->lock);
}

uint64_t promc_histogram_count(const promc_histogram *h)
{
    uint64_t counts[MAX_BOUNDS + 1];
    uint64_t count = 0;
    double sum;

    if (h == NULL)
        return 0;
    promc__histogram_read(&h->child, counts, &sum);
    for (uint32_t i = 0; i <= h->n; i++)
        count += counts[i];
    return count;
}

double promc_histogram_sum(const promc_histogram *h)
{
    uint64_t counts[MAX_BOUNDS + 1];
    double sum = 0;

    if (h != NULL)
        promc__histogram_read(&h->child, counts, &sum);
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
}

static int reset(struct promc__child *c)
{
    promc_histogram *h = (promc_histogram *)c;
    uint64_t counts[MAX_BOUNDS + 1];
    double sum;

    if (h->base == NULL)
        h->base = promc__calloc(h->n + 2, sizeof *h->base);
    if (h->base == NULL)
        return -ENOMEM;
    read_total(h, counts, &sum);
    promc__put(&h->base[0], promc__as_bits(sum));
    for (uint32_t i = 0; i <= h->n; i++)
        promc__put(&h->base[1 + i], counts[i]);
    /* release pairs with the acquire in promc__histogram_read() */
    atomic_store_explicit(&c->rebased, 1, memory_order_release);
    return 0;
}

static void fini(struct promc__child *c)
{
    promc__free(((promc_histogram *)c)->base);
}

static void family_fini(struct promc__family *family)
{
    promc__bounds_free(&((promc_histogram_family *)family)->bounds);
}

static const struct promc__type_ops histogram_ops = {
    .type = PROMC_TYPE_HISTOGRAM,
    .child_size = sizeof(struct promc_histogram),
    .init = init,
    .slot_alloc = promc__slot_alloc,
    .slot_free = promc__slot_free,
    .reset = reset,
    .fini = fini,
    .family_fini = family_fini,
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
    promc_error why = { 0 };
    promc_histogram_family *f;

    if (bounds == NULL) {
        bounds = usual;
        n = sizeof usual / sizeof *usual;
    }
    f = promc__family_new(reg, &histogram_ops, sizeof *f, name, help, labels, opts, err);
    if (f == NULL)
        return NULL;
    if (check_bounds(name, bounds, n, &why) != 0 ||
        promc__bounds_init(&f->bounds, name, bounds, n, 1, &why) != 0)
        return promc__family_refuse(&f->family, &why, err);
    f->shape = (struct promc__histogram_shape){
        f->bounds.v, n, { f->bounds.text[0], f->bounds.text[1] }
    };
    f->family.lane_words = BUCKETS + (uint32_t)n + 1;
    return promc__family_publish(&f->family, err) == 0 ? f : NULL;
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

promc_histogram *promc_histogram_labels(promc_histogram_family *f, promc_labels values)
{
    return promc_histogram_labelset(f, PROMC_NO_LABELS, values);
}

promc_histogram *promc_histogram_labelset(promc_histogram_family *f, promc_labels names,
                                          promc_labels values)
{
    return f != NULL ? (promc_histogram *)promc__child_get(&f->family, names, values)
                     : NULL;
}

void promc_histogram_family_observe(promc_histogram_family *f, promc_labels values,
                                    double v)
{
    promc_histogram_observe(promc_histogram_labels(f, values), v);
}

int promc_histogram_remove(promc_histogram_family *f, promc_labels values)
{
    return promc__child_remove(f != NULL ? &f->family : NULL, values);
}

void promc_histogram_family_clear(promc_histogram_family *f)
{
    promc__family_clear(f != NULL ? &f->family : NULL);
}
