/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_series.c - one sample after the other against those before it in its group: values,
 * timestamps, buckets, quantiles, exemplars, and what is there twice.
 */
#include "config.h"
#include "lint.h"

#include <math.h>

#include "promc/text.h"

#define REPORT(l, rule, at, ...)                                                         \
    promc__lint_report(l, PROMC__LINT_##rule, at, (l)->sample.name, __VA_ARGS__)

static const struct promc__lint_label *find_label(const struct promc__lint *l,
                                                  const char *name)
{
    const struct promc__lint_labels *labels = &l->sample.labels;

    for (size_t i = 0; i < labels->n; i++)
        if (promc__span_is(labels->v[i].name, name))
            return &labels->v[i];
    return NULL;
}

/* The label that tells the samples of a group apart; NULL: none, or it is missing. */
static const struct promc__lint_label *special_label(const struct promc__lint *l,
                                                     enum promc__lint_part part)
{
    const struct promc__lint_family *f = &l->family;
    const struct promc__lint_labels *labels = &l->sample.labels;

    if (part == PROMC__PART_BUCKET)
        return find_label(l, "le");
    if (part == PROMC__PART_VALUE && f->type == PROMC_TYPE_SUMMARY)
        return find_label(l, "quantile");
    if (f->type == PROMC_TYPE_STATESET)
        for (size_t i = 0; i < labels->n; i++)
            if (promc__span_equal(labels->v[i].name, f->text))
                return &labels->v[i];
    return NULL;
}

static int compare_times(const struct promc__lint_time *a,
                         const struct promc__lint_time *b)
{
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return (a->nanos > b->nanos) - (a->nanos < b->nanos);
}

/* OpenMetrics: the samples of a group all have timestamps, or none has; these ascend, and a new
 * one begins a new point. */
static void check_time(struct promc__lint *l, struct promc__lint_group *g)
{
    const struct promc__lint_sample *s = &l->sample;
    struct promc__lint_family *f = &l->family;
    unsigned timed = s->time_at != NULL;
    int info = f->type == PROMC_TYPE_INFO;
    int c;

    if (info ? f->timed && f->timed != timed + 1 : g->line && g->timed != timed)
        REPORT(l, TIMESTAMP_ORDER, timed ? s->time_at : s->name.p,
               "some samples of this series have a timestamp, and others none");
    else if (timed && g->line && (c = compare_times(&g->time, &s->time)) != 0) {
        if (c > 0 && !info)
            REPORT(l, TIMESTAMP_ORDER, s->time_at, "the timestamp before is later");
        promc__lint_group_end(l, g);
        g->seen = g->has_bucket = g->has_quantile = 0;
        g->negative_bounds = g->negative_sum = g->disordered = 0;
        g->point++;
    }
    f->timed = timed + 1;
    g->timed = timed;
    g->time = s->time;
}

static void report_twice(struct promc__lint *l)
{
    if (l->om && l->sample.time_at)
        REPORT(l, POINT_TWICE, l->sample.name.p,
               "this series is there twice at this time");
    else
        REPORT(l, SERIES_TWICE, l->sample.name.p, "this series is there twice");
}

/* Note a state or quantile of the current group; report one that it has already. */
static void check_part(struct promc__lint *l, const struct promc__lint_group *g,
                       struct promc__span value)
{
    struct promc__name *n;
    char point[PROMC_NUMBER_SIZE];

    promc__buf_reset(&l->scratch);
    promc__buf_put(&l->scratch, l->key.data, l->key.len);
    promc__lint_put_key(&l->scratch, value);
    promc__buf_put(&l->scratch, point, promc_number_format(g->point, point));
    n = l->scratch.oom
            ? NULL
            : promc__nametree_add(&l->family.parts, l->scratch.data, l->scratch.len);
    if (!n)
        l->oom = 1;
    else if (n->owner)
        report_twice(l);
    else
        n->owner = n;
}

/* Report a bound or quantile that clients write differently: it names another series. */
static void check_canonical(struct promc__lint *l, struct promc__span value, double v)
{
    char plain[PROMC_NUMBER_SIZE + 2];
    size_t len = promc_number_format(v, plain);
    struct promc__span want = { plain, len };

    if (!l->om && promc__span_equal(want, value))
        return;
    if (isfinite(v) && !memchr(plain, '.', len) && !memchr(plain, 'e', len)) {
        memcpy(plain + len, ".0", 3);
        want.len += 2;
    }
    if (!promc__span_equal(want, value))
        REPORT(l, CANONICAL, value.p, "clients write this number as \"%.*s\"",
               (int)want.len, plain);
}

static void check_bucket(struct promc__lint *l, struct promc__lint_group *g,
                         const struct promc__lint_label *le)
{
    const struct promc__lint_sample *s = &l->sample;
    double bound;

    if (!le) {
        REPORT(l, BUCKET_BOUND, s->name.p, "a bucket has a label le");
        return;
    }
    if (promc_number_parse(le->value.p, le->value.len, &bound) != 0 || isnan(bound)) {
        REPORT(l, BUCKET_BOUND, le->value.p, "le is a number, or +Inf");
        return;
    }
    if (l->om && isinf(bound) && bound > 0 && !promc__span_is(le->value, "+Inf"))
        REPORT(l, BUCKET_BOUND, le->value.p, "infinity is written \"+Inf\" here");
    else
        check_canonical(l, le->value, bound);
    if (g->has_bucket && bound <= g->bound) {
        if (bound == g->bound && l->om && s->time_at)
            report_twice(l);
        REPORT(l, BUCKET_ORDER, le->value.p,
               bound < g->bound ? "the bucket before has a higher bound"
                                : "the bucket before has the same bound");
        g->disordered = 1;
    } else if (g->has_bucket && s->value < g->bucket) {
        REPORT(l, BUCKET_DECREASE, s->value_at,
               "the bucket before, which this one includes, holds more");
    }
    if (s->exemplar_at && !g->disordered &&
        !(s->exemplar_value <= bound && (!g->has_bucket || s->exemplar_value > g->bound)))
        REPORT(l, EXEMPLAR_BUCKET, s->exemplar_value_at,
               "the exemplar's value belongs to another bucket");
    g->has_bucket = 1;
    g->negative_bounds |= bound < 0;
    g->bound = bound;
    g->bucket = s->value;
}

static void check_quantile(struct promc__lint *l, struct promc__lint_group *g,
                           const struct promc__lint_label *quantile)
{
    const struct promc__lint_sample *s = &l->sample;
    double q;

    if (!quantile) {
        REPORT(l, QUANTILE, s->name.p, "this sample of a summary has a label quantile");
        return;
    }
    if (promc_number_parse(quantile->value.p, quantile->value.len, &q) != 0 ||
        !(q >= 0 && q <= 1)) {
        REPORT(l, QUANTILE, quantile->value.p, "a quantile is a number from 0 to 1");
        return;
    }
    check_canonical(l, quantile->value, q);
    if (l->om && s->value < 0)
        REPORT(l, QUANTILE_VALUE, s->value_at, "OpenMetrics has no negative quantiles");
    if (g->has_quantile && q < g->quantile)
        REPORT(l, QUANTILE_ORDER, quantile->value.p, "quantiles ascend");
    else
        g->quantile = q;
    g->has_quantile = 1;
    check_part(l, g, quantile->value);
}

static void check_state(struct promc__lint *l, struct promc__lint_group *g,
                        const struct promc__lint_label *state)
{
    const struct promc__lint_sample *s = &l->sample;

    if (!state)
        REPORT(l, STATESET, s->name.p,
               "a state is the value of a label called as the family");
    else
        check_part(l, g, state->value);
    if (s->value != 0 && s->value != 1)
        REPORT(l, STATESET, s->value_at, "a state is 0 or 1");
}

static void check_value(struct promc__lint *l, struct promc__lint_group *g,
                        enum promc__lint_part part)
{
    const char *at = l->sample.value_at;
    double v = l->sample.value;

    switch (part) {
    case PROMC__PART_TOTAL:
        if (!(v >= 0))
            REPORT(l, COUNTER_VALUE, at, "a counter is neither negative nor NaN");
        break;
    case PROMC__PART_COUNT:
    case PROMC__PART_GCOUNT:
        g->count = v; /* fall through */
    case PROMC__PART_BUCKET:
        if (!(v >= 0) || isinf(v))
            REPORT(l, COUNT_VALUE, at, "a count is a number from 0 on");
        else if (l->om && v != floor(v))
            REPORT(l, COUNT_VALUE, at, "counts are whole numbers in OpenMetrics");
        break;
    case PROMC__PART_SUM:
        if (l->om && !(v >= 0))
            REPORT(l, SUM_VALUE, at, "a sum is neither negative nor NaN in OpenMetrics");
        break;
    case PROMC__PART_GSUM:
        g->negative_sum = v < 0;
        if (isnan(v))
            REPORT(l, SUM_VALUE, at, "a sum is not NaN in OpenMetrics");
        break;
    case PROMC__PART_INFO:
        if (v != 1)
            REPORT(l, INFO_VALUE, at, "an info is always 1");
        break;
    default:
        break;
    }
}

/* Characters, not bytes, that readers will see. */
static size_t count_characters(struct promc__span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '\\' && i + 1 < s.len && memchr("\\\"n", s.p[i + 1], 3))
            i++;
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    }
    return n;
}

static void check_exemplar(struct promc__lint *l, enum promc__lint_part part)
{
    enum { LONGEST = 128 };
    const struct promc__lint_sample *s = &l->sample;
    size_t n = 0;

    if (!s->exemplar_at)
        return;
    if (part != PROMC__PART_TOTAL && part != PROMC__PART_BUCKET)
        REPORT(l, EXEMPLAR_PLACE, s->exemplar_at,
               "only counters and buckets have exemplars");
    for (size_t i = 0; i < s->exemplar.n; i++)
        n += count_characters(s->exemplar.v[i].name) +
             count_characters(s->exemplar.v[i].value);
    if (n > LONGEST)
        REPORT(l, EXEMPLAR_LENGTH, s->exemplar_at,
               "its labels have %zu characters, and 128 are allowed", n);
}

/* le and quantile on a sample of the family that has no use for them. */
static void check_stray(struct promc__lint *l, enum promc__lint_part part)
{
    const struct promc__lint_label *label;
    promc_type type = l->family.type;

    if ((type == PROMC_TYPE_HISTOGRAM || type == PROMC_TYPE_GAUGEHISTOGRAM) &&
        part != PROMC__PART_BUCKET && (label = find_label(l, "le")))
        REPORT(l, BUCKET_BOUND, label->name.p, "only buckets have a label le");
    if (type == PROMC_TYPE_SUMMARY && part != PROMC__PART_VALUE &&
        (label = find_label(l, "quantile")))
        REPORT(l, QUANTILE, label->name.p, "a sum or count has no label quantile");
}

void promc__lint_series_sample(struct promc__lint *l, enum promc__lint_part part)
{
    const struct promc__lint_label *special = special_label(l, part);
    struct promc__lint_family *f = &l->family;
    struct promc__lint_group *g;

    g = promc__lint_group_of(l, special);
    if (!g)
        return;
    if (l->om)
        check_time(l, g);
    g->line = l->line;
    check_stray(l, part);
    check_exemplar(l, part);
    check_value(l, g, part);
    if (part == PROMC__PART_BUCKET)
        check_bucket(l, g, special);
    else if (part == PROMC__PART_VALUE && f->type == PROMC_TYPE_SUMMARY)
        check_quantile(l, g, special);
    else if (f->type == PROMC_TYPE_STATESET)
        check_state(l, g, special);
    else if (g->seen & part)
        report_twice(l);
    if (part != PROMC__PART_CREATED && g->seen & PROMC__PART_CREATED)
        REPORT(l, CREATED_ORDER, l->sample.name.p,
               "the _created of this series stands before it");
    g->seen |= part;
}

void promc__lint_series_end(struct promc__lint *l)
{
    for (struct promc__lint_group *g = l->family.first; g; g = g->next)
        promc__lint_group_end(l, g);
}
