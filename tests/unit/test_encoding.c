/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_encoding.c - which coding an answer has, by Accept-Encoding.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "encoding.h"

#define I PROMC__IDENTITY
#define G PROMC__GZIP
#ifdef HAVE_ZSTD
#define Z(without) PROMC__ZSTD
#else
#define Z(without) (without)
#endif

static void codings(void **state)
{
    static const struct {
        const char *header;
        enum promc__coding coding;
    } rows[] = {
        { NULL, I },
        { "", I },
        { "gzip", G },
        { "GZIP", G },
        { "gzip, deflate, br", G },
        { "br", I },
        { "identity", I },
        { "gzip;q=0", I },
        { "gzip;q=0.0", I },
        { "gzip;q=0, *", I },
        { "gzip;q=0.001", G },
        { "gzip;q=bad", I },
        { "*", G },
        { "*;q=0", I },
        { "*;q=0, gzip", G },
        { "identity;q=0, *", G },
        { "identity;q=0.9, gzip;q=0.5", I },
        { "gzip;q=0.5, identity;q=0.9", I },
        { "identity, gzip", G },
        { "identity;q=0.5, *;q=0.9", G },
        { "identity;q=0.9, *;q=0.5", I },
        { "xgzip", I },
        { "gzipx", I },
        { "x;y=\"gzip\", gzip ; q=1", G },
        { ";;;,,,gzip", G },
        { "zstd", Z(I) },
        { "ZStd", Z(I) },
        { "br,zstd", Z(I) },
        { "gzip, zstd", Z(G) },
        { "zstd, gzip", Z(G) },
        { "deflate, gzip, br, zstd", Z(G) },
        { "gzip;q=0.9, zstd;q=0.8", G },
        { "gzip;q=0.8, zstd;q=0.9", Z(G) },
        { "zstd;q=0, gzip", G },
        { "zstd;q=0.5, identity;q=0.9", I },
        { "zstd;q=0.5, gzip;q=0.2, identity;q=0.3", Z(I) },
        { "zstd;q=0.3, *;q=0.5", G },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (promc__accept_encoding(rows[i].header) != rows[i].coding)
            fail_msg("wrong for: %s", rows[i].header ? rows[i].header : "(none)");
}

static void names(void **state)
{
    (void)state;
    assert_null(promc__coding_name(PROMC__IDENTITY));
    assert_string_equal(promc__coding_name(PROMC__GZIP), "gzip");
    assert_string_equal(promc__coding_name(PROMC__ZSTD), "zstd");
}

/* A megabyte of every kind of nonsense has to end soon, which a quadratic reader would
 * not. */
static void long_garbage(void **state)
{
    static const char *const units[] = {
        ",", ";", "=", "\"", "\\", " ", "q=,", ";q", ";q=0.1", "a;b=", "a,b", "\"\\\","
    };
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE + 1);

    (void)state;
    assert_non_null(text);
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        for (size_t i = 0, n = strlen(units[u]); i < SIZE; i++)
            text[i] = units[u][i % n];
        text[SIZE] = '\0';
        assert_int_equal(promc__accept_encoding(text), PROMC__IDENTITY);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codings),
        cmocka_unit_test(names),
        cmocka_unit_test(long_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
