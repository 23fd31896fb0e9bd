/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_mountstats.c - the collector of NFS mounts.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

extern const struct node_collector node_mountstats_collector;

#define STATS "proc/self/mountstats"
#define INFO "proc/self/mountinfo"

/* A line of each. */
#define MOUNT(what, where)                                                               \
    "device " what " mounted on " where " with fstype nfs4 statvers=1.1\n"
#define LOCAL "device /dev/sda1 mounted on / with fstype ext4\n"
#define INFO_LOCAL "21 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define INFO_NFS(what, where, addr)                                                      \
    "30 21 0:4 / " where " rw shared:2 - nfs4 " what " rw,vers=4.2,clientaddr=10.0.0.1," \
    "addr=" addr ",local_lock=none\n"

#define L(address) "export=\"srv:/a\",mountaddr=\"" address "\""
#define INFO_LINE(address, point)                                                        \
    "node_mountstats_nfs_mountpoint_info{" L(address) ",mountpoint=\"" point "\","       \
                                                      "protocol=\"tcp\"} 1\n"

static const struct node_try tries[] = {
    { &node_mountstats_collector, "no files", { { NULL, NULL } }, -ENOENT, "" },
    { &node_mountstats_collector,
      "no NFS",
      { { STATS, LOCAL }, { INFO, INFO_LOCAL } },
      0,
      "" },
    { &node_mountstats_collector,
      "age, bytes, and events but for the one that means nothing",
      { { STATS, LOCAL MOUNT("srv:/a", "/mnt") "\tage:\t7\n\tbytes:\t1 2 3 4 5 6 7 8\n"
                                               "\txprt:\ttcp 832 0\n" },
        { INFO, INFO_LOCAL INFO_NFS("srv:/a", "/mnt", "10.0.0.2") } },
      -EINVAL, /* the transport is too short */
#define ONE(name, value)                                                                 \
    "# TYPE node_mountstats_nfs_" name " counter\n"                                      \
    "node_mountstats_nfs_" name "{" L("10.0.0.2") ",protocol=\"tcp\"} " value "\n"
      ONE("age_seconds_total", "7") ONE("direct_read_bytes_total", "3") ONE(
          "direct_write_bytes_total",
          "4") "# TYPE node_mountstats_nfs_mountpoint_info gauge\n" INFO_LINE("10.0.0.2",
                                                                              "/mnt")
          ONE("read_bytes_total", "1") ONE("read_pages_total", "7")
              ONE("total_read_bytes_total", "5")
                  ONE("total_write_bytes_total",
                      "6") "# TYPE node_mountstats_nfs_transport_bind_total counter\n"
                           "node_mountstats_nfs_transport_bind_total{" L(
                               "10.0.0.2") ",protocol=\"tcp\","
                                           "transport=\"0\"} 0\n" ONE("write_bytes_total",
                                                                      "2")
                                               ONE("write_pages_total", "8") },
    { &node_mountstats_collector,
      "an export mounted twice is counted once, and shown at both places",
      { { STATS, MOUNT("srv:/a", "/one") "\tage: 1\n\txprt: tcp\n" LOCAL
                     MOUNT("srv:/a", "/two") "\tage: 2\n\txprt: tcp\n" MOUNT(
                         "srv:/a",
                         "/two") "\tage: 3\n\txprt: tcp\n" MOUNT("srv:/b",
                                                                 "/three") "\tage: 4\n" },
        { INFO, INFO_NFS("srv:/a", "/one", "::1") INFO_LOCAL INFO_NFS(
                    "srv:/a", "/two", "::1") INFO_NFS("srv:/a", "/two", "::1") } },
      -EINVAL,
      "# TYPE node_mountstats_nfs_age_seconds_total counter\n"
      "node_mountstats_nfs_age_seconds_total{" L(
          "::1") ",protocol=\"tcp\"} 1\n"
                 "# TYPE node_mountstats_nfs_mountpoint_info gauge\n" INFO_LINE(
                     "::1", "/one") INFO_LINE("::1", "/two") },
    { &node_mountstats_collector,
      "the address is found although the files do not match line by line",
      { { STATS,
          LOCAL LOCAL MOUNT("srv:/a", "/one") "\tage: 1\n\txprt: tcp 0 0 0 0 0 0\n" },
        { INFO, "garbage\n" INFO_NFS("srv:/a", "/other", "1.1.1.1")
                    INFO_NFS("srv:/b", "/one", "2.2.2.2")
                        INFO_NFS("srv:/a", "/one", "3.3.3.3") } },
      0,
      NULL },
    { &node_mountstats_collector,
      "operations: times below zero, errors where the kernel counts them, a bad one",
      { { STATS, MOUNT("srv:/a",
                       "/m") "\txprt: tcp 0 0 0 0 0 0\n"
                             "\tper-op statistics\n"
                             "\t        READ: 1 2 3 4 5 18446744073709551615 2000 9 4\n"
                             "\t       WRITE: 1 2 3 4 5 6 7\n" },
        { INFO, INFO_NFS("srv:/a", "/m", "a") } },
      -EINVAL,
      NULL },
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

/* One mount with these lines; each of expect must be on the page, and none of absent. */
static void expect_lines(const char *lines, int rc, const char *const *expect,
                         const char *absent)
{
    struct node_test_tree t;
    struct node_run r;
    char stats[2048];

    node_test_tree_new(&t);
    snprintf(stats, sizeof(stats), "%s%s", MOUNT("srv:/a", "/m"), lines);
    node_test_put(&t, STATS, stats);
    node_test_put(&t, INFO, "garbage\n" INFO_NFS("srv:/a", "/m", "a"));
    assert_int_equal(node_run_start(&r, &node_mountstats_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), rc);
    for (; *expect; expect++) {
        char line[256];

        snprintf(line, sizeof(line), "node_mountstats_nfs_%s", *expect);
        if (!node_test_holds(r.out, line))
            fail_msg("not there: %s", line);
    }
    if (absent)
        assert_false(node_test_holds(r.out, absent));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

#define OF "{" L("a")
static void test_lines(void **state)
{
    static const char *const events[] = {
        "event_inode_revalidate_total" OF ",protocol=\"tcp\"} 1\n",
        "event_vfs_file_release_total" OF ",protocol=\"tcp\"} 18\n",
        "event_truncation_total" OF ",protocol=\"tcp\"} 20\n",
        "event_pnfs_write_total" OF ",protocol=\"tcp\"} 27\n", NULL
    };
    static const char *const tcp[] = {
        "transport_bind_total" OF ",protocol=\"tcp\",transport=\"1\"} 2\n",
        "transport_connect_total" OF ",protocol=\"tcp\",transport=\"1\"} 3\n",
        "transport_idle_time_seconds" OF ",protocol=\"tcp\",transport=\"1\"} 5\n",
        "transport_sends_total" OF ",protocol=\"tcp\",transport=\"1\"} 6\n",
        "transport_receives_total" OF ",protocol=\"tcp\",transport=\"1\"} 7\n",
        "transport_bad_transaction_ids_total" OF ",protocol=\"tcp\",transport=\"1\"} 8\n",
        "transport_backlog_queue_total" OF ",protocol=\"tcp\",transport=\"1\"} 10\n",
        "transport_maximum_rpc_slots" OF ",protocol=\"tcp\",transport=\"1\"} 11\n",
        "transport_sending_queue_total" OF ",protocol=\"tcp\",transport=\"1\"} 12\n",
        "transport_pending_queue_total" OF ",protocol=\"tcp\",transport=\"1\"} 13\n",
        "transport_sends_total" OF ",protocol=\"tcp\",transport=\"0\"} 1\n",
        NULL
    };
    static const char *const udp[] = {
        "transport_connect_total" OF ",protocol=\"udp\",transport=\"0\"} 0\n",
        "transport_idle_time_seconds" OF ",protocol=\"udp\",transport=\"0\"} 0\n",
        "transport_sends_total" OF ",protocol=\"udp\",transport=\"0\"} 3\n",
        "transport_pending_queue_total" OF ",protocol=\"udp\",transport=\"0\"} 10\n", NULL
    };
    static const char *const rdma[] = { "transport_backlog_queue_total" OF
                                        ",protocol=\"rdma\",transport=\"0\"} 10\n",
                                        NULL };
    static const char *const operations[] = {
        "operations_requests_total" OF ",operation=\"READ\",protocol=\"tcp\"} 1\n",
        "operations_received_bytes_total" OF ",operation=\"READ\",protocol=\"tcp\"} 5\n",
        /* (2^64 - 1) modulo 2^53, in seconds */
        "operations_queue_time_seconds_total" OF
        ",operation=\"READ\",protocol=\"tcp\"} 9.00719925474099e+12\n",
        "operations_response_time_seconds_total" OF
        ",operation=\"READ\",protocol=\"tcp\"} 2\n",
        "operations_request_time_seconds_total" OF
        ",operation=\"READ\",protocol=\"tcp\"} 0.009\n",
        "operations_errors_total" OF ",operation=\"READ\",protocol=\"tcp\"} 4\n", NULL
    };

    (void)state;
    expect_lines(
        "\tevents: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 "
        "25 26 27 28\n\txprt: tcp 1 2 3 4 5 6\n",
        0, events, NULL);
    expect_lines("\txprt: tcp 1 1 1 1 1 1 1\n"
                 "\txprt: tcp 1 2 3 4 5 6 7 8 9 10 11 12 13 14\n",
                 0, tcp, NULL);
    expect_lines("\txprt: udp 1 2 3 4 5 6 7 8 9 10\n", 0, udp, NULL);
    expect_lines("\txprt: rdma 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n", 0,
                 rdma, "node_mountstats_nfs_transport_maximum_rpc_slots");
    expect_lines("\txprt: tcp 1 2 3 4 5 6\n\tper-op statistics\n"
                 "\t READ: 1 2 3 4 5 18446744073709551615 2000 9 4\n",
                 0, operations, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
