/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers for tests: one value, counts, and differences to a text. */
#include "config.h"
#include "core.h"

#include "promc/testing.h"

static void collect(promc_emitter *e, void *arg)
{
    promc_samples *f =
        promc_emit_family(e, PROMC_TYPE_GAUGE, "g", "Some \"help\".", L("b", "a"));

    (void)arg;
    promc_emit(f, L("1", "x\\y\n"), NAN);
    promc_emit(f, L("2", ""), -1.5);
}

static void fill(void)
{
    static const double bounds[] = { 0.5, 1 };
    promc_histogram *h = promc_histogram_new(reg, "h", "x", bounds, 2, NULL);

    promc_counter_add(promc_counter_new(reg, "c_total", "Counts.", NULL), 3);
    promc_histogram_observe(h, 0.75);
    promc_histogram_observe(h, 3);
    assert_int_equal(promc_collector_register(reg, collect, NULL, NULL), 0);
}

static void value(void **state)
{
    static const struct {
        const char *sample;
        double want;
        int code;
    } rows[] = {
        { "c_total", 3, 0 },
        { "c_total{}", 3, 0 },
        { "h_bucket{le=\"1\"}", 1, 0 },
        { "h_bucket{le=\"1.0\"}", 1, 0 },
        { "h_bucket{le=\"+Inf\"}", 2, 0 },
        { "h_sum", 3.75, 0 },
        { "g{b=\"2\",a=\"\"}", -1.5, 0 },
        { "g{a=\"\",b=\"2\"}", -1.5, 0 },
        { "g{a=\"x\\\\y\\n\",b=\"1\"}", NAN, 0 },
        { "g{b=\"2\"}", NAN, -ENOENT },
        { "g", NAN, -ENOENT },
        { "h", NAN, -ENOENT },
        { "C_total", NAN, -ENOENT },
        { "", NAN, -EINVAL },
        { "c_total 3", NAN, -EINVAL },
        { "c_total 3\nc_total", NAN, -EINVAL },
        { "# HELP c_total", NAN, -EINVAL },
        { "g{a=b}", NAN, -EINVAL },
        { NULL, NAN, -EINVAL },
    };

    (void)state;
    fill();
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_error err = { 0, "" };
        double v = promc_test_value(reg, rows[i].sample, &err);
        int same = v == rows[i].want || (isnan(v) && isnan(rows[i].want));
        if (!same || err.code != rows[i].code)
            fail_msg("%s: %f, %d %s", rows[i].sample, v, err.code, err.text);
        v = promc_test_value(reg, rows[i].sample, NULL);
        assert_true(v == rows[i].want || (isnan(v) && isnan(rows[i].want)));
    }
}

static void count(void **state)
{
    (void)state;
    assert_int_equal(promc_test_count(reg, NULL), 0);
    fill();
    assert_int_equal(promc_test_count(reg, NULL), 8);
    assert_int_equal(promc_test_count(reg, "h"), 5);
    assert_int_equal(promc_test_count(reg, "g"), 2);
    assert_int_equal(promc_test_count(reg, "h_sum"), 0);
    assert_int_equal(promc_test_count(reg, "x"), 0);
}

#define ALL                                                                              \
    "# HELP c_total Counts.\n# TYPE c_total counter\nc_total 3\n"                        \
    "# HELP g Some \"help\".\n# TYPE g gauge\ng{b=\"1\",a=\"x\\\\y\\n\"} NaN\n"          \
    "g{a=\"\",b=\"2\"} -1.5\n# TYPE h histogram\nh_bucket{le=\"0.5\"} 0\n"               \
    "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3.75\nh_count 2\n"

static void compare(void **state)
{
    static const struct {
        const char *expected;
        int only, rc;
        const char *diff;
    } rows[] = {
        { ALL, 0, 0, NULL },
        { ALL, 1, 0, NULL },
        /* any order, other ways to write a number, no metadata */
        { "h_count 2e0\nh_sum 3.750\nh_bucket{le=\"+Inf\"} 2\nh_bucket{le=\"1\"} 1\n"
          "h_bucket{le=\"0.5\"} 0\ng{b=\"2\",a=\"\"} -15e-1\n"
          "g{a=\"x\\\\y\\n\",b=\"1\"} nan\nc_total 3.0\n",
          0, 0, NULL },
        { "c_total 3\n", 1, 0, NULL },
        { "# TYPE c_total counter\nc_total 4\n", 1, 1, "-c_total 4\n+c_total 3\n" },
        { "# TYPE c_total gauge\nc_total 3\n", 1, 1,
          "-# TYPE c_total gauge\n+# TYPE c_total counter\n" },
        { "# HELP c_total Other.\n", 1, 1,
          "-# HELP c_total Other.\n+# HELP c_total Counts.\n+c_total 3\n" },
        { "c_total 3 5\n", 1, 1, "-c_total 3 5\n+c_total 3\n" },
        { "x{b=\"\\\"\",a=\"c\"} 1\n", 1, 1, "-x{a=\"c\",b=\"\\\"\"} 1\n" },
        { "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_bucket{le=\"1\"} 1\nh_sum "
          "3.75\n",
          1, 1, "+h_bucket{le=\"0.5\"} 0\n+h_count 2\n" },
        { "c_total 3\nc_total 3\n", 1, 1, "-c_total 3\n" },
        { "", 1, 0, NULL },
        { "c_total\n", 1, -EINVAL, NULL },
        { "c_total 3", 1, -EINVAL, NULL },
        { NULL, 1, -EINVAL, NULL },
    };

    (void)state;
    fill();
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *diff = (char *)1;
        promc_error err = { 0, "" };
        int rc = promc_test_compare(reg, rows[i].expected, rows[i].only, &diff, &err);
        if (rc != rows[i].rc || err.code != (rc < 0 ? rc : 0) || !diff != !rows[i].diff ||
            (diff && strcmp(diff, rows[i].diff) != 0))
            fail_msg("row %zu: %d %s\n%s", i, rc, err.text, diff ? diff : "");
        promc_test_free(diff);
        assert_int_equal(
            promc_test_compare(reg, rows[i].expected, rows[i].only, NULL, NULL), rc);
    }
    /* what is too much, when all is looked at */
    assert_int_equal(promc_test_compare(reg, "", 0, NULL, NULL), 1);
}

static void out_of_memory(void **state)
{
    promc_error err;
    char *diff;
    int rc;

    (void)state;
    fill();
    for (size_t n = 1;; n++) {
        refuse_from = refuse_to = n;
        count_allocations();
        rc = promc_test_compare(reg, ALL "x 1\n", 0, &diff, &err);
        counted_allocations();
        if (rc == 1 && allocations < n) {
            promc_test_free(diff);
            break;
        }
        /* a scrape does without some things */
        if (rc != 1)
            assert_true(rc == -ENOMEM && diff == NULL && err.code == -ENOMEM);
        promc_test_free(diff);
    }
    refuse_from = refuse_to = 1;
    count_allocations();
    assert_true(isnan(promc_test_value(reg, "c_total", &err)));
    counted_allocations();
    assert_int_equal(err.code, -ENOMEM);
    count_allocations();
    assert_int_equal(promc_test_count(reg, NULL), 0);
    counted_allocations();
    refuse_from = refuse_to = SIZE_MAX;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(value),
        TEST(count),
        TEST(compare),
        TEST(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
