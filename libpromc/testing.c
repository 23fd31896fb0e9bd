/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.c - look at what a scrape shows: one value, the number of samples, the differences to
 * a text. A scrape is rendered and read back by promc_text_parse(), as any client would.
 */
#include "config.h"
#include "promc/testing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "error.h"
#include "nametree.h"
#include "promc/render.h"
#include "promc/text.h"

/* --- what a text says -------------------------------------------------------------------- */

/* One line: what it is about, and what it says of it. Both are offsets in the text of the list,
 * which moves while it grows. */
struct fact {
    size_t key;   /* "a_total{code=\"200\"}", labels sorted; "# HELP a", "# TYPE a" */
    size_t tail;  /* the help text or type; for a sample its timestamp, or nothing */
    double value; /* of a sample */
    const struct promc__name *family;
    int sample;
};

struct facts {
    struct fact *v;
    size_t n, cap;
    struct promc__buf text;
    struct promc__nametree names;     /* all that stand in help, type and sample lines */
    const struct promc__name *family; /* that the last type line named */
    promc_type type;
    size_t *order; /* scratch: labels */
    size_t cap_order;
};

static void facts_free(struct facts *f)
{
    promc__free(f->v);
    promc__free(f->order);
    promc__buf_free(&f->text);
    promc__nametree_free(&f->names);
}

static void *grow(void *array, size_t *cap, size_t n, size_t size)
{
    void *grown;

    if (n < *cap)
        return array;
    grown = promc__realloc(array, (2 * n + 16) * size);
    if (grown)
        *cap = 2 * n + 16;
    return grown;
}

/* A new fact, whose key will be written next. */
static struct fact *add_fact(struct facts *f, int sample)
{
    struct fact *v = grow(f->v, &f->cap, f->n, sizeof *f->v);

    if (!v)
        return NULL;
    f->v = v;
    v += f->n++;
    memset(v, 0, sizeof *v);
    v->key = f->text.len;
    v->sample = sample;
    return v;
}

static int end_string(struct facts *f, size_t *next)
{
    promc__buf_put(&f->text, "", 1);
    *next = f->text.len;
    return f->text.oom ? -ENOMEM : 0;
}

static int add_metadata(struct facts *f, const char *what, const char *name,
                        const char *tail)
{
    struct fact *fact = add_fact(f, 0);
    struct promc__name *n = promc__nametree_add(&f->names, name, strlen(name));
    size_t end;

    if (!fact || !n)
        return -ENOMEM;
    fact->family = n;
    promc__buf_puts(&f->text, what);
    promc__buf_puts(&f->text, name);
    if (end_string(f, &fact->tail) != 0)
        return -ENOMEM;
    promc__buf_escape(&f->text, tail, strlen(tail), 0);
    return end_string(f, &end);
}

static int on_help(void *arg, const char *name, const char *help)
{
    return add_metadata(arg, "# HELP ", name, help);
}

static int on_type(void *arg, const char *name, promc_type type)
{
    static const char *const words[] = { "untyped", "counter", "gauge", "histogram",
                                         "summary" };
    struct facts *f = arg;
    int rc = add_metadata(f, "# TYPE ", name, words[type]);

    f->family = promc__nametree_find(&f->names, name, strlen(name));
    f->type = type;
    return rc;
}

/* The family of a sample: that of the last type line, if the name fits, or its own. */
static const struct promc__name *family_of(struct facts *f, const char *name)
{
    static const char *const parts[] = { "", "_sum", "_count", "_bucket" };
    size_t n = f->type == PROMC_TYPE_HISTOGRAM ? 4
               : f->type == PROMC_TYPE_SUMMARY ? 3
                                               : 1;

    if (f->family && strncmp(name, f->family->text, f->family->len) == 0)
        for (size_t i = 0; i < n; i++)
            if (strcmp(name + f->family->len, parts[i]) == 0)
                return f->family;
    return promc__nametree_add(&f->names, name, strlen(name));
}

/* le="1" and le="1.0" are the same to whoever wrote the expectation. */
static void put_value(struct facts *f, const char *name, const char *value)
{
    char number[PROMC_NUMBER_SIZE];
    double v;

    if ((strcmp(name, "le") == 0 || strcmp(name, "quantile") == 0) &&
        promc_number_parse(value, strlen(value), &v) == 0)
        promc__buf_put(&f->text, number, promc_number_format(v, number));
    else
        promc__buf_escape(&f->text, value, strlen(value), 1);
}

/* Labels by name. Few are the rule, and they come sorted from a scrape. */
static int put_labels(struct facts *f, promc_labels names, promc_labels values)
{
    if (names.n > f->cap_order) {
        size_t *order = grow(f->order, &f->cap_order, names.n, sizeof *order);
        if (!order)
            return -ENOMEM;
        f->order = order;
    }
    for (size_t i = 0; i < names.n; i++) {
        size_t k = i;
        for (; k > 0 && strcmp(names.v[f->order[k - 1]], names.v[i]) > 0; k--)
            f->order[k] = f->order[k - 1];
        f->order[k] = i;
    }
    for (size_t i = 0; i < names.n; i++) {
        size_t k = f->order[i];
        promc__buf_puts(&f->text, i == 0 ? "{" : ",");
        promc__buf_puts(&f->text, names.v[k]);
        promc__buf_puts(&f->text, "=\"");
        put_value(f, names.v[k], values.v[k]);
        promc__buf_puts(&f->text, i + 1 == names.n ? "\"}" : "\"");
    }
    return 0;
}

static int on_sample(void *arg, const char *name, promc_labels names, promc_labels values,
                     double v, const int64_t *timestamp_ms)
{
    struct facts *f = arg;
    struct fact *fact = add_fact(f, 1);
    size_t end;

    if (!fact)
        return -ENOMEM;
    fact->value = v;
    fact->family = family_of(f, name);
    promc__buf_puts(&f->text, name);
    if (!fact->family || !promc__nametree_add(&f->names, name, strlen(name)) ||
        put_labels(f, names, values) != 0 || end_string(f, &fact->tail) != 0)
        return -ENOMEM;
    if (timestamp_ms) {
        char digits[24], *p = digits + sizeof digits;
        uint64_t ms =
            *timestamp_ms < 0 ? 0 - (uint64_t)*timestamp_ms : (uint64_t)*timestamp_ms;
        do
            *--p = (char)('0' + ms % 10);
        while ((ms /= 10) != 0);
        promc__buf_puts(&f->text, *timestamp_ms < 0 ? " -" : " ");
        promc__buf_put(&f->text, p, (size_t)(digits + sizeof digits - p));
    }
    return end_string(f, &end);
}

static int read_facts(struct facts *f, const char *text, size_t len, promc_error *err)
{
    static const promc_text_handler handler = { on_help, on_type, on_sample };
    int rc = promc_text_parse(text, len, &handler, f, NULL, err);

    /* the callbacks leave *err alone */
    return rc == -ENOMEM ? promc__error(err, -ENOMEM, "out of memory") : rc;
}

static int read_registry(struct facts *f, promc_registry *reg,
                         const promc_render_opts *opts, promc_error *err)
{
    promc_page *page = promc_page_new(err);
    promc_error left_out;
    int rc = -ENOMEM;

    if (page)
        rc = promc_render_with(reg, PROMC_FORMAT_TEXT, opts, page, err);
    /* what is missing for want of memory is not the registry's fault */
    if (rc == 0 && promc_page_error(page, &left_out) > 0 && left_out.code == -ENOMEM)
        rc = promc__error(err, -ENOMEM, "%s", left_out.text);
    if (rc == 0)
        rc = read_facts(f, promc_page_data(page), promc_page_size(page), err);
    promc_page_free(page);
    return rc;
}

/* --- values ------------------------------------------------------------------------------ */

/* Read @sample as a line whose value is still to come. */
static int read_sample(struct facts *f, const char *sample, promc_error *err)
{
    struct promc__buf line = { 0 };
    int rc;

    promc__buf_puts(&line, sample);
    promc__buf_puts(&line, " 0\n");
    rc = line.oom ? promc__error(err, -ENOMEM, "out of memory")
                  : read_facts(f, line.data, line.len, err);
    promc__buf_free(&line);
    if (rc == 0 && (f->n != 1 || !f->v[0].sample || f->text.data[f->v[0].tail] != '\0'))
        rc = promc__error(err, -EINVAL, "not a name with labels: %.80s", sample);
    return rc;
}

double promc_test_value(promc_registry *reg, const char *sample, promc_error *err)
{
    struct facts want = { 0 }, have = { 0 };
    double v = NAN;
    size_t i = 0;

    if (!sample)
        promc__error(err, -EINVAL, "no sample is named");
    else if (read_sample(&want, sample, err) == 0 &&
             read_registry(&have, reg, NULL, err) == 0) {
        const char *key = want.text.data + want.v[0].key;
        while (i < have.n &&
               !(have.v[i].sample && strcmp(have.text.data + have.v[i].key, key) == 0))
            i++;
        if (i < have.n)
            v = have.v[i].value;
        else
            promc__error(err, -ENOENT, "no sample %.120s", key);
    }
    facts_free(&want);
    facts_free(&have);
    return v;
}

size_t promc_test_count(promc_registry *reg, const char *name)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    struct facts have = { 0 };
    size_t n = 0;

    opts.names = name ? &name : NULL;
    opts.n_names = name != NULL;
    if (read_registry(&have, reg, &opts, NULL) == 0)
        for (size_t i = 0; i < have.n; i++)
            n += (size_t)have.v[i].sample;
    facts_free(&have);
    return n;
}

/* --- comparison -------------------------------------------------------------------------- */

/* A fact of either side, with what is needed to sort and to print it. */
struct item {
    const char *key, *tail;
    double value;
    int sample;
    int expected;
};

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int c = strcmp(x->key, y->key);

    return c != 0 ? c : y->expected - x->expected;
}

static int same(const struct item *a, const struct item *b)
{
    return strcmp(a->tail, b->tail) == 0 &&
           (a->value == b->value || (isnan(a->value) && isnan(b->value)));
}

static void put_difference(struct promc__buf *diff, const struct item *item)
{
    char number[PROMC_NUMBER_SIZE];

    promc__buf_put(diff, item->expected ? "-" : "+", 1);
    promc__buf_puts(diff, item->key);
    if (item->sample || *item->tail)
        promc__buf_put(diff, " ", 1);
    if (item->sample)
        promc__buf_put(diff, number, promc_number_format(item->value, number));
    promc__buf_puts(diff, item->tail);
    promc__buf_put(diff, "\n", 1);
}

static int is_named(const struct facts *want, const char *name, size_t len)
{
    return promc__nametree_find(&want->names, name, len) != NULL;
}

/* Whether a fact of the registry is to be looked at: help and type when the expectation has
 * them too, samples unless only some families are and theirs is not among them. */
static int is_wanted(const struct facts *want, const struct facts *have,
                     const struct fact *fact, int only, struct promc__nametree *metadata)
{
    const char *key = have->text.data + fact->key;

    if (!fact->sample)
        return promc__nametree_find(metadata, key, strlen(key)) != NULL;
    return !only || is_named(want, fact->family->text, fact->family->len) ||
           is_named(want, key, strcspn(key, "{"));
}

static size_t put_items(struct item *items, const struct facts *f,
                        const struct fact *fact, int expected)
{
    items[0] = (struct item){ f->text.data + fact->key, f->text.data + fact->tail,
                              fact->value, fact->sample, expected };
    return 1;
}

/* Everything to be compared, sorted. Returns the number, 0 with *items NULL without memory. */
static size_t collect_items(const struct facts *want, const struct facts *have, int only,
                            struct item **items)
{
    struct promc__nametree metadata = { NULL, NULL };
    size_t n = 0;
    int oom = 0;

    *items = promc__malloc((want->n + have->n + 1) * sizeof **items);
    for (size_t i = 0; *items && i < want->n; i++) {
        const char *key = want->text.data + want->v[i].key;
        if (!want->v[i].sample && !promc__nametree_add(&metadata, key, strlen(key)))
            oom = 1;
        n += put_items(*items + n, want, &want->v[i], 1);
    }
    for (size_t i = 0; *items && i < have->n; i++)
        if (is_wanted(want, have, &have->v[i], only, &metadata))
            n += put_items(*items + n, have, &have->v[i], 0);
    promc__nametree_free(&metadata);
    if (oom) {
        promc__free(*items);
        *items = NULL;
    }
    if (!*items)
        return 0;
    qsort(*items, n, sizeof **items, compare_items);
    return n;
}

static int compare(const struct facts *want, const struct facts *have, int only,
                   struct promc__buf *diff)
{
    struct item *items;
    size_t n = collect_items(want, have, only, &items);

    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && strcmp(items[i].key, items[i + 1].key) == 0 &&
            items[i].expected != items[i + 1].expected && same(&items[i], &items[i + 1]))
            i++;
        else
            put_difference(diff, &items[i]);
    }
    promc__free(items);
    if (diff->len)
        promc__buf_put(diff, "", 1);
    return diff->oom ? -ENOMEM : diff->len != 0;
}

int promc_test_compare(promc_registry *reg, const char *expected, int only, char **diff,
                       promc_error *err)
{
    struct facts want = { 0 }, have = { 0 };
    struct promc__buf text = { 0 };
    int rc;

    if (diff)
        *diff = NULL;
    if (!expected)
        return promc__error(err, -EINVAL, "no text to compare with");
    rc = read_facts(&want, expected, strlen(expected), err);
    if (rc == 0)
        rc = read_registry(&have, reg, NULL, err);
    if (rc == 0) {
        rc = compare(&want, &have, only, &text);
        if (rc == -ENOMEM)
            promc__error(err, rc, "out of memory");
    }
    if (rc == 1 && diff) {
        *diff = text.data;
        text.data = NULL;
    }
    facts_free(&want);
    facts_free(&have);
    promc__buf_free(&text);
    return rc;
}

void promc_test_free(char *diff)
{
    promc__free(diff);
}
