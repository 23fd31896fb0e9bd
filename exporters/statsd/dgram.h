/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dgram.h - a thread that receives datagrams (UDP or Unix) in batches and ingests them.
 */
#ifndef STATSD_DGRAM_H
#define STATSD_DGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "statsd/ingest.h"

struct dgram;

/* Start receiving from fd, which is owned from now on. unix_socket: which packets to
 * count. Returns NULL, with fd still the caller's, when memory or threads are short. */
struct dgram *dgram_start(int fd, bool unix_socket, const struct ingest_shared *shared);

/* Take what the socket has queued, at most seconds long, then end the thread. The
 * counters stay readable until dgram_free(). Stop: ask; join: wait. */
void dgram_stop(struct dgram *d, double seconds);
void dgram_join(struct dgram *d);
void dgram_free(struct dgram *d);

const struct stats *dgram_stats(const struct dgram *d);

/* Packets that the kernel dropped because the socket's buffer was full. Any one thread at
 * a time, until dgram_free(). */
uint64_t dgram_kernel_drops(struct dgram *d);

#endif /* STATSD_DGRAM_H */
