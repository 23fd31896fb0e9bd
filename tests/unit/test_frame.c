/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "frame.h"

/* a and c are gaps, b is constant. */
static const uint32_t sizes[] = { 3, 11, 1 };
static const struct promc__frame frame = { "a=\"\",b=\"B\",c=\"\"", sizes, 2 };

/* In ascending order: each also stands for what is different from all others. */
static const struct {
    const char *values; /* with a NUL behind each */
    const char *text;
} rows[] = {
    { "\0\0", "a=\"\",b=\"B\",c=\"\"" },
    { "\0x\0", "a=\"\",b=\"B\",c=\"x\"" },
    { "\x01\0\0", "a=\"\x01\",b=\"B\",c=\"\"" },
    { "\n\0\0", "a=\"\\n\",b=\"B\",c=\"\"" },
    { "\nx\0\0", "a=\"\\nx\",b=\"B\",c=\"\"" },
    { " \0\0", "a=\" \",b=\"B\",c=\"\"" },
    { "\"\0\0", "a=\"\\\"\",b=\"B\",c=\"\"" },
    { "\",b=\0y\0", "a=\"\\\",b=\",b=\"B\",c=\"y\"" },
    { "a\0\"\0", "a=\"a\",b=\"B\",c=\"\\\"\"" },
    { "a\0b\0", "a=\"a\",b=\"B\",c=\"b\"" },
    { "a\0b \0", "a=\"a\",b=\"B\",c=\"b \"" },
    { "a !\0b\0", "a=\"a !\",b=\"B\",c=\"b\"" },
    { "a long value, the same\0b\0", "a=\"a long value, the same\",b=\"B\",c=\"b\"" },
    { "a long value, the same\0c\0", "a=\"a long value, the same\",b=\"B\",c=\"c\"" },
    { "a\"\0b\0", "a=\"a\\\"\",b=\"B\",c=\"b\"" },
    { "n\0\0", "a=\"n\",b=\"B\",c=\"\"" },
    { "x\\\0\0", "a=\"x\\\\\",b=\"B\",c=\"\"" },
    { "x\\\n\0\0", "a=\"x\\\\\\n\",b=\"B\",c=\"\"" },
    { "x\\\\\0\0", "a=\"x\\\\\\\\\",b=\"B\",c=\"\"" },
    { "x\\n\0\0", "a=\"x\\\\n\",b=\"B\",c=\"\"" },
    { "\xc3\xa4\0\0", "a=\"\xc3\xa4\",b=\"B\",c=\"\"" },
};

static void printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct promc__buf b = { 0 };

        promc__frame_print(&frame, &b, rows[i].values);
        promc__buf_put(&b, "", 1);
        assert_false(b.oom);
        assert_string_equal(b.data, rows[i].text);
        promc__buf_free(&b);
    }
}

/* The texts in memory of their own, so that a sanitizer sees a step beyond them. */
static char *copy(const char *text)
{
    char *p = malloc(strlen(text));

    assert_non_null(p);
    return memcpy(p, text, strlen(text));
}

static void matched(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = copy(rows[i].text);

        for (size_t k = 0; k < COUNT(rows); k++)
            assert_int_equal(promc__frame_match(&frame, text, rows[k].values), i == k);
        free(text);
    }
}

static void ordered(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *a = copy(rows[i].text);

        for (size_t k = 0; k < COUNT(rows); k++) {
            char *b = copy(rows[k].text);
            int c =
                promc__frame_compare(a, strlen(rows[i].text), b, strlen(rows[k].text));

            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
            free(b);
        }
        free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed),
        cmocka_unit_test(matched),
        cmocka_unit_test(ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
