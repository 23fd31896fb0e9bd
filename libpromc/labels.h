/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels.h - names and label sets: what is allowed, how they are sorted and printed.
 */
#ifndef PROMC_LABELS_H
#define PROMC_LABELS_H

#include <stdint.h>

#include "buf.h"
#include "promc/promc.h"

int promc__name_valid(const char *name);
int promc__label_name_valid(const char *name);

/* 1 when all formats can write the name as it is. A label's has no colon. */
int promc__name_legacy(const char *name, size_t len);
int promc__label_name_legacy(const char *name, size_t len);

/* Check the label names of a family: valid, none twice, none reserved for its type ("le",
 * "quantile"). @what names the metric in the error. Returns 0 or -EINVAL. */
int promc__label_names_check(const char *what, promc_type type, promc_labels names,
                             promc_error *err);

/* Fill @order with the indexes of @names in ascending order of name. */
void promc__labels_order(promc_labels names, uint16_t *order);

/* Append name="value", ... without braces. */
void promc__labels_print(struct promc__buf *b, promc_labels names, promc_labels values,
                         const uint16_t *order);

/* One label of a printed set, its strings as they stand there: without their quotes, still
 * escaped. */
struct promc__label {
    const char *name, *value;
    size_t name_len, value_len;
    int quoted;  /* the name stood in quotes, and may be escaped too */
    int escaped; /* the value has escapes */
};

/* Take the next label from a set that promc__labels_print() made: from *@text, which moves on,
 * to @end. Returns 1, or 0 when there is none. */
int promc__labels_next(const char **text, const char *end, struct promc__label *l);

/* Write @s without its escapes to @to, which has room for @len bytes. Returns how many. */
size_t promc__unescape(const char *s, size_t len, char *to);

#endif /* PROMC_LABELS_H */
