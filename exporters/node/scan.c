/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - cut the text of /proc and /sys into lines, fields and numbers.
 */
#include "config.h"

#include "node/scan.h"

#include <errno.h>
#include <string.h>

#include <promc/promc.h>

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_str(const char *s)
{
    return span_of(s, strlen(s));
}

int span_is(struct span a, const char *s)
{
    size_t n = strlen(s);

    return a.n == n && (n == 0 || memcmp(a.p, s, n) == 0);
}

int span_begins(struct span a, const char *s)
{
    size_t n = strlen(s);

    return a.n >= n && (n == 0 || memcmp(a.p, s, n) == 0);
}

struct span span_trim(struct span a)
{
    while (a.n > 0 && is_blank(a.p[0])) {
        a.p++;
        a.n--;
    }
    while (a.n > 0 && is_blank(a.p[a.n - 1]))
        a.n--;
    return a;
}

char *span_copy(struct span a, char *buf, size_t size)
{
    size_t n = a.n < size ? a.n : size - 1;

    if (n > 0)
        memcpy(buf, a.p, n);
    buf[n] = '\0';
    return buf;
}

int scan_until(struct span *rest, char sep, struct span *before)
{
    const char *end = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

    if (!end)
        return 0;
    *before = span_of(rest->p, (size_t)(end - rest->p));
    rest->n -= before->n + 1;
    rest->p = end + 1;
    return 1;
}

int scan_line(struct span *rest, struct span *line)
{
    if (rest->n == 0)
        return 0;
    if (!scan_until(rest, '\n', line)) {
        *line = *rest;
        rest->p += rest->n;
        rest->n = 0;
    }
    return 1;
}

int scan_field(struct span *rest, struct span *field)
{
    const char *p = rest->p;
    const char *end = p + rest->n;

    while (p < end && is_blank(*p))
        p++;
    field->p = p;
    while (p < end && !is_blank(*p))
        p++;
    field->n = (size_t)(p - field->p);
    rest->p = p;
    rest->n = (size_t)(end - p);
    return field->n > 0;
}

size_t scan_fields(struct span line, struct span *fields, size_t max)
{
    struct span field;
    size_t n = 0;

    while (scan_field(&line, &field)) {
        if (n < max)
            fields[n] = field;
        n++;
    }
    return n;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

static int scan_base(struct span s, unsigned base, uint64_t *v)
{
    uint64_t sum = 0;

    if (s.n == 0)
        return -EINVAL;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)digit_of(s.p[i]);

        if (d >= base)
            return -EINVAL;
        if (__builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, d, &sum))
            return -ERANGE;
    }
    *v = sum;
    return 0;
}

int scan_u64(struct span s, uint64_t *v)
{
    return scan_base(s, 10, v);
}

int scan_hex(struct span s, uint64_t *v)
{
    return scan_base(s, 16, v);
}

int scan_any_u64(struct span s, uint64_t *v)
{
    unsigned base = 10;

    if (s.n > 1 && s.p[0] == '0') {
        size_t prefix = 2;

        switch (s.p[1] | 0x20) {
        case 'x':
            base = 16;
            break;
        case 'o':
            base = 8;
            break;
        case 'b':
            base = 2;
            break;
        default:
            base = 8;
            prefix = 1;
        }
        s = span_of(s.p + prefix, s.n - prefix);
    }
    return scan_base(s, base, v);
}

/* The sign in front of what one of the unsigned scanners reads. */
static int scan_signed(struct span s, int (*scan)(struct span, uint64_t *), int64_t *v)
{
    int minus = s.n > 0 && s.p[0] == '-';
    uint64_t u;
    int rc;

    if (minus || (s.n > 0 && s.p[0] == '+'))
        s = span_of(s.p + 1, s.n - 1);
    rc = scan(s, &u);
    if (rc)
        return rc;
    if (u > (uint64_t)INT64_MAX + (uint64_t)minus)
        return -ERANGE;
    if (minus)
        *v = u > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)u;
    else
        *v = (int64_t)u;
    return 0;
}

int scan_i64(struct span s, int64_t *v)
{
    return scan_signed(s, scan_u64, v);
}

int scan_any_i64(struct span s, int64_t *v)
{
    return scan_signed(s, scan_any_u64, v);
}

int scan_double(struct span s, double *v)
{
    double d;
    int rc = s.n ? promc_number_parse(s.p, s.n, &d) : -EINVAL;

    if (rc == 0)
        *v = d;
    return rc;
}
