/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "expiry.h"

static uint64_t now; /* seconds */

static uint64_t clock_of_test(void)
{
    return now * 1000000000u;
}

static int set_clock(void **state)
{
    now = 1000;
    promc__expiry_clock(clock_of_test);
    return set_up(state);
}

static int reset_clock(void **state)
{
    promc__expiry_clock(NULL);
    return tear_down(state);
}

#define TIMED(f) cmocka_unit_test_setup_teardown(f, set_clock, reset_clock)

static promc_opts expiring(double seconds)
{
    promc_opts opts = PROMC_OPTS_INIT;

    opts.expiry = seconds;
    return opts;
}

/* @seconds later there is a scrape; is the series there? */
static int there(unsigned seconds)
{
    now += seconds;
    return strstr(render(PROMC_FORMAT_TEXT), "l=\"a\"") != NULL;
}

static promc_counter *c;
static promc_counter_family *cf;
static promc_gauge *g;
static promc_gauge_family *gf;
static promc_histogram *h;
static promc_histogram_family *hf;
static promc_summary *s;
static promc_summary_family *sf;
static promc_stateset *states;

static void make_counter(const promc_opts *opts)
{
    cf = promc_counter_family_new_with(reg, "c_total", "Help.", L("l"), opts, NULL);
    c = promc_counter_labels(cf, L("a"));
}

static void make_gauge(const promc_opts *opts)
{
    gf = promc_gauge_family_new_with(reg, "g", "Help.", L("l"), opts, NULL);
    g = promc_gauge_labels(gf, L("a"));
}

static void make_histogram(const promc_opts *opts)
{
    hf = promc_histogram_family_new_with(reg, "h", "Help.", L("l"), NULL, 0, opts, NULL);
    h = promc_histogram_labels(hf, L("a"));
}

static void make_summary(const promc_opts *opts)
{
    sf = promc_summary_family_new_with(reg, "s", "Help.", L("l"), NULL, 0, opts, NULL);
    s = promc_summary_labels(sf, L("a"));
}

static void make_states(const promc_opts *opts)
{
    promc_stateset_family *f = promc_stateset_family_new_with(reg, "t", "Help.", L("l"),
                                                              L("on", "off"), opts, NULL);

    states = promc_stateset_labels(f, L("a"));
}

static void inc(void)
{
    promc_counter_inc(c);
}

static void add_half(void)
{
    promc_counter_add(c, .5);
}

static void family_add_nothing(void)
{
    promc_counter_family_add(cf, L("a"), 0);
}

static void look_up(void)
{
    assert_ptr_equal(promc_counter_labels(cf, L("a")), c);
}

static void set_same(void)
{
    promc_gauge_set(g, 7);
}

static void add_and_sub(void)
{
    promc_gauge_add(g, 1);
    promc_gauge_sub(g, 1);
}

static void set_after_add(void)
{
    promc_gauge_add(g, 1);
    promc_gauge_set(g, 5);
}

static void observe_zero(void)
{
    promc_histogram_observe(h, 0);
}

static void observe_summary(void)
{
    promc_summary_observe(s, 0);
}

static void same_state(void)
{
    promc_stateset_set_only(states, 1);
}

/* Whatever updates a series keeps it; nothing else does. */
static void updates(void **state)
{
    static const struct {
        void (*make)(const promc_opts *opts);
        void (*update)(void);
    } rows[] = {
        { make_counter, inc },
        { make_counter, add_half },
        { make_counter, look_up },
        { make_counter, family_add_nothing },
        { make_gauge, set_same },
        { make_gauge, add_and_sub },
        { make_gauge, set_after_add },
        { make_histogram, observe_zero },
        { make_summary, observe_summary },
        { make_states, same_state },
    };
    const promc_opts opts = expiring(60);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_registry_free(reg);
        reg = promc_registry_new(NULL);
        rows[i].make(&opts);
        for (int k = 0; k < 5; k++) {
            assert_true(there(59));
            rows[i].update();
        }
        assert_true(there(30)); /* noticed here */
        assert_true(there(59));
        if (there(1))
            fail_msg("row %zu: is still there", i);
    }
}

/* The one that expired is removed like any other: it may come again, and gives its place. */
static void comes_again(void **state)
{
    promc_opts opts = expiring(1.5);

    (void)state;
    opts.max_series = 1;
    make_counter(&opts);
    promc_counter_add(c, 3);
    assert_true(there(1));
    assert_true(there(1));
    assert_false(there(1));
    promc_counter_inc(c);
    assert_int_equal(dropped("removed"), 1);
    c = promc_counter_labels(cf, L("a"));
    assert_non_null(c);
    promc_counter_inc(c);
    assert_true(promc_counter_value(c) == 1);
    assert_true(there(1));
}

/* Time counts from the scrape that has seen the last update; families without expiry keep their
 * series. */
static void others(void **state)
{
    promc_opts opts = expiring(10);
    promc_counter_family *kept =
        promc_counter_family_new(reg, "k_total", "Help.", L("l"), NULL);

    (void)state;
    promc_counter_family_inc(kept, L("a"));
    cf = promc_counter_family_new_with(reg, "c_total", "Help.", L("l"), &opts, NULL);
    promc_counter_family_inc(cf, L("b"));
    assert_non_null(promc_counter_family_new_with(reg, "u_total", "Help.",
                                                  PROMC_NO_LABELS, &opts, NULL));
    now += 9;
    assert_samples("c_total{l=\"b\"} 1\nk_total{l=\"a\"} 1\nu_total 0\n");
    now += 9; /* nobody has touched u_total, which was made 18 s ago */
    assert_samples("c_total{l=\"b\"} 1\nk_total{l=\"a\"} 1\n");
    now += 1;
    assert_samples("k_total{l=\"a\"} 1\n");
}

static void bad_settings(void **state)
{
    static const double bad[] = { -1, NAN, INFINITY, 1e10 };
    promc_error err;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        promc_opts opts = expiring(bad[i]);

        assert_null(
            promc_counter_family_new_with(reg, "c", "Help.", L("l"), &opts, &err));
        assert_int_equal(err.code, -EINVAL);
        assert_non_null(strstr(err.text, "c: expiry"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMED(updates),
        TIMED(comes_again),
        TIMED(others),
        TIMED(bad_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
