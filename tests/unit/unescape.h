/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unescape.h - what a reader makes of names that were escaped as "values" or "dots", written
 * after the description of these schemes and not after our writer.
 */
#ifndef TESTS_UNESCAPE_H
#define TESTS_UNESCAPE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline size_t put_utf8(char *to, uint32_t c)
{
    unsigned char *p = (unsigned char *)to;

    if (c < 0x80) {
        p[0] = (unsigned char)c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (unsigned char)(0xC0 | c >> 6);
        p[1] = (unsigned char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        p[0] = (unsigned char)(0xE0 | c >> 12);
        p[1] = (unsigned char)(0x80 | (c >> 6 & 63));
        p[2] = (unsigned char)(0x80 | (c & 63));
        return 3;
    }
    p[0] = (unsigned char)(0xF0 | c >> 18);
    p[1] = (unsigned char)(0x80 | (c >> 12 & 63));
    p[2] = (unsigned char)(0x80 | (c >> 6 & 63));
    p[3] = (unsigned char)(0x80 | (c & 63));
    return 4;
}

/* @to: room for @len and a NUL. Returns 0, or -1 when it was not escaped so. */
static inline int unescape_values(const char *s, char *to)
{
    if (strncmp(s, "U__", 3) != 0) {
        strcpy(to, s);
        return 0;
    }
    for (s += 3; *s != '\0'; s++) {
        char *end;

        if (*s != '_') {
            *to++ = *s;
        } else if (s[1] == '_') {
            *to++ = *s++;
        } else {
            unsigned long c = strtoul(s + 1, &end, 16);

            if (end == s + 1 || *end != '_' || c > 0x10FFFF)
                return -1;
            to += put_utf8(to, (uint32_t)c);
            s = end;
        }
    }
    *to = '\0';
    return 0;
}

static inline int unescape_dots(const char *s, char *to)
{
    for (; *s != '\0'; s++) {
        if (*s != '_') {
            *to++ = *s;
        } else if (s[1] == '_') {
            *to++ = *s++;
        } else if (strncmp(s, "_dot_", 5) == 0) {
            *to++ = '.';
            s += 4;
        } else {
            return -1;
        }
    }
    *to = '\0';
    return 0;
}

#endif /* TESTS_UNESCAPE_H */
