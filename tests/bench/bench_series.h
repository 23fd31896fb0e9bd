/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_series.h - the 100,000 counters that bench_scrape and bench_http render.
 */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <promc/promc.h>

#include "bench.h"

static inline void bench_make_counters(promc_registry *reg)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    opts.max_series = 100000;
    f = promc_counter_family_new_with(reg, "bench_requests_total", "Requests.",
                                      PROMC_LABELS("code", "path", "shard"), &opts, NULL);
    for (unsigned i = 0; i < 100000; i++) {
        char path[32], shard[16];

        bench_scrape_labels(i, path, shard);
        promc_counter_add_u64(
            promc_counter_labels(f, PROMC_LABELS(bench_codes[i % 10], path, shard)),
            i * 7);
    }
}

#endif /* BENCH_SERIES_H */
