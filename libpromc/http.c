/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c - start and stop a server. http_internal.h says who does what in between.
 */
#include "config.h"
#include "promc/http.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "error.h"
#include "http_internal.h"

#define DEFAULT_ADDRESS ":9400"
#define DEFAULT_PATH "/metrics"
#define KEPT_DESCRIPTORS 64 /* for the host program and for reading what is scraped */
#define MIN_CONNECTIONS 4
/* libmicrohttpd takes 128 events at a time, and having got exactly that many waits for
 * one more before it looks at any. With its own descriptor there are never as many. */
#define DEFAULT_CONNECTIONS 126
#define CONNECTION_MEMORY 32768

static _Thread_local promc_http *this_server;

promc__http_ms promc__http_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (promc__http_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void promc__http_thread_of(promc_http *srv)
{
    this_server = srv;
}

/* Run @fn(@arg) with every signal blocked, so that threads born there inherit that. */
static int with_signals_blocked(int (*fn)(void *), void *arg)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = fn(arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

struct new_thread {
    pthread_t *thread;
    void *(*fn)(void *);
    void *arg;
};

static int create_thread(void *arg)
{
    struct new_thread *t = arg;
    return pthread_create(t->thread, NULL, t->fn, t->arg);
}

int promc__http_thread(pthread_t *thread, const char *name, void *(*fn)(void *),
                       void *arg)
{
    struct new_thread t = { thread, fn, arg };
    int rc = with_signals_blocked(create_thread, &t);

    if (rc == 0)
        (void)pthread_setname_np(*thread, name);
    return rc;
}

/* libmicrohttpd has met something that it holds for impossible, and calls abort() if this
 * returns. In a thread of ours we rather give up the server than the host: the thread
 * stays here for ever, and promc_http_stop() leaves the remains alone. */
static void on_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    promc_http *srv = this_server;

    (void)cls;
    if (!srv)
        abort(); /* a daemon of the host's own: what would have happened without us */
    promc__http_say(srv, PROMC_LOG_ERROR,
                    "the HTTP server has failed for good: %s (%s:%u)",
                    reason ? reason : "no reason given", file, line);
    pthread_mutex_lock(&srv->keeper.lock);
    srv->keeper.failed = srv->keeper.stopped = 1;
    pthread_cond_broadcast(&srv->keeper.stopped_cond);
    pthread_mutex_unlock(&srv->keeper.lock);
    promc__http_keeper_wake(srv);
    for (;;)
        pause();
}

static int start_daemon(void *arg)
{
    promc_http *srv = arg;
    /* Before 1.0 the strict mode answers a missing Host with two headers, and we check
     * that ourselves. From 1.0 on the lax mode unfolds headers and redirects on blanks.
     * What counts is the library found at run time. */
    int strict = MHD_get_version()[0] == '0' ? 0 : 1;

    srv->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG |
            MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME,
        0, NULL, NULL, promc__http_on_request, srv, MHD_OPTION_EXTERNAL_LOGGER,
        promc__http_mhd_logger, srv, MHD_OPTION_NOTIFY_CONNECTION,
        promc__http_on_connection, srv, MHD_OPTION_NOTIFY_COMPLETED,
        promc__http_on_completed, srv, MHD_OPTION_URI_LOG_CALLBACK, promc__http_on_target,
        srv,
        /* Ours is the limit; theirs counts connections a little longer. */
        MHD_OPTION_CONNECTION_LIMIT, 2 * srv->keeper.max_conns + 64,
        /* Not what scraping connections get, see promc__http_scrape_begin(). */
        MHD_OPTION_CONNECTION_TIMEOUT, srv->idle_seconds + 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, strict, MHD_OPTION_END);
    return srv->daemon ? 0 : -1;
}

/* ------------------------------------------------------------------------------------
 * Settings
 */

/* Every place where a route could be wrong, said once at the start. */
static int check_route(const promc_http_route *route, promc_error *err)
{
    if (!route->method || !route->path || !route->handle || route->path[0] != '/')
        return promc__error(err, -EINVAL, "route \"%s\": want method, /path and handler",
                            route->path ? route->path : "");
    if (strcmp(route->method, "GET") != 0 && strcmp(route->method, "POST") != 0 &&
        strcmp(route->method, "PUT") != 0)
        return promc__error(err, -EINVAL, "route \"%s\": method must be GET, POST or PUT",
                            route->path);
    return 0;
}

static int copy_routes(promc_http *srv, const promc_http_opts *opts, promc_error *err)
{
    srv->routes = promc__calloc(opts->n_routes + 1, sizeof(*srv->routes));
    if (!srv->routes)
        return promc__error(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < opts->n_routes; i++) {
        promc_http_route *route = &srv->routes[i];
        int rc = check_route(&opts->routes[i], err);

        if (rc != 0)
            return rc;
        *route = opts->routes[i];
        route->method = promc__strdup(opts->routes[i].method);
        route->path = promc__strdup(opts->routes[i].path);
        srv->n_routes = i + 1; /* so that free_server() finds these two */
        if (!route->method || !route->path)
            return promc__error(err, -ENOMEM, "out of memory");
    }
    return 0;
}

static promc__http_ms seconds_or(double seconds, double otherwise)
{
    if (!(seconds > 0))
        seconds = otherwise;
    return (promc__http_ms)(fmin(seconds, 1e6) * 1000);
}

/* No more connections than there are descriptors for, with some left for everybody else.
 */
static unsigned connection_limit(unsigned wanted)
{
    struct rlimit limit;

    if (wanted == 0)
        wanted = DEFAULT_CONNECTIONS;
    if (wanted > 65536)
        wanted = 65536;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        rlim_t room = limit.rlim_cur > KEPT_DESCRIPTORS + MIN_CONNECTIONS
                          ? limit.rlim_cur - KEPT_DESCRIPTORS
                          : MIN_CONNECTIONS;
        if (wanted > room)
            wanted = (unsigned)room;
    }
    return wanted;
}

static int copy_opts(promc_http *srv, const promc_http_opts *opts, promc_error *err)
{
    const char *path = opts->path ? opts->path : DEFAULT_PATH;

    if (path[0] != '/')
        return promc__error(err, -EINVAL, "path \"%s\" must begin with a slash", path);
    srv->path = promc__strdup(path);
    if (!srv->path)
        return promc__error(err, -ENOMEM, "out of memory");
    srv->scrape = opts->scrape;
    srv->scrape_arg = opts->scrape_arg;
    srv->prefer_text = opts->prefer_text;
    srv->log.fn = opts->log;
    srv->log.arg = opts->log_arg;
    srv->keeper.max_conns = connection_limit(opts->max_connections);
    srv->keeper.max_per_ip = opts->max_per_ip ? opts->max_per_ip : 32;
    srv->keeper.lifetime = seconds_or(opts->max_lifetime, 60);
    srv->idle_seconds = (unsigned)((seconds_or(opts->idle_timeout, 30) + 999) / 1000);
    if (!opts->unlimited_in_flight)
        srv->scraper.max_in_flight = opts->max_in_flight ? opts->max_in_flight : 40;
    return copy_routes(srv, opts, err);
}

/* ------------------------------------------------------------------------------------
 * Start and stop
 */
static promc_http *new_server(promc_registry *reg)
{
    promc_http *srv = promc__calloc(1, sizeof(*srv));

    if (!srv)
        return NULL;
    srv->reg = reg;
    srv->pid = getpid();
    srv->keeper.listen_fd = srv->keeper.wake_fd = srv->keeper.reserve_fd = -1;
    pthread_mutex_init(&srv->log.lock, NULL);
    pthread_mutex_init(&srv->keeper.lock, NULL);
    pthread_cond_init(&srv->keeper.stopped_cond, NULL);
    pthread_mutex_init(&srv->scraper.lock, NULL);
    pthread_cond_init(&srv->scraper.work, NULL);
    return srv;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* No thread of the server is left. */
static void free_server(promc_http *srv)
{
    promc__http_metrics_end(srv);
    close_fd(srv->keeper.listen_fd);
    close_fd(srv->keeper.wake_fd);
    close_fd(srv->keeper.reserve_fd);
    for (size_t i = 0; i < srv->n_routes; i++) {
        promc__free((void *)(uintptr_t)srv->routes[i].method);
        promc__free((void *)(uintptr_t)srv->routes[i].path);
    }
    promc__free(srv->routes);
    promc__free(srv->path);
    promc__free(srv->keeper.polls);
    promc__free(srv->keeper.conns);
    pthread_cond_destroy(&srv->scraper.work);
    pthread_mutex_destroy(&srv->scraper.lock);
    pthread_cond_destroy(&srv->keeper.stopped_cond);
    pthread_mutex_destroy(&srv->keeper.lock);
    pthread_mutex_destroy(&srv->log.lock);
    promc__free(srv);
}

static int bring_up(promc_http *srv, const promc_http_opts *opts, promc_error *err)
{
    promc_error metrics_err;
    int rc = copy_opts(srv, opts, err);

    if (rc != 0)
        return rc;
    if (opts->listen_fd >= 0)
        rc = promc__http_adopt(opts->listen_fd, err);
    else
        rc = promc__http_listen(opts->address ? opts->address : DEFAULT_ADDRESS, err);
    if (rc < 0)
        return rc;
    srv->keeper.listen_fd = opts->listen_fd >= 0 ? opts->listen_fd : rc;
    srv->port = promc__http_socket_port(srv->keeper.listen_fd);
    if (opts->self_metrics && promc__http_metrics_init(srv, &metrics_err) != 0)
        promc__http_say(srv, PROMC_LOG_WARN, "no metrics about scrapes: %s",
                        metrics_err.text);
    MHD_set_panic_func(on_panic, NULL);
    rc = promc__http_scraper_start(srv, err);
    if (rc != 0)
        return rc;
    if (with_signals_blocked(start_daemon, srv) != 0)
        rc = promc__error(err, -ENOMEM, "libmicrohttpd %s cannot start",
                          MHD_get_version());
    else
        rc = promc__http_keeper_start(srv, err);
    if (rc == 0)
        return 0;
    if (srv->daemon)
        MHD_stop_daemon(srv->daemon);
    promc__http_scraper_stop(srv);
    return rc;
}

promc_http *promc_http_start_with(promc_registry *reg, const promc_http_opts *opts,
                                  promc_error *err)
{
    promc_http_opts o = PROMC_HTTP_OPTS_INIT;
    promc_http *srv;

    /* A caller built against an older header has fewer fields, one built against a newer
     * header has more than we know. */
    if (opts)
        memcpy(&o, opts, opts->size < sizeof(o) ? opts->size : sizeof(o));
    srv = new_server(reg);
    if (!srv) {
        promc__error(err, -ENOMEM, "out of memory");
        return NULL;
    }
    if (bring_up(srv, &o, err) != 0) {
        if (o.listen_fd >= 0)
            srv->keeper.listen_fd = -1; /* stays the caller's */
        free_server(srv);
        return NULL;
    }
    promc__http_say(srv, PROMC_LOG_DEBUG, "serving on port %u with libmicrohttpd %s",
                    srv->port, MHD_get_version());
    return srv;
}

promc_http *promc_http_start(promc_registry *reg, const char *address, promc_error *err)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;

    opts.address = address;
    return promc_http_start_with(reg, &opts, err);
}

unsigned promc_http_port(const promc_http *srv)
{
    return srv ? srv->port : 0;
}

/* In a child of fork() there are copies of the descriptors and of the memory, and no
 * threads. Who holds which lock is not known, so only descriptors of our own are let go
 * of, lest the child keep the port in use. */
static void leave_to_parent(promc_http *srv)
{
    close_fd(srv->keeper.listen_fd);
    close_fd(srv->keeper.wake_fd);
    close_fd(srv->keeper.reserve_fd);
    srv->keeper.listen_fd = srv->keeper.wake_fd = srv->keeper.reserve_fd = -1;
}

void promc_http_stop_within(promc_http *srv, double drain_seconds)
{
    struct promc__http_keeper *k;
    int failed;

    if (!srv)
        return;
    if (srv->pid != getpid()) {
        leave_to_parent(srv);
        return;
    }
    k = &srv->keeper;
    if (this_server == srv) { /* it would wait for itself */
        promc__http_say(srv, PROMC_LOG_ERROR, "a callback cannot stop its server");
        return;
    }
    pthread_mutex_lock(&k->lock);
    k->stopping = 1;
    k->stop_at = promc__http_now();
    if (drain_seconds > 0)
        k->stop_at += seconds_or(drain_seconds, 0);
    promc__http_keeper_wake(srv);
    while (!k->stopped)
        pthread_cond_wait(&k->stopped_cond, &k->lock);
    failed = k->failed;
    pthread_mutex_unlock(&k->lock);
    if (failed)
        return; /* threads of it are still about, see on_panic() */
    pthread_join(k->thread, NULL);
    free_server(srv);
}

void promc_http_stop(promc_http *srv)
{
    promc_http_stop_within(srv, 5);
}
