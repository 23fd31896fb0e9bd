/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flags_impl.h - what flags.c (declaring, parsing) and flags_help.c (--help) share.
 */
#ifndef COMMON_FLAGS_IMPL_H
#define COMMON_FLAGS_IMPL_H

#include "common/flags.h"

enum flag_kind {
    FLAG_BOOL,
    FLAG_STRING,
    FLAG_LIST,
    FLAG_INT,
    FLAG_DURATION,
    FLAG_CHOICE,
    FLAG_HELP, /* --help, --help-long */
    FLAG_MAN,  /* --help-man */
    FLAG_VERSION
};

struct flag {
    const char *name;
    const char *help;
    const char *group; /* NULL: the first one, "Flags" */
    enum flag_kind kind;
    union {
        int *b;
        const char **s;
        struct flag_list *list;
        long *i;
        double *seconds;
    } target;
    int *set;
    long min, max;
    const char *const *choices;
    int given;
    int hidden;
};

struct flags {
    const char *program;
    const char *about;
    const char *version;
    const char *group;
    struct flag *v;
    size_t n;
    size_t cap;
    int broken; /* a declaration ran out of memory; flags_parse() says so */

    /* Strings and lists that this object owns: lines of @files, arrays of flag_lists. */
    void **owned;
    size_t n_owned;
};

/* Print to stdout what --help and --help-man show. */
void flags__help(const struct flags *f);
void flags__man(const struct flags *f);

#endif /* COMMON_FLAGS_IMPL_H */
