/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory for the many small things of one scrape, given back all at once.
 */
#include "config.h"

#include "node/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 << 10)
#define KEEP_SIZE ((size_t)1 << 20)

struct arena_block {
    struct arena_block *next;
    size_t used, size; /* of data */
    alignas(max_align_t) char data[];
};

/* Put a block of at least size bytes behind the one in use. */
static struct arena_block *add_block(struct arena *a, size_t size)
{
    struct arena_block *b;

    if (size < BLOCK_SIZE)
        size = BLOCK_SIZE;
    if (size > SIZE_MAX - sizeof(*b))
        return NULL;
    b = malloc(sizeof(*b) + size);
    if (!b)
        return NULL;
    b->used = 0;
    b->size = size;
    b->next = a->now ? a->now->next : NULL;
    if (a->now)
        a->now->next = b;
    else
        a->first = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct arena_block *b = a->now;
    void *p;

    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;
    while (!b || b->size - b->used < size) {
        b = b && b->next ? b->next : add_block(a, size);
        if (!b)
            return NULL;
        a->now = b;
    }
    p = b->data + b->used;
    b->used += size;
    return p;
}

char *arena_string(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);

    if (p) {
        memcpy(p, s, n);
        p[n] = '\0';
    }
    return p;
}

void arena_reset(struct arena *a)
{
    size_t kept = 0;
    struct arena_block **p = &a->first;

    while (*p) {
        struct arena_block *b = *p;

        b->used = 0;
        if (kept + b->size <= KEEP_SIZE) {
            kept += b->size;
            p = &b->next;
        } else {
            *p = b->next;
            free(b);
        }
    }
    a->now = a->first;
}

void arena_free(struct arena *a)
{
    while (a->first) {
        struct arena_block *b = a->first;

        a->first = b->next;
        free(b);
    }
    a->now = NULL;
}
