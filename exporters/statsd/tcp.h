/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp.h - a thread that serves all TCP connections: newline-ended lines of up to 4096
 * bytes.
 */
#ifndef STATSD_TCP_H
#define STATSD_TCP_H

#include "statsd/ingest.h"

struct tcp_limits {
    size_t max_connections; /* the newest is refused */
    double idle_seconds;    /* a silent connection is closed; 0: never */
};

struct tcp;

/* Serve fd, a listening socket, owned from now on. Returns NULL, with fd still the
 * caller's, when memory, descriptors or threads are short. */
struct tcp *tcp_start(int fd, const struct tcp_limits *limits,
                      const struct ingest_shared *shared);

/* Take what the connections have sent so far, at most seconds long, then close them all
 * and end the thread. The counters stay readable until tcp_free(). */
void tcp_stop(struct tcp *t, double seconds);
void tcp_join(struct tcp *t);
void tcp_free(struct tcp *t);

const struct stats *tcp_stats(const struct tcp *t);

#endif /* STATSD_TCP_H */
