/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "family.h"
#include "key.h"
#include "labels.h"
#include "table.h"

/* Sets of two values: equal ones are one series, others are not. */
static void identity(void **state)
{
    static const struct {
        const char *a[2], *b[2];
        int same;
    } rows[] = {
        { { "x", "y" }, { "x", "y" }, 1 },
        { { "x", "y" }, { "y", "x" }, 0 },
        { { "", "" }, { "", "" }, 1 },
        { { "x", "" }, { "", "x" }, 0 },
        { { "xy", "" }, { "x", "y" }, 0 },
        { { "a,b", "c" }, { "a", "b,c" }, 0 },
        { { "a\xff", "b" },
          { "a", "\xff"
                 "b" },
          0 },
        { { "a\"", "b" }, { "a\\\"", "b" }, 0 },
        { { "a\n", "b" }, { "a\\n", "b" }, 0 },
        { { "\xc3\xa4", "" }, { "a\xcc\x88", "" }, 0 },
        /* what is not UTF-8 is taken for what it prints as */
        { { "\xff", "" }, { "\xfe", "" }, 1 },
        { { "\xff\xfe", "" }, { "\xef\xbf\xbd", "" }, 1 },
        { { "a\xe2\x82", "" }, { "a\xc3", "" }, 1 },
        { { "\xff", "" },
          { "\xff"
            "a",
            "" },
          0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[20];
        promc_counter_family *f;

        snprintf(name, sizeof name, "m%zu", i);
        f = promc_counter_family_new(reg, name, "Help.", L("l", "k"), NULL);
        if ((promc_counter_labels(f, (promc_labels){ rows[i].a, 2 }) ==
             promc_counter_labels(f, (promc_labels){ rows[i].b, 2 })) != rows[i].same)
            fail_msg("row %zu", i);
    }
}

static void open_labels(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;
    promc_counter *c;

    (void)state;
    opts.open_labels = 1;
    f = promc_counter_family_new_with(reg, "m", "Help.", PROMC_NO_LABELS, &opts, NULL);
    c = promc_counter_labelset(f, L("a", "b"), L("1", "2"));
    assert_non_null(c);
    assert_ptr_equal(promc_counter_labelset(f, L("b", "a"), L("2", "1")), c);
    assert_ptr_not_equal(promc_counter_labelset(f, L("b", "a"), L("1", "2")), c);
    /* names that could be taken for values, and the other way round */
    assert_ptr_not_equal(promc_counter_labelset(f, L("a", "c"), L("1", "2")), c);
    assert_ptr_not_equal(promc_counter_labelset(f, L("a"), L("1")),
                         promc_counter_labelset(f, L("b"), L("1")));
    assert_ptr_not_equal(promc_counter_labelset(f, L("a"), L("b")),
                         promc_counter_labelset(f, L("b"), L("a")));
    promc_counter_add(promc_counter_labels(f, PROMC_NO_LABELS), 9);
    promc_counter_inc(c);
    assert_samples("m 9\nm{a=\"1\"} 0\nm{b=\"1\"} 0\nm{b=\"a\"} 0\nm{a=\"b\"} 0\n"
                   "m{a=\"1\",b=\"2\"} 1\nm{a=\"1\",c=\"2\"} 0\nm{a=\"2\",b=\"1\"} 0\n");
    assert_null(promc_counter_labelset(f, L("a", "a"), L("1", "2")));
    assert_null(promc_counter_labelset(f, L("__a"), L("1")));
    assert_null(promc_counter_labelset(f, L("\xff"), L("1")));
    assert_int_equal(dropped("label_name"), 3);
    assert_null(promc_counter_labelset(f, L("a", "b"), L("1")));
    assert_null(promc_counter_labelset(f, L("a", NULL), L("1", "2")));
    assert_null(promc_counter_labelset(f, L("a"), L(NULL)));
    assert_int_equal(dropped("labels"), 3);
    assert_int_equal(promc_counter_remove(f, L("1")), -ENOENT);
}

static void refused_values(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new(reg, "m", "Help.", L("l", "k"), NULL);

    (void)state;
    assert_null(promc_counter_labels(f, L("a")));
    assert_null(promc_counter_labels(f, L("a", "b", "c")));
    assert_null(promc_counter_labels(f, PROMC_NO_LABELS));
    assert_null(promc_counter_labels(f, L("a", NULL)));
    promc_counter_family_inc(f, L("a"));
    assert_int_equal(promc_counter_remove(f, L("a")), -ENOENT);
    /* names are for families without */
    assert_null(promc_counter_labelset(f, L("k", "l"), L("a", "b")));
    assert_int_equal(dropped("labels"), 7);
    assert_samples("promc_dropped_updates_total{reason=\"labels\"} 7\n");
}

static void printed(void **state)
{
    static const struct {
        const char *value, *text;
    } rows[] = {
        { "", "" },
        { "\\", "\\\\" },
        { "\"", "\\\"" },
        { "a\nb", "a\\nb" },
        { "\\n", "\\\\n" },
        { "\t\r\x01\x7f", "\t\r\x01\x7f" },
        { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
          "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "\xff", "\xef\xbf\xbd" },
        { "a\xff\xfe\"b\xe2\x82", "a\xef\xbf\xbd\\\"b\xef\xbf\xbd" },
        { "\xed\xa0\x80", "\xef\xbf\xbd" },
        { "} 1 #", "} 1 #" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[20], want[80];
        promc_gauge_family *f;

        snprintf(name, sizeof name, "m%zu", i);
        f = promc_gauge_family_new(reg, name, "Help.", L("l"), NULL);
        promc_gauge_family_set(f, L(rows[i].value), 1);
        snprintf(want, sizeof want, "\n%s{l=\"%s\"} 1\n", name, rows[i].text);
        if (strstr(render(PROMC_FORMAT_TEXT), want) == NULL ||
            strstr(render(PROMC_FORMAT_OPENMETRICS), want) == NULL)
            fail_msg("row %zu: no%s", i, want);
    }
}

/* More labels and longer values than fit the key's own memory. */
static void large(void **state)
{
    enum { N = 40, LONG = 5000 };
    static char names[N][8], value[2][LONG + 1];
    const char *n[N], *v[N];
    promc_counter_family *f;
    promc_counter *c, *d;

    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "l%02d", (i * 7) % N);
        n[i] = v[i] = names[i];
    }
    f = promc_counter_family_new(reg, "m", "Help.", (promc_labels){ n, N }, NULL);
    c = promc_counter_labels(f, (promc_labels){ v, N });
    assert_non_null(c);
    promc_counter_inc(promc_counter_labels(f, (promc_labels){ v, N }));
    assert_true(promc_counter_value(c) == 1);
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "m{l00=\"l00\",l01=\"l01\","));
    for (size_t len = 900; len <= LONG; len += len < 1100 ? 1 : 1300) {
        memset(value[0], 'x', len);
        memset(value[1], 'x', len);
        value[0][len] = value[1][len] = '\0';
        value[1][len - 1] = 'y';
        v[0] = value[0];
        c = promc_counter_labels(f, (promc_labels){ v, N });
        assert_ptr_equal(promc_counter_labels(f, (promc_labels){ v, N }), c);
        v[0] = value[1];
        d = promc_counter_labels(f, (promc_labels){ v, N });
        assert_ptr_not_equal(c, d);
        /* the last byte missing, then broken */
        value[1][len - 1] = '\xe2';
        c = promc_counter_labels(f, (promc_labels){ v, N });
        value[1][len - 1] = '\xff';
        assert_ptr_equal(promc_counter_labels(f, (promc_labels){ v, N }), c);
        assert_ptr_not_equal(c, d);
        v[0] = names[0];
    }
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "\xef\xbf\xbd\""));
    assert_true(promc_utf8_valid(promc_page_data(page), promc_page_size(page)));

    promc_opts opts = PROMC_OPTS_INIT;
    opts.open_labels = 1;
    f = promc_counter_family_new_with(reg, "o", "Help.", PROMC_NO_LABELS, &opts, NULL);
    c = promc_counter_labelset(f, (promc_labels){ n, N }, (promc_labels){ v, N });
    assert_non_null(c);
    n[0] = names[1];
    v[0] = names[1];
    n[1] = names[0];
    v[1] = names[0];
    assert_ptr_equal(
        promc_counter_labelset(f, (promc_labels){ n, N }, (promc_labels){ v, N }), c);
}

/* Equal hashes must not make equal keys: the table hands out each child of a hash in
 * turn. */
static void equal_hashes(void **state)
{
    enum { N = 100 };
    static struct promc__child children[N];
    struct promc__table *table = NULL, *larger;
    uint64_t hashes[] = { 0, UINT64_MAX, 5 };

    (void)state;
    for (size_t i = 0; i < N; i++) {
        larger = promc__table_reserve(table, i);
        assert_non_null(larger);
        if (larger != table)
            promc__table_free(table);
        table = larger;
        promc__table_add(table, hashes[i % 3], &children[i]);
    }
    for (size_t h = 0; h < 3; h++) {
        size_t at = hashes[h], n = 0;
        struct promc__child *c;
        char seen[N] = { 0 };

        while ((c = promc__table_next(table, hashes[h], &at)) != NULL) {
            size_t i = (size_t)(c - children);

            assert_int_equal(i % 3, h);
            assert_false(seen[i]);
            seen[i] = 1;
            n++;
        }
        assert_int_equal(n, (N + 2 - h) / 3);
        at = hashes[h] + 1;
        assert_null(promc__table_next(table, hashes[h] + 17, &at));
    }
    promc__table_free(table);
}

/* Printed sets come apart again. */
static void taken_apart(void **state)
{
    static const struct {
        const char *text;
        struct {
            const char *name, *value;
            int quoted;
        } want[4];
    } rows[] = {
        { "", { { NULL, NULL, 0 } } },
        { "a=\"b\"", { { "a", "b", 0 } } },
        { "a=\"\",b=\"\"", { { "a", "", 0 }, { "b", "", 0 } } },
        { "a=\"\\\\n\\n\\\"\",b=\",=\",c=\"\\\\\"",
          { { "a", "\\n\n\"", 0 }, { "b", ",=", 0 }, { "c", "\\", 0 } } },
        { "\"a.b\"=\"c\",\"\\\"=\\\\\"=\"\\\"\",d=\"e\"",
          { { "a.b", "c", 1 }, { "\"=\\", "\"", 1 }, { "d", "e", 0 } } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *p = rows[i].text, *end = p + strlen(p);
        struct promc__label l;
        size_t n = 0;

        for (; promc__labels_next(&p, end, &l); n++) {
            char name[40], value[40];

            assert_non_null(rows[i].want[n].name);
            name[promc__unescape(l.name, l.name_len, name)] = '\0';
            value[promc__unescape(l.value, l.value_len, value)] = '\0';
            assert_string_equal(name, rows[i].want[n].name);
            assert_string_equal(value, rows[i].want[n].value);
            assert_int_equal(l.quoted, rows[i].want[n].quoted);
        }
        assert_null(rows[i].want[n].name);
    }
}

static void *refuse(void *p, size_t size)
{
    (void)p;
    (void)size;
    return NULL;
}

/* Keys that need memory say so when there is none; the others need none. */
static void keys_without_memory(void **state)
{
    static char value[3000];
    const char *v[] = { "a", "b" }, *n[40];
    uint16_t order[] = { 1, 0 };
    struct promc__key k;

    (void)state;
    promc__alloc_hook(refuse);
    assert_int_equal(promc__key_init(&k, PROMC_NO_LABELS, (promc_labels){ v, 2 }, order),
                     0);
    assert_int_equal(k.len, 4);
    assert_memory_equal(k.bytes, "b\0a", 4);
    promc__key_done(&k);
    memset(value, 'x', sizeof value - 1);
    v[1] = value;
    assert_int_equal(promc__key_init(&k, PROMC_NO_LABELS, (promc_labels){ v, 2 }, order),
                     -ENOMEM);
    promc__key_done(&k);
    v[1] = "\xff";
    assert_int_equal(promc__key_init(&k, PROMC_NO_LABELS, (promc_labels){ v, 2 }, order),
                     -ENOMEM);
    promc__key_done(&k);
    for (size_t i = 0; i < COUNT(n); i++)
        n[i] = "a";
    assert_int_equal(
        promc__key_init(&k, (promc_labels){ n, 40 }, (promc_labels){ n, 40 }, NULL),
        -ENOMEM);
    promc__key_done(&k);
    promc__alloc_hook(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity),
        TEST(open_labels),
        TEST(refused_values),
        TEST(printed),
        TEST(large),
        cmocka_unit_test(equal_hashes),
        cmocka_unit_test(taken_apart),
        cmocka_unit_test(keys_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
