/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conntrack.c - connections that netfilter tracks, from sys/net/netfilter and
 * net/stat/nf_conntrack.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

#define COUNT "sys/net/netfilter/nf_conntrack_count"
#define MAX "sys/net/netfilter/nf_conntrack_max"
#define STAT "net/stat/nf_conntrack"

/* Columns of the table with a line per CPU; found by their headings, since kernels differ
 * in which they have. The peer calls these counters gauges. */
static const struct {
    const char *column;
    const char *name;
    const char *help;
} stat_columns[] = {
    { "found", "node_nf_conntrack_stat_found", "Look-ups that found a connection." },
    { "invalid", "node_nf_conntrack_stat_invalid", "Packets that cannot be tracked." },
    { "ignore", "node_nf_conntrack_stat_ignore",
      "Packets that already belong to a connection." },
    { "insert", "node_nf_conntrack_stat_insert", "Connections added to the table." },
    { "insert_failed", "node_nf_conntrack_stat_insert_failed",
      "Connections that could not be added, most often because they were there." },
    { "drop", "node_nf_conntrack_stat_drop",
      "Packets dropped because tracking them failed." },
    { "early_drop", "node_nf_conntrack_stat_early_drop",
      "Connections removed to make room for new ones." },
    { "search_restart", "node_nf_conntrack_stat_search_restart",
      "Look-ups begun again because the table was resized." },
};
#define STAT_COLUMNS (sizeof(stat_columns) / sizeof(stat_columns[0]))
/* Kernels have 16 or 17 columns. */
#define FILE_COLUMNS 32

struct conntrack {
    struct source count, max, stat;
};

static int conntrack_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct conntrack *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->count = s->max = s->stat = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void conntrack_fini(void *priv)
{
    struct conntrack *s = priv;

    source_close(&s->count);
    source_close(&s->max);
    source_close(&s->stat);
    free(s);
}

/* Where the columns we want are in the line of headings; FILE_COLUMNS: nowhere. */
static void stat_find(struct span head, size_t *where)
{
    struct span f[FILE_COLUMNS];
    size_t n = scan_fields(head, f, FILE_COLUMNS);

    for (size_t i = 0; i < STAT_COLUMNS; i++) {
        where[i] = FILE_COLUMNS;
        for (size_t j = 0; j < n && j < FILE_COLUMNS; j++)
            if (span_is(f[j], stat_columns[i].column))
                where[i] = j;
    }
}

/* Sum over the lines of the CPUs, in hexadecimal. A bad line costs its CPU. */
static int stat_emit(struct span text, promc_emitter *out, promc_error *err)
{
    size_t where[STAT_COLUMNS], no = 1;
    double sum[STAT_COLUMNS] = { 0 };
    struct span line;
    int rc = 0;

    if (!scan_line(&text, &line))
        return 0;
    stat_find(line, where);
    while (scan_line(&text, &line)) {
        struct span f[FILE_COLUMNS];
        size_t n = scan_fields(line, f, FILE_COLUMNS);
        uint64_t v[STAT_COLUMNS] = { 0 };
        int bad = 0;

        no++;
        for (size_t i = 0; i < STAT_COLUMNS; i++)
            if (where[i] < FILE_COLUMNS)
                bad |= where[i] >= n || scan_hex(f[where[i]], &v[i]) != 0;
        for (size_t i = 0; i < STAT_COLUMNS && !bad; i++)
            sum[i] += (double)v[i];
        if (bad && rc == 0)
            rc = node_fail_line(err, STAT, no, "not as many numbers as headings");
    }
    for (size_t i = 0; i < STAT_COLUMNS; i++)
        if (where[i] < FILE_COLUMNS)
            emit_gauge(out, stat_columns[i].name, stat_columns[i].help, sum[i]);
    return rc;
}

/* A file that holds one number. */
static int number_emit(const struct node_ctx *ctx, struct source *s, const char *file,
                       promc_emitter *out, const char *name, const char *help,
                       promc_error *err)
{
    struct span text;
    uint64_t v;
    int rc = source_read(s, ctx->paths.procfs, file, &text, err);

    if (rc)
        return rc;
    if (scan_u64(span_trim(text), &v) != 0)
        return node_fail(err, -EINVAL, "%s/%s: not a number", ctx->paths.procfs, file);
    emit_gauge(out, name, help, (double)v);
    return 0;
}

static int conntrack_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                             promc_error *err)
{
    struct conntrack *s = priv;
    struct span text;
    int rc, rc2;

    rc = number_emit(ctx, &s->count, COUNT, out, "node_nf_conntrack_entries",
                     "Connections tracked.", err);
    if (rc == -ENOENT) /* the module is not loaded */
        return NODE_NODATA;
    rc2 = number_emit(ctx, &s->max, MAX, out, "node_nf_conntrack_entries_limit",
                      "Connections the table has room for.", rc ? NULL : err);
    rc = rc ? rc : rc2;
    rc2 = source_read(&s->stat, ctx->paths.procfs, STAT, &text, rc ? NULL : err);
    if (rc2 == -ENOENT && rc == 0) /* a kernel without CONFIG_NF_CONNTRACK_PROCFS */
        return NODE_NODATA;
    if (rc2 == 0)
        rc2 = stat_emit(text, out, rc ? NULL : err);
    return rc ? rc : rc2;
}

const struct node_collector node_conntrack_collector = {
    .name = "conntrack",
    .help = "Connections that netfilter tracks.",
    .default_on = 1,
    .init = conntrack_init,
    .collect = conntrack_collect,
    .fini = conntrack_fini,
};
