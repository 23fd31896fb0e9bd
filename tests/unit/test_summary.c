/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <time.h>

#include "core.h"

static const double usual[] = { .5, .9, .99 };

static promc_summary *new_summary(const char *name)
{
    promc_summary *s = promc_summary_new(reg, name, "Help.", usual, 3, NULL);

    assert_non_null(s);
    return s;
}

static void rules(void **state)
{
    static double many[101];
    static const struct {
        double quantiles[3];
        size_t n;
        double max_age;
        unsigned age_buckets;
        int ok;
    } rows[] = {
        { { 0, .5, 1 }, 3, 0, 0, 1 }, { { 0 }, 0, 0, 0, 1 },
        { { .5, .5 }, 2, 0, 0, 0 },   { { .9, .5 }, 2, 0, 0, 0 },
        { { -.1 }, 1, 0, 0, 0 },      { { 1.1 }, 1, 0, 0, 0 },
        { { NAN }, 1, 0, 0, 0 },      { { .5 }, 1, -1, 0, 0 },
        { { .5 }, 1, NAN, 0, 0 },     { { .5 }, 1, INFINITY, 0, 0 },
        { { .5 }, 1, 1e9, 60, 1 },    { { .5 }, 1, 1, 61, 0 },
        { { .5 }, 1, 1e-12, 1, 1 },
    };
    promc_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_opts opts = PROMC_OPTS_INIT;
        char name[20];
        promc_summary_family *f;

        snprintf(name, sizeof name, "s%zu", i);
        opts.max_age = rows[i].max_age;
        opts.age_buckets = rows[i].age_buckets;
        err.code = 0;
        f = promc_summary_family_new_with(reg, name, "Help.", PROMC_NO_LABELS,
                                          rows[i].quantiles, rows[i].n, &opts, &err);
        if ((f != NULL) != rows[i].ok)
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(err.code, rows[i].ok ? 0 : -EINVAL);
        assert_true(rows[i].ok || strstr(err.text, name) != NULL);
    }
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = (double)i / 100;
    assert_non_null(promc_summary_new(reg, "most", "Help.", many, 100, &err));
    assert_null(promc_summary_new(reg, "more", "Help.", many, 101, &err));
}

static void printed(void **state)
{
    promc_summary *s = new_summary("s");

    (void)state;
    assert_samples("s{quantile=\"0.5\"} NaN\ns{quantile=\"0.9\"} NaN\n"
                   "s{quantile=\"0.99\"} NaN\ns_sum 0\ns_count 0\n");
    for (int i = 1; i <= 10; i++)
        promc_summary_observe(s, i);
    promc_summary_observe_n(s, 100, 10);
    assert_samples("s{quantile=\"0.5\"} 10\ns{quantile=\"0.9\"} 100\n"
                   "s{quantile=\"0.99\"} 100\ns_sum 1055\ns_count 20\n");
    promc_summary_observe(s, -5000);
    /* OpenMetrics has no negative sums */
    assert_om_samples("s{quantile=\"0.5\"} 10\ns{quantile=\"0.9\"} 100\n"
                      "s{quantile=\"0.99\"} 100\ns_count 21\n");
    assert_true(promc_summary_quantile(s, 0) == -5000);
    assert_true(promc_summary_quantile(s, .25) == 5);
    assert_true(promc_summary_sum(s) == -3945);
    assert_int_equal(promc_summary_count(s), 21);
    assert_true(isnan(promc_summary_quantile(s, 1.5)));
    assert_true(isnan(promc_summary_quantile(s, NAN)));
}

static void odd_values(void **state)
{
    promc_summary *s = promc_summary_new(reg, "s", "Help.", NULL, 0, NULL);

    (void)state;
    promc_summary_observe(s, NAN);
    promc_summary_observe_n(s, 1, 0);
    assert_int_equal(dropped("not_finite"), 1);
    assert_int_equal(promc_summary_count(s), 0);
    promc_summary_observe_n(s, INFINITY, 3);
    promc_summary_observe(s, 1);
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "\ns_sum +Inf\ns_count 4\n"));
    assert_true(promc_summary_quantile(s, .5) == INFINITY);
    promc_summary_observe_timer(s, promc_timer_start());
    assert_int_equal(promc_summary_count(s), 5);
}

/* Targeted-quantile streams lose the tail when values come shuffled; counting does not.
 */
static void shuffled(void **state)
{
    enum { N = 100000 };
    promc_summary *s = new_summary("s");
    static double v[N];
    uint64_t r = 1;

    (void)state;
    for (int i = 0; i < N; i++)
        v[i] = i + 1;
    for (int i = N - 1; i > 0; i--) {
        int k;
        double swap = v[i];

        r = r * 6364136223846793005u + 1442695040888963407u;
        k = (int)((r >> 33) % (unsigned)(i + 1));
        v[i] = v[k];
        v[k] = swap;
    }
    for (int i = 0; i < N; i++)
        promc_summary_observe(s, v[i]);
    for (int percent = 1; percent <= 100; percent++) {
        double want = percent * (N / 100.0);

        if (!(fabs(promc_summary_quantile(s, percent / 100.0) - want) <= .005 * want))
            fail_msg("%d %%: %g", percent, promc_summary_quantile(s, percent / 100.0));
    }
    assert_true(fabs(promc_summary_quantile(s, .999) - 99900) <= 500);
    assert_int_equal(promc_summary_count(s), N);
    assert_true(promc_summary_sum(s) == N / 2.0 * (N + 1));
}

/* What is older than the window is in the totals only. Waits as long as it takes. */
static void expiry(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_summary_family *f;
    promc_summary *s;

    (void)state;
    opts.max_age = .05;
    opts.age_buckets = 2;
    f = promc_summary_family_new_with(reg, "s", "Help.", PROMC_NO_LABELS, usual, 3, &opts,
                                      NULL);
    s = promc_summary_labels(f, PROMC_NO_LABELS);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            promc_summary_observe(s, 7);
        while (!isnan(promc_summary_quantile(s, .5)))
            nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
        assert_int_equal(promc_summary_count(s), 100 * (round + 1));
    }
    assert_samples("s{quantile=\"0.5\"} NaN\ns{quantile=\"0.9\"} NaN\n"
                   "s{quantile=\"0.99\"} NaN\ns_sum 2100\ns_count 300\n");
}

static void starts_again(void **state)
{
    promc_summary_family *f =
        promc_summary_family_new(reg, "s", "Help.", L("l"), &(double){ .5 }, 1, NULL);
    promc_summary *s = promc_summary_labels(f, L("a"));

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            promc_summary_family_observe(f, L("a"), i);
        promc_summary_observe(s, INFINITY);
        assert_int_equal(promc_summary_remove(f, L("a")), 0);
        assert_null(strstr(render(PROMC_FORMAT_TEXT), "s_count"));
        promc_summary_observe(s, 1);
        assert_int_equal(dropped("removed"), round + 1);
        s = promc_summary_labels(f, L("a"));
        assert_non_null(strstr(render(PROMC_FORMAT_TEXT),
                               "\ns{l=\"a\",quantile=\"0.5\"} NaN\ns_sum{l=\"a\"} 0\n"
                               "s_count{l=\"a\"} 0\n"));
        promc_summary_observe(s, 3);
        assert_non_null(strstr(render(PROMC_FORMAT_TEXT),
                               "\ns{l=\"a\",quantile=\"0.5\"} 3\ns_sum{l=\"a\"} 3\n"
                               "s_count{l=\"a\"} 1\n"));
    }
    promc_summary_family_clear(f);
    assert_null(strstr(render(PROMC_FORMAT_TEXT), "s_count"));
}

enum { ROUNDS = TSAN ? 3000 : 25000, WRITERS = 4 };
static promc_summary *shared;
static _Atomic int writing;
static _Atomic int next_writer;

/* Each writer has the values of its own quarter. */
static void *observe(void *arg)
{
    int quarter = atomic_fetch_add(&next_writer, 1) % WRITERS;

    (void)arg;
    for (int i = 1; i <= ROUNDS; i++)
        promc_summary_observe(shared, quarter * ROUNDS + i);
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

static void threads(void **state)
{
    pthread_t thread[WRITERS];
    uint64_t before = 0;

    (void)state;
    shared = new_summary("s");
    writing = WRITERS;
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, observe, NULL), 0);
    while (atomic_load(&writing) != 0) {
        uint64_t count = promc_summary_count(shared);

        assert_true(count >= before && count <= ROUNDS * WRITERS);
        before = count;
        render(PROMC_FORMAT_TEXT);
    }
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(promc_summary_count(shared), ROUNDS * WRITERS);
    for (int percent = 10; percent <= 100; percent += 10) {
        double want = percent / 100.0 * ROUNDS * WRITERS;

        assert_true(fabs(promc_summary_quantile(shared, percent / 100.0) - want) <=
                    .005 * want);
    }
}

static void without_handle(void **state)
{
    (void)state;
    promc_summary_observe(NULL, 1);
    promc_summary_observe_n(NULL, 1, 2);
    promc_summary_observe_timer(NULL, promc_timer_start());
    promc_summary_family_observe(NULL, L("a"), 1);
    promc_summary_family_clear(NULL);
    assert_int_equal(promc_summary_count(NULL), 0);
    assert_true(promc_summary_sum(NULL) == 0);
    assert_true(isnan(promc_summary_quantile(NULL, .5)));
    assert_null(promc_summary_labels(NULL, L("a")));
    assert_null(promc_summary_labelset(NULL, L("a"), L("b")));
    assert_int_equal(promc_summary_remove(NULL, L("a")), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rules),  TEST(printed),      TEST(odd_values), TEST(shuffled),
        TEST(expiry), TEST(starts_again), TEST(threads),    TEST(without_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
