/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alloc_failure_testing.c - what reads expositions, and libpromc-test, while each
 * allocation is refused once, or all from one on: the right answer, or none.
 */
#include "config.h"
#include "core.h"

#include "promc/testing.h"

/* 0 when the answer was the right one; -ENOMEM; anything else is wrong. */
typedef int answer(void);

static void refuse_each(answer *call)
{
    assert_int_equal(call(), 0);
    for (int all = 0; all < 2; all++) {
        size_t asked, n = 0;

        do {
            int rc;

            n++;
            refuse_from = n;
            refuse_to = all ? SIZE_MAX - 1 : n;
            count_allocations();
            rc = call();
            asked = counted_allocations();
            refuse_from = refuse_to = SIZE_MAX;
            assert_true(rc == 0 || rc == -ENOMEM);
            assert_true(asked >= n || rc == 0);
        } while (asked >= n);
        assert_true(n > 3);
    }
}

/* What runs out of memory here is missing on the page, and the page is made nevertheless. */
static void collect(promc_emitter *e, void *arg)
{
    static char big[40000]; /* more than a block of the emitter's */
    promc_samples *f;

    (void)arg;
    f = promc_emit_family(e, PROMC_TYPE_GAUGE, "collected_bytes", "C.", L("l"));
    promc_emit_unit(f, "bytes");
    promc_emit(f, L("small"), 1);
    memset(big, 'x', sizeof big - 1);
    promc_emit(f, L(big), 2);
}

static int fill(void **state)
{
    promc_histogram *h;
    promc_gauge_family *f;

    if (set_up(state) != 0 || promc_collector_register(reg, collect, NULL, NULL) != 0)
        return -1;
    h = promc_histogram_new(reg, "h", "H.", NULL, 0, NULL);
    promc_histogram_observe(h, 2);
    f = promc_gauge_family_new(reg, "bad.name", "G.", L("l", "m"), NULL);
    for (int i = 0; i < 50; i++) {
        char value[16];

        snprintf(value, sizeof value, "\"%d", i);
        promc_gauge_family_set(f, L(value, "\\"), i);
    }
    promc_counter_new(reg, "no_suffix", "C.", NULL);
    return promc_info_new(reg, "b_info", "I.", L("v"), L("1"), NULL) == NULL;
}

#define FILLED(f) cmocka_unit_test_setup_teardown(f, fill, tear_down)

/* --- values ------------------------------------------------------------------------------ */

static int value(void)
{
    promc_error err = { 0 };
    double v = promc_test_value(reg, "bad_name{m=\"\\\\\",l=\"\\\"7\"}", &err);

    return v == 7 ? 0 : err.code;
}

static int no_value(void)
{
    promc_error err = { 0 };

    assert_true(isnan(promc_test_value(reg, "bad_name{m=\"x\"}", &err)));
    return err.code == -ENOENT ? 0 : err.code;
}

static int collected(void)
{
    promc_error err = { 0 };
    double v = promc_test_value(reg, "collected_bytes{l=\"small\"}", &err);

    return v == 1 ? 0 : err.code;
}

/* It has no way to tell. */
static int count(void)
{
    size_t n = promc_test_count(reg, "bad.name");

    return n == 50 ? 0 : n == 0 ? -ENOMEM : 1;
}

static void values(void **state)
{
    (void)state;
    refuse_each(value);
    refuse_each(no_value);
    refuse_each(collected);
    refuse_each(count);
}

/* --- comparison --------------------------------------------------------------------------- */

static char *expected;

static int equal(void)
{
    promc_error err = { 0 };
    char *diff;
    int rc = promc_test_compare(reg, expected, 0, &diff, &err);

    assert_int_equal(rc, err.code);
    assert_null(diff);
    return rc;
}

static int different(void)
{
    promc_error err = { 0 };
    char *diff;
    int rc = promc_test_compare(reg, "# TYPE h histogram\nh_sum 3 7\nh_x{a=\"\\n\"} 1\n",
                                1, &diff, &err);

    assert_int_equal(diff != NULL, rc == 1);
    if (rc == 1)
        assert_non_null(strstr(diff, "+h_sum 2\n"));
    promc_test_free(diff);
    return rc == 1 ? 0 : err.code;
}

static void comparisons(void **state)
{
    (void)state;
    expected = strdup(render(PROMC_FORMAT_TEXT));
    assert_non_null(expected);
    refuse_each(equal);
    refuse_each(different);
    free(expected);
}

/* --- findings ----------------------------------------------------------------------------- */

static const char *text;
static promc_format format;
static long findings; /* with enough memory; 0: not counted yet */

static void counting_found(void *arg, const promc_lint_finding *f)
{
    assert_non_null(f->rule);
    assert_non_null(f->name);
    assert_non_null(f->text);
    ++*(long *)arg;
}

/* The same findings each time, or an error; never fewer that look like all. */
static int right(long n, long called)
{
    if (n < 0)
        return (int)n;
    assert_int_equal(n, called);
    if (findings == 0)
        findings = n;
    return n == findings ? 0 : 1;
}

static int lint_text(void)
{
    long called = 0;
    long n = promc_lint_text(text, strlen(text), format, counting_found, &called);

    return right(n, called);
}

static int lint(void)
{
    long called = 0;
    long n = promc_lint(reg, counting_found, &called);

    return right(n, called);
}

static void lints(void **state)
{
    static const struct {
        promc_format format;
        const char *text;
    } rows[] = {
        { PROMC_FORMAT_TEXT,
          "# HELP a A\n# TYPE a counter\na{l=\"1\"} 1\na{l=\"1\"} 2\nb 1\n# TYPE b "
          "gauge\n"
          "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\n"
          "h_count 3\nH_x{a=\"\\q\"} 1\na 2\n# TYPE s summary\ns{quantile=\"2\"} 1\n" },
        { PROMC_FORMAT_TEXT_1_0, "# TYPE \"x.y\" gauge\n{\"x.y\",\"a.b\"=\"1\"} 1\n"
                                 "{\"x.y\",\"a.b\"=\"1\"} 1\n\"x\n" },
        { PROMC_FORMAT_OPENMETRICS,
          "# TYPE a counter\n# UNIT a seconds\na_total{l=\"1\"} -1 # {x=\"1\"} 2 3\n"
          "# TYPE st stateset\nst{st=\"x\"} 1\nst{st=\"y\"} 2\n# TYPE i info\ni_info 2\n"
          "# TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 1\ng_gcount 2\ng_gsum 1\n"
          "a_created 1\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        format = rows[i].format;
        text = rows[i].text;
        findings = 0;
        refuse_each(lint_text);
        assert_true(findings > 2);
    }
    findings = 0;
    refuse_each(lint);
    assert_true(findings > 0);
}

/* --- the parser --------------------------------------------------------------------------- */

static int on_sample(void *arg, const char *name, promc_labels names, promc_labels values,
                     double v, const int64_t *timestamp_ms)
{
    (void)name;
    (void)values;
    (void)v;
    (void)timestamp_ms;
    *(size_t *)arg += names.n;
    return 0;
}

static int parse(void)
{
    static const promc_text_handler handler = { NULL, NULL, on_sample };
    size_t n_labels = 0;
    promc_error err = { 0 };
    int rc =
        promc_text_parse(expected, strlen(expected), &handler, &n_labels, NULL, &err);

    return rc != 0 ? rc : n_labels == 50 * 2 + 12 + 1 + 2 ? 0 : 1;
}

static void parser(void **state)
{
    (void)state;
    expected = strdup(render(PROMC_FORMAT_TEXT));
    assert_non_null(expected);
    refuse_each(parse);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILLED(values),
        FILLED(comparisons),
        FILLED(lints),
        FILLED(parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
