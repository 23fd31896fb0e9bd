/* SPDX-License-Identifier: Apache-2.0 */
/*
 * summary.c - count, sum and quantiles over a sliding window. In each lane a sequence count,
 * the two totals, and a ring of ages (sketch.h).
 *
 * A series, made in a slot that another one may have had, gets a new epoch; a lane
 * whose words are of an older one holds nothing, and its owner starts over with the next
 * observation. A reader takes what it gathered only if the lane did not change meanwhile; it
 * asks for new observations to go to the lent lanes so that this is soon so.
 */
#include "config.h"
#include "metrics.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "bounds.h"
#include "error.h"
#include "lane.h"
#include "registry.h"
#include "sketch.h"

enum { SEQ, EPOCH, COUNT, SUM, AGE_NOW, AGE_END, AGES };
enum { MAX_AGES = 60 };

struct promc_summary {
    struct promc__child child;
    uint64_t age_ns; /* length of an age */
    uint32_t ages;   /* 0: no quantiles are kept, in shared memory */
    _Atomic uint32_t divert;
    uint64_t epoch;
};

struct promc_summary_family {
    struct promc__family family;
    struct promc__summary_shape shape;
    struct promc__bounds quantiles;
    uint64_t age_ns;
    uint32_t ages;
};

static _Atomic uint64_t last_epoch;
static _Atomic size_t n_summaries;

/* Coarse is enough for ages of seconds, and a third of the price. */
static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Ages count from 1, so that a zeroed one is none. */
static uint64_t age_id(uint64_t now, uint64_t age_ns)
{
    return now / age_ns + 1;
}

static promc__word *age_at(promc__word *cell, const promc_summary *s, uint64_t id)
{
    return cell + AGES + id % s->ages * PROMC__AGE_WORDS;
}

static void start_over(const promc_summary *s, struct promc__lane *lane,
                       promc__word *cell, uint64_t epoch)
{
    for (uint32_t i = 0; i < s->ages; i++)
        promc__sketch_clear(lane, age_at(cell, s, i));
    promc__put(&cell[COUNT], 0);
    promc__put(&cell[SUM], 0);
    promc__put(&cell[AGE_END], 0);
    promc__put(&cell[EPOCH], epoch);
}

static int record(const promc_summary *s, struct promc__lane *lane, promc__word *cell,
                  double v, uint64_t n)
{
    uint64_t epoch = s->epoch;
    uint64_t seq = promc__get(&cell[SEQ]) | 1; /* | 1: a fork() may have left it odd */
    uint64_t now, id;
    int counted = 1;

    if (promc__unlikely(s->child.slot >= PROMC__SHARED_SLOTS))
        promc__lane_note(&cell[SEQ], &cell[COUNT], &cell[SUM]);
    promc__put(&cell[SEQ], seq);
    atomic_thread_fence(memory_order_release); /* pairs with the fence in unchanged() */
    if (promc__likely(s->ages != 0)) {
        if (promc__unlikely(promc__get(&cell[EPOCH]) != epoch))
            start_over(s, lane, cell, epoch);
        now = now_ns();
        if (promc__unlikely(now >= promc__get(&cell[AGE_END]))) {
            id = age_id(now, s->age_ns);
            promc__put(&cell[AGE_NOW], id);
            promc__put(&cell[AGE_END], id * s->age_ns);
        }
        id = promc__get(&cell[AGE_NOW]);
        counted = promc__sketch_add(lane, age_at(cell, s, id), id, v, n);
    }
    promc__put(&cell[COUNT], promc__get(&cell[COUNT]) + n);
    promc__put_double_add(&cell[SUM], v * (double)n);
    /* release pairs with the acquire in read_lane() */
    atomic_store_explicit(&cell[SEQ], seq + 1, memory_order_release);
    return counted;
}

static int observe_slow(promc_summary *s, double v, uint64_t n)
{
    struct promc__work w;
    promc__word *cell = promc__begin(
        &w, &s->child.live, atomic_load_explicit(&s->divert, memory_order_relaxed) != 0);
    int counted = 1;

    if (cell != NULL)
        counted = record(s, w.lane, cell, v, n);
    else
        promc__drop_removed(&s->child);
    promc__end(&w);
    return counted;
}

void promc_summary_observe_n(promc_summary *s, double v, uint64_t n)
{
    struct promc__work w;
    promc__word *cell;
    int counted;

    if (promc__unlikely(s == NULL))
        return;
    if (promc__unlikely(isnan(v))) {
        promc__drop(s->child.family->reg, PROMC__DROP_NOT_FINITE);
        return;
    }
    if (promc__unlikely(n == 0))
        return;
    cell = promc__quick_begin(
        &w, &s->child.live, atomic_load_explicit(&s->divert, memory_order_relaxed) != 0);
    if (promc__likely(cell != NULL)) {
        counted = record(s, w.lane, cell, v, n);
        promc__quick_end(&w);
    } else {
        counted = observe_slow(s, v, n);
    }
    if (promc__unlikely(!counted)) /* in the totals, but not in the quantiles */
        promc__drop(s->child.family->reg, PROMC__DROP_MEMORY);
}

void promc_summary_observe(promc_summary *s, double v)
{
    promc_summary_observe_n(s, v, 1);
}

/* --- reading ---------------------------------------------------------------------------- */

/* What a reader gathers from all lanes. scratch NULL: the totals only. */
struct reading {
    struct promc__sketch_scratch *scratch;
    uint64_t upto; /* the age of now */
    double sum;
    uint64_t count;
};

static int unchanged(promc__word *cell, uint64_t seq)
{
    atomic_thread_fence(memory_order_acquire); /* pairs with the fence in record() */
    return (seq & 1) == 0 && promc__get(&cell[SEQ]) == seq;
}

/* One lane into @r, if it does not change meanwhile; @mine: nobody else can write to it.
 * Returns 1, 0 to try again, or -ENOMEM. */
static int read_lane(const promc_summary *s, struct promc__lane *lane, struct reading *r,
                     int mine)
{
    promc__word *cell = promc__lane_cell(lane, s->child.slot);
    size_t before = r->scratch != NULL ? r->scratch->n : 0;
    /* acquire pairs with the release in record() */
    uint64_t seq = atomic_load_explicit(&cell[SEQ], memory_order_acquire);
    uint64_t epoch = promc__get(&cell[EPOCH]);
    uint64_t count = promc__get(&cell[COUNT]);
    double sum = promc__as_double(promc__get(&cell[SUM]));
    uint64_t after = r->upto > s->ages ? r->upto - s->ages : 0;
    int rc = 0;

    if (!mine && (seq & 1) != 0)
        return 0; /* being written: nothing gathered now would count */
    if (epoch != s->epoch)
        return mine || unchanged(cell, seq);
    for (uint32_t i = 0; r->scratch != NULL && rc == 0 && i < s->ages; i++)
        rc = promc__sketch_gather(lane, age_at(cell, s, i), after, r->upto, r->scratch);
    if (rc != 0)
        return rc;
    if (!mine && !unchanged(cell, seq)) {
        if (r->scratch != NULL)
            r->scratch->n = before;
        return 0;
    }
    r->count += count;
    r->sum += sum;
    return 1;
}

static int read_claimed(const promc_summary *s, struct promc__lane *lane,
                        struct reading *r)
{
    int rc = read_lane(s, lane, r, 1);

    promc__lane_release(lane);
    return rc;
}

static int read_any(promc_summary *s, struct promc__lane *lane, struct reading *r)
{
    int rc = 0;

    if (lane->lent)
        return promc__lane_claim(lane) ? read_claimed(s, lane, r)
                                       : read_lane(s, lane, r, 1);
    /* 0 only while one observation that had begun is being finished */
    for (unsigned i = 1; rc == 0; i++) {
        rc = read_lane(s, lane, r, 0);
        if (rc == 0 && promc__lane_try_claim(lane))
            rc = read_claimed(s, lane, r);
        if (rc == 0 && !promc__lane_wait(i)) {
            /* its thread is stopped in the middle of one: do without its quantiles */
            struct reading totals = { .upto = r->upto, .sum = r->sum, .count = r->count };

            rc = read_lane(s, lane, &totals, 1);
            r->sum = totals.sum;
            r->count = totals.count;
        }
    }
    return rc;
}

static int read_lanes(const promc_summary *summary, struct reading *r)
{
    promc_summary *s = (promc_summary *)(uintptr_t)summary;
    int diverted = promc__lane_divert(s->child.slot, &s->divert);
    int rc = 0;

    r->upto = age_id(now_ns(), s->age_ns);
    r->sum = 0;
    r->count = 0;
    for (struct promc__lane *l = promc__lane_first_of(s->child.slot);
         rc >= 0 && l != NULL; l = promc__lane_next(l))
        rc = read_any(s, l, r);
    if (diverted)
        promc__lane_undivert(s->child.slot, &s->divert);
    return rc < 0 ? rc : 0;
}

int promc__summary_read(const struct promc__child *c,
                        struct promc__sketch_scratch *scratch, double *at, double *sum,
                        uint64_t *count)
{
    const struct promc__summary_shape *shape = promc__summary_shape(c->family);
    struct reading r = { .scratch = shape->n != 0 ? scratch : NULL };
    int rc;

    scratch->n = 0;
    rc = read_lanes((const promc_summary *)c, &r);
    if (rc == 0)
        promc__sketch_quantiles(scratch, shape->quantiles, shape->n, at);
    *sum = r.sum;
    *count = r.count;
    return rc;
}

uint64_t promc_summary_count(const promc_summary *s)
{
    struct reading r = { 0 };

    if (s != NULL && promc__child_hold(&s->child)) {
        read_lanes(s, &r);
        promc__child_let_go(&s->child);
    }
    return r.count;
}

double promc_summary_sum(const promc_summary *s)
{
    struct reading r = { 0 };

    if (s != NULL && promc__child_hold(&s->child)) {
        read_lanes(s, &r);
        promc__child_let_go(&s->child);
    }
    return r.sum;
}

double promc_summary_quantile(const promc_summary *s, double q)
{
    struct promc__sketch_scratch scratch = { 0 };
    struct reading r = { .scratch = &scratch };
    double at = NAN;

    if (s != NULL && q >= 0 && q <= 1 && promc__child_hold(&s->child)) {
        if (read_lanes(s, &r) == 0)
            promc__sketch_quantiles(&scratch, &q, 1, &at);
        promc__child_let_go(&s->child);
    }
    promc__free(scratch.v);
    return at;
}

const struct promc__summary_shape *promc__summary_shape(const struct promc__family *f)
{
    return &((const promc_summary_family *)f)->shape;
}

int promc__summary_restock(void)
{
    return promc__sketch_restock(
        atomic_load_explicit(&n_summaries, memory_order_relaxed));
}

/* --- life ------------------------------------------------------------------------------- */

static uint64_t new_epoch(void)
{
    return atomic_fetch_add_explicit(&last_epoch, 1, memory_order_relaxed) + 1;
}

static void init(struct promc__child *c)
{
    promc_summary *s = (promc_summary *)c;
    const promc_summary_family *f = (const promc_summary_family *)c->family;

    s->age_ns = f->age_ns;
    s->ages = f->ages;
    if (s->ages == 0)
        return;
    s->epoch = new_epoch();
    atomic_fetch_add_explicit(&n_summaries, 1, memory_order_relaxed);
    promc__summary_restock(); /* should it fail, observations are counted coarsely */
}

static void fini(struct promc__child *c)
{
    (void)c;
    atomic_fetch_sub_explicit(&n_summaries, 1, memory_order_relaxed);
}

static void family_fini(struct promc__family *family)
{
    promc__bounds_free(&((promc_summary_family *)family)->quantiles);
}

/* There are no quantiles. */
static int share(struct promc__family *family)
{
    promc_summary_family *f = (promc_summary_family *)family;

    memset(&f->quantiles, 0, sizeof f->quantiles);
    memset(&f->shape, 0, sizeof f->shape);
    return 0;
}

static const char *differ(const struct promc__family *a, const struct promc__family *b)
{
    const promc_summary_family *x = (const promc_summary_family *)a;
    const promc_summary_family *y = (const promc_summary_family *)b;

    for (size_t i = 0; x->shape.n == y->shape.n && i < x->shape.n; i++)
        if (x->shape.quantiles[i] < y->shape.quantiles[i] ||
            x->shape.quantiles[i] > y->shape.quantiles[i])
            return "other quantiles";
    if (x->shape.n != y->shape.n)
        return "another number of quantiles";
    return x->ages == y->ages && x->age_ns == y->age_ns ? NULL : "another sliding window";
}

static const struct promc__type_ops summary_ops = {
    .type = PROMC_TYPE_SUMMARY,
    .child_size = sizeof(struct promc_summary),
    .slot_alloc = promc__slot_alloc_kept,
    .slot_free = promc__slot_free_kept,
    .init = init,
    .fini = fini,
    .family_fini = family_fini,
    .share = share,
    .differ = differ,
};

static int check(const char *name, const double *quantiles, size_t n, int shared,
                 const promc_opts *opts, promc_error *err)
{
    if (shared && n != 0)
        return promc__error(err, -ENOTSUP, "%s: a shared registry has no quantiles",
                            name);
    if (n > PROMC__MAX_QUANTILES)
        return promc__error(err, -EINVAL, "%s: more than %d quantiles", name,
                            PROMC__MAX_QUANTILES);
    for (size_t i = 0; i < n; i++)
        if (!(quantiles[i] >= 0 && quantiles[i] <= 1) ||
            (i != 0 && quantiles[i] <= quantiles[i - 1]))
            return promc__error(err, -EINVAL,
                                "%s: quantile %zu is not in [0, 1] or not above the one "
                                "before it",
                                name, i + 1);
    if (opts->age_buckets > MAX_AGES)
        return promc__error(err, -EINVAL, "%s: more than %d age buckets", name, MAX_AGES);
    if (!(opts->max_age >= 0 && opts->max_age <= 1e9))
        return promc__error(err, -EINVAL, "%s: max_age is not between 0 and 1e9 seconds",
                            name);
    return 0;
}

promc_summary_family *promc_summary_family_new_with(promc_registry *reg, const char *name,
                                                    const char *help, promc_labels labels,
                                                    const double *quantiles, size_t n,
                                                    const promc_opts *opts,
                                                    promc_error *err)
{
    const promc_opts own = promc__opts(opts);
    promc_error why = { 0 };
    promc_summary_family *f =
        promc__family_new(reg, &summary_ops, sizeof *f, name, help, labels, opts, err);

    if (f == NULL)
        return NULL;
    if (quantiles == NULL)
        n = 0;
    if (check(name, quantiles, n, f->family.reg->shared != NULL, &own, &why) != 0 ||
        promc__bounds_init(&f->quantiles, name, quantiles, n, 0, &why) != 0)
        return promc__family_refuse(&f->family, &why, err);
    f->shape = (struct promc__summary_shape){
        f->quantiles.v, n, { f->quantiles.text[0], f->quantiles.text[1] }
    };
    f->ages = own.age_buckets != 0 ? own.age_buckets : 5;
    if (f->family.reg->shared != NULL)
        f->ages = 0;
    f->age_ns = (uint64_t)((own.max_age != 0 ? own.max_age : 600) * 1e9 /
                           (f->ages != 0 ? f->ages : 1));
    if (f->age_ns == 0)
        f->age_ns = 1;
    f->family.lane_words = f->ages != 0 ? AGES + f->ages * PROMC__AGE_WORDS : AGE_NOW;
    return promc__family_register(&f->family, err);
}

promc_summary_family *promc_summary_family_new(promc_registry *reg, const char *name,
                                               const char *help, promc_labels labels,
                                               const double *quantiles, size_t n,
                                               promc_error *err)
{
    return promc_summary_family_new_with(reg, name, help, labels, quantiles, n, NULL,
                                         err);
}

promc_summary *promc_summary_new(promc_registry *reg, const char *name, const char *help,
                                 const double *quantiles, size_t n, promc_error *err)
{
    return promc_summary_labels(
        promc_summary_family_new(reg, name, help, PROMC_NO_LABELS, quantiles, n, err),
        PROMC_NO_LABELS);
}

/* --- series ----------------------------------------------------------------------------- */

static struct promc__family *family_of(promc_summary_family *f)
{
    return f != NULL ? &f->family : NULL;
}

promc_summary *promc_summary_labels(promc_summary_family *f, promc_labels values)
{
    return promc_summary_labelset(f, PROMC_NO_LABELS, values);
}

promc_summary *promc_summary_labelset(promc_summary_family *f, promc_labels names,
                                      promc_labels values)
{
    return (promc_summary *)promc__child_get(family_of(f), names, values);
}

void promc_summary_family_observe(promc_summary_family *f, promc_labels values, double v)
{
    struct promc__work w;

    promc_summary_observe(
        (promc_summary *)promc__child_use(family_of(f), PROMC_NO_LABELS, values, &w), v);
    promc__end(&w);
}

int promc_summary_remove(promc_summary_family *f, promc_labels values)
{
    return promc__child_remove(family_of(f), values);
}

void promc_summary_family_clear(promc_summary_family *f)
{
    promc__family_clear(family_of(f));
}

void promc_summary_release(promc_summary *s)
{
    promc__child_release(s != NULL ? &s->child : NULL);
}
