/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - open addressing over entries laid end to end in one reserved stretch of
 * memory, of which only the used part is ever backed by pages.
 */
#include "config.h"

#include "cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_SIZE ((size_t)16 << 20) /* about 200,000 lines */
#define MAX_KEY 1024
#define FIRST_SLOTS 1024

/* at counts in units of 8 bytes, plus 1; 0: free. */
struct slot {
    uint32_t hash;
    uint32_t at;
};

struct cache {
    struct hash_key key;
    struct slot *slot;
    size_t mask;
    size_t used;
    char *arena;
    size_t end;
};

struct cache *cache_new(const struct hash_key *key)
{
    struct cache *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->key = *key;
    c->mask = FIRST_SLOTS - 1;
    c->slot = calloc(FIRST_SLOTS, sizeof(*c->slot));
    c->arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->slot == NULL || c->arena == MAP_FAILED) {
        if (c->arena != MAP_FAILED)
            munmap(c->arena, ARENA_SIZE);
        free(c->slot);
        free(c);
        return NULL;
    }
    return c;
}

void cache_free(struct cache *c)
{
    if (c == NULL)
        return;
    munmap(c->arena, ARENA_SIZE);
    free(c->slot);
    free(c);
}

static struct cache_entry *entry_at(const struct cache *c, uint32_t at)
{
    return (struct cache_entry *)(void *)(c->arena + ((size_t)at - 1) * 8);
}

static uint32_t line_hash(const struct cache *c, struct text head, struct text tail)
{
    return (uint32_t)hash_bytes(&c->key, hash_bytes(&c->key, 0, head.p, head.n), tail.p,
                                tail.n);
}

const struct cache_entry *cache_find(struct cache *c, struct text head, struct text tail)
{
    uint32_t hash = line_hash(c, head, tail);

    for (size_t i = hash & c->mask; c->slot[i].at != 0; i = (i + 1) & c->mask) {
        const struct cache_entry *e;

        if (c->slot[i].hash != hash)
            continue;
        e = entry_at(c, c->slot[i].at);
        if (e->head_len == head.n && e->tail_len == tail.n &&
            memcmp(e->key, head.p, head.n) == 0 &&
            memcmp(e->key + head.n, tail.p, tail.n) == 0)
            return e;
    }
    return NULL;
}

static void put(struct slot *slot, size_t mask, struct slot s)
{
    size_t i = s.hash & mask;

    while (slot[i].at != 0)
        i = (i + 1) & mask;
    slot[i] = s;
}

/* Keep the slots at most half full. Returns 0, or -1 when there is no memory for more. */
static int reserve(struct cache *c)
{
    size_t mask = c->mask * 2 + 1;
    struct slot *slot;

    if (c->used <= c->mask / 2)
        return 0;
    slot = calloc(mask + 1, sizeof(*slot));
    if (slot == NULL)
        return -1;
    for (size_t i = 0; i <= c->mask; i++)
        if (c->slot[i].at != 0)
            put(slot, mask, c->slot[i]);
    free(c->slot);
    c->slot = slot;
    c->mask = mask;
    return 0;
}

static void forget_all(struct cache *c)
{
    memset(c->slot, 0, (c->mask + 1) * sizeof(*c->slot));
    c->used = 0;
    c->end = 0;
}

void cache_add(struct cache *c, const struct line *l, const struct series_ref *ref)
{
    size_t size = (sizeof(struct cache_entry) + l->head.n + l->tail.n + 7) & ~(size_t)7;
    uint32_t at;
    struct cache_entry *e;

    if (l->head.n + l->tail.n > MAX_KEY)
        return;
    if (c->end + size > ARENA_SIZE)
        forget_all(c);
    if (reserve(c) != 0)
        return;
    at = (uint32_t)(c->end / 8) + 1;
    c->end += size;
    e = entry_at(c, at);
    *e = (struct cache_entry){
        .ref = *ref,
        .suffix = l->suffix,
        .head_tag_errors = l->head_tag_errors,
        .head_len = (uint16_t)l->head.n,
        .tail_len = (uint16_t)l->tail.n,
        .has_tags = l->n_tags > 0,
    };
    memcpy(e->key, l->head.p, l->head.n);
    memcpy(e->key + l->head.n, l->tail.p, l->tail.n);
    put(c->slot, c->mask, (struct slot){ line_hash(c, l->head, l->tail), at });
    c->used++;
}
