/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - Prometheus text 0.0.4 and OpenMetrics text 1.0.0.
 */
#include "config.h"
#include "text.h"

#include <errno.h>
#include <math.h>

#include "number.h"

static const char total[] = "_total";
#define TOTAL_LEN (sizeof total - 1)

int promc__text_lacks_total(const char *name, size_t name_len)
{
    return name_len <= TOTAL_LEN ||
           memcmp(name + name_len - TOTAL_LEN, total, TOTAL_LEN) != 0;
}

static const char *type_word(promc_type type, promc_format format)
{
    static const char *const words[] = {
        [PROMC_TYPE_UNTYPED] = "untyped", [PROMC_TYPE_COUNTER] = "counter",
        [PROMC_TYPE_GAUGE] = "gauge",     [PROMC_TYPE_HISTOGRAM] = "histogram",
        [PROMC_TYPE_SUMMARY] = "summary",
    };

    if (type == PROMC_TYPE_UNTYPED && format == PROMC_FORMAT_OPENMETRICS)
        return "unknown";
    return words[type];
}

static void put_type(const struct promc__text *t, size_t name_len)
{
    promc__buf_put(t->out, "# TYPE ", 7);
    promc__buf_put(t->out, t->name, name_len);
    promc__buf_put(t->out, " ", 1);
    promc__buf_puts(t->out, type_word(t->type, t->format));
    promc__buf_put(t->out, "\n", 1);
}

static void put_help(const struct promc__text *t, size_t name_len, const char *help)
{
    promc__buf_put(t->out, "# HELP ", 7);
    promc__buf_put(t->out, t->name, name_len);
    promc__buf_put(t->out, " ", 1);
    promc__buf_escape(t->out, help, strlen(help), t->format == PROMC_FORMAT_OPENMETRICS);
    promc__buf_put(t->out, "\n", 1);
}

void promc__text_family(struct promc__text *t, struct promc__buf *out,
                        promc_format format, promc_type type, const char *name,
                        size_t name_len, const char *help, int plain_counter)
{
    size_t meta_len = name_len;

    *t = (struct promc__text){ out, format, type, name, name_len };
    if (format == PROMC_FORMAT_TEXT) {
        put_help(t, name_len, help);
        put_type(t, name_len);
        return;
    }
    if (type == PROMC_TYPE_COUNTER) {
        if (plain_counter)
            t->type = PROMC_TYPE_UNTYPED;
        else
            meta_len -= TOTAL_LEN;
    }
    put_type(t, meta_len);
    put_help(t, meta_len, help);
}

/* Start a line: name, suffix, labels, and one more label if @extra is given; then room for a
 * number. Returns where the number goes, or NULL. Inline: most lines have no suffix and no
 * extra label, and then there is little to do. */
static inline __attribute__((always_inline)) char *
begin_line(const struct promc__text *t, const char *suffix, size_t suffix_len,
           struct promc__text_labels l, const char *extra, const char *value)
{
    size_t extra_len = extra != NULL ? strlen(extra) : 0;
    size_t value_len = extra != NULL ? strlen(value) : 0;
    char *p = promc__buf_room(t->out, t->name_len + suffix_len + l.len + extra_len +
                                          value_len + PROMC_NUMBER_SIZE + 16);

    if (p == NULL)
        return NULL;
    memcpy(p, t->name, t->name_len);
    p += t->name_len;
    memcpy(p, suffix, suffix_len);
    p += suffix_len;
    if (l.len != 0 || extra != NULL) {
        *p++ = '{';
        if (l.len != 0) {
            memcpy(p, l.text, l.len);
            p += l.len;
        }
        if (extra != NULL) {
            if (l.len != 0)
                *p++ = ',';
            memcpy(p, extra, extra_len);
            p += extra_len;
            *p++ = '=';
            *p++ = '"';
            memcpy(p, value, value_len);
            p += value_len;
            *p++ = '"';
        }
        *p++ = '}';
    }
    *p++ = ' ';
    return p;
}

static void end_line(const struct promc__text *t, char *p)
{
    *p++ = '\n';
    t->out->len = (size_t)(p - t->out->data);
}

static void put_integer(const struct promc__text *t, char *p, uint64_t v)
{
    if (p != NULL)
        end_line(t, p + promc__u64_format(v, p));
}

static void put_double(const struct promc__text *t, char *p, double v)
{
    if (p != NULL)
        end_line(t, p + promc_number_format(v, p));
}

int promc__text_value(const struct promc__text *t, struct promc__text_labels l, double v)
{
    if (t->type == PROMC_TYPE_COUNTER && t->format == PROMC_FORMAT_OPENMETRICS &&
        !(v >= 0))
        return -EINVAL;
    put_double(t, begin_line(t, "", 0, l, NULL, NULL), v);
    return 0;
}

void promc__text_integer(const struct promc__text *t, struct promc__text_labels l,
                         uint64_t v)
{
    put_integer(t, begin_line(t, "", 0, l, NULL, NULL), v);
}

/* OpenMetrics has no sums that are negative or NaN. */
static int sum_allowed(const struct promc__text *t, double sum)
{
    return t->format == PROMC_FORMAT_TEXT || sum >= 0;
}

static void put_sum(const struct promc__text *t, struct promc__text_labels l, double sum)
{
    put_double(t, begin_line(t, "_sum", 4, l, NULL, NULL), sum);
}

static void put_count(const struct promc__text *t, struct promc__text_labels l,
                      uint64_t count)
{
    put_integer(t, begin_line(t, "_count", 6, l, NULL, NULL), count);
}

static const char *point_text(const struct promc__text *t, double v, char *buf)
{
    if (t->format == PROMC_FORMAT_OPENMETRICS)
        buf[promc__number_format_om(v, buf)] = '\0';
    else
        buf[promc_number_format(v, buf)] = '\0';
    return buf;
}

void promc__text_histogram(const struct promc__text *t, struct promc__text_labels l,
                           const double *bounds, const char *const *le,
                           const uint64_t *counts, size_t n, int cumulative, double sum,
                           uint64_t count)
{
    char buf[PROMC_NUMBER_SIZE];
    uint64_t below = 0;

    for (size_t i = 0; i < n; i++) {
        const char *text = le != NULL ? le[i] : point_text(t, bounds[i], buf);

        below = cumulative ? counts[i] : below + counts[i];
        put_integer(t, begin_line(t, "_bucket", 7, l, "le", text), below);
    }
    put_integer(t, begin_line(t, "_bucket", 7, l, "le", "+Inf"), count);
    /* OpenMetrics: no sum beside negative bounds, and without a sum no count either; the
     * bucket of +Inf has that anyway */
    if (t->format == PROMC_FORMAT_OPENMETRICS && n != 0 && bounds[0] < 0)
        return;
    if (!sum_allowed(t, sum))
        return;
    put_sum(t, l, sum);
    put_count(t, l, count);
}

void promc__text_summary(const struct promc__text *t, struct promc__text_labels l,
                         const double *quantiles, const char *const *texts,
                         const double *values, size_t n, double sum, uint64_t count)
{
    char buf[PROMC_NUMBER_SIZE];

    for (size_t i = 0; i < n; i++) {
        const char *text = texts != NULL ? texts[i] : point_text(t, quantiles[i], buf);

        /* OpenMetrics has no ranks outside [0, 1] and no negative values at them */
        if (t->format == PROMC_FORMAT_TEXT ||
            (quantiles[i] >= 0 && quantiles[i] <= 1 && !(values[i] < 0)))
            put_double(t, begin_line(t, "", 0, l, "quantile", text), values[i]);
    }
    if (sum_allowed(t, sum))
        put_sum(t, l, sum);
    put_count(t, l, count);
}

void promc__text_end(struct promc__buf *out, promc_format format)
{
    if (format == PROMC_FORMAT_OPENMETRICS)
        promc__buf_put(out, "# EOF\n", 6);
}
