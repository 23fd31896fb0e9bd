/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c - growing the table of children.
 */
#include "config.h"
#include "table.h"

#include <errno.h>

#include "alloc.h"

static void insert(struct promc__table *t, struct promc__child *c)
{
    size_t at = c->hash;

    while (atomic_load_explicit(&t->child[at & t->mask], memory_order_relaxed) != NULL)
        at++;
    /* release pairs with the acquire in promc__table_next() */
    atomic_store_explicit(&t->child[at & t->mask], c, memory_order_release);
}

int promc__table_reserve(_Atomic(struct promc__table *) *table, size_t n)
{
    struct promc__table *old = atomic_load_explicit(table, memory_order_relaxed);
    size_t size = old != NULL ? old->mask + 1 : 4;
    struct promc__table *t;

    if (old != NULL && n <= size / 2)
        return 0;
    if (old != NULL)
        size *= 2;
    t = promc__calloc(1, sizeof *t + size * sizeof t->child[0]);
    if (t == NULL)
        return -ENOMEM;
    t->mask = size - 1;
    t->smaller = old;
    for (size_t i = 0; old != NULL && i <= old->mask; i++) {
        struct promc__child *c =
            atomic_load_explicit(&old->child[i], memory_order_relaxed);

        if (c != NULL)
            insert(t, c);
    }
    /* release pairs with the acquire in the family's find(): the entries are there first
     */
    atomic_store_explicit(table, t, memory_order_release);
    return 0;
}

void promc__table_add(struct promc__table *t, uint64_t hash, struct promc__child *c)
{
    c->hash = (uint32_t)hash;
    insert(t, c);
}

void promc__table_free(struct promc__table *t)
{
    while (t != NULL) {
        struct promc__table *smaller = t->smaller;

        promc__free(t);
        t = smaller;
    }
}
