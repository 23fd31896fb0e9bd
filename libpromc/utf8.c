/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.c - find what is not UTF-8.
 */
#include "config.h"
#include "utf8.h"

#include <stdint.h>
#include <string.h>

#include "promc/promc.h"

#define EIGHT_TOP_BITS UINT64_C(0x8080808080808080)

/* The length of the valid character at @p, of which @left bytes are there; 0 if none is.
 * The second byte has the narrow limits: they keep out overlong forms (after E0, F0),
 * surrogates (after ED) and what lies above U+10FFFF (after F4). */
static size_t character_length(const unsigned char *p, size_t left)
{
    unsigned char lead = p[0], low = 0x80, high = 0xBF;
    size_t length;

    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    if (lead < 0xE0) {
        length = 2;
    } else if (lead < 0xF0) {
        length = 3;
        if (lead == 0xE0)
            low = 0xA0;
        else if (lead == 0xED)
            high = 0x9F;
    } else {
        length = 4;
        if (lead == 0xF0)
            low = 0x90;
        else if (lead == 0xF4)
            high = 0x8F;
    }
    if (left < length || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

size_t promc__utf8_span(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = 0, length;
    uint64_t eight;

    while (i < len) {
        if (len - i >= sizeof eight) {
            memcpy(&eight, p + i, sizeof eight);
            if (!(eight & EIGHT_TOP_BITS)) {
                i += sizeof eight;
                continue;
            }
        }
        length = character_length(p + i, len - i);
        if (length == 0)
            break;
        i += length;
    }
    return i;
}

size_t promc__utf8_gap(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = 0;

    while (i < len && character_length(p + i, len - i) == 0)
        i++;
    return i;
}

int promc_utf8_valid(const char *s, size_t len)
{
    return promc__utf8_span(s, len) == len;
}
