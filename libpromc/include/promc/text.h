/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - numbers and expositions as text: what an exporter needs to read and write
 * them, whatever the locale says.
 */
#ifndef PROMC_TEXT_API_H
#define PROMC_TEXT_API_H

#include <promc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#endif /* PROMC_TEXT_API_H */
