/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "arena.h"

/* Pieces of all sizes: zeroed, aligned, none in another. */
static void pieces(void **state)
{
    enum { N = 2000 };
    static const size_t aligns[] = { 8, 64, 16, 8, 8 };
    static const size_t big[] = { 600, 70000, 65536, 1 };
    struct promc__arena a = { 0 };
    unsigned char *p[N];
    size_t size[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        size[i] = i % 100 == 50 ? big[i / 100 % COUNT(big)] : 1 + i % 177;
        p[i] = promc__arena_alloc(&a, size[i], aligns[i % COUNT(aligns)]);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % aligns[i % COUNT(aligns)], 0);
        for (size_t k = 0; k < size[i]; k++)
            assert_int_equal(p[i][k], 0);
        memset(p[i], (int)(i % 251) + 1, size[i]);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < size[i]; k++)
            assert_int_equal(p[i][k], i % 251 + 1);
    promc__arena_free(&a);
    promc__arena_free(&a);
    assert_non_null(promc__arena_alloc(&a, 1, 8)); /* starts again */
    promc__arena_free(&a);
}

/* What is refused takes nothing away from what there is. */
static void refused(void **state)
{
    struct promc__arena a = { 0 };
    char *first, *second;

    (void)state;
    first = promc__arena_alloc(&a, 8, 8);
    assert_non_null(first);
    assert_null(promc__arena_alloc(&a, SIZE_MAX, 8));
    refuse_from = 1;
    count_allocations();
    assert_null(promc__arena_alloc(&a, 100000, 8));
    second = promc__arena_alloc(&a, 8, 8);
    counted_allocations();
    refuse_from = SIZE_MAX;
    assert_ptr_equal(second, first + 8);
    promc__arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
