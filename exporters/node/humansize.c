/* SPDX-License-Identifier: Apache-2.0 */
/*
 * humansize.c - numbers that the kernel has shortened for people.
 */
#include "config.h"

#include "node/humansize.h"

#include <errno.h>
#include <string.h>

#define TWO_TO_64 18446744073709551616.0

/* Take the letter off the end of the text. Returns what it stands for; 1 when there is none. */
static double take_unit(struct span *text)
{
    static const char letters[] = "kMGTPE";
    double unit = 1;

    for (const char *p = letters; text->n > 0 && *p; p++) {
        unit *= 1024;
        if ((text->p[text->n - 1] | 0x20) == (*p | 0x20)) {
            text->n--;
            return unit;
        }
    }
    return 1;
}

static int whole(double number, double unit, double *v)
{
    number *= unit;
    if (number >= TWO_TO_64)
        return -ERANGE;
    *v = (double)(uint64_t)number;
    return 0;
}

/* A number of digits, and a point among them: the general parser knows more. */
static int scan_plain(struct span text, double *v)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '.' && (text.p[i] < '0' || text.p[i] > '9'))
            return -EINVAL;
    return scan_double(text, v);
}

/* As take_unit(), for KiB and B, too. */
static double take_long_unit(struct span *text)
{
    struct span shorter = *text;
    double unit;

    if (text->n == 0 || text->p[text->n - 1] != 'B')
        return take_unit(text);
    shorter.n--;
    if (shorter.n == 0 || shorter.p[shorter.n - 1] != 'i') {
        *text = shorter;
        return 1;
    }
    shorter.n--;
    unit = take_unit(&shorter);
    if (unit > 1)
        *text = shorter;
    return unit;
}

int humansize_take(struct span *rest, double *v)
{
    struct span number, behind, word;
    double unit, n;
    int rc;

    if (!scan_field(rest, &number))
        return -ENODATA;
    unit = take_long_unit(&number);
    behind = *rest;
    if (unit == 1 && scan_field(&behind, &word)) {
        double apart = take_long_unit(&word);

        if (word.n == 0) {
            unit = apart;
            *rest = behind;
        }
    }
    rc = scan_plain(number, &n);
    return rc < 0 ? rc : whole(n, unit, v);
}

int humansize(struct span text, double *v)
{
    double number = 0;
    int rc = humansize_take(&text, &number);

    if (rc == -ENODATA || (rc == 0 && span_trim(text).n > 0))
        return -EINVAL;
    if (rc == 0)
        *v = number;
    return rc;
}

int humansize_bcache(struct span text, double *v)
{
    int negative, rc;
    struct span before;
    double unit, number, fraction;

    text = span_trim(text);
    negative = span_begins(text, "-");
    if (negative)
        text = span_of(text.p + 1, text.n - 1);
    unit = take_unit(&text);
    if (unit > 1 && scan_until(&text, '.', &before)) {
        uint64_t a, b;

        rc = scan_u64(before, &a);
        if (rc == 0)
            rc = scan_u64(text, &b);
        if (rc < 0)
            return rc;
        fraction = (double)b / 10.24;
        number = (double)a + fraction;
    } else {
        rc = scan_plain(text, &number);
        if (rc < 0)
            return rc;
    }
    rc = whole(number, unit, &number);
    if (rc == 0)
        *v = negative ? -number : number;
    return rc;
}
