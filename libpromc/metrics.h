/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what the encoder asks the metric types. Each type's words in the lanes, and how
 * they are read consistently, are known to its own file only.
 */
#ifndef PROMC_METRICS_H
#define PROMC_METRICS_H

#include <stdint.h>

#include "family.h"
#include "promc/promc.h"

double promc__gauge_read(const struct promc__child *c);

/* A counter is integer + fraction. */
void promc__counter_read(const struct promc__child *c, uint64_t *integer,
                         double *fraction);

/* --- histograms --- */

struct promc__histogram_shape {
    const double *bounds; /* n, ascending, without +Inf */
    size_t n;
    const char *const *le[2]; /* n + 1 label values as text; by promc_format */
    int native;               /* there are native buckets */
};
const struct promc__histogram_shape *
promc__histogram_shape(const struct promc__family *f);
/* counts: n + 1, one per bucket, not cumulative. Buckets and *sum belong together. */
void promc__histogram_read(const struct promc__child *c, uint64_t *counts, double *sum);
/* When the counts began. */
int64_t promc__histogram_created(const struct promc__child *c);
/* The same of one with native buckets, which are in scratch->view then, and when the counts
 * began. By one reader at a time, as the render lock sees to. 0 or -ENOMEM. */
struct promc__native_scratch; /* native.h */
int promc__histogram_read_native(const struct promc__child *c,
                                 struct promc__native_scratch *scratch, uint64_t *counts,
                                 double *sum, int64_t *created_ms);

/* --- summaries --- */

enum { PROMC__MAX_QUANTILES = 100 };

struct promc__summary_shape {
    const double *quantiles;
    size_t n;
    const char *const *text[2];
};
const struct promc__summary_shape *promc__summary_shape(const struct promc__family *f);

struct promc__sketch_scratch; /* sketch.h */
/* at: n values, one per quantile of the shape. 0 or -ENOMEM. */
int promc__summary_read(const struct promc__child *c,
                        struct promc__sketch_scratch *scratch, double *at, double *sum,
                        uint64_t *count);

/* Keep pages in stock for the sketches of all summaries. Where allocating is allowed. */
int promc__summary_restock(void);

/* --- infos and state sets --- */

/* 1 when an info may have this name. */
int promc__info_name(const char *name, size_t len);

struct promc__stateset_shape {
    const char *const *states;
    size_t n;
};
const struct promc__stateset_shape *promc__stateset_shape(const struct promc__family *f);
/* Bit i: the i-th state holds. */
uint64_t promc__stateset_read(const struct promc__child *c);

/* For types that keep nothing in the lanes. */
static inline int promc__slot_none(uint32_t words, uint32_t *slot)
{
    (void)words;
    *slot = 0;
    return 0;
}

static inline void promc__slot_none_free(uint32_t slot, uint32_t words)
{
    (void)slot;
    (void)words;
}

/* The value asked for from a function at each scrape (func.c). */
int promc__func_new(promc_registry *reg, const struct promc__type_ops *ops,
                    const char *name, const char *help, double (*fn)(void *arg),
                    void *arg, promc_error *err);

#endif /* PROMC_METRICS_H */
