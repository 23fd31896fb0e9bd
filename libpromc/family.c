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
#include "lane.h"
#include "registry.h"
#include "shared.h"
#include "table.h"
#include "wrap.h"

enum { DEFAULT_MAX_SERIES = 10000, MAX_EXPIRY = 1000000000 };

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
    if (!(opts->expiry >= 0 && opts->expiry <= MAX_EXPIRY))
        return promc__error(err, -EINVAL, "%s: expiry is not between 0 and 1e9 seconds",
                            name);
    if (opts->unit != NULL && !promc__unit_valid(type, name, opts->unit))
        return promc__error(
            err, -EINVAL,
            "%s: the name does not end in the unit \"%s\", or its type has "
            "none",
            name, opts->unit);
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
    size_t help, labels, consts, overflow, unit, text; /* where they begin */
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
    x->labels = x->strings.len;
    for (size_t i = 0; i < labels.n; i++)
        put_string(&x->strings, labels.v[i]);
    x->consts = x->strings.len;
    for (size_t i = 0; i < 2 * opts->n_const_labels; i++)
        put_string(&x->strings, opts->const_labels[i]);
    x->overflow = x->strings.len;
    put_string(&x->strings, opts->overflow != NULL ? opts->overflow : "");
    x->unit = x->strings.len;
    put_string(&x->strings, opts->unit != NULL ? opts->unit : "");
    x->text = x->strings.len;
    if (names == NULL || order == NULL || x->numbers == NULL) {
        x->strings.oom = 1;
    } else if (!opts->open_labels) {
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

/* The family, and a block with its numbers and its strings. */
static struct promc__family *family_alloc(size_t size, const struct fixed *x,
                                          size_t n_labels)
{
    struct promc__family *f = promc__calloc(1, size);
    char *numbers = promc__malloc(x->n_numbers + x->strings.len);
    char *strings;

    if (f == NULL || numbers == NULL) {
        promc__free(f);
        promc__free(numbers);
        return NULL;
    }
    strings = numbers + x->n_numbers;
    memcpy(numbers, x->numbers, x->n_numbers);
    memcpy(strings, x->strings.data, x->strings.len);
    f->fixed = numbers;
    f->size = size;
    f->fixed_size = x->n_numbers + x->strings.len;
    f->frame.size = (const uint32_t *)(void *)numbers;
    f->frame.text = strings + x->text;
    f->frame.n = n_labels;
    f->order = (const uint16_t *)(f->frame.size + n_labels + 1);
    f->name = strings;
    f->name_len = (uint32_t)(x->help - 1);
    f->help = strings + x->help;
    f->labels = strings + x->labels;
    f->consts = strings + x->consts;
    f->overflow = strings + x->overflow;
    f->unit = strings + x->unit;
    return f;
}

static const void *moved(const void *p, const void *from, const void *to)
{
    return p != NULL ? (const char *)to + ((const char *)p - (const char *)from) : NULL;
}

void promc__family_moved(struct promc__family *f, void *fixed)
{
    const void *old = f->fixed;

    f->frame.size = moved(f->frame.size, old, fixed);
    f->frame.text = moved(f->frame.text, old, fixed);
    f->order = moved(f->order, old, fixed);
    f->name = moved(f->name, old, fixed);
    f->help = moved(f->help, old, fixed);
    f->labels = moved(f->labels, old, fixed);
    f->consts = moved(f->consts, old, fixed);
    f->overflow = moved(f->overflow, old, fixed);
    f->unit = moved(f->unit, old, fixed);
    f->fixed = fixed;
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
    f->expiry_ns = (uint64_t)(opts->expiry * 1e9);
    f->child_size = (uint32_t)(ops->child_size +
                               (f->expiry_ns != 0 ? sizeof(struct promc__watch) : 0));
    f->constrain = opts->constrain;
    f->constrain_arg = opts->constrain_arg;
    if (opts->overflow == NULL)
        f->overflow = NULL;
    if (opts->unit == NULL)
        f->unit = NULL;
    f->sorted = &f->one;
    f->cap_sorted = 1;
    atomic_store_explicit(&f->table, &promc__table_none, memory_order_relaxed);
    return f;
}

void promc__family_shrink(struct promc__family *f)
{
    if (f->ops->family_fini != NULL)
        f->ops->family_fini(f);
    if (f->sorted != &f->one)
        promc__free(f->sorted);
    f->sorted = &f->one;
    /* a thread may still be asking constrain(), without a lock, with a name that is in there */
    if (f->constrain == NULL) {
        promc__free(f->fixed);
        f->fixed = NULL;
    }
}

void promc__family_free(struct promc__family *f)
{
    promc__family_shrink(f);
    promc__free(f->fixed);
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
    promc_error why = { 0 };
    struct promc__family *f = NULL;
    const struct promc__wrap *wrap = reg != NULL ? reg->wrap : NULL;
    void *wrapped;
    int rc;

    reg = promc__registry(reg);
    rc = promc__wrap_apply(wrap, &name, &own, &wrapped);
    if (rc == 0)
        rc = check(name, help, ops->type, labels, &own, &why);
    /* a type without children is that of functions, which are each process's own */
    if (rc == 0 && reg->shared != NULL && ops->share == NULL && ops->child_size != 0)
        rc = promc__error(&why, -ENOTSUP,
                          "%s: a shared registry has no metrics of this type", name);
    if (rc == 0 && reg->shared != NULL &&
        (own.expiry > 0 || own.exemplars != 0 || own.native_factor > 1))
        rc = promc__error(&why, -ENOTSUP, "%s: a shared registry has no %s", name,
                          own.expiry > 0       ? "series that expire"
                          : own.exemplars != 0 ? "exemplars"
                                               : "native histograms");
    /* to look a series up is to mark a lane, and the first family of all finds none */
    if (rc == 0)
        rc = promc__lane_restock();
    if (rc == 0) {
        f = make(reg, ops, size, name, help, labels, &own);
        rc = f != NULL ? 0 : -ENOMEM;
    }
    if (rc == -ENOMEM)
        promc__error(&why, rc, "%s: out of memory", name);
    promc__free(wrapped);
    return f != NULL ? f : fail(reg, &why, err);
}

/* Of no use, and nobody has seen it. */
static void discard(struct promc__family *f)
{
    pthread_mutex_lock(&f->reg->lock);
    promc__limbo_discard(f);
    pthread_mutex_unlock(&f->reg->lock);
    promc__family_free(f);
}

void *promc__family_refuse(struct promc__family *f, const promc_error *why,
                           promc_error *err)
{
    promc_registry *reg = f->reg;

    discard(f);
    return fail(reg, why, err);
}

/* --- into the registry -------------------------------------------------------------------- */

static int same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int same_strings(const char *a, const char *b, size_t n)
{
    for (; n != 0; n--) {
        if (strcmp(a, b) != 0)
            return 0;
        a += strlen(a) + 1;
        b += strlen(b) + 1;
    }
    return 1;
}

/* In what @a differs from @b, which has its name and its type; NULL: in nothing. */
static const char *difference(const struct promc__family *a,
                              const struct promc__family *b)
{
    if (!same_text(a->help, b->help))
        return "another help text";
    if (a->frame.n != b->frame.n || a->open != b->open ||
        !same_strings(a->labels, b->labels, a->frame.n))
        return "other label names";
    if (a->n_const != b->n_const || !same_strings(a->consts, b->consts, 2u * a->n_const))
        return "other constant labels";
    if (a->fn != b->fn || a->fn_arg != b->fn_arg)
        return "another function or argument";
    if (a->max_series != b->max_series || a->expiry_ns != b->expiry_ns ||
        !same_text(a->overflow, b->overflow))
        return "other limits of its series";
    if (!same_text(a->unit, b->unit))
        return "another unit";
    if (a->constrain != b->constrain || a->constrain_arg != b->constrain_arg)
        return "other constraints";
    if (a->n_exemplars != b->n_exemplars)
        return "other exemplars";
    return a->ops->differ != NULL ? a->ops->differ(a, b) : NULL;
}

/* Whether @f is there already. 0, 1 with *there, or -EEXIST. Lock held. */
static int is_there(const struct promc__family *f, struct promc__family **there,
                    promc_error *why)
{
    const char *differs;

    *there = promc__registry_lookup(f->reg, f->name, f->name_len);
    if (*there == NULL)
        return 0;
    if ((*there)->ops->type != f->ops->type)
        return promc__error(why, -EEXIST, "%s: the name is taken by %s", f->name,
                            promc__type_name((*there)->ops->type));
    differs = difference(f, *there);
    if (differs == NULL)
        return 1;
    return promc__error(why, -EEXIST, "%s: registered already, with %s", f->name,
                        differs);
}

int promc__family_is_shared(const struct promc__family *f)
{
    /* functions are asked by the process that has them */
    return f->reg->shared != NULL && f->fn == NULL;
}

int promc__share_nothing(struct promc__family *f)
{
    (void)f;
    return 0;
}

/* Copy the family to where all processes see it. 1 with *there, or negative. Lock held. */
static int share(const struct promc__family *f, struct promc__family **there,
                 promc_error *why)
{
    *there = promc__shared_family(f);
    if (*there == NULL)
        return promc__error(why, -ENOMEM, "%s: the shared memory is full", f->name);
    promc__shared_sync(f->reg); /* there is room: it was checked */
    return 1;
}

void *promc__family_register(struct promc__family *f, promc_error *err)
{
    promc_registry *reg = f->reg;
    struct promc__family *there = NULL;
    promc_error why = { 0 };
    int rc;

    promc__registry_lock(reg);
    rc = promc__shared_sync(reg);
    if (rc != 0)
        promc__error(&why, rc, "%s: out of memory", f->name);
    else
        rc = is_there(f, &there, &why);
    if (rc == 0) {
        rc = promc__registry_check(reg, f, &why);
        if (rc == 0 && promc__family_is_shared(f))
            rc = share(f, &there, &why);
        else if (rc == 0 && f->frame.n == 0 && !f->open && f->fn == NULL &&
                 promc__child_make_only(f) != 0)
            rc = promc__error(&why, -ENOMEM, "%s: out of memory", f->name);
        if (rc == 0)
            promc__registry_add(reg, f);
    }
    promc__registry_unlock(reg);
    if (rc < 0)
        return promc__family_refuse(f, &why, err);
    if (rc == 0)
        return f;
    discard(f);
    return there;
}
