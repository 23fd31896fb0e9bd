/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_log.c - the lines that are logged, and that nothing stops because of them.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "common/log.h"

static char output[16384];

/* What stands behind the time and the place of the line. */
static const char *logged(const char *value)
{
    struct capture capture;
    const char *p;

    capture_begin(&capture, 2);
    log_info("m", "k", value);
    capture_end(&capture, output, sizeof(output));
    p = strstr(output, " msg=m");
    assert_non_null(p);
    return p + strlen(" msg=m");
}

static void logfmt(void **state)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        { "plain", " k=plain\n" },
        { "", " k=\"\"\n" },
        { "two words", " k=\"two words\"\n" },
        { "a=b", " k=\"a=b\"\n" },
        { "say \"x\"", " k=\"say \\\"x\\\"\"\n" },
        { "a\\b", " k=a\\b\n" },
        { "a\\ b", " k=\"a\\\\ b\"\n" },
        { "line\nfeed", " k=\"line\\nfeed\"\n" },
        { "\x01\x7f", " k=\"\\x01\\x7f\"\n" },
        { "\xc3\xa9", " k=\xc3\xa9\n" },
        { "\xff", " k=\"\\xff\"\n" },
        { "\xc2\x9b", " k=\"\\u009b\"\n" }, /* some terminals take it for an escape */
        { NULL, "\n" },
    };

    (void)state;
    assert_int_equal(log_setup("info", "logfmt"), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(logged(cases[i].value), cases[i].text);

    /* time=2026-01-02T15:04:05.000Z level=INFO source=test_log.c:N */
    assert_int_equal(strncmp(output, "time=20", 7), 0);
    assert_int_equal(output[28], 'Z');
    assert_int_equal(strncmp(output + 29, " level=INFO source=test_log.c:", 30), 0);
}

static void json(void **state)
{
    struct capture capture;

    (void)state;
    assert_int_equal(log_setup("info", "json"), 0);
    capture_begin(&capture, 2);
    log_write(PROMC_LOG_WARN, "/a/b.c", 12, "two words", "k", "\"\\\n\x01\xff\xc3\xa9",
              "gone", (char *)NULL, "last", "", (char *)NULL);
    capture_end(&capture, output, sizeof(output));
    assert_int_equal(strncmp(output, "{\"time\":\"20", 11), 0);
    assert_string_equal(strstr(output, "\"level\""),
                        "\"level\":\"WARN\",\"source\":\"b.c:12\",\"msg\":\"two words\","
                        "\"k\":\"\\\"\\\\\\n\\u0001\\ufffd\xc3\xa9\",\"last\":\"\"}\n");
}

static void long_values_are_cut(void **state)
{
    static char value[9001];
    static const char *const formats[] = { "logfmt", "json" };
    struct capture capture;
    size_t n;

    (void)state;
    memset(value, '"', sizeof(value) - 1);
    for (size_t i = 0; i < COUNT(formats); i++) {
        assert_int_equal(log_setup("info", formats[i]), 0);
        capture_begin(&capture, 2);
        log_info("m", "k", value, "after", "x");
        n = capture_end(&capture, output, sizeof(output));
        assert_true(n > 4000 && n <= 4096);
        assert_string_equal(strstr(output, "..."), i ? "...\"}\n" : "...\"\n");
    }
}

static void levels(void **state)
{
    (void)state;
    assert_int_equal(log_setup("Warn", "logfmt"), 0);
    assert_int_equal(log_enabled(PROMC_LOG_INFO), 0);
    assert_int_equal(log_enabled(PROMC_LOG_WARN), 1);
    assert_int_equal(log_setup("loud", "logfmt"), -EINVAL);
    assert_int_equal(log_setup("info", "xml"), -EINVAL);
    assert_int_equal(log_enabled(PROMC_LOG_INFO), 0);
}

/* A pipe that nobody reads must not stop the program, and what was lost is told. */
static void full_pipe(void **state)
{
    static char junk[4096];
    int fds[2], saved = dup(2);
    ssize_t n;

    (void)state;
    assert_int_equal(log_setup("info", "logfmt"), 0);
    assert_int_equal(pipe(fds), 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    while (write(fds[1], junk, sizeof(junk)) > 0)
        ;
    fcntl(fds[1], F_SETFL, 0); /* now a write would block */
    dup2(fds[1], 2);
    log_info("lost");
    log_info("lost");
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    while (read(fds[0], output, sizeof(output)) > 0)
        ;
    log_info("here", "k", "v");
    dup2(saved, 2);
    n = read(fds[0], output, sizeof(output) - 1);
    assert_true(n > 0);
    output[n] = '\0';
    assert_non_null(strstr(output, " msg=here k=v dropped=2\n"));
    close(fds[0]);
    close(fds[1]);
    close(saved);
}

static void limit(void **state)
{
    struct log_limit l = { 0 };
    uint64_t n = 99;

    (void)state;
    assert_int_equal(log_limit_pass(&l, &n), 1);
    assert_int_equal(n, 0);
    assert_int_equal(log_limit_pass(&l, &n), 0);
    assert_int_equal(log_limit_pass(&l, &n), 0);
    atomic_store(&l.next_ns, 1); /* ten seconds later */
    assert_int_equal(log_limit_pass(&l, &n), 1);
    assert_int_equal(n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt),
        cmocka_unit_test(json),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(levels),
        cmocka_unit_test(full_pipe),
        cmocka_unit_test(limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
