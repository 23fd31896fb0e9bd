/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_web.c - the flags, the landing page and several addresses, over real sockets.
 */
#include "config.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture.h"
#include "common/web.h"

static promc_registry *reg;
static char answer[65536], logged[4096];

/* GET a path from a port of this host. Returns the answer, headers and all. */
static const char *get(unsigned port, const char *path)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char request[256];
    size_t len = 0;
    ssize_t n;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    n = snprintf(request, sizeof(request),
                 "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    assert_int_equal(write(fd, request, (size_t)n), n);
    while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
        len += (size_t)n;
    answer[len] = '\0';
    close(fd);
    return answer;
}

/* Parse the arguments and start. Returns what web_start() does. */
static int start(struct web *w, const char *const *args, promc_error *err)
{
    static const char *const address[] = { "127.0.0.1:0" };
    struct web_site site = { .registry = reg, .title = "A <b> & \"c\"" };
    char *argv[8] = { (char *)(uintptr_t) "prog" };
    struct flags *f = flags_new("prog", "", "");
    struct capture capture;
    int argc = 1, rc;

    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    memset(w, 0, sizeof(*w));
    web_flags_many(w, f, address);
    assert_int_equal(flags_parse(f, argc, argv), FLAGS_OK);
    capture_begin(&capture, 2);
    rc = web_start(w, &site, err);
    capture_end(&capture, logged, sizeof(logged));
    flags_free(f);
    return rc;
}

static int setup(void **state)
{
    (void)state;
    reg = promc_registry_new(NULL);
    promc_gauge_set(promc_gauge_new(reg, "some_metric", "Some.", NULL), 5);
    return reg == NULL;
}

static int teardown(void **state)
{
    (void)state;
    promc_registry_free(reg);
    return 0;
}

static void defaults(void **state)
{
    promc_error err = { 0, "" };
    struct web w;
    char line[64];
    unsigned port;

    (void)state;
    if (start(&w, (const char *const[]){ NULL }, &err) < 0)
        fail_msg("%s", err.text);
    port = promc_http_port(w.servers[0]);
    snprintf(line, sizeof(line), "msg=\"Listening on\" address=127.0.0.1:%u\n", port);
    assert_non_null(strstr(logged, line));

    get(port, "/metrics");
    assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
    assert_non_null(strstr(answer, "\nsome_metric 5\n"));
    assert_non_null(strstr(answer, "\npromhttp_metric_handler_requests_total"));
    get(port, "/");
    assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
    assert_non_null(strstr(answer, "Content-Type: text/html; charset=UTF-8\r\n"));
    assert_non_null(strstr(answer, "<title>A &lt;b&gt; &amp; &quot;c&quot;</title>"));
    assert_non_null(strstr(answer, "<a href=\"/metrics\">"));
    assert_non_null(strstr(answer, PACKAGE_VERSION));
    get(port, "/other");
    assert_int_equal(strncmp(answer, "HTTP/1.1 404", 12), 0);
    web_stop(&w, 1);
}

static void other_path_and_several_addresses(void **state)
{
    promc_error err = { 0, "" };
    struct web w;

    (void)state;
    if (start(&w,
              (const char *const[]){ "--web.telemetry-path=/", "--web.max-requests=0",
                                     "--web.listen-address=127.0.0.1:0",
                                     "--web.listen-address=127.0.0.1:0",
                                     "--web.disable-exporter-metrics", NULL },
              &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(w.n_servers, 2);
    for (size_t i = 0; i < 2; i++) {
        get(promc_http_port(w.servers[i]), "/");
        assert_non_null(strstr(answer, "\nsome_metric 5\n"));
        assert_null(strstr(answer, "promhttp_"));
    }
    web_stop(&w, 1);
}

static void refusals(void **state)
{
    promc_error err = { 0, "" };
    struct web w, second;
    char arg[64];

    (void)state;
    assert_int_equal(
        start(&w, (const char *const[]){ "--web.telemetry-path=metrics", NULL }, &err),
        -EINVAL);
    assert_string_equal(err.text,
                        "--web.telemetry-path: \"metrics\" does not begin with /");
    assert_true(start(&w, (const char *const[]){ "--web.listen-address=nonsense", NULL },
                      &err) < 0);
    assert_non_null(strstr(err.text, "nonsense"));

    /* The second address is taken: the first is not left running. */
    assert_int_equal(start(&w, (const char *const[]){ NULL }, &err), 0);
    snprintf(arg, sizeof(arg), "--web.listen-address=127.0.0.1:%u",
             promc_http_port(w.servers[0]));
    assert_int_equal(
        start(&second,
              (const char *const[]){ "--web.listen-address=127.0.0.1:0", arg,
                                     "--web.disable-exporter-metrics", NULL },
              &err),
        -EADDRINUSE);
    assert_int_equal(second.n_servers, 0);
    web_stop(&w, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(other_path_and_several_addresses, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
