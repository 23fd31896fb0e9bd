/* SPDX-License-Identifier: Apache-2.0 */
/* Native buckets of several threads: against a plain map, and under a reader that looks all the
 * time. */
#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "native_view.h"

enum {
    THREADS = 4,
    OBSERVATIONS = TSAN ? 5000 : 50000,
    KEYS = 1 << 12,
    MIDDLE = KEYS / 2
};

static promc_histogram *h;
static _Atomic double range; /* of exponents */
static _Atomic unsigned started;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Any sign, evenly spread over the exponents; now and then zero. */
static double next_value(uint64_t *state)
{
    uint64_t r = next_random(state);
    double v = exp2(((double)(next_random(state) >> 11) / 0x1p53 - .5) * range);

    return r % 64 == 0 ? 0 : (r & 64) != 0 ? -v : v;
}

static promc_histogram *make(const char *name, const promc_opts *o)
{
    return promc_histogram_labels(promc_histogram_family_new_with(reg, name, "Help.",
                                                                  PROMC_NO_LABELS, NULL,
                                                                  0, o, NULL),
                                  PROMC_NO_LABELS);
}

static void *observe_random(void *arg)
{
    uint64_t state = 1 + atomic_fetch_add_explicit(&started, 1, memory_order_relaxed);

    for (size_t i = 0; i < OBSERVATIONS; i++)
        promc_histogram_observe(h, next_value(&state));
    return arg;
}

/* --- a plain map ------------------------------------------------------------------------ */

static uint64_t map[2][KEYS];
static uint64_t zeros;

static size_t populated(void)
{
    size_t n = 0;

    for (size_t sign = 0; sign < 2; sign++)
        for (size_t i = 0; i < KEYS; i++)
            n += map[sign][i] != 0;
    return n;
}

static void map_all(int schema)
{
    memset(map, 0, sizeof map);
    zeros = 0;
    for (unsigned t = 1; t <= THREADS; t++) {
        uint64_t state = t;

        for (size_t i = 0; i < OBSERVATIONS; i++) {
            double v = next_value(&state);
            int key = 0;

            if (v == 0) {
                zeros++;
                continue;
            }
            key = (int)ceil(log2(fabs(v)) * exp2(schema));
            /* log2() is not exact at the bounds */
            key += promc__native_le(key, schema) < fabs(v);
            key -= promc__native_le(key - 1, schema) >= fabs(v);
            map[v < 0][MIDDLE + key]++;
        }
    }
}

static void halve(void)
{
    static uint64_t half[2][KEYS];

    memset(half, 0, sizeof half);
    for (int sign = 0; sign < 2; sign++)
        for (int i = 0; i < KEYS; i++)
            half[sign][MIDDLE + (int)ceil((i - MIDDLE) / 2.0)] += map[sign][i];
    memcpy(map, half, sizeof map);
}

/* Widen the zero bucket by its neighbour. */
static double widen(int schema)
{
    for (int i = 0; i < KEYS; i++)
        if (map[0][i] != 0 || map[1][i] != 0) {
            zeros += map[0][i] + map[1][i];
            map[0][i] = map[1][i] = 0;
            return promc__native_le(i - MIDDLE, schema);
        }
    return 0;
}

static void expect_side(const struct promc__native_view *v, int sign)
{
    const promc_span *spans = sign ? v->negative_spans : v->positive_spans;
    size_t n = sign ? v->n_negative_spans : v->n_positive_spans;
    const uint64_t *counts = sign ? v->negative : v->positive;
    int key = MIDDLE;

    for (size_t i = 0; i < n; i++) {
        key += spans[i].offset;
        for (uint32_t k = 0; k < spans[i].length; k++, key++) {
            if (map[sign][key] != *counts)
                fail_msg("key %d: %" PRIu64 ", not %" PRIu64, key - MIDDLE, *counts,
                         map[sign][key]);
            map[sign][key] = 0;
            counts++;
        }
    }
}

static void against_a_map(void **state)
{
    static const struct {
        double factor, range, max_zero;
        unsigned limit;
    } rows[] = {
        { 1.1, 8, 0, 400 },  { 1.005, 1, 0, 400 }, { 2, 250, 0, 400 },
        { 1.1, 60, 0, 160 }, { 1.005, 14, 0, 20 }, { 1.1, 8, 0, 1 },
        { 1.1, 20, 2, 160 }, { 1.1, 20, 1e3, 50 }, { 1.5, 60, 1e6, 60 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_opts o = PROMC_OPTS_INIT;
        struct promc__native_scratch s = { 0 };
        struct promc__native_rules rules;
        double zero = ldexp(1, -128);
        int64_t created;
        uint64_t counts[20];
        int schema;
        double sum;
        char name[20];

        snprintf(name, sizeof name, "h%zu", i);
        o.native_factor = rows[i].factor;
        o.native_buckets = rows[i].limit;
        o.native_max_zero_threshold = rows[i].max_zero;
        range = rows[i].range;
        h = make(name, &o);
        started = 0;
        run_threads(THREADS, observe_random, NULL);
        assert_int_equal(promc__histogram_read_native((struct promc__child *)h, &s,
                                                      counts, &sum, &created),
                         0);
        assert_int_equal(promc__native_rules_init(&rules, name, &o, NULL), 1);
        schema = rules.schema;
        map_all(schema);
        while (populated() > rows[i].limit) {
            int smallest = 0;

            while (map[0][smallest] == 0 && map[1][smallest] == 0)
                smallest++;
            if (promc__native_le(smallest - MIDDLE, schema) <= rows[i].max_zero) {
                zero = widen(schema);
            } else if (schema > -4) {
                halve();
                schema--;
            } else {
                break;
            }
        }
        assert_int_equal(s.view.schema, schema);
        assert_true(s.view.zero_threshold == zero);
        if (s.view.zero_count != zeros)
            fail_msg("row %zu: zero count %" PRIu64 ", not %" PRIu64 ", below %g", i,
                     s.view.zero_count, zeros, zero);
        expect_side(&s.view, 0);
        expect_side(&s.view, 1);
        assert_int_equal(populated(), 0);
        promc__free(s.mem);
    }
}

/* --- under a reader --------------------------------------------------------------------- */

static _Atomic int ending;
static _Atomic uint64_t observed;

static void *observe_until_told(void *arg)
{
    uint64_t state = 1 + atomic_fetch_add_explicit(&started, 1, memory_order_relaxed);
    uint64_t n = 0;

    /* relaxed: nothing but the flag is passed on */
    for (; !atomic_load_explicit(&ending, memory_order_relaxed); n++)
        promc_histogram_observe(h, next_value(&state));
    atomic_fetch_add_explicit(&observed, n, memory_order_relaxed);
    return arg;
}

/* Threads that come and go, and leave their lanes to each other. */
static void *observe_in_passing(void *arg)
{
    pthread_t t;

    while (!atomic_load_explicit(&ending, memory_order_relaxed)) {
        range = range < 40 ? range + .1 : range; /* more and more buckets */
        assert_int_equal(pthread_create(&t, NULL, observe_random, NULL), 0);
        pthread_join(t, NULL);
        atomic_fetch_add_explicit(&observed, OBSERVATIONS, memory_order_relaxed);
    }
    return arg;
}

struct seen {
    uint64_t map[2][KEYS];
    uint64_t count, zeros;
    double zero;
    int schema;
    int64_t created;
};

static uint64_t fill_side(const struct promc__native_view *v, int sign, uint64_t *to)
{
    const promc_span *spans = sign ? v->negative_spans : v->positive_spans;
    const uint64_t *counts = sign ? v->negative : v->positive;
    uint64_t total = 0;
    int key = MIDDLE;

    for (size_t i = 0; i < (sign ? v->n_negative_spans : v->n_positive_spans); i++) {
        key += spans[i].offset;
        for (uint32_t k = 0; k < spans[i].length; k++) {
            total += *counts;
            to[key++] = *counts++;
        }
    }
    return total;
}

static void look(struct seen *to, unsigned limit)
{
    struct promc__native_scratch s = { 0 };
    uint64_t counts[20];
    uint64_t total;
    size_t n = 0;
    double sum;

    memset(to, 0, sizeof *to);
    assert_int_equal(promc__histogram_read_native((struct promc__child *)h, &s, counts,
                                                  &sum, &to->created),
                     0);
    for (size_t i = 0; i < 12; i++)
        to->count += counts[i];
    to->schema = s.view.schema;
    to->zero = s.view.zero_threshold;
    to->zeros = s.view.zero_count;
    total =
        to->zeros + fill_side(&s.view, 0, to->map[0]) + fill_side(&s.view, 1, to->map[1]);
    assert_int_equal(total, to->count);
    for (size_t i = 0; i < KEYS; i++)
        n += (to->map[0][i] != 0) + (to->map[1][i] != 0);
    assert_true(n <= limit);
    promc__free(s.mem);
}

/* As a server finds out about counts that step back: what was seen is made as coarse as what is
 * there now. */
static void check_step(struct seen *before, const struct seen *now)
{
    if (before->created != now->created) {
        assert_true(now->created > before->created);
        return;
    }
    assert_true(now->schema <= before->schema);
    assert_true(now->zero >= before->zero);
    memcpy(map, before->map, sizeof map);
    zeros = before->zeros;
    for (int i = 0; i < KEYS; i++)
        for (int sign = 0; sign < 2; sign++) {
            double below = promc__native_le(i - MIDDLE - 1, before->schema);

            if (map[sign][i] == 0 || below >= now->zero)
                continue;
            if (now->zero != before->zero &&
                promc__native_le(i - MIDDLE, before->schema) > now->zero)
                fail_msg("the zero bucket ends within one that was populated");
            if (promc__native_le(i - MIDDLE, before->schema) <= now->zero) {
                zeros += map[sign][i];
                map[sign][i] = 0;
            }
        }
    for (int schema = before->schema; schema > now->schema; schema--)
        halve();
    assert_true(now->count >= before->count);
    assert_true(now->zeros >= zeros);
    for (int i = 0; i < KEYS; i++)
        for (int sign = 0; sign < 2; sign++)
            if (map[sign][i] > now->map[sign][i])
                fail_msg("key %d: from %" PRIu64 " to %" PRIu64, i - MIDDLE, map[sign][i],
                         now->map[sign][i]);
}

static void *observe_list(void *arg)
{
    for (const double *v = arg; *v != 0; v++)
        promc_histogram_observe(h, *v);
    return NULL;
}

/* One thread makes what is shown coarse. Another, which is not, must not widen the zero bucket
 * by its own finer bounds then. */
static void no_finer_than_shown(void **state)
{
    static double coarse[] = { 8, 8.1, 16, 32, 64, 0 };
    static double one[] = { 1.1, 0 };
    static double more[] = { 1.3, 1.5, 1.7, 2.2, 0 };
    static struct seen before, now;
    promc_opts o = PROMC_OPTS_INIT;

    (void)state;
    o.native_factor = 1.2;
    o.native_buckets = 4;
    o.native_max_zero_threshold = 1.2;
    h = make("h", &o);
    observe_list(coarse);
    run_threads(1, observe_list, one);
    look(&before, 4);
    assert_int_equal(before.schema, -1);
    assert_int_equal(before.map[0][MIDDLE + 1], 1);
    run_threads(1, observe_list, more);
    look(&now, 4);
    check_step(&before, &now);
    assert_int_equal(now.map[0][MIDDLE + 1], 5);
}

static void under_a_reader(void **state)
{
    static const struct {
        double max_zero, min_reset;
        unsigned limit;
    } rows[] = {
        { 0, 0, 160 }, { 16, 0, 160 }, { 3, 0, 40 }, { 0, 1, 40 }, { 3, 1, 160 }
    };
    static struct seen before, now;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_opts o = PROMC_OPTS_INIT;
        pthread_t threads[THREADS];
        char name[20];

        snprintf(name, sizeof name, "r%zu", i);
        o.native_factor = 1.1;
        o.native_buckets = rows[i].limit;
        o.native_max_zero_threshold = rows[i].max_zero;
        o.native_min_reset = rows[i].min_reset;
        range = 2;
        h = make(name, &o);
        started = 0;
        observed = 0;
        ending = 0;
        for (size_t t = 0; t < THREADS - 1; t++)
            assert_int_equal(pthread_create(&threads[t], NULL, observe_until_told, NULL),
                             0);
        assert_int_equal(
            pthread_create(&threads[THREADS - 1], NULL, observe_in_passing, NULL), 0);
        look(&before, rows[i].limit);
        for (size_t k = 0; k < (TSAN ? 50 : 300); k++) {
            now_ms += 50;
            look(&now, rows[i].limit);
            check_step(&before, &now);
            before = now;
        }
        ending = 1;
        for (size_t t = 0; t < THREADS; t++)
            pthread_join(threads[t], NULL);
        look(&now, rows[i].limit);
        check_step(&before, &now);
        if (rows[i].min_reset == 0)
            assert_int_equal(now.count, observed);
        else
            assert_true(now.created > START);
    }
}

/* --- fork() ----------------------------------------------------------------------------- */

/* Without asserting anything: for the child. Do the native buckets and the others agree? */
static int agree(uint64_t *count)
{
    struct promc__native_scratch s = { 0 };
    uint64_t counts[20];
    uint64_t native;
    int64_t created;
    double sum;

    *count = 0;
    if (promc__histogram_read_native((struct promc__child *)h, &s, counts, &sum,
                                     &created) != 0)
        return 0;
    for (size_t i = 0; i < 12; i++)
        *count += counts[i];
    native = s.view.zero_count;
    for (size_t i = 0; i < s.view.n_positive; i++)
        native += s.view.positive[i];
    for (size_t i = 0; i < s.view.n_negative; i++)
        native += s.view.negative[i];
    promc__free(s.mem);
    return native == *count;
}

/* It has the lanes of threads that are not here any more, some with half an observation in them;
 * and takes some of them over. */
static int child(void)
{
    uint64_t first, last;
    pthread_t threads[2 * THREADS];
    int ok = agree(&first);

    for (size_t t = 0; t < COUNT(threads); t++)
        ok &= pthread_create(&threads[t], NULL, observe_random, NULL) == 0;
    for (size_t t = 0; t < COUNT(threads); t++)
        ok &= pthread_join(threads[t], NULL) == 0;
    return ok && agree(&last) && last - first == COUNT(threads) * OBSERVATIONS;
}

static void after_fork(void **state)
{
    promc_opts o = PROMC_OPTS_INIT;
    pthread_t threads[THREADS];

    (void)state;
    if (TSAN) /* does not follow a fork of a process with threads */
        skip();
    o.native_factor = 1.1;
    o.native_max_zero_threshold = 1e-3;
    range = 30;
    h = make("h", &o);
    started = 0;
    ending = 0;
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, observe_until_told, NULL), 0);
    for (size_t i = 0; i < 20; i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
            alarm(60);
            _exit(child() ? 0 : 1);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    ending = 1;
    for (size_t t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(against_a_map), TEST(no_finer_than_shown),
                                        TEST(under_a_reader), TEST(after_fork) };

    promc__native_clock = fake_clock;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
