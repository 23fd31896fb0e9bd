/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_filter.c - patterns mean what they mean to RE2, or are refused.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "common/filter.h"
#include "common/re2.h"

static void matching(void **state)
{
    static const struct {
        const char *pattern, *text;
        int match;
    } cases[] = {
        { "b", "abc", 1 }, /* unanchored */
        { "^(a|b)$", "a", 1 },
        { "^(a|b)$", "a\n", 0 }, /* $ is the very end */
        { "^a$", "x\na\ny", 0 },
        { "(?m)^a$", "x\na\ny", 1 },
        { "(?m)^$", "a\n", 1 },
        { "a.b", "a\nb", 0 },
        { "a.b", "a\rb", 1 },
        { "(?s)a.b", "a\nb", 1 },
        { "(?i)eth", "ETH0", 1 },
        { "(?i)\xc3\xa9", "\xc3\x89", 1 },
        { "(?i:A)b", "ab", 1 },
        { "(?U)^a+$", "aaa", 1 },
        { "^\\d$", "\xd9\xa3", 0 }, /* ASCII digits only */
        { "^\\w$", "\xc3\xa9", 0 },
        { "^.$", "\xc3\xa9", 1 },  /* a character, not a byte */
        { "^..$", "\xff\xfe", 1 }, /* each bad byte is U+FFFD */
        { "^\xef\xbf\xbd$", "\xff", 1 },
        { "^a.b$",
          "a\xc3"
          "b",
          1 },
        { "^\\s$", "\v", 0 },
        { "^\\S$", "\v", 1 },
        { "^[\\s]$", "\v", 0 },
        { "^[\\S]$", "\v", 1 },
        { "^[\\S]$", "\t", 0 },
        { "^[^\\S]$", "\t", 1 },
        { "^\\v$", "\v", 1 },
        { "^\\v$", "\n", 0 }, /* PCRE2 would say yes */
        { "^[[:alpha:]]+$", "abc", 1 },
        { "^[[:^alpha:]]+$", "abc", 0 },
        { "^[[.]$", "[", 1 },
        { "^[[=a=]]$", "=]", 1 },
        { "^[]a]$", "]", 1 },
        { "^[^]a]$", "b", 1 },
        { "^a{,2}$", "a{,2}", 1 }, /* not a repetition */
        { "^a{2}$", "aa", 1 },
        { "^a{x$", "a{x", 1 },
        { "^\\x41\\x{42}\\103$", "ABC", 1 },
        { "^\\Qa.b\\E+$", "a.bb", 1 },
        { "^\\Q[x", "[x", 1 },
        { "^\\p{Greek}\\pL$", "\xce\xb1z", 1 },
        { "^(?P<n>a)(?<m>b)$", "ab", 1 },
        { "^a+?b*?$", "aab", 1 },
        { "\\bab\\b", "x ab y", 1 },
        { "^\\_\\/\\<$", "_/<", 1 },
        { "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$", "nvme0n1p2", 1 },
        { "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$", "nvme0n1", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_error err = { 0, "" };
        struct filter *f = filter_new("--x", cases[i].pattern, NULL, &err);

        if (!f)
            fail_msg("%s", err.text);
        if (filter_keep(f, cases[i].text) != cases[i].match)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
        filter_free(f);
    }
}

static void refusals(void **state)
{
    static const struct {
        const char *pattern, *reason;
    } cases[] = {
        { "a++", "nested repetition" },
        { "a**", "nested repetition" },
        { "a{2}{3}", "nested repetition" },
        { "a{2}*", "nested repetition" },
        { "a*??", "nested repetition" },
        { "(?=a)", "no group of the kind \"(?=\"" },
        { "(?!a)", "no group" },
        { "(?<=a)", "no group" },
        { "(?<!a)", "no group" },
        { "(?>a)", "no group" },
        { "(?|a)", "no group" },
        { "(?#a)", "no group" },
        { "(?R)", "no group" },
        { "(?1)", "no group" },
        { "(?P=n)", "no group" },
        { "(?'n'a)", "no group" },
        { "(?x)a", "no group" },
        { "(*UTF)a", "missing argument" },
        { "(a)\\1", "back-references" },
        { "\\Z", "escape" },
        { "\\K", "escape" },
        { "\\R", "escape" },
        { "\\G", "escape" },
        { "\\C", "escape" },
        { "\\h", "escape" },
        { "\\e", "escape" },
        { "\\cA", "escape" },
        { "\\g1", "escape" },
        { "[\\b]", "escape" },
        { "\\x{110000}", "escape" },
        { "\\x4", "escape" },
        { "a\\", "trailing backslash" },
        { "[a", "missing closing ]" },
        { "[a\\", "trailing backslash" },
        { "(a", "parenthesis" },
        { "a)", "parenthesis" },
        { "*a", "quantifier" },
        { "a{1001}", "more than 1000" },
        { "a{99999999999999999999}", "more than 1000" },
        { "\\p{Greek", "'}' is missing" },
        { "\\p{Klingon}", "--x: bad pattern" },
        { "a\xff", "UTF-8" },
        { "[b-a]", "range" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_error err = { 0, "" };
        struct filter *f = filter_new("--x", NULL, cases[i].pattern, &err);

        if (f || !strstr(err.text, cases[i].reason))
            fail_msg("%s: %s", cases[i].pattern, f ? "accepted" : err.text);
        assert_int_equal(err.code, -EINVAL);
        assert_int_equal(strncmp(err.text, "--x: ", 5), 0);
        filter_free(f);
    }
}

static void include_and_exclude(void **state)
{
    struct filter *f = filter_new("--x", "^eth", "1$", NULL);

    (void)state;
    assert_int_equal(filter_keep(f, "eth0"), 1);
    assert_int_equal(filter_keep(f, "eth1"), 0);
    assert_int_equal(filter_keep(f, "lo"), 0);
    filter_free(f);

    f = filter_new("--x", "", NULL, NULL);
    assert_int_equal(filter_keep(f, "anything"), 1);
    filter_free(f);
    assert_int_equal(filter_keep(NULL, "anything"), 1);
}

/* What would take exponential time ends, is not matched, and is logged. */
static void effort_is_limited(void **state)
{
    struct filter *f = filter_new("--x", NULL, "^(a+)+$", NULL);
    struct capture capture;
    char output[1024];

    (void)state;
    capture_begin(&capture, 2);
    assert_int_equal(filter_keep(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), 1);
    capture_end(&capture, output, sizeof(output));
    assert_non_null(strstr(output, "level=WARN"));
    assert_non_null(strstr(output, "flag=--x"));
    filter_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matching),
        cmocka_unit_test(refusals),
        cmocka_unit_test(include_and_exclude),
        cmocka_unit_test(effort_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
