/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.c - fill a caller's promc_error.
 */
#include "config.h"
#include "error.h"

#include <stdio.h>
#include <string.h>

/* Drop the first bytes of a character whose rest vsnprintf() cut off: the text may quote
 * a UTF-8 name and travels on into logs and HTTP answers. */
static void drop_partial_character(char *text)
{
    size_t len = strlen(text);
    size_t start = len;
    size_t want;

    while (start > 0 && len - start < 3 &&
           ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return;
    start--;
    want = (unsigned char)text[start] >= 0xF0   ? 4
           : (unsigned char)text[start] >= 0xE0 ? 3
                                                : 2;
    if (len - start < want)
        text[start] = '\0';
}

int promc__error_v(promc_error *err, int code, const char *format, va_list args)
{
    int n;

    if (!err)
        return code;
    err->code = code;
    n = vsnprintf(err->text, sizeof err->text, format, args);
    if (n < 0)
        err->text[0] = '\0';
    else if ((size_t)n >= sizeof err->text)
        drop_partial_character(err->text);
    return code;
}

int promc__error(promc_error *err, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    promc__error_v(err, code, format, args);
    va_end(args);
    return code;
}
