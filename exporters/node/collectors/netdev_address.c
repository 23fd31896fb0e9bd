/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netdev_address.c - the addresses of the network interfaces.
 */
#include "config.h"

#include "node/collectors/netdev_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct net_address {
    int family; /* AF_INET or AF_INET6 */
    int index;
    unsigned prefix;
    unsigned char ip[16];
};

/* Read the payload of a RTM_NEWADDR message. Returns 1; 0 for an address of another
 * family; -EBADMSG. */
static int address_parse(struct span payload, struct net_address *a)
{
    struct ifaddrmsg m;
    struct span rest, data;
    uint16_t type;
    size_t size;
    int found = 0;

    if (payload.n < sizeof(m))
        return -EBADMSG;
    memcpy(&m, payload.p, sizeof(m));
    if (m.ifa_family != AF_INET && m.ifa_family != AF_INET6)
        return 0;
    *a = (struct net_address){ .family = m.ifa_family,
                               .index = (int)m.ifa_index,
                               .prefix = m.ifa_prefixlen };
    size = a->family == AF_INET ? 4 : 16;
    rest = span_of(payload.p + sizeof(m), payload.n - sizeof(m));
    while (netlink_attr(&rest, &type, &data)) {
        /* On a point-to-point link IFA_ADDRESS is the other end, IFA_LOCAL ours. */
        if (data.n == size && (type == IFA_LOCAL || (type == IFA_ADDRESS && !found))) {
            memcpy(a->ip, data.p, size);
            found = 1;
        }
    }
    return found ? 1 : -EBADMSG;
}

static const char *scope_of_ipv4(const unsigned char *ip)
{
    static const unsigned char none[4], all[4] = { 255, 255, 255, 255 };

    if (ip[0] == 127 || (ip[0] == 169 && ip[1] == 254) ||
        (ip[0] == 224 && ip[1] == 0 && ip[2] == 0))
        return "link-local";
    if (ip[0] >> 4 == 14 || memcmp(ip, none, 4) == 0 || memcmp(ip, all, 4) == 0)
        return "";
    return "global";
}

static const char *scope_of_ipv6(const unsigned char *ip)
{
    static const unsigned char none[16], loopback[16] = { [15] = 1 };

    if (memcmp(ip, loopback, 16) == 0 || (ip[0] == 0xfe && ip[1] >> 6 == 2) ||
        (ip[0] == 0xff && (ip[1] & 15) == 2))
        return "link-local";
    if (ip[0] == 0xff)
        return (ip[1] & 15) == 1 ? "interface-local" : "";
    return memcmp(ip, none, 16) == 0 ? "" : "global";
}

/* How far an address reaches, in the peer's words: loopback counts as link-local. */
static const char *address_scope(const struct net_address *a)
{
    return a->family == AF_INET ? scope_of_ipv4(a->ip) : scope_of_ipv6(a->ip);
}

struct address_out {
    const struct netlink *nl;
    promc_samples *f;
};

static int address_emit(void *arg, uint16_t type, struct span payload)
{
    const struct address_out *o = arg;
    struct net_address a;
    char name[IF_NAMESIZE], ip[INET6_ADDRSTRLEN], prefix[16];

    if (type != RTM_NEWADDR || address_parse(payload, &a) <= 0)
        return 0;
    if (netlink_ifname(o->nl, a.index, name)[0] == '\0')
        return 0; /* gone since */
    inet_ntop(a.family, a.ip, ip, sizeof(ip));
    snprintf(prefix, sizeof(prefix), "%u", a.prefix);
    promc_emit(o->f, PROMC_LABELS(name, ip, prefix, address_scope(&a)), 1);
    return 0;
}

int netdev_address_collect(struct netlink *nl, uint64_t deadline_ns, promc_emitter *out)
{
    struct ifaddrmsg all = { .ifa_family = AF_UNSPEC };
    struct address_out o = {
        nl,
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_address_info",
                          "An address of the interface.",
                          PROMC_LABELS("device", "address", "netmask", "scope")),
    };

    return netlink_dump(nl, RTM_GETADDR, &all, sizeof(all), deadline_ns, address_emit,
                        &o);
}
