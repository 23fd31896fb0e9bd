/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "family.h"
#include "registry.h"

static promc_error err;

/* --- registering the same again ----------------------------------------------------------- */

static void same_again(void **state)
{
    static const double bounds[] = { 1, 2 };
    static const char *const pairs[] = { "z", "1" };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter *c = promc_counter_new(reg, "c", "Help.", &err);
    promc_gauge_family *g = promc_gauge_family_new(reg, "g", "Help.", L("a", "b"), &err);
    promc_histogram_family *h =
        promc_histogram_family_new(reg, "h", "Help.", L("a"), bounds, 2, &err);
    promc_summary *s = promc_summary_new(reg, "s", "Help.", bounds, 1, &err);
    promc_info *info = promc_info_new(reg, "i_info", "Help.", L("a"), L("1"), &err);
    promc_stateset *t = promc_stateset_new(reg, "t", "Help.", L("on", "off"), &err);
    promc_counter_family *o;

    (void)state;
    opts.const_labels = pairs;
    opts.n_const_labels = 1;
    opts.max_series = 5;
    opts.expiry = 10;
    opts.overflow = "other";
    o = promc_counter_family_new_with(reg, "o", "Help.", L("a"), &opts, &err);
    assert_true(c && g && h && s && info && t && o);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(promc_counter_new(reg, "c", "Help.", &err), c);
        assert_ptr_equal(promc_gauge_family_new(reg, "g", "Help.", L("a", "b"), &err), g);
        assert_ptr_equal(
            promc_histogram_family_new(reg, "h", "Help.", L("a"), bounds, 2, &err), h);
        assert_ptr_equal(promc_summary_new(reg, "s", "Help.", bounds, 1, &err), s);
        assert_ptr_equal(promc_info_new(reg, "i_info", "Help.", L("a"), L("1"), &err),
                         info);
        assert_ptr_equal(promc_stateset_new(reg, "t", "Help.", L("on", "off"), &err), t);
        assert_ptr_equal(
            promc_counter_family_new_with(reg, "o", "Help.", L("a"), &opts, &err), o);
    }
    assert_int_equal(promc_registry_error(reg, NULL), 0);
}

/* Whatever differs is named. */
static void not_quite_the_same(void **state)
{
    static const double bounds[] = { .25, .5, .75 };
    static const char *const pairs[] = { "z", "1", "z", "2" };
    promc_opts opts[8];

    (void)state;
    for (size_t i = 0; i < COUNT(opts); i++)
        opts[i] = (promc_opts)PROMC_OPTS_INIT;
    opts[1].max_series = 7;
    opts[2].expiry = 7;
    opts[3].overflow = "other";
    opts[4].const_labels = pairs;
    opts[4].n_const_labels = 1;
    opts[5].const_labels = pairs + 2;
    opts[5].n_const_labels = 1;
    opts[6].open_labels = 1;
    opts[7].max_age = 7;
    assert_non_null(promc_counter_family_new(reg, "c", "Help.", L("a", "b"), &err));
    assert_non_null(promc_summary_new(reg, "s", "Help.", bounds, 2, &err));
    assert_non_null(promc_histogram_new(reg, "h", "Help.", bounds, 2, &err));
    assert_non_null(promc_info_new(reg, "i_info", "Help.", L("a"), L("1"), &err));
    assert_non_null(promc_stateset_new(reg, "t", "Help.", L("on", "off"), &err));
#define REFUSED(call, what)                                                              \
    do {                                                                                 \
        memset(&err, 0, sizeof err);                                                     \
        assert_null(call);                                                               \
        assert_int_equal(err.code, -EEXIST);                                             \
        assert_non_null(strstr(err.text, what));                                         \
    } while (0)
    REFUSED(promc_gauge_family_new(reg, "c", "Help.", L("a", "b"), &err),
            "taken by a counter");
    REFUSED(promc_counter_family_new(reg, "c", "Help!", L("a", "b"), &err), "help text");
    REFUSED(promc_counter_family_new(reg, "c", "Help.", L("b", "a"), &err),
            "label names");
    REFUSED(promc_counter_family_new(reg, "c", "Help.", L("a"), &err), "label names");
    for (size_t i = 1; i <= 5; i++)
        REFUSED(
            promc_counter_family_new_with(reg, "c", "Help.", L("a", "b"), &opts[i], &err),
            i < 4 ? "limits" : "constant labels");
    REFUSED(
        promc_counter_family_new_with(reg, "c", "Help.", PROMC_NO_LABELS, &opts[6], &err),
        "label names");
    REFUSED(promc_summary_new(reg, "s", "Help.", bounds + 1, 2, &err), "quantiles");
    REFUSED(promc_summary_new(reg, "s", "Help.", bounds, 3, &err), "number of quantiles");
    REFUSED(promc_summary_family_new_with(reg, "s", "Help.", PROMC_NO_LABELS, bounds, 2,
                                          &opts[7], &err),
            "window");
    REFUSED(promc_histogram_new(reg, "h", "Help.", bounds + 1, 2, &err), "bounds");
    REFUSED(promc_histogram_new(reg, "h", "Help.", bounds, 3, &err), "number of buckets");
    REFUSED(promc_info_new(reg, "i_info", "Help.", L("a"), L("2"), &err), "other labels");
    REFUSED(promc_stateset_new(reg, "t", "Help.", L("off", "on"), &err), "states");
}

/* --- unregistering ------------------------------------------------------------------------ */

static double five(void *arg)
{
    (void)arg;
    return 5;
}

static void unregister(void **state)
{
    promc_counter_family *f =
        promc_counter_family_new(reg, "f", "Help.", L("a", "b"), &err);
    promc_counter *c = promc_counter_labels(f, L("1", "2"));
    promc_gauge *g = promc_gauge_new(reg, "g", "Help.", &err);
    promc_histogram *h = promc_histogram_new(reg, "h", "Help.", NULL, 0, &err);
    promc_summary *s = promc_summary_new(reg, "s", "Help.", NULL, 0, &err);
    static const char *const names[] = { "f", "g", "h", "s", "n" };

    (void)state;
    assert_int_equal(promc_gauge_func_new(reg, "n", "Help.", five, NULL, &err), 0);
    render(PROMC_FORMAT_TEXT);
    assert_int_equal(promc_unregister(reg, "x"), -ENOENT);
    assert_int_equal(promc_unregister(reg, NULL), -ENOENT);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(promc_unregister(reg, names[i]), 0);
        assert_int_equal(promc_unregister(reg, names[i]), -ENOENT);
    }
    for (int i = 0; i < 3; i++) {
        assert_null(strstr(render(PROMC_FORMAT_TEXT), "Help."));
        /* what somebody still has is safe */
        promc_counter_inc(c);
        promc_gauge_set(g, 1);
        promc_histogram_observe(h, 1);
        promc_summary_observe(s, 1);
        assert_null(promc_counter_labels(f, L("1", "2")));
        promc_counter_family_inc(f, L("1", "2"));
        promc_counter_family_clear(f);
        assert_int_equal(promc_counter_remove(f, L("1", "2")), -ENOENT);
        assert_int_equal(promc_remove(reg, "f", L("a", "b"), L("1", "2")), 0);
        assert_true(promc_counter_value(c) == 0 && promc_gauge_value(g) == 0);
        assert_int_equal(dropped("removed"), 6 * (i + 1));
    }
    /* the names are free, for anything */
    assert_non_null(promc_counter_new(reg, "g", "Other.", &err));
    assert_non_null(promc_gauge_new(reg, "h_sum", "Other.", &err));
    promc_counter_release(c);
    promc_gauge_release(g);
}

/* Again and again; what stays of each is small. */
static void churn(void **state)
{
    size_t bytes = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        promc_counter_family *f =
            promc_counter_family_new(reg, "f", "Help.", L("a"), &err);

        promc_counter_family_inc(f, L("1"));
        if (i % 2 == 0)
            render(PROMC_FORMAT_TEXT);
        assert_int_equal(promc_unregister(reg, "f"), 0);
        if (i == 1000)
            bytes = reg->arena.bytes;
    }
    assert_int_equal(reg->arena.bytes, bytes);
}

/* A function is not asked any more once its metric is gone. */
static _Atomic int asking, may_answer, gone;

static double slow(void *arg)
{
    (void)arg;
    assert_false(atomic_load(&gone));
    atomic_store(&asking, 1);
    while (!atomic_load(&may_answer))
        sched_yield();
    return 1;
}

static void *scrape(void *arg)
{
    promc_page *p = promc_page_new(NULL);

    (void)arg;
    promc_render(reg, PROMC_FORMAT_TEXT, p, NULL);
    promc_page_free(p);
    return NULL;
}

static void *unregister_slow(void *arg)
{
    (void)arg;
    assert_int_equal(promc_unregister(reg, "n"), 0);
    assert_true(atomic_load(&may_answer));
    atomic_store(&gone, 1);
    return NULL;
}

static void waits_for_functions(void **state)
{
    pthread_t t[2];

    (void)state;
    assert_int_equal(promc_gauge_func_new(reg, "n", "Help.", slow, NULL, &err), 0);
    assert_int_equal(pthread_create(&t[0], NULL, scrape, NULL), 0);
    while (!atomic_load(&asking))
        sched_yield();
    assert_int_equal(pthread_create(&t[1], NULL, unregister_slow, NULL), 0);
    for (int i = 0; i < 100; i++)
        sched_yield();
    assert_false(atomic_load(&gone));
    atomic_store(&may_answer, 1);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    assert_samples("");
}

static double zero(void *arg)
{
    (void)arg;
    return 0;
}

static size_t n_leaving(void)
{
    size_t n = 0;

    for (const struct promc__family *f = reg->limbo.leaving; f != NULL; f = f->next)
        n++;
    for (const struct promc__family *f = reg->limbo.waiting.families; f != NULL;
         f = f->next)
        n++;
    return n;
}

/* Families without series come and go, and nobody ever scrapes. */
static void functions_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(promc_gauge_func_new(reg, "g", "Help.", zero, NULL, NULL), 0);
        assert_int_equal(promc_unregister(reg, "g"), 0);
        assert_true(n_leaving() < 200);
    }
    render(PROMC_FORMAT_TEXT);
    assert_int_equal(n_leaving(), 0);
    assert_int_equal(atomic_load(&reg->limbo.n), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(same_again), TEST(not_quite_the_same),  TEST(unregister),
        TEST(churn),      TEST(waits_for_functions), TEST(functions_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
