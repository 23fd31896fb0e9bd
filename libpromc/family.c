/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.c - making families: their rules, their label names, their place in the registry.
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

static void free_strings(char **v, size_t n)
{
    for (size_t i = 0; v != NULL && i < n; i++)
        promc__free(v[i]);
    promc__free(v);
}

/* A copy of every @step-th string. NULL when memory runs out; n of 0 is fine too. */
static char **copy_strings(const char *const *v, size_t n, size_t step)
{
    char **copy = promc__calloc(n + 1, sizeof *copy);

    for (size_t i = 0; copy != NULL && i < n; i++) {
        copy[i] = promc__strdup(v[i * step]);
        if (copy[i] == NULL) {
            free_strings(copy, i);
            return NULL;
        }
    }
    return copy;
}

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
            rc = promc__error(err, -EINVAL, "%s: constant label \"%s\" has no value", name,
                              opts->const_labels[2 * i]);
    return rc;
}

static int check(const char *name, const char *help, promc_type type, promc_labels labels,
                 const promc_opts *opts, promc_error *err)
{
    if (!promc__name_valid(name))
        return promc__error(err, -EINVAL,
                            "metric name \"%s\" is not [a-zA-Z_:][a-zA-Z0-9_:]*",
                            name != NULL ? name : "(null)");
    if (help == NULL)
        return promc__error(err, -EINVAL, "%s: the help text is missing", name);
    if (!promc_utf8_valid(help, strlen(help)))
        return promc__error(err, -EINVAL, "%s: the help text is not UTF-8", name);
    return check_labels(name, type, labels, opts, err);
}

static int fill(struct promc__family *f, promc_registry *reg,
                const struct promc__type_ops *ops, const char *name, const char *help,
                promc_labels labels, const promc_opts *opts)
{
    f->ops = ops;
    f->reg = reg;
    f->n_labels = labels.n;
    f->n_const = opts->n_const_labels;
    f->open = opts->open_labels != 0;
    f->max_series = opts->max_series != 0 ? opts->max_series : DEFAULT_MAX_SERIES;
    f->name = promc__strdup(name);
    f->help = promc__strdup(help);
    f->label_names = copy_strings(labels.v, labels.n, 1);
    f->order = promc__calloc(labels.n + 1, sizeof *f->order);
    f->const_names = copy_strings(opts->const_labels, opts->n_const_labels, 2);
    f->const_values = copy_strings(opts->const_labels != NULL ? opts->const_labels + 1 : NULL,
                                   opts->n_const_labels, 2);
    if (f->name == NULL || f->help == NULL || f->label_names == NULL || f->order == NULL ||
        f->const_names == NULL || f->const_values == NULL)
        return -ENOMEM;
    f->name_len = strlen(name);
    promc__labels_order(labels, f->order);
    return promc__table_reserve(&f->table, 0);
}

void promc__family_free(struct promc__family *f)
{
    promc__children_free(f);
    if (f->ops->family_fini != NULL)
        f->ops->family_fini(f);
    free_strings(f->label_names, f->n_labels);
    free_strings(f->const_names, f->n_const);
    free_strings(f->const_values, f->n_const);
    promc__free(f->order);
    promc__free(f->name);
    promc__free(f->help);
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

void *promc__family_new(promc_registry *reg, const struct promc__type_ops *ops, size_t size,
                        const char *name, const char *help, promc_labels labels,
                        const promc_opts *opts, promc_error *err)
{
    promc_opts own = promc__opts(opts);
    promc_error why;
    struct promc__family *f;

    reg = promc__registry(reg);
    if (check(name, help, ops->type, labels, &own, &why) != 0)
        return fail(reg, &why, err);
    f = promc__calloc(1, size);
    if (f == NULL || fill(f, reg, ops, name, help, labels, &own) != 0) {
        if (f != NULL)
            promc__family_free(f);
        promc__error(&why, -ENOMEM, "%s: out of memory", name);
        return fail(reg, &why, err);
    }
    return f;
}

void *promc__family_refuse(struct promc__family *f, const promc_error *why, promc_error *err)
{
    promc_registry *reg = f->reg;

    promc__family_free(f);
    return fail(reg, why, err);
}

int promc__family_publish(struct promc__family *f, promc_error *err)
{
    promc_registry *reg = f->reg;
    promc_error why = { 0 };
    int rc = 0;

    if (f->n_labels == 0 && !f->open && f->fn == NULL && promc__child_only(f) == NULL)
        rc = promc__error(&why, -ENOMEM, "%s: out of memory", f->name);
    if (rc == 0) {
        pthread_mutex_lock(&reg->lock);
        rc = promc__registry_add(reg, f, &why);
        pthread_mutex_unlock(&reg->lock);
    }
    if (rc != 0)
        promc__family_refuse(f, &why, err);
    return rc;
}
