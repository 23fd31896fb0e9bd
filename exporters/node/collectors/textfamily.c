/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfamily.c - the metric families of many text files, brought together: reading.
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

/* The file that is being read. */
struct text_reader {
    struct textset *set;
    const char *path;
    struct text_family *first, *last;
    struct text_family *family; /* of the last sample */
    const char *sample;         /* the name of the last sample */
    size_t order;
    promc_error *err;
};

static size_t hash_of(const char *s, size_t n)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static struct text_name *find_name(const struct textset *t, const char *name, size_t n)
{
    struct text_name *e;

    if (t->table_size == 0)
        return NULL;
    e = t->table[hash_of(name, n) & (t->table_size - 1)];
    while (e && (strncmp(e->name, name, n) != 0 || e->name[n] != '\0'))
        e = e->next_hash;
    return e;
}

/* Double the table when it is full. Returns 0 or -ENOMEM. */
static int grow_table(struct textset *t)
{
    size_t size = t->table_size ? t->table_size * 2 : 256;
    struct text_name **table;

    if (t->n_names < t->table_size)
        return 0;
    table = calloc(size, sizeof(*table));
    if (!table)
        return -ENOMEM;
    for (struct text_name *e = t->first; e; e = e->next) {
        size_t i = hash_of(e->name, strlen(e->name)) & (size - 1);

        e->next_hash = table[i];
        table[i] = e;
    }
    free(t->table);
    t->table = table;
    t->table_size = size;
    return 0;
}

static struct text_name *add_name(struct textset *t, const char *name)
{
    size_t n = strlen(name), i;
    struct text_name *e = find_name(t, name, n);

    if (e || grow_table(t) < 0)
        return e;
    e = arena_alloc(t->arena, sizeof(*e));
    if (!e)
        return NULL;
    memset(e, 0, sizeof(*e));
    e->name = arena_string(t->arena, name, n);
    if (!e->name)
        return NULL;
    i = hash_of(name, n) & (t->table_size - 1);
    e->next_hash = t->table[i];
    t->table[i] = e;
    if (t->last)
        t->last->next = e;
    else
        t->first = e;
    t->last = e;
    t->n_names++;
    return e;
}

/* The family of that name in the file that is being read, made if need be. */
static struct text_family *add_family(struct text_reader *r, const char *name)
{
    struct text_name *e = add_name(r->set, name);
    struct text_family *f;

    if (!e || e->reading)
        return e ? e->reading : NULL;
    f = arena_alloc(r->set->arena, sizeof(*f));
    if (!f)
        return NULL;
    memset(f, 0, sizeof(*f));
    f->name = e->name;
    f->path = r->path;
    if (r->last)
        r->last->next_in_file = f;
    else
        r->first = f;
    r->last = f;
    e->reading = f;
    return f;
}

static int out_of_memory(struct text_reader *r)
{
    return node_fail(r->err, -ENOMEM, "out of memory");
}

static int on_help(void *arg, const char *name, const char *help)
{
    struct text_reader *r = arg;
    struct text_family *f = add_family(r, name);

    if (!f)
        return out_of_memory(r);
    if (f->has_help)
        return node_fail(r->err, -EINVAL, "second HELP of %.80s", name);
    f->has_help = 1;
    if (help[0]) {
        f->help = arena_string(r->set->arena, help, strlen(help));
        if (!f->help)
            return out_of_memory(r);
    }
    return 0;
}

static int on_type(void *arg, const char *name, promc_type type)
{
    struct text_reader *r = arg;
    struct text_family *f = add_family(r, name);

    if (!f)
        return out_of_memory(r);
    if (f->has_type || f->first)
        return node_fail(r->err, -EINVAL,
                         "TYPE of %.80s comes twice or after its samples", name);
    f->has_type = 1;
    f->type = type;
    return 0;
}

/* The family that a name without this ending stands for, if it is of that type. */
static struct text_family *find_base(struct text_reader *r, const char *name,
                                     const char *ending, promc_type type)
{
    size_t n = strlen(name), e = strlen(ending);
    struct text_name *base;

    if (n <= e || strcmp(name + n - e, ending) != 0)
        return NULL;
    base = find_name(r->set, name, n - e);
    return base && base->reading && base->reading->type == type ? base->reading : NULL;
}

/* Which family a sample belongs to: that of its own name, or the summary or histogram
 * that it is the sum, the count or a bucket of. */
static struct text_family *family_of(struct text_reader *r, const char *name)
{
    struct text_name *e;
    struct text_family *f;

    if (r->sample && strcmp(r->sample, name) == 0)
        return r->family;
    e = find_name(r->set, name, strlen(name));
    f = e ? e->reading : NULL;
    if (!f)
        f = find_base(r, name, "_sum", PROMC_TYPE_SUMMARY);
    if (!f)
        f = find_base(r, name, "_count", PROMC_TYPE_SUMMARY);
    if (!f)
        f = find_base(r, name, "_sum", PROMC_TYPE_HISTOGRAM);
    if (!f)
        f = find_base(r, name, "_count", PROMC_TYPE_HISTOGRAM);
    if (!f)
        f = find_base(r, name, "_bucket", PROMC_TYPE_HISTOGRAM);
    if (!f)
        f = add_family(r, name);
    r->family = f;
    r->sample = f ? arena_string(r->set->arena, name, strlen(name)) : NULL;
    return f;
}

/* What a sample is to its family. Returns 0, or -EINVAL when it does not fit. */
static int kind_of(const struct text_family *f, const char *name, enum text_kind *kind)
{
    const char *ending = name + strlen(f->name);

    *kind = TEXT_VALUE;
    if (f->type != PROMC_TYPE_SUMMARY && f->type != PROMC_TYPE_HISTOGRAM)
        return 0;
    if (strcmp(ending, "_sum") == 0)
        *kind = TEXT_SUM;
    else if (strcmp(ending, "_count") == 0)
        *kind = TEXT_COUNT;
    else if (strcmp(ending, "_bucket") == 0)
        *kind = TEXT_BUCKET;
    else if (f->type == PROMC_TYPE_SUMMARY)
        *kind = TEXT_QUANTILE;
    else
        return -EINVAL;
    return 0;
}

static int grow_labels(struct text_reader *r, struct text_family *f)
{
    unsigned cap = f->labels_cap ? 2 * f->labels_cap : 8;
    const char **labels = arena_alloc(r->set->arena, cap * sizeof(*labels));

    if (!labels)
        return -ENOMEM;
    if (f->n_labels > 0)
        memcpy(labels, f->labels, f->n_labels * sizeof(*labels));
    f->labels = labels;
    f->labels_cap = cap;
    return 0;
}

/* The place of a label name in the family. Returns it, or -errno. */
static int label_index(struct text_reader *r, struct text_family *f, const char *name,
                       size_t hint)
{
    /* Usually the labels of a family come in the same order each time. */
    if (hint < f->n_labels && strcmp(f->labels[hint], name) == 0)
        return (int)hint;
    for (unsigned i = 0; i < f->n_labels; i++)
        if (strcmp(f->labels[i], name) == 0)
            return (int)i;
    if (f->n_labels == f->labels_cap && grow_labels(r, f) < 0)
        return out_of_memory(r);
    if (f->n_labels == TEXT_MAX_LABELS)
        return node_fail(r->err, -EINVAL, "%.80s has more than %d label names", f->name,
                         TEXT_MAX_LABELS);
    f->labels[f->n_labels] = arena_string(r->set->arena, name, strlen(name));
    if (!f->labels[f->n_labels])
        return out_of_memory(r);
    return (int)f->n_labels++;
}

/* Add a label to a sample, keeping them in order. */
static int add_label(struct text_reader *r, struct text_family *f, struct text_sample *s,
                     const char *name, const char *value, size_t hint)
{
    int index = label_index(r, f, name, hint);
    unsigned i;

    if (index < 0 || value[0] == '\0') /* an empty label is one that is not there */
        return index < 0 ? index : 0;
    value = arena_string(r->set->arena, value, strlen(value));
    if (!value)
        return out_of_memory(r);
    for (i = s->n; i > 0 && s->labels[i - 1].name > (unsigned)index; i--)
        s->labels[i] = s->labels[i - 1];
    s->labels[i] = (struct text_label){ (unsigned)index, value };
    s->n++;
    return 0;
}

static int add_labels(struct text_reader *r, struct text_family *f, struct text_sample *s,
                      promc_labels names, promc_labels values)
{
    const char *special = s->kind == TEXT_BUCKET     ? "le"
                          : s->kind == TEXT_QUANTILE ? "quantile"
                                                     : NULL;
    size_t hint = 0;
    int found = 0;

    for (size_t i = 0; i < names.n; i++) {
        int rc = 0;

        if (special && strcmp(names.v[i], special) == 0) {
            found = 1;
            if (promc_number_parse(values.v[i], strlen(values.v[i]), &s->at) < 0 ||
                isnan(s->at))
                return node_fail(r->err, -EINVAL, "%s of %.80s is not a number", special,
                                 f->name);
        } else {
            rc = add_label(r, f, s, names.v[i], values.v[i], hint++);
        }
        if (rc < 0)
            return rc;
    }
    if (special && !found)
        return node_fail(r->err, -EINVAL, "sample of %.80s without %s", f->name, special);
    return 0;
}

static int on_sample(void *arg, const char *name, promc_labels names, promc_labels values,
                     double v, const int64_t *timestamp_ms)
{
    struct text_reader *r = arg;
    struct text_family *f = family_of(r, name);
    struct text_sample *s;
    int rc;

    if (!f)
        return out_of_memory(r);
    if (timestamp_ms)
        return node_fail(r->err, -EINVAL, "%.80s has a timestamp, which is not supported",
                         name);
    s = arena_alloc(r->set->arena, sizeof(*s) + names.n * sizeof(s->labels[0]));
    if (!s)
        return out_of_memory(r);
    s->next = NULL;
    s->v = v;
    s->at = 0;
    s->order = r->order++;
    s->n = 0;
    if (kind_of(f, name, &s->kind) < 0)
        return node_fail(r->err, -EINVAL, "%.80s is no part of a histogram", name);
    if ((s->kind == TEXT_BUCKET || s->kind == TEXT_COUNT) && !(v >= 0 && v < 0x1p64))
        return node_fail(r->err, -EINVAL, "%.80s does not hold a count", name);
    rc = add_labels(r, f, s, names, values);
    if (rc < 0)
        return rc;
    if (f->last)
        f->last->next = s;
    else
        f->first = s;
    f->last = s;
    f->n_samples++;
    return 0;
}

/* How much the file takes of what may be kept. Returns 0, or -E2BIG when it is too much.
 */
static int count_cells(struct text_reader *r)
{
    size_t cells = r->set->cells;

    for (const struct text_family *f = r->first; f; f = f->next_in_file)
        cells += TEXT_FAMILY_CELLS + f->n_samples * (f->n_labels + 1);
    if (cells > TEXT_MAX_CELLS)
        return node_fail(r->err, -E2BIG, "too many samples, in this and earlier files");
    r->set->cells = cells;
    return 0;
}

/* Put a family beside those of its name. Returns 0, or 1 when it does not agree with
 * them. */
static int merge(struct text_name *e, struct text_family *f, promc_error *err)
{
    const char *what = NULL;

    for (const struct text_family *o = e->first; o && !what; o = o->next) {
        if (o->type != f->type)
            what = "type";
        else if (o->help && f->help && strcmp(o->help, f->help) != 0)
            what = "help text";
        if (what) {
            node_fail(err, -EEXIST, "left out %.40s: it has another %s in %.60s", f->name,
                      what, o->path);
            return 1;
        }
    }
    if (e->last)
        e->last->next = f;
    else
        e->first = f;
    e->last = f;
    return 0;
}

int textset_add(struct textset *t, const char *path, const char *text, size_t len,
                promc_error *err)
{
    static const promc_text_handler handler = { on_help, on_type, on_sample };
    promc_error why = { 0, "" };
    struct text_reader r = { .set = t, .path = path, .err = &why };
    size_t line = 0;
    int rc;

    /* Numbers at the end of a file that was cut off would look right and be wrong. */
    if (len > 0 && text[len - 1] != '\n')
        return node_fail(err, -EINVAL, "the last line is not complete");

    rc = promc_text_parse(text, len, &handler, &r, &line, &why);
    for (struct text_family *f = r.first; f; f = f->next_in_file)
        find_name(t, f->name, strlen(f->name))->reading = NULL;
    if (rc < 0 && strncmp(why.text, "line ", 5) == 0) /* the parser's own words */
        return node_fail(err, rc, "%s", why.text);
    if (rc < 0)
        return node_fail(err, rc, "line %zu: %.130s", line, why.text);
    rc = count_cells(&r);
    if (rc < 0)
        return node_fail(err, rc, "%s", why.text);
    for (struct text_family *f = r.first; f; f = f->next_in_file)
        if (f->first &&
            merge(find_name(t, f->name, strlen(f->name)), f, rc ? NULL : err) > 0)
            rc = 1;
    return rc;
}

void textset_reset(struct textset *t)
{
    if (t->n_names > 0)
        memset(t->table, 0, t->table_size * sizeof(struct text_name *));
    t->first = t->last = NULL;
    t->n_names = t->cells = 0;
}

void textset_free(struct textset *t)
{
    free(t->table);
    free(t->samples);
    free(t->numbers);
}
