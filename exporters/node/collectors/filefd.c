/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filefd.c - open files of the whole system, from sys/fs/file-nr.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

#define FILE_NR "sys/fs/file-nr"

/* Three numbers: allocated, free (always 0 since Linux 2.6), and the limit. */
static int filefd_parse(struct span text, double *allocated, double *maximum)
{
    struct span f[3];
    uint64_t free_ones;

    if (scan_fields(text, f, 3) != 3 || scan_u64(f[1], &free_ones) < 0 ||
        scan_double(f[0], allocated) < 0 || scan_double(f[2], maximum) < 0)
        return -EINVAL;
    return 0;
}

static int filefd_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    double allocated, maximum;
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, FILE_NR, &text, err);

    if (rc < 0)
        return rc;
    if (filefd_parse(text, &allocated, &maximum) < 0)
        return node_fail(err, -EINVAL, "%s/%s: not three numbers", ctx->paths.procfs,
                         FILE_NR);
    emit_gauge(out, "node_filefd_allocated", "File handles in use on the system.",
               allocated);
    emit_gauge(out, "node_filefd_maximum", "File handles the system allows at most.",
               maximum);
    return 0;
}

const struct node_collector node_filefd_collector = {
    .name = "filefd",
    .help = "Open file handles of the system and their limit.",
    .default_on = 1,
    .init = source_init,
    .collect = filefd_collect,
    .fini = source_fini,
};
