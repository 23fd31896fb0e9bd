/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.h - the only door to the heap inside libpromc, so that a test can make any single
 * allocation fail.
 */
#ifndef PROMC_ALLOC_H
#define PROMC_ALLOC_H

#include <stddef.h>

/* As the functions of libc without the prefix: NULL means out of memory. */
void *promc__malloc(size_t size);
void *promc__calloc(size_t n, size_t size);
void *promc__realloc(void *p, size_t size);
void promc__free(void *p);
char *promc__strdup(const char *s);

/* Zeroed pages straight from the kernel, which cost memory only once they are written to. For
 * what is reserved ahead of need; calloc() may hand out, and so touch, used heap instead. */
void *promc__map(size_t size);
/* The same, shared with processes forked later. Address space only, until it is touched. */
void *promc__map_shared(size_t size);
void promc__unmap(void *p, size_t size);

/* Tests only: ask @fn instead of realloc() from now on; NULL goes back to libc. @fn gets
 * NULL for a new block, may return NULL to refuse, and must otherwise return what
 * realloc() gives. Freeing cannot fail and is not redirected.
 * For maps it is asked too, and what it gives is freed at once. */
void promc__alloc_hook(void *(*fn)(void *p, size_t size));

#endif /* PROMC_ALLOC_H */
