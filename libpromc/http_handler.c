/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_handler.c - a handler, and a request answered in the thread that brings it.
 */
#include "config.h"
#include "http_handler.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "error.h"

#define DEFAULT_IN_FLIGHT 40
#define DEFAULT_LIFETIME 60

promc__http_ms promc__http_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (promc__http_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

promc__http_ms promc__http_seconds_or(double seconds, double otherwise)
{
    if (!(seconds > 0))
        seconds = otherwise;
    return (promc__http_ms)(fmin(seconds, 1e6) * 1000);
}

void promc__http_opts(promc_http_opts *o, const promc_http_opts *opts)
{
    static const promc_http_opts defaults = PROMC_HTTP_OPTS_INIT;

    *o = defaults;
    /* A caller built against an older header has fewer fields, one built against a newer
     * header has more than we know. */
    if (opts)
        memcpy(o, opts, opts->size < sizeof(*o) ? opts->size : sizeof(*o));
    if (!(o->max_lifetime > 0))
        o->max_lifetime = DEFAULT_LIFETIME;
}

/* ------------------------------------------------------------------------------------
 * Life
 */
static int copy_opts(promc_handler *h, const promc_http_opts *o, promc_error *err)
{
    h->scrape = o->scrape;
    h->scrape_arg = o->scrape_arg;
    h->prefer_text = o->prefer_text;
    h->errors = o->errors;
    h->created = o->created;
    h->patience = promc__http_seconds_or(o->max_lifetime, DEFAULT_LIFETIME);
    h->log.fn = o->log;
    h->log.arg = o->log_arg;
    if (!o->unlimited_in_flight)
        h->share.max_in_flight = o->max_in_flight ? o->max_in_flight : DEFAULT_IN_FLIGHT;
    if (o->n_others == 0)
        return 0;
    h->others = promc__calloc(o->n_others, sizeof(*h->others));
    if (!h->others)
        return promc__error(err, -ENOMEM, "out of memory");
    memcpy(h->others, o->others, o->n_others * sizeof(*h->others));
    h->n_others = o->n_others;
    return 0;
}

promc_handler *promc_handler_new(promc_registry *reg, const promc_http_opts *opts,
                                 promc_error *err)
{
    promc_handler *h = promc__calloc(1, sizeof(*h));
    promc_error metrics_err;
    promc_http_opts o;

    promc__http_opts(&o, opts);
    if (!h || promc__http_share_init(&h->share) != 0) {
        promc__free(h);
        promc__error(err, -ENOMEM, "out of memory");
        return NULL;
    }
    h->reg = reg;
    pthread_mutex_init(&h->log.lock, NULL);
    if (copy_opts(h, &o, err) != 0) {
        promc_handler_free(h);
        return NULL;
    }
    if (o.self_metrics && promc__http_metrics_init(h, &metrics_err) != 0)
        promc__http_say(&h->log, PROMC_LOG_WARN, "no metrics about scrapes: %s",
                        metrics_err.text);
    return h;
}

void promc_handler_free(promc_handler *h)
{
    if (!h)
        return;
    promc__http_share_end(&h->share);
    pthread_mutex_destroy(&h->log.lock);
    promc__free(h->others);
    promc__free(h);
}

/* ------------------------------------------------------------------------------------
 * One request
 */

/* Sleep until a job has ended, or till @till. Returns 0 when the time is up. */
static int wait_for_end(struct promc__http_share *s, promc__http_ms till)
{
    struct timespec ts = { (time_t)(till / 1000), (long)(till % 1000) * 1000000 };
    int rc;

    s->n_blocked++;
    rc = pthread_cond_timedwait(&s->done, &s->lock, &ts);
    s->n_blocked--;
    return rc != ETIMEDOUT;
}

/* Wait until the request's scrape is done, or its time is up. Its scrape is made here unless
 * another thread is at it. */
static void wait_for_scrape(promc_http_request *req)
{
    promc_handler *h = req->handler;

    while (req->job) {
        if (promc__http_may_run(req))
            promc__http_run_own(req);
        else if (!wait_for_end(&h->share, req->give_up) && req->job)
            promc__http_leave(req);
    }
}

/* Answer a request that has passed as one for metrics. */
static promc_http_answer *scrape(promc_http_request *req)
{
    struct promc__http_share *s = &req->handler->share;
    struct promc__http_snapshot *late = NULL;
    char why[96];
    int rc;

    promc__http_want(req);
    pthread_mutex_lock(&s->lock);
    rc = promc__http_join(req, why, sizeof(why));
    if (rc == 0)
        wait_for_scrape(req);
    pthread_mutex_unlock(&s->lock);
    if (rc != 0)
        return promc__http_answer_text(503, why, NULL);
    if (promc__http_now() > req->give_up) {
        late = req->result;
        req->result = NULL;
        promc__http_release(late);
    }
    return promc__http_answer_scrape(req);
}

promc_http_answer *promc_handler_handle(promc_handler *h, const char *method,
                                        const char *query, promc_http_header_fn *header,
                                        void *arg)
{
    promc_http_request *req;
    promc_http_answer *a;
    const char *why = NULL;
    unsigned status;

    if (!h || !method)
        return promc__http_answer_text(500, "No handler, or no method.\n", NULL);
    req = promc__http_request_new(h);
    if (!req)
        return promc__http_answer_own(
            promc__http_answer_text(503, "Out of memory.\n", NULL), method, NULL);
    req->method = method;
    req->query = query;
    req->header = header;
    req->header_arg = arg;
    status = promc__http_query_read(query, &req->params, &why);
    if (status != 0)
        a = promc__http_answer_text(status, why, NULL);
    else if (!promc__http_is_read(method))
        a = promc__http_answer_text(405, PROMC__HTTP_NOT_ALLOWED, "GET, HEAD");
    else
        a = scrape(req);
    return promc__http_answer_own(a, method, req);
}
