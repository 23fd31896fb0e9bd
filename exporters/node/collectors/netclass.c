/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netclass.c - state and settings of the network interfaces, as in /sys/class/net.
 *
 * Read there, it is a file per value, some behind the routing lock, and most of what a
 * whole scrape costs. Netlink has nearly all of it in one dump. So, where sysfs is not
 * moved, each interface is read from sysfs once, when it is first seen, and compared with
 * what netlink says; if they agree, netlink and ethtool are asked from then on. If they
 * do not, as when /sys belongs to another network namespace, sysfs it is.
 */
#include "config.h"

#include "node/collector.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/filter.h"
#include "common/log.h"
#include "node/collectors/netclass.h"
#include "node/dirlist.h"
#include "node/fail.h"
#include "node/netlink.h"

/* An interface may come or go between the two looks at it; this often in a row it is no
 * coincidence. */
#define NETCLASS_PATIENCE 3

static struct {
    const char *ignored;
    int ignore_invalid_speed;
    int netlink;
    int with_stats;
} netclass_flag = { .ignored = "^$" };

struct netclass_known {
    struct netclass_device d;
    int fresh; /* not yet compared with sysfs */
    int seen;
};

struct netclass {
    struct filter *filter;
    struct dirlist list;
    struct netlink nl;
    struct netclass_known *v; /* what is known by netlink */
    size_t n;
    size_t cap;
    size_t next;    /* where find_known() begins */
    int trust;      /* the interfaces of netlink are those of sysfs */
    int doubts;     /* times in a row that they were not */
    int no_netlink; /* do not try again */
};

/* List the interfaces in sysfs. Those entries that are files, bonding_masters for one,
 * are no interfaces; list.n counts what is left and passes the filter. */
static int netclass_list(struct netclass *s, const char *sysfs, int *fd)
{
    int rc = dirlist_read(&s->list, sysfs, "class/net", fd);
    size_t kept = 0;

    if (rc)
        return rc;
    for (size_t i = 0; i < s->list.n; i++) {
        struct dirlist_entry e = s->list.v[i];
        struct stat st;

        if (e.type == DT_UNKNOWN && fstatat(*fd, e.name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            e.type = S_ISREG(st.st_mode) ? DT_REG : DT_DIR;
        if (e.type != DT_REG && filter_keep(s->filter, e.name))
            s->list.v[kept++] = e;
    }
    s->list.n = kept;
    return 0;
}

/* Read one interface from sysfs. Returns 1; 0 when it is gone; -errno, with what could be
 * read. */
static int netclass_read(int fd, const char *name, struct netclass_device *d)
{
    int dev = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (dev < 0)
        return errno == ENOENT ? 0 : -errno;
    rc = netclass_read_sysfs(dev, name, d);
    close(dev);
    /* It may have gone while it was being read, and half of it is worse than nothing. */
    if (rc == -ENODEV || faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        d->name[0] = '\0';
        return 0;
    }
    return rc ? rc : 1;
}

static int netclass_collect_sysfs(struct netclass *s, const struct node_ctx *ctx,
                                  const struct netclass_out *o, promc_error *err)
{
    int fd;
    int rc = netclass_list(s, ctx->paths.sysfs, &fd);

    if (rc)
        return node_fail_read(err, rc, ctx->paths.sysfs, "class/net");
    for (size_t i = 0; i < s->list.n; i++) {
        struct netclass_device d = { .has = 0 };
        int read = netclass_read(fd, s->list.v[i].name, &d);

        if (d.name[0])
            netclass_emit(o, &d);
        if (read < 0 && rc == 0)
            rc = node_fail_read(err, read, "class/net", s->list.v[i].name);
    }
    close(fd);
    return rc;
}

/* Netlink tells of the interfaces in the order of last time, so the search begins behind
 * the one found last. */
static struct netclass_known *find_known(struct netclass *s, int index)
{
    for (size_t n = 0; n < s->n; n++) {
        size_t i = (s->next + n) % s->n;

        if (s->v[i].d.value[NETCLASS_IFINDEX] == index) {
            s->next = i + 1;
            return &s->v[i];
        }
    }
    return NULL;
}

static struct netclass_known *add_known(struct netclass *s)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 8;
        struct netclass_known *grown = realloc(s->v, cap * sizeof(*grown));

        if (!grown)
            return NULL;
        s->v = grown;
        s->cap = cap;
    }
    return &s->v[s->n++];
}

/* Take in one interface. One that has another name or address than before is a new one,
 * for with these changes what netlink does not show. */
static int netclass_each_link(void *arg, uint16_t type, struct span payload)
{
    struct netclass *s = arg;
    struct netclass_known *k;
    struct netclass_device d;
    struct net_link link;
    int rc;

    if (type != RTM_NEWLINK || net_link_parse(payload, &link) != 0 ||
        !filter_keep(s->filter, link.name))
        return 0;
    k = find_known(s, link.index);
    if (k)
        d = k->d;
    else
        memset(&d, 0, sizeof(d));
    rc = netclass_from_link(&link, &d);
    if (rc)
        return rc;
    if (!k || strcmp(k->d.name, d.name) != 0 || strcmp(k->d.address, d.address) != 0) {
        if (!k)
            k = add_known(s);
        if (!k)
            return -ENOMEM;
        k->fresh = 1;
        s->trust = 0;
    }
    k->d = d;
    k->seen = 1;
    return 0;
}

/* What only sysfs has, and does not change while name and address stay. */
static const enum netclass_attr netclass_fixed[] = { NETCLASS_ADDR_ASSIGN_TYPE,
                                                     NETCLASS_DEV_ID,
                                                     NETCLASS_NAME_ASSIGN_TYPE };

/* Compare a new interface with sysfs and take from there what netlink does not have.
 * Returns 1 when they agree. */
static int netclass_agree(struct netclass_device *d, const struct netclass_device *sys)
{
    for (size_t i = 0; i < sizeof(netclass_fixed) / sizeof(netclass_fixed[0]); i++) {
        enum netclass_attr a = netclass_fixed[i];

        d->has &= ~(UINT32_C(1) << a);
        if (netclass_has(sys, a))
            netclass_set(d, a, sys->value[a]);
    }
    for (size_t i = 0; i < NETCLASS_ATTRS; i++) {
        if (netclass_has(d, (enum netclass_attr)i) && d->value[i] != sys->value[i])
            return 0;
    }
    return d->has == sys->has && strcmp(d->address, sys->address) == 0 &&
           strcmp(d->broadcast, sys->broadcast) == 0 &&
           strcmp(d->duplex, sys->duplex) == 0 &&
           strcmp(d->operstate, sys->operstate) == 0 && strcmp(d->alias, sys->alias) == 0;
}

/* Look whether sysfs shows the same interfaces as netlink. Returns 1 if so. */
static int netclass_verify(struct netclass *s, const char *sysfs)
{
    int fd, same;

    if (netclass_list(s, sysfs, &fd) != 0)
        return 0;
    same = s->list.n == s->n;
    for (size_t i = 0; i < s->n && same; i++) {
        struct netclass_known *k = &s->v[i];
        struct netclass_device sys;

        if (k->fresh)
            same = netclass_read(fd, k->d.name, &sys) == 1 && netclass_agree(&k->d, &sys);
        if (same)
            k->fresh = 0;
    }
    close(fd);
    return same;
}

/* Learn all interfaces from netlink. Returns 1 when they are as sysfs has them, or 0. */
static int netclass_learn(struct netclass *s, const struct node_ctx *ctx)
{
    struct {
        struct ifinfomsg link;
        struct rtattr attr;
        uint32_t mask;
    } all = { .link = { .ifi_family = AF_UNSPEC },
              .attr = { RTA_LENGTH(sizeof(uint32_t)), IFLA_EXT_MASK },
              .mask = RTEXT_FILTER_SKIP_STATS };
    size_t kept = 0;
    int rc;

    for (size_t i = 0; i < s->n; i++)
        s->v[i].seen = 0;
    rc = netlink_dump(&s->nl, RTM_GETLINK, &all, sizeof(all), ctx->deadline_ns,
                      netclass_each_link, s);
    if (rc == -ENODATA)
        s->no_netlink = 1;
    if (rc)
        return 0;
    for (size_t i = 0; i < s->n; i++) {
        struct netclass_device *d = &s->v[i].d;

        if (!s->v[i].seen)
            continue;
        d->has &= ~(UINT32_C(1) << NETCLASS_SPEED);
        d->duplex[0] = '\0';
        if (d->value[NETCLASS_FLAGS] & IFF_UP)
            netclass_ask_ethtool(s->nl.fd, d);
        if (kept != i)
            s->v[kept] = s->v[i];
        kept++;
    }
    s->n = kept;
    if (!s->trust)
        s->trust = netclass_verify(s, ctx->paths.sysfs);
    return s->trust;
}

static int netclass_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct netclass *s = priv;
    struct netclass_out o = { .known_speed_only = netclass_flag.ignore_invalid_speed };

    if (netclass_flag.netlink)
        return netclass_collect_rtnl(&s->nl, s->filter, netclass_flag.with_stats, ctx,
                                     out, err);
    netclass_begin(&o, out);
    if (!s->no_netlink) {
        if (netclass_learn(s, ctx)) {
            s->doubts = 0;
            for (size_t i = 0; i < s->n; i++)
                netclass_emit(&o, &s->v[i].d);
            return 0;
        }
        s->trust = 0;
        s->n = 0;
        if (++s->doubts == NETCLASS_PATIENCE)
            s->no_netlink = 1;
        if (s->no_netlink)
            log_info("netlink does not show what sysfs does; reading sysfs from now on",
                     "collector", "netclass");
    }
    return netclass_collect_sysfs(s, ctx, &o, err);
}

static void netclass_fini(void *priv)
{
    struct netclass *s = priv;

    filter_free(s->filter);
    dirlist_free(&s->list);
    netlink_close(&s->nl);
    free(s->v);
    free(s);
}

static int netclass_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct netclass *s = calloc(1, sizeof(*s));

    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->nl = (struct netlink)NETLINK_INIT;
    s->no_netlink = strcmp(ctx->paths.sysfs, "/sys") != 0;
    s->filter = filter_new("--collector.netclass.ignored-devices", NULL,
                           netclass_flag.ignored, err);
    if (!s->filter) {
        netclass_fini(s);
        return err && err->code < 0 ? err->code : -EINVAL;
    }
    *priv = s;
    return 0;
}

static void netclass_flags(struct flags *flags)
{
    flags_string(flags, "collector.netclass.ignored-devices",
                 "Leave out interfaces that match this pattern.", &netclass_flag.ignored,
                 NULL);
    flags_bool(flags, "collector.netclass.ignore-invalid-speed",
               "Leave out the speed of interfaces that do not know it.",
               &netclass_flag.ignore_invalid_speed, NULL);
    flags_bool(flags, "collector.netclass.netlink",
               "Show what netlink says instead of what sysfs does: less, but with the "
               "alternative names.",
               &netclass_flag.netlink, NULL);
    flags_bool(
        flags, "collector.netclass_rtnl.with-stats",
        "With --collector.netclass.netlink, also expose the traffic; meant for use "
        "without the netdev collector.",
        &netclass_flag.with_stats, NULL);
}

const struct node_collector node_netclass_collector = {
    .name = "netclass",
    .help = "State and settings per network interface.",
    .default_on = 1,
    .flags = netclass_flags,
    .init = netclass_init,
    .collect = netclass_collect,
    .fini = netclass_fini,
};
