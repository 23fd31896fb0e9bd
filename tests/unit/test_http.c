/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http.c - the server's inside: addresses, log, and starts that fail.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "http_internal.h"

static size_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    if (!dir)
        return 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int have_ipv6(void)
{
    struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    int ok = fd >= 0 && bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* Connect to loopback, send @request, read all there is. Returns the length. */
static size_t exchange(unsigned port, const char *request, char *buf, size_t size)
{
    struct sockaddr_in sin = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t len = 0;
    ssize_t n;

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sin.sin_port = htons((uint16_t)port);
    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    n = send(fd, request, strlen(request), MSG_NOSIGNAL);
    assert_int_equal(n, strlen(request));
    while (len < size - 1 && (n = recv(fd, buf + len, size - 1 - len, 0)) > 0)
        len += (size_t)n;
    buf[len] = '\0';
    close(fd);
    return len;
}

struct log_book {
    unsigned lines;
    char last[600];
};

static void keep_line(void *arg, promc_log_level level, const char *text)
{
    struct log_book *book = arg;

    (void)level;
    book->lines++;
    snprintf(book->last, sizeof(book->last), "%s", text);
}

static const char *const scrape_request = "GET /metrics HTTP/1.0\r\n\r\n";

static void test_addresses(void **state)
{
    static const struct {
        const char *address;
        int code; /* 0: a socket, and its port is not 0 */
        int needs_ipv6;
    } cases[] = {
        { "127.0.0.1:0", 0, 0 },
        { ":0", 0, 0 },
        { "0.0.0.0:0", 0, 0 },
        { "localhost:0", 0, 0 },
        { "[::1]:0", 0, 1 },
        { "[::]:0", 0, 1 },
        { "[127.0.0.1]:0", 0, 0 },
        { "", -EINVAL, 0 },
        { "9400", -EINVAL, 0 },
        { "localhost", -EINVAL, 0 },
        { ":", -EINVAL, 0 },
        { "localhost:", -EINVAL, 0 },
        { "localhost:http", -EINVAL, 0 },
        { "localhost:1x", -EINVAL, 0 },
        { "localhost:-1", -EINVAL, 0 },
        { "localhost:+1", -EINVAL, 0 },
        { "localhost: 1", -EINVAL, 0 },
        { "localhost:65536", -EINVAL, 0 },
        { "localhost:99999999999999999999999", -EINVAL, 0 },
        { "::1:9400", -EINVAL, 0 },
        { "[::1]", -EINVAL, 0 },
        { "[::1:9400", -EINVAL, 0 },
        { "[::1]9400", -EINVAL, 0 },
        { "[]:0", -EINVAL, 0 },
        { "999.1.1.1:0", -EADDRNOTAVAIL, 0 },
        { "192.0.2.1:0", -EADDRNOTAVAIL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        promc_error err = { 0, "" };
        int fd;

        if (cases[i].needs_ipv6 && !have_ipv6())
            continue;
        fd = promc__http_listen(cases[i].address, &err);
        if (cases[i].code == 0) {
            if (fd < 0)
                fail_msg("%s: %s", cases[i].address, err.text);
            assert_int_not_equal(promc__http_socket_port(fd), 0);
            assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
            assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
            close(fd);
        } else {
            if (fd != cases[i].code)
                fail_msg("%s: %d", cases[i].address, fd);
            assert_int_equal(err.code, cases[i].code);
            assert_non_null(strstr(err.text, cases[i].address));
        }
    }
}

static void test_port_in_use(void **state)
{
    promc_http *first, *second;
    char address[32];
    promc_error err;

    (void)state;
    first = promc_http_start(NULL, "127.0.0.1:0", &err);
    assert_non_null(first);
    snprintf(address, sizeof(address), "127.0.0.1:%u", promc_http_port(first));
    second = promc_http_start(NULL, address, &err);
    assert_null(second);
    assert_int_equal(err.code, -EADDRINUSE);
    assert_non_null(strstr(err.text, address));
    promc_http_stop(first);
    second = promc_http_start(NULL, address, &err);
    assert_non_null(second);
    promc_http_stop(second);
}

static void test_null(void **state)
{
    (void)state;
    promc_http_stop(NULL);
    promc_http_stop_within(NULL, 0);
    assert_int_equal(promc_http_port(NULL), 0);
    assert_null(promc_http_method(NULL));
    assert_null(promc_http_path(NULL));
    assert_null(promc_http_query(NULL, "a", 0));
    assert_null(promc_http_header(NULL, "a"));
    assert_true(promc_http_scrape_timeout(NULL) == 0);
    assert_null(promc_http_start(NULL, "nonsense", NULL));
}

static void test_bad_settings(void **state)
{
    static const promc_http_route bad[] = {
        { "GET", "no-slash", NULL, NULL },
        { "DELETE", "/x", NULL, NULL },
        { NULL, "/x", NULL, NULL },
    };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_error err;

    (void)state;
    opts.address = "127.0.0.1:0";
    opts.path = "metrics";
    assert_null(promc_http_start_with(NULL, &opts, &err));
    assert_int_equal(err.code, -EINVAL);
    opts.path = NULL;
    opts.n_routes = 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        opts.routes = &bad[i];
        assert_null(promc_http_start_with(NULL, &opts, &err));
        assert_int_equal(err.code, -EINVAL);
    }
}

static void test_listen_fd(void **state)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_http *srv;
    promc_error err;
    char buf[4096];
    int fd, pair[2];

    (void)state;
    assert_int_equal(pipe(pair), 0);
    opts.listen_fd = pair[0];
    assert_null(promc_http_start_with(NULL, &opts, &err));
    assert_int_equal(err.code, -EINVAL);
    assert_int_not_equal(fcntl(pair[0], F_GETFD), -1); /* still ours */
    close(pair[0]);
    close(pair[1]);

    fd = promc__http_listen("127.0.0.1:0", &err);
    opts.listen_fd = fd;
    srv = promc_http_start_with(NULL, &opts, &err);
    assert_non_null(srv);
    assert_int_equal(promc_http_port(srv), promc__http_socket_port(fd));
    assert_true(exchange(promc_http_port(srv), scrape_request, buf, sizeof(buf)) > 0);
    assert_memory_equal(buf, "HTTP/1.1 200 ", 13);
    promc_http_stop(srv);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* The format goes by the Accept header, unless the program wants text alone: the peers'
 * exporters speak nothing else, whatever Prometheus would like better. */
static void test_prefer_text(void **state)
{
    static const struct {
        int prefer_text;
        const char *accept;
        const char *type; /* of the answer, and what it calls a counter without _total */
        const char *says;
    } rows[] = {
        { 0, "application/openmetrics-text, text/plain;q=0.5",
          "application/openmetrics-text", "# TYPE a_count unknown" },
        { 1, "application/openmetrics-text, text/plain;q=0.5", "text/plain",
          "# TYPE a_count counter" },
        { 1, "application/openmetrics-text, */*;q=0.1", "text/plain",
          "# TYPE a_count counter" },
        { 1, "application/openmetrics-text", "application/openmetrics-text",
          "# TYPE a_count unknown" },
        { 1, "application/openmetrics-text, text/plain;q=0",
          "application/openmetrics-text", "# TYPE a_count unknown" },
        { 1, "image/png", "text/plain", "# TYPE a_count counter" },
    };
    promc_registry *reg = promc_registry_new(NULL);

    (void)state;
    promc_counter_new(reg, "a_count", "A.", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
        promc_http *srv;
        char request[256];
        char buf[4096];

        opts.address = "127.0.0.1:0";
        opts.prefer_text = rows[i].prefer_text;
        srv = promc_http_start_with(reg, &opts, NULL);
        assert_non_null(srv);
        snprintf(request, sizeof request, "GET /metrics HTTP/1.0\r\nAccept: %s\r\n\r\n",
                 rows[i].accept);
        assert_true(exchange(promc_http_port(srv), request, buf, sizeof buf) > 0);
        assert_non_null(strstr(buf, rows[i].type));
        assert_non_null(strstr(buf, rows[i].says));
        promc_http_stop(srv);
    }
    promc_registry_free(reg);
}

/* Starting and stopping leaves no descriptor behind, and the host's signal mask alone. */
static void test_start_stop_often(void **state)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    size_t before = count_fds();
    sigset_t mask;
    char buf[4096];

    (void)state;
    opts.address = "127.0.0.1:0";
    opts.self_metrics = 1;
    for (int i = 0; i < 50; i++) {
        promc_http *srv = promc_http_start_with(reg, &opts, NULL);

        assert_non_null(srv);
        if (i % 2)
            assert_true(exchange(promc_http_port(srv), scrape_request, buf, sizeof(buf)) >
                        0);
        promc_http_stop_within(srv, i % 3 ? 5 : 0);
    }
    assert_int_equal(count_fds(), before);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
    promc_registry_free(reg);
}

/* Several servers of one registry count their scrapes together, whichever goes first. */
static void test_servers_count_together(void **state)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_registry *reg = promc_registry_new(NULL);
    promc_http *a, *b;
    char buf[8192];

    (void)state;
    opts.address = "127.0.0.1:0";
    opts.self_metrics = 1;
    a = promc_http_start_with(reg, &opts, NULL);
    b = promc_http_start_with(reg, &opts, NULL);
    assert_non_null(a);
    assert_non_null(b);
    assert_true(exchange(promc_http_port(a), scrape_request, buf, sizeof(buf)) > 0);
    promc_http_stop(a);
    assert_true(exchange(promc_http_port(b), scrape_request, buf, sizeof(buf)) > 0);
    assert_non_null(
        strstr(buf, "promhttp_metric_handler_requests_total{code=\"200\"} 1\n"));
    assert_true(exchange(promc_http_port(b), scrape_request, buf, sizeof(buf)) > 0);
    assert_non_null(
        strstr(buf, "promhttp_metric_handler_requests_total{code=\"200\"} 2\n"));
    assert_non_null(strstr(buf, "promhttp_metric_handler_requests_in_flight 1\n"));
    promc_http_stop(b);
    promc_registry_free(reg);
}

/* A server that is started again on its registry goes on counting. */
static void test_restart(void **state)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_registry *reg = promc_registry_new(NULL);
    struct log_book book = { 0, "" };
    char buf[8192], want[80];

    (void)state;
    opts.address = "127.0.0.1:0";
    opts.self_metrics = 1;
    opts.log = keep_line;
    opts.log_arg = &book;
    for (int i = 0; i < 3; i++) {
        promc_http *srv = promc_http_start_with(reg, &opts, NULL);

        assert_non_null(srv);
        assert_true(exchange(promc_http_port(srv), scrape_request, buf, sizeof(buf)) > 0);
        snprintf(want, sizeof(want),
                 "promhttp_metric_handler_requests_total{code=\"200\"} %d\n", i);
        assert_non_null(strstr(buf, want));
        promc_http_stop(srv);
        assert_null(strstr(book.last, "no metrics"));
    }
    promc_registry_free(reg);
}

static void take_signal(int sig)
{
    (void)sig;
}

/* The server's threads have all signals blocked: one for the process comes to this
 * thread. */
static void test_signals_stay_with_the_host(void **state)
{
    promc_http *srv = promc_http_start(NULL, "127.0.0.1:0", NULL);
    struct sigaction action = { .sa_handler = take_signal }, before;
    sigset_t usr1, pending;

    (void)state;
    assert_non_null(srv);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigaction(SIGUSR1, &action, &before);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGUSR1)); /* no thread has taken it */
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    sigaction(SIGUSR1, &before, NULL);
    promc_http_stop(srv);
}

static promc_http *to_stop;

/* Answers with the status that the query asks for, and tries to stop the server. */
static void stopping_route(void *arg, const promc_http_request *req,
                           promc_http_response *res)
{
    const char *status = promc_http_query(req, "status", 0);

    (void)arg;
    promc_http_stop(to_stop);
    promc_http_respond(res, (unsigned)strtoul(status, NULL, 10), "text/plain", "x", 1);
}

/* A callback cannot stop its server, nor answer with what is no status of an answer. */
static void test_callbacks_that_err(void **state)
{
    static const promc_http_route route = { "GET", "/x", stopping_route, NULL };
    static const struct {
        const char *request;
        const char *answer;
    } rows[] = {
        { "GET /x?status=200 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 " },
        { "GET /x?status=418 HTTP/1.0\r\n\r\n", "HTTP/1.1 418 " },
        { "GET /x?status=0 HTTP/1.0\r\n\r\n", "HTTP/1.1 500 " },
        { "GET /x?status=101 HTTP/1.0\r\n\r\n", "HTTP/1.1 500 " },
        { "GET /x?status=1000 HTTP/1.0\r\n\r\n", "HTTP/1.1 500 " },
        { "GET /x?status=4294967295 HTTP/1.0\r\n\r\n", "HTTP/1.1 500 " },
    };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    char buf[1024];

    (void)state;
    opts.address = "127.0.0.1:0";
    opts.routes = &route;
    opts.n_routes = 1;
    to_stop = promc_http_start_with(NULL, &opts, NULL);
    assert_non_null(to_stop);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(exchange(promc_http_port(to_stop), rows[i].request, buf, sizeof buf) >
                    0);
        assert_memory_equal(buf, rows[i].answer, strlen(rows[i].answer));
    }
    promc_http_stop(to_stop);
}

/* A child has no threads to wait for, and does not keep the port from its parent. */
static void test_stop_in_a_child(void **state)
{
    promc_http *srv = promc_http_start(NULL, "127.0.0.1:0", NULL);
    char address[32], buf[4096], byte;
    int up[2], down[2], status = -1;
    pid_t child;

    (void)state;
    assert_non_null(srv);
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    child = fork();
    if (child == 0) {
        close(down[1]);
        promc_http_stop(srv);
        promc_http_stop(srv);
        if (write(up[1], "x", 1) != 1 || read(down[0], &byte, 1) != 0)
            _exit(1);
        _exit(0);
    }
    close(up[1]);
    close(down[0]);
    assert_int_equal(read(up[0], &byte, 1), 1);
    assert_true(exchange(promc_http_port(srv), scrape_request, buf, sizeof(buf)) > 0);
    assert_memory_equal(buf, "HTTP/1.1 200 ", 13);
    snprintf(address, sizeof(address), "127.0.0.1:%u", promc_http_port(srv));
    promc_http_stop(srv);
    srv = promc_http_start(NULL, address, NULL);
    assert_non_null(srv);
    promc_http_stop(srv);
    close(up[0]);
    close(down[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static atomic_int allocations_left;

static void *meager_realloc(void *p, size_t size)
{
    /* relaxed: a countdown, it guards nothing */
    if (atomic_fetch_sub_explicit(&allocations_left, 1, memory_order_relaxed) <= 0)
        return NULL;
    return realloc(p, size);
}

static void silent(void *arg, const promc_http_request *req, promc_http_response *res)
{
    (void)arg;
    (void)req;
    (void)res;
}

/* Every allocation on the way up fails once: an error and nothing left over. */
static void test_start_without_memory(void **state)
{
    static const promc_http_route route = { "GET", "/x", silent, NULL };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    size_t before = count_fds();
    promc_http *srv = NULL;
    promc_error err;

    (void)state;
    opts.address = "127.0.0.1:0";
    opts.routes = &route;
    opts.n_routes = 1;
    for (int n = 0; !srv; n++) {
        assert_true(n < 100);
        atomic_store_explicit(&allocations_left, n, memory_order_relaxed);
        promc__alloc_hook(meager_realloc);
        srv = promc_http_start_with(NULL, &opts, &err);
        promc__alloc_hook(NULL);
        if (!srv) {
            assert_int_equal(err.code, -ENOMEM);
            assert_int_equal(count_fds(), before);
        }
    }
    promc_http_stop(srv);
}

/* A scrape with too little memory is a 500, a 503 or no answer, never a broken 200. */
static void test_scrape_without_memory(void **state)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_http *srv = promc_http_start(reg, "127.0.0.1:0", NULL);
    char buf[8192];
    int ok = 0;

    (void)state;
    assert_non_null(srv);
    promc_counter_inc(promc_counter_new(reg, "test_total", "Test.", NULL));
    for (int n = 0; n < 200 && ok < 3; n++) {
        size_t len;

        atomic_store_explicit(&allocations_left, n, memory_order_relaxed);
        promc__alloc_hook(meager_realloc);
        len = exchange(promc_http_port(srv),
                       "GET /metrics?a=1 HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n", buf,
                       sizeof(buf));
        promc__alloc_hook(NULL);
        if (len == 0)
            continue;
        if (!memcmp(buf, "HTTP/1.1 200 ", 13)) {
            assert_non_null(strstr(buf, "\r\nContent-Type: text/plain; version=0.0.4"));
            ok++;
        } else {
            assert_true(!memcmp(buf, "HTTP/1.1 503 ", 13) ||
                        !memcmp(buf, "HTTP/1.1 500 ", 13));
        }
    }
    assert_int_equal(ok, 3);
    promc_http_stop(srv);
    promc_registry_free(reg);
}

/* A caller built when promc_http_opts was shorter. */
static void test_shorter_opts(void **state)
{
    promc_http_opts opts;
    promc_http *srv;

    (void)state;
    memset(&opts, 0xff, sizeof(opts));
    opts.size = offsetof(promc_http_opts, path);
    opts.address = "127.0.0.1:0";
    opts.listen_fd = -1;
    srv = promc_http_start_with(NULL, &opts, NULL);
    assert_non_null(srv);
    promc_http_stop(srv);
}

/* All from one place, because the place is the kind. */
static void say_number(struct promc__http_log *log, int n)
{
    promc__http_say(log, PROMC_LOG_WARN, "number %d\n", n);
}

static void test_log_is_held_back(void **state)
{
    static struct promc__http_log log;
    struct log_book book = { 0, "" };

    (void)state;
    pthread_mutex_init(&log.lock, NULL);
    log.fn = keep_line;
    log.arg = &book;
    for (int i = 0; i < 1000; i++)
        say_number(&log, i);
    assert_int_equal(book.lines, 1);
    assert_string_equal(book.last, "number 0");
    promc__http_say(&log, PROMC_LOG_WARN, "another %s", "kind");
    assert_int_equal(book.lines, 2);
    for (size_t i = 0; i < PROMC__HTTP_LOG_KINDS; i++)
        log.kinds[i].last -= 10000; /* ten seconds later */
    say_number(&log, 7);
    assert_int_equal(book.lines, 3);
    assert_string_equal(book.last, "number 7 (999 more before this one)");
    pthread_mutex_destroy(&log.lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_listen_fd),
        cmocka_unit_test(test_prefer_text),
        cmocka_unit_test(test_start_stop_often),
        cmocka_unit_test(test_servers_count_together),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_signals_stay_with_the_host),
        cmocka_unit_test(test_callbacks_that_err),
        cmocka_unit_test(test_stop_in_a_child),
        cmocka_unit_test(test_start_without_memory),
        cmocka_unit_test(test_scrape_without_memory),
        cmocka_unit_test(test_shorter_opts),
        cmocka_unit_test(test_log_is_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
