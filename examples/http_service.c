/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_service.c - an HTTP service with the four usual metrics of a service.
 *
 *   http_service [PORT [METRICS_ADDRESS]]        (8080 and 127.0.0.1:9400)
 *
 *   curl http://127.0.0.1:8080/orders            the service
 *   curl http://127.0.0.1:9400/metrics           what Prometheus sees of it
 *
 * The metrics have a port of their own, served by libpromc-http: the users of a service
 * have no business with them, and a firewall can tell two ports apart. See own_server.c
 * for a /metrics path inside one's own server.
 *
 *   http_requests_total{method,path,status}      counter
 *   http_request_duration_seconds{path}          histogram
 *   http_requests_in_progress                    gauge
 *   rpc_duration_seconds                         summary, of the (pretended) backend
 *
 * Two habits to copy. Label values come from fixed lists: a client that sends the method
 * FOO or a million different paths must not make a million series, so what is not known
 * is counted as "other". And each series is looked up once, at the start: then all of
 * them are in the first scrape with value 0, and an update on the way of a request is a
 * plain store.
 */
#include "config.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <promc/http.h>
#include <promc/promc.h>

/* clang-format off */
enum method { GET, HEAD, POST, PUT, DELETE, OTHER_METHOD, N_METHODS };
enum path { ORDERS, USERS, OTHER_PATH, N_PATHS };
enum status { S200, S404, S405, S503, N_STATUSES };

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "other" };
static const char *const paths[] = { "/orders", "/users", "other" };
static const char *const statuses[] = { "200", "404", "405", "503" };
static const unsigned status_codes[] = { 200, 404, 405, 503 };
/* clang-format on */

static promc_counter *requests[N_METHODS][N_PATHS][N_STATUSES];
static promc_histogram *duration[N_PATHS];
PROMC_GAUGE(in_progress, "http_requests_in_progress", "Requests being answered now.");
static promc_summary *backend;

/* Returns 0, or -1 with *err filled. A service may as well ignore the error and go on:
 * every update accepts the NULL handles that a failed registration leaves. */
static int make_metrics(promc_error *err)
{
    static const double quantiles[] = { 0.5, 0.9, 0.99 };
    promc_counter_family *req = promc_counter_family_new(
        NULL, "http_requests_total", "Requests answered, by outcome.",
        PROMC_LABELS("method", "path", "status"), err);
    promc_histogram_family *dur = promc_histogram_family_new(
        NULL, "http_request_duration_seconds", "Time from the request to its answer.",
        PROMC_LABELS("path"), NULL, 0, err);

    backend = promc_summary_new(NULL, "rpc_duration_seconds",
                                "Time spent in the backend.", quantiles, 3, err);
    if (!req || !dur || !backend)
        return -1;
    for (int p = 0; p < N_PATHS; p++) {
        duration[p] = promc_histogram_labels(dur, PROMC_LABELS(paths[p]));
        for (int m = 0; m < N_METHODS; m++)
            for (int s = 0; s < N_STATUSES; s++)
                requests[m][p][s] = promc_counter_labels(
                    req, PROMC_LABELS(methods[m], paths[p], statuses[s]));
    }
    return promc_registry_error(NULL, err);
}

/* The index of a word in a list whose last entry stands for all other words. */
static int index_of(const char *word, const char *const *list, int n)
{
    int i = 0;

    while (i < n - 1 && strcmp(word, list[i]) != 0)
        i++;
    return i;
}

/* A backend that takes 1 to 12 ms and refuses every twentieth call. Returns 0 or -1. */
static int call_backend(void)
{
    static atomic_uint calls;
    /* relaxed, pairs with nothing: any different numbers will do */
    unsigned n = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    struct timespec work = { 0, 1000000L * (1 + n * 7 % 12) };
    promc_timer t = promc_timer_start();

    nanosleep(&work, NULL);
    promc_summary_observe_timer(backend, t);
    return n % 20 == 19 ? -1 : 0;
}

static enum status serve(enum method m, enum path p)
{
    if (p == OTHER_PATH)
        return S404;
    if (m != GET && m != HEAD && !(m == POST && p == ORDERS))
        return S405;
    return call_backend() == 0 ? S200 : S503;
}

static enum MHD_Result answer(struct MHD_Connection *conn, enum status status)
{
    static char text[] = "{}\n";
    struct MHD_Response *res =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result ret = MHD_NO;

    if (res) {
        MHD_add_response_header(res, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
        ret = MHD_queue_response(conn, status_codes[status], res);
        MHD_destroy_response(res);
    }
    return ret;
}

/* libmicrohttpd calls this once for the headers, once per piece of a body, and once more
 * when the request is complete: only then is there something to measure. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version,
                                  const char *body, size_t *body_size, void **seen)
{
    (void)arg, (void)version, (void)body;
    if (!*seen) {
        *seen = conn;
        return MHD_YES;
    }
    if (*body_size > 0) {
        *body_size = 0;
        return MHD_YES;
    }

    enum method m = (enum method)index_of(method, methods, N_METHODS);
    enum path p = (enum path)index_of(url, paths, N_PATHS);
    promc_timer t = promc_timer_start();

    promc_gauge_inc(in_progress);
    enum status s = serve(m, p);
    enum MHD_Result ret = answer(conn, s);
    promc_gauge_dec(in_progress);
    promc_histogram_observe_timer(duration[p], t);
    promc_counter_inc(requests[m][p][s]);
    return ret;
}

int main(int argc, char **argv)
{
    double port = 8080;
    const char *metrics_address = argc > 2 ? argv[2] : "127.0.0.1:9400";
    promc_error err;
    sigset_t stop;
    int sig;

    if (argc > 1 && (promc_number_parse(argv[1], strlen(argv[1]), &port) != 0 ||
                     !(port >= 0 && port <= 65535))) {
        fprintf(stderr, "usage: http_service [PORT [METRICS_ADDRESS]]\n");
        return 1;
    }
    if (make_metrics(&err) != 0) {
        fprintf(stderr, "http_service: %s\n", err.text);
        return 1;
    }

    /* Before any thread exists, so that the signals wait for sigwait() below. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    promc_http *metrics = promc_http_start(NULL, metrics_address, &err);
    if (!metrics) {
        fprintf(stderr, "http_service: %s\n", err.text);
        return 1;
    }
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *service =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
                         MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_THREAD_POOL_SIZE, 4U,
                         MHD_OPTION_CONNECTION_LIMIT, 128U, MHD_OPTION_CONNECTION_TIMEOUT,
                         30U, MHD_OPTION_END);
    if (!service) {
        fprintf(stderr, "http_service: cannot serve on port %d\n", (int)port);
        promc_http_stop(metrics);
        return 1;
    }
    printf("service http://127.0.0.1:%u/orders metrics http://127.0.0.1:%u/metrics\n",
           (unsigned)MHD_get_daemon_info(service, MHD_DAEMON_INFO_BIND_PORT)->port,
           promc_http_port(metrics));
    fflush(stdout);

    sigwait(&stop, &sig);
    MHD_stop_daemon(service);
    promc_http_stop(metrics);
    return 0;
}
