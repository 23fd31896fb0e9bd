/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_parts.c - the pieces of a line and of a family's metadata that the text formats have
 * in common.
 */
#include "config.h"
#include "text.h"

#include "escape.h"
#include "labels.h"
#include "number.h"

static int lacks_suffix(const char *name, size_t name_len, const char *suffix)
{
    size_t len = strlen(suffix);

    return name_len <= len || memcmp(name + name_len - len, suffix, len) != 0;
}

int promc__text_lacks_total(const char *name, size_t name_len)
{
    return lacks_suffix(name, name_len, "_total");
}

const char *promc__text_type(promc_type type)
{
    static const char *const words[] = {
        [PROMC_TYPE_UNTYPED] = "unknown",
        [PROMC_TYPE_COUNTER] = "counter",
        [PROMC_TYPE_GAUGE] = "gauge",
        [PROMC_TYPE_HISTOGRAM] = "histogram",
        [PROMC_TYPE_SUMMARY] = "summary",
        [PROMC_TYPE_INFO] = "info",
        [PROMC_TYPE_STATESET] = "stateset",
        [PROMC_TYPE_GAUGEHISTOGRAM] = "gaugehistogram",
    };

    return words[type];
}

void promc__text_begin_family(struct promc__encoder *e, const struct promc__meta *meta)
{
    e->meta = *meta;
    e->name = meta->name;
    e->name_len = meta->name_len;
    e->quoted = promc__escaping(e->format) == PROMC_ESCAPE_ALLOW_UTF8 &&
                !promc__name_legacy(meta->name, meta->name_len);
    if (!e->quoted)
        return;
    promc__buf_reset(&e->name_text);
    promc__buf_put(&e->name_text, "{\"", 2);
    promc__buf_escape(&e->name_text, meta->name, meta->name_len, 1);
    if (e->name_text.oom) {
        e->out->oom = 1; /* what is written of the page from here on is thrown away */
        return;
    }
    e->name = e->name_text.data;
    e->name_len = e->name_text.len;
}

void promc__text_comment(struct promc__encoder *e, const char *word, size_t name_len)
{
    struct promc__buf *b = e->out;

    promc__buf_put(b, "# ", 2);
    promc__buf_put(b, word, 4);
    if (!e->quoted) {
        promc__buf_put(b, " ", 1);
        promc__buf_put(b, e->meta.name, name_len);
        promc__buf_put(b, " ", 1);
        return;
    }
    promc__buf_put(b, " \"", 2);
    promc__buf_escape(b, e->meta.name, name_len, 1);
    promc__buf_put(b, "\" ", 2);
}

/* OpenMetrics wants the unit to be the end of the name, before _total. */
static int has_unit(const struct promc__encoder *e, size_t name_len)
{
    const char *unit = e->meta.unit;
    size_t len = unit != NULL ? strlen(unit) : 0;

    if (e->meta.type == PROMC_TYPE_COUNTER &&
        !lacks_suffix(e->meta.name, name_len, "_total"))
        name_len -= strlen("_total");
    return len != 0 && !lacks_suffix(e->meta.name, name_len, unit) &&
           name_len > len + 1 && e->meta.name[name_len - len - 1] == '_' &&
           e->meta.type != PROMC_TYPE_INFO && e->meta.type != PROMC_TYPE_STATESET;
}

void promc__text_metadata(struct promc__encoder *e, const char *type, size_t name_len)
{
    promc__text_comment(e, "TYPE", name_len);
    promc__buf_puts(e->out, type);
    promc__buf_put(e->out, "\n", 1);
    if (has_unit(e, name_len)) {
        promc__text_comment(e, "UNIT", name_len);
        promc__buf_puts(e->out, e->meta.unit);
        promc__buf_put(e->out, "\n", 1);
    }
    promc__text_comment(e, "HELP", name_len);
    promc__buf_escape(e->out, e->meta.help, strlen(e->meta.help), 1);
    promc__buf_put(e->out, "\n", 1);
}

void promc__text_seconds(struct promc__buf *b, int64_t ms)
{
    char *p = promc__buf_room(b, PROMC__U64_SIZE + 4);
    unsigned rest = (unsigned)(ms % 1000);

    if (p == NULL)
        return;
    p += promc__u64_format((uint64_t)(ms / 1000), p);
    *p++ = '.';
    *p++ = (char)('0' + rest / 100);
    *p++ = (char)('0' + rest / 10 % 10);
    *p++ = (char)('0' + rest % 10);
    b->len = (size_t)(p - b->data);
}

void promc__text_exemplar(struct promc__encoder *e, const struct promc__exemplar_view *x)
{
    size_t len;
    const char *labels = promc__exemplar_labels(e, x, &len);
    char *p;

    if (labels == NULL)
        return;
    promc__buf_put(e->out, " # {", 4);
    promc__buf_put(e->out, labels, len);
    promc__buf_put(e->out, "} ", 2);
    p = promc__buf_room(e->out, PROMC_NUMBER_SIZE);
    if (p != NULL)
        e->out->len += promc_number_format(x->value, p);
    if (x->timestamp_ms > 0) {
        promc__buf_put(e->out, " ", 1);
        promc__text_seconds(e->out, x->timestamp_ms);
    }
}

const char *promc__text_point(const struct promc__encoder *e, double v, char *buf)
{
    unsigned syntax = promc_format_syntax(e->format);

    if (syntax == PROMC_FORMAT_OPENMETRICS || syntax == PROMC_FORMAT_OPENMETRICS_2)
        buf[promc__number_format_om(v, buf)] = '\0';
    else
        buf[promc_number_format(v, buf)] = '\0';
    return buf;
}
