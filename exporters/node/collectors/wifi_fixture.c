/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wifi_fixture.c - wireless interfaces from JSON files: interfaces.json, and for each of
 * them NAME/bss.json and NAME/stationinfo.json.
 */
#include "config.h"

#include "node/collectors/wifi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "node/fixture.h"

#ifdef HAVE_JANSSON

/* An address in base64, which is how the peer's language writes bytes in JSON. */
static void read_address(const json_t *object, const char *key, char *buf)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char bytes[6];
    size_t n = 0;
    uint32_t bits = 0;
    int have = 0;

    for (const char *p = fixture_string(object, key); *p && n < sizeof(bytes); p++) {
        const char *at = strchr(digits, *p);

        if (!at)
            break;
        bits = bits << 6 | (uint32_t)(at - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes[n++] = (char)(bits >> have & 255);
        }
    }
    wifi_address(span_of(bytes, n), buf);
}

int wifi_fixture_interfaces(const char *dir, wifi_each_interface *each, void *arg,
                            promc_error *err)
{
    json_t *root;
    int rc = fixture_read(dir, "interfaces.json", &root, err);

    for (size_t i = 0; i < json_array_size(root); i++) {
        const json_t *object = json_array_get(root, i);
        struct wifi_interface wifi = { .mhz = (uint32_t)fixture_number(object,
                                                                       "frequency") };

        snprintf(wifi.name, sizeof(wifi.name), "%s", fixture_string(object, "name"));
        if (wifi.name[0])
            each(arg, &wifi);
    }
    json_decref(root);
    return rc;
}

int wifi_fixture_bss(const char *dir, const char *name, struct wifi_bss *bss,
                     promc_error *err)
{
    char path[128];
    json_t *root;
    int rc;

    snprintf(path, sizeof(path), "%s/bss.json", name);
    rc = fixture_read(dir, path, &root, err);
    if (rc)
        return rc;
    memset(bss, 0, sizeof(*bss));
    read_address(root, "bssid", bss->bssid);
    snprintf(bss->ssid, sizeof(bss->ssid), "%s", fixture_string(root, "ssid"));
    bss->status = (uint32_t)fixture_number(root, "status");
    json_decref(root);
    return 0;
}

int wifi_fixture_stations(const char *dir, const char *name, wifi_each_station *each,
                          void *arg, promc_error *err)
{
    static const char *const keys[WIFI_STATS] = {
        [WIFI_CONNECTED] = "connected",
        [WIFI_INACTIVE] = "inactive",
        [WIFI_RX_RATE] = "receivebitrate",
        [WIFI_TX_RATE] = "transmitbitrate",
        [WIFI_RX_BYTES] = "receivedbytes",
        [WIFI_TX_BYTES] = "transmittedbytes",
        [WIFI_RX_PACKETS] = "receivedpackets",
        [WIFI_TX_PACKETS] = "transmittedpackets",
        [WIFI_SIGNAL] = "signal",
        [WIFI_TX_RETRIES] = "transmitretries",
        [WIFI_TX_FAILED] = "transmitfailed",
        [WIFI_BEACON_LOSS] = "beaconloss",
    };
    char path[128];
    json_t *root;
    int rc;

    snprintf(path, sizeof(path), "%s/stationinfo.json", name);
    rc = fixture_read(dir, path, &root, err);
    for (size_t i = 0; i < json_array_size(root); i++) {
        const json_t *object = json_array_get(root, i);
        struct wifi_station station;

        read_address(object, "hardwareaddr", station.address);
        for (size_t k = 0; k < WIFI_STATS; k++)
            station.stat[k] = fixture_number(object, keys[k]);
        each(arg, &station);
    }
    json_decref(root);
    return rc;
}

#else

int wifi_fixture_interfaces(const char *dir, wifi_each_interface *each, void *arg,
                            promc_error *err)
{
    (void)each;
    (void)arg;
    return fixture_check("--collector.wifi.fixtures", dir, err);
}

int wifi_fixture_bss(const char *dir, const char *name, struct wifi_bss *bss,
                     promc_error *err)
{
    (void)name;
    (void)bss;
    return fixture_check("--collector.wifi.fixtures", dir, err);
}

int wifi_fixture_stations(const char *dir, const char *name, wifi_each_station *each,
                          void *arg, promc_error *err)
{
    (void)name;
    (void)each;
    (void)arg;
    return fixture_check("--collector.wifi.fixtures", dir, err);
}

#endif
