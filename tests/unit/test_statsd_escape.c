/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "statsd/escape.h"

static void test_rows(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "", "" },
        { "abc_XYZ_019", "abc_XYZ_019" },
        { "9lives", "_9lives" },
        { "a.b", "a_b" },
        { "a.*.b", "a___b" },
        { "a-b", "a_b" },
        { "a--b", "a_b" },
        { "a---b", "a_b" },
        { "a-.-b", "a___b" },
        { "--", "_" },
        { "a:b", "a_b" },
        { "a b\tc", "a_b_c" },
        { "\xc3\xa9t\xc3\xa9", "_t_" },
        { "\xf0\x9f\x98\xb1", "_" },
        { "\xe2\x98\x83\xe2\x98\x83", "__" },
        { "-\xe2\x98\x83-", "___" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct escape e = { 0 };
        char out[64];
        size_t n = escape_name(&e, rows[i].in, strlen(rows[i].in), out);

        out[n] = '\0';
        assert_string_equal(out, rows[i].out);
    }
}

/* Two pieces give what the whole gives. */
static void test_pieces(void **state)
{
    static const char text[] = "1-.--a\xc3\xa9-9";

    (void)state;
    for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
        struct escape whole = { 0 }, parts = { 0 };
        char a[32], b[32];
        size_t n = escape_name(&whole, text, sizeof(text) - 1, a), m;

        if (cut == 7) /* inside a character: pieces of a line never are */
            continue;
        m = escape_name(&parts, text, cut, b);
        m += escape_name(&parts, text + cut, sizeof(text) - 1 - cut, b + m);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
