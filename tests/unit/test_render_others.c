/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

static promc_registry *second, *third;

static int several(void **state)
{
    second = promc_registry_new(NULL);
    third = promc_registry_new(NULL);
    return set_up(state) != 0 || second == NULL || third == NULL;
}

static int free_several(void **state)
{
    promc_registry_free(second);
    promc_registry_free(third);
    return tear_down(state);
}

#define SEVERAL(f) cmocka_unit_test_setup_teardown(f, several, free_several)

static void render_all(promc_format format)
{
    promc_registry *const others[] = { second, third, reg, second };
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    opts.others = others;
    opts.n_others = COUNT(others);
    assert_int_equal(promc_render_with(reg, format, &opts, page, NULL), 0);
}

static void is_page(promc_format format, const char *want, size_t left_out,
                    const char *why)
{
    promc_error err = { 0 };

    render_all(format);
    assert_string_equal(without_times(promc_page_data(page)), want);
    assert_int_equal(promc_page_error(page, &err), left_out);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say %s", err.text, why);
}

static void gauge(promc_registry *r, const char *name, const char *label,
                  const char *value, double v)
{
    promc_gauge_family_set(promc_gauge_family_new(r, name, "Help.", L(label), NULL),
                           L(value), v);
}

/* Families by name, series by labels, wherever they come from; each registry once. */
static void merged(void **state)
{
    (void)state;
    gauge(reg, "b", "l", "2", 2);
    gauge(second, "b", "l", "1", 1);
    gauge(third, "b", "k", "3", 3);
    gauge(third, "a", "l", "1", 1);
    gauge(second, "c", "l", "1", 1);
    promc_gauge_new(second, "d", "Help.", NULL);
    for (int i = 0; i < 3; i++)
        is_page(
            PROMC_FORMAT_TEXT,
            "# HELP a Help.\n# TYPE a gauge\na{l=\"1\"} 1\n"
            "# HELP b Help.\n# TYPE b gauge\nb{l=\"1\"} 1\nb{l=\"2\"} 2\nb{k=\"3\"} 3\n"
            "# HELP c Help.\n# TYPE c gauge\nc{l=\"1\"} 1\n"
            "# HELP d Help.\n# TYPE d gauge\nd 0\n",
            0, "");
}

/* The first registry's series stay. */
static void duplicates(void **state)
{
    (void)state;
    gauge(third, "a", "l", "1", 3);
    gauge(second, "a", "l", "1", 2);
    gauge(second, "a", "l", "2", 2);
    gauge(reg, "a", "l", "1", 1);
    is_page(PROMC_FORMAT_TEXT,
            "# HELP a Help.\n# TYPE a gauge\na{l=\"1\"} 1\na{l=\"2\"} 2\n", 2,
            "a: collected twice: {l=\"1\"}");
}

static void different(void **state)
{
    (void)state;
    gauge(reg, "a", "l", "1", 1);
    promc_counter_new(second, "a", "Help.", NULL);
    promc_gauge_new(third, "a", "Other help.", NULL);
    is_page(PROMC_FORMAT_TEXT, "# HELP a Help.\n# TYPE a gauge\na{l=\"1\"} 1\n", 2,
            "a: registered twice with different types");
    /* a family without series is none */
    promc_gauge_family_clear(promc_gauge_family_new(reg, "b", "B.", L("l"), NULL));
    promc_counter_new(second, "b", "Help.", NULL);
    is_page(PROMC_FORMAT_TEXT,
            "# HELP a Help.\n# TYPE a gauge\na{l=\"1\"} 1\n"
            "# HELP b Help.\n# TYPE b counter\nb 0\n",
            2, "a: registered");
}

/* A family without series says nothing of the type. */
static void other_type_without_series(void **state)
{
    (void)state;
    promc_gauge_family_new(reg, "x", "Help.", L("l"), NULL);
    promc_gauge_family_new(reg, "y", "Help.", L("l"), NULL);
    promc_histogram_family_new(reg, "z", "Help.", L("l"), NULL, 0, NULL);
    promc_histogram_new(second, "x", "Help.", (const double[]){ 1 }, 0, NULL);
    promc_counter_new(second, "y", "Help.", NULL);
    promc_gauge_new(second, "z", "Help.", NULL);
    promc_gauge_new(third, "x_sum", "Help.", NULL);
    promc_gauge_new(third, "z_sum", "Help.", NULL);
    is_page(PROMC_FORMAT_OPENMETRICS,
            "# TYPE x histogram\n# HELP x Help.\nx_bucket{le=\"+Inf\"} 0\nx_sum 0\n"
            "x_count 0\n# TYPE y unknown\n# HELP y Help.\ny 0\n"
            "# TYPE z gauge\n# HELP z Help.\nz 0\n"
            "# TYPE z_sum gauge\n# HELP z_sum Help.\nz_sum 0\n# EOF\n",
            1, "x_sum: the name is a sample of another family");
}

/* A sample of one is a family of the other. */
static void clashes(void **state)
{
    (void)state;
    promc_histogram_new(second, "x", "Help.", (const double[]){ 1 }, 0, NULL);
    gauge(reg, "x_count", "l", "1", 1);
    gauge(reg, "x_created", "l", "1", 1);
    is_page(PROMC_FORMAT_OPENMETRICS,
            "# TYPE x histogram\n# HELP x Help.\nx_bucket{le=\"+Inf\"} 0\nx_sum 0\n"
            "x_count 0\n# EOF\n",
            2, "x_count: the name is a sample of another family");
}

static void all_types(promc_registry *r, const char *value)
{
    const double half[] = { .5 };
    promc_histogram_observe(
        promc_histogram_labels(
            promc_histogram_family_new(r, "h", "Help.", L("l"), half, 1, NULL), L(value)),
        1);
    promc_summary_observe(
        promc_summary_labels(
            promc_summary_family_new(r, "s", "Help.", L("l"), half, 1, NULL), L(value)),
        2);
    promc_counter_add(
        promc_counter_labels(
            promc_counter_family_new(r, "c_total", "Help.", L("l"), NULL), L(value)),
        2.5);
    promc_stateset_labels(
        promc_stateset_family_new(r, "t", "Help.", L("l"), L("on"), NULL), L(value));
}

static void types(void **state)
{
    (void)state;
    all_types(second, "2");
    all_types(reg, "1");
    is_page(PROMC_FORMAT_OPENMETRICS_2,
            "# TYPE c_total counter\n# HELP c_total Help.\nc_total{l=\"1\"} 2.5\n"
            "c_total{l=\"2\"} 2.5\n# TYPE h histogram\n# HELP h Help.\n"
            "h{l=\"1\"} {count:1,sum:1,bucket:[0.5:0,+Inf:1]}\n"
            "h{l=\"2\"} {count:1,sum:1,bucket:[0.5:0,+Inf:1]}\n"
            "# TYPE s summary\n# HELP s Help.\n"
            "s{l=\"1\"} {count:1,sum:2,quantile:[0.5:2]}\n"
            "s{l=\"2\"} {count:1,sum:2,quantile:[0.5:2]}\n"
            "# TYPE t stateset\n# HELP t Help.\nt{l=\"1\",t=\"on\"} 0\n"
            "t{l=\"2\",t=\"on\"} 0\n# EOF\n",
            0, "");
}

/* --- collected -------------------------------------------------------------------------- */

static void collector(promc_emitter *e, void *arg)
{
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "a", "Help.", L("l")), L(arg), 7);
}

static double eight(void *arg)
{
    (void)arg;
    return 8;
}

/* What one registry has registered and another collects is one family. */
static void collected(void **state)
{
    static char one[] = "1", two[] = "2";

    (void)state;
    gauge(reg, "a", "l", "1", 1);
    gauge(reg, "a", "l", "3", 3);
    promc_collector_register(second, collector, two, NULL);
    promc_collector_register(third, collector, one, NULL);
    promc_gauge_func_new(third, "b", "Help.", eight, NULL, NULL);
    promc_gauge_func_new(second, "b", "Help.", eight, NULL, NULL);
    is_page(PROMC_FORMAT_TEXT,
            "# HELP a Help.\n# TYPE a gauge\na{l=\"1\"} 1\na{l=\"2\"} 7\na{l=\"3\"} 3\n"
            "# HELP b Help.\n# TYPE b gauge\nb 8\n",
            2, "a: collected twice");
}

/* Updates that were dropped are one count. */
static void dropped_together(void **state)
{
    (void)state;
    promc_counter_add(promc_counter_new(reg, "a_total", "Help.", NULL), -1);
    promc_counter_add(promc_counter_new(third, "b_total", "Help.", NULL), -1);
    render_all(PROMC_FORMAT_TEXT);
    assert_non_null(strstr(promc_page_data(page),
                           "\npromc_dropped_updates_total{reason=\"negative\"} 2\n"));
    assert_int_equal(promc_page_error(page, NULL), 0);
}

/* --- threads ---------------------------------------------------------------------------- */

/* Two that render the same registries in another order, while a third makes new ones. */
static void *renders(void *arg)
{
    int forth =
        atomic_fetch_add_explicit((_Atomic int *)arg, 1, memory_order_relaxed) % 2;
    promc_registry *const others[] = { forth ? second : reg };
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    promc_page *mine = promc_page_new(NULL);

    opts.others = others;
    opts.n_others = 1;
    for (int i = 0; i < 500; i++) {
        if (promc_render_with(forth ? reg : second, PROMC_FORMAT_OPENMETRICS, &opts, mine,
                              NULL) != 0 ||
            promc_page_error(mine, NULL) != 0)
            abort();
        promc_registry_free(promc_registry_new(NULL));
    }
    promc_page_free(mine);
    return NULL;
}

static void at_once(void **state)
{
    _Atomic int n = 0;

    (void)state;
    gauge(reg, "a", "l", "1", 1);
    gauge(second, "a", "l", "2", 1);
    run_threads(4, renders, &n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEVERAL(merged),
        SEVERAL(duplicates),
        SEVERAL(different),
        SEVERAL(clashes),
        SEVERAL(other_type_without_series),
        SEVERAL(types),
        SEVERAL(collected),
        SEVERAL(dropped_together),
        SEVERAL(at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
