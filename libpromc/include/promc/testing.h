/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.h - for the tests of programs that use promc (libpromc-test): look at values,
 * compare with an expected text, check names and expositions.
 *
 *   assert(promc_test_value(reg, "http_requests_total{code=\"200\"}", NULL) == 3);
 */
#ifndef PROMC_TESTING_H
#define PROMC_TESTING_H

#include <promc/promc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* promc_test_value - the value of one sample as a scrape would show it now.
 * @sample: as in the text format: a name, and labels in any order if it has some:
 * "x_bucket{le=\"0.1\",method=\"GET\"}". The labels must be all it has. Names outside
 * [a-zA-Z0-9_:] are escaped there, as in text 0.0.4: "a.b" is a_b.
 * Returns the value; NaN with *err filled when there is none (-ENOENT) or @sample cannot be
 * read (-EINVAL). Since 0.1. */
PROMC_API double promc_test_value(promc_registry *reg, const char *sample,
                                  promc_error *err);

/* promc_test_count - how many samples a scrape of @reg would show; of family @name only
 * unless NULL. Since 0.1. */
PROMC_API size_t promc_test_count(promc_registry *reg, const char *name);

/* promc_test_compare - compare a scrape with an expected one in text format 0.0.4.
 * @expected: families and their samples in any order; help lines are compared if there are
 * any. Values must be equal as numbers. Families that it does not name are not looked at
 * if @only is not 0.
 * Returns 0 when equal; -EINVAL when @expected cannot be read; -ENOMEM; or 1 with the
 * differences, a line each, first "-" (missing) or "+" (too much), in *diff, which the caller
 * gives to promc_test_free(); @diff may be NULL. Since 0.1. */
PROMC_API int promc_test_compare(promc_registry *reg, const char *expected, int only,
                                 char **diff, promc_error *err);
PROMC_API void promc_test_free(char *diff);

/* Where a finding is. line and column count from 1, column in bytes; both are 0 for a
 * registry. rule: a short name that stays the same, as "counter-total"; severe: not 0 when a
 * parser would refuse it or read it wrongly, 0 when it only breaks a convention. Strings live
 * for the call. */
typedef struct promc_lint_finding {
    size_t line;
    size_t column;
    const char *rule;
    const char *name; /* of the metric, or "" */
    const char *text; /* a sentence */
    int severe;
} promc_lint_finding;

typedef void promc_lint_fn(void *arg, const promc_lint_finding *finding);

/* promc_lint_text - check an exposition.
 * @format: PROMC_FORMAT_TEXT, _TEXT_1_0 or _OPENMETRICS; names in quotes are part of the second,
 * and of the third when PROMC_ESCAPE_ALLOW_UTF8 is added.   @found: called for each finding,
 * line by line, but what a family lacks is found where it ends; may be NULL. Returns their
 * number, or -ENOMEM, or -EINVAL for another format. Time and memory grow with @len only.
 * promc_lint - check what a scrape of @reg would show. Since 0.1. */
PROMC_API long promc_lint_text(const char *buf, size_t len, promc_format format,
                               promc_lint_fn *found, void *arg);
PROMC_API long promc_lint(promc_registry *reg, promc_lint_fn *found, void *arg);

/* A rule: its name, what it is about, and whether breaking it is severe, in the text formats
 * and in OpenMetrics. */
typedef struct promc_lint_rule {
    const char *name;
    const char *text;
    int severe;
    int severe_om;
} promc_lint_rule;

/* promc_lint_rules - all rules; *n gets their number. Static. Since 0.1. */
PROMC_API const promc_lint_rule *promc_lint_rules(size_t *n);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_TESTING_H */
