/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptrtable.h - a hash table of pointers: open addressing, nothing is ever taken out.
 * Whoever looks for something walks the slots from its hash on, until one is free.
 */
#ifndef STATSD_PTRTABLE_H
#define STATSD_PTRTABLE_H

#include <stddef.h>
#include <stdint.h>

/* The hash is kept to make growing and missing cheap. */
struct ptrslot {
    uint64_t hash;
    void *item; /* NULL: free */
};

/* All zero: empty. */
struct ptrtable {
    struct ptrslot *slot;
    size_t size; /* a power of two, or 0 */
    size_t used;
};

/* Room for one more at no more than half full. Returns 0 or -ENOMEM. */
int ptrtable_reserve(struct ptrtable *t);

/* Only after ptrtable_reserve(). */
void ptrtable_add(struct ptrtable *t, uint64_t hash, void *item);

/* The i-th slot to look at for a hash, i from 0; the table must not be empty. */
static inline const struct ptrslot *ptrtable_probe(const struct ptrtable *t,
                                                   uint64_t hash, size_t i)
{
    return &t->slot[(hash + i) & (t->size - 1)];
}

/* Frees the items, too, each with free(). */
void ptrtable_free(struct ptrtable *t);

#endif /* STATSD_PTRTABLE_H */
