/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds.c - numbers that are printed as label values over and over.
 */
#include "config.h"
#include "bounds.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "number.h"

int promc__bounds_init(struct promc__bounds *b, const char *what, const double *v,
                       size_t n, int inf, promc_error *err)
{
    size_t texts = n + (inf != 0);
    char *p;

    b->n = n;
    b->texts = texts;
    b->v = promc__calloc(promc__bounds_padded(n) + 1, sizeof *b->v);
    b->text[0] = promc__calloc(texts + 1, sizeof *b->text[0]);
    b->text[1] = promc__calloc(texts + 1, sizeof *b->text[1]);
    b->chars = p = promc__calloc(2 * texts + 1, PROMC_NUMBER_SIZE);
    if (b->v == NULL || b->text[0] == NULL || b->text[1] == NULL || p == NULL)
        return promc__error(err, -ENOMEM, "%s: out of memory", what);
    for (size_t i = n; i < promc__bounds_padded(n); i++)
        b->v[i] = INFINITY;
    for (size_t i = 0; i < texts; i++) {
        double x = i < n ? v[i] : INFINITY;

        if (i < n)
            b->v[i] = x;
        b->text[PROMC_FORMAT_TEXT][i] = p;
        p += promc_number_format(x, p) + 1;
        b->text[PROMC_FORMAT_OPENMETRICS][i] = p;
        p += promc__number_format_om(x, p) + 1;
    }
    return 0;
}

static size_t numbers_size(const struct promc__bounds *b)
{
    return promc__bounds_padded(b->n) * sizeof *b->v;
}

static size_t chars_size(const struct promc__bounds *b)
{
    return (2 * b->texts + 1) * PROMC_NUMBER_SIZE;
}

size_t promc__bounds_size(const struct promc__bounds *b)
{
    return numbers_size(b) + 2 * b->texts * sizeof *b->text[0] + chars_size(b);
}

void promc__bounds_copy(struct promc__bounds *b, void *mem)
{
    double *v = mem;
    const char **text = (const char **)(void *)((char *)mem + numbers_size(b));
    char *chars = (char *)(text + 2 * b->texts);

    memcpy(v, b->v, numbers_size(b));
    memcpy(chars, b->chars, chars_size(b));
    for (size_t f = 0; f < 2; f++, text += b->texts) {
        for (size_t i = 0; i < b->texts; i++)
            text[i] = chars + (b->text[f][i] - b->chars);
        b->text[f] = text;
    }
    b->v = v;
    b->chars = chars;
}

void promc__bounds_free(struct promc__bounds *b)
{
    promc__free(b->v);
    promc__free(b->text[0]);
    promc__free(b->text[1]);
    promc__free(b->chars);
}
