/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.c - may an answer be compressed? Reads the Accept-Encoding header.
 */
#include "config.h"
#include "encoding.h"

#include <string.h>
#include <strings.h>

/* Whether the parameters @p..@end (";q=0.5") leave q above 0. A q that cannot be read
 * counts as 0: the plain body is always understood. */
static int q_above_zero(const char *p, const char *end)
{
    int digit = 0;

    p += strspn(p, " \t");
    if (p >= end)
        return 1;
    if (*p++ != ';')
        return 0;
    p += strspn(p, " \t");
    if (end - p < 3 || (p[0] != 'q' && p[0] != 'Q') || p[1] != '=')
        return 0;
    for (p += 2; p < end && *p != ' ' && *p != '\t'; p++) {
        if (*p >= '1' && *p <= '9')
            digit = 1;
        else if (*p != '0' && *p != '.')
            return 0;
    }
    return digit;
}

int promc__accept_encoding(const char *header, const char *coding)
{
    size_t len = strlen(coding);
    int any = 0;

    while (header && *header) {
        const char *end = header + strcspn(header, ",");
        const char *p = header + strspn(header, " \t");
        size_t n = strcspn(p, " \t;,");

        if (n == len && !strncasecmp(p, coding, len))
            return q_above_zero(p + n, end); /* said by name: overrides the star */
        if (n == 1 && *p == '*')
            any = q_above_zero(p + n, end);
        header = *end ? end + 1 : end;
    }
    return any;
}
