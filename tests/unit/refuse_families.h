/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse_families.h - families of all types with all settings, as steps of refuse.h: made, and
 * made before something else.
 */
#ifndef TESTS_REFUSE_FAMILIES_H
#define TESTS_REFUSE_FAMILIES_H

#include "refuse.h"

static promc_counter_family *cf;
static promc_gauge_family *gf;
static promc_histogram_family *hf;
static promc_summary_family *sf;
static promc_stateset_family *states;
static promc_info *info;

static const char *const state_names[] = { "on", "off", "half" };
static const double quantiles[] = { .5, .9 };
/* Shared registries have less. */
#define N_QUANTILES (refuse_shared ? 0 : COUNT(quantiles))
static const double bounds[] = { 1, 2, 4 };

#define STATES ((promc_labels){ state_names, COUNT(state_names) })

static const char *constrain(void *arg, const char *label, const char *value)
{
    (void)arg;
    (void)label;
    return strcmp(value, "A") == 0 ? "a" : value;
}

/* Everything at once. */
static promc_opts all_opts(void)
{
    static const char *const consts[] = { "const", "1", "c.2", "\"2\"" };
    promc_opts opts = PROMC_OPTS_INIT;

    opts.max_series = 2;
    opts.const_labels = consts;
    opts.n_const_labels = COUNT(consts) / 2;
    opts.unit = "seconds";
    opts.expiry = refuse_shared ? 0 : 1e6;
    opts.overflow = "other";
    opts.constrain = constrain;
    return opts;
}

static int counter_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    opts.exemplars = !refuse_shared;
    cf = promc_counter_family_new_with(reg, "c_seconds_total", "Help.", L("l", "k"),
                                       &opts, &err);
    return made(cf, &err);
}

static int gauge_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    gf = promc_gauge_family_new_with(reg, "g_seconds", "Help.", L("l.m"), &opts, &err);
    return made(gf, &err);
}

static int histogram_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    opts.exemplars = !refuse_shared;
    opts.native_factor = refuse_shared ? 0 : 1.1;
    opts.native_max_zero_threshold = 1;
    hf = promc_histogram_family_new_with(reg, "h_seconds", "Help.", L("l"), bounds,
                                         COUNT(bounds), &opts, &err);
    return made(hf, &err);
}

static int summary_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    opts.max_age = 60;
    opts.age_buckets = 3;
    sf = promc_summary_family_new_with(reg, "s_seconds", "Help.", L("l"), quantiles,
                                       N_QUANTILES, &opts, &err);
    return made(sf, &err);
}

static int stateset_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    opts.unit = NULL;
    states =
        promc_stateset_family_new_with(reg, "st", "Help.", L("l"), STATES, &opts, &err);
    return made(states, &err);
}

static int open_family(void)
{
    promc_opts opts = all_opts();
    promc_error err = { 0 };

    opts.open_labels = 1;
    gf = promc_gauge_family_new_with(reg, "o_seconds", "Help.", PROMC_NO_LABELS, &opts,
                                     &err);
    return made(gf, &err);
}

static int plain_family(void)
{
    promc_error err = { 0 };

    gf = promc_gauge_family_new(reg, "p", "Help.", L("l"), &err);
    return made(gf, &err);
}

static int info_new(void)
{
    promc_error err = { 0 };

    info = promc_info_new(reg, "b_info", "Help.", L("v", "a.b"), L("1", "x"), &err);
    return made(info, &err);
}

#define WITH(name)                                                                       \
    __attribute__((unused)) static void with_##name(void)                                \
    {                                                                                    \
        assert_int_equal(name(), 0);                                                     \
    }
WITH(counter_family)
WITH(gauge_family)
WITH(histogram_family)
WITH(summary_family)
WITH(stateset_family)
WITH(open_family)
WITH(plain_family)
WITH(info_new)

#endif /* TESTS_REFUSE_FAMILIES_H */
