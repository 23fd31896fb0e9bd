/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wifi.h - what is known of a wireless interface, the network it is in and its stations.
 */
#ifndef NODE_COLLECTORS_WIFI_H
#define NODE_COLLECTORS_WIFI_H

#include <linux/netlink.h>
#include <promc/promc.h>
#include <stdint.h>

#include "node/netlink.h"

#define WIFI_ADDRESS 24 /* "00:11:22:33:44:55" */
#define WIFI_SSID 33

struct wifi_interface {
    int index;
    char name[64];
    uint32_t mhz;
};

struct wifi_bss {
    char bssid[WIFI_ADDRESS];
    char ssid[WIFI_SSID];
    uint32_t status; /* enum nl80211_bss_status */
};

enum wifi_stat {
    WIFI_CONNECTED, /* nanoseconds */
    WIFI_INACTIVE,  /* nanoseconds */
    WIFI_RX_RATE,   /* bits per second */
    WIFI_TX_RATE,
    WIFI_RX_BYTES,
    WIFI_TX_BYTES,
    WIFI_RX_PACKETS,
    WIFI_TX_PACKETS,
    WIFI_SIGNAL, /* dBm */
    WIFI_TX_RETRIES,
    WIFI_TX_FAILED,
    WIFI_BEACON_LOSS,
    WIFI_STATS
};

struct wifi_station {
    char address[WIFI_ADDRESS];
    int64_t stat[WIFI_STATS];
};

/* Bytes in hexadecimal with colons between them. buf: WIFI_ADDRESS bytes. */
void wifi_address(struct span bytes, char *buf);

typedef void wifi_each_interface(void *arg, const struct wifi_interface *i);
typedef void wifi_each_station(void *arg, const struct wifi_station *s);

/* --- from nl80211 (wifi_nl80211.c) --- */

struct wifi_nl80211 {
    struct netlink nl;
    uint16_t family;
};
#define WIFI_NL80211_INIT                                                                \
    {                                                                                    \
        { -1, 0, NULL, NETLINK_GENERIC }, 0                                              \
    }

/* To be called first in each scrape. Returns 0; -ENOENT when the kernel has no nl80211;
 * another -errno. */
int wifi_find_family(struct wifi_nl80211 *w, uint64_t deadline_ns);

/* Return 0 or -errno. wifi_bss(): -ENOENT when the interface is in no network. */
int wifi_interfaces(struct wifi_nl80211 *w, uint64_t deadline_ns,
                    wifi_each_interface *each, void *arg);
int wifi_bss(struct wifi_nl80211 *w, int index, uint64_t deadline_ns,
             struct wifi_bss *bss);
int wifi_stations(struct wifi_nl80211 *w, int index, uint64_t deadline_ns,
                  wifi_each_station *each, void *arg);

/* --- from JSON files (wifi_fixture.c); the same --- */

int wifi_fixture_interfaces(const char *dir, wifi_each_interface *each, void *arg,
                            promc_error *err);
int wifi_fixture_bss(const char *dir, const char *name, struct wifi_bss *bss,
                     promc_error *err);
int wifi_fixture_stations(const char *dir, const char *name, wifi_each_station *each,
                          void *arg, promc_error *err);

#endif /* NODE_COLLECTORS_WIFI_H */
