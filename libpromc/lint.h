/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint.h - the linter's parts: a strict reader of expositions that reports what is wrong and
 * goes on.
 *
 *   lint.c         lines: metadata, samples, the end
 *   lint_line.c    one sample line taken apart
 *   lint_family.c  families: which one a sample belongs to, clashes, interleaving
 *   lint_group.c   the groups of one family: histograms, summaries; what they lack
 *   lint_series.c  the samples of a group, one against the other
 *   lint_names.c   conventions for names
 *   lint_rules.c   the list of rules, and reporting
 *
 * Nothing of the input is copied but the keys that find a name or a series again, and these go
 * into crit-bit trees, so time and memory stay proportional to the input, whatever it is.
 */
#ifndef PROMC_LINT_H
#define PROMC_LINT_H

#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "nametree.h"
#include "promc/testing.h"
#include "scan.h"

/* The rules, in the order of promc_lint_rules(): identifier, name, severe in the text formats,
 * severe in OpenMetrics, and what it is about. */
#define PROMC__LINT_RULES(R)                                                             \
    R(UTF8, "utf8", 1, 1, "bytes that are not UTF-8")                                    \
    R(NUL, "nul", 1, 0, "a NUL byte, at which some readers stop")                        \
    R(LINE_END, "line-end", 1, 1, "a carriage return before the line feed")              \
    R(FINAL_NEWLINE, "final-newline", 1, 0, "no line feed behind the last line")         \
    R(EOF, "eof", 1, 1, "OpenMetrics without # EOF at the end")                          \
    R(AFTER_EOF, "after-eof", 1, 1, "OpenMetrics with something behind # EOF")           \
    R(BLANK_LINE, "blank-line", 1, 1, "a blank line in OpenMetrics")                     \
    R(COMMENT, "comment", 1, 1, "a comment in OpenMetrics")                              \
    R(SPACING, "spacing", 1, 1, "tabs, or not exactly one space, in OpenMetrics")        \
    R(METRIC_NAME, "metric-name", 1, 1, "no valid metric name where one must be")        \
    R(QUOTED_NAME, "quoted-name", 1, 1, "a quoted name in a format that has none")       \
    R(LABEL_NAME, "label-name", 1, 1, "no valid label name where one must be")           \
    R(LABEL_SYNTAX, "label-syntax", 1, 1, "labels with a sign missing or too much")      \
    R(LABEL_TWICE, "label-twice", 1, 1, "a label that a series has twice")               \
    R(LABEL_RESERVED, "label-reserved", 0, 0, "a label name that begins with __")        \
    R(ESCAPE, "escape", 1, 0, "a backslash that escapes nothing")                        \
    R(HELP_QUOTE, "help-quote", 0, 0, "a bare quote in an OpenMetrics help text")        \
    R(VALUE, "value", 1, 1, "a value that is missing or not a number")                   \
    R(TIMESTAMP, "timestamp", 1, 1,                                                      \
      "a timestamp that is not one of the format: whole milliseconds, not negative, or " \
      "seconds in OpenMetrics")                                                          \
    R(TRAILING_TEXT, "trailing-text", 1, 1, "something behind a complete sample")        \
    R(METADATA, "metadata", 1, 1, "a HELP, TYPE or UNIT line that is not complete")      \
    R(TYPE_WORD, "type-word", 1, 1, "a TYPE that the format does not have")              \
    R(METADATA_TWICE, "metadata-twice", 1, 1, "a second HELP, TYPE or UNIT")             \
    R(LATE_TYPE, "late-type", 1, 1, "a TYPE or UNIT behind the first sample")            \
    R(LATE_HELP, "late-help", 0, 1, "a HELP behind the first sample")                    \
    R(UNIT, "unit", 1, 1, "a UNIT that is not the end of the name, or of an info")       \
    R(NO_SAMPLES, "no-samples", 0, 0, "a family without samples")                        \
    R(INTERLEAVED, "interleaved", 1, 1, "a family whose lines are not together")         \
    R(NAME_CLASH, "name-clash", 1, 1, "a name that means two things")                    \
    R(SAMPLE_NAME, "sample-name", 1, 1, "a sample name that the type does not have")     \
    R(COUNTER_TOTAL, "counter-total", 0, 1, "a counter without _total")                  \
    R(SERIES_TWICE, "series-twice", 1, 1, "a series that is there twice")                \
    R(POINT_TWICE, "point-twice", 0, 0, "a series twice with the same timestamp")        \
    R(SERIES_SPLIT, "series-split", 1, 1,                                                \
      "OpenMetrics: samples of one label set that are not together")                     \
    R(TIMESTAMP_ORDER, "timestamp-order", 1, 1,                                          \
      "OpenMetrics: timestamps that go back, or on some samples of a series only")       \
    R(COUNTER_VALUE, "counter-value", 1, 1, "a counter that is negative or NaN")         \
    R(COUNT_VALUE, "count-value", 1, 1,                                                  \
      "a count or bucket that is negative, NaN, or in OpenMetrics not whole")            \
    R(SUM_VALUE, "sum-value", 1, 1,                                                      \
      "OpenMetrics: a sum that is negative or NaN, or beside negative buckets")          \
    R(QUANTILE, "quantile", 1, 1, "a quantile that is missing or not in 0 to 1")         \
    R(QUANTILE_VALUE, "quantile-value", 1, 1,                                            \
      "OpenMetrics: a quantile whose value is negative")                                 \
    R(QUANTILE_ORDER, "quantile-order", 1, 0, "quantiles that do not ascend")            \
    R(BUCKET_BOUND, "bucket-bound", 1, 1, "an le that is missing or not a number")       \
    R(CANONICAL, "canonical", 0, 0, "an le or quantile not written as clients do")       \
    R(BUCKET_ORDER, "bucket-order", 1, 1, "buckets that do not ascend")                  \
    R(BUCKET_DECREASE, "bucket-decrease", 1, 1, "a bucket below the one before it")      \
    R(BUCKET_INF, "bucket-inf", 1, 1, "a histogram without the bucket +Inf")             \
    R(BUCKET_COUNT, "bucket-count", 1, 1, "a bucket +Inf that is not the count")         \
    R(SUM_COUNT, "sum-count", 1, 1, "a sum without count, or a count without sum")       \
    R(INFO_VALUE, "info-value", 1, 1, "an info that is not 1")                           \
    R(STATESET, "stateset", 1, 1, "a state that has no label, or is not 0 or 1")         \
    R(CREATED_ORDER, "created-order", 0, 0, "a _created before what it belongs to")      \
    R(EXEMPLAR_PLACE, "exemplar-place", 1, 1,                                            \
      "an exemplar on anything but a counter or bucket of OpenMetrics")                  \
    R(EXEMPLAR, "exemplar", 1, 1, "an exemplar that cannot be read")                     \
    R(EXEMPLAR_LENGTH, "exemplar-length", 1, 1,                                          \
      "an exemplar with more than 128 characters of labels")                             \
    R(EXEMPLAR_BUCKET, "exemplar-bucket", 0, 0, "an exemplar outside its bucket")        \
    R(HELP_MISSING, "help-missing", 0, 0, "a family without help text")                  \
    R(TOTAL_SUFFIX, "total-suffix", 0, 0, "_total on what is not a counter")             \
    R(TIMESTAMP_SUFFIX, "timestamp-suffix", 0, 0,                                        \
      "_timestamp_seconds on what is not a gauge")                                       \
    R(RESERVED_SUFFIX, "reserved-suffix", 0, 0,                                          \
      "_bucket, _count or _sum on what is no histogram or summary")                      \
    R(RESERVED_LABEL, "reserved-label", 0, 0,                                            \
      "le or quantile on what is no histogram or summary")                               \
    R(UNIT_BASE, "unit-base", 0, 0, "a unit that is not a base unit")                    \
    R(UNIT_ABBREVIATION, "unit-abbreviation", 0, 0, "an abbreviated unit")               \
    R(TYPE_IN_NAME, "type-in-name", 0, 0, "the type as a part of the name")              \
    R(COLON, "colon", 0, 0, "a colon, which is for recording rules")                     \
    R(CAMEL_CASE, "camel-case", 0, 0, "camelCase in a metric or label name")             \
    R(LEFT_OUT, "left-out", 1, 1, "a registry that has to leave something out")

enum promc__lint_rule {
#define PROMC__LINT_ENUM(id, name, text, om, about) PROMC__LINT_##id,
    PROMC__LINT_RULES(PROMC__LINT_ENUM)
#undef PROMC__LINT_ENUM
        PROMC__LINT_N_RULES
};

/* A piece of the input. */
struct promc__span {
    const char *p;
    size_t len;
};

struct promc__lint_label {
    struct promc__span name;  /* without quotes, escapes as they are */
    struct promc__span value; /* likewise */
};

struct promc__lint_labels {
    struct promc__lint_label *v;
    size_t n;
    size_t cap;
};

/* Nanoseconds count up, also before 1970. */
struct promc__lint_time {
    int64_t seconds;
    int64_t nanos;
};

/* One sample line. */
struct promc__lint_sample {
    struct promc__span name;
    struct promc__lint_labels labels; /* sorted by name */
    const char *value_at;
    double value;
    const char *time_at; /* NULL: no timestamp */
    struct promc__lint_time time;
    const char *exemplar_at; /* NULL: no exemplar */
    struct promc__lint_labels exemplar;
    const char *exemplar_value_at;
    double exemplar_value;
};

/* What a sample is to its family: the bits note which ones a series has had. */
enum promc__lint_part {
    PROMC__PART_VALUE = 1,
    PROMC__PART_TOTAL = 2,
    PROMC__PART_SUM = 4,
    PROMC__PART_COUNT = 8,
    PROMC__PART_BUCKET = 16,
    PROMC__PART_CREATED = 32,
    PROMC__PART_INFO = 64,
    PROMC__PART_GSUM = 128,
    PROMC__PART_GCOUNT = 256
};

/* The series of a family that differ in le, quantile or suffix only. */
struct promc__lint_group {
    struct promc__lint_group *next;
    size_t line; /* of its last sample */
    unsigned seen;
    unsigned point; /* how many timestamps it has had */
    unsigned timed : 1;
    unsigned closed : 1; /* another group has begun */
    unsigned has_bucket : 1;
    unsigned has_quantile : 1;
    unsigned negative_bounds : 1;
    unsigned negative_sum : 1;
    unsigned disordered : 1;
    struct promc__lint_time time;
    double bound, bucket; /* of the last bucket */
    double count;
    double quantile; /* the highest */
};

/* The family whose lines are being read. */
struct promc__lint_family {
    struct promc__name *name; /* NULL: none has begun */
    struct promc__span text;
    promc_type type;
    size_t line, column; /* where it begins */
    unsigned has_type : 1;
    unsigned has_help : 1;
    unsigned has_unit : 1;
    unsigned measured : 1; /* the unit is not empty */
    unsigned helpful : 1;  /* the help text is not empty */
    unsigned has_samples : 1;
    unsigned reopened : 1; /* other lines were between */
    unsigned unsure : 1;   /* a line that may have been its sample could not be read */
    unsigned told_label : 1;
    unsigned told_camel : 1;
    unsigned timed : 2; /* the last sample was: 1 no, 2 yes, 0 there is none */
    struct promc__nametree groups;
    struct promc__nametree parts; /* states and quantiles of the groups */
    struct promc__arena arena;
    struct promc__lint_group *first, **last, *group;
};

struct promc__lint {
    int om;     /* OpenMetrics */
    int quoted; /* names may be quoted */
    promc_lint_fn *found;
    void *arg;
    long n;
    int oom;

    const char *start; /* of the line */
    size_t line;
    struct promc__scan in; /* the line; its text is not used */
    struct promc__lint_sample sample;

    struct promc__nametree names; /* all that families and their samples are called */
    struct promc__lint_family family;
    struct promc__buf key; /* of the family's group */
    struct promc__buf scratch;
};

/* --- lint_rules.c --- */

/* Report what is at @at, in the line being read, about the metric @name. */
void promc__lint_report(struct promc__lint *l, enum promc__lint_rule rule, const char *at,
                        struct promc__span name, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same for a place elsewhere. */
void promc__lint_report_at(struct promc__lint *l, enum promc__lint_rule rule, size_t line,
                           size_t column, struct promc__span name, const char *format,
                           ...) __attribute__((format(printf, 6, 7)));

/* --- lint_line.c --- */

/* Read the sample line in l->in to l->sample. Returns 0, or -1 when it cannot be read; that has
 * been reported. */
int promc__lint_read_sample(struct promc__lint *l);
/* Take the space between two tokens; OpenMetrics wants exactly one. */
void promc__lint_gap(struct promc__lint *l, struct promc__span name);
/* Take a name in quotes; the first one is read. Returns 0 or -1 (reported). */
int promc__lint_quoted(struct promc__lint *l, struct promc__span *text);

/* --- lint_family.c --- */

/* A metadata line names the family @name, which is at @at. */
void promc__lint_family_meta(struct promc__lint *l, struct promc__span name,
                             const char *at);
/* The family of the sample read, and what it is there. */
enum promc__lint_part promc__lint_family_sample(struct promc__lint *l);
/* The family has ended. */
void promc__lint_family_end(struct promc__lint *l);

/* --- lint_group.c --- */

/* Append a text of the line and a quote. No other quote is in it but behind a backslash, so a
 * key of several texts needs no lengths. */
void promc__lint_put_key(struct promc__buf *b, struct promc__span s);
/* The group of the sample, whose label @special (NULL: none) is not one of the group. NULL: out
 * of memory. */
struct promc__lint_group *promc__lint_group_of(struct promc__lint *l,
                                               const struct promc__lint_label *special);
/* The group has ended, or another timestamp begins. */
void promc__lint_group_end(struct promc__lint *l, const struct promc__lint_group *g);

/* --- lint_series.c --- */

void promc__lint_series_sample(struct promc__lint *l, enum promc__lint_part part);
void promc__lint_series_end(struct promc__lint *l);

/* --- lint_names.c --- */

/* Conventions for the name and labels of a sample, and of the family as it ends. */
void promc__lint_names_sample(struct promc__lint *l);
void promc__lint_names_family(struct promc__lint *l);

/* --- shared --- */

static inline int promc__span_is(struct promc__span s, const char *text)
{
    return strlen(text) == s.len && memcmp(s.p, text, s.len) == 0;
}

static inline int promc__span_ends(struct promc__span s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.len > n && memcmp(s.p + s.len - n, suffix, n) == 0;
}

static inline int promc__span_equal(struct promc__span a, struct promc__span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

#endif /* PROMC_LINT_H */
