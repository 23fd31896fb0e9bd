/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nametree.h"

/* Names that are beginnings of each other, and bytes that differ in every bit. */
static const char *const names[] = {
    "b", "a",    "ab",   "abc",  "abd",         "aba",        "abcd",
    "",  "\x01", "\x80", "\xFF", "a_b",         "a_sum",      "a:b",
    "A", "aB",   "a1",   "a0",   "longer_name", "longer_nam", "longer_namf",
};
enum { NAMES = sizeof names / sizeof names[0] };

static void every_order(void **state)
{
    uint64_t random = 88172645463325252;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct promc__nametree tree = { NULL, NULL };
        struct promc__name *at[NAMES] = { NULL };
        for (unsigned i = 0; i < 40; i++) {
            size_t k;
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            k = random % NAMES;
            struct promc__name *n =
                promc__nametree_add(&tree, names[k], strlen(names[k]));
            assert_non_null(n);
            assert_string_equal(n->text, names[k]);
            assert_true(!at[k] || at[k] == n);
            at[k] = n;
            for (k = 0; k < NAMES; k++)
                assert_ptr_equal(promc__nametree_find(&tree, names[k], strlen(names[k])),
                                 at[k]);
        }
        promc__nametree_free(&tree);
        assert_null(promc__nametree_find(&tree, "a", 1));
    }
}

static void by_length(void **state)
{
    struct promc__nametree tree = { NULL, NULL };
    struct promc__name *n = promc__nametree_add(&tree, "abcdef", 3);

    (void)state;
    assert_non_null(n);
    assert_string_equal(n->text, "abc");
    assert_int_equal(n->type, PROMC_TYPE_UNTYPED);
    assert_int_equal(n->has_type + n->has_help, 0);
    assert_ptr_equal(promc__nametree_find(&tree, "abcxyz", 3), n);
    assert_null(promc__nametree_find(&tree, "abcxyz", 4));
    assert_null(promc__nametree_find(&tree, "abcxyz", 2));
    promc__nametree_free(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order),
        cmocka_unit_test(by_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
