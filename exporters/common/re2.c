/* SPDX-License-Identifier: Apache-2.0 */
/*
 * re2.c - read an RE2 pattern and write what PCRE2 must be told to mean the same.
 *
 * This is a scanner, not a parser: it knows escapes, classes, groups and repetition,
 * which is where the two languages differ, and leaves structure (unbalanced brackets,
 * ranges) to PCRE2's own compiler.
 */
#include "config.h"

#include "common/re2.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RE2's limit on {n}. */
#define MAX_REPEAT 1000

struct rewrite {
    const char *start;
    const char *p; /* next to read */
    char *out;
    size_t len;
    size_t cap;
    promc_error *err;
    int rc; /* the first error; later ones are not looked at */
};

__attribute__((format(printf, 3, 4))) static void fail(struct rewrite *r, int code,
                                                       const char *format, ...)
{
    va_list ap;

    if (r->rc < 0)
        return;
    r->rc = code;
    if (!r->err)
        return;
    r->err->code = code;
    va_start(ap, format);
    vsnprintf(r->err->text, sizeof(r->err->text), format, ap);
    va_end(ap);
}

static void put(struct rewrite *r, const char *s, size_t n)
{
    if (r->len + n + 1 > r->cap) {
        size_t cap = 2 * (r->len + n + 32);
        char *out = realloc(r->out, cap);

        if (!out) {
            fail(r, -ENOMEM, "out of memory");
            return;
        }
        r->out = out;
        r->cap = cap;
    }
    memcpy(r->out + r->len, s, n);
    r->len += n;
    r->out[r->len] = '\0';
}

static void put_str(struct rewrite *r, const char *s)
{
    put(r, s, strlen(s));
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_value(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One character by its number; the hex form has no other meaning anywhere. */
static void put_code(struct rewrite *r, unsigned long code)
{
    char text[24];

    put(r, text, (size_t)snprintf(text, sizeof(text), "\\x{%lx}", code));
}

/* Octal: \0, \012, \123, but \1 alone would be a back-reference, which RE2 has not. */
static void octal(struct rewrite *r)
{
    unsigned long code = 0;
    int n;

    if (*r->p != '0' && (r->p[1] < '0' || r->p[1] > '7')) {
        fail(r, -EINVAL, "\\%c: RE2 has no back-references", *r->p);
        return;
    }
    for (n = 0; n < 3 && *r->p >= '0' && *r->p <= '7'; n++)
        code = code * 8 + (unsigned long)(*r->p++ - '0');
    put_code(r, code);
}

/* Hex: \x7F or \x{10FFFF}; r->p is behind the x. */
static void hex(struct rewrite *r)
{
    const char *p = r->p;
    unsigned long code = 0;
    int braces = *p == '{', n;

    p += braces;
    for (n = 0; hex_value(*p) >= 0 && n < (braces ? 8 : 2); n++)
        code = code * 16 + (unsigned long)hex_value(*p++);
    if (n == 0 || (!braces && n < 2) || (braces && *p++ != '}') || code > 0x10ffff) {
        fail(r, -EINVAL, "invalid escape sequence \\x");
        return;
    }
    r->p = p;
    put_code(r, code);
}

/* A Unicode class, \pN or \p{Greek}: the same in both; r->p is at the p or P. */
static void property(struct rewrite *r)
{
    const char *start = r->p++;

    if (*r->p == '{') {
        r->p += strcspn(r->p, "}");
        if (*r->p != '}') {
            fail(r, -EINVAL, "invalid Unicode class: '}' is missing");
            return;
        }
    } else if (!is_alnum(*r->p)) {
        fail(r, -EINVAL, "invalid Unicode class \\%c", *start);
        return;
    }
    r->p++;
    put(r, "\\", 1);
    put(r, start, (size_t)(r->p - start));
}

/* \Q...\E: the text in between stands for itself. */
static void quoted(struct rewrite *r)
{
    for (r->p++; *r->p; r->p++) {
        if (r->p[0] == '\\' && r->p[1] == 'E') {
            r->p += 2;
            return;
        }
        if ((unsigned char)*r->p < 0x80 && !is_alnum(*r->p))
            put(r, "\\", 1);
        put(r, r->p, 1);
    }
}

/* An escape, r->p behind the backslash. Returns 1 when it cannot be repeated (it is
 * empty). */
static void escape(struct rewrite *r, int in_class)
{
    char c = *r->p;
    char text[2] = { '\\', c };

    switch (c) {
    case '\0':
        fail(r, -EINVAL, "trailing backslash");
        return;
    case 's': /* PCRE2 counts \v in, RE2 does not */
        put_str(r, in_class ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]");
        break;
    case 'S':
        put_str(r, in_class ? "\\x00-\\x08\\x0b\\x0e-\\x1f!-\\x{10ffff}"
                            : "[^\\t\\n\\f\\r ]");
        break;
    case 'v': /* a set of characters in PCRE2 */
        put_code(r, 0x0b);
        break;
    case 'a':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'd':
    case 'D':
    case 'w':
    case 'W':
        put(r, text, 2);
        break;
    case 'p':
    case 'P':
        property(r);
        return;
    case 'x':
        r->p++;
        hex(r);
        return;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
        octal(r);
        return;
    case 'A':
    case 'z':
    case 'b':
    case 'B':
        if (!in_class) {
            put(r, text, 2);
            break;
        }
        fail(r, -EINVAL, "invalid escape sequence \\%c in a class", c);
        return;
    default:
        if ((unsigned char)c >= 0x80 || is_alnum(c)) {
            fail(r, -EINVAL, "invalid escape sequence \\%c", c);
            return;
        }
        put(r, text, 2);
        break;
    }
    r->p++;
}

/* [...], r->p at the bracket. */
static void class(struct rewrite *r)
{
    const char *body;

    put(r, r->p++, 1);
    if (*r->p == '^')
        put(r, r->p++, 1);
    for (body = r->p; *r->p != ']' || r->p == body;) {
        if (*r->p == '\0') {
            fail(r, -EINVAL, "missing closing ]");
            return;
        }
        if (*r->p == '\\') {
            r->p++;
            escape(r, 1);
            if (r->rc < 0)
                return;
        } else if (r->p[0] == '[' && r->p[1] == ':' && strstr(r->p, ":]")) {
            const char *end = strstr(r->p, ":]") + 2;

            put(r, r->p, (size_t)(end - r->p));
            r->p = end;
        } else {
            /* PCRE2 reads [. and [= as POSIX has them; RE2 has no such thing. */
            if (*r->p == '[' || (*r->p == ']' && r->p == body))
                put(r, "\\", 1);
            put(r, r->p++, 1);
        }
    }
    put(r, r->p++, 1);
}

/* What may follow "(?" in RE2: a name, or flags out of imsU. r->p at the parenthesis. */
static void group(struct rewrite *r)
{
    const char *start = r->p, *p = r->p + 1;

    if (*p == '*') {
        fail(r, -EINVAL, "missing argument to repetition operator: *");
        return;
    }
    if (*p == '?') {
        p++;
        if ((p[0] == 'P' && p[1] == '<') || (p[0] == '<' && p[1] != '=' && p[1] != '!')) {
            p += strcspn(p, ">)");
            if (*p == '>')
                p++;
        } else {
            p += strspn(p, "imsU");
            if (*p == '-')
                p += 1 + strspn(p + 1, "imsU");
            if (*p != ':' && *p != ')') {
                fail(r, -EINVAL, "RE2 has no group of the kind \"%.3s\"", start);
                return;
            }
            p++;
        }
    }
    put(r, start, (size_t)(p - start));
    r->p = p;
}

/* The length of a {n}, {n,} or {n,m} at p; 0 when the brace stands for itself. */
static size_t repeat_len(struct rewrite *r, const char *p)
{
    const char *start = p++;
    unsigned long v[2] = { 0, 0 };
    int i;

    for (i = 0; i < 2; i++) {
        if (i == 0 && !is_digit(*p))
            return 0;
        while (is_digit(*p)) {
            if (v[i] <= MAX_REPEAT)
                v[i] = v[i] * 10 + (unsigned long)(*p - '0');
            p++;
        }
        if (i == 0 && *p == ',')
            p++;
        else
            break;
    }
    if (*p != '}')
        return 0;
    p++;
    if (v[0] > MAX_REPEAT || v[1] > MAX_REPEAT)
        fail(r, -EINVAL, "invalid repeat count %.*s: more than %d", (int)(p - start),
             start, MAX_REPEAT);
    return (size_t)(p - start);
}

/* A repetition operator of len bytes with its optional "?". RE2 has no possessive ones
 * and does not repeat a repetition. */
static void repetition(struct rewrite *r, size_t len)
{
    const char *start = r->p;

    r->p += len;
    if (*r->p == '?')
        r->p++;
    put(r, start, (size_t)(r->p - start));
    if (*r->p == '*' || *r->p == '+' || *r->p == '?' ||
        (*r->p == '{' && repeat_len(r, r->p) > 0))
        fail(r, -EINVAL, "invalid nested repetition operator: %.*s",
             (int)(r->p - start) + 1, start);
}

static void scan(struct rewrite *r)
{
    while (*r->p && r->rc == 0) {
        size_t len;

        switch (*r->p) {
        case '\\':
            r->p++;
            if (*r->p == 'Q')
                quoted(r);
            else
                escape(r, 0);
            break;
        case '[':
            class(r);
            break;
        case '(':
            group(r);
            break;
        case '*':
        case '+':
        case '?':
            repetition(r, 1);
            break;
        case '{':
            len = repeat_len(r, r->p);
            if (len > 0) {
                repetition(r, len);
            } else {
                put_str(r, "\\{"); /* {,3} repeats in newer PCRE2 */
                r->p++;
            }
            break;
        default:
            put(r, r->p++, 1);
            break;
        }
    }
}

char *re2_rewrite(const char *pattern, promc_error *err)
{
    struct rewrite r = { .start = pattern, .p = pattern, .err = err };

    if (!promc_utf8_valid(pattern, strlen(pattern)))
        fail(&r, -EINVAL, "invalid UTF-8");
    put_str(&r, "");
    scan(&r);
    if (r.rc < 0) {
        free(r.out);
        return NULL;
    }
    return r.out;
}
