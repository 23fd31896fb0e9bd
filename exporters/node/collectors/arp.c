/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arp.c - how many IPv4 neighbours each network interface knows.
 *
 * By default from netlink; else from /proc/net/arp, which follows --path.procfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/filter.h"
#include "node/fail.h"
#include "node/netlink.h"
#include "node/source.h"

static struct {
    const char *include;
    const char *exclude;
    int netlink;
} arp_flag = { .netlink = 1 };

struct arp_count {
    int index; /* of the interface; -1: known by name only */
    char name[IF_NAMESIZE];
    uint64_t n;
};

struct arp {
    struct source file;
    struct netlink nl;
    struct filter *filter;
    struct arp_count *v;
    size_t n;
    size_t cap;
    size_t last; /* the one counted last */
};

static int arp_is(const struct arp_count *c, int index, struct span name)
{
    return index >= 0 ? c->index == index : span_is(name, c->name);
}

/* Count one more neighbour of an interface, told by its index, or by its name when that
 * is -1. Returns 0 or -ENOMEM. */
static int arp_add(struct arp *a, int index, struct span name)
{
    size_t i = a->last; /* neighbours of one interface often come together */

    if (i >= a->n || !arp_is(&a->v[i], index, name))
        for (i = 0; i < a->n && !arp_is(&a->v[i], index, name);)
            i++;
    if (i == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 16;
        struct arp_count *grown = realloc(a->v, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        a->v = grown;
        a->cap = cap;
    }
    if (i == a->n) {
        a->v[i] = (struct arp_count){ .index = index };
        span_copy(name, a->v[i].name, sizeof(a->v[i].name));
        a->n++;
    }
    a->v[i].n++;
    a->last = i;
    return 0;
}

/* The interface of a RTM_NEWNEIGH message, or -1 when the entry does not count: another
 * family, or an address for which nothing is ever resolved. */
static int arp_neighbour(uint16_t type, struct span payload)
{
    struct ndmsg m;

    if (type != RTM_NEWNEIGH || payload.n < sizeof(m))
        return -1;
    memcpy(&m, payload.p, sizeof(m));
    return m.ndm_family == AF_INET && !(m.ndm_state & NUD_NOARP) ? m.ndm_ifindex : -1;
}

static int arp_each(void *arg, uint16_t type, struct span payload)
{
    int index = arp_neighbour(type, payload);

    return index < 0 ? 0 : arp_add(arg, index, span_of(NULL, 0));
}

/* Count the entries of a whole /proc/net/arp: a title, then lines of six columns, of
 * which the last is the interface. Returns 0, -ENOMEM, or -EINVAL for the first bad line
 * with the rest counted. */
static int arp_parse(struct arp *a, struct span text, promc_error *err)
{
    struct span line, f[6];
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        size_t n = scan_fields(line, f, 6);

        if (++no == 1 || n == 0)
            continue;
        if (n != 6 || f[5].n >= IF_NAMESIZE) {
            if (rc == 0)
                rc = node_fail_line(err, "net/arp", no, "not six columns");
        } else if (arp_add(a, -1, f[5]) != 0) {
            return node_fail(err, -ENOMEM, "out of memory");
        }
    }
    return rc;
}

static void arp_emit(struct arp *a, promc_emitter *out)
{
    promc_samples *f = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_arp_entries",
                                         "IPv4 neighbours known on the interface.",
                                         PROMC_LABELS("device"));

    for (size_t i = 0; i < a->n; i++) {
        if (a->v[i].index >= 0)
            netlink_ifname(&a->nl, a->v[i].index, a->v[i].name);
        if (a->v[i].name[0] && filter_keep(a->filter, a->v[i].name))
            promc_emit(f, PROMC_LABELS(a->v[i].name), (double)a->v[i].n);
    }
}

static int arp_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct arp *a = priv;
    struct ndmsg ipv4 = { .ndm_family = AF_INET };
    struct span text;
    int rc;

    a->n = 0;
    if (arp_flag.netlink) {
        rc = netlink_dump(&a->nl, RTM_GETNEIGH, &ipv4, sizeof(ipv4), ctx->deadline_ns,
                          arp_each, a);
        if (rc)
            return node_fail_netlink(err, rc, "neighbours");
    } else {
        rc = source_read(&a->file, ctx->paths.procfs, "net/arp", &text, err);
        if (rc == 0)
            rc = arp_parse(a, text, err);
    }
    arp_emit(a, out);
    return rc;
}

static void arp_fini(void *priv)
{
    struct arp *a = priv;

    source_close(&a->file);
    netlink_close(&a->nl);
    filter_free(a->filter);
    free(a->v);
    free(a);
}

static int arp_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct arp *a = calloc(1, sizeof(*a));

    (void)ctx;
    if (!a)
        return node_fail(err, -ENOMEM, "out of memory");
    a->file = (struct source)SOURCE_INIT;
    a->nl = (struct netlink)NETLINK_INIT;
    a->filter = filter_new("--collector.arp.device-include or -exclude", arp_flag.include,
                           arp_flag.exclude, err);
    if (!a->filter) {
        arp_fini(a);
        return err && err->code < 0 ? err->code : -EINVAL;
    }
    *priv = a;
    return 0;
}

static void arp_flags(struct flags *flags)
{
    flags_string(flags, "collector.arp.device-include",
                 "Expose only interfaces that match this pattern.", &arp_flag.include,
                 NULL);
    flags_string(flags, "collector.arp.device-exclude",
                 "Leave out interfaces that match this pattern.", &arp_flag.exclude,
                 NULL);
    flags_bool(flags, "collector.arp.netlink",
               "Ask netlink instead of reading /proc/net/arp.", &arp_flag.netlink, NULL);
}

const struct node_collector node_arp_collector = {
    .name = "arp",
    .help = "IPv4 neighbours per network interface.",
    .default_on = 1,
    .flags = arp_flags,
    .init = arp_init,
    .collect = arp_collect,
    .fini = arp_fini,
};
