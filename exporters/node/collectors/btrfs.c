/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btrfs.c - space, commits and devices of Btrfs file systems, from fs/btrfs/UUID in sysfs,
 * and from the file systems themselves (btrfs_ioctl.h).
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/collectors/btrfs_ioctl.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/grow.h"
#include "node/scan.h"

#define G PROMC_TYPE_GAUGE
#define C PROMC_TYPE_COUNTER

/* The lines of commit_stats. Kernels before 6.0 have no such file; the peer shows 0 then. */
static const struct {
    const char *key;
    promc_type type;
    const char *name;
    const char *help;
    double by;
} commit_metrics[] = {
    { "commits", C, "node_btrfs_commits_total", "Commits so far.", 1 },
    { "last_commit_ms", G, "node_btrfs_last_commit_seconds", "Time the last commit took.",
      1000 },
    { "max_commit_ms", G, "node_btrfs_max_commit_seconds",
      "Time the slowest commit took.", 1000 },
    { "total_commit_ms", C, "node_btrfs_commit_seconds_total", "Time all commits took.",
      1000 },
};
#define COMMITS (sizeof(commit_metrics) / sizeof(commit_metrics[0]))

/* A UUID that a file system of this scrape is shown by. */
struct shown_uuid {
    char text[ATTR_TEXT_SIZE];
};

struct btrfs {
    struct dirwalk walk;
    struct readbuf buf;
    struct btrfs_mounts mounts;
    struct shown_uuid *shown;
    size_t n_shown, cap;
};

struct btrfs_scrape {
    struct btrfs *state;
    promc_samples *info, *reserve, *commits[COMMITS];
    promc_samples *reserved, *used, *size, *ratio;
    promc_samples *device_size; /* from sysfs */
    promc_samples *asked_size, *asked_unused, *asked_errors;
    const char *uuid, *type; /* of the file system; of a group of blocks */
    unsigned devices;
};

static void begin_families(struct btrfs_scrape *s, promc_emitter *out)
{
    promc_labels uuid = PROMC_LABELS("uuid");
    promc_labels mode = PROMC_LABELS("uuid", "block_group_type", "mode");

    s->info = promc_emit_family(out, G, "node_btrfs_info",
                                "Always 1; the label of the file system.",
                                PROMC_LABELS("uuid", "label"));
    s->reserve = promc_emit_family(out, G, "node_btrfs_global_rsv_size_bytes",
                                   "Size of the global reserve.", uuid);
    for (size_t i = 0; i < COMMITS; i++)
        s->commits[i] =
            promc_emit_family(out, commit_metrics[i].type, commit_metrics[i].name,
                              commit_metrics[i].help, uuid);
    s->reserved = promc_emit_family(out, G, "node_btrfs_reserved_bytes",
                                    "Space reserved for blocks of this type.",
                                    PROMC_LABELS("uuid", "block_group_type"));
    s->used = promc_emit_family(out, G, "node_btrfs_used_bytes",
                                "Used space of blocks of this type and mode.", mode);
    s->size = promc_emit_family(out, G, "node_btrfs_size_bytes",
                                "Space allotted to blocks of this type and mode.", mode);
    s->ratio = promc_emit_family(out, G, "node_btrfs_allocation_ratio",
                                 "Space on disks that a byte in this mode takes.", mode);
}

static void begin_devices(struct btrfs_scrape *s, promc_emitter *out)
{
    static const char size[] = "node_btrfs_device_size_bytes";
    static const char size_help[] = "Size of a device of the file system.";
    promc_labels asked = PROMC_LABELS("uuid", "device", "btrfs_dev_uuid");

    s->device_size =
        promc_emit_family(out, G, size, size_help, PROMC_LABELS("uuid", "device"));
    s->asked_size = promc_emit_family(out, G, size, size_help, asked);
    s->asked_unused =
        promc_emit_family(out, G, "node_btrfs_device_unused_bytes",
                          "Part of a device that is not allotted yet.", asked);
    s->asked_errors = promc_emit_family(
        out, C, "node_btrfs_device_errors_total", "Errors of a device, by kind.",
        PROMC_LABELS("uuid", "type", "device", "btrfs_dev_uuid"));
}

/* How much space on disks a byte takes in that mode; 0 for modes of the future. */
static double mode_ratio(const char *mode, unsigned devices)
{
    static const struct {
        const char *mode;
        unsigned copies, parity;
    } modes[] = {
        { "single", 1, 0 }, { "raid0", 1, 0 },   { "dup", 2, 0 },
        { "raid1", 2, 0 },  { "raid10", 2, 0 },  { "raid5", 0, 1 },
        { "raid6", 0, 2 },  { "raid1c3", 3, 0 }, { "raid1c4", 4, 0 },
    };

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].mode, mode) != 0)
            continue;
        if (modes[i].copies > 0)
            return modes[i].copies;
        if (devices <= modes[i].parity)
            break;
        return (double)devices / ((double)devices - modes[i].parity);
    }
    return 0;
}

static void visit_mode(void *arg, int dirfd, const char *mode)
{
    struct btrfs_scrape *s = arg;
    uint64_t v;

    if (attr_u64(dirfd, "used_bytes", &v) == 0)
        promc_emit(s->used, PROMC_LABELS(s->uuid, s->type, mode), (double)v);
    if (attr_u64(dirfd, "total_bytes", &v) < 0)
        return; /* a directory of another kind */
    promc_emit(s->size, PROMC_LABELS(s->uuid, s->type, mode), (double)v);
    promc_emit(s->ratio, PROMC_LABELS(s->uuid, s->type, mode),
               mode_ratio(mode, s->devices));
}

static void visit_type(void *arg, int dirfd, const char *type)
{
    struct btrfs_scrape *s = arg;
    uint64_t v;

    s->type = type;
    if (attr_u64(dirfd, "bytes_reserved", &v) == 0)
        promc_emit(s->reserved, PROMC_LABELS(s->uuid, type), (double)v);
    dirwalk_at(&s->state->walk, dirfd, ".", "", visit_mode, s);
}

static void count_device(void *arg, int dirfd, const char *name)
{
    struct btrfs_scrape *s = arg;

    (void)dirfd;
    (void)name;
    s->devices++;
}

/* The devices as the file system itself sees them. */
static void emit_answer(struct btrfs_scrape *s, const struct btrfs_answer *a)
{
    static const char *const kinds[BTRFS_ERRORS] = { "write", "read", "flush",
                                                     "corruption", "generation" };

    for (size_t i = 0; i < a->n; i++) {
        const struct btrfs_device *d = &a->v[i];
        char uuid[37];

        btrfs_uuid(d->uuid, uuid);
        promc_emit(s->asked_size, PROMC_LABELS(s->uuid, d->name, uuid), (double)d->size);
        promc_emit(s->asked_unused, PROMC_LABELS(s->uuid, d->name, uuid),
                   d->size > d->used ? (double)(d->size - d->used) : 0);
        for (size_t k = 0; k < BTRFS_ERRORS; k++)
            promc_emit(s->asked_errors, PROMC_LABELS(s->uuid, kinds[k], d->name, uuid),
                       (double)d->errors[k]);
    }
}

static void visit_device(void *arg, int dirfd, const char *name)
{
    struct btrfs_scrape *s = arg;
    uint64_t sectors;

    if (attr_u64(dirfd, "size", &sectors) == 0)
        promc_emit(s->device_size, PROMC_LABELS(s->uuid, name), (double)sectors * 512);
}

static void emit_commits(struct btrfs_scrape *s, int dirfd)
{
    struct readbuf *buf = &s->state->buf;
    uint64_t values[COMMITS] = { 0 };
    struct span text, line, key, value;

    text = span_of(NULL, 0);
    if (read_file_at(dirfd, "commit_stats", buf, 0) == 0)
        text = span_of(buf->data, buf->len);
    while (scan_line(&text, &line))
        if (scan_field(&line, &key) && scan_field(&line, &value))
            for (size_t i = 0; i < COMMITS; i++)
                if (span_is(key, commit_metrics[i].key))
                    scan_u64(value, &values[i]);
    for (size_t i = 0; i < COMMITS; i++)
        promc_emit(s->commits[i], PROMC_LABELS(s->uuid),
                   (double)values[i] / commit_metrics[i].by);
}

/* The UUID that a file system is shown by: that of its metadata, which may be another one than
 * that which is mounted. A copy that is mounted beside its original has the same, and goes by
 * its own (Linux 6.7). */
static const char *shown_uuid(struct btrfs *s, int dirfd, const char *own)
{
    char uuid[ATTR_TEXT_SIZE];
    const char *text = attr_text(dirfd, "metadata_uuid", uuid)[0] ? uuid : own;

    for (size_t i = 0; i < s->n_shown; i++)
        if (strcmp(s->shown[i].text, text) == 0)
            text = own;
    if (grow(&s->shown, s->n_shown, &s->cap, sizeof(*s->shown)) < 0)
        return own;
    return span_copy(span_str(text), s->shown[s->n_shown++].text, ATTR_TEXT_SIZE);
}

static void visit_file_system(void *arg, int dirfd, const char *name)
{
    const struct btrfs_answer *answer;
    struct btrfs_scrape *s = arg;
    char label[ATTR_TEXT_SIZE];
    uint64_t v;

    if (!strchr(name, '-')) /* features, and whatever else is not a UUID */
        return;
    s->uuid = shown_uuid(s->state, dirfd, name);
    promc_emit(s->info, PROMC_LABELS(s->uuid, attr_text(dirfd, "label", label)), 1);
    if (attr_u64(dirfd, "allocation/global_rsv_size", &v) == 0)
        promc_emit(s->reserve, PROMC_LABELS(s->uuid), (double)v);
    emit_commits(s, dirfd);
    s->devices = 0;
    dirwalk_at(&s->state->walk, dirfd, "devices", "", count_device, s);
    dirwalk_at(&s->state->walk, dirfd, "allocation", "", visit_type, s);
    answer = btrfs_mounts_find(&s->state->mounts, name);
    if (answer)
        emit_answer(s, answer);
    else
        dirwalk_at(&s->state->walk, dirfd, "devices", "", visit_device, s);
}

static int btrfs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct btrfs_scrape s = { .state = priv };
    int rc;

    begin_families(&s, out);
    begin_devices(&s, out);
    s.state->n_shown = 0;
    btrfs_mounts_ask(&s.state->mounts, ctx);
    rc = dirwalk(&s.state->walk, ctx->paths.sysfs, "fs/btrfs", "", visit_file_system, &s);
    if (rc < 0 && rc != -ENOENT) /* no Btrfs is no failure */
        return node_fail_read(err, rc, ctx->paths.sysfs, "fs/btrfs");
    return 0;
}

static void btrfs_fini(void *priv)
{
    struct btrfs *s = priv;

    dirwalk_free(&s->walk);
    readbuf_free(&s->buf);
    btrfs_mounts_free(&s->mounts);
    free(s->shown);
    free(s);
}

static int btrfs_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct btrfs *s = calloc(1, sizeof(*s));
    int rc;

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    rc = btrfs_mounts_init(&s->mounts, err);
    if (rc < 0)
        btrfs_fini(s);
    else
        *priv = s;
    return rc;
}

const struct node_collector node_btrfs_collector = {
    .name = "btrfs",
    .help = "Space, commits and device errors of Btrfs file systems.",
    .default_on = 1,
    .init = btrfs_init,
    .collect = btrfs_collect,
    .fini = btrfs_fini,
};
