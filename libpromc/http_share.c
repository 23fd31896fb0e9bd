/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_share.c - make scrapes, each once for all the requests that want it.
 *
 * A request joins the job with its query and format if there is one under way, and starts
 * one otherwise. Some thread then makes the job's scrape: collects, compresses in the ways
 * that those who wait take, publishes the snapshot to all of them and wakes them. The
 * snapshot is sent without another copy and goes back to the pool when the last of them has
 * it.
 */
#include "config.h"
#include "http_handler.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alloc.h"

struct promc__http_job {
    struct promc__http_job *next;
    promc_http_request *leader; /* whose query and headers the scrape is made with */
    promc_format format;
    int running;
    promc_http_request *waiters;
    _Atomic promc__http_ms collect_by; /* of the most patient who has joined */
};

/* ------------------------------------------------------------------------------------
 * Life
 */
static void release(struct promc__http_snapshot *snap)
{
    struct promc__http_share *s = &snap->handler->share;

    if (--snap->refs > 0)
        return;
    promc__http_pool_put_page(&s->pool, snap->page);
    for (int i = 0; i < PROMC__CODINGS; i++)
        promc__http_pool_put_body(&s->pool, &snap->coded[i]);
    s->n_snapshots--;
    promc__free(snap);
}

void promc__http_release(struct promc__http_snapshot *snap)
{
    pthread_mutex_t *lock;

    if (!snap)
        return;
    lock = &snap->handler->share.lock;
    pthread_mutex_lock(lock);
    release(snap);
    pthread_mutex_unlock(lock);
}

int promc__http_share_init(struct promc__http_share *s)
{
    pthread_condattr_t attr;
    int rc = pthread_condattr_init(&attr);

    if (rc != 0)
        return -rc;
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    rc = pthread_cond_init(&s->done, &attr);
    pthread_condattr_destroy(&attr);
    if (rc == 0)
        pthread_mutex_init(&s->lock, NULL);
    return -rc;
}

void promc__http_share_end(struct promc__http_share *s)
{
    promc__http_pool_end(&s->pool);
    pthread_cond_destroy(&s->done);
    pthread_mutex_destroy(&s->lock);
}

/* ------------------------------------------------------------------------------------
 * Jobs. All with the lock held.
 */
static void drop_job(struct promc__http_share *s, struct promc__http_job *job)
{
    struct promc__http_job **p = &s->jobs;

    while (*p != job)
        p = &(*p)->next;
    *p = job->next;
    promc__http_request_unref(job->leader);
    promc__free(job);
}

static void lead(struct promc__http_job *job, promc_http_request *req)
{
    promc__http_request_ref(req);
    promc__http_request_unref(job->leader);
    job->leader = req;
}

void promc__http_leave(promc_http_request *req)
{
    struct promc__http_job *job = req->job;
    promc_http_request **p = &job->waiters;

    while (*p != req)
        p = &(*p)->next_waiter;
    *p = req->next_waiter;
    req->job = NULL;
    if (job->running)
        return;
    if (!job->waiters)
        drop_job(&req->handler->share, job);
    else if (job->leader == req)
        lead(job, job->waiters); /* what @req points to may be the caller's */
}

static int same_query(const promc_http_request *a, const promc_http_request *b)
{
    return !strcmp(a->query ? a->query : "", b->query ? b->query : "");
}

static struct promc__http_job *find_or_make_job(struct promc__http_share *s,
                                                promc_http_request *req)
{
    struct promc__http_job **p = &s->jobs, *job;

    for (; (job = *p) != NULL; p = &job->next) {
        if (job->format == req->format && same_query(job->leader, req))
            return job;
    }
    job = promc__calloc(1, sizeof(*job));
    if (!job)
        return NULL;
    job->format = req->format;
    atomic_init(&job->collect_by, 0);
    lead(job, req);
    *p = job;
    return job;
}

int promc__http_join(promc_http_request *req, char *why, size_t size)
{
    struct promc__http_share *s = &req->handler->share;
    struct promc__http_job *job = NULL;

    if (s->closed)
        snprintf(why, size, "The server is stopping.\n");
    else if (s->max_in_flight && s->in_flight >= s->max_in_flight)
        snprintf(why, size, /* the words that people know */
                 "Limit of concurrent requests reached (%u), try again later.\n",
                 s->max_in_flight);
    else if (!(job = find_or_make_job(s, req)))
        snprintf(why, size, "out of memory\n");
    if (!job)
        return -1;
    s->in_flight++;
    req->in_flight = 1;
    promc_gauge_inc(req->handler->metrics.in_flight);
    req->job = job;
    req->next_waiter = job->waiters;
    job->waiters = req;
    /* relaxed: a time, it guards nothing */
    if (atomic_load_explicit(&job->collect_by, memory_order_relaxed) < req->collect_by)
        atomic_store_explicit(&job->collect_by, req->collect_by, memory_order_relaxed);
    return 0;
}

int promc__http_may_run(const promc_http_request *req)
{
    return !req->job->running && req->handler->share.n_running < PROMC__HTTP_RUNNING;
}

struct promc__http_job *promc__http_next_job(struct promc__http_share *s)
{
    struct promc__http_job *job = s->jobs;

    while (job && job->running)
        job = job->next;
    return job;
}

unsigned promc__http_unstarted(const struct promc__http_share *s)
{
    unsigned n = 0;

    for (const struct promc__http_job *job = s->jobs; job; job = job->next)
        n += !job->running;
    return n;
}

/* ------------------------------------------------------------------------------------
 * A scrape. Each comes and goes with the lock held.
 */
static void collect(struct promc__http_share *s, struct promc__http_snapshot *snap,
                    struct promc__http_job *job)
{
    snap->page = promc__http_pool_page(&s->pool);
    pthread_mutex_unlock(&s->lock);
    if (!snap->page)
        snap->page = promc_page_new(NULL);
    if (snap->page) {
        snap->status = promc__http_collect(job->leader, job->format, &job->collect_by,
                                           snap->page, snap->text, sizeof(snap->text));
    } else {
        snap->status = 503;
        snprintf(snap->text, sizeof(snap->text), "out of memory\n");
    }
    pthread_mutex_lock(&s->lock);
}

/* A coding that someone who waits takes and that has not been tried. */
static enum promc__coding next_coding(const struct promc__http_snapshot *snap,
                                      const struct promc__http_job *job)
{
    for (const promc_http_request *req = job->waiters; req; req = req->next_waiter) {
        if (req->coding != PROMC__IDENTITY && !(snap->tried & 1u << req->coding))
            return req->coding;
    }
    return PROMC__IDENTITY;
}

/* In each way that is asked for, also by those who join meanwhile. What cannot be
 * compressed is sent as it is. */
static void compress_all(struct promc__http_share *s, struct promc__http_snapshot *snap,
                         struct promc__http_job *job)
{
    struct promc__http_coder *coder = NULL;
    enum promc__coding coding;

    while ((coding = next_coding(snap, job)) != PROMC__IDENTITY) {
        struct promc__http_body *body = &snap->coded[coding];
        promc_handler *h = snap->handler;

        snap->tried |= 1u << coding;
        *body = promc__http_pool_body(&s->pool);
        if (!coder)
            coder = promc__http_pool_coder(&s->pool);
        pthread_mutex_unlock(&s->lock);
        if (!coder)
            coder = promc__http_coder_new();
        if (!coder || promc__http_compress(coder, coding, promc_page_data(snap->page),
                                           promc_page_size(snap->page), body) != 0) {
            promc__free(body->data);
            memset(body, 0, sizeof(*body));
            promc_counter_inc(h->metrics.encoding);
            promc__http_say(&h->log, PROMC_LOG_WARN, "no memory to compress a scrape");
        }
        pthread_mutex_lock(&s->lock);
    }
    promc__http_pool_put_coder(&s->pool, coder);
}

static int wants_page(const struct promc__http_snapshot *snap,
                      const struct promc__http_job *job)
{
    for (const promc_http_request *req = job->waiters; req; req = req->next_waiter) {
        if (!snap->coded[req->coding].data)
            return 1;
    }
    return 0;
}

/* Hand the snapshot to all who wait (@snap NULL: out of memory) and end the job. */
static void publish(struct promc__http_share *s, struct promc__http_job *job,
                    struct promc__http_snapshot *snap)
{
    promc_http_request *waiters = job->waiters;

    if (snap && !wants_page(snap, job)) {
        promc__http_pool_put_page(&s->pool, snap->page);
        snap->page = NULL;
    }
    while (waiters) {
        promc_http_request *req = waiters;

        waiters = req->next_waiter;
        req->job = NULL;
        req->result = snap;
        if (snap)
            snap->refs++;
        if (req->wake)
            req->wake(req); /* gets on when we let go of the lock */
    }
    drop_job(s, job);
    if (snap)
        release(snap); /* our own */
    if (s->n_blocked > 0)
        pthread_cond_broadcast(&s->done);
}

void promc__http_run(promc_handler *h, struct promc__http_job *job)
{
    struct promc__http_share *s = &h->share;
    struct promc__http_snapshot *snap = promc__calloc(1, sizeof(*snap));

    job->running = 1;
    s->n_running++;
    if (snap) {
        snap->handler = h;
        snap->format = job->format;
        snap->refs = 1;
        s->n_snapshots++;
        collect(s, snap, job);
        if (snap->status == 200)
            compress_all(s, snap, job);
    }
    s->n_running--;
    publish(s, job, snap);
}

void promc__http_run_own(promc_http_request *req)
{
    lead(req->job, req);
    promc__http_run(req->handler, req->job);
}

/* ------------------------------------------------------------------------------------
 * The end of waiting
 */
promc__http_ms promc__http_expire(promc_handler *h, promc__http_ms now, int close)
{
    struct promc__http_share *s = &h->share;
    promc__http_ms next = PROMC__HTTP_NEVER;

    pthread_mutex_lock(&s->lock);
    if (close)
        s->closed = 1;
    for (struct promc__http_job *job = s->jobs, *after; job; job = after) {
        promc_http_request *req = job->waiters, *following;

        after = job->next;
        for (; req; req = following) {
            following = req->next_waiter;
            if (close || req->give_up <= now) {
                promc__http_leave(req); /* with the last one the job may go, too */
                if (req->wake)
                    req->wake(req);
            } else if (req->give_up < next) {
                next = req->give_up;
            }
        }
    }
    pthread_mutex_unlock(&s->lock);
    return next;
}

void promc__http_end(promc_http_request *req, unsigned status)
{
    promc_handler *h = req->handler;
    struct promc__http_share *s = &h->share;

    pthread_mutex_lock(&s->lock);
    if (req->job)
        promc__http_leave(req);
    if (req->result)
        release(req->result);
    req->result = NULL;
    if (req->in_flight)
        s->in_flight--;
    pthread_mutex_unlock(&s->lock);
    if (req->in_flight)
        promc_gauge_dec(h->metrics.in_flight);
    if (status)
        promc__http_metrics_answered(h, status);
}
