/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap.c - views of registries.
 */
#include "config.h"
#include "wrap.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "labels.h"
#include "registry.h"

struct promc__wrap *promc__wrap_ref(struct promc__wrap *w)
{
    if (w != NULL)
        atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
    return w;
}

void promc__wrap_unref(const struct promc__wrap *wrap)
{
    struct promc__wrap *w = (struct promc__wrap *)(uintptr_t)wrap;

    /* acq_rel pairs with itself: whoever is last comes after all others */
    if (w != NULL && atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) == 1)
        promc__free(w);
}

static char *put(char **at, const char *s, size_t len)
{
    char *to = *at;

    memcpy(to, s, len);
    *at += len;
    return to;
}

/* Put @inner around what @outer, which may be NULL, is around already. */
static struct promc__wrap *wrap_new(const struct promc__wrap *outer, const char *prefix,
                                    promc_labels names, promc_labels values)
{
    size_t n_outer = outer != NULL ? outer->n_labels : 0;
    const char *before = outer != NULL ? outer->prefix : "";
    size_t size = sizeof(struct promc__wrap) + 2 * (n_outer + names.n) * sizeof(char *) +
                  strlen(before) + strlen(prefix) + 1;
    struct promc__wrap *w;
    const char **label;
    char *at;

    for (size_t i = 0; i < 2 * n_outer; i++)
        size += strlen(outer->labels[i]) + 1;
    for (size_t i = 0; i < names.n; i++)
        size += strlen(names.v[i]) + strlen(values.v[i]) + 2;
    w = promc__calloc(1, size);
    if (w == NULL)
        return NULL;
    label = (const char **)(void *)(w + 1);
    at = (char *)(label + 2 * (n_outer + names.n));
    w->labels = label;
    w->n_labels = n_outer + names.n;
    w->prefix = put(&at, before, strlen(before));
    put(&at, prefix, strlen(prefix) + 1);
    for (size_t i = 0; i < 2 * n_outer; i++)
        *label++ = put(&at, outer->labels[i], strlen(outer->labels[i]) + 1);
    for (size_t i = 0; i < names.n; i++) {
        *label++ = put(&at, names.v[i], strlen(names.v[i]) + 1);
        *label++ = put(&at, values.v[i], strlen(values.v[i]) + 1);
    }
    atomic_store_explicit(&w->refs, 1, memory_order_relaxed);
    return w;
}

static int check(const char *prefix, promc_labels names, promc_labels values,
                 promc_error *err)
{
    if (*prefix != '\0' && !promc__name_valid(prefix))
        return promc__error(err, -EINVAL, "wrap: no metric name begins with \"%s\"",
                            prefix);
    if (names.n != values.n || (values.n != 0 && values.v == NULL))
        return promc__error(err, -EINVAL, "wrap: %zu label names, but %zu values",
                            names.n, values.n);
    for (size_t i = 0; i < values.n; i++)
        if (values.v[i] == NULL)
            return promc__error(err, -EINVAL, "wrap: a label has no value");
    return promc__label_names_check("wrap", PROMC_TYPE_UNTYPED, names, err);
}

promc_registry *promc_registry_wrap(promc_registry *reg, const char *prefix,
                                    promc_labels names, promc_labels values,
                                    promc_error *err)
{
    promc_registry *view;

    if (prefix == NULL)
        prefix = "";
    if (check(prefix, names, values, err) != 0)
        return NULL;
    view = promc__calloc(1, sizeof *view);
    if (view != NULL) {
        view->of = promc__registry(reg);
        view->wrap = wrap_new(reg != NULL ? reg->wrap : NULL, prefix, names, values);
    }
    if (view == NULL || view->wrap == NULL) {
        promc__free(view);
        promc__error(err, -ENOMEM, "wrap: out of memory");
        return NULL;
    }
    return view;
}

int promc__wrap_apply(const struct promc__wrap *w, const char **name, promc_opts *opts,
                      void **memory)
{
    size_t n = 2 * opts->n_const_labels;
    const char **labels;
    char *full;

    *memory = NULL;
    if (w == NULL || *name == NULL || (n != 0 && opts->const_labels == NULL))
        return 0; /* what is wrong with it is found soon */
    labels = promc__calloc(1, (n + 2 * w->n_labels) * sizeof *labels + strlen(w->prefix) +
                                  strlen(*name) + 1);
    if (labels == NULL)
        return -ENOMEM;
    full = (char *)(labels + n + 2 * w->n_labels);
    *memory = labels;
    if (n != 0)
        memcpy(labels, opts->const_labels, n * sizeof *labels);
    if (w->n_labels != 0)
        memcpy(labels + n, w->labels, 2 * w->n_labels * sizeof *labels);
    strcpy(full, w->prefix);
    strcat(full, *name);
    *name = full;
    opts->const_labels = labels;
    opts->n_const_labels += w->n_labels;
    return 0;
}
