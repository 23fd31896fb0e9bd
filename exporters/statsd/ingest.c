/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest.c - a known line goes straight from the cache to its series; any other is
 * parsed, its events resolved, and what was learnt is kept. Mapping rules belong between
 * the parser's event and the series, in on_event(); a relay belongs at the top of
 * ingest_line().
 */
#include "config.h"

#include "ingest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "statsd/cache.h"

/* Bytes of a bad line that the log shows. */
#define LOG_SAMPLE 120

struct ingest {
    struct stats stats __attribute__((aligned(64)));
    const struct ingest_shared *shared;
    struct cache *cache;
    bool debug;

    /* The line being parsed. */
    const char *text;
    size_t len;
    bool found; /* ref is where a plain line's events go */
    struct series_ref ref;
    struct line line;
    struct series_id scratch;
};

static struct log_limit line_limit[LINE_N_ERRORS], event_limit[EVENT_N_ERRORS];

const char *event_error_name(enum event_error e)
{
    static const char *const names[EVENT_N_ERRORS] = {
        [EVENT_EMPTY_NAME] = "empty_metric_name",
        [EVENT_NEGATIVE_COUNTER] = "illegal_negative_counter",
        [EVENT_ILLEGAL_VALUE] = "illegal_value",
        [EVENT_RESERVED_NAME] = "reserved_name",
        [EVENT_RESERVED_LABEL] = "reserved_label",
        [EVENT_TOO_MANY_LABELS] = "too_many_labels",
        [EVENT_SERIES_TOO_LONG] = "series_too_long",
        [EVENT_TOO_MANY_SERIES] = "too_many_series",
        [EVENT_OUT_OF_MEMORY] = "out_of_memory",
        [EVENT_CONFLICT] = "conflict",
    };

    return (unsigned)e < EVENT_N_ERRORS ? names[e] : "";
}

struct ingest *ingest_new(const struct ingest_shared *shared)
{
    struct ingest *in = aligned_alloc(64, (sizeof(*in) + 63) & ~(size_t)63);

    if (in == NULL)
        return NULL;
    memset(in, 0, sizeof(*in));
    in->shared = shared;
    in->debug = log_enabled(PROMC_LOG_DEBUG);
    in->cache = cache_new(&shared->key);
    if (in->cache == NULL) {
        free(in);
        return NULL;
    }
    return in;
}

void ingest_free(struct ingest *in)
{
    if (in == NULL)
        return;
    cache_free(in->cache);
    free(in);
}

struct stats *ingest_stats(struct ingest *in)
{
    return &in->stats;
}

/* One log line per reason and ten seconds, whatever is sent. */
static void complain(const struct ingest *in, struct log_limit *limit, const char *msg,
                     const char *reason, const char *metric)
{
    char sample[LOG_SAMPLE + 1], count[24];
    uint64_t suppressed;
    size_t n = in->len < LOG_SAMPLE ? in->len : LOG_SAMPLE;

    if (!log_limit_pass(limit, &suppressed))
        return;
    memcpy(sample, in->text, n);
    sample[n] = '\0';
    snprintf(count, sizeof(count), "%llu", (unsigned long long)suppressed);
    log_warn(msg, "reason", reason, "metric", metric, "line", sample, "suppressed",
             count);
}

/* Would the value spoil the series for good? A gauge takes anything: the next value mends
 * it. */
static enum event_error check_value(const struct line_event *e)
{
    if (e->type == EVENT_GAUGE)
        return SERIES_OK;
    if (!isfinite(e->value))
        return EVENT_ILLEGAL_VALUE;
    if (e->type == EVENT_COUNTER && e->value < 0)
        return EVENT_NEGATIVE_COUNTER;
    return SERIES_OK;
}

static void refuse(struct ingest *in, enum event_error why, uint32_t times,
                   const char *metric)
{
    stat_add(&in->stats.event_errors[why], times);
    complain(in, &event_limit[why], "event refused", event_error_name(why), metric);
}

static inline void apply(struct ingest *in, const struct series_ref *ref,
                         const struct line_event *e)
{
    stat_add(&in->stats.events[e->type], e->times);
    switch (ref->kind) {
    case SERIES_COUNTER:
        promc_counter_add(ref->counter, e->value);
        break;
    case SERIES_GAUGE:
        if (e->relative)
            promc_gauge_add(ref->gauge, e->value);
        else
            promc_gauge_set(ref->gauge, e->value);
        break;
    default:
        promc_summary_observe_n(ref->summary, e->value, e->times);
        break;
    }
}

/* The parser's event: find its series and update it. */
static void on_event(void *arg, const struct line *l, const struct line_event *e)
{
    struct ingest *in = arg;
    enum event_error why;

    stat_add(&in->stats.unmapped, e->times);
    if (l->name[0].n + l->name[1].n == 0) {
        refuse(in, EVENT_EMPTY_NAME, e->times, "");
        return;
    }
    why = check_value(e);
    if (why == SERIES_OK && !(in->found && l->plain)) {
        in->scratch.name[0] = '\0';
        why = series_find(in->shared->series, l, e, &in->scratch, &in->ref);
        in->found = why == SERIES_OK;
    }
    if (why == SERIES_OK)
        apply(in, &in->ref, e);
    else
        refuse(in, why, e->times, in->scratch.name);
}

static void add_counts(struct ingest *in, const struct line_counts *c)
{
    stat_add(&in->stats.samples, c->samples);
    stat_add(&in->stats.tags, c->tags);
    stat_add(&in->stats.tag_errors, c->tag_errors);
    for (int i = 0; i < LINE_N_ERRORS; i++) {
        if (c->errors[i] == 0)
            continue;
        stat_add(&in->stats.sample_errors[i], c->errors[i]);
        complain(in, &line_limit[i], "bad line", line_error_name((enum line_error)i), "");
    }
}

/* The long way: parse, resolve, remember. */
static void parse_line(struct ingest *in, const char *s, size_t n)
{
    struct line_counts counts = { 0 };

    in->text = s;
    in->len = n;
    in->found = false;
    in->scratch.name[0] = '\0';
    line_parse(&in->shared->options, s, n, &in->line, &counts, on_event, in);
    add_counts(in, &counts);
    if (in->line.plain && in->found)
        cache_add(in->cache, &in->line, &in->ref);
}

/* One value of a known line. */
static inline void apply_value(struct ingest *in, const struct cache_entry *known,
                               const struct line_event *e)
{
    enum event_error why = check_value(e);

    stat_add(&in->stats.samples, 1);
    stat_add(&in->stats.unmapped, e->times);
    if (known->has_tags)
        stat_add(&in->stats.tags, 1);
    if (known->suffix.tag_errors > 0)
        stat_add(&in->stats.tag_errors, known->suffix.tag_errors);
    if (why == SERIES_OK)
        apply(in, &known->ref, e);
    else
        refuse(in, why, e->times, "");
}

/* "VALUE:VALUE:VALUE" of a known line. Returns false, with nothing done, when that is not
 * what it is: only observations are packed, and one byte that is not UTF-8 spoils the
 * line. */
static bool apply_packed(struct ingest *in, const struct cache_entry *known,
                         const char *s, size_t n)
{
    const char *end = s + n;
    struct line_event e;

    if (known->suffix.type != EVENT_OBSERVER || memchr(s, ':', n) == NULL ||
        !promc_utf8_valid(s, n))
        return false;
    while (s != NULL) {
        const char *colon = s < end ? memchr(s, ':', (size_t)(end - s)) : NULL;

        if (line_value(&known->suffix, s, (size_t)((colon != NULL ? colon : end) - s),
                       &e) == 0) {
            apply_value(in, known, &e);
        } else {
            stat_add(&in->stats.samples, 1);
            stat_add(&in->stats.sample_errors[LINE_MALFORMED_VALUE], 1);
        }
        s = colon != NULL ? colon + 1 : NULL;
    }
    return true;
}

/* The short way, for "HEAD:VALUE|TAIL" when HEAD and TAIL have been seen together before
 * and the value is in order. Returns false, with nothing done, for every other line. */
static bool apply_known(struct ingest *in, const char *s, size_t n)
{
    const char *end = s + n, *colon, *bar;
    const struct cache_entry *known;
    struct line_event e;

    colon = memchr(s, ':', n);
    if (colon == NULL)
        return false;
    bar = memchr(colon, '|', (size_t)(end - colon));
    if (bar == NULL)
        return false;
    known = cache_find(in->cache, (struct text){ s, (size_t)(colon - s) },
                       (struct text){ bar, (size_t)(end - bar) });
    if (known == NULL)
        return false;
    in->text = s;
    in->len = n;
    if (line_value(&known->suffix, colon + 1, (size_t)(bar - colon - 1), &e) == 0)
        apply_value(in, known, &e);
    else if (!apply_packed(in, known, colon + 1, (size_t)(bar - colon - 1)))
        return false;
    if (known->head_tag_errors > 0)
        stat_add(&in->stats.tag_errors, known->head_tag_errors);
    return true;
}

void ingest_line(struct ingest *in, const char *s, size_t n)
{
    if (in->debug && n > 0) {
        char copy[LOG_SAMPLE + 1];
        size_t m = n < LOG_SAMPLE ? n : LOG_SAMPLE;

        memcpy(copy, s, m);
        copy[m] = '\0';
        log_debug("incoming line", "line", copy);
    }
    if (n > 0 && !apply_known(in, s, n))
        parse_line(in, s, n);
    stat_add_last(&in->stats.lines, 1);
}

void ingest_cut_line(struct ingest *in)
{
    stat_add(&in->stats.sample_errors[LINE_TRUNCATED], 1);
    stat_add_last(&in->stats.lines, 1);
}

void ingest_datagram(struct ingest *in, const char *s, size_t n, bool truncated)
{
    const char *end = s + n, *newline;

    while ((newline = memchr(s, '\n', (size_t)(end - s))) != NULL) {
        ingest_line(in, s, (size_t)(newline - s));
        s = newline + 1;
    }
    if (truncated)
        ingest_cut_line(in);
    else
        ingest_line(in, s, (size_t)(end - s));
}
