/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "statsd/cache.h"

static const struct hash_key key = { 0x123456789abcdefu, 0xfedcba987654321u };

static struct text text(const char *s)
{
    return (struct text){ s, strlen(s) };
}

static void put(struct cache *c, const char *head, const char *tail, void *handle)
{
    static struct line l;
    struct series_ref ref = { .kind = SERIES_GAUGE, .any = handle };

    l.plain = true;
    l.head = text(head);
    l.tail = text(tail);
    cache_add(c, &l, &ref);
}

static void *get(struct cache *c, const char *head, const char *tail)
{
    const struct cache_entry *e = cache_find(c, text(head), text(tail));

    return e != NULL ? e->ref.any : NULL;
}

/* Head and tail are told apart, wherever the border between them runs. */
static void test_find(void **state)
{
    struct cache *c = cache_new(&key);
    int x, y;

    (void)state;
    assert_non_null(c);
    assert_null(get(c, "a", "|c"));
    put(c, "a", "|c", &x);
    put(c, "a|", "c", &y);
    assert_ptr_equal(get(c, "a", "|c"), &x);
    assert_ptr_equal(get(c, "a|", "c"), &y);
    assert_null(get(c, "a|c", ""));
    assert_null(get(c, "b", "|c"));
    assert_null(get(c, "a", "|g"));
    cache_free(c);
    cache_free(NULL);
}

static void test_grows(void **state)
{
    struct cache *c = cache_new(&key);
    static char cell[50000];
    char name[32];

    (void)state;
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof(name), "name.%d", i);
        put(c, name, "|c", &cell[i]);
    }
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof(name), "name.%d", i);
        assert_ptr_equal(get(c, name, "|c"), &cell[i]);
    }
    cache_free(c);
}

/* Full, it starts again; what it then finds is right, and it never finds what it forgot.
 */
static void test_forgets(void **state)
{
    struct cache *c = cache_new(&key);
    char name[1024], cell[2];
    int kept = 0;

    (void)state;
    memset(name, 'x', sizeof(name));
    for (int i = 0; i < 40000; i++) {
        snprintf(name, sizeof(name), "%07d%0800d", i, i);
        put(c, name, "|c", &cell[i & 1]);
        assert_ptr_equal(get(c, name, "|c"), &cell[i & 1]);
    }
    for (int i = 0; i < 40000; i++) {
        void *got;

        snprintf(name, sizeof(name), "%07d%0800d", i, i);
        got = get(c, name, "|c");
        if (got != NULL)
            assert_ptr_equal(got, &cell[i & 1]);
        kept += got != NULL;
    }
    assert_in_range(kept, 1, 39999);
    cache_free(c);
}

static void test_long_line(void **state)
{
    struct cache *c = cache_new(&key);
    static char name[5000];
    int x;

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    put(c, name, "|c", &x);
    assert_null(get(c, name, "|c"));
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_forgets),
        cmocka_unit_test(test_long_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
