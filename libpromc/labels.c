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

/* In names of metrics: 1 for what may stand anywhere, 2 for what may not come first. */
static const unsigned char legacy[256] = {
    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['_'] = 1, [':'] = 1, ['0' ... '9'] = 2,
};

int promc__name_legacy(const char *name, size_t len)
{
    if (len == 0 || legacy[(unsigned char)*name] != 1)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (legacy[(unsigned char)name[i]] == 0)
            return 0;
    return 1;
}

int promc__label_name_legacy(const char *name, size_t len)
{
    return promc__name_legacy(name, len) && memchr(name, ':', len) == NULL;
}

int promc__name_valid(const char *name)
{
    return name != NULL && *name != '\0' && promc_utf8_valid(name, strlen(name));
}

int promc__label_name_valid(const char *name)
{
    return promc__name_valid(name) && strncmp(name, "__", 2) != 0;
}

int promc__unit_valid(promc_type type, const char *name, const char *unit)
{
    size_t len = strlen(name);
    size_t unit_len = strlen(unit);
    static const char total[] = "_total";

    if (type == PROMC_TYPE_INFO || type == PROMC_TYPE_STATESET || unit_len == 0)
        return 0;
    if (type == PROMC_TYPE_COUNTER && len >= strlen(total) &&
        strcmp(name + len - strlen(total), total) == 0)
        len -= strlen(total);
    for (size_t i = 0; i < unit_len; i++)
        if (!letter(unit[i]) && !digit(unit[i]))
            return 0;
    return len > unit_len + 1 && name[len - unit_len - 1] == '_' &&
           memcmp(name + len - unit_len, unit, unit_len) == 0;
}

/* The label by which the samples of one series of this type differ. */
static const char *reserved_label(const char *metric, promc_type type)
{
    switch (type) {
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGEHISTOGRAM:
        return "le";
    case PROMC_TYPE_SUMMARY:
        return "quantile";
    case PROMC_TYPE_STATESET:
        return metric;
    default:
        return "";
    }
}

int promc__label_names_check(const char *metric, promc_type type, promc_labels names,
                             promc_error *err)
{
    if (names.n > UINT16_MAX || (names.n != 0 && names.v == NULL))
        return promc__error(err, -EINVAL, "%s: not a usable list of label names", metric);
    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.v[i];

        if (!promc__label_name_valid(name))
            return promc__error(
                err, -EINVAL,
                "%s: label name \"%s\" is empty, not UTF-8 or starts with __", metric,
                name != NULL ? name : "(null)");
        if (strcmp(name, reserved_label(metric, type)) == 0)
            return promc__error(
                err, -EINVAL, "%s: label name \"%s\" is reserved in a metric of its type",
                metric, name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(name, names.v[k]) == 0)
                return promc__error(err, -EINVAL, "%s: label name \"%s\" is given twice",
                                    metric, name);
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

void promc__labels_put_name(struct promc__buf *b, const char *name, size_t len)
{
    if (promc__label_name_legacy(name, len)) {
        promc__buf_put(b, name, len);
        return;
    }
    promc__buf_put(b, "\"", 1);
    promc__buf_escape(b, name, len, 1);
    promc__buf_put(b, "\"", 1);
}

void promc__labels_print(struct promc__buf *b, promc_labels names, promc_labels values,
                         const uint16_t *order)
{
    for (size_t i = 0; i < names.n; i++) {
        size_t at = order != NULL ? order[i] : i;

        if (i != 0)
            promc__buf_put(b, ",", 1);
        promc__labels_put_name(b, names.v[at], strlen(names.v[at]));
        promc__buf_put(b, "=\"", 2);
        promc__buf_escape(b, values.v[at], strlen(values.v[at]), 1);
        promc__buf_put(b, "\"", 1);
    }
}

/* The closing quote of what begins at @s. */
static const char *closing(const char *s)
{
    for (; *s != '"'; s++)
        s += *s == '\\';
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
        p = closing(p);
    else
        while (*p != '=')
            p++;
    l->name_len = (size_t)(p - l->name);
    l->value = p + (l->quoted ? 3 : 2);
    p = closing(l->value);
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

static size_t characters(const char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        i += s[i] == '\\';
        n += ((unsigned char)s[i] & 0xC0) != 0x80; /* not in the middle of one */
    }
    return n;
}

size_t promc__labels_characters(const char *text, size_t len)
{
    const char *end = text + len;
    struct promc__label l;
    size_t n = 0;

    while (promc__labels_next(&text, end, &l))
        n += characters(l.name, l.name_len) + characters(l.value, l.value_len);
    return n;
}

int promc__label_is_metric_name(const char *name, size_t len)
{
    static const char own[] = "__name__";

    return len == strlen(own) && memcmp(name, own, len) == 0;
}

int promc__labels_have(const char *text, size_t len, const char *name, size_t name_len)
{
    const char *end = text + len;
    struct promc__label l;

    while (promc__labels_next(&text, end, &l))
        if (l.name_len == name_len && memcmp(l.name, name, name_len) == 0)
            return 1;
    return 0;
}
