/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - what the benchmark programs share, whichever library they measure (C and
 * C++).
 *
 * bench_update*: a shape is a loop that does one kind of update n times; bench_shapes()
 * runs each with its number of threads and prints "name<TAB>threads<TAB>nanoseconds per
 * update", in processor time of the threads that did the work.
 *
 * bench_scrape*: bench_scrape() renders again and again and prints the shape's name, the
 * milliseconds of processor time per render (median), the bytes of a page and the
 * process's peak resident memory in KiB.
 *
 * tests/bench/run starts the programs by turns and makes tables of their medians.
 */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_UNUSED __attribute__((unused))
enum { BENCH_THREADS = 2, BENCH_VALUES = 1024, BENCH_MS = 100, BENCH_RENDERS = 9 };

static inline double bench_seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- the same input for everybody --- */

static const double bench_bounds[11] = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10
};
static const char *const bench_methods[4] BENCH_UNUSED = { "GET", "POST", "PUT",
                                                           "DELETE" };
static const char *const bench_codes[10] BENCH_UNUSED = { "200", "201", "204", "301",
                                                          "304", "400", "403", "404",
                                                          "500", "503" };

/* Observations spread over all buckets and label sets in no order that a branch predictor
 * could learn; the same in every run. */
struct bench_input {
    double v[BENCH_VALUES];
    const char *method[BENCH_VALUES];
    const char *code[BENCH_VALUES];
};
static struct bench_input bench_in;

static inline void bench_make_input(void)
{
    uint64_t x = 88172645463325252u;

    for (int i = 0; i < BENCH_VALUES; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* Marsaglia's xorshift */
        int bucket = (int)(x % 12);
        double low = bucket ? bench_bounds[bucket - 1] : 0.0005;
        double high = bucket < 11 ? bench_bounds[bucket] : 20;

        bench_in.v[i] = low + (high - low) * (double)(x >> 40) / 16777216.0;
        bench_in.method[i] = bench_methods[(x >> 8) % 4];
        bench_in.code[i] = bench_codes[(x >> 16) % 10];
    }
}

/* The text of label i of the 100,000 series that bench_scrape renders. */
static inline void bench_scrape_labels(unsigned i, char path[32], char shard[16])
{
    snprintf(path, 32, "/api/v1/items/%06u", i);
    snprintf(shard, 16, "shard-%03u", i % 97);
}

/* --- updates --- */

struct bench_shape {
    const char *name;
    int threads;
    void (*loop)(void *arg, uint64_t n);
    void *arg[BENCH_THREADS]; /* one per thread */
};

struct bench_worker {
    const struct bench_shape *shape;
    void *arg;
    int number;
    uint64_t n;
    double ns; /* per update */
    pthread_barrier_t *start;
};

/* Keep the calling thread on the i-th processor it may use, so that two threads do run at
 * the same time and do contend. */
static inline void bench_pin(int i)
{
    cpu_set_t allowed, one;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && i-- == 0) {
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof(one), &one);
            return;
        }
    }
}

static inline void *bench_work(void *arg)
{
    struct bench_worker *w = (struct bench_worker *)arg;
    double before;

    bench_pin(w->number);
    pthread_barrier_wait(w->start);
    before = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    w->shape->loop(w->arg, w->n);
    w->ns = (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - before) * 1e9 / (double)w->n;
    return NULL;
}

/* Nanoseconds per update with n updates in each thread. */
static inline double bench_once(const struct bench_shape *s, uint64_t n)
{
    struct bench_worker w[BENCH_THREADS];
    pthread_t t[BENCH_THREADS];
    pthread_barrier_t start;
    double sum = 0;

    pthread_barrier_init(&start, NULL, (unsigned)s->threads);
    for (int i = 0; i < s->threads; i++) {
        w[i].shape = s;
        w[i].arg = s->arg[i];
        w[i].number = i;
        w[i].n = n;
        w[i].start = &start;
        if (pthread_create(&t[i], NULL, bench_work, &w[i]) != 0)
            abort();
    }
    for (int i = 0; i < s->threads; i++) {
        pthread_join(t[i], NULL);
        sum += w[i].ns;
    }
    pthread_barrier_destroy(&start);
    return sum / s->threads;
}

static inline int bench_shapes(const struct bench_shape *shapes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t count = 1000;

        /* The first short runs warm up and find a count that takes long enough. */
        while (bench_once(&shapes[i], count) * (double)count < BENCH_MS * 1e6 / 4)
            count *= 2;
        printf("%s\t%d\t%.3f\n", shapes[i].name, shapes[i].threads,
               bench_once(&shapes[i], count * 4));
        fflush(stdout);
    }
    return 0;
}

/* --- scrapes --- */

/* Peak resident memory in KiB. Not ru_maxrss, which starts from what the parent had. */
static inline long bench_peak_kib(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;

    if (!f)
        return 0;
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(f);
    return kib;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* render writes one page and returns its size. */
static inline int bench_scrape(const char *name, size_t (*render)(void *arg), void *arg)
{
    double ms[BENCH_RENDERS];
    size_t size = render(arg);

    for (int i = 0; i < BENCH_RENDERS; i++) {
        double before = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);

        if (render(arg) != size)
            return 1;
        ms[i] = (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - before) * 1e3;
    }
    qsort(ms, BENCH_RENDERS, sizeof(ms[0]), bench_compare);
    printf("%s\t%.3f\t%zu\t%ld\n", name, ms[BENCH_RENDERS / 2], size, bench_peak_kib());
    return 0;
}

#endif /* BENCH_H */
