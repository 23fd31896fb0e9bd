/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line of promc-statsd-exporter.
 */
#ifndef STATSD_OPTIONS_H
#define STATSD_OPTIONS_H

#include "common/flags.h"
#include "common/web.h"

struct options {
    struct web web;
    const char *listen_udp, *listen_tcp, *listen_unixgram; /* "": none */
    const char *unixsocket_mode;
    long read_buffer; /* bytes; 0: our choice */
    long udp_threads;
    long tcp_connections;
    double tcp_idle; /* seconds */
    int dogstatsd, influxdb, librato, signalfx;
    long max_series, max_series_per_name;
    const char *log_level, *log_format;
};

/* Set the defaults and declare the flags. */
void options_declare(struct options *o, struct flags *f);

#endif /* STATSD_OPTIONS_H */
