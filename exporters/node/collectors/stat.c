/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stat.c - interrupts, context switches, forks and boot time of the whole system.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/fail.h"
#include "node/source.h"

static int stat_softirq;

/* Lines of /proc/stat with one number of interest, the first. */
static const struct {
    const char *key;
    promc_type type;
    const char *name;
    const char *help;
} stat_metrics[] = {
    { "intr", PROMC_TYPE_COUNTER, "node_intr_total", "Interrupts served." },
    { "ctxt", PROMC_TYPE_COUNTER, "node_context_switches_total", "Context switches." },
    { "btime", PROMC_TYPE_GAUGE, "node_boot_time_seconds",
      "When the system booted, in seconds since 1970." },
    { "processes", PROMC_TYPE_COUNTER, "node_forks_total",
      "Processes and threads created." },
    { "procs_running", PROMC_TYPE_GAUGE, "node_procs_running",
      "Tasks that can run now." },
    { "procs_blocked", PROMC_TYPE_GAUGE, "node_procs_blocked",
      "Tasks that wait for I/O." },
};
#define STAT_METRICS (sizeof(stat_metrics) / sizeof(stat_metrics[0]))

/* The numbers of the softirq line after the sum, in their order. */
static const char *const stat_vectors[] = { "hi",      "timer", "net_tx",
                                            "net_rx",  "block", "block_iopoll",
                                            "tasklet", "sched", "hrtimer",
                                            "rcu" };
#define STAT_VECTORS (sizeof(stat_vectors) / sizeof(stat_vectors[0]))

struct stat_values {
    double value[STAT_METRICS];
    unsigned char seen[STAT_METRICS];
    uint64_t vector[STAT_VECTORS];
    size_t n_vectors;
};

/* The softirq line: the sum, then as many of the vectors as the kernel has. */
static int stat_parse_softirq(struct span line, struct stat_values *v)
{
    struct span field;
    uint64_t sum;

    if (!scan_field(&line, &field) || scan_u64(field, &sum) != 0)
        return -EINVAL;
    for (size_t i = 0; i < STAT_VECTORS && scan_field(&line, &field); i++) {
        if (scan_u64(field, &v->vector[i]) != 0)
            return -EINVAL;
        v->n_vectors = i + 1;
    }
    return 0;
}

/* Read a whole /proc/stat. What it does not hold stays unseen. Returns 0, or -EINVAL for
 * the first bad line with the rest read all the same. */
static int stat_parse(struct span text, struct stat_values *v, promc_error *err)
{
    struct span line, key, number;
    size_t no = 0;
    int rc = 0;

    *v = (struct stat_values){ 0 };
    while (scan_line(&text, &line)) {
        int bad = 0;

        no++;
        if (!scan_field(&line, &key))
            continue;
        if (span_is(key, "softirq"))
            bad = stat_parse_softirq(line, v);
        for (size_t i = 0; i < STAT_METRICS; i++) {
            uint64_t u;

            if (!span_is(key, stat_metrics[i].key))
                continue;
            if (scan_field(&line, &number) && scan_u64(number, &u) == 0) {
                v->value[i] = (double)u;
                v->seen[i] = 1;
            } else {
                bad = 1;
            }
        }
        if (bad && rc == 0)
            rc = node_fail_line(err, "stat", no, "not a number where one belongs");
    }
    return rc;
}

static int stat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct stat_values v;
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "stat", &text, err);

    if (rc)
        return rc;
    rc = stat_parse(text, &v, err);
    for (size_t i = 0; i < STAT_METRICS; i++) {
        if (v.seen[i])
            promc_emit(promc_emit_family(out, stat_metrics[i].type, stat_metrics[i].name,
                                         stat_metrics[i].help, PROMC_NO_LABELS),
                       PROMC_NO_LABELS, v.value[i]);
    }
    if (stat_softirq && v.n_vectors > 0) {
        promc_samples *f =
            promc_emit_family(out, PROMC_TYPE_COUNTER, "node_softirqs_total",
                              "Soft interrupts served, by kind.", PROMC_LABELS("vector"));

        for (size_t i = 0; i < v.n_vectors; i++)
            promc_emit(f, PROMC_LABELS(stat_vectors[i]), (double)v.vector[i]);
    }
    return rc;
}

static void stat_flags(struct flags *flags)
{
    flags_bool(flags, "collector.stat.softirq",
               "Also count soft interrupts by kind, from the same file.", &stat_softirq,
               NULL);
}

const struct node_collector node_stat_collector = {
    .name = "stat",
    .help = "Interrupts, context switches, forks and boot time.",
    .default_on = 1,
    .flags = stat_flags,
    .init = source_init,
    .collect = stat_collect,
    .fini = source_fini,
};
