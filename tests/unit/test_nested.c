/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_nested.c - updates of a signal handler that interrupts an update of the same metric: both
 * count, and neither waits for the other.
 */
#include "config.h"

#include <signal.h>
#include <sys/time.h>

#include "core.h"

enum { SIGNALS = 1000 };

static promc_counter *counter;
static promc_gauge *gauge;
static promc_histogram *histogram;
static promc_summary *summary;
static _Atomic unsigned handled;

/* What the handler does, and what it interrupts. */
static void (*update)(void);

static void handle(int sig)
{
    (void)sig;
    update();
    handled++;
}

/* Returns how many updates there were. */
static uint64_t run(void (*fn)(void))
{
    static const struct itimerval never, often = { { 0, 50 }, { 0, 50 } };
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
    uint64_t n = 0;

    update = fn;
    handled = 0;
    update();
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (; handled < SIGNALS; n++)
        update();
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    return n + 1 + handled;
}

static void make(void)
{
    counter = promc_counter_new(reg, "c_total", "Help.", NULL);
    gauge = promc_gauge_new(reg, "g", "Help.", NULL);
    histogram = promc_histogram_new(reg, "h", "Help.", NULL, 0, NULL);
    summary = promc_summary_new(reg, "s", "Help.", NULL, 0, NULL);
    assert_true(counter && gauge && histogram && summary);
}

static void count(void)
{
    promc_counter_inc(counter);
}

static void add(void)
{
    promc_gauge_inc(gauge);
}

static void observe(void)
{
    promc_histogram_observe(histogram, 1);
}

static void observe_summary(void)
{
    promc_summary_observe(summary, 1);
}

static void all_count(void)
{
    uint64_t n;

    make();
    n = run(count);
    assert_int_equal(promc_counter_value(counter), n);
    n = run(add);
    assert_int_equal(promc_gauge_value(gauge), n);
    n = run(observe);
    assert_int_equal(promc_histogram_count(histogram), n);
    assert_float_equal(promc_histogram_sum(histogram), (double)n, 0);
    n = run(observe_summary);
    assert_int_equal(promc_summary_count(summary), n);
    assert_float_equal(promc_summary_sum(summary), (double)n, 0);
}

static void counts(void **state)
{
    (void)state;
    all_count();
}

static void counts_shared(void **state)
{
    (void)state;
    promc_registry_free(reg);
    reg = promc_registry_new_shared(NULL, NULL);
    assert_non_null(reg);
    all_count();
}

/* Infinity is added by setting. */
static void set_and_add(void)
{
    promc_gauge_set(gauge, 1);
    promc_gauge_add(gauge, INFINITY);
    promc_gauge_set(gauge, 2);
}

static void waits_for_nobody(void **state)
{
    (void)state;
    make();
    promc_gauge_inc(gauge);
    run(set_and_add);
    promc_gauge_set(gauge, 3);
    promc_gauge_inc(gauge);
    assert_float_equal(promc_gauge_value(gauge), 4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(counts), TEST(counts_shared),
                                        TEST(waits_for_nobody) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
