/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"
#include "promc/promc.h"

/* The callbacks write down what they are told, in a form of our own. */
struct record {
    char text[4096];
    size_t len;
    int stop; /* what the sample callback returns */
};

static void note(struct record *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(struct record *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(r->text + r->len, sizeof r->text - r->len, format, args);
    va_end(args);
    assert_in_range(n, 0, sizeof r->text - r->len - 1);
    r->len += (size_t)n;
}

static int on_help(void *arg, const char *name, const char *help)
{
    note(arg, "help %s [%s]\n", name, help);
    return 0;
}

static int on_type(void *arg, const char *name, promc_type type)
{
    note(arg, "type %s %d\n", name, (int)type);
    return 0;
}

static int on_sample(void *arg, const char *name, promc_labels names, promc_labels values,
                     double v, const int64_t *ms)
{
    struct record *r = arg;
    char number[PROMC_NUMBER_SIZE];

    assert_int_equal(names.n, values.n);
    promc_number_format(v, number);
    note(r, "%s", name);
    for (size_t i = 0; i < names.n; i++)
        note(r, " %s=[%s]", names.v[i], values.v[i]);
    note(r, " %s", number);
    if (ms)
        note(r, " @%" PRId64, *ms);
    note(r, "\n");
    return r->stop;
}

static const promc_text_handler handler = { on_help, on_type, on_sample };

static void accepted(void **state)
{
    static const struct {
        const char *text, *record;
    } rows[] = {
        { "", "" },
        { "\n\n  \t\n", "" },
        { "   ", "" }, /* blanks alone need no newline */
        { "a 1\n", "a 1\n" },
        { "a 1\n \t", "a 1\n" },
        { "  \ta\t1\n", "a 1\n" },
        { "a:b_9 -1.5e-07\n", "a:b_9 -1.5e-07\n" },
        { "a{} 1\n", "a 1\n" },
        { "a{b=\"c\"} 1\n", "a b=[c] 1\n" },
        { "a{b=\"c\"}1\n", "a b=[c] 1\n" },
        { "a{b=\"c\",} 1\n", "a b=[c] 1\n" },
        { "a { b = \"c\" , d\t=\"e\" , } 1 5\n", "a b=[c] d=[e] 1 @5\n" },
        { "a{b=\"\",c=\"}\"} 1\n", "a b=[] c=[}] 1\n" },
        { "a{b=\"\\\\ \\\" \\n #\"} 1\n", "a b=[\\ \" \n #] 1\n" },
        { "a{b=\"\xC3\xA4\"} 1\n", "a b=[\xC3\xA4] 1\n" },
        { "a{__b=\"c\"} 1\n", "a __b=[c] 1\n" },
        { "a NaN\nb +Inf\nc -inf\nd Infinity\n", "a NaN\nb +Inf\nc -Inf\nd +Inf\n" },
        { "a 1 -5\n", "a 1 @-5\n" },
        { "a 1 +7\n", "a 1 @7\n" },
        { "a 1 9223372036854775807\nb 1 -9223372036854775808\n",
          "a 1 @9223372036854775807\nb 1 @-9223372036854775808\n" },
        { "# HELP a One \\\\ two \\n three.\n", "help a [One \\ two \n three.]\n" },
        { "#HELP a One.\n#\tTYPE\ta\tgauge\n", "help a [One.]\ntype a 2\n" },
        { "# TYPE a counter\n# TYPE b GAUGE\n# TYPE c Summary\n# TYPE d histogram\n"
          "# TYPE e untyped\n",
          "type a 1\ntype b 2\ntype c 4\ntype d 3\ntype e 0\n" },
        { "# HELP a   blanks stay \n", "help a [blanks stay ]\n" },
        { "# HELP\n# HELP a\n# HELP a \n# TYPE\n# TYPE a\n# TYPE a \n# HELP a x\n",
          "help a [x]\n" },
        { "#\n# a comment {\"\n#\tHELPless 1abc\n", "" },
        { "a 1\n# HELP a late is fine\n", "a 1\nhelp a [late is fine]\n" },
        { "a 1\nb 2\na 3\n", "a 1\nb 2\na 3\n" },
        { "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n",
          "type s 4\ns quantile=[0.5] 1\ns_sum 2\ns_count 3\n" },
        { "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 2\nh_count 1\n",
          "type h 3\nh_bucket le=[+Inf] 1\nh_sum 2\nh_count 1\n" },
        { "# TYPE g gauge\ng{le=\"x\",quantile=\"y\"} 1\n# TYPE g_sum gauge\n",
          "type g 2\ng le=[x] quantile=[y] 1\ntype g_sum 2\n" },
        { "# TYPE s summary\ns_bucket 1\n# TYPE x gauge\n_sum 1\n",
          "type s 4\ns_bucket 1\ntype x 2\n_sum 1\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record r = { .len = 0 };
        promc_error err = { 0, "" };
        int rc = promc_text_parse(rows[i].text, strlen(rows[i].text), &handler, &r, NULL,
                                  &err);
        if (rc)
            fail_msg("%s refused: %s", rows[i].text, err.text);
        assert_string_equal(r.text, rows[i].record);
    }
}

static void refused(void **state)
{
    static const struct {
        const char *text, *reason;
        size_t line;
    } rows[] = {
        { "a 1", "no newline", 1 },
        { "a 1\nb 2", "no newline", 2 },
        { "# c", "no newline", 1 },
        { "a 1\r\n", "carriage return", 1 },
        { "a 1\n\r\n", "carriage return", 2 },
        { "# HELP a b\r\n", "carriage return", 1 },
        { "\n\n9a 1\n", "metric name", 3 },
        { "\xC3\xA4 1\n", "metric name", 1 },
        { "{\"a.b\"} 1\n", "quoted", 1 },
        { "\"a.b\" 1\n", "quoted", 1 },
        { "a{\"b.c\"=\"d\"} 1\n", "quoted", 1 },
        { "# TYPE \"a.b\" gauge\n", "quoted", 1 },
        { "# HELP 9a x\n", "metric name", 1 },
        { "# TYPE a-b gauge\n", "metric name", 1 },
        { "# TYPE a gauge \n", "unknown type", 1 },
        { "# TYPE a gaugehistogram\n", "unknown type", 1 },
        { "# TYPE a unknown\n", "unknown type", 1 },
        { "# TYPE a count\n", "unknown type", 1 },
        { "# TYPE a gauge\n# TYPE a gauge\n", "second TYPE", 2 },
        { "a 1\n# TYPE a gauge\n", "second TYPE", 2 },
        { "# TYPE h histogram\n# TYPE h_bucket gauge\n", "second TYPE", 2 },
        { "# HELP a x\n# HELP a x\n", "second HELP", 2 },
        { "# HELP a \\t\n", "escape", 1 },
        { "# HELP a \\\n", "escape", 1 },
        { "a\n", "not a number", 1 },
        { "a{}\n", "not a number", 1 },
        { "a x\n", "not a number", 1 },
        { "a 0x1p3\n", "not a number", 1 },
        { "a 1_000\n", "not a number", 1 },
        { "a 1,5\n", "not a number", 1 },
        { "a 1e400\n", "not a number", 1 },
        { "a-b 1\n", "not a number", 1 },
        { "a 1 \n", "milliseconds", 1 },
        { "a 1 1.5\n", "milliseconds", 1 },
        { "a 1 -\n", "milliseconds", 1 },
        { "a 1 9223372036854775808\n", "milliseconds", 1 },
        { "a 1 -9223372036854775809\n", "milliseconds", 1 },
        { "a 1 99999999999999999999999\n", "milliseconds", 1 },
        { "a 1 5 6\n", "after the timestamp", 1 },
        { "a 1 5 \n", "after the timestamp", 1 },
        { "a{ 1\n", "label name", 1 },
        { "a{,} 1\n", "label name", 1 },
        { "a{b=\"c\",,} 1\n", "label name", 1 },
        { "a{9b=\"c\"} 1\n", "label name", 1 },
        { "a{b:c=\"d\"} 1\n", "no '='", 1 },
        { "a{b} 1\n", "no '='", 1 },
        { "a{b=c} 1\n", "no '\"' before", 1 },
        { "a{b=\"c\n", "no '\"' behind", 1 },
        { "a{b=\"c\n\"} 1\n", "no '\"' behind", 1 },
        { "a{b=\"c\" d=\"e\"} 1\n", "no ','", 1 },
        { "a{b=\"c\"\n", "no ','", 1 },
        { "a{b=\"\\x\"} 1\n", "escape", 1 },
        { "a{b=\"\\\n", "escape", 1 },
        { "a{b=\"\xFF\"} 1\n", "not UTF-8", 1 },
        { "a{__name__=\"x\"} 1\n", "reserved", 1 },
        { "a{b=\"1\",b=\"2\"} 1\n", "twice", 1 },
        { "# TYPE s summary\ns{quantile=\"x\"} 1\n", "label quantile is not a number",
          2 },
        { "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "label le is not a number", 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record r = { .len = 0 };
        promc_error err = { 0, "" };
        size_t line = 0;
        char prefix[32];
        int rc = promc_text_parse(rows[i].text, strlen(rows[i].text), &handler, &r, &line,
                                  &err);
        if (rc != -EINVAL || err.code != rc || line != rows[i].line)
            fail_msg("%s: %d, line %zu: %s", rows[i].text, rc, line, err.text);
        snprintf(prefix, sizeof prefix, "line %zu: ", line);
        assert_memory_equal(err.text, prefix, strlen(prefix));
        if (!strstr(err.text, rows[i].reason))
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].text, err.text,
                     rows[i].reason);
    }
    /* A NUL would cut the strings that the callbacks get. */
    assert_int_equal(promc_text_parse("a{b=\"\0\"} 1\n", 12, NULL, NULL, NULL, NULL),
                     -EINVAL);
    assert_int_equal(promc_text_parse("# HELP a \0\n", 11, NULL, NULL, NULL, NULL),
                     -EINVAL);
    assert_int_equal(promc_text_parse("a\0 1\n", 5, NULL, NULL, NULL, NULL), -EINVAL);
}

static void callbacks(void **state)
{
    static const promc_text_handler none = { NULL, NULL, NULL };
    static const char text[] = "# HELP a x\n# TYPE a gauge\na 1\nb 2\n";
    struct record r = { .stop = 7 };
    size_t line = 0;

    (void)state;
    assert_int_equal(promc_text_parse(text, sizeof text - 1, &handler, &r, &line, NULL),
                     7);
    assert_int_equal(line, 3);
    assert_string_equal(r.text, "help a [x]\ntype a 2\na 1\n");
    assert_int_equal(promc_text_parse(text, sizeof text - 1, &none, NULL, &line, NULL),
                     0);
    assert_int_equal(line, 4);
    assert_int_equal(promc_text_parse(text, sizeof text - 1, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(promc_text_parse(NULL, 0, &none, NULL, &line, NULL), 0);
    assert_int_equal(line, 1);
}

static int count_sample(void *arg, const char *name, promc_labels names,
                        promc_labels values, double v, const int64_t *ms)
{
    size_t *count = arg;
    (void)name, (void)values, (void)v, (void)ms;
    *count += 1 + names.n;
    return 0;
}

static const promc_text_handler counter = { NULL, NULL, count_sample };

static int put(char *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write at most 40 bytes. */
static int put(char *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p, 40, format, args);
    va_end(args);
    return n;
}

/* Sizes at which anything quadratic would not end while one waits. */
static void large(void **state)
{
    enum { N = 200000 };
    char *text = malloc(N * 40), *p = text;
    size_t count = 0, line;

    (void)state;
    assert_non_null(text);
    /* one sample with many labels */
    p += put(p, "a{");
    for (int i = 0; i < N; i++)
        p += put(p, "l%d=\"%d\",", i * 7919 % N, i);
    p += put(p, "} 1\n");
    assert_int_equal(
        promc_text_parse(text, (size_t)(p - text), &counter, &count, NULL, NULL), 0);
    assert_int_equal(count, N + 1);
    /* the same, one name twice */
    p -= 4;
    p += put(p, "l5=\"\"} 1\n");
    assert_int_equal(
        promc_text_parse(text, (size_t)(p - text), &counter, &count, NULL, NULL),
        -EINVAL);
    /* many names, many times */
    count = 0;
    p = text;
    for (int i = 0; i < N; i++)
        p += put(p, "name_%d 1\n", i % (N / 2) * 7919);
    assert_int_equal(
        promc_text_parse(text, (size_t)(p - text), &counter, &count, &line, NULL), 0);
    assert_int_equal(count, N);
    assert_int_equal(line, N);
    /* a name is remembered wherever it stands in the tree */
    for (int i = 0; i < N / 2; i += 997) {
        int n = put(p, "# TYPE name_%d gauge\n", i * 7919);
        assert_int_equal(
            promc_text_parse(text, (size_t)(p + n - text), &counter, &count, &line, NULL),
            -EINVAL);
        assert_int_equal(line, N + 1);
        i += N / 8;
    }
    free(text);
}

static size_t allocations_left;

static void *fail_later(void *p, size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return realloc(p, size);
}

static void out_of_memory(void **state)
{
    static const char text[] =
        "# HELP a x\n# TYPE a gauge\n"
        "a{a=\"\",b=\"\",c=\"\",d=\"\",e=\"\",f=\"\",g=\"\",h=\"\","
        "i=\"\",j=\"\",k=\"\",l=\"\",m=\"\",n=\"\",o=\"\",p=\"\","
        "q=\"\"} 1\nb 1\na 2\nab 3\n";
    size_t n = 0;
    int rc;

    (void)state;
    promc__alloc_hook(fail_later);
    do {
        struct record r = { .len = 0 };
        promc_error err = { 0, "" };
        allocations_left = n++;
        rc = promc_text_parse(text, sizeof text - 1, &handler, &r, NULL, &err);
        if (rc) {
            assert_int_equal(rc, -ENOMEM);
            assert_int_equal(err.code, -ENOMEM);
        }
    } while (rc);
    promc__alloc_hook(NULL);
    assert_in_range(n, 8, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),      cmocka_unit_test(refused),
        cmocka_unit_test(callbacks),     cmocka_unit_test(large),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
