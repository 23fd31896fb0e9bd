/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_handler.h - what answers requests for metrics, whoever's server they come to:
 * the parts of a promc_handler. Nothing here knows libmicrohttpd or starts a thread.
 *
 * A request is read (http_request.c, http_query.c), says what it wants (http_content.c),
 * joins a scrape or begins one (http_share.c), which is collected (http_content.c) and
 * compressed (http_compress.c) once for all who share it, and gets its answer
 * (http_answer.c). promc_handler_handle() does this in the calling thread; the built-in
 * server does the same with threads of its own, see http_internal.h.
 */
#ifndef PROMC_HTTP_HANDLER_H
#define PROMC_HTTP_HANDLER_H

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>

#include "encoding.h"
#include "promc/http.h"

/* Milliseconds of CLOCK_MONOTONIC: a step of the wall clock must not end anything. */
typedef int64_t promc__http_ms;
promc__http_ms promc__http_now(void);
promc__http_ms promc__http_seconds_or(double seconds, double otherwise);
#define PROMC__HTTP_NEVER INT64_MAX

/* ------------------------------------------------------------------------------------
 * http_log.c: to the caller's log function, each kind of message at most every 10 s
 */
#define PROMC__HTTP_LOG_KINDS 16

struct promc__http_log {
    void (*fn)(void *arg, promc_log_level level, const char *text);
    void *arg;
    pthread_mutex_t lock;
    struct {
        const char *kind;
        promc__http_ms last;
        unsigned long held_back;
    } kinds[PROMC__HTTP_LOG_KINDS];
};

/* @format names the kind too: one format string, one line per 10 s. */
void promc__http_say(struct promc__http_log *log, promc_log_level level,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));
void promc__http_vsay(struct promc__http_log *log, promc_log_level level,
                      const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* ------------------------------------------------------------------------------------
 * http_query.c
 */
#define PROMC__HTTP_MAX_QUERY 65536u
#define PROMC__HTTP_MAX_PARAMS 1024u

struct promc__http_pair {
    const char *name;
    const char *value;
};

struct promc__http_params {
    struct promc__http_pair *v; /* decoded */
    size_t n;
    char *text; /* what they point to */
};

/* Decode @query (NULL: there is none). Returns 0, or the status to refuse the request with
 * and *why for its body. Free @params in either case. */
unsigned promc__http_query_read(const char *query, struct promc__http_params *params,
                                const char **why);
void promc__http_query_free(struct promc__http_params *params);

/* ------------------------------------------------------------------------------------
 * http_request.c
 */
struct promc__http_job;
struct promc__http_snapshot;
struct promc__http_exchange;

struct promc_http_request {
    promc_handler *handler;
    atomic_uint refs; /* the server's or the call's; its scrape's if it leads one */
    const char *method;
    const char *path;  /* NULL: in a server that is not ours */
    const char *query; /* as sent; NULL: none */
    struct promc__http_params params;
    promc_http_header_fn *header;
    void *header_arg;
    struct promc__http_exchange *exchange; /* in our own server; NULL otherwise */

    /* What it wants: set once, by promc__http_want(). */
    promc_format format;
    enum promc__coding coding;
    promc__http_ms give_up; /* answer by then */
    promc__http_ms
        collect_by; /* begin no collector later: it would not be sent in time */

    /* Guarded by the share's lock. */
    void (*wake)(promc_http_request *req); /* NULL: a thread waits for share.done */
    struct promc__http_job *job;           /* waits for it */
    struct promc_http_request *next_waiter;
    struct promc__http_snapshot *result;
    int in_flight;
};

promc_http_request *promc__http_request_new(promc_handler *h);
void promc__http_request_ref(promc_http_request *req);
void promc__http_request_unref(promc_http_request *req);
int promc__http_is_read(const char *method);                    /* GET or HEAD */
void promc__http_exchange_free(struct promc__http_exchange *x); /* http_receive.c */

/* ------------------------------------------------------------------------------------
 * http_content.c: which format, and what is in the page
 */
/* Note what @req wants and how long it waits. */
void promc__http_want(promc_http_request *req);
/* Collect into @page, for @leader. Returns the status to answer with; unless that is 200,
 * @text says why. No collector begins later than *@collect_by, which may move on. */
unsigned promc__http_collect(promc_http_request *leader, promc_format format,
                             const _Atomic promc__http_ms *collect_by, promc_page *page,
                             char *text, size_t size);

/* ------------------------------------------------------------------------------------
 * http_compress.c: a page is compressed as a whole
 */
struct promc__http_body {
    char *data;
    size_t size;
    size_t capacity;
};

/* The memory of compressors, for one page at a time: dear to make, cheap to use again. */
struct promc__http_coder;
struct promc__http_coder *promc__http_coder_new(void);
void promc__http_coder_free(struct promc__http_coder *c);
/* Returns 0 or -ENOMEM. @out's memory is reused and grown. */
int promc__http_compress(struct promc__http_coder *c, enum promc__coding coding,
                         const char *data, size_t size, struct promc__http_body *out);

/* ------------------------------------------------------------------------------------
 * http_pool.c: memory that outlives a scrape, for the next one; guarded by its owner
 */
#define PROMC__HTTP_POOLED 2

struct promc__http_pool {
    promc_page *pages[PROMC__HTTP_POOLED];
    struct promc__http_body bodies[PROMC__HTTP_POOLED];
    struct promc__http_coder *coders[PROMC__HTTP_POOLED];
    unsigned n_pages;
    unsigned n_bodies;
    unsigned n_coders;
};

/* What is left of them; NULL, or an empty body, when there is nothing. */
promc_page *promc__http_pool_page(struct promc__http_pool *pool);
struct promc__http_body promc__http_pool_body(struct promc__http_pool *pool);
struct promc__http_coder *promc__http_pool_coder(struct promc__http_pool *pool);
/* Given up; NULL and an empty body are fine. */
void promc__http_pool_put_page(struct promc__http_pool *pool, promc_page *page);
void promc__http_pool_put_body(struct promc__http_pool *pool,
                               struct promc__http_body *body);
void promc__http_pool_put_coder(struct promc__http_pool *pool,
                                struct promc__http_coder *coder);
void promc__http_pool_end(struct promc__http_pool *pool);

/* ------------------------------------------------------------------------------------
 * http_share.c: scrapes, shared among requests that ask for the same at the same time
 */
#define PROMC__HTTP_RUNNING 4 /* scrapes made at once */
/* Memory is for this many scrapes at a time; with more of them not sent yet, our server
 * cuts those who read slowly. */
#define PROMC__HTTP_SNAPSHOTS 4

struct promc__http_snapshot {
    promc_handler *handler;
    promc_format format;
    unsigned refs;
    unsigned status;
    char text[256];   /* when status is not 200 */
    promc_page *page; /* NULL: all who waited take it compressed */
    struct promc__http_body coded[PROMC__CODINGS]; /* data NULL: not compressed so */
    unsigned tried;                                /* codings, a bit for each */
};

struct promc__http_share {
    pthread_mutex_t lock;         /* for all below, jobs and snapshots included */
    pthread_cond_t done;          /* of CLOCK_MONOTONIC: a job has ended */
    unsigned n_blocked;           /* threads that wait for it */
    struct promc__http_job *jobs; /* waiting and running, oldest first */
    unsigned n_running;
    unsigned n_snapshots;
    unsigned in_flight;
    unsigned max_in_flight; /* 0: no limit */
    int closed;             /* no new waiters */
    struct promc__http_pool pool;
};

int promc__http_share_init(struct promc__http_share *s);
void promc__http_share_end(struct promc__http_share *s);

/* With the lock held: */

/* Join the job that makes what @req wants, or begin one. Returns 0; or -1 with the text of
 * the 503 to refuse with in @why. */
int promc__http_join(promc_http_request *req, char *why, size_t size);
/* Take @req off its job. A job that has not begun and that nobody waits for goes. */
void promc__http_leave(promc_http_request *req);
/* Whether the thread that waits with @req can make its scrape; and that. */
int promc__http_may_run(const promc_http_request *req);
void promc__http_run_own(promc_http_request *req);
struct promc__http_job *promc__http_next_job(struct promc__http_share *s);
unsigned promc__http_unstarted(const struct promc__http_share *s);
/* Make a job's scrape, hand it to all who wait and end the job. The lock is free while it
 * works. */
void promc__http_run(promc_handler *h, struct promc__http_job *job);

/* Without it: */

/* Wakes those whose time is up (all of them if @close, which also takes no new ones).
 * Returns when the next one's time will be up. */
promc__http_ms promc__http_expire(promc_handler *h, promc__http_ms now, int close);
void promc__http_release(struct promc__http_snapshot *snap);
/* The end of a request, whatever happened to it; @status: it was answered with this and is
 * to be counted. */
void promc__http_end(promc_http_request *req, unsigned status);

/* ------------------------------------------------------------------------------------
 * http_answer.c. None of these returns NULL: without memory there is an answer that says
 * so.
 */
/* All is copied. @allow: for 405, or NULL. */
promc_http_answer *promc__http_answer_new(unsigned status, const char *content_type,
                                          const char *allow, const char *body,
                                          size_t size);
promc_http_answer *promc__http_answer_text(unsigned status, const char *text,
                                           const char *allow);
#define PROMC__HTTP_NOT_ALLOWED "This path does not take that method.\n"
/* For a request that waited: the scrape it got, if it got one. */
promc_http_answer *promc__http_answer_scrape(promc_http_request *req);
/* What the caller of promc_handler_handle() gets in place of @a: @req ends with it. Takes over
 * a reference; @req may be NULL. */
promc_http_answer *promc__http_answer_own(promc_http_answer *a, const char *method,
                                          promc_http_request *req);

/* ------------------------------------------------------------------------------------
 * http_metrics.c: a handler's metrics about itself; all do nothing unless asked for
 */
struct promc__http_metrics {
    promc_counter_family *requests;       /* by code; NULL: nothing is counted */
    promc_counter *ok, *failed, *refused; /* 200, 500, 503 */
    promc_gauge *in_flight;
    promc_counter *gathering;
    promc_counter *encoding;
};

/* Joins in with what others of the same registry count. Returns 0; else *err is filled. */
int promc__http_metrics_init(promc_handler *h, promc_error *err);
void promc__http_metrics_answered(promc_handler *h, unsigned status);

/* ------------------------------------------------------------------------------------
 * http_handler.c
 */
struct promc_handler {
    promc_registry *reg;
    promc_registry **others;
    size_t n_others;
    promc_http_scrape_fn *scrape;
    void *scrape_arg;
    promc_http_errors errors;
    int created;
    int prefer_text;
    promc__http_ms patience; /* of a client that does not say how long it waits */
    struct promc__http_log log;
    struct promc__http_share share;
    struct promc__http_metrics metrics;
};

/* Fill *o with the defaults and what the caller's header knew of @opts. */
void promc__http_opts(promc_http_opts *o, const promc_http_opts *opts);

#endif /* PROMC_HTTP_HANDLER_H */
