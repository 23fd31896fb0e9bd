/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_proc.c - the collectors that show a file or two of procfs: what they make of
 * good files, of bad ones, of missing ones, and of files cut off anywhere.
 */
#include "config.h"

#include <errno.h>

#include "node_run.h"

extern const struct node_collector node_entropy_collector;
extern const struct node_collector node_filefd_collector;
extern const struct node_collector node_meminfo_collector;
extern const struct node_collector node_netstat_collector;
extern const struct node_collector node_pressure_collector;
extern const struct node_collector node_sockstat_collector;
extern const struct node_collector node_udp_queues_collector;
extern const struct node_collector node_vmstat_collector;

struct input {
    const char *name;
    const char *content; /* NULL: the file is not there */
};

struct
try {
    const struct node_collector *collector;
    const char *what;
    struct input files[4];
    int rc;
    const char *expect; /* NULL: not looked at */
};

#define NETSTAT "proc/net/netstat"
#define SNMP "proc/net/snmp"
#define SNMP6 "proc/net/snmp6"
#define SOCKSTAT "proc/net/sockstat"
#define SOCKSTAT6 "proc/net/sockstat6"
#define UDP "proc/net/udp"
#define UDP6 "proc/net/udp6"
#define AVAIL "proc/sys/kernel/random/entropy_avail"
#define POOL "proc/sys/kernel/random/poolsize"
#define FILE_NR "proc/sys/fs/file-nr"
#define GAUGE(name, value) "# TYPE " name " gauge\n" name " " value "\n"
#define COUNTER(name, value) "# TYPE " name " counter\n" name " " value "\n"
#define UNTYPED(name, value) "# TYPE " name " untyped\n" name " " value "\n"

static const struct try tries[] = {
    { &node_entropy_collector,
      "both files",
      { { AVAIL, "212\n" }, { POOL, "256\n" } },
      0,
      GAUGE("node_entropy_available_bits", "212")
          GAUGE("node_entropy_pool_size_bits", "256") },
    { &node_entropy_collector, "no file", { { AVAIL, NULL } }, -ENOENT, "" },
    { &node_entropy_collector,
      "one bad file costs only itself",
      { { AVAIL, "212\n" }, { POOL, "many\n" } },
      -EINVAL,
      GAUGE("node_entropy_available_bits", "212") },
    { &node_entropy_collector, "empty", { { AVAIL, "" }, { POOL, "" } }, -EINVAL, "" },

    { &node_filefd_collector,
      "tabs",
      { { FILE_NR, "1632\t0\t9223372036854775807\n" } },
      0,
      GAUGE("node_filefd_allocated", "1632")
          GAUGE("node_filefd_maximum", "9.223372036854776e+18") },
    { &node_filefd_collector, "two columns", { { FILE_NR, "1632\t0\n" } }, -EINVAL, "" },
    { &node_filefd_collector, "four columns", { { FILE_NR, "1 2 3 4\n" } }, -EINVAL, "" },

    { &node_meminfo_collector,
      "units, parentheses, unknown fields",
      { { "proc/meminfo", "MemTotal:       16384 kB\n"
                          "Active(anon):       3 kB\n"
                          "NewInvention:       7 kB\n"
                          "HugePages_Total:    5\n"
                          "Hugepagesize:    2048 kB\n" } },
      0,
      GAUGE("node_memory_Active_anon_bytes", "3072")
          GAUGE("node_memory_HugePages_Total", "5")
              GAUGE("node_memory_Hugepagesize_bytes", "2.097152e+06")
                  GAUGE("node_memory_MemTotal_bytes", "1.6777216e+07") },
    { &node_meminfo_collector,
      "any order, blank lines, the same line twice",
      { { "proc/meminfo", "\nSwapFree: 2 kB\n\nMemFree: 1 kB\nMemFree: 1 kB\n" } },
      0,
      GAUGE("node_memory_MemFree_bytes", "1024")
          GAUGE("node_memory_SwapFree_bytes", "2048") },
    { &node_meminfo_collector,
      "another unit",
      { { "proc/meminfo", "MemFree: 1 MB\n" } },
      -EINVAL,
      "" },
    { &node_meminfo_collector,
      "a unit that is cut off would make the value wrong",
      { { "proc/meminfo", "MemFree: 1024" } },
      -EINVAL,
      "" },
    { &node_meminfo_collector,
      "negative",
      { { "proc/meminfo", "MemFree: -1 kB\n" } },
      -EINVAL,
      "" },
    { &node_meminfo_collector,
      "over 64 bits",
      { { "proc/meminfo", "MemFree: 18446744073709551616 kB\n" } },
      -EINVAL,
      "" },

    { &node_netstat_collector,
      "wanted fields of all three files",
      { { NETSTAT, "TcpExt: SyncookiesSent TW TCPTimeouts\nTcpExt: 1 2 3\n"
                   "IpExt: InOctets\nIpExt: 18446744073709551615\n" },
        { SNMP,
          "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: MaxConn CurrEstab\nTcp: -1 9\n" },
        { SNMP6,
          "Ip6InOctets     \t5\nUdpLite6InErrors  \t6\nnothing 7\nIp6OutOctets\n" } },
      0,
      UNTYPED("node_netstat_Ip6_InOctets", "5")
          UNTYPED("node_netstat_IpExt_InOctets", "1.8446744073709552e+19")
              UNTYPED("node_netstat_Ip_Forwarding", "1")
                  UNTYPED("node_netstat_TcpExt_SyncookiesSent", "1")
                      UNTYPED("node_netstat_TcpExt_TCPTimeouts", "3")
                          UNTYPED("node_netstat_Tcp_CurrEstab", "9")
                              UNTYPED("node_netstat_UdpLite6_InErrors", "6") },
    { &node_netstat_collector,
      "no IPv6",
      { { NETSTAT, "" }, { SNMP, "Tcp: CurrEstab\nTcp: 9\n" }, { SNMP6, NULL } },
      0,
      UNTYPED("node_netstat_Tcp_CurrEstab", "9") },
    { &node_netstat_collector,
      "what is bad costs itself, in all three files",
      { { NETSTAT, "TcpExt: SyncookiesSent TW\nTcpExt: 1\nIpExt: InOctets\nIpExt: 5\n" },
        { SNMP, "Tcp: CurrEstab\nUdp: NoPorts InErrors\nUdp: x 4\n" },
        { SNMP6, "Ip6InOctets x\nIp6OutOctets 7\n" } },
      -EINVAL,
      UNTYPED("node_netstat_Ip6_OutOctets", "7") UNTYPED(
          "node_netstat_IpExt_InOctets", "5") UNTYPED("node_netstat_Udp_InErrors", "4") },
    { &node_netstat_collector,
      "one file is missing",
      { { NETSTAT, NULL }, { SNMP, "Tcp: CurrEstab\nTcp: 9\n" } },
      -ENOENT,
      UNTYPED("node_netstat_Tcp_CurrEstab", "9") },
    { &node_netstat_collector,
      "more names than values",
      { { NETSTAT, "" }, { SNMP, "Tcp: CurrEstab InSegs\nTcp: 9\n" } },
      -EINVAL,
      NULL },
    { &node_netstat_collector,
      "more values than names",
      { { NETSTAT, "" }, { SNMP, "Tcp: CurrEstab\nTcp: 9 10\n" } },
      -EINVAL,
      NULL },
    { &node_netstat_collector,
      "values of another protocol",
      { { NETSTAT, "" }, { SNMP, "Tcp: CurrEstab\nUdp: 9\n" } },
      -EINVAL,
      "" },
    { &node_netstat_collector,
      "a bad value of a field that is not wanted",
      { { NETSTAT, "" }, { SNMP, "Tcp: MaxConn\nTcp: x\n" } },
      -EINVAL,
      "" },

    { &node_pressure_collector,
      "all files",
      { { "proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n"
                               "full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n" },
        { "proc/pressure/io", "some avg10=0.1 total=2\nfull avg10=0.1 total=3\n" },
        { "proc/pressure/memory", "some total=4\nfull total=5\n" },
        { "proc/pressure/irq", "full total=6" } },
      0,
      COUNTER("node_pressure_cpu_waiting_seconds_total",
              "1.5") COUNTER("node_pressure_io_stalled_seconds_total", "3e-06")
          COUNTER("node_pressure_io_waiting_seconds_total", "2e-06")
              COUNTER("node_pressure_irq_stalled_seconds_total", "6e-06")
                  COUNTER("node_pressure_memory_stalled_seconds_total", "5e-06")
                      COUNTER("node_pressure_memory_waiting_seconds_total", "4e-06") },
    { &node_pressure_collector,
      "a kernel without it",
      { { "proc/pressure/cpu", NULL } },
      NODE_NODATA,
      "" },
    { &node_pressure_collector,
      "an old kernel without irq",
      { { "proc/pressure/cpu", "some total=1\n" },
        { "proc/pressure/io", "" },
        { "proc/pressure/memory", "" } },
      0,
      COUNTER("node_pressure_cpu_waiting_seconds_total", "1e-06") },
    { &node_pressure_collector,
      "no total",
      { { "proc/pressure/cpu", "some avg10=0.00\n" } },
      -EINVAL,
      "" },

    { &node_sockstat_collector,
      "both files",
      { { SOCKSTAT, "sockets: used 229\nTCP: inuse 4 orphan 1 tw 2 alloc 17 mem 0\n"
                    "FRAG: inuse 3 memory 8 novelty 9\n" },
        { SOCKSTAT6, "TCP6: inuse 17\n" } },
      0,
      GAUGE("node_sockstat_FRAG_inuse", "3") GAUGE("node_sockstat_FRAG_memory", "8")
          GAUGE("node_sockstat_TCP6_inuse", "17") GAUGE("node_sockstat_TCP_alloc", "17")
              GAUGE("node_sockstat_TCP_inuse", "4") GAUGE("node_sockstat_TCP_mem", "0")
                  GAUGE("node_sockstat_TCP_mem_bytes", "0") GAUGE(
                      "node_sockstat_TCP_orphan", "1") GAUGE("node_sockstat_TCP_tw", "2")
                      GAUGE("node_sockstat_sockets_used", "229") },
    { &node_sockstat_collector,
      "neither file",
      { { SOCKSTAT, NULL }, { SOCKSTAT6, NULL } },
      0,
      "" },
    { &node_sockstat_collector,
      "a bad line costs its protocol",
      { { SOCKSTAT,
          "sockets: unused 1\nTCP: inuse 4 orphan\nUDP inuse 1\nRAW: inuse 3\n" },
        { SOCKSTAT6, "TCP6: inuse 17\n" } },
      -EINVAL,
      GAUGE("node_sockstat_RAW_inuse", "3") GAUGE("node_sockstat_TCP6_inuse", "17") },
    { &node_sockstat_collector,
      "a key without a value",
      { { SOCKSTAT, "TCP: inuse 4 orphan\n" } },
      -EINVAL,
      "" },
    { &node_sockstat_collector,
      "a name that is no name",
      { { SOCKSTAT, "TCP inuse 4\n" } },
      -EINVAL,
      "" },

    { &node_udp_queues_collector,
      "sums over sockets",
      { { UDP,
          "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
          "   0: 00000000:0016 00000000:0000 0A 00000015:00000001 00:00000000 0 0 0\n"
          "   1: 00000000:0016 00000000:0000 0A 000000FF:FFFFFFFF 00:00000000 0 0 0\n" },
        { UDP6, NULL } },
      0,
      "# TYPE node_udp_queues gauge\n"
      "node_udp_queues{ip=\"v4\",queue=\"rx\"} 4.294967296e+09\n"
      "node_udp_queues{ip=\"v4\",queue=\"tx\"} 276\n" },
    { &node_udp_queues_collector,
      "no socket",
      { { UDP, "heading\n" }, { UDP6, "heading\n" } },
      0,
      "# TYPE node_udp_queues gauge\n"
      "node_udp_queues{ip=\"v4\",queue=\"rx\"} "
      "0\nnode_udp_queues{ip=\"v4\",queue=\"tx\"} 0\n"
      "node_udp_queues{ip=\"v6\",queue=\"rx\"} "
      "0\nnode_udp_queues{ip=\"v6\",queue=\"tx\"} 0\n" },
    { &node_udp_queues_collector,
      "neither protocol",
      { { UDP, NULL }, { UDP6, NULL } },
      NODE_NODATA,
      "" },
    { &node_udp_queues_collector,
      "too few columns",
      { { UDP, "heading\n 0: 1:1 2:2 0A 00000015:00000001 00\n" } },
      -EINVAL,
      NULL },
    { &node_udp_queues_collector,
      "not hexadecimal",
      { { UDP, "heading\n 0: 1:1 2:2 0A 0000001X:00000001 0 0 0\n" } },
      -EINVAL,
      NULL },

    { &node_vmstat_collector,
      "wanted fields",
      { { "proc/vmstat", "nr_free_pages 100\npgpgin 5\npgfault 18446744073709551615\n"
                         "pgmajfault 6\noom_kill 0\npswpin -0\n\n" } },
      0,
      UNTYPED("node_vmstat_oom_kill", "0")
          UNTYPED("node_vmstat_pgfault", "1.8446744073709552e+19")
              UNTYPED("node_vmstat_pgmajfault", "6") UNTYPED("node_vmstat_pgpgin", "5")
                  UNTYPED("node_vmstat_pswpin", "-0") },
    { &node_vmstat_collector,
      "no value",
      { { "proc/vmstat", "pgpgin 5\nnr_free_pages\n" } },
      -EINVAL,
      UNTYPED("node_vmstat_pgpgin", "5") },
};
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

/* Write the files of a try, the one at cut only as far as len. */
static void put_files(struct node_test_tree *t, const struct try *try, size_t cut,
                      size_t len)
{
    for (size_t i = 0; i < 4 && try->files[i].name; i++) {
        char *content;

        if (!try->files[i].content)
            continue;
        content = strdup(try->files[i].content);
        assert_non_null(content);
        if (i == cut)
            content[len] = '\0';
        node_test_put(t, try->files[i].name, content);
        free(content);
    }
}

static void test_tries(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TRIES; i++) {
        const struct try *try = &tries[i];
        struct node_test_tree t;
        struct node_run r;

        node_test_tree_new(&t);
        put_files(&t, try, SIZE_MAX, 0);
        assert_int_equal(node_run_start(&r, try->collector, &t.ctx), 0);
        for (int twice = 0; twice < 2; twice++) {
            if (node_run_once(&r, 10) != try->rc)
                fail_msg("%s, %s: returned %d, %s", try->collector->name, try->what, r.rc,
                         r.err.text);
            if (r.rc < 0 && r.err.text[0] == '\0')
                fail_msg("%s, %s: no reason given", try->collector->name, try->what);
            if (try->expect)
                node_test_expect(r.out, try->expect);
        }
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

/* Whatever is cut off where: an answer, a page that can be read, and no crash. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TRIES; i++) {
        const struct try *try = &tries[i];
        struct node_test_tree t;
        struct node_run r;

        node_test_tree_new(&t);
        assert_int_equal(node_run_start(&r, try->collector, &t.ctx), 0);
        for (size_t cut = 0; cut < 4 && try->files[cut].content; cut++)
            for (size_t len = strlen(try->files[cut].content) + 1; len-- > 0;) {
                put_files(&t, try, cut, len);
                node_run_once(&r, 10);
                free(node_test_text(r.out));
            }
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

/* Fields that change their places, as after a change of kernel modules, get new names. */
static void test_fields_move(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/vmstat", "nr_x 1\npgpgin 2\npgpgout 3\n");
    assert_int_equal(node_run_start(&r, &node_vmstat_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, UNTYPED("node_vmstat_pgpgin", "2")
                                UNTYPED("node_vmstat_pgpgout", "3"));
    node_test_put(&t, "proc/vmstat", "pgpgin 2\nnr_x 1\npgpgout_not 3\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, UNTYPED("node_vmstat_pgpgin", "2")
                                UNTYPED("node_vmstat_pgpgout_not", "3"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_fields_flag(void **state)
{
    static const char *const netstat[] = { "--collector.netstat.fields=^Tcp_MaxConn$",
                                           NULL };
    static const char *const bad[] = { "--collector.vmstat.fields=(", NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_run_flags(&node_netstat_collector, netstat);
    node_test_put(&t, NETSTAT, "");
    node_test_put(&t, SNMP, "Tcp: MaxConn CurrEstab\nTcp: -1 9\n");
    assert_int_equal(node_run_start(&r, &node_netstat_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, UNTYPED("node_netstat_Tcp_MaxConn", "-1"));
    node_run_stop(&r);

    node_run_flags(&node_vmstat_collector, bad);
    assert_int_equal(node_run_start(&r, &node_vmstat_collector, &t.ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "--collector.vmstat.fields"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_fields_move),
        cmocka_unit_test(test_fields_flag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
