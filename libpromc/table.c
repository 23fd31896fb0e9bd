/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c - growing the table of children, and taking children out.
 */
#include "config.h"
#include "table.h"

#include "alloc.h"

enum { SMALLEST = 4 };

struct promc__child promc__table_gone;
struct promc__table promc__table_none = { 0, 0, NULL, { NULL } };

static struct promc__child *entry(const struct promc__table *t, size_t at)
{
    return atomic_load_explicit(&t->child[at & t->mask], memory_order_relaxed);
}

static void put(struct promc__table *t, size_t at, struct promc__child *c)
{
    /* release pairs with the acquire in promc__table_next() */
    atomic_store_explicit(&t->child[at & t->mask], c, memory_order_release);
}

static void insert(struct promc__table *t, struct promc__child *c)
{
    size_t at = c->hash;
    const struct promc__child *there;

    while ((there = entry(t, at)) != NULL && there != &promc__table_gone)
        at++;
    t->used += there == NULL;
    put(t, at, c);
}

/* With room for some more: a table that was just made is not to be replaced soon. */
static size_t size_for(size_t n)
{
    size_t size = SMALLEST;

    while (n > size * 3 / 8 && n > 2)
        size *= 2;
    return size;
}

size_t promc__table_grown(const struct promc__table *old, size_t n)
{
    if (old != NULL && old != &promc__table_none && old->used + 1 <= (old->mask + 1) / 2)
        return 0;
    return size_for(n + 1);
}

void promc__table_init(struct promc__table *t, size_t size,
                       const struct promc__table *old)
{
    struct promc__child *c;

    t->mask = size - 1;
    for (size_t at = 0; old != NULL && (c = promc__table_each(old, &at)) != NULL;)
        insert(t, c);
}

struct promc__table *promc__table_reserve(struct promc__table *old, size_t n)
{
    size_t size = promc__table_grown(old, n);
    struct promc__table *t;

    if (size == 0)
        return old;
    t = promc__calloc(1, promc__table_bytes(size));
    if (t != NULL)
        promc__table_init(t, size, old);
    return t;
}

void promc__table_add(struct promc__table *t, uint64_t hash, struct promc__child *c)
{
    c->hash = (uint32_t)hash;
    insert(t, c);
}

static size_t hide(struct promc__table *t, const struct promc__child *c)
{
    size_t at = c->hash;

    while (entry(t, at) != c)
        at++;
    put(t, at, &promc__table_gone);
    return at;
}

void promc__table_hide(struct promc__table *t, const struct promc__child *c)
{
    hide(t, c);
}

void promc__table_remove(struct promc__table *t, const struct promc__child *c)
{
    size_t at = hide(t, c);

    /* where a search ends behind it, it may as well end here */
    if (entry(t, at + 1) != NULL)
        return;
    for (; entry(t, at) == &promc__table_gone; at--) {
        put(t, at, NULL);
        t->used--;
    }
}

struct promc__child *promc__table_each(const struct promc__table *t, size_t *at)
{
    while (*at <= t->mask) {
        struct promc__child *c = entry(t, (*at)++);

        if (c != NULL && c != &promc__table_gone)
            return c;
    }
    return NULL;
}

void promc__table_free(struct promc__table *t)
{
    if (t != &promc__table_none)
        promc__free(t);
}
