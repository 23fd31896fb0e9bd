/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_netdev.c - netlink, and the netdev and arp collectors.
 */
#include "config.h"

#include "node_test.h"

#include "node/collectors/arp.c"
#include "node/collectors/netdev.c"
#include "node/collectors/netdev_address.c"
#include "node_netlink.h"

#include <linux/if_link.h>

/* Statistics of which each has its own value: 1, 2, 4 ... */
static void put_link(struct nl_test *t, uint32_t seq, int index, const char *name,
                     size_t width)
{
    struct ifinfomsg info = { .ifi_index = index, .ifi_flags = IFF_UP };
    char stats[25 * 8];

    memset(stats, 0, sizeof(stats));
    for (size_t i = 0; i < NET_STATS; i++) {
        uint64_t v = UINT64_C(1) << i;

        memcpy(stats + i * width, &v, width);
    }
    nl_test_begin(t, RTM_NEWLINK, seq, &info, sizeof(info));
    nl_test_string(t, IFLA_IFNAME, name);
    nl_test_string(t, IFLA_IFALIAS, "an alias");
    nl_test_attr(t, width == 8 ? IFLA_STATS64 : IFLA_STATS, stats, 25 * width);
    nl_test_u32(t, IFLA_MTU, 1500);
    nl_test_attr(t, 200, "unknown", 7);
    nl_test_end(t);
}

static int count_each(void *arg, uint16_t type, struct span payload)
{
    struct net_link link;

    assert_int_equal(type, RTM_NEWLINK);
    if (net_link_parse(payload, &link) == 0)
        ++*(int *)arg;
    return 0;
}

static int refuse_each(void *arg, uint16_t type, struct span payload)
{
    (void)arg;
    (void)type;
    (void)payload;
    return -ENOMEM;
}

static void walk_feed(struct span prefix)
{
    int links = 0;
    int rc = netlink_walk(prefix, 7, count_each, &links);

    assert_true(rc == 0 || rc == 1 || rc == -EBADMSG);
}

static void test_walk(void **state)
{
    struct nl_test t = { .len = 0 };
    struct nlmsgerr error = { .error = -EPERM };
    int none = 0, links = 0;

    (void)state;
    put_link(&t, 7, 1, "lo", 8);
    put_link(&t, 6, 2, "old", 8); /* of an earlier dump */
    put_link(&t, 7, 3, "eth0", 4);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links), 0);
    assert_int_equal(links, 2);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, refuse_each, NULL), -ENOMEM);
    t.buf[offsetof(struct nlmsghdr, nlmsg_flags)] = NLM_F_DUMP_INTR;
    links = 0; /* something has changed since the dump began */
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links), 0);
    assert_int_equal(links, 2);
    nl_test_begin(&t, NLMSG_DONE, 7, &none, sizeof(none));
    nl_test_end(&t);
    links = 0;
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links), 1);
    assert_int_equal(links, 2);
    node_test_prefixes(t.buf, t.len, walk_feed);

    /* A dump that fails has its error at the end, behind what there was till then. */
    t.len = 0;
    put_link(&t, 7, 3, "eth0", 4);
    none = -EOPNOTSUPP;
    nl_test_begin(&t, NLMSG_DONE, 7, &none, sizeof(none));
    nl_test_end(&t);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links),
                     -EOPNOTSUPP);
    t.len = 0; /* without a word */
    nl_test_begin(&t, NLMSG_DONE, 7, NULL, 0);
    nl_test_end(&t);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links), 1);

    t.len = 0;
    nl_test_begin(&t, NLMSG_ERROR, 7, &error, sizeof(error));
    nl_test_end(&t);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links), -EPERM);
    memset(t.buf, 0, 16); /* a length of 0 would never end */
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links),
                     -EBADMSG);
    memset(t.buf, 0xff, 16);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, count_each, &links),
                     -EBADMSG);
}

static void link_feed(struct span prefix)
{
    struct net_link link;

    net_link_parse(prefix, &link);
}

static void test_link(void **state)
{
    (void)state;
    for (size_t width = 4; width <= 8; width += 4) {
        struct nl_test t = { .len = 0 };
        struct net_link link;
        struct span payload;

        put_link(&t, 7, 3, "eth0", width);
        payload = span_of(t.buf + NLMSG_HDRLEN, t.len - NLMSG_HDRLEN);
        assert_int_equal(net_link_parse(payload, &link), 0);
        assert_string_equal(link.name, "eth0");
        assert_string_equal(link.alias, "an alias");
        assert_int_equal(link.index, 3);
        assert_true(net_link_has(&link, IFLA_MTU) && link.attr[IFLA_MTU] == 1500);
        assert_false(net_link_has(&link, IFLA_TXQLEN));
        for (size_t i = 0; i < NET_STATS; i++)
            assert_true(link.stat[i] == UINT64_C(1) << i);
        node_test_prefixes(payload.p, payload.n, link_feed);
    }
}

static void emit_links(struct netdev_out *o, const struct netdev_metric *metrics,
                       promc_emitter *e)
{
    struct nl_test t = { .len = 0 };
    int none = 0;

    put_link(&t, 7, 3, "eth0", 8);
    put_link(&t, 7, 4, "veth1", 8);
    nl_test_begin(&t, NLMSG_DONE, 7, &none, sizeof(none));
    nl_test_end(&t);
    o->metrics = metrics;
    promc_emitter_reset(e);
    netdev_begin(o, e, 1);
    assert_int_equal(netlink_walk(span_of(t.buf, t.len), 7, netdev_each_link, o), 1);
}

static void test_names(void **state)
{
    struct filter *filter = filter_new("x", NULL, "^veth", NULL);
    struct netdev_out o = { .filter = filter };
    promc_emitter *e = promc_emitter_new(NULL);
    char *text;

    (void)state;
    emit_links(&o, netdev_plain, e);
    node_test_expect(
        e, "# TYPE node_network_receive_bytes_total counter\n"
           "node_network_receive_bytes_total{device=\"eth0\"} 4\n"
           "# TYPE node_network_receive_compressed_total counter\n"
           "node_network_receive_compressed_total{device=\"eth0\"} 2.097152e+06\n"
           "# TYPE node_network_receive_drop_total counter\n"
           "node_network_receive_drop_total{device=\"eth0\"} 32832\n" /* + missed */
           "# TYPE node_network_receive_errs_total counter\n"
           "node_network_receive_errs_total{device=\"eth0\"} 16\n"
           "# TYPE node_network_receive_fifo_total counter\n"
           "node_network_receive_fifo_total{device=\"eth0\"} 16384\n"
           "# TYPE node_network_receive_frame_total counter\n"
           "node_network_receive_frame_total{device=\"eth0\"} 15360\n" /* four kinds */
           "# TYPE node_network_receive_multicast_total counter\n"
           "node_network_receive_multicast_total{device=\"eth0\"} 256\n"
           "# TYPE node_network_receive_nohandler_total counter\n"
           "node_network_receive_nohandler_total{device=\"eth0\"} 8.388608e+06\n"
           "# TYPE node_network_receive_packets_total counter\n"
           "node_network_receive_packets_total{device=\"eth0\"} 1\n"
           "# TYPE node_network_transmit_bytes_total counter\n"
           "node_network_transmit_bytes_total{device=\"eth0\"} 8\n"
           "# TYPE node_network_transmit_carrier_total counter\n"
           "node_network_transmit_carrier_total{device=\"eth0\"} 1.769472e+06\n"
           "# TYPE node_network_transmit_colls_total counter\n"
           "node_network_transmit_colls_total{device=\"eth0\"} 512\n"
           "# TYPE node_network_transmit_compressed_total counter\n"
           "node_network_transmit_compressed_total{device=\"eth0\"} 4.194304e+06\n"
           "# TYPE node_network_transmit_drop_total counter\n"
           "node_network_transmit_drop_total{device=\"eth0\"} 128\n"
           "# TYPE node_network_transmit_errs_total counter\n"
           "node_network_transmit_errs_total{device=\"eth0\"} 32\n"
           "# TYPE node_network_transmit_fifo_total counter\n"
           "node_network_transmit_fifo_total{device=\"eth0\"} 262144\n"
           "# TYPE node_network_transmit_packets_total counter\n"
           "node_network_transmit_packets_total{device=\"eth0\"} 2\n");

    /* In detail each statistic is there once. */
    netdev_flag.ifalias = 1;
    emit_links(&o, netdev_detailed, e);
    text = node_test_text(e);
    for (size_t i = 0; i < NET_STATS; i++) {
        char value[PROMC_NUMBER_SIZE + 2] = " ";
        size_t n = promc_number_format((double)(UINT64_C(1) << i), value + 1);
        const char *found;

        value[n + 1] = '\n';
        value[n + 2] = '\0';
        found = strstr(text, value);
        assert_non_null(found);
        assert_null(strstr(found + 1, value));
    }
    assert_non_null(strstr(text,
                           "\nnode_network_multicast_total{device=\"eth0\",ifalias=\"an "
                           "alias\"} 256\n"));
    assert_non_null(strstr(text, "\nnode_network_receive_missed_errors_total{"));
    free(text);
    netdev_flag.ifalias = 0;
    filter_free(filter);
    promc_emitter_free(e);
}

static const char proc_text[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
    "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
    "eth0:1:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n"
    "broken: 1 2 3\n"
    "    lo:  1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";

static void proc_feed(struct span prefix)
{
    struct netdev_out o = { .metrics = netdev_plain };
    struct node_ctx ctx = { .paths = { "", "", "", "" } };
    promc_emitter *e = promc_emitter_new(NULL);

    netdev_begin(&o, e, 0);
    netdev_emit_proc(&ctx, prefix, &o, NULL);
    promc_emitter_free(e);
}

static void test_proc(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/net/dev", proc_text);
    node_test_put(&t, "sys/class/net/lo/ifalias", "home\n");
    netdev_flag.netlink = 0;
    netdev_flag.ifalias = 1;
    assert_int_equal(node_netdev_collector.init(&t.ctx, &priv, &err), 0);
    assert_int_equal(node_netdev_collector.collect(&t.ctx, priv, e, &err), -EINVAL);
    assert_string_equal(err.text, "net/dev line 5: not a name and sixteen numbers");
    static const char *const lines[] = {
        ("node_network_receive_bytes_total{device=\"eth0:1\",ifalias=\"\"} "
         "1.8446744073709552e+19\n"),
        "node_network_receive_bytes_total{device=\"lo\",ifalias=\"home\"} 1\n",
        "node_network_receive_frame_total{device=\"lo\",ifalias=\"home\"} 6\n",
        "node_network_transmit_carrier_total{device=\"lo\",ifalias=\"home\"} 15\n",
        "node_network_transmit_compressed_total{device=\"eth0\",ifalias=\"\"} 16\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_true(node_test_holds(e, lines[i]));
    assert_false(node_test_holds(e, "node_network_receive_nohandler_total"));
    promc_emitter_reset(e);
    netdev_flag.detailed = 1;
    netdev_flag.ifalias = 0;
    netdev_collect(&t.ctx, priv, e, &err);
    assert_true(
        node_test_holds(e, "node_network_receive_errors_total{device=\"lo\"} 3\n"));
    assert_true(node_test_holds(e, "node_network_receive_fifo_total{device=\"lo\"} 5\n"));
    assert_true(
        node_test_holds(e, "node_network_transmit_dropped_total{device=\"lo\"} 12\n"));
    node_netdev_collector.fini(priv);
    netdev_flag.netlink = 1;
    netdev_flag.detailed = 0;
    node_test_prefixes(proc_text, sizeof(proc_text) - 1, proc_feed);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

static void test_flags(void **state)
{
    static const struct {
        const char *include, *exclude, *old_include, *old_exclude;
        int rc;
    } cases[] = {
        { NULL, NULL, NULL, NULL, 0 },     { "a", NULL, NULL, NULL, 0 },
        { NULL, NULL, "a", NULL, 0 },      { NULL, NULL, NULL, "a", 0 },
        { "a", NULL, "a", NULL, -EINVAL }, { NULL, "a", NULL, "a", -EINVAL },
        { "a", "a", NULL, NULL, -EINVAL }, { NULL, NULL, "a", "a", -EINVAL },
        { "a", "", NULL, NULL, 0 },        { "(", NULL, NULL, NULL, -EINVAL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct node_ctx ctx = { .deadline_ns = 0 };
        promc_error err = { 0, "" };
        void *priv = NULL;

        netdev_flag.include.value = cases[i].include;
        netdev_flag.exclude.value = cases[i].exclude;
        netdev_flag.include.old_value = cases[i].old_include;
        netdev_flag.exclude.old_value = cases[i].old_exclude;
        assert_int_equal(netdev_init(&ctx, &priv, &err), cases[i].rc);
        if (cases[i].rc == 0)
            netdev_fini(priv);
        else
            assert_non_null(strstr(err.text, "--collector.netdev.device-"));
    }
    netdev_flag.include.value = netdev_flag.exclude.value = NULL;
}

static void address_feed(struct span prefix)
{
    struct net_address a;

    address_parse(prefix, &a);
}

static void test_address(void **state)
{
    static const struct {
        const char *ip, *scope;
    } cases[] = {
        { "127.0.0.1", "link-local" },
        { "169.254.3.4", "link-local" },
        { "224.0.0.251", "link-local" },
        { "192.168.1.1", "global" },
        { "224.1.0.1", "" },
        { "0.0.0.0", "" },
        { "255.255.255.255", "" },
        { "::1", "link-local" },
        { "fe80::1", "link-local" },
        { "ff02::1", "link-local" },
        { "ff01::1", "interface-local" },
        { "ff0e::1", "" },
        { "2001:db8::1", "global" },
        { "fd00::1", "global" },
        { "::", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int family = strchr(cases[i].ip, ':') ? AF_INET6 : AF_INET;
        struct ifaddrmsg m = { .ifa_family = (unsigned char)family,
                               .ifa_prefixlen = 24,
                               .ifa_index = 5 };
        size_t size = family == AF_INET ? 4 : 16;
        struct nl_test t = { .len = 0 };
        struct net_address a;
        unsigned char ip[16], other[16] = { 9, 9, 9, 9 };

        assert_int_equal(inet_pton(family, cases[i].ip, ip), 1);
        nl_test_begin(&t, RTM_NEWADDR, 1, &m, sizeof(m));
        nl_test_attr(&t, IFA_ADDRESS, other, size);
        nl_test_attr(&t, IFA_LOCAL, ip, size);
        nl_test_attr(&t, IFA_BROADCAST, other, size);
        nl_test_end(&t);
        assert_int_equal(
            address_parse(span_of(t.buf + NLMSG_HDRLEN, t.len - NLMSG_HDRLEN), &a), 1);
        assert_int_equal(a.index, 5);
        assert_int_equal(a.prefix, 24);
        assert_memory_equal(a.ip, ip, size);
        assert_string_equal(address_scope(&a), cases[i].scope);
        node_test_prefixes(t.buf + NLMSG_HDRLEN, t.len - NLMSG_HDRLEN, address_feed);
    }
}

static const char arp_text[] =
    "IP address       HW type     Flags       HW address            Mask     Device\n"
    "192.168.1.1    0x1         0x2         cc:aa:dd:ee:aa:bb     *        eth0\n"
    "192.168.1.4    0x1         0x2         dd:ee:ff:aa:bb:cc     *        eth1\n"
    "short line\n"
    "192.168.1.2    0x1         0x2         bb:cc:dd:ee:ff:aa     *        eth0\n"
    "10.0.0.1       0x1         0x2         de:ad:be:ef:00:00     *        nope";

static void arp_feed(struct span prefix)
{
    struct arp a = { .nl = NETLINK_INIT };

    arp_parse(&a, prefix, NULL);
    free(a.v);
}

static void test_arp(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/net/arp", arp_text);
    arp_flag.netlink = 0;
    arp_flag.exclude = "nope";
    assert_int_equal(node_arp_collector.init(&t.ctx, &priv, &err), 0);
    for (int round = 0; round < 2; round++) { /* nothing adds up over scrapes */
        promc_emitter_reset(e);
        assert_int_equal(node_arp_collector.collect(&t.ctx, priv, e, &err), -EINVAL);
        assert_string_equal(err.text, "net/arp line 4: not six columns");
        node_test_expect(e, "# TYPE node_arp_entries gauge\n"
                            "node_arp_entries{device=\"eth0\"} 2\n"
                            "node_arp_entries{device=\"eth1\"} 1\n");
    }
    node_arp_collector.fini(priv);
    arp_flag.netlink = 1;
    arp_flag.exclude = NULL;
    node_test_prefixes(arp_text, sizeof(arp_text) - 1, arp_feed);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

static void test_neighbour(void **state)
{
    struct ndmsg m = { .ndm_family = AF_INET,
                       .ndm_ifindex = 3,
                       .ndm_state = NUD_REACHABLE };
    struct span payload = span_of((const char *)&m, sizeof(m));

    (void)state;
    assert_int_equal(arp_neighbour(RTM_NEWNEIGH, payload), 3);
    assert_int_equal(arp_neighbour(RTM_NEWLINK, payload), -1);
    assert_int_equal(arp_neighbour(RTM_NEWNEIGH, span_of(payload.p, payload.n - 1)), -1);
    m.ndm_state = NUD_NOARP;
    assert_int_equal(arp_neighbour(RTM_NEWNEIGH, payload), -1);
    m.ndm_state = NUD_STALE;
    m.ndm_family = AF_INET6;
    assert_int_equal(arp_neighbour(RTM_NEWNEIGH, payload), -1);
}

/* The running kernel answers, twice over the same socket; there is always a loopback. */
static void test_live(void **state)
{
    struct node_ctx ctx = { .deadline_ns = 0 };
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    netdev_flag.address_info = 1;
    assert_int_equal(node_netdev_collector.init(&ctx, &priv, &err), 0);
    for (int round = 0; round < 2; round++) {
        promc_emitter_reset(e);
        if (node_netdev_collector.collect(&ctx, priv, e, &err) != 0) {
            print_message("no netlink here: %s\n", err.text);
            break;
        }
        assert_true(
            node_test_holds(e, "node_network_receive_bytes_total{device=\"lo\"} "));
    }
    ctx.deadline_ns = 1; /* long past: what has not come already is not waited for */
    netdev_collect(&ctx, priv, e, &err);
    node_netdev_collector.fini(priv);
    netdev_flag.address_info = 0;
    promc_emitter_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),  cmocka_unit_test(test_link),
        cmocka_unit_test(test_names), cmocka_unit_test(test_proc),
        cmocka_unit_test(test_flags), cmocka_unit_test(test_address),
        cmocka_unit_test(test_arp),   cmocka_unit_test(test_neighbour),
        cmocka_unit_test(test_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
