/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_bcache.c - the collectors of bcache and bcachefs, and the numbers they find.
 */
#include "config.h"

#include <errno.h>

#include "node/humansize.h"
#include "node_tries.h"

extern const struct node_collector node_bcache_collector;
extern const struct node_collector node_bcachefs_collector;

static const struct {
    const char *text;
    int rc, rc_bcache;
    double v, v_bcache;
} sizes[] = {
    { "0", 0, 0, 0, 0 },
    { " 1305\n", 0, 0, 1305, 1305 },
    { "720", 0, 0, 720, 720 },
    { "512k", 0, 0, 524288, 524288 },
    { "1.26k", 0, 0, 1290, 3624 }, /* 1 + 26/10.24 */
    { "790.0k", 0, 0, 808960, 808960 },
    { "427.5k", 0, 0, 437760, 437748 },
    { "2G", 0, 0, 2147483648, 2147483648 },
    { "1T", 0, 0, 1099511627776, 1099511627776 },
    { "3P", 0, 0, 3377699720527872, 3377699720527872 },
    { "15E", 0, 0, 17293822569102704640., 17293822569102704640. },
    { "16E", -ERANGE, -ERANGE, 0, 0 },
    { "18446744073709551615", -ERANGE, -ERANGE, 0, 0 }, /* no double in between */
    { "-1.0k", -EINVAL, 0, 0, -1024 },
    { "-321.5k", -EINVAL, 0, 0, -329204 },
    { "", -EINVAL, -EINVAL, 0, 0 },
    { "-", -EINVAL, -EINVAL, 0, 0 },
    { "k", -EINVAL, -EINVAL, 0, 0 },
    { ".k", -EINVAL, -EINVAL, 0, 0 },
    { "1..2k", -EINVAL, -EINVAL, 0, 0 },
    { "--1k", -EINVAL, -EINVAL, 0, 0 },
    { "1e5", -EINVAL, -EINVAL, 0, 0 },
    { "nan", -EINVAL, -EINVAL, 0, 0 },
    { "12x", -EINVAL, -EINVAL, 0, 0 },
    { "1 k", 0, -EINVAL, 1024, 0 },
    { "2.05 GiB", 0, -EINVAL, 2201170739, 0 },
    { " 512 KiB\n", 0, -EINVAL, 524288, 0 },
    { "720 B", 0, -EINVAL, 720, 0 },
    { "0 B", 0, -EINVAL, 0, 0 },
    { "3MiB", 0, -EINVAL, 3145728, 0 },
    { "1 KiB 2", -EINVAL, -EINVAL, 0, 0 },
    { "1 iB", -EINVAL, -EINVAL, 0, 0 },
    { "1k KiB", -EINVAL, -EINVAL, 0, 0 },
    { "KiB", -EINVAL, -EINVAL, 0, 0 },
};

static void test_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct span text = span_str(sizes[i].text);
        double v = 0, w = 0;

        if (humansize(text, &v) != sizes[i].rc ||
            humansize_bcache(text, &w) != sizes[i].rc_bcache)
            fail_msg("\"%s\": not %d and %d", sizes[i].text, sizes[i].rc,
                     sizes[i].rc_bcache);
        if (v != sizes[i].v || w != sizes[i].v_bcache)
            fail_msg("\"%s\": %.17g and %.17g", sizes[i].text, v, w);
    }
}

#define SET "sys/fs/bcache/a-b/"
#define FS "sys/fs/bcachefs/u1/"
#define FS2 "sys/fs/bcachefs/u2/"

static const struct node_try tries[] = {
    { &node_bcache_collector, "no bcache", { { NULL, NULL } }, 0, "" },
    { &node_bcache_collector,
      "a set with a backing device and a cache, and names that are none",
      { { SET "tree_depth", "1\n" },
        { SET "btree_cache_size", "1.5M\n" },
        { SET "internal/btree_read_average_duration_us", "20\n" },
        { SET "cache_available_percent", "97\n" },
        { SET "bdev3/dirty_data", "2.0k\n" },
        { SET "bdev3/stats_total/cache_hits", "9\n" },
        { SET "bdev3/writeback_rate_debug", "rate:\t\t512.0k/sec\n"
                                            "dirty:\t\t1.0M\n"
                                            "target:\t\t2.0M\n"
                                            "change:\t\t-1.0k/sec\n"
                                            "next io:\t-17ms\n" },
        { SET "bdevx/dirty_data", "1\n" },
        { SET "cache0/written", "1.0G\n" },
        { SET "cache0/priority_stats", "Unused:\t\t99%\n" },
        { SET "cache_x/written", "1\n" },
        { "sys/fs/bcache/register", "" },
        { "sys/fs/bcache/other/tree_depth", "1\n" } },
      0,
      "# TYPE node_bcache_btree_cache_size_bytes gauge\n"
      "node_bcache_btree_cache_size_bytes{uuid=\"a-b\"} 1.560576e+06\n"
      "# TYPE node_bcache_btree_read_average_duration_seconds gauge\n"
      "node_bcache_btree_read_average_duration_seconds{uuid=\"a-b\"} 2e-08\n"
      "# TYPE node_bcache_cache_available_percent gauge\n"
      "node_bcache_cache_available_percent{uuid=\"a-b\"} 97\n"
      "# TYPE node_bcache_cache_hits_total counter\n"
      "node_bcache_cache_hits_total{backing_device=\"bdev3\",uuid=\"a-b\"} 9\n"
      "# TYPE node_bcache_dirty_data_bytes gauge\n"
      "node_bcache_dirty_data_bytes{backing_device=\"bdev3\",uuid=\"a-b\"} 2048\n"
      "# TYPE node_bcache_dirty_target_bytes gauge\n"
      "node_bcache_dirty_target_bytes{backing_device=\"bdev3\",uuid=\"a-b\"} "
      "2.097152e+06\n"
      "# TYPE node_bcache_tree_depth gauge\n"
      "node_bcache_tree_depth{uuid=\"a-b\"} 1\n"
      "# TYPE node_bcache_writeback_change gauge\n"
      "node_bcache_writeback_change{backing_device=\"bdev3\",uuid=\"a-b\"} -1024\n"
      "# TYPE node_bcache_writeback_rate gauge\n"
      "node_bcache_writeback_rate{backing_device=\"bdev3\",uuid=\"a-b\"} 524288\n"
      "# TYPE node_bcache_written_bytes_total counter\n"
      "node_bcache_written_bytes_total{cache_device=\"cache0\",uuid=\"a-b\"} "
      "1.073741824e+09\n" },
    { &node_bcache_collector,
      "bad values cost themselves",
      { { SET "tree_depth", "deep\n" },
        { SET "congested", "0\n" },
        { SET "bdev0/writeback_rate_debug", "rate: fast\ntarget: 1k\n" } },
      -EINVAL,
      "# TYPE node_bcache_congested gauge\n"
      "node_bcache_congested{uuid=\"a-b\"} 0\n"
      "# TYPE node_bcache_dirty_target_bytes gauge\n"
      "node_bcache_dirty_target_bytes{backing_device=\"bdev0\",uuid=\"a-b\"} 1024\n" },

    { &node_bcachefs_collector, "no bcachefs", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_bcachefs_collector,
      "none mounted",
      { { "sys/fs/bcachefs/", "" } },
      NODE_NODATA,
      "" },
    { &node_bcachefs_collector,
      "the tables of a file system; a counter that two have",
      { { FS "btree_cache_size", "1.5k\n" },
        { FS "compression_stats", "type compressed uncompressed size\n"
                                  "lz4:      1.0k  3.0k  62.5k\n"
                                  "short:    1.0k\n" },
        { FS "btree_write_stats", "      nr   size\n"
                                  "initial: 7 100k\n" },
        { FS "errors", "bset_bad_csum   2   1767112063\n"
                       "other           3\n" },
        { FS "counters/data-read", "since mount:      1.0k\n"
                                   "since filesystem creation:  2.0k\n" },
        { FS2 "counters/data-read", "since filesystem creation:  5\n" } },
      0,
      "# TYPE node_bcachefs_btree_cache_size_bytes gauge\n"
      "node_bcachefs_btree_cache_size_bytes{uuid=\"u1\"} 1536\n"
      "# TYPE node_bcachefs_btree_write_average_size_bytes gauge\n"
      "node_bcachefs_btree_write_average_size_bytes{type=\"initial\",uuid=\"u1\"} "
      "102400\n"
      "# TYPE node_bcachefs_btree_writes_total counter\n"
      "node_bcachefs_btree_writes_total{type=\"initial\",uuid=\"u1\"} 7\n"
      "# TYPE node_bcachefs_compression_compressed_bytes gauge\n"
      "node_bcachefs_compression_compressed_bytes{algorithm=\"lz4\",uuid=\"u1\"} 1024\n"
      "# TYPE node_bcachefs_compression_uncompressed_bytes gauge\n"
      "node_bcachefs_compression_uncompressed_bytes{algorithm=\"lz4\",uuid=\"u1\"} 3072\n"
      "# TYPE node_bcachefs_data_read_total counter\n"
      "node_bcachefs_data_read_total{uuid=\"u1\"} 2048\n"
      "node_bcachefs_data_read_total{uuid=\"u2\"} 5\n"
      "# TYPE node_bcachefs_errors_total counter\n"
      "node_bcachefs_errors_total{error_type=\"bset_bad_csum\",uuid=\"u1\"} 2\n"
      "node_bcachefs_errors_total{error_type=\"other\",uuid=\"u1\"} 3\n"
      "# TYPE node_bcachefs_info gauge\n"
      "node_bcachefs_info{uuid=\"u1\"} 1\n"
      "node_bcachefs_info{uuid=\"u2\"} 1\n" },
    { &node_bcachefs_collector,
      "sizes with their unit apart",
      { { FS "btree_cache_size", "1.50 KiB\n" },
        { FS "compression_stats", "type compressed uncompressed average extent size\n"
                                  "none  0 B  0 B  0 B\n"
                                  "lz4  1.00 KiB  3 KiB  62.5 KiB\n" },
        { FS "btree_write_stats", "      nr   size\n"
                                  "initial: 7 100 KiB\n" },
        { FS "counters/fsync", "since mount:  7 B\n"
                               "since filesystem creation:  2 KiB\n" },
        { FS "dev-4/bucket_size", "512 KiB\n" } },
      0,
      "# TYPE node_bcachefs_btree_cache_size_bytes gauge\n"
      "node_bcachefs_btree_cache_size_bytes{uuid=\"u1\"} 1536\n"
      "# TYPE node_bcachefs_btree_write_average_size_bytes gauge\n"
      "node_bcachefs_btree_write_average_size_bytes{type=\"initial\",uuid=\"u1\"} "
      "102400\n"
      "# TYPE node_bcachefs_btree_writes_total counter\n"
      "node_bcachefs_btree_writes_total{type=\"initial\",uuid=\"u1\"} 7\n"
      "# TYPE node_bcachefs_compression_compressed_bytes gauge\n"
      "node_bcachefs_compression_compressed_bytes{algorithm=\"lz4\",uuid=\"u1\"} 1024\n"
      "node_bcachefs_compression_compressed_bytes{algorithm=\"none\",uuid=\"u1\"} 0\n"
      "# TYPE node_bcachefs_compression_uncompressed_bytes gauge\n"
      "node_bcachefs_compression_uncompressed_bytes{algorithm=\"lz4\",uuid=\"u1\"} 3072\n"
      "node_bcachefs_compression_uncompressed_bytes{algorithm=\"none\",uuid=\"u1\"} 0\n"
      "# TYPE node_bcachefs_device_bucket_size_bytes gauge\n"
      "node_bcachefs_device_bucket_size_bytes{device=\"4\",uuid=\"u1\"} 524288\n"
      "# TYPE node_bcachefs_device_info gauge\n"
      "node_bcachefs_device_info{device=\"4\",label=\"\",state=\"\",uuid=\"u1\"} 1\n"
      "# TYPE node_bcachefs_fsync_total counter\n"
      "node_bcachefs_fsync_total{uuid=\"u1\"} 2048\n"
      "# TYPE node_bcachefs_info gauge\n"
      "node_bcachefs_info{uuid=\"u1\"} 1\n" },
    { &node_bcachefs_collector,
      "a device, of whose errors those since a reset are not shown",
      { { FS "dev-4/label", "disk 4\n" },
        { FS "dev-4/state", "[rw] ro\n" },
        { FS "dev-4/bucket_size", "512k\n" },
        { FS "dev-4/nbuckets", "9\n" },
        { FS "dev-4/durability", "1\n" },
        { FS "dev-4/io_done", "sb : 1\nread:\nsb          :  2\nuser        :3\n"
                              "write:\nsb  : 4\n" },
        { FS "dev-4/io_errors", "IO errors since filesystem creation\n"
                                "  read:    5\n  checksum:6\n"
                                "IO errors since 8 y ago\n  read:    1\n" },
        { FS "other/label", "x\n" } },
      0,
      "# TYPE node_bcachefs_device_bucket_size_bytes gauge\n"
      "node_bcachefs_device_bucket_size_bytes{device=\"4\",uuid=\"u1\"} 524288\n"
      "# TYPE node_bcachefs_device_buckets gauge\n"
      "node_bcachefs_device_buckets{device=\"4\",uuid=\"u1\"} 9\n"
      "# TYPE node_bcachefs_device_durability gauge\n"
      "node_bcachefs_device_durability{device=\"4\",uuid=\"u1\"} 1\n"
      "# TYPE node_bcachefs_device_info gauge\n"
      "node_bcachefs_device_info{device=\"4\",label=\"disk 4\",state=\"[rw] ro\","
      "uuid=\"u1\"} 1\n"
      "# TYPE node_bcachefs_device_io_done_bytes_total counter\n"
      "node_bcachefs_device_io_done_bytes_total{data_type=\"sb\",device=\"4\","
      "operation=\"read\",uuid=\"u1\"} 2\n"
      "node_bcachefs_device_io_done_bytes_total{data_type=\"sb\",device=\"4\","
      "operation=\"write\",uuid=\"u1\"} 4\n"
      "node_bcachefs_device_io_done_bytes_total{data_type=\"user\",device=\"4\","
      "operation=\"read\",uuid=\"u1\"} 3\n"
      "# TYPE node_bcachefs_device_io_errors_total counter\n"
      "node_bcachefs_device_io_errors_total{device=\"4\",type=\"checksum\",uuid=\"u1\"} "
      "6\n"
      "node_bcachefs_device_io_errors_total{device=\"4\",type=\"read\",uuid=\"u1\"} 5\n"
      "# TYPE node_bcachefs_info gauge\n"
      "node_bcachefs_info{uuid=\"u1\"} 1\n" },
    { &node_bcachefs_collector,
      "bad lines cost themselves",
      { { FS "btree_cache_size", "much\n" },
        { FS "compression_stats", "header\nlz4 x 1\n" },
        { FS "btree_write_stats", "header\na x 1\nb 1 x\n" },
        { FS "errors", "a x\nb -1\nc 18446744073709551616\n" },
        { FS "counters/fsync", "since mount: 1\n" },
        { FS "counters/sync_fs", "since filesystem creation: x\n" },
        { FS "dev-1/io_done", "read:\na: x\nb\n" },
        { FS "dev-1/io_errors", "IO errors since filesystem creation\na: x\n" } },
      -EINVAL,
      "# TYPE node_bcachefs_device_info gauge\n"
      "node_bcachefs_device_info{device=\"1\",label=\"\",state=\"\",uuid=\"u1\"} 1\n"
      "# TYPE node_bcachefs_info gauge\n"
      "node_bcachefs_info{uuid=\"u1\"} 1\n" },
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

/* Comes after the others: flags stay set. */
static void test_priority_stats(void **state)
{
    static const char *const flags[] = { "--collector.bcache.priorityStats", NULL };
    static const struct node_try with[] = {
        { &node_bcache_collector,
          "percent",
          { { SET "cache0/priority_stats", "Unused:\t\t99%\nMetadata:\t1%\nAverage: 3\n"
                                           "Quantiles: [0 1]\n" } },
          0,
          "# TYPE node_bcache_priority_stats_metadata_percent gauge\n"
          "node_bcache_priority_stats_metadata_percent{cache_device=\"cache0\","
          "uuid=\"a-b\"} 1\n"
          "# TYPE node_bcache_priority_stats_unused_percent gauge\n"
          "node_bcache_priority_stats_unused_percent{cache_device=\"cache0\","
          "uuid=\"a-b\"} 99\n" },
    };

    (void)state;
    node_run_flags(&node_bcache_collector, flags);
    node_try_all(with, 1);
    node_try_cut(with, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_priority_stats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
