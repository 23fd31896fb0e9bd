/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h - the StatsD line grammar with its dialects, as a pure parser: bytes in, events
 * out.
 *
 *   NAME[tags]:VALUE|TYPE[|@RATE][|#tags][|c:ID][|Ttime]
 *   NAME:VALUE:VALUE:VALUE|ms...          several values, one suffix (DogStatsD 1.1)
 *   NAME:VALUE|TYPE:VALUE|TYPE...         several samples, each with its own suffix
 *
 * Tags in the name: a[k=v,k=v]b (SignalFX), a#k=v,k=v (Librato), a,k=v,k=v (InfluxDB).
 * Works in place, allocates nothing; its cost grows with the length of the line and with
 * nothing else. The rules are those of the Prometheus project's statsd_exporter.
 */
#ifndef STATSD_LINE_H
#define STATSD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_TAGS 128

/* A sampled observation counts 1/rate times, up to this. A rate below 1e-9 is refused. */
#define LINE_MAX_TIMES 1000000000

/* Borrowed bytes. */
struct text {
    const char *p;
    size_t n;
};

/* Which tag dialects to read; all on is the default of the program. */
struct line_options {
    bool dogstatsd, influxdb, librato, signalfx;
};

/* Why a line, or one sample of it, was refused. */
enum line_error {
    LINE_OK = -1,
    LINE_MALFORMED_LINE = 0,
    LINE_MIXED_TAGGING_STYLES,
    LINE_NOT_ENOUGH_PARTS,
    LINE_INVALID_AGGREGATE_TYPE,
    LINE_MALFORMED_COMPONENT,
    LINE_MALFORMED_VALUE,
    LINE_INVALID_SAMPLE_FACTOR,
    LINE_MALFORMED_CONTAINER_ID,
    LINE_ILLEGAL_EVENT,
    LINE_RATE_OUT_OF_RANGE, /* an observation whose rate makes it count no time at all */
    LINE_TRUNCATED,         /* the end of a datagram that did not fit, see dgram.c */
    LINE_N_ERRORS
};

/* The label value for the reason, for example "malformed_line". */
const char *line_error_name(enum line_error e);

enum event_type { EVENT_COUNTER = 0, EVENT_GAUGE, EVENT_OBSERVER, EVENT_N_TYPES };

struct line_event {
    double value;   /* seconds for ms; counters: already divided by the rate */
    uint32_t times; /* observers: how often the value counts; else 1 */
    enum event_type type;
    bool relative; /* gauges: change by value instead of setting it */
};

/* What follows the value: "|ms|@0.1|#a:b". The same suffix means the same for any value.
 */
struct line_suffix {
    double rate;            /* counters: divide by it */
    uint32_t times;         /* observers: how often each value counts */
    uint32_t tag_errors;    /* per sample */
    uint32_t factor_errors; /* rates that are no number: counted, the sample is kept */
    signed char error;  /* enum line_error: why no sample with it is taken, or LINE_OK */
    unsigned char type; /* enum event_type */
    bool milliseconds;
};

/* One line. Name and tags are as sent, not escaped yet. */
struct line {
    struct text name[2]; /* the name is [0] followed by [1] */
    struct text key[LINE_MAX_TAGS], value[LINE_MAX_TAGS];
    size_t n_tags;
    bool too_many_tags;

    /* Filled when the line has one suffix that is in order, so that all but the values
     * can be remembered: the line is head (NAME and tags), ':', values, tail ("|ms|...").
     */
    bool plain;
    struct text head, tail;
    struct line_suffix suffix;
    uint32_t head_tag_errors;
};

struct line_counts {
    uint64_t samples, tags, tag_errors;
    uint64_t errors[LINE_N_ERRORS];
};

typedef void line_event_fn(void *arg, const struct line *l, const struct line_event *e);

/* Parse the n bytes at s, which hold no newline; an empty line is silently nothing. Calls
 * fn for each event in order and adds to *counts what was seen and refused. *l is scratch
 * space for the parser; it describes the line to fn and until the next call. */
void line_parse(const struct line_options *o, const char *s, size_t n, struct line *l,
                struct line_counts *counts, line_event_fn *fn, void *arg);

/* Make the event of one value under a suffix whose error is LINE_OK. Returns 0, or -1
 * when the value is not a number. */
int line_value(const struct line_suffix *x, const char *s, size_t n,
               struct line_event *e);

#endif /* STATSD_LINE_H */
