/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfamily_emit.c - the metric families of many text files, brought together: emitting.
 */
#include "config.h"

#include "node/collectors/textfamily.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/collectors/textfamily_impl.h"
#include "node/fail.h"

/* The labels of a family in alphabetical order, and room for the values of one sample. */
struct text_columns {
    const char *names[TEXT_MAX_LABELS];
    const char *values[TEXT_MAX_LABELS];
    unsigned place[TEXT_MAX_LABELS]; /* by the family's own order */
    size_t n;
};

static void set_columns(struct text_columns *c, const struct text_family *f)
{
    unsigned order[TEXT_MAX_LABELS];

    c->n = f->n_labels;
    for (unsigned i = 0; i < f->n_labels; i++) {
        unsigned j = i;

        for (; j > 0 && strcmp(f->labels[order[j - 1]], f->labels[i]) > 0; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (unsigned i = 0; i < f->n_labels; i++) {
        c->names[i] = f->labels[order[i]];
        c->place[order[i]] = i;
    }
}

static promc_labels values_of(struct text_columns *c, const struct text_sample *s)
{
    for (size_t i = 0; i < c->n; i++)
        c->values[i] = "";
    for (unsigned i = 0; i < s->n; i++)
        c->values[c->place[s->labels[i].name]] = s->labels[i].value;
    return (promc_labels){ c->values, c->n };
}

static int compare_labels(const struct text_sample *a, const struct text_sample *b)
{
    for (unsigned i = 0; i < a->n && i < b->n; i++) {
        int rc;

        if (a->labels[i].name != b->labels[i].name)
            return a->labels[i].name < b->labels[i].name ? -1 : 1;
        rc = strcmp(a->labels[i].value, b->labels[i].value);
        if (rc)
            return rc;
    }
    return (a->n > b->n) - (a->n < b->n);
}

/* Brings the samples of one histogram or summary together: points first, ascending, the
 * latest of equal ones last. */
static int compare_samples(const void *a, const void *b)
{
    const struct text_sample *x = *(const struct text_sample *const *)a;
    const struct text_sample *y = *(const struct text_sample *const *)b;
    int rc = compare_labels(x, y);

    if (rc == 0)
        rc = (x->kind > y->kind) - (x->kind < y->kind);
    if (rc == 0)
        rc = (x->at > y->at) - (x->at < y->at);
    return rc ? rc : (x->order > y->order) - (x->order < y->order);
}

/* Room for the n samples of a family and for their numbers. Returns 0 or -ENOMEM. */
static int reserve(struct textset *t, size_t n)
{
    if (n > t->samples_cap) {
        struct text_sample **samples = realloc(t->samples, n * sizeof(*samples));

        if (!samples)
            return -ENOMEM;
        t->samples = samples;
        t->samples_cap = n;
    }
    if (2 * n > t->numbers_cap) {
        double *numbers = realloc(t->numbers, 2 * n * sizeof(*numbers));

        if (!numbers)
            return -ENOMEM;
        t->numbers = numbers;
        t->numbers_cap = 2 * n;
    }
    return 0;
}

/* Emit one summary: n samples of equal labels. */
static void emit_summary(const struct textset *t, struct text_sample *const *s, size_t n,
                         struct text_columns *c, promc_samples *out)
{
    double *at = t->numbers, *v = t->numbers + n, sum = 0, count = 0;
    size_t points = 0;

    for (size_t i = 0; i < n; i++) {
        if (s[i]->kind == TEXT_SUM) {
            sum = s[i]->v;
        } else if (s[i]->kind == TEXT_COUNT) {
            count = s[i]->v;
        } else {
            if (points > 0 && at[points - 1] == s[i]->at)
                points--;
            at[points] = s[i]->at;
            v[points++] = s[i]->v;
        }
    }
    promc_emit_summary(out, values_of(c, s[0]), at, v, points, sum, (uint64_t)count);
}

/* Emit one histogram. The +Inf bucket stands in for a missing count, and the last bucket
 * for that. Returns 0, or -EINVAL when the counts go down. */
static int emit_histogram(const struct textset *t, struct text_sample *const *s, size_t n,
                          struct text_columns *c, promc_samples *out)
{
    double *at = t->numbers, sum = 0;
    uint64_t *v = (uint64_t *)(void *)(t->numbers + n), count = 0;
    size_t points = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t before = count;

        if (s[i]->kind == TEXT_SUM) {
            sum = s[i]->v;
            continue;
        }
        count = (uint64_t)s[i]->v;
        if (count < before)
            return -EINVAL;
        if (s[i]->kind == TEXT_COUNT || isinf(s[i]->at))
            continue;
        if (points > 0 && at[points - 1] == s[i]->at)
            points--;
        at[points] = s[i]->at;
        v[points++] = count;
    }
    promc_emit_histogram(out, values_of(c, s[0]), at, v, points, sum, count);
    return 0;
}

/* Returns 0; 1 when a histogram had to be left out, with *err filled; or -ENOMEM. */
static int emit_groups(struct textset *t, const struct text_family *f,
                       struct text_columns *c, promc_samples *out, promc_error *err)
{
    size_t n = 0;
    int rc = 0;

    if (reserve(t, f->n_samples) < 0)
        return -ENOMEM;
    for (struct text_sample *s = f->first; s; s = s->next)
        t->samples[n++] = s;
    qsort(t->samples, n, sizeof(struct text_sample *), compare_samples);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n; end++)
            if (compare_labels(t->samples[i], t->samples[end]) != 0)
                break;
        if (f->type == PROMC_TYPE_SUMMARY)
            emit_summary(t, t->samples + i, end - i, c, out);
        else if (emit_histogram(t, t->samples + i, end - i, c, out) < 0)
            rc = 1;
    }
    if (rc == 1)
        node_fail(err, -EINVAL, "left out a histogram %.60s of %.60s: its counts go down",
                  f->name, f->path);
    return rc;
}

/* The help of a family for which no file has one: where it comes from. */
static const char *default_help(struct textset *t, const struct text_name *e)
{
    static const char start[] = "Metric read from ";
    size_t size = sizeof(start);
    char *help, *at;

    for (const struct text_family *f = e->first; f; f = f->next)
        size += strlen(f->path) + 2;
    help = arena_alloc(t->arena, size);
    if (!help)
        return NULL;
    at = stpcpy(help, start);
    for (const struct text_family *f = e->first; f; f = f->next)
        at = stpcpy(stpcpy(at, f->path), f->next ? ", " : "");
    return help;
}

static const char *help_of(struct textset *t, const struct text_name *e)
{
    for (const struct text_family *f = e->first; f; f = f->next)
        if (f->help)
            return f->help;
    return default_help(t, e);
}

int textset_emit(struct textset *t, promc_emitter *out, promc_error *err)
{
    struct text_columns c;
    int result = 0;

    for (struct text_name *e = t->first; e; e = e->next) {
        const char *help;

        if (!e->first)
            continue;
        help = help_of(t, e);
        if (!help)
            return node_fail(err, -ENOMEM, "out of memory");
        for (const struct text_family *f = e->first; f; f = f->next) {
            promc_samples *family;
            int rc = 0;

            set_columns(&c, f);
            family = promc_emit_family(out, f->type, f->name, help,
                                       (promc_labels){ c.names, c.n });
            if (f->type == PROMC_TYPE_SUMMARY || f->type == PROMC_TYPE_HISTOGRAM)
                rc = emit_groups(t, f, &c, family, err);
            else
                for (const struct text_sample *s = f->first; s; s = s->next)
                    promc_emit(family, values_of(&c, s), s->v);
            if (rc < 0)
                return node_fail(err, rc, "out of memory");
            if (rc > 0)
                result = rc;
        }
    }
    return result;
}
