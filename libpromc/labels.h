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

/* Check the label names of a family: valid, none twice, none reserved for its type ("le",
 * "quantile"). @what names the metric in the error. Returns 0 or -EINVAL. */
int promc__label_names_check(const char *what, promc_type type, promc_labels names,
                             promc_error *err);

/* Fill @order with the indexes of @names in ascending order of name. */
void promc__labels_order(promc_labels names, uint16_t *order);

/* Append name="value", ... without braces. */
void promc__labels_print(struct promc__buf *b, promc_labels names, promc_labels values,
                         const uint16_t *order);

#endif /* PROMC_LABELS_H */
