/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.c - the series of a family: found, made, removed.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "key.h"
#include "labels.h"
#include "lane.h"
#include "registry.h"
#include "table.h"

static int drop(const struct promc__family *f, enum promc__drop why)
{
    promc__drop(f->reg, why);
    return -EINVAL;
}

static int open_names_ok(const struct promc__family *f, promc_labels names)
{
    if (promc__label_names_check(f->name, f->ops->type, names, NULL) != 0)
        return 0;
    for (size_t i = 0; i < f->n_const; i++)
        for (size_t k = 0; k < names.n; k++)
            if (strcmp(f->const_names[i], names.v[k]) == 0)
                return 0;
    return 1;
}

/* Check what the caller gave. Returns 0, or negative with the drop counted. */
static int key_init(struct promc__key *k, const struct promc__family *f, promc_labels names,
                    promc_labels values)
{
    int rc;

    /* names for a family that has its own could only be meant in another order */
    if (promc__unlikely(values.n != (f->open ? names.n : f->n_labels) ||
                        (names.n != 0 && !f->open))) {
        k->order_mem = NULL;
        k->bytes_mem = NULL;
        return drop(f, PROMC__DROP_LABELS);
    }
    rc = promc__key_init(k, names, values, f->open ? NULL : f->order);
    return promc__likely(rc == 0)
               ? 0
               : drop(f, rc == -ENOMEM ? PROMC__DROP_MEMORY : PROMC__DROP_LABELS);
}

static struct promc__child *find(struct promc__family *f, const struct promc__key *k)
{
    /* acquire pairs with the release in promc__table_reserve() */
    const struct promc__table *t = atomic_load_explicit(&f->table, memory_order_acquire);
    size_t at = k->hash;
    struct promc__child *c;

    do
        c = promc__table_next(t, k->hash, &at);
    while (c != NULL && (c->key_len != k->len || c->n_labels != k->values.n ||
                         memcmp(c->key, k->bytes, k->len) != 0));
    return c;
}

/* --- making ----------------------------------------------------------------------------- */

/* The label set as printed: the child's labels and the constant ones, sorted together. */
static int put_text(struct promc__buf *b, const struct promc__family *f,
                    const struct promc__key *k)
{
    promc_labels own = f->open
                           ? k->names
                           : (promc_labels){ (const char *const *)f->label_names, f->n_labels };
    size_t n = own.n + f->n_const;
    const char **names = promc__calloc(2 * n + 1, sizeof *names);
    uint16_t *order = promc__calloc(n + 1, sizeof *order);
    const char **values = names != NULL ? names + n : NULL;

    if (names != NULL && order != NULL) {
        for (size_t i = 0; i < own.n; i++) {
            names[i] = own.v[i];
            values[i] = k->values.v[i];
        }
        for (size_t i = 0; i < f->n_const; i++) {
            names[own.n + i] = f->const_names[i];
            values[own.n + i] = f->const_values[i];
        }
        promc__labels_order((promc_labels){ names, n }, order);
        promc__labels_print(b, (promc_labels){ names, n }, (promc_labels){ values, n },
                            order);
    } else {
        b->oom = 1;
    }
    promc__free(names);
    promc__free(order);
    return b->oom ? -ENOMEM : 0;
}

/* One block: the child, its key, its text. */
static struct promc__child *child_alloc(const struct promc__type_ops *ops, size_t text)
{
    size_t align = ops->child_align != 0 ? ops->child_align - 1 : 0;
    char *mem = promc__calloc(1, ops->child_size + align + text);
    struct promc__child *c;

    if (mem == NULL)
        return NULL;
    c = (void *)(((uintptr_t)mem + align) & ~(uintptr_t)align);
    c->mem = mem;
    return c;
}

static struct promc__child *child_new(struct promc__family *f, const struct promc__key *k)
{
    struct promc__buf b = { 0 };
    struct promc__child *c = NULL;

    promc__buf_put(&b, k->bytes, k->len);
    if (put_text(&b, f, k) == 0 && b.len < UINT32_MAX)
        c = child_alloc(f->ops, b.len);
    if (c != NULL && f->ops->slot_alloc(f->lane_words, &c->slot) != 0) {
        promc__free(c->mem);
        c = NULL;
    }
    if (c != NULL) {
        char *strings = (char *)c + f->ops->child_size;

        if (b.len != 0)
            memcpy(strings, b.data, b.len);
        c->family = f;
        c->n_labels = (uint16_t)k->values.n;
        c->key = strings;
        c->key_len = (uint32_t)k->len;
        c->text = strings + k->len;
        c->text_len = (uint32_t)(b.len - k->len);
        if (f->ops->init != NULL)
            f->ops->init(c);
    }
    promc__buf_free(&b);
    return c;
}

static void child_free(struct promc__child *c)
{
    const struct promc__family *f = c->family;

    if (f->ops->fini != NULL)
        f->ops->fini(c);
    f->ops->slot_free(c->slot, f->lane_words);
    promc__free(c->mem);
}

/* Under the registry's lock. */
static struct promc__child *make(struct promc__family *f, const struct promc__key *k)
{
    struct promc__child *c = find(f, k);

    if (c != NULL) {
        if (!atomic_load_explicit(&c->hidden, memory_order_relaxed))
            return c;
        if (f->ops->reset(c) != 0) {
            promc__drop(f->reg, PROMC__DROP_MEMORY);
            return NULL;
        }
        /* release pairs with the acquire of whoever prints it */
        atomic_store_explicit(&c->hidden, 0, memory_order_release);
        return c;
    }
    if (f->n_children >= f->max_series) {
        promc__drop(f->reg, PROMC__DROP_SERIES_LIMIT);
        return NULL;
    }
    if (f->open && !open_names_ok(f, k->names)) {
        promc__drop(f->reg, PROMC__DROP_LABEL_NAME);
        return NULL;
    }
    if (promc__table_reserve(&f->table, f->n_children + 1) != 0 ||
        (c = child_new(f, k)) == NULL) {
        promc__drop(f->reg, PROMC__DROP_MEMORY);
        return NULL;
    }
    promc__table_add(atomic_load_explicit(&f->table, memory_order_relaxed), k->hash, c);
    f->n_children++;
    c->next = f->fresh;
    f->fresh = c;
    return c;
}

struct promc__child *promc__child_get(struct promc__family *f, promc_labels names,
                                      promc_labels values)
{
    struct promc__key k;
    struct promc__child *c = NULL;

    if (f == NULL)
        return NULL;
    if (key_init(&k, f, names, values) == 0) {
        c = find(f, &k);
        /* acquire pairs with the release in make(): a revived child starts from zero */
        if (c == NULL || atomic_load_explicit(&c->hidden, memory_order_acquire)) {
            pthread_mutex_lock(&f->reg->lock);
            c = make(f, &k);
            pthread_mutex_unlock(&f->reg->lock);
        }
    }
    promc__key_done(&k);
    return c;
}

struct promc__child *promc__child_only(struct promc__family *f)
{
    return promc__child_get(f, PROMC_NO_LABELS, PROMC_NO_LABELS);
}

/* --- removing --------------------------------------------------------------------------- */

int promc__child_remove(struct promc__family *f, promc_labels values)
{
    struct promc__key k;
    struct promc__child *c = NULL;
    int rc = -ENOENT;

    if (f == NULL || f->open)
        return -ENOENT;
    if (key_init(&k, f, PROMC_NO_LABELS, values) == 0)
        c = find(f, &k);
    promc__key_done(&k);
    if (c != NULL) {
        pthread_mutex_lock(&f->reg->lock);
        if (!atomic_load_explicit(&c->hidden, memory_order_relaxed)) {
            atomic_store_explicit(&c->hidden, 1, memory_order_relaxed);
            rc = 0;
        }
        pthread_mutex_unlock(&f->reg->lock);
    }
    return rc;
}

void promc__family_clear(struct promc__family *f)
{
    const struct promc__table *t;

    if (f == NULL)
        return;
    pthread_mutex_lock(&f->reg->lock);
    t = atomic_load_explicit(&f->table, memory_order_relaxed);
    for (size_t i = 0; i <= t->mask; i++) {
        struct promc__child *c =
            atomic_load_explicit(&t->entry[i].child, memory_order_relaxed);

        if (c != NULL)
            atomic_store_explicit(&c->hidden, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&f->reg->lock);
}

void promc__children_free(struct promc__family *f)
{
    struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);

    for (size_t i = 0; t != NULL && i <= t->mask; i++) {
        struct promc__child *c =
            atomic_load_explicit(&t->entry[i].child, memory_order_relaxed);

        if (c != NULL)
            child_free(c);
    }
    promc__table_free(t);
    promc__free(f->sorted);
}
