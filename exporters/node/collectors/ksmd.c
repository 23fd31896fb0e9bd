/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ksmd.c - what the merging of equal memory pages does, from kernel/mm/ksm.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <unistd.h>

#include "node/attr.h"
#include "node/dirlist.h"
#include "node/fail.h"

#define KSM "kernel/mm/ksm"

static const struct attr ksmd_attrs[] = {
    { "full_scans", PROMC_TYPE_COUNTER, "node_ksmd_full_scans_total",
      "Times all memory that may be merged was scanned.", 0, 0 },
    { "general_profit", PROMC_TYPE_GAUGE, "node_ksmd_general_profit_bytes",
      "Memory saved, less what the bookkeeping needs.", 0, 0 },
    { "merge_across_nodes", PROMC_TYPE_GAUGE, "node_ksmd_merge_across_nodes",
      "Whether pages of different NUMA nodes are merged.", 0, 0 },
    { "pages_shared", PROMC_TYPE_GAUGE, "node_ksmd_pages_shared", "Merged pages in use.",
      0, 0 },
    { "pages_sharing", PROMC_TYPE_GAUGE, "node_ksmd_pages_sharing",
      "Places that use a merged page, beyond the first of each.", 0, 0 },
    { "pages_to_scan", PROMC_TYPE_GAUGE, "node_ksmd_pages_to_scan",
      "Pages scanned between two pauses.", 0, 0 },
    { "pages_unshared", PROMC_TYPE_GAUGE, "node_ksmd_pages_unshared",
      "Pages of which no equal one was found.", 0, 0 },
    { "pages_volatile", PROMC_TYPE_GAUGE, "node_ksmd_pages_volatile",
      "Pages that change too fast to be merged.", 0, 0 },
    { "run", PROMC_TYPE_GAUGE, "node_ksmd_run",
      "0: stopped; 1: running; 2: stopped and all pages unmerged.", 0, 0 },
    { "sleep_millisecs", PROMC_TYPE_GAUGE, "node_ksmd_sleep_seconds",
      "Length of the pauses between scans.", 0, 1000 },
};
#define KSMD_ATTRS (sizeof(ksmd_attrs) / sizeof(ksmd_attrs[0]))

static int ksmd_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    promc_samples *families[KSMD_ATTRS];
    int fd = dirlist_open(ctx->paths.sysfs, KSM);
    size_t n;

    (void)priv;
    if (fd < 0) {
        node_fail_read(err, fd, ctx->paths.sysfs, KSM);
        return fd == -ENOENT ? NODE_NODATA : fd; /* a kernel without CONFIG_KSM */
    }
    attr_begin(out, ksmd_attrs, KSMD_ATTRS, PROMC_NO_LABELS, families);
    n = attr_emit(fd, ksmd_attrs, KSMD_ATTRS, families, PROMC_NO_LABELS);
    close(fd);
    if (n == 0)
        return node_fail(err, -EINVAL, "%s/%s: no file with a number", ctx->paths.sysfs,
                         KSM);
    return 0;
}

const struct node_collector node_ksmd_collector = {
    .name = "ksmd",
    .help = "Merging of equal memory pages.",
    .collect = ksmd_collect,
};
