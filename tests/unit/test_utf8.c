/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "promc/promc.h"
#include "utf8.h"

static void boundaries(void **state)
{
    static const struct {
        const char *text;
        size_t span; /* of how many bytes it is valid */
    } rows[] = {
        { "", 0 },
        { "a", 1 },
        { "plain ASCII, longer than eight bytes", 36 },
        { "\x7F", 1 },
        { "\x80", 0 },
        { "\xC2\x80", 2 },
        { "\xC1\xBF", 0 }, /* overlong */
        { "\xC0\x80", 0 },
        { "\xDF\xBF", 2 },
        { "\xC2", 0 }, /* cut */
        { "\xC2\x41", 0 },
        { "\xE0\xA0\x80", 3 },
        { "\xE0\x9F\xBF", 0 }, /* overlong */
        { "\xED\x9F\xBF", 3 },
        { "\xED\xA0\x80", 0 }, /* surrogate */
        { "\xEE\x80\x80", 3 },
        { "\xEF\xBF\xBF", 3 },
        { "\xE2\x82", 0 },
        { "\xE2\x82\x2E", 0 },
        { "\xF0\x90\x80\x80", 4 },
        { "\xF0\x8F\xBF\xBF", 0 }, /* overlong */
        { "\xF4\x8F\xBF\xBF", 4 },
        { "\xF4\x90\x80\x80", 0 }, /* above U+10FFFF */
        { "\xF5\x80\x80\x80", 0 },
        { "\xF0\x9F\x98", 0 },
        { "\xF0\x9F\x98\x2E", 0 },
        { "\xFF", 0 },
        { "12345678\xFF", 8 },
        { "1234567\xC3\xA4\xFF", 9 },
        { "ok \xE2\x82\xAC then \x80", 12 },
        { "\xC3\xA4\xC3", 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].text);
        /* From the heap, so that a sanitizer sees every byte read too many. */
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, rows[i].text, len);
        assert_int_equal(promc__utf8_span(copy, len), rows[i].span);
        assert_int_equal(promc_utf8_valid(copy, len), rows[i].span == len);
        free(copy);
    }
    assert_int_equal(promc_utf8_valid("a\0b", 3), 1);
}

/* All sequences of up to three bytes, against the definition written the long way round.
 */
static void every_short_sequence(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x11000; code++) {
        unsigned char enc[4];
        size_t n = 0;
        if (code < 0x80) {
            enc[n++] = (unsigned char)code;
        } else if (code < 0x800) {
            enc[n++] = (unsigned char)(0xC0 | code >> 6);
            enc[n++] = (unsigned char)(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            enc[n++] = (unsigned char)(0xE0 | code >> 12);
            enc[n++] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
            enc[n++] = (unsigned char)(0x80 | (code & 0x3F));
        } else {
            enc[n++] = (unsigned char)(0xF0 | code >> 18);
            enc[n++] = (unsigned char)(0x80 | (code >> 12 & 0x3F));
            enc[n++] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
            enc[n++] = (unsigned char)(0x80 | (code & 0x3F));
        }
        int surrogate = code >= 0xD800 && code < 0xE000;
        assert_int_equal(promc_utf8_valid((const char *)enc, n), !surrogate);
        /* Cut short it never is valid; the gap is then all of it. */
        if (n > 1) {
            assert_int_equal(promc__utf8_span((const char *)enc, n - 1), 0);
            assert_int_equal(promc__utf8_gap((const char *)enc, n - 1), n - 1);
        }
    }
}

/* What a writer does with the two functions. */
static void mend(const char *text, char *out)
{
    size_t len = strlen(text);

    while (len > 0) {
        size_t n = promc__utf8_span(text, len);
        memcpy(out, text, n);
        out += n;
        text += n;
        len -= n;
        if (len == 0)
            break;
        n = promc__utf8_gap(text, len);
        assert_true(n > 0);
        memcpy(out, PROMC__UTF8_REPLACEMENT, 3);
        out += 3;
        text += n;
        len -= n;
    }
    *out = '\0';
}

static void mending(void **state)
{
    static const struct {
        const char *text, *mended;
    } rows[] = {
        { "", "" },
        { "fine", "fine" },
        { "a\xFF"
          "b",
          "a\xEF\xBF\xBD"
          "b" },
        { "\xFF\xFE\x80", "\xEF\xBF\xBD" }, /* one for a whole run */
        { "\xC0\xAF!", "\xEF\xBF\xBD!" },
        { "\xED\xA0\x80x", "\xEF\xBF\xBDx" },
        { "\xE2\x82", "\xEF\xBF\xBD" },
        { "\xE2\x82\xC3\xA4", "\xEF\xBF\xBD\xC3\xA4" },
        { "\x80\xE2\x82\xAC\x80", "\xEF\xBF\xBD\xE2\x82\xAC\xEF\xBF\xBD" },
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mend(rows[i].text, out);
        assert_string_equal(out, rows[i].mended);
        assert_true(promc_utf8_valid(out, strlen(out)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boundaries),
        cmocka_unit_test(every_short_sequence),
        cmocka_unit_test(mending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
