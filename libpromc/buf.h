/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - a growing byte buffer with a sticky error: append as much as you like, ask once at
 * the end whether memory held out.
 */
#ifndef PROMC_BUF_H
#define PROMC_BUF_H

#include <stddef.h>
#include <string.h>

/* Zero-initialise. */
struct promc__buf {
    char *data;
    size_t len;
    size_t cap;
    int oom; /* an append failed; everything since is missing */
};

void promc__buf_free(struct promc__buf *b);
void promc__buf_reset(struct promc__buf *b);

/* See that @n more bytes fit. Returns where they go, or NULL. */
char *promc__buf_grow(struct promc__buf *b, size_t n);

static inline char *promc__buf_room(struct promc__buf *b, size_t n)
{
    return b->cap - b->len >= n ? b->data + b->len : promc__buf_grow(b, n);
}

static inline void promc__buf_put(struct promc__buf *b, const char *s, size_t n)
{
    char *p = n != 0 ? promc__buf_room(b, n) : NULL;

    if (p != NULL) {
        memcpy(p, s, n);
        b->len += n;
    }
}

static inline void promc__buf_puts(struct promc__buf *b, const char *s)
{
    promc__buf_put(b, s, strlen(s));
}

/* Bytes that are not UTF-8 become U+FFFD, so that what is written parses. */
void promc__buf_mend(struct promc__buf *b, const char *s, size_t len);

/* Text as it stands in an exposition: @quote adds the escape for " to those for backslash
 * and line feed. Mends too. */
void promc__buf_escape(struct promc__buf *b, const char *s, size_t len, int quote);

#endif /* PROMC_BUF_H */
