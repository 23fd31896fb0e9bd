/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_internal.h - what the files of the built-in server share.
 *
 * Threads of a server: the keeper (http_keeper.c) accepts connections, ends those that have
 * outlived their time, and at the end takes everything down; libmicrohttpd's thread reads
 * requests and writes answers and never waits for anything; the scrape threads
 * (http_scrape.c) collect and compress. A request that needs a scrape is suspended in
 * libmicrohttpd until its scrape is done, so a slow collector delays nobody else. What is
 * answered is decided by the server's handler, see http_handler.h.
 */
#ifndef PROMC_HTTP_INTERNAL_H
#define PROMC_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "http_handler.h"

/* ------------------------------------------------------------------------------------
 * http_receive.c: one request, complete in itself, so that a scrape thread can read it
 * whatever becomes of its connection
 */
enum promc__http_stage {
    PROMC__HTTP_NEW,       /* request line read, headers not looked at yet */
    PROMC__HTTP_ADMITTING, /* suspended until the caller's admit() has decided */
    PROMC__HTTP_CHECKED,   /* acceptable; answer when libmicrohttpd asks again */
    PROMC__HTTP_WAITING,   /* suspended until its scrape is done or its time is up */
    PROMC__HTTP_ANSWERED
};

struct promc__http_conn;

/* A header for the answer; a list, newest first. */
struct promc__http_extra {
    struct promc__http_extra *next;
    char *value; /* behind the name */
    char name[];
};

struct promc_http_response {
    unsigned status;
    char *content_type;
    char *body;
    size_t len;
    struct promc__http_extra *extra;
};
/* Free what it holds. */
void promc__http_response_end(promc_http_response *res);

struct promc__http_exchange {
    promc_http_request
        *req; /* which this is the server's part of, and lives as long as */
    promc_http *srv;
    char *target; /* as sent; the '?' overwritten with NUL */
    size_t path_len;
    struct promc__http_pair *headers;
    size_t n_headers;
    char *text; /* what method and headers point to */
    struct MHD_Connection *mhd;
    struct promc__http_conn *conn;
    enum promc__http_stage stage;
    int is_scrape;
    unsigned status;         /* answered with */
    int close;               /* no second request on this connection */
    promc_http_response res; /* what callbacks say */
    /* Guarded by the admission's lock. */
    struct promc__http_exchange *next_asking;
    int asking; /* waits for its verdict, suspended */
    promc_http_verdict verdict;
};

struct promc__http_exchange *promc__http_receive(promc_http *srv, const char *target);
/* Copies headers and query from libmicrohttpd. Returns 0, or the status to refuse the
 * request with and *why for its body. */
unsigned promc__http_receive_head(struct promc__http_exchange *x, const char *method,
                                  const char *version, const char **why);

/* ------------------------------------------------------------------------------------
 * http_listen.c
 */
/* Returns a listening socket, or a negative errno value with *err filled. */
int promc__http_listen(const char *address, promc_error *err);
/* Makes @fd, which the caller brought, usable. Returns 0 or a negative errno value. */
int promc__http_adopt(int fd, promc_error *err);
unsigned promc__http_socket_port(int fd);

/* ------------------------------------------------------------------------------------
 * http_conn.c: the table of connections
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

void promc__http_on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                               enum MHD_ConnectionNotificationCode code);
void promc__http_conn_busy(promc_http *srv, struct promc__http_conn *conn, int busy);
void promc__http_conn_sending(promc_http *srv, struct promc__http_conn *conn);
/* Whether the connection is old enough, or the server ending, to close after this answer.
 */
int promc__http_conn_should_close(promc_http *srv, const struct promc__http_conn *conn);

/* With the lock held: */
struct promc__http_conn *promc__http_conn_enter(struct promc__http_keeper *k, int fd,
                                                const struct sockaddr_storage *addr,
                                                promc__http_ms now);
void promc__http_conn_drop(struct promc__http_keeper *k, struct promc__http_conn *conn);
/* End the oldest connection that is not being answered, so that one more finds room. */
void promc__http_conn_make_room(struct promc__http_keeper *k, promc__http_ms now);
/* Look for clients that have closed their end. */
void promc__http_conn_find_gone(struct promc__http_keeper *k, promc__http_ms now);
/* End what has outlived its time; returns when the next one will have. @crowded: memory for
 * scrapes is scarce, slow readers have to go. */
promc__http_ms promc__http_conn_reap(struct promc__http_keeper *k, promc__http_ms now,
                                     int crowded);

/* ------------------------------------------------------------------------------------
 * http_keeper.c
 */
int promc__http_keeper_start(promc_http *srv, promc_error *err);
void promc__http_keeper_wake(promc_http *srv);

/* ------------------------------------------------------------------------------------
 * http_scrape.c: scrapes made by threads of the server
 */
struct promc__http_scrapers {
    /* all guarded by the share's lock */
    pthread_cond_t work;
    pthread_t threads[PROMC__HTTP_RUNNING];
    unsigned n_threads;
    unsigned n_idle;
};

int promc__http_scrapers_start(promc_http *srv, promc_error *err);
void promc__http_scrapers_stop(promc_http *srv);
/* Takes no new requests for metrics and wakes all that wait. */
void promc__http_scrapers_close(promc_http *srv);
/* Whether more scrapes are being held in memory than there should be. */
int promc__http_scrape_crowded(promc_http *srv);
/* Joins or starts a scrape and suspends the request. Returns NULL, or the answer to refuse
 * it with. */
promc_http_answer *promc__http_scrape_begin(struct promc__http_exchange *x);
/* The answer to a request that was woken; NULL: it is to sleep on. */
promc_http_answer *promc__http_scrape_end(struct promc__http_exchange *x);

/* ------------------------------------------------------------------------------------
 * http_admit.c: the caller's say in who is answered
 */
struct promc__http_admission {
    promc_http_admit_fn *fn; /* NULL: everybody is */
    void *arg;
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t work;
    struct promc__http_exchange *queue; /* oldest first; asked about now: the first */
    pthread_t thread;
    int started;
    int closed;
};

/* On libmicrohttpd's thread. ASK_AGAIN: the request is suspended. A refusal is in x->res. */
promc_http_verdict promc__http_admit(struct promc__http_exchange *x);
/* The verdict on a request that was woken; ASK_AGAIN: it is to sleep on. */
promc_http_verdict promc__http_admit_end(struct promc__http_exchange *x);
/* Wakes all that wait, refused; takes no more. */
void promc__http_admission_close(promc_http *srv);
void promc__http_admission_stop(promc_http *srv);

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

/* ------------------------------------------------------------------------------------
 * http_thread.c: threads that bear with a host, and with libmicrohttpd
 */
/* Run @fn(@arg) with every signal blocked, so that threads born there inherit that. */
int promc__http_signals_blocked(int (*fn)(void *), void *arg);
/* pthread_create() with all signals blocked, so that the host's handlers never run here.
 */
int promc__http_thread(pthread_t *thread, const char *name, void *(*fn)(void *),
                       void *arg);
/* The server whose thread this is, for libmicrohttpd's panic function, which is told
 * none. */
void promc__http_thread_of(promc_http *srv);
promc_http *promc__http_this_server(void);
/* libmicrohttpd's panic function. */
void promc__http_on_panic(void *cls, const char *file, unsigned line, const char *reason)
    __attribute__((noreturn));
void promc__http_mhd_logger(void *arg, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* ------------------------------------------------------------------------------------
 * http.c
 */
struct promc_http {
    promc_handler *handler;
    struct MHD_Daemon *daemon;
    pid_t pid; /* of the process whose threads serve */
    unsigned port;
    unsigned idle_seconds;
    char *path;
    promc_http_route *routes;
    size_t n_routes;
    struct promc__http_keeper keeper;
    struct promc__http_scrapers scrapers;
    struct promc__http_admission admission;
    promc_http_tls_fn *tls;
    void *tls_arg;
};

#endif /* PROMC_HTTP_INTERNAL_H */
