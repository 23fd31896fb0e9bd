/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - durations in seconds.
 */
#include "config.h"
#include "promc/promc.h"

#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

promc_timer promc_timer_start(void)
{
    return (promc_timer){ now_ns() };
}

double promc_timer_seconds(promc_timer t)
{
    return (double)(now_ns() - t.start_ns) / 1e9;
}

void promc_histogram_observe_timer(promc_histogram *h, promc_timer t)
{
    promc_histogram_observe(h, promc_timer_seconds(t));
}

void promc_summary_observe_timer(promc_summary *s, promc_timer t)
{
    promc_summary_observe(s, promc_timer_seconds(t));
}

void promc_gauge_set_timer(promc_gauge *g, promc_timer t)
{
    promc_gauge_set(g, promc_timer_seconds(t));
}
