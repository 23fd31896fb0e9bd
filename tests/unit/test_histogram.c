/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

static promc_histogram *small(void)
{
    static const double bounds[] = { 1, 2.5 };

    return promc_histogram_new(reg, "h", "Help.", bounds, 2, NULL);
}

static void bounds_rules(void **state)
{
    static double many[1001];
    static const struct {
        double bounds[3];
        size_t n;
        int ok;
    } rows[] = {
        { { 1, 2, 3 }, 3, 1 },       { { 0 }, 0, 1 },         { { -1, 0, 1 }, 3, 1 },
        { { 2, 1 }, 2, 0 },          { { 1, 1 }, 2, 0 },      { { NAN }, 1, 0 },
        { { 1, INFINITY }, 2, 0 },   { { -INFINITY }, 1, 0 }, { { 1, NAN, 2 }, 3, 0 },
        { { 5e-324, 1e308 }, 2, 1 }, { { -0.0, 0 }, 2, 0 },
    };
    promc_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[20];
        promc_histogram *h;

        snprintf(name, sizeof name, "h%zu", i);
        err.code = 0;
        h = promc_histogram_new(reg, name, "Help.", rows[i].bounds, rows[i].n, &err);
        if ((h != NULL) != rows[i].ok)
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(err.code, rows[i].ok ? 0 : -EINVAL);
        assert_true(rows[i].ok || (strstr(err.text, name) && strstr(err.text, "bound")));
    }
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = (double)i;
    assert_non_null(promc_histogram_new(reg, "most", "Help.", many, 1000, &err));
    assert_null(promc_histogram_new(reg, "more", "Help.", many, 1001, &err));
    assert_non_null(strstr(err.text, "more"));
}

static void default_bounds(void **state)
{
    (void)state;
    promc_histogram_observe(promc_histogram_new(reg, "h", "Help.", NULL, 0, NULL), .05);
    assert_om_samples("h_bucket{le=\"0.005\"} 0\nh_bucket{le=\"0.01\"} 0\n"
                      "h_bucket{le=\"0.025\"} 0\nh_bucket{le=\"0.05\"} 1\n"
                      "h_bucket{le=\"0.1\"} 1\nh_bucket{le=\"0.25\"} 1\n"
                      "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1.0\"} 1\n"
                      "h_bucket{le=\"2.5\"} 1\nh_bucket{le=\"5.0\"} 1\n"
                      "h_bucket{le=\"10.0\"} 1\nh_bucket{le=\"+Inf\"} 1\n"
                      "h_sum 0.05\nh_count 1\n");
}

static void edges(void **state)
{
    promc_histogram *h = small();

    (void)state;
    promc_histogram_observe(h, 1); /* a bound belongs to the bucket below it */
    promc_histogram_observe(h, nextafter(1, 2));
    promc_histogram_observe(h, 2.5);
    promc_histogram_observe(h, 2.75);
    promc_histogram_observe(h, -4);
    assert_samples("h_bucket{le=\"1\"} 2\nh_bucket{le=\"2.5\"} 4\n"
                   "h_bucket{le=\"+Inf\"} 5\nh_sum 3.25\nh_count 5\n");
    assert_int_equal(promc_histogram_count(h), 5);
    assert_true(promc_histogram_sum(h) == 3.25);
}

static void odd_values(void **state)
{
    promc_histogram *h = small();

    (void)state;
    promc_histogram_observe(h, NAN);
    promc_histogram_observe_n(h, NAN, 5);
    promc_histogram_observe_n(h, 1, 0);
    assert_int_equal(promc_histogram_count(h), 0);
    assert_int_equal(dropped("not_finite"), 2);
    promc_histogram_observe_n(h, .5, 3);
    promc_histogram_observe_n(h, 10, 1u << 31);
    promc_histogram_observe(h, -INFINITY);
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT),
                           "h_bucket{le=\"1\"} 4\nh_bucket{le=\"2.5\"} 4\n"
                           "h_bucket{le=\"+Inf\"} 2147483652\nh_sum -Inf\n"
                           "h_count 2147483652\n"));
    promc_histogram_observe(h, INFINITY);
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT),
                           "h_bucket{le=\"+Inf\"} 2147483653\nh_sum NaN\n"));
}

/* Up to 32 bounds are counted through, more are searched: both must agree with the
 * obvious. */
static void searching(void **state)
{
    double bounds[200];

    (void)state;
    for (size_t n = 0; n <= COUNT(bounds); n = n < 70 ? n + 1 : n + 65) {
        char name[20];
        promc_histogram *h;
        const char *p;

        for (size_t i = 0; i < n; i++)
            bounds[i] = (double)(2 * i);
        snprintf(name, sizeof name, "h%zu", n);
        h = promc_histogram_new(reg, name, "Help.", n != 0 ? bounds : (double[]){ 0 }, n,
                                NULL);
        for (size_t i = 0; i < n + 2; i++) /* each bound, and a value above each */
            for (double v = 2 * (double)i - 1; v <= 2 * (double)i; v++)
                promc_histogram_observe(h, v);
        p = render(PROMC_FORMAT_TEXT);
        for (size_t i = 0; i < n; i++) {
            char line[100];

            snprintf(line, sizeof line, "\n%s_bucket{le=\"%zu\"} %zu\n", name, 2 * i,
                     2 * (i + 1));
            assert_non_null(strstr(p, line));
        }
        assert_int_equal(promc_histogram_count(h), 2 * n + 4);
    }
}

static void starts_again(void **state)
{
    static const double bounds[] = { 1 };
    promc_histogram_family *f =
        promc_histogram_family_new(reg, "h", "Help.", L("l"), bounds, 1, NULL);
    promc_histogram *h = promc_histogram_labels(f, L("a"));

    (void)state;
    for (int i = 0; i < 3; i++) {
        promc_histogram_observe(h, .5);
        promc_histogram_family_observe(f, L("a"), 7);
        assert_int_equal(promc_histogram_count(h), 2);
        assert_int_equal(promc_histogram_remove(f, L("a")), 0);
        assert_null(strstr(render(PROMC_FORMAT_TEXT), "h_"));
        promc_histogram_observe(h, INFINITY);
        assert_int_equal(dropped("removed"), i + 1);
        assert_int_equal(promc_histogram_count(h), 0);
        h = promc_histogram_labels(f, L("a"));
        assert_non_null(strstr(render(PROMC_FORMAT_TEXT),
                               "\nh_bucket{l=\"a\",le=\"1\"} 0\n"
                               "h_bucket{l=\"a\",le=\"+Inf\"} 0\n"
                               "h_sum{l=\"a\"} 0\nh_count{l=\"a\"} 0\n"));
    }
    promc_histogram_observe(h, INFINITY);
    promc_histogram_family_clear(f);
    assert_true(promc_histogram_sum(promc_histogram_labels(f, L("a"))) == 0);
}

static void helpers(void **state)
{
    static const struct {
        int exponential;
        double start, step;
        size_t n;
        int rc;
        double first, last;
    } rows[] = {
        { 0, 1, 2, 3, 0, 1, 5 },
        { 0, -1, .5, 3, 0, -1, 0 },
        { 0, 1, 0, 2, -EINVAL, 0, 0 },
        { 0, 1, -1, 2, -EINVAL, 0, 0 },
        { 0, 1, -1, 1, 0, 1, 1 },
        { 0, 1e308, 1e308, 3, -EINVAL, 0, 0 },
        { 0, NAN, 1, 1, -EINVAL, 0, 0 },
        { 0, 1e16, .5, 2, -EINVAL, 0, 0 },
        { 1, 1, 2, 4, 0, 1, 8 },
        { 1, .5, 10, 3, 0, .5, 50 },
        { 1, 0, 2, 2, -EINVAL, 0, 0 },
        { 1, -1, 2, 2, -EINVAL, 0, 0 },
        { 1, 1, 1, 2, -EINVAL, 0, 0 },
        { 1, 1, NAN, 2, -EINVAL, 0, 0 },
        { 1, NAN, 2, 2, -EINVAL, 0, 0 },
        { 1, 1e308, 10, 2, -EINVAL, 0, 0 },
        /* doubles are too coarse here for the factor */
        { 1, 5e-324, 1.1, 2, -EINVAL, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        double out[4];
        int rc = (rows[i].exponential ? promc_buckets_exponential : promc_buckets_linear)(
            rows[i].start, rows[i].step, rows[i].n, out);

        if (rc != rows[i].rc ||
            (rc == 0 && (out[0] != rows[i].first || out[rows[i].n - 1] != rows[i].last)))
            fail_msg("row %zu: %d", i, rc);
    }
    assert_int_equal(promc_buckets_linear(1, 1, 0, NULL), 0);
    assert_int_equal(promc_buckets_exponential(1, 2, 0, NULL), 0);
}

/* OpenMetrics: no sum beside negative bounds, nor a negative one, and no count without
 * it. */
static void openmetrics_sum(void **state)
{
    static const double bounds[] = { -1 };
    promc_histogram *h = promc_histogram_new(reg, "n", "Help.", bounds, 1, NULL);

    (void)state;
    promc_histogram_observe(h, 3);
    assert_om_samples("n_bucket{le=\"-1.0\"} 0\nn_bucket{le=\"+Inf\"} 1\n");
    assert_samples(
        "n_bucket{le=\"-1\"} 0\nn_bucket{le=\"+Inf\"} 1\nn_sum 3\nn_count 1\n");
    promc_histogram_observe(
        promc_histogram_new(reg, "p", "Help.", &(double){ 1 }, 1, NULL), -2);
    assert_non_null(
        strstr(render(PROMC_FORMAT_OPENMETRICS), "p_bucket{le=\"+Inf\"} 1\n# EOF"));
}

static void without_handle(void **state)
{
    (void)state;
    promc_histogram_observe(NULL, 1);
    promc_histogram_observe_n(NULL, 1, 2);
    promc_histogram_observe_timer(NULL, promc_timer_start());
    promc_histogram_family_observe(NULL, L("a"), 1);
    promc_histogram_family_clear(NULL);
    assert_int_equal(promc_histogram_count(NULL), 0);
    assert_true(promc_histogram_sum(NULL) == 0);
    assert_null(promc_histogram_labels(NULL, L("a")));
    assert_null(promc_histogram_labelset(NULL, L("a"), L("b")));
    assert_int_equal(promc_histogram_remove(NULL, L("a")), -ENOENT);
}

static void timer(void **state)
{
    promc_histogram *h = small();

    (void)state;
    promc_histogram_observe_timer(h, promc_timer_start());
    assert_int_equal(promc_histogram_count(h), 1);
    assert_true(promc_histogram_sum(h) >= 0);
}

enum { ROUNDS = TSAN ? 5000 : 50000, WRITERS = 4 };
static promc_histogram *shared;
static promc_histogram_family *churning;
static _Atomic int writing;

static void *observe(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        promc_histogram_observe(shared, i % 4);
        if (churning != NULL && i % 8 == 0) {
            promc_histogram_remove(churning, L("a"));
            promc_histogram_family_observe(churning, L("a"), 1);
        }
    }
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

/* Readers of a series that others observe and, the second time, remove and bring back. */
static void threads(void **state)
{
    static const double bounds[] = { 0, 1, 2 };
    pthread_t thread[WRITERS];

    (void)state;
    for (int i = 0; i < 2; i++) {
        promc_histogram *h = NULL;

        shared = promc_histogram_new(reg, i == 0 ? "a" : "b", "Help.", bounds, 3, NULL);
        if (i == 1) {
            churning =
                promc_histogram_family_new(reg, "c", "Help.", L("l"), bounds, 3, NULL);
            h = promc_histogram_labels(churning, L("a"));
        }
        writing = WRITERS;
        for (size_t k = 0; k < WRITERS; k++)
            assert_int_equal(pthread_create(&thread[k], NULL, observe, NULL), 0);
        while (atomic_load(&writing) != 0) {
            assert_true(promc_histogram_count(h) <= ROUNDS * WRITERS);
            assert_true(promc_histogram_sum(h) <= ROUNDS * WRITERS);
        }
        for (size_t k = 0; k < WRITERS; k++)
            pthread_join(thread[k], NULL);
        assert_int_equal(promc_histogram_count(shared), ROUNDS * WRITERS);
        assert_true(promc_histogram_sum(shared) == 1.5 * ROUNDS * WRITERS);
    }
    churning = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bounds_rules), TEST(default_bounds),  TEST(edges),          TEST(odd_values),
        TEST(searching),    TEST(starts_again),    TEST(helpers),        TEST(timer),
        TEST(threads),      TEST(openmetrics_sum), TEST(without_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
