/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - what the text formats share: metadata, the beginning and the end of a line, times
 * and exemplars. See encoder.h for what is escaped when it arrives here.
 */
#ifndef PROMC_TEXT_H
#define PROMC_TEXT_H

#include <stdint.h>

#include "encoder.h"

/* 1 when a counter of this name cannot be one in OpenMetrics 1.0. */
int promc__text_lacks_total(const char *name, size_t name_len);

/* Take over @meta: e->meta, e->name, e->quoted. */
void promc__text_begin_family(struct promc__encoder *e, const struct promc__meta *meta);

/* "# @word name ", with the first @name_len bytes of the family's name. @word: TYPE, UNIT, HELP. */
void promc__text_comment(struct promc__encoder *e, const char *word, size_t name_len);
/* TYPE, UNIT and HELP as both versions of OpenMetrics have them. */
void promc__text_metadata(struct promc__encoder *e, const char *type, size_t name_len);

/* "gauge" */
const char *promc__text_type(promc_type type);

/* Milliseconds as seconds, digit by digit: 1520879607.789 */
void promc__text_seconds(struct promc__buf *b, int64_t ms);

/* " # {labels} value time", or nothing when the exemplar cannot be shown. */
void promc__text_exemplar(struct promc__encoder *e, const struct promc__exemplar_view *x);

/* A bound or quantile as a label value: with a point in OpenMetrics. @buf:
 * PROMC_NUMBER_SIZE. Returns @buf. */
const char *promc__text_point(const struct promc__encoder *e, double v, char *buf);

/* Start a line: name, suffix, labels, and one more label if @extra is given; then room for a
 * number. Returns where the number goes, or NULL. Inline: most lines have no suffix and no
 * extra label, and then there is little to do. */
static inline __attribute__((always_inline)) char *
promc__text_line(const struct promc__encoder *e, const char *suffix, size_t suffix_len,
                 const struct promc__point *l, const char *extra, const char *value)
{
    size_t extra_len = extra != NULL ? strlen(extra) : 0;
    size_t value_len = extra != NULL ? strlen(value) : 0;
    int inside = e->quoted; /* in braces, behind something */
    char *p = promc__buf_room(e->out, e->name_len + suffix_len + l->labels_len +
                                          extra_len + value_len + PROMC_NUMBER_SIZE + 16);

    if (p == NULL)
        return NULL;
    memcpy(p, e->name, e->name_len);
    p += e->name_len;
    memcpy(p, suffix, suffix_len);
    p += suffix_len;
    if (inside)
        *p++ = '"';
    if (l->labels_len != 0) {
        *p++ = inside ? ',' : '{';
        memcpy(p, l->labels, l->labels_len);
        p += l->labels_len;
        inside = 1;
    }
    if (extra != NULL) {
        *p++ = inside ? ',' : '{';
        memcpy(p, extra, extra_len);
        p += extra_len;
        *p++ = '=';
        *p++ = '"';
        memcpy(p, value, value_len);
        p += value_len;
        *p++ = '"';
        inside = 1;
    }
    if (inside)
        *p++ = '}';
    *p++ = ' ';
    return p;
}

#endif /* PROMC_TEXT_H */
