/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_route.c - the unicast routes of all routing tables, by netlink.
 */
#include "config.h"

#include "node/collector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "node/arena.h"
#include "node/fail.h"
#include "node/netlink.h"
#include "node/netlink_link.h"

#define ROUTE_ADDRESS 64 /* an address with its prefix length */

/* The order of the labels. */
enum {
    ROUTE_DEVICE,
    ROUTE_SRC,
    ROUTE_DEST,
    ROUTE_GW,
    ROUTE_PRIORITY,
    ROUTE_PROTO,
    ROUTE_WEIGHT,
    ROUTE_LABELS
};

/* A route's labels, each with its NUL, one behind the other. */
struct route_text {
    size_t n;
    char p[];
};

struct route_device {
    int index;
    char name[IF_NAMESIZE];
    uint64_t routes;
};

struct route {
    struct netlink nl;
    struct arena arena;    /* the texts of one scrape */
    struct route_text **v; /* and where they are */
    size_t n, cap;
    struct route_device *dev; /* by index; [0]: routes without a device */
    size_t devs, dev_cap;
};

/* Room for one more element of size in *v. Returns it, or NULL when out of memory. */
static void *route_grow(void *v, size_t n, size_t *cap, size_t size)
{
    size_t want = *cap ? 2 * *cap : 64;

    if (n < *cap)
        return v;
    v = realloc(v, want * size);
    if (v)
        *cap = want;
    return v;
}

static int route_add_device(struct route *s, int index, const char *name)
{
    void *grown = route_grow(s->dev, s->devs, &s->dev_cap, sizeof(*s->dev));

    if (!grown)
        return -ENOMEM;
    s->dev = grown;
    s->dev[s->devs] = (struct route_device){ .index = index };
    snprintf(s->dev[s->devs].name, IF_NAMESIZE, "%s", name);
    s->devs++;
    return 0;
}

static int route_each_link(void *arg, uint16_t type, struct span payload)
{
    struct net_link link;

    if (type != RTM_NEWLINK || net_link_parse(payload, &link) != 0 || link.index <= 0)
        return 0;
    return route_add_device(arg, link.index, link.name);
}

static int by_index(const void *a, const void *b)
{
    const struct route_device *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* The device of an index; the one without a name when it is not known (any more). */
static struct route_device *route_device(const struct route *s, int index)
{
    struct route_device key = { .index = index };
    struct route_device *d = bsearch(&key, s->dev, s->devs, sizeof(*s->dev), by_index);

    return d ? d : s->dev;
}

/* The names that the kernel's header and the routing daemons have for their numbers. */
static const char *route_protocol(unsigned char protocol)
{
    static const char *const names[] = {
        [0] = "unspec",  [1] = "redirect", [2] = "kernel",    [3] = "boot",
        [4] = "static",  [8] = "gated",    [9] = "ra",        [10] = "mrt",
        [11] = "zebra",  [12] = "bird",    [13] = "dnrouted", [14] = "xorp",
        [15] = "ntk",    [16] = "dhcp",    [17] = "mrouted",  [42] = "babel",
        [186] = "bgp",   [187] = "isis",   [188] = "ospf",    [189] = "rip",
        [192] = "eigrp",
    };

    if (protocol < sizeof(names) / sizeof(names[0]) && names[protocol])
        return names[protocol];
    return "unknown";
}

/* An address as text; "" for none. The family is told by the length. */
static void route_address(struct span a, char *buf)
{
    buf[0] = '\0';
    if (a.n == 4 || a.n == 16)
        inet_ntop(a.n == 4 ? AF_INET : AF_INET6, a.p, buf, ROUTE_ADDRESS);
}

/* A destination: only the bits of its prefix count. */
static void route_prefix(struct span a, unsigned bits, char *buf)
{
    unsigned char net[16];
    size_t used;

    if (bits == 0 || (a.n != 4 && a.n != 16)) {
        snprintf(buf, ROUTE_ADDRESS, "default");
        return;
    }
    memcpy(net, a.p, a.n);
    for (size_t i = 0; i < a.n; i++) {
        if (i * 8 >= bits)
            net[i] = 0;
        else if (i * 8 + 8 > bits)
            net[i] &= (unsigned char)(0xff00 >> (bits - i * 8));
    }
    inet_ntop(a.n == 4 ? AF_INET : AF_INET6, net, buf, ROUTE_ADDRESS - 8);
    used = strlen(buf);
    snprintf(buf + used, ROUTE_ADDRESS - used, "/%u", bits);
}

/* The gateway of a route or next hop; RTA_VIA is one of the other address family. */
static void route_gateway(uint16_t type, struct span data, char *gw)
{
    if (type == RTA_GATEWAY)
        route_address(data, gw);
    else if (type == RTA_VIA && data.n > sizeof(uint16_t))
        route_address(span_of(data.p + sizeof(uint16_t), data.n - sizeof(uint16_t)), gw);
}

/* What the next hops of a route have in common. */
struct route_common {
    char src[ROUTE_ADDRESS];
    char dest[ROUTE_ADDRESS];
    char priority[16];
    const char *proto;
};

static int route_add(struct route *s, const struct route_common *c, int index,
                     const char *gw, const char *weight)
{
    struct route_device *d = route_device(s, index);
    const char *const label[ROUTE_LABELS] = { d->name,     c->src,   c->dest, gw,
                                              c->priority, c->proto, weight };
    struct route_text *text;
    void *grown = route_grow(s->v, s->n, &s->cap, sizeof(*s->v));
    size_t size = 0;

    if (!grown)
        return -ENOMEM;
    s->v = grown;
    for (size_t i = 0; i < ROUTE_LABELS; i++)
        size += strlen(label[i]) + 1;
    text = arena_alloc(&s->arena, sizeof(*text) + size);
    if (!text)
        return -ENOMEM;
    text->n = 0;
    for (size_t i = 0; i < ROUTE_LABELS; i++) {
        size_t len = strlen(label[i]) + 1;

        memcpy(text->p + text->n, label[i], len);
        text->n += len;
    }
    s->v[s->n++] = text;
    d->routes++;
    return 0;
}

static int route_add_hops(struct route *s, const struct route_common *c, struct span hops)
{
    struct rtnexthop hop;
    int rc = 0;

    while (rc == 0 && hops.n >= sizeof(hop)) {
        struct span rest, data;
        char gw[ROUTE_ADDRESS] = "", weight[16];
        uint16_t type;
        size_t step;

        memcpy(&hop, hops.p, sizeof(hop));
        if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > hops.n)
            break;
        rest = span_of(hops.p + sizeof(hop), hop.rtnh_len - sizeof(hop));
        while (netlink_attr(&rest, &type, &data))
            route_gateway(type, data, gw);
        snprintf(weight, sizeof(weight), "%d", hop.rtnh_hops + 1);
        rc = route_add(s, c, hop.rtnh_ifindex, gw, weight);
        step = RTNH_ALIGN((size_t)hop.rtnh_len);
        step = step < hops.n ? step : hops.n;
        hops = span_of(hops.p + step, hops.n - step);
    }
    return rc;
}

static int route_each(void *arg, uint16_t msg_type, struct span payload)
{
    struct route_common c = { .src = "" };
    char gw[ROUTE_ADDRESS] = "";
    struct span rest, data, dest = { NULL, 0 }, hops = { NULL, 0 };
    struct rtmsg m;
    uint64_t index = 0, priority = 0;
    uint16_t type;

    if (msg_type != RTM_NEWROUTE || payload.n < sizeof(m))
        return 0;
    memcpy(&m, payload.p, sizeof(m));
    if (m.rtm_type != RTN_UNICAST ||
        (m.rtm_family != AF_INET && m.rtm_family != AF_INET6))
        return 0;
    rest = span_of(payload.p + sizeof(m), payload.n - sizeof(m));
    while (netlink_attr(&rest, &type, &data)) {
        if (type == RTA_DST)
            dest = data;
        else if (type == RTA_PREFSRC)
            route_address(data, c.src);
        else if (type == RTA_OIF)
            index = netlink_number(data);
        else if (type == RTA_PRIORITY)
            priority = netlink_number(data);
        else if (type == RTA_MULTIPATH)
            hops = data;
        else
            route_gateway(type, data, gw);
    }
    route_prefix(dest, m.rtm_dst_len, c.dest);
    snprintf(c.priority, sizeof(c.priority), "%u", (unsigned)priority);
    c.proto = route_protocol(m.rtm_protocol);
    return hops.n ? route_add_hops(arg, &c, hops)
                  : route_add(arg, &c, (int)index, gw, "");
}

static int by_text(const void *a, const void *b)
{
    const struct route_text *x = *(struct route_text *const *)a;
    const struct route_text *y = *(struct route_text *const *)b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* Routes that differ in what is not a label, as the table, are shown once and counted
 * each. */
static void route_emit(struct route *s, promc_emitter *out)
{
    promc_samples *f = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_network_route_info", "A unicast route; always 1.",
        PROMC_LABELS("device", "src", "dest", "gw", "priority", "proto", "weight"));

    if (s->n)
        qsort(s->v, s->n, sizeof(*s->v), by_text);
    for (size_t i = 0; i < s->n; i++) {
        const char *label[ROUTE_LABELS];
        const char *p = s->v[i]->p;

        if (i > 0 && by_text(&s->v[i - 1], &s->v[i]) == 0)
            continue;
        for (size_t k = 0; k < ROUTE_LABELS; k++, p += strlen(p) + 1)
            label[k] = p;
        promc_emit(f, (promc_labels){ label, ROUTE_LABELS }, 1);
    }
    f = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_routes",
                          "Unicast routes over the interface.", PROMC_LABELS("device"));
    for (size_t i = 0; i < s->devs; i++) {
        if (s->dev[i].routes)
            promc_emit(f, PROMC_LABELS(s->dev[i].name), (double)s->dev[i].routes);
    }
}

static int route_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct route *s = priv;
    struct ifinfomsg all_links = { .ifi_family = AF_UNSPEC };
    struct rtmsg all_routes = { .rtm_family = AF_UNSPEC };
    int rc;

    arena_reset(&s->arena);
    s->n = s->devs = 0;
    rc = route_add_device(s, 0, "");
    if (rc == 0)
        rc = netlink_dump(&s->nl, RTM_GETLINK, &all_links, sizeof(all_links),
                          ctx->deadline_ns, route_each_link, s);
    if (rc)
        return node_fail_netlink(err, rc, "links");
    qsort(s->dev, s->devs, sizeof(*s->dev), by_index);
    rc = netlink_dump(&s->nl, RTM_GETROUTE, &all_routes, sizeof(all_routes),
                      ctx->deadline_ns, route_each, s);
    if (rc)
        return node_fail_netlink(err, rc, "routes");
    route_emit(s, out);
    return 0;
}

static int route_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct route *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->nl = (struct netlink)NETLINK_INIT;
    *priv = s;
    return 0;
}

static void route_fini(void *priv)
{
    struct route *s = priv;

    netlink_close(&s->nl);
    arena_free(&s->arena);
    free(s->v);
    free(s->dev);
    free(s);
}

const struct node_collector node_network_route_collector = {
    .name = "network_route",
    .help = "Unicast routes.",
    .init = route_init,
    .collect = route_collect,
    .fini = route_fini,
};
