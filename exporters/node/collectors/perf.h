/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf.h - what the perf collector counts, and where.
 */
#ifndef NODE_COLLECTORS_PERF_H
#define NODE_COLLECTORS_PERF_H

#include <promc/promc.h>
#include <stddef.h>
#include <stdint.h>

#include "node/scan.h"

enum perf_group { PERF_HARDWARE, PERF_SOFTWARE, PERF_CACHE, PERF_GROUPS };

struct perf_event {
    enum perf_group group;
    const char *profiler; /* its name in flags */
    const char *metric;
    const char *help;
    uint32_t type; /* PERF_TYPE_... */
    uint64_t config;
};
extern const struct perf_event perf_events[];
extern const size_t perf_events_n;

#define PERF_MAX_CPUS 8192

/* A set of CPUs. Start from all zeros. */
struct perf_cpus {
    uint64_t bits[PERF_MAX_CPUS / 64];
};

static inline int perf_cpus_has(const struct perf_cpus *cpus, size_t cpu)
{
    return (int)(cpus->bits[cpu / 64] >> cpu % 64 & 1);
}

/* Add those of a list: 0,2-4,8-15:2, the number behind the colon being a step. Returns 0;
 * -EINVAL when it is no such list; -ERANGE for a CPU that no machine has. */
int perf_cpus_add(struct perf_cpus *cpus, struct span list);

/* A tracepoint, SUBSYSTEM:EVENT, as a path below the directory events and as a metric name.
 * Returns 0, or -EINVAL for what cannot be one. */
int perf_tracepoint(const char *text, char *path, size_t path_size, char *metric,
                    size_t metric_size);

#endif /* NODE_COLLECTORS_PERF_H */
