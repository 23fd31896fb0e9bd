/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - include and exclude patterns of the kind the Prometheus exporters take.
 *
 * Patterns are written for Go's RE2 and run on PCRE2, which reads more; what RE2 would not
 * take (look-around, back-references, possessive and atomic groups ...) is refused, so that a
 * pattern means the same here as there. Matching is unanchored, with limits on effort.
 */
#ifndef COMMON_FILTER_H
#define COMMON_FILTER_H

#include <promc/promc.h>

struct filter;

/* include, exclude: a pattern each; NULL or "": none. what names the flag in errors.
 * Returns the filter, or NULL with *err filled (-EINVAL or -ENOMEM). */
struct filter *filter_new(const char *what, const char *include, const char *exclude,
                          promc_error *err);
void filter_free(struct filter *f);

/* 1: keep it, that is, exclude does not match and include, if any, does. A NULL filter keeps
 * everything. Thread-safe. */
int filter_keep(const struct filter *f, const char *s);

#endif /* COMMON_FILTER_H */
