/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest.h - what a receiving thread does with the bytes it got: lines, events, updates.
 */
#ifndef STATSD_INGEST_H
#define STATSD_INGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "statsd/conflicts.h"
#include "statsd/hash.h"
#include "statsd/line.h"
#include "statsd/series.h"
#include "statsd/stats.h"

/* What all threads share; outlives them. */
struct ingest_shared {
    struct line_options options;
    struct hash_key key;
    struct series_table *series;
    struct conflicts *conflicts;
};

/* One thread's side; no other thread calls the functions below with it. */
struct ingest;

/* Returns NULL when out of memory. */
struct ingest *ingest_new(const struct ingest_shared *shared);
void ingest_free(struct ingest *in);

/* The thread's counters, for itself to add to and for a scrape to read. */
struct stats *ingest_stats(struct ingest *in);

/* One line without its newline. */
void ingest_line(struct ingest *in, const char *s, size_t n);

/* A datagram: lines parted by newlines. truncated: it was longer than the n bytes at s;
 * its last, cut line is then counted and not applied. */
void ingest_datagram(struct ingest *in, const char *s, size_t n, bool truncated);

/* A piece of a line whose rest will never come: counted, not applied. */
void ingest_cut_line(struct ingest *in);

#endif /* STATSD_INGEST_H */
