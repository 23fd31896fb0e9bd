/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - promc-node-exporter: metrics of a Linux host for Prometheus.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buildinfo.h"
#include "common/flags.h"
#include "common/log.h"
#include "common/sig.h"
#include "common/web.h"
#include "node/collector.h"
#include "node/enabled.h"
#include "node/once.h"
#include "node/roots.h"
#include "node/scrape.h"
#include "node/serve.h"

#define PROGRAM "promc-node-exporter"

/* Which libraries that some collectors need this build has, for --version. */
#ifdef HAVE_JANSSON
#define JANSSON " +jansson"
#else
#define JANSSON " -jansson"
#endif
#ifdef HAVE_SYSTEMD
#define SYSTEMD " +systemd"
#else
#define SYSTEMD " -systemd"
#endif
#ifdef HAVE_PROCGROUPS
#define PROCESS_GROUPS " +process_groups"
#else
#define PROCESS_GROUPS " -process_groups"
#endif
#define NODE_LIBRARIES JANSSON SYSTEMD PROCESS_GROUPS

/* Answers under way at shutdown get this long. */
#define DRAIN_SECONDS 5.0

struct options {
    struct web web;
    struct node_paths paths;
    struct node_enabled enabled;
    double deadline;
    int once;
    const char *once_file;
    long procs;
    const char *log_level;
    const char *log_format;
};

static void declare(struct options *o, struct flags *f)
{
    static const char *const address[] = { ":9100" };
    static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
    static const char *const formats[] = { "logfmt", "json", NULL };

    o->paths = (struct node_paths){ "/proc", "/sys", "/", "/run/udev/data" };
    o->log_level = "info";
    o->log_format = "logfmt";
    flags_string(f, "path.procfs", "Where procfs is mounted.", &o->paths.procfs, NULL);
    flags_string(f, "path.sysfs", "Where sysfs is mounted.", &o->paths.sysfs, NULL);
    flags_string(f, "path.rootfs", "Where the root file system is mounted.",
                 &o->paths.rootfs, NULL);
    flags_string(f, "path.udev.data", "Where udev keeps its database.",
                 &o->paths.udev_data, NULL);
    web_flags_many(&o->web, f, address);
    flags_duration(
        f, "collector.deadline",
        "Longest time the collectors may take for a scrape; 0: what the scraper "
        "allows, or 8s if it does not say.",
        &o->deadline);
    o->once_file = "";
    flags_bool(f, "once", "Print one scrape to stdout and end, without a server.",
               &o->once, NULL);
    flags_string(f, "once.file",
                 "The same to this file, which is replaced at once when the scrape is "
                 "complete.",
                 &o->once_file, NULL);
    o->procs = 1;
    flags_int(f, "runtime.gomaxprocs", "Accepted for compatibility, without effect.",
              &o->procs, 0, 1000000);
    flags_choice(f, "log.level",
                 "Least severe messages to log: debug, info, warn or error.",
                 &o->log_level, levels);
    flags_choice(f, "log.format", "Format of log lines: logfmt or json.", &o->log_format,
                 formats);
}

static void log_start(const struct options *o, const struct node_set *set)
{
    size_t i;

    log_info("Starting " PROGRAM, "version", buildinfo_version(), "build_context",
             buildinfo_context());
    if (geteuid() == 0)
        log_warn("Running as root, which is not needed: the exporter works as any user");
    log_info("Enabled collectors");
    for (i = 0; i < o->enabled.n; i++) {
        if (set->on[i])
            log_info("Enabled", "collector", o->enabled.table[i]->name);
    }
}

static int only_once(const struct options *o)
{
    return o->once || o->once_file[0];
}

/* The registry of the exporter's own metrics; the collectors' results join in at a
 * scrape. What a process that ends at once has used is of no interest. */
static promc_registry *make_registry(const struct options *o, struct node_scrape *scrape,
                                     promc_error *err)
{
    promc_registry *reg = promc_registry_new(err);
    int once = only_once(o);

    if (!reg)
        return NULL;
    if (buildinfo_register(reg, "node_exporter", err) < 0 ||
        promc_collector_register(reg, once ? node_scrape_results : node_scrape_emit,
                                 scrape, err) < 0 ||
        (!o->web.disable_exporter_metrics && !once &&
         promc_process_register(reg, err) < 0)) {
        promc_registry_free(reg);
        return NULL;
    }
    return reg;
}

/* Serve until a signal says stop. Returns the exit status. */
static int serve(struct options *o, struct node_site *site)
{
    struct web_site web = { .registry = site->registry,
                            .title = "Node Exporter",
                            .scrape = node_serve,
                            .scrape_arg = site };
    promc_error err = { 0, "" };
    int signal;

    if (web_start(&o->web, &web, &err) < 0) {
        log_error("Cannot serve", "err", err.text);
        return 1;
    }
    /* Not inside log_info(): what is not logged is not evaluated, either. */
    signal = sig_wait(o->web.config_file[0] ? web_reload : NULL, &o->web);
    log_info("Received a signal, stopping", "signal", strsignal(signal));
    /* First the collectors, so that no answer waits for one that hangs. */
    node_scrape_stop(site->scrape);
    web_stop(&o->web, DRAIN_SECONDS);
    return 0;
}

static int scrape_once(const struct options *o, const struct node_site *site)
{
    promc_error err = { 0, "" };

    if (node_once(site, o->once_file, &err) == 0)
        return 0;
    log_error("Cannot write the scrape", "err", err.text);
    return 1;
}

/* Returns the exit status. */
static int run(struct options *o)
{
    struct node_site site = { .enabled = &o->enabled, .deadline = o->deadline };
    struct node_ctx ctx = { .paths = o->paths };
    promc_error err = { 0, "" };
    int status = 1;

    node_enabled_set(&o->enabled, &site.set);
    if (!only_once(o)) /* cron sends a mail for every word */
        log_start(o, &site.set);
    site.scrape = node_scrape_new(o->enabled.table, &site.set, &ctx, &err);
    if (!site.scrape) {
        log_error("Cannot set up the collectors", "err", err.text);
        return 1;
    }
    site.registry = make_registry(o, site.scrape, &err);
    if (site.registry)
        status = only_once(o) ? scrape_once(o, &site) : serve(o, &site);
    else
        log_error("Cannot set up the registry", "err", err.text);
    promc_registry_free(site.registry);
    node_scrape_free(site.scrape);
    return status;
}

int main(int argc, char **argv)
{
    static struct options o;
    static char version[512];
    promc_error err = { 0, "" };
    struct flags *f;
    int status = 1;

    if (sig_block() < 0)
        return 1;
    f = flags_new(PROGRAM, "Serves metrics of this Linux host for Prometheus.",
                  buildinfo_text(PROGRAM, NODE_LIBRARIES, version, sizeof(version)));
    if (!f)
        return 1;
    declare(&o, f);
    if (node_enabled_flags(&o.enabled, node_collectors, f) < 0) {
        flags_free(f);
        return 1;
    }
    switch (flags_parse(f, argc, argv)) {
    case FLAGS_DONE:
        status = 0;
        break;
    case FLAGS_BAD:
        break;
    case FLAGS_OK:
        log_setup(o.log_level, o.log_format);
        if (node_roots_check(&o.paths, &err) == 0)
            status = run(&o);
        else
            log_error("Cannot read a root directory", "err", err.text);
        break;
    }
    flags_free(f);
    return status;
}
