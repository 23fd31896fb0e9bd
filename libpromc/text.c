/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - Prometheus text 0.0.4 and 1.0.0, and OpenMetrics text 1.0.0. What OpenMetrics
 * forbids (a negative counter, an infinite rank) is left out here.
 */
#include "config.h"
#include "text.h"

#include <errno.h>
#include <math.h>

#include "labels.h"
#include "lane.h"
#include "number.h"

/* Statesets of 2.0 are written here too. */
static int is_om(const struct promc__encoder *e)
{
    unsigned syntax = promc_format_syntax(e->format);

    return syntax == PROMC_FORMAT_OPENMETRICS || syntax == PROMC_FORMAT_OPENMETRICS_2;
}

/* Prometheus text has fewer types: what it lacks goes as the nearest that it has. */
static promc_type classic_type(promc_type type)
{
    if (type == PROMC_TYPE_INFO || type == PROMC_TYPE_STATESET)
        return PROMC_TYPE_GAUGE;
    return type == PROMC_TYPE_GAUGEHISTOGRAM ? PROMC_TYPE_HISTOGRAM : type;
}

static void family(struct promc__encoder *e, const struct promc__meta *meta)
{
    size_t len = meta->name_len;

    promc__text_begin_family(e, meta);
    if (!is_om(e)) {
        promc_type type = classic_type(meta->type);

        promc__text_comment(e, "HELP", len);
        promc__buf_escape(e->out, meta->help, strlen(meta->help), 0);
        promc__buf_put(e->out, "\n", 1);
        promc__text_comment(e, "TYPE", len);
        promc__buf_puts(e->out,
                        type == PROMC_TYPE_UNTYPED ? "untyped" : promc__text_type(type));
        promc__buf_put(e->out, "\n", 1);
        return;
    }
    if (meta->type == PROMC_TYPE_COUNTER && meta->plain)
        e->meta.type = PROMC_TYPE_UNTYPED;
    else if (meta->type == PROMC_TYPE_COUNTER)
        len -= strlen("_total");
    else if (meta->type == PROMC_TYPE_INFO && meta->plain)
        e->meta.type = PROMC_TYPE_GAUGE;
    else if (meta->type == PROMC_TYPE_INFO)
        len -= strlen("_info");
    promc__text_metadata(e, promc__text_type(e->meta.type), len);
}

/* --- lines ------------------------------------------------------------------------------ */

static void put_timestamp(struct promc__encoder *e, int64_t ms)
{
    promc__buf_put(e->out, " ", 1);
    if (is_om(e)) {
        promc__text_seconds(e->out, ms);
    } else {
        char *p = promc__buf_room(e->out, PROMC__U64_SIZE);

        if (p != NULL)
            e->out->len += promc__u64_format((uint64_t)ms, p);
    }
}

/* What may stand behind the number, which ends at @p. */
static void end_line_with(struct promc__encoder *e, char *p, const struct promc__point *l,
                          const struct promc__exemplar_view *x)
{
    e->out->len = (size_t)(p - e->out->data);
    if (l->has_timestamp && l->timestamp_ms >= 0)
        put_timestamp(e, l->timestamp_ms);
    if (x != NULL && is_om(e))
        promc__text_exemplar(e, x);
    promc__buf_put(e->out, "\n", 1);
}

static inline void end_line(struct promc__encoder *e, char *p,
                            const struct promc__point *l,
                            const struct promc__exemplar_view *x)
{
    if (promc__unlikely(l->has_timestamp || x != NULL)) {
        end_line_with(e, p, l, x);
        return;
    }
    *p++ = '\n';
    e->out->len = (size_t)(p - e->out->data);
}

static inline void put_integer(struct promc__encoder *e, char *p, uint64_t v,
                               const struct promc__point *l,
                               const struct promc__exemplar_view *x)
{
    if (p != NULL)
        end_line(e, p + promc__u64_format(v, p), l, x);
}

static inline void put_double(struct promc__encoder *e, char *p, double v,
                              const struct promc__point *l,
                              const struct promc__exemplar_view *x)
{
    if (p != NULL)
        end_line(e, p + promc_number_format(v, p), l, x);
}

/* The time of creation belongs right behind the lines of its series: the reader looks ahead
 * for it. The name of a counter ends in _total, which it takes the place of. */
static void put_created(struct promc__encoder *e, const struct promc__point *l)
{
    struct promc__encoder stem = *e;
    char *p;

    if (promc__likely(!e->created || l->created_ms <= 0 || !is_om(e)))
        return;
    if (e->meta.type == PROMC_TYPE_COUNTER)
        stem.name_len -= strlen("_total");
    p = promc__text_line(&stem, "_created", 8, l, NULL, NULL);
    if (p == NULL)
        return;
    e->out->len = (size_t)(p - e->out->data);
    promc__text_seconds(e->out, l->created_ms);
    p = promc__buf_room(e->out, 1);
    if (p != NULL)
        end_line(e, p, l, NULL);
}

/* --- single values ---------------------------------------------------------------------- */

static int value(struct promc__encoder *e, const struct promc__point *l, double v)
{
    int counter = e->meta.type == PROMC_TYPE_COUNTER;

    if (counter && is_om(e) && !(v >= 0))
        return -EINVAL;
    put_double(e, promc__text_line(e, "", 0, l, NULL, NULL), v, l,
               counter ? l->exemplar : NULL);
    if (counter)
        put_created(e, l);
    return 0;
}

static void integer(struct promc__encoder *e, const struct promc__point *l, uint64_t v)
{
    int counter = e->meta.type == PROMC_TYPE_COUNTER;

    put_integer(e, promc__text_line(e, "", 0, l, NULL, NULL), v, l,
                counter ? l->exemplar : NULL);
    if (counter)
        put_created(e, l);
}

/* A line for each state, with a label that is called like the family. */
static int stateset(struct promc__encoder *e, const struct promc__point *l,
                    const struct promc__stateset_view *s)
{
    struct promc__buf *b = &e->scratch;
    size_t at;

    promc__buf_reset(b);
    promc__labels_put_name(b, e->meta.name, e->meta.name_len);
    promc__buf_put(b, "", 1);
    at = b->len;
    for (size_t i = 0; i < s->n; i++) {
        b->len = at;
        promc__buf_escape(b, s->states[i], strlen(s->states[i]), 1);
        promc__buf_put(b, "", 1);
        if (b->oom) {
            e->out->oom = 1;
            return 0;
        }
        put_integer(e, promc__text_line(e, "", 0, l, b->data, b->data + at),
                    s->on >> i & 1, l, NULL);
    }
    return 0;
}

/* --- histograms and summaries ----------------------------------------------------------- */

/* Bucket by bucket, whole counts. The sample of a float histogram is put_float_buckets(). */
static void put_buckets(struct promc__encoder *e, const struct promc__point *l,
                        const struct promc__histogram_view *h)
{
    const char *const *le = h->le[is_om(e)];
    char buf[PROMC_NUMBER_SIZE];
    uint64_t below = 0;

    for (size_t i = 0; i < h->n; i++) {
        const char *text = le != NULL ? le[i] : promc__text_point(e, h->bounds[i], buf);

        below = h->cumulative ? h->counts[i] : below + h->counts[i];
        put_integer(e, promc__text_line(e, "_bucket", 7, l, "le", text), below, l,
                    h->exemplars != NULL ? h->exemplars[i] : NULL);
    }
    put_integer(e, promc__text_line(e, "_bucket", 7, l, "le", "+Inf"), h->count, l,
                h->exemplars != NULL ? h->exemplars[h->n] : NULL);
}

static void put_float_buckets(struct promc__encoder *e, const struct promc__point *l,
                              const struct promc__histogram_view *h)
{
    char buf[PROMC_NUMBER_SIZE];

    for (size_t i = 0; i < h->n; i++)
        put_double(e,
                   promc__text_line(e, "_bucket", 7, l, "le",
                                    promc__text_point(e, h->bounds[i], buf)),
                   h->counts_float[i], l, NULL);
    put_double(e, promc__text_line(e, "_bucket", 7, l, "le", "+Inf"), h->count_float, l,
               NULL);
}

/* OpenMetrics has no sum beside negative bounds, and none that is negative or NaN. A gauge
 * histogram's may be negative if its bounds are. */
static int sum_allowed(const struct promc__encoder *e,
                       const struct promc__histogram_view *h)
{
    int negative_bounds = h->n != 0 && h->bounds[0] < 0;

    if (!is_om(e))
        return 1;
    if (e->meta.type == PROMC_TYPE_GAUGEHISTOGRAM)
        return negative_bounds ? !isnan(h->sum) : h->sum >= 0;
    return !negative_bounds && h->sum >= 0;
}

static int histogram(struct promc__encoder *e, const struct promc__point *l,
                     const struct promc__histogram_view *h)
{
    int gauge = is_om(e) && e->meta.type == PROMC_TYPE_GAUGEHISTOGRAM;

    if (h->is_float && is_om(e))
        return -EINVAL;
    if (h->is_float)
        put_float_buckets(e, l, h);
    else
        put_buckets(e, l, h);
    /* without a sum there is no count either; the bucket of +Inf has that anyway */
    if (sum_allowed(e, h)) {
        put_double(
            e, promc__text_line(e, gauge ? "_gsum" : "_sum", 4 + gauge, l, NULL, NULL),
            h->sum, l, NULL);
        if (h->is_float)
            put_double(e, promc__text_line(e, "_count", 6, l, NULL, NULL), h->count_float,
                       l, NULL);
        else
            put_integer(e,
                        promc__text_line(e, gauge ? "_gcount" : "_count", 6 + gauge, l,
                                         NULL, NULL),
                        h->count, l, NULL);
    }
    if (e->meta.type == PROMC_TYPE_HISTOGRAM)
        put_created(e, l);
    return 0;
}

static int summary(struct promc__encoder *e, const struct promc__point *l,
                   const struct promc__summary_view *s)
{
    const char *const *texts = s->text[is_om(e)];
    char buf[PROMC_NUMBER_SIZE];

    for (size_t i = 0; i < s->n; i++) {
        const char *text =
            texts != NULL ? texts[i] : promc__text_point(e, s->quantiles[i], buf);

        /* OpenMetrics has no ranks outside [0, 1] and no negative values at them */
        if (!is_om(e) ||
            (s->quantiles[i] >= 0 && s->quantiles[i] <= 1 && !(s->values[i] < 0)))
            put_double(e, promc__text_line(e, "", 0, l, "quantile", text), s->values[i],
                       l, NULL);
    }
    if (!is_om(e) || s->sum >= 0)
        put_double(e, promc__text_line(e, "_sum", 4, l, NULL, NULL), s->sum, l, NULL);
    put_integer(e, promc__text_line(e, "_count", 6, l, NULL, NULL), s->count, l, NULL);
    put_created(e, l);
    return 0;
}

static void end(struct promc__encoder *e)
{
    if (is_om(e))
        promc__buf_put(e->out, "# EOF\n", 6);
}

const struct promc__encoder_ops promc__text_encoder = {
    .family = family,
    .integer = integer,
    .value = value,
    .histogram = histogram,
    .summary = summary,
    .stateset = stateset,
    .end = end,
};
