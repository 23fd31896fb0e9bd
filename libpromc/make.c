/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make.c - new series: whether there may be one, and all that it consists of.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "arena.h"
#include "clock.h"
#include "exemplar.h"
#include "expiry.h"
#include "key.h"
#include "labels.h"
#include "registry.h"
#include "shared.h"
#include "table.h"

/* The label of what does not fit into a family whose series name their own. */
static const char *const overflow_name = "overflow";

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

/* 0, also when the family's children keep none, or -ENOMEM. */
static int exemplars_new(const struct promc__family *f, struct promc__exemplars **x)
{
    if (f->n_exemplars != 0)
        *x = promc__exemplars_new(f->n_exemplars, f->exemplar_list != 0);
    return f->n_exemplars != 0 && *x == NULL ? -ENOMEM : 0;
}

/* Memory and a slot for a child: in shared memory the step that is under way keeps track. */
static void *child_alloc(const struct promc__family *f, size_t size, size_t align)
{
    return f->reg->shared != NULL ? promc__shared_alloc(f->reg->shared, size, align)
                                  : promc__arena_alloc(&f->reg->arena, size, align);
}

static void child_give(const struct promc__family *f, void *p, size_t size, size_t align)
{
    if (f->reg->shared == NULL)
        promc__arena_give(&f->reg->arena, p, size, align);
}

static int slot_alloc(const struct promc__family *f, uint32_t *slot)
{
    return f->reg->shared != NULL
               ? promc__shared_slot(f->reg->shared, f->lane_words, slot)
               : f->ops->slot_alloc(f->lane_words, slot);
}

struct promc__child *promc__child_new(struct promc__family *f, const struct promc__key *k)
{
    struct promc__buf b = { 0 };
    struct promc__exemplars *exemplars = NULL;
    struct promc__child *c = NULL;
    char *text = NULL; /* so it stays without labels */
    size_t text_len = 0;
    uint32_t slot;

    if (put_strings(&b, f, k, &text_len) != 0 || b.len >= UINT32_MAX ||
        (b.len != 0 && (text = child_alloc(f, b.len, sizeof(void *))) == NULL) ||
        (c = child_alloc(f, f->child_size, promc__child_align(f))) == NULL ||
        exemplars_new(f, &exemplars) != 0 || slot_alloc(f, &slot) != 0) {
        promc__exemplars_free(exemplars);
        child_give(f, c, f->child_size, promc__child_align(f));
        child_give(f, text, b.len, sizeof(void *));
        promc__buf_free(&b);
        return NULL;
    }
    if (b.len != 0)
        memcpy(text, b.data, b.len);
    c->text = text != NULL ? text : "";
    c->slot = slot;
    atomic_store_explicit(&c->live, slot, memory_order_relaxed);
    c->family = f;
    c->exemplars = exemplars;
    c->created_ms = promc__now_ms();
    c->n_labels = (uint16_t)k->values.n;
    c->text_len = (uint32_t)text_len;
    c->key_len = (uint32_t)(b.len - text_len);
    if (f->ops->init != NULL)
        f->ops->init(c);
    if (f->expiry_ns != 0)
        promc__child_watch_init(c);
    promc__buf_free(&b);
    return c;
}

/* Let it be found, and printed. */
static void show(struct promc__family *f, struct promc__child *c)
{
    c->next = f->fresh;
    f->fresh = c;
    atomic_fetch_add_explicit(&f->n_children, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&f->reg->n_series, 1, memory_order_relaxed);
}

static struct promc__child *add(struct promc__family *f, struct promc__table *t,
                                const struct promc__key *k)
{
    size_t n = atomic_load_explicit(&f->n_children, memory_order_relaxed);
    int labelled = f->frame.n != 0 || f->open;
    struct promc__table *larger;
    struct promc__child *c;

    if (f->reg->shared != NULL) {
        c = promc__shared_child(f, t, k);
        if (c == NULL)
            promc__drop(f->reg, PROMC__DROP_MEMORY);
        return c;
    }
    larger = labelled ? promc__table_reserve(t, n) : t;
    c = larger != NULL ? promc__child_new(f, k) : NULL;

    if (c == NULL) {
        if (larger != t)
            promc__table_free(larger);
        promc__drop(f->reg, PROMC__DROP_MEMORY);
        return NULL;
    }
    if (!labelled) {
        /* release pairs with the acquire in promc__child_find() */
        atomic_store_explicit(&f->only, c, memory_order_release);
    } else {
        promc__table_add(larger, k->hash, c);
        /* release pairs with the acquire in promc__child_use() */
        atomic_store_explicit(&f->table, larger, memory_order_release);
    }
    if (larger != t)
        promc__limbo_table(f->reg, t);
    show(f, c);
    return c;
}

int promc__child_make_only(struct promc__family *f)
{
    struct promc__key k;
    int rc = promc__key_init(&k, PROMC_NO_LABELS, PROMC_NO_LABELS, f->order);

    if (rc == 0 && add(f, &promc__table_none, &k) == NULL)
        rc = -ENOMEM;
    promc__key_done(&k);
    return rc;
}

/* --- families that are full -------------------------------------------------------------- */

static int is_full(const struct promc__family *f)
{
    size_t n = atomic_load_explicit(&f->n_children, memory_order_relaxed);

    /* the one for what does not fit comes on top */
    return n >= f->max_series &&
           (n > f->max_series ||
            atomic_load_explicit(&f->other, memory_order_relaxed) == NULL);
}

/* The child that counts what does not fit. Lock held. */
static struct promc__child *overflow(struct promc__family *f, struct promc__table *t)
{
    struct promc__child *c = atomic_load_explicit(&f->other, memory_order_relaxed);
    size_t n = f->open ? 1 : f->frame.n;
    const char **values;
    struct promc__key k;

    if (c != NULL)
        return c;
    values = promc__calloc(n + 1, sizeof *values);
    for (size_t i = 0; values != NULL && i < n; i++)
        values[i] = f->overflow;
    if (values == NULL) {
        promc__drop(f->reg, PROMC__DROP_MEMORY);
        return NULL;
    }
    if (promc__key_init(&k, (promc_labels){ &overflow_name, f->open ? 1 : 0 },
                        (promc_labels){ values, n }, f->open ? NULL : f->order) == 0) {
        c = promc__child_find(f, t, &k);
        if (c == NULL)
            c = add(f, t, &k);
    } else {
        promc__drop(f->reg, PROMC__DROP_MEMORY);
    }
    promc__key_done(&k);
    promc__free(values);
    /* release pairs with the acquire in promc__child_make() */
    atomic_store_explicit(&f->other, c, memory_order_release);
    return c;
}

/* Whether a series is the one for what does not fit, asked for by its name. */
static int is_overflow(const struct promc__family *f, const struct promc__key *k)
{
    const char *value = k->bytes;

    if (f->overflow == NULL)
        return 0;
    for (size_t i = 0; i < k->values.n; i++, value += strlen(value) + 1)
        if (strcmp(value, f->overflow) != 0)
            return 0;
    return f->open ? k->values.n == 1 && strcmp(value, overflow_name) == 0
                   : k->values.n != 0;
}

/* --- the way of a series that is not known ------------------------------------------------ */

/* Lock held. */
static struct promc__child *make(struct promc__family *f, const struct promc__key *k)
{
    struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);
    struct promc__child *c;

    if (t == NULL) {
        promc__drop(f->reg, PROMC__DROP_REMOVED);
        return NULL;
    }
    c = promc__child_find(f, t, k);
    if (c != NULL)
        return c;
    if (f->open && !open_names_ok(f, k->names)) {
        promc__drop(f->reg, PROMC__DROP_LABEL_NAME);
        return NULL;
    }
    if (is_overflow(f, k) || (is_full(f) && f->overflow != NULL))
        return overflow(f, t);
    if (!is_full(f))
        return add(f, t, k);
    promc__drop(f->reg, PROMC__DROP_SERIES_LIMIT);
    return NULL;
}

/* Replace the values by those that the family's constrain() wants instead. NULL: it refused, or
 * there was no memory; counted. */
static const char **constrain(const struct promc__family *f, promc_labels names,
                              promc_labels values)
{
    const char **mapped = promc__calloc(values.n + 1, sizeof *mapped);
    const char *label = f->labels;

    for (size_t i = 0; mapped != NULL && i < values.n; i++) {
        mapped[i] =
            f->constrain(f->constrain_arg, f->open ? names.v[i] : label, values.v[i]);
        label += f->open ? 0 : strlen(label) + 1;
        if (mapped[i] == NULL) {
            promc__free(mapped);
            promc__drop(f->reg, PROMC__DROP_CONSTRAINT);
            return NULL;
        }
    }
    if (mapped == NULL)
        promc__drop(f->reg, PROMC__DROP_MEMORY);
    return mapped;
}

static struct promc__child *
find_or_make(struct promc__family *f, const struct promc__key *k, struct promc__work *w)
{
    struct promc__child *c;

    promc__registry_lock(f->reg);
    c = make(f, k);
    promc__look(w); /* while the lock still keeps it */
    promc__registry_unlock(f->reg);
    return c;
}

struct promc__child *promc__child_make(struct promc__family *f, promc_labels names,
                                       promc_labels values, const struct promc__key *k,
                                       struct promc__work *w)
{
    struct promc__child *c;
    struct promc__key mapped;
    const char **v;

    if (is_full(f) && f->constrain == NULL) {
        /* neither lock nor memory for what a flood brings */
        promc__look(w);
        if (f->overflow == NULL) {
            promc__drop(f->reg, PROMC__DROP_SERIES_LIMIT);
            return NULL;
        }
        /* acquire pairs with the release in overflow() */
        c = atomic_load_explicit(&f->other, memory_order_acquire);
        if (c != NULL)
            return c;
        promc__end(w);
    }
    promc__registry_tidy(f->reg);
    if (f->constrain == NULL)
        return find_or_make(f, k, w);
    v = constrain(f, names, values);
    if (v == NULL) {
        promc__look(w);
        return NULL;
    }
    if (promc__key_init(&mapped, names, (promc_labels){ v, values.n },
                        f->open ? NULL : f->order) == 0) {
        c = find_or_make(f, &mapped, w);
    } else {
        promc__drop(f->reg, PROMC__DROP_MEMORY);
        promc__look(w);
        c = NULL;
    }
    promc__key_done(&mapped);
    promc__free(v);
    return c;
}
