/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape.c - run the collectors for a scrape, inside its deadline whatever they do.
 *
 * All state is under one lock, which nobody holds while a collector runs. In the usual
 * case a scrape wakes the worker once, and the worker wakes the scraping thread once,
 * when the last collector is done; nothing is allocated and no thread is made.
 */
#include "config.h"

#include "node/scrape_impl.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

/* A collector is given this long, or a quarter of the time left if that is less, before
 * the rest goes on without waiting for it. By quarters: however many hang, time remains.
 */
#define PATIENCE_NS UINT64_C(1000000000)

/* Collectors keep their buffers on the heap; the default of 8 MiB would only look large.
 */
#define STACK_SIZE ((size_t)512 * 1024)

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t ns)
{
    struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000),
                           .tv_nsec = (long)(ns % 1000000000) };

    pthread_cond_timedwait(cond, lock, &ts);
}

static void log_seconds(char *buf, uint64_t ns)
{
    promc_number_format((double)(ns / 1000) / 1e6, buf);
}

/* ------------------------------------------------------------------------------------
 * The worker
 */

static struct slot *take(struct node_scrape *s)
{
    for (; s->waiting > 0 && s->next < s->n; s->next++) {
        struct slot *slot = &s->slots[s->next];

        if (slot->waiting) {
            slot->waiting = 0;
            s->waiting--;
            return slot;
        }
    }
    return NULL;
}

/* Run one collector. Called and left with the lock held, released in between. */
static void run(struct node_scrape *s, struct worker *w, struct slot *slot)
{
    char took[PROMC_NUMBER_SIZE];
    promc_error err = { 0, "" };
    uint64_t took_ns;
    int rc;

    slot->running = 1;
    slot->started_ns = now_ns();
    slot->ctx = s->ctx;
    s->current = slot;
    pthread_mutex_unlock(&s->lock);

    promc_emitter_reset(slot->out);
    rc = slot->collector->collect(&slot->ctx, slot->priv, slot->out, &err);
    took_ns = now_ns() - slot->started_ns;

    pthread_mutex_lock(&s->lock);
    slot->running = 0;
    if (s->worker == w)
        s->current = NULL;
    if (slot->stuck) {
        /* The scrape it ran for is over and may be being read; the next one asks again.
         */
        slot->stuck = 0;
        pthread_mutex_unlock(&s->lock);
        log_seconds(took, took_ns);
        log_warn("Collector has come back", "name", slot->collector->name,
                 "duration_seconds", took);
        pthread_mutex_lock(&s->lock);
        return;
    }
    slot->took_ns = took_ns;
    slot->rc = rc;
    slot->err = err;
    slot->done = 1;
    if (--s->unfinished == 0)
        pthread_cond_signal(&s->progress);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct node_scrape *s = w->scrape;
    struct slot *slot;

    pthread_mutex_lock(&s->lock);
    while (s->worker == w) {
        slot = take(s);
        if (slot)
            run(s, w, slot);
        else if (s->stopping)
            break;
        else
            pthread_cond_wait(&s->work, &s->lock);
    }
    s->workers--;
    pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
    free(w);
    return NULL;
}

/* Start a worker and make it the one that takes what is waiting. Returns 0 or -errno;
 * then the worker there was remains. */
static int replace_worker(struct node_scrape *s)
{
    struct worker *w = malloc(sizeof(*w));
    pthread_attr_t attr;
    pthread_t thread;
    int rc;

    if (!w)
        return -ENOMEM;
    w->scrape = s;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    rc = pthread_create(&thread, &attr, work, w);
    pthread_attr_destroy(&attr);
    if (rc != 0) {
        free(w);
        return -rc;
    }
    /* It waits for the lock, so it cannot look before this is set. */
    s->worker = w;
    s->current = NULL;
    s->workers++;
    return 0;
}

/* ------------------------------------------------------------------------------------
 * The scrape
 */

/* Mark what is to run. A collector that an earlier scrape has left running is not waited
 * for again. */
static void select_slots(struct node_scrape *s, const struct node_set *set)
{
    size_t i;

    s->next = s->waiting = s->unfinished = 0;
    for (i = 0; i < s->n; i++) {
        struct slot *slot = &s->slots[i];

        slot->selected = slot->collector && set->on[i];
        slot->waiting = slot->selected && !slot->running;
        slot->done = 0;
        s->waiting += (size_t)slot->waiting;
    }
    s->unfinished = s->waiting;
}

/* Wait for the collectors, seeing to it that those not begun do not wait behind a slow
 * one. */
static void watch(struct node_scrape *s, uint64_t deadline)
{
    while (s->unfinished > 0 && !s->stopping) {
        uint64_t now = now_ns(), until = deadline, patience;

        if (now >= deadline)
            return;
        if (s->waiting > 0) {
            patience = (deadline - now) / 4;
            if (patience > PATIENCE_NS)
                patience = PATIENCE_NS;
            until = (s->current ? s->current->started_ns : now) + patience;
            if (now >= until) {
                if (replace_worker(s) == 0)
                    continue;
                until = now + patience; /* no thread to be had now, maybe later */
            }
        }
        wait_until(&s->progress, &s->lock, until < deadline ? until : deadline);
    }
}

/* Say what a collector made of its run, outside the lock. The peers log each failure at
 * each scrape, too; what is simply not there stays at debug level. */
static void log_result(const struct slot *slot, uint64_t now, int left_behind,
                       int not_run)
{
    char took[PROMC_NUMBER_SIZE];

    if (slot->done && slot->rc == 0 && !log_enabled(PROMC_LOG_DEBUG))
        return;
    log_seconds(took, slot->done ? slot->took_ns : now - slot->started_ns);
    if (left_behind)
        log_error("Collector does not return; its metrics are missing until it does",
                  "name", slot->collector->name, "duration_seconds", took);
    else if (not_run)
        log_error("Collector not run: no time left", "name", slot->collector->name);
    else if (slot->done && slot->rc == NODE_NODATA)
        log_debug("Collector has no data", "name", slot->collector->name,
                  "duration_seconds", took, "err",
                  slot->err.text[0] ? slot->err.text : NULL);
    else if (slot->done && slot->rc != 0)
        log_error("Collector failed", "name", slot->collector->name, "duration_seconds",
                  took, "err", slot->err.text[0] ? slot->err.text : strerror(-slot->rc));
    else if (slot->done)
        log_debug("Collector succeeded", "name", slot->collector->name,
                  "duration_seconds", took);
}

/* End the running part: what has not begun will not, what has not returned is stuck.
 * Called with the lock held, leaves without. */
static void give_up(struct node_scrape *s)
{
    unsigned char left_behind[NODE_MAX_COLLECTORS] = { 0 };
    unsigned char not_run[NODE_MAX_COLLECTORS] = { 0 };
    uint64_t now = now_ns();
    size_t i;

    for (i = 0; i < s->n; i++) {
        struct slot *slot = &s->slots[i];

        not_run[i] = (unsigned char)slot->waiting;
        left_behind[i] = slot->selected && slot->running && !slot->stuck;
        slot->waiting = 0;
        if (slot->running) {
            slot->stuck = 1;
            /* It may be the worker's own slot: the next scrape needs another worker. */
            if (s->current == slot)
                s->worker = NULL;
        }
        if (!slot->done)
            slot->took_ns = slot->running ? now - slot->started_ns : 0;
    }
    if (!s->worker)
        s->current = NULL;
    s->waiting = s->unfinished = 0;
    pthread_mutex_unlock(&s->lock);

    for (i = 0; i < s->n; i++) {
        if (s->slots[i].selected)
            log_result(&s->slots[i], now, left_behind[i], not_run[i]);
    }
}

int node_scrape_begin(struct node_scrape *s, const struct node_set *set, double deadline)
{
    uint64_t deadline_ns = now_ns() + (uint64_t)(deadline * 1e9);
    int rc = 0;

    pthread_mutex_lock(&s->lock);
    while (s->busy && !s->stopping && now_ns() < deadline_ns)
        wait_until(&s->idle, &s->lock, deadline_ns);
    if (s->stopping)
        rc = -ESHUTDOWN;
    else if (s->busy)
        rc = -EBUSY;
    else if (!s->worker)
        rc = replace_worker(s);
    if (rc < 0) {
        pthread_mutex_unlock(&s->lock);
        return rc;
    }
    s->busy = 1;
    s->ctx.deadline = deadline;
    s->ctx.deadline_ns = deadline_ns;
    select_slots(s, set);
    if (s->waiting > 0)
        pthread_cond_signal(&s->work);
    watch(s, deadline_ns);
    give_up(s);
    return 0;
}

void node_scrape_emit(promc_emitter *e, void *arg)
{
    /* Only for the request that holds the results, whoever else renders the registry. */
    if (promc_emit_arg(e) == arg)
        node_scrape_results(e, arg);
}

void node_scrape_results(promc_emitter *e, void *arg)
{
    struct node_scrape *s = arg;
    promc_samples *duration, *success;
    size_t i;

    duration = promc_emit_family(
        e, PROMC_TYPE_GAUGE, "node_scrape_collector_duration_seconds",
        "Time the collector took in this scrape.", PROMC_LABELS("collector"));
    success =
        promc_emit_family(e, PROMC_TYPE_GAUGE, "node_scrape_collector_success",
                          "1 if the collector delivered its data in this scrape, else 0.",
                          PROMC_LABELS("collector"));
    for (i = 0; i < s->n; i++) {
        const struct slot *slot = &s->slots[i];

        if (!slot->selected)
            continue;
        promc_emit(duration, PROMC_LABELS(slot->collector->name),
                   (double)slot->took_ns / 1e9);
        promc_emit(success, PROMC_LABELS(slot->collector->name),
                   slot->done && slot->rc == 0);
        if (slot->done)
            promc_emitter_append(e, slot->out);
    }
}

void node_scrape_end(struct node_scrape *s)
{
    pthread_mutex_lock(&s->lock);
    s->busy = 0;
    pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
}
