/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

/* --- what does not fit ------------------------------------------------------------------- */

static void one_for_the_rest(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;
    promc_counter *other;

    (void)state;
    opts.max_series = 2;
    opts.overflow = "other";
    f = promc_counter_family_new_with(reg, "m", "Help.", L("x", "y"), &opts, NULL);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 5; i++) {
            char value[2] = { (char)('a' + i), 0 };

            promc_counter_family_inc(f, L(value, "1"));
        }
    assert_samples("m{x=\"a\",y=\"1\"} 2\nm{x=\"b\",y=\"1\"} 2\n"
                   "m{x=\"other\",y=\"other\"} 6\n");
    other = promc_counter_labels(f, L("q", "q"));
    assert_ptr_equal(promc_counter_labels(f, L("other", "other")), other);
    promc_counter_inc(other);
    /* room again: for the next, and no more */
    assert_int_equal(promc_counter_remove(f, L("a", "1")), 0);
    promc_counter_family_inc(f, L("c", "1"));
    promc_counter_family_inc(f, L("a", "1"));
    assert_samples("m{x=\"b\",y=\"1\"} 2\nm{x=\"c\",y=\"1\"} 1\n"
                   "m{x=\"other\",y=\"other\"} 8\n");
    /* it may be removed like any other */
    assert_int_equal(promc_counter_remove(f, L("other", "other")), 0);
    promc_counter_family_inc(f, L("a", "1"));
    assert_samples("m{x=\"b\",y=\"1\"} 2\nm{x=\"c\",y=\"1\"} 1\n"
                   "m{x=\"other\",y=\"other\"} 1\n");
    /* who asks for it by its name does not use up the room of others */
    promc_counter_family_clear(f);
    promc_counter_family_inc(f, L("other", "other"));
    promc_counter_family_inc(f, L("b", "1"));
    promc_counter_family_inc(f, L("c", "1"));
    promc_counter_family_inc(f, L("d", "1"));
    assert_samples("m{x=\"b\",y=\"1\"} 1\nm{x=\"c\",y=\"1\"} 1\n"
                   "m{x=\"other\",y=\"other\"} 2\n");
}

static void open_labels(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    (void)state;
    opts.max_series = 1;
    opts.overflow = "true";
    opts.open_labels = 1;
    f = promc_counter_family_new_with(reg, "m", "Help.", PROMC_NO_LABELS, &opts, NULL);
    promc_counter_inc(promc_counter_labelset(f, L("a"), L("1")));
    promc_counter_inc(promc_counter_labelset(f, L("b"), L("1")));
    promc_counter_inc(promc_counter_labelset(f, L("c", "d"), L("1", "2")));
    assert_samples("m{a=\"1\"} 1\nm{overflow=\"true\"} 2\n");
}

/* --- constraints ------------------------------------------------------------------------- */

static size_t asked;

static const char *constrain(void *arg, const char *label, const char *value)
{
    assert_ptr_equal(arg, &asked);
    asked++;
    if (strcmp(label, "code") == 0)
        return value[0] == '5' ? "5xx" : strcmp(value, "5xx") == 0 ? value : "ok";
    assert_string_equal(label, "method");
    return strcmp(value, "BREW") == 0 ? NULL : value;
}

static void constraints(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    (void)state;
    opts.constrain = constrain;
    opts.constrain_arg = &asked;
    f = promc_counter_family_new_with(reg, "m", "Help.", L("method", "code"), &opts,
                                      NULL);
    promc_counter_family_inc(f, L("GET", "500"));
    promc_counter_family_inc(f, L("GET", "503"));
    promc_counter_family_inc(f, L("GET", "200"));
    promc_counter_family_inc(f, L("BREW", "418"));
    assert_null(promc_counter_labels(f, L("BREW", "200")));
    assert_ptr_equal(promc_counter_labels(f, L("GET", "501")),
                     promc_counter_labels(f, L("GET", "502")));
    /* what is known is not asked about */
    asked = 0;
    promc_counter_family_inc(f, L("GET", "5xx"));
    promc_counter_family_inc(f, L("GET", "ok"));
    assert_int_equal(asked, 0);
    assert_samples("m{code=\"5xx\",method=\"GET\"} 3\nm{code=\"ok\",method=\"GET\"} 2\n"
                   "promc_dropped_updates_total{reason=\"constraint\"} 2\n");
}

static const char *same(void *arg, const char *label, const char *value)
{
    (void)arg;
    (void)label;
    return value[0] == 'z' ? NULL : "a";
}

static void constraints_of_open_labels(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    (void)state;
    opts.open_labels = 1;
    opts.constrain = same;
    opts.max_series = 1;
    opts.overflow = "zzz"; /* is not asked about */
    f = promc_counter_family_new_with(reg, "m", "Help.", PROMC_NO_LABELS, &opts, NULL);
    promc_counter_inc(promc_counter_labelset(f, L("x", "y"), L("1", "2")));
    promc_counter_inc(promc_counter_labelset(f, L("y", "x"), L("3", "4")));
    promc_counter_inc(promc_counter_labelset(f, L("y"), L("3")));
    promc_counter_inc(promc_counter_labelset(f, L("y"), L("z")));
    assert_samples("m{overflow=\"zzz\"} 1\nm{x=\"a\",y=\"a\"} 2\n"
                   "promc_dropped_updates_total{reason=\"constraint\"} 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_for_the_rest),
        TEST(open_labels),
        TEST(constraints),
        TEST(constraints_of_open_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
