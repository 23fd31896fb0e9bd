/* SPDX-License-Identifier: Apache-2.0 */
/*
 * periodic.c - a task that a thread of the library does again and again.
 */
#include "config.h"
#include "periodic.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "error.h"

#define NS_PER_S UINT64_C(1000000000)

struct promc__periodic {
    void (*fn)(void *arg);
    void *arg;
    uint64_t interval; /* in nanoseconds */
    uint64_t next;     /* CLOCK_MONOTONIC */
    pid_t pid;         /* of the process that has the thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    int stop; /* under the lock */
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Until the next call is due: 1; or until the end: 0. */
static int wait_for_turn(struct promc__periodic *p)
{
    const struct timespec until = { (time_t)(p->next / NS_PER_S),
                                    (long)(p->next % NS_PER_S) };
    int go;

    pthread_mutex_lock(&p->lock);
    while (!p->stop && pthread_cond_timedwait(&p->stopped, &p->lock, &until) != ETIMEDOUT)
        ;
    go = !p->stop;
    pthread_mutex_unlock(&p->lock);
    return go;
}

static void *run(void *arg)
{
    struct promc__periodic *p = arg;

    while (wait_for_turn(p)) {
        uint64_t late;

        p->fn(p->arg);
        late = now_ns() - p->next;
        p->next += (late / p->interval + 1) * p->interval;
    }
    return NULL;
}

/* A thread without signals: handlers of the program are for its own threads. */
static int start_thread(struct promc__periodic *p)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&p->thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

static void release(struct promc__periodic *p)
{
    pthread_cond_destroy(&p->stopped);
    pthread_mutex_destroy(&p->lock);
    promc__free(p);
}

struct promc__periodic *promc__periodic_start(const char *what, void (*fn)(void *arg),
                                              void *arg, double seconds, int now,
                                              promc_error *err)
{
    struct promc__periodic *p;
    pthread_condattr_t attr;
    int rc;

    if (!(seconds >= 0.001 && seconds <= 1e9)) {
        promc__error(err, -EINVAL,
                     "%s: the interval is not between 0.001 and 1e9 seconds", what);
        return NULL;
    }
    p = promc__calloc(1, sizeof *p);
    if (p == NULL) {
        promc__error(err, -ENOMEM, "%s: out of memory", what);
        return NULL;
    }
    p->fn = fn;
    p->arg = arg;
    p->interval = (uint64_t)(seconds * (double)NS_PER_S);
    p->next = now_ns() + (now ? 0 : p->interval);
    p->pid = getpid();
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->stopped, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&p->lock, NULL);
    rc = start_thread(p);
    if (rc != 0) {
        release(p);
        promc__error(err, rc, "%s: cannot start a thread: %s", what, strerror(-rc));
        return NULL;
    }
    return p;
}

int promc__periodic_stop(struct promc__periodic *p)
{
    if (p == NULL)
        return 0;
    if (p->pid != getpid()) {
        promc__free(p); /* a lock that nobody will release cannot be destroyed */
        return 0;
    }
    pthread_mutex_lock(&p->lock);
    p->stop = 1;
    pthread_cond_signal(&p->stopped);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    release(p);
    return 1;
}
