/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountstats_nfs.h - what mountstats says of one NFS mount, as metrics.
 */
#ifndef NODE_MOUNTSTATS_NFS_H
#define NODE_MOUNTSTATS_NFS_H

#include <promc/promc.h>

#include "node/scan.h"

enum { NFS_BYTES = 8, NFS_EVENTS = 27, NFS_TRANSPORT = 10, NFS_OPERATION = 9 };

struct nfs_families {
    promc_samples *age;
    promc_samples *bytes[NFS_BYTES], *events[NFS_EVENTS];
    promc_samples *transport[NFS_TRANSPORT], *operation[NFS_OPERATION];
};

/* The labels that all metrics of a mount have. */
struct nfs_labels {
    const char *export, *protocol, *address;
};

void mountstats_nfs_begin(promc_emitter *out, struct nfs_families *f);

/* The protocol in the first line of a transport; 0 when there is no such line. */
int mountstats_nfs_protocol(struct span block, struct span *protocol);

/* Emit the lines of a mount, those after its first one. A bad line costs itself and makes
 * the result -EINVAL. */
int mountstats_nfs_emit(struct span block, const struct nfs_labels *labels,
                        const struct nfs_families *f);

#endif /* NODE_MOUNTSTATS_NFS_H */
