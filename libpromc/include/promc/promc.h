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

#include <promc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------
 * Settings
 */

/* Settings few callers need. Start from PROMC_OPTS_INIT and change single fields, so that
 * fields of later versions keep their defaults. */
typedef struct promc_opts {
    size_t size;       /* sizeof(promc_opts), set by PROMC_OPTS_INIT */
    size_t max_series; /* series this family may hold; 0: 10,000. More are refused, or see
                          overflow */
    const char *const *const_labels; /* name, value, name, value, ...: on every series;
                                        copied */
    size_t n_const_labels;           /* number of pairs */
    int open_labels;                 /* not 0: each series brings its own label names, see
                                 promc_counter_labelset(); the family itself has none */
    double max_age;       /* summaries: length of the sliding window in seconds; 0: 600 */
    unsigned age_buckets; /* summaries: steps in which the window slides; 0: 5 */

    const char
        *unit; /* base unit, printed in OpenMetrics; the name must end in it, before
                         _total: "seconds" for x_seconds_total. NULL: none. Copied */

    /* Series that come and go. */
    double expiry; /* seconds without an update after which a series is removed, looked at
                      by each scrape, from the first that has seen the last update on; to look
                      a series up counts as one; 0: never */
    const char
        *overflow; /* what does not fit into max_series is counted in one more series,
                             all of whose labels have this value ("other"); with
                             open_labels its only label is called overflow. NULL: refused */
    /* Called for each label of a series that is not known yet: returns the value to use,
     * @value itself or static text, or NULL to refuse the series (counted). Any thread,
     * no lock held. Values that it maps to one another share a series. What it has returned
     * for a value it must return for itself, too: series are looked up by the values as they
     * are first. */
    const char *(*constrain)(void *arg, const char *label, const char *value);
    void *constrain_arg;

    int exemplars; /* counters, histograms: not 0 keeps room for exemplars, see
                      promc_counter_add_exemplar(); about 300 bytes for each counter and
                      bucket, 3 KiB for a native histogram */

    /* Histograms: native (exponential) buckets, as formats show them that know them. */
    double native_factor; /* from one bound to the next at most this (1.1); <= 1: none */
    unsigned
        native_buckets; /* populated buckets before the resolution is lowered; 0: 160, at
                           most 400. In each thread that observes they take 4 to 16 KiB */
    double
        native_min_reset; /* rather than lower it, start again from zero if the last time
                                was at least this many seconds ago; 0: never */
    double native_zero_threshold; /* what is this near to zero counts as zero; 0: 2^-128;
                                     negative: exactly zero only */
    double native_max_zero_threshold; /* rather than lower the resolution, widen the zero
                                         bucket up to this; 0: never */
    int native_only; /* not 0: no classic buckets beside the native ones */
} promc_opts;

#define PROMC_OPTS_INIT                                                                  \
    {                                                                                    \
        sizeof(promc_opts), 0, NULL, 0, 0, 0.0, 0, NULL, 0.0, NULL, NULL, NULL, 0, 0.0,  \
            0, 0.0, 0.0, 0.0, 0                                                          \
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

/* promc_registry_wrap - a second view of @reg that puts @prefix before the names of all
 * metrics and collectors registered through it, and adds constant labels.
 * @prefix: NULL is none.   @names, @values: the labels. All copied. Views may be views of
 * views. promc_unregister() through a view takes names without the prefix. Rendering a view
 * renders @reg. promc_registry_free() on a view releases only the view: what was registered
 * through it stays in @reg, which must live longer. NULL with *err filled: -EINVAL,
 * -ENOMEM. Since 0.1. */
PROMC_API promc_registry *promc_registry_wrap(promc_registry *reg, const char *prefix,
                                              promc_labels names, promc_labels values,
                                              promc_error *err);

/* Settings of a shared registry. Start from PROMC_SHARED_OPTS_INIT; 0 is the default. */
typedef struct promc_shared_opts {
    size_t size;        /* sizeof(promc_shared_opts) */
    unsigned max_lanes; /* threads of all processes that update at full speed at once;
                           more share; 0: 256 */
    size_t max_bytes;   /* of names, labels and values in all, at least 1 MiB; address
                           space, memory is used as it is needed; 0: 1 GiB */
} promc_shared_opts;

#define PROMC_SHARED_OPTS_INIT                                                           \
    {                                                                                    \
        sizeof(promc_shared_opts), 0, 0                                                  \
    }

/* promc_registry_new_shared - a registry in memory that is shared with every process forked
 * from here on: each updates it at full speed, and each can render the exact totals of
 * all. Make it, and register metrics and collectors, before fork(); series, and families
 * too, may be made in any process later. A process may die at any moment, killed included:
 * what it counted stays, an observation that it had not finished counts in whole or not at
 * all, and the next process carries on with its memory.
 * Differences from other registries: gauges of all processes are one, the last set wins,
 * and what a process added stays when it dies; summaries have no quantiles, and there are
 * no native histograms, exemplars, series that expire, infos and state sets (-ENOTSUP);
 * removed series keep their memory; collectors and value functions run in the process that
 * renders, and are those it registered or inherited; an opts.constrain function must be at the
 * same address in all processes, so no plug-in's. exec() leaves it.
 * NULL with *err filled: -ENOMEM, -ENOSPC (a process has eight of them already), -ENOTSUP
 * (no robust mutexes). Since 0.1. */
PROMC_API promc_registry *promc_registry_new_shared(const promc_shared_opts *opts,
                                                    promc_error *err);

/* promc_registry_default - the registry that NULL stands for.
 * It exists from the first use on and carries the process_* metrics; take those out with
 * promc_process_unregister(NULL). Never NULL. Since 0.1. */
PROMC_API promc_registry *promc_registry_default(void);

/* promc_registry_error - the first registration that failed in this registry.
 * Meant for PROMC_COUNTER() and its kin, which run before main() and have nobody to tell.
 * @reg: NULL is the default registry. Returns 0 if none failed; else its negative errno
 * value, with *err filled. Since 0.1. */
PROMC_API int promc_registry_error(const promc_registry *reg, promc_error *err);

/* promc_unregister - take a family out of the registry, with all its series; its memory is
 * used again. @name: as registered. Handles and families that somebody still holds stay
 * safe: what they count is dropped, and counted as removed; a few hundred bytes are kept for
 * them. The name is free again. Returns once a function that it asks is not running any more,
 * so not from there. Returns 0 or -ENOENT. Since 0.1. */
PROMC_API int promc_unregister(promc_registry *reg, const char *name);

/* promc_remove - remove the one series of family @name that has exactly these labels,
 * constant ones aside; for families of any type, those with open_labels included.
 * promc_remove_matching - remove every series that has all of these labels, constant ones
 * included; no labels match all. Both as promc_counter_remove(). Returns how many; 0 also
 * when there is no such family. Since 0.1. */
PROMC_API size_t promc_remove(promc_registry *reg, const char *name, promc_labels names,
                              promc_labels values);
PROMC_API size_t promc_remove_matching(promc_registry *reg, const char *name,
                                       promc_labels names, promc_labels values);

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
 * @name: UTF-8, not empty; outside [a-zA-Z_:][a-zA-Z0-9_:]* not every Prometheus can read it
 * as it is, see render.h. By custom it ends in _total (without it, OpenMetrics shows it as
 * unknown).   @help: UTF-8, one sentence; required.
 * Returns the handle, or NULL with *err filled: -EINVAL (name or help), -EEXIST (the name
 * is taken by something else, or is a sample of another family), -ENOMEM. Registering the
 * same again - type, help, labels, settings - returns what is there. Takes a lock. Since
 * 0.1. */
PROMC_API promc_counter *promc_counter_new(promc_registry *reg, const char *name,
                                           const char *help, promc_error *err);

/* promc_counter_family_new - a counter with labels.
 * @labels: label names: UTF-8, not empty, not starting with "__", no name twice.
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

/* promc_counter_remove - remove the series with these label values.
 * Its memory is used again, but for a few bytes by which a handle that somebody still has
 * stays safe to use: what it counts is dropped and counted as removed.
 * promc_counter_labels() with the same values makes a new series, starting at 0. Not for
 * families with open_labels, see promc_remove(). Returns 0, or -ENOENT. Since 0.1. */
PROMC_API int promc_counter_remove(promc_counter_family *f, promc_labels values);

/* promc_counter_family_clear - remove every series of the family, as above. NULL is a
 * no-op. Since 0.1. */
PROMC_API void promc_counter_family_clear(promc_counter_family *f);

/* promc_counter_release - remove a series by its handle, and give the handle back: the
 * caller promises that nobody uses it any more, so that nothing of it has to be kept. All who
 * look up the same series get the same handle, those of the overflow series too. NULL is a
 * no-op. Since 0.1. */
PROMC_API void promc_counter_release(promc_counter *c);

/* promc_counter_add_exemplar - as promc_counter_add(), and remember one thing that was
 * counted, usually by its trace: PROMC_LABELS("trace_id"), PROMC_LABELS(id). The last one is
 * shown. Without opts.exemplars, or with labels that are not valid, not UTF-8 or longer than
 * 128 characters in all or 256 bytes as printed, only counted (the latter in
 * promc_dropped_updates_total too). Never fails, allocates or blocks: of two at once one is
 * kept. Since 0.1. */
PROMC_API void promc_counter_add_exemplar(promc_counter *c, double v, promc_labels names,
                                          promc_labels values);

/* promc_counter_func_new - a counter whose value is asked for at each scrape.
 * @fn: called with @arg from the scraping thread, or from several at once, without a lock
 * held; the values must not go down. A negative one is left out of an OpenMetrics page.
 * @arg must live until promc_unregister() has returned, or the registry is freed. Returns 0, -EINVAL, -EEXIST or -ENOMEM. Since
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
 * promc_gauge_remove, _family_clear, _release - as for counters.
 * promc_gauge_func_new - a gauge whose value is asked for at each scrape, as for
 * counters; any value will do. Since 0.1. */
PROMC_API double promc_gauge_value(const promc_gauge *g);
PROMC_API void promc_gauge_family_set(promc_gauge_family *f, promc_labels values,
                                      double v);
PROMC_API void promc_gauge_family_add(promc_gauge_family *f, promc_labels values,
                                      double v);
PROMC_API int promc_gauge_remove(promc_gauge_family *f, promc_labels values);
PROMC_API void promc_gauge_family_clear(promc_gauge_family *f);
PROMC_API void promc_gauge_release(promc_gauge *g);
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
 * promc_histogram_remove, _family_clear, _release - as for counters. Since 0.1. */
PROMC_API uint64_t promc_histogram_count(const promc_histogram *h);
PROMC_API double promc_histogram_sum(const promc_histogram *h);
PROMC_API void promc_histogram_family_observe(promc_histogram_family *f,
                                              promc_labels values, double v);
PROMC_API int promc_histogram_remove(promc_histogram_family *f, promc_labels values);
PROMC_API void promc_histogram_family_clear(promc_histogram_family *f);
PROMC_API void promc_histogram_release(promc_histogram *h);

/* promc_histogram_observe_exemplar - observe and remember this one as the example of its
 * bucket, as promc_counter_add_exemplar(). A native histogram keeps ten of them, spread over
 * its values; one gives way after five minutes at the latest when there are new ones. Since
 * 0.1. */
PROMC_API void promc_histogram_observe_exemplar(promc_histogram *h, double v,
                                                promc_labels names, promc_labels values);

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
 * promc_summary_remove, _family_clear, _release - as for counters. Since 0.1. */
PROMC_API void promc_summary_family_observe(promc_summary_family *f, promc_labels values,
                                            double v);
PROMC_API int promc_summary_remove(promc_summary_family *f, promc_labels values);
PROMC_API void promc_summary_family_clear(promc_summary_family *f);
PROMC_API void promc_summary_release(promc_summary *s);

/* ------------------------------------------------------------------------------------
 * Infos, state sets, and values of no known type
 */

/* promc_info_new - a fixed set of labels with the value 1, as build or version information.
 * @name: must end in _info.   @names, @values: the labels. Returns the handle or NULL, as
 * for counters.
 * promc_info_set - replace the labels; 0, -EINVAL, -ENOMEM, or -ENOENT when the info was
 * unregistered. A scrape sees the old ones or the new ones. Takes locks, and waits for a page that is being written; not for a hot path.
 * NULL is a no-op and 0. Since 0.1. */
PROMC_API promc_info *promc_info_new(promc_registry *reg, const char *name,
                                     const char *help, promc_labels names,
                                     promc_labels values, promc_error *err);
PROMC_API int promc_info_set(promc_info *info, promc_labels names, promc_labels values,
                             promc_error *err);

/* promc_stateset_new - which of some states hold: a sample for each, 0 or 1, labelled with
 * the metric's own name.
 * @states: 1 to 64 names, UTF-8, not empty, none twice; copied. All are 0 at first. The rest,
 * and _family_new, _family_new_with, _labels, _remove and _family_clear, is as for counters;
 * but @name must be good as a label's name, no other label may have it, and there are no
 * open_labels.
 * promc_stateset_set - switch the @state-th (from 0) on or off; others are left as they are.
 * promc_stateset_set_only - switch it on and all others off: an enumeration. A scrape sees
 * all states of one moment. No such state, or NULL: a no-op. Any thread. Never fails,
 * allocates or blocks.
 * promc_stateset_get - 1 when the state is on. Since 0.1. */
PROMC_API promc_stateset *promc_stateset_new(promc_registry *reg, const char *name,
                                             const char *help, promc_labels states,
                                             promc_error *err);
PROMC_API promc_stateset_family *
promc_stateset_family_new(promc_registry *reg, const char *name, const char *help,
                          promc_labels labels, promc_labels states, promc_error *err);
PROMC_API promc_stateset_family *
promc_stateset_family_new_with(promc_registry *reg, const char *name, const char *help,
                               promc_labels labels, promc_labels states,
                               const promc_opts *opts, promc_error *err);
PROMC_API promc_stateset *promc_stateset_labels(promc_stateset_family *f,
                                                promc_labels values);
PROMC_API void promc_stateset_set(promc_stateset *s, size_t state, int on);
PROMC_API void promc_stateset_set_only(promc_stateset *s, size_t state);
PROMC_API int promc_stateset_get(const promc_stateset *s, size_t state);
PROMC_API int promc_stateset_remove(promc_stateset_family *f, promc_labels values);
PROMC_API void promc_stateset_family_clear(promc_stateset_family *f);

/* promc_unknown_func_new - a value of unknown type that is asked for at each scrape, as
 * promc_gauge_func_new(). Since 0.1. */
PROMC_API int promc_unknown_func_new(promc_registry *reg, const char *name,
                                     const char *help, double (*fn)(void *arg), void *arg,
                                     promc_error *err);

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

#ifdef __cplusplus
} /* extern "C" */
#endif

/* ------------------------------------------------------------------------------------
 * Macros
 */

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

/* The rest of the library, a header for each subject. */
#include <promc/emit.h>
#include <promc/render.h>
#include <promc/text.h>

#endif /* PROMC_PROMC_H */
