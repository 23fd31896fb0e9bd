/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netclass_netlink.c - a network interface as sysfs would show it, without reading sysfs.
 */
#include "config.h"

#include "node/collectors/netclass.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "node/ethtool_ask.h"

/* By IF_OPER_... */
static const char *const netclass_operstates[] = {
    "unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"
};

/* Bytes in hexadecimal with colons between them. */
static void format_address(struct span bytes, char *buf, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *p = buf;

    buf[0] = '\0';
    for (size_t i = 0; i < bytes.n && (size_t)(p - buf) + 4 <= size; i++) {
        unsigned char c = (unsigned char)bytes.p[i];

        if (i > 0)
            *p++ = ':';
        *p++ = digits[c >> 4];
        *p++ = digits[c & 15];
        *p = '\0';
    }
}

/* The flags as the device holds them. Netlink shows the state of the link among them, and
 * of promiscuous and all-multicast mode only whether a user asked for it. */
static unsigned device_flags(const struct net_link *link)
{
    unsigned flags = link->flags & ~(unsigned)(IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT |
                                               IFF_PROMISC | IFF_ALLMULTI);

    if (link->attr[IFLA_PROMISCUITY])
        flags |= IFF_PROMISC;
    if (link->attr[IFLA_ALLMULTI])
        flags |= IFF_ALLMULTI;
    return flags;
}

int netclass_from_link(const struct net_link *link, struct netclass_device *d)
{
    static const struct {
        unsigned char netlink;
        unsigned char attr;
    } same[] = {
        { IFLA_CARRIER_CHANGES, NETCLASS_CARRIER_CHANGES },
        { IFLA_CARRIER_UP_COUNT, NETCLASS_CARRIER_UP },
        { IFLA_CARRIER_DOWN_COUNT, NETCLASS_CARRIER_DOWN },
        { IFLA_LINKMODE, NETCLASS_LINK_MODE },
        { IFLA_MTU, NETCLASS_MTU },
        { IFLA_GROUP, NETCLASS_GROUP },
        { IFLA_TXQLEN, NETCLASS_TX_QUEUE_LEN },
    };
    size_t state = (size_t)link->attr[IFLA_OPERSTATE];
    int rc = 0;

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (net_link_has(link, same[i].netlink))
            netclass_set(d, (enum netclass_attr)same[i].attr,
                         (int64_t)link->attr[same[i].netlink]);
        else
            rc = -ENODATA;
    }
    if (!net_link_has(link, IFLA_PROMISCUITY) || !net_link_has(link, IFLA_ALLMULTI) ||
        !net_link_has(link, IFLA_CARRIER) || !net_link_has(link, IFLA_OPERSTATE))
        rc = -ENODATA;
    memcpy(d->name, link->name, sizeof(d->name));
    netclass_set(d, NETCLASS_FLAGS, device_flags(link));
    netclass_set(d, NETCLASS_IFINDEX, link->index);
    netclass_set(d, NETCLASS_IFLINK,
                 net_link_has(link, IFLA_LINK) ? (int32_t)link->attr[IFLA_LINK]
                                               : link->index);
    netclass_set(d, NETCLASS_TYPE, link->type);
    d->has &= ~(UINT32_C(1) << NETCLASS_CARRIER | UINT32_C(1) << NETCLASS_DORMANT);
    if (link->flags & IFF_UP) { /* sysfs refuses to answer for one that is down */
        netclass_set(d, NETCLASS_CARRIER, (int64_t)link->attr[IFLA_CARRIER]);
        netclass_set(d, NETCLASS_DORMANT, (link->flags & IFF_DORMANT) != 0);
    }
    format_address(link->address, d->address, sizeof(d->address));
    format_address(link->broadcast, d->broadcast, sizeof(d->broadcast));
    snprintf(d->alias, sizeof(d->alias), "%s", link->alias);
    if (state >= sizeof(netclass_operstates) / sizeof(netclass_operstates[0]))
        state = 0;
    snprintf(d->operstate, sizeof(d->operstate), "%s", netclass_operstates[state]);
    return rc;
}

void netclass_ask_ethtool(int fd, struct netclass_device *d)
{
    struct ethtool_link link;

    d->has &= ~(UINT32_C(1) << NETCLASS_SPEED);
    d->duplex[0] = '\0';
    if (ethtool_ask_link(fd, d->name, &link) != 0)
        return;
    netclass_set(d, NETCLASS_SPEED, (int32_t)link.speed);
    snprintf(d->duplex, sizeof(d->duplex), "%s",
             link.duplex == DUPLEX_HALF   ? "half"
             : link.duplex == DUPLEX_FULL ? "full"
                                          : "unknown");
}
