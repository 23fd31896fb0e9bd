/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfamily_impl.h - how the families of text files are kept; for textfamily*.c only.
 */
#ifndef NODE_TEXTFAMILY_IMPL_H
#define NODE_TEXTFAMILY_IMPL_H

#include "node/collectors/textfamily.h"

/* Samples that lack a label others of their family have get it with an empty value, so a
 * family costs samples times labels; a name costs as much as a few of these cells. Both
 * limits are far above what scripts write, and keep a broken one from taking all memory.
 */
#define TEXT_MAX_LABELS 128
#define TEXT_MAX_CELLS ((size_t)4 << 20)
#define TEXT_FAMILY_CELLS 4

/* What a sample is to its family. */
enum text_kind { TEXT_VALUE, TEXT_BUCKET, TEXT_QUANTILE, TEXT_SUM, TEXT_COUNT };

struct text_label {
    unsigned name; /* into the family's labels */
    const char *value;
};

struct text_sample {
    struct text_sample *next;
    double v;
    double at;    /* the bound of a bucket, or the quantile */
    size_t order; /* in the file */
    enum text_kind kind;
    unsigned n;
    struct text_label
        labels[]; /* ascending by name, no empty values, no le or quantile */
};

/* A family of one file. */
struct text_family {
    struct text_family *next_in_file;
    struct text_family *next; /* of the same name, of a later file */
    const char *name;
    const char *path;
    const char *help; /* NULL: none, or an empty one */
    promc_type type;
    int has_help, has_type;
    const char **labels;
    unsigned n_labels, labels_cap;
    struct text_sample *first, *last;
    size_t n_samples;
};

/* All families of one name. */
struct text_name {
    struct text_name *next_hash, *next;
    const char *name;
    struct text_family *reading; /* of the file that is being read */
    struct text_family *first, *last;
};

#endif /* NODE_TEXTFAMILY_IMPL_H */
