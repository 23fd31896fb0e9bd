/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_my_metrics.c - test what a program counts: the code under test, and a test that looks at
 * its metrics as a scrape would, with libpromc-test. Ends with status 0 when all is as it should.
 *
 *   cc test_my_metrics.c $(pkg-config --cflags --libs libpromc-test) && ./a.out
 */
#include <stdio.h>

#include <promc/promc.h>
#include <promc/testing.h>

/* --- the code under test: a queue that takes two jobs -------------------------------- */

static promc_counter_family *jobs;
static promc_gauge *waiting;
static promc_histogram *size;

static void queue_metrics(promc_registry *reg)
{
    static const double bounds[] = { 100, 1000 };

    jobs = promc_counter_family_new(reg, "queue_jobs_total", "Jobs offered.",
                                    PROMC_LABELS("outcome"), NULL);
    waiting = promc_gauge_new(reg, "queue_waiting", "Jobs that wait.", NULL);
    size = promc_histogram_new(reg, "queue_job_bytes", "Size of the jobs taken.", bounds,
                               2, NULL);
}

static int queue_put(size_t bytes)
{
    if (promc_gauge_value(waiting) >= 2) {
        promc_counter_family_inc(jobs, PROMC_LABELS("refused"));
        return -1;
    }
    promc_counter_family_inc(jobs, PROMC_LABELS("taken"));
    promc_gauge_inc(waiting);
    promc_histogram_observe(size, (double)bytes);
    return 0;
}

/* --- its test ------------------------------------------------------------------------ */

static int failures;

static void check(int ok, const char *what)
{
    if (!ok) {
        printf("failed: %s\n", what);
        failures++;
    }
}

static void on_finding(void *arg, const promc_lint_finding *f)
{
    (void)arg;
    printf("%s: %s [%s]\n", f->name, f->text, f->rule);
}

int main(void)
{
    /* A registry of its own: what other tests count is not seen here. */
    promc_registry *reg = promc_registry_new(NULL);
    char *diff = NULL;
    promc_error err;

    queue_metrics(reg);
    check(promc_test_value(reg, "queue_waiting", NULL) == 0, "the queue begins empty");

    queue_put(80);
    queue_put(2000);
    check(queue_put(1) != 0, "the third job is refused");

    /* One value... */
    check(promc_test_value(reg, "queue_jobs_total{outcome=\"refused\"}", &err) == 1,
          "the refusal is counted");
    /* ...a number of series... */
    check(promc_test_count(reg, "queue_jobs_total") == 2, "two outcomes");
    /* ...or families as a whole, in any order. */
    if (promc_test_compare(reg,
                           "# TYPE queue_job_bytes histogram\n"
                           "queue_job_bytes_bucket{le=\"100\"} 1\n"
                           "queue_job_bytes_bucket{le=\"1000\"} 1\n"
                           "queue_job_bytes_bucket{le=\"+Inf\"} 2\n"
                           "queue_job_bytes_sum 2080\n"
                           "queue_job_bytes_count 2\n"
                           "# TYPE queue_waiting gauge\n"
                           "queue_waiting 2\n",
                           1, &diff, &err) != 0) {
        printf("%s", diff != NULL ? diff : err.text);
        failures++;
    }
    promc_test_free(diff);

    /* Names as they should be. */
    check(promc_lint(reg, on_finding, NULL) == 0, "the names follow the conventions");

    promc_registry_free(reg);
    printf("%d failures\n", failures);
    return failures != 0;
}
