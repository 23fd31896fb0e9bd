/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softirqs.c - soft interrupts by kind and CPU.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "node/cpucolumns.h"
#include "node/fail.h"
#include "node/source.h"

static const char *const softirqs_types[] = { "HI",      "TIMER",    "NET_TX",  "NET_RX",
                                              "BLOCK",   "IRQ_POLL", "TASKLET", "SCHED",
                                              "HRTIMER", "RCU" };
#define SOFTIRQS_TYPES (sizeof(softirqs_types) / sizeof(softirqs_types[0]))

struct softirqs {
    struct source file;
    struct cpu_columns columns;
};

static int softirqs_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct softirqs *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->file = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void softirqs_fini(void *priv)
{
    struct softirqs *s = priv;

    source_close(&s->file);
    cpu_columns_free(&s->columns);
    free(s);
}

static int softirqs_emit(struct span file, struct cpu_columns *c, promc_emitter *out,
                         promc_error *err)
{
    promc_samples *f =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_softirqs_functions_total",
                          "Soft interrupts served.", PROMC_LABELS("cpu", "type"));
    struct span line = { NULL, 0 }, name, text;
    size_t no = 1;
    int rc;

    scan_line(&file, &line);
    rc = cpu_columns_head(c, line);
    if (rc == -ENOMEM)
        return node_fail(err, rc, "out of memory");
    if (rc)
        return node_fail_line(err, "softirqs", 1, "not the headings of CPUs");
    while (scan_line(&file, &line)) {
        no++;
        if (span_trim(line).n == 0)
            continue;
        if (cpu_columns_line(c, line, &name, &text) <= 0) {
            if (rc == 0)
                rc = node_fail_line(err, "softirqs", no, "not a number for each CPU");
            continue;
        }
        for (size_t t = 0; t < SOFTIRQS_TYPES; t++) {
            if (!span_is(name, softirqs_types[t]))
                continue;
            for (size_t i = 0; i < c->n; i++)
                promc_emit(f, PROMC_LABELS(c->cpu[i], softirqs_types[t]),
                           (double)c->values[i]);
        }
    }
    return rc;
}

static int softirqs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct softirqs *s = priv;
    struct span text;
    int rc = source_read(&s->file, ctx->paths.procfs, "softirqs", &text, err);

    return rc ? rc : softirqs_emit(text, &s->columns, out, err);
}

const struct node_collector node_softirqs_collector = {
    .name = "softirqs",
    .help = "Soft interrupts by kind and CPU.",
    .init = softirqs_init,
    .collect = softirqs_collect,
    .fini = softirqs_fini,
};
