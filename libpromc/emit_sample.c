/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit_sample.c - one sample of a collector, of any type: checked, and copied to the emitter.
 */
#include "config.h"
#include "emitter.h"

#include <math.h>
#include <string.h>

#include "labels.h"

enum { EXEMPLAR_CHARACTERS = 128 };

static int no_memory(promc_samples *f)
{
    promc__emitter_no_memory(f->emitter, f->name);
    return 0;
}

/* Functions that check return 1 when all is well; what is not, they report. */
static int refuse(promc_samples *f, const char *why)
{
    promc_emit_error(f->emitter, "%s: %s", f->name, why);
    return 0;
}

static int is_histogram(promc_type type)
{
    return type == PROMC_TYPE_HISTOGRAM || type == PROMC_TYPE_GAUGEHISTOGRAM;
}

static int ascend(const double *v, size_t n)
{
    if (n > UINT32_MAX || (n != 0 && v == NULL))
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]) || (i != 0 && v[i] <= v[i - 1]))
            return 0;
    return 1;
}

/* --- the usual samples ------------------------------------------------------------------ */

void promc_emit(promc_samples *f, promc_labels values, double v)
{
    struct promc__sample *s;

    if (f == NULL)
        return;
    if (is_histogram(f->type) || f->type == PROMC_TYPE_SUMMARY ||
        f->type == PROMC_TYPE_STATESET) {
        refuse(f, "a single value for a histogram, summary or stateset");
        return;
    }
    s = promc__emitter_sample(f, values);
    if (s == NULL)
        return;
    s->v = f->type == PROMC_TYPE_INFO ? 1 : v;
    promc__emitter_append_sample(f, s);
}

void promc_emit_histogram(promc_samples *f, promc_labels values, const double *bounds,
                          const uint64_t *cumulative, size_t n, double sum,
                          uint64_t count)
{
    struct promc__sample *s;

    if (f == NULL)
        return;
    if (!is_histogram(f->type) || !ascend(bounds, n) || (n != 0 && cumulative == NULL)) {
        refuse(f, "bounds for a family of another type, or not ascending");
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (cumulative[i] > count || (i != 0 && cumulative[i] < cumulative[i - 1])) {
            refuse(f, "bucket counts do not ascend to the count");
            return;
        }
    s = promc__emitter_sample(f, values);
    if (s == NULL)
        return;
    s->n = (uint32_t)n;
    s->at = promc__emitter_copy(f->emitter, bounds, n * sizeof *bounds);
    s->of.cumulative =
        promc__emitter_copy(f->emitter, cumulative, n * sizeof *cumulative);
    s->v = sum;
    s->count = count;
    if (s->at != NULL && s->of.cumulative != NULL)
        promc__emitter_append_sample(f, s);
    else
        no_memory(f);
}

static struct promc__sample *summary(promc_samples *f, promc_labels values,
                                     const double *quantiles, const double *values_at,
                                     size_t n, double sum, uint64_t count)
{
    struct promc__sample *s;

    if (f->type != PROMC_TYPE_SUMMARY || !ascend(quantiles, n) ||
        (n != 0 && values_at == NULL)) {
        refuse(f, "quantiles for a family of another type, or not ascending");
        return NULL;
    }
    s = promc__emitter_sample(f, values);
    if (s == NULL)
        return NULL;
    s->n = (uint32_t)n;
    s->at = promc__emitter_copy(f->emitter, quantiles, n * sizeof *quantiles);
    s->of.values = promc__emitter_copy(f->emitter, values_at, n * sizeof *values_at);
    s->v = sum;
    s->count = count;
    if (s->at != NULL && s->of.values != NULL)
        return s;
    no_memory(f);
    return NULL;
}

void promc_emit_summary(promc_samples *f, promc_labels values, const double *quantiles,
                        const double *values_at, size_t n, double sum, uint64_t count)
{
    struct promc__sample *s =
        f != NULL ? summary(f, values, quantiles, values_at, n, sum, count) : NULL;

    if (s != NULL)
        promc__emitter_append_sample(f, s);
}

/* --- exemplars -------------------------------------------------------------------------- */

static const struct promc__exemplar_view *copy_exemplar(promc_samples *f,
                                                        const promc_exemplar *x)
{
    promc_emitter *e = f->emitter;
    struct promc__buf *b = &e->scratch;
    struct promc__exemplar_view *view;
    promc_error why;
    uint16_t order[EXEMPLAR_CHARACTERS];
    const char *text;

    if (isnan(x->value) || x->names.n != x->values.n ||
        (x->values.n != 0 && x->values.v == NULL) || x->names.n > EXEMPLAR_CHARACTERS ||
        promc__label_names_check(f->name, PROMC_TYPE_UNTYPED, x->names, &why) != 0) {
        refuse(f, "an exemplar's value or labels are not valid");
        return NULL;
    }
    for (size_t i = 0; i < x->values.n; i++)
        if (x->values.v[i] == NULL) {
            refuse(f, "a label of an exemplar has no value");
            return NULL;
        }
    promc__labels_order(x->names, order);
    promc__buf_reset(b);
    promc__labels_print(b, x->names, x->values, order);
    view = promc__emitter_alloc(e, sizeof *view);
    text = promc__emitter_copy(e, b->data, b->len);
    if (b->oom || view == NULL || text == NULL) {
        no_memory(f);
        return NULL;
    }
    if (promc__labels_characters(text, b->len) > EXEMPLAR_CHARACTERS) {
        refuse(f, "the labels of an exemplar have more than 128 characters");
        return NULL;
    }
    *view = (struct promc__exemplar_view){ text, b->len, x->value, x->timestamp_ms };
    return view;
}

/* The buckets' exemplars, and for native buckets the list of those that have a time. An
 * exemplar that is refused is not worth a sample. */
static int put_exemplars(promc_samples *f, const promc_sample *from,
                         struct promc__histogram_view *h,
                         struct promc__native_view *native)
{
    size_t n = from->n_exemplars;
    const struct promc__exemplar_view **at;
    struct promc__exemplar_view *list;

    if (n == 0 || from->exemplars == NULL)
        return 1;
    at = promc__emitter_alloc(f->emitter, (h->n + 1) * sizeof(void *));
    list = promc__emitter_alloc(f->emitter, n * sizeof *list);
    if (at == NULL || list == NULL)
        return no_memory(f);
    memset(at, 0, (h->n + 1) * sizeof(void *));
    h->exemplars = at;
    for (size_t i = 0; i < n; i++) {
        const struct promc__exemplar_view *x = copy_exemplar(f, &from->exemplars[i]);
        size_t bucket = 0;

        if (x == NULL)
            continue;
        while (bucket < h->n && h->bounds[bucket] < x->value)
            bucket++;
        at[bucket] = x;
        if (native != NULL && x->timestamp_ms > 0)
            list[native->n_exemplars++] = *x;
    }
    if (native != NULL)
        native->exemplars = list;
    return 1;
}

/* --- histograms ------------------------------------------------------------------------- */

/* Counts of a float histogram need not be whole. */
static int is_count(double v)
{
    return isfinite(v) && v >= 0;
}

static int is_whole(double v)
{
    return v < 0x1p63 && v == floor(v);
}

static int all_whole(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_whole(v[i]))
            return 0;
    return 1;
}

static const uint64_t *copy_whole(promc_emitter *e, const double *v, size_t n)
{
    uint64_t *to = promc__emitter_alloc(e, n * sizeof *to);

    for (size_t i = 0; to != NULL && i < n; i++)
        to[i] = (uint64_t)v[i];
    return to;
}

/* What the buckets add up to. The whole part is exact: so must the count be that servers compare
 * it with. */
struct sum {
    uint64_t whole; /* of whole numbers below 2^63; UINT64_MAX: too many */
    double all;
};

static void sum_add(struct sum *s, double count)
{
    s->all += count;
    if (!is_whole(count) || __builtin_add_overflow(s->whole, (uint64_t)count, &s->whole))
        s->whole = UINT64_MAX;
}

/* The spans of one side must match their counts, which are added to *sum. */
static int check_spans(const promc_span *spans, size_t n_spans, const double *counts,
                       size_t *n, struct sum *sum)
{
    uint64_t length = 0;

    if (n_spans != 0 && spans == NULL)
        return 0;
    for (size_t i = 0; i < n_spans; i++) {
        if (i != 0 && spans[i].offset < 0)
            return 0;
        length += spans[i].length;
    }
    if (length > UINT32_MAX || (length != 0 && counts == NULL))
        return 0;
    for (uint64_t i = 0; i < length; i++) {
        if (!is_count(counts[i]))
            return 0;
        sum_add(sum, counts[i]);
    }
    *n = (size_t)length;
    return 1;
}

static int adds_up(const struct sum *sum, const promc_sample *from)
{
    uint64_t count = (uint64_t)from->count;

    return isnan(from->sum) ? sum->whole <= count : sum->whole == count;
}

/* Also says how many counts there are, and whether they are all whole. */
static int check_native(promc_samples *f, const promc_sample *from,
                        struct promc__native_view *v, int *whole)
{
    const promc_native *native = from->native;
    struct sum sum = { 0, 0 };

    if (native->schema < -4 || native->schema > 8 || !is_count(native->zero_count) ||
        !is_count(native->zero_threshold) ||
        !check_spans(native->positive_spans, native->n_positive_spans, native->positive,
                     &v->n_positive, &sum) ||
        !check_spans(native->negative_spans, native->n_negative_spans, native->negative,
                     &v->n_negative, &sum))
        return refuse(f, "schema, spans or counts of native buckets are not valid");
    *whole = *whole && is_whole(native->zero_count) &&
             all_whole(native->positive, v->n_positive) &&
             all_whole(native->negative, v->n_negative);
    sum_add(&sum, native->zero_count);
    /* what was observed as NaN is in no bucket; sums of fractions are never exact */
    if (*whole ? !adds_up(&sum, from) : sum.all > 0 && !(from->count > 0))
        return refuse(f, "the native buckets do not add up to the count");
    return 1;
}

static int copy_native(promc_samples *f, const promc_native *from,
                       struct promc__native_view *v, int whole)
{
    promc_emitter *e = f->emitter;

    v->schema = from->schema;
    v->zero_threshold = from->zero_threshold;
    v->n_positive_spans = from->n_positive_spans;
    v->n_negative_spans = from->n_negative_spans;
    v->positive_spans = promc__emitter_copy(e, from->positive_spans,
                                            v->n_positive_spans * sizeof(promc_span));
    v->negative_spans = promc__emitter_copy(e, from->negative_spans,
                                            v->n_negative_spans * sizeof(promc_span));
    if (whole) {
        v->zero_count = (uint64_t)from->zero_count;
        v->positive = copy_whole(e, from->positive, v->n_positive);
        v->negative = copy_whole(e, from->negative, v->n_negative);
    } else {
        v->zero_count_float = from->zero_count;
        v->positive_float =
            promc__emitter_copy(e, from->positive, v->n_positive * sizeof(double));
        v->negative_float =
            promc__emitter_copy(e, from->negative, v->n_negative * sizeof(double));
    }
    if (v->positive_spans == NULL || v->negative_spans == NULL ||
        (v->positive == NULL && v->positive_float == NULL) ||
        (v->negative == NULL && v->negative_float == NULL))
        return no_memory(f);
    return 1;
}

static int check_buckets(promc_samples *f, const promc_sample *from)
{
    double below = 0;

    if (!ascend(from->at, from->n) || (from->n != 0 && from->buckets == NULL))
        return refuse(f, "bucket bounds do not ascend");
    if (!is_count(from->count))
        return refuse(f, "the count is negative or not finite");
    for (size_t i = 0; i < from->n; i++) {
        if (!(from->buckets[i] >= below) || from->buckets[i] > from->count)
            return refuse(f, "bucket counts do not ascend to the count");
        below = from->buckets[i];
    }
    return 1;
}

static int fill_histogram(promc_samples *f, const promc_sample *from,
                          struct promc__histogram_view *h)
{
    promc_emitter *e = f->emitter;
    struct promc__native_view *native = NULL;
    int whole;

    if (!check_buckets(f, from))
        return 0;
    whole = is_whole(from->count) && all_whole(from->buckets, from->n);
    if (from->native != NULL) {
        native = promc__emitter_alloc(e, sizeof *native);
        if (native == NULL)
            return no_memory(f);
        memset(native, 0, sizeof *native);
        if (!check_native(f, from, native, &whole) ||
            !copy_native(f, from->native, native, whole))
            return 0;
    }
    h->native = native;
    h->n = from->n;
    h->bounds = promc__emitter_copy(e, from->at, h->n * sizeof *h->bounds);
    h->cumulative = 1;
    h->sum = from->sum;
    h->is_float = !whole;
    h->count_float = from->count;
    if (whole) {
        h->count = (uint64_t)from->count;
        h->counts = copy_whole(e, from->buckets, h->n);
    } else {
        h->counts_float = promc__emitter_copy(e, from->buckets, h->n * sizeof(double));
    }
    if (h->bounds == NULL || (h->counts == NULL && h->counts_float == NULL))
        return no_memory(f);
    return put_exemplars(f, from, h, native);
}

/* --- statesets -------------------------------------------------------------------------- */

static int fill_stateset(promc_samples *f, const promc_sample *from,
                         struct promc__stateset_view *v)
{
    const char **states;

    if (from->n == 0 || from->n > 64 || from->states == NULL || from->on == NULL)
        return refuse(f, "a stateset has 1 to 64 states");
    states = promc__emitter_alloc(f->emitter, from->n * sizeof *states);
    if (states == NULL)
        return no_memory(f);
    for (size_t i = 0; i < from->n; i++) {
        const char *name = from->states[i];

        if (name == NULL || *name == '\0' || !promc_utf8_valid(name, strlen(name)))
            return refuse(f, "the name of a state is missing, empty or not UTF-8");
        for (size_t k = 0; k < i; k++)
            if (strcmp(name, from->states[k]) == 0)
                return refuse(f, "a state is named twice");
        states[i] = promc__emitter_copy(f->emitter, name, strlen(name) + 1);
        if (states[i] == NULL)
            return no_memory(f);
        v->on |= (uint64_t)(from->on[i] != 0) << i;
    }
    v->states = states;
    v->n = from->n;
    return 1;
}

/* --- any type --------------------------------------------------------------------------- */

/* What the type has, behind the labels of @s. */
static int fill(promc_samples *f, const promc_sample *from, struct promc__sample *s,
                struct promc__full_sample *full)
{
    switch (f->type) {
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGEHISTOGRAM:
        return fill_histogram(f, from, &full->of.histogram);
    case PROMC_TYPE_STATESET:
        return fill_stateset(f, from, &full->of.stateset);
    case PROMC_TYPE_SUMMARY: /* done with the labels */
        return 1;
    case PROMC_TYPE_INFO:
        s->v = 1;
        return 1;
    case PROMC_TYPE_COUNTER:
        if (from->n_exemplars != 0 && from->exemplars != NULL)
            full->point.exemplar =
                copy_exemplar(f, &from->exemplars[from->n_exemplars - 1]);
        s->v = from->value;
        return 1;
    default:
        s->v = from->value;
        return 1;
    }
}

void promc_emit_sample(promc_samples *f, promc_labels values, const promc_sample *sample)
{
    promc_sample from = PROMC_SAMPLE_INIT;
    struct promc__full_sample *full;
    struct promc__sample *s;

    if (f == NULL || sample == NULL)
        return;
    /* the caller's header may be older, and its struct shorter, than ours */
    memcpy(&from, sample, sample->size < sizeof from ? sample->size : sizeof from);
    if (f->type != PROMC_TYPE_SUMMARY) {
        s = promc__emitter_sample(f, values);
    } else if (is_count(from.count) && is_whole(from.count)) {
        s = summary(f, values, from.at, from.values, from.n, from.sum,
                    (uint64_t)from.count);
    } else {
        refuse(f, "the count of a summary is not a whole number");
        return;
    }
    if (s == NULL)
        return;
    full = promc__emitter_alloc(f->emitter, sizeof *full);
    if (full == NULL) {
        no_memory(f);
        return;
    }
    memset(full, 0, sizeof *full);
    full->point.created_ms = from.created_ms;
    full->point.timestamp_ms = from.timestamp_ms;
    full->point.has_timestamp = from.has_timestamp && from.timestamp_ms >= 0;
    if (!fill(f, &from, s, full))
        return;
    s->full = full;
    promc__emitter_append_sample(f, s);
}
