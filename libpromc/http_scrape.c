/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_scrape.c - make scrapes, each once for all the requests that want it.
 *
 * A request joins the job with its query and format if there is one under way, and starts
 * one otherwise. It then sleeps inside libmicrohttpd. A scrape thread collects,
 * compresses if anyone takes that, publishes the snapshot to all who wait and wakes them.
 * The snapshot is sent without another copy and goes back to the pool when the last of
 * them has it.
 */
#include "config.h"
#include "http_internal.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "encoding.h"

struct promc__http_job {
    struct promc__http_job *next;
    promc_http_request *leader; /* whose query and headers the scrape is made with */
    promc_format format;
    int running;
    promc_http_request *waiters;
};

struct promc__http_snapshot {
    promc_http *srv;
    promc_format format;
    unsigned refs;
    unsigned status;
    char text[sizeof(((promc_error *)0)->text) + 2]; /* when status is not 200 */
    promc_page *page;             /* NULL: all who waited take it compressed */
    struct promc__http_body gzip; /* data NULL: not compressed */
};

/* ------------------------------------------------------------------------------------
 * Memory that outlives a scrape. All with the lock held.
 */
static void put_page(struct promc__http_scraper *s, promc_page *page)
{
    if (page && s->n_pages < PROMC__HTTP_POOLED)
        s->pages[s->n_pages++] = page;
    else
        promc_page_free(page);
}

static void put_body(struct promc__http_scraper *s, struct promc__http_body *body)
{
    if (body->data && s->n_bodies < PROMC__HTTP_POOLED)
        s->bodies[s->n_bodies++] = *body;
    else
        promc__free(body->data);
    memset(body, 0, sizeof(*body));
}

static void release(struct promc__http_snapshot *snap)
{
    if (--snap->refs > 0)
        return;
    put_page(&snap->srv->scraper, snap->page);
    put_body(&snap->srv->scraper, &snap->gzip);
    snap->srv->scraper.n_snapshots--;
    promc__free(snap);
}

/* libmicrohttpd's "this body has been sent". */
static void release_sent(void *arg)
{
    struct promc__http_snapshot *snap = arg;
    pthread_mutex_t *lock = &snap->srv->scraper.lock;

    pthread_mutex_lock(lock);
    release(snap);
    pthread_mutex_unlock(lock);
}

/* ------------------------------------------------------------------------------------
 * Jobs. All with the lock held.
 */
static void drop_job(struct promc__http_scraper *s, struct promc__http_job *job)
{
    struct promc__http_job **p = &s->jobs;

    while (*p != job)
        p = &(*p)->next;
    *p = job->next;
    promc__http_request_unref(job->leader);
    promc__free(job);
}

/* Take @req off its job. A job that has not begun and that nobody waits for goes. */
static void leave_job(struct promc__http_scraper *s, promc_http_request *req)
{
    struct promc__http_job *job = req->job;
    promc_http_request **p = &job->waiters;

    while (*p != req)
        p = &(*p)->next_waiter;
    *p = req->next_waiter;
    req->job = NULL;
    if (!job->waiters && !job->running)
        drop_job(s, job);
}

static int same_query(const promc_http_request *a, const promc_http_request *b)
{
    return !strcmp(a->query ? a->query : "", b->query ? b->query : "");
}

static struct promc__http_job *find_or_make_job(struct promc__http_scraper *s,
                                                promc_http_request *req,
                                                promc_format format)
{
    struct promc__http_job **p = &s->jobs, *job;

    for (; (job = *p) != NULL; p = &job->next) {
        if (job->format == format && same_query(job->leader, req))
            return job;
    }
    job = promc__calloc(1, sizeof(*job));
    if (!job)
        return NULL;
    job->format = format;
    job->leader = req;
    promc__http_request_ref(req);
    *p = job;
    return job;
}

/* ------------------------------------------------------------------------------------
 * A scrape
 */

/* The scrape of a server without a callback: the registry, cut down to the families that
 * name[] asks for. */
static int render_registry(promc_http *srv, const promc_http_request *req,
                           promc_format format, promc_page *page, promc_error *err)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    const char **names = NULL;
    int rc;

    while (promc_http_query(req, "name[]", opts.n_names))
        opts.n_names++;
    if (opts.n_names > 0) {
        names = promc__calloc(opts.n_names, sizeof(*names));
        if (!names) {
            snprintf(err->text, sizeof(err->text), "out of memory");
            return 503;
        }
        for (size_t i = 0; i < opts.n_names; i++)
            names[i] = promc_http_query(req, "name[]", i);
        opts.names = names;
    }
    rc = promc_render_with(srv->reg, format, &opts, page, err);
    promc__free(names);
    return rc == 0 ? 0 : 500;
}

/* Collect into @snap; its status and text say how it went. */
static void collect(struct promc__http_snapshot *snap, const promc_http_request *req)
{
    promc_http *srv = snap->srv;
    promc_error err = { 0, "" };
    int status = 503;

    if (!snap->page)
        snap->page = promc_page_new(&err);
    if (snap->page)
        status = srv->scrape
                     ? srv->scrape(srv->scrape_arg, req, snap->format, snap->page, &err)
                     : render_registry(srv, req, snap->format, snap->page, &err);
    if (status == 0) {
        snap->status = 200;
        if (promc_page_error(snap->page, &err) > 0) {
            promc_counter_inc(srv->metrics.gathering);
            promc__http_say(srv, PROMC_LOG_ERROR, "a scrape is not complete: %s",
                            err.text);
        }
        return;
    }
    snap->status = status == 400 || status == 503 ? (unsigned)status : 500;
    snprintf(snap->text, sizeof(snap->text), "%s\n",
             err.text[0] ? err.text : "The scrape failed.");
    if (snap->status != 400)
        promc__http_say(srv, PROMC_LOG_ERROR, "a scrape failed: %s", snap->text);
}

/* A body that cannot be compressed is sent as it is. */
static void compress_body(struct promc__http_snapshot *snap, struct promc__http_gzip **gz)
{
    if (!*gz)
        *gz = promc__http_gzip_new();
    if (*gz && promc__http_gzip_run(*gz, promc_page_data(snap->page),
                                    promc_page_size(snap->page), &snap->gzip) == 0)
        return;
    promc__free(snap->gzip.data);
    memset(&snap->gzip, 0, sizeof(snap->gzip));
    promc_counter_inc(snap->srv->metrics.encoding);
    promc__http_say(snap->srv, PROMC_LOG_WARN, "no memory to compress a scrape");
}

/* How many who wait for @job take gzip, or do not. */
static unsigned count_waiters(const struct promc__http_job *job, int gzip)
{
    unsigned n = 0;

    for (const promc_http_request *req = job->waiters; req; req = req->next_waiter)
        n += req->gzip == gzip;
    return n;
}

/* Hand the snapshot to all who wait (@snap NULL: out of memory) and end the job. */
static void publish(struct promc__http_scraper *s, struct promc__http_job *job,
                    struct promc__http_snapshot *snap)
{
    promc_http_request *waiters = job->waiters;

    if (snap && snap->gzip.data && count_waiters(job, 0) == 0) {
        put_page(s, snap->page);
        snap->page = NULL;
    }
    drop_job(s, job);
    while (waiters) {
        promc_http_request *req = waiters;

        waiters = req->next_waiter;
        req->job = NULL;
        req->result = snap;
        if (snap)
            snap->refs++;
        MHD_resume_connection(req->mhd); /* not processed before we let go of the lock */
    }
    if (snap)
        release(snap); /* our own */
}

/* Make one job's scrape. Comes and goes with the lock held; it is free while we work. */
static void run(promc_http *srv, struct promc__http_job *job,
                struct promc__http_gzip **gz)
{
    struct promc__http_scraper *s = &srv->scraper;
    struct promc__http_snapshot *snap = promc__calloc(1, sizeof(*snap));

    job->running = 1;
    if (!snap) {
        publish(s, job, NULL);
        return;
    }
    snap->srv = srv;
    snap->format = job->format;
    snap->refs = 1;
    s->n_snapshots++;
    if (s->n_pages > 0)
        snap->page = s->pages[--s->n_pages];
    pthread_mutex_unlock(&s->lock);
    collect(snap, job->leader);
    pthread_mutex_lock(&s->lock);
    /* Someone who takes gzip may have joined while we collected. */
    if (snap->status == 200 && count_waiters(job, 1) > 0) {
        if (s->n_bodies > 0)
            snap->gzip = s->bodies[--s->n_bodies];
        pthread_mutex_unlock(&s->lock);
        compress_body(snap, gz);
        pthread_mutex_lock(&s->lock);
    }
    publish(s, job, snap);
}

static struct promc__http_job *next_job(struct promc__http_scraper *s)
{
    struct promc__http_job *job = s->jobs;

    while (job && job->running)
        job = job->next;
    return job;
}

static void *scrape_thread(void *arg)
{
    promc_http *srv = arg;
    struct promc__http_scraper *s = &srv->scraper;
    struct promc__http_gzip *gz = NULL;
    struct promc__http_job *job;

    promc__http_thread_of(srv);
    pthread_mutex_lock(&s->lock);
    for (;;) {
        job = next_job(s);
        if (job) {
            run(srv, job, &gz);
        } else if (s->closed) {
            break;
        } else {
            s->n_idle++;
            pthread_cond_wait(&s->work, &s->lock);
            s->n_idle--;
        }
    }
    pthread_mutex_unlock(&s->lock);
    promc__http_gzip_free(gz);
    return NULL;
}

/* Idle threads that have been called and are not up yet count as idle, so what they have
 * been called for counts, too. */
static unsigned count_unstarted(const struct promc__http_scraper *s)
{
    unsigned n = 0;

    for (const struct promc__http_job *job = s->jobs; job; job = job->next)
        n += !job->running;
    return n;
}

/* One more thread, if there may be one. Returns 0 or a positive errno value. */
static int add_thread(promc_http *srv)
{
    struct promc__http_scraper *s = &srv->scraper;
    int rc = 0;

    if (s->n_threads < PROMC__HTTP_SCRAPE_THREADS) {
        rc = promc__http_thread(&s->threads[s->n_threads], "promc-scrape", scrape_thread,
                                srv);
        if (rc == 0)
            s->n_threads++;
    }
    return rc;
}

/* ------------------------------------------------------------------------------------
 * From a request's side: libmicrohttpd's thread
 */
int promc__http_scrape_begin(promc_http_request *req, char *why, size_t size)
{
    promc_http *srv = req->srv;
    struct promc__http_scraper *s = &srv->scraper;
    const char *accept = promc_http_header(req, "Accept");
    promc_format format = srv->prefer_text
                              ? promc_negotiate_preferring(PROMC_FORMAT_TEXT, accept)
                              : promc_negotiate(accept);
    double timeout = promc_http_scrape_timeout(req);
    promc__http_ms now = promc__http_now(), give_up;
    struct promc__http_job *job = NULL;
    int waits;

    req->gzip = promc__accept_encoding(promc_http_header(req, "Accept-Encoding"), "gzip");
    give_up = req->conn ? req->conn->deadline : now + srv->keeper.lifetime;
    if (timeout > 0) {
        /* A little before the scraper gives up, so that it is told; but not so early that
         * handlers which plan with the same timeout have no time left to answer. */
        double patience = timeout > 5 ? timeout - 0.25 : timeout * 0.95;
        promc__http_ms patient_till = now + (promc__http_ms)(patience * 1000);
        if (patient_till < give_up)
            give_up = patient_till;
    }
    req->give_up = give_up;
    pthread_mutex_lock(&s->lock);
    if (s->closed)
        snprintf(why, size, "The server is stopping.\n");
    else if (s->max_in_flight && s->in_flight >= s->max_in_flight)
        snprintf(why, size, /* the words that people know */
                 "Limit of concurrent requests reached (%u), try again later.\n",
                 s->max_in_flight);
    else if (!(job = find_or_make_job(s, req, format)))
        snprintf(why, size, "out of memory\n");
    if (!job) {
        pthread_mutex_unlock(&s->lock);
        return -1;
    }
    s->in_flight++;
    req->in_flight = 1;
    promc_gauge_inc(srv->metrics.in_flight);
    req->stage = PROMC__HTTP_WAITING;
    /* Those with a timeout of their own libmicrohttpd asks for an answer before it reads
     * from them: read first, a client that has closed its end would get none. */
    (void)MHD_set_connection_option(req->mhd, MHD_CONNECTION_OPTION_TIMEOUT,
                                    srv->idle_seconds);
    MHD_suspend_connection(req->mhd);
    req->job = job;
    req->next_waiter = job->waiters;
    job->waiters = req;
    waits = !job->running;
    if (waits && count_unstarted(s) > s->n_idle)
        (void)add_thread(srv); /* the threads there are will come to it */
    pthread_mutex_unlock(&s->lock);
    if (waits) /* not before: it would wake up to find the lock taken */
        pthread_cond_signal(&s->work);
    if (give_up - now < 2 * PROMC__HTTP_LOOK_MS)
        promc__http_keeper_wake(srv);
    return 0;
}

enum MHD_Result promc__http_scrape_answer(promc_http_request *req)
{
    promc_http *srv = req->srv;
    struct promc__http_snapshot *snap;
    struct MHD_Response *response;
    const char *data;
    size_t size;
    int gzip, waits;
    struct promc__http_pair headers[] = { { "Content-Type", NULL },
                                          { "Vary", "Accept, Accept-Encoding" },
                                          { "Content-Encoding", NULL },
                                          { NULL, NULL } };

    pthread_mutex_lock(&srv->scraper.lock);
    snap = req->result;
    waits = req->job != NULL;
    pthread_mutex_unlock(&srv->scraper.lock);
    if (waits) /* woken by something else: sleep on */
        return MHD_YES;
    if (!snap)
        return promc__http_answer_text(req, 503, "The scrape did not end in time.\n",
                                       NULL);
    if (snap->status != 200)
        return promc__http_answer_text(req, snap->status, snap->text, NULL);
    gzip = req->gzip && snap->gzip.data;
    data = gzip ? snap->gzip.data : promc_page_data(snap->page);
    size = gzip ? snap->gzip.size : promc_page_size(snap->page);
    /* Cast: the parameter lacks const in older versions; it is only read. */
    response = MHD_create_response_from_buffer_with_free_callback_cls(
        size, (void *)(uintptr_t)data, release_sent, snap);
    if (!response)
        return MHD_NO;  /* promc__http_scrape_end() releases the snapshot */
    req->result = NULL; /* the response's now */
    headers[0].value = promc_content_type(snap->format);
    headers[2].value = gzip ? "gzip" : NULL;
    promc__http_conn_sending(srv, req->conn);
    return promc__http_queue(req, 200, response, headers);
}

void promc__http_scrape_end(promc_http_request *req)
{
    promc_http *srv = req->srv;
    struct promc__http_scraper *s = &srv->scraper;

    pthread_mutex_lock(&s->lock);
    if (req->job)
        leave_job(s, req);
    if (req->result)
        release(req->result);
    req->result = NULL;
    if (req->in_flight)
        s->in_flight--;
    pthread_mutex_unlock(&s->lock);
    if (req->in_flight)
        promc_gauge_dec(srv->metrics.in_flight);
    if (req->is_scrape && req->status)
        promc__http_metrics_answered(srv, req->status);
}

promc__http_ms promc__http_scrape_expire(promc_http *srv, promc__http_ms now, int close)
{
    struct promc__http_scraper *s = &srv->scraper;
    promc__http_ms next = PROMC__HTTP_NEVER;

    pthread_mutex_lock(&s->lock);
    if (close) {
        s->closed = 1;
        pthread_cond_broadcast(&s->work);
    }
    for (struct promc__http_job *job = s->jobs, *after; job; job = after) {
        promc_http_request *req = job->waiters, *following;

        after = job->next;
        for (; req; req = following) {
            following = req->next_waiter;
            if (close || req->give_up <= now) {
                leave_job(s, req); /* with the last one the job may go, too */
                MHD_resume_connection(req->mhd);
            } else if (req->give_up < next) {
                next = req->give_up;
            }
        }
    }
    pthread_mutex_unlock(&s->lock);
    return next;
}

int promc__http_scrape_crowded(promc_http *srv)
{
    int crowded;

    pthread_mutex_lock(&srv->scraper.lock);
    crowded = srv->scraper.n_snapshots > PROMC__HTTP_SNAPSHOTS;
    pthread_mutex_unlock(&srv->scraper.lock);
    return crowded;
}

int promc__http_scraper_start(promc_http *srv, promc_error *err)
{
    struct promc__http_scraper *s = &srv->scraper;
    int rc;

    pthread_mutex_lock(&s->lock);
    rc = add_thread(srv);
    pthread_mutex_unlock(&s->lock);
    if (rc != 0 && err) {
        err->code = -rc;
        snprintf(err->text, sizeof(err->text), "cannot start a thread: %s", strerror(rc));
    }
    return -rc;
}

void promc__http_scraper_stop(promc_http *srv)
{
    struct promc__http_scraper *s = &srv->scraper;

    (void)promc__http_scrape_expire(srv, 0, 1);
    /* No new threads come: they come with new waiters, and there are none once closed. */
    for (unsigned i = 0; i < s->n_threads; i++)
        pthread_join(s->threads[i], NULL);
    while (s->n_pages > 0)
        promc_page_free(s->pages[--s->n_pages]);
    while (s->n_bodies > 0)
        promc__free(s->bodies[--s->n_bodies].data);
}
