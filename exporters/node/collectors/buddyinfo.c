/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buddyinfo.c - free blocks of memory by size, which tells how fragmented it is.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>

#include "node/fail.h"
#include "node/source.h"

/* One line: "Node 0, zone   Normal   4381   1093 ...", a number for each power of two.
 * What stands in front of a bad number is shown. Returns 0 or -EINVAL. */
static int buddyinfo_line(struct span line, promc_samples *blocks)
{
    struct span f[4], field;
    char node[24], zone[64];
    uint64_t v;

    for (size_t i = 0; i < 4; i++)
        if (!scan_field(&line, &f[i]))
            return -EINVAL;
    if (!span_is(f[0], "Node") || f[1].p[f[1].n - 1] != ',' || !span_is(f[2], "zone"))
        return -EINVAL;
    f[1].n--;
    if (scan_u64(f[1], &v) != 0 || f[1].n >= sizeof(node) || f[3].n >= sizeof(zone))
        return -EINVAL;
    span_copy(f[1], node, sizeof(node));
    span_copy(f[3], zone, sizeof(zone));
    for (unsigned order = 0; scan_field(&line, &field); order++) {
        char size[12];

        if (scan_u64(field, &v) != 0)
            return -EINVAL;
        snprintf(size, sizeof(size), "%u", order);
        promc_emit(blocks, PROMC_LABELS(node, zone, size), (double)v);
    }
    return 0;
}

static int buddyinfo_emit(struct span text, promc_emitter *out, promc_error *err)
{
    promc_samples *blocks = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_buddyinfo_blocks", "Free blocks of 2^size pages.",
        PROMC_LABELS("node", "zone", "size"));
    struct span line;
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        no++;
        if (span_trim(line).n > 0 && buddyinfo_line(line, blocks) != 0 && rc == 0)
            rc = node_fail_line(err, "buddyinfo", no, "not the numbers of a zone");
    }
    return rc;
}

static int buddyinfo_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                             promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "buddyinfo", &text, err);

    return rc ? rc : buddyinfo_emit(text, out, err);
}

const struct node_collector node_buddyinfo_collector = {
    .name = "buddyinfo",
    .help = "Free blocks of memory by size.",
    .init = source_init,
    .collect = buddyinfo_collect,
    .fini = source_fini,
};
