/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promc-lint.h - what the two files of promc-lint share.
 */
#ifndef TOOLS_PROMC_LINT_H
#define TOOLS_PROMC_LINT_H

#include <stddef.h>

#include <promc/render.h>

/* Not one of the formats: to be told from the input. */
#define FORMAT_UNKNOWN (~0u)

struct limits {
    size_t size;     /* bytes of input, decompressed */
    long timeout_ms; /* for a URL, in all */
};

/* An exposition in memory. */
struct input {
    char *data;
    size_t len;
    promc_format format;
    char why[300]; /* it could not be read */
};

/* Read a file, "-" or a URL. @format: what it is, or FORMAT_UNKNOWN. Returns 0, or -1 with
 * the reason in in->why. input_free() in any case. */
int input_read(struct input *in, const char *name, promc_format format,
               const struct limits *limits);
void input_free(struct input *in);
/* What to call it in messages: a URL without user and password. NULL: out of memory; else
 * free(). */
char *input_shown(const char *name);

#endif /* TOOLS_PROMC_LINT_H */
