/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server.c - a server with adjustable faults, for http_test.py.
 *
 * Prints its port, or "error CODE TEXT", and then obeys lines on standard input: "hold"
 * takes all free descriptors, "free" gives them back; the end of input stops the server.
 */
#include "config.h"

#include <promc/http.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static promc_registry *registry;
static atomic_uint collections;
static atomic_uint reloads;
static unsigned long slow_ms;

static void sleep_ms(unsigned long ms)
{
    struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    nanosleep(&ts, NULL);
}

/* Counts itself, takes its time, and fails if the query says so: ?fail=STATUS. */
static int scrape(void *arg, const promc_http_request *req, promc_format format,
                  promc_page *page, promc_error *err)
{
    const char *fail = promc_http_query(req, "fail", 0);

    (void)arg;
    /* seq_cst: nothing hangs on the order, it is a test */
    atomic_fetch_add_explicit(&collections, 1, memory_order_seq_cst);
    sleep_ms(slow_ms);
    if (fail) {
        snprintf(err->text, sizeof(err->text), "asked to fail with %s", fail);
        return (int)strtol(fail, NULL, 10);
    }
    return promc_render(registry, format, page, err) == 0 ? 0 : 500;
}

static void answer_number(promc_http_response *res, unsigned long n)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%lu\n", n);

    promc_http_respond(res, 200, "text/plain; charset=utf-8", text, (size_t)len);
}

static void count_route(void *arg, const promc_http_request *req,
                        promc_http_response *res)
{
    (void)arg;
    (void)req;
    answer_number(res, atomic_load_explicit(&collections, memory_order_seq_cst));
}

static void reload_route(void *arg, const promc_http_request *req,
                         promc_http_response *res)
{
    (void)arg;
    (void)req;
    answer_number(res, 1 + atomic_fetch_add_explicit(&reloads, 1, memory_order_seq_cst));
}

/* Says what it was asked: method, path, and each "k" of the query. */
static void echo_route(void *arg, const promc_http_request *req, promc_http_response *res)
{
    char text[512];
    const char *value;
    size_t len;

    (void)arg;
    snprintf(text, sizeof(text), "%s %s", promc_http_method(req), promc_http_path(req));
    for (size_t i = 0; (value = promc_http_query(req, "k", i)) != NULL; i++) {
        len = strlen(text);
        snprintf(text + len, sizeof(text) - len, " [%s]", value);
    }
    promc_http_respond(res, 200, "text/plain", text, strlen(text));
}

static void silent_route(void *arg, const promc_http_request *req,
                         promc_http_response *res)
{
    (void)arg;
    (void)req;
    (void)res;
}

static void log_line(void *arg, promc_log_level level, const char *text)
{
    (void)arg;
    fprintf(stderr, "log %d %s\n", (int)level, text);
}

/* @mib MiB of samples with long labels, beside a few short ones. */
static void fill(unsigned long mib)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;
    char value[1001];

    opts.max_series = mib * 1024 + 100;
    f = promc_counter_family_new_with(registry, "test_total", "Something to send.",
                                      PROMC_LABELS("filler"), &opts, NULL);
    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    for (unsigned long i = 0; i < mib * 1024 + 50; i++) {
        char number[24];
        int len = snprintf(number, sizeof(number), "%lu", i);

        memcpy(value, number, (size_t)len);
        if (i >= mib * 1024)
            value[len] = '\0';
        promc_counter_family_inc(f, PROMC_LABELS(value));
    }
}

static void limit_descriptors(unsigned long n)
{
    struct rlimit limit = { n, n };
    if (n && setrlimit(RLIMIT_NOFILE, &limit) != 0)
        perror("setrlimit");
}

static void obey(void)
{
    static int held[4096];
    static size_t n_held;
    char line[64];

    while (fgets(line, sizeof(line), stdin)) {
        if (!strcmp(line, "hold\n")) {
            int fd;
            while (n_held < 4096 && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
                held[n_held++] = fd;
        } else if (!strcmp(line, "free\n")) {
            while (n_held > 0)
                close(held[--n_held]);
        }
        puts("done");
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    static const promc_http_route routes[] = {
        { "GET", "/count", count_route, NULL },
        { "GET", "/echo", echo_route, NULL },
        { "POST", "/-/reload", reload_route, NULL },
        { "PUT", "/-/reload", reload_route, NULL },
        { "GET", "/silent", silent_route, NULL },
    };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    unsigned long mib = 0, nofile = 0, plain = 0;
    double drain = 5;
    promc_error err;
    promc_http *srv;

    opts.address = "127.0.0.1:0";
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned long n = strtoul(argv[i + 1], NULL, 10);

        if (!strcmp(argv[i], "address"))
            opts.address = argv[i + 1];
        else if (!strcmp(argv[i], "slow_ms"))
            slow_ms = n;
        else if (!strcmp(argv[i], "mib"))
            mib = n;
        else if (!strcmp(argv[i], "nofile"))
            nofile = n;
        else if (!strcmp(argv[i], "plain"))
            plain = n;
        else if (!strcmp(argv[i], "drain_ms"))
            drain = (double)n / 1000;
        else if (!strcmp(argv[i], "idle_ms"))
            opts.idle_timeout = (double)n / 1000;
        else if (!strcmp(argv[i], "lifetime_ms"))
            opts.max_lifetime = (double)n / 1000;
        else if (!strcmp(argv[i], "connections"))
            opts.max_connections = (unsigned)n;
        else if (!strcmp(argv[i], "per_ip"))
            opts.max_per_ip = (unsigned)n;
        else if (!strcmp(argv[i], "in_flight"))
            opts.max_in_flight = (unsigned)n;
    }
    limit_descriptors(nofile);
    registry = promc_registry_new(NULL);
    fill(mib);
    opts.routes = routes;
    opts.n_routes = sizeof(routes) / sizeof(routes[0]);
    opts.scrape = plain ? NULL : scrape;
    opts.self_metrics = 1;
    opts.log = log_line;
    srv = promc_http_start_with(registry, &opts, &err);
    if (!srv) {
        printf("error %d %s\n", err.code, err.text);
        return 1;
    }
    printf("%u\n", promc_http_port(srv));
    fflush(stdout);
    obey();
    promc_http_stop_within(srv, drain);
    promc_registry_free(registry);
    puts("stopped");
    return 0;
}
