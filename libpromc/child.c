/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.c - the series of a family: found, made, removed.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "arena.h"
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
    for (size_t i = 0, at = 0; i < f->n_const; i++) {
        for (size_t k = 0; k < names.n; k++)
            if (strcmp(f->consts + at, names.v[k]) == 0)
                return 0;
        at += strlen(f->consts + at) + 1;
        at += strlen(f->consts + at) + 1;
    }
    return 1;
}

/* Check what the caller gave. Returns 0, or negative with the drop counted. */
static int key_init(struct promc__key *k, const struct promc__family *f,
                    promc_labels names, promc_labels values)
{
    int rc;

    /* names for a family that has its own could only be meant in another order */
    if (promc__unlikely(values.n != (f->open ? names.n : f->frame.n) ||
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

static int is(const struct promc__child *c, const struct promc__key *k)
{
    const struct promc__family *f = c->family;

    if (!f->open)
        return promc__frame_match(&f->frame, promc__child_text(c), k->bytes);
    return c->key_len == k->len && c->n_labels == k->values.n &&
           memcmp(promc__child_key(c), k->bytes, k->len) == 0;
}

static struct promc__child *find(struct promc__family *f, const struct promc__key *k)
{
    const struct promc__table *t;
    size_t at = (uint32_t)k->hash;
    struct promc__child *c;

    if (f->only != NULL)
        return f->only;
    /* acquire pairs with the release in promc__table_reserve() */
    t = atomic_load_explicit(&f->table, memory_order_acquire);
    do
        c = promc__table_next(t, k->hash, &at);
    while (c != NULL && !is(c, k));
    return c;
}

/* --- making -------------------------------------------------------------------------- */

/* The label set of an open family's child: its own labels and the constant ones, sorted
 * together; then the key. */
static int put_open(struct promc__buf *b, struct promc__family *f,
                    const struct promc__key *k, size_t *text_len)
{
    size_t own = k->names.n;
    size_t n = own + f->n_const;
    const char **names = promc__calloc(2 * n + 1, sizeof *names);
    uint16_t *order = promc__calloc(n + 1, sizeof *order);
    const char **values = names != NULL ? names + n : NULL;
    const char *p = f->consts;

    if (names != NULL && order != NULL) {
        for (size_t i = 0; i < n; i++) {
            names[i] = i < own ? k->names.v[i] : p;
            p += i < own ? 0 : strlen(p) + 1;
            values[i] = i < own ? k->values.v[i] : p;
            p += i < own ? 0 : strlen(p) + 1;
            /* relaxed: a scrape sees the child later than this, through the lock */
            if (!promc__label_name_legacy(names[i], strlen(names[i])))
                atomic_store_explicit(&f->quoted, 1, memory_order_relaxed);
        }
        promc__labels_order((promc_labels){ names, n }, order);
        promc__labels_print(b, (promc_labels){ names, n }, (promc_labels){ values, n },
                            order);
        *text_len = b->len;
        promc__buf_put(b, k->bytes, k->len);
    } else {
        b->oom = 1;
    }
    promc__free(names);
    promc__free(order);
    return b->oom ? -ENOMEM : 0;
}

static int put_strings(struct promc__buf *b, struct promc__family *f,
                       const struct promc__key *k, size_t *text_len)
{
    if (f->open)
        return put_open(b, f, k, text_len);
    promc__frame_print(&f->frame, b, k->bytes);
    *text_len = b->len;
    return b->oom ? -ENOMEM : 0;
}

/* One piece of memory: the child, its text, its key. */
static struct promc__child *child_alloc(struct promc__family *f, size_t strings)
{
    size_t align = f->ops->child_align;

    return promc__arena_alloc(&f->reg->arena, f->ops->child_size + strings,
                              align != 0 ? align : sizeof(void *));
}

/* Under the registry's lock. The arena comes last: it takes nothing back. */
static struct promc__child *child_new(struct promc__family *f, const struct promc__key *k)
{
    struct promc__buf b = { 0 };
    struct promc__child *c = NULL;
    size_t text_len = 0;
    uint32_t slot;

    if (put_strings(&b, f, k, &text_len) == 0 && b.len < UINT32_MAX &&
        f->ops->slot_alloc(f->lane_words, &slot) == 0) {
        c = child_alloc(f, b.len);
        if (c == NULL)
            f->ops->slot_free(slot, f->lane_words);
    }
    if (c != NULL) {
        if (b.len != 0)
            memcpy((char *)c + f->ops->child_size, b.data, b.len);
        c->slot = slot;
        c->family = f;
        c->n_labels = (uint16_t)k->values.n;
        c->text_len = (uint32_t)text_len;
        c->key_len = (uint32_t)(b.len - text_len);
        if (f->ops->init != NULL)
            f->ops->init(c);
    }
    promc__buf_free(&b);
    return c;
}

static void child_fini(struct promc__child *c)
{
    const struct promc__family *f = c->family;

    if (f->ops->fini != NULL)
        f->ops->fini(c);
    f->ops->slot_free(c->slot, f->lane_words);
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

int promc__child_make_only(struct promc__family *f)
{
    struct promc__key k;
    int rc = promc__key_init(&k, PROMC_NO_LABELS, PROMC_NO_LABELS, f->order);

    if (rc == 0)
        f->only = child_new(f, &k);
    promc__key_done(&k);
    if (f->only == NULL)
        return -ENOMEM;
    f->n_children = f->n_sorted = 1;
    f->sorted = &f->only;
    return 0;
}

/* --- removing ------------------------------------------------------------------------ */

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

/* Each child, from *@at of 0 on; NULL behind the last. Lock held. */
static struct promc__child *next_child(struct promc__family *f, size_t *at)
{
    const struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);

    if (f->only != NULL)
        return (*at)++ == 0 ? f->only : NULL;
    while (t != NULL && *at <= t->mask) {
        struct promc__child *c =
            atomic_load_explicit(&t->child[(*at)++], memory_order_relaxed);

        if (c != NULL)
            return c;
    }
    return NULL;
}

void promc__family_clear(struct promc__family *f)
{
    struct promc__child *c;

    if (f == NULL)
        return;
    pthread_mutex_lock(&f->reg->lock);
    for (size_t at = 0; (c = next_child(f, &at)) != NULL;)
        atomic_store_explicit(&c->hidden, 1, memory_order_relaxed);
    pthread_mutex_unlock(&f->reg->lock);
}

void promc__children_free(struct promc__family *f)
{
    struct promc__child *c;

    for (size_t at = 0; (c = next_child(f, &at)) != NULL;)
        child_fini(c);
    promc__table_free(atomic_load_explicit(&f->table, memory_order_relaxed));
    if (f->sorted != &f->only)
        promc__free(f->sorted);
}
