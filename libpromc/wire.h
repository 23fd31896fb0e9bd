/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - how protobuf writes numbers, strings and messages.
 *
 * A message stands behind its length, which is known only at its end. One byte is left free for
 * it, which is enough for most; what turns out longer is shifted. A message that will hold much
 * makes room for its length on the way, while there is little to shift.
 */
#ifndef PROMC_WIRE_H
#define PROMC_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "lane.h"

/* What stands in a field's tag beside its number. */
enum { PROMC__WIRE_INTEGER = 0, PROMC__WIRE_DOUBLE = 1, PROMC__WIRE_BYTES = 2 };

/* The most bytes of an integer, and of a field with one or a double: its tag has two. */
enum { PROMC__WIRE_VARINT = 10, PROMC__WIRE_FIELD = 2 + PROMC__WIRE_VARINT };

static inline char *promc__wire_varint(char *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (char)(v | 0x80);
    *p++ = (char)v;
    return p;
}

static inline char *promc__wire_tag(char *p, unsigned field, unsigned type)
{
    return promc__wire_varint(p, field << 3 | type);
}

static inline uint64_t promc__wire_zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

/* Doubles stand with their least significant byte first. */
static inline char *promc__wire_fixed64(char *p, double v)
{
    uint64_t bits = promc__as_bits(v);

    for (int i = 0; i < 8; i++)
        p[i] = (char)(bits >> 8 * i);
    return p + 8;
}

/* Fields, written where there is room for them. */
static inline char *promc__wire_integer(char *p, unsigned field, uint64_t v)
{
    return promc__wire_varint(promc__wire_tag(p, field, PROMC__WIRE_INTEGER), v);
}

static inline char *promc__wire_double(char *p, unsigned field, double v)
{
    return promc__wire_fixed64(promc__wire_tag(p, field, PROMC__WIRE_DOUBLE), v);
}

static inline void promc__wire_put_integer(struct promc__buf *b, unsigned field,
                                           uint64_t v)
{
    char *p = promc__buf_room(b, PROMC__WIRE_FIELD);

    if (p != NULL)
        b->len = (size_t)(promc__wire_integer(p, field, v) - b->data);
}

static inline void promc__wire_put_double(struct promc__buf *b, unsigned field, double v)
{
    char *p = promc__buf_room(b, PROMC__WIRE_FIELD);

    if (p != NULL)
        b->len = (size_t)(promc__wire_double(p, field, v) - b->data);
}

static inline void promc__wire_put_string(struct promc__buf *b, unsigned field,
                                          const char *s, size_t len)
{
    char *p = promc__buf_room(b, PROMC__WIRE_FIELD);

    if (p == NULL)
        return;
    p = promc__wire_varint(promc__wire_tag(p, field, PROMC__WIRE_BYTES), len);
    b->len = (size_t)(p - b->data);
    promc__buf_put(b, s, len);
}

/* Make the room before the message at @at, which is @width bytes, enough for its length.
 * Returns where the message is then. */
static inline size_t promc__wire_make_room(struct promc__buf *b, size_t at, size_t *width)
{
    size_t len = b->len - at;
    size_t need = 1;
    size_t more;

    if (promc__likely(len >> 7 * *width == 0))
        return at;
    while (len >> 7 * need != 0)
        need++;
    more = need - *width;
    if (promc__buf_room(b, more) == NULL)
        return at;
    memmove(b->data + at + more, b->data + at, len);
    b->len += more;
    *width = need;
    return at + more;
}

/* A message inside another one. Returns where it begins, for promc__wire_end(). */
static inline size_t promc__wire_begin(struct promc__buf *b, unsigned field)
{
    char *p = promc__buf_room(b, PROMC__WIRE_FIELD);

    if (p != NULL)
        b->len = (size_t)(promc__wire_tag(p, field, PROMC__WIRE_BYTES) + 1 - b->data);
    return b->len;
}

static inline void promc__wire_end(struct promc__buf *b, size_t at)
{
    size_t width = 1;

    if (promc__unlikely(b->oom))
        return;
    if (promc__unlikely(b->len - at >= 0x80))
        at = promc__wire_make_room(b, at, &width);
    promc__wire_varint(b->data + at - width, b->len - at);
}

#endif /* PROMC_WIRE_H */
