/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_hung.c - tasks that the kernel has found hanging.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

/* Since Linux 6.15, where the detection is built in. */
#define HUNG_TASKS "sys/kernel/hung_task_detect_count"

static int kernel_hung_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                               promc_error *err)
{
    struct span text;
    uint64_t v;
    int rc = source_read(priv, ctx->paths.procfs, HUNG_TASKS, &text, err);

    if (rc == -ENOENT)
        return NODE_NODATA;
    if (rc < 0)
        return rc;
    if (scan_u64(span_trim(text), &v) < 0)
        return node_fail(err, -EINVAL, "%s/%s: not a number", ctx->paths.procfs,
                         HUNG_TASKS);
    emit_counter(out, "node_kernel_hung_tasks_total",
                 "Tasks that the kernel has found hanging since it was started.",
                 (double)v);
    return 0;
}

const struct node_collector node_kernel_hung_collector = {
    .name = "kernel_hung",
    .help = "Tasks that the kernel has found hanging.",
    .default_on = 1,
    .init = source_init,
    .collect = kernel_hung_collect,
    .fini = source_fini,
};
