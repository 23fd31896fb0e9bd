/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netclass_emit.c - the metrics of the netclass collector, whatever they are read from.
 */
#include "config.h"

#include "node/collectors/netclass.h"

#include <string.h>

static const struct {
    promc_type type;
    const char *name;
    const char *help;
} netclass_metrics[NETCLASS_ATTRS] = {
    [NETCLASS_ADDR_ASSIGN_TYPE] = { PROMC_TYPE_GAUGE, "node_network_address_assign_type",
                                    "Where the hardware address comes from." },
    [NETCLASS_CARRIER] = { PROMC_TYPE_GAUGE, "node_network_carrier",
                           "Whether there is a link." },
    [NETCLASS_CARRIER_CHANGES] = { PROMC_TYPE_COUNTER,
                                   "node_network_carrier_changes_total",
                                   "Times the link came or went." },
    [NETCLASS_CARRIER_UP] = { PROMC_TYPE_COUNTER, "node_network_carrier_up_changes_total",
                              "Times the link came." },
    [NETCLASS_CARRIER_DOWN] = { PROMC_TYPE_COUNTER,
                                "node_network_carrier_down_changes_total",
                                "Times the link went." },
    [NETCLASS_DEV_ID] = { PROMC_TYPE_GAUGE, "node_network_device_id",
                          "Number that tells interfaces on one card apart." },
    [NETCLASS_DORMANT] = { PROMC_TYPE_GAUGE, "node_network_dormant",
                           "Whether the interface waits for something to be of use." },
    [NETCLASS_FLAGS] = { PROMC_TYPE_GAUGE, "node_network_flags",
                         "Flags of the interface, as a number." },
    [NETCLASS_IFINDEX] = { PROMC_TYPE_GAUGE, "node_network_iface_id",
                           "Index of the interface." },
    [NETCLASS_IFLINK] = { PROMC_TYPE_GAUGE, "node_network_iface_link",
                          "Index of the interface below this one, or its own." },
    [NETCLASS_LINK_MODE] = { PROMC_TYPE_GAUGE, "node_network_iface_link_mode",
                             "Link mode of the interface." },
    [NETCLASS_MTU] = { PROMC_TYPE_GAUGE, "node_network_mtu_bytes",
                       "Largest packet the interface sends." },
    [NETCLASS_NAME_ASSIGN_TYPE] = { PROMC_TYPE_GAUGE, "node_network_name_assign_type",
                                    "Where the interface's name comes from." },
    [NETCLASS_GROUP] = { PROMC_TYPE_GAUGE, "node_network_net_dev_group",
                         "Group of the interface." },
    [NETCLASS_SPEED] = { PROMC_TYPE_GAUGE, "node_network_speed_bytes",
                         "Speed of the link per second." },
    [NETCLASS_TX_QUEUE_LEN] = { PROMC_TYPE_GAUGE, "node_network_transmit_queue_length",
                                "Packets the transmit queue holds." },
    [NETCLASS_TYPE] = { PROMC_TYPE_GAUGE, "node_network_protocol_type",
                        "Kind of the interface's hardware, as a number." },
};

void netclass_begin(struct netclass_out *o, promc_emitter *out)
{
    promc_labels device = PROMC_LABELS("device");
    promc_labels info = PROMC_LABELS("device", "address", "broadcast", "duplex",
                                     "operstate", "ifalias", "adminstate");

    if (o->no_adminstate)
        info.n--;
    o->up = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_up",
                              "Whether the interface works.", device);
    o->info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_network_info",
                                "What the interface is.", info);
    for (size_t i = 0; i < NETCLASS_ATTRS; i++)
        o->attr[i] =
            promc_emit_family(out, netclass_metrics[i].type, netclass_metrics[i].name,
                              netclass_metrics[i].help, device);
}

void netclass_emit(const struct netclass_out *o, const struct netclass_device *d)
{
    const char *admin = "unknown";
    promc_labels info;

    if (netclass_has(d, NETCLASS_FLAGS))
        admin = d->value[NETCLASS_FLAGS] & IFF_UP ? "up" : "down";
    info = PROMC_LABELS(d->name, d->address, d->broadcast, d->duplex, d->operstate,
                        d->alias, admin);
    if (o->no_adminstate)
        info.n--;
    promc_emit(o->up, PROMC_LABELS(d->name), strcmp(d->operstate, "up") == 0);
    promc_emit(o->info, info, 1);
    for (size_t i = 0; i < NETCLASS_ATTRS; i++) {
        int64_t v = d->value[i];

        if (!netclass_has(d, (enum netclass_attr)i) ||
            (v < 0 && netclass_metrics[i].type == PROMC_TYPE_COUNTER))
            continue;
        if (i == NETCLASS_SPEED) { /* in Mbit/s; -1: not known */
            if (v < 0 && o->known_speed_only)
                continue;
            v = (int64_t)((uint64_t)v * 1000 * 1000) / 8;
        }
        promc_emit(o->attr[i], PROMC_LABELS(d->name), (double)v);
    }
}
