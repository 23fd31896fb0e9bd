/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_node_network.c - the node exporter's parsers of netlink, ethtool and perf. The first
 * byte chooses the parser; the rest is a datagram, a driver's names, or text of a flag.
 */
#include "config.h"
#include "fuzz.h"

#include "node/collectors/arp.c"
#include "node/collectors/netclass_netlink.c"
#include "node/collectors/netdev.c"
#include "node/collectors/netdev_address.c"
#include "node/collectors/network_route.c"
#include "node/collectors/qdisc.c"
#include "node/collectors/tcpstat.c"
#include "node/collectors/wifi_nl80211.c"

#include "node/collectors/ethtool.h"
#include "node/collectors/perf.h"

static int each_qdisc(void *arg, uint16_t type, struct span payload)
{
    struct qdisc q;

    (void)type;
    if (qdisc_parse(payload, &q) == 0) {
        memcpy(q.device, "eth0", 5);
        qdisc_emit(arg, &q);
    }
    return 0;
}

static void try_qdisc(struct span datagram, promc_emitter *e)
{
    struct qdisc_state s = { .filter = NULL };

    for (size_t i = 0; i < QDISC_STATS; i++)
        s.f[i] = promc_emit_family(e, qdisc_metrics[i].type, qdisc_metrics[i].name, "",
                                   PROMC_LABELS("device", "kind"));
    netlink_walk(datagram, 0, each_qdisc, &s);
}

static void try_tcpstat(struct span datagram, promc_emitter *e)
{
    struct tcpstat t = { .sockets = 0 };

    netlink_walk(datagram, 0, tcpstat_each, &t);
    tcpstat_emit(&t, 1, e);
}

static void try_route(struct span datagram, promc_emitter *e)
{
    struct route s = { .nl = NETLINK_INIT };

    FUZZ_CHECK(route_add_device(&s, 0, "") == 0);
    netlink_walk(datagram, 0, route_each, &s);
    route_emit(&s, e);
    arena_free(&s.arena);
    free(s.v);
    free(s.dev);
}

static int each_wifi(void *arg, uint16_t type, struct span payload)
{
    struct wifi_interface i;
    struct wifi_bss bss;
    struct wifi_station station;
    uint16_t family;

    (void)arg;
    (void)type;
    each_family(&family, 0, payload);
    parse_interface(payload, &i);
    parse_bss(payload, &bss);
    parse_station(payload, &station);
    FUZZ_CHECK(strlen(i.name) < sizeof(i.name) && strlen(bss.ssid) < sizeof(bss.ssid) &&
               strlen(bss.bssid) < sizeof(bss.bssid) &&
               strlen(station.address) < sizeof(station.address));
    return 0;
}

static void try_wifi(struct span datagram, promc_emitter *e)
{
    (void)e;
    netlink_walk(datagram, 0, each_wifi, NULL);
}

static void try_ethtool(struct span raw, promc_emitter *e)
{
    struct ethtool_names names = { .n = 0 };
    struct ethtool_counts counts = { .n = raw.n / ETH_GSTRING_LEN, .names = raw.p };

    FUZZ_CHECK(ethtool_names_update(&names, &counts, NULL) == 0);
    for (size_t i = 0; i < names.used; i++) {
        FUZZ_CHECK(i == 0 || strcmp(names.v[i - 1].metric, names.v[i].metric) < 0);
        /* Whatever the driver calls it, it is a good name. */
        FUZZ_CHECK(promc_emit_family(e, PROMC_TYPE_UNTYPED, names.v[i].metric, "",
                                     PROMC_LABELS("device")));
    }
    ethtool_names_free(&names);
}

static void try_perf(struct span text, promc_emitter *e)
{
    struct perf_cpus cpus = { { 0 } };
    char *copy = fuzz_string((const uint8_t *)text.p, text.n);
    char path[200], metric[200];

    perf_cpus_add(&cpus, text);
    if (perf_tracepoint(copy, path, sizeof(path), metric, sizeof(metric)) == 0) {
        FUZZ_CHECK(!strstr(path, ".."));
        FUZZ_CHECK(
            promc_emit_family(e, PROMC_TYPE_COUNTER, metric, "", PROMC_LABELS("cpu")));
    }
    free(copy);
}

static int each_link_message(void *arg, uint16_t type, struct span payload)
{
    struct netclass_device d;
    struct net_address address;
    struct net_link link;

    netdev_each_link(arg, type, payload);
    arp_neighbour(type, payload);
    address_parse(payload, &address);
    memset(&d, 0, sizeof(d));
    if (net_link_parse(payload, &link) == 0)
        netclass_from_link(&link, &d);
    return 0;
}

static void try_interfaces(struct span datagram, promc_emitter *e)
{
    struct netdev_out o = { .metrics = netdev_detailed };

    netdev_begin(&o, e, 1);
    netlink_walk(datagram, 0, each_link_message, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(struct span, promc_emitter *) = {
        try_qdisc,   try_tcpstat, try_route,      try_wifi,
        try_ethtool, try_perf,    try_interfaces,
    };
    const size_t n = sizeof(parsers) / sizeof(parsers[0]);
    promc_emitter *e;
    char *copy;

    if (size < 1)
        return 0;
    e = promc_emitter_new(NULL);
    /* Of exactly its size, with no NUL behind it. */
    copy = malloc(size - 1 ? size - 1 : 1);
    FUZZ_CHECK(e && copy);
    memcpy(copy, data + 1, size - 1);
    /* 'a' is the first parser, so that seeds can be read and written by hand. */
    parsers[(data[0] + n * 97 - 'a') % n](span_of(copy, size - 1), e);
    free(copy);
    promc_emitter_free(e);
    return 0;
}
