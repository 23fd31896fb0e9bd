/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.c - the series of a family: found, and handed out.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "key.h"
#include "registry.h"
#include "table.h"

static int drop(const struct promc__family *f, enum promc__drop why)
{
    promc__drop(f->reg, why);
    return -1;
}

void promc__drop_removed(const struct promc__child *c)
{
    promc__drop(c->family->reg, PROMC__DROP_REMOVED);
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
    /* without labels there is no key at all */
    return c->key_len == k->len && c->n_labels == k->values.n &&
           (k->len == 0 || memcmp(promc__child_key(c), k->bytes, k->len) == 0);
}

struct promc__child *promc__child_find(struct promc__family *f,
                                       const struct promc__table *t,
                                       const struct promc__key *k)
{
    size_t at = (uint32_t)k->hash;
    /* acquire pairs with the release in make.c: it is complete */
    struct promc__child *c = atomic_load_explicit(&f->only, memory_order_acquire);

    if (c != NULL)
        return c;
    do
        c = promc__table_next(t, k->hash, &at);
    while (c != NULL && !is(c, k));
    return c;
}

struct promc__child *promc__child_use(struct promc__family *f, promc_labels names,
                                      promc_labels values, struct promc__work *w)
{
    const struct promc__table *t;
    struct promc__key k;
    struct promc__child *c = NULL;

    promc__look(w);
    if (promc__unlikely(f == NULL))
        return NULL;
    /* acquire pairs with the release of whoever replaced it: the entries are there first */
    t = atomic_load_explicit(&f->table, memory_order_acquire);
    if (promc__unlikely(t == NULL)) { /* nor are there label names any more */
        drop(f, PROMC__DROP_REMOVED);
        return NULL;
    }
    if (promc__likely(key_init(&k, f, names, values) == 0)) {
        c = promc__child_find(f, t, &k);
        if (promc__unlikely(c == NULL)) {
            promc__end(w);
            c = promc__child_make(f, names, values, &k, w);
        }
    }
    promc__key_done(&k);
    if (promc__likely(c != NULL))
        promc__child_touch(c);
    return c;
}

struct promc__child *promc__child_get(struct promc__family *f, promc_labels names,
                                      promc_labels values)
{
    struct promc__work w;
    struct promc__child *c = promc__child_use(f, names, values, &w);

    /* relaxed: whoever decides what may be used again has seen the end of this first */
    if (c != NULL && !atomic_load_explicit(&c->kept, memory_order_relaxed))
        atomic_store_explicit(&c->kept, PROMC__KEPT, memory_order_relaxed);
    promc__end(&w);
    return c;
}

int promc__child_hold(const struct promc__child *c)
{
    pthread_mutex_lock(&c->family->reg->lock);
    if (!atomic_load_explicit(&c->hidden, memory_order_relaxed))
        return 1;
    pthread_mutex_unlock(&c->family->reg->lock);
    return 0;
}

void promc__child_let_go(const struct promc__child *c)
{
    pthread_mutex_unlock(&c->family->reg->lock);
}
