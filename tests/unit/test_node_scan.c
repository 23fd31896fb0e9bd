/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_scan.c - lines, fields, numbers and lists of CPUs.
 */
#include "config.h"

#include "node_test.h"

#include <errno.h>
#include <locale.h>

#include "node/cpulist.h"

static void test_lines(void **state)
{
    static const char text[] = "one\n\ntw\0o\r\nlast";
    static const struct span lines[] = {
        { "one", 3 }, { "", 0 }, { "tw\0o\r", 5 }, { "last", 4 }
    };
    struct span rest = span_of(text, sizeof(text) - 1), line;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scan_line(&rest, &line), 1);
        assert_int_equal(line.n, lines[i].n);
        assert_memory_equal(line.p, lines[i].p, line.n);
    }
    assert_int_equal(scan_line(&rest, &line), 0);
    rest = span_of(NULL, 0);
    assert_int_equal(scan_line(&rest, &line), 0);
}

static void test_fields(void **state)
{
    static const struct {
        const char *line;
        size_t n;
        const char *first, *second;
    } cases[] = {
        { "a b", 2, "a", "b" },         { "  a\t\tb  c ", 3, "a", "b" },
        { "a", 1, "a", NULL },          { "", 0, NULL, NULL },
        { " \t\r\v\f", 0, NULL, NULL }, { "a:b c", 2, "a:b", "c" },
        { "1 2 3 4", 4, "1", "2" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span f[2];

        assert_int_equal(scan_fields(span_str(cases[i].line), f, 2), cases[i].n);
        if (cases[i].n > 0)
            assert_true(span_is(f[0], cases[i].first));
        if (cases[i].n > 1)
            assert_true(span_is(f[1], cases[i].second));
    }
}

static void test_until(void **state)
{
    struct span rest = span_str("key: value: more"), key;

    (void)state;
    assert_int_equal(scan_until(&rest, ':', &key), 1);
    assert_true(span_is(key, "key"));
    assert_true(span_is(span_trim(rest), "value: more"));
    rest = span_str("none");
    assert_int_equal(scan_until(&rest, ':', &key), 0);
    assert_true(span_is(rest, "none"));
    rest = span_str("end:");
    assert_int_equal(scan_until(&rest, ':', &key), 1);
    assert_int_equal(rest.n, 0);
}

static void test_copy(void **state)
{
    char buf[4];

    (void)state;
    assert_string_equal(span_copy(span_str("ab"), buf, sizeof(buf)), "ab");
    assert_string_equal(span_copy(span_str("abc"), buf, sizeof(buf)), "abc");
    assert_string_equal(span_copy(span_str("abcdef"), buf, sizeof(buf)), "abc");
    assert_string_equal(span_copy(span_of(NULL, 0), buf, sizeof(buf)), "");
    assert_true(span_begins(span_str("cpu0"), "cpu"));
    assert_false(span_begins(span_str("cp"), "cpu"));
}

static void test_unsigned(void **state)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t v;
    } cases[] = {
        { "0", 0, 0 },
        { "007", 0, 7 },
        { "18446744073709551615", 0, UINT64_MAX },
        { "18446744073709551616", -ERANGE, 0 },
        { "99999999999999999999999", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "+1", -EINVAL, 0 },
        { "1 ", -EINVAL, 0 },
        { "0x1", -EINVAL, 0 },
        { "1a", -EINVAL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t v = 4711;

        assert_int_equal(scan_u64(span_str(cases[i].text), &v), cases[i].rc);
        assert_true(v == (cases[i].rc ? 4711 : cases[i].v));
    }
}

static void test_bases(void **state)
{
    static const struct {
        const char *text;
        int rc;
        int64_t v;
    } cases[] = {
        { "0x1003", 0, 0x1003 },
        { "0X1f", 0, 31 },
        { "010", 0, 8 },
        { "0o17", 0, 15 },
        { "0b101", 0, 5 },
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "-1", 0, -1 },
        { "+5", 0, 5 },
        { "-0x10", 0, -16 },
        { "9223372036854775807", 0, INT64_MAX },
        { "-9223372036854775808", 0, INT64_MIN },
        { "9223372036854775808", -ERANGE, 0 },
        { "-9223372036854775809", -ERANGE, 0 },
        { "08", -EINVAL, 0 },
        { "0x", -EINVAL, 0 },
        { "-", -EINVAL, 0 },
        { "--1", -EINVAL, 0 },
        { "", -EINVAL, 0 },
    };
    uint64_t u;
    int64_t v;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(scan_any_i64(span_str(cases[i].text), &v), cases[i].rc);
        if (cases[i].rc == 0)
            assert_true(v == cases[i].v);
    }
    assert_int_equal(scan_hex(span_str("00049279"), &u), 0);
    assert_true(u == 0x49279);
    assert_int_equal(scan_hex(span_str("FFFFFFFFFFFFFFFF"), &u), 0);
    assert_int_equal(scan_hex(span_str("10000000000000000"), &u), -ERANGE);
    assert_int_equal(scan_hex(span_str("0x1"), &u), -EINVAL);
    assert_int_equal(scan_hex(span_str("12g"), &u), -EINVAL);
    assert_int_equal(scan_i64(span_str("-08"), &v), 0);
    assert_true(v == -8);
}

static void test_double(void **state)
{
    double v = 7;

    (void)state;
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where installed: 0,5 is not what is meant */
    assert_int_equal(scan_double(span_str("799.998"), &v), 0);
    assert_true(v == 799.998);
    assert_int_equal(scan_double(span_of(NULL, 0), &v), -EINVAL);
    assert_int_equal(scan_double(span_str("1,5"), &v), -EINVAL);
    assert_true(v == 799.998);
    setlocale(LC_ALL, "C");
}

static void test_cpulist(void **state)
{
    static const struct {
        const char *list;
        int rc; /* of the last call */
        unsigned ranges[4];
    } cases[] = {
        { "", 0, { 0 } },
        { "0", 0, { 0, 0 } },
        { "0-3", 0, { 0, 3 } },
        { "1,3-5", 0, { 1, 1, 3, 5 } },
        { "3-1", -EINVAL, { 0 } },
        { "1-", -EINVAL, { 0 } },
        { "-1", -EINVAL, { 0 } },
        { "x", -EINVAL, { 0 } },
        { ",", -EINVAL, { 0 } },
        { "0-4294967295", -EINVAL, { 0 } },
        { "0-65535", 0, { 0, 65535 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span list = span_str(cases[i].list);
        unsigned first, last;
        const unsigned *want = cases[i].ranges;
        int rc;

        while ((rc = cpulist_next(&list, &first, &last)) > 0) {
            assert_int_equal(first, want[0]);
            assert_int_equal(last, want[1]);
            want += 2;
        }
        assert_int_equal(rc, cases[i].rc);
    }
    assert_true(cpulist_has(span_str("1,3-5,9"), 4));
    assert_false(cpulist_has(span_str("1,3-5,9"), 2));
    assert_false(cpulist_has(span_str(""), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),    cmocka_unit_test(test_fields),
        cmocka_unit_test(test_until),    cmocka_unit_test(test_copy),
        cmocka_unit_test(test_unsigned), cmocka_unit_test(test_bases),
        cmocka_unit_test(test_double),   cmocka_unit_test(test_cpulist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
