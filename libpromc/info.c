/* SPDX-License-Identifier: Apache-2.0 */
/*
 * info.c - a fixed set of labels with the value 1. It is a family whose one series brings its
 * own labels; other labels are another series, which takes its place between two scrapes.
 */
#include "config.h"
#include "metrics.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "labels.h"
#include "registry.h"

struct promc_info {
    struct promc__family family;
    struct promc__child *shown; /* under the registry's lock */
};

static void removed(struct promc__child *c)
{
    promc_info *info = (promc_info *)c->family;

    if (info->shown == c)
        info->shown = NULL;
}

static const char *differ(const struct promc__family *a, const struct promc__family *b)
{
    const struct promc__child *x = ((const promc_info *)a)->shown;
    const struct promc__child *y = ((const promc_info *)b)->shown;

    return x != NULL && y != NULL && x->text_len == y->text_len &&
                   memcmp(promc__child_text(x), promc__child_text(y), x->text_len) == 0
               ? NULL
               : "other labels";
}

static const struct promc__type_ops info_ops = {
    .type = PROMC_TYPE_INFO,
    .child_size = sizeof(struct promc__child),
    .slot_alloc = promc__slot_none,
    .slot_free = promc__slot_none_free,
    .removed = removed,
    .differ = differ,
};

int promc__info_name(const char *name, size_t len)
{
    return len > 5 && memcmp(name + len - 5, "_info", 5) == 0;
}

static int check_labels(const char *name, promc_labels names, promc_labels values,
                        promc_error *err)
{
    if (promc__label_names_check(name, PROMC_TYPE_INFO, names, err) != 0)
        return -EINVAL;
    if (values.n != names.n || (values.n != 0 && values.v == NULL))
        return promc__error(err, -EINVAL, "%s: %zu label names and %zu values", name,
                            names.n, values.n);
    for (size_t i = 0; i < values.n; i++)
        if (values.v[i] == NULL)
            return promc__error(err, -EINVAL, "%s: label \"%s\" has no value", name,
                                names.v[i]);
    return 0;
}

/* Show the series with these labels instead of the one before. Before the family is registered,
 * or with the render lock held. */
static int show(promc_info *info, promc_labels names, promc_labels values,
                promc_error *err)
{
    struct promc__child *c = promc__child_get(&info->family, names, values);

    if (c == NULL)
        return promc__error(err, -ENOMEM, "%s: out of memory", info->family.name);
    pthread_mutex_lock(&info->family.reg->lock);
    if (info->shown != NULL && info->shown != c)
        promc__child_unlink(info->shown);
    /* by now somebody may have removed it; else nobody else has it as a handle */
    if (!atomic_load_explicit(&c->hidden, memory_order_relaxed)) {
        info->shown = c;
        atomic_store_explicit(&c->kept, PROMC__NOT_KEPT, memory_order_relaxed);
    }
    pthread_mutex_unlock(&info->family.reg->lock);
    return 0;
}

promc_info *promc_info_new(promc_registry *reg, const char *name, const char *help,
                           promc_labels names, promc_labels values, promc_error *err)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_error why = { 0 };
    promc_info *info;

    opts.open_labels = 1;
    opts.max_series = SIZE_MAX; /* only one of them is shown */
    info = promc__family_new(reg, &info_ops, sizeof *info, name, help, PROMC_NO_LABELS,
                             &opts, err);
    if (info == NULL)
        return NULL;
    if (!promc__info_name(name, strlen(name)))
        promc__error(&why, -EINVAL, "%s: the name of an info ends in _info", name);
    else if (check_labels(name, names, values, &why) == 0)
        show(info, names, values, &why);
    if (why.code != 0)
        return promc__family_refuse(&info->family, &why, err);
    return promc__family_register(&info->family, err);
}

int promc_info_set(promc_info *info, promc_labels names, promc_labels values,
                   promc_error *err)
{
    int rc;

    if (info == NULL)
        return 0;
    pthread_mutex_lock(&info->family.reg->render_lock);
    if (atomic_load_explicit(&info->family.table, memory_order_relaxed) == NULL) {
        promc__drop(info->family.reg, PROMC__DROP_REMOVED);
        rc = promc__error(err, -ENOENT, "the info was unregistered");
    } else {
        /* the lock keeps the family's name: texts are freed by sweeps */
        rc = check_labels(info->family.name, names, values, err);
        if (rc == 0)
            rc = show(info, names, values, err);
    }
    pthread_mutex_unlock(&info->family.reg->render_lock);
    return rc;
}
