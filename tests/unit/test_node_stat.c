/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_stat.c - the stat, schedstat and softnet collectors.
 */
#include "config.h"

#include "node_test.h"

#include "node/collectors/schedstat.c"
#include "node/collectors/softnet.c"
#include "node/collectors/stat.c"

static const char stat_text[] = "cpu  1 2 3 4\n"
                                "cpu0 1 2 3 4\n"
                                "intr 8885917 17 0 0\n"
                                "ctxt 38014093\n"
                                "btime 1418183276\n"
                                "processes 26442\n"
                                "procs_running 2\n"
                                "procs_blocked 0\n"
                                "softirq 60 1 2 3 4 5 6 7 8 9 10\n";

static void test_stat(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/stat", stat_text);
    assert_int_equal(node_stat_collector.init(&t.ctx, &priv, &err), 0);
    assert_int_equal(node_stat_collector.collect(&t.ctx, priv, e, &err), 0);
    node_test_expect(e, "# TYPE node_boot_time_seconds gauge\n"
                        "node_boot_time_seconds 1.418183276e+09\n"
                        "# TYPE node_context_switches_total counter\n"
                        "node_context_switches_total 3.8014093e+07\n"
                        "# TYPE node_forks_total counter\n"
                        "node_forks_total 26442\n"
                        "# TYPE node_intr_total counter\n"
                        "node_intr_total 8.885917e+06\n"
                        "# TYPE node_procs_blocked gauge\n"
                        "node_procs_blocked 0\n"
                        "# TYPE node_procs_running gauge\n"
                        "node_procs_running 2\n");
    promc_emitter_reset(e);
    stat_softirq = 1;
    assert_int_equal(node_stat_collector.collect(&t.ctx, priv, e, &err), 0);
    assert_true(node_test_holds(e, "node_softirqs_total{vector=\"hi\"} 1\n"));
    assert_true(node_test_holds(e, "node_softirqs_total{vector=\"block_iopoll\"} 6\n"));
    assert_true(node_test_holds(e, "node_softirqs_total{vector=\"rcu\"} 10\n"));
    stat_softirq = 0;
    promc_emitter_reset(e);
    node_test_remove(&t, "proc/stat");
    assert_int_equal(node_stat_collector.collect(&t.ctx, priv, e, &err), -ENOENT);
    assert_non_null(strstr(err.text, "proc/stat: No such file"));
    node_stat_collector.fini(priv);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

/* A bad line is named and costs itself only. */
static void test_stat_bad(void **state)
{
    static const struct {
        const char *text;
        int rc;
        size_t seen; /* index of a value that must still be there; STAT_METRICS: none */
    } cases[] = {
        { "", 0, STAT_METRICS },
        { "\n\n", 0, STAT_METRICS },
        { "intr\nctxt 5\n", -EINVAL, 1 },
        { "intr x\nctxt 5", -EINVAL, 1 },
        { "ctxt 99999999999999999999999\nprocs_running 1 2 3\n", -EINVAL, 4 },
        { "softirq\nbtime 1\n", -EINVAL, 2 },
        { "softirq 1 2 x\nbtime 1\n", -EINVAL, 2 },
        { "softirq 1 2 3 4 5 6 7 8 9 10 11 12 13 14\nbtime 1\n", 0, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stat_values v;
        promc_error err = { 0, "" };

        assert_int_equal(stat_parse(span_str(cases[i].text), &v, &err), cases[i].rc);
        if (cases[i].rc)
            assert_non_null(strstr(err.text, "stat line 1: "));
        for (size_t j = 0; j < STAT_METRICS; j++)
            assert_int_equal(v.seen[j], j == cases[i].seen);
    }
}

static const char schedstat_text[] =
    "version 15\n"
    "timestamp 15819019232\n"
    "cpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778163039 "
    "343796328169361 4767485306\n"
    "domain0 00000000,00000003 212499247 210112015\n"
    "cpu1 518377256 0 4155211005 2778589869 10466382 2867629021 1904686152592476 "
    "364107263788241 5145567945 7 8 9";

static void test_schedstat(void **state)
{
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };

    (void)state;
    assert_int_equal(schedstat_emit(span_str(schedstat_text), e, &err), 0);
    node_test_expect(
        e, "# TYPE node_schedstat_running_seconds_total counter\n"
           "node_schedstat_running_seconds_total{cpu=\"0\"} 2.045936778163039e+06\n"
           "node_schedstat_running_seconds_total{cpu=\"1\"} 1.904686152592476e+06\n"
           "# TYPE node_schedstat_timeslices_total counter\n"
           "node_schedstat_timeslices_total{cpu=\"0\"} 4.767485306e+09\n"
           "node_schedstat_timeslices_total{cpu=\"1\"} 5.145567945e+09\n"
           "# TYPE node_schedstat_waiting_seconds_total counter\n"
           "node_schedstat_waiting_seconds_total{cpu=\"0\"} 343796.328169361\n"
           "node_schedstat_waiting_seconds_total{cpu=\"1\"} 364107.263788241\n");
    promc_emitter_reset(e);
    assert_int_equal(schedstat_emit(span_str("cpu0 1 2 3 4 5 6 7 8\n"
                                             "cpu1 1 2 3 4 5 6 7 8 9\n"
                                             "cpuX 1 2 3 4 5 6 7 8 9\n"),
                                    e, &err),
                     -EINVAL);
    assert_string_equal(err.text, "schedstat line 1: not ten numbers of a CPU");
    assert_true(node_test_holds(e, "node_schedstat_timeslices_total{cpu=\"1\"} 9\n"));
    promc_emitter_free(e);
}

static const char softnet_text[] =
    "00049279 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000\n"
    "000dfb82 00000029 0000000a 00000000 00000000 00000000 00000000 00000000 0000000b "
    "0000000c 0000000d 0000000e 00000007 00000000 00000000";

static void test_softnet(void **state)
{
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };

    (void)state;
    assert_int_equal(softnet_emit(span_str(softnet_text), e, &err), 0);
    node_test_expect(e, "# TYPE node_softnet_backlog_len gauge\n"
                        "node_softnet_backlog_len{cpu=\"0\"} 0\n"
                        "node_softnet_backlog_len{cpu=\"7\"} 14\n"
                        "# TYPE node_softnet_cpu_collision_total counter\n"
                        "node_softnet_cpu_collision_total{cpu=\"0\"} 0\n"
                        "node_softnet_cpu_collision_total{cpu=\"7\"} 11\n"
                        "# TYPE node_softnet_dropped_total counter\n"
                        "node_softnet_dropped_total{cpu=\"0\"} 0\n"
                        "node_softnet_dropped_total{cpu=\"7\"} 41\n"
                        "# TYPE node_softnet_flow_limit_count_total counter\n"
                        "node_softnet_flow_limit_count_total{cpu=\"0\"} 0\n"
                        "node_softnet_flow_limit_count_total{cpu=\"7\"} 13\n"
                        "# TYPE node_softnet_processed_total counter\n"
                        "node_softnet_processed_total{cpu=\"0\"} 299641\n"
                        "node_softnet_processed_total{cpu=\"7\"} 916354\n"
                        "# TYPE node_softnet_received_rps_total counter\n"
                        "node_softnet_received_rps_total{cpu=\"0\"} 0\n"
                        "node_softnet_received_rps_total{cpu=\"7\"} 12\n"
                        "# TYPE node_softnet_times_squeezed_total counter\n"
                        "node_softnet_times_squeezed_total{cpu=\"0\"} 1\n"
                        "node_softnet_times_squeezed_total{cpu=\"7\"} 10\n");
    promc_emitter_reset(e);
    assert_int_equal(softnet_emit(span_str("1 2 3\n1 2 3 4 5 6 7 8 9\n"), e, &err),
                     -EINVAL);
    assert_non_null(strstr(err.text, "net/softnet_stat line 1: "));
    assert_true(node_test_holds(e, "node_softnet_processed_total{cpu=\"1\"} 1\n"));
    promc_emitter_free(e);
}

static void feed(struct span prefix)
{
    promc_emitter *e = promc_emitter_new(NULL);
    struct stat_values v;

    stat_parse(prefix, &v, NULL);
    schedstat_emit(prefix, e, NULL);
    softnet_emit(prefix, e, NULL);
    promc_emitter_free(e);
}

static void test_truncated(void **state)
{
    (void)state;
    node_test_prefixes(stat_text, sizeof(stat_text) - 1, feed);
    node_test_prefixes(schedstat_text, sizeof(schedstat_text) - 1, feed);
    node_test_prefixes(softnet_text, sizeof(softnet_text) - 1, feed);
    node_test_prefixes("cpu\0 1\0 2\nintr \0\n", 18, feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat),      cmocka_unit_test(test_stat_bad),
        cmocka_unit_test(test_schedstat), cmocka_unit_test(test_softnet),
        cmocka_unit_test(test_truncated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
