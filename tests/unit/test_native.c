/* SPDX-License-Identifier: Apache-2.0 */
/* Native buckets of one thread: numbers and bounds, spans, and the limits observation by
 * observation. Several threads are in test_native_threads.c. */
#include "config.h"

#include "core.h"
#include "native_view.h"

#include <float.h>

/* --- numbers ---------------------------------------------------------------------------- */

static void schemas(void **state)
{
    static const struct {
        double factor;
        int schema;
    } rows[] = {
        { 65536, -4 }, { INFINITY, -4 }, { 1e9, -4 },   { 256, -3 }, { 16, -2 },
        { 17, -2 },    { 4, -1 },        { 3, 0 },      { 2, 0 },    { 1.5, 1 },
        { 1.2, 2 },    { 1.1, 3 },       { 1.05, 4 },   { 1.03, 5 }, { 1.02, 6 },
        { 1.01, 7 },   { 1.005, 8 },     { 1.0001, 8 },
    };
    promc_error err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct promc__native_rules r;
        promc_opts o = PROMC_OPTS_INIT;

        o.native_factor = rows[i].factor;
        assert_int_equal(promc__native_rules_init(&r, "x", &o, &err), 1);
        if (r.schema != rows[i].schema)
            fail_msg("%g: schema %d", rows[i].factor, r.schema);
    }
}

static void settings(void **state)
{
    static const struct {
        double factor, reset, zero, max_zero;
        unsigned buckets;
        int only, rc;
    } rows[] = {
        { 1, 0, 0, 0, 0, 0, 0 },
        { 0, 0, 0, 0, 0, 0, 0 },
        { NAN, 0, 0, 0, 0, 0, 0 },
        { -2, 0, 0, 0, 0, 0, 0 },
        { 1.1, 0, 0, 0, 0, 1, 1 },
        { 1, 0, 0, 0, 0, 1, -EINVAL },
        { 1.1, 0, 0, 0, 400, 0, 1 },
        { 1.1, 0, 0, 0, 401, 0, -EINVAL },
        { 1.1, -1, 0, 0, 0, 0, -EINVAL },
        { 1.1, NAN, 0, 0, 0, 0, -EINVAL },
        { 1.1, 1e9, 0, 0, 0, 0, 1 },
        { 1.1, INFINITY, 0, 0, 0, 0, -EINVAL },
        { 1.1, 0, NAN, 0, 0, 0, -EINVAL },
        { 1.1, 0, INFINITY, 0, 0, 0, -EINVAL },
        { 1.1, 0, -1, 0, 0, 0, 1 },
        { 1.1, 0, DBL_MAX, 0, 0, 0, 1 },
        { 1.1, 0, 0, -1, 0, 0, -EINVAL },
        { 1.1, 0, 0, NAN, 0, 0, -EINVAL },
        { 1.1, 0, 0, INFINITY, 0, 0, -EINVAL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_opts o = PROMC_OPTS_INIT;
        promc_error err = { 0 };
        char name[20];
        promc_histogram_family *f;

        o.native_factor = rows[i].factor;
        o.native_min_reset = rows[i].reset;
        o.native_zero_threshold = rows[i].zero;
        o.native_max_zero_threshold = rows[i].max_zero;
        o.native_buckets = rows[i].buckets;
        o.native_only = rows[i].only;
        snprintf(name, sizeof name, "h%zu", i);
        f = promc_histogram_family_new_with(reg, name, "Help.", PROMC_NO_LABELS, NULL, 0,
                                            &o, &err);
        if ((f == NULL) != (rows[i].rc < 0) ||
            (f != NULL &&
             promc__histogram_shape((struct promc__family *)f)->native != rows[i].rc))
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(err.code, rows[i].rc < 0 ? -EINVAL : 0);
        assert_true(rows[i].rc >= 0 || strstr(err.text, name) != NULL);
    }
}

static void upper_bounds(void **state)
{
    static const struct {
        int number, schema;
        double le;
    } rows[] = {
        { -1, -1, .25 },
        { 0, -1, 1 },
        { 1, -1, 4 },
        { 512, -1, DBL_MAX },
        { 513, -1, INFINITY },
        { -1, 0, .5 },
        { 0, 0, 1 },
        { 1, 0, 2 },
        { 1024, 0, DBL_MAX },
        { 1025, 0, INFINITY },
        { -1, 2, .8408964152537144 },
        { 0, 2, 1 },
        { 1, 2, 1.189207115002721 },
        { 4096, 2, DBL_MAX },
        { 4097, 2, INFINITY },
        { 262144, 8, DBL_MAX },
        { 262145, 8, INFINITY },
        { 64, -4, DBL_MAX },
        { 65, -4, INFINITY },
        { -67, -4, 0x1p-1072 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (promc__native_le(rows[i].number, rows[i].schema) != rows[i].le)
            fail_msg("%d, schema %d: %.17g", rows[i].number, rows[i].schema,
                     promc__native_le(rows[i].number, rows[i].schema));
}

static int number_of(double v, int schema)
{
    return promc__native_coarser(promc__native_number(promc__as_bits(v)),
                                 (uint64_t)(PROMC__NATIVE_FINEST - schema));
}

/* A bucket begins behind the bound of the one before, and holds its own bound. */
static void numbers(void **state)
{
    (void)state;
    for (int schema = -4; schema <= 8; schema++) {
        int per_octave = schema > 0 ? 1 << schema : 1;
        int first = schema > 0 ? -1074 * per_octave : -(1074 >> -schema);
        int last = schema > 0 ? 1024 * per_octave : 1024 >> -schema;

        for (int i = first; i <= last; i++) {
            double le = promc__native_le(i, schema);

            /* far down, several bounds are one and the same number */
            if (le < 1e-290)
                continue;
            if (number_of(le, schema) != i ||
                number_of(nextafter(le, INFINITY), schema) != i + 1)
                fail_msg(
                    "schema %d: the value %.17g is in %d, the next one in %d, not %d",
                    schema, le, number_of(le, schema),
                    number_of(nextafter(le, INFINITY), schema), i);
        }
        assert_int_equal(number_of(DBL_MAX, schema), last);
        assert_int_equal(number_of(INFINITY, schema), last + 1);
        assert_true(promc__native_le(number_of(5e-324, schema), schema) >= 5e-324);
    }
    for (int exponent = -1074; exponent <= -1022; exponent++)
        assert_int_equal(number_of(ldexp(1, exponent), 8), exponent * 256);
    /* as frexp() and a search among the published bounds find it */
    for (int i = 0; i < 100000; i++) {
        double v =
            ldexp(1 + (double)random() / 0x80000000u, (int)(random() % 2098) - 1074);
        int exponent;
        double fraction = frexp(v, &exponent);
        int at = 0;

        while (promc__as_double(promc__native_bounds[at]) < fraction)
            at++;
        assert_int_equal(number_of(v, 8), at + (exponent - 1) * 256);
    }
}

/* --- what is shown ---------------------------------------------------------------------- */

struct scenario {
    const char *name;
    double values[20]; /* one a minute, the first after one minute; up to NONE */
    double factor, zero, max_zero, min_reset;
    unsigned buckets;
    double sum;
    uint64_t count;
    const char *want;
    int minutes; /* created, after the start */
};

#define NONE 1e99

static const struct scenario scenarios[] = {
    { "nothing",
      { NONE },
      1.1,
      0,
      0,
      0,
      0,
      0,
      0,
      "schema 3 zero 0 below 2.9387358770557188e-39",
      0 },
    { "nothing, zero exact",
      { NONE },
      1.1,
      -1,
      0,
      0,
      0,
      0,
      0,
      "schema 3 zero 0 below 0",
      0 },
    { "1.1",
      { 0, 1, 2, 3, NONE },
      1.1,
      0,
      0,
      0,
      0,
      6,
      4,
      "schema 3 zero 1 below 2.9387358770557188e-39 + [0,1] [7,1] [4,1] 1 0 0",
      0 },
    { "1.2",
      { 0, 1, 1.2, 1.4, 1.8, 2, NONE },
      1.2,
      0,
      0,
      0,
      0,
      7.4,
      6,
      "schema 2 zero 1 below 2.9387358770557188e-39 + [0,5] 1 -1 2 -2 2",
      0 },
    { "4",
      { 0.0156251, 0.0625, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 3.5, 5, 6, 7, 33.33, NONE },
      4,
      0,
      0,
      0,
      0,
      63.2581251,
      14,
      "schema -1 zero 0 below 2.9387358770557188e-39 + [-2,6] 2 0 0 2 -1 -2",
      0 },
    { "17",
      { 0.0156251, 0.0625, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 3.5, 5, 6, 7, 33.33, NONE },
      17,
      0,
      0,
      0,
      0,
      63.2581251,
      14,
      "schema -2 zero 0 below 2.9387358770557188e-39 + [-1,4] 2 2 3 -6",
      0 },
    { "negative",
      { 0, -1, -1.2, -1.4, -1.8, -2, NONE },
      1.2,
      0,
      0,
      0,
      0,
      -7.4,
      6,
      "schema 2 zero 1 below 2.9387358770557188e-39 - [0,5] 1 -1 2 -2 2",
      0 },
    { "both",
      { 0, -1, -1.2, -1.4, -1.8, -2, 1, 1.2, 1.4, 1.8, 2, NONE },
      1.2,
      0,
      0,
      0,
      0,
      0,
      11,
      "schema 2 zero 1 below 2.9387358770557188e-39 + [0,5] 1 -1 2 -2 2 - [0,5] 1 -1 2 "
      "-2 2",
      0 },
    { "wide zero",
      { 0, -1, -1.2, -1.4, -1.8, -2, 1, 1.2, 1.4, 1.8, 2, NONE },
      1.2,
      1.4,
      0,
      0,
      0,
      0,
      11,
      "schema 2 zero 7 below 1.3999999999999999 + [4,1] 2 - [4,1] 2",
      0 },
    { "+Inf",
      { 0, 1, 1.2, 1.4, 1.8, 2, INFINITY, NONE },
      1.2,
      0,
      0,
      0,
      0,
      INFINITY,
      7,
      "schema 2 zero 1 below 2.9387358770557188e-39 + [0,5] [4092,1] 1 -1 2 -2 2 -1",
      0 },
    { "-Inf",
      { 0, 1, 1.2, 1.4, 1.8, 2, -INFINITY, NONE },
      1.2,
      0,
      0,
      0,
      0,
      -INFINITY,
      7,
      "schema 2 zero 1 below 2.9387358770557188e-39 + [0,5] 1 -1 2 -2 2 - [4097,1] 1",
      0 },
    { "gaps",
      { .7, .7, .7, .8, .8, .8, .8, .8, 1.3, 1.8, 1.8, 1.8, 2.2, 2.2, NONE },
      1.2,
      0,
      0,
      0,
      0,
      17.2,
      14,
      "schema 2 zero 0 below 2.9387358770557188e-39 + [-2,8] 3 2 -5 0 1 -1 3 -1",
      0 },
    { "as many as allowed",
      { 0, 1, 1.2, 1.4, 1.8, 2, NONE },
      1.2,
      0,
      0,
      0,
      4,
      7.4,
      6,
      "schema 2 zero 1 below 2.9387358770557188e-39 + [0,5] 1 -1 2 -2 2",
      0 },
    { "halved",
      { 0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3, NONE },
      1.2,
      0,
      0,
      0,
      4,
      11.5,
      8,
      "schema 1 zero 1 below 2.9387358770557188e-39 + [0,5] 1 2 -1 -2 1",
      0 },
    { "widened",
      { 0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3, NONE },
      1.2,
      0,
      1.2,
      0,
      4,
      11.5,
      8,
      "schema 2 zero 2 below 1 + [1,7] 1 1 -2 2 -2 0 1",
      0 },
    { "widened twice",
      { 0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3, 4, NONE },
      1.2,
      0,
      1.2,
      0,
      4,
      15.5,
      9,
      "schema 2 zero 3 below 1.189207115002721 + [2,7] 2 -2 2 -2 0 1 0",
      0 },
    { "reset",
      { 0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3, 4, NONE },
      1.2,
      0,
      1.2,
      5 * 60,
      4,
      7,
      2,
      "schema 2 zero 0 below 2.9387358770557188e-39 + [7,2] 1 0",
      8 },
    { "halved, negative",
      { 0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3, NONE },
      1.2,
      0,
      0,
      0,
      4,
      -11.5,
      8,
      "schema 1 zero 1 below 2.9387358770557188e-39 - [0,5] 1 2 -1 -2 1",
      0 },
    { "widened, negative",
      { 0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3, NONE },
      1.2,
      0,
      1.2,
      0,
      4,
      -11.5,
      8,
      "schema 2 zero 2 below 1 - [1,7] 1 1 -2 2 -2 0 1",
      0 },
    { "widened twice, negative",
      { 0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3, -4, NONE },
      1.2,
      0,
      1.2,
      0,
      4,
      -15.5,
      9,
      "schema 2 zero 3 below 1.189207115002721 - [2,7] 2 -2 2 -2 0 1 0",
      0 },
    { "reset, negative",
      { 0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3, -4, NONE },
      1.2,
      0,
      1.2,
      5 * 60,
      4,
      -7,
      2,
      "schema 2 zero 0 below 2.9387358770557188e-39 - [7,2] 1 0",
      8 },
    { "halved, then reset",
      { 0, 1, 1.1, 1.2, 1.4, 1.8, 2, 5, 5.1, 3, 4, NONE },
      1.2,
      0,
      0,
      9 * 60,
      4,
      12.1,
      3,
      "schema 2 zero 0 below 2.9387358770557188e-39 + [7,4] 1 0 -1 1",
      9 },
    { "widened, then reset",
      { 0, 1, 1.1, 1.2, 1.4, 1.8, 2, 5, 5.1, 3, 4, NONE },
      1.2,
      0,
      1.2,
      9 * 60,
      4,
      12.1,
      3,
      "schema 2 zero 0 below 2.9387358770557188e-39 + [7,4] 1 0 -1 1",
      9 },
    { "both signs widened at once",
      { -1, 1, 2, 4, 8, NONE },
      2,
      0,
      1,
      0,
      4,
      14,
      5,
      "schema 0 zero 2 below 1 + [1,3] 1 0 0",
      0 },
    /* no pair of buckets shares one at schema -1: halved until there is */
    { "halved several times",
      { 1, 16, 256, 4096, NONE },
      2,
      0,
      0,
      0,
      2,
      4369,
      4,
      "schema -4 zero 0 below 2.9387358770557188e-39 + [0,2] 1 2",
      0 },
    { "nothing left to halve",
      { 1, 1e6, 1e12, -1e30, NONE },
      65536,
      0,
      0,
      0,
      1,
      -1e30,
      4,
      "schema -4 zero 0 below 2.9387358770557188e-39 + [0,4] 1 -1 1 0 - [7,1] 1",
      0 },
    { "subnormal",
      { 5e-324, -5e-324, 1e-310, 0, NONE },
      2,
      -1,
      0,
      0,
      0,
      1e-310,
      4,
      "schema 0 zero 1 below 0 + [-1074,1] [44,1] 1 0 - [-1074,1] 1",
      0 },
};

static void scenario(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        const struct scenario *s = &scenarios[i];
        promc_opts o = PROMC_OPTS_INIT;
        struct shown got;
        promc_histogram *h;
        char name[20];

        now_ms = START;
        o.native_factor = s->factor;
        o.native_zero_threshold = s->zero;
        o.native_max_zero_threshold = s->max_zero;
        o.native_min_reset = s->min_reset;
        o.native_buckets = s->buckets;
        o.native_only = i % 2;
        snprintf(name, sizeof name, "h%zu", i);
        h = promc_histogram_labels(promc_histogram_family_new_with(reg, name, "Help.",
                                                                   PROMC_NO_LABELS, NULL,
                                                                   0, &o, NULL),
                                   PROMC_NO_LABELS);
        for (const double *v = s->values; *v != NONE; v++) {
            now_ms += 60 * 1000;
            if (s->min_reset == 9 * 60 && now_ms == START + 9 * 60 * 1000) {
                show(h, &got); /* the reset that is due waits for a scrape */
                free(got.text);
            }
            promc_histogram_observe(h, *v);
        }
        show(h, &got);
        if (strcmp(got.text, s->want) != 0)
            fail_msg("%s:\n%s, not\n%s", s->name, got.text, s->want);
        assert_int_equal(got.count, s->count);
        assert_int_equal(got.native_count, s->count);
        assert_int_equal(promc_histogram_count(h), s->count);
        if (!(got.sum == s->sum || fabs(got.sum - s->sum) < 1e-12))
            fail_msg("%s: sum %.17g", s->name, got.sum);
        assert_int_equal(got.created - START, s->minutes * 60 * 1000);
        free(got.text);
    }
}

static void nan_is_dropped(void **state)
{
    promc_histogram *h = native(1.1);
    struct shown got;

    (void)state;
    promc_histogram_observe(h, NAN);
    promc_histogram_observe(h, -NAN);
    promc_histogram_observe_n(h, 1, 0);
    show(h, &got);
    assert_int_equal(got.count, 0);
    assert_int_equal(dropped("not_finite"), 2);
    free(got.text);
}

static void many_at_once(void **state)
{
    promc_histogram *h = native(2);
    struct shown got;

    (void)state;
    promc_histogram_observe_n(h, 3, 1000);
    promc_histogram_observe_n(h, 0, 7);
    promc_histogram_observe_n(h, -3, (uint64_t)1 << 40);
    show(h, &got);
    assert_string_equal(got.text,
                        "schema 0 zero 7 below 2.9387358770557188e-39 + [2,1] 1000"
                        " - [2,1] 1099511627776");
    assert_int_equal(got.count, 1007 + ((uint64_t)1 << 40));
    free(got.text);
    /* more than doubles can count: servers take only what adds up */
    promc_histogram_observe_n(h, 0, (uint64_t)1 << 54);
    show(h, &got);
    assert_non_null(strstr(got.text, " zero 18014398509481991 "));
    assert_int_equal(got.native_count, got.count);
    free(got.text);
}

/* Text shows the classic buckets. */
static void as_text(void **state)
{
    static const double bounds[] = { 1, 2 };
    promc_opts o = PROMC_OPTS_INIT;
    promc_histogram_family *both, *only;

    (void)state;
    o.native_factor = 1.1;
    both = promc_histogram_family_new_with(reg, "both", "Help.", PROMC_NO_LABELS, bounds,
                                           2, &o, NULL);
    o.native_only = 1;
    only = promc_histogram_family_new_with(reg, "only", "Help.", PROMC_NO_LABELS, bounds,
                                           2, &o, NULL);
    promc_histogram_family_observe(both, PROMC_NO_LABELS, 1.5);
    promc_histogram_family_observe(only, PROMC_NO_LABELS, 1.5);
    assert_samples("both_bucket{le=\"1\"} 0\nboth_bucket{le=\"2\"} 1\n"
                   "both_bucket{le=\"+Inf\"} 1\nboth_sum 1.5\nboth_count 1\n"
                   "only_bucket{le=\"+Inf\"} 1\nonly_sum 1.5\nonly_count 1\n");
}

/* Removed and made again: from zero, classic buckets included. */
static void removed(void **state)
{
    promc_opts o = PROMC_OPTS_INIT;
    promc_histogram_family *f;
    promc_histogram *h;
    struct shown got;

    (void)state;
    now_ms = START;
    o.native_factor = 2;
    f = promc_histogram_family_new_with(reg, "h", "Help.", L("k"), NULL, 0, &o, NULL);
    h = promc_histogram_labels(f, L("a"));
    promc_histogram_observe_n(h, 3, 5);
    now_ms += 1;
    assert_int_equal(promc_histogram_remove(f, L("a")), 0);
    h = promc_histogram_labels(f, L("a"));
    promc_histogram_observe(h, 4);
    show(h, &got);
    assert_string_equal(got.text,
                        "schema 0 zero 0 below 2.9387358770557188e-39 + [2,1] 1");
    assert_int_equal(got.count, 1);
    assert_true(got.sum == 4);
    assert_int_equal(got.created, START + 1);
    free(got.text);
}

/* An update that a fork() cut in two: in the native buckets, and not yet in the others. */
static void cut_short(void **state)
{
    promc_histogram *h = native(2);
    promc__word *cell;
    struct shown got;

    (void)state;
    promc_histogram_observe(h, 1); /* below all classic bounds but two */
    promc_histogram_observe(h, 1);
    cell = promc__lane_cell(promc__my_lane, ((struct promc__child *)h)->slot);
    promc__put(&cell[0], promc__get(&cell[0]) | 1);
    for (size_t i = 2; i < 14; i++) /* classic buckets */
        if (promc__get(&cell[i]) == 2)
            promc__put(&cell[i], 1);
    assert_int_equal(promc_histogram_count(h), 1);
    promc_histogram_observe(h, 1);
    show(h, &got);
    assert_string_equal(got.text,
                        "schema 0 zero 0 below 2.9387358770557188e-39 + [0,1] 3");
    assert_int_equal(got.count, 3);
    free(got.text);
}

/* Observing allocates nothing, at the limit neither; reading says when it cannot. */
static void memory(void **state)
{
    promc_opts o = PROMC_OPTS_INIT;
    struct promc__native_scratch s = { 0 };
    uint64_t counts[20];
    int64_t created;
    promc_histogram *h;
    double sum;

    (void)state;
    o.native_factor = 1.001;
    o.native_max_zero_threshold = 1e-5;
    h = promc_histogram_labels(promc_histogram_family_new_with(
                                   reg, "h", "Help.", PROMC_NO_LABELS, NULL, 0, &o, NULL),
                               PROMC_NO_LABELS);
    promc_histogram_observe(h, 1);
    count_allocations();
    for (double v = 1e-300; v < 1e300; v *= 1.01)
        promc_histogram_observe(h, v);
    assert_int_equal(counted_allocations(), 0);
    count_allocations();
    refuse_from = 1;
    assert_int_equal(promc__histogram_read_native((struct promc__child *)h, &s, counts,
                                                  &sum, &created),
                     -ENOMEM);
    refuse_from = SIZE_MAX;
    assert_int_equal(counted_allocations(), 1);
    assert_int_equal(promc__histogram_read_native((struct promc__child *)h, &s, counts,
                                                  &sum, &created),
                     0);
    count_allocations();
    assert_int_equal(promc__histogram_read_native((struct promc__child *)h, &s, counts,
                                                  &sum, &created),
                     0);
    assert_int_equal(counted_allocations(), 0);
    promc__free(s.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(schemas),        TEST(settings),     TEST(upper_bounds), TEST(numbers),
        TEST(scenario),       TEST(many_at_once), TEST(as_text),      TEST(removed),
        TEST(nan_is_dropped), TEST(cut_short),    TEST(memory),
    };

    promc__native_clock = fake_clock;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
