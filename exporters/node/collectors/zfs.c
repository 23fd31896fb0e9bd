/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zfs.c - what ZFS counts about itself, its pools and its datasets, from spl/kstat/zfs in
 * procfs.
 *
 * Most files there are tables of name, type and value, one a line. Names come and go with
 * the version of ZFS, so metrics are named after them.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/metricname.h"
#include "node/scan.h"

#define ZFS_DIR "spl/kstat/zfs"

/* Types of values; strings and the rest are not shown. */
#define KSTAT_INT64 "3"
#define KSTAT_UINT64 "4"

/* Files about ZFS as a whole. Which of them exist depends on the version. */
static const struct {
    const char *file;
    const char *prefix;
    const char *help;
} zfs_files[] = {
    { "abdstats", "node_zfs_abd_", "Value ZFS keeps about its buffers." },
    { "arcstats", "node_zfs_arc_", "Value ZFS keeps about its cache, the ARC." },
    { "dbufstats", "node_zfs_dbuf_",
      "Value ZFS keeps about its cache of blocks in use." },
    { "dmu_tx", "node_zfs_dmu_tx_", "Value ZFS keeps about its transactions." },
    { "dnodestats", "node_zfs_dnode_", "Value ZFS keeps about its dnodes." },
    { "fm", "node_zfs_fm_", "Value ZFS keeps about its reports of faults." },
    { "vdev_cache_stats", "node_zfs_vdev_cache_",
      "Value ZFS keeps about its caches per device." },
    { "vdev_mirror_stats", "node_zfs_vdev_mirror_",
      "Value ZFS keeps about its mirrors." },
    { "xuio_stats", "node_zfs_xuio_",
      "Value ZFS keeps about I/O without copying, on loan to callers." },
    { "zfetchstats", "node_zfs_zfetch_", "Value ZFS keeps about reading ahead." },
    { "zil", "node_zfs_zil_", "Value ZFS keeps about its intent log, the ZIL." },
};

static const char *const zfs_states[] = { "online",  "degraded", "faulted",  "offline",
                                          "removed", "unavail",  "suspended" };

/* Files of the same kind, one for each pool or dataset, have the same names at the same
 * places: a family is made for the first of them, and found by its place for the rest. */
struct columns {
    struct {
        char key[64];
        promc_samples *family;
    } v[64];
};

struct zfs {
    struct dirwalk walk;
    struct dirlist files; /* of a pool */
    struct readbuf buf;
    struct columns io, objset;
};

struct zfs_scrape {
    struct zfs *state;
    promc_emitter *out;
    promc_samples *pool_state;
    promc_error *err;
    int rc;
};

/* The family of the key at that place. */
static promc_samples *column(struct columns *c, size_t i, struct span key,
                             promc_emitter *out, const char *prefix, const char *help,
                             promc_labels labels)
{
    size_t n = sizeof(c->v) / sizeof(c->v[0]);
    char name[METRIC_NAME_SIZE];
    promc_samples *f;

    if (i < n && c->v[i].family && span_is(key, c->v[i].key))
        return c->v[i].family;
    if (!metric_name(name, prefix, key, ""))
        return NULL;
    f = promc_emit_family(out, PROMC_TYPE_UNTYPED, name, help, labels);
    if (i < n && key.n < sizeof(c->v[i].key)) {
        span_copy(key, c->v[i].key, sizeof(c->v[i].key));
        c->v[i].family = f;
    }
    return f;
}

/* Pass over the lines before the table. Returns 1, or 0 when there is no table. */
static int find_table(struct span *text)
{
    struct span line, f[3];

    while (scan_line(text, &line))
        if (scan_fields(line, f, 3) == 3 && span_is(f[0], "name") &&
            span_is(f[1], "type") && span_is(f[2], "data"))
            return 1;
    return 0;
}

/* One line of a table. Returns 1 for a number; 0 for what is not shown; -EINVAL. */
static int parse_value(struct span line, struct span *key, double *v)
{
    struct span type, value;
    uint64_t u;
    int64_t i;

    if (!scan_field(&line, key) || !scan_field(&line, &type) ||
        !scan_field(&line, &value))
        return 0;
    if (span_is(type, KSTAT_UINT64)) {
        if (scan_u64(value, &u) < 0)
            return -EINVAL;
        *v = (double)u;
    } else if (span_is(type, KSTAT_INT64)) {
        if (scan_i64(value, &i) < 0)
            return -EINVAL;
        *v = (double)i;
    } else {
        return 0;
    }
    return 1;
}

/* Emit a file about ZFS as a whole. */
static int emit_file(struct span text, size_t file, promc_emitter *out, promc_error *err)
{
    struct span line, key;
    int rc = 0;
    double v;

    if (!find_table(&text))
        return node_fail(err, -EINVAL, "%s/%s: no table", ZFS_DIR, zfs_files[file].file);
    while (scan_line(&text, &line)) {
        char name[METRIC_NAME_SIZE];
        int is_value = parse_value(line, &key, &v);

        if (is_value < 0)
            rc = node_fail(err, -EINVAL, "%s/%s: a value is no number", ZFS_DIR,
                           zfs_files[file].file);
        if (is_value <= 0 || !metric_name(name, zfs_files[file].prefix, key, ""))
            continue;
        promc_emit(promc_emit_family(out, PROMC_TYPE_UNTYPED, name, zfs_files[file].help,
                                     PROMC_NO_LABELS),
                   PROMC_NO_LABELS, v);
    }
    return rc;
}

/* Emit the file io of a pool: a line of names, starting with nread, and one of values. */
static int emit_io(struct zfs_scrape *s, struct span text, const char *pool)
{
    struct span names, values, key, value;
    uint64_t v;
    int rc = 0;

    do {
        if (!scan_line(&text, &names))
            return -EINVAL;
    } while (!span_begins(names, "nread"));
    if (!scan_line(&text, &values))
        return -EINVAL;
    for (size_t i = 0; scan_field(&names, &key); i++) {
        if (!scan_field(&values, &value) || scan_u64(value, &v) < 0)
            rc = -EINVAL;
        else
            promc_emit(column(&s->state->io, i, key, s->out, "node_zfs_zpool_",
                              "Value ZFS keeps about the I/O of a pool.",
                              PROMC_LABELS("zpool")),
                       PROMC_LABELS(pool), (double)v);
    }
    return rc;
}

/* The value of a line, which may hold blanks, when the line is about this key. */
static int text_value(struct span line, const char *wanted, struct span *value)
{
    struct span key, type;

    if (!scan_field(&line, &key) || !span_is(key, wanted) || !scan_field(&line, &type))
        return 0;
    *value = span_trim(line);
    return 1;
}

/* Emit a file objset-N of a pool: the name of the dataset and then its values. */
static int emit_objset(struct zfs_scrape *s, struct span text, const char *pool)
{
    char dataset[512] = "";
    struct span line, key, name;
    double v;
    int rc = 0;

    if (!find_table(&text))
        return -EINVAL;
    for (size_t i = 0; scan_line(&text, &line); i++) {
        int is_value;

        if (text_value(line, "dataset_name", &name)) {
            span_copy(name, dataset, sizeof(dataset));
            continue;
        }
        is_value = parse_value(line, &key, &v);
        if (is_value < 0)
            rc = -EINVAL;
        if (is_value > 0 && dataset[0])
            promc_emit(column(&s->state->objset, i, key, s->out,
                              "node_zfs_zpool_dataset_",
                              "Value ZFS keeps about the use of a dataset.",
                              PROMC_LABELS("zpool", "dataset")),
                       PROMC_LABELS(pool, dataset), v);
    }
    return dataset[0] ? rc : -EINVAL;
}

static int emit_state(struct zfs_scrape *s, struct span text, const char *pool)
{
    char state[32];

    span_copy(span_trim(text), state, sizeof(state));
    if (!state[0])
        return -EINVAL;
    for (size_t i = 0; i < sizeof(zfs_states) / sizeof(zfs_states[0]); i++)
        promc_emit(s->pool_state, PROMC_LABELS(pool, zfs_states[i]),
                   strcasecmp(state, zfs_states[i]) == 0);
    return 0;
}

static void visit_pool(void *arg, int dirfd, const char *pool)
{
    struct zfs_scrape *s = arg;
    struct dirlist *files = &s->state->files;
    struct readbuf *buf = &s->state->buf;

    if (dirlist_read_fd(files, dirfd) < 0)
        return;
    for (size_t i = 0; i < files->n; i++) {
        struct span name = span_str(files->v[i].name);
        int (*emit)(struct zfs_scrape *, struct span, const char *);

        if (span_is(name, "io"))
            emit = emit_io;
        else if (span_is(name, "state"))
            emit = emit_state;
        else if (span_begins(name, "objset-"))
            emit = emit_objset;
        else
            continue;
        /* Pools are exported, and datasets unmounted, at any time. */
        if (read_file_at(dirfd, name.p, buf, 0) == 0 &&
            emit(s, span_of(buf->data, buf->len), pool) < 0)
            s->rc = node_fail(s->err, -EINVAL, "%s/%s/%s: unknown form", ZFS_DIR, pool,
                              name.p);
    }
}

static int zfs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct zfs *state = priv;
    struct zfs_scrape s = { .state = state, .out = out, .err = err };
    int dir = dirlist_open(ctx->paths.procfs, ZFS_DIR), rc;

    if (dir < 0) {
        node_fail_read(err, dir, ctx->paths.procfs, ZFS_DIR);
        return dir == -ENOENT ? NODE_NODATA : dir;
    }
    memset(&state->io, 0, sizeof(state->io));
    memset(&state->objset, 0, sizeof(state->objset));
    s.pool_state = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_zfs_zpool_state",
                                     "Whether the pool is in this state.",
                                     PROMC_LABELS("zpool", "state"));
    rc = dirwalk_at(&state->walk, dir, ".", "", visit_pool, &s);
    if (rc < 0)
        s.rc = node_fail_read(err, rc, ctx->paths.procfs, ZFS_DIR);
    for (size_t i = 0; i < sizeof(zfs_files) / sizeof(zfs_files[0]); i++) {
        rc = read_file_at(dir, zfs_files[i].file, &state->buf, 0);
        if (rc == 0)
            rc = emit_file(span_of(state->buf.data, state->buf.len), i, out, err);
        else if (rc != -ENOENT)
            node_fail_read(err, rc, ZFS_DIR, zfs_files[i].file);
        if (rc < 0 && rc != -ENOENT)
            s.rc = rc;
    }
    close(dir);
    return s.rc;
}

static void zfs_fini(void *priv)
{
    struct zfs *s = priv;

    dirwalk_free(&s->walk);
    dirlist_free(&s->files);
    readbuf_free(&s->buf);
    free(s);
}

static int zfs_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct zfs));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

const struct node_collector node_zfs_collector = {
    .name = "zfs",
    .help = "Counters and states of ZFS, its pools and datasets.",
    .default_on = 1,
    .init = zfs_init,
    .collect = zfs_collect,
    .fini = zfs_fini,
};
