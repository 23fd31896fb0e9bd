/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap.c - the files and partitions that are swapped to, from swaps in procfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/fail.h"
#include "node/source.h"

/* Columns, in kB and without unit. A blank in the name is printed as \040. */
enum { SWAP_DEVICE, SWAP_TYPE, SWAP_SIZE, SWAP_USED, SWAP_PRIORITY, SWAP_COLUMNS };

struct swap_area {
    struct span device, type;
    uint64_t size, used;
    int64_t priority;
};

static int swap_parse_line(struct span line, struct swap_area *a)
{
    struct span f[SWAP_COLUMNS];

    if (scan_fields(line, f, SWAP_COLUMNS) < SWAP_COLUMNS ||
        scan_u64(f[SWAP_SIZE], &a->size) < 0 || scan_u64(f[SWAP_USED], &a->used) < 0 ||
        scan_i64(f[SWAP_PRIORITY], &a->priority) < 0)
        return -EINVAL;
    a->device = f[SWAP_DEVICE];
    a->type = f[SWAP_TYPE];
    return 0;
}

/* Emit what a whole swaps file says. A bad line costs its area and makes the result
 * -EINVAL. */
static int swap_emit(struct span text, promc_emitter *out, promc_error *err)
{
    promc_labels labels = PROMC_LABELS("device", "swap_type");
    promc_samples *size = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_swap_size_bytes",
                                            "Size of the file or partition.", labels);
    promc_samples *used =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_swap_used_bytes",
                          "Used part of the file or partition.", labels);
    promc_samples *priority =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_swap_priority",
                          "Those with a higher priority are filled first.", labels);
    struct span line;
    size_t no = 1;
    int rc = 0;

    scan_line(&text, &line); /* the header */
    while (scan_line(&text, &line)) {
        char device[1024], type[32];
        struct swap_area a;

        no++;
        if (swap_parse_line(line, &a) < 0) {
            if (rc == 0)
                rc = node_fail_line(err, "swaps", no, "not five columns of a swap area");
            continue;
        }
        if (a.device.n >= sizeof(device))
            continue;
        span_copy(a.device, device, sizeof(device));
        span_copy(a.type, type, sizeof(type));
        promc_emit(size, PROMC_LABELS(device, type), (double)a.size * 1024);
        promc_emit(used, PROMC_LABELS(device, type), (double)a.used * 1024);
        promc_emit(priority, PROMC_LABELS(device, type), (double)a.priority);
    }
    return rc;
}

static int swap_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "swaps", &text, err);

    return rc ? rc : swap_emit(text, out, err);
}

const struct node_collector node_swap_collector = {
    .name = "swap",
    .help = "Size and use of each swap file and partition.",
    .init = source_init,
    .collect = swap_collect,
    .fini = source_fini,
};
