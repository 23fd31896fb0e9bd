/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisord_xml.c - read the XML-RPC answer of supervisord.
 */
#include "config.h"

#include "node/collectors/supervisord.h"

#include <errno.h>
#include <string.h>

#include "node/collectors/xml.h"

/* The elements from the outside to the member of a process. */
static const char *const path[] = { "methodResponse", "params", "param",
                                    "value",          "array",  "data",
                                    "value",          "struct", "member" };
enum { AT_ARRAY = 5, AT_STRUCT = 8, AT_MEMBER = 9 };

struct reader {
    struct xml x;
    int matched; /* so many of the open elements are those of path */
    int seen_array;
    int seen_fault;
    char *key, *value; /* NULL: not there yet */
    size_t key_len, value_len;
    struct span type; /* of the value */
    int complex;      /* the value has more than text in it */
    struct supervisord_process process;
    const char *reason;
};

/* Text may come in pieces; they are moved together. */
static void append(char **s, size_t *len, char *text, size_t n)
{
    if (!*s)
        *s = text;
    memmove(*s + *len, text, n);
    *len += n;
}

static int is_integer(struct span type)
{
    static const char *const types[] = { "int", "i4", "i8", "i1", "i2" };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (span_is(type, types[i]))
            return 1;
    return 0;
}

/* Put the member that has just ended into the process. */
static void take_member(struct reader *r)
{
    static const struct {
        const char *name;
        unsigned bit;
        size_t at;
    } integers[] = {
        { "state", SUPERVISORD_STATE, offsetof(struct supervisord_process, state) },
        { "start", SUPERVISORD_START, offsetof(struct supervisord_process, start) },
        { "exitstatus", SUPERVISORD_EXIT,
          offsetof(struct supervisord_process, exit_status) },
    };
    struct span key = span_trim(span_of(r->key, r->key_len));
    struct supervisord_process *p = &r->process;
    int64_t v;

    if (span_is(key, "name") || span_is(key, "group")) {
        if (r->complex || (r->type.n > 0 && !span_is(r->type, "string"))) {
            r->reason = "a name that is no string";
            return;
        }
        /* What ends here has been read, so that there is room for the NUL. */
        if (r->value)
            r->value[r->value_len] = '\0';
        if (span_is(key, "group"))
            p->group = r->value ? r->value : "";
        else
            p->name = r->value ? r->value : "";
        if (span_is(key, "name"))
            p->has |= SUPERVISORD_NAME;
        return;
    }
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        if (!span_is(key, integers[i].name))
            continue;
        if (r->complex || !is_integer(r->type) ||
            scan_i64(span_trim(span_of(r->value, r->value_len)), &v) < 0) {
            r->reason = "a number that is none";
            return;
        }
        memcpy((char *)p + integers[i].at, &v, sizeof(v));
        p->has |= integers[i].bit;
    }
}

static void on_open(struct reader *r)
{
    const struct xml *x = &r->x;
    struct span name = x->stack[x->depth - 1];
    int depth = x->depth - 1; /* where it is */

    if (r->matched == depth && depth < AT_MEMBER && span_is(name, path[depth])) {
        r->matched++;
        if (r->matched == AT_ARRAY)
            r->seen_array = 1;
        if (r->matched == AT_STRUCT)
            r->process = (struct supervisord_process){ .name = "", .group = "" };
        if (r->matched == AT_MEMBER) {
            r->key = r->value = NULL;
            r->key_len = r->value_len = 0;
            r->type = span_of("", 0);
            r->complex = 0;
        }
    } else if (r->matched == 1 && depth == 1 && span_is(name, "fault")) {
        r->seen_fault = 1;
    } else if (r->matched == AT_MEMBER && depth == AT_MEMBER + 1) {
        r->complex = r->type.n > 0;
        r->type = name;
        /* So far there was white space at most. */
        r->value = NULL;
        r->value_len = 0;
    } else if (r->matched == AT_MEMBER && depth > AT_MEMBER + 1) {
        r->complex = 1;
    }
}

static void on_text(struct reader *r)
{
    struct xml *x = &r->x;
    struct span within;

    if (r->matched != AT_MEMBER || x->depth < AT_MEMBER + 1)
        return;
    within = x->stack[AT_MEMBER];
    if (span_is(within, "name") && x->depth == AT_MEMBER + 1)
        append(&r->key, &r->key_len, x->text, x->text_len);
    /* Around the element with the type there is nothing but white space. */
    else if (span_is(within, "value") && (r->type.n == 0 || x->depth == AT_MEMBER + 2))
        append(&r->value, &r->value_len, x->text, x->text_len);
}

static void on_close(struct reader *r, supervisord_fn *fn, void *arg)
{
    int depth = r->x.depth; /* where it was */

    if (r->matched <= depth)
        return;
    r->matched = depth;
    if (depth + 1 == AT_MEMBER && r->key)
        take_member(r);
    if (depth + 1 == AT_STRUCT) {
        if ((r->process.has & SUPERVISORD_NAME) && (r->process.has & SUPERVISORD_STATE))
            fn(arg, &r->process);
        else if (!r->reason)
            r->reason = "a process without name or state";
    }
}

int supervisord_parse(char *text, size_t len, supervisord_fn *fn, void *arg,
                      const char **reason)
{
    struct reader r = { .x = { .p = text, .end = text + len } };
    enum xml_token t;

    if (len == 0 || memchr(text, '\0', len)) {
        *reason = len == 0 ? "empty" : "not XML";
        return -EBADMSG;
    }
    while ((t = xml_next(&r.x)) != XML_END && t != XML_BAD) {
        if (t == XML_OPEN)
            on_open(&r);
        else if (t == XML_TEXT)
            on_text(&r);
        else
            on_close(&r, fn, arg);
    }
    if (t == XML_BAD)
        r.reason = r.x.reason;
    else if (!r.seen_array)
        r.reason = r.seen_fault ? "it reports a fault" : "no list of processes";
    *reason = r.reason;
    return r.reason ? -EBADMSG : 0;
}
