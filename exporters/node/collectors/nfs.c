/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nfs.c - what this host does as a client of NFS, from net/rpc/nfs.
 */
#include "config.h"

#include "node/collector.h"

#include "node/collectors/nfs_rpc.h"
#include "node/source.h"

#define COUNTER PROMC_TYPE_COUNTER
#define PACKETS "node_nfs_packets_total", "Packets sent and received, by protocol."

static const struct nfs_value nfs_values[] = {
    { "net", 1, COUNTER, PACKETS, "protocol", "udp" },
    { "net", 2, COUNTER, PACKETS, "protocol", "tcp" },
    { "net", 3, COUNTER, "node_nfs_connections_total", "TCP connections made.", NULL,
      NULL },
    { "rpc", 0, COUNTER, "node_nfs_rpcs_total", "Calls made.", NULL, NULL },
    { "rpc", 1, COUNTER, "node_nfs_rpc_retransmissions_total", "Calls sent again.", NULL,
      NULL },
    { "rpc", 2, COUNTER, "node_nfs_rpc_authentication_refreshes_total",
      "Times credentials were asked for anew.", NULL, NULL },
};

/* Procedures of the Linux client by number, in the spelling of the peer. The kernel has
 * LayoutGet before GetDeviceInfo; the peer takes one for the other, and so do we: series
 * must not change their meaning when one exporter follows the other. */
static const char *const nfs_v4[] = {
    "Null",
    "Read",
    "Write",
    "Commit",
    "Open",
    "OpenConfirm",
    "OpenNoattr",
    "OpenDowngrade",
    "Close",
    "Setattr",
    "FsInfo",
    "Renew",
    "SetClientID",
    "SetClientIDConfirm",
    "Lock",
    "Lockt",
    "Locku",
    "Access",
    "Getattr",
    "Lookup",
    "LookupRoot",
    "Remove",
    "Rename",
    "Link",
    "Symlink",
    "Create",
    "Pathconf",
    "StatFs",
    "ReadLink",
    "ReadDir",
    "ServerCaps",
    "DelegReturn",
    "GetACL",
    "SetACL",
    "FsLocations",
    "ReleaseLockowner",
    "Secinfo",
    "FsidPresent",
    "ExchangeID",
    "CreateSession",
    "DestroySession",
    "Sequence",
    "GetLeaseTime",
    "ReclaimComplete",
    "GetDeviceInfo",
    "LayoutGet",
    "LayoutCommit",
    "LayoutReturn",
    "SecinfoNoName",
    "TestStateID",
    "FreeStateID",
    "GetDeviceList",
    "BindConnToSession",
    "DestroyClientID",
    "Seek",
    "Allocate",
    "DeAllocate",
    "LayoutStats",
    "Clone",
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct nfs_methods nfs_methods[] = {
    { "proc2", "2", 1, 0, nfs_v2, NFS_V2 },
    { "proc3", "3", 1, 0, nfs_v3, NFS_V3 },
    { "proc4", "4", 1, 0, nfs_v4, N(nfs_v4) },
};

static const struct nfs_file nfs_file = {
    .path = "net/rpc/nfs",
    .requests = "node_nfs_requests_total",
    .requests_help = "Calls made, by version of the protocol and procedure.",
    .values = nfs_values,
    .n_values = N(nfs_values),
    .methods = nfs_methods,
    .n_methods = N(nfs_methods),
};

static int nfs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    return nfs_collect_file(ctx, priv, &nfs_file, out, err);
}

const struct node_collector node_nfs_collector = {
    .name = "nfs",
    .help = "Calls made as an NFS client.",
    .default_on = 1,
    .init = source_init,
    .collect = nfs_collect,
    .fini = source_fini,
};
