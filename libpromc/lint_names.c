/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_names.c - the conventions for names: base units, whole words, suffixes that mean what
 * they say. No reader depends on them, but people do.
 */
#include "config.h"
#include "lint.h"

#include <strings.h>

static const struct {
    const char *unit, *base;
} units[] = {
    { "amperes", NULL },         { "bytes", NULL },        { "celsius", NULL },
    { "grams", NULL },           { "joules", NULL },       { "kelvin", NULL },
    { "meters", NULL },          { "metres", NULL },       { "seconds", NULL },
    { "volts", NULL },           { "minutes", "seconds" }, { "hours", "seconds" },
    { "days", "seconds" },       { "weeks", "seconds" },   { "kelvins", "kelvin" },
    { "fahrenheit", "celsius" }, { "rankine", "celsius" }, { "inches", "meters" },
    { "yards", "meters" },       { "miles", "meters" },    { "bits", "bytes" },
    { "calories", "joules" },    { "pounds", "grams" },    { "ounces", "grams" },
};

static const char *const prefixes[] = {
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi",
    "mega", "mebi", "mibi",  "giga",  "gibi",  "tera", "tebi", "peta",  "pebi",
};

static const char *const abbreviations[] = {
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
};

static const char *const types[] = { "counter", "gauge", "histogram", "summary" };

#define N(array) (sizeof(array) / sizeof *(array))

static int is_word(struct promc__span word, const char *text)
{
    return strlen(text) == word.len && strncasecmp(word.p, text, word.len) == 0;
}

/* The next part of a name between underscores. Returns 0 at the end. */
static int next_word(struct promc__span *rest, struct promc__span *word)
{
    const char *end;

    if (!rest->p)
        return 0;
    end = memchr(rest->p, '_', rest->len);
    word->p = rest->p;
    word->len = end ? (size_t)(end - rest->p) : rest->len;
    rest->len -= end ? word->len + 1 : rest->len;
    rest->p = end ? end + 1 : NULL;
    return 1;
}

/* The row of the unit that a word is, with or without prefix; -1: none. */
static int find_unit(struct promc__span word, int *prefixed)
{
    struct promc__span rest;

    for (size_t i = 0; i < N(units); i++)
        if (promc__span_is(word, units[i].unit)) {
            *prefixed = 0;
            return (int)i;
        }
    for (size_t k = 0; k < N(prefixes); k++) {
        size_t len = strlen(prefixes[k]);
        if (word.len <= len || memcmp(word.p, prefixes[k], len) != 0)
            continue;
        rest = (struct promc__span){ word.p + len, word.len - len };
        for (size_t i = 0; i < N(units); i++)
            if (promc__span_is(rest, units[i].unit)) {
                *prefixed = 1;
                return (int)i;
            }
    }
    return -1;
}

static int has_camel(struct promc__span s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.p[i - 1] >= 'a' && s.p[i - 1] <= 'z' && s.p[i] >= 'A' && s.p[i] <= 'Z')
            return 1;
    return 0;
}

#define REPORT(l, rule, ...)                                                             \
    promc__lint_report_at(l, PROMC__LINT_##rule, (l)->family.line, (l)->family.column,   \
                          (l)->family.text, __VA_ARGS__)

static void check_words(struct promc__lint *l)
{
    struct promc__span rest = l->family.text, word;
    int unit = -1, prefixed = 0, first = 1, abbreviated = 0;

    for (; next_word(&rest, &word); first = 0) {
        if (unit < 0) {
            unit = find_unit(word, &prefixed);
            if (unit >= 0 && (prefixed || units[unit].base))
                REPORT(l, UNIT_BASE, "use the base unit %s instead of %.*s",
                       units[unit].base ? units[unit].base : units[unit].unit,
                       (int)word.len, word.p);
        }
        for (size_t i = 0; !first && !abbreviated && i < N(abbreviations); i++)
            abbreviated = is_word(word, abbreviations[i]);
        if (abbreviated == 1) {
            abbreviated++;
            REPORT(l, UNIT_ABBREVIATION, "write out the unit that %.*s stands for",
                   (int)word.len, word.p);
        }
        for (size_t i = 0; !first && i < N(types); i++)
            if (is_word(word, types[i]))
                REPORT(l, TYPE_IN_NAME, "TYPE says that it is a %s; the name need not",
                       types[i]);
    }
}

static void check_suffixes(struct promc__lint *l)
{
    const struct promc__lint_family *f = &l->family;
    int histogram =
        f->type == PROMC_TYPE_HISTOGRAM || f->type == PROMC_TYPE_GAUGEHISTOGRAM;

    if (f->type == PROMC_TYPE_UNTYPED)
        return;
    if (f->type == PROMC_TYPE_COUNTER) {
        if (!l->om && !promc__span_ends(f->text, "_total"))
            REPORT(l, COUNTER_TOTAL, "the name of a counter ends in _total");
    } else if (promc__span_ends(f->text, "_total")) {
        REPORT(l, TOTAL_SUFFIX, "only counters have names that end in _total");
    }
    if (f->type != PROMC_TYPE_GAUGE && promc__span_ends(f->text, "_timestamp_seconds"))
        REPORT(l, TIMESTAMP_SUFFIX, "a time is a gauge");
    if ((!histogram && promc__span_ends(f->text, "_bucket")) ||
        (!histogram && f->type != PROMC_TYPE_SUMMARY &&
         (promc__span_ends(f->text, "_count") || promc__span_ends(f->text, "_sum"))))
        REPORT(l, RESERVED_SUFFIX,
               "such names are for parts of histograms and summaries");
}

void promc__lint_names_family(struct promc__lint *l)
{
    const struct promc__lint_family *f = &l->family;

    if (f->reopened)
        return;
    if (!f->has_samples && !f->unsure)
        REPORT(l, NO_SAMPLES, "the family has no samples");
    if (!f->helpful)
        REPORT(l, HELP_MISSING,
               f->has_help ? "the help text is empty" : "there is no help text");
    check_suffixes(l);
    check_words(l);
    if (memchr(f->text.p, ':', f->text.len))
        REPORT(l, COLON, "colons are for the names of recording rules");
    if (has_camel(f->text))
        REPORT(l, CAMEL_CASE, "names are in snake_case");
}

void promc__lint_names_sample(struct promc__lint *l)
{
    struct promc__lint_family *f = &l->family;
    const struct promc__lint_labels *labels = &l->sample.labels;
    int histogram =
        f->type == PROMC_TYPE_HISTOGRAM || f->type == PROMC_TYPE_GAUGEHISTOGRAM;

    for (size_t i = 0; i < labels->n; i++) {
        struct promc__span name = labels->v[i].name;
        if (!f->told_camel && has_camel(name)) {
            f->told_camel = 1;
            promc__lint_report(l, PROMC__LINT_CAMEL_CASE, name.p, l->sample.name,
                               "label names are in snake_case");
        }
        if (!f->told_label && f->type != PROMC_TYPE_UNTYPED &&
            ((!histogram && promc__span_is(name, "le")) ||
             (f->type != PROMC_TYPE_SUMMARY && promc__span_is(name, "quantile")))) {
            f->told_label = 1;
            promc__lint_report(l, PROMC__LINT_RESERVED_LABEL, name.p, l->sample.name,
                               "the label belongs to histograms or summaries");
        }
    }
}
