/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statpool.c - ask many mount points something, without ever waiting for one that does not
 * answer.
 *
 * One lock guards everything. A thread holds it only between two calls, so that in the
 * usual case, one thread and nothing stuck, it is never contended.
 */
#include "config.h"

#include "node/collectors/statpool.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

/* A call that takes longer than this no longer holds up the mounts behind it. */
#define PATIENCE_NS ((uint64_t)10 * 1000 * 1000)
/* Enough for a system call and the log. */
#define STACK_SIZE ((size_t)128 * 1024)

/* A thread. Owns copies of all that its call needs, since it may outlive the run. */
struct worker {
    struct worker *next;
    struct statpool *pool;
    struct stat_request *req; /* what it works for; NULL: idle, or left behind */
    int busy;                 /* in a call */
    uint64_t since;           /* when the call began */
    uint64_t id;
    char path[PATH_MAX];
    max_align_t answer[];
};

struct statpool {
    pthread_mutex_t lock;
    pthread_cond_t work; /* for the threads: requests wait, or the end has come */
    pthread_cond_t done; /* for the run: nothing waits and nobody works for it */
    statpool_fn *fn;
    size_t answer_size;
    unsigned max_threads;
    int closing;

    struct worker *workers;
    unsigned n_workers, n_idle, n_stuck;

    struct stat_request
        *req; /* the run: n requests, of which those before next are begun */
    size_t n, next;
    size_t open; /* requests that are not finished */
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct statpool *statpool_new(statpool_fn *fn, size_t answer_size, unsigned max_threads)
{
    struct statpool *pool = calloc(1, sizeof(*pool));
    pthread_condattr_t attr;

    if (!pool)
        return NULL;
    pool->fn = fn;
    pool->answer_size = answer_size;
    pool->max_threads = max_threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->done, &attr);
    pthread_condattr_destroy(&attr);
    return pool;
}

static void pool_destroy(struct statpool *pool)
{
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Take the next waiting request, or NULL. Skips those that are finished without a call.
 */
static struct stat_request *take(struct statpool *pool)
{
    while (pool->next < pool->n) {
        struct stat_request *r = &pool->req[pool->next++];

        if (r->state == STAT_WAITING)
            return r;
    }
    return NULL;
}

static void finish(struct statpool *pool, struct stat_request *r, enum stat_state state)
{
    r->state = state;
    if (--pool->open == 0)
        pthread_cond_signal(&pool->done);
}

/* Make one call, with the lock held before and after but not during it. */
static void answer(struct statpool *pool, struct worker *w, struct stat_request *r)
{
    int error = 0;

    w->req = r;
    w->id = r->id;
    w->since = now_ns();
    w->busy = 1;
    r->state = STAT_RUNNING;
    memcpy(w->path, r->path, strlen(r->path) + 1); /* prepare() has measured it */
    pthread_mutex_unlock(&pool->lock);

    if (pool->fn(w->path, w->answer) < 0)
        error = errno;

    pthread_mutex_lock(&pool->lock);
    w->busy = 0;
    if (!w->req) {
        pool->n_stuck--;
        log_info("mount point answers again", "mountpoint", w->path);
        return;
    }
    r->error = error;
    if (error == 0 && r->answer)
        memcpy(r->answer, w->answer, pool->answer_size);
    w->req = NULL;
    finish(pool, r, STAT_DONE);
}

static void leave(struct statpool *pool, struct worker *w)
{
    struct worker **p = &pool->workers;
    int last;

    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    last = --pool->n_workers == 0 && pool->closing;
    pthread_mutex_unlock(&pool->lock);
    free(w);
    if (last)
        pool_destroy(pool);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct statpool *pool = w->pool;

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct stat_request *r = pool->closing ? NULL : take(pool);

        if (r) {
            answer(pool, w, r);
            continue;
        }
        /* One idle thread is kept for the next run. */
        if (pool->closing || pool->n_idle > 0)
            break;
        pool->n_idle++;
        pthread_cond_wait(&pool->work, &pool->lock);
        pool->n_idle--;
    }
    leave(pool, w);
    return NULL;
}

/* Start one more thread. Called with the lock held. Returns 0 or -errno. */
static int hire(struct statpool *pool)
{
    struct worker *w;
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, old;
    int rc;

    if (pool->n_workers >= pool->max_threads)
        return -EAGAIN;
    w = calloc(1, sizeof(*w) + pool->answer_size);
    if (!w)
        return -ENOMEM;
    w->pool = pool;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    /* Signals are for the main program, not for a thread that may be asleep for days. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&thread, &attr, work, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (rc) {
        free(w);
        return -rc;
    }
    w->next = pool->workers;
    pool->workers = w;
    pool->n_workers++;
    return 0;
}

/* 1 when a call that was left behind in an earlier run is about this mount. */
static int is_stuck(const struct statpool *pool, const char *path, uint64_t id)
{
    for (const struct worker *w = pool->workers; w; w = w->next)
        if (w->busy && !w->req && w->id == id && strcmp(w->path, path) == 0)
            return 1;
    return 0;
}

/* Finish what needs no call, count what does. */
static void prepare(struct statpool *pool, struct stat_request *req, size_t n)
{
    pool->req = req;
    pool->n = n;
    pool->next = 0;
    pool->open = 0;
    for (size_t i = 0; i < n; i++) {
        req[i].error = 0;
        if (pool->n_stuck > 0 && is_stuck(pool, req[i].path, req[i].id)) {
            req[i].state = STAT_STUCK;
        } else if (strlen(req[i].path) >= PATH_MAX) {
            req[i].state = STAT_DONE;
            req[i].error = ENAMETOOLONG;
        } else {
            req[i].state = STAT_WAITING;
            pool->open++;
        }
    }
}

/* Leave calls behind that have had their time. Returns when to look again: the earliest
 * end of a call, or the end of somebody's patience while others wait. *impatient: a
 * thread that carries on with them is needed now. */
static uint64_t sweep(struct statpool *pool, uint64_t now, uint64_t timeout_ns,
                      uint64_t deadline_ns, int *impatient)
{
    uint64_t again = deadline_ns;
    int waiting = pool->next < pool->n, quick = 0;

    for (struct worker *w = pool->workers; w; w = w->next) {
        uint64_t end;

        if (!w->req) {
            /* Idle, or new and not yet on its feet: it is about to take a request. */
            if (!w->busy)
                quick = 1;
            continue;
        }
        end = w->since + timeout_ns < deadline_ns ? w->since + timeout_ns : deadline_ns;
        if (now >= end) {
            struct stat_request *r = w->req;

            w->req = NULL;
            pool->n_stuck++;
            finish(pool, r, STAT_TIMEOUT);
            continue;
        }
        if (waiting && now < w->since + PATIENCE_NS) {
            quick = 1;
            if (end > w->since + PATIENCE_NS)
                end = w->since + PATIENCE_NS;
        }
        if (end < again)
            again = end;
    }
    *impatient = waiting && !quick;
    return again;
}

/* Nothing more is begun: what still waits had no thread to ask for it. */
static void give_up_waiting(struct statpool *pool)
{
    struct stat_request *r;

    while ((r = take(pool)))
        finish(pool, r, STAT_TIMEOUT);
}

int statpool_run(struct statpool *pool, struct stat_request *req, size_t n,
                 uint64_t timeout_ns, uint64_t deadline_ns)
{
    int rc = 0;

    pthread_mutex_lock(&pool->lock);
    prepare(pool, req, n);
    if (pool->open > 0 && pool->n_idle > 0)
        pthread_cond_signal(&pool->work);
    while (pool->open > 0) {
        uint64_t now = now_ns();
        int impatient;
        uint64_t again = sweep(pool, now, timeout_ns, deadline_ns, &impatient);
        struct timespec until;

        if (now >= deadline_ns)
            give_up_waiting(pool);
        else if (impatient && (rc = hire(pool)) == 0)
            continue; /* to find out how long the new one may take */
        if (rc < 0 && pool->n_workers == 0)
            break;
        if (pool->open == 0)
            break;
        /* New threads appear at once in the list but may take a while to begin. */
        if (again > now + PATIENCE_NS && pool->next < pool->n)
            again = now + PATIENCE_NS;
        until.tv_sec = (time_t)(again / 1000000000);
        until.tv_nsec = (long)(again % 1000000000);
        pthread_cond_timedwait(&pool->done, &pool->lock, &until);
    }
    if (pool->open == 0)
        rc = 0;
    pool->n = pool->next = pool->open = 0;
    pool->req = NULL;
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

int statpool_is_stuck(struct statpool *pool, const char *path, uint64_t id)
{
    int stuck;

    pthread_mutex_lock(&pool->lock);
    stuck = is_stuck(pool, path, id);
    pthread_mutex_unlock(&pool->lock);
    return stuck;
}

unsigned statpool_threads(struct statpool *pool)
{
    unsigned n;

    pthread_mutex_lock(&pool->lock);
    n = pool->n_workers;
    pthread_mutex_unlock(&pool->lock);
    return n;
}

void statpool_free(struct statpool *pool)
{
    int last;

    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = 1;
    pthread_cond_broadcast(&pool->work);
    last = pool->n_workers == 0;
    pthread_mutex_unlock(&pool->lock);
    if (last)
        pool_destroy(pool);
}
