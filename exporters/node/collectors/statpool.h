/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statpool.h - ask many mount points something, without ever waiting for one that does not
 * answer.
 *
 * statfs(2), or open(2), on a dead network or FUSE mount sleeps in the kernel, and nothing can wake
 * it. So the calls are made by threads that can be left behind. One thread asks all
 * mounts in turn; only when a call takes noticeably long does another thread carry on
 * with the rest. A mount whose call has been left behind is not asked again before that
 * call has returned, so it costs one thread, however often it is scraped.
 */
#ifndef NODE_STATPOOL_H
#define NODE_STATPOOL_H

#include <stddef.h>
#include <stdint.h>

/* Ask a mount point. Fills *answer and returns 0, or returns -1 and sets errno. Runs in
 * another thread, and may go on long after the run. */
typedef int statpool_fn(const char *path, void *answer);

enum stat_state {
    STAT_WAITING, /* before the answer */
    STAT_RUNNING,
    STAT_DONE,    /* answered: see error and buf */
    STAT_TIMEOUT, /* no answer in time, for the first time */
    STAT_STUCK,   /* not asked: an earlier call has not returned yet */
};

struct stat_request {
    const char *path; /* good during the run; longer than PATH_MAX: ENAMETOOLONG */
    uint64_t id;      /* with path tells mounts apart: another file system may be mounted
                         where the dead one was */
    enum stat_state state;
    int error;    /* errno of the call; 0: answer is filled */
    void *answer; /* the caller's, as large as the pool's answers; NULL: not wanted */
};

struct statpool;

/* Calls of fn have answers of that size. At most max_threads calls are under way, stuck ones included. NULL: out of memory. */
struct statpool *statpool_new(statpool_fn *fn, size_t answer_size, unsigned max_threads);

/* Answer n requests. Each has timeout_ns from the start of its call, and all of them have
 * until deadline_ns (CLOCK_MONOTONIC). Afterwards each is DONE, TIMEOUT or STUCK. One
 * call at a time. Returns 0, or -errno when not even one thread could be started. */
int statpool_run(struct statpool *pool, struct stat_request *req, size_t n,
                 uint64_t timeout_ns, uint64_t deadline_ns);

/* Whether a call about this mount has been left behind and has not returned yet. Any
 * thread. */
int statpool_is_stuck(struct statpool *pool, const char *path, uint64_t id);

/* How many threads there are, idle ones included. */
unsigned statpool_threads(struct statpool *pool);

/* Give the pool up. Threads that are stuck stay behind and release the memory when, if
 * ever, they return. */
void statpool_free(struct statpool *pool);

#endif /* NODE_STATPOOL_H */
