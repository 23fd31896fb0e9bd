/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - the write side: cells that only one thread writes.
 *
 * A lane is a sparse array of 64-bit words. A metric owns the same slot (word index) in every
 * lane; each thread that updates metrics owns one lane and writes to its words with plain
 * relaxed loads and stores. A reader adds the lanes up. A lane outlives its thread: it goes
 * back to the stock with its sums intact, and the next new thread carries on with it.
 *
 * Whoever writes to a lane, or looks something up that may be removed meanwhile, marks the lane
 * as busy while at it, so that what was removed is used again only when nobody can have it
 * in hand any more (grace.h).
 *
 * Taking a lane from the stock is one compare-and-swap, no lock and no allocation. The stock
 * is filled by calls that may allocate: making a registry or a series, each scrape. A
 * thread that finds it empty borrows one of a few lent lanes for the length of one update,
 * and tries again at the next.
 *
 * Slots from PROMC__SHARED_SLOTS on belong to registries in shared memory, which have lanes
 * of their own (shared.h). The lane of a thread holds pointers to the chunks of those that
 * the thread has there, so an update does not see the difference.
 */
#ifndef PROMC_LANE_H
#define PROMC_LANE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PROMC__LANE_SHIFT 12
#define PROMC__LANE_CHUNK (1u << PROMC__LANE_SHIFT) /* words in a chunk: 32 KiB */
#define PROMC__LANE_CHUNKS 16384u                   /* 64 Mi words, 512 MiB in a lane */
#define PROMC__PAGE_CHUNKS 8192u /* 256 MiB of sketch pages in a lane */
/* Beyond: slots in shared memory, so many chunks for each of so many registries. */
#define PROMC__SHARED_SLOTS (PROMC__LANE_CHUNKS << PROMC__LANE_SHIFT)
#define PROMC__SHARED_MAX 8u
#define PROMC__SHARED_CHUNKS 4096u /* 16 Mi words, 128 MiB in a lane */

/* The slot of what was removed. No lane has a chunk there: who finds no cell takes the slow way
 * anyhow, which is where this is told from a chunk that is missing. */
#define PROMC__SLOT_GONE 0u

#define promc__likely(x) __builtin_expect(!!(x), 1)
#define promc__unlikely(x) __builtin_expect(!!(x), 0)

typedef _Atomic uint64_t promc__word;

/* What a lane is for, and who has it. */
enum { PROMC__LANE_FREE, PROMC__LANE_OWNED };

struct promc__page;
struct promc__shared;

struct promc__lane {
    /* Its thread is in the middle of an update; of a look-up. Not of lent lanes. */
    _Atomic uint32_t busy, looking;
    _Atomic(promc__word *)
        chunk[PROMC__LANE_CHUNKS + PROMC__SHARED_MAX * PROMC__SHARED_CHUNKS];
    /* Pages for summary sketches, see sketch.c: whoever has the lane takes and returns them. */
    _Atomic(struct promc__page *) page_chunk[PROMC__PAGE_CHUNKS];
    _Atomic uint32_t page_next; /* pages taken so far, from the bottom */
    _Atomic uint32_t page_free; /* first of the returned ones, as index + 1; 0: none */
    _Atomic uint32_t owner;
    uint32_t used; /* was ever taken to write to; known to whoever has the lane */
    uint32_t lent; /* for single updates, never attached to a thread */
    struct promc__lane *next;
    struct promc__lane *next_used;
    _Atomic uint64_t
        idle; /* the last grace period that its thread is known to have left */
    /* Of a thread: the lanes it has in shared memory, by registry. */
    struct promc__lane *there[PROMC__SHARED_MAX];
    uint8_t ask_again[PROMC__SHARED_MAX]; /* when there was none: after so many updates */
    /* Of a lane in shared memory: its registry, and the lock of whoever has it. */
    struct promc__shared *home;
    pthread_mutex_t mutex;
};

/* This thread's lane; before the first update one without chunks. initial-exec: one
 * instruction to find it, also in a shared library. */
extern __thread struct promc__lane *promc__my_lane
    __attribute__((tls_model("initial-exec")));
extern struct promc__lane promc__no_lane;

static inline promc__word *promc__lane_cell(const struct promc__lane *lane, uint32_t slot)
{
    /* acquire pairs with the release in add_chunk(): the chunk is zeroed first */
    promc__word *chunk = atomic_load_explicit(&lane->chunk[slot >> PROMC__LANE_SHIFT],
                                              memory_order_acquire);

    return promc__likely(chunk != NULL) ? chunk + (slot & (PROMC__LANE_CHUNK - 1)) : NULL;
}

/* A thread at work: from promc__begin() or promc__look() to promc__end(). May be nested, also by
 * a signal handler. No lock may be taken inside. */
struct promc__work {
    struct promc__lane *lane;
    _Atomic uint32_t *mark; /* of the lane's: busy, or looking */
    uint32_t was; /* what it is again afterwards; or how the lane was borrowed */
};
enum { PROMC__BORROWED = 2, PROMC__BORROWED_TO_LOOK };

static inline void promc__mark(_Atomic uint32_t *mark)
{
    /* relaxed, and the processor may do it late: promc__grace_begin() sees to that */
    atomic_store_explicit(mark, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void promc__unmark(_Atomic uint32_t *mark, uint32_t was)
{
    /* release pairs with the acquire in promc__grace_over() */
    atomic_store_explicit(mark, was, memory_order_release);
}

/* Begin an update the quick way: the cell to write to, of this thread's own lane. NULL: that
 * takes promc__begin(), and nothing is to be ended. A lane that is busy already, under a signal
 * handler, is for that, too: not to depend on what it was spares an update the wait for the
 * stores of the one before. */
static inline promc__word *promc__quick_begin(struct promc__work *w,
                                              _Atomic uint32_t *slot, int divert)
{
    promc__word *cell;

    w->lane = promc__my_lane;
    if (promc__unlikely(atomic_load_explicit(&w->lane->busy, memory_order_relaxed) != 0))
        return NULL;
    promc__mark(&w->lane->busy);
    cell = promc__lane_cell(w->lane, atomic_load_explicit(slot, memory_order_relaxed));
    if (promc__likely(cell != NULL && !divert))
        return cell;
    promc__unmark(&w->lane->busy, 0);
    return NULL;
}

static inline void promc__quick_end(const struct promc__work *w)
{
    promc__unmark(&w->lane->busy, 0);
}

/* Begin an update any way, with @divert in a lent lane. NULL: @slot is PROMC__SLOT_GONE. */
promc__word *promc__begin(struct promc__work *w, _Atomic uint32_t *slot, int divert);
void promc__end_borrowed(const struct promc__work *w);
void promc__look_slow(struct promc__work *w);

/* Set a mark of this thread's lane, whatever it was. */
static inline void promc__begin_at(struct promc__work *w, struct promc__lane *lane,
                                   _Atomic uint32_t *mark)
{
    w->lane = lane;
    w->mark = mark;
    w->was = atomic_load_explicit(mark, memory_order_relaxed);
    promc__mark(mark);
}

/* Begin to look something up: what is found stays until the end. */
static inline void promc__look(struct promc__work *w)
{
    struct promc__lane *lane = promc__my_lane;

    promc__begin_at(w, lane, &lane->looking);
    if (promc__unlikely(lane == &promc__no_lane))
        promc__look_slow(w);
}

static inline void promc__end(const struct promc__work *w)
{
    if (promc__likely(w->was < PROMC__BORROWED))
        promc__unmark(w->mark, w->was);
    else
        promc__end_borrowed(w);
}

/* All lanes that were ever written to:
 * for (l = promc__lane_first(); l != NULL; l = promc__lane_next(l))
 * A list of their own, because scrapes walk it for each series. */
extern _Atomic(struct promc__lane *) promc__lanes_used;

static inline struct promc__lane *promc__lane_first(void)
{
    /* acquire pairs with the release in mark_used(): next_used is there */
    return atomic_load_explicit(&promc__lanes_used, memory_order_acquire);
}

static inline struct promc__lane *promc__lane_next(const struct promc__lane *lane)
{
    return lane->next_used;
}

/* The same for the lanes that this slot has: in shared memory they are a list of their own. */
struct promc__lane *promc__shared_lanes(uint32_t slot);

static inline struct promc__lane *promc__lane_first_of(uint32_t slot)
{
    return promc__likely(slot < PROMC__SHARED_SLOTS) ? promc__lane_first()
                                                     : promc__shared_lanes(slot);
}

/* For readers: keep everybody out of a lent or a free lane while a group of words is read.
 * try: 0 when somebody has it. promc__lane_claim: 0 when somebody has had it for as long as
 * promc__lane_wait() waits, which only a process that was stopped can. */
int promc__lane_try_claim(struct promc__lane *lane);
int promc__lane_claim(struct promc__lane *lane);
void promc__lane_release(struct promc__lane *lane);

/* Have new updates of a slot go to the lent lanes: *@divert, which its updates look at, is not
 * 0 until promc__lane_undivert(). Returns 0 when that is not possible just now. */
int promc__lane_divert(uint32_t slot, _Atomic uint32_t *divert);
void promc__lane_undivert(uint32_t slot, _Atomic uint32_t *divert);

/* A pause of a reader that meets an update which has begun, the @i-th from 1. The writer may
 * be without a processor for as long as others are busy, so the pauses become sleeps. Returns 0
 * after about two seconds: then its thread has been stopped for good. */
int promc__lane_wait(unsigned i);

/* A run of @words consecutive words (at most a chunk), the same in every lane, zero in all of
 * them; 8 and more start on a cache line. Returns 0 and *slot, or -ENOMEM, -ENOSPC. */
int promc__slot_alloc(uint32_t words, uint32_t *slot);
/* Give it back with the same @words; nobody may write to it any more. Zeroed here. */
void promc__slot_free(uint32_t slot, uint32_t words);

/* The same for runs whose words may only be changed by the lane's owner, because they point to
 * more: they come as their last user left them, or zero. */
int promc__slot_alloc_kept(uint32_t words, uint32_t *slot);
void promc__slot_free_kept(uint32_t slot, uint32_t words);

/* See that every lane has this many page chunks (at most PROMC__PAGE_CHUNKS). Returns 0, -ENOMEM, -ENOSPC. */
int promc__pages_reserve(size_t chunks);

/* Keep a few lanes in stock; called where allocating is allowed. Returns 0 or -ENOMEM. */
int promc__lane_restock(void);

/* For fork(): hold and release the allocator's lock; in the child free what dead threads
 * held. */
void promc__lane_fork_prepare(void);
void promc__lane_fork_parent(void);
void promc__lane_fork_child(void);

/* How often this process came out of a fork(): what a thread began under another number, it
 * will never finish. */
extern _Atomic uint32_t promc__forks;

/* Doubles in words. */
static inline double promc__as_double(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline uint64_t promc__as_bits(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* A word that only this thread writes: load and store need no order of their own. */
static inline uint64_t promc__get(promc__word *w)
{
    return atomic_load_explicit(w, memory_order_relaxed);
}

static inline void promc__put(promc__word *w, uint64_t v)
{
    atomic_store_explicit(w, v, memory_order_relaxed);
}

static inline void promc__put_double_add(promc__word *w, double v)
{
    promc__put(w, promc__as_bits(promc__as_double(promc__get(w)) + v));
}

/* In shared memory the first words of each chunk are a note, of a group of words that is about
 * to change: should its process be killed in the middle, the next owner of the lane sets things
 * right. @seq, the sequence count of the group, is odd while the note holds; @a and @b are the
 * words that will change. */
#define PROMC__NOTE_WORDS 8u
enum { PROMC__NOTE_WHERE, PROMC__NOTE_A, PROMC__NOTE_B };

static inline void promc__lane_note(promc__word *seq, promc__word *a, promc__word *b)
{
    promc__word *chunk =
        (promc__word *)((uintptr_t)seq & ~(PROMC__LANE_CHUNK * sizeof *seq - 1));

    promc__put(&chunk[PROMC__NOTE_WHERE], (uint64_t)(seq - chunk) |
                                              (uint64_t)(a - chunk) << 16 |
                                              (uint64_t)(b - chunk) << 32);
    promc__put(&chunk[PROMC__NOTE_A], promc__get(a));
    promc__put(&chunk[PROMC__NOTE_B], promc__get(b));
    /* A killed thread has done all that stands before the place where it was killed, and
     * nothing behind it: what matters is the order in the program. */
    atomic_signal_fence(memory_order_seq_cst);
}

#endif /* PROMC_LANE_H */
