/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_perf.c - the perf collector: its flags, its table, and counting for real where
 * that is allowed.
 */
#include "config.h"

#include <sys/resource.h>

#include "node_run.h"

#include "node/collectors/perf.c"

static void test_cpus(void **state)
{
    static const struct {
        const char *list;
        int rc;
        const char *want; /* one character per CPU */
    } cases[] = {
        { "0", 0, "1000000000" },
        { "1,3", 0, "0101000000" },
        { "2-4", 0, "0011100000" },
        { "0-9:3", 0, "1001001001" },
        { "1-1:7,3", 0, "0101000000" },
        { "3,3,3-3", 0, "0001000000" },
        { "0-8:18446744073709551615", 0, "1000000000" },
        { "", -EINVAL, NULL },
        { "a", -EINVAL, NULL },
        { "1,", -EINVAL, NULL },
        { ",1", -EINVAL, NULL },
        { "4-2", -EINVAL, NULL },
        { "1-", -EINVAL, NULL },
        { "-1", -EINVAL, NULL },
        { "1-4:0", -EINVAL, NULL },
        { "1-4:", -EINVAL, NULL },
        { "1:2", -EINVAL, NULL },
        { "1 2", -EINVAL, NULL },
        { "1-2-3", -EINVAL, NULL },
        { "8192", -ERANGE, NULL },
        { "0-99999999999999999999", -ERANGE, NULL },
        { "99999999999999999999", -ERANGE, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct perf_cpus cpus = { { 0 } };

        assert_int_equal(perf_cpus_add(&cpus, span_str(cases[i].list)), cases[i].rc);
        for (size_t k = 0; cases[i].want && k < 10; k++)
            assert_int_equal(perf_cpus_has(&cpus, k), cases[i].want[k] == '1');
    }
}

static void cpus_feed(struct span prefix)
{
    struct perf_cpus cpus = { { 0 } };

    perf_cpus_add(&cpus, prefix);
}

static void test_cpus_cut(void **state)
{
    static const char list[] = "0-8191:7,8191,17-4000:18446744073709551615,1-";

    (void)state;
    node_test_prefixes(list, sizeof(list) - 1, cpus_feed);
}

static void test_tracepoint(void **state)
{
    static const struct {
        const char *text;
        const char *path, *metric; /* NULL: refused */
    } cases[] = {
        { "sched:sched_switch", "sched/sched_switch/id", "node_perf_sched_sched_switch" },
        { "a:B2", "a/B2/id", "node_perf_a_B2" },
        { "sched", NULL, NULL },
        { "sched:", NULL, NULL },
        { ":x", NULL, NULL },
        { "", NULL, NULL },
        { "a:b:c", NULL, NULL },
        { "../..:x", NULL, NULL },
        { "a:../../x", NULL, NULL },
        { "a:b c", NULL, NULL },
        { "sched:a_name_that_is_longer_than_there_is_room_for_it_in_a_path", NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[40], metric[60];

        assert_int_equal(
            perf_tracepoint(cases[i].text, path, sizeof(path), metric, sizeof(metric)),
            cases[i].path ? 0 : -EINVAL);
        if (cases[i].path) {
            assert_string_equal(path, cases[i].path);
            assert_string_equal(metric, cases[i].metric);
        }
    }
}

/* What the peer exposes: 9 hardware, 5 software and 16 cache events, none twice. */
static void test_table(void **state)
{
    size_t n[PERF_GROUPS] = { 0 };

    (void)state;
    for (size_t i = 0; i < perf_events_n; i++) {
        const struct perf_event *e = &perf_events[i];

        n[e->group]++;
        assert_true(strlen(e->metric) < sizeof(((struct perf_counter *)NULL)->metric));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(e->metric, perf_events[k].metric);
            assert_string_not_equal(e->profiler, perf_events[k].profiler);
            assert_false(e->type == perf_events[k].type &&
                         e->config == perf_events[k].config);
        }
    }
    assert_int_equal(n[PERF_HARDWARE], 9);
    assert_int_equal(n[PERF_SOFTWARE], 5);
    assert_int_equal(n[PERF_CACHE], 16);
}

static void no_flags(void)
{
    memset(&perf_flag, 0, sizeof(perf_flag));
}

/* Which events are chosen, whether or not they can be counted here. */
static void test_choice(void **state)
{
    static const struct {
        const char *args[5];
        size_t n;
    } cases[] = {
        { { "--collector.perf.disable-hardware-profilers" }, 21 },
        { { "--collector.perf.disable-software-profilers",
            "--collector.perf.disable-cache-profilers" },
          9 },
        { { "--collector.perf.cache-profilers=LLReadMiss",
            "--collector.perf.hardware-profilers=CpuCycles",
            "--collector.perf.software-profilers=PageFault",
            "--collector.perf.software-profilers=MajorFault" },
          4 },
        { { "--collector.perf.software-profilers=CpuCycles" }, 25 }, /* unknown there */
    };
    struct node_test_tree t;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/devices/system/cpu/online", "0\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct node_run r;

        no_flags();
        node_run_flags(&node_perf_collector, cases[i].args);
        assert_int_equal(node_run_start(&r, &node_perf_collector, &t.ctx), 0);
        assert_int_equal(((struct perf *)r.priv)->n, cases[i].n);
        node_run_stop(&r);
    }
    no_flags();
    node_test_tree_free(&t);
}

/* What is wrong in flags keeps the program from starting. */
static void test_refusals(void **state)
{
    static const char *const args[] = {
        "--collector.perf.cpus=1-",
        "--collector.perf.cpus=all",
        "--collector.perf.tracepoint=sched",
        "--collector.perf.tracepoint=no:such",
        "--collector.perf.tracepoint=odd:number",
    };
    struct node_test_tree t;
    struct node_run bad;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/devices/system/cpu/online", "0\n");
    node_test_put(&t, "sys/kernel/tracing/events/odd/number/id", "x\n");
    for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
        struct node_run r;

        no_flags();
        node_run_flags(&node_perf_collector, (const char *const[]){ args[i], NULL });
        assert_true(node_run_start(&r, &node_perf_collector, &t.ctx) < 0);
        assert_non_null(strstr(r.err.text, "--collector.perf."));
        node_run_stop(&r);
    }
    no_flags();
    node_test_put(&t, "sys/devices/system/cpu/online", "garbage\n");
    assert_int_equal(node_run_start(&bad, &node_perf_collector, &t.ctx), -EINVAL);
    node_run_stop(&bad);
    node_test_tree_free(&t);
}

/* Where tracefs is, old place and new. */
static void test_tracepoint_id(void **state)
{
    struct node_test_tree t;
    uint64_t id = 0;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(tracepoint_id(&t.ctx, "a/b/id", &id), -ENOENT);
    node_test_put(&t, "sys/kernel/debug/tracing/events/a/b/id", "311\n");
    assert_int_equal(tracepoint_id(&t.ctx, "a/b/id", &id), 0);
    assert_int_equal(id, 311);
    node_test_put(&t, "sys/kernel/tracing/events/a/b/id", "312\n");
    assert_int_equal(tracepoint_id(&t.ctx, "a/b/id", &id), 0);
    assert_int_equal(id, 312);
    node_test_tree_free(&t);
}

/* Not all that is asked for can be counted everywhere, and then there is a reason. */
static void test_nothing_counts(void **state)
{
    struct perf s = { .n = 1, .why_not = -EACCES };
    struct node_run r = { .err = { 0, "" } };
    struct perf_counter c = { .metric = "x" };
    promc_emitter *out = promc_emitter_new(NULL);

    (void)state;
    s.v = &c;
    assert_int_equal(perf_collect(NULL, &s, out, &r.err), -EACCES);
    assert_non_null(strstr(r.err.text, "perf_event_paranoid"));
    s.why_not = -ENOENT;
    assert_int_equal(perf_collect(NULL, &s, out, &r.err), NODE_NODATA);
    s.n = 0;
    assert_int_equal(perf_collect(NULL, &s, out, &r.err), 0);
    promc_emitter_free(out);
}

/* A descriptor per event and CPU is more than the usual limit on a large machine; up to
 * the hard one a process may help itself. */
static void test_many_files(void **state)
{
    struct rlimit was, low;
    struct node_test_tree t;
    struct node_run r;
    int rc;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    low = was;
    low.rlim_cur = 5;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/devices/system/cpu/online", "0\n");
    no_flags();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    rc = node_run_start(&r, &node_perf_collector, &t.ctx);
    setrlimit(RLIMIT_NOFILE, &was);
    assert_int_equal(rc, 0);
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_live(void **state)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "/run/udev/data" } };
    struct node_run r;

    (void)state;
    no_flags();
    perf_flag.cpus = "0";
    perf_flag.disabled[PERF_HARDWARE] = perf_flag.disabled[PERF_CACHE] = 1;
    assert_int_equal(node_run_start(&r, &node_perf_collector, &ctx), 0);
    if (node_run_once(&r, 10) != 0) {
        print_message("skipped: %s\n", r.err.text);
        node_run_stop(&r);
        no_flags();
        skip();
    }
    assert_true(node_test_holds(r.out, "node_perf_context_switches_total{cpu=\"0\"} "));
    assert_true(node_test_holds(r.out, "node_perf_page_faults_total{cpu=\"0\"} "));
    assert_false(node_test_holds(r.out, "node_perf_page_faults_total{cpu=\"1\"} "));
    assert_int_equal(node_run_once(&r, 10), 0);
    node_run_stop(&r);
    no_flags();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpus),          cmocka_unit_test(test_cpus_cut),
        cmocka_unit_test(test_tracepoint),    cmocka_unit_test(test_table),
        cmocka_unit_test(test_choice),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_tracepoint_id), cmocka_unit_test(test_nothing_counts),
        cmocka_unit_test(test_many_files),    cmocka_unit_test(test_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
