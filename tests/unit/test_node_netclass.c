/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_netclass.c - the netclass collector and its two sources.
 */
#include "config.h"

#include "node_test.h"

#include "node/collectors/netclass.c"
#include "node/collectors/netclass_rtnl.c"
#include "node_netlink.h"
#include "node_run.h"

#include <linux/if_link.h>
#include <sys/socket.h>

#define NET "sys/class/net/"

static void put_eth0(struct node_test_tree *t)
{
    static const char *const files[][2] = {
        { "addr_assign_type", "3" },
        { "address", "02:fc:00:00:00:0a" },
        { "broadcast", "ff:ff:ff:ff:ff:ff" },
        { "carrier", "1" },
        { "carrier_changes", "4" },
        { "carrier_up_count", "2" },
        { "carrier_down_count", "2" },
        { "dev_id", "0x20" },
        { "dormant", "0" },
        { "duplex", "full" },
        { "flags", "0x1103" },
        { "ifalias", "up\"" },
        { "ifindex", "3" },
        { "iflink", "2" },
        { "link_mode", "1" },
        { "mtu", "1500" },
        { "name_assign_type", "4" },
        { "netdev_group", "0" },
        { "operstate", "up" },
        { "speed", "1000" },
        { "tx_queue_len", "500" },
        { "type", "1" },
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char name[64], value[64];

        snprintf(name, sizeof(name), NET "eth0/%s", files[i][0]);
        snprintf(value, sizeof(value), "%s\n", files[i][1]);
        node_test_put(t, name, value);
    }
}

static void test_sysfs(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    netclass_flag.ignored = "^veth";
    assert_int_equal(node_netclass_collector.init(&t.ctx, &priv, &err), 0);
    assert_int_equal(node_netclass_collector.collect(&t.ctx, priv, e, &err), -ENOENT);
    put_eth0(&t);
    node_test_put(&t, NET "bonding_masters", "bond0\n");
    node_test_put(&t, NET "veth1/mtu", "1500\n");
    promc_emitter_reset(e);
    assert_int_equal(node_netclass_collector.collect(&t.ctx, priv, e, &err), 0);
    node_test_expect(e,
                     "# TYPE node_network_address_assign_type gauge\n"
                     "node_network_address_assign_type{device=\"eth0\"} 3\n"
                     "# TYPE node_network_carrier gauge\n"
                     "node_network_carrier{device=\"eth0\"} 1\n"
                     "# TYPE node_network_carrier_changes_total counter\n"
                     "node_network_carrier_changes_total{device=\"eth0\"} 4\n"
                     "# TYPE node_network_carrier_down_changes_total counter\n"
                     "node_network_carrier_down_changes_total{device=\"eth0\"} 2\n"
                     "# TYPE node_network_carrier_up_changes_total counter\n"
                     "node_network_carrier_up_changes_total{device=\"eth0\"} 2\n"
                     "# TYPE node_network_device_id gauge\n"
                     "node_network_device_id{device=\"eth0\"} 32\n"
                     "# TYPE node_network_dormant gauge\n"
                     "node_network_dormant{device=\"eth0\"} 0\n"
                     "# TYPE node_network_flags gauge\n"
                     "node_network_flags{device=\"eth0\"} 4355\n"
                     "# TYPE node_network_iface_id gauge\n"
                     "node_network_iface_id{device=\"eth0\"} 3\n"
                     "# TYPE node_network_iface_link gauge\n"
                     "node_network_iface_link{device=\"eth0\"} 2\n"
                     "# TYPE node_network_iface_link_mode gauge\n"
                     "node_network_iface_link_mode{device=\"eth0\"} 1\n"
                     "# TYPE node_network_info gauge\n"
                     "node_network_info{address=\"02:fc:00:00:00:0a\",adminstate=\"up\","
                     "broadcast=\"ff:ff:ff:ff:ff:ff\",device=\"eth0\",duplex=\"full\","
                     "ifalias=\"up\\\"\",operstate=\"up\"} 1\n"
                     "# TYPE node_network_mtu_bytes gauge\n"
                     "node_network_mtu_bytes{device=\"eth0\"} 1500\n"
                     "# TYPE node_network_name_assign_type gauge\n"
                     "node_network_name_assign_type{device=\"eth0\"} 4\n"
                     "# TYPE node_network_net_dev_group gauge\n"
                     "node_network_net_dev_group{device=\"eth0\"} 0\n"
                     "# TYPE node_network_protocol_type gauge\n"
                     "node_network_protocol_type{device=\"eth0\"} 1\n"
                     "# TYPE node_network_speed_bytes gauge\n"
                     "node_network_speed_bytes{device=\"eth0\"} 1.25e+08\n"
                     "# TYPE node_network_transmit_queue_length gauge\n"
                     "node_network_transmit_queue_length{device=\"eth0\"} 500\n"
                     "# TYPE node_network_up gauge\n"
                     "node_network_up{device=\"eth0\"} 1\n");

    /* What is not there or no number is left out; a speed that is not known can be. */
    node_test_put(&t, NET "eth0/speed", "-1\n");
    node_test_put(&t, NET "eth0/mtu", "much\n");
    node_test_put(&t, NET "eth0/flags", "");
    node_test_put(&t, NET "eth0/operstate", "down\n");
    node_test_remove(&t, NET "eth0/carrier");
    promc_emitter_reset(e);
    assert_int_equal(node_netclass_collector.collect(&t.ctx, priv, e, &err), 0);
    assert_true(
        node_test_holds(e, "node_network_speed_bytes{device=\"eth0\"} -125000\n"));
    assert_true(node_test_holds(e, "node_network_up{device=\"eth0\"} 0\n"));
    assert_true(node_test_holds(e, "node_network_info{address=\"02:fc:00:00:00:0a\","
                                   "adminstate=\"unknown\""));
    assert_false(node_test_holds(e, "node_network_mtu_bytes"));
    assert_false(node_test_holds(e, "node_network_carrier{"));
    netclass_flag.ignore_invalid_speed = 1;
    promc_emitter_reset(e);
    node_netclass_collector.collect(&t.ctx, priv, e, &err);
    assert_false(node_test_holds(e, "node_network_speed_bytes"));
    netclass_flag.ignore_invalid_speed = 0;
    netclass_flag.ignored = "^$";
    node_netclass_collector.fini(priv);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

/* The message for the eth0 above; skip: an attribute to leave out. */
static void put_link(struct nl_test *t, unsigned flags, uint16_t skip)
{
    static const unsigned char address[6] = { 2, 0xfc, 0, 0, 0, 10 };
    static const unsigned char broadcast[6] = { 255, 255, 255, 255, 255, 255 };
    static const struct {
        uint16_t attr;
        uint32_t v;
    } numbers[] = {
        { IFLA_CARRIER_CHANGES, 4 },
        { IFLA_CARRIER_UP_COUNT, 2 },
        { IFLA_CARRIER_DOWN_COUNT, 2 },
        { IFLA_MTU, 1500 },
        { IFLA_GROUP, 0 },
        { IFLA_TXQLEN, 500 },
        { IFLA_LINK, 2 },
        { IFLA_PROMISCUITY, 1 },
        { IFLA_ALLMULTI, 0 },
    };
    static const struct {
        uint16_t attr;
        uint8_t v;
    } bytes[] = { { IFLA_LINKMODE, 1 }, { IFLA_CARRIER, 1 }, { IFLA_OPERSTATE, 6 } };
    struct ifinfomsg info = { .ifi_index = 3, .ifi_type = 1, .ifi_flags = flags };

    t->len = 0;
    nl_test_begin(t, RTM_NEWLINK, 1, &info, sizeof(info));
    nl_test_string(t, IFLA_IFNAME, "eth0");
    nl_test_string(t, IFLA_IFALIAS, "up\"");
    nl_test_attr(t, IFLA_ADDRESS, address, sizeof(address));
    nl_test_attr(t, IFLA_BROADCAST, broadcast, sizeof(broadcast));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].attr != skip)
            nl_test_u32(t, numbers[i].attr, numbers[i].v);
    }
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        if (bytes[i].attr != skip)
            nl_test_attr(t, bytes[i].attr, &bytes[i].v, 1);
    }
    nl_test_end(t);
}

static int parse_link(const struct nl_test *t, struct netclass_device *d)
{
    struct net_link link;

    assert_int_equal(
        net_link_parse(span_of(t->buf + NLMSG_HDRLEN, t->len - NLMSG_HDRLEN), &link), 0);
    memset(d, 0, sizeof(*d));
    return netclass_from_link(&link, d);
}

#define LINK_FLAGS (IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | 0x10000)

/* Both sources tell the same of the same interface. */
static void test_agree(void **state)
{
    struct netclass_device sys, d;
    struct node_test_tree t;
    struct nl_test m;
    struct dirlist list = { .n = 0 };
    int fd;

    (void)state;
    node_test_tree_new(&t);
    put_eth0(&t);
    assert_int_equal(dirlist_read(&list, t.sys, "class/net", &fd), 0);
    assert_int_equal(netclass_read(fd, "eth0", &sys), 1);
    assert_int_equal(netclass_read(fd, "eth1", &d), 0);
    close(fd);
    put_link(&m, LINK_FLAGS, 0);
    assert_int_equal(parse_link(&m, &d), 0);
    assert_false(netclass_agree(&d, &sys)); /* speed and duplex come from ethtool */
    netclass_set(&d, NETCLASS_SPEED, 1000);
    snprintf(d.duplex, sizeof(d.duplex), "full");
    assert_true(netclass_agree(&d, &sys));
    assert_int_equal(d.value[NETCLASS_DEV_ID], 0x20);
    assert_int_equal(d.value[NETCLASS_NAME_ASSIGN_TYPE], 4);
    sys.value[NETCLASS_IFINDEX] = 7; /* another interface of the same name */
    assert_false(netclass_agree(&d, &sys));
    dirlist_free(&list);
    node_test_tree_free(&t);
}

static void test_link(void **state)
{
    static const struct {
        uint16_t skip;
        int rc;
    } cases[] = { { 0, 0 },
                  { IFLA_LINK, 0 },
                  { IFLA_ALLMULTI, -ENODATA }, /* a kernel before 6.0 */
                  { IFLA_PROMISCUITY, -ENODATA },
                  { IFLA_CARRIER_UP_COUNT, -ENODATA },
                  { IFLA_OPERSTATE, -ENODATA } };
    struct netclass_device d;
    struct nl_test m;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put_link(&m, LINK_FLAGS, cases[i].skip);
        assert_int_equal(parse_link(&m, &d), cases[i].rc);
        if (cases[i].rc == 0)
            assert_int_equal(d.value[NETCLASS_IFLINK],
                             cases[i].skip == IFLA_LINK ? 3 : 2);
    }
    put_link(&m, LINK_FLAGS & ~(unsigned)IFF_UP, 0); /* down: sysfs would not say */
    assert_int_equal(parse_link(&m, &d), 0);
    assert_false(netclass_has(&d, NETCLASS_CARRIER));
    assert_false(netclass_has(&d, NETCLASS_DORMANT));
}

/* --collector.netclass.netlink: netlink's own view of an interface of which sysfs and
 * ethtool know nothing. */
static void test_rtnl(void **state)
{
    static const char *const names[] = { "enp3s0", "uplink" };
    promc_emitter *e = promc_emitter_new(NULL);
    struct rtnl_out o = { .class = { .no_adminstate = 1, .known_speed_only = 1 },
                          .fd = -1,
                          .sysfs = -1 };
    uint64_t stats[NET_STATS] = { 0 };
    struct nl_test m, list = { .len = 0 };

    (void)state;
    stats[NET_RX_PACKETS] = 7;
    stats[NET_RX_DROPPED] = 3;
    stats[NET_RX_MISSED_ERRORS] = 2;
    for (size_t i = 0; i < 2; i++)
        nl_test_string(&list, IFLA_ALT_IFNAME, names[i]);
    put_link(&m, 0x11000, 0); /* down, but IFF_LOWER_UP */
    nl_test_attr(&m, IFLA_PROP_LIST | NLA_F_NESTED, list.buf, list.len);
    nl_test_attr(&m, IFLA_STATS64, stats, sizeof(stats));
    nl_test_end(&m);

    netclass_begin(&o.class, e);
    o.altnames = promc_emit_family(e, PROMC_TYPE_GAUGE, "altnames", "",
                                   PROMC_LABELS("altname", "device"));
    for (size_t i = 0; netdev_detailed[i].name; i++)
        o.stat[i] = promc_emit_family(e, PROMC_TYPE_GAUGE, netdev_detailed[i].name, "",
                                      PROMC_LABELS("device"));
    assert_int_equal(
        each_link(&o, RTM_NEWLINK, span_of(m.buf + NLMSG_HDRLEN, m.len - NLMSG_HDRLEN)),
        0);
    assert_true(node_test_holds(e, "altnames{altname=\"enp3s0\",device=\"eth0\"} 1\n"));
    assert_true(node_test_holds(e, "altnames{altname=\"uplink\",device=\"eth0\"} 1\n"));
    assert_true(node_test_holds(e, "node_network_flags{device=\"eth0\"} 69632\n"));
    assert_true(node_test_holds(e, "node_network_carrier{device=\"eth0\"} 1\n"));
    assert_true(node_test_holds(
        e,
        "node_network_info{address=\"02:fc:00:00:00:0a\",broadcast=\"ff:ff:ff:ff:ff:ff\","
        "device=\"eth0\",duplex=\"\",ifalias=\"up\\\"\",operstate=\"up\"} 1\n"));
    assert_true(
        node_test_holds(e, "node_network_receive_packets_total{device=\"eth0\"} 7\n"));
    assert_true(
        node_test_holds(e, "node_network_receive_dropped_total{device=\"eth0\"} 3\n"));
    assert_true(node_test_holds(
        e, "node_network_receive_missed_errors_total{device=\"eth0\"} 2\n"));
    assert_false(node_test_holds(e, "node_network_speed_bytes"));
    promc_emitter_free(e);
}

/* The running kernel, asked with both flags. */
static void test_rtnl_live(void **state)
{
    struct node_ctx ctx = { .paths = { "/nowhere", "/nowhere", "", "" } };
    static const char *const flags[] = { "--collector.netclass.netlink",
                                         "--collector.netclass_rtnl.with-stats", NULL };
    struct node_run r;

    (void)state;
    node_run_flags(&node_netclass_collector, flags);
    assert_int_equal(node_run_start(&r, &node_netclass_collector, &ctx), 0);
    assert_int_equal(node_run_once(&r, 5), 0);
    assert_true(node_test_holds(r.out, "node_network_iface_id{device=\"lo\"} 1\n"));
    assert_true(
        node_test_holds(r.out, "# TYPE node_network_receive_bytes_total gauge\n"));
    assert_false(node_test_holds(r.out, "node_network_info{adminstate="));
    node_run_stop(&r);
    netclass_flag.netlink = netclass_flag.with_stats = 0;
}

/* The running kernel: what netlink and ethtool say is what sysfs says, or else sysfs is
 * used; the page is the same either way. */
static void test_live(void **state)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "" } };
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    struct netclass *s;
    void *priv = NULL;
    char *by_netlink, *by_sysfs;

    (void)state;
    if (access("/sys/class/net", R_OK) != 0)
        skip();
    netclass_flag.ignored = "^(veth|docker|cni|cali|br-)"; /* these come and go */
    assert_int_equal(node_netclass_collector.init(&ctx, &priv, &err), 0);
    s = priv;
    for (int round = 0; round < 2; round++) {
        promc_emitter_reset(e);
        assert_int_equal(node_netclass_collector.collect(&ctx, priv, e, &err), 0);
    }
    if (!s->trust)
        print_message("netlink is not used here\n");
    by_netlink = node_test_text(e);
    s->no_netlink = 1;
    promc_emitter_reset(e);
    assert_int_equal(node_netclass_collector.collect(&ctx, priv, e, &err), 0);
    by_sysfs = node_test_text(e);
    assert_string_equal(by_netlink, by_sysfs);
    free(by_netlink);
    free(by_sysfs);
    node_netclass_collector.fini(priv);
    netclass_flag.ignored = "^$";
    promc_emitter_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sysfs),     cmocka_unit_test(test_agree),
        cmocka_unit_test(test_link),      cmocka_unit_test(test_rtnl),
        cmocka_unit_test(test_rtnl_live), cmocka_unit_test(test_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
