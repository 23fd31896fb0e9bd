/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_ipvs.c - the ipvs collector and the labels that its flag chooses.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

extern const struct node_collector node_ipvs_collector;

#define TABLE "proc/net/ip_vs"
#define STATS "proc/net/ip_vs_stats"
#define HEAD                                                                             \
    "IP Virtual Server version 1.2.1 (size=4096)\n"                                      \
    "Prot LocalAddress:Port Scheduler Flags\n"                                           \
    "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
#define STATS_TEXT                                                                       \
    "   Total Incoming\n   Conns  Packets\n 1f A B FFFFFFFFFFFFFFFF 0\n\n Conns/s\n"
#define COUNTER(name, value) "# TYPE " name " counter\n" name " " value "\n"
#define TOTALS                                                                           \
    COUNTER("node_ipvs_connections_total", "31")                                         \
    COUNTER("node_ipvs_incoming_bytes_total", "1.8446744073709552e+19")                  \
    COUNTER("node_ipvs_incoming_packets_total", "10")                                    \
    COUNTER("node_ipvs_outgoing_bytes_total", "0")                                       \
    COUNTER("node_ipvs_outgoing_packets_total", "11")
/* All three metrics of one backend. */
#define BACKEND(labels, active, inactive, weight)                                        \
    "# TYPE node_ipvs_backend_connections_active gauge\n"                                \
    "node_ipvs_backend_connections_active" labels " " active "\n"                        \
    "# TYPE node_ipvs_backend_connections_inactive gauge\n"                              \
    "node_ipvs_backend_connections_inactive" labels " " inactive "\n"                    \
    "# TYPE node_ipvs_backend_weight gauge\n"                                            \
    "node_ipvs_backend_weight" labels " " weight "\n"

static const struct node_try tries[] = {
    { &node_ipvs_collector,
      "IPv4",
      { { TABLE, HEAD "TCP  C0A80016:0CEA wlc\n"
                      "  -> C0A85216:0050      Tunnel  100    248        2\n" },
        { STATS, STATS_TEXT } },
      0,
      BACKEND("{local_address=\"192.168.0.22\",local_mark=\"\",local_port=\"3306\","
              "proto=\"TCP\",remote_address=\"192.168.82.22\",remote_port=\"80\"}",
              "248", "2", "100") TOTALS },
    { &node_ipvs_collector,
      "IPv6, another protocol",
      { { TABLE,
          HEAD "SCTP [2620:0000:0000:0000:0000:0000:0000:0001]:0050 sh\n"
               "  -> [0000:0000:0000:0000:0000:ffff:0a00:0001]:0051 Route 1 2 3\n" },
        { STATS, STATS_TEXT } },
      0,
      BACKEND("{local_address=\"2620::1\",local_mark=\"\",local_port=\"80\","
              "proto=\"SCTP\",remote_address=\"10.0.0.1\",remote_port=\"81\"}",
              "2", "3", "1") TOTALS },
    { &node_ipvs_collector,
      "a mark; bad lines cost their backend or their service",
      { { TABLE, HEAD "  -> C0A85216:0050 Tunnel 1 2 3\n"
                      "FWM  10001000 wlc\n"
                      "  -> C0A85216:0050 Tunnel 1 2\n"
                      "  -> C0A85216:10050 Tunnel 1 2 3\n"
                      "  -> C0A8521:0050 Tunnel 1 2 3\n"
                      "  -> [C0A8521]:0050 Tunnel 1 2 3\n"
                      "  -> [::1]0050 Tunnel 1 2 3\n"
                      "  -> C0A85217:0050 Tunnel 1 x 3\n"
                      "  -> 00000000:0000 Tunnel 1 2 3\n"
                      "TCP  nowhere wlc\n"
                      "  -> C0A85216:0050 Tunnel 9 9 9\n" },
        { STATS, STATS_TEXT } },
      -EINVAL,
      BACKEND("{local_address=\"\",local_mark=\"10001000\",local_port=\"0\","
              "proto=\"FWM\",remote_address=\"0.0.0.0\",remote_port=\"0\"}",
              "2", "3", "1") TOTALS },
    { &node_ipvs_collector,
      "no services",
      { { TABLE, HEAD }, { STATS, STATS_TEXT } },
      0,
      TOTALS },
    { &node_ipvs_collector,
      "totals that are none cost themselves",
      { { TABLE, HEAD "TCP 7F000001:0001 rr\n-> 7F000002:0002 Masq 1 0 0\n" },
        { STATS, "a\nb\n1 2 3 4\n" } },
      -EINVAL,
      BACKEND("{local_address=\"127.0.0.1\",local_mark=\"\",local_port=\"1\","
              "proto=\"TCP\",remote_address=\"127.0.0.2\",remote_port=\"2\"}",
              "0", "0", "1") },
    { &node_ipvs_collector, "not loaded", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_ipvs_collector, "no table", { { STATS, STATS_TEXT } }, -ENOENT, TOTALS },
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

/* Backends that are equal in the chosen labels are added up. */
static void test_labels(void **state)
{
    static const struct {
        const char *flag;
        const char *expect; /* NULL: not taken */
    } cases[] = {
        { "--collector.ipvs.backend-labels=", BACKEND("", "11", "22", "33") TOTALS },
        { "--collector.ipvs.backend-labels=,proto,,proto,",
          BACKEND("{proto=\"TCP\"}", "11", "22", "33") TOTALS },
        { "--collector.ipvs.backend-labels=remote_port,proto",
          "# TYPE node_ipvs_backend_connections_active gauge\n"
          "node_ipvs_backend_connections_active{proto=\"TCP\",remote_port=\"1\"} 9\n"
          "node_ipvs_backend_connections_active{proto=\"TCP\",remote_port=\"2\"} 2\n"
          "# TYPE node_ipvs_backend_connections_inactive gauge\n"
          "node_ipvs_backend_connections_inactive{proto=\"TCP\",remote_port=\"1\"} 18\n"
          "node_ipvs_backend_connections_inactive{proto=\"TCP\",remote_port=\"2\"} 4\n"
          "# TYPE node_ipvs_backend_weight gauge\n"
          "node_ipvs_backend_weight{proto=\"TCP\",remote_port=\"1\"} 27\n"
          "node_ipvs_backend_weight{proto=\"TCP\",remote_port=\"2\"} 6\n" TOTALS },
        { "--collector.ipvs.backend-labels=proto,colour", NULL },
        { "--collector.ipvs.backend-labels=proto, local_port", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const flags[] = { cases[i].flag, NULL };
        struct node_test_tree t;
        struct node_run r;

        node_test_tree_new(&t);
        node_test_put(&t, TABLE,
                      HEAD "TCP 0A000001:0001 rr\n"
                           "-> 0A000002:0001 Masq 3 1 2\n-> 0A000003:0002 Masq 6 2 4\n"
                           "TCP 0A000009:0001 rr\n-> 0A000002:0001 Masq 24 8 16\n");
        node_test_put(&t, STATS, STATS_TEXT);
        node_run_flags(&node_ipvs_collector, flags);
        if (cases[i].expect) {
            assert_int_equal(node_run_start(&r, &node_ipvs_collector, &t.ctx), 0);
            assert_int_equal(node_run_once(&r, 10), 0);
            node_test_expect(r.out, cases[i].expect);
        } else {
            assert_int_equal(node_run_start(&r, &node_ipvs_collector, &t.ctx), -EINVAL);
            assert_non_null(strstr(r.err.text, "--collector.ipvs.backend-labels"));
        }
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
