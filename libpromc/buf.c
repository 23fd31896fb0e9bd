/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.c - the growing buffer, and the one place where text is escaped.
 */
#include "config.h"
#include "buf.h"

#include <stdint.h>

#include "alloc.h"
#include "utf8.h"

void promc__buf_free(struct promc__buf *b)
{
    promc__free(b->data);
    memset(b, 0, sizeof *b);
}

void promc__buf_reset(struct promc__buf *b)
{
    b->len = 0;
    b->oom = 0;
}

char *promc__buf_grow(struct promc__buf *b, size_t n)
{
    size_t cap = b->cap != 0 ? b->cap : 256;
    char *data;

    if (b->oom)
        return NULL;
    if (n > SIZE_MAX / 4 - b->len) {
        b->oom = 1;
        return NULL;
    }
    while (cap - b->len < n)
        cap += cap / 2;
    data = promc__realloc(b->data, cap);
    if (data == NULL) {
        b->oom = 1;
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

/* Escape a run that is known to be UTF-8. */
static void put_escaped(struct promc__buf *b, const char *s, size_t len, int quote)
{
    const char *from = s;
    const char *end = s + len;

    for (const char *p = s; p < end; p++) {
        char escape;

        if (*p == '\\')
            escape = '\\';
        else if (*p == '\n')
            escape = 'n';
        else if (*p == '"' && quote)
            escape = '"';
        else
            continue;
        promc__buf_put(b, from, (size_t)(p - from));
        promc__buf_put(b, (const char[]){ '\\', escape }, 2);
        from = p + 1;
    }
    promc__buf_put(b, from, (size_t)(end - from));
}

void promc__buf_mend(struct promc__buf *b, const char *s, size_t len)
{
    while (len != 0) {
        size_t good = promc__utf8_span(s, len);
        size_t bad = promc__utf8_gap(s + good, len - good);

        promc__buf_put(b, s, good);
        if (bad != 0)
            promc__buf_puts(b, PROMC__UTF8_REPLACEMENT);
        s += good + bad;
        len -= good + bad;
    }
}

void promc__buf_escape(struct promc__buf *b, const char *s, size_t len, int quote)
{
    while (len != 0) {
        size_t good = promc__utf8_span(s, len);
        size_t bad = promc__utf8_gap(s + good, len - good);

        put_escaped(b, s, good, quote);
        if (bad != 0)
            promc__buf_puts(b, PROMC__UTF8_REPLACEMENT);
        s += good + bad;
        len -= good + bad;
    }
}
