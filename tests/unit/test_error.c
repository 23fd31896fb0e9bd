/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

static void plain(void **state)
{
    promc_error err = { 0, "before" };

    (void)state;
    assert_int_equal(promc__error(NULL, -EINVAL, "nobody asked for %s", "it"), -EINVAL);
    assert_int_equal(promc__error(&err, -EEXIST, "%s: %zu of %d", "name", (size_t)2, 3),
                     -EEXIST);
    assert_int_equal(err.code, -EEXIST);
    assert_string_equal(err.text, "name: 2 of 3");
}

/* A long text ends between two characters, wherever in a character the buffer ends. */
static void cut(void **state)
{
    static const char *const characters[] = { "x", "\xC3\xA4", "\xE2\x82\xAC",
                                              "\xF0\x9F\x98\x80" };
    char text[400];
    promc_error err;

    (void)state;
    for (size_t c = 0; c < 4; c++) {
        for (size_t lead = 0; lead < 5; lead++) {
            size_t room = sizeof err.text - 1 - lead, size = c + 1;
            memset(text, '.', lead);
            text[lead] = '\0';
            for (int i = 0; i < 90; i++)
                memcpy(text + lead + (size_t)i * size, characters[c], size + 1);
            size_t fits = size == 1 ? 90 : room / size;
            promc__error(&err, -EINVAL, "%s", text);
            assert_int_equal(strlen(err.text), lead + fits * size);
            assert_memory_equal(err.text, text, strlen(err.text));
        }
    }
}

/* Bytes that are no characters are cut anywhere, and at most by three bytes. */
static void cut_garbage(void **state)
{
    char text[400];
    promc_error err;

    (void)state;
    memset(text, 0x80, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    promc__error(&err, -EINVAL, "%s", text);
    assert_in_range(strlen(err.text), sizeof err.text - 4, sizeof err.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(cut),
        cmocka_unit_test(cut_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
