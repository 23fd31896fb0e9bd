/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_nfs.c - the collectors of NFS, client and server.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

extern const struct node_collector node_nfs_collector;
extern const struct node_collector node_nfsd_collector;

#define NFS "proc/net/rpc/nfs"
#define NFSD "proc/net/rpc/nfsd"
#define COUNTER(name, value) "# TYPE " name " counter\n" name " " value "\n"
#define GAUGE(name, value) "# TYPE " name " gauge\n" name " " value "\n"

static const struct node_try tries[] = {
    { &node_nfs_collector,
      "numbers, and a line that no metric wants",
      { { NFS, "net 18 7 11 2\nrpc 5 6 18446744073709551615\nnew 1 2\n" } },
      0,
      COUNTER("node_nfs_connections_total",
              "2") "# TYPE node_nfs_packets_total counter\n"
                   "node_nfs_packets_total{protocol=\"tcp\"} 11\n"
                   "node_nfs_packets_total{protocol=\"udp\"} 7\n" COUNTER(
                       "node_nfs_rpc_authentication_refreshes_total",
                       "1.8446744073709552e+19")
                       COUNTER("node_nfs_rpc_retransmissions_total", "6")
                           COUNTER("node_nfs_rpcs_total", "5") },
    { &node_nfs_collector,
      "short lines cost what they lack",
      { { NFS, "net 18 7\nrpc x 6 7\nproc3 22 1 2\nproc2 many\nproc4\n" } },
      -EINVAL,
      "# TYPE node_nfs_packets_total counter\n"
      "node_nfs_packets_total{protocol=\"udp\"} 7\n"
      "# TYPE node_nfs_requests_total counter\n"
      "node_nfs_requests_total{method=\"GetAttr\",proto=\"3\"} 2\n"
      "node_nfs_requests_total{method=\"Null\",proto=\"3\"} 1\n" COUNTER(
          "node_nfs_rpc_authentication_refreshes_total", "7")
          COUNTER("node_nfs_rpc_retransmissions_total", "6") },
    { &node_nfs_collector, "empty", { { NFS, "" } }, 0, "" },
    { &node_nfs_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_nfsd_collector,
      "numbers",
      { { NFSD, "rc 1 2 3\nfh 4 0 0 0 0\nio 5 6\nth 8 0 0.000 0.000\n"
                "ra 32 0 0 0 0 0 0 0 0 0 0 9\nnet 10 11 12 13\nrpc 14 15 16 17 18\n"
                "wdeleg_getattr 19\n" } },
      0,
      COUNTER("node_nfsd_connections_total",
              "13") COUNTER("node_nfsd_disk_bytes_read_total", "5")
          COUNTER("node_nfsd_disk_bytes_written_total", "6") COUNTER(
              "node_nfsd_file_handles_stale_total",
              "4") "# TYPE node_nfsd_packets_total counter\n"
                   "node_nfsd_packets_total{proto=\"tcp\"} 12\n"
                   "node_nfsd_packets_total{proto=\"udp\"} 11\n" COUNTER(
                       "node_nfsd_read_ahead_cache_not_found_total",
                       "9") GAUGE("node_nfsd_read_ahead_cache_size_blocks",
                                  "32") COUNTER("node_nfsd_reply_cache_hits_total", "1")
                       COUNTER("node_nfsd_reply_cache_misses_total", "2") COUNTER(
                           "node_nfsd_reply_cache_nocache_total",
                           "3") "# TYPE node_nfsd_requests_total counter\n"
                                "node_nfsd_requests_total{method="
                                "\"WdelegGetattr\",proto=\"4\"} 19\n"
                                "# TYPE node_nfsd_rpc_errors_total counter\n"
                                "node_nfsd_rpc_errors_total{error=\"auth\"} 17\n"
                                "node_nfsd_rpc_errors_total{error=\"cInt\"} 18\n"
                                "node_nfsd_rpc_errors_total{error=\"fmt\"} 16\n" COUNTER(
                                    "node_nfsd_server_rpcs_total", "14")
                                    GAUGE("node_nfsd_server_threads", "8") },
    { &node_nfsd_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },
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

static void run_file(const struct node_collector *c, const char *file,
                     const char *content, const char *const *holds, size_t n,
                     const char *holds_not)
{
    struct node_test_tree t;
    struct node_run r;

    node_test_tree_new(&t);
    node_test_put(&t, file, content);
    assert_int_equal(node_run_start(&r, c, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    for (size_t i = 0; i < n; i++)
        if (!node_test_holds(r.out, holds[i]))
            fail_msg("%s: there is no %s", c->name, holds[i]);
    assert_false(node_test_holds(r.out, holds_not));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* Methods that the kernel does not know are 0; those that we do not know are passed over.
 * */
static void test_methods(void **state)
{
    static const char *const nfs[] = {
        "node_nfs_requests_total{method=\"Null\",proto=\"4\"} 7\n",
        "node_nfs_requests_total{method=\"Write\",proto=\"4\"} 9\n",
        "node_nfs_requests_total{method=\"Commit\",proto=\"4\"} 0\n",
        "node_nfs_requests_total{method=\"Clone\",proto=\"4\"} 0\n",
        "node_nfs_requests_total{method=\"Null\",proto=\"2\"} 1\n",
        "node_nfs_requests_total{method=\"FsStat\",proto=\"2\"} 18\n",
    };
    static const char *const nfsd[] = {
        "node_nfsd_requests_total{method=\"Access\",proto=\"4\"} 4\n",
        "node_nfsd_requests_total{method=\"Close\",proto=\"4\"} 5\n",
        "node_nfsd_requests_total{method=\"RelLockOwner\",proto=\"4\"} 0\n",
        "node_nfsd_requests_total{method=\"GetAttr\",proto=\"3\"} 2\n",
        "node_nfsd_requests_total{method=\"Commit\",proto=\"3\"} 0\n",
    };

    (void)state;
    run_file(&node_nfs_collector, NFS,
             "proc4 3 7 8 9\n"
             "proc2 20 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n",
             nfs, sizeof(nfs) / sizeof(nfs[0]),
             "node_nfs_requests_total{method=\"Access\",proto=\"3\"}");
    run_file(&node_nfsd_collector, NFSD,
             "proc4 2 6 7\nproc4ops 5 1 2 3 4 5\nproc3 2 1 2\n", nfsd,
             sizeof(nfsd) / sizeof(nfsd[0]), "node_nfsd_requests_total{method=\"Null\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_methods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
