/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.c - making families: their rules, their label names, their place in the
 * registry.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "labels.h"
#include "registry.h"
#include "table.h"

enum { DEFAULT_MAX_SERIES = 10000 };

/* All label names that a child will print must be valid and distinct, the constant ones
 * included. */
static int check_labels(const char *name, promc_type type, promc_labels labels,
                        const promc_opts *opts, promc_error *err)
{
    size_t n = labels.n + opts->n_const_labels;
    const char **names;
    int rc;

    if (opts->n_const_labels != 0 && opts->const_labels == NULL)
        return promc__error(err, -EINVAL, "%s: const_labels is NULL", name);
    if (labels.n != 0 && (labels.v == NULL || opts->open_labels))
        return promc__error(err, -EINVAL, "%s: %s", name,
                            labels.v == NULL
                                ? "the list of label names is NULL"
                                : "a family with open labels takes no label names");
    names = promc__calloc(n + 1, sizeof *names);
    if (names == NULL)
        return promc__error(err, -ENOMEM, "%s: out of memory", name);
    for (size_t i = 0; i < labels.n; i++)
        names[i] = labels.v[i];
    for (size_t i = 0; i < opts->n_const_labels; i++)
        names[labels.n + i] = opts->const_labels[2 * i];
    rc = promc__label_names_check(name, type, (promc_labels){ names, n }, err);
    promc__free(names);
    for (size_t i = 0; rc == 0 && i < opts->n_const_labels; i++)
        if (opts->const_labels[2 * i + 1] == NULL)
            rc = promc__error(err, -EINVAL, "%s: constant label \"%s\" has no value",
                              name, opts->const_labels[2 * i]);
    return rc;
}

static int check(const char *name, const char *help, promc_type type, promc_labels labels,
                 const promc_opts *opts, promc_error *err)
{
    if (!promc__name_valid(name))
        return promc__error(err, -EINVAL, "metric name \"%s\" is empty or not UTF-8",
                            name != NULL ? name : "(null)");
    if (help == NULL)
        return promc__error(err, -EINVAL, "%s: the help text is missing", name);
    if (!promc_utf8_valid(help, strlen(help)))
        return promc__error(err, -EINVAL, "%s: the help text is not UTF-8", name);
    return check_labels(name, type, labels, opts, err);
}

static int has_quoted_names(promc_labels labels, const promc_opts *opts)
{
    for (size_t i = 0; i < labels.n + opts->n_const_labels; i++) {
        const char *name =
            i < labels.n ? labels.v[i] : opts->const_labels[2 * (i - labels.n)];

        if (!promc__label_name_legacy(name, strlen(name)))
            return 1;
    }
    return 0;
}

/* What stays the same for a family's life, put together before its memory is asked for.
 */
struct fixed {
    uint32_t *numbers; /* the frame's sizes, then the order */
    size_t n_numbers;  /* in bytes */
    struct promc__buf strings;
    size_t help, text; /* where they begin */
};

static void put_string(struct promc__buf *b, const char *s)
{
    promc__buf_put(b, s, strlen(s) + 1);
}

/* The frame: all labels in the order of their names, gaps for the values of @labels. */
static void put_frame(struct fixed *x, promc_labels labels, promc_labels all,
                      const uint16_t *order, const promc_opts *opts)
{
    uint16_t *own_order = (uint16_t *)(x->numbers + labels.n + 1);
    struct promc__buf *b = &x->strings;
    size_t from = b->len;
    size_t k = 0;

    for (size_t i = 0; i < all.n; i++) {
        size_t at = order[i];

        if (i != 0)
            promc__buf_put(b, ",", 1);
        promc__labels_put_name(b, all.v[at], strlen(all.v[at]));
        promc__buf_put(b, "=\"", 2);
        if (at < labels.n) {
            own_order[k] = order[i];
            x->numbers[k++] = (uint32_t)(b->len - from);
            from = b->len;
        } else {
            const char *value = opts->const_labels[2 * (at - labels.n) + 1];

            promc__buf_escape(b, value, strlen(value), 1);
        }
        promc__buf_put(b, "\"", 1);
    }
    x->numbers[k] = (uint32_t)(b->len - from);
}

static int fixed_init(struct fixed *x, const char *name, const char *help,
                      promc_labels labels, const promc_opts *opts)
{
    size_t n = labels.n + opts->n_const_labels;
    const char **names = promc__calloc(n + 1, sizeof *names);
    uint16_t *order = promc__calloc(n + 1, sizeof *order);

    x->n_numbers = (labels.n + 1) * sizeof *x->numbers + labels.n * sizeof *order;
    x->numbers = promc__calloc(1, x->n_numbers);
    put_string(&x->strings, name);
    x->help = x->strings.len;
    put_string(&x->strings, help);
    x->text = x->strings.len;
    if (names == NULL || order == NULL || x->numbers == NULL) {
        x->strings.oom = 1;
    } else if (opts->open_labels) {
        for (size_t i = 0; i < 2 * opts->n_const_labels; i++)
            put_string(&x->strings, opts->const_labels[i]);
    } else {
        for (size_t i = 0; i < n; i++)
            names[i] =
                i < labels.n ? labels.v[i] : opts->const_labels[2 * (i - labels.n)];
        promc__labels_order((promc_labels){ names, n }, order);
        put_frame(x, labels, (promc_labels){ names, n }, order, opts);
    }
    promc__free(names);
    promc__free(order);
    return x->strings.oom || x->strings.len > UINT32_MAX ? -ENOMEM : 0;
}

static void fixed_free(struct fixed *x)
{
    promc__free(x->numbers);
    promc__buf_free(&x->strings);
}

/* One block: the family, its numbers, its strings. */
static struct promc__family *family_alloc(size_t size, const struct fixed *x,
                                          size_t n_labels)
{
    struct promc__family *f = promc__calloc(1, size + x->n_numbers + x->strings.len);
    char *numbers, *strings;

    if (f == NULL)
        return NULL;
    numbers = (char *)f + size;
    strings = numbers + x->n_numbers;
    memcpy(numbers, x->numbers, x->n_numbers);
    memcpy(strings, x->strings.data, x->strings.len);
    f->frame.size = (const uint32_t *)(void *)numbers;
    f->frame.text = strings + x->text;
    f->frame.n = n_labels;
    f->order = (const uint16_t *)(f->frame.size + n_labels + 1);
    f->name = strings;
    f->name_len = (uint32_t)(x->help - 1);
    f->help = strings + x->help;
    f->consts = f->frame.text;
    return f;
}

static struct promc__family *make(promc_registry *reg, const struct promc__type_ops *ops,
                                  size_t size, const char *name, const char *help,
                                  promc_labels labels, const promc_opts *opts)
{
    struct fixed x = { 0 };
    struct promc__family *f = NULL;

    if (fixed_init(&x, name, help, labels, opts) == 0)
        f = family_alloc(size, &x, labels.n);
    fixed_free(&x);
    if (f == NULL)
        return NULL;
    f->ops = ops;
    f->reg = reg;
    f->n_const = (uint16_t)opts->n_const_labels;
    atomic_init(&f->quoted, has_quoted_names(labels, opts));
    f->open = opts->open_labels != 0;
    f->max_series = opts->max_series != 0 ? opts->max_series : DEFAULT_MAX_SERIES;
    if ((labels.n != 0 || f->open) && promc__table_reserve(&f->table, 0) != 0) {
        promc__free(f);
        return NULL;
    }
    return f;
}

void promc__family_free(struct promc__family *f)
{
    promc__children_free(f);
    if (f->ops->family_fini != NULL)
        f->ops->family_fini(f);
    promc__free(f);
}

/* Where a failed creation ends: tell the caller and promc_registry_error(). */
static void *fail(promc_registry *reg, const promc_error *why, promc_error *err)
{
    promc__registry_failed(reg, why);
    if (err != NULL)
        *err = *why;
    return NULL;
}

promc_opts promc__opts(const promc_opts *opts)
{
    promc_opts full = PROMC_OPTS_INIT;

    /* the caller's header may be older, and its struct shorter, than ours */
    if (opts != NULL)
        memcpy(&full, opts, opts->size < sizeof full ? opts->size : sizeof full);
    return full;
}

void *promc__family_new(promc_registry *reg, const struct promc__type_ops *ops,
                        size_t size, const char *name, const char *help,
                        promc_labels labels, const promc_opts *opts, promc_error *err)
{
    promc_opts own = promc__opts(opts);
    promc_error why;
    struct promc__family *f;

    reg = promc__registry(reg);
    if (check(name, help, ops->type, labels, &own, &why) != 0)
        return fail(reg, &why, err);
    f = make(reg, ops, size, name, help, labels, &own);
    if (f == NULL) {
        promc__error(&why, -ENOMEM, "%s: out of memory", name);
        return fail(reg, &why, err);
    }
    return f;
}

void *promc__family_refuse(struct promc__family *f, const promc_error *why,
                           promc_error *err)
{
    promc_registry *reg = f->reg;

    promc__family_free(f);
    return fail(reg, why, err);
}

int promc__family_publish(struct promc__family *f, promc_error *err)
{
    promc_registry *reg = f->reg;
    promc_error why = { 0 };
    int rc;

    pthread_mutex_lock(&reg->lock);
    rc = promc__registry_check(reg, f, &why);
    if (rc == 0 && f->frame.n == 0 && !f->open && f->fn == NULL &&
        promc__child_make_only(f) != 0)
        rc = promc__error(&why, -ENOMEM, "%s: out of memory", f->name);
    if (rc == 0)
        promc__registry_add(reg, f);
    pthread_mutex_unlock(&reg->lock);
    if (rc != 0)
        promc__family_refuse(f, &why, err);
    return rc;
}
