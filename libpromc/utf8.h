/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - find what is not UTF-8. A writer mends a text with both functions in turn:
 * copy a span, then write one PROMC__UTF8_REPLACEMENT for the gap behind it, until the
 * end.
 */
#ifndef PROMC_UTF8_H
#define PROMC_UTF8_H

#include <stddef.h>

#define PROMC__UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* How many of the @len bytes at @s, from the first on, are whole valid characters. */
size_t promc__utf8_span(const char *s, size_t len);

/* How many bytes, from the first on, belong to no valid character. */
size_t promc__utf8_gap(const char *s, size_t len);

#endif /* PROMC_UTF8_H */
