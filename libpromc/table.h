/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the children of a family by hash: read without a lock, written under one. A table
 * that has become too small, or too full of what was removed, is replaced by another one. An
 * entry is a pointer, the hash is in the child; so that few children are looked at in vain, half
 * of the entries are empty.
 */
#ifndef PROMC_TABLE_H
#define PROMC_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "family.h"

struct promc__table {
    size_t mask; /* entries - 1, a power of two (2^32 at most) less one */
    size_t used; /* entries that are not empty, promc__table_gone included */
    struct promc__table *next; /* in limbo */
    _Atomic(struct promc__child *) child[];
};

/* Stands where a child was removed, so that the search for others goes on. */
extern struct promc__child promc__table_gone;
/* An empty table, for families that need none. */
extern struct promc__table promc__table_none;

/* The first child of this hash from position *@at on (start with the hash), or NULL. To
 * go on after a child that was not the one, call again. */
static inline struct promc__child *promc__table_next(const struct promc__table *t,
                                                     uint64_t hash, size_t *at)
{
    for (;;) {
        /* acquire pairs with the release in promc__table_add(): the child is complete */
        struct promc__child *c =
            atomic_load_explicit(&t->child[(*at)++ & t->mask], memory_order_acquire);

        if (c == NULL || (c->hash == (uint32_t)hash && c != &promc__table_gone))
            return c;
    }
}

/* A table for one child more than @n: @old itself, or another one with all that is in it. NULL:
 * out of memory. */
struct promc__table *promc__table_reserve(struct promc__table *old, size_t n);
/* The same in two steps, for memory from elsewhere: how many entries the other table needs (0:
 * @old itself will do), and @t of zeroed promc__table_bytes(size) filled. */
size_t promc__table_grown(const struct promc__table *old, size_t n);
void promc__table_init(struct promc__table *t, size_t size,
                       const struct promc__table *old);
static inline size_t promc__table_bytes(size_t size)
{
    return sizeof(struct promc__table) + size * sizeof(_Atomic(struct promc__child *));
}
void promc__table_add(struct promc__table *t, uint64_t hash, struct promc__child *c);
void promc__table_remove(struct promc__table *t, const struct promc__child *c);
/* The same with a single store; the entry stays used. */
void promc__table_hide(struct promc__table *t, const struct promc__child *c);
/* Each child, from *@at of 0 on; NULL behind the last. */
struct promc__child *promc__table_each(const struct promc__table *t, size_t *at);
void promc__table_free(struct promc__table *t);

#endif /* PROMC_TABLE_H */
