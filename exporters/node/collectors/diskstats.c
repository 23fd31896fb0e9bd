/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diskstats.c - operations, bytes and times of block devices, and what they are.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/filter.h"
#include "common/log.h"
#include "node/collectors/disk_udev.h"
#include "node/fail.h"
#include "node/source.h"

/* The kernel counts sectors of this size here, whatever the device has. */
#define DISK_SECTOR 512.0
/* Times are in milliseconds. Multiplied, not divided by 1000: the last digits are to be
 * those of the peer. */
#define DISK_TICK (1.0 / 1000.0)

#define DISK_EXCLUDE "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$"

static struct {
    const char *exclude, *old_exclude, *include;
    int exclude_set, old_exclude_set, include_set;
} disk_flag = { .exclude = DISK_EXCLUDE };

/* Columns after major, minor and name. Kernels have 11, 15 (4.18) or 17 (5.5) of them. */
static const struct {
    double scale;
    promc_type type;
    const char *name;
    const char *help;
} disk_metrics[] = {
    { 1, PROMC_TYPE_COUNTER, "node_disk_reads_completed_total", "Reads completed." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_reads_merged_total",
      "Reads merged with a neighbour before they were issued." },
    { DISK_SECTOR, PROMC_TYPE_COUNTER, "node_disk_read_bytes_total", "Bytes read." },
    { DISK_TICK, PROMC_TYPE_COUNTER, "node_disk_read_time_seconds_total",
      "Time spent by all reads together." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_writes_completed_total", "Writes completed." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_writes_merged_total",
      "Writes merged with a neighbour before they were issued." },
    { DISK_SECTOR, PROMC_TYPE_COUNTER, "node_disk_written_bytes_total",
      "Bytes written." },
    { DISK_TICK, PROMC_TYPE_COUNTER, "node_disk_write_time_seconds_total",
      "Time spent by all writes together." },
    { 1, PROMC_TYPE_GAUGE, "node_disk_io_now", "Operations under way." },
    { DISK_TICK, PROMC_TYPE_COUNTER, "node_disk_io_time_seconds_total",
      "Time the device was busy." },
    { DISK_TICK, PROMC_TYPE_COUNTER, "node_disk_io_time_weighted_seconds_total",
      "Time the device was busy, times the operations under way." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_discards_completed_total",
      "Discards completed." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_discards_merged_total",
      "Discards merged with a neighbour before they were issued." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_discarded_sectors_total", "Sectors discarded." },
    { DISK_TICK, PROMC_TYPE_COUNTER, "node_disk_discard_time_seconds_total",
      "Time spent by all discards together." },
    { 1, PROMC_TYPE_COUNTER, "node_disk_flush_requests_total", "Flushes completed." },
    { DISK_TICK, PROMC_TYPE_COUNTER, "node_disk_flush_requests_time_seconds_total",
      "Time spent by all flushes together." },
};
enum { DISK_METRICS = sizeof(disk_metrics) / sizeof(disk_metrics[0]), DISK_MIN = 11 };

struct disk_line {
    uint64_t major;
    uint64_t minor;
    char device[64];
    uint64_t value[DISK_METRICS];
    size_t n; /* how many of them the kernel has */
};

/* One line of diskstats. Columns beyond the ones known are ignored. Returns 1; 0 for an
 * empty line; -EINVAL. */
static int disk_parse_line(struct span line, struct disk_line *d)
{
    struct span f[3 + DISK_METRICS];
    size_t n = scan_fields(line, f, 3 + DISK_METRICS);

    if (n == 0)
        return 0;
    if (n < 3 + DISK_MIN || f[2].n >= sizeof(d->device) ||
        scan_u64(f[0], &d->major) != 0 || scan_u64(f[1], &d->minor) != 0)
        return -EINVAL;
    span_copy(f[2], d->device, sizeof(d->device));
    d->n = n - 3 < DISK_METRICS ? n - 3 : DISK_METRICS;
    for (size_t i = 0; i < d->n; i++) {
        if (scan_u64(f[3 + i], &d->value[i]) != 0)
            return -EINVAL;
    }
    return 1;
}

struct diskstats {
    struct source stats;
    struct readbuf udev;
    struct filter *filter;
};

/* The families of one scrape. */
struct disk_out {
    promc_samples *metric[DISK_METRICS];
    promc_samples *info, *filesystem, *mapper;
    promc_samples *ata_cache, *ata_cache_on, *ata_rpm;
};

static void disk_out_begin(struct disk_out *o, promc_emitter *out)
{
    promc_labels device = PROMC_LABELS("device");

    for (size_t i = 0; i < DISK_METRICS; i++)
        o->metric[i] = promc_emit_family(out, disk_metrics[i].type, disk_metrics[i].name,
                                         disk_metrics[i].help, device);
    o->info =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_disk_info", "What the device is.",
                          PROMC_LABELS("device", "major", "minor", "path", "wwn", "model",
                                       "serial", "revision", "rotational"));
    o->filesystem =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_disk_filesystem_info",
                          "What kind of file system or other content is on the device.",
                          PROMC_LABELS("device", "type", "usage", "uuid", "version"));
    o->mapper = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_disk_device_mapper_info",
        "What the device mapper calls the device.",
        PROMC_LABELS("device", "name", "uuid", "vg_name", "lv_name", "lv_layer"));
    o->ata_cache = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_disk_ata_write_cache",
                                     "Whether the ATA disk has a write cache.", device);
    o->ata_cache_on =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_disk_ata_write_cache_enabled",
                          "Whether the write cache of the ATA disk is on.", device);
    o->ata_rpm = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_disk_ata_rotation_rate_rpm",
        "Speed of the ATA disk in turns per minute; 0: no disk turns.", device);
}

static void emit_ata(promc_samples *f, const char *device, const char *text)
{
    double v;

    if (scan_double(span_str(text), &v) == 0)
        promc_emit(f, PROMC_LABELS(device), v);
}

static void disk_emit_device(const struct disk_out *o, const struct disk_line *d,
                             const struct disk_udev *u, const char *rotational)
{
    char major[24], minor[24];

    snprintf(major, sizeof(major), "%llu", (unsigned long long)d->major);
    snprintf(minor, sizeof(minor), "%llu", (unsigned long long)d->minor);
    promc_emit(o->info,
               PROMC_LABELS(d->device, major, minor, u->path, u->wwn, u->model,
                            disk_udev_serial(u), u->revision, rotational),
               1);
    for (size_t i = 0; i < d->n; i++)
        promc_emit(o->metric[i], PROMC_LABELS(d->device),
                   (double)d->value[i] * disk_metrics[i].scale);
    if (u->fs_type[0])
        promc_emit(
            o->filesystem,
            PROMC_LABELS(d->device, u->fs_type, u->fs_usage, u->fs_uuid, u->fs_version),
            1);
    if (u->dm_name[0])
        promc_emit(o->mapper,
                   PROMC_LABELS(d->device, u->dm_name, u->dm_uuid, u->dm_vg, u->dm_lv,
                                u->dm_layer),
                   1);
    if (u->ata[0]) {
        emit_ata(o->ata_cache, d->device, u->ata_cache);
        emit_ata(o->ata_cache_on, d->device, u->ata_cache_on);
        emit_ata(o->ata_rpm, d->device, u->ata_rpm);
    }
}

/* What udev has of the device; nothing when there is no udev, or not for this device. */
static void read_udev(struct diskstats *s, const char *dir, const struct disk_line *d,
                      struct disk_udev *u)
{
    char name[64];

    snprintf(name, sizeof(name), "b%llu:%llu", (unsigned long long)d->major,
             (unsigned long long)d->minor);
    if (read_file(dir, name, &s->udev, 0) == 0)
        disk_udev_parse(s->udev.data, s->udev.len, u);
    else
        disk_udev_parse(NULL, 0, u);
}

/* "1" for a device that turns; "0" for one that does not, and where it is not known,
 * which is so for partitions. */
static void read_rotational(int block_fd, const char *device, char *buf, size_t size)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/queue/rotational", device);
    /* A slash in a device's name is an exclamation mark in sysfs. */
    for (size_t i = 0; device[i]; i++) {
        if (path[i] == '/')
            path[i] = '!';
    }
    if (block_fd < 0 || read_value_at(block_fd, path, buf, size) <= 0)
        snprintf(buf, size, "0");
}

static int disk_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct diskstats *s = priv;
    struct disk_out o;
    struct span text, line;
    char path[4096];
    size_t no = 0;
    int block_fd;
    int rc = source_read(&s->stats, ctx->paths.procfs, "diskstats", &text, err);

    if (rc)
        return rc;
    snprintf(path, sizeof(path), "%s/block", ctx->paths.sysfs);
    block_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    disk_out_begin(&o, out);
    while (scan_line(&text, &line)) {
        struct disk_line d;
        struct disk_udev u;
        char rotational[32];
        int parsed = disk_parse_line(line, &d);

        no++;
        if (parsed < 0 && rc == 0)
            rc = node_fail_line(err, "diskstats", no,
                                "not a device with eleven or more numbers");
        if (parsed <= 0 || !filter_keep(s->filter, d.device))
            continue;
        read_udev(s, ctx->paths.udev_data, &d, &u);
        read_rotational(block_fd, d.device, rotational, sizeof(rotational));
        disk_emit_device(&o, &d, &u, rotational);
    }
    if (block_fd >= 0)
        close(block_fd);
    return rc;
}

static void disk_fini(void *priv)
{
    struct diskstats *s = priv;

    source_close(&s->stats);
    readbuf_free(&s->udev);
    filter_free(s->filter);
    free(s);
}

/* Settle the old and new names of the exclude flag, and that exclude and include are one
 * or the other. Returns 0 or -EINVAL. */
static int disk_settle_flags(promc_error *err)
{
    if (disk_flag.old_exclude_set) {
        if (disk_flag.exclude_set)
            return node_fail(
                err, -EINVAL,
                "--collector.diskstats.ignored-devices and "
                "--collector.diskstats.device-exclude are mutually exclusive");
        log_warn("--collector.diskstats.ignored-devices is an old name, use "
                 "--collector.diskstats.device-exclude");
        disk_flag.exclude = disk_flag.old_exclude;
        disk_flag.exclude_set = 1;
        disk_flag.old_exclude_set = 0;
    }
    if (!disk_flag.include_set || !disk_flag.include || !disk_flag.include[0])
        return 0;
    if (disk_flag.exclude_set && disk_flag.exclude[0])
        return node_fail(err, -EINVAL,
                         "--collector.diskstats.device-exclude and "
                         "--collector.diskstats.device-include are mutually exclusive");
    disk_flag.exclude = NULL; /* the default gives way */
    return 0;
}

static int disk_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct diskstats *s;
    int rc = disk_settle_flags(err);

    if (rc)
        return rc;
    s = calloc(1, sizeof(*s));
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->stats = (struct source)SOURCE_INIT;
    s->filter = filter_new("--collector.diskstats.device-include or -exclude",
                           disk_flag.include, disk_flag.exclude, err);
    if (!s->filter) {
        disk_fini(s);
        return err && err->code < 0 ? err->code : -EINVAL;
    }
    if (access(ctx->paths.udev_data, R_OK | X_OK) != 0)
        log_warn("cannot read udev's data: disks are exposed without model and serial",
                 "path", ctx->paths.udev_data);
    *priv = s;
    return 0;
}

static void disk_flags(struct flags *flags)
{
    flags_string(flags, "collector.diskstats.device-exclude",
                 "Leave out devices that match this pattern; not together with "
                 "device-include.",
                 &disk_flag.exclude, &disk_flag.exclude_set);
    flags_string(flags, "collector.diskstats.device-include",
                 "Expose only devices that match this pattern; not together with "
                 "device-exclude.",
                 &disk_flag.include, &disk_flag.include_set);
    flags_string(flags, "collector.diskstats.ignored-devices",
                 "Old name of --collector.diskstats.device-exclude.",
                 &disk_flag.old_exclude, &disk_flag.old_exclude_set);
    flags_hide(flags);
}

const struct node_collector node_diskstats_collector = {
    .name = "diskstats",
    .help = "operations, bytes and times of disks, from /proc/diskstats",
    .default_on = 1,
    .flags = disk_flags,
    .init = disk_init,
    .collect = disk_collect,
    .fini = disk_fini,
};
