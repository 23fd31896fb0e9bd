/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig.c - wait for the signals that end or reload an exporter.
 *
 * They are taken synchronously: no code ever runs in a signal handler.
 */
#include "config.h"

#include "common/sig.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

static void ending(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

int sig_block(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t set;

    if (sigaction(SIGPIPE, &ignore, NULL) < 0)
        return -errno;
    ending(&set);
    sigaddset(&set, SIGHUP);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int sig_wait(void (*reload)(void *arg), void *arg)
{
    struct sigaction fatal = { .sa_handler = SIG_DFL };
    sigset_t set;
    int sig;

    ending(&set);
    sigaddset(&set, SIGHUP);
    for (;;) {
        if (sigwait(&set, &sig) != 0)
            continue;
        if (sig != SIGHUP || !reload)
            break;
        reload(arg);
    }
    /* nohup and shells' "&" leave these ignored; here that would make the second one
     * void. */
    sigaction(SIGINT, &fatal, NULL);
    sigaction(SIGTERM, &fatal, NULL);
    ending(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return sig;
}
