/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meminfo.c - what the system's memory is used for, from meminfo.
 *
 * The list of fields is fixed: dashboards know these names, and the kernel adds others
 * with almost every release. A flag shows those, too.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <string.h>

#include "node/collectors/meminfo_line.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

static int meminfo_all;

struct meminfo_field {
    const char *name; /* in the file, without the colon */
    const char *metric;
    const char *help;
    int in_kb; /* the file says kB and the metric is in bytes */
};

#define BYTES_AS(field, metric)                                                          \
    {                                                                                    \
        field, "node_memory_" metric "_bytes", "Field " field " of meminfo, in bytes.",  \
            1                                                                            \
    }
#define BYTES(field) BYTES_AS(field, field)
#define PAGES(field)                                                                     \
    {                                                                                    \
        field, "node_memory_" field, "Field " field " of meminfo, in huge pages.", 0     \
    }

/* In the order in which the kernel prints them, which is what makes the look-up quick. */
static const struct meminfo_field meminfo_fields[] = {
    BYTES("MemTotal"),
    BYTES("MemFree"),
    BYTES("MemAvailable"),
    BYTES("Buffers"),
    BYTES("Cached"),
    BYTES("SwapCached"),
    BYTES("Active"),
    BYTES("Inactive"),
    BYTES_AS("Active(anon)", "Active_anon"),
    BYTES_AS("Inactive(anon)", "Inactive_anon"),
    BYTES_AS("Active(file)", "Active_file"),
    BYTES_AS("Inactive(file)", "Inactive_file"),
    BYTES("Unevictable"),
    BYTES("Mlocked"),
    BYTES("SwapTotal"),
    BYTES("SwapFree"),
    BYTES("Zswap"),
    BYTES("Zswapped"),
    BYTES("Dirty"),
    BYTES("Writeback"),
    BYTES("AnonPages"),
    BYTES("Mapped"),
    BYTES("Shmem"),
    BYTES("Slab"),
    BYTES("SReclaimable"),
    BYTES("SUnreclaim"),
    BYTES("KernelStack"),
    BYTES("PageTables"),
    BYTES("NFS_Unstable"),
    BYTES("Bounce"),
    BYTES("WritebackTmp"),
    BYTES("CommitLimit"),
    BYTES("Committed_AS"),
    BYTES("VmallocTotal"),
    BYTES("VmallocUsed"),
    BYTES("VmallocChunk"),
    BYTES("Percpu"),
    BYTES("HardwareCorrupted"),
    BYTES("AnonHugePages"),
    BYTES("ShmemHugePages"),
    BYTES("ShmemPmdMapped"),
    BYTES("CmaTotal"),
    BYTES("CmaFree"),
    PAGES("HugePages_Total"),
    PAGES("HugePages_Free"),
    PAGES("HugePages_Rsvd"),
    PAGES("HugePages_Surp"),
    BYTES("Hugepagesize"),
    BYTES("DirectMap4k"),
    BYTES("DirectMap2M"),
    BYTES("DirectMap1G"),
};

#define N_FIELDS (sizeof(meminfo_fields) / sizeof(meminfo_fields[0]))

struct meminfo_values {
    double v[N_FIELDS];
    char there[N_FIELDS];
};

/* The number of a field, searched from the place where the last one was found; N_FIELDS
 * when it is not one of ours. */
static size_t meminfo_find(struct span name, size_t from)
{
    for (size_t n = 0; n < N_FIELDS; n++) {
        size_t i = (from + n) % N_FIELDS;

        if (span_is(name, meminfo_fields[i].name))
            return i;
    }
    return N_FIELDS;
}

/* A field that the table does not know, under the name it has in the file. */
static void meminfo_emit_other(const struct meminfo_line *line, promc_emitter *out)
{
    char buf[METRIC_NAME_SIZE];
    const char *name =
        meminfo_line_metric(buf, "node_memory_", line->name, line->in_kb ? "_bytes" : "");

    if (name)
        emit_gauge(out, name, "Field of the kernel's meminfo under this name.",
                   line->value);
}

/* A line that cannot be read costs its field. Returns 0 or -EINVAL. */
static int meminfo_parse(struct span text, struct meminfo_values *m, promc_error *err)
{
    struct span rest;
    size_t next = 0, number = 0;
    int rc = 0;

    memset(m, 0, sizeof(*m));
    while (scan_line(&text, &rest)) {
        struct meminfo_line line;
        int there = meminfo_line_parse(rest, &line);
        size_t i;

        number++;
        if (there < 0 && rc == 0)
            rc = node_fail_line(err, "meminfo", number, "not a field and a number");
        if (there <= 0)
            continue;
        i = meminfo_find(line.name, next);
        if (i == N_FIELDS)
            continue;
        if (meminfo_fields[i].in_kb != line.in_kb) {
            if (rc == 0)
                rc = node_fail_line(err, "meminfo", number, "unexpected unit");
            continue;
        }
        m->v[i] = line.value;
        m->there[i] = 1;
        next = i + 1;
    }
    return rc;
}

/* What meminfo_parse() passed over. */
static void meminfo_emit_others(struct span text, promc_emitter *out)
{
    struct meminfo_line line;
    struct span rest;

    while (scan_line(&text, &rest))
        if (meminfo_line_parse(rest, &line) == 1 &&
            meminfo_find(line.name, 0) == N_FIELDS)
            meminfo_emit_other(&line, out);
}

static int meminfo_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct meminfo_values m;
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "meminfo", &text, err);

    if (rc < 0)
        return rc;
    rc = meminfo_parse(text, &m, err);
    for (size_t i = 0; i < N_FIELDS; i++)
        if (m.there[i])
            emit_gauge(out, meminfo_fields[i].metric, meminfo_fields[i].help, m.v[i]);
    if (meminfo_all)
        meminfo_emit_others(text, out);
    return rc;
}

static void meminfo_flags(struct flags *flags)
{
    flags_bool(flags, "collector.meminfo.all-fields",
               "Also expose the fields that are not in the fixed list.", &meminfo_all,
               NULL);
}

const struct node_collector node_meminfo_collector = {
    .name = "meminfo",
    .help = "Memory figures of the system.",
    .default_on = 1,
    .flags = meminfo_flags,
    .init = source_init,
    .collect = meminfo_collect,
    .fini = source_fini,
};
