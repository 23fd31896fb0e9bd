/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - the two text formats, line by line. Everything that leaves as text goes through
 * here: names are valid and labels are escaped already, numbers are formatted here, and what
 * a format forbids (a negative counter in OpenMetrics) is left out.
 */
#ifndef PROMC_TEXT_H
#define PROMC_TEXT_H

#include <stdint.h>

#include "buf.h"
#include "promc/promc.h"

/* One family being written. */
struct promc__text {
    struct promc__buf *out;
    promc_format format;
    promc_type type; /* as printed: OpenMetrics knows no counter without _total */
    const char *name;
    size_t name_len;
};

/* A series' labels as printed, without braces. */
struct promc__text_labels {
    const char *text;
    size_t len;
};

/* Metadata lines. @plain_counter: in OpenMetrics a counter has to go as unknown, because its
 * name does not end in _total, or would be another family's name without it. */
void promc__text_family(struct promc__text *t, struct promc__buf *out,
                        promc_format format, promc_type type, const char *name,
                        size_t name_len, const char *help, int plain_counter);
/* 1 when a counter of this name cannot be one in OpenMetrics. */
int promc__text_lacks_total(const char *name, size_t name_len);

/* One sample line. Returns 0, or -EINVAL when the format forbids the value. */
int promc__text_value(const struct promc__text *t, struct promc__text_labels l, double v);
void promc__text_integer(const struct promc__text *t, struct promc__text_labels l,
                         uint64_t v);

/* The lines of one histogram: @n bounds, their texts (NULL: to be formatted), @counts with
 * one more for +Inf; @cumulative says how to read them. */
void promc__text_histogram(const struct promc__text *t, struct promc__text_labels l,
                           const double *bounds, const char *const *le,
                           const uint64_t *counts, size_t n, int cumulative, double sum,
                           uint64_t count);
void promc__text_summary(const struct promc__text *t, struct promc__text_labels l,
                         const double *quantiles, const char *const *texts,
                         const double *values, size_t n, double sum, uint64_t count);

/* What a format wants after the last family. */
void promc__text_end(struct promc__buf *out, promc_format format);

#endif /* PROMC_TEXT_H */
