/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c - values into a family's frame, and comparing what is in it.
 */
#include "config.h"
#include "frame.h"

#include <string.h>

#include "lane.h"

void promc__frame_print(const struct promc__frame *f, struct promc__buf *b,
                        const char *values)
{
    const char *piece = f->text;

    for (size_t i = 0; i < f->n; i++) {
        size_t len = strlen(values);

        promc__buf_put(b, piece, f->size[i]);
        promc__buf_escape(b, values, len, 1);
        piece += f->size[i];
        values += len + 1;
    }
    promc__buf_put(b, piece, f->size[f->n]);
}

int promc__frame_match(const struct promc__frame *f, const char *text, const char *values)
{
    for (size_t i = 0; i < f->n; i++) {
        char c;

        text += f->size[i];
        while ((c = *values++) != '\0') {
            if (promc__unlikely(c == '"' || c == '\\' || c == '\n')) {
                if (*text++ != '\\')
                    return 0;
                if (c == '\n')
                    c = 'n';
            }
            /* never beyond the text: the quote that ends a value there is none of its own
             */
            if (*text++ != c)
                return 0;
        }
        if (*text != '"')
            return 0;
    }
    return 1;
}

/* The character at text[i] as it was before it was escaped; 0 for the quote behind a
 * value, because a value sorts before those that begin with it. */
static int unescaped(const char *text, size_t i, int escaped)
{
    char c = text[i];

    if (!escaped && c == '"')
        return 0;
    if (!escaped && c == '\\') {
        c = text[i + 1];
        escaped = 1;
    }
    return escaped && c == 'n' ? '\n' : (unsigned char)c;
}

int promc__frame_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t shorter = a_len < b_len ? a_len : b_len;
    size_t i = 0;
    int escaped = 0;

    while (i + 8 <= shorter && memcmp(a + i, b + i, 8) == 0)
        i += 8;
    while (i < shorter && a[i] == b[i])
        i++;
    if (i == shorter) /* of one frame: the same text */
        return 0;
    /* an odd number of backslashes before it: the difference is in an escape */
    for (size_t k = i; k > 0 && a[k - 1] == '\\'; k--)
        escaped = !escaped;
    return unescaped(a, i, escaped) - unescaped(b, i, escaped);
}
