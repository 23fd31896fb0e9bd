/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remove.c - taking series and families away: out of reach at once. What happens to their
 * memory is limbo.c's.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "arena.h"
#include "key.h"
#include "labels.h"
#include "registry.h"
#include "shared.h"
#include "table.h"

/* --- one child, or all ---------------------------------------------------------------- */

/* All but the table, which may go as a whole. */
static void take_away(struct promc__family *f, struct promc__child *c)
{
    if (atomic_load_explicit(&f->other, memory_order_relaxed) == c)
        atomic_store_explicit(&f->other, NULL, memory_order_relaxed);
    atomic_store_explicit(&c->live, PROMC__SLOT_GONE, memory_order_relaxed);
    atomic_store_explicit(&c->hidden, 1, memory_order_relaxed);
    if (f->ops->removed != NULL)
        f->ops->removed(c);
    atomic_fetch_sub_explicit(&f->n_children, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&f->reg->n_series, 1, memory_order_relaxed);
    f->n_removed++;
    promc__limbo_count(f->reg);
}

void promc__child_unlink(struct promc__child *c)
{
    struct promc__family *f = c->family;

    if (promc__family_is_shared(f)) {
        promc__shared_remove(c);
        return;
    }
    if (atomic_load_explicit(&f->only, memory_order_relaxed) == c)
        atomic_store_explicit(&f->only, NULL, memory_order_relaxed);
    else
        promc__table_remove(atomic_load_explicit(&f->table, memory_order_relaxed), c);
    take_away(f, c);
}

void promc__family_empty(struct promc__family *f)
{
    struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);
    struct promc__child *c = atomic_load_explicit(&f->only, memory_order_relaxed);

    if (promc__family_is_shared(f)) {
        promc__shared_empty(f);
        return;
    }
    if (c != NULL)
        promc__child_unlink(c);
    for (size_t at = 0; (c = promc__table_each(t, &at)) != NULL;)
        take_away(f, c);
    if (t == &promc__table_none)
        return;
    /* release pairs with the acquire in promc__child_use() */
    atomic_store_explicit(&f->table, &promc__table_none, memory_order_release);
    promc__limbo_table(f->reg, t);
}

void promc__family_clear(struct promc__family *f)
{
    if (f == NULL)
        return;
    promc__registry_lock(f->reg);
    if (atomic_load_explicit(&f->table, memory_order_relaxed) != NULL)
        promc__family_empty(f);
    promc__registry_unlock(f->reg);
}

void promc__child_release(struct promc__child *c)
{
    promc_registry *reg;

    if (c == NULL)
        return;
    reg = c->family->reg;
    promc__registry_lock(reg);
    if (atomic_load_explicit(&c->kept, memory_order_relaxed) == PROMC__IS_LEFT) {
        promc__arena_give(&reg->arena, c, c->family->child_size,
                          promc__child_align(c->family));
    } else {
        if (!atomic_load_explicit(&c->hidden, memory_order_relaxed))
            promc__child_unlink(c);
        atomic_store_explicit(&c->kept, PROMC__NOT_KEPT, memory_order_relaxed);
    }
    promc__registry_unlock(reg);
}

/* --- by labels ------------------------------------------------------------------------ */

/* Lock held, the key is the family's own. */
static int remove_key(struct promc__family *f, const struct promc__key *k)
{
    const struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);
    struct promc__child *c = t != NULL ? promc__child_find(f, t, k) : NULL;

    if (c == NULL)
        return -ENOENT;
    promc__child_unlink(c);
    return 0;
}

int promc__child_remove(struct promc__family *f, promc_labels values)
{
    struct promc__key k;
    int rc = -ENOENT;

    if (f == NULL || f->open)
        return rc;
    promc__registry_lock(f->reg);
    if (atomic_load_explicit(&f->table, memory_order_relaxed) == NULL) {
        rc = -ENOENT;
    } else if (values.n != f->frame.n) {
        promc__drop(f->reg, PROMC__DROP_LABELS);
    } else {
        int bad = promc__key_init(&k, PROMC_NO_LABELS, values, f->order);

        if (bad == 0)
            rc = remove_key(f, &k);
        else
            promc__drop(f->reg, bad == -ENOMEM ? PROMC__DROP_MEMORY : PROMC__DROP_LABELS);
        promc__key_done(&k);
    }
    promc__registry_unlock(f->reg);
    return rc;
}

static int is_among(const char *const *v, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] != NULL && strcmp(v[i], s) == 0)
            return (int)i + 1;
    return 0;
}

/* The values in the order in which the family has its labels. 0: these are not its labels. */
static int in_order(const struct promc__family *f, promc_labels names,
                    promc_labels values, const char **v)
{
    const char *label = f->labels;

    if (names.n != f->frame.n)
        return 0;
    for (size_t i = 0; i < names.n; i++, label += strlen(label) + 1) {
        int at = is_among(names.v, names.n, label);

        if (at == 0)
            return 0;
        v[i] = values.v[at - 1];
    }
    return 1;
}

size_t promc_remove(promc_registry *registry, const char *name, promc_labels names,
                    promc_labels values)
{
    promc_registry *reg = promc__registry(registry);
    struct promc__family *f;
    struct promc__key k;
    const char **v;
    size_t n = 0;

    if (names.n != values.n)
        return 0;
    v = promc__calloc(names.n + 1, sizeof *v);
    if (v == NULL)
        return 0;
    promc__registry_lock(reg);
    promc__shared_sync(reg);
    f = promc__registry_find(registry, name);
    if (f != NULL && (f->open || in_order(f, names, values, v))) {
        if (promc__key_init(&k, f->open ? names : PROMC_NO_LABELS,
                            f->open ? values : (promc_labels){ v, values.n },
                            f->open ? NULL : f->order) == 0)
            n = remove_key(f, &k) == 0;
        promc__key_done(&k);
    }
    promc__registry_unlock(reg);
    promc__free(v);
    return n;
}

static int has_label(const struct promc__child *c, const struct promc__label *want)
{
    const char *text = promc__child_text(c);
    const char *end = text + c->text_len;
    struct promc__label l;

    while (promc__labels_next(&text, end, &l))
        if (l.name_len == want->name_len && l.value_len == want->value_len &&
            memcmp(l.name, want->name, l.name_len) == 0 &&
            memcmp(l.value, want->value, l.value_len) == 0)
            return 1;
    return 0;
}

/* @wanted: labels printed as those of series are. */
static int matches(const struct promc__child *c, const struct promc__buf *wanted)
{
    const char *text = wanted->len != 0 ? wanted->data : "";
    const char *end = text + wanted->len;
    struct promc__label l;

    while (promc__labels_next(&text, end, &l))
        if (!has_label(c, &l))
            return 0;
    return 1;
}

static size_t remove_matching(struct promc__family *f, const struct promc__buf *wanted)
{
    const struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);
    struct promc__child *c = atomic_load_explicit(&f->only, memory_order_relaxed);
    size_t n = 0;

    if (c != NULL && matches(c, wanted)) {
        promc__child_unlink(c);
        n++;
    }
    for (size_t at = 0; (c = promc__table_each(t, &at)) != NULL;)
        if (matches(c, wanted)) {
            promc__child_unlink(c);
            n++;
        }
    return n;
}

static int are_pairs(promc_labels names, promc_labels values)
{
    if (names.n != values.n)
        return 0;
    for (size_t i = 0; i < names.n; i++)
        if (names.v[i] == NULL || values.v[i] == NULL)
            return 0;
    return 1;
}

size_t promc_remove_matching(promc_registry *registry, const char *name,
                             promc_labels names, promc_labels values)
{
    promc_registry *reg = promc__registry(registry);
    struct promc__buf wanted = { 0 };
    struct promc__family *f;
    size_t n = 0;

    if (!are_pairs(names, values))
        return 0;
    promc__labels_print(&wanted, names, values, NULL);
    if (!wanted.oom) {
        promc__registry_lock(reg);
        promc__shared_sync(reg);
        f = promc__registry_find(registry, name);
        if (f != NULL)
            n = remove_matching(f, &wanted);
        promc__registry_unlock(reg);
    }
    promc__buf_free(&wanted);
    return n;
}
