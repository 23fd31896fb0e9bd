/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_lane.c - lanes in shared memory: who has which, and what is mended when its owner was
 * killed.
 */
#include "config.h"
#include "shared.h"

#include <errno.h>
#include <sched.h>

enum {
    STOCK = 8,      /* lanes kept ready for threads to come */
    ASK_AGAIN = 64, /* updates for which a thread that found no lane is lent one */
};
#define CHUNK_BYTES (PROMC__LANE_CHUNK * sizeof(promc__word))
#define ALIGN_WORDS 8u /* a cache line */

/* The registries of this process, each with its part of the slots. */
static _Atomic(struct promc__shared *) registries[PROMC__SHARED_MAX];

int promc__shared_enlist(struct promc__shared *sh)
{
    for (uint32_t i = 0; i < PROMC__SHARED_MAX; i++) {
        struct promc__shared *none = NULL;

        sh->id = i;
        sh->first_chunk = PROMC__LANE_CHUNKS + i * PROMC__SHARED_CHUNKS;
        /* release pairs with the acquire in home_of() */
        if (atomic_compare_exchange_strong_explicit(
                &registries[i], &none, sh, memory_order_release, memory_order_relaxed))
            return 0;
    }
    return -ENOSPC;
}

void promc__shared_drop(struct promc__shared *sh)
{
    /* acquire and release: all that holders did comes before the end */
    if (atomic_fetch_sub_explicit(&sh->holders, 1, memory_order_acq_rel) != 1)
        return;
    atomic_store_explicit(&registries[sh->id], NULL, memory_order_release);
    promc__shared_unmap(sh);
}

static struct promc__shared *home_of(uint32_t slot)
{
    uint32_t chunk = slot >> PROMC__LANE_SHIFT;

    /* acquire pairs with the release in promc__shared_enlist() */
    return atomic_load_explicit(
        &registries[(chunk - PROMC__LANE_CHUNKS) / PROMC__SHARED_CHUNKS],
        memory_order_acquire);
}

struct promc__lane *promc__shared_lanes(uint32_t slot)
{
    /* acquire pairs with the release in mark_used() */
    return atomic_load_explicit(&home_of(slot)->region->used, memory_order_acquire);
}

/* --- taking and mending ----------------------------------------------------------------- */

/* The last owner was killed, perhaps within a group of words: then it counts as not begun. Only
 * the group that the chunk's note names can be half written. */
static void mend(const struct promc__lane *lane)
{
    const struct promc__shared *sh = lane->home;
    /* acquire pairs with the release in publish() */
    uint32_t n = atomic_load_explicit(&sh->region->chunks, memory_order_acquire);

    for (uint32_t i = 0; i < n; i++) {
        promc__word *chunk =
            atomic_load_explicit(&lane->chunk[sh->first_chunk + i], memory_order_relaxed);
        uint64_t where = promc__get(&chunk[PROMC__NOTE_WHERE]);
        promc__word *seq = &chunk[where & (PROMC__LANE_CHUNK - 1)];
        uint64_t count = promc__get(seq);

        if (where == 0 || (count & 1) == 0)
            continue;
        promc__put(&chunk[where >> 16 & (PROMC__LANE_CHUNK - 1)],
                   promc__get(&chunk[PROMC__NOTE_A]));
        promc__put(&chunk[where >> 32 & (PROMC__LANE_CHUNK - 1)],
                   promc__get(&chunk[PROMC__NOTE_B]));
        /* release: a reader that finds the count even finds the words mended */
        atomic_store_explicit(seq, count + 1, memory_order_release);
    }
}

int promc__shared_take(struct promc__lane *lane)
{
    int rc = pthread_mutex_trylock(&lane->mutex);

    if (rc == EOWNERDEAD) {
        mend(lane);
        pthread_mutex_consistent(&lane->mutex);
        rc = 0;
    }
    return rc == 0;
}

void promc__shared_give(struct promc__lane *lane)
{
    pthread_mutex_unlock(&lane->mutex);
}

static int is_listed(struct promc__region *r, const struct promc__lane *lane)
{
    /* acquire pairs with the release in mark_used() */
    const struct promc__lane *l = atomic_load_explicit(&r->used, memory_order_acquire);

    while (l != NULL && l != lane)
        l = l->next_used;
    return l != NULL;
}

/* This thread has the lane and is about to write to it: let readers know. Somebody may have
 * been killed doing just that. */
static void mark_used(struct promc__region *r, struct promc__lane *lane)
{
    if (lane->used)
        return;
    if (!is_listed(r, lane)) {
        lane->next_used = atomic_load_explicit(&r->used, memory_order_acquire);
        /* release pairs with the acquire in promc__shared_lanes() */
        while (!atomic_compare_exchange_weak_explicit(
            &r->used, &lane->next_used, lane, memory_order_release, memory_order_acquire))
            ;
    }
    lane->used = 1;
}

/* --- updates ---------------------------------------------------------------------------- */

static struct promc__lane *attach(struct promc__shared *sh, struct promc__lane *mine)
{
    /* acquire pairs with the release in publish(): the lanes are complete */
    uint32_t n = atomic_load_explicit(&sh->region->lanes, memory_order_acquire);

    for (uint32_t i = PROMC__SHARED_LENT; i < n; i++) {
        struct promc__lane *l = &sh->lanes[i];

        if (!promc__shared_take(l))
            continue;
        mark_used(sh->region, l);
        atomic_fetch_add_explicit(&sh->holders, 1, memory_order_relaxed);
        mine->there[sh->id] = l;
        return l;
    }
    mine->ask_again[sh->id] = ASK_AGAIN;
    return NULL;
}

/* The lane that this thread has there, its chunk made known to the thread's own lane. */
static struct promc__lane *own(struct promc__shared *sh, struct promc__lane *mine,
                               uint32_t slot)
{
    struct promc__lane *l = mine->there[sh->id];
    size_t i = slot >> PROMC__LANE_SHIFT;

    if (l == NULL && mine->ask_again[sh->id] != 0)
        mine->ask_again[sh->id]--;
    else if (l == NULL)
        l = attach(sh, mine);
    if (l != NULL)
        /* release pairs with the acquire in promc__cell() */
        atomic_store_explicit(&mine->chunk[i],
                              atomic_load_explicit(&l->chunk[i], memory_order_acquire),
                              memory_order_release);
    return l;
}

/* The reader that asked for it may be dead. Lock of the divert held. */
static void stop_diverting(struct promc__region *r)
{
    _Atomic uint32_t *divert = atomic_load_explicit(&r->diverted, memory_order_relaxed);

    if (divert != NULL)
        atomic_store_explicit(divert, 0, memory_order_relaxed);
    atomic_store_explicit(&r->diverted, NULL, memory_order_relaxed);
}

/* 0: somebody has it. */
static int take_divert(struct promc__region *r)
{
    int rc = pthread_mutex_trylock(&r->divert_lock);

    if (rc != 0 && rc != EOWNERDEAD)
        return 0;
    stop_diverting(r);
    if (rc == EOWNERDEAD)
        pthread_mutex_consistent(&r->divert_lock);
    return 1;
}

/* For one update: a few nanoseconds, as in lane.c. */
static struct promc__lane *borrow(struct promc__shared *sh)
{
    for (unsigned round = 1;; round++) {
        for (uint32_t i = 0; i < PROMC__SHARED_LENT; i++)
            if (promc__shared_take(&sh->lanes[i])) {
                mark_used(sh->region, &sh->lanes[i]);
                return &sh->lanes[i];
            }
        if (round % 64 == 0)
            sched_yield();
    }
}

promc__word *promc__shared_begin(struct promc__work *w, uint32_t slot, int divert)
{
    struct promc__shared *sh = home_of(slot);
    struct promc__lane *lane =
        NULL; /* unless this thread's may be written to, as in lane.c */

    if (divert) {
        if (take_divert(sh->region)) /* there is no reader: no need the next time */
            pthread_mutex_unlock(&sh->region->divert_lock);
    } else if (w->was == 0 && w->lane != &promc__no_lane && !w->lane->lent) {
        lane = own(sh, w->lane, slot);
    }
    if (lane == NULL) {
        promc__end(w);
        w->lane = lane = borrow(sh);
        w->was = PROMC__BORROWED;
    }
    return promc__lane_cell(lane, slot);
}

int promc__shared_divert(uint32_t slot, _Atomic uint32_t *divert)
{
    struct promc__region *r = home_of(slot)->region;

    if (!take_divert(r))
        return 0;
    /* noted first: if this process is killed in between, somebody finds it */
    atomic_store_explicit(&r->diverted, divert, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(divert, 1, memory_order_relaxed);
    return 1;
}

void promc__shared_undivert(uint32_t slot)
{
    struct promc__region *r = home_of(slot)->region;

    stop_diverting(r);
    pthread_mutex_unlock(&r->divert_lock);
}

/* The chunks that @mine knows of a registry. */
static void forget_chunks(const struct promc__shared *sh, struct promc__lane *mine)
{
    uint32_t n = atomic_load_explicit(&sh->region->chunks, memory_order_acquire);

    for (uint32_t i = 0; i < n; i++)
        atomic_store_explicit(&mine->chunk[sh->first_chunk + i], NULL,
                              memory_order_relaxed);
}

static void detach(struct promc__lane *mine, uint32_t id)
{
    struct promc__lane *l = mine->there[id];

    mine->ask_again[id] = 0;
    if (l == NULL)
        return;
    mine->there[id] = NULL;
    forget_chunks(l->home, mine);
    promc__shared_give(l);
    promc__shared_drop(l->home);
}

void promc__shared_detach(struct promc__lane *mine)
{
    for (uint32_t i = 0; i < PROMC__SHARED_MAX; i++)
        detach(mine, i);
}

void promc__shared_leave(const struct promc__shared *sh)
{
    if (promc__my_lane != &promc__no_lane)
        detach(promc__my_lane, sh->id);
}

/* --- fork ------------------------------------------------------------------------------- */

void promc__shared_forget(struct promc__lane *mine)
{
    for (uint32_t i = 0; i < PROMC__SHARED_MAX; i++) {
        const struct promc__lane *l = mine->there[i];

        mine->ask_again[i] = 0;
        if (l == NULL)
            continue;
        mine->there[i] = NULL;
        forget_chunks(l->home, mine);
    }
}

void promc__shared_fork_child(void)
{
    for (uint32_t i = 0; i < PROMC__SHARED_MAX; i++) {
        struct promc__shared *sh =
            atomic_load_explicit(&registries[i], memory_order_relaxed);

        if (sh == NULL)
            continue;
        /* no thread here has a lane there */
        atomic_store_explicit(&sh->holders, 1, memory_order_relaxed);
        if (sh->freed)
            promc__shared_drop(sh);
    }
}

/* --- slots and stock -------------------------------------------------------------------- */

/* From the top of what is left in this step. */
static promc__word *new_chunk(struct promc__shared_state *next)
{
    if ((size_t)(next->top - next->at) < CHUNK_BYTES)
        return NULL;
    next->top -= CHUNK_BYTES;
    return (promc__word *)(void *)next->top;
}

/* One more chunk for each lane that is ready. Nobody looks at it before the step is done. */
static int grow(struct promc__shared *sh, struct promc__shared_state *next)
{
    if (next->chunks == PROMC__SHARED_CHUNKS)
        return -ENOSPC;
    for (uint32_t i = 0; i < next->lanes; i++) {
        promc__word *chunk = new_chunk(next);

        if (chunk == NULL)
            return -ENOMEM;
        /* release pairs with the acquire in own() and promc__lane_cell() */
        atomic_store_explicit(&sh->lanes[i].chunk[sh->first_chunk + next->chunks], chunk,
                              memory_order_release);
    }
    next->chunks++;
    return 0;
}

int promc__shared_slot(struct promc__shared *sh, uint32_t words, uint32_t *slot)
{
    struct promc__shared_state *next =
        &sh->region->state[1 - atomic_load_explicit(&sh->region->current,
                                                    memory_order_relaxed)];
    uint32_t at = next->words;

    if (words > PROMC__LANE_CHUNK - PROMC__NOTE_WORDS)
        return -ENOSPC;
    *slot = sh->first_chunk << PROMC__LANE_SHIFT;
    if (words == 0) { /* a word that nobody uses */
        *slot += PROMC__NOTE_WORDS - 1;
        return 0;
    }
    if (words >= ALIGN_WORDS) {
        words = (words + ALIGN_WORDS - 1) & ~(ALIGN_WORDS - 1);
        at = (at + ALIGN_WORDS - 1) & ~(ALIGN_WORDS - 1);
    }
    if (at + words > next->chunks << PROMC__LANE_SHIFT) {
        at = (next->chunks << PROMC__LANE_SHIFT) + PROMC__NOTE_WORDS;
        if (grow(sh, next) != 0)
            return -ENOMEM;
    }
    *slot += at;
    next->words = at + words;
    return 0;
}

/* Under the lock. */
static int add_lane(struct promc__shared *sh)
{
    struct promc__shared_state *next = promc__shared_step(sh);
    struct promc__lane *lane = &sh->lanes[next->lanes];

    for (uint32_t i = 0; i < next->chunks; i++) {
        promc__word *chunk = new_chunk(next);

        if (chunk == NULL)
            return -ENOMEM;
        atomic_store_explicit(&lane->chunk[sh->first_chunk + i], chunk,
                              memory_order_relaxed);
    }
    lane->home = sh;
    lane->lent = next->lanes < PROMC__SHARED_LENT;
    if (promc__shared_mutex_init(&lane->mutex) != 0)
        return -ENOMEM;
    next->lanes++;
    promc__shared_commit(sh);
    return 0;
}

int promc__shared_restock(struct promc__shared *sh)
{
    uint32_t stock = 0;
    uint32_t n;
    int rc = 0;

    if (!promc__shared_try_lock(sh))
        return 0;
    n = atomic_load_explicit(&sh->region->lanes, memory_order_relaxed);
    for (uint32_t i = PROMC__SHARED_LENT; i < n && stock < STOCK; i++)
        if (promc__shared_take(&sh->lanes[i])) {
            promc__shared_give(&sh->lanes[i]);
            stock++;
        }
    while (rc == 0 && n < sh->max_lanes && (n < PROMC__SHARED_LENT || stock < STOCK)) {
        rc = add_lane(sh);
        stock += n++ >= PROMC__SHARED_LENT;
    }
    promc__shared_unlock(sh);
    return rc;
}
