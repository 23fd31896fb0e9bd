/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_query.c - the query of a request, decoded.
 */
#include "config.h"
#include "http_handler.h"

#include <string.h>

#include "alloc.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decode %XX and '+' from *in up to a delimiter or the end. NULL on a broken or NUL
 * escape. */
static const char *decode(const char **in, const char *delimiters, char **out)
{
    const char *p = *in;
    char *start = *out, *o = start;

    for (; *p && !strchr(delimiters, *p); p++) {
        char c = *p == '+' ? ' ' : *p;

        if (*p == '%') {
            int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);

            if (low < 0 || (high | low) == 0)
                return NULL;
            c = (char)(high * 16 + low);
            p += 2;
        }
        *o++ = c;
    }
    *o++ = '\0';
    *out = o;
    *in = p;
    return start;
}

/* How many parameters there may be, or 0 for bytes that no client sends as they are. */
static size_t count(const char *query)
{
    size_t n = 1;

    for (; *query; query++) {
        unsigned char c = (unsigned char)*query;

        if (c <= 0x20 || c == 0x7f)
            return 0;
        n += c == '&';
    }
    return n;
}

unsigned promc__http_query_read(const char *query, struct promc__http_params *params,
                                const char **why)
{
    const char *p = query;
    size_t n, len;
    char *out;

    memset(params, 0, sizeof(*params));
    if (!p || !*p)
        return 0;
    len = strnlen(p, PROMC__HTTP_MAX_QUERY + 1);
    n = len <= PROMC__HTTP_MAX_QUERY ? count(p) : PROMC__HTTP_MAX_PARAMS + 1;
    if (n == 0) {
        *why = "Bad request.\n";
        return 400;
    }
    if (n > PROMC__HTTP_MAX_PARAMS) {
        *why = "Query too long.\n";
        return 400;
    }
    params->v = promc__calloc(n, sizeof(*params->v));
    out = params->text = promc__malloc(len + 2 * n + 1);
    if (!params->v || !out) {
        *why = "Out of memory.\n";
        return 503;
    }
    for (;;) {
        struct promc__http_pair pair;

        pair.name = decode(&p, "=&", &out);
        if (pair.name && *p == '=')
            p++;
        pair.value = pair.name ? decode(&p, "&", &out) : NULL;
        if (!pair.value) {
            *why = "Broken escape in the query.\n";
            return 400;
        }
        if (*pair.name)
            params->v[params->n++] = pair;
        if (!*p++)
            return 0;
    }
}

void promc__http_query_free(struct promc__http_params *params)
{
    promc__free(params->v);
    promc__free(params->text);
    memset(params, 0, sizeof(*params));
}
