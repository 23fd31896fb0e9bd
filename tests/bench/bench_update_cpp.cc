/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_update_cpp.cc - nanoseconds per update of prometheus-cpp. See bench.h.
 */
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include "bench.h"

using namespace prometheus;

static void counter_inc(void *arg, uint64_t n)
{
    while (n--)
        static_cast<Counter *>(arg)->Increment();
}

static void counter_add(void *arg, uint64_t n)
{
    while (n--)
        static_cast<Counter *>(arg)->Increment(1.5);
}

static void gauge_set(void *arg, uint64_t n)
{
    while (n--)
        static_cast<Gauge *>(arg)->Set(static_cast<double>(n));
}

static void gauge_inc(void *arg, uint64_t n)
{
    while (n--)
        static_cast<Gauge *>(arg)->Increment();
}

static void histogram_observe(void *arg, uint64_t n)
{
    while (n--)
        static_cast<Histogram *>(arg)->Observe(bench_in.v[n % BENCH_VALUES]);
}

static void summary_observe(void *arg, uint64_t n)
{
    while (n--)
        static_cast<Summary *>(arg)->Observe(bench_in.v[n % BENCH_VALUES]);
}

static void labels_inc(void *arg, uint64_t n)
{
    while (n--) {
        size_t i = n % BENCH_VALUES;

        static_cast<Family<Counter> *>(arg)
            ->Add({ { "method", bench_in.method[i] }, { "code", bench_in.code[i] } })
            .Increment();
    }
}

int main()
{
    Registry registry;
    const Summary::Quantiles quantiles = { { 0.5, 0.05 },
                                           { 0.9, 0.01 },
                                           { 0.99, 0.001 } };
    const Histogram::BucketBoundaries bounds(bench_bounds, bench_bounds + 11);

    bench_make_input();
    auto &fc = BuildCounter().Name("a_total").Help("A.").Register(registry);
    auto &fg = BuildGauge().Name("c").Help("C.").Register(registry);
    auto &fh = BuildHistogram().Name("e").Help("E.").Register(registry);
    auto &fs = BuildSummary().Name("g").Help("G.").Register(registry);
    auto &f = BuildCounter().Name("h_total").Help("H.").Register(registry);
    Counter *c[2] = { &fc.Add({ { "k", "0" } }), &fc.Add({ { "k", "1" } }) };
    Gauge *g[2] = { &fg.Add({ { "k", "0" } }), &fg.Add({ { "k", "1" } }) };
    Histogram *h[2] = { &fh.Add({ { "k", "0" } }, bounds),
                        &fh.Add({ { "k", "1" } }, bounds) };
    Summary *s = &fs.Add({}, quantiles, std::chrono::minutes(10), 5);

    const bench_shape shapes[] = {
        { "counter inc", 1, counter_inc, { c[0], nullptr } },
        { "the same counter inc", 2, counter_inc, { c[0], c[0] } },
        { "different counters inc", 2, counter_inc, { c[0], c[1] } },
        { "counter add 1.5", 1, counter_add, { c[0], nullptr } },
        { "gauge set", 1, gauge_set, { g[0], nullptr } },
        { "the same gauge set", 2, gauge_set, { g[0], g[0] } },
        { "gauge inc", 1, gauge_inc, { g[1], nullptr } },
        { "the same gauge inc", 2, gauge_inc, { g[1], g[1] } },
        { "histogram observe, 11 buckets", 1, histogram_observe, { h[0], nullptr } },
        { "the same histogram observe", 2, histogram_observe, { h[0], h[0] } },
        { "different histograms observe", 2, histogram_observe, { h[0], h[1] } },
        { "summary observe, 3 quantiles", 1, summary_observe, { s, nullptr } },
        { "the same summary observe", 2, summary_observe, { s, s } },
        { "find by 2 label values and inc", 1, labels_inc, { &f, nullptr } },
        { "the same, both in one family", 2, labels_inc, { &f, &f } },
    };
    return bench_shapes(shapes, sizeof(shapes) / sizeof(shapes[0]));
}
