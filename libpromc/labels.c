/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels.c - rules for names, and label sets in their sorted order.
 */
#include "config.h"
#include "labels.h"

#include <errno.h>
#include <string.h>

#include "error.h"

static int letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int digit(char c)
{
    return c >= '0' && c <= '9';
}

int promc__name_legacy(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!letter(name[i]) && name[i] != ':' && (i == 0 || !digit(name[i])))
            return 0;
    return len != 0;
}

int promc__label_name_legacy(const char *name, size_t len)
{
    return promc__name_legacy(name, len) && memchr(name, ':', len) == NULL;
}

int promc__name_valid(const char *name)
{
    if (name == NULL || !(letter(*name) || *name == ':'))
        return 0;
    for (const char *p = name; *p != '\0'; p++)
        if (!letter(*p) && !digit(*p) && *p != ':')
            return 0;
    return 1;
}

int promc__label_name_valid(const char *name)
{
    if (name == NULL || !letter(*name) || strncmp(name, "__", 2) == 0)
        return 0;
    for (const char *p = name; *p != '\0'; p++)
        if (!letter(*p) && !digit(*p))
            return 0;
    return 1;
}

static const char *reserved_label(promc_type type, const char *metric)
{
    if (type == PROMC_TYPE_HISTOGRAM || type == PROMC_TYPE_GAUGEHISTOGRAM)
        return "le";
    if (type == PROMC_TYPE_STATESET)
        return metric;
    return type == PROMC_TYPE_SUMMARY ? "quantile" : "";
}

int promc__label_names_check(const char *what, promc_type type, promc_labels names,
                             promc_error *err)
{
    if (names.n > UINT16_MAX || (names.n != 0 && names.v == NULL))
        return promc__error(err, -EINVAL, "%s: not a usable list of label names", what);
    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.v[i];

        if (!promc__label_name_valid(name))
            return promc__error(err, -EINVAL,
                                "%s: label name \"%s\" is not [a-zA-Z_][a-zA-Z0-9_]* or "
                                "starts with __",
                                what, name != NULL ? name : "(null)");
        if (strcmp(name, reserved_label(type, what)) == 0)
            return promc__error(
                err, -EINVAL, "%s: label name \"%s\" is reserved in a metric of its type",
                what, name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(name, names.v[k]) == 0)
                return promc__error(err, -EINVAL, "%s: label name \"%s\" is given twice",
                                    what, name);
    }
    return 0;
}

/* Insertion sort: label sets are short. */
void promc__labels_order(promc_labels names, uint16_t *order)
{
    for (size_t i = 0; i < names.n; i++) {
        size_t k = i;

        for (; k > 0 && strcmp(names.v[order[k - 1]], names.v[i]) > 0; k--)
            order[k] = order[k - 1];
        order[k] = (uint16_t)i;
    }
}

void promc__labels_print(struct promc__buf *b, promc_labels names, promc_labels values,
                         const uint16_t *order)
{
    for (size_t i = 0; i < names.n; i++) {
        size_t at = order != NULL ? order[i] : i;

        if (i != 0)
            promc__buf_put(b, ",", 1);
        promc__buf_puts(b, names.v[at]);
        promc__buf_put(b, "=\"", 2);
        promc__buf_escape(b, values.v[at], strlen(values.v[at]), 1);
        promc__buf_put(b, "\"", 1);
    }
}

/* The closing quote of what begins at @s. */
static const char *closing(const char *s, int *escaped)
{
    for (; *s != '"'; s++)
        if (*s == '\\') {
            *escaped = 1;
            s++;
        }
    return s;
}

int promc__labels_next(const char **text, const char *end, struct promc__label *l)
{
    const char *p = *text;

    *l = (struct promc__label){ 0 };
    if (p == end)
        return 0;
    l->quoted = *p == '"';
    l->name = p += l->quoted;
    if (l->quoted)
        p = closing(p, &(int){ 0 });
    else
        while (*p != '=')
            p++;
    l->name_len = (size_t)(p - l->name);
    l->value = p + (l->quoted ? 3 : 2);
    p = closing(l->value, &l->escaped);
    l->value_len = (size_t)(p - l->value);
    *text = p + 1 == end ? end : p + 2;
    return 1;
}

size_t promc__unescape(const char *s, size_t len, char *to)
{
    char *from = to;

    for (const char *end = s + len; s < end; s++) {
        int escape = *s == '\\' && s + 1 < end;

        s += escape;
        *to++ = escape && *s == 'n' ? '\n' : *s;
    }
    return (size_t)(to - from);
}
