/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedstat.c - how long each CPU ran tasks, and how long tasks waited for it.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/fail.h"
#include "node/source.h"

struct schedstat_cpu {
    struct span cpu; /* the number, as text */
    uint64_t running_ns;
    uint64_t waiting_ns;
    uint64_t timeslices;
};

/* One line of schedstat. Returns 1 for a CPU; 0 for another kind of line; -EINVAL. */
static int schedstat_parse_line(struct span line, struct schedstat_cpu *c)
{
    struct span f[10];
    size_t n = scan_fields(line, f, 10);
    uint64_t number;

    if (n == 0 || !span_begins(f[0], "cpu"))
        return 0;
    c->cpu = span_of(f[0].p + 3, f[0].n - 3);
    if (n < 10 || scan_u64(c->cpu, &number) != 0 || scan_u64(f[7], &c->running_ns) != 0 ||
        scan_u64(f[8], &c->waiting_ns) != 0 || scan_u64(f[9], &c->timeslices) != 0)
        return -EINVAL;
    return 1;
}

/* Emit what a whole schedstat file says. A bad line costs its CPU and makes the result
 * -EINVAL. */
static int schedstat_emit(struct span text, promc_emitter *out, promc_error *err)
{
    promc_labels labels = PROMC_LABELS("cpu");
    promc_samples *running =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_schedstat_running_seconds_total",
                          "Time tasks spent running on the CPU.", labels);
    promc_samples *waiting =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_schedstat_waiting_seconds_total",
                          "Time runnable tasks spent waiting for the CPU.", labels);
    promc_samples *slices =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_schedstat_timeslices_total",
                          "Time slices the CPU has given to tasks.", labels);
    struct span line;
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        struct schedstat_cpu c;
        int is_cpu = schedstat_parse_line(line, &c);
        char cpu[24];

        no++;
        if (is_cpu < 0 && rc == 0)
            rc = node_fail_line(err, "schedstat", no, "not ten numbers of a CPU");
        if (is_cpu <= 0)
            continue;
        span_copy(c.cpu, cpu, sizeof(cpu));
        promc_emit(running, PROMC_LABELS(cpu), (double)c.running_ns / 1e9);
        promc_emit(waiting, PROMC_LABELS(cpu), (double)c.waiting_ns / 1e9);
        promc_emit(slices, PROMC_LABELS(cpu), (double)c.timeslices);
    }
    return rc;
}

static int schedstat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                             promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "schedstat", &text, err);

    if (rc == -ENOENT) /* a kernel without CONFIG_SCHEDSTATS */
        return NODE_NODATA;
    return rc ? rc : schedstat_emit(text, out, err);
}

const struct node_collector node_schedstat_collector = {
    .name = "schedstat",
    .help = "Run and wait time of tasks per CPU.",
    .default_on = 1,
    .init = source_init,
    .collect = schedstat_collect,
    .fini = source_fini,
};
