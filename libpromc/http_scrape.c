/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_scrape.c - the threads of a server that make scrapes, and the requests that sleep
 * inside libmicrohttpd until theirs is done.
 */
#include "config.h"
#include "http_internal.h"

#include <string.h>

#include "error.h"

static void *scrape_thread(void *arg)
{
    promc_http *srv = arg;
    struct promc__http_share *share = &srv->handler->share;
    struct promc__http_scrapers *s = &srv->scrapers;
    struct promc__http_job *job;

    promc__http_thread_of(srv);
    pthread_mutex_lock(&share->lock);
    for (;;) {
        job = promc__http_next_job(share);
        if (job) {
            promc__http_run(srv->handler, job);
        } else if (share->closed) {
            break;
        } else {
            s->n_idle++;
            pthread_cond_wait(&s->work, &share->lock);
            s->n_idle--;
        }
    }
    pthread_mutex_unlock(&share->lock);
    return NULL;
}

/* One more thread, if there may be one. Returns 0 or a positive errno value. */
static int add_thread(promc_http *srv)
{
    struct promc__http_scrapers *s = &srv->scrapers;
    int rc = 0;

    if (s->n_threads < PROMC__HTTP_RUNNING) {
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
promc_http_answer *promc__http_scrape_begin(struct promc__http_exchange *x)
{
    promc_http *srv = x->srv;
    promc_http_request *req = x->req;
    struct promc__http_share *share = &srv->handler->share;
    char why[96];
    int waits;

    promc__http_want(req);
    if (x->conn && x->conn->deadline < req->give_up)
        req->give_up = x->conn->deadline;
    pthread_mutex_lock(&share->lock);
    if (promc__http_join(req, why, sizeof(why)) != 0) {
        pthread_mutex_unlock(&share->lock);
        return promc__http_answer_text(503, why, NULL);
    }
    x->stage = PROMC__HTTP_WAITING;
    /* Those with a timeout of their own libmicrohttpd asks for an answer before it reads
     * from them: read first, a client that has closed its end would get none. */
    (void)MHD_set_connection_option(x->mhd, MHD_CONNECTION_OPTION_TIMEOUT,
                                    srv->idle_seconds);
    MHD_suspend_connection(x->mhd);
    /* Idle threads that have been called and are not up yet count as idle, so what they have
     * been called for counts, too. */
    waits = promc__http_unstarted(share) > 0;
    if (promc__http_unstarted(share) > srv->scrapers.n_idle)
        (void)add_thread(srv); /* the threads there are will come to it */
    pthread_mutex_unlock(&share->lock);
    if (waits) /* not before: it would wake up to find the lock taken */
        pthread_cond_signal(&srv->scrapers.work);
    if (req->give_up - promc__http_now() < 2 * PROMC__HTTP_LOOK_MS)
        promc__http_keeper_wake(srv);
    return NULL;
}

promc_http_answer *promc__http_scrape_end(struct promc__http_exchange *x)
{
    struct promc__http_share *share = &x->srv->handler->share;
    int waits;

    pthread_mutex_lock(&share->lock);
    waits = x->req->job != NULL;
    pthread_mutex_unlock(&share->lock);
    if (waits) /* woken by something else: sleep on */
        return NULL;
    promc__http_conn_sending(x->srv, x->conn);
    return promc__http_answer_scrape(x->req);
}

/* ------------------------------------------------------------------------------------
 * From the keeper's
 */
int promc__http_scrape_crowded(promc_http *srv)
{
    struct promc__http_share *share = &srv->handler->share;
    int crowded;

    pthread_mutex_lock(&share->lock);
    crowded = share->n_snapshots > PROMC__HTTP_SNAPSHOTS;
    pthread_mutex_unlock(&share->lock);
    return crowded;
}

int promc__http_scrapers_start(promc_http *srv, promc_error *err)
{
    struct promc__http_share *share = &srv->handler->share;
    int rc;

    pthread_mutex_lock(&share->lock);
    rc = add_thread(srv);
    pthread_mutex_unlock(&share->lock);
    if (rc != 0)
        return promc__error(err, -rc, "cannot start a thread: %s", strerror(rc));
    return 0;
}

void promc__http_scrapers_close(promc_http *srv)
{
    struct promc__http_share *share = &srv->handler->share;

    (void)promc__http_expire(srv->handler, 0, 1);
    pthread_mutex_lock(&share->lock);
    pthread_cond_broadcast(&srv->scrapers.work);
    pthread_mutex_unlock(&share->lock);
}

void promc__http_scrapers_stop(promc_http *srv)
{
    promc__http_scrapers_close(srv);
    /* No new threads come: they come with new waiters, and there are none once closed. */
    for (unsigned i = 0; i < srv->scrapers.n_threads; i++)
        pthread_join(srv->scrapers.threads[i], NULL);
}
