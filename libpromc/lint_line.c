/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_line.c - take one sample line apart:
 *
 *   name{label="value"} 1 1700000000000
 *   {"my.name","my.label"="value"} 1
 *   name_total{} 1 1.5 # {trace="x"} 0.5 1.25      OpenMetrics
 *
 * The first thing that cannot be read ends the line: what follows would be guessed.
 */
#include "config.h"
#include "lint.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "alloc.h"
#include "promc/text.h"

/* Report what is at the place being read. */
#define REPORT(l, rule, ...)                                                             \
    promc__lint_report(l, PROMC__LINT_##rule, (l)->in.p, (l)->sample.name, __VA_ARGS__)
/* The same, and give the line up. */
#define REFUSE(l, rule, ...) (REPORT(l, rule, __VA_ARGS__), -1)

void promc__lint_gap(struct promc__lint *l, struct promc__span name)
{
    const char *p = l->in.p;

    promc__scan_blanks(&l->in);
    if (l->om && (l->in.p != p + 1 || *p != ' '))
        promc__lint_report(l, PROMC__LINT_SPACING, p, name,
                           "there must be one space here, and nothing else");
}

/* Where the text format allows blanks, and OpenMetrics none. */
static void no_gap(struct promc__lint *l)
{
    const char *p = l->in.p;

    promc__scan_blanks(&l->in);
    if (l->om && l->in.p != p)
        promc__lint_report(l, PROMC__LINT_SPACING, p, l->sample.name,
                           "no space may be here");
}

static int take(struct promc__lint *l, char c)
{
    if (promc__scan_peek(&l->in) != c)
        return 0;
    l->in.p++;
    return 1;
}

int promc__lint_quoted(struct promc__lint *l, struct promc__span *text)
{
    int escaped = 0; /* reported */

    text->p = l->in.p;
    for (; l->in.p < l->in.end && *l->in.p != '"'; l->in.p++) {
        char c;
        if (*l->in.p != '\\')
            continue;
        c = l->in.p + 1 < l->in.end ? l->in.p[1] : '\n';
        if (c != '\\' && c != '"' && c != 'n' && !escaped++)
            REPORT(l, ESCAPE, "a backslash escapes \\, \" and n only");
        if (c != '\n')
            l->in.p++;
    }
    text->len = (size_t)(l->in.p - text->p);
    if (l->in.p == l->in.end)
        return REFUSE(l, LABEL_SYNTAX, "the quote before this has no end");
    l->in.p++;
    return 0;
}

static struct promc__lint_label *add_label(struct promc__lint *l,
                                           struct promc__lint_labels *labels)
{
    if (labels->n == labels->cap) {
        size_t cap = labels->cap ? labels->cap * 2 : 16;
        void *grown = promc__realloc(labels->v, cap * sizeof *labels->v);
        if (!grown) {
            l->oom = 1;
            return NULL;
        }
        labels->v = grown;
        labels->cap = cap;
    }
    return &labels->v[labels->n++];
}

/* Read what stands between two commas: a label, or the metric's name if that is missing yet.
 */
static int read_label(struct promc__lint *l, struct promc__lint_labels *labels,
                      int *nameless)
{
    struct promc__lint_label label, *added;
    const char *at = l->in.p;
    int quoted = *at == '"';

    if (quoted && !l->quoted)
        return REFUSE(l, QUOTED_NAME, "this format has no names in quotes");
    if (quoted) {
        l->in.p++;
        if (promc__lint_quoted(l, &label.name) != 0)
            return -1;
    } else {
        label.name.p = at;
        label.name.len = promc__scan_name_span(&l->in, 0);
    }
    if (label.name.len == 0)
        return REFUSE(l, LABEL_NAME, "a label name must be here");
    no_gap(l);
    if (quoted && *nameless && promc__scan_peek(&l->in) != '=') {
        *nameless = 0;
        l->sample.name = label.name;
        return 0;
    }
    if (!take(l, '='))
        return REFUSE(l, LABEL_SYNTAX, "no = behind the label name");
    no_gap(l);
    if (!take(l, '"'))
        return REFUSE(l, LABEL_SYNTAX, "no \" before the value of the label");
    if (promc__lint_quoted(l, &label.value) != 0)
        return -1;
    if (promc__span_is(label.name, "__name__"))
        promc__lint_report(l, PROMC__LINT_LABEL_NAME, at, l->sample.name,
                           "__name__ is where Prometheus keeps the metric's name");
    else if (label.name.len >= 2 && memcmp(label.name.p, "__", 2) == 0)
        promc__lint_report(l, PROMC__LINT_LABEL_RESERVED, at, l->sample.name,
                           "label names that begin with __ belong to Prometheus");
    added = add_label(l, labels);
    if (!added)
        return -1;
    *added = label;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct promc__lint_label *x = a, *y = b;
    size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
    int c = memcmp(x->name.p, y->name.p, n);

    return c != 0 ? c : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static void sort_labels(struct promc__lint *l, struct promc__lint_labels *labels)
{
    size_t n = labels->n, i = 1;

    while (i < n && compare_names(&labels->v[i - 1], &labels->v[i]) < 0)
        i++;
    if (i >= n)
        return;
    qsort(labels->v, n, sizeof *labels->v, compare_names);
    for (i = 1; i < n; i++)
        if (compare_names(&labels->v[i - 1], &labels->v[i]) == 0) {
            const char *a = labels->v[i - 1].name.p, *b = labels->v[i].name.p;
            promc__lint_report(l, PROMC__LINT_LABEL_TWICE, a > b ? a : b, l->sample.name,
                               "the label stands twice in one series");
        }
}

/* Read labels up to the closing brace; the opening one is read. */
static int read_labels(struct promc__lint *l, struct promc__lint_labels *labels,
                       int *nameless)
{
    labels->n = 0;
    for (;;) {
        int first = l->in.p[-1] == '{';
        no_gap(l);
        if (promc__scan_peek(&l->in) == '}') {
            if (l->om && !first)
                REPORT(l, LABEL_SYNTAX, "a comma before }");
            break;
        }
        if (l->in.p == l->in.end)
            return REFUSE(l, LABEL_SYNTAX, "no } behind the labels");
        if (read_label(l, labels, nameless) != 0)
            return -1;
        no_gap(l);
        if (promc__scan_peek(&l->in) == '}')
            break;
        if (!take(l, ','))
            return REFUSE(l, LABEL_SYNTAX, "no comma or } behind the label");
    }
    l->in.p++;
    sort_labels(l, labels);
    return 0;
}

static int read_number(struct promc__lint *l, enum promc__lint_rule rule, const char **at,
                       double *v)
{
    size_t len;
    const char *token = promc__scan_token(&l->in, &len);
    int rc = promc_number_parse(token, len, v);

    *at = token;
    if (rc == 0)
        return 0;
    promc__lint_report(l, rule, token, l->sample.name,
                       len == 0        ? "a number must be here"
                       : rc == -ERANGE ? "too large for a number"
                                       : "this is not a number");
    return -1;
}

/* Whole milliseconds. Prometheus reads no sign here. */
static int read_milliseconds(struct promc__lint *l)
{
    size_t len, i;
    const char *s = promc__scan_token(&l->in, &len);
    int64_t ms = 0;

    for (i = 0; i < len && promc__is_digit(s[i]); i++) {
        if (ms > (INT64_MAX - (s[i] - '0')) / 10)
            break;
        ms = ms * 10 + (s[i] - '0');
    }
    if (len > 0 && i == len) {
        l->sample.time = (struct promc__lint_time){ ms / 1000, ms % 1000 * 1000000 };
        return 0;
    }
    promc__lint_report(l, PROMC__LINT_TIMESTAMP, s, l->sample.name,
                       len > 0 && *s == '-'
                           ? "a negative timestamp fails the scrape"
                           : "a timestamp is whole milliseconds, in digits");
    return -1;
}

/* Seconds; to the nanosecond when they are written without exponent. */
static int seconds_from_text(const char *s, size_t len, struct promc__lint_time *t)
{
    int negative = len > 0 && *s == '-';
    size_t i = len > 0 && (*s == '-' || *s == '+');
    int64_t unit = 1000000000;
    double v;

    if (promc_number_parse(s, len, &v) != 0 || !isfinite(v))
        return -1;
    *t = (struct promc__lint_time){ 0, 0 };
    for (; i < len && promc__is_digit(s[i]); i++)
        t->seconds = t->seconds > INT64_MAX / 10 - 1 ? INT64_MAX / 10
                                                     : t->seconds * 10 + (s[i] - '0');
    if (i < len && s[i] == '.')
        for (i++; i < len && promc__is_digit(s[i]); i++) {
            unit /= 10;
            t->nanos += unit * (s[i] - '0');
        }
    if (i < len) { /* an exponent */
        double whole = floor(v);
        negative = 0;
        t->seconds = fabs(v) < 9e18 ? (int64_t)whole : v > 0 ? INT64_MAX / 10 : INT64_MIN;
        t->nanos = fabs(v) < 9e18 ? (int64_t)((v - whole) * 1e9) : 0;
    }
    if (negative) {
        t->seconds = -t->seconds - (t->nanos != 0);
        t->nanos = t->nanos != 0 ? 1000000000 - t->nanos : 0;
    }
    return 0;
}

static int read_seconds(struct promc__lint *l, enum promc__lint_rule rule,
                        struct promc__lint_time *t)
{
    size_t len;
    const char *s = promc__scan_token(&l->in, &len);

    if (seconds_from_text(s, len, t) == 0)
        return 0;
    promc__lint_report(l, rule, s, l->sample.name,
                       "a timestamp is a finite number of seconds");
    return -1;
}

/* Read " # {labels} value [seconds]" from the # on. */
static int read_exemplar(struct promc__lint *l)
{
    struct promc__lint_sample *s = &l->sample;
    struct promc__lint_time t;
    int nameless = 0;

    s->exemplar_at = l->in.p++;
    promc__lint_gap(l, s->name);
    if (!take(l, '{'))
        return REFUSE(l, EXEMPLAR, "an exemplar begins with its labels, even if empty");
    if (read_labels(l, &s->exemplar, &nameless) != 0)
        return -1;
    promc__lint_gap(l, s->name);
    if (read_number(l, PROMC__LINT_EXEMPLAR, &s->exemplar_value_at, &s->exemplar_value) !=
        0)
        return -1;
    if (l->in.p == l->in.end)
        return 0;
    promc__lint_gap(l, s->name);
    if (l->in.p == l->in.end)
        return REFUSE(l, SPACING, "blanks at the end of the line");
    return read_seconds(l, PROMC__LINT_EXEMPLAR, &t);
}

/* What follows the value. */
static int read_rest(struct promc__lint *l)
{
    struct promc__lint_sample *s = &l->sample;

    if (l->in.p == l->in.end)
        return 0;
    promc__lint_gap(l, s->name);
    if (l->in.p == l->in.end) {
        if (l->om)
            return REFUSE(l, SPACING, "blanks at the end of the line");
        return REFUSE(l, TRAILING_TEXT, "blanks behind the value");
    }
    if (*l->in.p == '#' && !l->om)
        return REFUSE(l, EXEMPLAR_PLACE, "the text formats have no exemplars");
    if (*l->in.p != '#') {
        s->time_at = l->in.p;
        if (l->om ? read_seconds(l, PROMC__LINT_TIMESTAMP, &s->time) != 0
                  : read_milliseconds(l) != 0)
            return -1;
        if (l->in.p == l->in.end)
            return 0;
        if (l->om)
            promc__lint_gap(l, s->name);
    }
    if (l->om && promc__scan_peek(&l->in) == '#' && read_exemplar(l) != 0)
        return -1;
    if (l->in.p < l->in.end)
        return REFUSE(l, TRAILING_TEXT, "the sample is complete before this");
    return 0;
}

int promc__lint_read_sample(struct promc__lint *l)
{
    struct promc__lint_sample *s = &l->sample;
    int nameless = 0, labels;

    s->name = (struct promc__span){ l->in.p, 0 };
    s->labels.n = s->exemplar.n = 0;
    s->time_at = s->exemplar_at = NULL;
    s->name.len = promc__scan_name_span(&l->in, 1);
    if (s->name.len == 0) {
        if (*l->in.p == '{' && !l->quoted)
            return REFUSE(l, QUOTED_NAME, "this format has no names in quotes");
        if (*l->in.p != '{')
            return REFUSE(l, METRIC_NAME, "a metric name must be here");
        nameless = 1;
    } else if (l->in.p < l->in.end && *l->in.p != '{' && !promc__is_blank(*l->in.p)) {
        return REFUSE(l, METRIC_NAME, "a metric name cannot hold this");
    }
    if (promc__scan_peek(&l->in) != '{' && !l->om)
        promc__scan_blanks(&l->in);
    labels = take(l, '{');
    if (labels && read_labels(l, &s->labels, &nameless) != 0)
        return -1;
    if (nameless)
        return REFUSE(l, METRIC_NAME, "there is no metric name before or in the braces");
    if (l->om || !labels)
        promc__lint_gap(l, s->name);
    else
        promc__scan_blanks(&l->in);
    if (read_number(l, PROMC__LINT_VALUE, &s->value_at, &s->value) != 0)
        return -1;
    return read_rest(l);
}
