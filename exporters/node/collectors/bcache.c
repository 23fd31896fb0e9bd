/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bcache.c - block devices that cache others, from fs/bcache/UUID in sysfs.
 *
 * A set has backing devices (bdev0), which are cached, and caches (cache0). Values are of
 * the shortened kind (humansize.h).
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/humansize.h"

#define G PROMC_TYPE_GAUGE
#define C PROMC_TYPE_COUNTER
#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct attr set_attrs[] = {
    { "average_key_size", G, "node_bcache_average_key_size_sectors",
      "Mean size of the data behind a key of the B-tree.", 0, 0 },
    { "btree_cache_size", G, "node_bcache_btree_cache_size_bytes",
      "Memory that the cache of the B-tree takes.", 0, 0 },
    { "cache_available_percent", G, "node_bcache_cache_available_percent",
      "Part of the cache that holds no dirty data.", 0, 0 },
    { "congested", G, "node_bcache_congested", "How congested the cache is.", 0, 0 },
    { "root_usage_percent", G, "node_bcache_root_usage_percent",
      "Used part of the root of the B-tree.", 0, 0 },
    { "tree_depth", G, "node_bcache_tree_depth", "Depth of the B-tree.", 0, 0 },
    { "internal/active_journal_entries", G, "node_bcache_active_journal_entries",
      "Entries of the journal that are newer than the index.", 0, 0 },
    { "internal/btree_nodes", G, "node_bcache_btree_nodes", "Nodes of the B-tree.", 0,
      0 },
    { "internal/btree_read_average_duration_us", G,
      "node_bcache_btree_read_average_duration_seconds",
      "Mean time to read a node of the B-tree.", 1e-9, 0 },
    { "internal/cache_read_races", C, "node_bcache_cache_read_races_total",
      "Times data was used for something else while it was being read.", 0, 0 },
};

static const struct attr bdev_attrs[] = {
    { "dirty_data", G, "node_bcache_dirty_data_bytes",
      "Data in the cache that has yet to be written to this device.", 0, 0 },
    { "stats_total/bypassed", C, "node_bcache_bypassed_bytes_total",
      "Bytes read and written without the cache.", 0, 0 },
    { "stats_total/cache_hits", C, "node_bcache_cache_hits_total",
      "Operations that the cache could serve.", 0, 0 },
    { "stats_total/cache_misses", C, "node_bcache_cache_misses_total",
      "Operations that the cache could not serve.", 0, 0 },
    { "stats_total/cache_bypass_hits", C, "node_bcache_cache_bypass_hits_total",
      "Operations meant to go without the cache that it could have served.", 0, 0 },
    { "stats_total/cache_bypass_misses", C, "node_bcache_cache_bypass_misses_total",
      "Operations meant to go without the cache that it could not have served.", 0, 0 },
    { "stats_total/cache_miss_collisions", C, "node_bcache_cache_miss_collisions_total",
      "Times data was there already when it came from the device after a miss.", 0, 0 },
    { "stats_total/cache_readaheads", C, "node_bcache_cache_readaheads_total",
      "Times data was read ahead.", 0, 0 },
};

/* Lines of a file of bdevs. */
static const struct attr writeback_attrs[] = {
    { "target", G, "node_bcache_dirty_target_bytes",
      "Dirty data that writing back aims at.", 0, 0 },
    { "rate", G, "node_bcache_writeback_rate", "Bytes a second that are written back.", 0,
      0 },
    { "proportional", G, "node_bcache_writeback_rate_proportional_term",
      "Part of the rate that comes from how far off the target is.", 0, 0 },
    { "integral", G, "node_bcache_writeback_rate_integral_term",
      "Part of the rate that comes from how long the target has been missed.", 0, 0 },
    { "change", G, "node_bcache_writeback_change", "Last change of the rate.", 0, 0 },
};

static const struct attr cache_attrs[] = {
    { "io_errors", G, "node_bcache_io_errors",
      "Errors of the cache; old ones count less and less.", 0, 0 },
    { "metadata_written", C, "node_bcache_metadata_written_bytes_total",
      "Bytes written to the cache that are not data.", 0, 0 },
    { "written", C, "node_bcache_written_bytes_total",
      "Bytes of data written to the cache.", 0, 0 },
};

/* Lines of a file of caches. */
static const struct attr priority_attrs[] = {
    { "Unused", G, "node_bcache_priority_stats_unused_percent",
      "Part of the cache without data.", 0, 0 },
    { "Metadata", G, "node_bcache_priority_stats_metadata_percent",
      "Part of the cache that is not data.", 0, 0 },
};

static int bcache_priority_stats;

struct bcache {
    struct dirwalk walk;
    struct readbuf buf;
};

struct bcache_scrape {
    struct bcache *state;
    promc_samples *set[N(set_attrs)], *bdev[N(bdev_attrs)],
        *writeback[N(writeback_attrs)];
    promc_samples *cache[N(cache_attrs)], *priority[N(priority_attrs)];
    const char *uuid;
    promc_error *err;
    int rc;
};

static void bad_value(struct bcache_scrape *s, const char *name)
{
    s->rc = node_fail(s->err, -EINVAL, "bcache %s: %s is no number", s->uuid, name);
}

/* The files of a table. Which of them exist depends on the kernel. */
static void emit_files(struct bcache_scrape *s, int dirfd, const struct attr *table,
                       size_t n, promc_samples *const *f, promc_labels values)
{
    for (size_t i = 0; i < n; i++) {
        char text[ATTR_TEXT_SIZE];
        ssize_t len = read_value_at(dirfd, table[i].file, text, sizeof(text));
        double v;

        if (len < 0)
            continue;
        if (humansize_bcache(span_of(text, (size_t)len), &v) < 0 ||
            (table[i].type == C && v < 0))
            bad_value(s, table[i].file);
        else
            promc_emit(f[i], values, table[i].times != 0 ? v * table[i].times : v);
    }
}

/* The lines of one file, "key: value" and perhaps a unit, that a table names. */
static void emit_lines(struct bcache_scrape *s, int dirfd, const char *file,
                       const struct attr *table, size_t n, promc_samples *const *f,
                       promc_labels values)
{
    struct readbuf *buf = &s->state->buf;
    struct span text, line, key, number;
    double v;

    if (read_file_at(dirfd, file, buf, 0) < 0)
        return;
    text = span_of(buf->data, buf->len);
    while (scan_line(&text, &line)) {
        if (!scan_until(&line, ':', &key))
            continue;
        line = span_trim(line);
        if (!scan_until(&line, '/', &number) && !scan_until(&line, '%', &number))
            number = line;
        for (size_t i = 0; i < n; i++) {
            if (!span_is(key, table[i].file))
                continue;
            if (humansize_bcache(number, &v) < 0)
                bad_value(s, table[i].file);
            else
                promc_emit(f[i], values, v);
        }
    }
}

static void visit_bdev(void *arg, int dirfd, const char *name)
{
    struct bcache_scrape *s = arg;

    if (dirlist_number(name, "bdev") < 0)
        return;
    emit_files(s, dirfd, bdev_attrs, N(bdev_attrs), s->bdev, PROMC_LABELS(s->uuid, name));
    emit_lines(s, dirfd, "writeback_rate_debug", writeback_attrs, N(writeback_attrs),
               s->writeback, PROMC_LABELS(s->uuid, name));
}

static void visit_cache(void *arg, int dirfd, const char *name)
{
    struct bcache_scrape *s = arg;

    if (dirlist_number(name, "cache") < 0)
        return;
    emit_files(s, dirfd, cache_attrs, N(cache_attrs), s->cache,
               PROMC_LABELS(s->uuid, name));
    if (bcache_priority_stats)
        emit_lines(s, dirfd, "priority_stats", priority_attrs, N(priority_attrs),
                   s->priority, PROMC_LABELS(s->uuid, name));
}

static void visit_set(void *arg, int dirfd, const char *name)
{
    struct bcache_scrape *s = arg;

    if (!strchr(name, '-')) /* not a UUID */
        return;
    s->uuid = name;
    emit_files(s, dirfd, set_attrs, N(set_attrs), s->set, PROMC_LABELS(name));
    dirwalk_at(&s->state->walk, dirfd, ".", "bdev", visit_bdev, s);
    dirwalk_at(&s->state->walk, dirfd, ".", "cache", visit_cache, s);
}

static int bcache_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct bcache_scrape s = { .state = priv, .err = err };
    promc_labels bdev = PROMC_LABELS("uuid", "backing_device");
    promc_labels cache = PROMC_LABELS("uuid", "cache_device");
    int rc;

    attr_begin(out, set_attrs, N(set_attrs), PROMC_LABELS("uuid"), s.set);
    attr_begin(out, bdev_attrs, N(bdev_attrs), bdev, s.bdev);
    attr_begin(out, writeback_attrs, N(writeback_attrs), bdev, s.writeback);
    attr_begin(out, cache_attrs, N(cache_attrs), cache, s.cache);
    attr_begin(out, priority_attrs, N(priority_attrs), cache, s.priority);
    rc = dirwalk(&s.state->walk, ctx->paths.sysfs, "fs/bcache", "", visit_set, &s);
    if (rc < 0 && rc != -ENOENT) /* no bcache is no failure */
        return node_fail_read(err, rc, ctx->paths.sysfs, "fs/bcache");
    return s.rc;
}

static int bcache_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct bcache));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void bcache_fini(void *priv)
{
    struct bcache *s = priv;

    dirwalk_free(&s->walk);
    readbuf_free(&s->buf);
    free(s);
}

static void bcache_flags(struct flags *flags)
{
    flags_bool(flags, "collector.bcache.priorityStats",
               "Expose how the cache is used, which the kernel has to sort all buckets "
               "for.",
               &bcache_priority_stats, NULL);
}

const struct node_collector node_bcache_collector = {
    .name = "bcache",
    .help = "Hits, misses and state of bcache sets and their devices.",
    .default_on = 1,
    .flags = bcache_flags,
    .init = bcache_init,
    .collect = bcache_collect,
    .fini = bcache_fini,
};
