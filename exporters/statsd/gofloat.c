/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gofloat.c - Go's number forms on top of promc_number_parse(), which reads the decimal
 * ones.
 */
#include "config.h"

#include "gofloat.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <promc/promc.h>

/* A number with underscores is copied without them; a longer one is not a number to us.
 */
#define MAX_UNDERSCORED 1024

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(const char *s, size_t n)
{
    return n >= 2 && s[0] == '0' && (s[1] | 0x20) == 'x';
}

/* The plain decimals that nearly all lines carry: at most 15 digits and a point. Such a
 * number is an integer below 10^15 divided by a power of ten that a double holds exactly,
 * so one division gives the nearest double. Returns false for every other form. */
static bool parse_plain(const char *s, size_t n, double *v)
{
    static const double power[] = { 1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    const char *end = s + n, *start, *point;
    bool negative = false;
    uint64_t m = 0;
    double d;

    if (n > 0 && (*s == '-' || *s == '+'))
        negative = *s++ == '-';
    if (s == end || end - s > 16)
        return false;
    for (start = s; s < end && is_digit(*s); s++)
        m = m * 10 + (uint64_t)(*s - '0');
    d = (double)m;
    if (s < end) {
        if (*s != '.' || end - start < 2)
            return false;
        for (point = s++; s < end && is_digit(*s); s++)
            m = m * 10 + (uint64_t)(*s - '0');
        if (s < end)
            return false;
        d = (double)m / power[end - point - 1];
    }
    if (m >= 1000000000000000u)
        return false;
    *v = negative ? -d : d;
    return true;
}

/* Go's rule: an underscore stands between two digits, or between the base prefix and one.
 */
static bool underscores_ok(const char *s, size_t n)
{
    enum { START, DIGIT, UNDERSCORE, OTHER } last = START;
    bool hex;
    size_t i = 0;

    if (n > 0 && (s[0] == '+' || s[0] == '-')) {
        s++;
        n--;
    }
    hex = is_hex(s, n);
    if (hex) {
        last = DIGIT;
        i = 2;
    }
    for (; i < n; i++) {
        if (is_digit(s[i]) || (hex && hex_value(s[i]) >= 0)) {
            last = DIGIT;
        } else if (s[i] == '_') {
            if (last != DIGIT)
                return false;
            last = UNDERSCORE;
        } else {
            if (last == UNDERSCORE)
                return false;
            last = OTHER;
        }
    }
    return last != UNDERSCORE;
}

/* Read the decimal exponent at s, sign and digits, to the end; false when there is none.
 * Saturates: beyond 100,000 every mantissa we take is zero or out of range. */
static bool parse_exponent(const char *s, const char *end, int *e)
{
    bool negative = false;

    if (s < end && (*s == '+' || *s == '-'))
        negative = *s++ == '-';
    if (s == end)
        return false;
    for (*e = 0; s < end; s++) {
        if (!is_digit(*s))
            return false;
        if (*e < 100000)
            *e = *e * 10 + (*s - '0');
    }
    if (negative)
        *e = -*e;
    return true;
}

/* MANTISSA[.MANTISSA]pEXPONENT after the 0x. Keeps 60 bits and remembers in the lowest
 * one whether anything below them was not zero, so that the conversion rounds right. (A
 * result below 2^-1022 is rounded twice and may be off by its last bit.) */
static int parse_hex(const char *s, size_t n, double *v)
{
    const char *end = s + n;
    bool digits = false, point = false;
    uint64_t m = 0;
    int64_t shift = 0;
    int e;

    for (; s < end; s++) {
        int d;

        if (*s == '.' && !point) {
            point = true;
            continue;
        }
        d = hex_value(*s);
        if (d < 0)
            break;
        digits = true;
        if (m >> 56 == 0) {
            m = m << 4 | (uint64_t)d;
            shift -= point ? 4 : 0;
        } else {
            m |= d != 0;
            shift += point ? 0 : 4;
        }
    }
    if (!digits || s == end || (*s | 0x20) != 'p' || !parse_exponent(s + 1, end, &e))
        return -EINVAL;
    if (m == 0) {
        *v = 0;
        return 0;
    }
    shift += e;
    *v = shift > 2000 ? (double)INFINITY
                      : ldexp((double)m, shift < -3000 ? -3000 : (int)shift);
    return isinf(*v) ? -ERANGE : 0;
}

static int parse_signed(const char *s, size_t n, double *v)
{
    bool sign = n > 0 && (s[0] == '+' || s[0] == '-');
    double d = 0;
    int rc;

    if (is_hex(s + sign, n - sign)) {
        rc = parse_hex(s + sign + 2, n - sign - 2, &d);
        if (sign && s[0] == '-')
            d = -d;
    } else {
        rc = promc_number_parse(s, n, &d);
        if (rc == 0 && sign && isnan(d))
            rc = -EINVAL;
    }
    if (rc != -EINVAL)
        *v = d;
    return rc;
}

/* Every other form. Apart, so that the plain ones do not pay for its copy on the stack.
 */
__attribute__((noinline)) static int parse_other(const char *s, size_t n, double *v)
{
    char copy[MAX_UNDERSCORED];
    size_t len = 0;

    if (n == 0)
        return -EINVAL;
    if (memchr(s, '_', n) == NULL)
        return parse_signed(s, n, v);
    if (n > sizeof(copy) || !underscores_ok(s, n))
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (s[i] != '_')
            copy[len++] = s[i];
    return parse_signed(copy, len, v);
}

int gofloat_parse(const char *s, size_t n, double *v)
{
    return parse_plain(s, n, v) ? 0 : parse_other(s, n, v);
}
