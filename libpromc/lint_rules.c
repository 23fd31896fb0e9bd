/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint_rules.c - the list of rules, and how a finding reaches the caller.
 */
#include "config.h"
#include "lint.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

static const promc_lint_rule rules[] = {
#define RULE(id, name, text, om, about) { name, about, text, om },
    PROMC__LINT_RULES(RULE)
#undef RULE
};

const promc_lint_rule *promc_lint_rules(size_t *n)
{
    if (n)
        *n = PROMC__LINT_N_RULES;
    return rules;
}

static void report(struct promc__lint *l, enum promc__lint_rule rule, size_t line,
                   size_t column, struct promc__span name, const char *format,
                   va_list args) __attribute__((format(printf, 6, 0)));

static void report(struct promc__lint *l, enum promc__lint_rule rule, size_t line,
                   size_t column, struct promc__span name, const char *format,
                   va_list args)
{
    char text[240], copy[256];
    promc_lint_finding f = { .line = line,
                             .column = column,
                             .rule = rules[rule].name,
                             .name = copy,
                             .text = text,
                             .severe =
                                 l->om ? rules[rule].severe_om : rules[rule].severe };

    if (l->n < LONG_MAX)
        l->n++;
    if (!l->found)
        return;
    /* A hostile name is as long as the input; what is shown of it is not. */
    if (name.len >= sizeof copy)
        name.len = sizeof copy - 1;
    if (name.len)
        memcpy(copy, name.p, name.len);
    copy[name.len] = '\0';
    vsnprintf(text, sizeof text, format, args);
    l->found(l->arg, &f);
}

void promc__lint_report(struct promc__lint *l, enum promc__lint_rule rule, const char *at,
                        struct promc__span name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(l, rule, l->line, (size_t)(at - l->start) + 1, name, format, args);
    va_end(args);
}

void promc__lint_report_at(struct promc__lint *l, enum promc__lint_rule rule, size_t line,
                           size_t column, struct promc__span name, const char *format,
                           ...)
{
    va_list args;

    va_start(args, format);
    report(l, rule, line, column, name, format, args);
    va_end(args);
}
