/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ethtool_ask.h - ask a network driver what the command ethtool shows (ioctl SIOCETHTOOL).
 */
#ifndef NODE_ETHTOOL_ASK_H
#define NODE_ETHTOOL_ASK_H

#include <linux/ethtool.h>
#include <stddef.h>
#include <stdint.h>

/* Words of a link mode mask that are looked at: 128 modes. */
#define ETHTOOL_MASK_WORDS 4

struct ethtool_link {
    uint32_t speed; /* Mbit/s; UINT32_MAX: unknown */
    unsigned char duplex;
    unsigned char autoneg;
    uint32_t supported[ETHTOOL_MASK_WORDS];
    uint32_t advertised[ETHTOOL_MASK_WORDS];
};

/* The settings of a link. Any socket will do as fd. Return 0 or -errno: -EOPNOTSUPP when
 * the driver does not know. */
int ethtool_ask_link(int fd, const char *device, struct ethtool_link *link);
int ethtool_ask_driver(int fd, const char *device, struct ethtool_drvinfo *info);

/* Room for the statistics of one driver. Start from all zeros. */
struct ethtool_room {
    char *map;
};

/* What a driver counts. Good until the next call with the same room. */
struct ethtool_counts {
    size_t n;
    const char *names; /* n times ETH_GSTRING_LEN bytes; the NUL may be missing */
    const uint64_t *values;
};

/* Ask for them. Returns 0 or -errno; a driver without any is 0 with n 0. */
int ethtool_ask_counts(int fd, const char *device, struct ethtool_room *room,
                       struct ethtool_counts *counts);
void ethtool_room_free(struct ethtool_room *room);

#endif /* NODE_ETHTOOL_ASK_H */
