/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netdev.c - packets, bytes and errors of the network interfaces.
 *
 * By default from netlink, which has more and costs one dump; else from /proc/net/dev,
 * which follows --path.procfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/collectors/netdev_address.h"
#include "node/collectors/netdev_metrics.h"
#include "node/devfilter.h"
#include "node/fail.h"
#include "node/netlink.h"
#include "node/source.h"

static struct {
    struct devfilter_flag include, exclude;
    int address_info;
    int detailed;
    int netlink;
    int ifalias;
} netdev_flag = {
    .include = { .name = "--collector.netdev.device-include",
                 .old_name = "--collector.netdev.device-whitelist",
                 .help = "Expose only interfaces that match this pattern; not together "
                         "with device-exclude." },
    .exclude = { .name = "--collector.netdev.device-exclude",
                 .old_name = "--collector.netdev.device-blacklist",
                 .help =
                     "Leave out interfaces that match this pattern; not together with "
                     "device-include." },
    .netlink = 1,
};

/* The columns of /proc/net/dev after the name. */
static const unsigned char netdev_columns[] = {
    NET_RX_BYTES,       NET_RX_PACKETS,      NET_RX_ERRORS,         NET_RX_DROPPED,
    NET_RX_FIFO_ERRORS, NET_RX_FRAME_ERRORS, NET_RX_COMPRESSED,     NET_MULTICAST,
    NET_TX_BYTES,       NET_TX_PACKETS,      NET_TX_ERRORS,         NET_TX_DROPPED,
    NET_TX_FIFO_ERRORS, NET_COLLISIONS,      NET_TX_CARRIER_ERRORS, NET_TX_COMPRESSED,
};
enum { NETDEV_COLUMNS = sizeof(netdev_columns), NETDEV_HEADER_LINES = 2 };

/* One interface's line of /proc/net/dev; the name ends at the last colon, for it may hold
 * one itself. More columns than known are ignored. Returns 0 or -EINVAL. */
static int netdev_parse_line(struct span line, struct net_link *link)
{
    struct span f[NETDEV_COLUMNS];
    struct span name = line;

    *link = (struct net_link){ 0 };
    while (name.n > 0 && name.p[name.n - 1] != ':')
        name.n--;
    if (name.n == 0)
        return -EINVAL;
    line = span_of(name.p + name.n, line.n - name.n);
    name.n--;
    name = span_trim(name);
    if (name.n == 0 || name.n >= sizeof(link->name) ||
        scan_fields(line, f, NETDEV_COLUMNS) < NETDEV_COLUMNS)
        return -EINVAL;
    span_copy(name, link->name, sizeof(link->name));
    for (size_t i = 0; i < NETDEV_COLUMNS; i++) {
        if (scan_u64(f[i], &link->stat[netdev_columns[i]]) != 0)
            return -EINVAL;
    }
    link->has_stats = 1;
    return 0;
}

struct netdev {
    struct source dev;
    struct netlink nl;
    struct filter *filter;
};

/* What one scrape writes to. */
struct netdev_out {
    const struct filter *filter;
    const struct netdev_metric *metrics;
    promc_samples *f[NETDEV_METRICS_MAX];
};

/* no_handler: the source has that statistic, which /proc/net/dev has not. */
static void netdev_begin(struct netdev_out *o, promc_emitter *out, int no_handler)
{
    promc_labels labels = PROMC_LABELS("device", "ifalias");

    if (!netdev_flag.ifalias)
        labels.n = 1;
    for (size_t i = 0; o->metrics[i].name; i++) {
        if (o->metrics[i].stats == UINT32_C(1) << NET_RX_NOHANDLER && !no_handler)
            o->f[i] = NULL;
        else
            o->f[i] = promc_emit_family(out, PROMC_TYPE_COUNTER, o->metrics[i].name,
                                        o->metrics[i].help, labels);
    }
}

static void netdev_emit(const struct netdev_out *o, const struct net_link *link)
{
    promc_labels labels = PROMC_LABELS(link->name, link->alias);

    if (!netdev_flag.ifalias)
        labels.n = 1;
    for (size_t i = 0; o->metrics[i].name; i++)
        promc_emit(o->f[i], labels, (double)netdev_metric_value(&o->metrics[i], link));
}

static int netdev_each_link(void *arg, uint16_t type, struct span payload)
{
    const struct netdev_out *o = arg;
    struct net_link link;

    if (type == RTM_NEWLINK && net_link_parse(payload, &link) == 0 && link.has_stats &&
        filter_keep(o->filter, link.name))
        netdev_emit(o, &link);
    return 0;
}

/* The alias of an interface from sysfs, for want of netlink. */
static void read_alias(const struct node_ctx *ctx, struct net_link *link)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/class/net/%s", ctx->paths.sysfs, link->name);
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read_value_at(fd, "ifalias", link->alias, sizeof(link->alias)) < 0)
        link->alias[0] = '\0';
    close(fd);
}

/* Emit what a whole /proc/net/dev says. A bad line costs its interface and makes the
 * result -EINVAL. */
static int netdev_emit_proc(const struct node_ctx *ctx, struct span text,
                            const struct netdev_out *o, promc_error *err)
{
    struct span line;
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        struct net_link link;

        if (++no <= NETDEV_HEADER_LINES)
            continue;
        if (netdev_parse_line(line, &link) != 0) {
            if (rc == 0)
                rc = node_fail_line(err, "net/dev", no, "not a name and sixteen numbers");
            continue;
        }
        if (!filter_keep(o->filter, link.name))
            continue;
        if (netdev_flag.ifalias)
            read_alias(ctx, &link);
        netdev_emit(o, &link);
    }
    return rc;
}

static int netdev_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct netdev *s = priv;
    struct netdev_out o = { .filter = s->filter, .metrics = netdev_plain };
    struct ifinfomsg all = { .ifi_family = AF_UNSPEC };
    struct span text;
    int rc;

    if (netdev_flag.detailed)
        o.metrics = netdev_flag.netlink ? netdev_detailed : netdev_detailed_proc;
    if (netdev_flag.netlink) {
        netdev_begin(&o, out, 1);
        rc = netlink_dump(&s->nl, RTM_GETLINK, &all, sizeof(all), ctx->deadline_ns,
                          netdev_each_link, &o);
        if (rc)
            return node_fail_netlink(err, rc, "links");
    } else {
        rc = source_read(&s->dev, ctx->paths.procfs, "net/dev", &text, err);
        if (rc)
            return rc;
        netdev_begin(&o, out, 0);
        rc = netdev_emit_proc(ctx, text, &o, err);
    }
    if (netdev_flag.address_info) {
        int address_rc = netdev_address_collect(&s->nl, ctx->deadline_ns, out);

        if (address_rc && rc == 0)
            rc = node_fail_netlink(err, address_rc, "addresses");
    }
    return rc;
}

static void netdev_fini(void *priv)
{
    struct netdev *s = priv;

    source_close(&s->dev);
    netlink_close(&s->nl);
    filter_free(s->filter);
    free(s);
}

static int netdev_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct netdev *s = calloc(1, sizeof(*s));
    int rc;

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->dev = (struct source)SOURCE_INIT;
    s->nl = (struct netlink)NETLINK_INIT;
    rc = devfilter_make(&netdev_flag.include, &netdev_flag.exclude, &s->filter, err);
    if (rc) {
        netdev_fini(s);
        return rc;
    }
    *priv = s;
    return 0;
}

static void netdev_flags(struct flags *flags)
{
    devfilter_declare(flags, &netdev_flag.include);
    devfilter_declare(flags, &netdev_flag.exclude);
    flags_bool(flags, "collector.netdev.address-info",
               "Also expose the addresses of the interfaces.", &netdev_flag.address_info,
               NULL);
    flags_bool(flags, "collector.netdev.enable-detailed-metrics",
               "Expose each statistic under its own name instead of the usual sums.",
               &netdev_flag.detailed, NULL);
    flags_bool(flags, "collector.netdev.netlink",
               "Ask netlink instead of reading /proc/net/dev.", &netdev_flag.netlink,
               NULL);
    flags_bool(flags, "collector.netdev.label-ifalias",
               "Add the interface's alias as a label.", &netdev_flag.ifalias, NULL);
}

const struct node_collector node_netdev_collector = {
    .name = "netdev",
    .help = "Packets, bytes and errors per network interface.",
    .default_on = 1,
    .flags = netdev_flags,
    .init = netdev_init,
    .collect = netdev_collect,
    .fini = netdev_fini,
};
