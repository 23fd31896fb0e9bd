/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "registry.h"

static promc_error err;

static promc_info *new_info(const char *name)
{
    return promc_info_new(reg, name, "Help.", L("version", "arch"), L("1.2", "x"), &err);
}

static void formats(void **state)
{
    (void)state;
    assert_non_null(promc_info_new(reg, "build_info", "Of this.", L("v", "a"),
                                   L("1\n", "\xff"), NULL));
    assert_string_equal(render(PROMC_FORMAT_TEXT),
                        "# HELP build_info Of this.\n# TYPE build_info gauge\n"
                        "build_info{a=\"\xef\xbf\xbd\",v=\"1\\n\"} 1\n");
    assert_string_equal(render(PROMC_FORMAT_OPENMETRICS),
                        "# TYPE build info\n# HELP build Of this.\n"
                        "build_info{a=\"\xef\xbf\xbd\",v=\"1\\n\"} 1\n# EOF\n");
}

static void other_labels(void **state)
{
    promc_info *info = new_info("build_info");

    (void)state;
    assert_non_null(info);
    assert_samples("build_info{arch=\"x\",version=\"1.2\"} 1\n");
    assert_int_equal(promc_info_set(info, L("version"), L("1.3"), NULL), 0);
    assert_samples("build_info{version=\"1.3\"} 1\n");
    assert_int_equal(promc_info_set(info, PROMC_NO_LABELS, PROMC_NO_LABELS, NULL), 0);
    assert_samples("build_info 1\n");
    /* the same again, and what was there before, in another order */
    assert_int_equal(promc_info_set(info, PROMC_NO_LABELS, PROMC_NO_LABELS, NULL), 0);
    assert_samples("build_info 1\n");
    assert_int_equal(promc_info_set(info, L("arch", "version"), L("x", "1.2"), NULL), 0);
    assert_samples("build_info{arch=\"x\",version=\"1.2\"} 1\n");
    assert_int_equal(promc_info_set(NULL, L("a"), L("b"), NULL), 0);
}

/* More sets of labels than a family may have series. */
static void many_labels(void **state)
{
    promc_info *info = new_info("build_info");

    (void)state;
    for (int i = 0; i <= 20000; i++) {
        char value[12];

        snprintf(value, sizeof value, "%d", i);
        assert_int_equal(promc_info_set(info, L("n"), L(value), &err), 0);
    }
    assert_samples("build_info{n=\"20000\"} 1\n");
    assert_int_equal(dropped("series_limit"), 0);
}

static void refused(void **state)
{
    static const struct {
        const char *names[3], *values[3];
        size_t n_values;
        const char *rule;
    } rows[] = {
        { { "a", "a" }, { "1", "2" }, 2, "\"a\" is given twice" },
        { { "" }, { "1" }, 1, "\"\" is empty" },
        { { "__a" }, { "1" }, 1, "\"__a\"" },
        { { "a", "b" }, { "1", "2" }, 1, "2 label names and 1 values" },
        { { "a" }, { "1", "2" }, 2, "1 label names and 2 values" },
        { { "a", "b" }, { "1" }, 2, "\"b\" has no value" },
    };
    promc_info *info = new_info("x_info");

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_labels names = { rows[i].names, 0 };
        promc_labels values = { rows[i].values, rows[i].n_values };

        while (names.n < 3 && names.v[names.n] != NULL)
            names.n++;
        assert_null(promc_info_new(reg, "y_info", "Help.", names, values, &err));
        if (err.code != -EINVAL || strstr(err.text, rows[i].rule) == NULL)
            fail_msg("row %zu: %s", i, err.text);
        assert_non_null(strstr(err.text, "y_info: "));
        memset(&err, 0, sizeof err);
        assert_int_equal(promc_info_set(info, names, values, &err), -EINVAL);
        if (err.code != -EINVAL || strstr(err.text, rows[i].rule) == NULL)
            fail_msg("row %zu, set: %s", i, err.text);
    }
    assert_int_equal(
        promc_info_set(info, (promc_labels){ NULL, 1 }, (promc_labels){ NULL, 1 }, NULL),
        -EINVAL);
    assert_int_equal(promc_info_set(info, L("a"), (promc_labels){ NULL, 1 }, NULL),
                     -EINVAL);
    assert_samples("x_info{arch=\"x\",version=\"1.2\"} 1\n"); /* as it was */
}

static void names(void **state)
{
    static const char *const bad[] = { "build", "_info", "info", "x_info_", "x_infos" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_null(new_info(bad[i]));
        assert_int_equal(err.code, -EINVAL);
        assert_non_null(strstr(err.text, "_info"));
    }
    assert_non_null(new_info("x_info"));
    assert_null(promc_gauge_new(reg, "x_info", "Help.", &err));
    assert_int_equal(err.code, -EEXIST);
    assert_non_null(strstr(err.text, "taken by an info"));
}

/* OpenMetrics calls the family of x_info x. Where that is somebody else's name, or the last
 * part of one, the info goes as a gauge. */
static void taken_names(void **state)
{
    static const struct {
        char type;
        const char *name;
        int plain;
    } rows[] = {
        { 'g', "x", 1 },       { 'c', "x_total", 1 }, { 'h', "x", 1 },
        { 'g', "x_total", 1 }, { 'g', "xx", 0 },      { 'g', "x_info_info", 0 },
        { 'h', "y", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *name = rows[i].name;
        const char *text;

        assert_non_null(new_info("x_info"));
        if (rows[i].type == 'g')
            assert_non_null(promc_gauge_new(reg, name, "Help.", NULL));
        else if (rows[i].type == 'c')
            assert_non_null(promc_counter_new(reg, name, "Help.", NULL));
        else
            assert_non_null(promc_histogram_new(reg, name, "Help.", NULL, 0, NULL));
        text = render(PROMC_FORMAT_OPENMETRICS);
        if ((strstr(text, "# TYPE x_info gauge\n") != NULL) != rows[i].plain ||
            (strstr(text, "# TYPE x info\n") != NULL) == rows[i].plain ||
            strstr(text, "\nx_info{arch=\"x\",version=\"1.2\"} 1\n") == NULL)
            fail_msg("row %zu:\n%s", i, text);
        promc_registry_free(reg);
        reg = promc_registry_new(NULL);
    }
    assert_non_null(new_info("h_count_info"));
    assert_non_null(promc_histogram_new(reg, "h", "Help.", NULL, 0, NULL));
    assert_non_null(strstr(render(PROMC_FORMAT_OPENMETRICS), "TYPE h_count_info gauge"));
}

static double answer(void *arg)
{
    return *(double *)arg;
}

static void unknown(void **state)
{
    double v = 2.5;

    (void)state;
    assert_int_equal(promc_unknown_func_new(reg, "u", "Help.", answer, &v, NULL), 0);
    assert_string_equal(render(PROMC_FORMAT_TEXT),
                        "# HELP u Help.\n# TYPE u untyped\nu 2.5\n");
    v = -1;
    assert_string_equal(render(PROMC_FORMAT_OPENMETRICS),
                        "# TYPE u unknown\n# HELP u Help.\nu -1\n# EOF\n");
    assert_int_equal(promc_unknown_func_new(reg, "u2", "Help.", NULL, &v, &err), -EINVAL);
    assert_int_equal(promc_unknown_func_new(reg, "", "Help.", answer, &v, &err), -EINVAL);
    assert_null(promc_gauge_new(reg, "u", "Help.", &err));
    assert_non_null(strstr(err.text, "taken by an untyped metric"));
}

/* --- threads ---------------------------------------------------------------------------- */

static promc_info *shared;
static _Atomic int setting;

static void *set_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5000; i++) {
        promc_info_set(shared, L("a"), L("1"), NULL);
        promc_info_set(shared, L("b"), L("2"), NULL);
    }
    atomic_fetch_sub_explicit(&setting, 1, memory_order_relaxed);
    return NULL;
}

/* Never both, never none. */
static void one_at_every_scrape(void **state)
{
    pthread_t a, b;

    (void)state;
    shared = promc_info_new(reg, "x_info", "Help.", L("a"), L("1"), NULL);
    setting = 2;
    assert_int_equal(pthread_create(&a, NULL, set_often, NULL), 0);
    assert_int_equal(pthread_create(&b, NULL, set_often, NULL), 0);
    do {
        const char *text = samples_of(PROMC_FORMAT_TEXT);

        if (strcmp(text, "x_info{a=\"1\"} 1\n") != 0 &&
            strcmp(text, "x_info{b=\"2\"} 1\n") != 0)
            fail_msg("%s", text);
    } while (atomic_load_explicit(&setting, memory_order_relaxed) != 0);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}

static void out_of_memory(void **state)
{
    size_t n;

    (void)state;
    count_allocations();
    shared = new_info("x_info");
    n = counted_allocations();
    assert_non_null(shared);
    for (size_t i = 1; i <= n; i++) {
        promc_info *info;

        err.code = 0;
        refuse_from = refuse_to = i;
        count_allocations();
        info = new_info("y_info");
        counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_true(info != NULL || err.code == -ENOMEM);
        promc_registry_free(reg);
        reg = promc_registry_new(NULL);
        shared = new_info("x_info");
        refuse_from = i;
        count_allocations();
        if (promc_info_set(shared, L("b"), L("2"), NULL) != 0) {
            counted_allocations();
            assert_non_null(strstr(render(PROMC_FORMAT_TEXT),
                                   "\nx_info{arch=\"x\",version=\"1.2\"} 1\n"));
            assert_null(strstr(promc_page_data(page), "b=\"2\""));
        }
        counted_allocations();
        refuse_from = SIZE_MAX;
    }
}

/* The handle of what is not there any more: safe, and told so. */
static void unregistered(void **state)
{
    promc_info *info = new_info("x_info");

    (void)state;
    assert_int_equal(promc_unregister(reg, "x_info"), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(promc_info_set(info, L("b"), L("2"), &err), -ENOENT);
        assert_non_null(strstr(err.text, "unregistered"));
        assert_int_equal(promc_info_set(info, L("b"), L("2"), NULL), -ENOENT);
        assert_int_equal(promc_info_set(info, L("__b"), L("2"), &err), -ENOENT);
        render(PROMC_FORMAT_TEXT); /* its texts are freed */
    }
    assert_int_equal(dropped("removed"), 6);
}

/* To register the same again leaves nothing to wait for the next scrape. */
static void again_and_again(void **state)
{
    promc_info *info = new_info("x_info");
    const struct promc__table *waiting = reg->limbo.next.tables;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(new_info("x_info"), info);
    assert_ptr_equal(reg->limbo.next.tables, waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(formats),         TEST(other_labels),
        TEST(many_labels),     TEST(refused),
        TEST(names),           TEST(taken_names),
        TEST(unknown),         TEST(one_at_every_scrape),
        TEST(out_of_memory),   TEST(unregistered),
        TEST(again_and_again),
    };

    return cmocka_run_group_tests_name("info", tests, NULL, NULL);
}
