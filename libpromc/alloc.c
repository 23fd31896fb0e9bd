/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.c - memory from libc, or refused by a test's hook.
 */
#include "config.h"
#include "alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef void *alloc_fn(void *p, size_t size);

static _Atomic(alloc_fn *) hook;

/* relaxed: the hook guards no data; a test sets it before it starts threads. */
static alloc_fn *current_hook(void)
{
    return atomic_load_explicit(&hook, memory_order_relaxed);
}

void promc__alloc_hook(void *(*fn)(void *p, size_t size))
{
    /* relaxed: pairs with the load in current_hook(), see there. */
    atomic_store_explicit(&hook, fn, memory_order_relaxed);
}

void *promc__malloc(size_t size)
{
    alloc_fn *fn = current_hook();
    return fn ? fn(NULL, size) : malloc(size);
}

void *promc__calloc(size_t n, size_t size)
{
    alloc_fn *fn = current_hook();
    void *p;

    if (size && n > SIZE_MAX / size)
        return NULL;
    if (!fn)
        return calloc(n, size); /* large blocks come zeroed from the kernel, untouched */
    p = fn(NULL, n * size);
    if (p)
        memset(p, 0, n * size);
    return p;
}

void *promc__realloc(void *p, size_t size)
{
    alloc_fn *fn = current_hook();
    return fn ? fn(p, size) : realloc(p, size);
}

void promc__free(void *p)
{
    free(p);
}

char *promc__strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = promc__malloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

static void *map(size_t size, int flags)
{
    alloc_fn *fn = current_hook();
    void *p;

    if (fn) {
        p = fn(NULL, 1);
        if (!p)
            return NULL;
        promc__free(p);
    }
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED ? p : NULL;
}

void *promc__map(size_t size)
{
    return map(size, MAP_PRIVATE);
}

void *promc__map_shared(size_t size)
{
    return map(size, MAP_SHARED | MAP_NORESERVE);
}

void promc__unmap(void *p, size_t size)
{
    if (p)
        munmap(p, size);
}
