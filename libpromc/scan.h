/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - take names, tokens and texts from one line of an exposition.
 *
 * The strings taken are kept in a buffer that is as long as the line (unescaped text is
 * never longer than escaped), so none of them moves until the next line starts.
 */
#ifndef PROMC_SCAN_H
#define PROMC_SCAN_H

#include <stddef.h>

#include "promc/promc.h"

/* Zero-initialise; promc__scan_free() at the end. */
struct promc__scan {
    const char *p;   /* the unread rest of the line */
    const char *end; /* its end, without the newline */
    char *out;       /* where in text the next string goes */
    char *text;      /* the strings, each with its NUL */
    size_t text_cap;
};

static inline int promc__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline int promc__is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Begin with the line from @p to @end. Returns 0 or -ENOMEM. */
int promc__scan_start(struct promc__scan *in, const char *p, const char *end);

void promc__scan_free(struct promc__scan *in);

void promc__scan_blanks(struct promc__scan *in);

/* The next byte, or the newline that ends the line. */
static inline char promc__scan_peek(const struct promc__scan *in)
{
    return in->p < in->end ? *in->p : '\n';
}

/* Pass over a metric name (@colon) or label name; 0 when there is none. */
size_t promc__scan_name_span(struct promc__scan *in, int colon);

/* Take a metric name (@colon) or label name. Returns NULL when there is none. */
const char *promc__scan_name(struct promc__scan *in, int colon, size_t *len);

/* Take the bytes up to the next blank. They stay where they are and have no NUL. */
const char *promc__scan_token(struct promc__scan *in, size_t *len);

/* Take the text up to @stop ('\n' for the end of the line), with its escapes resolved.
 * Returns NULL, and in *reason what is wrong, when it cannot be a string. */
const char *promc__scan_text(struct promc__scan *in, char stop, const char **reason);

#endif /* PROMC_SCAN_H */
