/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory for the many small things of one scrape, given back all at once.
 */
#ifndef NODE_ARENA_H
#define NODE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zero-initialise; arena_free() at the end. */
struct arena {
    struct arena_block *first, *now;
};

/* Aligned for anything; not cleared. NULL: out of memory. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of n bytes as a NUL-terminated string. */
char *arena_string(struct arena *a, const char *s, size_t n);

/* All that was given out is void. Up to 1 MiB is kept for the next round. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif /* NODE_ARENA_H */
