/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - the stock of lanes, who has which, and where slots come from.
 */
#include "config.h"
#include "lane.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "alloc.h"
#include "shared.h"

enum {
    STOCK = 8,      /* lanes kept ready for threads to come */
    LENT_LANES = 4, /* lent to threads that find none */
    SPINS = 1000,   /* of a reader, before it sleeps instead */
    NAPS = 20000
};
#define ALIGN_WORDS 8u /* a cache line */

/* What a thread has before its first update: a lane without a single chunk. */
struct promc__lane promc__no_lane;

__thread struct promc__lane *promc__my_lane __attribute__((tls_model("initial-exec"))) =
    &promc__no_lane;

_Atomic uint32_t promc__forks;
_Atomic(struct promc__lane *) promc__lanes_used;

/* Under lock: everything below but the list of lanes, which only grows and is read without. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct promc__lane *) lanes;
static unsigned n_lent;
/* Slots handed out so far, and the chunks that every lane has, but for the first, which none
 * has: PROMC__SLOT_GONE. */
static uint32_t words_used = PROMC__LANE_CHUNK;
static size_t chunks_mapped = 1;
static size_t page_chunks_mapped;

/* Returned slots, by size. The link to the next one is kept here and not in the lanes. */
struct free_slot {
    struct free_slot *next;
    uint32_t slot;
};
enum { ZEROED, KEPT, KINDS };
static struct free_slot *free_slots[KINDS][PROMC__LANE_CHUNK + 1];
static struct free_slot *free_nodes;

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int have_key;

/* A thread ends: its lane, with its sums, waits for the next one. */
static void detach(void *arg)
{
    struct promc__lane *lane = arg;

    promc__my_lane = &promc__no_lane;
    promc__shared_detach(lane);
    /* release pairs with the acquire in take(): the next owner sees the last update */
    atomic_store_explicit(&lane->owner, PROMC__LANE_FREE, memory_order_release);
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, detach) == 0;
}

static int take(struct promc__lane *lane)
{
    uint32_t expected = PROMC__LANE_FREE;

    if (lane->home != NULL)
        return promc__shared_take(lane);
    if (atomic_load_explicit(&lane->owner, memory_order_relaxed) != PROMC__LANE_FREE)
        return 0;
    /* acquire pairs with the release in detach() and promc__lane_release() */
    return atomic_compare_exchange_strong_explicit(
        &lane->owner, &expected, PROMC__LANE_OWNED, memory_order_acquire,
        memory_order_relaxed);
}

static struct promc__lane *all_lanes(void)
{
    /* acquire pairs with the release in add_lane(): the lane is complete first */
    return atomic_load_explicit(&lanes, memory_order_acquire);
}

/* This thread has the lane and is about to write to it: let readers know. */
static void mark_used(struct promc__lane *lane)
{
    if (lane->used)
        return;
    lane->used = 1;
    lane->next_used = promc__lane_first();
    /* release pairs with the acquire in promc__lane_first() */
    while (!atomic_compare_exchange_weak_explicit(&promc__lanes_used, &lane->next_used,
                                                  lane, memory_order_release,
                                                  memory_order_acquire))
        ;
}

/* Bind a free lane to this thread for good. NULL when there is none in stock. */
static struct promc__lane *attach(void)
{
    pthread_once(&key_once, make_key);
    if (!have_key)
        return NULL;
    for (struct promc__lane *l = all_lanes(); l != NULL; l = l->next) {
        if (l->lent || !take(l))
            continue;
        if (pthread_setspecific(key, l) != 0) {
            /* nobody would give the lane back at the thread's end: do without */
            promc__lane_release(l);
            return NULL;
        }
        mark_used(l);
        promc__my_lane = l;
        return l;
    }
    return NULL;
}

/* Held for one update only, a few nanoseconds; with several of them the wait for a free one is
 * not worth a better way. */
static struct promc__lane *borrow(void)
{
    for (unsigned round = 1;; round++) {
        for (struct promc__lane *lane = all_lanes(); lane != NULL; lane = lane->next)
            if (lane->lent && take(lane)) {
                mark_used(lane);
                return lane;
            }
        if (round % 64 == 0)
            sched_yield();
    }
}

promc__word *promc__begin(struct promc__work *w, _Atomic uint32_t *slot, int divert)
{
    promc__word *cell;
    uint32_t at;

    if (promc__my_lane == &promc__no_lane && !divert)
        attach();
    promc__begin_at(w, promc__my_lane, &promc__my_lane->busy);
    /* again: it may have gone before the lane was ours */
    at = atomic_load_explicit(slot, memory_order_relaxed);
    if (at >= PROMC__SHARED_SLOTS)
        return promc__shared_begin(w, at, divert);
    cell = promc__lane_cell(w->lane, at);
    /* A lane that was busy, under a signal handler, is in the middle of something: keep off it.
     * One that is lent was so to a look-up around this. */
    if (at == PROMC__SLOT_GONE ||
        (cell != NULL && w->was == 0 && (!divert || w->lane->lent)))
        return cell;
    promc__end(w);
    w->lane = borrow();
    w->was = PROMC__BORROWED;
    return promc__lane_cell(w->lane, atomic_load_explicit(slot, memory_order_relaxed));
}

void promc__look_slow(struct promc__work *w)
{
    if (attach() != NULL) {
        promc__begin_at(w, promc__my_lane, &promc__my_lane->looking);
        return;
    }
    promc__my_lane = w->lane = borrow();
    w->was = PROMC__BORROWED_TO_LOOK;
}

void promc__end_borrowed(const struct promc__work *w)
{
    if (w->was == PROMC__BORROWED_TO_LOOK)
        promc__my_lane = &promc__no_lane;
    promc__lane_release(w->lane);
}

int promc__lane_try_claim(struct promc__lane *lane)
{
    return take(lane);
}

int promc__lane_claim(struct promc__lane *lane)
{
    for (unsigned i = 1; !take(lane); i++)
        if (!promc__lane_wait(i))
            return 0;
    return 1;
}

void promc__lane_release(struct promc__lane *lane)
{
    if (lane->home != NULL)
        promc__shared_give(lane);
    else
        /* release pairs with the acquire in take() */
        atomic_store_explicit(&lane->owner, PROMC__LANE_FREE, memory_order_release);
}

int promc__lane_divert(uint32_t slot, _Atomic uint32_t *divert)
{
    if (slot >= PROMC__SHARED_SLOTS)
        return promc__shared_divert(slot, divert);
    atomic_fetch_add_explicit(divert, 1, memory_order_relaxed);
    return 1;
}

void promc__lane_undivert(uint32_t slot, _Atomic uint32_t *divert)
{
    if (slot >= PROMC__SHARED_SLOTS)
        promc__shared_undivert(slot);
    else
        atomic_fetch_sub_explicit(divert, 1, memory_order_relaxed);
}

int promc__lane_wait(unsigned i)
{
    static const struct timespec nap = { 0, 50000 };

    if (i <= SPINS) {
        if (i % 16 == 0)
            sched_yield();
    } else {
        nanosleep(&nap, NULL);
    }
    return i < SPINS + NAPS;
}

/* Words and pages come in chunks of the same number of bytes. */
#define CHUNK_BYTES (PROMC__LANE_CHUNK * sizeof(promc__word))

static int add_chunk(struct promc__lane *lane, size_t i)
{
    promc__word *chunk;

    if (atomic_load_explicit(&lane->chunk[i], memory_order_relaxed) != NULL)
        return 0;
    chunk = promc__map(CHUNK_BYTES);
    if (chunk == NULL)
        return -ENOMEM;
    /* release pairs with the acquire in promc__lane_cell() */
    atomic_store_explicit(&lane->chunk[i], chunk, memory_order_release);
    return 0;
}

static int add_page_chunk(struct promc__lane *lane, size_t i)
{
    struct promc__page *chunk;

    if (atomic_load_explicit(&lane->page_chunk[i], memory_order_relaxed) != NULL)
        return 0;
    chunk = promc__map(CHUNK_BYTES);
    if (chunk == NULL)
        return -ENOMEM;
    /* release pairs with the acquire in sketch.c */
    atomic_store_explicit(&lane->page_chunk[i], chunk, memory_order_release);
    return 0;
}

/* Give a lane every chunk the others have. What a failure leaves mapped is used next time. */
static int complete_lane(struct promc__lane *lane)
{
    for (size_t i = 1; i < chunks_mapped; i++)
        if (add_chunk(lane, i) != 0)
            return -ENOMEM;
    for (size_t i = 0; i < page_chunks_mapped; i++)
        if (add_page_chunk(lane, i) != 0)
            return -ENOMEM;
    return 0;
}

static void unmap_lane(struct promc__lane *lane)
{
    for (size_t i = 0; i < PROMC__LANE_CHUNKS; i++)
        promc__unmap(atomic_load_explicit(&lane->chunk[i], memory_order_relaxed),
                     CHUNK_BYTES);
    for (size_t i = 0; i < PROMC__PAGE_CHUNKS; i++)
        promc__unmap(atomic_load_explicit(&lane->page_chunk[i], memory_order_relaxed),
                     CHUNK_BYTES);
    promc__unmap(lane, sizeof *lane);
}

static int add_lane(int lent)
{
    struct promc__lane *lane = promc__map(sizeof *lane);

    if (lane == NULL)
        return -ENOMEM;
    if (complete_lane(lane) != 0) {
        unmap_lane(lane);
        return -ENOMEM;
    }
    lane->lent = lent != 0;
    lane->next = all_lanes();
    atomic_store_explicit(&lanes, lane,
                          memory_order_release); /* pairs with all_lanes() */
    return 0;
}

static int restock_locked(void)
{
    unsigned stock = 0;

    while (n_lent < LENT_LANES) {
        if (add_lane(1) != 0)
            return -ENOMEM;
        n_lent++;
    }
    for (struct promc__lane *l = all_lanes(); l != NULL; l = l->next)
        if (!l->lent &&
            atomic_load_explicit(&l->owner, memory_order_relaxed) == PROMC__LANE_FREE)
            stock++;
    for (; stock < STOCK; stock++)
        if (add_lane(0) != 0)
            return -ENOMEM;
    return 0;
}

int promc__lane_restock(void)
{
    int rc;

    pthread_mutex_lock(&lock);
    rc = restock_locked();
    pthread_mutex_unlock(&lock);
    return rc;
}

/* Map chunks in every lane until @words slots fit. All lanes get them, or words_used does not
 * move; a lane that lacks a chunk would only send its thread to the lent lanes, which must
 * never lack one. */
static int grow_to(uint32_t words)
{
    size_t need = ((size_t)words + PROMC__LANE_CHUNK - 1) >> PROMC__LANE_SHIFT;

    if (need > PROMC__LANE_CHUNKS)
        return -ENOSPC;
    for (size_t i = chunks_mapped; i < need; i++) {
        for (struct promc__lane *l = all_lanes(); l != NULL; l = l->next)
            if (add_chunk(l, i) != 0)
                return -ENOMEM;
        chunks_mapped = i + 1;
    }
    return 0;
}

/* Runs of a cache line or more start on one and are whole lines long. */
static uint32_t round_words(uint32_t words)
{
    return words < ALIGN_WORDS ? words : (words + ALIGN_WORDS - 1) & ~(ALIGN_WORDS - 1);
}

static int slot_alloc_locked(int kind, uint32_t words, uint32_t *slot)
{
    uint32_t at = words_used;
    struct free_slot *f = free_slots[kind][words];
    int rc;

    rc = restock_locked(); /* threads may have come since; without a stock they can do */
    if (n_lent < LENT_LANES)
        return rc;
    if (f != NULL) {
        *slot = f->slot;
        free_slots[kind][words] = f->next;
        f->next = free_nodes;
        free_nodes = f;
        return 0;
    }
    if (words >= ALIGN_WORDS)
        at = (at + ALIGN_WORDS - 1) & ~(ALIGN_WORDS - 1);
    if ((at & (PROMC__LANE_CHUNK - 1)) + words > PROMC__LANE_CHUNK)
        at = (at + PROMC__LANE_CHUNK - 1) & ~(PROMC__LANE_CHUNK - 1);
    rc = grow_to(at + words);
    if (rc != 0)
        return rc;
    *slot = at;
    words_used = at + words;
    return 0;
}

static int slot_alloc(int kind, uint32_t words, uint32_t *slot)
{
    int rc;

    pthread_mutex_lock(&lock);
    rc = slot_alloc_locked(kind, round_words(words), slot);
    pthread_mutex_unlock(&lock);
    return rc;
}

static void slot_free(int kind, uint32_t slot, uint32_t words)
{
    struct free_slot *f;

    pthread_mutex_lock(&lock);
    f = free_nodes;
    if (f != NULL)
        free_nodes = f->next;
    else
        f = promc__malloc(sizeof *f);
    if (f != NULL) { /* else the slot is lost, which costs a few words */
        f->slot = slot;
        f->next = free_slots[kind][words];
        free_slots[kind][words] = f;
    }
    pthread_mutex_unlock(&lock);
}

int promc__slot_alloc(uint32_t words, uint32_t *slot)
{
    return slot_alloc(ZEROED, words, slot);
}

int promc__slot_alloc_kept(uint32_t words, uint32_t *slot)
{
    return slot_alloc(KEPT, words, slot);
}

void promc__slot_free(uint32_t slot, uint32_t words)
{
    words = round_words(words);
    for (struct promc__lane *l = promc__lane_first(); l != NULL;
         l = promc__lane_next(l)) {
        promc__word *cell = promc__lane_cell(l, slot);

        /* memory that was never written to stays so */
        for (uint32_t i = 0; i < words; i++)
            if (promc__get(&cell[i]) != 0)
                promc__put(&cell[i], 0);
    }
    slot_free(ZEROED, slot, words);
}

void promc__slot_free_kept(uint32_t slot, uint32_t words)
{
    slot_free(KEPT, slot, round_words(words));
}

int promc__pages_reserve(size_t chunks)
{
    int rc = 0;

    pthread_mutex_lock(&lock);
    while (rc == 0 && page_chunks_mapped < chunks) {
        if (page_chunks_mapped == PROMC__PAGE_CHUNKS)
            rc = -ENOSPC;
        for (struct promc__lane *l = all_lanes(); rc == 0 && l != NULL; l = l->next)
            rc = add_page_chunk(l, page_chunks_mapped);
        if (rc == 0)
            page_chunks_mapped++;
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

void promc__lane_fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

void promc__lane_fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

/* Only the thread that called fork() lives on; what others held is free again, sums intact.
 * An update that was cut in two stays half done, which a reader of a free lane knows. */
void promc__lane_fork_child(void)
{
    struct promc__lane *used = NULL;

    for (struct promc__lane *l = all_lanes(); l != NULL; l = l->next) {
        if (l != promc__my_lane) {
            atomic_store_explicit(&l->owner, PROMC__LANE_FREE, memory_order_relaxed);
            atomic_store_explicit(&l->busy, 0, memory_order_relaxed);
            atomic_store_explicit(&l->looking, 0, memory_order_relaxed);
        }
        promc__shared_forget(l); /* the lanes there are still the parent's */
        if (l->used) {           /* anew: fork() may have cut a mark_used() short */
            l->next_used = used;
            used = l;
        }
    }
    /* relaxed: there is no other thread yet */
    atomic_store_explicit(&promc__lanes_used, used, memory_order_relaxed);
    atomic_fetch_add_explicit(&promc__forks, 1, memory_order_relaxed);
    promc__shared_fork_child();
    pthread_mutex_unlock(&lock);
}
