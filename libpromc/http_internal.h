/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_internal.h - what the files of libpromc-http share.
 *
 * Threads of a server: the keeper (http_conn.c) accepts connections, ends those that have
 * outlived their time, and at the end takes everything down; libmicrohttpd's thread reads
 * requests and writes answers and never waits for anything; the scrape threads
 * (http_scrape.c) collect and compress. A request that needs a scrape is suspended in
 * libmicrohttpd until its scrape is done, so a slow collector delays nobody else.
 */
#ifndef PROMC_HTTP_INTERNAL_H
#define PROMC_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "promc/http.h"

/* Milliseconds of CLOCK_MONOTONIC: a step of the wall clock must not end connections. */
typedef int64_t promc__http_ms;
promc__http_ms promc__http_now(void);
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
void promc__http_say(promc_http *srv, promc_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void promc__http_mhd_logger(void *arg, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* ------------------------------------------------------------------------------------
 * http_request.c: one request, complete in itself, so that a scrape thread can read it
 * whatever becomes of its connection
 */
#define PROMC__HTTP_MAX_QUERY 65536u
#define PROMC__HTTP_MAX_PARAMS 1024u

struct promc__http_pair {
    const char *name;
    const char *value;
};

enum promc__http_stage {
    PROMC__HTTP_NEW,     /* request line read, headers not looked at yet */
    PROMC__HTTP_CHECKED, /* acceptable; answer when libmicrohttpd asks again */
    PROMC__HTTP_WAITING, /* suspended until its scrape is done or its time is up */
    PROMC__HTTP_ANSWERED
};

struct promc__http_conn;
struct promc__http_job;
struct promc__http_snapshot;

struct promc_http_request {
    promc_http *srv;
    atomic_uint refs;  /* its connection's, and its scrape's if it leads one */
    char *target;      /* as sent; the '?' overwritten with NUL */
    const char *query; /* as sent, in target; NULL: none */
    size_t path_len;
    const char *method; /* in text */
    struct promc__http_pair *headers;
    size_t n_headers;
    struct promc__http_pair *params; /* decoded */
    size_t n_params;
    char *text; /* what headers point to */
    char *params_text;

    /* The rest belongs to libmicrohttpd's thread, or is guarded by the scraper's lock. */
    struct MHD_Connection *mhd;
    struct promc__http_conn *conn;
    enum promc__http_stage stage;
    int in_flight; /* counted in the scraper */
    int is_scrape;
    unsigned status; /* answered with */
    int close;       /* no second request on this connection */
    int gzip;
    promc__http_ms give_up;
    struct promc__http_job *job; /* waits for it */
    struct promc_http_request *next_waiter;
    struct promc__http_snapshot *result;
};

promc_http_request *promc__http_request_new(promc_http *srv, const char *target);
void promc__http_request_ref(promc_http_request *req);
void promc__http_request_unref(promc_http_request *req);
/* Copies headers and query from @mhd. Returns 0, or the status to refuse the request with
 * and *why for its body. */
unsigned promc__http_request_read(promc_http_request *req, struct MHD_Connection *mhd,
                                  const char *method, const char *version,
                                  const char **why);

/* ------------------------------------------------------------------------------------
 * http_listen.c
 */
/* Returns a listening socket, or a negative errno value with *err filled. */
int promc__http_listen(const char *address, promc_error *err);
/* Makes @fd, which the caller brought, usable. Returns 0 or a negative errno value. */
int promc__http_adopt(int fd, promc_error *err);
unsigned promc__http_socket_port(int fd);

/* ------------------------------------------------------------------------------------
 * http_conn.c: the keeper and its table of connections
 */
struct promc__http_conn {
    enum { PROMC__HTTP_FREE = 0, PROMC__HTTP_PENDING, PROMC__HTTP_OPEN } state;
    int fd;
    int has_ip;
    unsigned char ip[16];
    promc__http_ms since;
    promc__http_ms deadline;
    promc__http_ms sending_since; /* a scrape; 0: not sending one */
    int busy;                     /* a complete request is being answered */
    promc__http_ms ending_since;  /* already shut down, about to be closed; 0: not so */
    promc__http_ms gone_since;    /* seen idle with the client's end closed; 0: not so */
};

/* With connections open, the keeper looks at them and at waiting scrapes this often. */
#define PROMC__HTTP_LOOK_MS 1000

struct promc__http_keeper {
    pthread_t thread;
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t stopped_cond;
    struct promc__http_conn *conns;
    struct pollfd *polls;   /* as many, for find_gone() */
    promc__http_ms look_at; /* when to look at the connections themselves again */
    unsigned n_conns;       /* not FREE */
    unsigned max_conns;
    unsigned max_per_ip;
    promc__http_ms lifetime;
    int listen_fd;
    int wake_fd;
    int reserve_fd; /* given up to accept one more when descriptors have run out */
    promc__http_ms
        accept_after; /* out of descriptors: leave the listener alone till then */
    int stopping;
    promc__http_ms stop_at; /* by then answers under way are cut */
    int stopped;
    int failed; /* by a panic in libmicrohttpd: nothing may be taken down any more */
};

int promc__http_keeper_start(promc_http *srv, promc_error *err);
void promc__http_keeper_wake(promc_http *srv);
void promc__http_on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                               enum MHD_ConnectionNotificationCode code);
void promc__http_conn_busy(promc_http *srv, struct promc__http_conn *conn, int busy);
void promc__http_conn_sending(promc_http *srv, struct promc__http_conn *conn);
/* Whether the connection is old enough, or the server ending, to close after this answer.
 */
int promc__http_conn_should_close(promc_http *srv, const struct promc__http_conn *conn);

/* ------------------------------------------------------------------------------------
 * http_scrape.c: scrapes, shared among requests that ask for the same at the same time
 */
#define PROMC__HTTP_SCRAPE_THREADS 4
#define PROMC__HTTP_POOLED 2
/* Memory is for this many scrapes at a time; with more of them not sent yet, those who
 * read slowly are cut. */
#define PROMC__HTTP_SNAPSHOTS 4

struct promc__http_body {
    char *data;
    size_t size;
    size_t capacity;
};

struct promc__http_scraper {
    pthread_mutex_t lock; /* for all below, jobs and snapshots included */
    pthread_cond_t work;
    pthread_t threads[PROMC__HTTP_SCRAPE_THREADS];
    unsigned n_threads;
    unsigned n_idle;
    struct promc__http_job *jobs; /* waiting and running, oldest first */
    unsigned n_snapshots;
    unsigned in_flight;
    unsigned max_in_flight; /* 0: no limit */
    int closed;             /* no new waiters */
    promc_page *pages[PROMC__HTTP_POOLED];
    struct promc__http_body bodies[PROMC__HTTP_POOLED];
    unsigned n_pages;
    unsigned n_bodies;
};

int promc__http_scraper_start(promc_http *srv, promc_error *err);
void promc__http_scraper_stop(promc_http *srv);
/* Joins or starts a scrape and suspends @req. Returns 0; or -1 with the text of the 503 to
 * refuse with in @why. */
int promc__http_scrape_begin(promc_http_request *req, char *why, size_t size);
/* Answers those whose time is up (all of them if @close, which also takes no new ones).
 * Returns when the next one's time will be up. */
promc__http_ms promc__http_scrape_expire(promc_http *srv, promc__http_ms now, int close);
/* Whether more scrapes are being held in memory than there should be. */
int promc__http_scrape_crowded(promc_http *srv);
/* The end of a request, whatever happened to it. */
void promc__http_scrape_end(promc_http_request *req);
/* Queues the answer to a request whose scrape is done. */
enum MHD_Result promc__http_scrape_answer(promc_http_request *req);

/* http_gzip.c. One per scrape thread: a stream is expensive to make and cheap to reset.
 */
struct promc__http_gzip;
struct promc__http_gzip *promc__http_gzip_new(void);
void promc__http_gzip_free(struct promc__http_gzip *gz);
/* Returns 0 or -ENOMEM. @out's memory is reused and grown. */
int promc__http_gzip_run(struct promc__http_gzip *gz, const char *data, size_t size,
                         struct promc__http_body *out);

/* ------------------------------------------------------------------------------------
 * http_route.c: libmicrohttpd's callbacks
 */
void *promc__http_on_target(void *arg, const char *target, struct MHD_Connection *mhd);
enum MHD_Result promc__http_on_request(void *arg, struct MHD_Connection *mhd,
                                       const char *url, const char *method,
                                       const char *version, const char *upload,
                                       size_t *upload_size, void **context);
void promc__http_on_completed(void *arg, struct MHD_Connection *mhd, void **context,
                              enum MHD_RequestTerminationCode code);
/* Adds @headers (up to one without a name; those without a value are left out) and queues
 * @response, which is given up; NULL is passed on as MHD_NO. */
enum MHD_Result promc__http_queue(promc_http_request *req, unsigned status,
                                  struct MHD_Response *response,
                                  const struct promc__http_pair *headers);
/* Queues a short text as the answer. @allow: for 405, may be NULL. */
enum MHD_Result promc__http_answer_text(promc_http_request *req, unsigned status,
                                        const char *text, const char *allow);

/* ------------------------------------------------------------------------------------
 * http_metrics.c: the server's metrics about itself; all do nothing unless asked for
 */
struct promc__http_metrics {
    promc_counter_family *requests;       /* by code; NULL: nothing is counted */
    promc_counter *ok, *failed, *refused; /* 200, 500, 503 */
    promc_gauge *in_flight;
    promc_counter *gathering;
    promc_counter *encoding;
};

/* Joins in with what servers of the same registry count. Returns 0; else *err is filled. */
int promc__http_metrics_init(promc_http *srv, promc_error *err);
void promc__http_metrics_end(promc_http *srv);
void promc__http_metrics_answered(promc_http *srv, unsigned status);

/* ------------------------------------------------------------------------------------
 * http.c
 */
struct promc_http {
    promc_registry *reg;
    struct MHD_Daemon *daemon;
    pid_t pid; /* of the process whose threads serve */
    unsigned port;
    unsigned idle_seconds;
    char *path;
    promc_http_route *routes;
    size_t n_routes;
    promc_http_scrape_fn *scrape;
    void *scrape_arg;
    int prefer_text;
    struct promc__http_log log;
    struct promc__http_keeper keeper;
    struct promc__http_scraper scraper;
    struct promc__http_metrics metrics;
};

/* pthread_create() with all signals blocked, so that the host's handlers never run here.
 */
int promc__http_thread(pthread_t *thread, const char *name, void *(*fn)(void *),
                       void *arg);
/* The server whose thread this is, for libmicrohttpd's panic function, which is told
 * none. */
void promc__http_thread_of(promc_http *srv);

#endif /* PROMC_HTTP_INTERNAL_H */
