/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc.h"

static size_t calls, refuse_from, last_size;

static void *hook(void *p, size_t size)
{
    last_size = size;
    if (++calls >= refuse_from)
        return NULL;
    p = realloc(p, size);
    if (p)
        memset(p, 0xAA, size);
    return p;
}

/* Each function once; returns how many gave memory. */
static int use_all(void)
{
    static const char zeros[30];
    int ok = 0;
    char *p = promc__malloc(10), *q = promc__calloc(3, 10), *s = promc__strdup("text");

    if (q)
        assert_memory_equal(q, zeros, sizeof zeros);
    if (s)
        assert_string_equal(s, "text");
    ok += p ? 1 : 0;
    ok += q ? 1 : 0;
    ok += s ? 1 : 0;
    char *r = promc__realloc(p, 20);
    ok += r ? 1 : 0;
    promc__free(r ? r : p);
    promc__free(q);
    promc__free(s);
    promc__free(NULL);
    return ok;
}

static void libc(void **state)
{
    volatile size_t huge = SIZE_MAX / 2;

    (void)state;
    assert_int_equal(use_all(), 4);
    assert_null(promc__calloc(huge, 3));
}

static void hooked(void **state)
{
    volatile size_t huge = SIZE_MAX / 2;

    (void)state;
    promc__alloc_hook(hook);
    calls = 0;
    refuse_from = 100;
    assert_int_equal(use_all(), 4);
    assert_int_equal(calls, 4);
    assert_int_equal(last_size, 20);
    assert_null(promc__calloc(huge, 3)); /* not worth asking */
    assert_int_equal(calls, 4);
    for (size_t n = 1; n <= 4; n++) {
        calls = 0;
        refuse_from = n;
        assert_int_equal(use_all(), n - 1);
    }
    promc__alloc_hook(NULL);
    assert_int_equal(use_all(), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libc),
        cmocka_unit_test(hooked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
