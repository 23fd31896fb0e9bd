/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.h - from an event's name, tags and type to the series it belongs to.
 *
 * The table knows every metric name and the type its first event gave it; it says no to
 * what would make a scrape unreadable or unbounded, so that a bad event costs itself and
 * nothing else. Threads that receive keep what they find here (cache.h), hence one lock
 * will do.
 */
#ifndef STATSD_SERIES_H
#define STATSD_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include <promc/promc.h>

#include "statsd/conflicts.h"
#include "statsd/hash.h"
#include "statsd/line.h"
#include "statsd/series_id.h"
#include "statsd/stats.h"

enum series_kind { SERIES_COUNTER = 0, SERIES_GAUGE, SERIES_SUMMARY, SERIES_N_KINDS };

/* A series; kind says which handle. Good as long as the registry lives. */
struct series_ref {
    enum series_kind kind;
    union {
        promc_counter *counter;
        promc_gauge *gauge;
        promc_summary *summary;
        void *any;
    };
};

/* A series is charged once against max_series per so many bytes it begins, which bounds
 * the memory that long labels can take. */
#define SERIES_BYTES_PER_CHARGE 512

struct series_limits {
    size_t total;    /* series altogether */
    size_t per_name; /* series under one name */
};

struct series_table;

/* registry: where families are made. Returns NULL when out of memory. */
struct series_table *series_table_new(promc_registry *registry,
                                      const struct hash_key *key,
                                      const struct series_limits *limits,
                                      struct conflicts *conflicts);
/* The registry must be gone first or never render again. */
void series_table_free(struct series_table *t);

/* Find or make the series of an event that counts times times. Returns SERIES_OK with
 * *ref filled, or the reason for the refusal; a conflict has then been counted. s->name
 * holds the escaped name either way. Any thread, each with its own scratch space. */
enum event_error series_find(struct series_table *t, const struct line *l,
                             const struct line_event *e, struct series_id *s,
                             struct series_ref *ref);

/* How many (name, label names) combinations there are of each kind, and how many series.
 */
void series_counts(struct series_table *t, uint64_t combinations[SERIES_N_KINDS],
                   uint64_t *series);

#endif /* STATSD_SERIES_H */
