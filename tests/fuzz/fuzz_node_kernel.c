/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_node_kernel.c - the node exporter's parsers of CPUs, disks and network interfaces.
 * The first byte chooses the parser, the rest is the file, or the datagram from netlink.
 */
#include "config.h"
#include "fuzz.h"

#include "node/collectors/arp.c"
#include "node/collectors/cpu.c"
#include "node/collectors/cpu_info.c"
#include "node/collectors/diskstats.c"
#include "node/collectors/netclass_netlink.c"
#include "node/collectors/netdev.c"
#include "node/collectors/netdev_address.c"
#include "node/collectors/schedstat.c"
#include "node/collectors/softnet.c"
#include "node/collectors/stat.c"
#include "node/cpulist.h"

static void try_cpu(struct span text, promc_emitter *e)
{
    struct cpu c = { .round = 0 };

    cpu_emit(&c, text, e, NULL);
    cpu_emit(&c, text, e, NULL);
    free(c.times);
}

static void try_cpuinfo(struct span text, promc_emitter *e)
{
    struct cpu_info_opts opts = { NULL, NULL, 1 };

    cpu_info_emit(text, &opts, e);
}

static void try_cpulist(struct span text, promc_emitter *e)
{
    unsigned first, last;

    (void)e;
    while (cpulist_next(&text, &first, &last) > 0)
        FUZZ_CHECK(first <= last && last < CPULIST_MAX);
}

static void try_stat(struct span text, promc_emitter *e)
{
    struct stat_values v;

    (void)e;
    stat_parse(text, &v, NULL);
    FUZZ_CHECK(v.n_vectors <= STAT_VECTORS);
}

static void try_schedstat(struct span text, promc_emitter *e)
{
    schedstat_emit(text, e, NULL);
}

static void try_softnet(struct span text, promc_emitter *e)
{
    softnet_emit(text, e, NULL);
}

static void try_diskstats(struct span text, promc_emitter *e)
{
    struct disk_out o;
    struct disk_udev u;
    struct disk_line d;
    struct span line;

    disk_udev_parse(NULL, 0, &u);
    disk_out_begin(&o, e);
    while (scan_line(&text, &line)) {
        if (disk_parse_line(line, &d) > 0)
            disk_emit_device(&o, &d, &u, "0");
    }
}

static void try_udev(struct span text, promc_emitter *e)
{
    char *copy = fuzz_string((const uint8_t *)text.p, text.n);
    struct disk_line d = { .n = 0 };
    struct disk_out o;
    struct disk_udev u;

    disk_udev_parse(copy, text.n, &u);
    disk_out_begin(&o, e);
    disk_emit_device(&o, &d, &u, "0");
    free(copy);
}

static void try_netdev(struct span text, promc_emitter *e)
{
    struct netdev_out o = { .metrics = netdev_plain };
    struct node_ctx ctx = { .deadline_ns = 0 };

    netdev_begin(&o, e, 0);
    netdev_emit_proc(&ctx, text, &o, NULL);
}

static void try_arp(struct span text, promc_emitter *e)
{
    struct arp a = { .nl = NETLINK_INIT };

    arp_parse(&a, text, NULL);
    arp_emit(&a, e);
    free(a.v);
}

static int each_message(void *arg, uint16_t type, struct span payload)
{
    struct netclass_device d;
    struct net_address address;
    struct net_link link;

    netdev_each_link(arg, type, payload);
    arp_neighbour(type, payload);
    address_parse(payload, &address);
    memset(&d, 0, sizeof(d));
    if (net_link_parse(payload, &link) == 0)
        netclass_from_link(&link, &d);
    return 0;
}

static void try_netlink(struct span datagram, promc_emitter *e)
{
    struct netdev_out o = { .metrics = netdev_detailed };

    netdev_begin(&o, e, 1);
    netlink_walk(datagram, 0, each_message, &o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(struct span, promc_emitter *) = {
        try_cpu,       try_cpuinfo, try_cpulist, try_stat, try_schedstat, try_softnet,
        try_diskstats, try_udev,    try_netdev,  try_arp,  try_netlink,
    };
    const size_t n = sizeof(parsers) / sizeof(parsers[0]);
    promc_emitter *e;
    char *copy;

    if (size < 1)
        return 0;
    e = promc_emitter_new(NULL);
    /* Of exactly its size, with no NUL behind it. */
    copy = malloc(size - 1 ? size - 1 : 1);
    FUZZ_CHECK(e && copy);
    memcpy(copy, data + 1, size - 1);
    /* 'a' is the first parser, so that seeds can be read and written by hand. */
    parsers[(data[0] + n * 97 - 'a') % n](span_of(copy, size - 1), e);
    free(copy);
    promc_emitter_free(e);
    return 0;
}
