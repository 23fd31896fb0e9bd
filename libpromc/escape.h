/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.h - names outside [a-zA-Z0-9_:] in formats that have no others: the four schemes of
 * render.h. Names are UTF-8.
 */
#ifndef PROMC_ESCAPE_H
#define PROMC_ESCAPE_H

#include <stddef.h>

#include "buf.h"
#include "promc/promc.h"

enum promc__name_kind { PROMC__METRIC_NAME, PROMC__LABEL_NAME };

/* How @format escapes: one of PROMC_ESCAPE_*. Text 0.0.4 has no way to quote a name. */
unsigned promc__escaping(promc_format format);

/* Append the name, escaped. */
void promc__escape_name(struct promc__buf *b, const char *name, size_t len,
                        unsigned escaping, enum promc__name_kind kind);

/* 1 when one of the labels, as printed, changes. */
int promc__escape_changes(const char *labels, size_t len, unsigned escaping);

/* Append labels as printed with their names escaped, and sorted again; @scratch is for the
 * time of the call. 0; -EEXIST when two names became one, or one became that of the metric's
 * name, __name__; -ENOMEM. */
int promc__escape_labels(struct promc__buf *b, const char *labels, size_t len,
                         unsigned escaping, struct promc__buf *scratch);

#endif /* PROMC_ESCAPE_H */
