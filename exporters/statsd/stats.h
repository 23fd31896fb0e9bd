/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h - what a receiving thread counts about its own work.
 *
 * Each thread writes its own block and a scrape adds the blocks up, so that counting
 * costs two plain instructions and no shared cache line.
 */
#ifndef STATSD_STATS_H
#define STATSD_STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include "statsd/line.h"

/* Why an event that parsed well was not applied. The first two are the peer's. */
enum event_error {
    EVENT_EMPTY_NAME = 0,
    EVENT_NEGATIVE_COUNTER,
    EVENT_ILLEGAL_VALUE,  /* not finite, where that would spoil a sum for ever */
    EVENT_RESERVED_NAME,  /* a metric of the program itself */
    EVENT_RESERVED_LABEL, /* __x, or quantile on a summary */
    EVENT_TOO_MANY_LABELS,
    EVENT_SERIES_TOO_LONG, /* bytes of name and labels */
    EVENT_TOO_MANY_SERIES, /* the cap is reached */
    EVENT_OUT_OF_MEMORY,
    EVENT_CONFLICT, /* counted by name, see conflicts.h, and not under a reason */
    EVENT_N_ERRORS
};

const char *event_error_name(enum event_error e);

struct stats {
    _Atomic uint64_t lines; /* done with, see stat_add_last() */
    _Atomic uint64_t samples;
    _Atomic uint64_t tags;
    _Atomic uint64_t tag_errors;
    _Atomic uint64_t unmapped;
    _Atomic uint64_t events[EVENT_N_TYPES];
    _Atomic uint64_t sample_errors[LINE_N_ERRORS];
    _Atomic uint64_t event_errors[EVENT_N_ERRORS];
    _Atomic uint64_t udp_packets;
    _Atomic uint64_t unixgram_packets;
    _Atomic uint64_t truncated_packets;
    _Atomic uint64_t receive_errors;
    _Atomic uint64_t tcp_connections;
    _Atomic uint64_t tcp_connection_errors;
    _Atomic uint64_t tcp_too_long_lines;
    _Atomic uint64_t tcp_refused;   /* over the cap of connections */
    _Atomic uint64_t tcp_timed_out; /* silent for too long */
    _Atomic uint64_t tcp_open;      /* now */
};

/* Only the owning thread calls this. Relaxed: a scrape may see one count before another,
 * but each of them whole; stat_add_last() is what publishes them. */
static inline void stat_add(_Atomic uint64_t *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* The last count of a line: whoever sees it sees all the others, and the line's events. A
 * client that waits for its lines to be counted then finds them applied. */
static inline void stat_add_last(_Atomic uint64_t *c, uint64_t n)
{
    /* release: pairs with the acquire in stat_get() */
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_release);
}

static inline uint64_t stat_get(const _Atomic uint64_t *c)
{
    return atomic_load_explicit(c, memory_order_acquire);
}

#endif /* STATSD_STATS_H */
