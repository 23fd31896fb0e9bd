/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - fill a caller's promc_error.
 */
#ifndef PROMC_ERROR_H
#define PROMC_ERROR_H

#include <stdarg.h>

#include "promc/promc.h"

/* Write @code and one sentence to @err (which may be NULL) and return @code, so that a
 * failing function ends in one line. A text that is too long is cut between characters.
 * No floating point in @format: its output would follow the locale. */
int promc__error(promc_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int promc__error_v(promc_error *err, int code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif /* PROMC_ERROR_H */
