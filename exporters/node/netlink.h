/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink.h - ask the kernel for all links, routes, sockets ... (netlink dumps).
 */
#ifndef NODE_NETLINK_H
#define NODE_NETLINK_H

#include <stdint.h>

#include "node/scan.h"

/* A socket and a receive buffer, kept between dumps. Start from NETLINK_INIT; for another
 * protocol than NETLINK_ROUTE set it before the first dump. */
struct netlink {
    int fd;
    uint32_t seq;
    char *buf;
    int protocol; /* NETLINK_... */
};
#define NETLINK_INIT                                                                     \
    {                                                                                    \
        -1, 0, NULL, 0                                                                   \
    }
void netlink_close(struct netlink *nl);

/* Called for each message of a dump: its type, and what follows the netlink header.
 * Returns 0, or -errno to end the dump with it. */
typedef int netlink_each(void *arg, uint16_t type, struct span payload);

/* Send a dump request (RTM_GETLINK ...) with its family header and hand each answer to
 * each. deadline_ns: CLOCK_MONOTONIC; 0: 5 seconds from now. Returns 0; -errno (-ETIME
 * after the deadline); or what each returned. */
int netlink_dump(struct netlink *nl, uint16_t request, const void *header,
                 size_t header_len, uint64_t deadline_ns, netlink_each *each, void *arg);

/* The pure half of it: walk the messages of one received buffer, skipping those that do
 * not answer request seq. Returns 1 at the end of the dump, 0 when more is to come, or as
 * above; -EBADMSG for what is no netlink message. */
int netlink_walk(struct span received, uint32_t seq, netlink_each *each, void *arg);

/* Take the next attribute off the front of *rest. Returns 1, or 0 when no whole attribute
 * is left. */
int netlink_attr(struct span *rest, uint16_t *type, struct span *data);

/* An unsigned number in an attribute of 1, 2, 4 or 8 bytes; 0 for other sizes. */
uint64_t netlink_number(struct span data);

/* A string attribute; the kernel ends it with a NUL, which is not relied on. What does
 * not fit is cut off. Returns buf. */
char *netlink_string(struct span data, char *buf, size_t size);

/* The name of an interface; "" when there is none with this index (any more). Needs a
 * dump to have opened the socket. buf: IF_NAMESIZE bytes. Returns buf. */
char *netlink_ifname(const struct netlink *nl, int index, char *buf);

#endif /* NODE_NETLINK_H */
