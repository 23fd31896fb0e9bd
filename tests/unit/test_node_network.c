/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_network.c - the qdisc, tcpstat and network_route collectors.
 */
#include "config.h"

#include "node_netns.h"
#include "node_run.h"

#include "node/collectors/network_route.c"
#include "node/collectors/qdisc.c"
#include "node/collectors/tcpstat.c"
#include "node_netlink.h"

#define SEQ 7

static struct span messages(const struct nl_test *t)
{
    return span_of(t->buf, t->len);
}

/* ------------------------------------------------------------------------------------
 * qdisc
 */

static void put_nested(struct nl_test *t, const struct nl_test *inner, uint16_t type)
{
    nl_test_attr(t, type | NLA_F_NESTED, inner->buf, inner->len);
}

static void put_qdisc(struct nl_test *t, uint32_t parent, const char *kind, int pkt64)
{
    struct tcmsg tc = { .tcm_ifindex = 1, .tcm_parent = parent };
    struct gnet_stats_basic basic = { .bytes = UINT64_C(1) << 40, .packets = 2 };
    struct gnet_stats_queue queue = {
        .qlen = 3, .backlog = 4, .drops = 5, .requeues = 6, .overlimits = 7
    };
    uint64_t packets = UINT64_C(1) << 33;
    struct nl_test stats = { .len = 0 };

    nl_test_attr(&stats, TCA_STATS_BASIC, &basic, sizeof(basic));
    if (pkt64)
        nl_test_attr(&stats, TCA_STATS_PKT64, &packets, sizeof(packets));
    nl_test_attr(&stats, TCA_STATS_QUEUE, &queue, sizeof(queue));
    nl_test_begin(t, RTM_NEWQDISC, SEQ, &tc, sizeof(tc));
    nl_test_string(t, TCA_KIND, kind);
    put_nested(t, &stats, TCA_STATS2);
    nl_test_end(t);
}

static void qdisc_feed(struct span prefix)
{
    struct qdisc q;

    qdisc_parse(prefix, &q);
    assert_true(memchr(q.kind, '\0', sizeof(q.kind)) != NULL);
}

static void test_qdisc_parse(void **state)
{
    struct nl_test t = { .len = 0 };
    struct span payload;
    struct qdisc q;

    (void)state;
    put_qdisc(&t, TC_H_ROOT, "fq_codel", 0);
    payload = span_of(t.buf + NLMSG_HDRLEN, t.len - NLMSG_HDRLEN);
    assert_int_equal(qdisc_parse(payload, &q), 0);
    assert_string_equal(q.kind, "fq_codel");
    assert_int_equal(q.index, 1);
    assert_int_equal(q.parent, 0);
    assert_true(q.stat[QDISC_BYTES] == UINT64_C(1) << 40);
    assert_int_equal(q.stat[QDISC_PACKETS], 2);
    assert_int_equal(q.stat[QDISC_LENGTH], 3);
    assert_int_equal(q.stat[QDISC_BACKLOG], 4);
    assert_int_equal(q.stat[QDISC_DROPS], 5);
    assert_int_equal(q.stat[QDISC_REQUEUES], 6);
    assert_int_equal(q.stat[QDISC_OVERLIMITS], 7);
    node_test_prefixes(payload.p, payload.n, qdisc_feed);

    t.len = 0;
    put_qdisc(&t, 0x10001, "pfifo", 1);
    assert_int_equal(qdisc_parse(span_of(t.buf + NLMSG_HDRLEN, t.len - NLMSG_HDRLEN), &q),
                     0);
    assert_int_equal(q.parent, 0x10001);
    assert_true(q.stat[QDISC_PACKETS] == UINT64_C(1) << 33);
    assert_int_equal(qdisc_parse(span_of(t.buf, 3), &q), -EBADMSG);
}

/* Only roots of interfaces that there are and that the filter keeps. */
static void test_qdisc_emit(void **state)
{
    promc_emitter *out = promc_emitter_new(NULL);
    struct qdisc_state s = { .filter = filter_new("x", NULL, "^lo$", NULL) };
    struct qdisc q = { .device = "eth0", .kind = "mq", .stat = { 1 } };

    (void)state;
    s.f[QDISC_BYTES] = promc_emit_family(out, PROMC_TYPE_COUNTER, "bytes_total", "x",
                                         PROMC_LABELS("device", "kind"));
    qdisc_emit(&s, &q);
    q.parent = TC_H_CLSACT;
    qdisc_emit(&s, &q);
    q.parent = 0;
    snprintf(q.device, sizeof(q.device), "lo");
    qdisc_emit(&s, &q);
    q.device[0] = '\0';
    qdisc_emit(&s, &q);
    node_test_expect(out, "# TYPE bytes_total counter\n"
                          "bytes_total{device=\"eth0\",kind=\"mq\"} 1\n");
    filter_free(s.filter);
    promc_emitter_free(out);
}

static void test_qdisc_fixture(void **state)
{
#ifdef HAVE_JANSSON
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "good/results.json",
                  "[{\"IfaceName\":\"a\",\"Kind\":\"fq\",\"Bytes\":9,\"Qlen\":2},"
                  "{\"IfaceName\":\"a\",\"Kind\":\"fq\",\"Parent\":65536}, 3, null]");
    node_test_put(&t, "bad/results.json", "[{\"IfaceName\":");
    node_test_put(&t, "empty/", "");

    assert_int_equal(node_run_start(&r, &node_qdisc_collector, &t.ctx), 0);
    qdisc_flag.fixtures = "/nonexistent";
    assert_int_equal(node_run_once(&r, 1), -ENOENT);
    for (const char *const *d = (const char *const[]){ "bad", "empty", "good", NULL }; *d;
         d++) {
        char dir[128];

        snprintf(dir, sizeof(dir), "%s/%s", t.root, *d);
        qdisc_flag.fixtures = dir;
        assert_int_equal(node_run_once(&r, 1), **d == 'b'   ? -EINVAL
                                               : **d == 'e' ? -ENOENT
                                                            : 0);
    }
    node_test_expect(r.out,
                     "# TYPE node_qdisc_backlog gauge\n"
                     "node_qdisc_backlog{device=\"a\",kind=\"fq\"} 0\n"
                     "# TYPE node_qdisc_bytes_total counter\n"
                     "node_qdisc_bytes_total{device=\"a\",kind=\"fq\"} 9\n"
                     "# TYPE node_qdisc_current_queue_length gauge\n"
                     "node_qdisc_current_queue_length{device=\"a\",kind=\"fq\"} 2\n"
                     "# TYPE node_qdisc_drops_total counter\n"
                     "node_qdisc_drops_total{device=\"a\",kind=\"fq\"} 0\n"
                     "# TYPE node_qdisc_overlimits_total counter\n"
                     "node_qdisc_overlimits_total{device=\"a\",kind=\"fq\"} 0\n"
                     "# TYPE node_qdisc_packets_total counter\n"
                     "node_qdisc_packets_total{device=\"a\",kind=\"fq\"} 0\n"
                     "# TYPE node_qdisc_requeues_total counter\n"
                     "node_qdisc_requeues_total{device=\"a\",kind=\"fq\"} 0\n");
    qdisc_flag.fixtures = NULL;
    node_run_stop(&r);
    node_test_tree_free(&t);
#else
    promc_error err = { 0, "" };

    (void)state;
    assert_int_equal(fixture_check("--collector.qdisc.fixtures", "x", &err), -ENOTSUP);
    assert_int_equal(fixture_check("--collector.qdisc.fixtures", "", &err), 0);
#endif
}

/* Old names work, and both of two that exclude each other do not. */
static void test_filter_flags(void **state)
{
    static const struct {
        const char *args[3];
        int rc;
        const char *kept, *dropped;
    } cases[] = {
        { { NULL }, 0, "eth0", NULL },
        { { "--collector.qdisc.device-include=^eth" }, 0, "eth0", "lo" },
        { { "--collector.qdisk.device-include=^eth" }, 0, "eth0", "lo" },
        { { "--collector.qdisk.device-exclude=^eth" }, 0, "lo", "eth0" },
        { { "--collector.qdisc.device-include=a", "--collector.qdisk.device-include=b" },
          -EINVAL,
          NULL,
          NULL },
        { { "--collector.qdisc.device-include=a", "--collector.qdisk.device-exclude=b" },
          -EINVAL,
          NULL,
          NULL },
        { { "--collector.qdisc.device-include=(" }, -EINVAL, NULL, NULL },
    };
    struct node_ctx ctx = { .deadline = 1 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct node_run r;

        qdisc_flag.include.value = qdisc_flag.include.old_value = NULL;
        qdisc_flag.exclude.value = qdisc_flag.exclude.old_value = NULL;
        node_run_flags(&node_qdisc_collector, cases[i].args);
        assert_int_equal(node_run_start(&r, &node_qdisc_collector, &ctx), cases[i].rc);
        if (cases[i].rc == 0) {
            const struct qdisc_state *s = r.priv;

            assert_true(filter_keep(s->filter, cases[i].kept));
            assert_true(!cases[i].dropped || !filter_keep(s->filter, cases[i].dropped));
        } else {
            assert_true(r.err.text[0] != '\0');
        }
        node_run_stop(&r);
    }
    qdisc_flag.include.value = qdisc_flag.exclude.value = NULL;
}

/* ------------------------------------------------------------------------------------
 * tcpstat
 */

static void put_socket(struct nl_test *t, unsigned char tcp_state, uint32_t rx,
                       uint32_t tx)
{
    struct inet_diag_msg m = { .idiag_state = tcp_state,
                               .idiag_rqueue = rx,
                               .idiag_wqueue = tx };

    nl_test_begin(t, SOCK_DIAG_BY_FAMILY, SEQ, &m, sizeof(m));
    nl_test_end(t);
}

static void tcpstat_feed(struct span prefix)
{
    struct tcpstat t = { .sockets = 0 };

    netlink_walk(prefix, SEQ, tcpstat_each, &t);
}

static void test_tcpstat(void **state)
{
    struct nl_test m = { .len = 0 };
    struct tcpstat t = { .sockets = 0 };
    promc_emitter *out = promc_emitter_new(NULL);

    (void)state;
    tcpstat_emit(&t, 0, out); /* no socket at all */
    node_test_expect(out, "");

    put_socket(&m, TCP_ESTABLISHED, 4000000000u, 1);
    put_socket(&m, TCP_ESTABLISHED, 4000000000u, 0);
    put_socket(&m, TCP_LISTEN, 0, 0);
    put_socket(&m, 77, 0, 0);
    nl_test_begin(&m, SOCK_DIAG_BY_FAMILY, SEQ, "short", 5);
    nl_test_end(&m);
    assert_int_equal(netlink_walk(messages(&m), SEQ, tcpstat_each, &t), 0);
    promc_emitter_reset(out);
    tcpstat_emit(&t, 0, out);
    node_test_expect(out, "# TYPE node_tcp_connection_states gauge\n"
                          "node_tcp_connection_states{state=\"established\"} 2\n"
                          "node_tcp_connection_states{state=\"listen\"} 1\n"
                          "node_tcp_connection_states{state=\"rx_queued_bytes\"} 8e+09\n"
                          "node_tcp_connection_states{state=\"tx_queued_bytes\"} 1\n"
                          "node_tcp_connection_states{state=\"unknown\"} 1\n");
    node_test_prefixes(m.buf, m.len, tcpstat_feed);
    promc_emitter_free(out);
}

static void test_tcpstat_zeros(void **state)
{
    struct tcpstat t = { .n = { [TCP_TIME_WAIT] = 5 }, .sockets = 5 };
    promc_emitter *out = promc_emitter_new(NULL);

    (void)state;
    tcpstat_emit(&t, 1, out);
    node_test_expect(out, "# TYPE node_tcp_connection_states gauge\n"
                          "node_tcp_connection_states{state=\"close\"} 0\n"
                          "node_tcp_connection_states{state=\"close_wait\"} 0\n"
                          "node_tcp_connection_states{state=\"closing\"} 0\n"
                          "node_tcp_connection_states{state=\"established\"} 0\n"
                          "node_tcp_connection_states{state=\"fin_wait1\"} 0\n"
                          "node_tcp_connection_states{state=\"fin_wait2\"} 0\n"
                          "node_tcp_connection_states{state=\"last_ack\"} 0\n"
                          "node_tcp_connection_states{state=\"listen\"} 0\n"
                          "node_tcp_connection_states{state=\"rx_queued_bytes\"} 0\n"
                          "node_tcp_connection_states{state=\"syn_recv\"} 0\n"
                          "node_tcp_connection_states{state=\"syn_sent\"} 0\n"
                          "node_tcp_connection_states{state=\"time_wait\"} 5\n"
                          "node_tcp_connection_states{state=\"tx_queued_bytes\"} 0\n");
    promc_emitter_free(out);
}

/* ------------------------------------------------------------------------------------
 * network_route
 */

static void put_address(struct nl_test *t, uint16_t type, const char *text)
{
    unsigned char a[16];
    int v6 = strchr(text, ':') != NULL;

    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, a), 1);
    nl_test_attr(t, type, a, v6 ? 16 : 4);
}

static void begin_route(struct nl_test *t, const char *dest, unsigned char bits,
                        unsigned char protocol)
{
    struct rtmsg m = { .rtm_family = strchr(dest, ':') ? AF_INET6 : AF_INET,
                       .rtm_type = RTN_UNICAST,
                       .rtm_dst_len = bits,
                       .rtm_protocol = protocol };

    nl_test_begin(t, RTM_NEWROUTE, SEQ, &m, sizeof(m));
    if (bits)
        put_address(t, RTA_DST, dest);
}

static void put_hop(struct nl_test *hops, unsigned char weight, int index,
                    const char *gateway)
{
    struct rtnexthop h = { .rtnh_hops = weight, .rtnh_ifindex = index };
    struct nl_test gw = { .len = 0 };

    put_address(&gw, RTA_GATEWAY, gateway);
    h.rtnh_len = (unsigned short)(sizeof(h) + gw.len);
    memcpy(hops->buf + hops->len, &h, sizeof(h));
    memcpy(hops->buf + hops->len + sizeof(h), gw.buf, gw.len);
    hops->len += h.rtnh_len;
}

static void put_routes(struct nl_test *t)
{
    struct rtmsg other = { .rtm_family = AF_INET, .rtm_type = RTN_LOCAL };
    struct nl_test hops = { .len = 0 };
    char via[2 + 16] = { 0 };

    begin_route(t, "10.1.2.3", 23, RTPROT_KERNEL); /* host bits set */
    put_address(t, RTA_PREFSRC, "10.1.2.9");
    nl_test_u32(t, RTA_OIF, 2);
    nl_test_end(t);
    for (uint32_t table = 7; table < 9; table++) { /* differ in nothing that is shown */
        begin_route(t, "0.0.0.0", 0, RTPROT_BOOT);
        nl_test_u32(t, RTA_OIF, 3);
        nl_test_u32(t, RTA_TABLE, table);
        nl_test_u32(t, RTA_PRIORITY, 4294967295u);
        put_address(t, RTA_GATEWAY, "10.1.2.1");
        nl_test_end(t);
    }
    begin_route(t, "fd00::ffff", 64, 186);
    put_hop(&hops, 0, 2, "fe80::1");
    put_hop(&hops, 255, 99, "fe80::2"); /* of no device that is known */
    nl_test_attr(t, RTA_MULTIPATH, hops.buf, hops.len);
    nl_test_end(t);
    begin_route(t, "10.9.0.0", 16, 200);
    nl_test_u32(t, RTA_OIF, 2);
    via[0] = AF_INET6;
    via[2 + 15] = 1;
    nl_test_attr(t, RTA_VIA, via, sizeof(via));
    nl_test_end(t);
    nl_test_begin(t, RTM_NEWROUTE, SEQ, &other, sizeof(other));
    nl_test_u32(t, RTA_OIF, 2);
    nl_test_end(t);
}

static void route_start(struct route *s)
{
    *s = (struct route){ .nl = NETLINK_INIT };
    assert_int_equal(route_add_device(s, 0, ""), 0);
    assert_int_equal(route_add_device(s, 2, "eth0"), 0);
    assert_int_equal(route_add_device(s, 3, "eth1"), 0);
}

static void route_stop(struct route *s)
{
    arena_free(&s->arena);
    free(s->v);
    free(s->dev);
}

static void test_routes(void **state)
{
    struct nl_test t = { .len = 0 };
    promc_emitter *out = promc_emitter_new(NULL);
    struct route s;

    (void)state;
    route_start(&s);
    put_routes(&t);
    assert_int_equal(netlink_walk(messages(&t), SEQ, route_each, &s), 0);
    route_emit(&s, out);
    node_test_expect(
        out, "# TYPE node_network_route_info gauge\n"
             "node_network_route_info{dest=\"10.1.2.0/"
             "23\",device=\"eth0\",gw=\"\",priority=\"0\",proto=\"kernel\",src=\"10.1.2."
             "9\",weight=\"\"} 1\n"
             "node_network_route_info{dest=\"10.9.0.0/"
             "16\",device=\"eth0\",gw=\"::1\",priority=\"0\",proto=\"unknown\",src=\"\","
             "weight=\"\"} 1\n"
             "node_network_route_info{dest=\"default\",device=\"eth1\",gw=\"10.1.2.1\","
             "priority=\"4294967295\",proto=\"boot\",src=\"\",weight=\"\"} 1\n"
             "node_network_route_info{dest=\"fd00::/"
             "64\",device=\"\",gw=\"fe80::2\",priority=\"0\",proto=\"bgp\",src=\"\","
             "weight=\"256\"} 1\n"
             "node_network_route_info{dest=\"fd00::/"
             "64\",device=\"eth0\",gw=\"fe80::1\",priority=\"0\",proto=\"bgp\",src=\"\","
             "weight=\"1\"} 1\n"
             "# TYPE node_network_routes gauge\n"
             "node_network_routes{device=\"\"} 1\n"
             "node_network_routes{device=\"eth0\"} 3\n"
             "node_network_routes{device=\"eth1\"} 2\n");
    route_stop(&s);
    promc_emitter_free(out);
}

static void route_feed(struct span prefix)
{
    struct route s;

    route_start(&s);
    netlink_walk(prefix, SEQ, route_each, &s);
    if (prefix.n > NLMSG_HDRLEN) /* cut inside a message, whose length is then right */
        route_each(&s, RTM_NEWROUTE,
                   span_of(prefix.p + NLMSG_HDRLEN, prefix.n - NLMSG_HDRLEN));
    route_stop(&s);
}

static void test_routes_cut(void **state)
{
    struct nl_test t = { .len = 0 };
    struct nl_test hops = { .len = 0 };

    (void)state;
    put_routes(&t);
    node_test_prefixes(t.buf, t.len, route_feed);
    /* A hop that says it is empty, or longer than the rest. */
    for (unsigned len = 0; len < 0x10000; len += 0xfff) {
        struct rtnexthop h = { .rtnh_len = (unsigned short)len };
        struct route_common c = { .src = "", .proto = "" };
        struct route s;

        route_start(&s);
        hops.len = 0;
        put_hop(&hops, 1, 2, "10.0.0.1");
        memcpy(hops.buf, &h, sizeof(h));
        assert_int_equal(route_add_hops(&s, &c, messages(&hops)), 0);
        route_stop(&s);
    }
}

static void test_prefix(void **state)
{
    static const struct {
        unsigned char a[16];
        size_t n;
        unsigned bits;
        const char *want;
    } cases[] = {
        { { 255, 255, 255, 255 }, 4, 0, "default" },
        { { 255, 255, 255, 255 }, 4, 1, "128.0.0.0/1" },
        { { 255, 255, 255, 255 }, 4, 8, "255.0.0.0/8" },
        { { 255, 255, 255, 255 }, 4, 31, "255.255.255.254/31" },
        { { 255, 255, 255, 255 }, 4, 32, "255.255.255.255/32" },
        { { 255, 255, 255, 255 }, 4, 255, "255.255.255.255/255" },
        { { 0x20, 1 }, 16, 128, "2001::/128" },
        { { 0 }, 3, 24, "default" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buf[ROUTE_ADDRESS];

        route_prefix(span_of((const char *)cases[i].a, cases[i].n), cases[i].bits, buf);
        assert_string_equal(buf, cases[i].want);
    }
}

/* ------------------------------------------------------------------------------------
 * This kernel
 */

/* Skips where the kernel does not let us ask. */
static void live(struct node_run *r, const struct node_collector *c)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "/run/udev/data" } };

    assert_int_equal(node_run_start(r, c, &ctx), 0);
    if (node_run_once(r, 30) != 0) {
        print_message("%s: skipped, %s\n", c->name, r->err.text);
        node_run_stop(r);
        skip();
    }
    assert_int_equal(node_run_once(r, 30), 0); /* once more on the same socket */
}

static void test_live_qdisc(void **state)
{
    struct node_run r;

    (void)state;
    live(&r, &node_qdisc_collector);
    node_run_stop(&r);
}

static void test_live_tcpstat(void **state)
{
    struct node_run r;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(listen(fd, 1), 0);
    live(&r, &node_tcpstat_collector);
    assert_true(node_test_holds(r.out, "node_tcp_connection_states{state=\"listen\"} "));
    assert_true(
        node_test_holds(r.out, "node_tcp_connection_states{state=\"rx_queued_bytes\"} "));
    close(fd);
    node_run_stop(&r);
}

static void test_live_routes(void **state)
{
    struct node_run r;

    (void)state;
    live(&r, &node_network_route_collector);
    node_run_stop(&r);
}

/* A network of our own, with what we know is in it. */
static void test_netns(void **state)
{
    static const char *const routes[] = {
        "dest=\"10.9.0.0/24\",device=\"v0\",gw=\"\",priority=\"0\",proto=\"kernel\","
        "src=\"10.9.0.1\",weight=\"\"} 1\n",
        "dest=\"10.8.0.0/17\",device=\"v0\",gw=\"10.9.0.2\",priority=\"20\","
        "proto=\"bgp\",src=\"\",weight=\"3\"} 1\n",
        "dest=\"10.8.0.0/17\",device=\"v0\",gw=\"10.9.0.3\",priority=\"20\","
        "proto=\"bgp\",src=\"\",weight=\"1\"} 1\n",
        "dest=\"default\",device=\"v0\",gw=\"10.9.0.9\",priority=\"0\",proto=\"boot\","
        "src=\"\",weight=\"\"} 1\n",
    };
    struct node_run r;

    (void)state;
    node_test_netns("exec 2>/dev/null; ip link add v0 type veth peer name v1 && "
                    "ip link set v0 up && ip link set v1 up && "
                    "ip addr add 10.9.0.1/24 dev v0 && "
                    "ip route add 10.8.0.0/17 proto bgp metric 20 "
                    "nexthop via 10.9.0.2 weight 3 nexthop via 10.9.0.3 && "
                    "ip route add default via 10.9.0.9 table 7 && "
                    "ip route add default via 10.9.0.9 table 8 && "
                    "tc qdisc add dev v0 root pfifo limit 10");
    live(&r, &node_network_route_collector);
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        char line[300];

        snprintf(line, sizeof(line), "node_network_route_info{%s", routes[i]);
        assert_true(node_test_holds(r.out, line));
    }
    node_run_stop(&r);
    live(&r, &node_qdisc_collector);
    assert_true(
        node_test_holds(r.out, "node_qdisc_bytes_total{device=\"v0\",kind=\"pfifo\"} "));
    node_run_stop(&r);
    live(&r, &node_tcpstat_collector); /* nobody else's sockets are in here */
    node_test_expect(r.out, "");
    node_run_stop(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qdisc_parse),   cmocka_unit_test(test_qdisc_emit),
        cmocka_unit_test(test_qdisc_fixture), cmocka_unit_test(test_filter_flags),
        cmocka_unit_test(test_tcpstat),       cmocka_unit_test(test_tcpstat_zeros),
        cmocka_unit_test(test_routes),        cmocka_unit_test(test_routes_cut),
        cmocka_unit_test(test_prefix),        cmocka_unit_test(test_live_qdisc),
        cmocka_unit_test(test_live_tcpstat),  cmocka_unit_test(test_live_routes),
        cmocka_unit_test(test_netns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
