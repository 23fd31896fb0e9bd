/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netclass_rtnl.c - the netclass collector with --collector.netclass.netlink: the network
 * interfaces in netlink's own view. It differs from that of sysfs in the flags, in that
 * an interface that is down has a carrier too, and in the spelling of duplex; and it
 * knows the alternative names. What netlink does not tell is read from /sys, wherever the
 * other collectors read.
 */
#include "config.h"

#include "node/collectors/netclass.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/collectors/netdev_metrics.h"
#include "node/fail.h"

struct rtnl_out {
    struct netclass_out class;
    const struct filter *filter;
    promc_samples *altnames;
    promc_samples *stat[NETDEV_METRICS_MAX]; /* all NULL: not asked for */
    int fd;                                  /* for ethtool */
    int sysfs;                               /* /sys/class/net, or -1 */
};

/* What does not change in the view of sysfs while it is being looked at. */
static void from_sysfs(int sysfs, struct netclass_device *d)
{
    static const struct {
        enum netclass_attr attr;
        const char *file;
    } files[] = { { NETCLASS_ADDR_ASSIGN_TYPE, "addr_assign_type" },
                  { NETCLASS_DEV_ID, "dev_id" },
                  { NETCLASS_NAME_ASSIGN_TYPE, "name_assign_type" } };
    char path[IF_NAMESIZE + 32], value[32];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        ssize_t n;
        int64_t v;

        snprintf(path, sizeof(path), "%s/%s", d->name, files[i].file);
        n = read_value_at(sysfs, path, value, sizeof(value));
        if (n >= 0 && scan_any_i64(span_of(value, (size_t)n), &v) == 0)
            netclass_set(d, files[i].attr, v);
    }
}

/* Speed and duplex; the peer has the words of the latter with a capital. */
static void from_ethtool(int fd, struct netclass_device *d)
{
    netclass_ask_ethtool(fd, d);
    if (d->duplex[0] >= 'a' && d->duplex[0] <= 'z')
        d->duplex[0] = (char)(d->duplex[0] - 'a' + 'A');
}

static void emit_altnames(promc_samples *f, const struct net_link *link)
{
    struct span rest = link->alt_names, name;
    uint16_t type;
    char text[128]; /* ALTIFNAMSIZ */

    while (netlink_attr(&rest, &type, &name)) {
        if (type == IFLA_ALT_IFNAME)
            promc_emit(
                f, PROMC_LABELS(netlink_string(name, text, sizeof(text)), link->name), 1);
    }
}

static void emit_stats(promc_samples *const *f, const struct net_link *link)
{
    for (size_t i = 0; netdev_detailed[i].name && link->has_stats; i++)
        promc_emit(f[i], PROMC_LABELS(link->name),
                   (double)netdev_metric_value(&netdev_detailed[i], link));
}

static int each_link(void *arg, uint16_t type, struct span payload)
{
    const struct rtnl_out *o = arg;
    struct netclass_device d = { .has = 0 };
    struct net_link link;

    if (type != RTM_NEWLINK || net_link_parse(payload, &link) != 0 ||
        !filter_keep(o->filter, link.name))
        return 0;
    (void)netclass_from_link(&link, &d); /* an old kernel tells less */
    netclass_set(&d, NETCLASS_FLAGS, link.flags);
    if (net_link_has(&link, IFLA_CARRIER))
        netclass_set(&d, NETCLASS_CARRIER, (int64_t)link.attr[IFLA_CARRIER]);
    netclass_set(&d, NETCLASS_DORMANT, (link.flags & IFF_DORMANT) != 0);
    from_ethtool(o->fd, &d);
    from_sysfs(o->sysfs, &d);
    netclass_emit(&o->class, &d);
    emit_altnames(o->altnames, &link);
    emit_stats(o->stat, &link);
    return 0;
}

int netclass_collect_rtnl(struct netlink *nl, const struct filter *filter, int with_stats,
                          const struct node_ctx *ctx, promc_emitter *out,
                          promc_error *err)
{
    struct rtnl_out o = { .class = { .no_adminstate = 1, .known_speed_only = 1 },
                          .filter = filter };
    struct ifinfomsg all = { .ifi_family = AF_UNSPEC };
    int rc;

    netclass_begin(&o.class, out);
    o.altnames = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_altnames_info",
                                   "Another name of the interface.",
                                   PROMC_LABELS("altname", "device"));
    /* Gauges, as in the peer, where they stand in for the counters of netdev. */
    for (size_t i = 0; with_stats && netdev_detailed[i].name; i++)
        o.stat[i] = promc_emit_family(out, PROMC_TYPE_GAUGE, netdev_detailed[i].name,
                                      netdev_detailed[i].help, PROMC_LABELS("device"));
    o.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    o.sysfs = open("/sys/class/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
    rc =
        netlink_dump(nl, RTM_GETLINK, &all, sizeof(all), ctx->deadline_ns, each_link, &o);
    if (o.fd >= 0)
        close(o.fd);
    if (o.sysfs >= 0)
        close(o.sysfs);
    return rc ? node_fail_netlink(err, rc, "links") : 0;
}
