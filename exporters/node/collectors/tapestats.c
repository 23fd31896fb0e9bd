/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tapestats.c - what SCSI tape drives have read and written, from class/scsi_tape in sysfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/filter.h"
#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"

static const struct attr tape_attrs[] = {
    { "in_flight", PROMC_TYPE_GAUGE, "node_tape_io_now", "Operations under way.", 0, 0 },
    { "io_ns", PROMC_TYPE_COUNTER, "node_tape_io_time_seconds_total",
      "Time spent on all operations.", 0.000000001, 0 },
    { "other_cnt", PROMC_TYPE_COUNTER, "node_tape_io_others_total",
      "Operations other than reading and writing: rewinding, unloading and the like.", 0,
      0 },
    { "read_byte_cnt", PROMC_TYPE_COUNTER, "node_tape_read_bytes_total", "Bytes read.", 0,
      0 },
    { "read_cnt", PROMC_TYPE_COUNTER, "node_tape_reads_completed_total",
      "Reads completed.", 0, 0 },
    { "read_ns", PROMC_TYPE_COUNTER, "node_tape_read_time_seconds_total",
      "Time spent reading.", 0.000000001, 0 },
    { "resid_cnt", PROMC_TYPE_COUNTER, "node_tape_residual_total",
      "Times a read or a write moved less than was asked for.", 0, 0 },
    { "write_byte_cnt", PROMC_TYPE_COUNTER, "node_tape_written_bytes_total",
      "Bytes written.", 0, 0 },
    { "write_cnt", PROMC_TYPE_COUNTER, "node_tape_writes_completed_total",
      "Writes completed.", 0, 0 },
    { "write_ns", PROMC_TYPE_COUNTER, "node_tape_write_time_seconds_total",
      "Time spent writing.", 0.000000001, 0 },
};
#define TAPE_ATTRS (sizeof(tape_attrs) / sizeof(tape_attrs[0]))

static const char *tape_ignored = "^$";

struct tape {
    struct dirwalk walk;
    struct filter *filter;
};

struct tape_scrape {
    const struct tape *state;
    promc_samples *families[TAPE_ATTRS];
};

/* A drive has a name for each way of using it: st0, nst0, st0l and so on, all with the same
 * numbers. st and a number stands for all of them. */
static void visit_drive(void *arg, int dirfd, const char *name)
{
    struct tape_scrape *s = arg;
    int stats;

    if (dirlist_number(name, "st") < 0 || !filter_keep(s->state->filter, name))
        return;
    stats = dirlist_open_at(dirfd, "stats");
    if (stats < 0)
        return;
    attr_emit(stats, tape_attrs, TAPE_ATTRS, s->families, PROMC_LABELS(name));
    close(stats);
}

static int tape_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct tape *state = priv;
    struct tape_scrape s = { .state = state };
    int rc;

    attr_begin(out, tape_attrs, TAPE_ATTRS, PROMC_LABELS("device"), s.families);
    rc =
        dirwalk(&state->walk, ctx->paths.sysfs, "class/scsi_tape", "st", visit_drive, &s);
    if (rc == 0)
        return 0;
    node_fail_read(err, rc, ctx->paths.sysfs, "class/scsi_tape");
    return rc == -ENOENT ? NODE_NODATA : rc;
}

static void tape_fini(void *priv)
{
    struct tape *s = priv;

    dirwalk_free(&s->walk);
    filter_free(s->filter);
    free(s);
}

static int tape_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct tape *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->filter =
        filter_new("--collector.tapestats.ignored-devices", NULL, tape_ignored, err);
    if (!s->filter) {
        tape_fini(s);
        return err && err->code < 0 ? err->code : -EINVAL;
    }
    *priv = s;
    return 0;
}

static void tape_flags(struct flags *flags)
{
    flags_string(flags, "collector.tapestats.ignored-devices",
                 "Leave out drives that match this pattern.", &tape_ignored, NULL);
}

const struct node_collector node_tapestats_collector = {
    .name = "tapestats",
    .help = "Operations, bytes and times of tape drives.",
    .default_on = 1,
    .flags = tape_flags,
    .init = tape_init,
    .collect = tape_collect,
    .fini = tape_fini,
};
