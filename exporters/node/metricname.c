/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metricname.c - make a part of a metric's name of a text that the kernel gives.
 */
#include "config.h"

#include "node/metricname.h"

#include <string.h>

static int is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

char *metricname_clean(const char *text, char *buf, size_t size)
{
    size_t n = 0;

    while (*text && n + 1 < size) {
        const char *odd = text + strspn(text, "_");

        if (is_word(*odd) || *odd == '\0') {
            buf[n++] = *text++;
            continue;
        }
        while (*odd && !is_word(*odd))
            odd++;
        text = odd + strspn(odd, "_");
        buf[n++] = '_';
    }
    buf[n] = '\0';
    return buf;
}
