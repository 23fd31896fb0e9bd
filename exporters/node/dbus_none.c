/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dbus_none.c - D-Bus for builds without libsystemd: there is none.
 */
#include "config.h"

#include "node/dbus.h"

#include <errno.h>

#include "node/fail.h"

struct dbus *dbus_new(const char *address, promc_error *err)
{
    (void)address;
    node_fail(err, -ENOTSUP, "this program was built without libsystemd");
    return NULL;
}

void dbus_free(struct dbus *d)
{
    (void)d;
}

int dbus_begin(struct dbus *d, uint64_t deadline_ns, promc_error *err)
{
    (void)d, (void)deadline_ns;
    return node_fail(err, -ENOTSUP, "no D-Bus");
}

int dbus_run(struct dbus *d, size_t n, dbus_next *next, dbus_done *done, void *arg,
             promc_error *err)
{
    (void)d, (void)n, (void)next, (void)done, (void)arg;
    return node_fail(err, -ENOTSUP, "no D-Bus");
}

int dbus_value(struct dbus_reply *r, char type, union dbus_value *v)
{
    (void)r, (void)type, (void)v;
    return -EBADMSG;
}

int dbus_array(struct dbus_reply *r, const char *types)
{
    (void)r, (void)types;
    return -EBADMSG;
}

int dbus_row(struct dbus_reply *r, const char *types, const char **text)
{
    (void)r, (void)types, (void)text;
    return -EBADMSG;
}
