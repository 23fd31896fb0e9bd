/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs.c - counters of the XFS file systems, from fs/xfs/DEVICE/stats/stats in sysfs.
 *
 * A line of that file is a group of counters: its name, and the numbers in an order that
 * never changes; newer kernels add groups, and numbers at the end of a group.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "common/readfile.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/scan.h"

/* In the order of the file; column 0 is the group's first number. */
static const struct {
    const char *group;
    unsigned column;
    const char *name;
    const char *help;
} xfs_metrics[] = {
    { "extent_alloc", 0, "node_xfs_extent_allocation_extents_allocated_total",
      "Extents allocated." },
    { "extent_alloc", 1, "node_xfs_extent_allocation_blocks_allocated_total",
      "Blocks allocated." },
    { "extent_alloc", 2, "node_xfs_extent_allocation_extents_freed_total",
      "Extents freed." },
    { "extent_alloc", 3, "node_xfs_extent_allocation_blocks_freed_total",
      "Blocks freed." },
    { "abt", 0, "node_xfs_allocation_btree_lookups_total",
      "Look-ups in the B-trees of free space." },
    { "abt", 1, "node_xfs_allocation_btree_compares_total",
      "Comparisons in the B-trees of free space." },
    { "abt", 2, "node_xfs_allocation_btree_records_inserted_total",
      "Records put into the B-trees of free space." },
    { "abt", 3, "node_xfs_allocation_btree_records_deleted_total",
      "Records taken out of the B-trees of free space." },
    { "blk_map", 0, "node_xfs_block_mapping_reads_total",
      "Block maps consulted for reading." },
    { "blk_map", 1, "node_xfs_block_mapping_writes_total",
      "Block maps consulted for writing." },
    { "blk_map", 2, "node_xfs_block_mapping_unmaps_total",
      "Ranges of blocks taken out of block maps." },
    { "blk_map", 3, "node_xfs_block_mapping_extent_list_insertions_total",
      "Extents put into the extent list of a file." },
    { "blk_map", 4, "node_xfs_block_mapping_extent_list_deletions_total",
      "Extents taken out of the extent list of a file." },
    { "blk_map", 5, "node_xfs_block_mapping_extent_list_lookups_total",
      "Look-ups in the extent list of a file." },
    { "blk_map", 6, "node_xfs_block_mapping_extent_list_compares_total",
      "Comparisons in the extent list of a file." },
    { "bmbt", 0, "node_xfs_block_map_btree_lookups_total",
      "Look-ups in the B-trees of block maps." },
    { "bmbt", 1, "node_xfs_block_map_btree_compares_total",
      "Comparisons in the B-trees of block maps." },
    { "bmbt", 2, "node_xfs_block_map_btree_records_inserted_total",
      "Records put into the B-trees of block maps." },
    { "bmbt", 3, "node_xfs_block_map_btree_records_deleted_total",
      "Records taken out of the B-trees of block maps." },
    { "dir", 0, "node_xfs_directory_operation_lookup_total",
      "Names looked up in directories, cached ones apart." },
    { "dir", 1, "node_xfs_directory_operation_create_total", "Directory entries made." },
    { "dir", 2, "node_xfs_directory_operation_remove_total",
      "Directory entries removed." },
    { "dir", 3, "node_xfs_directory_operation_getdents_total", "Directories listed." },
    { "ig", 0, "node_xfs_inode_operation_attempts_total",
      "Inodes looked for in the inode cache." },
    { "ig", 1, "node_xfs_inode_operation_found_total",
      "Inodes found in the inode cache." },
    { "ig", 2, "node_xfs_inode_operation_recycled_total",
      "Inodes found in the cache that could not be used because they were being "
      "recycled." },
    { "ig", 3, "node_xfs_inode_operation_missed_total",
      "Inodes not found in the inode cache." },
    { "ig", 4, "node_xfs_inode_operation_duplicates_total",
      "Inodes that somebody else had put into the cache meanwhile." },
    { "ig", 5, "node_xfs_inode_operation_reclaims_total",
      "Inodes dropped from the cache to use their memory again." },
    { "ig", 6, "node_xfs_inode_operation_attribute_changes_total",
      "Times the attributes of an inode were changed." },
    { "rw", 0, "node_xfs_write_calls_total", "Calls of write() on files." },
    { "rw", 1, "node_xfs_read_calls_total", "Calls of read() on files." },
    { "vnodes", 0, "node_xfs_vnode_active_total", "Vnodes not on a free list." },
    { "vnodes", 1, "node_xfs_vnode_allocate_total", "Vnodes allocated." },
    { "vnodes", 2, "node_xfs_vnode_get_total", "Vnodes got." },
    { "vnodes", 3, "node_xfs_vnode_hold_total", "Vnodes held." },
    { "vnodes", 4, "node_xfs_vnode_release_total", "Vnodes let go." },
    { "vnodes", 5, "node_xfs_vnode_reclaim_total", "Vnodes reclaimed." },
    { "vnodes", 6, "node_xfs_vnode_remove_total", "Vnodes removed." },
};
#define XFS_METRICS (sizeof(xfs_metrics) / sizeof(xfs_metrics[0]))
/* The most that a group has of those. */
#define XFS_COLUMNS 7

struct xfs {
    struct dirwalk walk;
    struct readbuf buf;
};

/* A scrape of one. */
struct xfs_scrape {
    struct xfs *state;
    promc_samples *families[XFS_METRICS];
    promc_error *err;
    int rc;
};

/* Emit the numbers of a line. Returns 0, or -EINVAL when not all that were expected are
 * there. */
static int emit_line(struct span line, const char *device, promc_samples *const *f)
{
    struct span fields[1 + XFS_COLUMNS];
    size_t n = scan_fields(line, fields, 1 + XFS_COLUMNS);
    int rc = 0;

    for (size_t i = 0; n > 0 && i < XFS_METRICS; i++) {
        unsigned at = 1 + xfs_metrics[i].column;
        uint64_t v;

        if (!span_is(fields[0], xfs_metrics[i].group))
            continue;
        if (at < n && scan_u64(fields[at], &v) == 0)
            promc_emit(f[i], PROMC_LABELS(device), (double)v);
        else
            rc = -EINVAL;
    }
    return rc;
}

static void visit_device(void *arg, int dirfd, const char *device)
{
    struct xfs_scrape *s = arg;
    struct readbuf *buf = &s->state->buf;
    struct span text, line;
    int rc = read_file_at(dirfd, "stats/stats", buf, 0);

    if (rc == -ENOENT || rc == -ENOTDIR) /* not a device: stats, debug */
        return;
    if (rc < 0) {
        s->rc = node_fail_read(s->err, rc, device, "stats/stats");
        return;
    }
    text = span_of(buf->data, buf->len);
    for (size_t no = 1; scan_line(&text, &line); no++)
        if (emit_line(line, device, s->families) < 0 && s->rc == 0)
            s->rc = node_fail(s->err, -EINVAL, "stats of %s, line %zu: too few numbers",
                              device, no);
}

static int xfs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct xfs_scrape s = { .state = priv, .err = err };
    int rc;

    for (size_t i = 0; i < XFS_METRICS; i++)
        s.families[i] = promc_emit_family(out, PROMC_TYPE_COUNTER, xfs_metrics[i].name,
                                          xfs_metrics[i].help, PROMC_LABELS("device"));
    rc = dirwalk(&s.state->walk, ctx->paths.sysfs, "fs/xfs", "", visit_device, &s);
    if (rc < 0 && rc != -ENOENT) /* no XFS is no failure */
        return node_fail_read(err, rc, ctx->paths.sysfs, "fs/xfs");
    return s.rc;
}

static int xfs_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct xfs));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void xfs_fini(void *priv)
{
    struct xfs *s = priv;

    dirwalk_free(&s->walk);
    readbuf_free(&s->buf);
    free(s);
}

const struct node_collector node_xfs_collector = {
    .name = "xfs",
    .help = "Counters of XFS file systems.",
    .default_on = 1,
    .init = xfs_init,
    .collect = xfs_collect,
    .fini = xfs_fini,
};
