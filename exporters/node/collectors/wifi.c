/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wifi.c - wireless interfaces: frequency, network, and the stations they are in touch
 * with.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <linux/nl80211.h>
#include <stdlib.h>
#include <string.h>

#include "node/collectors/wifi.h"
#include "node/fail.h"
#include "node/fixture.h"

static struct {
    const char *fixtures;
} wifi_flag;

static const struct {
    promc_type type;
    const char *name;
    const char *help;
} wifi_metrics[WIFI_STATS] = {
    [WIFI_CONNECTED] = { PROMC_TYPE_COUNTER, "node_wifi_station_connected_seconds_total",
                         "Time since the station has connected." },
    [WIFI_INACTIVE] = { PROMC_TYPE_GAUGE, "node_wifi_station_inactive_seconds",
                        "Time since the station was last heard of." },
    [WIFI_RX_RATE] = { PROMC_TYPE_GAUGE, "node_wifi_station_receive_bits_per_second",
                       "Bit rate of what was last received from the station." },
    [WIFI_TX_RATE] = { PROMC_TYPE_GAUGE, "node_wifi_station_transmit_bits_per_second",
                       "Bit rate of what was last sent to the station." },
    [WIFI_RX_BYTES] = { PROMC_TYPE_COUNTER, "node_wifi_station_receive_bytes_total",
                        "Bytes received from the station." },
    [WIFI_TX_BYTES] = { PROMC_TYPE_COUNTER, "node_wifi_station_transmit_bytes_total",
                        "Bytes sent to the station." },
    [WIFI_RX_PACKETS] = { PROMC_TYPE_COUNTER, "node_wifi_station_received_packets_total",
                          "Packets received from the station." },
    [WIFI_TX_PACKETS] = { PROMC_TYPE_COUNTER,
                          "node_wifi_station_transmitted_packets_total",
                          "Packets sent to the station." },
    [WIFI_SIGNAL] = { PROMC_TYPE_GAUGE, "node_wifi_station_signal_dbm",
                      "Strength of the signal received from the station." },
    [WIFI_TX_RETRIES] = { PROMC_TYPE_COUNTER, "node_wifi_station_transmit_retries_total",
                          "Packets to the station that were sent again." },
    [WIFI_TX_FAILED] = { PROMC_TYPE_COUNTER, "node_wifi_station_transmit_failed_total",
                         "Packets to the station that were given up." },
    [WIFI_BEACON_LOSS] = { PROMC_TYPE_COUNTER, "node_wifi_station_beacon_loss_total",
                           "Times that beacons of the station failed to come." },
};

struct wifi {
    struct wifi_nl80211 w;
    struct wifi_interface *v; /* of one scrape */
    size_t n, cap;
    int no_memory;
    promc_samples *stat[WIFI_STATS];
    const char *device; /* whose stations are listed */
};

static void keep_interface(void *arg, const struct wifi_interface *i)
{
    struct wifi *s = arg;

    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 4;
        struct wifi_interface *grown = realloc(s->v, cap * sizeof(*grown));

        if (!grown) {
            s->no_memory = 1;
            return;
        }
        s->v = grown;
        s->cap = cap;
    }
    s->v[s->n++] = *i;
}

/* As the peer adds it up: whole seconds, and then the rest. */
static double seconds(int64_t ns)
{
    return (double)(ns / 1000000000) + (double)(ns % 1000000000) / 1e9;
}

static void emit_station(void *arg, const struct wifi_station *station)
{
    const struct wifi *s = arg;

    for (size_t i = 0; i < WIFI_STATS; i++) {
        double v = i == WIFI_CONNECTED || i == WIFI_INACTIVE ? seconds(station->stat[i])
                                                             : (double)station->stat[i];

        if (v >= 0 || wifi_metrics[i].type != PROMC_TYPE_COUNTER)
            promc_emit(s->stat[i], PROMC_LABELS(s->device, station->address), v);
    }
}

static void emit_bss(promc_samples *f, const char *device, const struct wifi_bss *bss)
{
    const char *mode = "unknown";

    if (bss->status == NL80211_BSS_STATUS_AUTHENTICATED ||
        bss->status == NL80211_BSS_STATUS_ASSOCIATED)
        mode = "client";
    else if (bss->status == NL80211_BSS_STATUS_IBSS_JOINED)
        mode = "ad-hoc";
    promc_emit(f, PROMC_LABELS(device, bss->bssid, bss->ssid, mode), 1);
}

/* Not in a network; a driver that does not tell; an interface that is gone or down. */
static int is_absence(int rc)
{
    return rc == -ENOENT || rc == -EOPNOTSUPP || rc == -ENODEV || rc == -ENETDOWN;
}

/* Returns 0 or -errno, with what could be had emitted. */
static int wifi_interface(struct wifi *s, const struct wifi_interface *i,
                          uint64_t deadline_ns, promc_samples *info, promc_error *err)
{
    int fixtures = fixture_given(wifi_flag.fixtures), result = 0, rc;
    struct wifi_bss bss;

    s->device = i->name;
    rc = fixtures ? wifi_fixture_bss(wifi_flag.fixtures, i->name, &bss, err)
                  : wifi_bss(&s->w, i->index, deadline_ns, &bss);
    if (rc == 0)
        emit_bss(info, i->name, &bss);
    else if (!is_absence(rc))
        result = fixtures ? rc : node_fail_netlink(err, rc, "wireless networks");
    rc = fixtures
             ? wifi_fixture_stations(wifi_flag.fixtures, i->name, emit_station, s, err)
             : wifi_stations(&s->w, i->index, deadline_ns, emit_station, s);
    if (rc && !is_absence(rc))
        result = fixtures ? rc : node_fail_netlink(err, rc, "wireless stations");
    return result;
}

/* Fill s->v. Returns 0, NODE_NODATA or -errno with *err filled. */
static int wifi_list(struct wifi *s, uint64_t deadline_ns, promc_error *err)
{
    int rc;

    s->n = 0;
    s->no_memory = 0;
    if (fixture_given(wifi_flag.fixtures))
        return wifi_fixture_interfaces(wifi_flag.fixtures, keep_interface, s, err);
    rc = wifi_find_family(&s->w, deadline_ns);
    if (rc == -ENOENT) {
        node_fail(err, rc, "this kernel has no wireless interfaces (nl80211)");
        return NODE_NODATA;
    }
    if (rc == 0)
        rc = wifi_interfaces(&s->w, deadline_ns, keep_interface, s);
    if (rc)
        node_fail_netlink(err, rc, "wireless interfaces");
    return rc == -EPERM || rc == -EACCES ? NODE_NODATA : rc;
}

static int wifi_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct wifi *s = priv;
    promc_samples *frequency, *info;
    int rc = wifi_list(s, ctx->deadline_ns, err);

    if (rc)
        return rc;
    if (s->no_memory)
        rc = node_fail(err, -ENOMEM, "out of memory");
    frequency = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_wifi_interface_frequency_hertz",
        "Frequency that the interface is tuned to.", PROMC_LABELS("device"));
    info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_wifi_station_info",
                             "The network that the interface is in; always 1.",
                             PROMC_LABELS("device", "bssid", "ssid", "mode"));
    for (size_t i = 0; i < WIFI_STATS; i++)
        s->stat[i] = promc_emit_family(out, wifi_metrics[i].type, wifi_metrics[i].name,
                                       wifi_metrics[i].help,
                                       PROMC_LABELS("device", "mac_address"));
    for (size_t i = 0; i < s->n; i++) {
        int one;

        promc_emit(frequency, PROMC_LABELS(s->v[i].name),
                   (double)s->v[i].mhz * 1000 * 1000);
        one = wifi_interface(s, &s->v[i], ctx->deadline_ns, info, rc ? NULL : err);
        rc = rc ? rc : one;
    }
    return rc;
}

static int wifi_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct wifi *s;
    int rc = fixture_check("--collector.wifi.fixtures", wifi_flag.fixtures, err);

    (void)ctx;
    if (rc)
        return rc;
    s = calloc(1, sizeof(*s));
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->w = (struct wifi_nl80211)WIFI_NL80211_INIT;
    *priv = s;
    return 0;
}

static void wifi_fini(void *priv)
{
    struct wifi *s = priv;

    netlink_close(&s->w.nl);
    free(s->v);
    free(s);
}

static void wifi_flags(struct flags *flags)
{
    flags_string(flags, "collector.wifi.fixtures",
                 "Read the JSON files of this directory instead of asking netlink; for "
                 "tests.",
                 &wifi_flag.fixtures, NULL);
}

const struct node_collector node_wifi_collector = {
    .name = "wifi",
    .help = "Wireless interfaces and their stations.",
    .flags = wifi_flags,
    .init = wifi_init,
    .collect = wifi_collect,
    .fini = wifi_fini,
};
