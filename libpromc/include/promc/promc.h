/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promc.h - instrument a C or C++ program for Prometheus.
 *
 *   #include <promc/promc.h>
 *
 *   PROMC_COUNTER(starts, "app_starts_total", "Times the service started.");
 *
 *   promc_counter_family *reqs = promc_counter_family_new(NULL, "http_requests_total",
 *       "Requests served.", PROMC_LABELS("method", "code"), NULL);
 *   promc_counter *get_ok = promc_counter_labels(reqs, PROMC_LABELS("GET", "200"));
 *
 *   promc_counter_inc(get_ok);
 *
 * Rules that hold for every function here:
 *
 *  - The library is a guest. It never exits, aborts, prints, starts a thread, keeps a
 *    descriptor open, or touches locale and signals.
 *  - Functions that create something return NULL (or a negative errno value) when they
 *    cannot, and then fill the optional promc_error with a sentence that names the metric
 *    and the rule. Functions that update return nothing, cannot fail, take no lock and
 *    allocate nothing. (Those with "family" in their name look up first: a set of label
 *    values that is new takes a lock and memory, once.)
 *  - A NULL handle is accepted everywhere and does nothing, so a metric that could not be
 *    created costs that metric and not the service.
 *  - Misuse (a negative counter increment, a wrong number of label values, more series than
 *    allowed) is dropped and counted in promc_dropped_updates_total{reason}, which appears
 *    in the scrape as soon as it is not zero.
 *  - Strings passed in are copied. Handles belong to their registry and stay valid until
 *    promc_registry_free(); nothing here is ever released with free().
 *  - A NULL registry means the default registry.
 *  - Every function may be called from any thread, except promc_registry_free(), which
 *    must be the last call that mentions its registry.
 *  - After fork() parent and child both carry on, each with its own copy of the values.
 */
#ifndef PROMC_PROMC_H
#define PROMC_PROMC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <initializer_list>
#endif

#if defined(__GNUC__)
#define PROMC_API __attribute__((visibility("default")))
#else
#define PROMC_API
#endif

#define PROMC_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------
 * Basics
 */

/* promc_version - the version of the library that is running, for example "0.1.0", which
 * may be newer than PROMC_VERSION. Static text. Since 0.1. */
PROMC_API const char *promc_version(void);

/* Why a call failed. Caller-owned, always optional; untouched on success.
 * code: a negative errno value: -EINVAL (a rule is broken), -EEXIST (the name is taken),
 *       -ENOMEM, -ENOSPC (a cap is reached), or what the operating system said.
 * text: one sentence, NUL-terminated, cut if need be. */
typedef struct promc_error {
    int code;
    char text[160];
} promc_error;

/* A counted list of strings: label names, or label values in the order of their names.
 * Make one with PROMC_LABELS() inside the call that takes it and never store it: the array
 * lives no longer than that call (C++) or the enclosing block (C). */
typedef struct promc_labels {
    const char *const *v;
    size_t n;
} promc_labels;

typedef struct promc_registry promc_registry;
typedef struct promc_counter promc_counter;
typedef struct promc_gauge promc_gauge;
typedef struct promc_histogram promc_histogram;
typedef struct promc_summary promc_summary;
typedef struct promc_counter_family promc_counter_family;
typedef struct promc_gauge_family promc_gauge_family;
typedef struct promc_histogram_family promc_histogram_family;
typedef struct promc_summary_family promc_summary_family;
typedef struct promc_emitter promc_emitter;
typedef struct promc_samples promc_samples;
typedef struct promc_page promc_page;

typedef enum promc_type {
    PROMC_TYPE_UNTYPED = 0, /* "unknown" in OpenMetrics */
    PROMC_TYPE_COUNTER,
    PROMC_TYPE_GAUGE,
    PROMC_TYPE_HISTOGRAM,
    PROMC_TYPE_SUMMARY
} promc_type;

/* Settings few callers need. Start from PROMC_OPTS_INIT and change single fields, so that
 * fields of later versions keep their defaults. */
typedef struct promc_opts {
    size_t size;       /* sizeof(promc_opts), set by PROMC_OPTS_INIT */
    size_t max_series; /* series this family may hold; 0: 10,000. More are refused */
    const char *const *const_labels; /* name, value, name, value, ...: on every series;
                                        copied */
    size_t n_const_labels;           /* number of pairs */
    int open_labels;                 /* not 0: each series brings its own label names, see
                                 promc_counter_labelset(); the family itself has none */
    double max_age;       /* summaries: length of the sliding window in seconds; 0: 600 */
    unsigned age_buckets; /* summaries: steps in which the window slides; 0: 5 */
} promc_opts;

#define PROMC_OPTS_INIT                                                                  \
    {                                                                                    \
        sizeof(promc_opts), 0, NULL, 0, 0, 0.0, 0                                        \
    }

/* ------------------------------------------------------------------------------------
 * Registries
 */

/* promc_registry_new - make an empty registry, without the process_* metrics.
 * Returns it, or NULL with *err filled (-ENOMEM). Free with promc_registry_free().
 * Since 0.1. */
PROMC_API promc_registry *promc_registry_new(promc_error *err);

/* promc_registry_free - release a registry with its families, series and handles.
 * @reg: NULL is a no-op. promc_registry_default() is only emptied, process_* metrics
 * included, and can be filled again. No other thread may use the registry or a handle of
 * it any more, and no server may serve it. Since 0.1. */
PROMC_API void promc_registry_free(promc_registry *reg);

/* promc_registry_default - the registry that NULL stands for.
 * It exists from the first use on and carries the process_* metrics; take those out with
 * promc_process_unregister(NULL). Never NULL. Since 0.1. */
PROMC_API promc_registry *promc_registry_default(void);

/* promc_registry_error - the first registration that failed in this registry.
 * Meant for PROMC_COUNTER() and its kin, which run before main() and have nobody to tell.
 * @reg: NULL is the default registry. Returns 0 if none failed; else its negative errno
 * value, with *err filled. Since 0.1. */
PROMC_API int promc_registry_error(const promc_registry *reg, promc_error *err);

/* promc_process_register, promc_process_unregister - add or remove the process_* metrics.
 * CPU time, resident and virtual memory, open and allowed descriptors, start time of this
 * process and the bytes of its network namespace, read from /proc at each scrape; what
 * cannot be read is left out. The default registry has them from the start. Returns 0,
 * -EEXIST, -ENOMEM; unregister: 0 or -ENOENT, see promc_collector_unregister(). Since
 * 0.1. */
PROMC_API int promc_process_register(promc_registry *reg, promc_error *err);
PROMC_API int promc_process_unregister(promc_registry *reg);

/* ------------------------------------------------------------------------------------
 * Counters: a number that only goes up
 */

/* promc_counter_new - a counter without labels; it exists from now on, with value 0.
 * @name: [a-zA-Z_:][a-zA-Z0-9_:]*, by custom ending in _total (without it, OpenMetrics
 * shows it as unknown).   @help: UTF-8, one sentence; required.
 * Returns the handle, or NULL with *err filled: -EINVAL (name or help), -EEXIST (the name
 * is taken, or is a sample of another family), -ENOMEM. Takes a lock. Since 0.1. */
PROMC_API promc_counter *promc_counter_new(promc_registry *reg, const char *name,
                                           const char *help, promc_error *err);

/* promc_counter_family_new - a counter with labels.
 * @labels: label names, [a-zA-Z_][a-zA-Z0-9_]*, not starting with "__", no name twice.
 * With none (PROMC_NO_LABELS) the family has its one series from the start. It shows
 * nothing in a scrape until it has a series. The _with form takes settings; NULL opts are
 * the defaults. Errors are those of promc_counter_new(). Since 0.1. */
PROMC_API promc_counter_family *
promc_counter_family_new(promc_registry *reg, const char *name, const char *help,
                         promc_labels labels, promc_error *err);
PROMC_API promc_counter_family *
promc_counter_family_new_with(promc_registry *reg, const char *name, const char *help,
                              promc_labels labels, const promc_opts *opts,
                              promc_error *err);

/* promc_counter_labels - find or make the series with these label values.
 * @values: one per label name, in their order; not UTF-8 is mended with U+FFFD.
 * Returns its handle, good until the registry is freed: look it up once and keep it. A
 * known series is found without lock, and without allocation unless its values have more
 * than a thousand bytes. NULL (and counted) on a wrong number of values or a NULL among
 * them, when the family is full, or out of memory. NULL for a NULL @f, not counted. Since
 * 0.1. */
PROMC_API promc_counter *promc_counter_labels(promc_counter_family *f,
                                              promc_labels values);

/* promc_counter_labelset - the same for a family with open_labels: each series names its
 * own labels. @names: valid label names, in any order, none twice; refused ones are
 * counted. The same names and values in another order are the same series. Since 0.1. */
PROMC_API promc_counter *promc_counter_labelset(promc_counter_family *f,
                                                promc_labels names, promc_labels values);

/* promc_counter_inc, promc_counter_add - count one, or @v more, in the metric's base
 * unit. The _u64 form takes whole numbers of any size. They stay exact beyond 2^53.
 * Negative, NaN and infinite @v are dropped and counted. NULL is a no-op. Any thread.
 * Never fails, allocates or blocks. Since 0.1. */
PROMC_API void promc_counter_inc(promc_counter *c);
PROMC_API void promc_counter_add(promc_counter *c, double v);
PROMC_API void promc_counter_add_u64(promc_counter *c, uint64_t v);

/* promc_counter_value - the sum over all threads, now. 0 for NULL. Costs a look at each
 * lane: for tests and logs, not for hot paths. Since 0.1. */
PROMC_API double promc_counter_value(const promc_counter *c);

/* promc_counter_family_inc, _add - look up and update in one call, for label values known
 * only at run time. A known series costs a lookup; a new one is made. Since 0.1. */
PROMC_API void promc_counter_family_inc(promc_counter_family *f, promc_labels values);
PROMC_API void promc_counter_family_add(promc_counter_family *f, promc_labels values,
                                        double v);

/* promc_counter_remove - hide the series with these label values from scrapes.
 * Its handle stays safe to use, and what it counts is not shown; promc_counter_labels()
 * with the same values brings it back, starting at 0. It keeps its place in max_series.
 * Not for families with open_labels. Returns 0, or -ENOENT. Since 0.1. */
PROMC_API int promc_counter_remove(promc_counter_family *f, promc_labels values);

/* promc_counter_family_clear - remove every series of the family, as above. NULL is a
 * no-op. Since 0.1. */
PROMC_API void promc_counter_family_clear(promc_counter_family *f);

/* promc_counter_func_new - a counter whose value is asked for at each scrape.
 * @fn: called with @arg from the scraping thread, or from several at once, without a lock
 * held; the values must not go down. A negative one is left out of an OpenMetrics page.
 * @arg must live as long as the registry. Returns 0, -EINVAL, -EEXIST or -ENOMEM. Since
 * 0.1. */
PROMC_API int promc_counter_func_new(promc_registry *reg, const char *name,
                                     const char *help, double (*fn)(void *arg), void *arg,
                                     promc_error *err);

/* ------------------------------------------------------------------------------------
 * Gauges: a number that goes up and down
 */

/* promc_gauge_new, _family_new, _family_new_with, _labels, _labelset - as for counters; a
 * gauge starts at 0. By custom its name ends in its unit (_bytes). Since 0.1. */
PROMC_API promc_gauge *promc_gauge_new(promc_registry *reg, const char *name,
                                       const char *help, promc_error *err);
PROMC_API promc_gauge_family *promc_gauge_family_new(promc_registry *reg,
                                                     const char *name, const char *help,
                                                     promc_labels labels,
                                                     promc_error *err);
PROMC_API promc_gauge_family *
promc_gauge_family_new_with(promc_registry *reg, const char *name, const char *help,
                            promc_labels labels, const promc_opts *opts,
                            promc_error *err);
PROMC_API promc_gauge *promc_gauge_labels(promc_gauge_family *f, promc_labels values);
PROMC_API promc_gauge *promc_gauge_labelset(promc_gauge_family *f, promc_labels names,
                                            promc_labels values);

/* promc_gauge_set - the last writer wins; any double, NaN and infinities included.
 * promc_gauge_inc, _dec, _add, _sub - change the value by 1 or @v.
 * Adding takes effect relative to the last set. NULL is a no-op. Any thread. Never fails,
 * allocates or blocks. Since 0.1. */
PROMC_API void promc_gauge_set(promc_gauge *g, double v);
PROMC_API void promc_gauge_inc(promc_gauge *g);
PROMC_API void promc_gauge_dec(promc_gauge *g);
PROMC_API void promc_gauge_add(promc_gauge *g, double v);
PROMC_API void promc_gauge_sub(promc_gauge *g, double v);

/* promc_gauge_set_to_current_time - set to the seconds since 1970, with fraction. Since
 * 0.1. */
PROMC_API void promc_gauge_set_to_current_time(promc_gauge *g);

/* promc_gauge_value - the value now, over all threads; 0 for NULL.
 * promc_gauge_family_set, _add - look up and update in one call, as for counters.
 * promc_gauge_remove, _family_clear - as for counters.
 * promc_gauge_func_new - a gauge whose value is asked for at each scrape, as for
 * counters; any value will do. Since 0.1. */
PROMC_API double promc_gauge_value(const promc_gauge *g);
PROMC_API void promc_gauge_family_set(promc_gauge_family *f, promc_labels values,
                                      double v);
PROMC_API void promc_gauge_family_add(promc_gauge_family *f, promc_labels values,
                                      double v);
PROMC_API int promc_gauge_remove(promc_gauge_family *f, promc_labels values);
PROMC_API void promc_gauge_family_clear(promc_gauge_family *f);
PROMC_API int promc_gauge_func_new(promc_registry *reg, const char *name,
                                   const char *help, double (*fn)(void *arg), void *arg,
                                   promc_error *err);

/* ------------------------------------------------------------------------------------
 * Histograms: observations counted in buckets
 */

/* promc_histogram_new - a histogram without labels.
 * @bounds: @n upper bounds in the metric's base unit, strictly ascending, finite, copied;
 * +Inf is implied, and a value equal to a bound counts below it. NULL and 0 mean .005 .01
 * .025 .05 .1 .25 .5 1 2.5 5 10, made for seconds. At most 1,000 bounds. The rest, and
 * _family_new, _family_new_with, _labels and _labelset, is as for counters; the label
 * name "le" is refused. Since 0.1. */
PROMC_API promc_histogram *promc_histogram_new(promc_registry *reg, const char *name,
                                               const char *help, const double *bounds,
                                               size_t n, promc_error *err);
PROMC_API promc_histogram_family *
promc_histogram_family_new(promc_registry *reg, const char *name, const char *help,
                           promc_labels labels, const double *bounds, size_t n,
                           promc_error *err);
PROMC_API promc_histogram_family *
promc_histogram_family_new_with(promc_registry *reg, const char *name, const char *help,
                                promc_labels labels, const double *bounds, size_t n,
                                const promc_opts *opts, promc_error *err);
PROMC_API promc_histogram *promc_histogram_labels(promc_histogram_family *f,
                                                  promc_labels values);
PROMC_API promc_histogram *promc_histogram_labelset(promc_histogram_family *f,
                                                    promc_labels names,
                                                    promc_labels values);

/* promc_histogram_observe - record one observation.
 * @v: in the metric's base unit (seconds, bytes). NaN is dropped and counted; the
 * infinities fall into the outer buckets. The _n form records the same value @n times at
 * the cost of one. A scrape sees each observation in bucket, sum and count, or in none of
 * them. NULL is a no-op. Any thread. Never fails, allocates or blocks. Since 0.1. */
PROMC_API void promc_histogram_observe(promc_histogram *h, double v);
PROMC_API void promc_histogram_observe_n(promc_histogram *h, double v, uint64_t n);

/* promc_histogram_count, _sum - of the observations so far; 0 for NULL.
 * promc_histogram_family_observe - look up and update in one call, as for counters.
 * promc_histogram_remove, _family_clear - as for counters. Since 0.1. */
PROMC_API uint64_t promc_histogram_count(const promc_histogram *h);
PROMC_API double promc_histogram_sum(const promc_histogram *h);
PROMC_API void promc_histogram_family_observe(promc_histogram_family *f,
                                              promc_labels values, double v);
PROMC_API int promc_histogram_remove(promc_histogram_family *f, promc_labels values);
PROMC_API void promc_histogram_family_clear(promc_histogram_family *f);

/* promc_buckets_linear - fill @out with @n bounds: start, start + width, ...
 * promc_buckets_exponential - start, start * factor, ... (start > 0, factor > 1).
 * @out: room for @n. Return 0, or -EINVAL when the result would not ascend or not be
 * finite; then @out is not to be used. Since 0.1. */
PROMC_API int promc_buckets_linear(double start, double width, size_t n, double *out);
PROMC_API int promc_buckets_exponential(double start, double factor, size_t n,
                                        double *out);

/* ------------------------------------------------------------------------------------
 * Summaries: quantiles computed here, over a sliding window
 */

/* promc_summary_new - a summary without labels.
 * @quantiles: @n values in [0, 1], ascending, at most 100, copied; none (NULL, 0) gives
 * _sum and _count alone. Quantiles cover the last max_age seconds (promc_opts) and are
 * NaN while that window is empty; they are exact while it holds few samples and within
 * 0.5 % of a true sample value beyond. _sum and _count cover the whole life. The rest,
 * and _family_new, _family_new_with, _labels and _labelset, is as for counters; the label
 * name "quantile" is refused. Since 0.1. */
PROMC_API promc_summary *promc_summary_new(promc_registry *reg, const char *name,
                                           const char *help, const double *quantiles,
                                           size_t n, promc_error *err);
PROMC_API promc_summary_family *
promc_summary_family_new(promc_registry *reg, const char *name, const char *help,
                         promc_labels labels, const double *quantiles, size_t n,
                         promc_error *err);
PROMC_API promc_summary_family *
promc_summary_family_new_with(promc_registry *reg, const char *name, const char *help,
                              promc_labels labels, const double *quantiles, size_t n,
                              const promc_opts *opts, promc_error *err);
PROMC_API promc_summary *promc_summary_labels(promc_summary_family *f,
                                              promc_labels values);
PROMC_API promc_summary *promc_summary_labelset(promc_summary_family *f,
                                                promc_labels names, promc_labels values);

/* promc_summary_observe, _n - as for histograms. Since 0.1. */
PROMC_API void promc_summary_observe(promc_summary *s, double v);
PROMC_API void promc_summary_observe_n(promc_summary *s, double v, uint64_t n);

/* promc_summary_count, _sum - of all observations so far; 0 for NULL. Since 0.1. */
PROMC_API uint64_t promc_summary_count(const promc_summary *s);
PROMC_API double promc_summary_sum(const promc_summary *s);

/* promc_summary_quantile - the value at rank @q (0..1) of the current window; NaN if it
 * is empty, @s is NULL or memory is short. Any @q, not only those of the constructor.
 * Allocates; for tests and logs. Since 0.1. */
PROMC_API double promc_summary_quantile(const promc_summary *s, double q);
/* promc_summary_family_observe - look up and update in one call, as for counters.
 * promc_summary_remove, _family_clear - as for counters. Since 0.1. */
PROMC_API void promc_summary_family_observe(promc_summary_family *f, promc_labels values,
                                            double v);
PROMC_API int promc_summary_remove(promc_summary_family *f, promc_labels values);
PROMC_API void promc_summary_family_clear(promc_summary_family *f);

/* ------------------------------------------------------------------------------------
 * Timers: how long something took, in seconds
 */

typedef struct promc_timer {
    uint64_t start_ns; /* CLOCK_MONOTONIC */
} promc_timer;

/* promc_timer_start - note the time; a timer is a plain value and needs no release.
 * promc_timer_seconds - seconds since then, never negative; may be asked any number of
 * times.
 * promc_histogram_observe_timer, promc_summary_observe_timer, promc_gauge_set_timer -
 * observe or set that number. Since 0.1. */
PROMC_API promc_timer promc_timer_start(void);
PROMC_API double promc_timer_seconds(promc_timer t);
PROMC_API void promc_histogram_observe_timer(promc_histogram *h, promc_timer t);
PROMC_API void promc_summary_observe_timer(promc_summary *s, promc_timer t);
PROMC_API void promc_gauge_set_timer(promc_gauge *g, promc_timer t);

/* ------------------------------------------------------------------------------------
 * Custom collectors: values read when Prometheus asks
 */

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
 * @name: as for counters.   @help: UTF-8; NULL is empty. Both are copied.
 * @labels: the names of the labels that the samples to come will carry. One family may be
 * begun several times with other label names; type and help must agree, otherwise the
 * later one is left out and reported.
 * Returns a handle for promc_emit() and its kin, good until the scrape ends; NULL when the
 * family is refused (out of memory, bad name), which the emit calls accept. Since 0.1. */
PROMC_API promc_samples *promc_emit_family(promc_emitter *e, promc_type type,
                                           const char *name, const char *help,
                                           promc_labels labels);

/* promc_emit - one sample of a counter, gauge or untyped family.
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

/* promc_emit_error - report that something could not be collected (printf format).
 * The rest of the scrape is unharmed; the text reaches promc_page_error(). Since 0.1. */
PROMC_API void promc_emit_error(promc_emitter *e, const char *format, ...)
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

/* ------------------------------------------------------------------------------------
 * Exposition: for programs with their own server (http.h has one ready-made)
 */

typedef enum promc_format {
    PROMC_FORMAT_TEXT = 0,   /* Prometheus text 0.0.4 */
    PROMC_FORMAT_OPENMETRICS /* OpenMetrics text 1.0.0 */
} promc_format;

/* promc_negotiate - choose the format for a request.
 * @accept: the request's Accept header, NULL when there is none. Ranges are taken by falling
 * q, equal ones in their order; q=0 excludes; what nobody here speaks is passed over; nothing
 * left means PROMC_FORMAT_TEXT. Since 0.1. */
PROMC_API promc_format promc_negotiate(const char *accept);

/* promc_negotiate_preferring - the same, but @format whenever the client takes it at all. For
 * a server whose metrics would change their type with the format: OpenMetrics knows no
 * counter without _total. Since 0.1. */
PROMC_API promc_format promc_negotiate_preferring(promc_format format,
                                                  const char *accept);

/* promc_content_type - the Content-Type header for a format; static text. Since 0.1. */
PROMC_API const char *promc_content_type(promc_format format);

/* promc_page_new, _free, _data, _size - a page is a buffer that holds one rendered scrape
 * and keeps its memory for the next. Not thread-safe: one page per thread that renders.
 * Yours to free, also NULL; new gives NULL with *err filled when out of memory. The data
 * belong to the page until it is rendered again or freed, are NUL-terminated, and empty
 * before the first render. Since 0.1. */
PROMC_API promc_page *promc_page_new(promc_error *err);
PROMC_API void promc_page_free(promc_page *page);
PROMC_API const char *promc_page_data(const promc_page *page);
PROMC_API size_t promc_page_size(const promc_page *page);

/* promc_page_error - what had to be left out of the page.
 * Returns the number of samples and families left out (0: none) and fills *err with the
 * first reason. Since 0.1. */
PROMC_API size_t promc_page_error(const promc_page *page, promc_error *err);

/* promc_render - collect a registry and write it to @page.
 * Families come by name, series by labels; an unchanged registry gives the same bytes.
 * The page is complete and parseable, or the call fails and the page is empty: 0,
 * -ENOMEM, or -EINVAL (@page is NULL, no such format). Custom collectors run in the
 * calling thread. Any thread; of several at once each collects for itself and then waits
 * for its turn to write. Since 0.1. */
PROMC_API int promc_render(promc_registry *reg, promc_format format, promc_page *page,
                           promc_error *err);

typedef struct promc_render_opts {
    size_t size; /* sizeof(promc_render_opts), set by PROMC_RENDER_OPTS_INIT */
    const char *const *names; /* only families with these names; NULL: all */
    size_t n_names;
    void *scrape_arg; /* for promc_emit_arg() in collectors */
} promc_render_opts;

#define PROMC_RENDER_OPTS_INIT                                                           \
    {                                                                                    \
        sizeof(promc_render_opts), NULL, 0, NULL                                         \
    }

/* promc_render_with - the same with settings; NULL opts are the defaults. Names that
 * nobody has are passed over. Since 0.1. */
PROMC_API int promc_render_with(promc_registry *reg, promc_format format,
                                const promc_render_opts *opts, promc_page *page,
                                promc_error *err);

/* ------------------------------------------------------------------------------------
 * Numbers: what an exporter needs to read and write them, whatever the locale says
 */

/* Longest text that promc_number_format() writes, with its NUL. */
#define PROMC_NUMBER_SIZE 32

/* promc_number_format - shortest text that reads back as exactly @v.
 * Exponent form outside 1e-4 <= |v| < 1e+06, NaN, +Inf, -Inf: as Prometheus itself prints.
 * @buf: PROMC_NUMBER_SIZE bytes. Returns the length. Since 0.1. */
PROMC_API size_t promc_number_format(double v, char *buf);

/* promc_number_parse - read all @len bytes at @s as a decimal number.
 * Accepts what the Prometheus text format does: sign, digits, point, exponent, Inf, Infinity
 * and NaN in any case. No blanks, no hex, no locale. The nearest double; values too large are
 * infinite and return -ERANGE. Returns 0, -EINVAL, -ERANGE. Since 0.1. */
PROMC_API int promc_number_parse(const char *s, size_t len, double *v);

/* promc_utf8_valid - 1 when the @len bytes at @s are UTF-8 (no surrogates, no overlong
 * forms), else 0. Since 0.1. */
PROMC_API int promc_utf8_valid(const char *s, size_t len);

/* ------------------------------------------------------------------------------------
 * Reading an exposition
 */

/* Callbacks of promc_text_parse(). Any may be NULL. Strings live for the call only; label
 * values are unescaped. A callback that returns not 0 ends the parse with that value. */
typedef struct promc_text_handler {
    int (*help)(void *arg, const char *name, const char *help);
    int (*type)(void *arg, const char *name, promc_type type);
    /* @timestamp_ms: NULL when the line has none. */
    int (*sample)(void *arg, const char *name, promc_labels names, promc_labels values,
                  double v, const int64_t *timestamp_ms);
} promc_text_handler;

/* promc_text_parse - read Prometheus text 0.0.4.
 * @buf: @len bytes; need not be NUL-terminated.  *line: where the parse stopped, from 1
 * (may be NULL). Returns 0; -EINVAL with line and reason in *err; -ENOMEM; or a
 * callback's value. What was handed to the callbacks before an error stays handed over.
 * Since 0.1. */
PROMC_API int promc_text_parse(const char *buf, size_t len,
                               const promc_text_handler *handler, void *arg, size_t *line,
                               promc_error *err);

#ifdef __cplusplus
} /* extern "C" */
#endif

/* ------------------------------------------------------------------------------------
 * Macros
 */

#ifdef __cplusplus
static inline promc_labels promc__labels(std::initializer_list<const char *> list)
{
    promc_labels l = { list.begin(), list.size() };
    return l;
}
#define PROMC_LABELS(...) (promc__labels({ __VA_ARGS__ }))
#define PROMC_NO_LABELS (promc_labels())
#else
#define PROMC_LABELS(...)                                                                \
    ((promc_labels){ (const char *const[]){ __VA_ARGS__ },                               \
                     sizeof((const char *const[]){ __VA_ARGS__ }) /                      \
                         sizeof(const char *) })
#define PROMC_NO_LABELS ((promc_labels){ NULL, 0 })
#endif

/* Metrics that exist before main(), in the default registry, one line each. On a failed
 * registration the variable stays NULL (which every update accepts) and
 * promc_registry_error() tells why.
 *
 *   PROMC_COUNTER(starts, "app_starts_total", "Times the service started.");
 *   PROMC_HISTOGRAM(latency, "app_latency_seconds", "Time to answer.");  // default buckets
 */
#if defined(__GNUC__)
#define PROMC__STATIC(type, var, call)                                                   \
    static type *var;                                                                    \
    __attribute__((constructor)) static void promc__register_##var(void)                 \
    {                                                                                    \
        var = call;                                                                      \
    }                                                                                    \
    typedef int promc__semicolon_##var
#define PROMC_COUNTER(var, name, help)                                                   \
    PROMC__STATIC(promc_counter, var, promc_counter_new(NULL, name, help, NULL))
#define PROMC_GAUGE(var, name, help)                                                     \
    PROMC__STATIC(promc_gauge, var, promc_gauge_new(NULL, name, help, NULL))
#define PROMC_HISTOGRAM(var, name, help)                                                 \
    PROMC__STATIC(promc_histogram, var,                                                  \
                  promc_histogram_new(NULL, name, help, NULL, 0, NULL))
#define PROMC_SUMMARY(var, name, help)                                                   \
    PROMC__STATIC(promc_summary, var, promc_summary_new(NULL, name, help, NULL, 0, NULL))
#endif

#endif /* PROMC_PROMC_H */
