/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grow.h - an array that grows, and is kept for the next time.
 */
#ifndef NODE_GROW_H
#define NODE_GROW_H

#include <errno.h>
#include <stdlib.h>

/* See that there is room for one more behind the n elements of *v, a pointer to elements
 * of that size. Returns 0 or -ENOMEM. */
static inline int grow(void *v, size_t n, size_t *cap, size_t size)
{
    void **array = v;
    size_t wanted = *cap ? 2 * *cap : 16;
    void *grown;

    if (n < *cap)
        return 0;
    grown = reallocarray(*array, wanted, size);
    if (!grown)
        return -ENOMEM;
    *array = grown;
    *cap = wanted;
    return 0;
}

#endif /* NODE_GROW_H */
