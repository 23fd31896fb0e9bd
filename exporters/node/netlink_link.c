/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink_link.c - a network interface as netlink describes it.
 */
#include "config.h"

#include "node/netlink_link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* The numbers of a statistics attribute, each width bytes. Older kernels have fewer,
 * newer ones may have more. */
static void link_stats(struct span data, size_t width, struct net_link *link)
{
    for (size_t i = 0; i < NET_STATS && (i + 1) * width <= data.n; i++)
        link->stat[i] = netlink_number(span_of(data.p + i * width, width));
    link->has_stats = 1;
}

int net_link_parse(struct span payload, struct net_link *link)
{
    struct ifinfomsg info;
    struct span rest, data, stats32 = { NULL, 0 };
    uint16_t type;

    memset(link, 0, sizeof(*link));
    if (payload.n < sizeof(info))
        return -EBADMSG;
    memcpy(&info, payload.p, sizeof(info));
    link->index = info.ifi_index;
    link->type = info.ifi_type;
    link->flags = info.ifi_flags;
    rest = span_of(payload.p + sizeof(info), payload.n - sizeof(info));
    while (netlink_attr(&rest, &type, &data)) {
        if (type >= 64)
            continue;
        link->has |= UINT64_C(1) << type;
        switch (type) {
        case IFLA_IFNAME:
            netlink_string(data, link->name, sizeof(link->name));
            break;
        case IFLA_IFALIAS:
            netlink_string(data, link->alias, sizeof(link->alias));
            break;
        case IFLA_ADDRESS:
            link->address = data;
            break;
        case IFLA_BROADCAST:
            link->broadcast = data;
            break;
        case IFLA_PROP_LIST:
            link->alt_names = data;
            break;
        case IFLA_STATS64:
            link_stats(data, 8, link);
            break;
        case IFLA_STATS:
            stats32 = data;
            break;
        default:
            link->attr[type] = netlink_number(data);
        }
    }
    if (!link->has_stats && stats32.n > 0)
        link_stats(stats32, 4, link);
    return link->name[0] ? 0 : -EBADMSG;
}
