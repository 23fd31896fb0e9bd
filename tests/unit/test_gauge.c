/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <time.h>

#include "core.h"

static promc_gauge *gauge;

static int new_gauge(void **state)
{
    int rc = set_up(state);

    gauge = promc_gauge_new(reg, "g", "A gauge.", NULL);
    return rc != 0 || gauge == NULL;
}

#define GAUGE(f) cmocka_unit_test_setup_teardown(f, new_gauge, tear_down)

static void steps(void **state)
{
    static const struct {
        const char *ops; /* s set, a add, d sub, i inc, e dec, each with its number */
        double v[6];
        double want;
    } rows[] = {
        { "s", { 5 }, 5 },
        { "ie", { 0 }, 0 },
        { "aad", { .5, 2, 1 }, 1.5 },
        { "sas", { 1, 10, .3 }, .3 },
        { "aas", { .1, .2, .3 }, .3 }, /* exactly, whatever was added before */
        { "asas", { 1e16, 1, .1, .3 }, .3 },
        { "asa", { 3, 10, 5 }, 15 }, /* relative to the last set */
        { "saad", { 100, .5, .5, 1 }, 100 },
        { "si", { -INFINITY, 0 }, -INFINITY },
        { "aas", { INFINITY, 1, 2 }, 2 }, /* an infinity added is gone after a set */
        { "asa", { INFINITY, 2, 3 }, 5 },
        { "isas", { 0, NAN, 1, 4 }, 4 },
        { "asd", { -INFINITY, 0, 7 }, -7 },
        { "s", { -0.0 }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[20];
        promc_gauge *g;

        snprintf(name, sizeof name, "g%zu", i);
        g = promc_gauge_new(reg, name, "A gauge.", NULL);
        for (size_t k = 0; rows[i].ops[k] != '\0'; k++)
            switch (rows[i].ops[k]) {
            case 's':
                promc_gauge_set(g, rows[i].v[k]);
                break;
            case 'a':
                promc_gauge_add(g, rows[i].v[k]);
                break;
            case 'd':
                promc_gauge_sub(g, rows[i].v[k]);
                break;
            case 'i':
                promc_gauge_inc(g);
                break;
            default:
                promc_gauge_dec(g);
            }
        if (promc_gauge_value(g) != rows[i].want)
            fail_msg("row %zu: %g", i, promc_gauge_value(g));
    }
}

static void any_number(void **state)
{
    (void)state;
    assert_samples("g 0\n");
    promc_gauge_set(gauge, NAN);
    assert_samples("g NaN\n");
    promc_gauge_add(gauge, 1);
    assert_samples("g NaN\n");
    promc_gauge_set(gauge, INFINITY);
    assert_samples("g +Inf\n");
    promc_gauge_sub(gauge, INFINITY);
    assert_samples("g NaN\n");
    promc_gauge_set(gauge, -5e-324);
    assert_samples("g -5e-324\n");
    assert_om_samples("g -5e-324\n");
}

static void clock_and_timer(void **state)
{
    double before = (double)time(NULL);
    promc_timer t = promc_timer_start();
    struct timespec now;

    (void)state;
    promc_gauge_set_to_current_time(gauge);
    assert_true(promc_gauge_value(gauge) >= before);
    assert_true(promc_gauge_value(gauge) < before + 3600);
    clock_gettime(CLOCK_MONOTONIC, &now);
    t.start_ns -= 5000000000u; /* began 5 s before it did */
    promc_gauge_set_timer(gauge, t);
    assert_true(promc_gauge_value(gauge) >= 5 && promc_gauge_value(gauge) < 3600);
    assert_true(promc_timer_seconds(t) >= promc_gauge_value(gauge));
}

static void families(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(reg, "h", "Help.", L("l"), NULL);
    promc_gauge *a = promc_gauge_labels(f, L("a"));

    (void)state;
    promc_gauge_family_set(f, L("a"), 3);
    promc_gauge_family_add(f, L("a"), 1);
    promc_gauge_family_add(f, L("b"), -2);
    assert_samples("g 0\nh{l=\"a\"} 4\nh{l=\"b\"} -2\n");
    assert_int_equal(promc_gauge_remove(f, L("a")), 0);
    promc_gauge_add(a, 10);
    promc_gauge_set(a, 10);
    promc_gauge_inc(a);
    assert_true(promc_gauge_value(a) == 0);
    assert_true(promc_gauge_value(promc_gauge_labels(f, L("a"))) == 0);
    assert_samples("g 0\nh{l=\"a\"} 0\nh{l=\"b\"} -2\n"
                   "promc_dropped_updates_total{reason=\"removed\"} 3\n");
    promc_gauge_family_clear(f);
    assert_samples("g 0\npromc_dropped_updates_total{reason=\"removed\"} 3\n");
}

static void without_handle(void **state)
{
    (void)state;
    promc_gauge_set(NULL, 1);
    promc_gauge_add(NULL, 1);
    promc_gauge_sub(NULL, 1);
    promc_gauge_inc(NULL);
    promc_gauge_dec(NULL);
    promc_gauge_set_to_current_time(NULL);
    promc_gauge_set_timer(NULL, promc_timer_start());
    promc_gauge_family_set(NULL, L("a"), 1);
    promc_gauge_family_add(NULL, L("a"), 1);
    promc_gauge_family_clear(NULL);
    assert_true(promc_gauge_value(NULL) == 0);
    assert_null(promc_gauge_labels(NULL, L("a")));
    assert_null(promc_gauge_labelset(NULL, L("a"), L("b")));
    assert_int_equal(promc_gauge_remove(NULL, L("a")), -ENOENT);
}

static double half(void *arg)
{
    (void)arg;
    return .5;
}

static void asked_for(void **state)
{
    (void)state;
    assert_int_equal(promc_gauge_func_new(reg, "f", "Help.", half, NULL, NULL), 0);
    assert_samples("f 0.5\ng 0\n");
}

enum { ROUNDS = TSAN ? 20000 : 200000, THREADS = 4 };

static void *up_and_down(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        promc_gauge_inc(gauge);
        promc_gauge_add(gauge, .5);
        promc_gauge_dec(gauge);
    }
    return NULL;
}

static void adders(void **state)
{
    (void)state;
    promc_gauge_set(gauge, 1000);
    run_threads(THREADS, up_and_down, NULL);
    assert_true(promc_gauge_value(gauge) == 1000 + .5 * ROUNDS * THREADS);
}

static _Atomic int running;

/* Sets to whole thousands, adds and takes back 1: a reader sees nothing else, whichever
 * of the threads it meets in between. */
static void *set_and_add(void *arg)
{
    _Atomic int *id = arg;
    int mine = atomic_fetch_add(id, 1);

    for (int i = 0; i < ROUNDS; i++)
        if (mine % 2 == 0) {
            promc_gauge_set(gauge, 1000.0 * (1 + i % 3));
        } else {
            promc_gauge_inc(gauge);
            promc_gauge_dec(gauge);
        }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void setters_and_adders(void **state)
{
    pthread_t thread[THREADS];
    _Atomic int id = 0;

    (void)state;
    promc_gauge_set(gauge, 1000);
    running = THREADS;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, set_and_add, &id), 0);
    while (atomic_load(&running) != 0) {
        double v = promc_gauge_value(gauge);
        double off = fabs(v - 1000 * round(v / 1000));

        /* an adder that a set came in between is off by its one */
        assert_true(off <= THREADS && v > 900 && v < 3100);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    promc_gauge_set(gauge, .3);
    assert_true(promc_gauge_value(gauge) == .3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps),   GAUGE(any_number), GAUGE(clock_and_timer),    GAUGE(families),
        GAUGE(adders), GAUGE(asked_for),  GAUGE(setters_and_adders), TEST(without_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
