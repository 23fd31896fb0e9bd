/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels.h - names and label sets: what is allowed, how they are sorted and printed.
 */
#ifndef PROMC_LABELS_H
#define PROMC_LABELS_H

#include <stdint.h>

#include "buf.h"
#include "promc/promc.h"

/* UTF-8 that is not empty; a label's does not begin with "__" either. */
int promc__name_valid(const char *name);
int promc__label_name_valid(const char *name);

/* 1 when @unit can be the unit of a metric of this name, which ends in _unit, or for a counter
 * in _unit_total; infos and statesets have none. */
int promc__unit_valid(promc_type type, const char *name, const char *unit);

/* 1 when all formats can write the name as it is. A label's has no colon. */
int promc__name_legacy(const char *name, size_t len);
int promc__label_name_legacy(const char *name, size_t len);

/* Check the label names of family @metric: valid, none twice, none that its type uses itself
 * ("le", "quantile", a stateset's own name). Returns 0 or -EINVAL. */
int promc__label_names_check(const char *metric, promc_type type, promc_labels names,
                             promc_error *err);

/* Fill @order with the indexes of @names in ascending order of name. */
void promc__labels_order(promc_labels names, uint16_t *order);

/* Append a label's name, in quotes if it needs them. */
void promc__labels_put_name(struct promc__buf *b, const char *name, size_t len);

/* Append name="value", ... without braces. */
void promc__labels_print(struct promc__buf *b, promc_labels names, promc_labels values,
                         const uint16_t *order);

/* One label of a printed set, its strings as they stand there: without their quotes, still
 * escaped. */
struct promc__label {
    const char *name, *value;
    size_t name_len, value_len;
    int quoted; /* the name stood in quotes, and may be escaped too */
};

/* Take the next label from a set that promc__labels_print() made: from *@text, which moves on,
 * to @end. Returns 1, or 0 when there is none. */
int promc__labels_next(const char **text, const char *end, struct promc__label *l);

/* 1 when it is __name__, a label that each series has: its metric's name. */
int promc__label_is_metric_name(const char *name, size_t len);

/* 1 when a printed set has a label of this name, which itself needs no escapes. */
int promc__labels_have(const char *text, size_t len, const char *name, size_t name_len);

/* How many characters the names and values of a printed set have. */
size_t promc__labels_characters(const char *text, size_t len);

/* Write @s without its escapes to @to, which has room for @len bytes. Returns how many. */
size_t promc__unescape(const char *s, size_t len, char *to);

#endif /* PROMC_LABELS_H */
