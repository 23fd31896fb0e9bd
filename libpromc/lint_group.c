/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_group.c - the groups of one family: the samples that differ in le, quantile, state or
 * suffix only, one histogram or summary each. What a group lacks is told when it has ended.
 */
#include "config.h"
#include "lint.h"

#include <math.h>

void promc__lint_put_key(struct promc__buf *b, struct promc__span s)
{
    size_t from = b->len;

    promc__buf_put(b, s.p, s.len);
    promc__buf_put(b, "\"", 1);
    if (b->oom || memchr(s.p, '\0', s.len) == NULL)
        return;
    for (; from < b->len; from++)
        if (b->data[from] == '\0')
            b->data[from] = '\n'; /* which no line holds */
}

/* Write the key of the sample's group to l->scratch. */
static void make_key(struct promc__lint *l, const struct promc__lint_label *special)
{
    const struct promc__lint_labels *labels = &l->sample.labels;

    promc__buf_reset(&l->scratch);
    for (size_t i = 0; i < labels->n; i++) {
        if (&labels->v[i] == special)
            continue;
        promc__lint_put_key(&l->scratch, labels->v[i].name);
        promc__lint_put_key(&l->scratch, labels->v[i].value);
    }
    /* an empty key has no data */
    promc__buf_put(&l->scratch, "\"", 1);
    l->oom |= l->scratch.oom;
}

static struct promc__lint_group *add_group(struct promc__lint *l, struct promc__name *n)
{
    struct promc__lint_family *f = &l->family;
    struct promc__lint_group *g =
        promc__arena_alloc(&f->arena, sizeof *g, _Alignof(struct promc__lint_group));

    if (!g) {
        l->oom = 1;
        return NULL;
    }
    n->owner = g;
    *f->last = g;
    f->last = &g->next;
    return g;
}

/* The group whose key is in l->scratch. NULL: out of memory. */
static struct promc__lint_group *find_group(struct promc__lint *l)
{
    struct promc__lint_family *f = &l->family;
    struct promc__lint_group *g = f->group;
    struct promc__name *n;
    struct promc__buf swap;

    if (g && l->key.len == l->scratch.len &&
        memcmp(l->key.data, l->scratch.data, l->key.len) == 0)
        return g;
    n = promc__nametree_add(&f->groups, l->scratch.data, l->scratch.len);
    if (!n) {
        l->oom = 1;
        return NULL;
    }
    if (g)
        g->closed = 1;
    g = n->owner;
    if (!g)
        g = add_group(l, n);
    else if (l->om && g->closed && f->type != PROMC_TYPE_INFO)
        promc__lint_report(l, PROMC__LINT_SERIES_SPLIT, l->sample.name.p, l->sample.name,
                           "the samples of one label set must be together");
    f->group = g;
    if (g)
        g->closed = 0;
    swap = l->key;
    l->key = l->scratch;
    l->scratch = swap;
    return g;
}

struct promc__lint_group *promc__lint_group_of(struct promc__lint *l,
                                               const struct promc__lint_label *special)
{
    make_key(l, special);
    return l->oom ? NULL : find_group(l);
}

/* --- the end of a group ----------------------------------------------------------------- */

#define REPORT_GROUP(l, rule, g, ...)                                                    \
    promc__lint_report_at(l, PROMC__LINT_##rule, (g)->line, 1, (l)->family.text,         \
                          __VA_ARGS__)

static void end_buckets(struct promc__lint *l, const struct promc__lint_group *g)
{
    const unsigned sums = PROMC__PART_SUM | PROMC__PART_GSUM;
    const unsigned counts = PROMC__PART_COUNT | PROMC__PART_GCOUNT;

    if (!g->disordered && (!g->has_bucket || !(isinf(g->bound) && g->bound > 0)))
        REPORT_GROUP(l, BUCKET_INF, g, "the series before has no bucket le=\"+Inf\"");
    else if (!g->disordered && (g->seen & counts) && g->bucket != g->count)
        REPORT_GROUP(l, BUCKET_COUNT, g,
                     "the bucket le=\"+Inf\" and the count of this series differ");
    if (g->seen & sums && !(g->seen & counts))
        REPORT_GROUP(l, SUM_COUNT, g, "this series has a sum and no count");
    else if (g->seen & counts && !(g->seen & sums))
        REPORT_GROUP(l, SUM_COUNT, g, "this series has a count and no sum");
    else if (!l->om && !(g->seen & counts))
        REPORT_GROUP(l, SUM_COUNT, g, "this series has no sum and no count");
    if (l->om && g->negative_bounds && g->seen & PROMC__PART_SUM)
        REPORT_GROUP(l, SUM_VALUE, g, "no sum may stand beside negative buckets");
    if (l->om && g->negative_sum && !g->negative_bounds)
        REPORT_GROUP(l, SUM_VALUE, g, "the sum is negative, and no bucket is");
}

void promc__lint_group_end(struct promc__lint *l, const struct promc__lint_group *g)
{
    const struct promc__lint_family *f = &l->family;

    if (f->reopened || f->unsure)
        return; /* what seems to be missing may be there */
    if (f->type == PROMC_TYPE_HISTOGRAM || f->type == PROMC_TYPE_GAUGEHISTOGRAM)
        end_buckets(l, g);
    if (f->type == PROMC_TYPE_SUMMARY && !l->om) {
        if (!(g->seen & PROMC__PART_SUM) || !(g->seen & PROMC__PART_COUNT))
            REPORT_GROUP(l, SUM_COUNT, g, "this series has no %s",
                         g->seen & PROMC__PART_SUM     ? "count"
                         : g->seen & PROMC__PART_COUNT ? "sum"
                                                       : "sum and no count");
    }
}
