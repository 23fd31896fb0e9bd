/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stress_shared.c - processes that share a registry are killed at random while they update,
 * make series and families, and render.
 *
 *   stress_shared [KILLS]                (300, or as many as a few seconds allow)
 *
 * Each thread writes into a ledger of its own, in shared memory but outside the library, that it
 * is about to do an update, and afterwards that it has done it. When its process is killed, what
 * was begun and not done may count or not; all else must be in the totals, exactly. Done twice:
 * with a lane for each thread, and with fewer lanes than threads.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <promc/promc.h>

#include "registry.h"
#include "shared.h"
#include "stress.h"

enum {
    WORKERS = 8,
    THREADS = 2,
    SERIES = 1500,
    FAMILIES = 40,
    BOUNDS = 6,
    PATIENCE = 240
};
enum { LONG_ENOUGH = 4 /* seconds, on a machine that is busy */ };

enum update {
    INTEGERS,
    FRACTIONS,
    LABELLED,
    GAUGE,
    HISTOGRAM,
    SUMMARY,
    DYNAMIC,
    UPDATES
};

/* Written by one thread at a time; read when it is dead. */
struct account {
    _Atomic uint64_t begun[UPDATES];
    _Atomic uint64_t done[UPDATES];
};

struct ledger {
    struct account account[WORKERS][THREADS];
    _Atomic bool ending;
};

static struct ledger *ledger;
static promc_registry *registry;
static promc_counter *integers, *fractions;
static promc_counter_family *labelled;
static promc_gauge *gauge;
static promc_histogram *histogram;
static promc_summary *summary;
static uint64_t uncertain[UPDATES];

static void make_metrics(void)
{
    double bounds[BOUNDS];

    promc_buckets_linear(0.5, 1, BOUNDS, bounds);
    integers = promc_counter_new(registry, "integers_total", "By one.", NULL);
    fractions = promc_counter_new(registry, "fractions_total", "By a half.", NULL);
    labelled = promc_counter_family_new(registry, "labelled_total", "Many series.",
                                        PROMC_LABELS("n"), NULL);
    gauge = promc_gauge_new(registry, "gauge", "One up.", NULL);
    histogram = promc_histogram_new(registry, "histogram", "0 to 6, each in a bucket.",
                                    bounds, BOUNDS, NULL);
    summary = promc_summary_new(registry, "summary", "Twos.", NULL, 0, NULL);
}

/* --- workers ---------------------------------------------------------------------------- */

/* relaxed throughout: an account is read when its thread is dead; the fences keep the order in
 * which a kill may find things */
static void begin(struct account *a, enum update u)
{
    atomic_fetch_add_explicit(&a->begun[u], 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

static void done(struct account *a, enum update u)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_fetch_add_explicit(&a->done[u], 1, memory_order_relaxed);
}

static void update_all(struct account *a, unsigned random, promc_counter_family *dynamic)
{
    char text[24];

    begin(a, INTEGERS);
    promc_counter_inc(integers);
    done(a, INTEGERS);
    begin(a, FRACTIONS);
    promc_counter_add(fractions, 0.5);
    done(a, FRACTIONS);
    begin(a, GAUGE);
    promc_gauge_inc(gauge);
    done(a, GAUGE);
    for (unsigned i = 0; i <= BOUNDS; i++) {
        begin(a, HISTOGRAM);
        promc_histogram_observe(histogram, i);
        done(a, HISTOGRAM);
    }
    begin(a, SUMMARY);
    promc_summary_observe(summary, 2);
    done(a, SUMMARY);
    snprintf(text, sizeof text, "series number %u", random % SERIES);
    begin(a, LABELLED);
    promc_counter_family_inc(labelled, PROMC_LABELS(text));
    done(a, LABELLED);
    begin(a, DYNAMIC);
    promc_counter_family_inc(dynamic, PROMC_LABELS("a"));
    done(a, DYNAMIC);
}

struct task {
    struct account *account;
    unsigned seed;
};

static void *work(void *arg)
{
    struct task *task = arg;
    promc_page *page = promc_page_new(NULL);
    promc_counter_family *dynamic = NULL;

    for (unsigned i = 0; !atomic_load_explicit(&ledger->ending, memory_order_relaxed);
         i++) {
        if (i % 64 == 0) {
            char name[24];

            snprintf(name, sizeof name, "dynamic_%u_total",
                     (unsigned)rand_r(&task->seed) % FAMILIES);
            dynamic = promc_counter_family_new(registry, name, "Made by workers.",
                                               PROMC_LABELS("l"), NULL);
        }
        if (i % 512 == 511)
            promc_render(registry, PROMC_FORMAT_TEXT, page, NULL);
        update_all(task->account, (unsigned)rand_r(&task->seed), dynamic);
    }
    promc_page_free(page);
    return NULL;
}

static pid_t start_worker(int w, unsigned seed)
{
    struct task task[THREADS];
    pthread_t thread[THREADS];
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    alarm(PATIENCE); /* not for ever, should the parent die */
    make_metrics();  /* as a worker that does not know its history would */
    for (int t = 0; t < THREADS; t++) {
        task[t] = (struct task){ &ledger->account[w][t], seed * THREADS + (unsigned)t };
        if (pthread_create(&thread[t], NULL, work, &task[t]) != 0)
            _exit(2);
    }
    for (int t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
    _exit(0);
}

/* --- totals ----------------------------------------------------------------------------- */

struct totals {
    double of[UPDATES];
    double bucket[BOUNDS + 1];
    double histogram_sum, summary_sum;
    unsigned series;
};

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static void read_line(const char *line, struct totals *t)
{
    const char *space = strrchr(line, ' ');
    double v = 0;

    if (space == NULL || promc_number_parse(space + 1, strlen(space + 1), &v) != 0)
        CHECK(false, "line \"%s\"", line);
    if (starts(line, "labelled_total{")) {
        t->of[LABELLED] += v;
        t->series++;
    } else if (starts(line, "dynamic_")) {
        t->of[DYNAMIC] += v;
    } else if (starts(line, "integers_total ")) {
        t->of[INTEGERS] = v;
    } else if (starts(line, "fractions_total ")) {
        t->of[FRACTIONS] = 2 * v;
    } else if (starts(line, "gauge ")) {
        t->of[GAUGE] = v;
    } else if (starts(line, "histogram_count ")) {
        t->of[HISTOGRAM] = v;
    } else if (starts(line, "histogram_sum ")) {
        t->histogram_sum = v;
    } else if (starts(line, "histogram_bucket{le=\"+Inf\"} ")) {
        t->bucket[BOUNDS] = v;
    } else if (starts(line, "histogram_bucket{le=\"")) {
        t->bucket[line[strlen("histogram_bucket{le=\"")] - '0'] = v;
    } else if (starts(line, "summary_count ")) {
        t->of[SUMMARY] = v;
    } else if (starts(line, "summary_sum ")) {
        t->summary_sum = v;
    } else {
        CHECK(false, "unexpected: %s", line);
    }
}

static void scrape(promc_page *page, struct totals *t)
{
    char *text, *rest = NULL;
    double sum = 0;

    memset(t, 0, sizeof *t);
    CHECK(promc_render(registry, PROMC_FORMAT_TEXT, page, NULL) == 0, "no page");
    CHECK(promc_page_error(page, NULL) == 0, "something was left out");
    text = strdup(promc_page_data(page));
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (*line != '#')
            read_line(line, t);
    free(text);
    /* an observation is in bucket, sum and count, or in none of them */
    for (int i = 0; i <= BOUNDS; i++)
        sum += i * (t->bucket[i] - (i != 0 ? t->bucket[i - 1] : 0));
    CHECK(t->histogram_sum == sum, "sum %.0f of buckets with %.0f", t->histogram_sum,
          sum);
    CHECK(t->bucket[BOUNDS] == t->of[HISTOGRAM], "+Inf %.0f of %.0f", t->bucket[BOUNDS],
          t->of[HISTOGRAM]);
    CHECK(t->summary_sum == 2 * t->of[SUMMARY], "summary %.0f of %.0f", t->summary_sum,
          t->of[SUMMARY]);
}

/* The process is dead: what it had begun is in doubt, one update of a kind at most for each of
 * its threads. */
static void settle(int w)
{
    for (int t = 0; t < THREADS; t++)
        for (int u = 0; u < UPDATES; u++) {
            struct account *a = &ledger->account[w][t];
            uint64_t begun = atomic_load_explicit(&a->begun[u], memory_order_relaxed);
            uint64_t ended = atomic_load_explicit(&a->done[u], memory_order_relaxed);

            CHECK(begun - ended <= 1, "%" PRIu64 " begun at once", begun - ended);
            uncertain[u] += begun - ended;
            atomic_store_explicit(&a->begun[u], ended, memory_order_relaxed);
        }
}

static void check_totals(const struct totals *t)
{
    static const char *const names[UPDATES] = { "integers", "fractions", "labelled",
                                                "gauge",    "histogram", "summary",
                                                "dynamic" };

    for (int u = 0; u < UPDATES; u++) {
        uint64_t sure = 0;

        for (int w = 0; w < WORKERS; w++)
            for (int i = 0; i < THREADS; i++)
                sure += atomic_load_explicit(&ledger->account[w][i].done[u],
                                             memory_order_relaxed);
        CHECK(t->of[u] >= (double)sure && t->of[u] <= (double)(sure + uncertain[u]),
              "%s: %.0f, of %" PRIu64 " done and %" PRIu64 " in doubt", names[u],
              t->of[u], sure, uncertain[u]);
    }
}

/* --- a run ------------------------------------------------------------------------------ */

static void nap(long ns)
{
    nanosleep(&(struct timespec){ 0, ns }, NULL);
}

static uint32_t lanes(void)
{
    return atomic_load_explicit(&registry->shared->region->lanes, memory_order_acquire);
}

/* Bytes of families, series and tables, which are made once however many are killed trying. */
static size_t names_size(void)
{
    size_t used = promc__shared_used(registry->shared); /* first: it mends */
    size_t chunks =
        atomic_load_explicit(&registry->shared->region->chunks, memory_order_acquire);

    return used - chunks * lanes() * PROMC__LANE_CHUNK * sizeof(promc__word);
}

/* What the same names take when nobody is killed. */
static size_t undisturbed(const promc_shared_opts *opts)
{
    promc_registry *old = registry;
    size_t size;
    char text[24];

    registry = promc_registry_new_shared(opts, NULL);
    make_metrics();
    for (unsigned i = 0; i < SERIES; i++) {
        snprintf(text, sizeof text, "series number %u", i);
        promc_counter_family_inc(labelled, PROMC_LABELS(text));
    }
    for (unsigned i = 0; i < FAMILIES; i++) {
        snprintf(text, sizeof text, "dynamic_%u_total", i);
        promc_counter_family_inc(promc_counter_family_new(registry, text,
                                                          "Made by workers.",
                                                          PROMC_LABELS("l"), NULL),
                                 PROMC_LABELS("a"));
    }
    size = names_size();
    promc_registry_free(registry);
    registry = old;
    return size;
}

static void run(unsigned kills, double seconds, const promc_shared_opts *opts)
{
    promc_timer timer = promc_timer_start();
    promc_page *page = promc_page_new(NULL);
    pid_t pid[WORKERS];
    struct totals before = { 0 }, now;
    size_t expected = undisturbed(opts);
    unsigned seed = kills, killed = 0;

    memset(ledger, 0, sizeof *ledger);
    memset(uncertain, 0, sizeof uncertain);
    registry = promc_registry_new_shared(opts, NULL);
    if (registry == NULL || page == NULL)
        exit(1);
    make_metrics();
    for (int w = 0; w < WORKERS; w++)
        pid[w] = start_worker(w, (unsigned)rand_r(&seed));
    for (unsigned k = 0; k < kills && promc_timer_seconds(timer) < seconds; k++) {
        int w = (int)((unsigned)rand_r(&seed) % WORKERS);
        int status;

        nap(rand_r(&seed) % 4000000);
        kill(pid[w], SIGKILL);
        waitpid(pid[w], &status, 0);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "ended with %#x",
              (unsigned)status);
        settle(w);
        killed++;
        if (k % 20 == 0) {
            scrape(page, &now);
            for (int u = 0; u < UPDATES; u++)
                CHECK(now.of[u] >= before.of[u], "update %d: from %.0f to %.0f", u,
                      before.of[u], now.of[u]);
            before = now;
        }
        pid[w] = start_worker(w, (unsigned)rand_r(&seed));
    }
    /* let each series be made */
    do {
        nap(20000000);
        scrape(page, &now);
    } while (now.series < SERIES && failures == 0);
    atomic_store_explicit(&ledger->ending, true, memory_order_relaxed);
    for (int w = 0; w < WORKERS; w++) {
        int status;

        waitpid(pid[w], &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "ended with %#x",
              (unsigned)status);
        settle(w);
    }
    scrape(page, &now);
    check_totals(&now);
    CHECK(names_size() <= expected, "names take %zu bytes, %zu if nobody is killed",
          names_size(), expected);
    CHECK(lanes() <= PROMC__SHARED_LENT + WORKERS * THREADS + 8 + 2, "%u lanes", lanes());
    printf(
        "%u kills, %.0f updates of each kind, %" PRIu64
        " series made while in doubt, %u lanes, %zu of %zu bytes of names: %d failures\n",
        killed, now.of[INTEGERS], uncertain[LABELLED], lanes(), names_size(), expected,
        failures);
    fflush(stdout); /* before the next fork() */
    promc_page_free(page);
    promc_registry_free(registry);
}

int main(int argc, char **argv)
{
    promc_shared_opts few = PROMC_SHARED_OPTS_INIT;
    double kills = 300;

    if (argc > 1 && (promc_number_parse(argv[1], strlen(argv[1]), &kills) != 0 ||
                     !(kills >= 1 && kills <= 1e9)))
        return 2;
    ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ledger == MAP_FAILED)
        return 1;
    if (argc <= 1)
        alarm(PATIENCE);
    run((unsigned)kills, argc > 1 ? 1e9 : LONG_ENOUGH, NULL);
    few.max_lanes = 5;
    run((unsigned)kills, argc > 1 ? 1e9 : LONG_ENOUGH, &few);
    return failures ? 1 : 0;
}
