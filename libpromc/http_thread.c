/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_thread.c - threads of a guest: no signal of the host's reaches them, and
 * libmicrohttpd's worst does not end the host.
 */
#include "config.h"
#include "http_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static _Thread_local promc_http *this_server;

void promc__http_thread_of(promc_http *srv)
{
    this_server = srv;
}

promc_http *promc__http_this_server(void)
{
    return this_server;
}

int promc__http_signals_blocked(int (*fn)(void *), void *arg)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = fn(arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

struct new_thread {
    pthread_t *thread;
    void *(*fn)(void *);
    void *arg;
};

static int create_thread(void *arg)
{
    struct new_thread *t = arg;
    return pthread_create(t->thread, NULL, t->fn, t->arg);
}

int promc__http_thread(pthread_t *thread, const char *name, void *(*fn)(void *),
                       void *arg)
{
    struct new_thread t = { thread, fn, arg };
    int rc = promc__http_signals_blocked(create_thread, &t);

    if (rc == 0)
        (void)pthread_setname_np(*thread, name);
    return rc;
}

/* libmicrohttpd has met something that it holds for impossible, and calls abort() if this
 * returns. In a thread of ours we rather give up the server than the host: the thread
 * stays here for ever, and promc_http_stop() leaves the remains alone. */
void promc__http_on_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    promc_http *srv = this_server;

    (void)cls;
    if (!srv)
        abort(); /* a daemon of the host's own: what would have happened without us */
    promc__http_say(&srv->handler->log, PROMC_LOG_ERROR,
                    "the HTTP server has failed for good: %s (%s:%u)",
                    reason ? reason : "no reason given", file, line);
    pthread_mutex_lock(&srv->keeper.lock);
    srv->keeper.failed = srv->keeper.stopped = 1;
    pthread_cond_broadcast(&srv->keeper.stopped_cond);
    pthread_mutex_unlock(&srv->keeper.lock);
    promc__http_keeper_wake(srv);
    for (;;)
        pause();
}

/* What libmicrohttpd has to say is about single clients nearly always: for debugging
 * only. */
void promc__http_mhd_logger(void *arg, const char *format, va_list args)
{
    promc_http *srv = arg;

    promc__http_vsay(&srv->handler->log, PROMC_LOG_DEBUG, format, args);
}
