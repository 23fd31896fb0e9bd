/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the children of a family by hash: read without a lock, written under one,
 * never shrinking. A table that has become too small stays readable until the family
 * goes, since somebody may be reading it; together they take no more than twice the last
 * one. An entry is a pointer, the hash is in the child; so that few children are looked
 * at in vain, half of the entries are empty.
 */
#ifndef PROMC_TABLE_H
#define PROMC_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "family.h"

struct promc__table {
    size_t mask; /* entries - 1, a power of two (2^32 at most) less one */
    struct promc__table *smaller;
    _Atomic(struct promc__child *) child[];
};

/* The first child of this hash from position *@at on (start with the hash), or NULL. To
 * go on after a child that was not the one, call again. */
static inline struct promc__child *promc__table_next(const struct promc__table *t,
                                                     uint64_t hash, size_t *at)
{
    for (;;) {
        /* acquire pairs with the release in promc__table_add(): the child is complete */
        struct promc__child *c =
            atomic_load_explicit(&t->child[(*at)++ & t->mask], memory_order_acquire);

        if (c == NULL || c->hash == (uint32_t)hash)
            return c;
    }
}

/* Make room for one more of @n children. 0 or -ENOMEM. */
int promc__table_reserve(_Atomic(struct promc__table *) *table, size_t n);
void promc__table_add(struct promc__table *t, uint64_t hash, struct promc__child *c);
void promc__table_free(struct promc__table *t);

#endif /* PROMC_TABLE_H */
