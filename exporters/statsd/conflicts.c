/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conflicts.c - a small locked table; conflicts are rare in a healthy system, and a storm
 * of them costs the storm's sender's thread a lock and nobody else anything.
 */
#include "config.h"

#include "conflicts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 2048 /* a power of two, never more than half full */

struct conflict {
    char *name; /* NULL: free */
    enum event_type type;
    uint64_t count;
};

struct conflicts {
    pthread_mutex_t lock;
    struct hash_key key;
    size_t used;
    uint64_t others[EVENT_N_TYPES];
    struct conflict slot[SLOTS];
};

const char *event_type_name(enum event_type type)
{
    static const char *const names[EVENT_N_TYPES] = { "counter", "gauge", "observer" };

    return names[type];
}

struct conflicts *conflicts_new(const struct hash_key *key)
{
    struct conflicts *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->key = *key;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void conflicts_free(struct conflicts *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(c->slot[i].name);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void conflicts_add(struct conflicts *c, enum event_type type, const char *name,
                   uint64_t n)
{
    size_t i = hash_bytes(&c->key, type, name, strlen(name)) & (SLOTS - 1);

    pthread_mutex_lock(&c->lock);
    while (c->slot[i].name != NULL &&
           (c->slot[i].type != type || strcmp(c->slot[i].name, name) != 0))
        i = (i + 1) & (SLOTS - 1);
    if (c->slot[i].name == NULL && c->used < CONFLICTS_MAX) {
        c->slot[i].name = strdup(name);
        c->slot[i].type = type;
        c->used += c->slot[i].name != NULL;
    }
    if (c->slot[i].name != NULL)
        c->slot[i].count += n;
    else
        c->others[type] += n;
    pthread_mutex_unlock(&c->lock);
}

void conflicts_emit(struct conflicts *c, promc_emitter *e)
{
    promc_samples *f = NULL;

    pthread_mutex_lock(&c->lock);
    if (c->used > 0 || c->others[0] + c->others[1] + c->others[2] > 0)
        f = promc_emit_family(e, PROMC_TYPE_COUNTER,
                              "statsd_exporter_events_conflict_total",
                              "Events refused because their name has another type.",
                              PROMC_LABELS("metric_name", "type"));
    for (size_t i = 0; f != NULL && i < SLOTS; i++)
        if (c->slot[i].name != NULL)
            promc_emit(f, PROMC_LABELS(c->slot[i].name, event_type_name(c->slot[i].type)),
                       (double)c->slot[i].count);
    for (int t = 0; f != NULL && t < EVENT_N_TYPES; t++)
        if (c->others[t] > 0)
            promc_emit(f, PROMC_LABELS("", event_type_name((enum event_type)t)),
                       (double)c->others[t]);
    pthread_mutex_unlock(&c->lock);
}
