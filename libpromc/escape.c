/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.c - names as a format's escaping wants them.
 */
#include "config.h"
#include "escape.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "encoder.h"
#include "labels.h"

unsigned promc__escaping(promc_format format)
{
    unsigned escaping = promc_format_escaping(format);

    if (escaping == PROMC_ESCAPE_ALLOW_UTF8 &&
        promc_format_syntax(format) == PROMC_FORMAT_TEXT)
        return PROMC_ESCAPE_UNDERSCORES;
    return escaping;
}

/* The character at @s, which is valid, and how many bytes it has. */
static uint32_t decode(const char *s, size_t *len)
{
    unsigned char lead = (unsigned char)*s;
    uint32_t c;

    *len = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    c = *len == 1 ? lead : lead & (0x7Fu >> *len);
    for (size_t i = 1; i < *len; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3F);
    return c;
}

static void put_hex(struct promc__buf *b, uint32_t c)
{
    char text[8];
    size_t at = sizeof text;

    do
        text[--at] = "0123456789abcdef"[c & 15];
    while ((c >>= 4) != 0);
    promc__buf_put(b, text + at, sizeof text - at);
}

static int is_legal(uint32_t c, int first, enum promc__name_kind kind)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c == ':' && kind == PROMC__METRIC_NAME) || (c >= '0' && c <= '9' && !first);
}

static void put_character(struct promc__buf *b, uint32_t c, unsigned escaping, int legal)
{
    char plain = (char)c;

    if (c == '_' && escaping != PROMC_ESCAPE_UNDERSCORES) {
        promc__buf_put(b, "__", 2);
    } else if (legal) {
        promc__buf_put(b, &plain, 1);
    } else if (escaping == PROMC_ESCAPE_UNDERSCORES) {
        promc__buf_put(b, "_", 1);
    } else if (escaping == PROMC_ESCAPE_VALUES) {
        promc__buf_put(b, "_", 1);
        put_hex(b, c);
        promc__buf_put(b, "_", 1);
    } else {
        promc__buf_puts(b, c == '.' ? "_dot_" : "__");
    }
}

void promc__escape_name(struct promc__buf *b, const char *name, size_t len,
                        unsigned escaping, enum promc__name_kind kind)
{
    int legacy = kind == PROMC__METRIC_NAME ? promc__name_legacy(name, len)
                                            : promc__label_name_legacy(name, len);

    /* dots apply to all names, so that they can be undone */
    if (escaping == PROMC_ESCAPE_ALLOW_UTF8 ||
        (legacy && escaping != PROMC_ESCAPE_DOTS)) {
        promc__buf_put(b, name, len);
        return;
    }
    if (escaping == PROMC_ESCAPE_VALUES)
        promc__buf_put(b, "U__", 3);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = decode(name + i, &n);

        put_character(b, c, escaping, is_legal(c, i == 0, kind));
    }
}

/* --- label sets ------------------------------------------------------------------------- */

int promc__escape_changes(const char *labels, size_t len, unsigned escaping)
{
    const char *end;
    struct promc__label l;

    if (escaping == PROMC_ESCAPE_ALLOW_UTF8 || len == 0) /* of nothing there is no text */
        return 0;
    end = labels + len;
    while (promc__labels_next(&labels, end, &l))
        if (l.quoted ||
            (escaping == PROMC_ESCAPE_DOTS && memchr(l.name, '_', l.name_len) != NULL))
            return 1;
    return 0;
}

/* One label on its way: its new name is in the scratch, at an offset while that grows. */
struct item {
    size_t name, name_len;
    const char *value;
    size_t value_len;
};

static int compare(const char *names, const struct item *a, const struct item *b)
{
    size_t shorter = a->name_len < b->name_len ? a->name_len : b->name_len;
    int c = memcmp(names + a->name, names + b->name, shorter);

    return c != 0 ? c : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

/* Escape all names to the scratch, behind room for as many items; or -ENOMEM. */
static int escape_names(struct promc__buf *scratch, const char *labels, const char *end,
                        size_t n, unsigned escaping)
{
    struct promc__label l;
    size_t k = 0;

    promc__buf_reset(scratch);
    if (promc__buf_room(scratch, n * sizeof(struct item)) == NULL)
        return -ENOMEM;
    scratch->len = n * sizeof(struct item);
    while (promc__labels_next(&labels, end, &l)) {
        struct item *item;
        size_t at = scratch->len;
        size_t raw = at;

        if (l.quoted) { /* its bytes as they were first */
            if (promc__buf_room(scratch, l.name_len) == NULL)
                return -ENOMEM;
            scratch->len += promc__unescape(l.name, l.name_len, scratch->data + at);
            raw = scratch->len;
            /* the name that is read must not move while it is escaped */
            if (promc__buf_room(scratch, 12 * (raw - at) + 8) == NULL)
                return -ENOMEM;
            promc__escape_name(scratch, scratch->data + at, raw - at, escaping,
                               PROMC__LABEL_NAME);
        } else {
            promc__escape_name(scratch, l.name, l.name_len, escaping, PROMC__LABEL_NAME);
        }
        if (scratch->oom)
            return -ENOMEM;
        item = (struct item *)(void *)scratch->data + k++;
        *item = (struct item){ raw, scratch->len - raw, l.value, l.value_len };
    }
    return 0;
}

/* Insertion sort: label sets are short, and mostly still in order. */
static void sort(const char *names, struct item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct item item = items[i];
        size_t k = i;

        for (; k > 0 && compare(names, &items[k - 1], &item) > 0; k--)
            items[k] = items[k - 1];
        items[k] = item;
    }
}

int promc__escape_labels(struct promc__buf *b, const char *labels, size_t len,
                         unsigned escaping, struct promc__buf *scratch)
{
    const char *end = labels + len;
    const char *p = labels;
    struct promc__label l;
    struct item *items;
    size_t n = 0;

    while (promc__labels_next(&p, end, &l))
        n++;
    if (n == 0)
        return 0;
    if (escape_names(scratch, labels, end, n, escaping) != 0)
        return -ENOMEM;
    items = (struct item *)(void *)scratch->data;
    sort(scratch->data, items, n);
    for (size_t i = 0; i < n; i++) {
        const char *name = scratch->data + items[i].name;

        if ((i != 0 && compare(scratch->data, &items[i - 1], &items[i]) == 0) ||
            promc__label_is_metric_name(name, items[i].name_len))
            return -EEXIST;
        promc__buf_put(b, ",", i != 0);
        promc__buf_put(b, name, items[i].name_len);
        promc__buf_put(b, "=\"", 2);
        promc__buf_put(b, items[i].value, items[i].value_len);
        promc__buf_put(b, "\"", 1);
    }
    return b->oom ? -ENOMEM : 0;
}

/* --- exemplars -------------------------------------------------------------------------- */

enum { EXEMPLAR_CHARACTERS = 128 };

const char *promc__exemplar_labels(struct promc__encoder *e,
                                   const struct promc__exemplar_view *x, size_t *len)
{
    unsigned escaping = promc__escaping(e->format);
    struct promc__buf *b = &e->exemplar;
    int rc;

    *len = x->labels_len;
    if (!promc__escape_changes(x->labels, x->labels_len, escaping))
        return x->labels;
    promc__buf_reset(b);
    rc = promc__escape_labels(b, x->labels, x->labels_len, escaping, &e->scratch);
    if (rc == -ENOMEM)
        e->out->oom = 1;
    *len = b->len;
    /* escaping makes them longer: OpenMetrics 1.0 has a limit */
    if (rc != 0 || promc__labels_characters(b->data, b->len) > EXEMPLAR_CHARACTERS)
        return NULL;
    return b->data;
}
