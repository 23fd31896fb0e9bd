/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint.c - read an exposition line by line and report all that is wrong with it.
 */
#include "config.h"
#include "lint.h"

#include <errno.h>

#include "alloc.h"
#include "promc/render.h"
#include "promc/text.h"
#include "utf8.h"

static const struct promc__span nobody = { "", 0 };

#define REPORT(l, rule, at, name, ...)                                                   \
    promc__lint_report(l, PROMC__LINT_##rule, at, name, __VA_ARGS__)

/* --- metadata ---------------------------------------------------------------------------- */

static void check_help(struct promc__lint *l, struct promc__span name)
{
    int escape = 0, quote = 0;

    for (const char *p = l->in.p; p < l->in.end; p++) {
        if (*p == '"' && l->om && !quote++)
            REPORT(l, HELP_QUOTE, p, name, "a quote is written \\\" in OpenMetrics");
        if (*p != '\\')
            continue;
        if ((p + 1 == l->in.end || !memchr("\\\"n", p[1], 3)) && !escape++)
            REPORT(l, ESCAPE, p, name, "a backslash escapes \\, \" and n only");
        p += p + 1 < l->in.end;
    }
}

static void read_help(struct promc__lint *l, const char *at)
{
    struct promc__lint_family *f = &l->family;

    if (f->has_help)
        REPORT(l, METADATA_TWICE, at, f->text, "a second HELP");
    else if (f->has_samples || f->reopened)
        REPORT(l, LATE_HELP, at, f->text, "HELP stands before the samples");
    f->has_help = 1;
    f->helpful |= l->in.p < l->in.end;
    check_help(l, f->text);
}

static void read_type(struct promc__lint *l, const char *at)
{
    static const struct {
        const char *word;
        promc_type type;
        unsigned char text, om;
    } types[] = {
        { "counter", PROMC_TYPE_COUNTER, 1, 1 },
        { "gauge", PROMC_TYPE_GAUGE, 1, 1 },
        { "histogram", PROMC_TYPE_HISTOGRAM, 1, 1 },
        { "summary", PROMC_TYPE_SUMMARY, 1, 1 },
        { "untyped", PROMC_TYPE_UNTYPED, 1, 0 },
        { "unknown", PROMC_TYPE_UNKNOWN, 0, 1 },
        { "info", PROMC_TYPE_INFO, 0, 1 },
        { "stateset", PROMC_TYPE_STATESET, 0, 1 },
        { "gaugehistogram", PROMC_TYPE_GAUGEHISTOGRAM, 0, 1 },
    };
    struct promc__lint_family *f = &l->family;
    struct promc__span word = { l->in.p, (size_t)(l->in.end - l->in.p) };
    size_t i = 0;

    if (f->has_type)
        REPORT(l, METADATA_TWICE, at, f->text, "a second TYPE");
    else if (f->has_samples || f->reopened)
        REPORT(l, LATE_TYPE, at, f->text, "TYPE stands before the samples");
    while (i < sizeof types / sizeof *types && !(promc__span_is(word, types[i].word) &&
                                                 (l->om ? types[i].om : types[i].text)))
        i++;
    if (i == sizeof types / sizeof *types)
        REPORT(l, TYPE_WORD, word.p, f->text, "this format has no such type");
    else if (!f->has_type && !f->has_samples && !f->reopened)
        f->type = types[i].type;
    f->has_type = 1;
    if (f->measured && (f->type == PROMC_TYPE_INFO || f->type == PROMC_TYPE_STATESET))
        REPORT(l, UNIT, word.p, f->text, "this type has no unit");
}

static void read_unit(struct promc__lint *l, const char *at)
{
    struct promc__lint_family *f = &l->family;
    struct promc__span unit = { l->in.p, (size_t)(l->in.end - l->in.p) };

    if (f->has_unit)
        REPORT(l, METADATA_TWICE, at, f->text, "a second UNIT");
    else if (f->has_samples || f->reopened)
        REPORT(l, LATE_TYPE, at, f->text, "UNIT stands before the samples");
    f->has_unit = 1;
    if (unit.len == 0)
        return;
    f->measured = 1;
    if (f->type == PROMC_TYPE_INFO || f->type == PROMC_TYPE_STATESET)
        REPORT(l, UNIT, unit.p, f->text, "this type has no unit");
    if (unit.len + 1 > f->text.len || f->text.p[f->text.len - unit.len - 1] != '_' ||
        memcmp(f->text.p + f->text.len - unit.len, unit.p, unit.len) != 0)
        REPORT(l, UNIT, unit.p, f->text, "the name does not end in _ and this unit");
}

/* Read the name in a metadata line. Returns 0, or -1 (reported). */
static int read_name(struct promc__lint *l, struct promc__span *name)
{
    const char *at = l->in.p;

    name->p = at;
    name->len = 0;
    if (promc__scan_peek(&l->in) == '"') {
        if (!l->quoted) {
            REPORT(l, QUOTED_NAME, at, nobody, "this format has no names in quotes");
            return -1;
        }
        l->in.p++;
        if (promc__lint_quoted(l, name) != 0)
            return -1;
    } else {
        name->len = promc__scan_name_span(&l->in, 1);
    }
    if (name->len == 0 || (l->in.p < l->in.end && !promc__is_blank(*l->in.p))) {
        REPORT(l, METRIC_NAME, l->in.p, *name,
               name->len ? "a metric name cannot hold this"
                         : "a metric name must be here");
        return -1;
    }
    return 0;
}

enum keyword { HELP, TYPE, UNIT, NONE };

static enum keyword read_keyword(struct promc__lint *l)
{
    static const char *const words[] = { "HELP", "TYPE", "UNIT" };
    struct promc__span word;

    word.p = promc__scan_token(&l->in, &word.len);
    for (int i = HELP; i <= (l->om ? UNIT : TYPE); i++)
        if (promc__span_is(word, words[i]))
            return (enum keyword)i;
    return NONE;
}

/* Read a line that begins with #. */
static void read_comment(struct promc__lint *l)
{
    const char *at = l->in.p++;
    struct promc__span name;
    enum keyword keyword;

    l->sample.name = nobody;
    if (l->om && !promc__is_blank(promc__scan_peek(&l->in))) {
        REPORT(l, COMMENT, at, nobody, "OpenMetrics has no comments");
        return;
    }
    promc__lint_gap(l, nobody);
    keyword = read_keyword(l);
    if (keyword == NONE) {
        if (l->om)
            REPORT(l, COMMENT, at, nobody, "OpenMetrics has no comments");
        return;
    }
    if (l->in.p < l->in.end)
        promc__lint_gap(l, nobody);
    if (l->in.p == l->in.end) {
        REPORT(l, METADATA, l->in.p, nobody, "the line names no metric");
        return;
    }
    at = l->in.p;
    if (read_name(l, &name) != 0)
        return;
    if (l->in.p == l->in.end && (l->om || keyword == TYPE))
        REPORT(l, METADATA, l->in.p, name, "the line ends too early");
    if (l->om && promc__scan_peek(&l->in) == '\t')
        REPORT(l, SPACING, l->in.p, name, "there must be a space here");
    if (!l->om)
        promc__scan_blanks(&l->in);
    else if (l->in.p < l->in.end)
        l->in.p++; /* what follows belongs to the text */
    promc__lint_family_meta(l, name, at);
    if (!l->family.name)
        return; /* out of memory */
    if (keyword == HELP)
        read_help(l, at);
    else if (keyword == TYPE)
        read_type(l, at);
    else
        read_unit(l, at);
}

/* --- lines ------------------------------------------------------------------------------- */

static void check_bytes(struct promc__lint *l, const char *p, const char *end)
{
    size_t len = (size_t)(end - p), span = promc__utf8_span(p, len);
    const char *nul = memchr(p, '\0', len);

    if (span < len)
        REPORT(l, UTF8, p + span, nobody, "these bytes are not UTF-8");
    if (nul)
        REPORT(l, NUL, nul, nobody, "a NUL byte");
}

static void read_sample(struct promc__lint *l)
{
    enum promc__lint_part part;

    if (promc__lint_read_sample(l) != 0) {
        l->family.unsure = 1;
        return;
    }
    part = promc__lint_family_sample(l);
    if (l->oom || !l->family.name)
        return;
    promc__lint_names_sample(l);
    if (part)
        promc__lint_series_sample(l, part);
}

/* Read one line; @newline: it has one. Returns 1 when it is # EOF. */
static int read_line(struct promc__lint *l, const char *p, const char *end, int newline)
{
    static const char eof[] = "# EOF";

    check_bytes(l, p, end);
    if (p < end && end[-1] == '\r')
        REPORT(l, LINE_END, --end, nobody, "a carriage return before the line feed");
    l->in.p = p;
    l->in.end = end;
    if (!l->om)
        promc__scan_blanks(&l->in);
    if (l->in.p == end) {
        if (l->om)
            REPORT(l, BLANK_LINE, p, nobody, "OpenMetrics has no blank lines");
        return 0;
    }
    if (l->om && end - p == sizeof eof - 1 && memcmp(p, eof, sizeof eof - 1) == 0) {
        if (!newline)
            REPORT(l, FINAL_NEWLINE, end, nobody, "no line feed behind # EOF");
        return 1;
    }
    if (!newline && !l->om)
        REPORT(l, FINAL_NEWLINE, end, nobody, "no line feed at the end");
    if (*l->in.p == '#')
        read_comment(l);
    else
        read_sample(l);
    return 0;
}

static void read_lines(struct promc__lint *l, const char *buf, const char *end)
{
    int eof = 0;

    while (buf < end && !l->oom) {
        const char *newline = memchr(buf, '\n', (size_t)(end - buf));

        l->line++;
        l->start = buf;
        if (eof) {
            REPORT(l, AFTER_EOF, buf, nobody, "nothing may follow # EOF");
            break;
        }
        eof = read_line(l, buf, newline ? newline : end, newline != NULL);
        buf = newline ? newline + 1 : end;
    }
    promc__lint_family_end(l);
    if (l->om && !eof)
        promc__lint_report_at(l, PROMC__LINT_EOF, l->line + 1, 1, nobody,
                              "the last line must be # EOF");
}

static int check_format(promc_format format)
{
    unsigned syntax = promc_format_syntax(format);
    return syntax == PROMC_FORMAT_TEXT || syntax == PROMC_FORMAT_TEXT_1_0 ||
           syntax == PROMC_FORMAT_OPENMETRICS;
}

static long lint(struct promc__lint *l, const char *buf, size_t len, promc_format format)
{
    l->om = promc_format_syntax(format) == PROMC_FORMAT_OPENMETRICS;
    l->quoted = promc_format_syntax(format) == PROMC_FORMAT_TEXT_1_0 ||
                (l->om && promc_format_escaping(format) == PROMC_ESCAPE_ALLOW_UTF8);
    if (len)
        read_lines(l, buf, buf + len);
    else
        read_lines(l, "", "");
    promc__nametree_free(&l->names);
    promc__buf_free(&l->key);
    promc__buf_free(&l->scratch);
    promc__free(l->sample.labels.v);
    promc__free(l->sample.exemplar.v);
    return l->oom ? -ENOMEM : l->n;
}

long promc_lint_text(const char *buf, size_t len, promc_format format,
                     promc_lint_fn *found, void *arg)
{
    struct promc__lint l = { .found = found, .arg = arg };

    return check_format(format) ? lint(&l, buf, len, format) : -EINVAL;
}

/* --- a registry -------------------------------------------------------------------------- */

struct forward {
    promc_lint_fn *found;
    void *arg;
};

/* A registry has no lines. */
static void without_place(void *arg, const promc_lint_finding *finding)
{
    const struct forward *to = arg;
    promc_lint_finding f = *finding;

    f.line = f.column = 0;
    to->found(to->arg, &f);
}

long promc_lint(promc_registry *reg, promc_lint_fn *found, void *arg)
{
    /* which shows names as they are */
    const promc_format format = PROMC_FORMAT_TEXT_1_0 | PROMC_ESCAPE_ALLOW_UTF8;
    struct forward to = { found, arg };
    struct promc__lint l = { .found = found ? without_place : NULL, .arg = &to };
    promc_page *page = promc_page_new(NULL);
    promc_error err;
    long n = -ENOMEM;

    if (page && promc_render(reg, format, page, NULL) == 0) {
        size_t left_out = promc_page_error(page, &err);
        if (left_out > 0)
            promc__lint_report_at(&l, PROMC__LINT_LEFT_OUT, 0, 0, nobody, "%s", err.text);
        n = lint(&l, promc_page_data(page), promc_page_size(page), format);
        if (left_out > 0 && err.code == -ENOMEM)
            n = -ENOMEM;
    }
    promc_page_free(page);
    return n;
}
