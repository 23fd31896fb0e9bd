/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_zfs.c - the collector of ZFS.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

extern const struct node_collector node_zfs_collector;

#define DIR "proc/spl/kstat/zfs/"
#define TABLE "7 1 0x01 13 624 8012538347 35\nname                            type data\n"
#define IO "nread    nwritten reads\n"

static const struct node_try tries[] = {
    { &node_zfs_collector, "no ZFS", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_zfs_collector, "no files", { { DIR "x", "" } }, 0, "" },
    { &node_zfs_collector,
      "signed and unsigned numbers, a string, a dash in a name",
      { { DIR "zil", TABLE "zil_a 4 18446744073709551615\n"
                           "zil_b 3 -5\n"
                           "zil_c 7 text\n"
                           "zil_d 5 6\n"
                           "short 4\n" },
        { DIR "fm", TABLE "erpt-dropped 4 1" } },
      0,
      "# TYPE node_zfs_fm_erpt_dropped untyped\n"
      "node_zfs_fm_erpt_dropped 1\n"
      "# TYPE node_zfs_zil_zil_a untyped\n"
      "node_zfs_zil_zil_a 1.8446744073709552e+19\n"
      "# TYPE node_zfs_zil_zil_b untyped\n"
      "node_zfs_zil_zil_b -5\n" },
    { &node_zfs_collector,
      "bad values cost themselves",
      { { DIR "zil", TABLE "a 4 -5\nb 3 18446744073709551615\nc 4 x\nd 4 1\n" } },
      -EINVAL,
      "# TYPE node_zfs_zil_d untyped\n"
      "node_zfs_zil_d 1\n" },
    { &node_zfs_collector,
      "a file without a table costs itself",
      { { DIR "zil", "a 4 5\n" }, { DIR "abdstats", TABLE "d 4 1\n" } },
      -EINVAL,
      "# TYPE node_zfs_abd_d untyped\n"
      "node_zfs_abd_d 1\n" },
    { &node_zfs_collector,
      "I/O of two pools, of one not all",
      { { DIR "alpha/io", "12 3 0x00 1 80 79205351707403 395818011156865\n" IO
                          "1        2        3        4\n" },
        { DIR "beta/io", "12 3\n" IO "4 5\n" },
        { DIR "beta/other", "?" } },
      -EINVAL,
      "# TYPE node_zfs_zpool_nread untyped\n"
      "node_zfs_zpool_nread{zpool=\"alpha\"} 1\n"
      "node_zfs_zpool_nread{zpool=\"beta\"} 4\n"
      "# TYPE node_zfs_zpool_nwritten untyped\n"
      "node_zfs_zpool_nwritten{zpool=\"alpha\"} 2\n"
      "node_zfs_zpool_nwritten{zpool=\"beta\"} 5\n"
      "# TYPE node_zfs_zpool_reads untyped\n"
      "node_zfs_zpool_reads{zpool=\"alpha\"} 3\n" },
    { &node_zfs_collector,
      "the state of a pool",
      { { DIR "p/state", "SUSPENDED\n" } },
      0,
      "# TYPE node_zfs_zpool_state gauge\n"
      "node_zfs_zpool_state{state=\"degraded\",zpool=\"p\"} 0\n"
      "node_zfs_zpool_state{state=\"faulted\",zpool=\"p\"} 0\n"
      "node_zfs_zpool_state{state=\"offline\",zpool=\"p\"} 0\n"
      "node_zfs_zpool_state{state=\"online\",zpool=\"p\"} 0\n"
      "node_zfs_zpool_state{state=\"removed\",zpool=\"p\"} 0\n"
      "node_zfs_zpool_state{state=\"suspended\",zpool=\"p\"} 1\n"
      "node_zfs_zpool_state{state=\"unavail\",zpool=\"p\"} 0\n" },
    { &node_zfs_collector,
      "datasets; their tables may differ",
      { { DIR "a/objset-0x36", TABLE "dataset_name 7 a/with  blanks in it\n"
                                     "writes 4 1\n"
                                     "reads 4 2\n" },
        { DIR "a/objset-0x37", TABLE "dataset_name 7 a/b\n"
                                     "reads 4 3\n"
                                     "new 4 4\n" } },
      0,
      "# TYPE node_zfs_zpool_dataset_new untyped\n"
      "node_zfs_zpool_dataset_new{dataset=\"a/b\",zpool=\"a\"} 4\n"
      "# TYPE node_zfs_zpool_dataset_reads untyped\n"
      "node_zfs_zpool_dataset_reads{dataset=\"a/b\",zpool=\"a\"} 3\n"
      "node_zfs_zpool_dataset_reads{dataset=\"a/with  blanks in it\",zpool=\"a\"} 2\n"
      "# TYPE node_zfs_zpool_dataset_writes untyped\n"
      "node_zfs_zpool_dataset_writes{dataset=\"a/with  blanks in it\",zpool=\"a\"} 1\n" },
    { &node_zfs_collector,
      "a dataset without a name, a pool without a state",
      { { DIR "a/objset-1", TABLE "writes 4 1\n" },
        { DIR "a/state", "\n" },
        { DIR "b/objset-1", TABLE "dataset_name 7 b\nwrites 4 x\nreads 4 1\n" } },
      -EINVAL,
      "# TYPE node_zfs_zpool_dataset_reads untyped\n"
      "node_zfs_zpool_dataset_reads{dataset=\"b\",zpool=\"b\"} 1\n" },
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
