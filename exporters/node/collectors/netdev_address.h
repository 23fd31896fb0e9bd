/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netdev_address.h - the addresses of the network interfaces.
 * Part of the netdev collector.
 */
#ifndef NODE_COLLECTORS_NETDEV_ADDRESS_H
#define NODE_COLLECTORS_NETDEV_ADDRESS_H

#include "node/collector.h"
#include "node/netlink.h"

/* Emit node_network_address_info. Returns 0 or -errno. */
int netdev_address_collect(struct netlink *nl, uint64_t deadline_ns, promc_emitter *out);

#endif /* NODE_COLLECTORS_NETDEV_ADDRESS_H */
