/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink_link.h - a network interface as netlink describes it.
 */
#ifndef NODE_NETLINK_LINK_H
#define NODE_NETLINK_LINK_H

#include <net/if.h>

#include "node/netlink.h"

/* The statistics, in the kernel's order (struct rtnl_link_stats64). */
enum net_stat {
    NET_RX_PACKETS,
    NET_TX_PACKETS,
    NET_RX_BYTES,
    NET_TX_BYTES,
    NET_RX_ERRORS,
    NET_TX_ERRORS,
    NET_RX_DROPPED,
    NET_TX_DROPPED,
    NET_MULTICAST,
    NET_COLLISIONS,
    NET_RX_LENGTH_ERRORS,
    NET_RX_OVER_ERRORS,
    NET_RX_CRC_ERRORS,
    NET_RX_FRAME_ERRORS,
    NET_RX_FIFO_ERRORS,
    NET_RX_MISSED_ERRORS,
    NET_TX_ABORTED_ERRORS,
    NET_TX_CARRIER_ERRORS,
    NET_TX_FIFO_ERRORS,
    NET_TX_HEARTBEAT_ERRORS,
    NET_TX_WINDOW_ERRORS,
    NET_RX_COMPRESSED,
    NET_TX_COMPRESSED,
    NET_RX_NOHANDLER,
    NET_STATS
};

struct net_link {
    int index;
    unsigned type;  /* ARPHRD_... */
    unsigned flags; /* IFF_... */
    char name[IF_NAMESIZE];
    char alias[256];
    struct span address; /* into the message */
    struct span broadcast;
    struct span alt_names; /* attributes; those of type IFLA_ALT_IFNAME are names */
    uint64_t attr[64];     /* numbers by attribute (IFLA_MTU ...); the span ones stay 0 */
    uint64_t has;          /* a bit per attribute that was there */
    uint64_t stat[NET_STATS];
    int has_stats;
};

/* Read the payload of a RTM_NEWLINK message. Returns 0, or -EBADMSG when it is too short
 * or has no name. */
int net_link_parse(struct span payload, struct net_link *link);

static inline int net_link_has(const struct net_link *link, unsigned attribute)
{
    return (int)(link->has >> attribute & 1);
}

#endif /* NODE_NETLINK_LINK_H */
