/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_admit.c - ask the caller who is answered, without keeping anybody else waiting.
 *
 * To check a password takes a tenth of a second of processor time on purpose. So a request
 * about which the caller cannot say at once is suspended, and a thread that does nothing
 * else asks again: one request after the other, whoever sends many uses one processor at
 * most. A client with wrong passwords by the hundred must not make those of others wait,
 * either, hence the limit for each address.
 */
#include "config.h"
#include "http_internal.h"

#include <string.h>

#define MAX_ASKING 4 /* requests of one client address */

static const char too_many[] = "Too many requests of this client wait to be checked.\n";

static void refuse(promc_http_response *res, const char *text)
{
    /* Without memory the answer is 500. */
    (void)promc_http_respond(res, 503, "text/plain; charset=utf-8", text, strlen(text));
    (void)promc_http_respond_header(res, "Retry-After", "1");
}

/* With the lock held, as all down to the thread. Clients without an address, those of unix
 * sockets, count as one. */
static int has_too_many(const struct promc__http_admission *a,
                        const struct promc__http_exchange *x)
{
    unsigned n = 0;

    for (const struct promc__http_exchange *e = a->queue; e; e = e->next_asking)
        n += e->conn && x->conn && !memcmp(e->conn->ip, x->conn->ip, sizeof(x->conn->ip));
    return n >= MAX_ASKING;
}

static void enqueue(struct promc__http_admission *a, struct promc__http_exchange *x)
{
    struct promc__http_exchange **p = &a->queue;

    while (*p)
        p = &(*p)->next_asking;
    *p = x;
}

/* It goes on with this verdict. */
static void decide(struct promc__http_exchange *x, promc_http_verdict verdict)
{
    x->verdict = verdict;
    x->asking = 0;
    MHD_resume_connection(x->mhd);
}

static void *admission_thread(void *arg)
{
    promc_http *srv = arg;
    struct promc__http_admission *a = &srv->admission;

    promc__http_thread_of(srv);
    pthread_mutex_lock(&a->lock);
    while (!a->closed) {
        struct promc__http_exchange *x = a->queue;
        promc_http_response res = { 0 };
        promc_http_verdict verdict;

        if (!x) {
            pthread_cond_wait(&a->work, &a->lock);
            continue;
        }
        promc__http_request_ref(x->req); /* closing leaves us alone with it */
        pthread_mutex_unlock(&a->lock);
        verdict = a->fn(a->arg, x->req, 1, &res);
        pthread_mutex_lock(&a->lock);
        if (x->asking) {
            a->queue = x->next_asking;
            x->res = res;
            decide(x, verdict == PROMC_HTTP_ADMIT ? verdict : PROMC_HTTP_REFUSE);
        } else {
            promc__http_response_end(&res);
        }
        pthread_mutex_unlock(&a->lock);
        promc__http_request_unref(x->req);
        pthread_mutex_lock(&a->lock);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* Returns 0 when there is a thread to ask. */
static int need_thread(promc_http *srv)
{
    struct promc__http_admission *a = &srv->admission;

    if (!a->started)
        a->started =
            promc__http_thread(&a->thread, "promc-admit", admission_thread, srv) == 0;
    return a->started ? 0 : -1;
}

promc_http_verdict promc__http_admit(struct promc__http_exchange *x)
{
    struct promc__http_admission *a = &x->srv->admission;
    promc_http_verdict verdict;

    if (!a->fn)
        return PROMC_HTTP_ADMIT;
    verdict = a->fn(a->arg, x->req, 0, &x->res);
    if (verdict != PROMC_HTTP_ASK_AGAIN)
        return verdict;
    promc__http_response_end(&x->res);
    pthread_mutex_lock(&a->lock);
    if (a->closed || has_too_many(a, x) || need_thread(x->srv) != 0) {
        verdict = PROMC_HTTP_REFUSE;
        refuse(&x->res, too_many);
    } else {
        x->asking = 1;
        x->stage = PROMC__HTTP_ADMITTING;
        enqueue(a, x);
        MHD_suspend_connection(x->mhd);
        pthread_cond_signal(&a->work);
    }
    pthread_mutex_unlock(&a->lock);
    return verdict;
}

promc_http_verdict promc__http_admit_end(struct promc__http_exchange *x)
{
    struct promc__http_admission *a = &x->srv->admission;
    promc_http_verdict verdict;

    pthread_mutex_lock(&a->lock);
    verdict = x->asking ? PROMC_HTTP_ASK_AGAIN : x->verdict;
    pthread_mutex_unlock(&a->lock);
    return verdict;
}

void promc__http_admission_close(promc_http *srv)
{
    struct promc__http_admission *a = &srv->admission;

    pthread_mutex_lock(&a->lock);
    a->closed = 1;
    while (a->queue) {
        struct promc__http_exchange *x = a->queue;

        a->queue = x->next_asking;
        refuse(&x->res, "The server is stopping.\n");
        decide(x, PROMC_HTTP_REFUSE);
    }
    pthread_cond_signal(&a->work);
    pthread_mutex_unlock(&a->lock);
}

void promc__http_admission_stop(promc_http *srv)
{
    struct promc__http_admission *a = &srv->admission;

    promc__http_admission_close(srv);
    if (a->started)
        pthread_join(a->thread, NULL);
}
