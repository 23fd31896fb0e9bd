/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protowalk.h - read a page of delimited MetricFamily messages strictly, and print it: a line for
 * each family, name:"x" metric{label{...} counter{value:1}}. What is not as a careful writer
 * makes it (an unknown field, one twice, a length that does not fit, a number with needless
 * bytes) is refused.
 */
#ifndef TESTS_PROTOWALK_H
#define TESTS_PROTOWALK_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "promc/promc.h"

enum walk_kind {
    WALK_U64,
    WALK_ZIGZAG,
    WALK_DOUBLE,
    WALK_STRING,
    WALK_MESSAGE,
    WALK_ZIGZAGS, /* packed */
    WALK_DOUBLES
};

struct walk_field {
    unsigned number;
    const char *name;
    enum walk_kind kind;
    int repeated;
    const struct walk_field *sub; /* ends with number 0 */
};

static const struct walk_field walk_label[] = { { 1, "name", WALK_STRING, 0, NULL },
                                                { 2, "value", WALK_STRING, 0, NULL },
                                                { 0 } };
static const struct walk_field walk_time[] = { { 1, "seconds", WALK_U64, 0, NULL },
                                               { 2, "nanos", WALK_U64, 0, NULL },
                                               { 0 } };
static const struct walk_field walk_exemplar[] = {
    { 1, "label", WALK_MESSAGE, 1, walk_label },
    { 2, "value", WALK_DOUBLE, 0, NULL },
    { 3, "timestamp", WALK_MESSAGE, 0, walk_time },
    { 0 }
};
static const struct walk_field walk_value[] = { { 1, "value", WALK_DOUBLE, 0, NULL },
                                                { 0 } };
static const struct walk_field walk_counter[] = {
    { 1, "value", WALK_DOUBLE, 0, NULL },
    { 2, "exemplar", WALK_MESSAGE, 0, walk_exemplar },
    { 3, "created", WALK_MESSAGE, 0, walk_time },
    { 0 }
};
static const struct walk_field walk_quantile[] = {
    { 1, "quantile", WALK_DOUBLE, 0, NULL }, { 2, "value", WALK_DOUBLE, 0, NULL }, { 0 }
};
static const struct walk_field walk_summary[] = {
    { 1, "count", WALK_U64, 0, NULL },
    { 2, "sum", WALK_DOUBLE, 0, NULL },
    { 3, "quantile", WALK_MESSAGE, 1, walk_quantile },
    { 4, "created", WALK_MESSAGE, 0, walk_time },
    { 0 }
};
static const struct walk_field walk_bucket[] = { { 1, "count", WALK_U64, 0, NULL },
                                                 { 2, "le", WALK_DOUBLE, 0, NULL },
                                                 { 3, "exemplar", WALK_MESSAGE, 0,
                                                   walk_exemplar },
                                                 { 4, "float", WALK_DOUBLE, 0, NULL },
                                                 { 0 } };
static const struct walk_field walk_span[] = { { 1, "offset", WALK_ZIGZAG, 0, NULL },
                                               { 2, "length", WALK_U64, 0, NULL },
                                               { 0 } };
static const struct walk_field walk_histogram[] = {
    { 1, "count", WALK_U64, 0, NULL },
    { 2, "sum", WALK_DOUBLE, 0, NULL },
    { 3, "bucket", WALK_MESSAGE, 1, walk_bucket },
    { 4, "float", WALK_DOUBLE, 0, NULL },
    { 5, "schema", WALK_ZIGZAG, 0, NULL },
    { 6, "threshold", WALK_DOUBLE, 0, NULL },
    { 7, "zeros", WALK_U64, 0, NULL },
    { 8, "zeros_float", WALK_DOUBLE, 0, NULL },
    { 9, "nspan", WALK_MESSAGE, 1, walk_span },
    { 10, "ndelta", WALK_ZIGZAGS, 0, NULL },
    { 11, "ncount", WALK_DOUBLES, 0, NULL },
    { 12, "span", WALK_MESSAGE, 1, walk_span },
    { 13, "delta", WALK_ZIGZAGS, 0, NULL },
    { 14, "pcount", WALK_DOUBLES, 0, NULL },
    { 15, "created", WALK_MESSAGE, 0, walk_time },
    { 16, "exemplar", WALK_MESSAGE, 1, walk_exemplar },
    { 0 }
};
static const struct walk_field walk_metric[] = {
    { 1, "label", WALK_MESSAGE, 1, walk_label },
    { 2, "gauge", WALK_MESSAGE, 0, walk_value },
    { 3, "counter", WALK_MESSAGE, 0, walk_counter },
    { 4, "summary", WALK_MESSAGE, 0, walk_summary },
    { 5, "untyped", WALK_MESSAGE, 0, walk_value },
    { 6, "ms", WALK_U64, 0, NULL },
    { 7, "histogram", WALK_MESSAGE, 0, walk_histogram },
    { 0 }
};
static const struct walk_field walk_family[] = {
    { 1, "name", WALK_STRING, 0, NULL }, { 2, "help", WALK_STRING, 0, NULL },
    { 3, "type", WALK_U64, 0, NULL },    { 4, "metric", WALK_MESSAGE, 1, walk_metric },
    { 5, "unit", WALK_STRING, 0, NULL }, { 0 }
};

struct walk {
    const unsigned char *p, *end;
    struct promc__buf *out;
};

static int walk_varint(struct walk *w, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; w->p < w->end && shift < 70; shift += 7) {
        unsigned char c = *w->p++;

        if (shift == 63 && c > 1)
            return 0;
        *v |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            return c != 0 || shift == 0;
    }
    return 0;
}

static void walk_print_signed(struct walk *w, uint64_t zigzag)
{
    char buf[30];

    snprintf(buf, sizeof buf, "%" PRId64,
             (int64_t)(zigzag >> 1 ^ (zigzag & 1 ? UINT64_MAX : 0)));
    promc__buf_puts(w->out, buf);
}

static int walk_double(struct walk *w)
{
    char buf[PROMC_NUMBER_SIZE];
    uint64_t bits = 0;
    double v;

    if (w->end - w->p < 8)
        return 0;
    for (int i = 0; i < 8; i++)
        bits |= (uint64_t)*w->p++ << 8 * i;
    memcpy(&v, &bits, sizeof v);
    promc__buf_put(w->out, buf, promc_number_format(v, buf));
    return 1;
}

static int walk_message(struct walk *w, const struct walk_field *fields);

/* What stands behind a length, to its end. */
static int walk_bytes(struct walk *w, const struct walk_field *f)
{
    struct walk in = *w;
    uint64_t v;
    int ok = 1;

    if (!walk_varint(&in, &v) || v > (uint64_t)(in.end - in.p))
        return 0;
    in.end = in.p + v;
    w->p = in.end;
    promc__buf_puts(w->out, f->kind == WALK_STRING ? ":\"" : f->sub ? "{" : "[");
    if (f->kind == WALK_STRING) {
        ok = promc_utf8_valid((const char *)in.p, (size_t)v) != 0;
        promc__buf_escape(w->out, (const char *)in.p, (size_t)v, 1);
    } else if (f->kind == WALK_MESSAGE) {
        ok = walk_message(&in, f->sub);
    } else {
        while (ok && in.p != in.end) {
            ok = f->kind == WALK_DOUBLES ? walk_double(&in) : walk_varint(&in, &v);
            if (ok && f->kind == WALK_ZIGZAGS)
                walk_print_signed(&in, v);
            if (in.p != in.end)
                promc__buf_puts(w->out, ",");
        }
    }
    promc__buf_puts(w->out, f->kind == WALK_STRING ? "\"" : f->sub ? "}" : "]");
    return ok;
}

static int walk_one(struct walk *w, const struct walk_field *f, unsigned type)
{
    char buf[30];
    uint64_t v;

    promc__buf_puts(w->out, f->name);
    if (f->kind >= WALK_STRING)
        return type == 2 && walk_bytes(w, f);
    promc__buf_puts(w->out, ":");
    if (f->kind == WALK_DOUBLE)
        return type == 1 && walk_double(w);
    if (type != 0 || !walk_varint(w, &v))
        return 0;
    if (f->kind == WALK_ZIGZAG) {
        walk_print_signed(w, v);
    } else {
        snprintf(buf, sizeof buf, "%" PRIu64, v);
        promc__buf_puts(w->out, buf);
    }
    return 1;
}

static int walk_message(struct walk *w, const struct walk_field *fields)
{
    uint64_t seen = 0;
    uint64_t tag;

    while (w->p != w->end) {
        const struct walk_field *f = fields;

        if (!walk_varint(w, &tag))
            return 0;
        while (f->number != 0 && f->number != tag >> 3)
            f++;
        if (f->number == 0 || (!f->repeated && (seen >> f->number & 1) != 0))
            return 0;
        if (seen != 0)
            promc__buf_puts(w->out, " ");
        seen |= (uint64_t)1 << f->number;
        if (!walk_one(w, f, (unsigned)tag & 7))
            return 0;
    }
    return 1;
}

/* The whole page, appended to @out. Returns 1 if it is right to the last byte. */
__attribute__((unused)) static int walk_page(const char *data, size_t len,
                                             struct promc__buf *out)
{
    struct walk w = { (const unsigned char *)data, (const unsigned char *)data + len,
                      out };

    while (w.p != w.end) {
        struct walk in = w;
        uint64_t size;

        if (!walk_varint(&in, &size) || size > (uint64_t)(in.end - in.p))
            return 0;
        w.p = in.end = in.p + size;
        if (!walk_message(&in, walk_family))
            return 0;
        promc__buf_puts(out, "\n");
    }
    return 1;
}

#endif /* TESTS_PROTOWALK_H */
