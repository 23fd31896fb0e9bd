/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "sketch.h"

enum {
    CHUNK_BYTES = PROMC__LANE_CHUNK * sizeof(promc__word),
    IN_A_CHUNK = CHUNK_BYTES / 520
};

/* A lane of our own with so many chunks of pages, and one age. */
static struct promc__lane *lane;
static promc__word age[PROMC__AGE_WORDS];
static struct promc__sketch_scratch found;

static void new_lane(size_t chunks)
{
    lane = promc__map(sizeof *lane);
    assert_non_null(lane);
    for (size_t i = 0; i < chunks; i++)
        lane->page_chunk[i] = promc__map(CHUNK_BYTES);
    memset(age, 0, sizeof age);
    found.n = 0;
}

static int drop_lane(void **state)
{
    (void)state;
    for (size_t i = 0; lane != NULL && i < 8; i++)
        promc__unmap(lane->page_chunk[i], CHUNK_BYTES);
    promc__unmap(lane, sizeof *lane);
    lane = NULL;
    promc__free(found.v);
    memset(&found, 0, sizeof found);
    return 0;
}

static int add(double v, uint64_t n)
{
    return promc__sketch_add(lane, age, 1, v, n);
}

static double quantile(double q)
{
    double at;

    found.n = 0;
    assert_int_equal(promc__sketch_gather(lane, age, 0, 1, &found), 0);
    promc__sketch_quantiles(&found, &q, 1, &at);
    return at;
}

static uint64_t weight(void)
{
    uint64_t n = 0;

    found.n = 0;
    assert_int_equal(promc__sketch_gather(lane, age, 0, 1, &found), 0);
    for (size_t i = 0; i < found.n; i++)
        n += found.v[i].n;
    return n;
}

/* Few values come back as they are, at the rank that the definition says. */
static void exact(void **state)
{
    (void)state;
    new_lane(0);
    for (int n = 1; n <= PROMC__AGE_VALUES; n++) {
        assert_int_equal(add(n * .1, 1), 1);
        for (int percent = 0; percent <= 100; percent++) {
            int rank = (percent * n + 99) / 100; /* rounded up */

            if (quantile(percent / 100.0) != (rank > 0 ? rank : 1) * .1)
                fail_msg("%d %% of %d: %g", percent, n, quantile(percent / 100.0));
        }
    }
}

/* So are more of them, from several ages or lanes: 0.28 * 25 is above 7 in doubles. */
static void ranks(void **state)
{
    struct promc__sketch_value values[200];

    (void)state;
    for (int n = 1; n <= 200; n++)
        for (int percent = 1; percent <= 100; percent++) {
            struct promc__sketch_scratch s = { values, (size_t)n, COUNT(values) };
            double q = percent / 100.0;
            double at;

            for (int i = 0; i < n; i++)
                values[i] = (struct promc__sketch_value){ n - i, 1 };
            promc__sketch_quantiles(&s, &q, 1, &at);
            if (at != (percent * n + 99) / 100)
                fail_msg("%d %% of %d: %g", percent, n, at);
        }
}

/* Any double is found again within half a percent, and its sign. */
static void accuracy(void **state)
{
    static const double rows[] = { 1,      1.00001, 127.9,    -3.3, 1e-300, 1e300,
                                   -1e300, 1.7e308, 2.3e-308, .1,   -1e-9,  65535.999 };

    (void)state;
    new_lane(1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc__sketch_clear(lane, age);
        for (int k = 0; k <= PROMC__AGE_VALUES; k++)
            assert_int_equal(add(rows[i], 1), 1);
        if (!(fabs(quantile(.5) - rows[i]) <= .005 * fabs(rows[i])))
            fail_msg("%g became %g", rows[i], quantile(.5));
        assert_int_equal(weight(), PROMC__AGE_VALUES + 1);
    }
}

static void without_a_middle(void **state)
{
    static const double rows[] = { 0, INFINITY, -INFINITY };

    (void)state;
    new_lane(1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc__sketch_clear(lane, age);
        for (int k = 0; k <= PROMC__AGE_VALUES; k++)
            add(rows[i], 1);
        assert_true(quantile(.5) == rows[i]);
    }
}

static void weights(void **state)
{
    (void)state;
    new_lane(1);
    add(1, 90);
    add(2, 9);
    add(3, 1);
    assert_true(quantile(.9) == 1);
    assert_true(quantile(.91) == 2);
    assert_true(quantile(.99) == 2);
    assert_true(quantile(1) == 3);
    for (int i = 0; i < PROMC__AGE_VALUES; i++)
        add(4, 10);
    assert_int_equal(weight(), 100 + 10 * PROMC__AGE_VALUES);
    /* a bucket that is full stays full */
    add(4, UINT64_MAX);
    add(4, UINT64_MAX);
    add(4, 1);
    assert_true(fabs(quantile(.5) - 4) < .02);
    assert_int_equal(weight(), 100 + (uint64_t)UINT32_MAX);
}

/* The pages of a lane are used up: what has no page of its own is counted in the nearest.
 */
static void exhausted(void **state)
{
    int n = 0;

    (void)state;
    new_lane(1);
    for (int i = 0; i < 2 * IN_A_CHUNK; i++, n++)
        assert_int_equal(add(ldexp(1, i), 1), 1); /* a page each */
    assert_int_equal(weight(), n);
    assert_true(quantile(0) == ldexp(1, 0) * (1 + 1.0 / 256));
    assert_true(quantile(1) >= ldexp(1, IN_A_CHUNK - 1));
    assert_true(quantile(1) <= ldexp(1, IN_A_CHUNK));
    /* given back, they serve again */
    promc__sketch_clear(lane, age);
    assert_int_equal(weight(), 0);
    for (int i = 0; i < IN_A_CHUNK; i++)
        assert_int_equal(add(ldexp(1.5, -i), 1), 1);
    assert_int_equal(weight(), IN_A_CHUNK);
    assert_true(fabs(quantile(0) / ldexp(1.5, 1 - IN_A_CHUNK) - 1) < .005);
}

/* Not a single page: the first values are kept, the rest is refused. */
static void no_pages(void **state)
{
    (void)state;
    new_lane(0);
    for (int i = 0; i < PROMC__AGE_VALUES; i++)
        assert_int_equal(add(i, 1), 1);
    assert_int_equal(add(1, 1), 0);
    assert_int_equal(add(1, 1), 0);
}

/* An age is emptied by the first value of a later one, and not read outside its window.
 */
static void ages(void **state)
{
    (void)state;
    new_lane(1);
    for (int i = 0; i < 100; i++)
        promc__sketch_add(lane, age, 5, i, 1);
    for (uint64_t after = 0; after < 10; after++) {
        found.n = 0;
        assert_int_equal(promc__sketch_gather(lane, age, after, after + 3, &found), 0);
        assert_int_equal(found.n != 0, after < 5 && after + 3 >= 5);
    }
    promc__sketch_add(lane, age, 6, 42, 1);
    found.n = 0;
    assert_int_equal(promc__sketch_gather(lane, age, 5, 6, &found), 0);
    assert_int_equal(found.n, 1);
    assert_true(found.v[0].v == 42);
}

static void *refuse(void *p, size_t size)
{
    (void)p;
    (void)size;
    return NULL;
}

static void out_of_memory(void **state)
{
    (void)state;
    new_lane(1);
    for (int i = 0; i < 100; i++)
        add(i, 1);
    promc__alloc_hook(refuse);
    assert_int_equal(promc__sketch_gather(lane, age, 0, 1, &found), -ENOMEM);
    promc__alloc_hook(NULL);
    assert_int_equal(weight(), 100);
}

static void nothing(void **state)
{
    static const double q[] = { 0, .5, 1 };
    double at[3] = { 0 };

    (void)state;
    promc__sketch_quantiles(&found, q, 3, at);
    for (int i = 0; i < 3; i++)
        assert_true(isnan(at[i]));
    promc__sketch_quantiles(&found, NULL, 0, NULL);
}

#define SKETCH(f) cmocka_unit_test_teardown(f, drop_lane)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SKETCH(exact),         SKETCH(ranks),
        SKETCH(accuracy),      SKETCH(without_a_middle),
        SKETCH(weights),       SKETCH(exhausted),
        SKETCH(no_pages),      SKETCH(ages),
        SKETCH(out_of_memory), SKETCH(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
