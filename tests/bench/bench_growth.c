/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_growth.c - how the cost of libpromc grows with threads, series, families, buckets and
 * short-lived threads. Prints "chart<TAB>line<TAB>x<TAB>y" for tests/bench/run, which makes
 * tables and charts of it; what x and y are stands in the chart's name.
 *
 *   bench_growth threads|series|families|buckets|short-threads
 *
 * One chart per process, so that no chart pays for the memory of another.
 */
#include "config.h"

#include <unistd.h>

#include <promc/promc.h>

#include "bench.h"

enum { MAX_THREADS = 8, ROUNDS = 5 };

static void point(const char *chart, const char *line, double x, double y)
{
    printf("%s\t%s\t%.0f\t%.3f\n", chart, line, x, y);
    fflush(stdout);
}

/* The least of a few rounds: what else runs on the machine only ever adds. */
static double least(double (*measure)(void *arg), void *arg)
{
    double best = measure(arg);

    for (int i = 1; i < ROUNDS; i++) {
        double y = measure(arg);

        best = y < best ? y : best;
    }
    return best;
}

static long resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (f != NULL) {
        if (fscanf(f, "%*s %ld", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

/* --- threads ----------------------------------------------------------------------------- */

struct crowd {
    int n;
    uint64_t updates; /* of each */
    void (*loop)(void *arg, uint64_t n);
    void *arg;
    pthread_barrier_t start;
    double ns; /* summed up */
    pthread_mutex_t lock;
};

static void *one_of_crowd(void *arg)
{
    struct crowd *c = arg;
    double ns;

    pthread_barrier_wait(&c->start);
    ns = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    c->loop(c->arg, c->updates);
    ns = (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - ns) * 1e9;
    pthread_mutex_lock(&c->lock);
    c->ns += ns;
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static double crowd(void *arg)
{
    struct crowd *c = arg;
    pthread_t thread[MAX_THREADS];

    c->ns = 0;
    pthread_mutex_init(&c->lock, NULL);
    pthread_barrier_init(&c->start, NULL, (unsigned)c->n);
    for (int i = 0; i < c->n; i++)
        if (pthread_create(&thread[i], NULL, one_of_crowd, c) != 0)
            abort();
    for (int i = 0; i < c->n; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&c->start);
    pthread_mutex_destroy(&c->lock);
    return c->ns / (double)c->updates / c->n;
}

static void inc(void *arg, uint64_t n)
{
    while (n--)
        promc_counter_inc(arg);
}

static void observe(void *arg, uint64_t n)
{
    while (n--)
        promc_histogram_observe(arg, bench_in.v[n % BENCH_VALUES]);
}

static void find(void *arg, uint64_t n)
{
    while (n--) {
        size_t i = n % BENCH_VALUES;

        promc_counter_family_inc(arg, PROMC_LABELS(bench_in.method[i], bench_in.code[i]));
    }
}

static int threads(promc_registry *reg)
{
    struct {
        const char *line;
        void (*loop)(void *arg, uint64_t n);
        void *arg;
    } const lines[] = {
        { "counter inc", inc, promc_counter_new(reg, "a_total", "A.", NULL) },
        { "histogram observe", observe,
          promc_histogram_new(reg, "b", "B.", bench_bounds, 11, NULL) },
        { "find by 2 labels and inc", find,
          promc_counter_family_new(reg, "c_total", "C.", PROMC_LABELS("method", "code"),
                                   NULL) },
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        for (int n = 1; n <= MAX_THREADS; n *= 2) {
            struct crowd c = { .n = n,
                               .updates = 4000000 / (unsigned)n,
                               .loop = lines[i].loop,
                               .arg = lines[i].arg };

            point("ns per update of one metric, by threads", lines[i].line, n,
                  least(crowd, &c));
        }
    return 0;
}

/* --- renders ------------------------------------------------------------------------------ */

struct render {
    promc_registry *reg;
    promc_page *page;
};

static double render(void *arg)
{
    struct render *r = arg;
    double before = bench_seconds(CLOCK_THREAD_CPUTIME_ID);

    if (promc_render(r->reg, PROMC_FORMAT_TEXT, r->page, NULL) != 0)
        abort();
    return (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - before) * 1e9;
}

struct finding {
    promc_counter_family *family;
    unsigned series;
};

static double look_up(void *arg)
{
    const struct finding *f = arg;
    enum { N = 100000 };
    char path[32];
    char shard[16];
    double total = 0;
    uint64_t x = 1;

    for (unsigned i = 0; i < N; i++) {
        double before;

        /* any order: a walk from one series to the next would be kept in the caches */
        x = x * 6364136223846793005u + 1442695040888963407u;
        bench_scrape_labels((unsigned)((x >> 33) % f->series), path, shard);
        if (i % 64 != 0) {
            promc_counter_family_inc(f->family, PROMC_LABELS("GET", path, shard));
            continue;
        }
        before = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        promc_counter_family_inc(f->family, PROMC_LABELS("GET", path, shard));
        total += bench_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
    }
    return total * 1e9 / ((double)N / 64);
}

/* How long the clock itself takes, to be subtracted from look_up(). */
static double clock_only(void *arg)
{
    double before = bench_seconds(CLOCK_THREAD_CPUTIME_ID);

    (void)arg;
    for (int i = 0; i < 10000; i++)
        bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    return (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - before) * 1e9 / 10000;
}

static int series(promc_registry *reg)
{
    promc_opts opts = PROMC_OPTS_INIT;
    struct render r = { reg, promc_page_new(NULL) };
    struct finding f = { 0 };
    long before = resident_bytes();
    double clock = least(clock_only, NULL);
    unsigned made = 0;

    opts.max_series = 2000000;
    f.family = promc_counter_family_new_with(reg, "a_total", "A.",
                                             PROMC_LABELS("method", "path", "shard"), &opts,
                                             NULL);
    for (unsigned n = 1; n <= 1000000; n *= 10) {
        double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        unsigned first = made;

        for (; made < n; made++) {
            char path[32];
            char shard[16];

            bench_scrape_labels(made, path, shard);
            promc_counter_family_inc(f.family, PROMC_LABELS("GET", path, shard));
        }
        start = (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / (n - first);
        f.series = n;
        if (n >= 100) {
            point("ns per series, by series", "make", n, start);
            point("ns per series, by series", "render", n, least(render, &r) / n);
            point("ns per series, by series", "find", n, least(look_up, &f) - clock);
        }
        if (n >= 10000) {
            /* without the page, which is the caller's */
            double bytes = (double)(resident_bytes() - before);

            point("bytes per series, by series", "registry", n,
                  (bytes - (double)promc_page_size(r.page)) / n);
        }
    }
    promc_page_free(r.page);
    return 0;
}

static int families(promc_registry *reg)
{
    struct render r = { reg, promc_page_new(NULL) };
    unsigned made = 0;

    for (unsigned n = 1; n <= 10000; n *= 10) {
        double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        unsigned first = made;

        for (; made < n; made++) {
            char name[32];

            /* in no order: a program registers as it is written */
            snprintf(name, sizeof name, "family_%06u_total", made * 7919u % 1000003u);
            if (promc_counter_new(reg, name, "One of many.", NULL) == NULL)
                return 1;
        }
        start = (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / (n - first);
        point("ns per family, by families", "register", n, start);
        point("ns per family, by families", "render", n, least(render, &r) / n);
    }
    promc_page_free(r.page);
    return 0;
}

/* --- buckets ------------------------------------------------------------------------------- */

static int buckets(promc_registry *reg)
{
    static const size_t sizes[] = { 2, 5, 10, 20, 50, 100, 200 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        promc_registry *alone = promc_registry_new(NULL);
        struct render r = { alone, promc_page_new(NULL) };
        struct crowd c = { .n = 1, .updates = 4000000, .loop = observe };
        double bounds[200];

        promc_buckets_exponential(0.001, 1 + 10.0 / (double)sizes[i], sizes[i], bounds);
        c.arg = promc_histogram_new(alone, "a", "A.", bounds, sizes[i], NULL);
        point("ns, by buckets", "observe", (double)sizes[i], least(crowd, &c));
        point("ns, by buckets", "render, per bucket", (double)sizes[i],
              least(render, &r) / (double)sizes[i]);
        promc_page_free(r.page);
        promc_registry_free(alone);
    }
    (void)reg;
    return 0;
}

/* --- threads that come and go -------------------------------------------------------------- */

static void *brief_thread(void *arg)
{
    promc_counter_inc(arg);
    return NULL;
}

static void *idle_thread(void *arg)
{
    return arg;
}

static double start_threads(void *(*run)(void *), promc_counter *c, unsigned n)
{
    double before = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);

    for (unsigned i = 0; i < n; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, run, c) != 0)
            abort();
        pthread_join(thread, NULL);
    }
    return (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - before) * 1e9 / n;
}

static int short_threads(promc_registry *reg)
{
    promc_counter *c = promc_counter_new(reg, "a_total", "A.", NULL);
    unsigned total = 0;

    start_threads(brief_thread, c, 100);
    for (unsigned n = 1000; n <= 64000; n *= 4) {
        start_threads(brief_thread, c, n);
        total += n;
        point("short-lived threads: ns of CPU time each, by threads so far", "with an update",
              total, start_threads(brief_thread, c, 1000));
        point("short-lived threads: ns of CPU time each, by threads so far", "without", total,
              start_threads(idle_thread, c, 1000));
        point("resident KiB, by threads so far", "process", total,
              (double)resident_bytes() / 1024);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(promc_registry *reg);
    } charts[] = { { "threads", threads },
                   { "series", series },
                   { "families", families },
                   { "buckets", buckets },
                   { "short-threads", short_threads } };
    promc_registry *reg = promc_registry_new(NULL);

    bench_make_input();
    for (size_t i = 0; argc == 2 && i < sizeof charts / sizeof charts[0]; i++)
        if (strcmp(argv[1], charts[i].name) == 0) {
            int rc = charts[i].run(reg);

            promc_registry_free(reg);
            return rc;
        }
    fprintf(stderr, "usage: bench_growth threads|series|families|buckets|short-threads\n");
    return 2;
}
