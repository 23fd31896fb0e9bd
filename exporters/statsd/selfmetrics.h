/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selfmetrics.h - what the program says about itself: statsd_exporter_*, under the names
 * of the peer so that dashboards and alerts carry over.
 */
#ifndef STATSD_SELFMETRICS_H
#define STATSD_SELFMETRICS_H

#include <pthread.h>

#include <promc/promc.h>

#include "statsd/conflicts.h"
#include "statsd/dgram.h"
#include "statsd/series.h"
#include "statsd/tcp.h"

#define SELFMETRICS_MAX_DGRAMS 65

/* What there is to report on. Fill before registering, do not change afterwards. */
struct selfmetrics {
    struct dgram *dgram[SELFMETRICS_MAX_DGRAMS];
    size_t n_dgrams;
    struct tcp *tcp; /* or NULL */
    struct series_table *series;
    struct conflicts *conflicts;
    struct series_limits limits;
    pthread_mutex_t lock; /* of the kernel's drop counts; PTHREAD_MUTEX_INITIALIZER */
};

/* A promc_collect_fn; arg is a struct selfmetrics. */
void selfmetrics_collect(promc_emitter *e, void *arg);

/* So far: lines received, and datagrams the kernel dropped. */
uint64_t selfmetrics_lines(const struct selfmetrics *m);
uint64_t selfmetrics_drops(struct selfmetrics *m);

#endif /* STATSD_SELFMETRICS_H */
