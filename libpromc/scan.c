/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - take names, tokens and texts from one line of an exposition.
 */
#include "config.h"
#include "scan.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Each string takes one NUL more than its text, which the byte that separates it from the
 * next pays for, except behind the last. */
int promc__scan_start(struct promc__scan *in, const char *p, const char *end)
{
    size_t need = (size_t)(end - p) + 2;
    char *grown;

    if (need > in->text_cap) {
        need += need / 2;
        grown = promc__realloc(in->text, need);
        if (!grown)
            return -ENOMEM;
        in->text = grown;
        in->text_cap = need;
    }
    in->out = in->text;
    in->p = p;
    in->end = end;
    return 0;
}

void promc__scan_free(struct promc__scan *in)
{
    promc__free(in->text);
    in->text = NULL;
    in->text_cap = 0;
}

void promc__scan_blanks(struct promc__scan *in)
{
    while (in->p < in->end && promc__is_blank(*in->p))
        in->p++;
}

size_t promc__scan_name_span(struct promc__scan *in, int colon)
{
    const char *start = in->p;

    while (in->p < in->end && (is_letter(*in->p) || (colon && *in->p == ':') ||
                               (in->p > start && promc__is_digit(*in->p))))
        in->p++;
    return (size_t)(in->p - start);
}

const char *promc__scan_name(struct promc__scan *in, int colon, size_t *len)
{
    const char *start = in->p;
    char *name = in->out;

    *len = promc__scan_name_span(in, colon);
    if (*len == 0)
        return NULL;
    memcpy(name, start, *len);
    name[*len] = '\0';
    in->out += *len + 1;
    return name;
}

const char *promc__scan_token(struct promc__scan *in, size_t *len)
{
    const char *start = in->p;

    while (in->p < in->end && !promc__is_blank(*in->p))
        in->p++;
    *len = (size_t)(in->p - start);
    return start;
}

const char *promc__scan_text(struct promc__scan *in, char stop, const char **reason)
{
    char *text = in->out;

    for (; in->p < in->end && *in->p != stop; in->p++) {
        char c = *in->p;
        if (c == '\0') {
            *reason = "a NUL byte"; /* it would cut the string */
            return NULL;
        }
        if (c == '\\') {
            in->p++;
            c = promc__scan_peek(in);
            if (c != '\\' && c != '"' && c != 'n') {
                *reason = "an unknown escape sequence";
                return NULL;
            }
            if (c == 'n')
                c = '\n';
        }
        *in->out++ = c;
    }
    *in->out++ = '\0';
    return text;
}
