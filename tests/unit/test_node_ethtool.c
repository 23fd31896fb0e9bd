/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_ethtool.c - the ethtool collector: names, link modes, and a pair of interfaces.
 */
#include "config.h"

#include "node_netns.h"
#include "node_run.h"

#include "node/collectors/ethtool.c"

static void test_clean(void **state)
{
    static const struct {
        const char *raw, *want;
    } cases[] = {
        { "rx_packets", "rx_packets" },
        { "port.rx_dropped", "port_rx_dropped" },
        { "a b", "a_b" },
        { "a _-. b", "a__b" }, /* two runs: a _ ends the first one */
        { "a__b", "a__b" },
        { "a__.b", "a_b" },
        { "tx-0.cnt[3]", "tx_0_cnt_3_" },
        { "  lead", "_lead" },
        { "r\xc3\xa4t", "r_t" },
        { "0123456789012345678901234567890123456789",
          "01234567890123456789012345678901" },
        { "", NULL },
        { "...", NULL },
        { "___", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char raw[ETH_GSTRING_LEN], buf[ETH_GSTRING_LEN + 1];

        memset(raw, 0, sizeof(raw));
        memcpy(raw, cases[i].raw,
               strlen(cases[i].raw) < sizeof(raw) ? strlen(cases[i].raw) : sizeof(raw));
        assert_int_equal(ethtool_clean(raw, buf), cases[i].want ? 0 : -EINVAL);
        if (cases[i].want)
            assert_string_equal(buf, cases[i].want);
    }
}

static void test_metric(void **state)
{
    static const struct {
        const char *clean, *want;
    } cases[] = {
        { "rx_packets", "node_ethtool_received_packets_total" },
        { "tx_bytes", "node_ethtool_transmitted_bytes_total" },
        { "tx_dropped", "node_ethtool_transmitted_dropped" },
        { "RX_Packets", "node_ethtool_received_packets" },
        { "__port_rx", "node_ethtool_port_received" },
        { "rx", "node_ethtool_received" },
        { "rx0_tx_drops", "node_ethtool_rx0_transmitted_drops" },
        { "rx_tx", "node_ethtool_received_transmitted" },
        { "rx_rx_rx", "node_ethtool_received_rx_received" },
        { "trx_rxd", "node_ethtool_trx_rxd" },
        { "rx_a_rx_b_rx_c_rx_d_rx_e_rx_f_rx",
          "node_ethtool_received_a_received_b_received_c_received_d_received_e_received_"
          "f_"
          "received" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buf[ETHTOOL_NAME_MAX];

        ethtool_metric(cases[i].clean, buf);
        assert_string_equal(buf, cases[i].want);
    }
}

static struct ethtool_counts counts_of(char (*raw)[ETH_GSTRING_LEN],
                                       const char *const *names, const uint64_t *values,
                                       size_t n)
{
    memset(raw, 0, n * ETH_GSTRING_LEN);
    for (size_t i = 0; i < n; i++)
        memcpy(raw[i], names[i], strnlen(names[i], ETH_GSTRING_LEN));
    return (struct ethtool_counts){ .n = n, .names = raw[0], .values = values };
}

/* Names that become the same are left out all; the filter sees the cleaned name. */
static void test_names(void **state)
{
    static const char *const names[] = { "b.c", "x", "b_c", "B c", "a", "hidden-one" };
    static const char *const others[] = { "x", "y" };
    static const uint64_t values[] = { 1, 2, 3, 4, 5, 6 };
    char raw[6][ETH_GSTRING_LEN];
    struct ethtool_names n = { .n = 0 };
    struct filter *filter = filter_new("x", NULL, "^hidden_one$", NULL);
    struct ethtool_counts c = counts_of(raw, names, values, 6);
    const struct ethtool_metric *kept;
    promc_emitter *out = promc_emitter_new(NULL);

    (void)state;
    assert_int_equal(ethtool_names_update(&n, &c, filter), 0);
    emit_counts(out, "eth0", &n, values);
    node_test_expect(out, "# TYPE node_ethtool_a untyped\n"
                          "node_ethtool_a{device=\"eth0\"} 5\n"
                          "# TYPE node_ethtool_x untyped\n"
                          "node_ethtool_x{device=\"eth0\"} 2\n");
    kept = n.v;
    assert_int_equal(ethtool_names_update(&n, &c, filter), 0);
    assert_ptr_equal(n.v, kept); /* nothing is made anew */
    c = counts_of(raw, others, values, 2);
    assert_int_equal(ethtool_names_update(&n, &c, filter), 0);
    assert_int_equal(n.used, 2);
    assert_string_equal(n.v[1].metric, "node_ethtool_y");
    c.n = 0;
    assert_int_equal(ethtool_names_update(&n, &c, filter), 0);
    assert_int_equal(n.used, 0);
    ethtool_names_free(&n);
    filter_free(filter);
    promc_emitter_free(out);
}

static void test_modes(void **state)
{
    /* 10baseT/Half, autonegotiation, TP, backplane; 100000baseLR4_ER4; one of no kernel. */
    uint32_t mask[ETHTOOL_MASK_WORDS] = { 1 << 0 | 1 << 6 | 1 << 7 | 1 << 16, 1 << 7, 0,
                                          UINT32_C(1) << 31 };
    struct ethtool_families f;
    promc_emitter *out = promc_emitter_new(NULL);

    (void)state;
    ethtool_begin_modes(&f, out);
    ethtool_emit_modes(&f, ETHTOOL_SUPPORTED, "eth0", mask);
    mask[0] = 1 << 13;
    mask[1] = 0;
    ethtool_emit_modes(&f, ETHTOOL_ADVERTISED, "eth0", mask);
    node_test_expect(
        out, 
             "# TYPE node_network_asymmetricpause_advertised gauge\n"
             "node_network_asymmetricpause_advertised{device=\"eth0\"} 0\n"
             "# TYPE node_network_asymmetricpause_supported gauge\n"
             "node_network_asymmetricpause_supported{device=\"eth0\"} 0\n"
             "# TYPE node_network_autonegotiate_advertised gauge\n"
             "node_network_autonegotiate_advertised{device=\"eth0\"} 0\n"
             "# TYPE node_network_autonegotiate_supported gauge\n"
             "node_network_autonegotiate_supported{device=\"eth0\"} 1\n"
             "# TYPE node_network_pause_advertised gauge\n"
             "node_network_pause_advertised{device=\"eth0\"} 1\n"
             "# TYPE node_network_pause_supported gauge\n"
             "node_network_pause_supported{device=\"eth0\"} 0\n"
             "# TYPE node_network_supported_port_info gauge\n"
             "node_network_supported_port_info{device=\"eth0\",type=\"Backplane\"} 1\n"
             "node_network_supported_port_info{device=\"eth0\",type=\"TP\"} 1\n"
             "# TYPE node_network_supported_speed_bytes gauge\n"
             "node_network_supported_speed_bytes{device=\"eth0\",duplex=\"full\","
             "mode=\"100000baseLR4_ER4\"} 1.25e+10\n"
             "node_network_supported_speed_bytes{device=\"eth0\",duplex=\"half\","
             "mode=\"10baseT\"} 1.25e+06\n");
    promc_emitter_free(out);
}

/* Interfaces that come and go, told apart by name. */
static void test_devices(void **state)
{
    struct ethtool s = { .n = 0 };
    struct ethtool_device *d;

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = round; i < round + 40; i++) {
            char name[IF_NAMESIZE];

            snprintf(name, sizeof(name), "veth%d", i);
            d = device_get(&s, name);
            assert_non_null(d);
            assert_string_equal(d->name, name);
            d->seen = 1;
        }
        device_sweep(&s);
        assert_int_equal(s.n, 40);
    }
    free(s.v);
}

static void test_nothing(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/", "");
    assert_int_equal(node_run_start(&r, &node_ethtool_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);
    node_test_put(&t, "sys/class/net/bonding_masters", "");
    node_test_put(&t, "sys/class/net/no-such-device/", "");
    node_test_put(&t, "sys/class/net/much-too-long-for-a-name/", "");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "");
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_veth(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_netns("ip link add v0 type veth peer name v1 2>/dev/null");
    node_test_tree_new(&t);
    node_test_put(&t, "sys/class/net/v0/", "");
    node_test_put(&t, "sys/class/net/v1/", "");
    node_test_put(&t, "sys/class/net/lo/", "");
    assert_int_equal(node_run_start(&r, &node_ethtool_collector, &t.ctx), 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        assert_true(node_test_holds(
            r.out, "node_ethtool_info{bus_info=\"\",device=\"v1\",driver=\"veth\","));
        assert_true(node_test_holds(r.out, "node_ethtool_peer_ifindex{device=\"v0\"} "));
        assert_true(node_test_holds(r.out, "node_network_autonegotiate{device=\"v0\"} "));
    }
    node_run_stop(&r);
    node_run_flags(&node_ethtool_collector,
                   (const char *const[]){ "--collector.ethtool.device-exclude=0$",
                                          "--collector.ethtool.metrics-include=^peer",
                                          NULL });
    assert_int_equal(node_run_start(&r, &node_ethtool_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_ethtool_peer_ifindex{device=\"v1\"} "));
    assert_false(node_test_holds(r.out, "node_ethtool_peer_ifindex{device=\"v0\"} "));
    assert_false(node_test_holds(r.out, "# TYPE node_ethtool_rec"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),   cmocka_unit_test(test_metric),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_modes),
        cmocka_unit_test(test_devices), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_veth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
