/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory for what lives as long as its registry: no header and no rounding up
 * for each piece, and pieces made one after the other lie one after the other.
 */
#ifndef PROMC_ARENA_H
#define PROMC_ARENA_H

#include <stddef.h>

struct promc__arena_block;

/* Zero-initialise. */
struct promc__arena {
    struct promc__arena_block *blocks;
    char *at;
    size_t left;
    size_t size; /* of the last block */
};

/* @size bytes, zeroed; @align is a power of two, at least sizeof(void *). NULL: no
 * memory. */
void *promc__arena_alloc(struct promc__arena *a, size_t size, size_t align);
void promc__arena_free(struct promc__arena *a);

#endif /* PROMC_ARENA_H */
