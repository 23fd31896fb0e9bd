/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - flags and their defaults. Those that the peer has keep its names and
 * meaning; ours are udp-threads, tcp-max-connections, tcp-idle-timeout and the two caps.
 */
#include "config.h"

#include "options.h"

static void declare_listeners(struct options *o, struct flags *f)
{
    o->listen_udp = o->listen_tcp = ":8125";
    o->listen_unixgram = "";
    o->unixsocket_mode = "755";
    o->udp_threads = 1;
    o->tcp_connections = 4096;
    o->tcp_idle = 3600;
    flags_group(f, "Receiving");
    flags_string(f, "statsd.listen-udp",
                 "Address to receive StatsD lines on over UDP; empty: not at all.",
                 &o->listen_udp, NULL);
    flags_string(f, "statsd.listen-tcp",
                 "Address to receive StatsD lines on over TCP; empty: not at all.",
                 &o->listen_tcp, NULL);
    flags_string(f, "statsd.listen-unixgram",
                 "Path of a Unix datagram socket to receive on, or @name; empty: none.",
                 &o->listen_unixgram, NULL);
    flags_string(f, "statsd.unixsocket-mode", "Permissions of the Unix socket, octal.",
                 &o->unixsocket_mode, NULL);
    flags_int(
        f, "statsd.read-buffer",
        "Receive buffer of UDP and Unix sockets in bytes; 0: 4 MiB, or what the system "
        "allows.",
        &o->read_buffer, 0, 1 << 30);
    flags_int(
        f, "statsd.udp-threads",
        "Threads that receive UDP; more than one share the port, each serving some of "
        "the senders.",
        &o->udp_threads, 1, 64);
    flags_int(f, "statsd.tcp-max-connections",
              "TCP connections at once; the newest beyond it is closed.",
              &o->tcp_connections, 1, 1000000);
    flags_duration(f, "statsd.tcp-idle-timeout",
                   "Close a TCP connection that has been silent this long; 0s: never.",
                   &o->tcp_idle);
}

static void declare_parsing(struct options *o, struct flags *f)
{
    o->dogstatsd = o->influxdb = o->librato = o->signalfx = 1;
    o->max_series = 100000;
    o->max_series_per_name = 10000;
    flags_group(f, "Reading lines");
    flags_bool(f, "statsd.parse-dogstatsd-tags", "Read tags as DogStatsD writes them.",
               &o->dogstatsd, NULL);
    flags_bool(f, "statsd.parse-influxdb-tags", "Read tags as InfluxDB writes them.",
               &o->influxdb, NULL);
    flags_bool(f, "statsd.parse-librato-tags", "Read tags as Librato writes them.",
               &o->librato, NULL);
    flags_bool(f, "statsd.parse-signalfx-tags", "Read tags as SignalFX writes them.",
               &o->signalfx, NULL);
    flags_int(f, "statsd.max-series",
              "Series that events may create altogether; a series longer than 512 bytes "
              "counts several times.",
              &o->max_series, 1, 100000000);
    flags_int(f, "statsd.max-series-per-name",
              "Series that events may create under one name.", &o->max_series_per_name, 1,
              100000000);
}

void options_declare(struct options *o, struct flags *f)
{
    static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
    static const char *const formats[] = { "logfmt", "json", NULL };

    web_flags_one(&o->web, f, ":9102");
    declare_listeners(o, f);
    declare_parsing(o, f);
    o->log_level = "info";
    o->log_format = "logfmt";
    flags_group(f, "Logging");
    flags_choice(f, "log.level",
                 "Least severe messages to log: debug, info, warn or error.",
                 &o->log_level, levels);
    flags_choice(f, "log.format", "Format of log lines: logfmt or json.", &o->log_format,
                 formats);
}
