/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "lane.h"

static size_t used_lanes(void)
{
    size_t n = 0;

    for (struct promc__lane *l = promc__lane_first(); l != NULL; l = promc__lane_next(l))
        n++;
    return n;
}

/* --- slots ----------------------------------------------------------------------- */

static void slots(void **state)
{
    static const uint32_t sizes[] = { 1, 2, 7, 8, 9, 100, 1003, PROMC__LANE_CHUNK };
    uint32_t slot[COUNT(sizes)], again;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint32_t at;

        assert_int_equal(promc__slot_alloc(sizes[i], &slot[i]), 0);
        at = slot[i] & (PROMC__LANE_CHUNK - 1);
        assert_true(at + sizes[i] <= PROMC__LANE_CHUNK); /* does not cross chunks */
        assert_true(sizes[i] < 8 || at % 8 == 0);
        for (size_t k = 0; k < i; k++)
            assert_true(slot[i] >= slot[k] + sizes[k] || slot[k] >= slot[i] + sizes[i]);
    }
    for (size_t i = 0; i < COUNT(sizes); i++) {
        promc__slot_free(slot[i], sizes[i]);
        assert_int_equal(promc__slot_alloc(sizes[i], &again), 0);
        assert_int_equal(again, slot[i]);
        promc__slot_free(again, sizes[i]);
    }
}

static uint32_t dirty_slot;
static promc_counter *some;
static pthread_barrier_t together;

static void *make_dirty(void *arg)
{
    _Atomic uint32_t slot = dirty_slot;
    struct promc__work w;
    promc__word *cell = promc__begin(&w, &slot, arg != NULL);

    for (uint32_t i = 0; i < 10; i++)
        promc__put(cell + i, 42 + i);
    promc__end(&w);
    return NULL;
}

/* A slot that others had is zero in every lane, the lent ones too. */
static void reuse_is_zeroed(void **state)
{
    uint32_t slot;

    (void)state;
    assert_int_equal(promc__slot_alloc(10, &dirty_slot), 0);
    run_threads(6, make_dirty, NULL);
    run_threads(6, make_dirty, &slot);
    make_dirty(NULL);
    promc__slot_free(dirty_slot, 10);
    assert_int_equal(promc__slot_alloc(10, &slot), 0);
    assert_int_equal(slot, dirty_slot);
    for (struct promc__lane *l = promc__lane_first(); l != NULL; l = promc__lane_next(l))
        for (uint32_t i = 0; i < 10; i++)
            assert_int_equal(promc__get(promc__lane_cell(l, slot) + i), 0);
    promc__slot_free(slot, 10);
}

/* Chunks come one by one as slots fill them; each lane has them all. */
static void many_slots(void **state)
{
    enum { N = 300, WORDS = 1000 };
    static uint32_t slot[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(promc__slot_alloc(WORDS, &slot[i]), 0);
        for (struct promc__lane *l = promc__lane_first(); l != NULL;
             l = promc__lane_next(l))
            assert_non_null(promc__lane_cell(l, slot[i]));
    }
    for (size_t i = 0; i < N; i++)
        promc__slot_free(slot[i], WORDS);
}

/* Memory runs out at any step of giving each lane its next chunk: nothing is half there,
 * and the same call does it later. */
static void out_of_memory(void **state)
{
    enum { MORE = 3 };
    int refused = 0;

    (void)state;
    for (size_t n = 1;; n++) {
        uint32_t slot[MORE];
        size_t made = 0, asked;
        int rc = 0;

        refuse_from = refuse_to = n;
        count_allocations();
        while (made < MORE && (rc = promc__slot_alloc(4000, &slot[made])) == 0)
            made++;
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        refused += rc != 0;
        assert_true(rc == 0 || rc == -ENOMEM);
        while (made < MORE)
            assert_int_equal(promc__slot_alloc(4000, &slot[made++]), 0);
        for (size_t i = 0; i < MORE; i++)
            for (struct promc__lane *l = promc__lane_first(); l != NULL;
                 l = promc__lane_next(l))
                assert_non_null(promc__lane_cell(l, slot[i]));
        /* not given back: the next round needs new chunks too */
        if (asked < n)
            break;
    }
    assert_true(refused > 12);
}

static void *hold_lane(void *arg)
{
    promc_counter_inc(arg);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    return NULL;
}

/* The stock is empty and cannot be filled: whoever asked is told, and a scrape comes out
 * all the same. */
static void restock_without_memory(void **state)
{
    enum { N = 64 };
    pthread_t thread[N];
    promc_counter *c = promc_counter_new(reg, "c", "Help.", NULL);
    int refused = 0;

    (void)state;
    render(PROMC_FORMAT_TEXT);
    pthread_barrier_init(&together, NULL, N + 1);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hold_lane, c), 0);
    pthread_barrier_wait(&together);
    for (size_t n = 1; n < 200; n++) {
        size_t asked;
        int rc;

        refuse_from = refuse_to = n;
        count_allocations();
        rc = promc__lane_restock();
        asked = counted_allocations();
        assert_int_equal(rc, asked < n ? 0 : -ENOMEM);
        refused += rc != 0;
        if (n == 1) {
            refuse_to = SIZE_MAX - 1;
            count_allocations();
            rc = promc_render(reg, PROMC_FORMAT_TEXT, page, NULL);
            counted_allocations();
            assert_int_equal(rc, 0);
            assert_non_null(strstr(promc_page_data(page), "\nc 64\n"));
        }
        refuse_from = refuse_to = SIZE_MAX;
    }
    pthread_barrier_wait(&together);
    for (size_t i = 0; i < N; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&together);
    assert_true(refused > 8);
}

/* --- threads --------------------------------------------------------------------- */

enum { THREADS = 40, ROUNDS = TSAN ? 2000 : 20000 };

static promc_histogram *times;
static promc_gauge *level;
static promc_summary *sizes;

static void *update_all(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&together);
    for (int i = 0; i < ROUNDS; i++) {
        promc_counter_inc(some);
        promc_counter_add(some, .25);
        promc_gauge_inc(level);
        promc_histogram_observe(times, i % 3);
        if (i % 10 == 0)
            promc_summary_observe(sizes, i);
    }
    pthread_barrier_wait(&together);
    return NULL;
}

/* Five times as many threads at once as lanes in stock, and nobody to fill it up: those
 * that go without share, and nothing is lost. */
static void more_threads_than_lanes(void **state)
{
    (void)state;
    some = promc_counter_new(reg, "c", "Help.", NULL);
    level = promc_gauge_new(reg, "g", "Help.", NULL);
    times = promc_histogram_new(reg, "h", "Help.", NULL, 0, NULL);
    sizes = promc_summary_new(reg, "s", "Help.", NULL, 0, NULL);
    pthread_barrier_init(&together, NULL, THREADS);
    run_threads(THREADS, update_all, NULL);
    pthread_barrier_destroy(&together);
    assert_true(promc_counter_value(some) == 1.25 * THREADS * ROUNDS);
    assert_true(promc_gauge_value(level) == (double)THREADS * ROUNDS);
    assert_int_equal(promc_histogram_count(times), THREADS * ROUNDS);
    assert_int_equal(promc_summary_count(sizes), THREADS * ROUNDS / 10);
}

static void *update_once(void *arg)
{
    promc_counter_inc(arg);
    return NULL;
}

/* Lanes are handed on from thread to thread. */
static void short_lived_threads(void **state)
{
    enum { N = 3000, AT_ONCE = 3 };
    promc_counter *c = promc_counter_new(reg, "c", "Help.", NULL);
    size_t before;

    (void)state;
    run_threads(AT_ONCE, update_once, c);
    before = used_lanes();
    for (int i = 1; i < N / AT_ONCE; i++) {
        run_threads(AT_ONCE, update_once, c);
        if (i % 100 == 0)
            render(PROMC_FORMAT_TEXT); /* fills the stock */
    }
    assert_true(promc_counter_value(c) == N);
    /* pthread_join() may return before the lane is back, but not by many */
    assert_true(used_lanes() <= before + AT_ONCE);
}

/* --- fork ------------------------------------------------------------------------ */

static _Atomic int stop;
static promc_summary_family *churning;

/* What takes several steps, so that a fork() is likely to come in the middle of one. */
static void *busy(void *arg)
{
    for (int i = 0; !atomic_load(&stop); i++) {
        promc_gauge_inc(level);
        promc_gauge_set(level, i % 100);
        promc_histogram_observe(times, i % 3);
        if (arg != NULL) {
            for (int k = 0; k < 60; k++)
                promc_summary_family_observe(churning, L("a"), ldexp(1, k));
            promc_summary_remove(churning, L("a"));
        }
    }
    return NULL;
}

/* In the child: everything can be used, and counts from where the parent was. */
static int works(double counted)
{
    promc_summary *s = promc_summary_labels(churning, L("a"));

    alarm(60); /* it would wait for ever for threads that are not here */
    promc_counter_inc(some);
    promc_gauge_set(level, 7);
    promc_gauge_inc(level);
    if (promc_gauge_value(level) != 8 || promc_counter_value(some) != counted + 1)
        return 1;
    for (int k = 0; k < 200; k++) {
        promc_summary_observe(s, ldexp(1, k % 60));
        promc_histogram_observe(times, 1);
    }
    promc_summary_remove(churning, L("a"));
    promc_summary_family_observe(churning, L("a"), 5);
    s = promc_summary_labels(churning, L("a"));
    if (promc_summary_count(s) != 1 || promc_summary_quantile(s, 1) != 5)
        return 2;
    if (promc_render(reg, PROMC_FORMAT_TEXT, page, NULL) != 0)
        return 3;
    return strstr(promc_page_data(page), "\ng 8\n") != NULL ? 0 : 4;
}

static void forks(void **state)
{
    enum { N = 300 };
    pthread_t thread[2];

    (void)state;
    if (TSAN)
        skip(); /* does not follow a fork of a process with threads */
    some = promc_counter_new(reg, "c", "Help.", NULL);
    level = promc_gauge_new(reg, "g", "Help.", NULL);
    times = promc_histogram_new(reg, "h", "Help.", NULL, 0, NULL);
    churning = promc_summary_family_new(reg, "s", "Help.", L("l"), NULL, 0, NULL);
    stop = 0;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, busy, i != 0 ? &stop : NULL),
                         0);
    for (int i = 0; i < N; i++) {
        pid_t pid;
        int status;

        promc_counter_inc(some);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(works(i + 1));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
            fail_msg("child %d: %#x", i, (unsigned)status);
    }
    stop = 1;
    for (size_t i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    assert_true(promc_counter_value(some) == N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(more_threads_than_lanes), TEST(slots),      TEST(reuse_is_zeroed),
        TEST(short_lived_threads),     TEST(many_slots), TEST(out_of_memory),
        TEST(restock_without_memory),  TEST(forks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
