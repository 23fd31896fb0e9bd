/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - open the sockets that StatsD lines come in on.
 *
 * All return a descriptor, close-on-exec, or -1 with *err filled; the text names the
 * address.
 */
#ifndef STATSD_LISTEN_H
#define STATSD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include <promc/promc.h>

/* address: "host:port", ":port" (all IPv4 addresses, as the peer does), "[v6]:port".
 * shared: several sockets of this process are bound to the address; first: this is the
 * first of them, so nobody else may have it. */
int listen_udp(const char *address, bool shared, bool first, promc_error *err);
int listen_tcp(const char *address, promc_error *err);

/* path: of a socket to create with this mode, or "@name" for an abstract one. A file that
 * is there already is an error. */
int listen_unixgram(const char *path, unsigned mode, promc_error *err);

/* Ask for a receive buffer of this many bytes, past the system's limit where that is
 * allowed. Returns what the kernel gave. */
size_t listen_buffer(int fd, size_t bytes);

#endif /* STATSD_LISTEN_H */
