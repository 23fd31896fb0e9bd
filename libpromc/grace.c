/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grace.c - grace periods. They are numbered; each lane keeps the number of the last one that
 * its thread is known to have left behind, so that a thread which is found busy today and
 * another one tomorrow do not hold things up for ever.
 */
#include "config.h"
#include "grace.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lane.h"

#ifdef __linux__
#include <linux/membarrier.h>
#endif

enum {
    LOOKS = 200
}; /* at a lane: one that is being updated all the time is idle in between */

static _Atomic uint64_t last; /* grace periods begun */
static _Atomic int barriers_off;

void promc__grace_no_barriers(int on)
{
    atomic_store_explicit(&barriers_off, on, memory_order_relaxed);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Every thread of this process passes a full barrier before this returns 1. */
static int barrier_everywhere(void)
{
#if defined(__linux__) && defined(SYS_membarrier)
    if (atomic_load_explicit(&barriers_off, memory_order_relaxed))
        return 0;
    /* refused until the process has registered, which is lost with exec() and kept in fork() */
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
        return 1;
    return errno == EPERM &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) ==
               0 &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
    return 0;
#endif
}

struct promc__grace promc__grace_begin(void)
{
    struct promc__grace g = { 0, 0 };

    atomic_thread_fence(
        memory_order_seq_cst); /* of this thread: what it took out of reach */
    if (!barrier_everywhere())
        g.not_before = now_ns() + 1000000000u; /* no store takes that long to arrive */
    /* pairs with itself: behind a later number are the barriers of the earlier ones */
    g.number = atomic_fetch_add_explicit(&last, 1, memory_order_acq_rel) + 1;
    return g;
}

static int busy(struct promc__lane *lane)
{
    /* acquire pairs with the release in promc__end(), and in promc__lane_release(): what the
     * thread read, it has read */
    if (lane->lent)
        return atomic_load_explicit(&lane->owner, memory_order_acquire) !=
               PROMC__LANE_FREE;
    return atomic_load_explicit(&lane->busy, memory_order_acquire) != 0 ||
           atomic_load_explicit(&lane->looking, memory_order_acquire) != 0;
}

/* Look whether the lane's thread has left grace period @number behind. */
static int leave_behind(struct promc__lane *lane, uint64_t number)
{
    /* acquire pairs with the release below: another thread saw it idle */
    if (atomic_load_explicit(&lane->idle, memory_order_acquire) >= number)
        return 1;
    for (unsigned i = 0; i < LOOKS; i++)
        if (!busy(lane)) {
            /* not of one that has begun since: without barriers it may be too soon for that */
            atomic_store_explicit(&lane->idle, number, memory_order_release);
            return 1;
        }
    return 0;
}

int promc__grace_over(const struct promc__grace *g)
{
    int all = 1;

    if (g->not_before != 0 && now_ns() < g->not_before)
        return 0;
    for (struct promc__lane *l = promc__lane_first(); l != NULL; l = promc__lane_next(l))
        all &= leave_behind(l, g->number);
    return all;
}
