/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stress_lanes.c - threads write, threads come and go, the process forks, and every
 * scrape in between must make sense:
 *
 *   - counters and counts never step back
 *   - the buckets of a histogram add up to its count, in order
 *   - sum belongs to count: every observation is 0.25, so sum is exactly 0.25 * count
 *   - a child after fork() can write and scrape, and so can its parent
 *   - at the end every single update of every thread, dead or alive, is there
 *
 * All of it twice: with the threads where the scheduler puts them, and with the scrapes
 * on one processor and the writers on another, where a writer that is set aside in the
 * middle of an update stays so for long while the scrape has nothing to do but wait.
 *
 * The amount of work is counted, not timed, so a slow machine only takes longer.
 */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <promc/promc.h>

#include "stress.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif

/* ThreadSanitizer does not follow a fork of a process with threads. */
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { FORKS = 0, PASSERS_BY = 300, SCRAPES = 100, SCRAPES_PER_FORK = 1 };
#else
enum { FORKS = 20, PASSERS_BY = 3000, SCRAPES = 500, SCRAPES_PER_FORK = SCRAPES / FORKS };
#endif
enum { WRITERS = 4, AT_ONCE = 8, UPDATES_OF_A_PASSER_BY = 20, UPDATES_OF_A_CHILD = 1000 };

#define OBSERVED 0.25

static promc_registry *registry;
static promc_counter *counter, *fractions;
static promc_counter_family *labelled;
static promc_gauge *gauge;
static promc_histogram *histogram;
static promc_summary *summary;

static atomic_bool ending;
static cpu_set_t processors; /* that this process may use */
static bool apart;           /* scrapes and writers on different processors */

static void make_metrics(void)
{
    static const double bounds[] = { 0.1, 0.25, 1 }, quantiles[] = { 0.5, 0.99 };
    promc_error err = { 0, "" };

    registry = promc_registry_new(&err);
    counter = promc_counter_new(registry, "stress_total", "Updates.", &err);
    fractions =
        promc_counter_new(registry, "stress_halves_total", "Updates, halved.", &err);
    labelled = promc_counter_family_new(registry, "stress_labelled_total", "By label.",
                                        PROMC_LABELS("k"), &err);
    gauge = promc_gauge_new(registry, "stress_depth", "Up and down.", &err);
    histogram =
        promc_histogram_new(registry, "stress_hist", "Observed.", bounds, 3, &err);
    summary =
        promc_summary_new(registry, "stress_summary", "Observed.", quantiles, 2, &err);
    CHECK(counter && fractions && labelled && gauge && histogram && summary, "%s",
          err.text);
}

/* Keep the calling thread on the i-th processor that this process may use. */
static void pin(int i)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &processors) && i-- == 0)
            CPU_SET(cpu, &one);
    if (apart && CPU_COUNT(&one) == 1)
        sched_setaffinity(0, sizeof(one), &one);
}

/* One of everything. */
static void update(uint64_t i)
{
    static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g" };

    promc_gauge_inc(gauge);
    promc_counter_inc(counter);
    promc_counter_add(fractions, 0.5);
    promc_counter_family_inc(labelled, PROMC_LABELS(keys[i % 7]));
    promc_histogram_observe(histogram, OBSERVED);
    promc_summary_observe(summary, OBSERVED);
    promc_gauge_dec(gauge);
}

/* What one scrape said. */
struct scrape {
    double counter, fractions, labelled, gauge;
    double bucket[4], hist_sum, hist_count;
    double sum_sum, sum_count, quantile[2];
    int buckets, quantiles;
};

static int on_sample(void *arg, const char *name, promc_labels names, promc_labels values,
                     double v, const int64_t *timestamp)
{
    struct scrape *s = arg;

    (void)names, (void)timestamp;
    if (strcmp(name, "stress_total") == 0) {
        s->counter = v;
    } else if (strcmp(name, "stress_halves_total") == 0) {
        s->fractions = v;
    } else if (strcmp(name, "stress_labelled_total") == 0) {
        s->labelled += v;
    } else if (strcmp(name, "stress_depth") == 0) {
        s->gauge = v;
    } else if (strcmp(name, "stress_hist_bucket") == 0 && s->buckets < 4) {
        s->bucket[s->buckets++] = v;
    } else if (strcmp(name, "stress_hist_sum") == 0) {
        s->hist_sum = v;
    } else if (strcmp(name, "stress_hist_count") == 0) {
        s->hist_count = v;
    } else if (strcmp(name, "stress_summary") == 0 && s->quantiles < 2) {
        s->quantile[s->quantiles++] = v;
    } else if (strcmp(name, "stress_summary_sum") == 0) {
        s->sum_sum = v;
    } else if (strcmp(name, "stress_summary_count") == 0) {
        s->sum_count = v;
    } else {
        CHECK(0, "unexpected sample %s %s", name, values.n ? values.v[0] : "");
    }
    return 0;
}

/* Render and read one scrape. slack: observations that may be half done, namely those of
 * threads which a fork() cut off in this process. */
static void scrape(promc_page *page, struct scrape *s, double slack)
{
    static const promc_text_handler handler = { NULL, NULL, on_sample };
    promc_error err = { 0, "" };
    size_t line = 0;

    memset(s, 0, sizeof(*s));
    CHECK(promc_render(registry, PROMC_FORMAT_TEXT, page, &err) == 0, "%s", err.text);
    CHECK(promc_page_error(page, &err) == 0, "%s", err.text);
    CHECK(promc_text_parse(promc_page_data(page), promc_page_size(page), &handler, s,
                           &line, &err) == 0,
          "line %zu: %s", line, err.text);

    CHECK(s->buckets == 4 && s->quantiles == 2, "series are missing");
    CHECK(s->bucket[0] == 0, "%g observations below 0.1", s->bucket[0]);
    CHECK(s->bucket[1] == s->hist_count && s->bucket[2] == s->hist_count &&
              s->bucket[3] == s->hist_count,
          "buckets %.0f %.0f %.0f, count %.0f", s->bucket[1], s->bucket[2], s->bucket[3],
          s->hist_count);
    CHECK(fabs(s->hist_sum - OBSERVED * s->hist_count) <= OBSERVED * slack,
          "histogram sum %.2f, count %.0f", s->hist_sum, s->hist_count);
    CHECK(fabs(s->sum_sum - OBSERVED * s->sum_count) <= OBSERVED * slack,
          "summary sum %.2f, count %.0f", s->sum_sum, s->sum_count);
    for (int i = 0; i < 2; i++)
        CHECK(s->sum_count == 0 || isnan(s->quantile[i]) ||
                  fabs(s->quantile[i] - OBSERVED) <= 0.005 * OBSERVED,
              "quantile %g", s->quantile[i]);
}

static void check_no_step_back(const struct scrape *now, const struct scrape *before)
{
#define MONOTONE(field)                                                                  \
    CHECK(now->field >= before->field, #field " went from %.1f to %.1f", before->field,  \
          now->field)
    MONOTONE(counter);
    MONOTONE(fractions);
    MONOTONE(labelled);
    MONOTONE(hist_count);
    MONOTONE(sum_count);
#undef MONOTONE
}

static void *writer(void *arg)
{
    uint64_t *done = arg;

    pin(1);
    /* relaxed, pairs with the store in main: nothing but the flag itself is passed on */
    while (!atomic_load_explicit(&ending, memory_order_relaxed))
        update((*done)++);
    return NULL;
}

static void *passer_by(void *arg)
{
    (void)arg;
    for (uint64_t i = 0; i < UPDATES_OF_A_PASSER_BY; i++)
        update(i);
    return NULL;
}

/* Threads that come, write a little and go. */
static void *crowd(void *arg)
{
    uint64_t *started = arg;

    pin(1);
    while (*started < PASSERS_BY) {
        pthread_t t[AT_ONCE];
        int n = 0;

        while (n < AT_ONCE && pthread_create(&t[n], NULL, passer_by, NULL) == 0)
            n++;
        for (int i = 0; i < n; i++)
            pthread_join(t[i], NULL);
        *started += (uint64_t)n;
    }
    return NULL;
}

/* In the child of a fork in mid-flight: it has this thread only, all the numbers, and
 * must be able to go on. Hanging on what a lost thread left half done is the fear;
 * alarm() ends it. */
static int child(const struct scrape *before)
{
    promc_page *page = promc_page_new(NULL);
    struct scrape first, last;

    alarm(60);
    failures = 0;
    scrape(page, &first, WRITERS + AT_ONCE);
    check_no_step_back(&first, before);
    for (uint64_t i = 0; i < UPDATES_OF_A_CHILD; i++)
        update(i);
    scrape(page, &last, WRITERS + AT_ONCE);
    CHECK(last.counter - first.counter == UPDATES_OF_A_CHILD, "the child's updates: %.0f",
          last.counter - first.counter);
    CHECK(last.hist_count - first.hist_count == UPDATES_OF_A_CHILD, "observations: %.0f",
          last.hist_count - first.hist_count);
    CHECK(last.sum_count - first.sum_count == UPDATES_OF_A_CHILD, "in the summary: %.0f",
          last.sum_count - first.sum_count);
    CHECK(last.hist_sum - first.hist_sum == OBSERVED * UPDATES_OF_A_CHILD, "sum: %.2f",
          last.hist_sum - first.hist_sum);
    return failures ? 1 : 0;
}

static void fork_once(const struct scrape *before)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(child(before));
    CHECK(pid > 0, "fork failed");
    if (pid > 0)
        waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "the child ended with status %#x", (unsigned)status);
}

static void run(void)
{
    pthread_t writers[WRITERS], crowd_thread;
    uint64_t done[WRITERS] = { 0 }, passers_by = 0, total = 0;
    promc_page *page = promc_page_new(NULL);
    struct scrape now, before = { 0 };

    pin(0);
    atomic_store_explicit(&ending, false, memory_order_relaxed); /* no thread yet */
    make_metrics();
    for (int i = 0; i < WRITERS; i++)
        CHECK(pthread_create(&writers[i], NULL, writer, &done[i]) == 0, "no thread");
    CHECK(pthread_create(&crowd_thread, NULL, crowd, &passers_by) == 0, "no thread");

    for (int i = 0; i < SCRAPES && failures < 20; i++) {
        scrape(page, &now, 0);
        check_no_step_back(&now, &before);
        before = now;
        if (FORKS > 0 && i % SCRAPES_PER_FORK == 0)
            fork_once(&before);
    }
    pthread_join(crowd_thread, NULL);
    /* relaxed: see writer() */
    atomic_store_explicit(&ending, true, memory_order_relaxed);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i], NULL);
        total += done[i];
    }
    total += passers_by * UPDATES_OF_A_PASSER_BY;

    scrape(page, &now, 0);
    check_no_step_back(&now, &before);
    CHECK(now.counter == (double)total, "counter %.0f of %" PRIu64, now.counter, total);
    CHECK(now.fractions == (double)total / 2, "halves %.1f of %" PRIu64, now.fractions,
          total);
    CHECK(now.labelled == (double)total, "labelled %.0f of %" PRIu64, now.labelled,
          total);
    CHECK(now.hist_count == (double)total, "histogram %.0f of %" PRIu64, now.hist_count,
          total);
    CHECK(now.sum_count == (double)total, "summary %.0f of %" PRIu64, now.sum_count,
          total);
    CHECK(now.gauge == 0, "gauge %g at the end", now.gauge);
    printf("%" PRIu64 " updates of everything by %d threads and %" PRIu64
           " short-lived ones%s, %d scrapes, %d forks: %d failures\n",
           total, WRITERS, passers_by, apart ? ", apart" : "", SCRAPES, FORKS, failures);
    promc_page_free(page);
    promc_registry_free(registry);
}

int main(void)
{
    sched_getaffinity(0, sizeof(processors), &processors);
    run();
    apart = true;
    run();
    return failures ? 1 : 0;
}
