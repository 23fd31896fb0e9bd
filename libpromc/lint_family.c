/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_family.c - which family a line belongs to. Once a family has ended, all the names that
 * it and its samples have are taken: whoever comes later under one of them either goes on with
 * that family, which is then interleaved with others, or clashes with it.
 */
#include "config.h"
#include "lint.h"

/* What samples of a type are called, in the text formats and in OpenMetrics. */
static const struct suffix {
    promc_type type;
    unsigned char text, om;
    enum promc__lint_part part;
    const char *text_of;
} suffixes[] = {
    { PROMC_TYPE_UNTYPED, 1, 1, PROMC__PART_VALUE, "" },
    { PROMC_TYPE_GAUGE, 1, 1, PROMC__PART_VALUE, "" },
    { PROMC_TYPE_COUNTER, 1, 0, PROMC__PART_TOTAL, "" },
    { PROMC_TYPE_COUNTER, 0, 1, PROMC__PART_TOTAL, "_total" },
    { PROMC_TYPE_COUNTER, 0, 1, PROMC__PART_CREATED, "_created" },
    { PROMC_TYPE_HISTOGRAM, 1, 1, PROMC__PART_BUCKET, "_bucket" },
    { PROMC_TYPE_HISTOGRAM, 1, 1, PROMC__PART_SUM, "_sum" },
    { PROMC_TYPE_HISTOGRAM, 1, 1, PROMC__PART_COUNT, "_count" },
    { PROMC_TYPE_HISTOGRAM, 0, 1, PROMC__PART_CREATED, "_created" },
    { PROMC_TYPE_SUMMARY, 1, 1, PROMC__PART_VALUE, "" },
    { PROMC_TYPE_SUMMARY, 1, 1, PROMC__PART_SUM, "_sum" },
    { PROMC_TYPE_SUMMARY, 1, 1, PROMC__PART_COUNT, "_count" },
    { PROMC_TYPE_SUMMARY, 0, 1, PROMC__PART_CREATED, "_created" },
    { PROMC_TYPE_INFO, 0, 1, PROMC__PART_INFO, "_info" },
    { PROMC_TYPE_STATESET, 0, 1, PROMC__PART_VALUE, "" },
    { PROMC_TYPE_GAUGEHISTOGRAM, 0, 1, PROMC__PART_BUCKET, "_bucket" },
    { PROMC_TYPE_GAUGEHISTOGRAM, 0, 1, PROMC__PART_GSUM, "_gsum" },
    { PROMC_TYPE_GAUGEHISTOGRAM, 0, 1, PROMC__PART_GCOUNT, "_gcount" },
};

/* The row @i if samples of @type have it in this format, else NULL. */
static const struct suffix *suffix_of(const struct promc__lint *l, promc_type type,
                                      size_t i)
{
    const struct suffix *s = &suffixes[i];
    return s->type == type && (l->om ? s->om : s->text) ? s : NULL;
}

enum { N_SUFFIXES = sizeof suffixes / sizeof *suffixes };

/* A name as a key of a tree, which cannot hold NUL; a name cannot hold a line feed. */
static struct promc__span key_of(struct promc__lint *l, struct promc__span name,
                                 const char *suffix)
{
    struct promc__buf *b = &l->scratch;

    if (*suffix == '\0' && memchr(name.p, '\0', name.len) == NULL)
        return name;
    promc__buf_reset(b);
    promc__buf_put(b, name.p, name.len);
    promc__buf_puts(b, suffix);
    if (b->oom) {
        l->oom = 1;
        return (struct promc__span){ "", 0 };
    }
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] == '\0')
            b->data[i] = '\n';
    return (struct promc__span){ b->data, b->len };
}

static struct promc__name *find(struct promc__lint *l, struct promc__span name)
{
    struct promc__span key = key_of(l, name, "");
    return promc__nametree_find(&l->names, key.p, key.len);
}

static struct promc__name *add(struct promc__lint *l, struct promc__span name,
                               const char *suffix)
{
    struct promc__span key = key_of(l, name, suffix);
    struct promc__name *n = promc__nametree_add(&l->names, key.p, key.len);

    if (!n)
        l->oom = 1;
    return n;
}

/* The family @text begins or goes on at @at; the one before has ended. */
static void begin(struct promc__lint *l, struct promc__span text, const char *at)
{
    struct promc__lint_family *f = &l->family;
    struct promc__name *n = find(l, text);

    f->text = text;
    f->line = l->line;
    f->column = (size_t)(at - l->start) + 1;
    if (!n) {
        n = add(l, text, "");
        if (!n)
            return;
        n->owner = n;
    } else if (n->owner != n) {
        promc__lint_report(l, PROMC__LINT_NAME_CLASH, at, text,
                           "an earlier family has samples of this name");
    } else {
        f->reopened = 1;
        f->type = n->type;
        f->has_type = n->has_type;
        f->has_help = n->has_help;
        if (!n->told)
            promc__lint_report(l, PROMC__LINT_INTERLEAVED, at, text,
                               "the family began earlier; its lines must be together");
        n->told = 1;
    }
    f->last = &f->first;
    f->name = n;
}

/* Take all names of the family that ends. */
static void take_names(struct promc__lint *l)
{
    struct promc__lint_family *f = &l->family;
    int told = 0;

    for (size_t i = 0; i < N_SUFFIXES && !l->oom; i++) {
        const struct suffix *s = suffix_of(l, f->type, i);
        struct promc__name *n = s && *s->text_of ? add(l, f->text, s->text_of) : NULL;
        if (!n)
            continue;
        if (!n->owner)
            n->owner = f->name;
        else if (n->owner != f->name && !told++)
            promc__lint_report_at(l, PROMC__LINT_NAME_CLASH, f->line, f->column, f->text,
                                  "its sample with %s is called as another family is",
                                  s->text_of);
    }
}

void promc__lint_family_end(struct promc__lint *l)
{
    struct promc__lint_family *f = &l->family;

    if (f->name) {
        promc__lint_series_end(l);
        promc__lint_names_family(l);
        f->name->type = f->type;
        f->name->has_type = f->has_type;
        f->name->has_help = f->has_help;
        take_names(l);
    }
    promc__nametree_free(&f->groups);
    promc__nametree_free(&f->parts);
    promc__arena_free(&f->arena);
    memset(f, 0, sizeof *f);
}

void promc__lint_family_meta(struct promc__lint *l, struct promc__span name,
                             const char *at)
{
    if (l->family.name && promc__span_equal(l->family.text, name))
        return;
    promc__lint_family_end(l);
    begin(l, name, at);
}

/* What a sample is in the current family; 0: nothing. */
static enum promc__lint_part part_of(const struct promc__lint *l, struct promc__span name)
{
    const struct promc__lint_family *f = &l->family;
    struct promc__span rest = { name.p + f->text.len, name.len - f->text.len };

    if (!f->name || name.len < f->text.len || memcmp(name.p, f->text.p, f->text.len) != 0)
        return 0;
    for (size_t i = 0; i < N_SUFFIXES; i++) {
        const struct suffix *s = suffix_of(l, f->type, i);
        if (s && promc__span_is(rest, s->text_of))
            return s->part;
    }
    return 0;
}

enum promc__lint_part promc__lint_family_sample(struct promc__lint *l)
{
    struct promc__lint_family *f = &l->family;
    struct promc__span name = l->sample.name;
    enum promc__lint_part part = part_of(l, name);

    if (part == 0 && !(f->name && promc__span_equal(f->text, name))) {
        struct promc__name *n = find(l, name);
        struct promc__name *owner = n ? n->owner : NULL;

        promc__lint_family_end(l);
        begin(l, owner ? (struct promc__span){ owner->text, owner->len } : name, name.p);
        part = part_of(l, name);
    }
    if (part == 0 && f->type == PROMC_TYPE_COUNTER)
        promc__lint_report(
            l, PROMC__LINT_COUNTER_TOTAL, name.p, name,
            "in OpenMetrics the sample is called as TYPE says, and _total");
    else if (part == 0)
        promc__lint_report(l, PROMC__LINT_SAMPLE_NAME, name.p, name,
                           "no sample of this type has the bare name of the family");
    f->has_samples = 1;
    return part;
}
