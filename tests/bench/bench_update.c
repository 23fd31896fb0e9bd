/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_update.c - nanoseconds per update of libpromc. See bench.h.
 */
#include "config.h"

#include <promc/promc.h>

#include "bench.h"

static void counter_inc(void *arg, uint64_t n)
{
    while (n--)
        promc_counter_inc(arg);
}

static void counter_add(void *arg, uint64_t n)
{
    while (n--)
        promc_counter_add(arg, 1.5);
}

static void gauge_set(void *arg, uint64_t n)
{
    while (n--)
        promc_gauge_set(arg, (double)n);
}

static void gauge_inc(void *arg, uint64_t n)
{
    while (n--)
        promc_gauge_inc(arg);
}

static void histogram_observe(void *arg, uint64_t n)
{
    while (n--)
        promc_histogram_observe(arg, bench_in.v[n % BENCH_VALUES]);
}

static void summary_observe(void *arg, uint64_t n)
{
    while (n--)
        promc_summary_observe(arg, bench_in.v[n % BENCH_VALUES]);
}

static void labels_inc(void *arg, uint64_t n)
{
    while (n--) {
        size_t i = n % BENCH_VALUES;

        promc_counter_family_inc(arg, PROMC_LABELS(bench_in.method[i], bench_in.code[i]));
    }
}

int main(void)
{
    static const double quantiles[] = { 0.5, 0.9, 0.99 };
    promc_registry *reg = promc_registry_new(NULL);
    promc_registry *shared = promc_registry_new_shared(NULL, NULL);
    promc_counter *c[3];
    promc_gauge *g[2];
    promc_histogram *h[3], *native[2];
    promc_opts alone = PROMC_OPTS_INIT, beside = PROMC_OPTS_INIT;
    promc_summary *s;
    promc_counter_family *f;

    bench_make_input();
    c[0] = promc_counter_new(reg, "a_total", "A.", NULL);
    c[1] = promc_counter_new(reg, "b_total", "B.", NULL);
    g[0] = promc_gauge_new(reg, "c", "C.", NULL);
    g[1] = promc_gauge_new(reg, "d", "D.", NULL);
    h[0] = promc_histogram_new(reg, "e", "E.", bench_bounds, 11, NULL);
    h[1] = promc_histogram_new(reg, "f", "F.", bench_bounds, 11, NULL);
    alone.native_factor = beside.native_factor = 1.1;
    alone.native_only = 1;
    native[0] = promc_histogram_labels(
        promc_histogram_family_new_with(reg, "i", "I.", PROMC_NO_LABELS, NULL, 0, &alone,
                                        NULL),
        PROMC_NO_LABELS);
    native[1] = promc_histogram_labels(
        promc_histogram_family_new_with(reg, "j", "J.", PROMC_NO_LABELS, bench_bounds, 11,
                                        &beside, NULL),
        PROMC_NO_LABELS);
    c[2] = promc_counter_new(shared, "a_total", "A.", NULL);
    h[2] = promc_histogram_new(shared, "e", "E.", bench_bounds, 11, NULL);
    s = promc_summary_new(reg, "g", "G.", quantiles, 3, NULL);
    f = promc_counter_family_new(reg, "h_total", "H.", PROMC_LABELS("method", "code"),
                                 NULL);
    if (!c[0] || !c[1] || !g[0] || !g[1] || !h[0] || !h[1] || !native[0] || !native[1] ||
        !c[2] || !h[2] || !s || !f)
        return 1;

    const struct bench_shape shapes[] = {
        { "counter inc", 1, counter_inc, { c[0], NULL } },
        { "the same counter inc", 2, counter_inc, { c[0], c[0] } },
        { "different counters inc", 2, counter_inc, { c[0], c[1] } },
        { "counter add 1.5", 1, counter_add, { c[0], NULL } },
        { "gauge set", 1, gauge_set, { g[0], NULL } },
        { "the same gauge set", 2, gauge_set, { g[0], g[0] } },
        { "gauge inc", 1, gauge_inc, { g[1], NULL } },
        { "the same gauge inc", 2, gauge_inc, { g[1], g[1] } },
        { "histogram observe, 11 buckets", 1, histogram_observe, { h[0], NULL } },
        { "the same histogram observe", 2, histogram_observe, { h[0], h[0] } },
        { "different histograms observe", 2, histogram_observe, { h[0], h[1] } },
        { "native histogram observe", 1, histogram_observe, { native[0], NULL } },
        { "the same native histogram observe",
          2,
          histogram_observe,
          { native[0], native[0] } },
        { "native observe, 11 buckets beside",
          1,
          histogram_observe,
          { native[1], NULL } },
        { "the same, 11 buckets beside", 2, histogram_observe, { native[1], native[1] } },
        { "summary observe, 3 quantiles", 1, summary_observe, { s, NULL } },
        { "the same summary observe", 2, summary_observe, { s, s } },
        { "find by 2 label values and inc", 1, labels_inc, { f, NULL } },
        { "the same, both in one family", 2, labels_inc, { f, f } },
        { "counter inc, shared with processes", 1, counter_inc, { c[2], NULL } },
        { "histogram observe, shared with them", 1, histogram_observe, { h[2], NULL } },
    };
    int r = bench_shapes(shapes, sizeof(shapes) / sizeof(shapes[0]));

    promc_registry_free(shared);
    promc_registry_free(reg);
    return r;
}
