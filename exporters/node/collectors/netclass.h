/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netclass.h - what the netclass collector knows of a network interface, and its sources.
 */
#ifndef NODE_COLLECTORS_NETCLASS_H
#define NODE_COLLECTORS_NETCLASS_H

#include "common/filter.h"
#include "node/collector.h"
#include "node/netlink_link.h"

/* The attributes that are numbers, in the order of netclass_attrs. */
enum netclass_attr {
    NETCLASS_ADDR_ASSIGN_TYPE,
    NETCLASS_CARRIER,
    NETCLASS_CARRIER_CHANGES,
    NETCLASS_CARRIER_UP,
    NETCLASS_CARRIER_DOWN,
    NETCLASS_DEV_ID,
    NETCLASS_DORMANT,
    NETCLASS_FLAGS,
    NETCLASS_IFINDEX,
    NETCLASS_IFLINK,
    NETCLASS_LINK_MODE,
    NETCLASS_MTU,
    NETCLASS_NAME_ASSIGN_TYPE,
    NETCLASS_GROUP,
    NETCLASS_SPEED,
    NETCLASS_TX_QUEUE_LEN,
    NETCLASS_TYPE,
    NETCLASS_ATTRS
};

struct netclass_device {
    char name[IF_NAMESIZE];
    int64_t value[NETCLASS_ATTRS];
    uint32_t has; /* a bit per attribute that the interface has */
    char address[100], broadcast[100];
    char duplex[16];
    char operstate[20];
    char alias[260];
};

static inline void netclass_set(struct netclass_device *d, enum netclass_attr a,
                                int64_t v)
{
    d->value[a] = v;
    d->has |= UINT32_C(1) << a;
}

static inline int netclass_has(const struct netclass_device *d, enum netclass_attr a)
{
    return (int)(d->has >> a & 1);
}

/* Read an interface from its directory in /sys/class/net. Attributes that it does not
 * have are left out. Returns 0, or -errno for another failure, with the rest read. */
int netclass_read_sysfs(int dirfd, const char *name, struct netclass_device *d);

/* Fill in what a netlink message tells, exactly as sysfs would show it; what only sysfs
 * or ethtool know is not touched. Returns 0, or -ENODATA when the kernel is too old to
 * say everything; what it says is filled in all the same. */
int netclass_from_link(const struct net_link *link, struct netclass_device *d);

/* Speed and duplex, for an interface that is up; any socket will do as fd. */
void netclass_ask_ethtool(int fd, struct netclass_device *d);

/* The families of one scrape. Set the two switches, then begin. */
struct netclass_out {
    int no_adminstate;    /* node_network_info goes without */
    int known_speed_only; /* no node_network_speed_bytes where it is not known */
    promc_samples *up;
    promc_samples *info;
    promc_samples *attr[NETCLASS_ATTRS];
};
void netclass_begin(struct netclass_out *o, promc_emitter *out);
void netclass_emit(const struct netclass_out *o, const struct netclass_device *d);

/* A whole scrape in the view of netlink. with_stats: the traffic, too. Returns 0 or
 * -errno with *err filled. */
int netclass_collect_rtnl(struct netlink *nl, const struct filter *filter, int with_stats,
                          const struct node_ctx *ctx, promc_emitter *out,
                          promc_error *err);

#endif /* NODE_COLLECTORS_NETCLASS_H */
