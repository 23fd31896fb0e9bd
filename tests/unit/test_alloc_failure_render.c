/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alloc_failure_render.c - pages while each allocation is refused once, or all from one
 * on: whole, with lines missing that are reported, or none at all; and the next one is whole.
 */
#include "config.h"
#include "refuse.h"

#include <sys/stat.h>
#include <unistd.h>

#include "promc/textfile.h"

static promc_registry *second, *view;

static promc_emitter *apart;

/* Samples of all types, with all that formats can say. */
static void collect(promc_emitter *e, void *arg)
{
    static const promc_span spans[] = { { -2, 2 }, { 3, 1 } };
    static const double counts[] = { 1, 2, 3 };
    static const promc_native native = { 2, 1e-3, 1, spans, 2, counts, spans, 2, counts };
    static const double bounds[] = { 1, 2 };
    const promc_exemplar exemplars[] = { { L("trace"), L("a\xc3\xa9"), .5, 1000 },
                                         { L("t.r"), L("b"), 1.5, 2000 } };
    promc_sample s = PROMC_SAMPLE_INIT;
    promc_samples *f;

    (void)arg;
    s.value = 2;
    s.has_timestamp = 1;
    s.timestamp_ms = 5000;
    s.created_ms = 4000;
    s.exemplars = exemplars;
    s.n_exemplars = 2;
    f = promc_emit_family(e, PROMC_TYPE_COUNTER, "e_seconds_total", "C.", L("l", "m.n"));
    promc_emit_unit(f, "seconds");
    promc_emit_sample(f, L("1", "\xff"), &s);
    promc_emit_sample(f, L("2", ""), &s);
    /* the first name on the page that stands in quotes */
    promc_emit_sample(
        promc_emit_family(e, PROMC_TYPE_COUNTER, "a.c_total", "C.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, &s);
    f = promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "e.h", "H.", PROMC_NO_LABELS);
    s.n = 2;
    s.at = bounds;
    s.buckets = counts;
    s.count = 13;
    s.native = &native;
    promc_emit_sample(f, PROMC_NO_LABELS, &s);
    s.native = NULL;
    s.n_exemplars = 0;
    promc_emit_sample(
        promc_emit_family(e, PROMC_TYPE_GAUGEHISTOGRAM, "e_gh", "G.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, &s);
    s.values = counts;
    s.at = (const double[]){ .5, .9 };
    promc_emit_sample(
        promc_emit_family(e, PROMC_TYPE_SUMMARY, "e_s", "S.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, &s);
    s.states = (const char *const[]){ "a", "b" };
    s.on = (const int[]){ 0, 1 };
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_STATESET, "e_st", "S.", L("l")),
                      L("1"), &s);
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_INFO, "e_info", "I.", L("v")),
                      L("1"), &s);
    /* what clashes with registered names is left out, however short memory is */
    promc_emit_summary(
        promc_emit_family(e, PROMC_TYPE_SUMMARY, "a_s", "S.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, NULL, NULL, 0, 1, 2);
    promc_emitter_append(e, apart);
}

static double half(void *arg)
{
    (void)arg;
    return .5;
}

static void fill(promc_registry *r, const char *l)
{
    static const char *const consts[] = { "co", "1" };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_histogram *h;
    promc_summary *s;

    opts.const_labels = consts;
    opts.n_const_labels = 1;
    opts.unit = "seconds";
    opts.exemplars = 1;
    opts.native_factor = 1.5;
    promc_counter_add_exemplar(
        promc_counter_labels(promc_counter_family_new_with(r, "c_seconds_total", "C.",
                                                           L("l", "m.n"), &opts, NULL),
                             L(l, "\"")),
        1, L("trace_id"), L("1"));
    h = promc_histogram_labels(promc_histogram_family_new_with(
                                   r, "h.x_seconds", "H.", L("l"), NULL, 0, &opts, NULL),
                               L(l));
    for (int i = -9; i < 9; i++)
        promc_histogram_observe_exemplar(h, i, L("trace_id"), L("2"));
    s = promc_summary_new(r, l, "S.", (const double[]){ .5 }, 1, NULL);
    for (int i = 0; i < 100; i++)
        promc_summary_observe(s, i);
    promc_stateset_set(promc_stateset_new(r, "st", "S.", L("a", "b", "c"), NULL), 1, 1);
    promc_info_new(r, "b_info", "I.", L("w.x", l), L("1", "2"), NULL);
    promc_gauge_func_new(r, l[0] == 'x' ? "f1" : "f2", "F.", half, NULL, NULL);
}

static int fill_two(void **state)
{
    if (set_up(state) != 0)
        return -1;
    apart = promc_emitter_new(NULL);
    promc_emit(promc_emit_family(apart, PROMC_TYPE_UNTYPED, "a", "A.", PROMC_NO_LABELS),
               PROMC_NO_LABELS, 1);
    second = promc_registry_new(NULL);
    fill(reg, "x");
    fill(second, "y");
    promc_gauge_new(reg, "a_s_sum", "Clashes.", NULL);
    promc_gauge_new(reg, "c_seconds_created", "Clashes.", NULL);
    view = promc_registry_wrap(reg, "v_", L("view"), L("1"), NULL);
    promc_collector_register(reg, collect, NULL, NULL);
    return promc_collector_register(view, collect, view, NULL);
}

static int free_two(void **state)
{
    promc_registry_free(view);
    promc_registry_free(second);
    tear_down(state);
    promc_emitter_free(apart);
    return 0;
}

/* Whether each line of @part is one of @whole. */
static void assert_lines_of(const char *part, const char *whole)
{
    while (*part != '\0') {
        size_t len = strcspn(part, "\n") + 1;
        const char *p = whole;

        while (*p != '\0' && strncmp(p, part, len) != 0)
            p += strcspn(p, "\n") + 1;
        if (*p == '\0')
            fail_msg("%.*s", (int)len, part);
        part += len;
    }
}

static int is_text(promc_format format)
{
    return promc_format_syntax(format) != PROMC_FORMAT_PROTOBUF;
}

/* What came of it while memory was short, beside the page that was meant. */
static void check_page(const promc_page *p, int rc, const promc_page *whole,
                       promc_format format)
{
    if (rc != 0) {
        assert_int_equal(rc, -ENOMEM);
        assert_int_equal(promc_page_size(p), 0);
        assert_string_equal(promc_page_data(p), "");
    } else if (promc_page_error(p, NULL) == promc_page_error(whole, NULL)) {
        assert_int_equal(promc_page_size(p), promc_page_size(whole));
        assert_memory_equal(promc_page_data(p), promc_page_data(whole),
                            promc_page_size(p));
    } else {
        assert_true(promc_page_error(p, NULL) > promc_page_error(whole, NULL));
        if (is_text(format))
            assert_lines_of(promc_page_data(p), promc_page_data(whole));
    }
}

static void refuse_page(promc_format format, const promc_render_opts *opts, int all)
{
    size_t asked, n = 0;

    assert_int_equal(promc_render_with(reg, format, opts, page, NULL), 0);
    do {
        promc_page *p = promc_page_new(NULL);
        int rc;

        n++;
        refuse_from = n;
        refuse_to = all ? SIZE_MAX - 1 : n;
        count_allocations();
        rc = promc_render_with(reg, format, opts, p, NULL);
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        check_page(p, rc, page, format);
        assert_int_equal(promc_render_with(reg, format, opts, p, NULL), 0);
        assert_int_equal(promc_page_error(p, NULL), promc_page_error(page, NULL));
        check_page(p, 0, page, format);
        promc_page_free(p);
    } while (asked >= n);
    assert_true(n > 10);
}

static void pages(void **state)
{
    static const char *const names[] = { "c_seconds_total", "e.h", "nobody" };
    promc_registry *others[2] = { second, view };
    promc_render_opts all = PROMC_RENDER_OPTS_INIT, few = PROMC_RENDER_OPTS_INIT;

    (void)state;
    all.others = others;
    all.n_others = COUNT(others);
    all.created = 1;
    few.names = names;
    few.n_names = COUNT(names);
    for (promc_format syntax = PROMC_FORMAT_TEXT; syntax <= PROMC_FORMAT_OPENMETRICS_2;
         syntax++) {
        for (promc_format escaping = 0; escaping <= PROMC_ESCAPE_ALLOW_UTF8;
             escaping += PROMC_ESCAPE_DOTS) {
            refuse_page(syntax | escaping, NULL, 0);
            refuse_page(syntax | escaping, &all, 0);
        }
        refuse_page(syntax | PROMC_ESCAPE_DOTS, &few, 0);
        refuse_page(syntax | PROMC_ESCAPE_VALUES, &all, 1);
    }
}

/* Newcomers that no page could show yet are on the next one, also when several renders failed
 * in between; removed ones are on none. */
static void between(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(reg, "n", "N.", L("l"), NULL);
    char value[] = "aa";
    size_t failed = 0;

    (void)state;
    for (; value[0] <= 'p'; value[0]++)
        for (value[1] = 'a'; value[1] <= 'p'; value[1]++) {
            promc_page *p = promc_page_new(NULL);
            promc_gauge_family_set(f, L(value), 1);
            if (value[1] == 'c')
                promc_remove(reg, "n", L("l"), L(value));
            refuse_from = 1 + (size_t)(value[1] - 'a') * 4 + (size_t)value[0] % 4;
            refuse_to = SIZE_MAX - 1;
            count_allocations();
            failed += promc_render(reg, PROMC_FORMAT_TEXT, p, NULL) == -ENOMEM;
            promc__alloc_hook(NULL);
            refuse_from = refuse_to = SIZE_MAX;
            promc_page_free(p);
        }
    assert_true(failed > 100);
    render(PROMC_FORMAT_TEXT);
    for (value[0] = 'a'; value[0] <= 'p'; value[0]++)
        for (value[1] = 'a'; value[1] <= 'p'; value[1]++) {
            char line[20];

            snprintf(line, sizeof line, "\nn{l=\"%s\"} 1\n", value);
            assert_int_equal(strstr(promc_page_data(page), line) != NULL,
                             value[1] != 'c');
        }
}

static void emitters(void **state)
{
    size_t asked, n = 0;

    (void)state;
    do {
        promc_emitter *e;
        promc_error err = { 0 };

        refuse_from = refuse_to = ++n;
        count_allocations();
        e = promc_emitter_new(&err);
        if (e != NULL) {
            collect(e, NULL);
            promc_emitter_reset(e);
            collect(e, NULL);
            promc_emit_fail(e, "gone");
            promc_emit_error(e, "twice");
        }
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_true(e != NULL || err.code == -ENOMEM);
        promc_emitter_free(e);
    } while (asked >= n);
}

static size_t file_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* The file is as it was, or new in whole. */
static void textfiles(void **state)
{
    char folder[] = "/tmp/promc-refuse-XXXXXX", path[sizeof folder + 2];
    size_t asked, n = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    render(PROMC_FORMAT_TEXT);
    do {
        promc_error err = { 0 };
        promc_textfile *t = NULL;
        int rc;

        refuse_from = refuse_to = ++n;
        count_allocations();
        rc = promc_textfile_write(reg, path, &err);
        if (rc == 0)
            t = promc_textfile_start(reg, path, 1e6, &err);
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_true(rc == 0 || (rc == -ENOMEM && err.code == rc));
        assert_true(rc != 0 || t != NULL || err.code == -ENOMEM);
        assert_int_equal(promc_textfile_stop(t, NULL), 0);
        if (asked < n)
            assert_int_equal(file_size(path), promc_page_size(page));
    } while (asked >= n);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

#define FILLED(f) cmocka_unit_test_setup_teardown(f, fill_two, free_two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILLED(pages),
        FILLED(between),
        FILLED(emitters),
        FILLED(textfiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
