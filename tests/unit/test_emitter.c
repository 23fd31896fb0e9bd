/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

typedef void script(promc_emitter *e);

static script *running;

static void collector(promc_emitter *e, void *arg)
{
    (void)arg;
    running(e);
}

static int with_collector(void **state)
{
    return set_up(state) != 0 ||
           promc_collector_register(reg, collector, NULL, NULL) != 0;
}

#define EMIT(f) cmocka_unit_test_setup_teardown(f, with_collector, tear_down)

static promc_samples *family(promc_emitter *e, promc_type type, const char *name,
                             promc_labels labels)
{
    return promc_emit_family(e, type, name, "Help.", labels);
}

static void gauge(promc_emitter *e, const char *name, const char *value, double v)
{
    promc_emit(family(e, PROMC_TYPE_GAUGE, name, L("l")), L(value), v);
}

/* Render, and check how much was left out, and why. */
static void emitted(script *fn, const char *want, size_t left_out, const char *reason)
{
    promc_error err = { 0 };

    running = fn;
    assert_samples(want);
    assert_int_equal(promc_page_error(page, &err), left_out);
    if (reason != NULL && strstr(err.text, reason) == NULL)
        fail_msg("\"%s\" does not say %s", err.text, reason);
}

static void types_script(promc_emitter *e)
{
    promc_samples *f = family(e, PROMC_TYPE_UNTYPED, "u", L("b", "a"));

    promc_emit(f, L("2", "1"), .5);
    promc_emit(f, L("1", "1"), NAN);
    promc_emit(family(e, PROMC_TYPE_COUNTER, "c_total", PROMC_NO_LABELS), PROMC_NO_LABELS,
               3);
    promc_emit_histogram(family(e, PROMC_TYPE_HISTOGRAM, "h", PROMC_NO_LABELS),
                         PROMC_NO_LABELS, (const double[]){ 1, 2 },
                         (const uint64_t[]){ 3, 3 }, 2, 7, 4);
    promc_emit_summary(family(e, PROMC_TYPE_SUMMARY, "s", PROMC_NO_LABELS),
                       PROMC_NO_LABELS, (const double[]){ .5, 1 },
                       (const double[]){ 3, NAN }, 2, 8, 9);
    promc_emit_histogram(family(e, PROMC_TYPE_HISTOGRAM, "i", PROMC_NO_LABELS),
                         PROMC_NO_LABELS, NULL, NULL, 0, 0, 0);
    promc_emit_summary(family(e, PROMC_TYPE_SUMMARY, "t", PROMC_NO_LABELS),
                       PROMC_NO_LABELS, NULL, NULL, 0, 0, 0);
    family(e, PROMC_TYPE_GAUGE, "empty", PROMC_NO_LABELS);
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "no_help", NULL, PROMC_NO_LABELS),
               PROMC_NO_LABELS, 1);
}

static void types(void **state)
{
    (void)state;
    emitted(
        types_script,
        "c_total 3\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"2\"} 3\nh_bucket{le=\"+Inf\"} 4\n"
        "h_sum 7\nh_count 4\ni_bucket{le=\"+Inf\"} 0\ni_sum 0\ni_count 0\nno_help 1\n"
        "s{quantile=\"0.5\"} 3\ns{quantile=\"1\"} NaN\ns_sum 8\ns_count 9\nt_sum 0\n"
        "t_count 0\nu{a=\"1\",b=\"1\"} NaN\nu{a=\"1\",b=\"2\"} 0.5\n",
        0, NULL);
    assert_non_null(strstr(render(PROMC_FORMAT_OPENMETRICS),
                           "# TYPE c counter\n"
                           "# HELP c Help.\nc_total 3\n"));
    assert_non_null(strstr(promc_page_data(page), "# TYPE u unknown\n"));
    assert_non_null(strstr(promc_page_data(page), "h_bucket{le=\"1.0\"} 3\n"));
    assert_non_null(strstr(promc_page_data(page), "s{quantile=\"1.0\"} NaN\n"));
    assert_null(strstr(promc_page_data(page), "empty"));
}

/* One family begun more than once, with other labels; the samples are sorted together. */
static void continued_script(promc_emitter *e)
{
    gauge(e, "b", "2", 2);
    gauge(e, "a", "1", 1);
    gauge(e, "b", "1", 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "b", L("l", "k")), L("x", "y"), 3);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "b", PROMC_NO_LABELS), PROMC_NO_LABELS, 4);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "b", L("k")), L("2"), 5);
}

static void continued(void **state)
{
    (void)state;
    emitted(continued_script,
            "a{l=\"1\"} 1\nb 4\nb{l=\"1\"} 1\nb{k=\"2\"} 5\nb{l=\"2\"} 2\n"
            "b{k=\"y\",l=\"x\"} 3\n",
            0, NULL);
}

static void other_type(promc_emitter *e)
{
    gauge(e, "a", "1", 1);
    promc_emit(family(e, PROMC_TYPE_COUNTER, "a", L("l")), L("2"), 2);
}

static void other_help(promc_emitter *e)
{
    gauge(e, "a", "1", 1);
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "a", "Other.", L("l")), L("2"), 2);
}

static void duplicates(promc_emitter *e)
{
    gauge(e, "a", "1", 1);
    gauge(e, "a", "2", 2);
    gauge(e, "a", "1", 3);
    gauge(e, "a", "\xff", 4);
    gauge(e, "a", "\xfe\xff", 5); /* prints the same */
}

static void bad_family(promc_emitter *e)
{
    promc_emit(family(e, PROMC_TYPE_GAUGE, "a\xff", PROMC_NO_LABELS), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, NULL, PROMC_NO_LABELS), PROMC_NO_LABELS, 1);
    promc_emit(family(e, (promc_type)9, "a", PROMC_NO_LABELS), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "a", L("__9")), L("x"), 1);
    promc_emit(family(e, PROMC_TYPE_HISTOGRAM, "a", L("le")), L("x"), 1);
    gauge(e, "a", "1", 1);
}

static void bad_values(promc_emitter *e)
{
    promc_samples *f = family(e, PROMC_TYPE_GAUGE, "a", L("l", "k"));

    promc_emit(f, L("1"), 1);
    promc_emit(f, L("1", "2", "3"), 1);
    promc_emit(f, L("1", NULL), 1);
    promc_emit(f, (promc_labels){ NULL, 2 }, 1);
    promc_emit(f, L("1", "2"), 1);
}

static void bad_histogram(promc_emitter *e)
{
    promc_samples *f = family(e, PROMC_TYPE_HISTOGRAM, "a", PROMC_NO_LABELS);
    const double up[] = { 1, 2 }, down[] = { 2, 1 }, infinite[] = { 1, INFINITY };
    const double no_number[] = { 1, NAN };
    const uint64_t good[] = { 1, 2 }, falling[] = { 2, 1 };

    promc_emit(f, PROMC_NO_LABELS, 1);
    promc_emit_histogram(f, PROMC_NO_LABELS, down, good, 2, 1, 2);
    promc_emit_histogram(f, PROMC_NO_LABELS, infinite, good, 2, 1, 2);
    promc_emit_histogram(f, PROMC_NO_LABELS, no_number, good, 2, 1, 2);
    promc_emit_histogram(f, PROMC_NO_LABELS, up, falling, 2, 1, 2);
    promc_emit_histogram(f, PROMC_NO_LABELS, up, good, 2, 1,
                         1); /* fewer than in buckets */
    promc_emit_summary(f, PROMC_NO_LABELS, NULL, NULL, 0, 1, 1);
    promc_emit_histogram(f, L("x"), up, good, 2, 1, 2);
    promc_emit_histogram(f, PROMC_NO_LABELS, up, NULL, 2, 1, 2);
}

static void bad_summary(promc_emitter *e)
{
    promc_samples *f = family(e, PROMC_TYPE_SUMMARY, "a", PROMC_NO_LABELS);

    promc_emit(f, PROMC_NO_LABELS, 1);
    promc_emit_summary(f, PROMC_NO_LABELS, (const double[]){ 1, .5 },
                       (const double[]){ 1, 1 }, 2, 1, 1);
    promc_emit_histogram(f, PROMC_NO_LABELS, NULL, NULL, 0, 1, 1);
    promc_emit_summary(f, L("x"), NULL, NULL, 0, 1, 1);
}

static void own_words(promc_emitter *e)
{
    promc_emit_error(e, "cannot read %s", "it");
    promc_emit_error(e, "nor %s", "that");
    gauge(e, "a", "1", 1);
}

static void samples_of_each_other(promc_emitter *e)
{
    promc_emit_histogram(family(e, PROMC_TYPE_HISTOGRAM, "a", PROMC_NO_LABELS),
                         PROMC_NO_LABELS, NULL, NULL, 0, 1, 1);
    gauge(e, "a_count", "1", 1);
    gauge(e, "a_bucket", "1", 1);
    promc_emit_summary(family(e, PROMC_TYPE_SUMMARY, "b", PROMC_NO_LABELS),
                       PROMC_NO_LABELS, NULL, NULL, 0, 1, 1);
    gauge(e, "b_sum", "1", 1);
    gauge(e, "b_bucket", "1", 1); /* a summary has none */
}

static void left_out(void **state)
{
    static const struct {
        script *fn;
        const char *want;
        size_t n;
        const char *reason;
    } rows[] = {
        { other_type, "a{l=\"1\"} 1\n", 1, "types" },
        { other_help, "a{l=\"1\"} 1\n", 1, "help" },
        { bad_family, "a{l=\"1\"} 1\n", 5, "not UTF-8" },
        { bad_values, "a{k=\"2\",l=\"1\"} 1\n", 4, "label" },
        { bad_histogram, "", 9, "single value" },
        { bad_summary, "", 4, "single value" },
        { own_words, "a{l=\"1\"} 1\n", 2, "cannot read it" },
        { samples_of_each_other,
          "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\nb_sum 1\nb_count 1\n"
          "b_bucket{l=\"1\"} 1\n",
          3, "sample of another" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        emitted(rows[i].fn, rows[i].want, rows[i].n, rows[i].reason);
    /* which of two is kept is not said */
    running = duplicates;
    render(PROMC_FORMAT_TEXT);
    assert_int_equal(promc_page_error(page, NULL), 2);
    assert_non_null(strstr(promc_page_data(page), "a{l=\"2\"} 2\n"));
    assert_null(strstr(strstr(promc_page_data(page), "a{l=\"1\"}") + 1, "a{l=\"1\"}"));
}

/* What is left out is told in whole characters, however long its labels are. */
static void long_labels(promc_emitter *e)
{
    char value[300];

    for (size_t i = 0; i + 2 < sizeof value; i += 2)
        memcpy(value + i, "\xc3\xa4", 3);
    for (int shift = 0; shift < 2; shift++)
        gauge(e, "a", value, 1);
}

static void whole_characters(void **state)
{
    promc_error err;

    (void)state;
    running = long_labels;
    render(PROMC_FORMAT_TEXT);
    assert_int_equal(promc_page_error(page, &err), 1);
    assert_true(strlen(err.text) > 100);
    assert_true(promc_utf8_valid(err.text, strlen(err.text)));
}

/* --- emitters of one's own ------------------------------------------------------- */

static promc_emitter *others[2];

static void append_both(promc_emitter *e)
{
    gauge(e, "b", "0", 0);
    promc_emitter_append(e, others[0]);
    promc_emitter_append(e, others[1]);
    promc_emitter_append(e, e);
}

static void appended(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_non_null(others[i] = promc_emitter_new(NULL));
    gauge(others[0], "c", "1", 1);
    gauge(others[0], "b", "1", 1);
    gauge(others[1], "b", "2", 2);
    gauge(others[1], "a", "2", 2);
    emitted(append_both,
            "a{l=\"2\"} 2\nb{l=\"0\"} 0\nb{l=\"1\"} 1\nb{l=\"2\"} 2\nc{l=\"1\"} 1\n", 0,
            NULL);
    promc_emit_error(others[1], "oh");
    promc_emitter_reset(others[0]);
    gauge(others[0], "b", "0", 5);
    emitted(append_both, "a{l=\"2\"} 2\nb{l=\"0\"} 0\nb{l=\"2\"} 2\n", 2, "oh");
    for (size_t i = 0; i < 2; i++)
        promc_emitter_free(others[i]);
}

static void fill(promc_emitter *e)
{
    static char long_value[20000];

    memset(long_value, 'x', sizeof long_value - 1);
    for (int i = 0; i < 500; i++) {
        char name[20];

        snprintf(name, sizeof name, "m%d", i);
        gauge(e, name, i % 100 == 50 ? long_value : name, i);
    }
    types_script(e);
}

/* A second round like the first needs no memory. */
static void reset_keeps_memory(void **state)
{
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    count_allocations();
    fill(e);
    assert_true(counted_allocations() > 5);
    for (int i = 0; i < 3; i++) {
        promc_emitter_reset(e);
        count_allocations();
        fill(e);
        assert_int_equal(counted_allocations(), 0);
    }
    promc_emitter_free(e);
}

static void *given;

static void remember_arg(promc_emitter *e)
{
    given = promc_emit_arg(e);
}

static void scrape_arg(void **state)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    int thing;

    (void)state;
    running = remember_arg;
    opts.scrape_arg = &thing;
    assert_int_equal(promc_render_with(reg, PROMC_FORMAT_TEXT, &opts, page, NULL), 0);
    assert_ptr_equal(given, &thing);
    render(PROMC_FORMAT_TEXT);
    assert_null(given);
}

static void without_handle(void **state)
{
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    promc_emit(NULL, L("a"), 1);
    promc_emit_histogram(NULL, L("a"), NULL, NULL, 0, 0, 0);
    promc_emit_summary(NULL, L("a"), NULL, NULL, 0, 0, 0);
    assert_null(family(NULL, PROMC_TYPE_GAUGE, "a", PROMC_NO_LABELS));
    promc_emit_error(NULL, "x");
    promc_emitter_append(NULL, e);
    promc_emitter_append(e, NULL);
    promc_emitter_reset(NULL);
    promc_emitter_free(NULL);
    assert_null(promc_emit_arg(NULL));
    promc_emitter_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EMIT(types),      EMIT(continued),
        EMIT(left_out),   EMIT(whole_characters),
        EMIT(appended),   EMIT(reset_keeps_memory),
        EMIT(scrape_arg), EMIT(without_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
