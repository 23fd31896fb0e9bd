/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nfs_rpc.h - files of net/rpc, in which NFS counts: lines of a name and numbers.
 */
#ifndef NODE_COLLECTORS_NFS_RPC_H
#define NODE_COLLECTORS_NFS_RPC_H

#include <promc/promc.h>

#include "node/collector.h"
#include "node/scan.h"

/* Procedures of NFSv2 and v3 by number, in the spelling of the peer. */
enum { NFS_V2 = 18, NFS_V3 = 22 };
extern const char *const nfs_v2[NFS_V2];
extern const char *const nfs_v3[NFS_V3];

/* A number that is a metric of its own. */
struct nfs_value {
    const char *line;
    unsigned column;
    promc_type type;
    const char *name;
    const char *help;
    const char *label, *label_value; /* NULL: without */
};

/* A line whose numbers are calls, by procedure. */
struct nfs_methods {
    const char *line;
    const char *proto;        /* version of the protocol */
    int counted;              /* how many numbers there are stands before them */
    unsigned first;           /* those before this one are not shown */
    const char *const *names; /* in their order; NULL: not shown */
    size_t n;
};

struct nfs_file {
    const char *path;     /* below procfs */
    const char *requests; /* name of the metric for the methods */
    const char *requests_help;
    const struct nfs_value *values;
    size_t n_values;
    const struct nfs_methods *methods;
    size_t n_methods;
};

/* Emit what a file says. Methods that the kernel does not know have never been called, and are
 * 0; a line that it does not have is left out. A bad line costs itself and what is behind the
 * bad number. Returns 0 or -EINVAL. */
int nfs_emit(const struct nfs_file *file, struct span text, promc_emitter *out,
             promc_error *err);

/* Read the file with a source, and emit it; NODE_NODATA: there is none. */
int nfs_collect_file(const struct node_ctx *ctx, void *source,
                     const struct nfs_file *file, promc_emitter *out, promc_error *err);

#endif /* NODE_COLLECTORS_NFS_RPC_H */
