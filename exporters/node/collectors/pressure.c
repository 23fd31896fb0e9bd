/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pressure.c - time lost waiting for CPU, I/O and memory, from pressure/ (PSI).
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

enum { PRESSURE_CPU, PRESSURE_IO, PRESSURE_MEMORY, PRESSURE_IRQ, PRESSURE_FILES };

static const struct {
    const char *file;
    const char *some, *some_help; /* NULL: not exposed */
    const char *full, *full_help;
    int optional; /* newer than the others */
} pressure_files[PRESSURE_FILES] = {
    [PRESSURE_CPU] = { "pressure/cpu", "node_pressure_cpu_waiting_seconds_total",
                       "Seconds in which some task waited for a CPU.", NULL, NULL, 0 },
    [PRESSURE_IO] = { "pressure/io", "node_pressure_io_waiting_seconds_total",
                      "Seconds in which some task waited for I/O.",
                      "node_pressure_io_stalled_seconds_total",
                      "Seconds in which every task that could run waited for I/O.", 0 },
    [PRESSURE_MEMORY] = { "pressure/memory", "node_pressure_memory_waiting_seconds_total",
                          "Seconds in which some task waited for memory.",
                          "node_pressure_memory_stalled_seconds_total",
                          "Seconds in which every task that could run waited for memory.",
                          0 },
    [PRESSURE_IRQ] = { "pressure/irq", NULL, NULL,
                       "node_pressure_irq_stalled_seconds_total",
                       "Seconds in which interrupts kept every task from running.", 1 },
};

struct pressure {
    struct source files[PRESSURE_FILES];
};

/* The totals of a file, in microseconds. */
struct pressure_totals {
    uint64_t some, full;
    int has_some, has_full;
};

static int pressure_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct pressure *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < PRESSURE_FILES; i++)
        s->files[i] = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

/* The number behind total= in the words after "some" or "full". */
static int pressure_total(struct span words, uint64_t *v)
{
    struct span word;

    while (scan_field(&words, &word))
        if (span_begins(word, "total="))
            return scan_u64(span_of(word.p + 6, word.n - 6), v);
    return -EINVAL;
}

/* Lines "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and the same with full. Lines of
 * another kind are passed over. */
static int pressure_parse(struct span text, struct pressure_totals *t)
{
    struct span line, word;

    *t = (struct pressure_totals){ 0, 0, 0, 0 };
    while (scan_line(&text, &line)) {
        int rc = 0;

        if (!scan_field(&line, &word))
            continue;
        if (span_is(word, "some")) {
            rc = pressure_total(line, &t->some);
            t->has_some = 1;
        } else if (span_is(word, "full")) {
            rc = pressure_total(line, &t->full);
            t->has_full = 1;
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int pressure_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct pressure *s = priv;

    for (size_t i = 0; i < PRESSURE_FILES; i++) {
        const char *name = pressure_files[i].file;
        struct pressure_totals t;
        struct span text;
        int rc = source_read(&s->files[i], ctx->paths.procfs, name, &text, err);

        if (rc == -ENOENT && pressure_files[i].optional)
            continue;
        /* Not built into the kernel, or switched off (psi=0 on its command line). */
        if (rc == -ENOENT || rc == -EOPNOTSUPP)
            return NODE_NODATA;
        if (rc < 0)
            return rc;
        if (pressure_parse(text, &t) < 0)
            return node_fail(err, -EINVAL, "%s/%s: a line without a total",
                             ctx->paths.procfs, name);
        if (pressure_files[i].some && t.has_some)
            emit_counter(out, pressure_files[i].some, pressure_files[i].some_help,
                         (double)t.some / 1000.0 / 1000.0);
        if (pressure_files[i].full && t.has_full)
            emit_counter(out, pressure_files[i].full, pressure_files[i].full_help,
                         (double)t.full / 1000.0 / 1000.0);
    }
    return 0;
}

static void pressure_fini(void *priv)
{
    struct pressure *s = priv;

    for (size_t i = 0; i < PRESSURE_FILES; i++)
        source_close(&s->files[i]);
    free(s);
}

const struct node_collector node_pressure_collector = {
    .name = "pressure",
    .help = "Time lost waiting for CPU, I/O and memory.",
    .default_on = 1,
    .init = pressure_init,
    .collect = pressure_collect,
    .fini = pressure_fini,
};
