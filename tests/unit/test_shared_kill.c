/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_shared_kill.c - a process that shares a registry is killed at each of the instructions
 * that an operation takes: another process then finds everything whole, and nothing held or
 * lost.
 *
 * The process is a child that is stepped from one instruction to the next by ptrace(). Long
 * operations are killed at every few instructions, so that a test takes STEPS steps in all;
 * PROMC_STEPS in the environment is another number.
 */
#include "config.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "family.h"
#include "lane.h"
#include "metrics.h"
#include "registry.h"
#include "shared.h"

enum { PATIENCE = 500, SERIES = 100000, STEPS = 20000 };

static promc_counter_family *family;
static promc_gauge *gauge;
static promc_histogram *histogram;
static promc_summary *summary;
static unsigned round_no;

static const char *numbered(const char *text)
{
    static char buf[40];

    snprintf(buf, sizeof buf, "%s%06u", text, round_no);
    return buf;
}

static void make_registry(unsigned max_lanes)
{
    static const double bounds[] = { 1, 2, 3 };
    promc_shared_opts shared = PROMC_SHARED_OPTS_INIT;
    promc_opts opts = PROMC_OPTS_INIT;

    alarm(PATIENCE); /* what waits for a dead process waits for ever */
    shared.max_lanes = max_lanes;
    reg = promc_registry_new_shared(&shared, NULL);
    assert_non_null(reg);
    opts.max_series = SERIES;
    family =
        promc_counter_family_new_with(reg, "family_total", "F.", L("l"), &opts, NULL);
    gauge = promc_gauge_new(reg, "gauge", "G.", NULL);
    histogram = promc_histogram_new(reg, "histogram", "H.", bounds, 3, NULL);
    summary = promc_summary_new(reg, "summary", "S.", NULL, 0, NULL);
    assert_true(family && gauge && histogram && summary);
    page = promc_page_new(NULL);
}

/* --- stepping --------------------------------------------------------------------------- */

static pid_t start(void (*before)(void), void (*fn)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        before();
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(77);
        raise(SIGSTOP);
        fn();
        raise(SIGSTOP);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        skip(); /* not allowed here */
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    return pid;
}

/* One instruction; 0 when the operation is over. */
static int step(pid_t pid)
{
    int status;

    assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    return WSTOPSIG(status) != SIGSTOP;
}

static void end(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    do
        assert_int_equal(waitpid(pid, &status, 0), pid);
    while (!WIFSIGNALED(status));
}

/* Have a child run @before, and of @fn the first @steps instructions; then it is killed. Returns
 * how many it took, which is less when @fn was over by then. */
static unsigned killed_after(unsigned steps, void (*before)(void), void (*fn)(void))
{
    pid_t pid = start(before, fn);
    unsigned taken = 0;

    while (taken < steps && step(pid))
        taken++;
    end(pid);
    return taken;
}

/* Do so for each number of steps, or each few; @check afterwards, which is told whether the child
 * was killed before the end. */
static void at_each(void (*before)(void), void (*fn)(void), void (*check)(int cut))
{
    const char *wanted = getenv("PROMC_STEPS");
    unsigned long budget = wanted != NULL ? strtoul(wanted, NULL, 10) : STEPS;
    unsigned all, stride, n = 0;

    round_no++;
    all = killed_after(1u << 30, before, fn);
    check(0);
    stride = (unsigned)((unsigned long)all * all / 2 / budget) + 1;
    for (unsigned steps = 0; steps < all; steps += stride, n++) {
        round_no++;
        check(killed_after(steps, before, fn) == steps);
    }
    print_message("%u instructions, killed at %u of them\n", all, n);
}

static void nothing(void)
{
}

/* --- updates ------------------------------------------------------------------------------ */

/* The child has its lane, so that there is little but the update. */
static void find_lane(void)
{
    promc_counter_family_inc(family, L("x"));
}

static uint64_t observed; /* so far */

static void observe(void)
{
    promc_histogram_observe(histogram, 2.5);
}

/* In bucket and sum, or in none of them. */
static void check_observed(int cut)
{
    uint64_t counts[4];
    double sum;

    promc__histogram_read((struct promc__child *)histogram, counts, &sum);
    assert_true(counts[2] == observed + 1 || (cut && counts[2] == observed));
    observed = counts[2];
    assert_float_equal(sum, 2.5 * (double)observed, 0);
    observe();
    assert_int_equal(promc_histogram_count(histogram), ++observed);
}

static void observations(void **state)
{
    (void)state;
    make_registry(0);
    observed = 0;
    observe(); /* our lane, which no child may write to */
    observed++;
    at_each(find_lane, observe, check_observed);
}

/* The child's first, for which it has to find a lane, and mend it. */
static void first_observations(void **state)
{
    (void)state;
    make_registry(0);
    observed = 0;
    at_each(nothing, observe, check_observed);
}

/* There is one lane, which is ours. */
static void borrowed(void **state)
{
    (void)state;
    make_registry(1);
    observed = 0;
    observe();
    observed = 1;
    at_each(nothing, observe, check_observed);
}

static double expected;

static void add(void)
{
    promc_gauge_add(gauge, 1);
}

static void check_added(int cut)
{
    double v = promc_gauge_value(gauge);

    assert_true(v == expected + 1 || (cut && v == expected));
    expected = v;
}

static void gauges(void **state)
{
    (void)state;
    make_registry(0);
    expected = 0;
    at_each(find_lane, add, check_added);
}

/* --- names ------------------------------------------------------------------------------ */

static size_t n_series(void)
{
    return atomic_load_explicit(&((struct promc__family *)family)->n_children,
                                memory_order_relaxed);
}

/* Bytes of all but the lanes' chunks. */
static size_t names_size(void)
{
    struct promc__region *r = reg->shared->region;
    size_t used =
        promc__shared_used(reg->shared); /* first: it mends what there is to mend */
    size_t chunks = atomic_load_explicit(&r->chunks, memory_order_relaxed);
    size_t lanes = atomic_load_explicit(&r->lanes, memory_order_relaxed);

    return used - chunks * lanes * PROMC__LANE_CHUNK * sizeof(promc__word);
}

static void make_series(void)
{
    promc_counter_family_inc(family, L(numbered("series")));
}

/* There, once, or not; if not, it can be made. */
static void check_made(int cut)
{
    size_t size =
        names_size(); /* mends: without the lock, the series may be found already */
    size_t n = n_series();
    double v;

    assert_true(n == round_no || (cut && n == round_no - 1));
    v = promc_counter_value(promc_counter_labels(family, L(numbered("series"))));
    assert_true(v == 1 || (cut && v == 0));
    assert_int_equal(n_series(), round_no);
    assert_true(n == round_no ? names_size() == size : names_size() > size);
}

/* Nothing is lost that @make takes when nobody is killed. */
static void check_size(void (*make)(void))
{
    unsigned rounds = round_no;
    size_t size = names_size();

    promc_registry_free(reg);
    promc_page_free(page);
    make_registry(0);
    for (round_no = 1; round_no <= rounds; round_no++)
        make();
    assert_int_equal(size, names_size());
}

static void new_series(void **state)
{
    unsigned lines = 0;

    (void)state;
    make_registry(0);
    round_no = 0;
    at_each(nothing, make_series, check_made);
    for (const char *p = render(PROMC_FORMAT_TEXT); (p = strstr(p, "family_total{")); p++)
        lines++;
    assert_int_equal(lines, round_no);
    check_size(make_series);
}

static void make_family(void)
{
    promc_histogram_observe(
        promc_histogram_new(reg, numbered("fresh"), "F.", NULL, 0, NULL), 1);
}

static void check_family(int cut)
{
    promc_histogram *h = promc_histogram_new(reg, numbered("fresh"), "F.", NULL, 0, NULL);
    uint64_t n = promc_histogram_count(h);

    assert_non_null(h);
    assert_true(n == 1 || (cut && n == 0));
}

static void new_families(void **state)
{
    (void)state;
    make_registry(0);
    round_no = 0;
    at_each(nothing, make_family, check_family);
    render(PROMC_FORMAT_TEXT);
    check_size(make_family);
}

static void remove_series(void)
{
    promc_counter_remove(family, L("removed"));
}

static void check_removed(int cut)
{
    int rc = promc_counter_remove(family, L("removed"));
    promc_counter *c;

    assert_true(rc == -ENOENT || (cut && rc == 0));
    assert_int_equal(n_series(), 0);
    c = promc_counter_labels(family, L("removed"));
    assert_float_equal(promc_counter_value(c), 0, 0);
    promc_counter_inc(c);
}

static void removing(void **state)
{
    (void)state;
    make_registry(0);
    promc_counter_family_inc(family, L("removed"));
    at_each(nothing, remove_series, check_removed);
}

static void unregister(void)
{
    promc_unregister(reg, "family_total");
}

static void check_unregistered(int cut)
{
    int rc = promc_unregister(reg, "family_total");
    promc_counter_family *again;

    assert_true(rc == -ENOENT || (cut && rc == 0));
    assert_null(promc_counter_labels(family, L("x")));
    again = promc_counter_family_new(reg, "family_total", "F.", L("l"), NULL);
    assert_ptr_not_equal(again, family);
    family = again;
    promc_counter_family_inc(family, L("x"));
    promc_counter_family_inc(family, L("y"));
}

static void unregistering(void **state)
{
    (void)state;
    make_registry(0);
    promc_counter_family_inc(family, L("x"));
    at_each(nothing, unregister, check_unregistered);
}

/* --- lanes and readers -------------------------------------------------------------------- */

/* So that more are needed. */
static void take_all_lanes(void)
{
    uint32_t n = atomic_load_explicit(&reg->shared->region->lanes, memory_order_acquire);

    for (uint32_t i = PROMC__SHARED_LENT; i < n; i++)
        assert_true(promc__shared_take(&reg->shared->lanes[i]));
}

static void restock(void)
{
    promc__shared_restock(reg->shared);
}

static size_t size_of_names;

static void check_lanes(int cut)
{
    (void)cut;
    assert_int_equal(names_size(), size_of_names);
    take_all_lanes();
    for (uint32_t i = PROMC__SHARED_LENT;
         i < atomic_load_explicit(&reg->shared->region->lanes, memory_order_acquire); i++)
        promc__shared_give(&reg->shared->lanes[i]);
}

static void new_lanes(void **state)
{
    (void)state;
    make_registry(2000);
    size_of_names = names_size();
    at_each(take_all_lanes, restock, check_lanes);
}

static void read_summary(void)
{
    promc_summary_count(summary);
}

/* Observations are not asked to step aside for a reader that is dead. */
static void check_summary(int cut)
{
    _Atomic uint32_t *divert;

    (void)cut;
    promc_summary_observe(summary, 1);
    divert = atomic_load_explicit(&reg->shared->region->diverted, memory_order_relaxed);
    assert_true(divert == NULL ||
                atomic_load_explicit(divert, memory_order_relaxed) == 0);
    assert_int_equal(promc_summary_count(summary), ++observed);
    assert_float_equal(promc_summary_sum(summary), (double)observed, 0);
}

static void readers(void **state)
{
    (void)state;
    make_registry(0);
    observed = 0;
    check_summary(0);
    at_each(nothing, read_summary, check_summary);
}

static void scrape(void)
{
    promc_render(reg, PROMC_FORMAT_TEXT, page, NULL);
}

static void check_scrape(int cut)
{
    (void)cut;
    scrape();
    promc_counter_family_inc(family, L("x"));
    promc_histogram_observe(histogram, 2.5);
    assert_int_equal(promc_histogram_count(histogram), ++observed);
}

static void scrapes(void **state)
{
    (void)state;
    make_registry(0);
    observed = 0;
    at_each(nothing, scrape, check_scrape);
}

int main(void)
{
#define KILL_TEST(f) cmocka_unit_test_teardown(f, tear_down)
    const struct CMUnitTest tests[] = {
        KILL_TEST(observations), KILL_TEST(first_observations),
        KILL_TEST(borrowed),     KILL_TEST(gauges),
        KILL_TEST(new_series),   KILL_TEST(new_families),
        KILL_TEST(removing),     KILL_TEST(unregistering),
        KILL_TEST(new_lanes),    KILL_TEST(readers),
        KILL_TEST(scrapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
