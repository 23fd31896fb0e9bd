/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netclass_sysfs.c - a network interface from its directory in /sys/class/net.
 */
#include "config.h"

#include "node/collectors/netclass.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/readfile.h"

static const char *const netclass_files[NETCLASS_ATTRS] = {
    [NETCLASS_ADDR_ASSIGN_TYPE] = "addr_assign_type",
    [NETCLASS_CARRIER] = "carrier",
    [NETCLASS_CARRIER_CHANGES] = "carrier_changes",
    [NETCLASS_CARRIER_UP] = "carrier_up_count",
    [NETCLASS_CARRIER_DOWN] = "carrier_down_count",
    [NETCLASS_DEV_ID] = "dev_id",
    [NETCLASS_DORMANT] = "dormant",
    [NETCLASS_FLAGS] = "flags",
    [NETCLASS_IFINDEX] = "ifindex",
    [NETCLASS_IFLINK] = "iflink",
    [NETCLASS_LINK_MODE] = "link_mode",
    [NETCLASS_MTU] = "mtu",
    [NETCLASS_NAME_ASSIGN_TYPE] = "name_assign_type",
    [NETCLASS_GROUP] = "netdev_group",
    [NETCLASS_SPEED] = "speed",
    [NETCLASS_TX_QUEUE_LEN] = "tx_queue_len",
    [NETCLASS_TYPE] = "type",
};

/* How the kernel says that an interface does not have an attribute, or not now. */
static int is_absence(ssize_t rc)
{
    return rc == -ENOENT || rc == -EACCES || rc == -EOPNOTSUPP || rc == -EINVAL;
}

int netclass_read_sysfs(int dirfd, const char *name, struct netclass_device *d)
{
    const struct {
        const char *file;
        char *buf;
        size_t size;
    } texts[] = {
        { "address", d->address, sizeof(d->address) },
        { "broadcast", d->broadcast, sizeof(d->broadcast) },
        { "duplex", d->duplex, sizeof(d->duplex) },
        { "operstate", d->operstate, sizeof(d->operstate) },
        { "ifalias", d->alias, sizeof(d->alias) },
    };
    int rc = 0;

    memset(d, 0, sizeof(*d));
    span_copy(span_str(name), d->name, sizeof(d->name));
    for (size_t i = 0; i < NETCLASS_ATTRS; i++) {
        char value[64];
        ssize_t n = read_value_at(dirfd, netclass_files[i], value, sizeof(value));
        int64_t v;

        if (n < 0 && !is_absence(n))
            rc = (int)n;
        if (n >= 0 && scan_any_i64(span_of(value, (size_t)n), &v) == 0)
            netclass_set(d, (enum netclass_attr)i, v);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ssize_t n = read_value_at(dirfd, texts[i].file, texts[i].buf, texts[i].size);

        if (n < 0) {
            texts[i].buf[0] = '\0';
            if (!is_absence(n))
                rc = (int)n;
        }
    }
    return rc;
}
