/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dmmultipath.c - multipath devices of the device mapper, and the disks that are their
 * paths, from block in sysfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/scan.h"

enum {
    DMM_INFO,
    DMM_ACTIVE,
    DMM_SIZE,
    DMM_PATHS,
    DMM_PATHS_ACTIVE,
    DMM_PATHS_FAILED,
    DMM_PATH_STATE,
    DMM_FAMILIES
};

static const struct {
    const char *name;
    const char *help;
} dmm_metrics[DMM_FAMILIES] = {
    [DMM_INFO] = { "node_dmmultipath_device_info",
                   "Always 1; the names of a multipath device." },
    [DMM_ACTIVE] = { "node_dmmultipath_device_active",
                     "1 when the device is in use, 0 when it is suspended." },
    [DMM_SIZE] = { "node_dmmultipath_device_size_bytes", "Size of the device." },
    [DMM_PATHS] = { "node_dmmultipath_device_paths", "Paths to the device." },
    [DMM_PATHS_ACTIVE] = { "node_dmmultipath_device_paths_active",
                           "Paths that work: their disk is running or live." },
    [DMM_PATHS_FAILED] = { "node_dmmultipath_device_paths_failed",
                           "Paths that do not work." },
    [DMM_PATH_STATE] = { "node_dmmultipath_path_state",
                         "Always 1; the state of the disk that is a path." },
};

struct dmm_scrape {
    struct dirwalk *walk;
    promc_samples *f[DMM_FAMILIES];
    int block; /* the directory of all block devices */
    const char *device;
    unsigned paths, active;
};

static void visit_path(void *arg, int dirfd, const char *name)
{
    struct dmm_scrape *s = arg;
    char file[280], state[ATTR_TEXT_SIZE];

    (void)dirfd;
    snprintf(file, sizeof(file), "%s/device/state", name);
    if (read_value_at(s->block, file, state, sizeof(state)) <= 0)
        span_copy(span_str("unknown"), state, sizeof(state));
    s->paths++;
    s->active += span_is(span_str(state), "running") || span_is(span_str(state), "live");
    promc_emit(s->f[DMM_PATH_STATE], PROMC_LABELS(s->device, name, state), 1);
}

static void visit_device(void *arg, int dirfd, const char *dm)
{
    struct dmm_scrape *s = arg;
    char uuid[ATTR_TEXT_SIZE], name[ATTR_TEXT_SIZE];
    uint64_t v;

    /* The device mapper has other uses, which begin their UUIDs with other words. */
    if (read_value_at(dirfd, "dm/uuid", uuid, sizeof(uuid)) < 0 ||
        !span_begins(span_str(uuid), "mpath-") ||
        read_value_at(dirfd, "dm/name", name, sizeof(name)) < 0)
        return;
    promc_emit(s->f[DMM_INFO], PROMC_LABELS(name, dm, uuid), 1);
    if (attr_u64(dirfd, "dm/suspended", &v) == 0)
        promc_emit(s->f[DMM_ACTIVE], PROMC_LABELS(name, dm), v != 1);
    if (attr_u64(dirfd, "size", &v) == 0)
        promc_emit(s->f[DMM_SIZE], PROMC_LABELS(name, dm), (double)v * 512);
    s->device = name;
    s->paths = s->active = 0;
    dirwalk_at(s->walk, dirfd, "slaves", "", visit_path, s);
    promc_emit(s->f[DMM_PATHS], PROMC_LABELS(name, dm), s->paths);
    promc_emit(s->f[DMM_PATHS_ACTIVE], PROMC_LABELS(name, dm), s->active);
    promc_emit(s->f[DMM_PATHS_FAILED], PROMC_LABELS(name, dm), s->paths - s->active);
}

static void begin_families(promc_emitter *out, promc_samples **f)
{
    for (size_t i = 0; i < DMM_FAMILIES; i++)
        f[i] = promc_emit_family(
            out, PROMC_TYPE_GAUGE, dmm_metrics[i].name, dmm_metrics[i].help,
            i == DMM_INFO         ? PROMC_LABELS("device", "sysfs_name", "uuid")
            : i == DMM_PATH_STATE ? PROMC_LABELS("device", "path", "state")
                                  : PROMC_LABELS("device", "sysfs_name"));
}

static int dmm_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct dmm_scrape s = { .walk = priv };
    int rc;

    s.block = dirlist_open(ctx->paths.sysfs, "block");
    if (s.block < 0) {
        node_fail_read(err, s.block, ctx->paths.sysfs, "block");
        return s.block == -ENOENT || s.block == -EACCES ? NODE_NODATA : s.block;
    }
    begin_families(out, s.f);
    rc = dirwalk_at(s.walk, s.block, ".", "dm-", visit_device, &s);
    close(s.block);
    return rc < 0 ? node_fail_read(err, rc, ctx->paths.sysfs, "block") : 0;
}

const struct node_collector node_dmmultipath_collector = {
    .name = "dmmultipath",
    .help = "Multipath devices of the device mapper and their paths.",
    .default_on = 1,
    .init = dirwalk_init,
    .collect = dmm_collect,
    .fini = dirwalk_fini,
};
