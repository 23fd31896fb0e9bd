/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_compress.c - what is compressed comes back the same, in each coding and size.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "alloc.h"
#include "http_handler.h"

/* Into @out, which has room for @size bytes. Returns whether it was all that many. */
static int expand(enum promc__coding coding, const struct promc__http_body *body,
                  char *out, size_t size)
{
    if (coding == PROMC__GZIP) {
        struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
        size_t n = size + 1;
        enum libdeflate_result rc =
            libdeflate_gzip_decompress(d, body->data, body->size, out, size, &n);

        libdeflate_free_decompressor(d);
        return rc == LIBDEFLATE_SUCCESS && n == size;
    }
#ifdef HAVE_ZSTD
    return ZSTD_decompress(out, size, body->data, body->size) == size;
#else
    return 0;
#endif
}

static void round_trips(void **state)
{
    static const size_t sizes[] = { 3 << 20, 0, 1, 100, 5000, 1 << 20 };
    struct promc__http_coder *c = promc__http_coder_new();
    struct promc__http_body body = { NULL, 0, 0 };
    int end = PROMC__ZSTD;

    (void)state;
#ifdef HAVE_ZSTD
    end = PROMC__CODINGS;
#endif
    assert_non_null(c);
    for (int coding = PROMC__GZIP; coding < end; coding++) {
        for (size_t i = 0; i < 2 * (sizeof(sizes) / sizeof(sizes[0])); i++) {
            size_t size = sizes[i / 2];
            char *in = malloc(size + 1), *out = malloc(size + 1);
            uint32_t x = 1;

            for (size_t k = 0; k < size; k++) {
                x = x * 1664525u + 1013904223u;
                in[k] = i % 2 ? "metric 1\n"[k % 9] : (char)(x >> 24);
            }
            assert_int_equal(
                promc__http_compress(c, (enum promc__coding)coding, in, size, &body), 0);
            assert_true(expand((enum promc__coding)coding, &body, out, size));
            assert_memory_equal(in, out, size);
            if (i % 2)
                assert_true(body.size <= 100 + size / 9);
            free(in);
            free(out);
        }
    }
    assert_int_equal(promc__http_compress(c, PROMC__IDENTITY, "", 0, &body), -EINVAL);
    promc__free(body.data);
    promc__http_coder_free(c);
    promc__http_coder_free(NULL);
}

static void *no_realloc(void *p, size_t size)
{
    (void)p;
    (void)size;
    return NULL;
}

static void without_memory(void **state)
{
    struct promc__http_coder *c = promc__http_coder_new();
    struct promc__http_body body = { NULL, 0, 0 };
    static const char big[100000];

    (void)state;
    assert_int_equal(promc__http_compress(c, PROMC__GZIP, "ab", 2, &body), 0);
    promc__alloc_hook(no_realloc);
    assert_null(promc__http_coder_new());
    assert_int_equal(promc__http_compress(c, PROMC__GZIP, "a", 1, &body), 0);
    assert_int_equal(promc__http_compress(c, PROMC__GZIP, big, sizeof(big), &body),
                     -ENOMEM);
    promc__alloc_hook(NULL);
    assert_null(body.data);
    promc__http_coder_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
