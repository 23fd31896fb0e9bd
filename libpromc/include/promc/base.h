/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base.h - what the other headers share: errors, label lists, metric types.
 */
#ifndef PROMC_BASE_H
#define PROMC_BASE_H

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
typedef struct promc_info promc_info;
typedef struct promc_stateset promc_stateset;
typedef struct promc_stateset_family promc_stateset_family;
typedef struct promc_emitter promc_emitter;
typedef struct promc_samples promc_samples;
typedef struct promc_page promc_page;

typedef enum promc_type {
    PROMC_TYPE_UNTYPED = 0, /* "unknown" in OpenMetrics */
    PROMC_TYPE_COUNTER,
    PROMC_TYPE_GAUGE,
    PROMC_TYPE_HISTOGRAM,
    PROMC_TYPE_SUMMARY,
    PROMC_TYPE_INFO,          /* a gauge that is always 1, where a format has no infos */
    PROMC_TYPE_STATESET,      /* gauges of 0 and 1, likewise */
    PROMC_TYPE_GAUGEHISTOGRAM /* a histogram of what is there now: counts may fall */
} promc_type;

#define PROMC_TYPE_UNKNOWN PROMC_TYPE_UNTYPED

#ifdef __cplusplus
} /* extern "C" */
#endif

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

#endif /* PROMC_BASE_H */
