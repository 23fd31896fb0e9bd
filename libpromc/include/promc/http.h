/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - serve a registry over HTTP (libpromc-http, on GNU libmicrohttpd).
 *
 *   promc_http *srv = promc_http_start(NULL, "127.0.0.1:9400", &err);
 *   ...
 *   promc_http_stop(srv);
 *
 * Programs with a server of their own mount a promc_handler in it, which answers requests
 * for metrics in the same way and starts no thread; it is at the end of this file. (Or they
 * take libpromc alone: promc_render() in promc.h and three headers are enough.)
 *
 * The server answers GET and HEAD and nothing else, closes any connection that tries a
 * request body, and gives each connection a limited life, so that no client can starve
 * another. It starts threads of its own; start it after any fork(). It installs no signal
 * handlers and prints nothing.
 */
#ifndef PROMC_HTTP_H
#define PROMC_HTTP_H

#include <promc/promc.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct promc_http promc_http;
typedef struct promc_handler promc_handler;

/* One request, as callbacks see it; lives for the call. */
typedef struct promc_http_request promc_http_request;

/* One answer, filled by a route's callback. */
typedef struct promc_http_response promc_http_response;

/* promc_http_method, _path - as sent; the path without its query string, NULL in a server
 * that is not ours. What these and the next two return belongs to the request. A NULL @req
 * gives NULL. Since 0.1. */
PROMC_API const char *promc_http_method(const promc_http_request *req);
PROMC_API const char *promc_http_path(const promc_http_request *req);

/* promc_http_query - the @i-th (from 0) value of the query parameter @key, decoded; NULL
 * when there are no more.
 * promc_http_header - a request header's value, the first of several, or NULL; @name in
 * any case. Since 0.1. */
PROMC_API const char *promc_http_query(const promc_http_request *req, const char *key,
                                       size_t i);
PROMC_API const char *promc_http_header(const promc_http_request *req, const char *name);

/* promc_http_scrape_timeout - seconds the scraper said it will wait
 * (X-Prometheus-Scrape-Timeout-Seconds); 0 when it said nothing usable. Since 0.1. */
PROMC_API double promc_http_scrape_timeout(const promc_http_request *req);

/* promc_http_respond - set the answer: status, Content-Type and a body, which is copied.
 * @content_type: not NULL.   @body: may be NULL when @len is 0. Later calls replace earlier
 * ones. Returns 0 or -ENOMEM. Since 0.1. */
PROMC_API int promc_http_respond(promc_http_response *res, unsigned status,
                                 const char *content_type, const char *body, size_t len);

/* promc_http_respond_header - add a header to the answer; both strings are copied. Names and
 * values are sent as they are: no line breaks, and nothing that the server itself says
 * (Content-Type, Content-Length, Connection). Returns 0 or -ENOMEM. Since 0.1. */
PROMC_API int promc_http_respond_header(promc_http_response *res, const char *name,
                                        const char *value);

/* What is to become of a request before anybody looks at what it asks for. */
typedef enum promc_http_verdict {
    PROMC_HTTP_ADMIT = 0, /* answer it */
    PROMC_HTTP_REFUSE,    /* what was put into the response is the answer */
    PROMC_HTTP_ASK_AGAIN  /* to find out takes time: ask where waiting harms nobody */
} promc_http_verdict;

/* Decide on each well-formed request, whatever its path. Called with @may_wait 0 on the one
 * thread that serves all connections, where it must be quick; after PROMC_HTTP_ASK_AGAIN
 * once more with @may_wait 1 and a fresh @res, on a thread that does nothing else, one
 * request at a time. No client address may have more than four requests waiting for that; the
 * next one gets status 503. Headers added to @res go with the answer also when it is
 * admitted. */
typedef promc_http_verdict promc_http_admit_fn(void *arg, const promc_http_request *req,
                                               int may_wait, promc_http_response *res);

/* Prepare a new connection for TLS. @session: its gnutls_session_t, before the handshake; set
 * credentials (gnutls_credentials_set, after gnutls_credentials_clear) and priorities. They
 * must stay as long as connections live. Returns 0; anything else ends the connection. */
typedef int promc_http_tls_fn(void *arg, void *session);

/* A fixed path beside the metrics, for example /-/healthy. GET also answers HEAD. POST
 * and PUT take empty bodies only. */
typedef struct promc_http_route {
    const char *method; /* "GET", "POST" or "PUT" */
    const char *path;   /* exact */
    /* On the one thread that serves all connections: must be quick, and not stop the
     * server. Without a promc_http_respond() the answer is status 500. */
    void (*handle)(void *arg, const promc_http_request *req, promc_http_response *res);
    void *arg;
} promc_http_route;

/* How a scrape is made, when it is more than rendering a registry.
 * Write the scrape to @page and return 0, or return an HTTP status (400, 500, 503;
 * anything else counts as 500) and put the text for the client into *err. Called on a
 * scrape thread of the server, or by promc_handler_handle(), up to four times at once for
 * different queries or formats. It cannot be interrupted: keep to
 * promc_http_scrape_timeout(). Requests that arrive while one with the same query and
 * format is under way share its result; @req is one of them. */
typedef int promc_http_scrape_fn(void *arg, const promc_http_request *req,
                                 promc_format format, promc_page *page, promc_error *err);

typedef enum promc_log_level {
    PROMC_LOG_DEBUG = 0,
    PROMC_LOG_INFO,
    PROMC_LOG_WARN,
    PROMC_LOG_ERROR
} promc_log_level;

/* What becomes of a page from which something had to be left out, see promc_page_error():
 * a collector failed or came too late, or brought what another one has. */
typedef enum promc_http_errors {
    PROMC_HTTP_ERRORS_CONTINUE = 0, /* what there is, with status 200 */
    PROMC_HTTP_ERRORS_FAIL /* 500 with the text of what is missing; 503 for want of time */
} promc_http_errors;

/* Settings. Start from PROMC_HTTP_OPTS_INIT; 0 and NULL are the defaults named here. */
typedef struct promc_http_opts {
    size_t size;         /* sizeof(promc_http_opts) */
    const char *address; /* "host:port", ":port" (all addresses, IPv6 and IPv4),
                                     "[::1]:port"; port 0: any free one. Default ":9400" */
    int listen_fd;       /* a listening socket to use instead, the server's once
                                     it has started; -1: none */
    const char *path;    /* of the metrics; default "/metrics" */
    const promc_http_route *routes; /* copied, strings included */
    size_t n_routes;
    promc_http_scrape_fn *scrape; /* default: promc_render() of the registry */
    void *scrape_arg;
    unsigned max_in_flight;   /* requests for metrics at once before 503, those that
                                     share a scrape included; default 40 */
    int unlimited_in_flight;  /* not 0: no such limit */
    unsigned max_connections; /* default 126 */
    unsigned max_per_ip;      /* connections per client address; default 32 */
    double idle_timeout;      /* seconds without a byte, in whole ones; default 30 */
    double max_lifetime;      /* seconds for a connection as a whole, and for a scrape
                                     whose client names no time; default 60 */
    int self_metrics;         /* not 0: promhttp_metric_handler_* in the registry;
                                     its servers count together */
    /* What the server has to say, from any of its threads, each kind of message at most
     * every 10 s; default: silence */
    void (*log)(void *arg, promc_log_level level, const char *text);
    void *log_arg;
    int prefer_text;          /* not 0: OpenMetrics only for clients that take nothing
                                     else, see promc_negotiate_preferring() */
    promc_http_errors errors; /* either way each such scrape is logged, and counted in
                                     promhttp_metric_handler_errors_total */
    promc_registry *const *others; /* more registries on the page, see
                                     promc_render_opts; the list is copied */
    size_t n_others;
    int created; /* not 0: creation times in OpenMetrics 1.0 too, likewise */
    promc_http_admit_fn *admit; /* default: every request is admitted */
    void *admit_arg;
    promc_http_tls_fn *tls; /* serve HTTPS only; default: HTTP. Without GnuTLS in
                                     libmicrohttpd starting fails with -ENOTSUP */
    void *tls_arg;
} promc_http_opts;

#define PROMC_HTTP_OPTS_INIT                                                             \
    {                                                                                    \
        sizeof(promc_http_opts), NULL, -1, NULL, NULL, 0, NULL, NULL, 0, 0, 0, 0, 0.0,   \
            0.0, 0, NULL, NULL, 0, PROMC_HTTP_ERRORS_CONTINUE, NULL, 0, 0, NULL, NULL,   \
            NULL, NULL                                                                   \
    }

/* promc_http_start - serve @reg at http://@address/metrics from threads of the library.
 * @reg: must outlive the server; NULL is the default registry.   @address: as in
 * promc_http_opts; NULL is ":9400". Strings are copied. The _with form takes settings;
 * NULL opts are the defaults.
 * Returns the server, or NULL with *err filled: -EADDRINUSE, -EACCES, -EADDRNOTAVAIL (the
 * text names the address), -EINVAL (address, path or route malformed), -ENOTSUP (TLS),
 * -ENOMEM, or what the system says when it has no thread or descriptor left. Stop it with promc_http_stop().
 * Since 0.1. */
PROMC_API promc_http *promc_http_start(promc_registry *reg, const char *address,
                                       promc_error *err);
PROMC_API promc_http *
promc_http_start_with(promc_registry *reg, const promc_http_opts *opts, promc_error *err);

/* promc_http_port - the port in use, also when port 0 was asked for; 0 for NULL. Since
 * 0.1. */
PROMC_API unsigned promc_http_port(const promc_http *srv);

/* promc_http_stop - accept nothing more, let answers under way finish for at most
 * @drain_seconds (promc_http_stop: 5), then close and free; waits for callbacks that are
 * still running, however long. From any thread but the server's own: a callback that calls
 * it changes nothing. In a child of fork() it only closes the child's copy of the listening
 * socket. NULL is a no-op. Since 0.1. */
PROMC_API void promc_http_stop(promc_http *srv);
PROMC_API void promc_http_stop_within(promc_http *srv, double drain_seconds);

/* ------------------------------------------------------------------------------------
 * A handler for another server
 *
 *   promc_http_answer *a = promc_handler_handle(h, "GET", "name[]=up", get_header, conn);
 *   ... send a->status, a->headers, a->size as Content-Length, and a->body ...
 *   promc_http_answer_free(a);
 *
 * It decides all that our own server decides about a request for metrics: 405 for other
 * methods than GET and HEAD; 400 for a query of more than 64 KiB or 1024 parameters, or one
 * that cannot be decoded; format and escaping, compression, the families of name[]; 503
 * when there are too many, or when the scraper's time is up; one scrape for all who ask for
 * the same at the same time. What is about connections is the server's: refuse request
 * bodies there, and see that slow clients end.
 */

/* promc_handler_new - @reg, @opts: as for promc_http_start_with(); what is about addresses,
 * paths, routes and connections is passed over. Starts no thread and opens no descriptor.
 * promc_handler_free - once no call is under way and all answers are freed; before the
 * registry. NULL is a no-op.
 * New: NULL with *err filled when out of memory. Since 0.1. */
PROMC_API promc_handler *promc_handler_new(promc_registry *reg,
                                           const promc_http_opts *opts, promc_error *err);
PROMC_API void promc_handler_free(promc_handler *h);

/* How to look up a header of the request: the value, of several the first, or NULL when
 * there is none. @name is to be found in any case. The value must stay until
 * promc_handler_handle() returns. */
typedef const char *promc_http_header_fn(void *arg, const char *name);

typedef struct promc_http_field {
    const char *name;
    const char *value;
} promc_http_field;

/* What to send. */
typedef struct promc_http_answer {
    unsigned status;
    const promc_http_field
        *headers; /* all but Content-Length, which is @size, and what is
                                        about the connection */
    size_t n_headers;
    const void *body; /* any bytes, compressed or not; not NUL-terminated */
    size_t size;
    int head_only; /* not 0: send no body, the request was HEAD */
} promc_http_answer;

/* promc_handler_handle - answer one request for metrics.
 * @query: what follows the '?' as it was sent, without decoding; NULL when there is none.
 * @header: called with @arg in this thread, while the call lasts; NULL: no headers.
 * Any thread, several at once. Collects in this thread, unless an equal scrape is under way
 * in another one, for whose end it waits; so it may take as long as the scraper has said it
 * waits (X-Prometheus-Scrape-Timeout-Seconds; otherwise opts.max_lifetime), and a collector
 * that takes longer holds up this thread, too: when the time is up, no further collector is
 * begun, and the answer is 503. No locks of the caller's that collectors need may be held.
 * Returns the answer, never NULL; the caller's until promc_http_answer_free().
 * promc_http_answer_free - once the answer has been sent: until then the request counts as
 * in flight, and others may be sharing the body. Any thread; NULL is a no-op. Since 0.1. */
PROMC_API promc_http_answer *promc_handler_handle(promc_handler *h, const char *method,
                                                  const char *query,
                                                  promc_http_header_fn *header,
                                                  void *arg);
PROMC_API void promc_http_answer_free(promc_http_answer *answer);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_HTTP_H */
