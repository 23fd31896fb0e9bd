/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdadm.c - state and disks of software RAID arrays, from mdstat in procfs and the arrays'
 * directories in sysfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/collectors/mdstat.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/source.h"

struct mdadm {
    struct source mdstat;
    struct dirwalk walk;
};

static const char *const md_states[MD_STATES] = {
    [MD_ACTIVE] = "active", [MD_INACTIVE] = "inactive", [MD_RECOVERING] = "recovering",
    [MD_RESYNC] = "resync", [MD_CHECK] = "check",
};

struct md_families {
    promc_samples *state, *disks, *required, *blocks, *synced;
};

static void emit_array(const struct md_array *a, const struct md_families *f)
{
    char name[64];

    if (a->name.n >= sizeof(name))
        return;
    span_copy(a->name, name, sizeof(name));
    for (size_t i = 0; i < MD_STATES; i++)
        promc_emit(f->state, PROMC_LABELS(name, md_states[i]), a->state == i);
    promc_emit(f->disks, PROMC_LABELS(name, "active"), (double)a->disks_active);
    promc_emit(f->disks, PROMC_LABELS(name, "failed"), (double)a->disks_failed);
    promc_emit(f->disks, PROMC_LABELS(name, "spare"), (double)a->disks_spare);
    promc_emit(f->required, PROMC_LABELS(name), (double)a->disks_required);
    promc_emit(f->blocks, PROMC_LABELS(name), (double)a->blocks);
    promc_emit(f->synced, PROMC_LABELS(name), (double)a->blocks_synced);
}

/* Emit what a whole mdstat says. An array of unknown form costs itself and makes the result
 * -EINVAL. */
static int emit_mdstat(struct span text, promc_emitter *out, promc_error *err)
{
    promc_labels device = PROMC_LABELS("device"), state = PROMC_LABELS("device", "state");
    struct md_families f = {
        .state = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_state",
                                   "Whether the array is in this state.", state),
        .disks = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_disks",
                                   "Disks of the array that are in this state.", state),
        .required =
            promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_disks_required",
                              "Disks that the array has when it is complete.", device),
        .blocks = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_blocks",
                                    "Size of the array in KiB.", device),
        .synced = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_blocks_synced",
                                    "Part of the array that is in sync, in KiB; of one "
                                    "disk when it is being worked on.",
                                    device),
    };
    struct md_array a;
    int more, rc = 0;

    while ((more = mdstat_next(&text, &a)) != 0) {
        if (more > 0)
            emit_array(&a, &f);
        else
            rc = node_fail(err, more, "mdstat: an array or a line of unknown form");
    }
    return rc;
}

struct md_sysfs {
    promc_samples *raid_disks, *degraded;
};

/* The first number of raid_disks: while the array is reshaped, the one before follows. */
static int read_raid_disks(int dirfd, uint64_t *disks)
{
    char text[129];
    ssize_t n = read_value_at(dirfd, "md/raid_disks", text, sizeof(text));
    struct span rest, field;

    if (n < 0)
        return (int)n;
    rest = span_of(text, (size_t)n);
    return scan_field(&rest, &field) ? scan_u64(field, disks) : -EINVAL;
}

static void visit_array(void *arg, int dirfd, const char *name)
{
    const struct md_sysfs *f = arg;
    uint64_t disks, degraded;

    if (read_raid_disks(dirfd, &disks) < 0) /* a disk of that name, not an array */
        return;
    promc_emit(f->raid_disks, PROMC_LABELS(name), (double)disks);
    /* Levels without redundancy have no such file, and cannot be degraded. */
    if (attr_u64(dirfd, "md/degraded", &degraded) < 0)
        degraded = 0;
    promc_emit(f->degraded, PROMC_LABELS(name), (double)degraded);
}

static int mdadm_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct mdadm *s = priv;
    struct md_sysfs f;
    struct span text;
    int rc = source_read(&s->mdstat, ctx->paths.procfs, "mdstat", &text, err), walked;

    if (rc < 0)
        return rc == -ENOENT ? NODE_NODATA : rc;
    rc = emit_mdstat(text, out, err);
    f.raid_disks = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_raid_disks",
                                     "Disks that the array has when it is complete, "
                                     "from sysfs.",
                                     PROMC_LABELS("device"));
    f.degraded =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_md_degraded",
                          "Disks that the array is short of.", PROMC_LABELS("device"));
    walked = dirwalk(&s->walk, ctx->paths.sysfs, "block", "md", visit_array, &f);
    if (walked < 0 && walked != -ENOENT)
        rc = node_fail_read(err, walked, ctx->paths.sysfs, "block");
    return rc;
}

static int mdadm_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct mdadm *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->mdstat = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void mdadm_fini(void *priv)
{
    struct mdadm *s = priv;

    source_close(&s->mdstat);
    dirwalk_free(&s->walk);
    free(s);
}

const struct node_collector node_mdadm_collector = {
    .name = "mdadm",
    .help = "State and disks of software RAID arrays.",
    .default_on = 1,
    .init = mdadm_init,
    .collect = mdadm_collect,
    .fini = mdadm_fini,
};
