/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory in blocks that grow with what is needed, and lists of what came back.
 */
#include "config.h"
#include "arena.h"

#include <stdint.h>
#include <string.h>

#include "alloc.h"

enum {
    FIRST = 512,
    LARGEST = 64 * 1024,
    LINE = 64,
    EXACT_BYTES = PROMC__ARENA_EXACT * 8
};

struct promc__arena_block {
    struct promc__arena_block *next;
};

struct promc__arena_piece {
    struct promc__arena_piece *next;
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
    a->bytes += need > size ? need : size;
    a->size = size;
    return 0;
}

static size_t padding(const struct promc__arena *a, size_t align)
{
    return (size_t)(-(uintptr_t)a->at & (align - 1));
}

/* The class of a piece; its size becomes that of all in it. -1: of a size that nobody needs
 * twice, a class of its own would be needed. */
static int class_of(size_t *size, size_t align)
{
    size_t step = EXACT_BYTES / 4;
    size_t top = EXACT_BYTES;
    int class = PROMC__ARENA_EXACT;

    if (align > sizeof(void *)) {
        *size = (*size + LINE - 1) & ~(size_t)(LINE - 1);
        return *size <= (size_t)PROMC__ARENA_LINES * LINE
                   ? PROMC__ARENA_EXACT + PROMC__ARENA_COARSE + (int)(*size / LINE) - 1
                   : -1;
    }
    if (*size <= EXACT_BYTES) {
        *size = (*size + 7) & ~(size_t)7;
        return *size != 0 ? (int)(*size / 8) - 1 : -1;
    }
    while (*size > 2 * top) {
        top *= 2;
        step *= 2;
        class += 4;
    }
    *size = (*size + step - 1) / step * step;
    class += (int)((*size - top) / step) - 1;
    return class < PROMC__ARENA_EXACT + PROMC__ARENA_COARSE ? class : -1;
}

void *promc__arena_alloc(struct promc__arena *a, size_t size, size_t align)
{
    struct promc__arena_piece *piece;
    int class;
    void *p;

    if (size > SIZE_MAX / 2)
        return NULL;
    class = class_of(&size, align);
    if (align > sizeof(void *))
        align = LINE;
    piece = class >= 0 ? a->pieces[class] : NULL;
    if (piece != NULL) {
        a->pieces[class] = piece->next;
        a->used += size;
        return memset(piece, 0, size);
    }
    if (a->left < padding(a, align) + size && add_block(a, size + align) != 0)
        return NULL;
    p = a->at + padding(a, align);
    a->used += size;
    size += padding(a, align);
    a->at += size;
    a->left -= size;
    return p;
}

void promc__arena_give(struct promc__arena *a, void *p, size_t size, size_t align)
{
    struct promc__arena_piece *piece = p;
    int class = class_of(&size, align);

    if (p == NULL || class < 0)
        return;
    piece->next = a->pieces[class];
    a->pieces[class] = piece;
    a->used -= size;
}

void promc__arena_free(struct promc__arena *a)
{
    while (a->blocks != NULL) {
        struct promc__arena_block *b = a->blocks;

        a->blocks = b->next;
        promc__free(b);
    }
    memset(a, 0, sizeof *a);
}
