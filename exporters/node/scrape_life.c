/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape_life.c - set up all collectors, stop them, and release what does not hang.
 */
#include "config.h"

#include "node/scrape_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Set up one collector. Returns 0 or -errno with *err filled. */
static int init_slot(struct slot *slot, const struct node_collector *collector,
                     const struct node_ctx *ctx, promc_error *err)
{
    int rc;

    slot->out = promc_emitter_new(err);
    if (!slot->out)
        return -ENOMEM;
    if (collector->init) {
        rc = collector->init(ctx, &slot->priv, err);
        if (rc < 0)
            return rc;
    }
    slot->collector = collector;
    return 0;
}

struct node_scrape *node_scrape_new(const struct node_collector *const *table,
                                    const struct node_set *set,
                                    const struct node_ctx *ctx, promc_error *err)
{
    struct node_scrape *s = calloc(1, sizeof(*s));
    pthread_condattr_t attr;
    size_t n = 0, i;
    int rc;

    while (table[n])
        n++;
    if (s)
        s->slots = calloc(n + 1, sizeof(*s->slots));
    if (!s || !s->slots) {
        free(s);
        if (err) {
            err->code = -ENOMEM;
            snprintf(err->text, sizeof(err->text), "out of memory");
        }
        return NULL;
    }
    s->n = n;
    s->ctx = *ctx;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->work, &attr);
    pthread_cond_init(&s->progress, &attr);
    pthread_cond_init(&s->idle, &attr);
    pthread_condattr_destroy(&attr);

    for (i = 0; i < n; i++) {
        rc = set->on[i] ? init_slot(&s->slots[i], table[i], ctx, err) : 0;
        if (rc < 0) {
            node_scrape_free(s);
            return NULL;
        }
    }
    return s;
}

void node_scrape_stop(struct node_scrape *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = 1;
    pthread_cond_broadcast(&s->work);
    pthread_cond_broadcast(&s->progress);
    pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
}

static size_t running(const struct node_scrape *s)
{
    size_t i, n = 0;

    for (i = 0; i < s->n; i++)
        n += (size_t)s->slots[i].running;
    return n;
}

void node_scrape_free(struct node_scrape *s)
{
    size_t i, left;

    if (!s)
        return;
    node_scrape_stop(s);
    pthread_mutex_lock(&s->lock);
    while (s->workers > running(s))
        pthread_cond_wait(&s->idle, &s->lock);
    left = s->workers;
    pthread_mutex_unlock(&s->lock);
    if (left > 0)
        return;

    for (i = 0; i < s->n; i++) {
        struct slot *slot = &s->slots[i];

        if (slot->collector && slot->collector->fini)
            slot->collector->fini(slot->priv);
        promc_emitter_free(slot->out);
    }
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->progress);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    free(s->slots);
    free(s);
}
