/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stress_churn.c - series and families come and go under threads that use them: by look-ups, by
 * handles that were taken from them, and by handles of what is gone. Others remove, clear,
 * unregister and scrape. What must hold:
 *
 *   - series that nobody removes have every single update at the end
 *   - what was counted elsewhere is there, or was lost with its series and not twice
 *   - once everything is removed, all of its memory has come back
 *   - a child after fork() can go on removing and making series, without the threads it lost
 *
 * The amount of work is counted, not timed.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <promc/promc.h>

#include "registry.h"
#include "stress.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { TSAN = 1 };
#else
enum { TSAN = 0 };
#endif
enum { USERS = 4, SERIES = 40, ROUNDS = TSAN ? 300 : 1000, SCRAPE_EVERY = 4 };

static promc_registry *registry;
static promc_counter *steady;
static promc_counter_family *steady_family, *counters;
static promc_gauge_family *gauges;
static promc_histogram_family *histograms;
static promc_summary_family *summaries;
static _Atomic uint64_t updates; /* of what stays, by all threads */
static atomic_bool ending;

static void make_metrics(void)
{
    static const double quantiles[] = { 0.5 };
    promc_labels l = PROMC_LABELS("l");

    registry = promc_registry_new(NULL);
    steady = promc_counter_new(registry, "steady_total", "Stays.", NULL);
    steady_family = promc_counter_family_new(registry, "family_total", "Stays.", l, NULL);
    counters = promc_counter_family_new(registry, "c_total", "Goes.", l, NULL);
    gauges = promc_gauge_family_new(registry, "g", "Goes.", l, NULL);
    histograms = promc_histogram_family_new(registry, "h", "Goes.", l, NULL, 0, NULL);
    summaries = promc_summary_family_new(registry, "s", "Goes.", l, quantiles, 1, NULL);
    CHECK(steady && steady_family && counters && gauges && histograms && summaries,
          "no metrics");
}

static const char *value_of(char *to, uint64_t i)
{
    /* of all lengths */
    snprintf(to, 64, "%0*" PRIu64, (int)(i % 40 + 1), i % SERIES);
    return to;
}

/* One of everything, on one of the series that come and go. */
static void update(uint64_t i)
{
    char value[64];
    promc_labels l = PROMC_LABELS(value_of(value, i));

    promc_counter_family_inc(counters, l);
    promc_gauge_family_add(gauges, l, 1);
    promc_gauge_family_set(gauges, l, 2);
    promc_histogram_family_observe(histograms, l, 3);
    promc_summary_family_observe(summaries, l, 4);
    promc_counter_inc(steady);
    promc_counter_family_inc(steady_family, PROMC_LABELS("a"));
}

static void *user(void *arg)
{
    uint64_t i = (uintptr_t)arg;
    uint64_t n = 0;

    /* relaxed: nothing but the flag is passed on */
    while (!atomic_load_explicit(&ending, memory_order_relaxed)) {
        update(i++);
        n++;
    }
    atomic_fetch_add_explicit(&updates, n, memory_order_relaxed);
    return NULL;
}

/* Handles that are used long after their series went; each is given back by whoever took it. */
static void *keeper(void *arg)
{
    promc_counter *c[SERIES] = { NULL };
    promc_histogram *h = NULL;
    char value[64];

    (void)arg;
    for (uint64_t i = 0; !atomic_load_explicit(&ending, memory_order_relaxed); i++) {
        if (i % 100 < SERIES) {
            /* of its own, so that nobody else has it */
            snprintf(value, sizeof value, "kept %d", (int)(i % 100));
            promc_counter_release(c[i % 100]);
            c[i % 100] = promc_counter_labels(counters, PROMC_LABELS(value));
        }
        if (h == NULL)
            h = promc_histogram_labels(histograms, PROMC_LABELS("kept"));
        promc_counter_inc(c[i % SERIES]);
        promc_histogram_observe(h, 5);
    }
    for (int i = 0; i < SERIES; i++)
        promc_counter_release(c[i]);
    return NULL;
}

/* Threads that come for one update, when there may be no lane for them. */
static void *passer_by(void *arg)
{
    update((uintptr_t)arg);
    atomic_fetch_add_explicit(&updates, 1, memory_order_relaxed);
    return NULL;
}

static void remove_some(int round)
{
    char value[64];

    switch (round % 6) {
    case 0:
        promc_counter_family_clear(counters);
        break;
    case 1:
        promc_gauge_family_clear(gauges);
        break;
    case 2:
        promc_histogram_family_clear(histograms);
        break;
    case 3:
        promc_summary_family_clear(summaries);
        break;
    case 4:
        promc_remove_matching(registry, "c_total", PROMC_NO_LABELS, PROMC_NO_LABELS);
        break;
    default:
        for (uint64_t i = 0; i < SERIES; i++) {
            promc_labels l = PROMC_LABELS(value_of(value, i));

            promc_gauge_remove(gauges, l);
            promc_histogram_remove(histograms, l);
            promc_summary_remove(summaries, l);
        }
    }
}

static void come_and_go(void)
{
    promc_counter_family *f = promc_counter_family_new(registry, "brief_total", "Brief.",
                                                       PROMC_LABELS("l"), NULL);

    promc_counter_family_inc(f, PROMC_LABELS("a"));
    CHECK(promc_unregister(registry, "brief_total") == 0, "was not there");
    promc_counter_family_inc(f, PROMC_LABELS("a"));
}

/* In the child, alarm() ends what waits for threads that are not here. */
static void fork_once(promc_page *page)
{
    int status = -1;
    pid_t pid;

    if (TSAN) /* does not follow a fork of a process with threads */
        return;
    pid = fork();
    if (pid == 0) {
        alarm(60);
        failures = 0;
        for (int i = 0; i < 30; i++) {
            update((uint64_t)i);
            remove_some(i);
            CHECK(promc_render(registry, PROMC_FORMAT_TEXT, page, NULL) == 0, "render");
        }
        CHECK(atomic_load_explicit(&registry->limbo.n, memory_order_relaxed) == 0,
              "memory waits for threads that are not here");
        _exit(failures != 0);
    }
    CHECK(pid > 0, "fork failed");
    if (pid > 0)
        waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "the child ended with status %#x", (unsigned)status);
}

int main(void)
{
    pthread_t users[USERS], keeping, passing;
    promc_page *page = promc_page_new(NULL);
    size_t waiting, used;
    uint64_t total;

    make_metrics();
    for (uintptr_t i = 0; i < USERS; i++)
        CHECK(pthread_create(&users[i], NULL, user, (void *)(i * 17)) == 0, "no thread");
    CHECK(pthread_create(&keeping, NULL, keeper, NULL) == 0, "no thread");
    for (int i = 0; i < ROUNDS; i++) {
        remove_some(i);
        come_and_go();
        if (pthread_create(&passing, NULL, passer_by, (void *)(uintptr_t)i) == 0)
            pthread_join(passing, NULL);
        if (i % SCRAPE_EVERY == 0)
            CHECK(promc_render(registry, PROMC_FORMAT_TEXT, page, NULL) == 0, "render");
        if (i % (ROUNDS / 10) == 0)
            fork_once(page);
    }
    atomic_store_explicit(&ending, true, memory_order_relaxed);
    for (int i = 0; i < USERS; i++)
        pthread_join(users[i], NULL);
    pthread_join(keeping, NULL);

    total = atomic_load_explicit(&updates, memory_order_relaxed);
    CHECK(promc_counter_value(steady) == (double)total, "steady: %.0f of %" PRIu64,
          promc_counter_value(steady), total);
    CHECK(promc_counter_value(promc_counter_labels(steady_family, PROMC_LABELS("a"))) ==
              (double)total,
          "of the family: not all of %" PRIu64, total);
    for (int i = 0; i < 6; i++)
        remove_some(i);
    promc_counter_family_clear(steady_family);
    promc_render(registry, PROMC_FORMAT_TEXT, page, NULL);
    waiting = atomic_load_explicit(&registry->limbo.n, memory_order_relaxed);
    used = registry->arena.used;
    CHECK(waiting == 0, "%zu series wait, for nobody", waiting);
    /* the steady one, and what is left of two handles */
    CHECK(used <= 1000, "%zu bytes have not come back", used);
    printf("%" PRIu64
           " updates of everything, %d rounds of removing, %zu bytes used of %zu "
           "at the end: %d failures\n",
           total, ROUNDS, used, registry->arena.bytes, failures);
    promc_page_free(page);
    promc_registry_free(registry);
    return failures ? 1 : 0;
}
