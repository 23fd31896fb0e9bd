/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c - start and stop a server. http_internal.h says who does what in between.
 */
#include "config.h"
#include "promc/http.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
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

/* Has libmicrohttpd start without a certificate. It is never called, for promc_http_tls_fn
 * replaces the credentials that it belongs to. The parameters are those of
 * gnutls_certificate_retrieve_function2, so that GnuTLS is not needed to build this. */
static int no_certificate(void *session, const void *authorities, int n_authorities,
                          const void *algorithms, int n_algorithms, void **certificates,
                          unsigned *n_certificates, void **key)
{
    (void)session;
    (void)authorities;
    (void)n_authorities;
    (void)algorithms;
    (void)n_algorithms;
    (void)certificates;
    (void)n_certificates;
    (void)key;
    return -1;
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
            MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
            (srv->tls ? MHD_USE_TLS : 0),
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
        MHD_OPTION_STRICT_FOR_CLIENT, strict,
        srv->tls ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END, no_certificate,
        MHD_OPTION_END);
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
    srv->keeper.max_conns = connection_limit(opts->max_connections);
    srv->keeper.max_per_ip = opts->max_per_ip ? opts->max_per_ip : 32;
    srv->keeper.lifetime = promc__http_seconds_or(opts->max_lifetime, 0);
    srv->admission.fn = opts->admit;
    srv->admission.arg = opts->admit_arg;
    srv->tls = opts->tls;
    srv->tls_arg = opts->tls_arg;
    if (srv->tls && MHD_is_feature_supported(MHD_FEATURE_HTTPS_CERT_CALLBACK) != MHD_YES)
        return promc__error(err, -ENOTSUP, "TLS: this libmicrohttpd (%s) has no GnuTLS",
                            MHD_get_version());
    srv->idle_seconds =
        (unsigned)((promc__http_seconds_or(opts->idle_timeout, 30) + 999) / 1000);
    return copy_routes(srv, opts, err);
}

/* ------------------------------------------------------------------------------------
 * Start and stop
 */
static promc_http *new_server(promc_registry *reg, const promc_http_opts *opts,
                              promc_error *err)
{
    promc_http *srv = promc__calloc(1, sizeof(*srv));

    if (!srv) {
        promc__error(err, -ENOMEM, "out of memory");
        return NULL;
    }
    srv->handler = promc_handler_new(reg, opts, err);
    if (!srv->handler) {
        promc__free(srv);
        return NULL;
    }
    srv->pid = getpid();
    srv->keeper.listen_fd = srv->keeper.wake_fd = srv->keeper.reserve_fd = -1;
    pthread_mutex_init(&srv->keeper.lock, NULL);
    pthread_cond_init(&srv->keeper.stopped_cond, NULL);
    pthread_cond_init(&srv->scrapers.work, NULL);
    pthread_mutex_init(&srv->admission.lock, NULL);
    pthread_cond_init(&srv->admission.work, NULL);
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
    pthread_cond_destroy(&srv->admission.work);
    pthread_mutex_destroy(&srv->admission.lock);
    pthread_cond_destroy(&srv->scrapers.work);
    pthread_cond_destroy(&srv->keeper.stopped_cond);
    pthread_mutex_destroy(&srv->keeper.lock);
    promc_handler_free(srv->handler);
    promc__free(srv);
}

static int bring_up(promc_http *srv, const promc_http_opts *opts, promc_error *err)
{
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
    MHD_set_panic_func(promc__http_on_panic, NULL);
    rc = promc__http_scrapers_start(srv, err);
    if (rc != 0)
        return rc;
    if (promc__http_signals_blocked(start_daemon, srv) != 0)
        rc = promc__error(err, -ENOMEM, "libmicrohttpd %s cannot start",
                          MHD_get_version());
    else
        rc = promc__http_keeper_start(srv, err);
    if (rc == 0)
        return 0;
    if (srv->daemon)
        MHD_stop_daemon(srv->daemon);
    promc__http_scrapers_stop(srv);
    return rc;
}

promc_http *promc_http_start_with(promc_registry *reg, const promc_http_opts *opts,
                                  promc_error *err)
{
    promc_http_opts o;
    promc_http *srv;

    promc__http_opts(&o, opts);
    srv = new_server(reg, &o, err);
    if (!srv)
        return NULL;
    if (bring_up(srv, &o, err) != 0) {
        if (o.listen_fd >= 0)
            srv->keeper.listen_fd = -1; /* stays the caller's */
        free_server(srv);
        return NULL;
    }
    promc__http_say(&srv->handler->log, PROMC_LOG_DEBUG,
                    "serving on port %u with libmicrohttpd %s", srv->port,
                    MHD_get_version());
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
    if (promc__http_this_server() == srv) { /* it would wait for itself */
        promc__http_say(&srv->handler->log, PROMC_LOG_ERROR,
                        "a callback cannot stop its server");
        return;
    }
    pthread_mutex_lock(&k->lock);
    k->stopping = 1;
    k->stop_at = promc__http_now();
    if (drain_seconds > 0)
        k->stop_at += promc__http_seconds_or(drain_seconds, 0);
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
