/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "arena.h"
#include "core.h"
#include "family.h"
#include "lane.h"
#include "registry.h"

/* --- by labels --------------------------------------------------------------------------- */

static void by_labels(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new(reg, "m_total", "Help.", L("b", "a"), NULL);
    promc_opts opts = PROMC_OPTS_INIT;
    promc_gauge_family *open;

    (void)state;
    promc_counter_family_inc(f, L("1", "x\"\n"));
    promc_counter_family_inc(f, L("2", "x"));
    assert_int_equal(promc_remove(reg, "n", L("a"), L("x")), 0);
    assert_int_equal(promc_remove(reg, NULL, L("a"), L("x")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a"), L("x")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a", "c"), L("x", "2")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a", "b"), L("x", "1")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a", "b"), L("x")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a", "b"), L("x", NULL)), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a", NULL), L("x", "2")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("a", "b"), L("x", "2")), 1);
    assert_int_equal(promc_remove(reg, "m_total", L("a", "b"), L("x", "2")), 0);
    assert_int_equal(promc_remove(reg, "m_total", L("b", "a"), L("1", "x\"\n")), 1);
    assert_samples("");

    opts.open_labels = 1;
    open = promc_gauge_family_new_with(reg, "o", "Help.", PROMC_NO_LABELS, &opts, NULL);
    assert_int_equal(promc_gauge_remove(open, PROMC_NO_LABELS), -ENOENT);
    promc_gauge_set(promc_gauge_labelset(open, L("q", "p"), L("1", "2")), 3);
    promc_gauge_set(promc_gauge_labelset(open, PROMC_NO_LABELS, PROMC_NO_LABELS), 4);
    assert_int_equal(promc_remove(reg, "o", L("p"), L("2")), 0);
    assert_int_equal(promc_remove(reg, "o", L("p", "q"), L("2", "1")), 1);
    assert_int_equal(promc_remove(reg, "o", PROMC_NO_LABELS, PROMC_NO_LABELS), 1);
    assert_samples("");

    assert_non_null(promc_gauge_new(reg, "g", "Help.", NULL));
    assert_int_equal(promc_remove(reg, "g", PROMC_NO_LABELS, PROMC_NO_LABELS), 1);
    assert_int_equal(promc_remove(reg, "g", PROMC_NO_LABELS, PROMC_NO_LABELS), 0);
    assert_samples("");
}

static void fill(promc_counter_family *f)
{
    static const char *const values[] = { "x", "y", "x,b=\"1\"" };

    for (size_t i = 0; i < COUNT(values); i++)
        for (size_t k = 0; k < COUNT(values); k++)
            promc_counter_family_inc(f, L(values[i], values[k]));
}

static void matching(void **state)
{
    static const char *const pairs[] = { "c", "\xff" };
    static const struct {
        const char *names[3], *values[3];
        size_t n, removed;
    } rows[] = {
        { { "a" }, { "x" }, 1, 3 },
        { { "b" }, { "x" }, 1, 3 },
        { { "b" }, { "1" }, 1, 0 },
        { { "b" }, { "x,b=\"1\"" }, 1, 3 },
        { { "a", "b" }, { "x", "y" }, 2, 1 },
        { { "b", "a" }, { "x", "y" }, 2, 1 },
        { { "a", "a" }, { "x", "y" }, 2, 0 },
        { { "a", "c" }, { "x", "\xff" }, 2, 3 },
        { { "c" }, { "\xef\xbf\xbd" }, 1, 9 },
        { { "c" }, { "d" }, 1, 0 },
        { { "d" }, { "" }, 1, 0 },
        { { NULL }, { "" }, 1, 0 },
        { { "a" }, { NULL }, 1, 0 },
        { { NULL }, { NULL }, 0, 9 },
    };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f;

    (void)state;
    opts.const_labels = pairs;
    opts.n_const_labels = 1;
    f = promc_counter_family_new_with(reg, "m_total", "Help.", L("a", "b"), &opts, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n;

        fill(f);
        n = promc_remove_matching(reg, "m_total",
                                  (promc_labels){ rows[i].names, rows[i].n },
                                  (promc_labels){ rows[i].values, rows[i].n });
        if (n != rows[i].removed)
            fail_msg("row %zu: %zu", i, n);
        render(PROMC_FORMAT_TEXT);
        n = 0;
        for (const char *p = promc_page_data(page); (p = strstr(p, "\nm_total{")) != NULL;
             p++)
            n++;
        assert_int_equal(n, 9 - rows[i].removed);
    }
    assert_int_equal(promc_remove_matching(reg, "n", PROMC_NO_LABELS, PROMC_NO_LABELS),
                     0);
    assert_int_equal(promc_remove_matching(reg, "m_total", L("a"), PROMC_NO_LABELS), 0);
    assert_non_null(promc_gauge_new(reg, "g", "Help.", NULL));
    assert_int_equal(promc_remove_matching(reg, "g", PROMC_NO_LABELS, PROMC_NO_LABELS),
                     1);
}

/* --- memory ------------------------------------------------------------------------------ */

/* One of each type, for series that come and go. */
static promc_counter_family *counters;
static promc_gauge_family *gauges;
static promc_histogram_family *histograms;
static promc_summary_family *summaries;

static void make_families(void)
{
    counters = promc_counter_family_new(reg, "c_total", "Help.", L("l"), NULL);
    gauges = promc_gauge_family_new(reg, "g", "Help.", L("l"), NULL);
    histograms = promc_histogram_family_new(reg, "h", "Help.", L("l"), NULL, 0, NULL);
    summaries =
        promc_summary_family_new(reg, "s", "Help.", L("l"), &(double){ .5 }, 1, NULL);
}

static void clear(void)
{
    promc_counter_family_clear(counters);
    promc_gauge_family_clear(gauges);
    promc_histogram_family_clear(histograms);
    promc_summary_family_clear(summaries);
}

static void round_of_series(int round, int n)
{
    for (int i = 0; i < n; i++) {
        char value[30];

        snprintf(value, sizeof value, "%d of %d", i, round);
        promc_counter_family_inc(counters, L(value));
        promc_gauge_family_add(gauges, L(value), 2);
        promc_histogram_family_observe(histograms, L(value), 3);
        promc_summary_family_observe(summaries, L(value), 4);
    }
}

/* Series that are only reached through their family leave nothing behind. With scrapes, and
 * where nobody ever scrapes. */
static void comes_back(void **state)
{
    uint32_t slot, later;
    size_t bytes = 0;

    (void)state;
    make_families();
    for (int round = 100; round < 200; round++) {
        round_of_series(round, 50);
        if (round % 2 == 0)
            render(PROMC_FORMAT_TEXT);
        clear();
        if (round == 120) {
            bytes = reg->arena.bytes;
            assert_int_equal(promc__slot_alloc(40, &slot), 0);
        }
    }
    assert_int_equal(reg->arena.bytes, bytes);
    render(PROMC_FORMAT_TEXT);
    assert_int_equal(reg->arena.used, 0);
    assert_int_equal(promc__slot_alloc(40, &later), 0);
    assert_true(later - slot < 5000);
    promc__slot_free(later, 40);
    promc__slot_free(slot, 40);
    /* and what comes in their place is as good as new */
    promc_counter_family_inc(counters, L("a"));
    promc_gauge_family_add(gauges, L("a"), 1);
    promc_histogram_family_observe(histograms, L("a"), 1);
    promc_summary_family_observe(summaries, L("a"), 1);
    render(PROMC_FORMAT_TEXT);
    assert_non_null(strstr(promc_page_data(page), "\nc_total{l=\"a\"} 1\n"));
    assert_non_null(strstr(promc_page_data(page), "\ng{l=\"a\"} 1\n"));
    assert_non_null(
        strstr(promc_page_data(page), "\nh_sum{l=\"a\"} 1\nh_count{l=\"a\"} 1\n"));
    assert_non_null(
        strstr(promc_page_data(page), "\ns_sum{l=\"a\"} 1\ns_count{l=\"a\"} 1\n"));
    assert_int_equal(dropped("removed"), 0);
}

/* A handle that somebody may have costs its struct; given back, nothing. */
static void handles(void **state)
{
    enum { N = 1000 };
    static promc_counter *c[N];
    size_t bytes[3];

    (void)state;
    make_families();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            char value[200];

            snprintf(value, sizeof value, "%150d", i);
            if (round > 0 && i % 2 == 0)
                promc_counter_release(c[i]); /* removed already */
            c[i] = promc_counter_labels(counters, L(value));
            promc_counter_inc(c[i]);
            if (i % 3 == 0)
                render(PROMC_FORMAT_TEXT);
            if (i % 2 == 0)
                assert_int_equal(promc_counter_remove(counters, L(value)), 0);
            else
                promc_counter_release(c[i]);
        }
        render(PROMC_FORMAT_TEXT);
        bytes[round] = reg->arena.bytes;
    }
    assert_true(bytes[0] < N * 100); /* of more than 150 bytes of text each */
    assert_true(bytes[2] - bytes[1] <= N / 4 * sizeof(struct promc__child));
    for (int i = 0; i < N; i += 2)
        promc_counter_add(c[i], 2.5);
    assert_int_equal(dropped("removed"), N / 2);
    promc_counter_release(NULL);
    promc_gauge_release(NULL);
    promc_histogram_release(NULL);
    promc_summary_release(NULL);
}

/* All that can be done with a handle whose series is gone. */
static void stale_handles(void **state)
{
    promc_counter *c;
    promc_gauge *g;
    promc_histogram *h;
    promc_summary *s;

    (void)state;
    make_families();
    c = promc_counter_labels(counters, L("a"));
    g = promc_gauge_labels(gauges, L("a"));
    h = promc_histogram_labels(histograms, L("a"));
    s = promc_summary_labels(summaries, L("a"));
    for (int round = 0; round < 2; round++) {
        promc_counter_inc(c);
        promc_gauge_set(g, 1);
        promc_gauge_add(g, INFINITY);
        promc_gauge_add(g, 2);
        promc_histogram_observe(h, 1);
        promc_summary_observe(s, 1);
        assert_int_equal(dropped("removed"), 6 * round);
        if (round == 0)
            clear();
        render(PROMC_FORMAT_TEXT);
        round_of_series(round, 30); /* in their place */
    }
    assert_true(promc_counter_value(c) == 0);
    assert_true(promc_gauge_value(g) == 0);
    assert_int_equal(promc_histogram_count(h), 0);
    assert_true(promc_histogram_sum(h) == 0);
    assert_int_equal(promc_summary_count(s), 0);
    assert_true(promc_summary_sum(s) == 0);
    assert_true(isnan(promc_summary_quantile(s, .5)));
    assert_null(strstr(render(PROMC_FORMAT_TEXT), "\"a\""));
}

/* --- who is in the middle of something ---------------------------------------------------- */

/* While a thread is busy, nothing is used again; then it is. */
static void waits_for_threads(void **state)
{
    promc_counter *c;
    struct promc__work w;
    uint32_t slot;
    size_t waiting;

    (void)state;
    make_families();
    c = promc_counter_labels(counters, L("a"));
    promc_counter_inc(c);
    slot = ((struct promc__child *)c)->slot;
    promc__look(&w);
    assert_int_equal(promc_counter_remove(counters, L("a")), 0);
    for (int i = 0; i < 3; i++)
        render(PROMC_FORMAT_TEXT);
    waiting = reg->limbo.n;
    assert_int_equal(waiting, 1);
    promc_counter_family_inc(counters, L("b"));
    assert_true(promc__get(promc__lane_cell(promc__my_lane, slot)) == 1);
    promc__end(&w);
    render(PROMC_FORMAT_TEXT);
    waiting = reg->limbo.n;
    assert_int_equal(waiting, 0);
    assert_true(promc__get(promc__lane_cell(promc__my_lane, slot)) == 0);
}

/* Where the kernel makes no barriers, a second must pass. */
static void without_barriers(void **state)
{
    size_t waiting;

    (void)state;
    make_families();
    promc__grace_no_barriers(1);
    promc_counter_family_inc(counters, L("a"));
    promc_counter_family_clear(counters);
    render(PROMC_FORMAT_TEXT);
    waiting = reg->limbo.n;
    assert_int_equal(waiting, 1);
    reg->limbo.grace.not_before = 1; /* long ago */
    render(PROMC_FORMAT_TEXT);
    waiting = reg->limbo.n;
    assert_int_equal(waiting, 0);
    promc__grace_no_barriers(0);
}

/* Nor is a thread taken for idle in one grace period because it was so in another, which began
 * long enough ago: its store may still be on its way. */
static void without_barriers_each_for_itself(void **state)
{
    struct promc__grace first, second;
    struct promc__work w;

    (void)state;
    promc__grace_no_barriers(1);
    promc__look(&w); /* so that this thread has a lane */
    promc__end(&w);
    first = promc__grace_begin();
    second = promc__grace_begin();
    first.not_before = 1;
    assert_true(promc__grace_over(&first));
    promc__look(&w);
    second.not_before = 1;
    assert_false(promc__grace_over(&second));
    promc__end(&w);
    assert_true(promc__grace_over(&second));
    promc__grace_no_barriers(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_labels),        TEST(matching),
        TEST(comes_back),       TEST(handles),
        TEST(stale_handles),    TEST(waits_for_threads),
        TEST(without_barriers), TEST(without_barriers_each_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
