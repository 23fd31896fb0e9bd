/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.c - take XML apart: as much of it as machines write to each other.
 */
#include "config.h"

#include "node/collectors/xml.h"

#include <stdint.h>
#include <string.h>

static enum xml_token bad(struct xml *x, const char *reason)
{
    x->reason = reason;
    return XML_BAD;
}

static int begins(const struct xml *x, const char *s)
{
    return span_begins(span_of(x->p, (size_t)(x->end - x->p)), s);
}

/* What stands before s, which is skipped; NULL when there is no s. */
static char *up_to(struct xml *x, const char *s, size_t *len)
{
    char *from = x->p;
    char *found = memmem(from, (size_t)(x->end - from), s, strlen(s));

    if (!found)
        return NULL;
    *len = (size_t)(found - from);
    x->p = found + strlen(s);
    return from;
}

static int put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* The character that &name; stands for, or 0. */
static uint32_t entity(struct span name)
{
    static const struct {
        const char *name;
        char c;
    } named[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' }
    };
    uint64_t c = 0;

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        if (span_is(name, named[i].name))
            return (uint32_t)named[i].c;
    if (span_begins(name, "#x"))
        scan_hex(span_of(name.p + 2, name.n - 2), &c);
    else if (span_begins(name, "#"))
        scan_u64(span_of(name.p + 1, name.n - 1), &c);
    return c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : (uint32_t)c;
}

/* Replace the entities in text by what they stand for. Returns the new length or -1. */
static ptrdiff_t unescape(char *text, size_t len)
{
    char *in = text, *out = text, *end = text + len;

    while (in < end) {
        char *semicolon;
        uint32_t c;

        if (*in != '&') {
            *out++ = *in++;
            continue;
        }
        semicolon = memchr(in, ';', (size_t)(end - in));
        c = semicolon ? entity(span_of(in + 1, (size_t)(semicolon - in - 1))) : 0;
        if (c == 0)
            return -1;
        out += put_utf8(out, c);
        in = semicolon + 1;
    }
    return out - text;
}

static enum xml_token tag(struct xml *x)
{
    int closing = begins(x, "</");
    char *s;
    size_t len, n = 0;

    x->p += closing ? 2 : 1;
    s = up_to(x, ">", &len);
    if (!s)
        return bad(x, "cut off");
    if (closing) {
        struct span name = span_trim(span_of(s, len));

        if (x->depth == 0 || name.n != x->stack[x->depth - 1].n ||
            memcmp(name.p, x->stack[x->depth - 1].p, name.n) != 0)
            return bad(x, "tags that do not match");
        x->depth--;
        return XML_CLOSE;
    }
    x->closing = len > 0 && s[len - 1] == '/';
    len -= (size_t)x->closing;
    while (n < len && !strchr(" \t\r\n", s[n]))
        n++;
    if (n == 0)
        return bad(x, "a tag without a name");
    if (x->depth == XML_DEPTH)
        return bad(x, "nested too deep");
    x->stack[x->depth++] = span_of(s, n);
    return XML_OPEN;
}

enum xml_token xml_next(struct xml *x)
{
    ptrdiff_t n;

    if (x->closing) {
        x->closing = 0;
        x->depth--;
        return XML_CLOSE;
    }
    while (x->p < x->end) {
        if (*x->p != '<') {
            char *to = memchr(x->p, '<', (size_t)(x->end - x->p));

            x->text = x->p;
            x->p = to ? to : x->end;
            n = unescape(x->text, (size_t)(x->p - x->text));
            if (n < 0)
                return bad(x, "an entity that is not known");
            x->text_len = (size_t)n;
            return XML_TEXT;
        }
        if (begins(x, "<![CDATA[")) {
            x->p += strlen("<![CDATA[");
            x->text = up_to(x, "]]>", &x->text_len);
            return x->text ? XML_TEXT : bad(x, "cut off");
        }
        if (begins(x, "<!--") || begins(x, "<?")) {
            size_t skipped;

            if (!up_to(x, x->p[1] == '?' ? "?>" : "-->", &skipped))
                return bad(x, "cut off");
            continue;
        }
        if (begins(x, "<!"))
            return bad(x, "a document type");
        return tag(x);
    }
    return x->depth == 0 ? XML_END : bad(x, "cut off");
}
