/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptrtable.c - see ptrtable.h.
 */
#include "config.h"

#include "ptrtable.h"

#include <errno.h>
#include <stdlib.h>

int ptrtable_reserve(struct ptrtable *t)
{
    size_t size = t->size > 0 ? t->size * 2 : 256;
    struct ptrslot *slot;

    if (t->used < t->size / 2)
        return 0;
    slot = calloc(size, sizeof(*slot));
    if (slot == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < t->size; i++) {
        size_t j = t->slot[i].hash & (size - 1);

        if (t->slot[i].item == NULL)
            continue;
        while (slot[j].item != NULL)
            j = (j + 1) & (size - 1);
        slot[j] = t->slot[i];
    }
    free(t->slot);
    t->slot = slot;
    t->size = size;
    return 0;
}

void ptrtable_add(struct ptrtable *t, uint64_t hash, void *item)
{
    size_t i = hash & (t->size - 1);

    while (t->slot[i].item != NULL)
        i = (i + 1) & (t->size - 1);
    t->slot[i] = (struct ptrslot){ hash, item };
    t->used++;
}

void ptrtable_free(struct ptrtable *t)
{
    for (size_t i = 0; i < t->size; i++)
        free(t->slot[i].item);
    free(t->slot);
}
