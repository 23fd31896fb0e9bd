/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web.c - start and stop the HTTP servers of an exporter.
 */
#include "config.h"

#include "common/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buildinfo.h"
#include "common/log.h"
#include "common/startup.h"
#include "common/web_socket.h"

static void flags_common(struct web *w, struct flags *f)
{
    w->telemetry_path = "/metrics";
    w->max_requests = 40;
    w->config_file = "";
    flags_string(f, "web.telemetry-path", "Path of the metrics.", &w->telemetry_path,
                 NULL);
    flags_string(f, "web.config.file", "File with settings for TLS and passwords.",
                 &w->config_file, NULL);
    flags_bool(f, "web.systemd-socket",
               "Serve on the sockets that systemd passes, in place of the addresses.",
               &w->systemd_socket, NULL);
}

void web_flags_one(struct web *w, struct flags *f, const char *default_address)
{
    w->address = default_address;
    flags_string(f, "web.listen-address", "Address to serve metrics on.", &w->address,
                 NULL);
    flags_common(w, f);
}

void web_flags_many(struct web *w, struct flags *f, const char *const *default_address)
{
    w->addresses.v =
        (const char **)(uintptr_t)default_address; /* replaced, never written */
    w->addresses.n = 1;
    flags_list(f, "web.listen-address",
               "Address to serve metrics on. May be given several times.", &w->addresses);
    flags_common(w, f);
    flags_int(f, "web.max-requests", "Scrapes served at the same time; 0: no limit.",
              &w->max_requests, 0, 1000000);
    flags_bool(f, "web.disable-exporter-metrics",
               "Leave out the metrics about the exporter itself (process_*, promhttp_*).",
               &w->disable_exporter_metrics, NULL);
}

static int out_of_memory(promc_error *err)
{
    if (err) {
        err->code = -ENOMEM;
        snprintf(err->text, sizeof(err->text), "out of memory");
    }
    return -ENOMEM;
}

static void log_http(void *arg, promc_log_level level, const char *text)
{
    (void)arg;
    log_at(level, text);
}

/* Append s to p with what HTML would read as markup escaped. Returns the new end. */
static char *html(char *p, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<':
            p = stpcpy(p, "&lt;");
            break;
        case '>':
            p = stpcpy(p, "&gt;");
            break;
        case '&':
            p = stpcpy(p, "&amp;");
            break;
        case '"':
            p = stpcpy(p, "&quot;");
            break;
        default:
            *p++ = *s;
            break;
        }
    }
    *p = '\0';
    return p;
}

/* The landing page, made once: a title, the version, a link to the metrics. */
static char *landing_page(const char *title, const char *path)
{
    static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                               "<meta charset=\"UTF-8\">\n<title>";
    static const char style[] =
        "</title>\n<style>body { font-family: sans-serif; margin: 2em }</style>\n"
        "</head>\n<body>\n<h1>";
    static const char body[] = "</h1>\n<p>Version ";
    static const char link[] = "</p>\n<ul><li><a href=\"";
    static const char tail[] = "\">Metrics</a></li></ul>\n</body>\n</html>\n";
    char *page = malloc(sizeof(head) + sizeof(style) + sizeof(body) + sizeof(link) +
                        sizeof(tail) + 6 * (2 * strlen(title) + strlen(path) + 64));
    char *p = page;

    if (!page)
        return NULL;
    p = stpcpy(p, head);
    p = html(p, title);
    p = stpcpy(p, style);
    p = html(p, title);
    p = stpcpy(p, body);
    p = html(p, buildinfo_version());
    p = stpcpy(p, link);
    p = html(p, path);
    stpcpy(p, tail);
    return page;
}

static void serve_landing(void *arg, const promc_http_request *req,
                          promc_http_response *res)
{
    const char *page = arg;

    (void)req;
    promc_http_respond(res, 200, "text/html; charset=UTF-8", page, strlen(page));
}

/* Open what is to be served on: the sockets of systemd, or the addresses. */
static int open_sockets(struct web *w, promc_error *err)
{
    const char *const *addresses = w->addresses.n > 0 ? w->addresses.v : &w->address;
    size_t n = w->addresses.n > 0 ? w->addresses.n : 1;
    int rc = 0;

    if (w->systemd_socket)
        return web_sockets_systemd(&w->sockets, err);
    w->sockets.v = calloc(n, sizeof(*w->sockets.v));
    if (!w->sockets.v)
        return out_of_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = web_socket_open(addresses[i], &w->sockets.v[i], err);
        if (rc == 0)
            w->sockets.n++;
    }
    return rc;
}

static void start_opts(const struct web *w, const struct web_site *site,
                       promc_http_opts *opts)
{
    opts->path = w->telemetry_path;
    opts->scrape = site->scrape;
    opts->scrape_arg = site->scrape_arg;
    opts->prefer_text = 1; /* what is replaced offers nothing else: no type may change */
    opts->max_in_flight = (unsigned)w->max_requests;
    opts->unlimited_in_flight = w->max_requests == 0;
    opts->self_metrics = !w->disable_exporter_metrics;
    opts->log = log_http;
    if (w->guard)
        web_guard_use(w->guard, opts);
}

static void log_listening(const struct web_socket *s, const promc_http_opts *opts,
                          const promc_http *srv)
{
    char text[300];

    web_socket_text(s, promc_http_port(srv), text, sizeof(text));
    log_info("Listening on", "address", text, "tls", opts->tls ? "true" : NULL);
}

static int start_all(struct web *w, const struct web_site *site,
                     const promc_http_route *routes, size_t n_routes, promc_error *err)
{
    int rc = open_sockets(w, err);

    if (rc != 0)
        return rc;
    w->servers = calloc(w->sockets.n, sizeof(*w->servers));
    if (!w->servers)
        return out_of_memory(err);
    for (size_t i = 0; i < w->sockets.n; i++) {
        struct web_socket *s = &w->sockets.v[i];
        promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
        promc_error reason = { -EIO, "" };

        start_opts(w, site, &opts);
        opts.address = s->address;
        opts.listen_fd = s->fd;
        opts.routes = routes;
        opts.n_routes = n_routes;
        w->servers[i] = promc_http_start_with(site->registry, &opts, &reason);
        if (!w->servers[i]) {
            if (err)
                *err = reason;
            return reason.code;
        }
        log_listening(s, &opts, w->servers[i]);
        s->fd = -1; /* the server's now */
        w->n_servers++;
    }
    return 0;
}

int web_start(struct web *w, const struct web_site *site, promc_error *err)
{
    promc_http_route *routes;
    size_t n = site->n_routes;
    int rc;

    if (w->telemetry_path[0] != '/') {
        if (err) {
            err->code = -EINVAL;
            snprintf(err->text, sizeof(err->text),
                     "--web.telemetry-path: \"%.60s\" does not begin with /",
                     w->telemetry_path);
        }
        return -EINVAL;
    }
    routes = calloc(n + 1, sizeof(*routes));
    w->landing = landing_page(site->title, w->telemetry_path);
    if (!routes || !w->landing) {
        rc = out_of_memory(err);
        goto out;
    }
    if (n > 0)
        memcpy(routes, site->routes, n * sizeof(*routes));
    if (strcmp(w->telemetry_path, "/") != 0)
        routes[n++] = (promc_http_route){ "GET", "/", serve_landing, w->landing };
    if (w->config_file[0]) {
        promc_error reason = { -EIO, "" };

        rc = web_guard_new(w->config_file, &w->guard, &reason);
        if (rc != 0) {
            if (err)
                *err = reason;
            goto out;
        }
    }
    rc = start_all(w, site, routes, n, err);
out:
    free(routes);
    if (rc < 0)
        web_stop(w, 0);
    else
        startup_trim();
    return rc;
}

void web_stop(struct web *w, double seconds)
{
    size_t i;

    for (i = 0; i < w->n_servers; i++)
        promc_http_stop_within(w->servers[i], seconds);
    web_sockets_close(&w->sockets);
    web_guard_free(w->guard);
    free(w->servers);
    free(w->landing);
    w->guard = NULL;
    w->servers = NULL;
    w->n_servers = 0;
    w->landing = NULL;
}

void web_reload(void *arg)
{
    struct web *w = arg;

    if (w->guard)
        web_guard_reload(w->guard);
}
