/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

static promc_error err;

static double seven(void *arg)
{
    (void)arg;
    return 7;
}

/* Everything that can be registered. */
static void metrics(void **state)
{
    static const char *const pairs[] = { "own", "1" };
    promc_registry *view = promc_registry_wrap(reg, "app_", L("zone"), L("a\""), &err);
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    (void)state;
    assert_non_null(view);
    opts.const_labels = pairs;
    opts.n_const_labels = 1;
    f = promc_counter_family_new_with(view, "c_total", "Help.", L("l"), &opts, &err);
    promc_counter_family_inc(f, L("x"));
    promc_gauge_set(promc_gauge_new(view, "g", "Help.", &err), 2);
    assert_int_equal(promc_gauge_func_new(view, "n", "Help.", seven, NULL, &err), 0);
    assert_non_null(promc_info_new(view, "i_info", "Help.", L("v"), L("1"), &err));
    opts.open_labels = 1;
    f = promc_counter_family_new_with(view, "o", "Help.", PROMC_NO_LABELS, &opts, &err);
    promc_counter_inc(promc_counter_labelset(f, L("q"), L("1")));
    promc_gauge_set(promc_gauge_new(reg, "plain", "Help.", &err), 3);
#define ALL                                                                              \
    "app_c_total{l=\"x\",own=\"1\",zone=\"a\\\"\"} 1\napp_g{zone=\"a\\\"\"} 2\n"         \
    "app_i_info{v=\"1\",zone=\"a\\\"\"} 1\napp_n{zone=\"a\\\"\"} 7\n"                    \
    "app_o{own=\"1\",q=\"1\",zone=\"a\\\"\"} 1\nplain 3\n"
    assert_samples(ALL);
    /* a view renders all of it; the same twice is one; it can be given up */
    assert_int_equal(promc_render(view, PROMC_FORMAT_TEXT, page, NULL), 0);
    assert_non_null(strstr(promc_page_data(page), "\nplain 3\n"));
    assert_non_null(promc_gauge_new(view, "g", "Help.", &err));
    assert_null(promc_gauge_new(reg, "app_g", "Help.", &err));
    assert_non_null(strstr(err.text, "constant labels"));
    promc_registry_free(view);
    assert_samples(ALL);
    assert_int_equal(promc_remove(reg, "app_c_total", L("l"), L("x")), 1);
    assert_int_equal(promc_remove_matching(reg, "app_o", L("zone", "own"), L("a\"", "1")),
                     1);
}

static void names_in_views(void **state)
{
    promc_registry *outer = promc_registry_wrap(reg, "a_", L("x"), L("1"), &err);
    promc_registry *inner = promc_registry_wrap(outer, "b_", L("y"), L("2"), &err);
    promc_registry *bare =
        promc_registry_wrap(inner, NULL, PROMC_NO_LABELS, PROMC_NO_LABELS, &err);
    promc_counter_family *f;

    (void)state;
    assert_true(outer && inner && bare);
    promc_registry_free(outer);
    assert_non_null(promc_gauge_new(inner, "g", "Help.", &err));
    f = promc_counter_family_new(bare, "c", "Help.", L("l"), &err);
    promc_counter_family_inc(f, L("3"));
    promc_counter_family_inc(f, L("4"));
    assert_samples("a_b_c{l=\"3\",x=\"1\",y=\"2\"} 1\na_b_c{l=\"4\",x=\"1\",y=\"2\"} 1\n"
                   "a_b_g{x=\"1\",y=\"2\"} 0\n");
    assert_int_equal(promc_remove(bare, "c", L("l"), L("3")), 1);
    assert_int_equal(promc_remove_matching(inner, "c", L("l"), L("4")), 1);
    assert_int_equal(promc_unregister(inner, "a_b_g"), -ENOENT);
    assert_int_equal(promc_unregister(inner, "g"), 0);
    assert_int_equal(promc_unregister(reg, "a_b_c"), 0);
    assert_samples("");
    promc_registry_free(inner);
    promc_registry_free(bare);
}

/* --- collectors --------------------------------------------------------------------------- */

static promc_emitter *elsewhere;

static void collect(promc_emitter *e, void *arg)
{
    promc_samples *f = promc_emit_family(e, PROMC_TYPE_GAUGE, "f", "Help.", L("b", "a"));

    (void)arg;
    promc_emit(f, L("1", "2"), 3);
    promc_emit(f, L("1"), 3); /* one too few */
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "t", "Help.", L("zone")), L("1"),
               1);
    promc_emit_family(e, PROMC_TYPE_GAUGE, NULL, "Help.", L("a"));
    promc_emitter_append(e, elsewhere);
}

static void fill_elsewhere(promc_emitter *other)
{
    promc_samples *f =
        promc_emit_family(elsewhere, PROMC_TYPE_GAUGE, "m_seconds", "Help.", L("b", "a"));
    const double bound = 1;
    const uint64_t count = 2;

    promc_emit_unit(f, "seconds");
    promc_emit(f, L("x\n", ""), 4);
    promc_emit_histogram(
        promc_emit_family(other, PROMC_TYPE_HISTOGRAM, "h", "Help.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, &bound, &count, 1, 1.5, 2);
    promc_emit_error(other, "made to fail");
    promc_emitter_append(elsewhere, other);
}

static void collectors(void **state)
{
    promc_registry *view = promc_registry_wrap(reg, "v_", L("zone"), L("z"), &err);
    promc_emitter *other = promc_emitter_new(NULL);

    (void)state;
    elsewhere = promc_emitter_new(NULL);
    fill_elsewhere(other);
    assert_int_equal(promc_collector_register(view, collect, NULL, &err), 0);
    promc_registry_free(view);
    for (int i = 0; i < 2; i++) {
        assert_samples("v_f{a=\"2\",b=\"1\",zone=\"z\"} 3\n"
                       "v_h_bucket{zone=\"z\",le=\"1\"} 2\n"
                       "v_h_bucket{zone=\"z\",le=\"+Inf\"} 2\nv_h_sum{zone=\"z\"} 1.5\n"
                       "v_h_count{zone=\"z\"} 2\n"
                       "v_m_seconds{a=\"\",b=\"x\\n\",zone=\"z\"} 4\n");
        /* a value missing, a label of that name already, no name, and the one elsewhere */
        assert_int_equal(promc_page_error(page, &err), 4);
    }
    assert_non_null(
        strstr(render(PROMC_FORMAT_OPENMETRICS), "# UNIT v_m_seconds seconds"));
    assert_int_equal(promc_collector_unregister(reg, collect, NULL), 0);
    assert_samples("");
    promc_emitter_free(other);
    promc_emitter_free(elsewhere);
}

static void refused(void **state)
{
    static const struct {
        const char *prefix, *names[2], *values[2];
        size_t n_names, n_values;
        const char *rule;
    } rows[] = {
        { "\xff", { NULL }, { NULL }, 0, 0, "metric name" },
        { "a_", { "b", "b" }, { "1", "2" }, 2, 2, "given twice" },
        { "a_", { "__b" }, { "1" }, 1, 1, "__b" },
        { "a_", { "b" }, { NULL }, 1, 1, "no value" },
        { "a_", { NULL }, { "1" }, 1, 1, "(null)" },
        { "a_", { "b" }, { "1" }, 1, 0, "1 label names, but 0 values" },
    };
    promc_registry *view;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_null(promc_registry_wrap(
            reg, rows[i].prefix, (promc_labels){ rows[i].names, rows[i].n_names },
            (promc_labels){ rows[i].values, rows[i].n_values }, &err));
        assert_int_equal(err.code, -EINVAL);
        if (strstr(err.text, rows[i].rule) == NULL)
            fail_msg("row %zu: %s", i, err.text);
    }
    /* what the view adds may be too much for a metric */
    view = promc_registry_wrap(reg, "a_", L("l"), L("1"), &err);
    assert_null(promc_counter_family_new(view, "c", "Help.", L("l"), &err));
    assert_non_null(strstr(err.text, "a_c: label name \"l\" is given twice"));
    assert_null(promc_histogram_new(view, NULL, "Help.", NULL, 0, &err));
    assert_int_equal(promc_registry_error(reg, NULL), -EINVAL);
    assert_int_equal(promc_registry_error(view, NULL), -EINVAL);
    promc_registry_free(view);
}

/* Memory fails at each step. */
static void out_of_memory(void **state)
{
    promc_registry *view = NULL;

    (void)state;
    for (size_t n = 1; view == NULL; n++) {
        refuse_from = n;
        count_allocations();
        view = promc_registry_wrap(reg, "a_", L("l"), L("1"), &err);
        counted_allocations();
        assert_true(view != NULL || err.code == -ENOMEM);
    }
    refuse_from = SIZE_MAX;
    for (size_t n = 1, made = 0; !made; n++) {
        refuse_from = n;
        count_allocations();
        made = promc_gauge_new(view, "g", "Help.", &err) != NULL;
        counted_allocations();
        refuse_from = SIZE_MAX;
        assert_true(made || err.code == -ENOMEM);
    }
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "\na_g{l=\"1\"} 0\n"));
    promc_registry_free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(metrics), TEST(names_in_views), TEST(collectors),
        TEST(refused), TEST(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
