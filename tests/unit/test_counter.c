/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

static promc_counter *new_counter(void)
{
    promc_counter *c = promc_counter_new(reg, "c_total", "A counter.", NULL);

    assert_non_null(c);
    return c;
}

static void counts(void **state)
{
    static const struct {
        double add[4];
        const char *text;
    } rows[] = {
        { { 0 }, "0" },
        { { 1, 1, 1 }, "3" },
        { { .1, .2 }, "0.30000000000000004" },
        { { 1, .5 }, "1.5" },
        { { 9007199254740992, 1 }, "9007199254740993" },
        { { 9007199254740992, 1, .25 }, "9.007199254740992e+15" },
        { { 9223372036854775808.0, 9223372036854774784.0 }, "18446744073709550592" },
        /* more than 64 bits go on as a double */
        { { 18446744073709549568.0, 18446744073709549568.0 }, "3.68934881474191e+19" },
        { { 1e300, 1 }, "1e+300" },
        { { 1.7e308, 1.7e308 }, "+Inf" },
        { { 5e-324 }, "5e-324" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[20], want[80];
        promc_counter *c;

        snprintf(name, sizeof name, "c%zu_total", i);
        c = promc_counter_new(reg, name, "A counter.", NULL);
        for (size_t k = 0; k < COUNT(rows[i].add); k++)
            promc_counter_add(c, rows[i].add[k]);
        snprintf(want, sizeof want, "\n%s %s\n", name, rows[i].text);
        if (strstr(render(PROMC_FORMAT_TEXT), want) == NULL)
            fail_msg("no%sin\n%s", want, promc_page_data(page));
    }
}

static void whole_numbers(void **state)
{
    promc_counter *c = new_counter();

    (void)state;
    promc_counter_add_u64(c, UINT64_MAX - 1);
    promc_counter_inc(c);
    promc_counter_add_u64(c, 0);
    assert_samples("c_total 18446744073709551615\n");
    promc_counter_inc(c);
    assert_samples("c_total 1.8446744073709552e+19\n");
}

static void refused(void **state)
{
    static const double bad[] = { -1, -5e-324, NAN, INFINITY, -INFINITY };
    promc_counter *c = new_counter();

    (void)state;
    promc_counter_add(c, 2.5);
    for (size_t i = 0; i < COUNT(bad); i++)
        promc_counter_add(c, bad[i]);
    promc_counter_add(c, -0.0);
    assert_true(promc_counter_value(c) == 2.5);
    assert_int_equal(dropped("negative"), 2);
    assert_int_equal(dropped("not_finite"), 3);
}

static void without_handle(void **state)
{
    (void)state;
    promc_counter_inc(NULL);
    promc_counter_add(NULL, 1);
    promc_counter_add_u64(NULL, 1);
    promc_counter_family_inc(NULL, L("a"));
    promc_counter_family_add(NULL, L("a"), 2);
    promc_counter_family_clear(NULL);
    assert_true(promc_counter_value(NULL) == 0);
    assert_null(promc_counter_labels(NULL, L("a")));
    assert_null(promc_counter_labelset(NULL, L("a"), L("b")));
    assert_int_equal(promc_counter_remove(NULL, L("a")), -ENOENT);
    assert_samples("");
}

/* A removed series comes back as another one, which starts at 0. */
static void starts_again(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new(reg, "c_total", "Help.", L("l"), NULL);
    promc_counter *c = promc_counter_labels(f, L("a"));

    (void)state;
    promc_counter_add(c, 7.5);
    promc_counter_add(c, 1e19);
    assert_int_equal(promc_counter_remove(f, L("a")), 0);
    assert_samples("");
    promc_counter_inc(c); /* is safe, and counted as lost */
    promc_counter_add(c, .5);
    assert_true(promc_counter_value(c) == 0);
    assert_int_equal(dropped("removed"), 2);
    assert_true(promc_counter_value(promc_counter_labels(f, L("a"))) == 0);
    promc_counter_family_inc(f, L("a"));
    promc_counter_family_add(f, L("a"), .5);
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "\nc_total{l=\"a\"} 1.5\n"));
}

enum { ROUNDS = TSAN ? 20000 : 200000, WRITERS = 4 };
static promc_counter *shared;
static promc_counter_family *churning;

static void *write_counter(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        promc_counter_inc(shared);
        promc_counter_add(shared, .5);
    }
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    shared = new_counter();
    run_threads(WRITERS, write_counter, NULL);
    assert_true(promc_counter_value(shared) == 1.5 * ROUNDS * WRITERS);
}

static _Atomic int writing;

static void *churn(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        promc_counter *c = promc_counter_labels(churning, L("a"));

        promc_counter_add_u64(c, 1);
        if (i % 4 == 0)
            promc_counter_remove(churning, L("a"));
    }
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

/* A reader that a reset comes in between never sees more than was ever counted. */
static void reset_under_a_reader(void **state)
{
    pthread_t thread[2];
    promc_counter *c;

    (void)state;
    churning = promc_counter_family_new(reg, "c_total", "Help.", L("l"), NULL);
    c = promc_counter_labels(churning, L("a"));
    writing = 2;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, churn, NULL), 0);
    while (atomic_load(&writing) != 0)
        assert_true(promc_counter_value(c) <= 2.0 * ROUNDS);
    for (size_t i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
}

static double seven(void *arg)
{
    return *(double *)arg;
}

static void asked_for(void **state)
{
    double v = 7;
    promc_error err = { 0 };

    (void)state;
    assert_int_equal(promc_counter_func_new(reg, "f_total", "Help.", seven, &v, &err), 0);
    assert_int_equal(err.code, 0);
    assert_samples("f_total 7\n");
    v = -1; /* a counter cannot be negative, OpenMetrics says */
    assert_om_samples("");
    assert_int_equal(promc_page_error(page, &err), 1);
    assert_non_null(strstr(err.text, "f_total"));
    assert_samples("f_total -1\n");
    assert_int_equal(promc_counter_func_new(reg, "f_total", "Help.", seven, &v, &err), 0);
    assert_int_equal(promc_counter_func_new(reg, "f_total", "Help.", seven, NULL, &err),
                     -EEXIST);
    assert_int_equal(promc_counter_func_new(reg, "g_total", "Help.", NULL, &v, &err),
                     -EINVAL);
    assert_non_null(strstr(err.text, "g_total"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts),  TEST(whole_numbers),        TEST(refused),   TEST(starts_again),
        TEST(threads), TEST(reset_under_a_reader), TEST(asked_for), TEST(without_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
