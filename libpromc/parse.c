/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c - read the Prometheus text format 0.0.4, as strictly as Prometheus's own
 * library:
 *
 *   # HELP name text             \\ and \n
 *   # TYPE name counter
 *   name{label="value"} 1 1700000000000
 *
 * The lines are taken one by one; scan.h takes them apart.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "promc/promc.h"

#include "alloc.h"
#include "error.h"
#include "nametree.h"
#include "scan.h"

struct parser {
    const promc_text_handler *handler;
    void *arg;
    promc_error *err;
    size_t line;

    struct promc__scan in; /* the line being read */

    const char **names; /* of the labels of this line */
    const char **values;
    const char **sorted;
    size_t labels_cap;
    size_t n_labels;

    struct promc__nametree seen;
};

/* Refuse the line; the format follows "line N: ". */
#define REFUSE(ps, format, ...)                                                          \
    promc__error((ps)->err, -EINVAL, "line %zu: " format, (ps)->line, ##__VA_ARGS__)

static int out_of_memory(const struct parser *ps)
{
    return promc__error(ps->err, -ENOMEM, "line %zu: out of memory", ps->line);
}

/* The family that a name belongs to: its own, or the histogram or summary that it is a
 * part of. NULL when no line has mentioned it. */
static struct promc__name *find_family(const struct parser *ps, const char *name,
                                       size_t len)
{
    static const struct {
        const char *suffix;
        size_t len;
        int summary;
    } parts[] = { { "_sum", 4, 1 }, { "_count", 6, 1 }, { "_bucket", 7, 0 } };
    struct promc__name *found = promc__nametree_find(&ps->seen, name, len);

    for (size_t i = 0; !found && i < sizeof parts / sizeof parts[0]; i++) {
        size_t base = len - parts[i].len;
        struct promc__name *family;
        if (len <= parts[i].len ||
            memcmp(name + base, parts[i].suffix, parts[i].len) != 0)
            continue;
        family = promc__nametree_find(&ps->seen, name, base);
        if (family && (family->type == PROMC_TYPE_HISTOGRAM ||
                       (family->type == PROMC_TYPE_SUMMARY && parts[i].summary)))
            found = family;
    }
    return found;
}

static struct promc__name *get_family(struct parser *ps, const char *name, size_t len)
{
    struct promc__name *found = find_family(ps, name, len);
    return found ? found : promc__nametree_add(&ps->seen, name, len);
}

static int type_from_text(const char *s, size_t len, promc_type *type)
{
    static const char *const names[] = { "untyped", "counter", "gauge", "histogram",
                                         "summary" };

    for (size_t t = 0; t < sizeof names / sizeof names[0]; t++) {
        size_t i = 0;
        /* In any case, as Prometheus's library has it. Letters only: no other byte
         * becomes one of them by setting the bit. */
        while (i < len && names[t][i] && (s[i] | 0x20) == names[t][i])
            i++;
        if (i == len && !names[t][i]) {
            *type = (promc_type)t;
            return 1;
        }
    }
    return 0;
}

static int read_help(struct parser *ps, struct promc__name *family, const char *name)
{
    const char *help, *reason;

    if (family->has_help)
        return REFUSE(ps, "a second HELP for %.60s", name);
    help = promc__scan_text(&ps->in, '\n', &reason);
    if (!help)
        return REFUSE(ps, "%s in the HELP text of %.60s", reason, name);
    family->has_help = 1;
    return ps->handler->help ? ps->handler->help(ps->arg, name, help) : 0;
}

static int read_type(struct parser *ps, struct promc__name *family, const char *name)
{
    promc_type type;

    if (family->has_type)
        return REFUSE(ps, "a second TYPE for %.60s, or one after its samples", name);
    if (!type_from_text(ps->in.p, (size_t)(ps->in.end - ps->in.p), &type))
        return REFUSE(ps, "an unknown type for %.60s", name);
    family->type = type;
    family->has_type = 1;
    return ps->handler->type ? ps->handler->type(ps->arg, name, type) : 0;
}

/* Read a line that starts with '#': HELP, TYPE, or a comment of any content. HELP and
 * TYPE that end before they say anything are comments too. */
static int read_comment(struct parser *ps)
{
    struct promc__name *family;
    const char *keyword, *name;
    size_t keyword_len, len;
    int help;

    ps->in.p++;
    promc__scan_blanks(&ps->in);
    keyword = promc__scan_token(&ps->in, &keyword_len);
    help = keyword_len == 4 && memcmp(keyword, "HELP", 4) == 0;
    if (!help && !(keyword_len == 4 && memcmp(keyword, "TYPE", 4) == 0))
        return 0;
    promc__scan_blanks(&ps->in);
    if (ps->in.p == ps->in.end)
        return 0;
    if (*ps->in.p == '"')
        return REFUSE(ps, "quoted names are not part of text format 0.0.4");
    name = promc__scan_name(&ps->in, 1, &len);
    if (ps->in.p == ps->in.end && name)
        return 0;
    if (!name || !promc__is_blank(*ps->in.p))
        return REFUSE(ps, "an invalid metric name after %s", help ? "HELP" : "TYPE");
    promc__scan_blanks(&ps->in);
    if (ps->in.p == ps->in.end)
        return 0;
    family = get_family(ps, name, len);
    if (!family)
        return out_of_memory(ps);
    return help ? read_help(ps, family, name) : read_type(ps, family, name);
}

static int grow_labels(struct parser *ps)
{
    size_t cap = ps->labels_cap ? ps->labels_cap * 2 : 16;
    const char ***const arrays[] = { &ps->names, &ps->values, &ps->sorted };

    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        void *grown = promc__realloc(*arrays[i], cap * sizeof **arrays[i]);
        if (!grown)
            return out_of_memory(ps);
        *arrays[i] = grown;
    }
    ps->labels_cap = cap;
    return 0;
}

/* Read one label, name="value". @numeric: the label whose value must be a number, or
 * NULL. */
static int read_label(struct parser *ps, const char *metric, const char *numeric)
{
    const char *name, *value, *reason;
    size_t len;
    double number;

    if (ps->n_labels == ps->labels_cap && grow_labels(ps))
        return -ENOMEM;
    if (promc__scan_peek(&ps->in) == '"')
        return REFUSE(ps, "quoted names are not part of text format 0.0.4");
    name = promc__scan_name(&ps->in, 0, &len);
    if (!name)
        return REFUSE(ps, "an invalid label name for %.60s", metric);
    if (strcmp(name, "__name__") == 0)
        return REFUSE(ps, "the label name __name__ is reserved");
    promc__scan_blanks(&ps->in);
    if (promc__scan_peek(&ps->in) != '=')
        return REFUSE(ps, "no '=' after label name %.60s", name);
    ps->in.p++;
    promc__scan_blanks(&ps->in);
    if (promc__scan_peek(&ps->in) != '"')
        return REFUSE(ps, "no '\"' before the value of label %.60s", name);
    ps->in.p++;
    value = promc__scan_text(&ps->in, '"', &reason);
    if (!value)
        return REFUSE(ps, "%s in the value of label %.60s", reason, name);
    if (ps->in.p == ps->in.end)
        return REFUSE(ps, "no '\"' behind the value of label %.60s", name);
    ps->in.p++;
    len = (size_t)(ps->in.out - 1 - value);
    if (!promc_utf8_valid(value, len))
        return REFUSE(ps, "the value of label %.60s is not UTF-8", name);
    if (numeric && strcmp(name, numeric) == 0 && promc_number_parse(value, len, &number))
        return REFUSE(ps, "the value of label %.60s is not a number", name);
    ps->names[ps->n_labels] = name;
    ps->values[ps->n_labels++] = value;
    return 0;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The name that two labels of this line share, or NULL. Many labels are sorted first, so
 * that a long line takes no quadratic time. */
static const char *duplicate_label(struct parser *ps)
{
    enum { FEW = 16 };
    size_t n = ps->n_labels;

    if (n > FEW) {
        memcpy(ps->sorted, ps->names, n * sizeof *ps->names);
        qsort(ps->sorted, n, sizeof *ps->sorted, compare_strings);
        for (size_t i = 1; i < n; i++)
            if (strcmp(ps->sorted[i - 1], ps->sorted[i]) == 0)
                return ps->sorted[i];
        return NULL;
    }
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(ps->names[k], ps->names[i]) == 0)
                return ps->names[i];
    return NULL;
}

/* Read labels up to the closing brace; the opening one is read. A comma may follow the
 * last. */
static int read_labels(struct parser *ps, const char *metric, const char *numeric)
{
    const char *duplicate;
    int rc;

    for (;;) {
        promc__scan_blanks(&ps->in);
        if (promc__scan_peek(&ps->in) == '}')
            break;
        rc = read_label(ps, metric, numeric);
        if (rc)
            return rc;
        promc__scan_blanks(&ps->in);
        if (promc__scan_peek(&ps->in) == '}')
            break;
        if (promc__scan_peek(&ps->in) != ',')
            return REFUSE(ps, "no ',' or '}' after the labels of %.60s", metric);
        ps->in.p++;
    }
    ps->in.p++;
    duplicate = duplicate_label(ps);
    if (duplicate)
        return REFUSE(ps, "label %.60s stands twice in one sample of %.60s", duplicate,
                      metric);
    return 0;
}

/* Whole milliseconds with an optional sign, in the range of int64. */
static int parse_timestamp(const char *s, size_t len, int64_t *ms)
{
    uint64_t v = 0, limit = INT64_MAX;
    int negative = 0;
    size_t i = 0;

    if (len > 0 && (s[0] == '-' || s[0] == '+'))
        negative = s[i++] == '-';
    limit += (uint64_t)negative;
    if (i == len)
        return -EINVAL;
    for (; i < len; i++) {
        unsigned digit = (unsigned)(s[i] - '0');
        if (!promc__is_digit(s[i]) || v > (limit - digit) / 10)
            return -EINVAL;
        v = v * 10 + digit;
    }
    *ms = negative ? (int64_t)(0 - v) : (int64_t)v;
    return 0;
}

static int read_sample(struct parser *ps)
{
    struct promc__name *family;
    const char *name, *token, *numeric;
    int64_t ms;
    int timed = 0, rc;
    size_t len;
    double v;

    if (*ps->in.p == '{' || *ps->in.p == '"')
        return REFUSE(ps, "quoted names are not part of text format 0.0.4");
    name = promc__scan_name(&ps->in, 1, &len);
    if (!name)
        return REFUSE(ps, "an invalid metric name");
    family = get_family(ps, name, len);
    if (!family)
        return out_of_memory(ps);
    family->has_type = 1;
    numeric = family->type == PROMC_TYPE_HISTOGRAM ? "le"
              : family->type == PROMC_TYPE_SUMMARY ? "quantile"
                                                   : NULL;
    promc__scan_blanks(&ps->in);
    ps->n_labels = 0;
    if (promc__scan_peek(&ps->in) == '{') {
        ps->in.p++;
        rc = read_labels(ps, name, numeric);
        if (rc)
            return rc;
        promc__scan_blanks(&ps->in);
    }
    token = promc__scan_token(&ps->in, &len);
    if (promc_number_parse(token, len, &v))
        return REFUSE(ps, "the value of %.60s is not a number", name);
    if (ps->in.p < ps->in.end) {
        promc__scan_blanks(&ps->in);
        token = promc__scan_token(&ps->in, &len);
        if (parse_timestamp(token, len, &ms))
            return REFUSE(ps, "no whole milliseconds after the value of %.60s", name);
        if (ps->in.p < ps->in.end)
            return REFUSE(ps, "more text after the timestamp of %.60s", name);
        timed = 1;
    }
    if (!ps->handler->sample)
        return 0;
    return ps->handler->sample(ps->arg, name, (promc_labels){ ps->names, ps->n_labels },
                               (promc_labels){ ps->values, ps->n_labels }, v,
                               timed ? &ms : NULL);
}

static int read_lines(struct parser *ps, const char *buf, const char *end)
{
    int rc = 0;

    while (buf < end && rc == 0) {
        const char *newline = memchr(buf, '\n', (size_t)(end - buf));
        const char *stop = newline ? newline : end;
        ps->line++;
        if (newline && newline > buf && newline[-1] == '\r')
            return REFUSE(ps, "a carriage return before the newline");
        if (promc__scan_start(&ps->in, buf, stop))
            return out_of_memory(ps);
        promc__scan_blanks(&ps->in);
        if (ps->in.p < stop) {
            if (!newline)
                return REFUSE(ps, "the last line has no newline");
            rc = *ps->in.p == '#' ? read_comment(ps) : read_sample(ps);
        }
        if (!newline)
            break;
        buf = newline + 1;
    }
    return rc;
}

int promc_text_parse(const char *buf, size_t len, const promc_text_handler *handler,
                     void *arg, size_t *line, promc_error *err)
{
    static const promc_text_handler check_only = { NULL, NULL, NULL };
    struct parser ps = { .handler = handler ? handler : &check_only,
                         .arg = arg,
                         .err = err };
    int rc = len ? read_lines(&ps, buf, buf + len) : 0;

    if (line)
        *line = ps.line ? ps.line : 1;
    promc__nametree_free(&ps.seen);
    promc__scan_free(&ps.in);
    promc__free(ps.names);
    promc__free(ps.values);
    promc__free(ps.sorted);
    return rc;
}
