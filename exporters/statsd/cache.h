/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - one thread's memory of lines it has seen: all of a line but its values leads
 * to the series and to what has to be done with a value.
 *
 * A repeated line then costs one hash, one comparison, one number and one update; no lock
 * and no allocation. A full cache is emptied and fills anew.
 */
#ifndef STATSD_CACHE_H
#define STATSD_CACHE_H

#include "statsd/hash.h"
#include "statsd/line.h"
#include "statsd/series.h"

struct cache_entry {
    struct series_ref ref;
    struct line_suffix suffix;
    uint32_t head_tag_errors;
    uint16_t head_len, tail_len;
    bool has_tags;
    char key[]; /* head, then tail */
};

struct cache;

/* Returns NULL when out of memory. */
struct cache *cache_new(const struct hash_key *key);
void cache_free(struct cache *c);

/* The entry of lines "HEAD:...TAIL", or NULL. Good until the next cache_add(). */
const struct cache_entry *cache_find(struct cache *c, struct text head, struct text tail);

/* Remember a line whose event went to ref; l->plain must be set. Without memory, or for a
 * very long line, nothing happens. */
void cache_add(struct cache *c, const struct line *l, const struct series_ref *ref);

#endif /* STATSD_CACHE_H */
