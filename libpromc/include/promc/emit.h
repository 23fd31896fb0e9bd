/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h - custom collectors: values read when Prometheus asks.
 */
#ifndef PROMC_EMIT_H
#define PROMC_EMIT_H

#include <promc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called once per scrape, in the thread that renders, possibly in several threads at
 * once, without a lock held. @e lives for the call. It may update metrics and register
 * others, but not unregister itself nor render this registry. */
typedef void promc_collect_fn(promc_emitter *e, void *arg);

/* promc_collector_register - call @fn with @arg at each scrape of @reg.
 * promc_collector_unregister - stop; returns once no call is under way (so not from @fn);
 * @arg may be freed then. Return 0; -EINVAL for no @fn, -EEXIST for the same pair twice,
 * -ENOENT, -ENOMEM. Since 0.1. */
PROMC_API int promc_collector_register(promc_registry *reg, promc_collect_fn *fn,
                                       void *arg, promc_error *err);
PROMC_API int promc_collector_unregister(promc_registry *reg, promc_collect_fn *fn,
                                         void *arg);

/* promc_emit_family - begin, or go on with, a family of this scrape. An emitter is for
 * one thread at a time.
 * @name: as for counters; an info's ends in _info, a stateset's is one that a label could
 * have: without a colon, and not beginning with __.   @help: UTF-8; NULL is empty. Both are copied.
 * @labels: the names of the labels that the samples to come will carry. One family may be
 * begun several times with other label names; type and help must agree, otherwise the
 * later one is left out and reported.
 * Returns a handle for promc_emit() and its kin, good until the scrape ends; NULL when the
 * family is refused (out of memory, bad name), which the emit calls accept. Since 0.1. */
PROMC_API promc_samples *promc_emit_family(promc_emitter *e, promc_type type,
                                           const char *name, const char *help,
                                           promc_labels labels);

/* promc_emit - one sample of a counter, gauge or untyped family, or of an info, whose value
 * is 1 whatever @v is.
 * @values: one per label name of the family, in their order; a wrong number leaves the
 * sample out and reports it. Copied. A NULL @f is a no-op. Since 0.1. */
PROMC_API void promc_emit(promc_samples *f, promc_labels values, double v);

/* promc_emit_histogram - one histogram.
 * @bounds: @n ascending upper bounds without +Inf.  @cumulative: @n counts, one per
 * bound, each including the ones before.  @count: all observations.  @sum: of their
 * values.
 * promc_emit_summary - one summary: @n ascending @quantiles and their @values_at.
 * All arrays are copied. Since 0.1. */
PROMC_API void promc_emit_histogram(promc_samples *f, promc_labels values,
                                    const double *bounds, const uint64_t *cumulative,
                                    size_t n, double sum, uint64_t count);
PROMC_API void promc_emit_summary(promc_samples *f, promc_labels values,
                                  const double *quantiles, const double *values_at,
                                  size_t n, double sum, uint64_t count);

/* promc_emit_unit - the base unit of a family, as promc_opts.unit. One that is not the end of
 * the family's name is reported and left out. NULLs are no-ops. Since 0.1. */
PROMC_API void promc_emit_unit(promc_samples *f, const char *unit);

/* One exemplar: what was counted, as labels; its value; when, in milliseconds since 1970 (0:
 * unknown). */
typedef struct promc_exemplar {
    promc_labels names, values;
    double value;
    int64_t timestamp_ms;
} promc_exemplar;

/* A run of consecutive native buckets: how many bucket numbers lie between the run before
 * and this one (for the first run: its first number, which may be negative), and how many
 * buckets it has. */
typedef struct promc_span {
    int32_t offset;
    uint32_t length;
} promc_span;

/* The native buckets of one histogram. Counts are absolute, one per bucket of the spans in
 * their order; they may be fractions (a float histogram) or whole. */
typedef struct promc_native {
    int schema; /* -4 to 8: bounds are powers of 2^(2^-schema) */
    double zero_threshold;
    double zero_count;
    const promc_span *positive_spans;
    size_t n_positive_spans;
    const double *positive;
    const promc_span *negative_spans;
    size_t n_negative_spans;
    const double *negative;
} promc_native;

/* One sample with everything a format can say of it. Start from PROMC_SAMPLE_INIT and fill
 * what the family's type has:
 *   counter, gauge, untyped: value. An info has none.
 *   stateset: n (1 to 64), states (UTF-8, not empty), on.
 *   histogram, gauge histogram: sum, count, and classic buckets (n, at, buckets: upper bounds
 *     without +Inf, and how many observations each bound includes), or native ones, or both.
 *     Fractions make it a float histogram: native formats show them, text 0.0.4 too,
 *     OpenMetrics 1.0 leaves the sample out. Custom buckets (schema -53) are classic buckets
 *     here, which is how they travel.
 *   summary: sum, count, and quantiles (n, at, values).
 * All arrays are copied. */
typedef struct promc_sample {
    size_t size;          /* sizeof(promc_sample) */
    int64_t timestamp_ms; /* since 1970, when has_timestamp */
    int has_timestamp;
    int64_t created_ms; /* when counting began, since 1970; 0: unknown */
    double value;
    double sum;
    double count;
    size_t n;
    const double *at;
    const double *buckets;
    const double *values;
    const char *const *states;
    const int *on;
    const promc_native *native;
    const promc_exemplar *exemplars; /* of a counter the last one is shown, of a histogram
                                        the last one that falls into each bucket; beside
                                        native buckets all that have a time */
    size_t n_exemplars;
} promc_sample;

#define PROMC_SAMPLE_INIT                                                                \
    {                                                                                    \
        sizeof(promc_sample), 0, 0, 0, 0.0, 0.0, 0.0, 0, NULL, NULL, NULL, NULL, NULL,   \
            NULL, NULL, 0                                                                \
    }

/* promc_emit_sample - one sample of any type, with timestamp, creation time, exemplars or
 * native buckets. What is not valid (bounds or counts that do not ascend, spans that do not
 * match the counts, native buckets that do not add up to the count) is left out and reported.
 * An exemplar with labels that are not valid or have more than 128 characters is left out
 * alone, and so is a negative timestamp: Prometheus cannot read it. A NULL @f or @sample is a
 * no-op. Since 0.1. */
PROMC_API void promc_emit_sample(promc_samples *f, promc_labels values,
                                 const promc_sample *sample);

/* promc_emit_error - report that something could not be collected (printf format).
 * The rest of the scrape is unharmed; the text reaches promc_page_error(). Since 0.1. */
PROMC_API void promc_emit_error(promc_emitter *e, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* promc_emit_fail - the same, and withdraw everything that this collector has emitted in this
 * scrape, and what it may still emit: rather nothing than half of it. Since 0.1. */
PROMC_API void promc_emit_fail(promc_emitter *e, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* promc_emit_arg - what the caller of promc_render_with() passed as scrape_arg, or NULL.
 * Since 0.1. */
PROMC_API void *promc_emit_arg(const promc_emitter *e);

/* promc_emitter_new, _reset, _free, _append - an emitter of one's own, for programs that
 * collect in threads and hand over the result: promc_emitter_append() shows to @dst what
 * @src holds; @src must stay as it is until the scrape that owns @dst is over. Reset
 * empties it and keeps the memory for the next round. New: NULL with *err filled when out
 * of memory. NULL is a no-op for the others. Since 0.1. */
PROMC_API promc_emitter *promc_emitter_new(promc_error *err);
PROMC_API void promc_emitter_reset(promc_emitter *e);
PROMC_API void promc_emitter_free(promc_emitter *e);
PROMC_API void promc_emitter_append(promc_emitter *dst, const promc_emitter *src);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_EMIT_H */
