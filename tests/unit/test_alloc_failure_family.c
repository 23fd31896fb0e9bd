/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alloc_failure_family.c - registering, the first time and again, and through views, while
 * allocations are refused, see refuse.h.
 */
#include "config.h"
#include "refuse_families.h"

static void nothing(void)
{
}

/* --- without labels ------------------------------------------------------------------- */

static int counter_new(void)
{
    promc_error err = { 0 };

    return made(promc_counter_new(reg, "c_total", "Help.", &err), &err);
}

static int gauge_new(void)
{
    promc_error err = { 0 };

    return made(promc_gauge_new(reg, "g.\xc3\xa9", "Help \\ \n.", &err), &err);
}

static int histogram_new(void)
{
    promc_error err = { 0 };

    return made(promc_histogram_new(reg, "h", "Help.", NULL, 0, &err), &err);
}

static int summary_new(void)
{
    promc_error err = { 0 };

    return made(promc_summary_new(reg, "s", "Help.", quantiles, N_QUANTILES, &err), &err);
}

static int stateset_new(void)
{
    promc_error err = { 0 };

    return made(promc_stateset_new(reg, "st", "Help.", STATES, &err), &err);
}

static double half(void *arg)
{
    (void)arg;
    return .5;
}

static int counter_func(void)
{
    return promc_counter_func_new(reg, "cf_total", "Help.", half, NULL, NULL);
}

static int gauge_func(void)
{
    return promc_gauge_func_new(reg, "gf", "Help.", half, NULL, NULL);
}

static int unknown_func(void)
{
    return promc_unknown_func_new(reg, "uf", "Help.", half, NULL, NULL);
}

/* --- again, and otherwise -------------------------------------------------------------- */

static int histogram_again(void)
{
    const promc_histogram_family *first = hf;
    int rc = histogram_family();

    assert_true(rc != 0 || hf == first);
    hf = (promc_histogram_family *)(uintptr_t)first;
    return rc;
}

static void with_histogram_series(void)
{
    with_histogram_family();
    assert_non_null(promc_histogram_labels(hf, L("1")));
}

static int refused_differs(void)
{
    promc_error err = { 0 };

    assert_null(
        promc_histogram_family_new(reg, "h_seconds", "Help.", L("m"), bounds, 1, &err));
    return err.code == -EEXIST ? 0 : err.code;
}

static int info_again(void)
{
    const promc_info *first = info;
    int rc = info_new();

    assert_true(rc != 0 || info == first);
    info = (promc_info *)(uintptr_t)first;
    return rc;
}

static void many_families(void)
{
    for (char name[] = "a"; *name < 'a' + 16; ++*name)
        assert_non_null(promc_gauge_new(reg, name, "Help.", NULL));
}

/* --- views ----------------------------------------------------------------------------- */

static promc_registry *view; /* freed once something was registered through it */

static int wrap(void)
{
    promc_error err = { 0 };
    promc_registry *inner = promc_registry_wrap(reg, "in_", L("in"), L("1"), &err);
    int rc = made(inner, &err);

    if (rc == 0) {
        view = promc_registry_wrap(inner, "out_", L("out.er"), L("2"), &err);
        rc = made(view, &err);
    }
    promc_registry_free(inner);
    return rc;
}

static int wrap_alone(void)
{
    int rc = wrap();

    if (rc == 0)
        promc_registry_free(view);
    return rc;
}

static void with_view(void)
{
    assert_int_equal(wrap(), 0);
}

static int done_with_view(int rc)
{
    if (rc == 0)
        promc_registry_free(view);
    return rc;
}

static int view_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    gf = promc_gauge_family_new_with(view, "w_seconds", "Help.", L("l"), &opts, &err);
    return done_with_view(made(gf, &err));
}

static int view_stateset(void)
{
    promc_error err = { 0 };
    const promc_stateset *s = promc_stateset_new(view, "st", "Help.", STATES, &err);

    return done_with_view(made(s, &err));
}

static int view_func(void)
{
    return done_with_view(promc_gauge_func_new(view, "f", "Help.", half, NULL, NULL));
}

static void collect(promc_emitter *e, void *arg)
{
    (void)arg;
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "e", "Help.", L("l")), L("1"), 1);
}

static int view_collector(void)
{
    return done_with_view(promc_collector_register(view, collect, NULL, NULL));
}

/* --- all of them ----------------------------------------------------------------------- */

static const struct step steps[] = {
    { "counter", nothing, counter_new, 0 },
    { "gauge", nothing, gauge_new, 0 },
    { "histogram", nothing, histogram_new, 0 },
    { "summary", nothing, summary_new, 0 },
    { "stateset", nothing, stateset_new, 1 },
    { "info", nothing, info_new, 1 },
    { "counter function", nothing, counter_func, 0 },
    { "gauge function", nothing, gauge_func, 0 },
    { "unknown function", nothing, unknown_func, 0 },
    { "counter family", nothing, counter_family, 0 },
    { "gauge family", nothing, gauge_family, 0 },
    { "histogram family", nothing, histogram_family, 0 },
    { "summary family", nothing, summary_family, 0 },
    { "stateset family", nothing, stateset_family, 1 },
    { "open family", nothing, open_family, 0 },
    { "plain family", nothing, plain_family, 0 },
    { "the family for which the list grows", many_families, counter_new, 0 },
    { "histogram again", with_histogram_series, histogram_again, 0 },
    { "histogram otherwise", with_histogram_series, refused_differs, 0 },
    { "info again", with_info_new, info_again, 1 },
    { "views alone", nothing, wrap_alone, 0 },
    { "family through a view", with_view, view_family, 0 },
    { "stateset through a view", with_view, view_stateset, 1 },
    { "function through a view", with_view, view_func, 0 },
    { "collector through a view", with_view, view_collector, 0 },
};

static void each_step(void **state)
{
    (void)state;
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

/* Made in whole or not at all; of those a process may have, none is lost. */
static void shared_registries(void **state)
{
    size_t asked, n = 0;

    (void)state;
    do {
        promc_error err = { 0 };
        promc_shared_opts opts = PROMC_SHARED_OPTS_INIT;
        promc_registry *r;

        opts.max_bytes = 1u << 24;
        refuse_from = refuse_to = ++n;
        count_allocations();
        r = promc_registry_new_shared(&opts, &err);
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_int_equal(made(r, &err), r != NULL ? 0 : -ENOMEM);
        promc_registry_free(r);
    } while (asked >= n);
    assert_true(n > 2);
    refuse_shared = 1;
    for (int i = 0; i < 20; i++) {
        fresh();
        tear_down(NULL);
    }
    refuse_shared = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step),
        cmocka_unit_test(each_step_shared),
        cmocka_unit_test(shared_registries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
