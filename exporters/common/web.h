/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web.h - how an exporter serves its registry: the --web flags, one HTTP server per address,
 * the landing page.
 */
#ifndef COMMON_WEB_H
#define COMMON_WEB_H

#include <promc/http.h>

#include "common/flags.h"
#include "common/web_guard.h"
#include "common/web_socket.h"

struct web {
    /* What the flags set. */
    struct flag_list addresses;
    const char *address; /* in place of addresses when only one is allowed */
    const char *telemetry_path;
    long max_requests;
    int disable_exporter_metrics;
    const char *config_file; /* "": none */
    int systemd_socket;

    struct web_guard *guard; /* NULL: no configuration file */
    struct web_sockets sockets;
    promc_http **servers;
    size_t n_servers;
    char *landing;
};

/* Declare --web.listen-address (default_address unless given), --web.telemetry-path,
 * --web.config.file and --web.systemd-socket. */
void web_flags_one(struct web *w, struct flags *f, const char *default_address);

/* The same, with --web.listen-address repeatable, and --web.max-requests and
 * --web.disable-exporter-metrics. default_address: static storage of the caller. */
void web_flags_many(struct web *w, struct flags *f, const char *const *default_address);

/* What is served beside what the flags say. */
struct web_site {
    promc_registry *registry;
    const char *title;            /* of the landing page */
    promc_http_scrape_fn *scrape; /* NULL: the registry as it is */
    void *scrape_arg;
    const promc_http_route *routes; /* more paths */
    size_t n_routes;
};

/* Check the flags, start a server on each address and log it. Returns 0, or -errno with *err
 * filled; nothing is left running then. */
int web_start(struct web *w, const struct web_site *site, promc_error *err);

/* Read --web.config.file again, if there is one. arg: the struct web; for sig_wait(). */
void web_reload(void *arg);

/* Stop all servers, letting answers under way finish within seconds; frees what w owns. */
void web_stop(struct web *w, double seconds);

#endif /* COMMON_WEB_H */
