/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex.h - patterns written for Go's RE2, made ready for PCRE2; and text made ready for
 * them.
 */
#ifndef COMMON_REGEX_H
#define COMMON_REGEX_H

#include <stddef.h>

#include <promc/promc.h>

/* pcre2.h has this as pcre2_code, match context as pcre2_match_context; files that match
 * include it themselves. */
struct pcre2_real_code_8;
struct pcre2_real_match_context_8;

/* Returns NULL with *err filled, the reason alone in its text: -EINVAL, -ENOMEM. Release
 * with pcre2_code_free(). */
struct pcre2_real_code_8 *regex_compile(const char *pattern, promc_error *err);

/* PCRE2 can be led into exponential searches where RE2 cannot: limits on effort and memory
 * for pcre2_match(). NULL: out of memory. */
struct pcre2_real_match_context_8 *regex_limits(void);

/* A copy of s in which each byte that is no UTF-8 is U+FFFD, which is how Go's matcher
 * sees it; matching wants valid text. NULL: out of memory; release with free(). */
char *regex_mend(const char *s, size_t len);

#endif /* COMMON_REGEX_H */
