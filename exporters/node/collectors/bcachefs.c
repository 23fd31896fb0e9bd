/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bcachefs.c - counters, errors and devices of bcachefs file systems, from fs/bcachefs/UUID
 * in sysfs.
 *
 * Most files there are small tables made for people, with sizes of the shortened kind
 * (humansize.h).
 */
#include "config.h"

#include "node/collectors/bcachefs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/fail.h"
#include "node/humansize.h"
#include "node/metricname.h"

#define G PROMC_TYPE_GAUGE
#define C PROMC_TYPE_COUNTER

static const struct {
    promc_type type;
    const char *name;
    const char *help;
    const char *labels[4];
    size_t n_labels;
} bch_metrics[BCH_FAMILIES] = {
    [BCH_INFO] = { G,
                   "node_bcachefs_info",
                   "Always 1; a mounted file system.",
                   { "uuid" },
                   1 },
    [BCH_CACHE_SIZE] = { G,
                         "node_bcachefs_btree_cache_size_bytes",
                         "Memory that the cache of the B-trees takes.",
                         { "uuid" },
                         1 },
    [BCH_COMPRESSED] = { G,
                         "node_bcachefs_compression_compressed_bytes",
                         "Size of data on disk, by the way it is compressed.",
                         { "uuid", "algorithm" },
                         2 },
    [BCH_UNCOMPRESSED] = { G,
                           "node_bcachefs_compression_uncompressed_bytes",
                           "Size of data before compression, by the way it is "
                           "compressed.",
                           { "uuid", "algorithm" },
                           2 },
    [BCH_ERRORS] = { C,
                     "node_bcachefs_errors_total",
                     "Errors found in the file system, by kind.",
                     { "uuid", "error_type" },
                     2 },
    [BCH_WRITES] = { C,
                     "node_bcachefs_btree_writes_total",
                     "Nodes of B-trees written, by cause.",
                     { "uuid", "type" },
                     2 },
    [BCH_WRITE_SIZE] = { G,
                         "node_bcachefs_btree_write_average_size_bytes",
                         "Mean size of such a write.",
                         { "uuid", "type" },
                         2 },
    [BCH_DEVICE_INFO] = { G,
                          "node_bcachefs_device_info",
                          "Always 1; a device of the file system.",
                          { "uuid", "device", "label", "state" },
                          4 },
    [BCH_BUCKET_SIZE] = { G,
                          "node_bcachefs_device_bucket_size_bytes",
                          "Size of a bucket of the device.",
                          { "uuid", "device" },
                          2 },
    [BCH_BUCKETS] = { G,
                      "node_bcachefs_device_buckets",
                      "Buckets of the device.",
                      { "uuid", "device" },
                      2 },
    [BCH_DURABILITY] = { G,
                         "node_bcachefs_device_durability",
                         "How many copies a copy on this device counts as.",
                         { "uuid", "device" },
                         2 },
    [BCH_IO_DONE] = { C,
                      "node_bcachefs_device_io_done_bytes_total",
                      "Bytes read and written, by kind of data.",
                      { "uuid", "device", "operation", "data_type" },
                      4 },
    [BCH_IO_ERRORS] = { C,
                        "node_bcachefs_device_io_errors_total",
                        "Errors of the device since the file system was made.",
                        { "uuid", "device", "type" },
                        3 },
};

void bcachefs_bad_file(struct bch_scrape *s, const char *file)
{
    s->rc = node_fail(s->err, -EINVAL, "bcachefs %s: %s has a line of unknown form",
                      s->uuid, file);
}

struct span bcachefs_read(struct bch_scrape *s, int dirfd, const char *file)
{
    struct readbuf *buf = &s->state->buf;

    if (read_file_at(dirfd, file, buf, 0) < 0)
        return span_of(NULL, 0);
    return span_of(buf->data, buf->len);
}

/* Cut a name off a line, without the colon that may follow it. Returns 0 when there is none,
 * or none of a length that names have. */
static int take_name(struct span *line, char name[BCH_NAME_SIZE])
{
    struct span field;

    if (!scan_field(line, &field))
        return 0;
    if (field.p[field.n - 1] == ':')
        field.n--;
    if (field.n >= BCH_NAME_SIZE)
        return 0;
    span_copy(field, name, BCH_NAME_SIZE);
    return 1;
}

/* compression_stats: a header, then algorithm, compressed, uncompressed. */
static void emit_compression(struct bch_scrape *s, int dirfd)
{
    struct span text = bcachefs_read(s, dirfd, "compression_stats"), line;
    char name[BCH_NAME_SIZE];
    double v, w;

    scan_line(&text, &line);
    while (scan_line(&text, &line)) {
        int rc;

        if (!take_name(&line, name))
            continue;
        rc = humansize_take(&line, &v);
        if (rc == 0)
            rc = humansize_take(&line, &w);
        if (rc < 0) {
            if (rc != -ENODATA)
                bcachefs_bad_file(s, "compression_stats");
            continue;
        }
        promc_emit(s->f[BCH_COMPRESSED], PROMC_LABELS(s->uuid, name), v);
        promc_emit(s->f[BCH_UNCOMPRESSED], PROMC_LABELS(s->uuid, name), w);
    }
}

/* btree_write_stats: a header, then cause, count, mean size. */
static void emit_writes(struct bch_scrape *s, int dirfd)
{
    struct span text = bcachefs_read(s, dirfd, "btree_write_stats"), line, a;
    char name[BCH_NAME_SIZE];
    uint64_t n;
    double v;

    scan_line(&text, &line);
    while (scan_line(&text, &line)) {
        int rc;

        if (!take_name(&line, name) || !scan_field(&line, &a))
            continue;
        rc = humansize_take(&line, &v);
        if (rc == -ENODATA)
            continue;
        if (scan_u64(a, &n) < 0 || rc < 0) {
            bcachefs_bad_file(s, "btree_write_stats");
            continue;
        }
        promc_emit(s->f[BCH_WRITES], PROMC_LABELS(s->uuid, name), (double)n);
        promc_emit(s->f[BCH_WRITE_SIZE], PROMC_LABELS(s->uuid, name), v);
    }
}

/* errors: kind, count, time of the last one. */
static void emit_errors(struct bch_scrape *s, int dirfd)
{
    struct span text = bcachefs_read(s, dirfd, "errors"), line, field;
    char name[BCH_NAME_SIZE];
    uint64_t n;

    while (scan_line(&text, &line)) {
        if (!take_name(&line, name) || !scan_field(&line, &field))
            continue;
        if (scan_u64(field, &n) < 0)
            bcachefs_bad_file(s, "errors");
        else
            promc_emit(s->f[BCH_ERRORS], PROMC_LABELS(s->uuid, name), (double)n);
    }
}

/* The file of a counter: what it was since the mount, and since the file system was made. */
static int parse_counter(struct span text, double *v)
{
    struct span line, key;

    while (scan_line(&text, &line))
        if (scan_until(&line, ':', &key) && span_is(key, "since filesystem creation"))
            return humansize(line, v);
    return -EINVAL;
}

static void emit_counters(struct bch_scrape *s, int dirfd)
{
    struct dirlist *list = &s->state->counters;
    int dir = dirlist_open_at(dirfd, "counters");

    if (dir < 0)
        return;
    if (dirlist_read_fd(list, dir) < 0)
        list->n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct span file = span_str(list->v[i].name), text;
        char name[METRIC_NAME_SIZE];
        double v;

        text = bcachefs_read(s, dir, file.p);
        if (text.n == 0 || !metric_name(name, "node_bcachefs_", file, "_total"))
            continue;
        if (parse_counter(text, &v) < 0)
            bcachefs_bad_file(s, file.p);
        else
            promc_emit(promc_emit_family(s->out, C, name,
                                         "Value of this counter of bcachefs since the "
                                         "file system was made.",
                                         PROMC_LABELS("uuid")),
                       PROMC_LABELS(s->uuid), v);
    }
    close(dir);
}

static void visit_file_system(void *arg, int dirfd, const char *name)
{
    struct bch_scrape *s = arg;
    char text[ATTR_TEXT_SIZE];
    double v;

    s->uuid = name;
    s->file_systems++;
    promc_emit(s->f[BCH_INFO], PROMC_LABELS(name), 1);
    if (humansize(span_str(attr_text(dirfd, "btree_cache_size", text)), &v) == 0)
        promc_emit(s->f[BCH_CACHE_SIZE], PROMC_LABELS(name), v);
    emit_compression(s, dirfd);
    emit_writes(s, dirfd);
    emit_errors(s, dirfd);
    emit_counters(s, dirfd);
    dirwalk_at(&s->state->walk, dirfd, ".", "dev-", bcachefs_device, s);
}

static int bcachefs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct bch_scrape s = { .state = priv, .out = out, .err = err };
    int rc;

    for (size_t i = 0; i < BCH_FAMILIES; i++)
        s.f[i] = promc_emit_family(
            out, bch_metrics[i].type, bch_metrics[i].name, bch_metrics[i].help,
            (promc_labels){ bch_metrics[i].labels, bch_metrics[i].n_labels });
    rc = dirwalk(&s.state->walk, ctx->paths.sysfs, "fs/bcachefs", "", visit_file_system,
                 &s);
    if (rc < 0) {
        node_fail_read(err, rc, ctx->paths.sysfs, "fs/bcachefs");
        return rc == -ENOENT ? NODE_NODATA : rc;
    }
    if (s.file_systems > 0)
        return s.rc;
    node_fail(err, 0, "no file system is mounted");
    return NODE_NODATA;
}

static int bcachefs_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct bcachefs));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void bcachefs_fini(void *priv)
{
    struct bcachefs *s = priv;

    dirwalk_free(&s->walk);
    dirlist_free(&s->counters);
    readbuf_free(&s->buf);
    free(s);
}

const struct node_collector node_bcachefs_collector = {
    .name = "bcachefs",
    .help = "Counters, errors and devices of bcachefs file systems.",
    .default_on = 1,
    .init = bcachefs_init,
    .collect = bcachefs_collect,
    .fini = bcachefs_fini,
};
