/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept.h - walk the entries of an Accept or Accept-Encoding header. Inline, because
 * both libraries need it and libpromc exports no internals.
 *
 *   gzip;q=0.5, text/plain; version="0.0.4"
 *
 * Reads any bytes up to the NUL, each once; what makes no sense is passed over.
 */
#ifndef PROMC_ACCEPT_H
#define PROMC_ACCEPT_H

#include <stddef.h>
#include <string.h>

/* A piece of the header. */
struct promc__piece {
    const char *s;
    size_t len;
};

#define PROMC__Q_MAX 1000
#define PROMC__Q_BAD (-1)

struct promc__entry {
    struct promc__piece name;    /* "text/plain", "gzip" */
    struct promc__piece version; /* of the parameter version; s is NULL without one */
    struct promc__piece escaping, proto, encoding; /* likewise */
    int q; /* thousandths, 1000 without one; PROMC__Q_BAD if malformed */
};

/* Whether @piece says @text (in lower case), in any case. Both are ASCII. */
static inline int promc__piece_is(struct promc__piece piece, const char *text)
{
    if (piece.len != strlen(text))
        return 0;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.s[i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != text[i])
            return 0;
    }
    return 1;
}

/* "0.25" as 250. Digits past the third count only in so far as they are not zero: a tiny
 * q is no refusal. */
static inline int promc__parse_q(struct promc__piece piece)
{
    int q = 0, unit = PROMC__Q_MAX, whole = 1;

    if (piece.len == 0)
        return PROMC__Q_BAD;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.s[i];
        if (c == '.' && whole) {
            whole = 0;
            continue;
        }
        if (c < '0' || c > '9')
            return PROMC__Q_BAD;
        if (!whole)
            unit /= 10;
        if (unit == 0)
            q += c > '0' && q == 0;
        else if (q < PROMC__Q_MAX)
            q += (c - '0') * unit;
    }
    return q > PROMC__Q_MAX ? PROMC__Q_MAX : q;
}

static inline const char *promc__skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Read one parameter; @p is behind its ';'. Returns where it ends. */
static inline const char *promc__read_parameter(const char *p, struct promc__entry *entry)
{
    struct promc__piece name, value = { NULL, 0 };

    p = promc__skip_blanks(p);
    name = (struct promc__piece){ p, strcspn(p, "=;, \t") };
    p = promc__skip_blanks(p + name.len);
    if (*p != '=')
        return p;
    p = promc__skip_blanks(p + 1);
    if (*p == '"') {
        value.s = ++p;
        while (*p && *p != '"')
            p += *p == '\\' && p[1] ? 2 : 1;
        value.len = (size_t)(p - value.s);
        p += *p == '"';
    } else {
        value = (struct promc__piece){ p, strcspn(p, ";, \t") };
        p += value.len;
    }
    if (promc__piece_is(name, "q"))
        entry->q = promc__parse_q(value);
    else if (promc__piece_is(name, "version"))
        entry->version = value;
    else if (promc__piece_is(name, "escaping"))
        entry->escaping = value;
    else if (promc__piece_is(name, "proto"))
        entry->proto = value;
    else if (promc__piece_is(name, "encoding"))
        entry->encoding = value;
    return p;
}

/* Read the entry at @p. Returns where the next one starts, NULL at the end of the header.
 */
static inline const char *promc__next_entry(const char *p, struct promc__entry *entry)
{
    p += strspn(p, ", \t");
    if (!*p)
        return NULL;
    *entry = (struct promc__entry){ .name = { p, strcspn(p, ";, \t") },
                                    .q = PROMC__Q_MAX };
    p += entry->name.len;
    while (*p && *p != ',') {
        if (*p == ';')
            p = promc__read_parameter(p + 1, entry);
        else
            p++;
    }
    return p;
}

#endif /* PROMC_ACCEPT_H */
