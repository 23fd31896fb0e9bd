/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wifi_nl80211.c - wireless interfaces by generic netlink.
 */
#include "config.h"

#include "node/collectors/wifi.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define SSID_ELEMENT 0

void wifi_address(struct span bytes, char *buf)
{
    static const char digits[] = "0123456789abcdef";
    char *p = buf;

    for (size_t i = 0; i < bytes.n && i < 6; i++) {
        if (i > 0)
            *p++ = ':';
        *p++ = digits[(unsigned char)bytes.p[i] >> 4];
        *p++ = digits[(unsigned char)bytes.p[i] & 15];
    }
    *p = '\0';
}

/* The attributes behind the generic header. */
static struct span attributes(struct span payload)
{
    return payload.n < GENL_HDRLEN
               ? span_of(NULL, 0)
               : span_of(payload.p + GENL_HDRLEN, payload.n - GENL_HDRLEN);
}

/* ------------------------------------------------------------------------------------
 * Messages
 */

static int each_family(void *arg, uint16_t msg_type, struct span payload)
{
    struct span rest = attributes(payload), data;
    char name[GENL_NAMSIZ] = "";
    uint16_t type, id = 0;

    (void)msg_type;
    while (netlink_attr(&rest, &type, &data)) {
        if (type == CTRL_ATTR_FAMILY_NAME)
            netlink_string(data, name, sizeof(name));
        else if (type == CTRL_ATTR_FAMILY_ID)
            id = (uint16_t)netlink_number(data);
    }
    if (strcmp(name, NL80211_GENL_NAME) == 0)
        *(uint16_t *)arg = id;
    return 0;
}

static void parse_interface(struct span payload, struct wifi_interface *i)
{
    struct span rest = attributes(payload), data;
    uint16_t type;

    memset(i, 0, sizeof(*i));
    while (netlink_attr(&rest, &type, &data)) {
        if (type == NL80211_ATTR_IFINDEX)
            i->index = (int)netlink_number(data);
        else if (type == NL80211_ATTR_IFNAME)
            netlink_string(data, i->name, sizeof(i->name));
        else if (type == NL80211_ATTR_WIPHY_FREQ)
            i->mhz = (uint32_t)netlink_number(data);
    }
}

/* The name of the network among the elements of a beacon: a byte of type, one of length,
 * and so many bytes. */
static void parse_ssid(struct span elements, char *ssid)
{
    while (elements.n >= 2) {
        size_t len = (unsigned char)elements.p[1];

        if (len > elements.n - 2)
            return;
        if (elements.p[0] == SSID_ELEMENT) {
            netlink_string(span_of(elements.p + 2, len), ssid, WIFI_SSID);
            return;
        }
        elements = span_of(elements.p + 2 + len, elements.n - 2 - len);
    }
}

/* Returns 1 when this is the network that the interface is in: no other has a status. */
static int parse_bss(struct span payload, struct wifi_bss *bss)
{
    struct span rest = attributes(payload), inner = { NULL, 0 }, data;
    int found = 0;
    uint16_t type;

    memset(bss, 0, sizeof(*bss));
    while (netlink_attr(&rest, &type, &data)) {
        if (type == NL80211_ATTR_BSS)
            inner = data;
    }
    while (netlink_attr(&inner, &type, &data)) {
        if (type == NL80211_BSS_BSSID) {
            wifi_address(data, bss->bssid);
        } else if (type == NL80211_BSS_INFORMATION_ELEMENTS) {
            parse_ssid(data, bss->ssid);
        } else if (type == NL80211_BSS_STATUS) {
            bss->status = (uint32_t)netlink_number(data);
            found = 1;
        }
    }
    return found;
}

/* A rate, told in units of 100 kbit/s, in 16 bits by old kernels. */
static int64_t parse_rate(struct span rest)
{
    struct span data;
    uint64_t old = 0, rate = 0;
    uint16_t type;

    while (netlink_attr(&rest, &type, &data)) {
        if (type == NL80211_RATE_INFO_BITRATE)
            old = netlink_number(data);
        else if (type == NL80211_RATE_INFO_BITRATE32)
            rate = netlink_number(data) & UINT32_MAX;
    }
    return (int64_t)((rate ? rate : old & UINT16_MAX) * 100 * 1000);
}

/* The numbers that need no more than being copied. */
static const signed char station_numbers[NL80211_STA_INFO_MAX + 1] = {
    [NL80211_STA_INFO_RX_PACKETS] = WIFI_RX_PACKETS,
    [NL80211_STA_INFO_TX_PACKETS] = WIFI_TX_PACKETS,
    [NL80211_STA_INFO_TX_RETRIES] = WIFI_TX_RETRIES,
    [NL80211_STA_INFO_TX_FAILED] = WIFI_TX_FAILED,
    [NL80211_STA_INFO_BEACON_LOSS] = WIFI_BEACON_LOSS,
};

static void parse_info(struct span rest, struct wifi_station *s)
{
    struct span data;
    uint16_t type;
    uint64_t rx64 = 0, tx64 = 0;

    while (netlink_attr(&rest, &type, &data)) {
        uint64_t n = netlink_number(data);

        switch (type) {
        case NL80211_STA_INFO_CONNECTED_TIME:
            s->stat[WIFI_CONNECTED] = (int64_t)(n & UINT32_MAX) * NS_PER_S;
            break;
        case NL80211_STA_INFO_INACTIVE_TIME:
            s->stat[WIFI_INACTIVE] = (int64_t)(n & UINT32_MAX) * NS_PER_MS;
            break;
        case NL80211_STA_INFO_RX_BITRATE:
            s->stat[WIFI_RX_RATE] = parse_rate(data);
            break;
        case NL80211_STA_INFO_TX_BITRATE:
            s->stat[WIFI_TX_RATE] = parse_rate(data);
            break;
        case NL80211_STA_INFO_SIGNAL:
            s->stat[WIFI_SIGNAL] = (int8_t)n;
            break;
        case NL80211_STA_INFO_RX_BYTES:
            s->stat[WIFI_RX_BYTES] = (int64_t)n;
            break;
        case NL80211_STA_INFO_TX_BYTES:
            s->stat[WIFI_TX_BYTES] = (int64_t)n;
            break;
        case NL80211_STA_INFO_RX_BYTES64:
            rx64 = n;
            break;
        case NL80211_STA_INFO_TX_BYTES64:
            tx64 = n;
            break;
        default:
            if (type <= NL80211_STA_INFO_MAX && station_numbers[type])
                s->stat[(int)station_numbers[type]] = (int64_t)n;
        }
    }
    if (rx64)
        s->stat[WIFI_RX_BYTES] = (int64_t)rx64;
    if (tx64)
        s->stat[WIFI_TX_BYTES] = (int64_t)tx64;
}

static void parse_station(struct span payload, struct wifi_station *s)
{
    struct span rest = attributes(payload), data;
    uint16_t type;

    memset(s, 0, sizeof(*s));
    while (netlink_attr(&rest, &type, &data)) {
        if (type == NL80211_ATTR_MAC)
            wifi_address(data, s->address);
        else if (type == NL80211_ATTR_STA_INFO)
            parse_info(data, s);
    }
}

/* ------------------------------------------------------------------------------------
 * Dumps
 */

int wifi_find_family(struct wifi_nl80211 *w, uint64_t deadline_ns)
{
    /* Not by name: that would make the kernel load the module. */
    struct genlmsghdr all = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
    int rc;

    w->family = 0;
    rc = netlink_dump(&w->nl, GENL_ID_CTRL, &all, sizeof(all), deadline_ns, each_family,
                      &w->family);
    return rc == 0 && w->family == 0 ? -ENOENT : rc;
}

/* Ask for something of an interface, or of all when index is 0. */
static int dump(struct wifi_nl80211 *w, unsigned char command, int index,
                uint64_t deadline_ns, netlink_each *each, void *arg)
{
    struct {
        struct genlmsghdr genl;
        struct nlattr attr;
        int32_t index;
    } req = { .genl = { .cmd = command },
              .attr = { NLA_HDRLEN + sizeof(req.index), NL80211_ATTR_IFINDEX },
              .index = index };

    return netlink_dump(&w->nl, w->family, &req, index ? sizeof(req) : sizeof(req.genl),
                        deadline_ns, each, arg);
}

/* What a dump's messages are handed on to. */
struct wifi_sink {
    wifi_each_interface *interface;
    wifi_each_station *station;
    void *arg;
    struct wifi_bss *bss;
    int found;
};

static int each_interface(void *arg, uint16_t type, struct span payload)
{
    const struct wifi_sink *sink = arg;
    struct wifi_interface i;

    (void)type;
    parse_interface(payload, &i);
    if (i.name[0] && i.index > 0) /* devices for peer-to-peer have neither */
        sink->interface(sink->arg, &i);
    return 0;
}

static int each_bss(void *arg, uint16_t type, struct span payload)
{
    struct wifi_sink *sink = arg;
    struct wifi_bss bss;

    (void)type;
    if (!sink->found && parse_bss(payload, &bss)) {
        *sink->bss = bss;
        sink->found = 1;
    }
    return 0;
}

static int each_station(void *arg, uint16_t type, struct span payload)
{
    const struct wifi_sink *sink = arg;
    struct wifi_station s;

    (void)type;
    parse_station(payload, &s);
    if (s.address[0])
        sink->station(sink->arg, &s);
    return 0;
}

int wifi_interfaces(struct wifi_nl80211 *w, uint64_t deadline_ns,
                    wifi_each_interface *each, void *arg)
{
    struct wifi_sink sink = { .interface = each, .arg = arg };

    return dump(w, NL80211_CMD_GET_INTERFACE, 0, deadline_ns, each_interface, &sink);
}

int wifi_bss(struct wifi_nl80211 *w, int index, uint64_t deadline_ns,
             struct wifi_bss *bss)
{
    struct wifi_sink sink = { .bss = bss };
    int rc = dump(w, NL80211_CMD_GET_SCAN, index, deadline_ns, each_bss, &sink);

    return rc == 0 && !sink.found ? -ENOENT : rc;
}

int wifi_stations(struct wifi_nl80211 *w, int index, uint64_t deadline_ns,
                  wifi_each_station *each, void *arg)
{
    struct wifi_sink sink = { .station = each, .arg = arg };

    return dump(w, NL80211_CMD_GET_STATION, index, deadline_ns, each_station, &sink);
}
