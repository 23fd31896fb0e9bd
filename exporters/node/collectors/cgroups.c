/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroups.c - how many control groups each controller has.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/fail.h"
#include "node/source.h"

/* Lines "name hierarchy groups enabled" under a heading that begins with #. */
static int cgroups_emit(struct span text, promc_emitter *out, promc_error *err)
{
    promc_samples *groups = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_cgroups_cgroups",
        "Control groups that use the controller.", PROMC_LABELS("subsys_name"));
    promc_samples *enabled = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_cgroups_enabled",
        "Whether the controller is enabled (1) or not (0).", PROMC_LABELS("subsys_name"));
    struct span line, f[4];
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        size_t n = scan_fields(line, f, 4);
        uint64_t count, on;
        char name[128];

        no++;
        if (n == 0 || f[0].p[0] == '#')
            continue;
        if (n < 4 || f[0].n >= sizeof(name) || scan_u64(f[2], &count) != 0 ||
            scan_u64(f[3], &on) != 0) {
            if (rc == 0)
                rc = node_fail_line(err, "cgroups", no, "not a controller's numbers");
            continue;
        }
        span_copy(f[0], name, sizeof(name));
        promc_emit(groups, PROMC_LABELS(name), (double)count);
        promc_emit(enabled, PROMC_LABELS(name), (double)on);
    }
    return rc;
}

static int cgroups_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "cgroups", &text, err);

    if (rc == -ENOENT) /* a kernel without cgroups */
        return NODE_NODATA;
    return rc ? rc : cgroups_emit(text, out, err);
}

const struct node_collector node_cgroups_collector = {
    .name = "cgroups",
    .help = "Control groups per controller.",
    .init = source_init,
    .collect = cgroups_collect,
    .fini = source_fini,
};
