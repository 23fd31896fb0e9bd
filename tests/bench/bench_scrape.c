/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_scrape.c - milliseconds per render of libpromc, in process. See bench.h.
 *
 *   bench_scrape counters|histograms
 */
#include "config.h"

#include <string.h>

#include <promc/promc.h>

#include "bench.h"
#include "bench_series.h"

static promc_registry *reg;

static size_t render(void *page)
{
    if (promc_render(reg, PROMC_FORMAT_TEXT, page, NULL) != 0 ||
        promc_page_error(page, NULL))
        return 0;
    return promc_page_size(page);
}

static void make_histograms(void)
{
    promc_histogram_family *f = promc_histogram_family_new(
        reg, "bench_seconds", "Time.", PROMC_LABELS("path"), bench_bounds, 11, NULL);

    for (unsigned i = 0; i < 1000; i++) {
        char path[32], shard[16];
        promc_histogram *h;

        bench_scrape_labels(i, path, shard);
        h = promc_histogram_labels(f, PROMC_LABELS(path));
        for (unsigned j = 0; j < 40; j++)
            promc_histogram_observe(h, bench_in.v[(i * 40 + j) % BENCH_VALUES]);
    }
}

int main(int argc, char **argv)
{
    int histograms = argc > 1 && strcmp(argv[1], "histograms") == 0;
    promc_page *page = promc_page_new(NULL);
    int r;

    reg = promc_registry_new(NULL);
    bench_make_input();
    if (histograms)
        make_histograms();
    else
        bench_make_counters(reg);
    r = bench_scrape(histograms ? "1,000 histograms, 11 buckets"
                                : "100,000 counters, 3 labels",
                     render, page);
    promc_page_free(page);
    promc_registry_free(reg);
    return r;
}
