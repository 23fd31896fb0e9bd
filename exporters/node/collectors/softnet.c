/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softnet.c - how each CPU keeps up with the packets that arrive.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>

#include "node/fail.h"
#include "node/source.h"

/* Columns of softnet_stat, all hexadecimal. Kernels before 2.6.36 have 9 of them; the
 * CPU's number came with 5.15. */
enum { SOFTNET_MIN = 9, SOFTNET_CPU = 12, SOFTNET_COLUMNS = 13 };

static const struct {
    unsigned column;
    promc_type type;
    const char *name;
    const char *help;
} softnet_metrics[] = {
    { 0, PROMC_TYPE_COUNTER, "node_softnet_processed_total", "Packets processed." },
    { 1, PROMC_TYPE_COUNTER, "node_softnet_dropped_total",
      "Packets dropped because the backlog was full." },
    { 2, PROMC_TYPE_COUNTER, "node_softnet_times_squeezed_total",
      "Times processing stopped with packets left over." },
    { 8, PROMC_TYPE_COUNTER, "node_softnet_cpu_collision_total",
      "Collisions on the transmit lock of a device." },
    { 9, PROMC_TYPE_COUNTER, "node_softnet_received_rps_total",
      "Wake-ups by another CPU to process packets." },
    { 10, PROMC_TYPE_COUNTER, "node_softnet_flow_limit_count_total",
      "Times the limit per flow was reached." },
    { 11, PROMC_TYPE_GAUGE, "node_softnet_backlog_len",
      "Packets waiting in the backlog." },
};
#define SOFTNET_METRICS (sizeof(softnet_metrics) / sizeof(softnet_metrics[0]))

/* One line of softnet_stat; a column the kernel does not have is 0. cpu is the number the
 * line counts as when it does not bring its own. Returns 0 or -EINVAL. */
static int softnet_parse_line(struct span line, uint64_t cpu, uint64_t *columns)
{
    struct span f[SOFTNET_COLUMNS];
    size_t n = scan_fields(line, f, SOFTNET_COLUMNS);

    if (n < SOFTNET_MIN)
        return -EINVAL;
    for (size_t i = 0; i < SOFTNET_COLUMNS; i++) {
        columns[i] = i == SOFTNET_CPU ? cpu : 0;
        if (i < n && scan_hex(f[i], &columns[i]) != 0)
            return -EINVAL;
    }
    return 0;
}

/* Emit what a whole softnet_stat file says. A bad line costs its CPU and makes the result
 * -EINVAL. */
static int softnet_emit(struct span text, promc_emitter *out, promc_error *err)
{
    promc_samples *f[SOFTNET_METRICS];
    struct span line;
    size_t no = 0;
    int rc = 0;

    for (size_t i = 0; i < SOFTNET_METRICS; i++)
        f[i] = promc_emit_family(out, softnet_metrics[i].type, softnet_metrics[i].name,
                                 softnet_metrics[i].help, PROMC_LABELS("cpu"));
    for (; scan_line(&text, &line); no++) {
        uint64_t columns[SOFTNET_COLUMNS];
        char cpu[24];

        if (softnet_parse_line(line, no, columns) != 0) {
            if (rc == 0)
                rc = node_fail_line(err, "net/softnet_stat", no + 1,
                                    "not nine or more hexadecimal numbers");
            continue;
        }
        snprintf(cpu, sizeof(cpu), "%llu", (unsigned long long)columns[SOFTNET_CPU]);
        for (size_t i = 0; i < SOFTNET_METRICS; i++)
            promc_emit(f[i], PROMC_LABELS(cpu),
                       (double)columns[softnet_metrics[i].column]);
    }
    return rc;
}

static int softnet_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "net/softnet_stat", &text, err);

    return rc ? rc : softnet_emit(text, out, err);
}

const struct node_collector node_softnet_collector = {
    .name = "softnet",
    .help = "Processing of received packets per CPU.",
    .default_on = 1,
    .init = source_init,
    .collect = softnet_collect,
    .fini = source_fini,
};
