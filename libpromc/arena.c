/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory in blocks that grow with what is needed.
 */
#include "config.h"
#include "arena.h"

#include <stdint.h>

#include "alloc.h"

enum { FIRST = 512, LARGEST = 64 * 1024 };

struct promc__arena_block {
    struct promc__arena_block *next;
};

static int add_block(struct promc__arena *a, size_t need)
{
    size_t size = a->size == 0 ? FIRST : a->size < LARGEST ? 2 * a->size : LARGEST;
    struct promc__arena_block *b;

    if (need > SIZE_MAX - sizeof *b)
        return -1;
    need += sizeof *b;
    b = promc__calloc(1, need > size ? need : size);
    if (b == NULL)
        return -1;
    b->next = a->blocks;
    a->blocks = b;
    a->at = (char *)(b + 1);
    a->left = (need > size ? need : size) - sizeof *b;
    a->size = size;
    return 0;
}

static size_t padding(const struct promc__arena *a, size_t align)
{
    return (size_t)(-(uintptr_t)a->at & (align - 1));
}

void *promc__arena_alloc(struct promc__arena *a, size_t size, size_t align)
{
    void *p;

    if (size > SIZE_MAX - align)
        return NULL;
    if (a->left < padding(a, align) + size && add_block(a, size + align) != 0)
        return NULL;
    p = a->at + padding(a, align);
    size += padding(a, align);
    a->at += size;
    a->left -= size;
    return p;
}

void promc__arena_free(struct promc__arena *a)
{
    while (a->blocks != NULL) {
        struct promc__arena_block *b = a->blocks;

        a->blocks = b->next;
        promc__free(b);
    }
    a->at = NULL;
    a->left = a->size = 0;
}
