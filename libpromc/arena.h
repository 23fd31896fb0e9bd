/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory for the many small pieces of a registry: no header for each, and pieces made
 * one after the other lie one after the other. What is given back is used again for pieces of
 * about the same size; nothing goes back to the heap before the registry.
 */
#ifndef PROMC_ARENA_H
#define PROMC_ARENA_H

#include <stddef.h>

struct promc__arena_block;
struct promc__arena_piece;

enum {
    PROMC__ARENA_EXACT = 128, /* sizes up to 1 KiB, in steps of 8 bytes */
    PROMC__ARENA_COARSE = 96, /* beyond, four steps from one power of two to the next */
    PROMC__ARENA_LINES = 16,  /* pieces that begin on a cache line, by number of lines */
    PROMC__ARENA_CLASSES = PROMC__ARENA_EXACT + PROMC__ARENA_COARSE + PROMC__ARENA_LINES
};

/* Zero-initialise. */
struct promc__arena {
    struct promc__arena_block *blocks;
    char *at;
    size_t left;
    size_t size;  /* of the last block */
    size_t bytes; /* in all blocks */
    size_t used;  /* of them: by pieces that were not given back */
    struct promc__arena_piece *pieces[PROMC__ARENA_CLASSES]; /* given back */
};

/* @size bytes, zeroed; @align is that of a pointer, or a cache line of 64. NULL: no memory. */
void *promc__arena_alloc(struct promc__arena *a, size_t size, size_t align);
/* Give back what was got with the same @size and @align. NULL is a no-op. */
void promc__arena_give(struct promc__arena *a, void *p, size_t size, size_t align);
void promc__arena_free(struct promc__arena *a);

#endif /* PROMC_ARENA_H */
