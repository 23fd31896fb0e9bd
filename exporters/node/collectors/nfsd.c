/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nfsd.c - what this host does as a server of NFS, from net/rpc/nfsd.
 */
#include "config.h"

#include "node/collector.h"

#include "node/collectors/nfs_rpc.h"
#include "node/source.h"

#define COUNTER PROMC_TYPE_COUNTER
#define GAUGE PROMC_TYPE_GAUGE
#define PACKETS "node_nfsd_packets_total", "Packets sent and received, by protocol."
#define ERRORS "node_nfsd_rpc_errors_total", "Calls refused, by what was wrong."

static const struct nfs_value nfsd_values[] = {
    { "rc", 0, COUNTER, "node_nfsd_reply_cache_hits_total",
      "Calls answered from the reply cache.", NULL, NULL },
    { "rc", 1, COUNTER, "node_nfsd_reply_cache_misses_total",
      "Calls not in the reply cache.", NULL, NULL },
    { "rc", 2, COUNTER, "node_nfsd_reply_cache_nocache_total",
      "Calls that are never put into the reply cache.", NULL, NULL },
    { "fh", 0, COUNTER, "node_nfsd_file_handles_stale_total",
      "Calls with a file handle that is no longer good.", NULL, NULL },
    { "io", 0, COUNTER, "node_nfsd_disk_bytes_read_total", "Bytes read for clients.",
      NULL, NULL },
    { "io", 1, COUNTER, "node_nfsd_disk_bytes_written_total",
      "Bytes written for clients.", NULL, NULL },
    { "th", 0, GAUGE, "node_nfsd_server_threads", "Threads of the server.", NULL, NULL },
    { "ra", 0, GAUGE, "node_nfsd_read_ahead_cache_size_blocks",
      "Size of the read-ahead cache.", NULL, NULL },
    { "ra", 11, COUNTER, "node_nfsd_read_ahead_cache_not_found_total",
      "Reads not found in the read-ahead cache.", NULL, NULL },
    { "net", 1, COUNTER, PACKETS, "proto", "udp" },
    { "net", 2, COUNTER, PACKETS, "proto", "tcp" },
    { "net", 3, COUNTER, "node_nfsd_connections_total", "TCP connections accepted.", NULL,
      NULL },
    { "rpc", 0, COUNTER, "node_nfsd_server_rpcs_total", "Calls received.", NULL, NULL },
    { "rpc", 2, COUNTER, ERRORS, "error", "fmt" },
    { "rpc", 3, COUNTER, ERRORS, "error", "auth" },
    { "rpc", 4, COUNTER, ERRORS, "error", "cInt" },
};

/* Operations of NFSv4.0 by number: there are none below 3, and the peer leaves out those
 * that ask for the public and the root file handle (23, 24). */
static const char *const nfsd_v4[] = {
    NULL,
    NULL,
    NULL,
    "Access",
    "Close",
    "Commit",
    "Create",
    "DelegPurge",
    "DelegReturn",
    "GetAttr",
    "GetFH",
    "Link",
    "Lock",
    "Lockt",
    "Locku",
    "Lookup",
    "LookupRoot",
    "Nverify",
    "Open",
    "OpenAttr",
    "OpenConfirm",
    "OpenDgrd",
    "PutFH",
    NULL,
    NULL,
    "Read",
    "ReadDir",
    "ReadLink",
    "Remove",
    "Rename",
    "Renew",
    "RestoreFH",
    "SaveFH",
    "SecInfo",
    "SetAttr",
    "SetClientID",
    "SetClientIDConfirm",
    "Verify",
    "Write",
    "RelLockOwner",
};
static const char *const nfsd_wdeleg[] = { "WdelegGetattr" };

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The peer shows no Null. */
static const struct nfs_methods nfsd_methods[] = {
    { "proc2", "2", 1, 1, nfs_v2, NFS_V2 },
    { "proc3", "3", 1, 1, nfs_v3, NFS_V3 },
    { "proc4ops", "4", 1, 0, nfsd_v4, N(nfsd_v4) },
    { "wdeleg_getattr", "4", 0, 0, nfsd_wdeleg, N(nfsd_wdeleg) },
};

static const struct nfs_file nfsd_file = {
    .path = "net/rpc/nfsd",
    .requests = "node_nfsd_requests_total",
    .requests_help = "Calls served, by version of the protocol and procedure.",
    .values = nfsd_values,
    .n_values = N(nfsd_values),
    .methods = nfsd_methods,
    .n_methods = N(nfsd_methods),
};

static int nfsd_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    return nfs_collect_file(ctx, priv, &nfsd_file, out, err);
}

const struct node_collector node_nfsd_collector = {
    .name = "nfsd",
    .help = "Calls served as an NFS server.",
    .default_on = 1,
    .init = source_init,
    .collect = nfsd_collect,
    .fini = source_fini,
};
