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

void web_flags_one(struct web *w, struct flags *f, const char *default_address)
{
    w->address = default_address;
    w->telemetry_path = "/metrics";
    w->max_requests = 40;
    flags_string(f, "web.listen-address", "Address to serve metrics on.", &w->address,
                 NULL);
    flags_string(f, "web.telemetry-path", "Path of the metrics.", &w->telemetry_path,
                 NULL);
}

void web_flags_many(struct web *w, struct flags *f, const char *const *default_address)
{
    w->addresses.v =
        (const char **)(uintptr_t)default_address; /* replaced, never written */
    w->addresses.n = 1;
    w->telemetry_path = "/metrics";
    w->max_requests = 40;
    flags_list(f, "web.listen-address",
               "Address to serve metrics on. May be given several times.", &w->addresses);
    flags_string(f, "web.telemetry-path", "Path of the metrics.", &w->telemetry_path,
                 NULL);
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

/* The address as logged: with the port the system chose when 0 was asked for. */
static void log_listening(const char *address, const promc_http *srv)
{
    const char *colon = strrchr(address, ':');
    int host_len = colon ? (int)(colon - address) : (int)strlen(address);
    char text[300];

    snprintf(text, sizeof(text), "%.*s:%u", host_len, address, promc_http_port(srv));
    log_info("Listening on", "address", text);
}

static int start_all(struct web *w, const struct web_site *site,
                     const promc_http_route *routes, size_t n_routes, promc_error *err)
{
    const char *const *addresses = w->addresses.n > 0 ? w->addresses.v : &w->address;
    size_t n = w->addresses.n > 0 ? w->addresses.n : 1;
    size_t i;

    w->servers = calloc(n, sizeof(*w->servers));
    if (!w->servers)
        return out_of_memory(err);
    for (i = 0; i < n; i++) {
        promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
        promc_error reason = { -EIO, "" };

        opts.address = addresses[i];
        opts.path = w->telemetry_path;
        opts.routes = routes;
        opts.n_routes = n_routes;
        opts.scrape = site->scrape;
        opts.scrape_arg = site->scrape_arg;
        opts.prefer_text =
            1; /* what is replaced offers nothing else: no type may change */
        opts.max_in_flight = (unsigned)w->max_requests;
        opts.unlimited_in_flight = w->max_requests == 0;
        opts.self_metrics = !w->disable_exporter_metrics;
        opts.log = log_http;
        w->servers[i] = promc_http_start_with(site->registry, &opts, &reason);
        if (!w->servers[i]) {
            if (err)
                *err = reason;
            return reason.code;
        }
        w->n_servers++;
        log_listening(addresses[i], w->servers[i]);
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
    free(w->servers);
    free(w->landing);
    w->servers = NULL;
    w->n_servers = 0;
    w->landing = NULL;
}
