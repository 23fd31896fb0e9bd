/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slabinfo.c - what the kernel's own memory is used for, from slabinfo, which root alone
 * may read.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "common/filter.h"
#include "node/fail.h"
#include "node/source.h"

static const char *slabinfo_include = ".*";
static const char *slabinfo_exclude = "";

/* In the order of the columns behind the name. */
static const struct {
    const char *name;
    const char *help;
} slabinfo_metrics[] = {
    { "node_slabinfo_active_objects", "Objects in use." },
    { "node_slabinfo_objects", "Objects there is memory for." },
    { "node_slabinfo_object_size_bytes", "Size of an object." },
    { "node_slabinfo_objects_per_slab", "Objects in a slab." },
    { "node_slabinfo_pages_per_slab", "Pages in a slab." },
};
#define SLABINFO_METRICS (sizeof(slabinfo_metrics) / sizeof(slabinfo_metrics[0]))

#define SLABINFO_VERSION "slabinfo - version: 2.1"
/* With the words between the numbers. */
#define SLABINFO_FIELDS 16

struct slabinfo {
    struct source file;
    struct filter *filter;
};

static void slabinfo_flags(struct flags *flags)
{
    flags_string(flags, "collector.slabinfo.slabs-include",
                 "Expose only slabs that match this pattern.", &slabinfo_include, NULL);
    flags_string(flags, "collector.slabinfo.slabs-exclude",
                 "Leave out slabs that match this pattern.", &slabinfo_exclude, NULL);
}

static int slabinfo_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct slabinfo *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->filter = filter_new("--collector.slabinfo.slabs-include or -exclude",
                           slabinfo_include, slabinfo_exclude, err);
    if (!s->filter) {
        free(s);
        return err ? err->code : -EINVAL;
    }
    s->file = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void slabinfo_fini(void *priv)
{
    struct slabinfo *s = priv;

    source_close(&s->file);
    filter_free(s->filter);
    free(s);
}

static int slabinfo_line(const struct slabinfo *s, struct span line,
                         promc_samples *const *families)
{
    struct span f[SLABINFO_FIELDS];
    uint64_t v[SLABINFO_METRICS];
    char name[128];

    if (scan_fields(line, f, SLABINFO_FIELDS) != SLABINFO_FIELDS ||
        f[0].n >= sizeof(name))
        return -EINVAL;
    for (size_t i = 0; i < SLABINFO_METRICS; i++)
        if (scan_u64(f[i + 1], &v[i]) != 0)
            return -EINVAL;
    span_copy(f[0], name, sizeof(name));
    if (!filter_keep(s->filter, name))
        return 0;
    for (size_t i = 0; i < SLABINFO_METRICS; i++)
        promc_emit(families[i], PROMC_LABELS(name), (double)v[i]);
    return 0;
}

static int slabinfo_emit(const struct slabinfo *s, struct span text, promc_emitter *out,
                         promc_error *err)
{
    promc_samples *families[SLABINFO_METRICS];
    struct span line = { NULL, 0 };
    size_t no = 1;
    int rc = 0;

    scan_line(&text, &line);
    if (!span_is(span_trim(line), SLABINFO_VERSION))
        return node_fail_line(err, "slabinfo", 1, "not \"" SLABINFO_VERSION "\"");
    for (size_t i = 0; i < SLABINFO_METRICS; i++)
        families[i] = promc_emit_family(out, PROMC_TYPE_GAUGE, slabinfo_metrics[i].name,
                                        slabinfo_metrics[i].help, PROMC_LABELS("slab"));
    while (scan_line(&text, &line)) {
        no++;
        line = span_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (slabinfo_line(s, line, families) != 0 && rc == 0)
            rc = node_fail_line(err, "slabinfo", no, "not the columns of a slab");
    }
    return rc;
}

static int slabinfo_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct slabinfo *s = priv;
    struct span text;
    int rc = source_read(&s->file, ctx->paths.procfs, "slabinfo", &text, err);

    if (rc == -ENOENT) /* a kernel without CONFIG_SLUB_DEBUG */
        return NODE_NODATA;
    return rc ? rc : slabinfo_emit(s, text, out, err);
}

const struct node_collector node_slabinfo_collector = {
    .name = "slabinfo",
    .help = "Objects in the kernel's slabs; root alone may read them.",
    .flags = slabinfo_flags,
    .init = slabinfo_init,
    .collect = slabinfo_collect,
    .fini = slabinfo_fini,
};
