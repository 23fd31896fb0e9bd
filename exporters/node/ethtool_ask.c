/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ethtool_ask.c - ask a network driver what the command ethtool shows (ioctl SIOCETHTOOL).
 */
#include "config.h"

#include "node/ethtool_ask.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* data begins with the number of the command. */
static int ask(int fd, const char *device, void *data)
{
    struct ifreq req;

    memset(&req, 0, sizeof(req));
    if (strlen(device) >= sizeof(req.ifr_name))
        return -ENODEV;
    memcpy(req.ifr_name, device, strlen(device));
    req.ifr_data = data;
    return ioctl(fd, SIOCETHTOOL, &req) < 0 ? -errno : 0;
}

/* As kernels before 4.6 and their drivers say it: 32 link modes. */
static int ask_link_old(int fd, const char *device, struct ethtool_link *link)
{
    struct ethtool_cmd c = { .cmd = ETHTOOL_GSET };
    int rc = ask(fd, device, &c);

    if (rc)
        return rc;
    link->speed = ethtool_cmd_speed(&c);
    link->duplex = c.duplex;
    link->autoneg = c.autoneg;
    link->supported[0] = c.supported;
    link->advertised[0] = c.advertising;
    return 0;
}

int ethtool_ask_link(int fd, const char *device, struct ethtool_link *link)
{
    /* Three masks of at most 127 words follow the settings. */
    union {
        struct ethtool_link_settings s;
        char room[sizeof(struct ethtool_link_settings) + 3 * 127 * sizeof(uint32_t)];
    } u;
    size_t words, used;
    int rc;

    memset(link, 0, sizeof(*link));
    memset(&u, 0, sizeof(u));
    u.s.cmd = ETHTOOL_GLINKSETTINGS;
    /* Asked with no room, the kernel answers with minus the room it wants. */
    rc = ask(fd, device, &u);
    if (rc || u.s.link_mode_masks_nwords >= 0)
        return ask_link_old(fd, device, link);
    words = (size_t)-u.s.link_mode_masks_nwords;
    u.s.cmd = ETHTOOL_GLINKSETTINGS;
    u.s.link_mode_masks_nwords = (signed char)words;
    rc = ask(fd, device, &u);
    if (rc)
        return rc;
    link->speed = u.s.speed;
    link->duplex = u.s.duplex;
    link->autoneg = u.s.autoneg;
    used = words < ETHTOOL_MASK_WORDS ? words : ETHTOOL_MASK_WORDS;
    memcpy(link->supported, u.s.link_mode_masks, used * sizeof(uint32_t));
    memcpy(link->advertised, u.s.link_mode_masks + words, used * sizeof(uint32_t));
    return 0;
}

int ethtool_ask_driver(int fd, const char *device, struct ethtool_drvinfo *info)
{
    memset(info, 0, sizeof(*info));
    info->cmd = ETHTOOL_GDRVINFO;
    return ask(fd, device, info);
}

/* The kernel writes as many names and values as there are at that moment, whatever the
 * caller has room for. So the room ends in pages that cannot be written: should a driver
 * suddenly have a great many more, the call fails. Memory that is not written to costs
 * nothing. */
#define NAMES_ROOM ((size_t)1 << 20)
#define VALUES_ROOM ((size_t)1 << 20)
#define GUARD ((size_t)1 << 16)
#define COUNTS_MAX 16384

static int room_map(struct ethtool_room *room)
{
    void *map;

    if (room->map)
        return 0;
    map = mmap(NULL, NAMES_ROOM + VALUES_ROOM + 2 * GUARD, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return -errno;
    room->map = map;
    if (mprotect(room->map, NAMES_ROOM, PROT_READ | PROT_WRITE) < 0 ||
        mprotect(room->map + NAMES_ROOM + GUARD, VALUES_ROOM, PROT_READ | PROT_WRITE) <
            0) {
        int rc = -errno;

        ethtool_room_free(room);
        return rc;
    }
    return 0;
}

void ethtool_room_free(struct ethtool_room *room)
{
    if (room->map)
        munmap(room->map, NAMES_ROOM + VALUES_ROOM + 2 * GUARD);
    room->map = NULL;
}

/* How many there are. */
static int ask_size(int fd, const char *device, uint32_t *n)
{
    union {
        struct ethtool_sset_info info;
        char room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
    } u;
    int rc;

    memset(&u, 0, sizeof(u));
    u.info.cmd = ETHTOOL_GSSET_INFO;
    u.info.sset_mask = UINT64_C(1) << ETH_SS_STATS;
    rc = ask(fd, device, &u);
    *n = rc == 0 && u.info.sset_mask ? u.info.data[0] : 0;
    return rc;
}

int ethtool_ask_counts(int fd, const char *device, struct ethtool_room *room,
                       struct ethtool_counts *counts)
{
    struct ethtool_gstrings *names;
    struct ethtool_stats *values;
    uint32_t n;
    int rc = ask_size(fd, device, &n);

    counts->n = 0;
    if (rc || n == 0)
        return rc;
    if (n > COUNTS_MAX)
        return -E2BIG;
    rc = room_map(room);
    if (rc)
        return rc;
    names = (void *)room->map;
    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_STATS;
    names->len = n;
    rc = ask(fd, device, names);
    if (rc)
        return rc;
    values = (void *)(room->map + NAMES_ROOM + GUARD);
    values->cmd = ETHTOOL_GSTATS;
    values->n_stats = n;
    rc = ask(fd, device, values);
    if (rc)
        return rc;
    /* They were asked for one after the other: only as many of both belong together. */
    if (names->len != n || values->n_stats != n)
        return -EAGAIN;
    counts->n = n;
    counts->names = (const char *)names->data;
    counts->values = (const uint64_t *)(const void *)values->data;
    return 0;
}
