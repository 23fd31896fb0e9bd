/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_storage.c - the collectors of block devices whose files are simple: drbd, nvme,
 * swap, tapestats, xfs.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

extern const struct node_collector node_drbd_collector;
extern const struct node_collector node_nvme_collector;
extern const struct node_collector node_swap_collector;
extern const struct node_collector node_tapestats_collector;
extern const struct node_collector node_xfs_collector;

#define HEADER "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
#define NVME "sys/class/nvme/nvme3/"
#define TAPE "sys/class/scsi_tape/"
#define XFS "sys/fs/xfs/"

static const struct node_try tries[] = {
    { &node_swap_collector,
      "a partition and a file",
      { { "proc/swaps", HEADER "/dev/sda2   partition\t1000\t10\t-2\n"
                               "/my\\040swap   file\t2000\t0\t5\n" } },
      0,
      "# TYPE node_swap_priority gauge\n"
      "node_swap_priority{device=\"/dev/sda2\",swap_type=\"partition\"} -2\n"
      "node_swap_priority{device=\"/my\\\\040swap\",swap_type=\"file\"} 5\n"
      "# TYPE node_swap_size_bytes gauge\n"
      "node_swap_size_bytes{device=\"/dev/sda2\",swap_type=\"partition\"} 1.024e+06\n"
      "node_swap_size_bytes{device=\"/my\\\\040swap\",swap_type=\"file\"} 2.048e+06\n"
      "# TYPE node_swap_used_bytes gauge\n"
      "node_swap_used_bytes{device=\"/dev/sda2\",swap_type=\"partition\"} 10240\n"
      "node_swap_used_bytes{device=\"/my\\\\040swap\",swap_type=\"file\"} 0\n" },
    { &node_swap_collector, "nothing to swap to", { { "proc/swaps", HEADER } }, 0, "" },
    { &node_swap_collector, "no file", { { NULL, NULL } }, -ENOENT, "" },
    { &node_swap_collector,
      "bad lines cost themselves",
      { { "proc/swaps", HEADER "/a file 1 2\n"
                               "/b file 18446744073709551616 0 1\n"
                               "/c file 1 0 1 more\n" } },
      -EINVAL,
      "# TYPE node_swap_priority gauge\n"
      "node_swap_priority{device=\"/c\",swap_type=\"file\"} 1\n"
      "# TYPE node_swap_size_bytes gauge\n"
      "node_swap_size_bytes{device=\"/c\",swap_type=\"file\"} 1024\n"
      "# TYPE node_swap_used_bytes gauge\n"
      "node_swap_used_bytes{device=\"/c\",swap_type=\"file\"} 0\n" },

    { &node_drbd_collector, "no DRBD", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_drbd_collector,
      "a device without its peer, one that is not set up, one that catches up",
      { { "proc/drbd", "version: 8.4.10 (api:1/proto:86-101)\n"
                       "ns:1 before:any device\n"
                       " 0: cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C\n"
                       "    ns:3 nr:5 dw:0 oos:7\n"
                       " 1: cs:Unconfigured\n"
                       " 2: cs:Connected\n"
                       "\t[>....] sync'ed: 0.2% (100/200)M\n"
                       "\tfinish: 0:12:34 speed: 1,000 (1,000) K/sec\n" } },
      0,
      "# TYPE node_drbd_connected gauge\n"
      "node_drbd_connected{device=\"drbd0\"} 0\n"
      "node_drbd_connected{device=\"drbd1\"} 0\n"
      "node_drbd_connected{device=\"drbd2\"} 1\n"
      "# TYPE node_drbd_disk_state_is_up_to_date gauge\n"
      "node_drbd_disk_state_is_up_to_date{device=\"drbd0\",node=\"local\"} 1\n"
      "node_drbd_disk_state_is_up_to_date{device=\"drbd0\",node=\"remote\"} 0\n"
      "# TYPE node_drbd_disk_written_bytes_total counter\n"
      "node_drbd_disk_written_bytes_total{device=\"drbd0\"} 0\n"
      "# TYPE node_drbd_network_received_bytes_total counter\n"
      "node_drbd_network_received_bytes_total{device=\"drbd0\"} 5\n"
      "# TYPE node_drbd_network_sent_bytes_total counter\n"
      "node_drbd_network_sent_bytes_total{device=\"drbd0\"} 3072\n"
      "# TYPE node_drbd_node_role_is_primary gauge\n"
      "node_drbd_node_role_is_primary{device=\"drbd0\",node=\"local\"} 1\n"
      "node_drbd_node_role_is_primary{device=\"drbd0\",node=\"remote\"} 0\n"
      "# TYPE node_drbd_out_of_sync_bytes gauge\n"
      "node_drbd_out_of_sync_bytes{device=\"drbd0\"} 7168\n" },
    { &node_drbd_collector,
      "bad values cost themselves",
      { { "proc/drbd", " 0: ns:many nr:-1 dw:18446744073709551616 ro:Primary al:2\n" } },
      -EINVAL,
      "# TYPE node_drbd_activitylog_writes_total counter\n"
      "node_drbd_activitylog_writes_total{device=\"drbd0\"} 2\n" },

    { &node_nvme_collector, "no NVMe", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_nvme_collector,
      "a controller with a namespace, one that is a path, and other directories",
      { { NVME "model", "Disk  of ours   \n" },
        { NVME "serial", "S1\n" },
        { NVME "firmware_rev", "F1\n" },
        { NVME "state", "live\n" },
        { NVME "cntlid", "7\n" },
        { NVME "nvme3n2/size", "100\n" },
        { NVME "nvme3n2/nuse", "50\n" },
        { NVME "nvme3n2/queue/logical_block_size", "512\n" },
        { NVME "nvme3c1n12/ana_state", "inaccessible\n" },
        { NVME "nvme3c1n12/queue/logical_block_size", "4096\n" },
        { NVME "nvme3c1n12/size", "-5\n" },
        { NVME "hwmon1/size", "9\n" },
        { NVME "nvme3n/size", "9\n" },
        { NVME "ng3n1/size", "9\n" } },
      0,
      "# TYPE node_nvme_info gauge\n"
      "node_nvme_info{cntlid=\"7\",device=\"nvme3\",firmware_revision=\"F1\","
      "model=\"Disk  of ours\",serial=\"S1\",state=\"live\"} 1\n"
      "# TYPE node_nvme_namespace_capacity_bytes gauge\n"
      "node_nvme_namespace_capacity_bytes{device=\"nvme3\",nsid=\"2\"} 51200\n"
      "# TYPE node_nvme_namespace_info gauge\n"
      "node_nvme_namespace_info{ana_state=\"inaccessible\",device=\"nvme3\",nsid=\"12\"} "
      "1\n"
      "node_nvme_namespace_info{ana_state=\"unknown\",device=\"nvme3\",nsid=\"2\"} 1\n"
      "# TYPE node_nvme_namespace_logical_block_size_bytes gauge\n"
      "node_nvme_namespace_logical_block_size_bytes{device=\"nvme3\",nsid=\"12\"} 4096\n"
      "node_nvme_namespace_logical_block_size_bytes{device=\"nvme3\",nsid=\"2\"} 512\n"
      "# TYPE node_nvme_namespace_size_bytes gauge\n"
      "node_nvme_namespace_size_bytes{device=\"nvme3\",nsid=\"2\"} 51200\n"
      "# TYPE node_nvme_namespace_used_bytes gauge\n"
      "node_nvme_namespace_used_bytes{device=\"nvme3\",nsid=\"2\"} 25600\n" },
    { &node_nvme_collector,
      "a controller without anything, and a file",
      { { "sys/class/nvme/.gitkeep", "" }, { NVME "power/", "" } },
      0,
      "# TYPE node_nvme_info gauge\n"
      "node_nvme_info{cntlid=\"\",device=\"nvme3\",firmware_revision=\"\",model=\"\","
      "serial=\"\",state=\"\"} 1\n" },

    { &node_tapestats_collector, "no tapes", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_tapestats_collector,
      "one name of a drive stands for all; a bad file costs itself",
      { { TAPE "st1/stats/read_ns", "1500000000\n" },
        { TAPE "st1/stats/in_flight", "2\n" },
        { TAPE "st1/stats/write_cnt", "a few\n" },
        { TAPE "st1a/stats/in_flight", "2\n" },
        { TAPE "nst1/stats/in_flight", "2\n" },
        { TAPE "st2/dev", "9:0\n" } },
      0,
      "# TYPE node_tape_io_now gauge\n"
      "node_tape_io_now{device=\"st1\"} 2\n"
      "# TYPE node_tape_read_time_seconds_total counter\n"
      "node_tape_read_time_seconds_total{device=\"st1\"} 1.5\n" },

    { &node_xfs_collector, "no XFS", { { NULL, NULL } }, 0, "" },
    { &node_xfs_collector,
      "groups we know, one we do not, and a number too many",
      { { XFS "dm-0/stats/stats",
          "rw 12 34 56\nxpc 1 2 3\ndir 1 2 3 18446744073709551615\n" },
        { XFS "stats/stats", "rw 1 1\n" },
        { XFS "debug/bug_on_assert", "1\n" } },
      0,
      "# TYPE node_xfs_directory_operation_create_total counter\n"
      "node_xfs_directory_operation_create_total{device=\"dm-0\"} 2\n"
      "# TYPE node_xfs_directory_operation_getdents_total counter\n"
      "node_xfs_directory_operation_getdents_total{device=\"dm-0\"} "
      "1.8446744073709552e+19\n"
      "# TYPE node_xfs_directory_operation_lookup_total counter\n"
      "node_xfs_directory_operation_lookup_total{device=\"dm-0\"} 1\n"
      "# TYPE node_xfs_directory_operation_remove_total counter\n"
      "node_xfs_directory_operation_remove_total{device=\"dm-0\"} 3\n"
      "# TYPE node_xfs_read_calls_total counter\n"
      "node_xfs_read_calls_total{device=\"dm-0\"} 34\n"
      "# TYPE node_xfs_write_calls_total counter\n"
      "node_xfs_write_calls_total{device=\"dm-0\"} 12\n" },
    { &node_xfs_collector,
      "bad and missing numbers cost themselves",
      { { XFS "sda/stats/stats", "rw x 34\n\nabt\n" } },
      -EINVAL,
      "# TYPE node_xfs_read_calls_total counter\n"
      "node_xfs_read_calls_total{device=\"sda\"} 34\n" },
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

static void test_ignored_tapes(void **state)
{
    static const char *const flags[] = { "--collector.tapestats.ignored-devices=^st1$",
                                         NULL };
    static const char *const bad[] = { "--collector.tapestats.ignored-devices=(", NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, TAPE "st1/stats/in_flight", "1\n");
    node_test_put(&t, TAPE "st11/stats/in_flight", "2\n");
    node_run_flags(&node_tapestats_collector, flags);
    assert_int_equal(node_run_start(&r, &node_tapestats_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "# TYPE node_tape_io_now gauge\n"
                            "node_tape_io_now{device=\"st11\"} 2\n");
    node_run_stop(&r);
    node_run_flags(&node_tapestats_collector, bad);
    assert_int_equal(node_run_start(&r, &node_tapestats_collector, &t.ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "tapestats.ignored-devices"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_ignored_tapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
