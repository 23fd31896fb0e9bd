/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "registry.h"

/* Removed series make room. */
static void series_limit(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_gauge_family *f;
    promc_gauge *a;

    (void)state;
    opts.max_series = 2;
    f = promc_gauge_family_new_with(reg, "m", "Help.", L("l"), &opts, NULL);
    a = promc_gauge_labels(f, L("a"));
    assert_non_null(a);
    promc_gauge_family_set(f, L("b"), 2);
    promc_gauge_family_set(f, L("c"), 3);
    promc_gauge_family_add(f, L("d"), 4);
    assert_null(promc_gauge_labels(f, L("e")));
    assert_ptr_equal(promc_gauge_labels(f, L("a")), a);
    assert_samples("m{l=\"a\"} 0\nm{l=\"b\"} 2\n"
                   "promc_dropped_updates_total{reason=\"series_limit\"} 3\n");
    assert_int_equal(promc_gauge_remove(f, L("b")), 0);
    assert_non_null(promc_gauge_labels(f, L("c")));
    assert_null(promc_gauge_labels(f, L("b")));
    assert_int_equal(dropped("series_limit"), 4);
}

static void default_limit(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(reg, "m", "Help.", L("l"), NULL);

    (void)state;
    for (int i = 0; i < 10005; i++) {
        char value[20];

        snprintf(value, sizeof value, "%d", i);
        assert_int_equal(promc_gauge_labels(f, L(value)) != NULL, i < 10000);
    }
    assert_int_equal(dropped("series_limit"), 5);
}

static void removal(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new(reg, "m_total", "Help.", L("l"), NULL);
    promc_counter *a = promc_counter_labels(f, L("a"));

    (void)state;
    promc_counter_inc(a);
    promc_counter_family_inc(f, L("b"));
    assert_int_equal(promc_counter_remove(f, L("x")), -ENOENT);
    assert_int_equal(promc_counter_remove(f, L("a")), 0);
    assert_int_equal(promc_counter_remove(f, L("a")), -ENOENT);
    assert_samples("m_total{l=\"b\"} 1\n");
    promc_counter_family_clear(f);
    promc_counter_family_clear(f);
    assert_string_equal(render(PROMC_FORMAT_TEXT), ""); /* no metadata without series */
    assert_string_equal(render(PROMC_FORMAT_OPENMETRICS), "# EOF\n");
    promc_counter_family_inc(f, L("c"));
    promc_counter_inc(a); /* of the one that is gone */
    a = promc_counter_labels(f, L("a"));
    assert_samples("m_total{l=\"a\"} 0\nm_total{l=\"c\"} 1\n"
                   "promc_dropped_updates_total{reason=\"removed\"} 1\n");
    promc_counter_inc(a);
    assert_samples("m_total{l=\"a\"} 1\nm_total{l=\"c\"} 1\n"
                   "promc_dropped_updates_total{reason=\"removed\"} 1\n");
}

/* A family without labels is one series, which can go and come back too. */
static void unlabelled(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new(reg, "m", "Help.", PROMC_NO_LABELS, NULL);
    promc_gauge *g = promc_gauge_labels(f, PROMC_NO_LABELS);

    (void)state;
    assert_samples("m 0\n");
    promc_gauge_set(g, 2);
    assert_int_equal(promc_gauge_remove(f, PROMC_NO_LABELS), 0);
    assert_samples("");
    g = promc_gauge_labels(f, PROMC_NO_LABELS);
    assert_samples("m 0\n");
    promc_gauge_set(g, 3);
    assert_samples("m 3\n");
}

static void const_labels(void **state)
{
    static const char *const pairs[] = { "z", "1", "b", "2\n\xff" };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    (void)state;
    opts.const_labels = pairs;
    opts.n_const_labels = 2;
    f = promc_counter_family_new_with(reg, "m", "Help.", L("c", "a"), &opts, NULL);
    promc_counter_family_inc(f, L("C", "A"));
    assert_samples("m{a=\"A\",b=\"2\\n\xef\xbf\xbd\",c=\"C\",z=\"1\"} 1\n");
    assert_non_null(promc_summary_family_new_with(reg, "n", "Help.", PROMC_NO_LABELS,
                                                  NULL, 0, &opts, NULL));
    opts.open_labels = 1;
    f = promc_counter_family_new_with(reg, "o", "Help.", PROMC_NO_LABELS, &opts, NULL);
    promc_counter_inc(promc_counter_labelset(f, L("y"), L("Y")));
    assert_null(promc_counter_labelset(f, L("b"), L("B"))); /* is taken */
    assert_samples("m{a=\"A\",b=\"2\\n\xef\xbf\xbd\",c=\"C\",z=\"1\"} 1\n"
                   "n_sum{b=\"2\\n\xef\xbf\xbd\",z=\"1\"} 0\n"
                   "n_count{b=\"2\\n\xef\xbf\xbd\",z=\"1\"} 0\n"
                   "o{b=\"2\\n\xef\xbf\xbd\",y=\"Y\",z=\"1\"} 1\n"
                   "promc_dropped_updates_total{reason=\"label_name\"} 1\n");
}

static void bad_opts(void **state)
{
    static const struct {
        const char *pairs[4];
        size_t n;
        int open;
        const char *rule;
    } rows[] = {
        { { "a", "1" }, 1, 0, "twice" }, /* the family's own */
        { { "b", "1", "b", "2" }, 2, 0, "twice" }, { { "", "1" }, 1, 0, "empty" },
        { { "b", NULL }, 1, 0, "no value" },       { { NULL, "1" }, 1, 0, "(null)" },
        { { "le", "1" }, 1, 0, "reserved" },       { { NULL }, 0, 1, "open labels" },
    };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_error err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        opts.const_labels = rows[i].pairs;
        opts.n_const_labels = rows[i].n;
        opts.open_labels = rows[i].open;
        assert_null(promc_histogram_family_new_with(reg, "m", "Help.", L("a"), NULL, 0,
                                                    &opts, &err));
        assert_int_equal(err.code, -EINVAL);
        if (strstr(err.text, "m: ") == NULL || strstr(err.text, rows[i].rule) == NULL)
            fail_msg("row %zu: %s", i, err.text);
    }
    opts = (promc_opts)PROMC_OPTS_INIT;
    opts.n_const_labels = 1;
    assert_null(promc_counter_family_new_with(reg, "m", "Help.", L("a"), &opts, &err));
    assert_non_null(strstr(err.text, "const_labels"));
}

static void units(void **state)
{
    static const struct {
        const char *name, *unit;
    } bad[] = { { "m", "bytes" },      { "bytes", "bytes" },
                { "m_bytes", "byte" }, { "m_bytes_total", "bytes" },
                { "m_", "" },          { "m_a b", "a b" } };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_error err;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        opts.unit = bad[i].unit;
        assert_null(promc_gauge_family_new_with(reg, bad[i].name, "Help.",
                                                PROMC_NO_LABELS, &opts, &err));
        assert_int_equal(err.code, -EINVAL);
        assert_non_null(strstr(err.text, "unit"));
    }
    opts.unit = "bytes";
    assert_non_null(promc_gauge_family_new_with(reg, "m_bytes", "Help.", PROMC_NO_LABELS,
                                                &opts, NULL));
    assert_non_null(promc_counter_family_new_with(reg, "n_bytes_total", "Help.",
                                                  PROMC_NO_LABELS, &opts, NULL));
    assert_non_null(promc_gauge_family_new_with(reg, "m_bytes", "Help.", PROMC_NO_LABELS,
                                                &opts, NULL));
    assert_null(promc_gauge_new(reg, "m_bytes", "Help.", &err));
    assert_int_equal(err.code, -EEXIST);
    assert_non_null(strstr(err.text, "another unit"));
    assert_string_equal(
        render(PROMC_FORMAT_OPENMETRICS),
        "# TYPE m_bytes gauge\n# UNIT m_bytes bytes\n# HELP m_bytes Help.\n"
        "m_bytes 0\n# TYPE n_bytes counter\n# UNIT n_bytes bytes\n"
        "# HELP n_bytes Help.\nn_bytes_total 0\n# EOF\n");
}

/* A caller built against an older header has a shorter struct: what lies behind it is not
 * looked at. */
static void older_opts(void **state)
{
    promc_opts opts;
    promc_gauge_family *f;

    (void)state;
    memset(&opts, 0xA5, sizeof opts);
    opts.size = offsetof(promc_opts, const_labels);
    opts.max_series = 1;
    f = promc_gauge_family_new_with(reg, "m", "Help.", L("l"), &opts, NULL);
    assert_non_null(f);
    promc_gauge_family_set(f, L("a"), 1);
    promc_gauge_family_set(f, L("b"), 1);
    assert_int_equal(dropped("series_limit"), 1);
    opts.size = sizeof opts.size;
    assert_non_null(
        promc_summary_family_new_with(reg, "s", "Help.", L("l"), NULL, 0, &opts, NULL));
    /* a newer one is longer */
    struct {
        promc_opts opts;
        char more[64];
    } newer = { .opts = PROMC_OPTS_INIT };
    newer.opts.size = sizeof newer;
    assert_non_null(
        promc_counter_family_new_with(reg, "c", "Help.", L("l"), &newer.opts, NULL));
}

static void drop_names(void **state)
{
    (void)state;
    for (int i = 0; i < PROMC__DROPS; i++) {
        promc__drop(reg, (enum promc__drop)i);
        assert_int_equal(dropped(promc__drop_name((enum promc__drop)i)), 1);
    }
}

enum { SERIES = 2000, THREADS = 4 };
static promc_counter_family *shared;

static void *make_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < SERIES; i++) {
        char value[20];

        snprintf(value, sizeof value, "%d", i);
        promc_counter_family_inc(shared, L(value));
    }
    return NULL;
}

/* Threads that make the same series at once get the same series. */
static void threads(void **state)
{
    (void)state;
    shared = promc_counter_family_new(reg, "m", "Help.", L("l"), NULL);
    run_threads(THREADS, make_all, NULL);
    for (int i = 0; i < SERIES; i++) {
        char value[20];

        snprintf(value, sizeof value, "%d", i);
        assert_true(promc_counter_value(promc_counter_labels(shared, L(value))) ==
                    THREADS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(series_limit), TEST(default_limit), TEST(removal), TEST(unlabelled),
        TEST(const_labels), TEST(bad_opts),      TEST(units),   TEST(older_opts),
        TEST(drop_names),   TEST(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
