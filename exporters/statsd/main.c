/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - promc-statsd-exporter: receives StatsD lines and serves them as Prometheus
 * metrics.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/buildinfo.h"
#include "common/log.h"
#include "common/sig.h"
#include "statsd/listen.h"
#include "statsd/options.h"
#include "statsd/selfmetrics.h"

#define PROGRAM "promc-statsd-exporter"

/* Together these stay within the five seconds a service manager should have to wait. */
#define DRAIN_SECONDS 2.5
#define ANSWER_SECONDS 2.0

/* Asked for when --statsd.read-buffer does not say. */
#define READ_BUFFER ((size_t)4 << 20)

/* Descriptors that TCP clients may not take: for HTTP, the listeners and the log. */
#define RESERVED_FDS 200

struct bridge {
    struct options options;
    promc_registry *registry;
    struct ingest_shared shared;
    struct selfmetrics self;
    bool unlink_socket;
};

static void say_error(const char *what, const promc_error *err)
{
    log_error(what, "err", err->text);
}

/* ------------------------------------------------------------------------------
 * listeners */

/* What was asked of the kernel and what it gave: too little is the commonest cause of
 * loss. */
static void size_buffer(int fd, const char *what, const struct options *o)
{
    size_t want = o->read_buffer > 0 ? (size_t)o->read_buffer : READ_BUFFER;
    size_t got = listen_buffer(fd, want);
    char asked_text[24], got_text[24];

    snprintf(asked_text, sizeof(asked_text), "%zu", want);
    snprintf(got_text, sizeof(got_text), "%zu", got);
    if (got < want)
        log_warn(
            "receive buffer is smaller than asked for; raise net.core.rmem_max to lose "
            "less in bursts",
            "listener", what, "asked", asked_text, "got", got_text);
    else
        log_info("receive buffer", "listener", what, "bytes", got_text);
}

/* Start a receiver on fd, or close it. Returns 0 or -1. */
static int add_dgram(struct bridge *b, int fd, bool unix_socket, const char *what)
{
    struct dgram *d;

    size_buffer(fd, what, &b->options);
    d = dgram_start(fd, unix_socket, &b->shared);
    if (d == NULL) {
        close(fd);
        log_error("cannot start a receiver", "listener", what);
        return -1;
    }
    b->self.dgram[b->self.n_dgrams++] = d;
    return 0;
}

static int start_udp(struct bridge *b)
{
    const struct options *o = &b->options;
    long n = o->udp_threads;
    promc_error err;
    int fd[64];

    /* All sockets before any thread: the first probes whether the port is free. */
    for (long i = 0; i < n; i++) {
        fd[i] = listen_udp(o->listen_udp, n > 1, i == 0, &err);
        if (fd[i] < 0) {
            while (i > 0)
                close(fd[--i]);
            say_error("cannot listen", &err);
            return -1;
        }
    }
    for (long i = 0; i < n; i++) {
        if (add_dgram(b, fd[i], false, "udp") == 0)
            continue;
        while (++i < n)
            close(fd[i]);
        return -1;
    }
    return 0;
}

static int start_unixgram(struct bridge *b)
{
    const struct options *o = &b->options;
    unsigned long mode;
    promc_error err;
    char *end;
    int fd;

    mode = strtoul(o->unixsocket_mode, &end, 8);
    if (end == o->unixsocket_mode || *end != '\0' || mode > 07777) {
        log_warn("not an octal mode, using 755", "statsd.unixsocket-mode",
                 o->unixsocket_mode);
        mode = 0755;
    }
    fd = listen_unixgram(o->listen_unixgram, (unsigned)mode, &err);
    if (fd < 0) {
        say_error("cannot listen", &err);
        return -1;
    }
    b->unlink_socket = o->listen_unixgram[0] != '@';
    return add_dgram(b, fd, true, "unixgram");
}

/* Raise the limit on open files, as far as we may, so that n connections fit beside the
 * rest. Returns how many do. */
static size_t allow_files(size_t n)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= n + RESERVED_FDS)
        return n;
    files.rlim_cur =
        files.rlim_max > n + RESERVED_FDS ? n + RESERVED_FDS : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur >= n + RESERVED_FDS)
        return n;
    log_warn("fewer TCP connections than asked for, because of the limit on open files");
    return files.rlim_cur > 2 * RESERVED_FDS ? files.rlim_cur - RESERVED_FDS
                                             : RESERVED_FDS;
}

static int start_tcp(struct bridge *b)
{
    struct tcp_limits limits = { .max_connections = (size_t)b->options.tcp_connections,
                                 .idle_seconds = b->options.tcp_idle };
    promc_error err;
    int fd = listen_tcp(b->options.listen_tcp, &err);

    if (fd < 0) {
        say_error("cannot listen", &err);
        return -1;
    }
    limits.max_connections = allow_files(limits.max_connections);
    b->self.tcp = tcp_start(fd, &limits, &b->shared);
    if (b->self.tcp == NULL) {
        close(fd);
        log_error("cannot start a receiver", "listener", "tcp");
        return -1;
    }
    return 0;
}

static int start_listeners(struct bridge *b)
{
    const struct options *o = &b->options;

    if (o->listen_udp[0] == '\0' && o->listen_tcp[0] == '\0' &&
        o->listen_unixgram[0] == '\0') {
        log_error("nothing to listen on: give at least one of --statsd.listen-udp, "
                  "--statsd.listen-tcp and --statsd.listen-unixgram");
        return -1;
    }
    if ((o->listen_udp[0] != '\0' && start_udp(b) != 0) ||
        (o->listen_tcp[0] != '\0' && start_tcp(b) != 0) ||
        (o->listen_unixgram[0] != '\0' && start_unixgram(b) != 0))
        return -1;
    log_info("accepting StatsD traffic", "udp", o->listen_udp, "tcp", o->listen_tcp,
             "unixgram", o->listen_unixgram);
    return 0;
}

static void stop_listeners(struct bridge *b)
{
    for (size_t i = 0; i < b->self.n_dgrams; i++)
        dgram_stop(b->self.dgram[i], DRAIN_SECONDS);
    tcp_stop(b->self.tcp, DRAIN_SECONDS);
    for (size_t i = 0; i < b->self.n_dgrams; i++)
        dgram_join(b->self.dgram[i]);
    tcp_join(b->self.tcp);
    if (b->unlink_socket)
        unlink(b->options.listen_unixgram);
}

/* --------------------------------------------------------------------------- the program
 */

static int set_up(struct bridge *b, promc_error *err)
{
    const struct options *o = &b->options;

    b->shared.options = (struct line_options){ .dogstatsd = o->dogstatsd != 0,
                                               .influxdb = o->influxdb != 0,
                                               .librato = o->librato != 0,
                                               .signalfx = o->signalfx != 0 };
    b->self.limits = (struct series_limits){ .total = (size_t)o->max_series,
                                             .per_name = (size_t)o->max_series_per_name };
    if (getrandom(&b->shared.key, sizeof(b->shared.key), 0) != sizeof(b->shared.key)) {
        *err = (promc_error){ -EIO, "no random numbers" };
        return -1;
    }
    *err = (promc_error){ -ENOMEM, "out of memory" };
    b->registry = promc_registry_new(err);
    b->shared.conflicts = b->self.conflicts = conflicts_new(&b->shared.key);
    if (b->registry == NULL || b->self.conflicts == NULL)
        return -1;
    b->shared.series = b->self.series =
        series_table_new(b->registry, &b->shared.key, &b->self.limits, b->self.conflicts);
    if (b->self.series == NULL)
        return -1;
    pthread_mutex_init(&b->self.lock, NULL);
    if (promc_process_register(b->registry, err) < 0 ||
        buildinfo_register(b->registry, "statsd_exporter", err) < 0)
        return -1;
    return 0;
}

static void tear_down(struct bridge *b)
{
    promc_registry_free(b->registry);
    for (size_t i = 0; i < b->self.n_dgrams; i++)
        dgram_free(b->self.dgram[i]);
    tcp_free(b->self.tcp);
    series_table_free(b->self.series);
    conflicts_free(b->self.conflicts);
}

static void serve_healthy(void *arg, const promc_http_request *req,
                          promc_http_response *res)
{
    const char *text = arg;

    (void)req;
    promc_http_respond(res, 200, "text/plain; charset=utf-8", text, strlen(text));
}

/* SIGHUP asks a service to read its configuration again; whoever sends it must not end
 * us. */
static void on_hangup(void *arg)
{
    struct web *web = arg;

    if (web->config_file[0])
        web_reload(web);
    else
        log_info("SIGHUP received, there is no configuration file to read again");
}

/* Receive and serve until a signal says stop. Returns the exit status. */
static int run(struct bridge *b)
{
    static char healthy[] = "Statsd Exporter is Healthy.\n",
                ready[] = "Statsd Exporter is Ready.\n";
    const promc_http_route routes[] = {
        { "GET", "/-/healthy", serve_healthy, healthy },
        { "GET", "/-/ready", serve_healthy, ready },
    };
    struct web_site site = { .registry = b->registry,
                             .title = "StatsD Exporter",
                             .routes = routes,
                             .n_routes = sizeof(routes) / sizeof(*routes) };
    promc_error err;
    char lines[24], drops[24];
    int signal;

    if (promc_collector_register(b->registry, selfmetrics_collect, &b->self, &err) < 0 ||
        web_start(&b->options.web, &site, &err) < 0) {
        say_error("cannot serve", &err);
        stop_listeners(b);
        return 1;
    }
    signal = sig_wait(on_hangup, &b->options.web);
    log_info("stopping", "signal", strsignal(signal));
    stop_listeners(b);
    web_stop(&b->options.web, ANSWER_SECONDS);
    snprintf(lines, sizeof(lines), "%llu",
             (unsigned long long)selfmetrics_lines(&b->self));
    snprintf(drops, sizeof(drops), "%llu",
             (unsigned long long)selfmetrics_drops(&b->self));
    log_info("stopped", "lines", lines, "udp_packet_drops", drops);
    return 0;
}

static int start(struct bridge *b)
{
    promc_error err;
    int status = 1;

    log_info("starting " PROGRAM, "version", buildinfo_version(), "build_context",
             buildinfo_context());
    if (set_up(b, &err) != 0)
        say_error("cannot start", &err);
    else if (start_listeners(b) != 0)
        stop_listeners(b);
    else
        status = run(b);
    tear_down(b);
    return status;
}

int main(int argc, char **argv)
{
    static struct bridge b;
    static char version[512];
    struct flags *f;
    int status = 1;

    if (sig_block() < 0)
        return 1;
    f = flags_new(PROGRAM, "Receives StatsD lines and serves them as Prometheus metrics.",
                  buildinfo_text(PROGRAM, "", version, sizeof(version)));
    if (f == NULL)
        return 1;
    options_declare(&b.options, f);
    switch (flags_parse(f, argc, argv)) {
    case FLAGS_DONE:
        status = 0;
        break;
    case FLAGS_BAD:
        break;
    case FLAGS_OK:
        log_setup(b.options.log_level, b.options.log_format);
        status = start(&b);
        break;
    }
    flags_free(f);
    return status;
}
