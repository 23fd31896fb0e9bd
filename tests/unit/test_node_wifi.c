/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_wifi.c - the wifi collector: nl80211 messages, and fixtures.
 */
#include "config.h"

#include "node_run.h"

#include "node/collectors/wifi.c"
#include "node/collectors/wifi_nl80211.c"
#include "node_netlink.h"

static const struct genlmsghdr genl = { .cmd = 1, .version = 1 };

static struct span payload_of(const struct nl_test *t)
{
    return span_of(t->buf + NLMSG_HDRLEN, t->len - NLMSG_HDRLEN);
}

static void begin(struct nl_test *t)
{
    t->len = 0;
    nl_test_begin(t, 30, 7, &genl, sizeof(genl));
}

static void nested(struct nl_test *t, uint16_t type, const struct nl_test *inner)
{
    nl_test_attr(t, type | NLA_F_NESTED, inner->buf, inner->len);
}

static void test_family(void **state)
{
    struct nl_test t;
    uint16_t id = 28, found = 0;

    (void)state;
    begin(&t);
    nl_test_attr(&t, CTRL_ATTR_FAMILY_ID, &id, sizeof(id));
    nl_test_string(&t, CTRL_ATTR_FAMILY_NAME, "nl80211x");
    nl_test_end(&t);
    assert_int_equal(each_family(&found, 16, payload_of(&t)), 0);
    assert_int_equal(found, 0);
    begin(&t);
    nl_test_attr(&t, CTRL_ATTR_FAMILY_ID, &id, sizeof(id));
    nl_test_string(&t, CTRL_ATTR_FAMILY_NAME, "nl80211");
    nl_test_end(&t);
    assert_int_equal(each_family(&found, 16, payload_of(&t)), 0);
    assert_int_equal(found, 28);
}

static void count_interface(void *arg, const struct wifi_interface *i)
{
    assert_string_equal(i->name, "wlan0");
    assert_int_equal(i->index, 5);
    assert_int_equal(i->mhz, 5180);
    ++*(int *)arg;
}

static void interface_feed(struct span prefix)
{
    struct wifi_interface i;

    parse_interface(prefix, &i);
}

static void test_interface(void **state)
{
    struct nl_test t;
    int n = 0;
    struct wifi_sink sink = { .interface = count_interface, .arg = &n };

    (void)state;
    begin(&t);
    nl_test_u32(&t, NL80211_ATTR_IFINDEX, 5);
    nl_test_string(&t, NL80211_ATTR_IFNAME, "wlan0");
    nl_test_u32(&t, NL80211_ATTR_WIPHY_FREQ, 5180);
    nl_test_end(&t);
    each_interface(&sink, 30, payload_of(&t));
    assert_int_equal(n, 1);
    node_test_prefixes(payload_of(&t).p, payload_of(&t).n, interface_feed);
    begin(&t); /* peer-to-peer device */
    nl_test_u32(&t, NL80211_ATTR_IFTYPE, 10);
    nl_test_end(&t);
    each_interface(&sink, 30, payload_of(&t));
    assert_int_equal(n, 1);
}

static void put_bss(struct nl_test *t, int with_status)
{
    static const char elements[] = "\x01\x02xx\x00\x07My Wifi\x03\x01\x06";
    struct nl_test bss = { .len = 0 };

    nl_test_attr(&bss, NL80211_BSS_BSSID, "\x00\x11\x22\xaa\xbb\xff", 6);
    nl_test_attr(&bss, NL80211_BSS_INFORMATION_ELEMENTS, elements, sizeof(elements) - 1);
    if (with_status)
        nl_test_u32(&bss, NL80211_BSS_STATUS, NL80211_BSS_STATUS_ASSOCIATED);
    begin(t);
    nl_test_u32(t, NL80211_ATTR_GENERATION, 1);
    nested(t, NL80211_ATTR_BSS, &bss);
    nl_test_end(t);
}

static void bss_feed(struct span prefix)
{
    struct wifi_bss bss;

    parse_bss(prefix, &bss);
}

static void test_bss(void **state)
{
    struct nl_test t;
    struct wifi_bss bss = { .status = 0 };
    struct wifi_sink sink = { .bss = &bss };
    promc_emitter *out = promc_emitter_new(NULL);
    promc_samples *f = promc_emit_family(out, PROMC_TYPE_GAUGE, "i", "x",
                                         PROMC_LABELS("device", "bssid", "ssid", "mode"));

    (void)state;
    put_bss(&t, 0); /* a network nearby */
    each_bss(&sink, 34, payload_of(&t));
    assert_false(sink.found);
    put_bss(&t, 1);
    each_bss(&sink, 34, payload_of(&t));
    assert_true(sink.found);
    node_test_prefixes(payload_of(&t).p, payload_of(&t).n, bss_feed);
    emit_bss(f, "a", &bss);
    bss.status = NL80211_BSS_STATUS_IBSS_JOINED;
    emit_bss(f, "b", &bss);
    bss.status = 77;
    emit_bss(f, "c", &bss);
    node_test_expect(
        out,
        "# TYPE i gauge\n"
        "i{bssid=\"00:11:22:aa:bb:ff\",device=\"a\",mode=\"client\",ssid=\"My Wifi\"} 1\n"
        "i{bssid=\"00:11:22:aa:bb:ff\",device=\"b\",mode=\"ad-hoc\",ssid=\"My Wifi\"} 1\n"
        "i{bssid=\"00:11:22:aa:bb:ff\",device=\"c\",mode=\"unknown\",ssid=\"My Wifi\"} "
        "1\n");
    promc_emitter_free(out);
}

/* Elements whose length lies, and a name without end. */
static void test_ssid(void **state)
{
    static const struct {
        const char *elements;
        size_t n;
        const char *want;
    } cases[] = {
        { "", 0, "" },
        { "\x00", 1, "" },
        { "\x00\x00", 2, "" },
        { "\x00\x03"
          "abc",
          5, "abc" },
        { "\x00\x04"
          "abc",
          5, "" },
        { "\x01\xff"
          "abc",
          5, "" },
        { "\x00\x28"
          "0123456789012345678901234567890123456789",
          42, "01234567890123456789012345678901" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ssid[WIFI_SSID] = "";
        char *copy = malloc(cases[i].n + 1);

        assert_non_null(copy);
        memcpy(copy, cases[i].elements, cases[i].n);
        parse_ssid(span_of(copy, cases[i].n), ssid);
        assert_string_equal(ssid, cases[i].want);
        free(copy);
    }
}

static void put_rate(struct nl_test *t, uint16_t type, uint16_t old, uint32_t rate)
{
    struct nl_test inner = { .len = 0 };

    nl_test_attr(&inner, NL80211_RATE_INFO_BITRATE, &old, sizeof(old));
    if (rate)
        nl_test_u32(&inner, NL80211_RATE_INFO_BITRATE32, rate);
    nested(t, type, &inner);
}

static void put_station(struct nl_test *t)
{
    struct nl_test info = { .len = 0 };
    uint64_t rx = UINT64_C(5000000000);
    signed char signal = -52;

    nl_test_u32(&info, NL80211_STA_INFO_CONNECTED_TIME, 4000000000u);
    nl_test_u32(&info, NL80211_STA_INFO_INACTIVE_TIME, 1400);
    put_rate(&info, NL80211_STA_INFO_RX_BITRATE, 540, 0);
    put_rate(&info, NL80211_STA_INFO_TX_BITRATE, 540, 100000);
    nl_test_attr(&info, NL80211_STA_INFO_SIGNAL, &signal, 1);
    nl_test_attr(&info, NL80211_STA_INFO_RX_BYTES64, &rx, sizeof(rx));
    nl_test_u32(&info, NL80211_STA_INFO_RX_BYTES, 705032704);
    nl_test_u32(&info, NL80211_STA_INFO_TX_BYTES, 1);
    nl_test_u32(&info, NL80211_STA_INFO_RX_PACKETS, 2);
    nl_test_u32(&info, NL80211_STA_INFO_TX_PACKETS, 3);
    nl_test_u32(&info, NL80211_STA_INFO_TX_RETRIES, 4);
    nl_test_u32(&info, NL80211_STA_INFO_TX_FAILED, 5);
    nl_test_u32(&info, NL80211_STA_INFO_BEACON_LOSS, 6);
    nl_test_attr(&info, 0x3ff, "unknown", 7);
    begin(t);
    nl_test_attr(t, NL80211_ATTR_MAC, "\x01\x02\x03\x04\x05\x06", 6);
    nested(t, NL80211_ATTR_STA_INFO, &info);
    nl_test_end(t);
}

static void station_feed(struct span prefix)
{
    struct wifi_station s;

    parse_station(prefix, &s);
}

static void start_stations(struct wifi *s, promc_emitter *out)
{
    s->device = "wlan0";
    for (size_t i = 0; i < WIFI_STATS; i++)
        s->stat[i] = promc_emit_family(out, PROMC_TYPE_GAUGE, wifi_metrics[i].name, "x",
                                       PROMC_LABELS("device", "mac_address"));
}

#define STATION "{device=\"wlan0\",mac_address=\"01:02:03:04:05:06\"} "

static void test_station(void **state)
{
    static const char *const want[] = {
        "node_wifi_station_connected_seconds_total" STATION "4e+09\n",
        "node_wifi_station_inactive_seconds" STATION "1.4\n",
        "node_wifi_station_receive_bits_per_second" STATION "5.4e+07\n",
        "node_wifi_station_transmit_bits_per_second" STATION "1e+10\n",
        "node_wifi_station_receive_bytes_total" STATION "5e+09\n",
        "node_wifi_station_transmit_bytes_total" STATION "1\n",
        "node_wifi_station_received_packets_total" STATION "2\n",
        "node_wifi_station_transmitted_packets_total" STATION "3\n",
        "node_wifi_station_transmit_retries_total" STATION "4\n",
        "node_wifi_station_transmit_failed_total" STATION "5\n",
        "node_wifi_station_beacon_loss_total" STATION "6\n",
        "node_wifi_station_signal_dbm" STATION "-52\n",
    };
    struct nl_test t;
    struct wifi s = { .n = 0 };
    struct wifi_sink sink = { .station = emit_station, .arg = &s };
    promc_emitter *out = promc_emitter_new(NULL);

    (void)state;
    start_stations(&s, out);
    put_station(&t);
    each_station(&sink, 19, payload_of(&t));
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_true(node_test_holds(out, want[i]));
    node_test_prefixes(payload_of(&t).p, payload_of(&t).n, station_feed);
    promc_emitter_free(out);
}

static void test_fixture(void **state)
{
#ifdef HAVE_JANSSON
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "interfaces.json",
                  "[{\"name\":\"w0\",\"frequency\":2412},{\"type\":10},{\"name\":\"w1\"},"
                  "{\"name\":\"w2\"}]");
    node_test_put(&t, "w0/bss.json", "{\"ssid\":\"x\",\"bssid\":\"AAEC!\"}");
    node_test_put(&t, "w0/stationinfo.json",
                  "[{\"hardwareaddr\":\"AQIDBAUG\",\"inactive\":1500000000}]");
    node_test_put(&t, "w2/bss.json", "[");
    wifi_flag.fixtures = t.root;
    assert_int_equal(node_run_start(&r, &node_wifi_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), -EINVAL); /* w2; w1 has no files */
    assert_true(node_test_holds(
        r.out, "node_wifi_interface_frequency_hertz{device=\"w0\"} 2.412e+09\n"
               "node_wifi_interface_frequency_hertz{device=\"w1\"} 0\n"
               "node_wifi_interface_frequency_hertz{device=\"w2\"} 0\n"));
    assert_true(node_test_holds(r.out, "node_wifi_station_info{bssid=\"00:01:02\",device="
                                       "\"w0\",mode=\"client\",ssid=\"x\"} 1\n"));
    assert_true(node_test_holds(r.out, "node_wifi_station_inactive_seconds{device=\"w0\","
                                       "mac_address=\"01:02:03:04:05:06\"} 1.5\n"));
    node_test_remove(&t, "w2/bss.json");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_put(&t, "interfaces.json", "{}");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "");
    node_test_remove(&t, "interfaces.json");
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    wifi_flag.fixtures = NULL;
    node_run_stop(&r);
    node_test_tree_free(&t);
#else
    struct node_ctx ctx = { .deadline = 1 };
    struct node_run r;

    (void)state;
    wifi_flag.fixtures = "/tmp";
    assert_int_equal(node_run_start(&r, &node_wifi_collector, &ctx), -ENOTSUP);
    assert_non_null(strstr(r.err.text, "jansson"));
    wifi_flag.fixtures = NULL;
    node_run_stop(&r);
#endif
}

/* With wireless hardware or without. */
static void test_live(void **state)
{
    struct node_ctx ctx = { .deadline = 10 };
    struct node_run r;
    int rc;

    (void)state;
    assert_int_equal(node_run_start(&r, &node_wifi_collector, &ctx), 0);
    rc = node_run_once(&r, 10);
    if (rc < 0) {
        print_message("skipped: %s\n", r.err.text);
        node_run_stop(&r);
        skip();
    }
    assert_true(rc == 0 || (rc == NODE_NODATA && r.err.text[0]));
    assert_int_equal(node_run_once(&r, 10), rc);
    node_run_stop(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_family),  cmocka_unit_test(test_interface),
        cmocka_unit_test(test_bss),     cmocka_unit_test(test_ssid),
        cmocka_unit_test(test_station), cmocka_unit_test(test_fixture),
        cmocka_unit_test(test_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
