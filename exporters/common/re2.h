/* SPDX-License-Identifier: Apache-2.0 */
/*
 * re2.h - regular expressions written for Go's RE2, rewritten for PCRE2.
 */
#ifndef COMMON_RE2_H
#define COMMON_RE2_H

#include <stddef.h>

#include <promc/promc.h>

/* Rewrite the RE2 pattern so that PCRE2 in UTF mode means the same by it, or refuse it.
 * PCRE2 reads a larger language and some words of it differently (\v, \s, \12, {,3}); what
 * RE2 would not take is an error here as well. The options that belong to the result are
 * PCRE2_UTF, PCRE2_DOLLAR_ENDONLY and PCRE2_ALT_CIRCUMFLEX, with "\n" alone as line end.
 * Returns a string to release with free(), or NULL with *err filled (-EINVAL, -ENOMEM). */
char *re2_rewrite(const char *pattern, promc_error *err);

#endif /* COMMON_RE2_H */
