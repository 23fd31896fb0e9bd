/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_first_use - programs whose first call of the library makes a family with labels, or an
 * info, in the default registry; or a registry whose first look-ups are in several processes.
 * Each is a process of its own, since any other call would prepare the lanes, and the number that
 * label values are hashed with.
 */
#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core.h"

static int counter(void)
{
    promc_counter_family *f = promc_counter_family_new(NULL, "c_total", "A counter.",
                                                       PROMC_LABELS("kind"), NULL);
    promc_counter *c = promc_counter_labels(f, PROMC_LABELS("a"));

    promc_counter_inc(c);
    return promc_counter_value(c) == 1;
}

static int summary(void)
{
    promc_summary_family *f = promc_summary_family_new(
        NULL, "s_seconds", "A summary.", PROMC_LABELS("kind"), NULL, 0, NULL);

    promc_summary_family_observe(f, PROMC_LABELS("a"), 2);
    return promc_summary_sum(promc_summary_labels(f, PROMC_LABELS("a"))) == 2;
}

static int info(void)
{
    return promc_info_new(NULL, "i_info", "An info.", PROMC_LABELS("kind"),
                          PROMC_LABELS("a"), NULL) != NULL;
}

/* Processes that share a registry find each other's series. */
static int processes(void)
{
    enum { N = 4 };
    promc_registry *shared = promc_registry_new_shared(NULL, NULL);
    promc_counter_family *f = promc_counter_family_new(shared, "c_total", "A counter.",
                                                       PROMC_LABELS("kind"), NULL);

    for (int i = 0; i < N; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            promc_counter_family_inc(f, PROMC_LABELS("a"));
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    return promc_counter_value(promc_counter_labels(f, PROMC_LABELS("a"))) == N;
}

static void comes_first(void **state)
{
    static int (*const calls[])(void) = { counter, summary, info, processes };

    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            alarm(60); /* a look-up without lanes waits for ever */
            _exit(calls[i]() ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
            fail_msg("call %zu: status %d", i, status);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(comes_first) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
