/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openmetrics2.c - OpenMetrics text 2.0, after the release candidate of its specification. A
 * series is one line: histograms and summaries have a value of several fields in braces, the
 * time of creation stands behind the value, and a family has the name of its samples.
 */
#include "config.h"
#include "text.h"

#include <errno.h>
#include <math.h>

#include "number.h"

static void family(struct promc__encoder *e, const struct promc__meta *meta)
{
    promc__text_begin_family(e, meta);
    promc__text_metadata(e, promc__text_type(meta->type), meta->name_len);
}

/* --- pieces ----------------------------------------------------------------------------- */

static void put(struct promc__encoder *e, const char *text)
{
    promc__buf_puts(e->out, text);
}

static void put_integer(struct promc__encoder *e, uint64_t v)
{
    char *p = promc__buf_room(e->out, PROMC__U64_SIZE);

    if (p != NULL)
        e->out->len += promc__u64_format(v, p);
}

static void put_number(struct promc__encoder *e, double v)
{
    char *p = promc__buf_room(e->out, PROMC_NUMBER_SIZE);

    if (p != NULL)
        e->out->len += promc_number_format(v, p);
}

static void put_point(struct promc__encoder *e, double v)
{
    char buf[PROMC_NUMBER_SIZE];

    put(e, promc__text_point(e, v, buf));
}

/* Name and labels, and a blank. */
static void begin_line(struct promc__encoder *e, const struct promc__point *l)
{
    char *p = promc__text_line(e, "", 0, l, NULL, NULL);

    if (p != NULL)
        e->out->len = (size_t)(p - e->out->data);
}

/* The times behind a value. */
static void put_times(struct promc__encoder *e, const struct promc__point *l, int created)
{
    if (l->has_timestamp && l->timestamp_ms >= 0) {
        put(e, " ");
        promc__text_seconds(e->out, l->timestamp_ms);
    }
    if (created && l->created_ms > 0) {
        put(e, " st@");
        promc__text_seconds(e->out, l->created_ms);
    }
}

/* Here an exemplar must have a time. */
static void put_exemplar(struct promc__encoder *e, const struct promc__exemplar_view *x)
{
    if (x != NULL && x->timestamp_ms > 0)
        promc__text_exemplar(e, x);
}

/* --- single values ---------------------------------------------------------------------- */

static void end_value(struct promc__encoder *e, const struct promc__point *l)
{
    int counter = e->meta.type == PROMC_TYPE_COUNTER;

    put_times(e, l, counter);
    if (counter)
        put_exemplar(e, l->exemplar);
    put(e, "\n");
}

static int value(struct promc__encoder *e, const struct promc__point *l, double v)
{
    if (e->meta.type == PROMC_TYPE_COUNTER && !(v >= 0))
        return -EINVAL;
    begin_line(e, l);
    put_number(e, v);
    end_value(e, l);
    return 0;
}

static void integer(struct promc__encoder *e, const struct promc__point *l, uint64_t v)
{
    begin_line(e, l);
    put_integer(e, v);
    end_value(e, l);
}

/* As in OpenMetrics 1.0. */
static int stateset(struct promc__encoder *e, const struct promc__point *l,
                    const struct promc__stateset_view *s)
{
    return promc__text_encoder.stateset(e, l, s);
}

/* --- histograms ------------------------------------------------------------------------- */

static void put_count(struct promc__encoder *e, const struct promc__histogram_view *h)
{
    if (h->is_float)
        put_number(e, h->count_float);
    else
        put_integer(e, h->count);
}

static void put_classic(struct promc__encoder *e, const struct promc__histogram_view *h)
{
    uint64_t below = 0;

    put(e, ",bucket:[");
    for (size_t i = 0; i < h->n; i++) {
        if (h->le[1] != NULL)
            put(e, h->le[1][i]);
        else
            put_point(e, h->bounds[i]);
        put(e, ":");
        if (h->is_float) {
            put_number(e, h->counts_float[i]);
        } else {
            below = h->cumulative ? h->counts[i] : below + h->counts[i];
            put_integer(e, below);
        }
        put(e, ",");
    }
    put(e, "+Inf:");
    put_count(e, h);
    put(e, "]");
}

/* One side of the native buckets: how far apart the runs are, and the counts. */
static void put_side(struct promc__encoder *e, const char *side, const promc_span *spans,
                     size_t n_spans, const uint64_t *counts, const double *counts_float,
                     size_t n)
{
    if (n == 0)
        return;
    put(e, side);
    put(e, "_spans:[");
    for (size_t i = 0; i < n_spans; i++) {
        if (i != 0)
            put(e, ",");
        if (spans[i].offset < 0)
            put(e, "-");
        put_integer(e, (uint64_t)(spans[i].offset < 0 ? -(int64_t)spans[i].offset
                                                      : spans[i].offset));
        put(e, ":");
        put_integer(e, spans[i].length);
    }
    put(e, "]");
    put(e, side);
    put(e, "_buckets:[");
    for (size_t i = 0; i < n; i++) {
        if (i != 0)
            put(e, ",");
        if (counts != NULL)
            put_integer(e, counts[i]);
        else
            put_number(e, counts_float[i]);
    }
    put(e, "]");
}

static void put_native(struct promc__encoder *e, const struct promc__native_view *v,
                       int is_float)
{
    put(e, ",schema:");
    put_number(e, v->schema);
    put(e, ",zero_threshold:");
    put_number(e, v->zero_threshold);
    put(e, ",zero_count:");
    if (is_float)
        put_number(e, v->zero_count_float);
    else
        put_integer(e, v->zero_count);
    put_side(e, ",negative", v->negative_spans, v->n_negative_spans, v->negative,
             v->negative_float, v->n_negative);
    put_side(e, ",positive", v->positive_spans, v->n_positive_spans, v->positive,
             v->positive_float, v->n_positive);
}

/* Those of the classic buckets, if there are both kinds. */
static void put_exemplars(struct promc__encoder *e, const struct promc__histogram_view *h)
{
    if (h->n == 0 && h->native != NULL) {
        for (size_t i = 0; i < h->native->n_exemplars; i++)
            put_exemplar(e, &h->native->exemplars[i]);
    } else if (h->exemplars != NULL) {
        for (size_t i = 0; i <= h->n; i++)
            put_exemplar(e, h->exemplars[i]);
    }
}

static int histogram(struct promc__encoder *e, const struct promc__point *l,
                     const struct promc__histogram_view *h)
{
    int gauge = e->meta.type == PROMC_TYPE_GAUGEHISTOGRAM;

    begin_line(e, l);
    put(e, gauge ? "{gcount:" : "{count:");
    put_count(e, h);
    put(e, gauge ? ",gsum:" : ",sum:");
    put_number(e, h->sum);
    if (h->native != NULL)
        put_native(e, h->native, h->is_float);
    if (h->n != 0 || h->native == NULL)
        put_classic(e, h);
    put(e, "}");
    put_times(e, l, !gauge);
    put_exemplars(e, h);
    put(e, "\n");
    return 0;
}

/* --- summaries -------------------------------------------------------------------------- */

static int summary(struct promc__encoder *e, const struct promc__point *l,
                   const struct promc__summary_view *s)
{
    const char *separator = "";

    if (!(s->sum >= 0))
        return -EINVAL;
    begin_line(e, l);
    put(e, "{count:");
    put_integer(e, s->count);
    put(e, ",sum:");
    put_number(e, s->sum);
    put(e, ",quantile:[");
    for (size_t i = 0; i < s->n; i++) {
        /* no ranks outside [0, 1], no negative values */
        if (!(s->quantiles[i] >= 0 && s->quantiles[i] <= 1) || s->values[i] < 0)
            continue;
        put(e, separator);
        if (s->text[1] != NULL)
            put(e, s->text[1][i]);
        else
            put_point(e, s->quantiles[i]);
        put(e, ":");
        put_number(e, s->values[i]);
        separator = ",";
    }
    put(e, "]}");
    put_times(e, l, 1);
    put(e, "\n");
    return 0;
}

static void end(struct promc__encoder *e)
{
    put(e, "# EOF\n");
}

const struct promc__encoder_ops promc__openmetrics2_encoder = {
    .family = family,
    .integer = integer,
    .value = value,
    .histogram = histogram,
    .summary = summary,
    .stateset = stateset,
    .end = end,
};
