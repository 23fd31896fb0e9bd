/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds.h - the fixed numbers of a family, bucket bounds or quantiles, with the text they
 * have as label values in each format.
 */
#ifndef PROMC_BOUNDS_H
#define PROMC_BOUNDS_H

#include <stddef.h>

#include "promc/promc.h"

struct promc__bounds {
    double *v; /* and +Inf up to promc__bounds_padded(n) */
    size_t n;
    size_t texts;         /* in each format */
    const char **text[2]; /* by promc_format: 1 in text 0.0.4 is 1.0 in OpenMetrics */
    char *chars;
};

/* @n, or a little more: how many numbers there are to be read four at a time. */
static inline size_t promc__bounds_padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Copy @n numbers; @inf: one more text, for +Inf. 0, or -ENOMEM with *err filled. */
int promc__bounds_init(struct promc__bounds *b, const char *what, const double *v,
                       size_t n, int inf, promc_error *err);
/* Have *b, a copy of another one, own what it points to: in @mem of promc__bounds_size(b), which
 * promc__bounds_free() must never see. */
size_t promc__bounds_size(const struct promc__bounds *b);
void promc__bounds_copy(struct promc__bounds *b, void *mem);
void promc__bounds_free(struct promc__bounds *b);

#endif /* PROMC_BOUNDS_H */
