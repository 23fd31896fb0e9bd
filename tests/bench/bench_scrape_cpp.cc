/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_scrape_cpp.cc - milliseconds per render of prometheus-cpp, in process. See
 * bench.h.
 *
 *   bench_scrape_cpp counters|histograms
 */
#include <cstring>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "bench.h"

using namespace prometheus;

static size_t render(void *arg)
{
    return TextSerializer().Serialize(static_cast<Registry *>(arg)->Collect()).size();
}

static void make_counters(Registry &registry)
{
    auto &f =
        BuildCounter().Name("bench_requests_total").Help("Requests.").Register(registry);

    for (unsigned i = 0; i < 100000; i++) {
        char path[32], shard[16];

        bench_scrape_labels(i, path, shard);
        f.Add({ { "code", bench_codes[i % 10] }, { "path", path }, { "shard", shard } })
            .Increment(i * 7);
    }
}

static void make_histograms(Registry &registry)
{
    auto &f = BuildHistogram().Name("bench_seconds").Help("Time.").Register(registry);
    const Histogram::BucketBoundaries bounds(bench_bounds, bench_bounds + 11);

    for (unsigned i = 0; i < 1000; i++) {
        char path[32], shard[16];

        bench_scrape_labels(i, path, shard);
        Histogram &h = f.Add({ { "path", path } }, bounds);
        for (unsigned j = 0; j < 40; j++)
            h.Observe(bench_in.v[(i * 40 + j) % BENCH_VALUES]);
    }
}

int main(int argc, char **argv)
{
    bool histograms = argc > 1 && std::strcmp(argv[1], "histograms") == 0;
    Registry registry;

    bench_make_input();
    if (histograms)
        make_histograms(registry);
    else
        make_counters(registry);
    return bench_scrape(histograms ? "1,000 histograms, 11 buckets"
                                   : "100,000 counters, 3 labels",
                        render, &registry);
}
