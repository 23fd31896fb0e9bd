/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alloc_failure_series.c - series and their removal while allocations are refused, see
 * refuse.h.
 */
#include "config.h"
#include "refuse_families.h"

static promc_gauge *g;
static char long_value[2000];

/* --- series --------------------------------------------------------------------------- */

static int counter_labels(void)
{
    promc_counter *c = promc_counter_labels(cf, L("A", "\xff"));

    promc_counter_inc(c);
    return c != NULL ? 0 : -ENOMEM;
}

static int gauge_labels(void)
{
    g = promc_gauge_labels(gf, L(long_value));
    promc_gauge_set(g, 2);
    return g != NULL ? 0 : -ENOMEM;
}

static int histogram_labels(void)
{
    promc_histogram *h = promc_histogram_labels(hf, L("1"));

    for (int i = 0; i < 9; i++)
        promc_histogram_observe(h, i);
    return h != NULL ? 0 : -ENOMEM;
}

static int summary_labels(void)
{
    promc_summary *s = promc_summary_labels(sf, L("1"));

    promc_summary_observe(s, 3);
    return s != NULL ? 0 : -ENOMEM;
}

static int stateset_labels(void)
{
    promc_stateset *s = promc_stateset_labels(states, L("1"));

    promc_stateset_set_only(s, 1);
    return s != NULL ? 0 : -ENOMEM;
}

static int labelset(void)
{
    g = promc_gauge_labelset(gf, L("z", "a", "u.v"), L("1", long_value, "\xff"));
    promc_gauge_set(g, 2);
    return g != NULL ? 0 : -ENOMEM;
}

static int overflowing(void)
{
    g = promc_gauge_labels(gf, L("too many"));
    promc_gauge_set(g, 4);
    return g != NULL ? 0 : -ENOMEM;
}

static void full_family(void)
{
    with_gauge_family();
    promc_gauge_family_set(gf, L("1"), 1);
    promc_gauge_family_set(gf, L("2"), 1);
}

static void full_open_family(void)
{
    with_open_family();
    assert_non_null(promc_gauge_labelset(gf, L("a"), L("1")));
    assert_non_null(promc_gauge_labelset(gf, L("a"), L("2")));
}

static int overflowing_labelset(void)
{
    g = promc_gauge_labelset(gf, L("b"), L("too many"));
    promc_gauge_set(g, 4);
    return g != NULL ? 0 : -ENOMEM;
}

static int set_series(int i)
{
    char value[] = { (char)('A' + i / 26), (char)('a' + i % 26), '\0' };
    promc_gauge *one = promc_gauge_labels(gf, L(value));

    promc_gauge_set(one, i);
    return one != NULL ? 0 : -ENOMEM;
}

static void some_series(void)
{
    with_plain_family();
    for (int i = 0; i < 200; i++)
        assert_int_equal(set_series(i), 0);
}

/* --- taking away ---------------------------------------------------------------------- */

static int remove_one(void)
{
    return promc_remove(reg, "p", L("l"), L("Ab")) == 1 ? 0 : -ENOMEM;
}

static int remove_matching(void)
{
    return promc_remove_matching(reg, "p", L("l"), L("Ab")) == 1 ? 0 : -ENOMEM;
}

static int remove_open(void)
{
    return promc_remove(reg, "o_seconds", L("a"), L("2")) == 1 ? 0 : -ENOMEM;
}

static void released(void)
{
    some_series();
    promc_gauge_release(promc_gauge_labels(gf, L("Ab")));
}

static int set_second(void)
{
    return set_series(1);
}

static void swept(void)
{
    some_series();
    free(shown());
    promc_gauge_family_clear(gf);
    free(shown());
}

static int set_first(void)
{
    return set_series(0);
}

static void unregistered(void)
{
    some_series();
    assert_int_equal(promc_unregister(reg, "p"), 0);
}

/* The name is free for another type. */
static int as_counter(void)
{
    promc_error err = { 0 };

    return made(promc_counter_new(reg, "p", "Help.", &err), &err);
}

static int info_set(void)
{
    return promc_info_set(info, L("w", "x.y"), L("2", long_value), NULL);
}

/* --- all of them ----------------------------------------------------------------------- */

static const struct step steps[] = {
    { "series of a counter", with_counter_family, counter_labels, 0 },
    { "series of a gauge", with_gauge_family, gauge_labels, 0 },
    { "series of a histogram", with_histogram_family, histogram_labels, 0 },
    { "series of a summary", with_summary_family, summary_labels, 0 },
    { "series of a stateset", with_stateset_family, stateset_labels, 1 },
    { "series with labels of its own", with_open_family, labelset, 0 },
    { "series that overflows", full_family, overflowing, 0 },
    { "open series that overflows", full_open_family, overflowing_labelset, 0 },
    { "one removed", some_series, remove_one, 0 },
    { "matching ones removed", some_series, remove_matching, 0 },
    { "open one removed", full_open_family, remove_open, 0 },
    { "one that was released", released, set_second, 0 },
    { "first after all were removed", swept, set_first, 0 },
    { "after unregistering", unregistered, as_counter, 0 },
    { "labels of an info", with_info_new, info_set, 1 },
};

static void each_step(void **state)
{
    (void)state;
    memset(long_value, 'x', sizeof long_value - 1);
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (refuse_shared && steps[i].not_shared)
            continue;
        print_message("%s\n", steps[i].name);
        refuse_each(&steps[i]);
    }
}

static void each_step_shared(void **state)
{
    refuse_shared = 1;
    each_step(state);
    refuse_shared = 0;
}

/* In one family, so that its table and what scrapes keep of it grow while memory is short. */
static void growing(void **state)
{
    (void)state;
    with_plain_family();
    for (int i = 0; i < 600; i++) {
        size_t n = 0, asked;

        do {
            int rc;

            refuse_from = refuse_to = ++n;
            count_allocations();
            rc = i % 7 == 3 ? promc_render(reg, PROMC_FORMAT_TEXT, page, NULL)
                            : set_series(i);
            asked = counted_allocations();
            refuse_from = refuse_to = SIZE_MAX;
            assert_int_equal(rc, asked >= n && rc != 0 ? -ENOMEM : 0);
        } while (asked >= n);
    }
    for (int i = 0; i < 600; i++) {
        char line[40];

        snprintf(line, sizeof line, "p{l=\"%c%c\"} %d\n", 'A' + i / 26, 'a' + i % 26, i);
        if ((strstr(render(PROMC_FORMAT_TEXT), line) != NULL) != (i % 7 != 3))
            fail_msg("%s in %s", line, promc_page_data(page));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step),
        cmocka_unit_test(each_step_shared),
        TEST(growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
