/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_kernel.c - the collectors of what the kernel counts about itself: connections
 * tracked, IPsec, soft interrupts, free memory, control groups, network tables, SELinux.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

#include "node/collectors/selinux.c"
#include "node/metricname.h"

extern const struct node_collector node_buddyinfo_collector;
extern const struct node_collector node_cgroups_collector;
extern const struct node_collector node_conntrack_collector;
extern const struct node_collector node_ksmd_collector;
extern const struct node_collector node_lnstat_collector;
extern const struct node_collector node_softirqs_collector;
extern const struct node_collector node_xfrm_collector;

#define GAUGE(name, value) "# TYPE " name " gauge\n" name " " value "\n"
#define COUNTER(name, value) "# TYPE " name " counter\n" name " " value "\n"
#define CT_COUNT "proc/sys/net/netfilter/nf_conntrack_count"
#define CT_MAX "proc/sys/net/netfilter/nf_conntrack_max"
#define CT_STAT "proc/net/stat/nf_conntrack"
#define BUDDY "proc/buddyinfo"
#define XFRM "proc/net/xfrm_stat"
#define SOFTIRQS "proc/softirqs"
#define KSM "sys/kernel/mm/ksm/"
#define BLOCKS "node_buddyinfo_blocks"
#define FUNCTIONS "node_softirqs_functions_total"

static const struct node_try tries[] = {
    { &node_buddyinfo_collector,
      "two zones, another number of columns",
      { { BUDDY,
          "Node 0, zone   DMA  7  5\nNode 12, zone Normal 18446744073709551615\n" } },
      0,
      "# TYPE " BLOCKS " gauge\n" BLOCKS "{node=\"0\",size=\"0\",zone=\"DMA\"} 7\n" BLOCKS
      "{node=\"0\",size=\"1\",zone=\"DMA\"} 5\n" BLOCKS
      "{node=\"12\",size=\"0\",zone=\"Normal\"} 1.8446744073709552e+19\n" },
    { &node_buddyinfo_collector,
      "a bad line costs its zone, a bad number what is behind it",
      { { BUDDY, "Node 0 zone DMA 1\nNode 0, zone Low 1 x 3\nNode 1, zone High 2\n" } },
      -EINVAL,
      "# TYPE " BLOCKS " gauge\n" BLOCKS "{node=\"0\",size=\"0\",zone=\"Low\"} 1\n" BLOCKS
      "{node=\"1\",size=\"0\",zone=\"High\"} 2\n" },
    { &node_buddyinfo_collector, "empty", { { BUDDY, "" } }, 0, "" },
    { &node_buddyinfo_collector, "missing", { { NULL, NULL } }, -ENOENT, "" },

    { &node_cgroups_collector,
      "with the heading",
      { { "proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
                          "memory\t7\t234\t1\nrdma\t4\t1\t0" } },
      0,
      "# TYPE node_cgroups_cgroups gauge\n"
      "node_cgroups_cgroups{subsys_name=\"memory\"} 234\n"
      "node_cgroups_cgroups{subsys_name=\"rdma\"} 1\n"
      "# TYPE node_cgroups_enabled gauge\n"
      "node_cgroups_enabled{subsys_name=\"memory\"} 1\n"
      "node_cgroups_enabled{subsys_name=\"rdma\"} 0\n" },
    { &node_cgroups_collector,
      "a bad line costs its controller",
      { { "proc/cgroups", "memory 7 234\ncpu 1 many 1\npids 1 2 3 4\n" } },
      -EINVAL,
      "# TYPE node_cgroups_cgroups gauge\n"
      "node_cgroups_cgroups{subsys_name=\"pids\"} 2\n"
      "# TYPE node_cgroups_enabled gauge\n"
      "node_cgroups_enabled{subsys_name=\"pids\"} 3\n" },
    { &node_cgroups_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_conntrack_collector,
      "sums over CPUs, columns in any order",
      { { CT_COUNT, "123\n" },
        { CT_MAX, "65536\n" },
        { CT_STAT, "entries drop found invalid ignore insert insert_failed early_drop "
                   "search_restart\n"
                   "00000021 00000001 00000002 0000000a 0000000b 0000000c 0000000d "
                   "0000000e 0000000f\n"
                   "00000021 000000ff 00000000 00000000 00000000 00000000 00000000 "
                   "00000000 00000000\n" } },
      0,
      GAUGE("node_nf_conntrack_entries",
            "123") GAUGE("node_nf_conntrack_entries_limit",
                         "65536") GAUGE("node_nf_conntrack_stat_drop", "256")
          GAUGE("node_nf_conntrack_stat_early_drop", "14")
              GAUGE("node_nf_conntrack_stat_found", "2")
                  GAUGE("node_nf_conntrack_stat_ignore", "11")
                      GAUGE("node_nf_conntrack_stat_insert", "12")
                          GAUGE("node_nf_conntrack_stat_insert_failed", "13")
                              GAUGE("node_nf_conntrack_stat_invalid", "10")
                                  GAUGE("node_nf_conntrack_stat_search_restart", "15") },
    { &node_conntrack_collector,
      "a bad line costs its CPU, a bad file itself",
      { { CT_COUNT, "1\n" },
        { CT_MAX, "?\n" },
        { CT_STAT, "entries found\n00000001 00000002\n00000001\n00000001 0000000g\n" } },
      -EINVAL,
      GAUGE("node_nf_conntrack_entries", "1")
          GAUGE("node_nf_conntrack_stat_found", "2") },
    { &node_conntrack_collector,
      "a kernel without the table",
      { { CT_COUNT, "1\n" }, { CT_MAX, "2\n" } },
      NODE_NODATA,
      GAUGE("node_nf_conntrack_entries", "1")
          GAUGE("node_nf_conntrack_entries_limit", "2") },
    { &node_conntrack_collector, "not loaded", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_ksmd_collector,
      "some of the files",
      { { KSM "full_scans", "5\n" },
        { KSM "general_profit", "-4096\n" },
        { KSM "run", "on\n" },
        { KSM "sleep_millisecs", "20\n" } },
      0,
      COUNTER("node_ksmd_full_scans_total", "5")
          GAUGE("node_ksmd_general_profit_bytes", "-4096")
              GAUGE("node_ksmd_sleep_seconds", "0.02") },
    { &node_ksmd_collector, "garbage", { { KSM "run", "x" } }, -EINVAL, "" },
    { &node_ksmd_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_lnstat_collector,
      "two tables, names that are no metric's",
      { { "proc/net/stat/arp_cache",
          "entries all-ocs\n0000001f 00000001\n00000020 ff\n" },
        { "proc/net/stat/rt", "entries\n00000002" } },
      0,
      "# TYPE node_lnstat_all_ocs_total counter\n"
      "node_lnstat_all_ocs_total{cpu=\"0\",subsystem=\"arp_cache\"} 1\n"
      "node_lnstat_all_ocs_total{cpu=\"1\",subsystem=\"arp_cache\"} 255\n"
      "# TYPE node_lnstat_entries_total counter\n"
      "node_lnstat_entries_total{cpu=\"0\",subsystem=\"arp_cache\"} 31\n"
      "node_lnstat_entries_total{cpu=\"0\",subsystem=\"rt\"} 2\n"
      "node_lnstat_entries_total{cpu=\"1\",subsystem=\"arp_cache\"} 32\n" },
    { &node_lnstat_collector,
      "a bad line costs its CPU, an empty file nothing",
      { { "proc/net/stat/a", "" }, { "proc/net/stat/b", "x y\n1\n2 3\n4 zz\n" } },
      -EINVAL,
      "# TYPE node_lnstat_x_total counter\n"
      "node_lnstat_x_total{cpu=\"1\",subsystem=\"b\"} 2\n"
      "# TYPE node_lnstat_y_total counter\n"
      "node_lnstat_y_total{cpu=\"1\",subsystem=\"b\"} 3\n" },
    { &node_lnstat_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_softirqs_collector,
      "a CPU off line, a kind that is not known",
      { { SOFTIRQS, "        CPU0   CPU2\n  HI:   1  2\nIRQ_POLL: 3 4\n   NEW: 5 6\n" } },
      0,
      "# TYPE " FUNCTIONS " counter\n" FUNCTIONS "{cpu=\"0\",type=\"HI\"} 1\n" FUNCTIONS
      "{cpu=\"0\",type=\"IRQ_POLL\"} 3\n" FUNCTIONS
      "{cpu=\"2\",type=\"HI\"} 2\n" FUNCTIONS "{cpu=\"2\",type=\"IRQ_POLL\"} 4\n" },
    { &node_softirqs_collector,
      "bad lines cost their kind",
      { { SOFTIRQS, "CPU0 CPU1\nHI: 1\nRCU: 1 x\nTIMER 1 2\nSCHED: 1 2\n" } },
      -EINVAL,
      "# TYPE " FUNCTIONS " counter\n" FUNCTIONS
      "{cpu=\"0\",type=\"SCHED\"} 1\n" FUNCTIONS "{cpu=\"1\",type=\"SCHED\"} 2\n" },
    { &node_softirqs_collector, "no CPUs", { { SOFTIRQS, "HI: 1\n" } }, -EINVAL, "" },
    { &node_softirqs_collector,
      "a CPU's number that is none",
      { { SOFTIRQS, "CPU0 CPU1x\nHI: 1 2\n" } },
      -EINVAL,
      "" },
    { &node_softirqs_collector, "empty", { { SOFTIRQS, "" } }, -EINVAL, "" },
    { &node_softirqs_collector, "missing", { { NULL, NULL } }, -ENOENT, "" },

    { &node_xfrm_collector,
      "known and unknown counters",
      { { XFRM, "XfrmInError 7\nXfrmInNewKind 8\nXfrmFwdHdrError  9\n" } },
      0,
      COUNTER("node_xfrm_fwd_hdr_error_packets_total", "9")
          COUNTER("node_xfrm_in_error_packets_total", "7") },
    { &node_xfrm_collector,
      "bad lines cost their counter",
      { { XFRM, "XfrmInError -7\nXfrmInHdrError\nXfrmOutError 1\n" } },
      -EINVAL,
      COUNTER("node_xfrm_out_error_packets_total", "1") },
    { &node_xfrm_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },
};
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

static void test_tries(void **state)
{
    (void)state;
    node_try_all(tries, N_TRIES);
}

static void test_cut(void **state)
{
    (void)state;
    node_try_cut(tries, N_TRIES);
}

static void test_metric_name(void **state)
{
    static const struct {
        const char *name, *expect;
    } cases[] = {
        { "plain_1", "p_plain_1_s" }, { "fs.file-nr", "p_fs_file_nr_s" },
        { "a_.-_b", "p_a_b_s" },      { "__a__", "p___a___s" },
        { "-a-", "p__a__s" },         { "", "p__s" },
        { "\xc3\xa4 x", "p__x_s" },   { "a.__.b", "p_a__b_s" },
    };
    char buf[METRIC_NAME_SIZE], text[METRIC_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ptr_equal(metric_name(buf, "p_", span_str(cases[i].name), "_s"), buf);
        assert_string_equal(buf, cases[i].expect);
    }
    memset(text, 'x', sizeof(text));
    assert_non_null(metric_name(buf, "p_", span_of(text, METRIC_NAME_SIZE - 5), "_s"));
    assert_int_equal(strlen(buf), METRIC_NAME_SIZE - 1);
    assert_null(metric_name(buf, "p_", span_of(text, METRIC_NAME_SIZE - 4), "_s"));
}

/* The places of selinux are moved into the tree, whose file system has another number. */
static void test_selinux(void **state)
{
    static const char off[] = GAUGE("node_selinux_enabled", "0");
    char dir[128], config[128], label[128];
    struct node_test_tree t;
    struct statfs fs;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    snprintf(dir, sizeof(dir), "%s/selinux", t.root);
    snprintf(config, sizeof(config), "%s/config", t.root);
    snprintf(label, sizeof(label), "%s/label", t.root);
    selinux_dir = dir;
    selinux_config = config;
    selinux_label = label;
    assert_int_equal(node_run_start(&r, &node_selinux_collector, &t.ctx), 0);

    assert_int_equal(node_run_once(&r, 10), 0); /* not mounted */
    node_test_expect(r.out, off);
    node_test_put(&t, "selinux/enforce", "1");
    assert_int_equal(node_run_once(&r, 10), 0); /* something else is mounted */
    node_test_expect(r.out, off);
    assert_int_equal(statfs(dir, &fs), 0);
    selinux_magic = (long)fs.f_type;
    assert_int_equal(node_run_once(&r, 10), 0); /* no label */
    node_test_expect(r.out, off);
    node_test_put(&t, "label", "kernel");
    assert_int_equal(node_run_once(&r, 10), 0); /* no policy yet */
    node_test_expect(r.out, off);

    node_test_put(&t, "label", "system_u:system_r:init_t:s0");
    assert_int_equal(node_run_once(&r, 10), 0); /* no configuration */
    node_test_expect(r.out, GAUGE("node_selinux_config_mode", "-1")
                                GAUGE("node_selinux_current_mode", "1")
                                    GAUGE("node_selinux_enabled", "1"));
    node_test_put(&t, "config",
                  "# SELINUX=disabled\nSELINUX=permissive\nSELINUXTYPE=mls\n");
    node_test_put(&t, "selinux/enforce", "0\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, GAUGE("node_selinux_config_mode", "0")
                                GAUGE("node_selinux_current_mode", "0")
                                    GAUGE("node_selinux_enabled", "1"));
    node_test_put(&t, "config", "SELINUX=\"enforcing\"");
    node_test_put(&t, "selinux/enforce", "");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    node_test_expect(r.out, GAUGE("node_selinux_config_mode", "1")
                                GAUGE("node_selinux_enabled", "1"));
    node_test_remove(&t, "selinux/enforce");
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void feed_config(struct span prefix)
{
    selinux_parse_config(prefix);
}

static void test_selinux_config_cut(void **state)
{
    static const char text[] = "# a\n\nSELINUX = \"enforcing\"\nSELINUX=\"\"\nSELINUX=\n";

    (void)state;
    node_test_prefixes(text, sizeof(text) - 1, feed_config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_metric_name),
        cmocka_unit_test(test_selinux),
        cmocka_unit_test(test_selinux_config_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
