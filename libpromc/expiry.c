/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expiry.c - which series have not been updated for too long.
 */
#include "config.h"
#include "expiry.h"

#include <time.h>

#include "family.h"
#include "lane.h"
#include "registry.h"

static uint64_t coarse_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t (*now_ns)(void) = coarse_clock;

void promc__expiry_clock(uint64_t (*now)(void))
{
    now_ns = now != NULL ? now : coarse_clock;
}

/* The words that every update changes, mixed into one. They are the first two of any type:
 * integer and fraction, what was added, or a sequence count. */
static uint64_t state(const struct promc__child *c)
{
    uint64_t s = 0;

    for (struct promc__lane *l = promc__lane_first_of(c->slot); l != NULL;
         l = promc__lane_next(l)) {
        promc__word *cell = promc__lane_cell(l, c->slot);

        for (uint32_t i = 0; i < 2 && i < c->family->lane_words; i++)
            s += promc__get(&cell[i]) * (i == 0 ? 0x9E3779B97F4A7C15u : 1);
    }
    return s;
}

void promc__child_watch_init(const struct promc__child *c)
{
    struct promc__watch *w = promc__child_watch(c);

    w->state = state(c);
    w->since = now_ns();
}

static int has_expired(const struct promc__child *c, uint64_t now)
{
    struct promc__watch *w = promc__child_watch(c);
    uint64_t s = state(c);

    if (atomic_exchange_explicit(&w->touched, 0, memory_order_relaxed) || s != w->state) {
        w->state = s;
        w->since = now;
    }
    return now - w->since >= c->family->expiry_ns;
}

static void expire_list(struct promc__child *c, uint64_t now)
{
    for (; c != NULL; c = c->next)
        if (!atomic_load_explicit(&c->hidden, memory_order_relaxed) &&
            has_expired(c, now))
            promc__child_unlink(c);
}

void promc__registry_expire(promc_registry *reg)
{
    uint64_t now = 0;

    for (size_t i = 0; i < reg->n_families; i++) {
        struct promc__family *f = reg->families[i];

        if (f->expiry_ns == 0)
            continue;
        if (now == 0)
            now = now_ns();
        expire_list(f->fresh, now);
        expire_list(f->incoming, now);
        for (size_t k = 0; k < f->n_sorted; k++)
            if (!atomic_load_explicit(&f->sorted[k]->hidden, memory_order_relaxed) &&
                has_expired(f->sorted[k], now))
                promc__child_unlink(f->sorted[k]);
    }
}
