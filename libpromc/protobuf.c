/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf.c - pages as messages io.prometheus.client.MetricFamily, each behind its length.
 */
#include "config.h"
#include "encoder.h"

#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "labels.h"
#include "wire.h"

/* The fields of the messages that we write. */
enum { FAMILY_NAME = 1, FAMILY_HELP, FAMILY_TYPE, FAMILY_METRIC, FAMILY_UNIT };
enum {
    TYPE_COUNTER,
    TYPE_GAUGE,
    TYPE_SUMMARY,
    TYPE_UNTYPED,
    TYPE_HISTOGRAM,
    TYPE_GAUGE_HISTOGRAM
};
enum {
    METRIC_LABEL = 1,
    METRIC_GAUGE,
    METRIC_COUNTER,
    METRIC_SUMMARY,
    METRIC_UNTYPED,
    METRIC_TIMESTAMP_MS,
    METRIC_HISTOGRAM
};
enum { LABEL_NAME = 1, LABEL_VALUE };
enum { VALUE = 1, COUNTER_EXEMPLAR, COUNTER_CREATED }; /* counter, gauge, untyped */
enum { SUMMARY_COUNT = 1, SUMMARY_SUM, SUMMARY_QUANTILE, SUMMARY_CREATED };
enum { QUANTILE_RANK = 1, QUANTILE_VALUE };
enum {
    HISTOGRAM_COUNT = 1,
    HISTOGRAM_SUM,
    HISTOGRAM_BUCKET,
    HISTOGRAM_COUNT_FLOAT,
    HISTOGRAM_SCHEMA,
    HISTOGRAM_ZERO_THRESHOLD,
    HISTOGRAM_ZERO_COUNT,
    HISTOGRAM_ZERO_COUNT_FLOAT,
    HISTOGRAM_NEGATIVE_SPAN, /* the positive ones: three further on */
    HISTOGRAM_NEGATIVE_DELTA,
    HISTOGRAM_NEGATIVE_COUNT,
    HISTOGRAM_CREATED = 15,
    HISTOGRAM_EXEMPLAR
};
enum { BUCKET_COUNT = 1, BUCKET_BOUND, BUCKET_EXEMPLAR, BUCKET_COUNT_FLOAT };
enum { SPAN_OFFSET = 1, SPAN_LENGTH };
enum { EXEMPLAR_LABEL = 1, EXEMPLAR_VALUE, EXEMPLAR_TIMESTAMP };
enum { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS };

/* e->at */
enum { FAMILY_AT, FAMILY_WIDTH };

/* --- what series have in common ---------------------------------------------------------- */

static void put_unescaped(struct promc__buf *b, unsigned field, const char *s, size_t len)
{
    size_t at = promc__wire_begin(b, field);
    char *p = promc__buf_room(b, len);

    if (p != NULL)
        b->len += promc__unescape(s, len, p);
    promc__wire_end(b, at);
}

/* What collectors bring need not be UTF-8. */
static void put_text(struct promc__buf *b, unsigned field, const char *s)
{
    size_t at = promc__wire_begin(b, field);

    promc__buf_mend(b, s, strlen(s));
    promc__wire_end(b, at);
}

/* A label as it comes. */
static void put_label(struct promc__buf *b, const struct promc__label *l)
{
    size_t at = promc__wire_begin(b, METRIC_LABEL);

    put_unescaped(b, LABEL_NAME, l->name, l->name_len);
    put_unescaped(b, LABEL_VALUE, l->value, l->value_len);
    promc__wire_end(b, at);
}

/* Eight bytes of a text at @s, the first one lowest; zeros behind the end. The text has as many
 * at least. */
static inline uint64_t word_at(const char *s, const char *end)
{
    size_t left = (size_t)(end - s);
    uint64_t word;

    memcpy(&word, left >= sizeof word ? s : end - sizeof word, sizeof word);
    word = le64toh(word);
    return left >= sizeof word ? word : word >> 8 * (sizeof word - left);
}

/* The top bit of each byte that is zero; above the lowest of them also of others. */
static inline uint64_t zeros(uint64_t word)
{
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/* Copy a name or a value to @to, where there is room for seven bytes more: up to @stop, or to an
 * escape. Returns where it ends in the text. */
static inline const char *copy_until(char *to, const char *s, const char *end, char stop)
{
    const uint64_t each = 0x0101010101010101u;

    for (;; s += 8, to += 8) {
        uint64_t word = word_at(s, end);
        uint64_t found = zeros(word ^ each * (unsigned char)stop) |
                         zeros(word ^ each * (unsigned char)'\\');
        uint64_t bytes = htole64(word);

        memcpy(to, &bytes, sizeof bytes);
        if (found != 0)
            return s + (__builtin_ctzll(found) >> 3);
        if (promc__unlikely(end - s <= 8))
            return end;
    }
}

/* How long labels of @len bytes can get, and how far behind them copy_until() may write: a label
 * loses four bytes, x="",  and is put in six. */
static inline size_t most_of_labels(size_t len)
{
    return len + len / 2 + 32;
}

/* All labels, where there is room for them: nearly all are short and without escapes, and are
 * taken apart while they are copied. Returns where they end; NULL: they have to go one by one. */
static inline char *labels_field(char *p, const char *s, size_t len)
{
    const char *end = s + len;

    if (len < sizeof(uint64_t))
        return len == 0 ? p : NULL;
    while (s < end) {
        const char *name = s;
        char *size = p + 1;
        size_t name_len, value_len;

        s = copy_until(p + 4, s, end, '=');
        name_len = (size_t)(s - name);
        if (promc__unlikely(*name == '"' || s == end || *s != '='))
            return NULL;
        s += 2;
        value_len = (size_t)(copy_until(p + 6 + name_len, s, end, '"') - s);
        if (promc__unlikely(s[value_len] != '"' || name_len + value_len + 4 >= 0x80))
            return NULL;
        *size = (char)(name_len + value_len + 4);
        promc__wire_tag(p, METRIC_LABEL, PROMC__WIRE_BYTES);
        promc__wire_tag(p + 2, LABEL_NAME, PROMC__WIRE_BYTES);
        p[3] = (char)name_len;
        promc__wire_tag(p + 4 + name_len, LABEL_VALUE, PROMC__WIRE_BYTES);
        p[5 + name_len] = (char)value_len;
        p += 6 + name_len + value_len;
        s += value_len + 2;
    }
    return p;
}

/* Labels are the first field of a metric as of an exemplar. */
static void put_labels(struct promc__buf *b, const char *text, size_t len)
{
    const char *stop = text + len;
    char *p = promc__buf_room(b, most_of_labels(len));
    struct promc__label l;

    if (p == NULL)
        return;
    p = labels_field(p, text, len);
    if (promc__likely(p != NULL)) {
        b->len = (size_t)(p - b->data);
        return;
    }
    while (promc__labels_next(&text, stop, &l))
        put_label(b, &l);
}

/* Milliseconds since 1970; nothing for 0. */
enum { TIME_SIZE = 2 + 1 + 2 * PROMC__WIRE_FIELD };

static inline char *time_field(char *p, unsigned field, int64_t ms)
{
    int64_t rest = ms % 1000;
    int64_t s = ms / 1000 - (rest < 0);
    char *len;

    if (ms == 0)
        return p;
    len = promc__wire_tag(p, field, PROMC__WIRE_BYTES);
    p = promc__wire_integer(len + 1, TIMESTAMP_SECONDS, (uint64_t)s);
    p = promc__wire_integer(p, TIMESTAMP_NANOS,
                            (uint64_t)(rest + (rest < 0) * 1000) * 1000000);
    *len = (char)(p - len - 1);
    return p;
}

static void put_time(struct promc__buf *b, unsigned field, int64_t ms)
{
    char *p = promc__buf_room(b, TIME_SIZE);

    if (p != NULL)
        b->len = (size_t)(time_field(p, field, ms) - b->data);
}

static void put_exemplar(struct promc__encoder *e, unsigned field,
                         const struct promc__exemplar_view *x)
{
    struct promc__buf *b = e->out;
    const char *labels;
    size_t at, len;

    if (x == NULL || (labels = promc__exemplar_labels(e, x, &len)) == NULL)
        return;
    at = promc__wire_begin(b, field);
    put_labels(b, labels, len);
    promc__wire_put_double(b, EXEMPLAR_VALUE, x->value);
    put_time(b, EXEMPLAR_TIMESTAMP, x->timestamp_ms);
    promc__wire_end(b, at);
}

static size_t begin_metric(struct promc__encoder *e, const struct promc__point *p)
{
    size_t at;

    e->at[FAMILY_AT] =
        promc__wire_make_room(e->out, e->at[FAMILY_AT], &e->at[FAMILY_WIDTH]);
    at = promc__wire_begin(e->out, FAMILY_METRIC);
    put_labels(e->out, p->labels, p->labels_len);
    return at;
}

static void end_metric(struct promc__encoder *e, const struct promc__point *p, size_t at)
{
    if (p->has_timestamp)
        promc__wire_put_integer(e->out, METRIC_TIMESTAMP_MS, (uint64_t)p->timestamp_ms);
    promc__wire_end(e->out, at);
}

/* --- families --------------------------------------------------------------------------- */

/* Also under which field of a metric the value is. */
static const struct {
    unsigned char type, field;
} types[] = {
    [PROMC_TYPE_UNTYPED] = { TYPE_UNTYPED, METRIC_UNTYPED },
    [PROMC_TYPE_COUNTER] = { TYPE_COUNTER, METRIC_COUNTER },
    [PROMC_TYPE_GAUGE] = { TYPE_GAUGE, METRIC_GAUGE },
    [PROMC_TYPE_HISTOGRAM] = { TYPE_HISTOGRAM, METRIC_HISTOGRAM },
    [PROMC_TYPE_SUMMARY] = { TYPE_SUMMARY, METRIC_SUMMARY },
    /* protobuf knows no infos nor state sets */
    [PROMC_TYPE_INFO] = { TYPE_GAUGE, METRIC_GAUGE },
    [PROMC_TYPE_STATESET] = { TYPE_GAUGE, METRIC_GAUGE },
    [PROMC_TYPE_GAUGEHISTOGRAM] = { TYPE_GAUGE_HISTOGRAM, METRIC_HISTOGRAM },
};

static void family(struct promc__encoder *e, const struct promc__meta *meta)
{
    struct promc__buf *b = e->out;

    e->meta = *meta;
    if (promc__buf_room(b, 1) != NULL)
        b->len++;
    e->at[FAMILY_AT] = b->len;
    e->at[FAMILY_WIDTH] = 1;
    promc__wire_put_string(b, FAMILY_NAME, meta->name, meta->name_len);
    put_text(b, FAMILY_HELP, meta->help);
    promc__wire_put_integer(b, FAMILY_TYPE, types[meta->type].type);
    if (meta->unit != NULL)
        put_text(b, FAMILY_UNIT, meta->unit);
}

static void family_end(struct promc__encoder *e)
{
    struct promc__buf *b = e->out;
    size_t at = promc__wire_make_room(b, e->at[FAMILY_AT], &e->at[FAMILY_WIDTH]);

    if (!b->oom)
        promc__wire_varint(b->data + at - e->at[FAMILY_WIDTH], b->len - at);
}

/* --- single values ---------------------------------------------------------------------- */

static int value(struct promc__encoder *e, const struct promc__point *p, double v)
{
    struct promc__buf *b = e->out;
    unsigned field = types[e->meta.type].field;
    size_t metric = begin_metric(e, p);
    size_t at = promc__wire_begin(b, field);
    char *to = promc__buf_room(b, PROMC__WIRE_FIELD + TIME_SIZE);

    if (to != NULL) {
        to = promc__wire_double(to, VALUE, v);
        if (field == METRIC_COUNTER)
            to = time_field(to, COUNTER_CREATED, p->created_ms);
        b->len = (size_t)(to - b->data);
    }
    if (field == METRIC_COUNTER && p->exemplar != NULL)
        put_exemplar(e, COUNTER_EXEMPLAR, p->exemplar);
    promc__wire_end(b, at);
    end_metric(e, p, metric);
    return 0;
}

static void integer(struct promc__encoder *e, const struct promc__point *p, uint64_t v)
{
    value(e, p, (double)v);
}

/* A gauge for each state, labelled with the family's name. */
static int stateset(struct promc__encoder *e, const struct promc__point *p,
                    const struct promc__stateset_view *s)
{
    struct promc__buf *b = e->out;

    for (size_t i = 0; i < s->n; i++) {
        size_t metric = begin_metric(e, p);
        size_t at = promc__wire_begin(b, METRIC_LABEL);

        promc__wire_put_string(b, LABEL_NAME, e->meta.name, e->meta.name_len);
        put_text(b, LABEL_VALUE, s->states[i]);
        promc__wire_end(b, at);
        at = promc__wire_begin(b, METRIC_GAUGE);
        promc__wire_put_double(b, VALUE, (double)(s->on >> i & 1));
        promc__wire_end(b, at);
        end_metric(e, p, metric);
    }
    return 0;
}

/* --- summaries and histograms ------------------------------------------------------------ */

static int summary(struct promc__encoder *e, const struct promc__point *p,
                   const struct promc__summary_view *s)
{
    struct promc__buf *b = e->out;
    size_t metric = begin_metric(e, p);
    size_t at = promc__wire_begin(b, METRIC_SUMMARY);

    promc__wire_put_integer(b, SUMMARY_COUNT, s->count);
    promc__wire_put_double(b, SUMMARY_SUM, s->sum);
    for (size_t i = 0; i < s->n; i++) {
        size_t quantile = promc__wire_begin(b, SUMMARY_QUANTILE);

        promc__wire_put_double(b, QUANTILE_RANK, s->quantiles[i]);
        promc__wire_put_double(b, QUANTILE_VALUE, s->values[i]);
        promc__wire_end(b, quantile);
    }
    put_time(b, SUMMARY_CREATED, p->created_ms);
    promc__wire_end(b, at);
    end_metric(e, p, metric);
    return 0;
}

static void put_bucket(struct promc__encoder *e, const struct promc__histogram_view *h,
                       int fractions, size_t i, uint64_t count)
{
    struct promc__buf *b = e->out;
    size_t at = promc__wire_begin(b, HISTOGRAM_BUCKET);

    if (fractions)
        promc__wire_put_double(b, BUCKET_COUNT_FLOAT,
                               i < h->n ? h->counts_float[i] : h->count_float);
    else
        promc__wire_put_integer(b, BUCKET_COUNT, count);
    promc__wire_put_double(b, BUCKET_BOUND, i < h->n ? h->bounds[i] : INFINITY);
    if (h->exemplars != NULL)
        put_exemplar(e, BUCKET_EXEMPLAR, h->exemplars[i]);
    promc__wire_end(b, at);
}

static void put_classic(struct promc__encoder *e, const struct promc__histogram_view *h,
                        int fractions)
{
    uint64_t below = 0;

    for (size_t i = 0; i < h->n; i++) {
        if (!fractions && h->counts != NULL)
            below = h->cumulative ? h->counts[i] : below + h->counts[i];
        put_bucket(e, h, fractions, i, below);
    }
    put_bucket(e, h, fractions, h->n, h->count);
}

static void put_span(struct promc__buf *b, unsigned field, const promc_span *span)
{
    size_t at = promc__wire_begin(b, field);

    promc__wire_put_integer(b, SPAN_OFFSET, promc__wire_zigzag(span->offset));
    promc__wire_put_integer(b, SPAN_LENGTH, span->length);
    promc__wire_end(b, at);
}

/* The buckets of one side: whole numbers as differences, fractions as they are. @field: of its
 * spans. */
static void put_side(struct promc__buf *b, unsigned field, const promc_span *spans,
                     size_t n_spans, const uint64_t *counts, const double *floats,
                     size_t n, int fractions)
{
    uint64_t last = 0;
    size_t at;

    for (size_t i = 0; i < n_spans; i++)
        put_span(b, field, &spans[i]);
    if (n == 0)
        return;
    at = promc__wire_begin(b, field + (fractions ? 2 : 1));
    for (size_t i = 0; i < n; i++) {
        uint64_t count = counts != NULL ? counts[i] : 0;
        char *p = promc__buf_room(b, PROMC__WIRE_VARINT);

        if (p == NULL)
            break;
        p = fractions
                ? promc__wire_fixed64(p, floats != NULL ? floats[i] : (double)count)
                : promc__wire_varint(p, promc__wire_zigzag((int64_t)(count - last)));
        b->len = (size_t)(p - b->data);
        last = count;
    }
    promc__wire_end(b, at);
}

static void put_native(struct promc__buf *b, const struct promc__native_view *v,
                       int fractions)
{
    static const promc_span none = { 0, 0 };
    unsigned side = HISTOGRAM_NEGATIVE_SPAN;

    promc__wire_put_integer(b, HISTOGRAM_SCHEMA, promc__wire_zigzag(v->schema));
    promc__wire_put_double(b, HISTOGRAM_ZERO_THRESHOLD, v->zero_threshold);
    if (fractions)
        promc__wire_put_double(b, HISTOGRAM_ZERO_COUNT_FLOAT, v->zero_count_float);
    else
        promc__wire_put_integer(b, HISTOGRAM_ZERO_COUNT, v->zero_count);
    put_side(b, side, v->negative_spans, v->n_negative_spans, v->negative,
             v->negative_float, v->n_negative, fractions);
    side += 3;
    put_side(b, side, v->positive_spans, v->n_positive_spans, v->positive,
             v->positive_float, v->n_positive, fractions);
    /* what is there tells a reader that the histogram is native; so something must be */
    if (v->n_negative_spans == 0 && v->n_positive_spans == 0 &&
        !(v->zero_threshold > 0) && v->zero_count == 0 && !(v->zero_count_float > 0))
        put_span(b, side, &none);
}

static int all_zero(const double *v, size_t n)
{
    for (size_t i = 0; v != NULL && i < n; i++)
        if (v[i] > 0)
            return 0;
    return 1;
}

/* Prometheus takes a histogram for one of floats when it finds counts above zero as such. One
 * that has none has to go as integers, or its buckets would not be found. */
static int is_empty(const struct promc__histogram_view *h)
{
    const struct promc__native_view *v = h->native;

    return !(h->count_float > 0) && all_zero(h->counts_float, h->n) &&
           (v == NULL ||
            (!(v->zero_count_float > 0) && all_zero(v->positive_float, v->n_positive) &&
             all_zero(v->negative_float, v->n_negative)));
}

static int histogram(struct promc__encoder *e, const struct promc__point *p,
                     const struct promc__histogram_view *h)
{
    struct promc__buf *b = e->out;
    size_t metric = begin_metric(e, p);
    size_t at = promc__wire_begin(b, METRIC_HISTOGRAM);
    int fractions = h->is_float && !is_empty(h);

    if (fractions)
        promc__wire_put_double(b, HISTOGRAM_COUNT_FLOAT, h->count_float);
    else
        promc__wire_put_integer(b, HISTOGRAM_COUNT, h->is_float ? 0 : h->count);
    promc__wire_put_double(b, HISTOGRAM_SUM, h->sum);
    if (h->n != 0 || h->native == NULL)
        put_classic(e, h, fractions);
    if (h->native != NULL)
        put_native(b, h->native, fractions);
    if (e->meta.type == PROMC_TYPE_HISTOGRAM)
        put_time(b, HISTOGRAM_CREATED, p->created_ms);
    for (size_t i = 0; h->native != NULL && i < h->native->n_exemplars; i++)
        if (h->native->exemplars[i].timestamp_ms != 0) /* without, they are not read */
            put_exemplar(e, HISTOGRAM_EXEMPLAR, &h->native->exemplars[i]);
    promc__wire_end(b, at);
    end_metric(e, p, metric);
    return 0;
}

const struct promc__encoder_ops promc__protobuf_encoder = {
    .family = family,
    .integer = integer,
    .value = value,
    .histogram = histogram,
    .summary = summary,
    .stateset = stateset,
    .family_end = family_end,
};
