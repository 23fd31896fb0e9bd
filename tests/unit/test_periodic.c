/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "periodic.h"

static _Atomic unsigned calls;
static _Atomic int hold; /* a call does not return while it is set */

static void task(void *arg)
{
    assert_ptr_equal(arg, &calls);
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    while (atomic_load_explicit(&hold, memory_order_relaxed))
        sched_yield();
}

static unsigned made(void)
{
    return atomic_load_explicit(&calls, memory_order_relaxed);
}

static void wait_for_calls(unsigned n)
{
    const struct timespec ms = { 0, 1000000 };

    while (made() < n) /* for ever: then the test is stopped from outside */
        nanosleep(&ms, NULL);
}

static void intervals(void **state)
{
    static const double bad[] = { 0, -1, 0.0009, 1.1e9, NAN, INFINITY };
    promc_error err;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_null(promc__periodic_start("textfile", task, &calls, bad[i], 1, &err));
        assert_int_equal(err.code, -EINVAL);
        assert_string_equal(err.text, "textfile: the interval is not between 0.001 and "
                                      "1e9 seconds");
    }
    assert_int_equal(made(), 0);
    assert_int_equal(promc__periodic_stop(NULL), 0);
}

static void again_and_again(void **state)
{
    struct promc__periodic *p;
    unsigned n;

    (void)state;
    p = promc__periodic_start("x", task, &calls, 0.001, 0, NULL);
    assert_non_null(p);
    wait_for_calls(5);
    assert_int_equal(promc__periodic_stop(p), 1);
    n = made();
    sched_yield();
    assert_int_equal(made(), n);
}

/* An interval of 30 years: once with the call at the beginning, once without. */
static void the_first_call(void **state)
{
    struct promc__periodic *p;

    (void)state;
    p = promc__periodic_start("x", task, &calls, 1e9, 1, NULL);
    assert_non_null(p);
    wait_for_calls(1);
    assert_int_equal(promc__periodic_stop(p), 1);
    p = promc__periodic_start("x", task, &calls, 1e9, 0, NULL);
    assert_non_null(p);
    assert_int_equal(promc__periodic_stop(p), 1);
    assert_int_equal(made(), 1);
}

static void *let_go(void *arg)
{
    const struct timespec some = { 0, 20000000 };

    (void)arg;
    nanosleep(&some, NULL);
    atomic_store_explicit(&hold, 0, memory_order_relaxed);
    return NULL;
}

/* stop() waits for the call, and the calls missed meanwhile are not made up for. */
static void stop_waits(void **state)
{
    struct promc__periodic *p;
    pthread_t other;

    (void)state;
    atomic_store_explicit(&hold, 1, memory_order_relaxed);
    p = promc__periodic_start("x", task, &calls, 0.001, 1, NULL);
    assert_non_null(p);
    wait_for_calls(1);
    assert_int_equal(pthread_create(&other, NULL, let_go, NULL), 0);
    assert_int_equal(promc__periodic_stop(p), 1);
    assert_int_equal(atomic_load_explicit(&hold, memory_order_relaxed), 0);
    assert_int_equal(made(), 1);
    pthread_join(other, NULL);
}

/* A signal for the process that this thread has blocked: were it not blocked in the other one
 * too, it would end the process. */
static void signals_are_for_others(void **state)
{
    struct promc__periodic *p;
    sigset_t set, before;
    int got;

    (void)state;
    p = promc__periodic_start("x", task, &calls, 0.001, 1, NULL);
    assert_non_null(p);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
    assert_int_equal(sigismember(&before, SIGTERM), 0); /* starting it changed nothing */
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    wait_for_calls(made() + 2);
    assert_int_equal(sigwait(&set, &got), 0);
    assert_int_equal(got, SIGTERM);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(promc__periodic_stop(p), 1);
}

static void in_a_child(void **state)
{
    struct promc__periodic *p;
    int status;
    pid_t child;

    (void)state;
    p = promc__periodic_start("x", task, &calls, 0.001, 1, NULL);
    assert_non_null(p);
    wait_for_calls(1);
    child = fork();
    if (child == 0)
        _exit(promc__periodic_stop(p) == 0 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(promc__periodic_stop(p), 1);
}

static void no_memory(void **state)
{
    promc_error err;

    (void)state;
    refuse_from = 1;
    count_allocations();
    assert_null(promc__periodic_start("x", task, &calls, 1, 1, &err));
    counted_allocations();
    refuse_from = SIZE_MAX;
    assert_int_equal(err.code, -ENOMEM);
}

static int zero(void **state)
{
    (void)state;
    calls = 0;
    return 0;
}

#define PERIODIC(f) cmocka_unit_test_setup_teardown(f, zero, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PERIODIC(intervals),  PERIODIC(again_and_again), PERIODIC(the_first_call),
        PERIODIC(stop_waits), PERIODIC(in_a_child),      PERIODIC(signals_are_for_others),
        PERIODIC(no_memory),
    };

    (void)reg;
    (void)page;
    return cmocka_run_group_tests_name("periodic", tests, NULL, NULL);
}
