/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selfmetrics.c - adds up the threads' counters at each scrape. A label set appears with
 * its first count, a counter without labels is there from the start.
 */
#include "config.h"

#include "selfmetrics.h"

#include <stddef.h>

/* The plain counters: name, where to find it in struct stats, what it is. Lines are read
 * first, and all this before any series: see stat_add_last(). */
static const struct plain {
    const char *name;
    size_t offset;
    const char *help;
} plain[] = {
#define PLAIN(field, name, help)                                                         \
    {                                                                                    \
        "statsd_exporter_" name, offsetof(struct stats, field), help                     \
    }
    PLAIN(lines, "lines_total", "Lines received."),
    PLAIN(samples, "samples_total", "Samples found in lines."),
    PLAIN(tags, "tags_total", "Samples that had tags."),
    PLAIN(tag_errors, "tag_errors_total", "Tags that could not be read."),
    PLAIN(unmapped, "events_unmapped_total", "Events that no mapping rule matched."),
    PLAIN(udp_packets, "udp_packets_total", "UDP datagrams received."),
    PLAIN(unixgram_packets, "unixgram_packets_total", "Unix datagrams received."),
    PLAIN(truncated_packets, "truncated_packets_total",
          "Datagrams longer than 65536 bytes, of which the last line was lost."),
    PLAIN(receive_errors, "receive_errors_total",
          "Failed attempts to receive datagrams."),
    PLAIN(tcp_connections, "tcp_connections_total", "TCP connections accepted."),
    PLAIN(tcp_connection_errors, "tcp_connection_errors_total",
          "TCP connections that failed, or could not be accepted."),
    PLAIN(tcp_too_long_lines, "tcp_too_long_lines_total",
          "TCP lines over 4096 bytes; the connection was closed."),
    PLAIN(tcp_refused, "tcp_refused_connections_total",
          "TCP connections closed at once because there were too many."),
    PLAIN(tcp_timed_out, "tcp_timed_out_connections_total",
          "TCP connections closed for their silence."),
#undef PLAIN
};

static const _Atomic uint64_t *counter_at(const struct stats *s, size_t offset)
{
    return (const _Atomic uint64_t *)(const void *)((const char *)s + offset);
}

/* One counter over all threads. */
static uint64_t total(const struct selfmetrics *m, size_t offset)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < m->n_dgrams; i++)
        sum += stat_get(counter_at(dgram_stats(m->dgram[i]), offset));
    if (m->tcp != NULL)
        sum += stat_get(counter_at(tcp_stats(m->tcp), offset));
    return sum;
}

static void emit_one(promc_emitter *e, promc_type type, const char *name,
                     const char *help, double v)
{
    promc_emit(promc_emit_family(e, type, name, help, PROMC_NO_LABELS), PROMC_NO_LABELS,
               v);
}

/* A counter per label value, those at 0 left out. */
static void emit_labelled(promc_emitter *e, const struct selfmetrics *m, const char *name,
                          const char *help, const char *label, size_t offset, int n,
                          const char *(*value)(int))
{
    promc_samples *f = NULL;

    for (int i = 0; i < n; i++) {
        uint64_t v = total(m, offset + (size_t)i * sizeof(uint64_t));

        if (v == 0 || value(i) == NULL)
            continue;
        if (f == NULL)
            f = promc_emit_family(e, PROMC_TYPE_COUNTER, name, help, PROMC_LABELS(label));
        promc_emit(f, PROMC_LABELS(value(i)), (double)v);
    }
}

static const char *type_value(int i)
{
    return event_type_name((enum event_type)i);
}

static const char *line_value_name(int i)
{
    return line_error_name((enum line_error)i);
}

/* Conflicts have a metric of their own. */
static const char *event_value_name(int i)
{
    return i == EVENT_CONFLICT ? NULL : event_error_name((enum event_error)i);
}

uint64_t selfmetrics_drops(struct selfmetrics *m)
{
    uint64_t drops = 0;

    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->n_dgrams; i++)
        drops += dgram_kernel_drops(m->dgram[i]);
    pthread_mutex_unlock(&m->lock);
    return drops;
}

static void emit_series(promc_emitter *e, const struct selfmetrics *m)
{
    static const char *const kinds[SERIES_N_KINDS] = { "counter", "gauge", "summary" };
    uint64_t combinations[SERIES_N_KINDS], series;
    promc_samples *f = NULL;

    series_counts(m->series, combinations, &series);
    for (int i = 0; i < SERIES_N_KINDS; i++) {
        if (combinations[i] == 0)
            continue;
        if (f == NULL)
            f = promc_emit_family(e, PROMC_TYPE_GAUGE, "statsd_exporter_metrics_total",
                                  "Combinations of metric name and label names.",
                                  PROMC_LABELS("type"));
        promc_emit(f, PROMC_LABELS(kinds[i]), (double)combinations[i]);
    }
    emit_one(e, PROMC_TYPE_GAUGE, "statsd_exporter_series", "Series made from events.",
             (double)series);
    emit_one(e, PROMC_TYPE_GAUGE, "statsd_exporter_series_limit",
             "Series that may be made from events.", (double)m->limits.total);
}

void selfmetrics_collect(promc_emitter *e, void *arg)
{
    struct selfmetrics *m = arg;

    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        emit_one(e, PROMC_TYPE_COUNTER, plain[i].name, plain[i].help,
                 (double)total(m, plain[i].offset));
    emit_one(e, PROMC_TYPE_GAUGE, "statsd_exporter_tcp_open_connections",
             "TCP connections open now.",
             (double)total(m, offsetof(struct stats, tcp_open)));
    emit_labelled(e, m, "statsd_exporter_events_total", "Events applied.", "type",
                  offsetof(struct stats, events), EVENT_N_TYPES, type_value);
    emit_labelled(e, m, "statsd_exporter_sample_errors_total",
                  "Lines and samples refused.", "reason",
                  offsetof(struct stats, sample_errors), LINE_N_ERRORS, line_value_name);
    emit_labelled(e, m, "statsd_exporter_events_error_total", "Events refused.", "reason",
                  offsetof(struct stats, event_errors), EVENT_N_ERRORS, event_value_name);
    conflicts_emit(m->conflicts, e);
    emit_one(e, PROMC_TYPE_COUNTER, "statsd_exporter_udp_packet_drops_total",
             "UDP datagrams the kernel dropped because the receive buffer was full.",
             (double)selfmetrics_drops(m));
    emit_series(e, m);
}

uint64_t selfmetrics_lines(const struct selfmetrics *m)
{
    return total(m, offsetof(struct stats, lines));
}
