/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape_impl.h - what scrape.c and scrape_life.c know of a node_scrape, and nobody else.
 */
#ifndef NODE_SCRAPE_IMPL_H
#define NODE_SCRAPE_IMPL_H

#include <pthread.h>

#include "node/scrape.h"

/* One collector. Flags and results are under the lock; priv, out and ctx belong to the
 * worker that runs it, and to the scrape once it is done. */
struct slot {
    const struct node_collector *collector;
    void *priv;
    promc_emitter *out;
    struct node_ctx ctx;

    int selected; /* part of the scrape under way */
    int waiting;  /* ... and no worker has taken it yet */
    int running;  /* a worker is inside collect() */
    int done;     /* ran in the scrape under way, results follow */
    int stuck;    /* was left running by a scrape that ended */
    uint64_t started_ns;
    uint64_t took_ns;
    int rc;
    promc_error err;
};

/* A thread that runs collectors. It stops taking new ones as soon as it is not
 * node_scrape.worker any more. */
struct worker {
    struct node_scrape *scrape;
};

struct node_scrape {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* for the worker: something is waiting, or stop */
    pthread_cond_t progress; /* for the scraping thread: all done, or stop */
    pthread_cond_t idle;     /* a scrape is over, or a worker gone */

    struct node_ctx ctx;
    struct slot *slots; /* one per entry of the table; collector NULL: not enabled */
    size_t n;

    struct worker *worker;
    struct slot *current; /* what that worker is in */
    size_t workers;       /* threads alive */
    size_t next;          /* slots before this one are not waiting */
    size_t waiting;
    size_t unfinished; /* selected, not done, and not stuck before this scrape */
    int busy;          /* a scrape is under way */
    int stopping;
};

#endif /* NODE_SCRAPE_IMPL_H */
