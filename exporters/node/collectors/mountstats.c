/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountstats.c - NFS mounts, from self/mountstats in procfs; their servers' addresses, which
 * are not there, from self/mountinfo.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/readfile.h"
#include "node/arena.h"
#include "node/collectors/mountinfo.h"
#include "node/collectors/mountstats_nfs.h"
#include "node/fail.h"
#include "node/grow.h"
#include "node/scan.h"

/* A mount that has been shown. */
struct shown {
    const char *export, *protocol, *address, *point;
};

struct mountstats {
    struct hotfile stats_file, info_file;
    struct readbuf stats, info;
    struct arena strings;
    struct shown *shown;
    size_t n_shown, cap;
};

struct scrape {
    struct mountstats *state;
    struct nfs_families f;
    promc_samples *info;
};

/* One mount: its first line, and the lines behind it. */
struct entry {
    struct span device, point, fstype;
    struct span block;
};

/* Take the next mount off the front. A first line of unknown form is a mount without
 * anything: what counts is its place in the file. */
static int next_entry(struct span *text, struct entry *e)
{
    struct span line, ahead, f[8];

    do {
        if (!scan_line(text, &line))
            return 0;
    } while (!span_begins(line, "device "));
    memset(e, 0, sizeof(*e));
    if (scan_fields(line, f, 8) >= 8 && span_is(f[2], "mounted") &&
        span_is(f[6], "fstype")) {
        e->device = f[1];
        e->point = f[4];
        e->fstype = f[7];
    }
    e->block = *text;
    for (ahead = *text; scan_line(&ahead, &line) && !span_begins(line, "device ");)
        *text = ahead;
    e->block.n -= text->n;
    return 1;
}

static int same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The option addr of a line of mountinfo, when it is about this mount. */
static int address_in(struct span line, const struct entry *e, struct span *address)
{
    struct mount_line m;
    struct span option;

    if (mountinfo_parse_line(line, &m) < 0 || !same(m.point, e->point) ||
        !same(m.device, e->device))
        return 0;
    *address = span_of("", 0);
    while (m.super.n > 0) {
        if (!scan_until(&m.super, ',', &option)) {
            option = m.super;
            m.super.n = 0;
        }
        if (span_begins(option, "addr="))
            *address = span_of(option.p + 5, option.n - 5);
    }
    return 1;
}

/* Both files have the mounts in the same order, so *info is moved on from mount to mount. It
 * is searched from the start when a mount has come or gone in between. */
static struct span find_address(const struct mountstats *s, struct span *info,
                                const struct entry *e)
{
    struct span all = span_of(s->info.data, s->info.len), line, address;

    if (scan_line(info, &line) && address_in(line, e, &address))
        return address;
    while (scan_line(&all, &line))
        if (address_in(line, e, &address)) {
            *info = all;
            return address;
        }
    return span_of("", 0);
}

/* Note a mount as shown. *mount_is_new and *point_is_new: whether the same without and with
 * the mount point had not been. Returns 0 or -ENOMEM. */
static int note(struct mountstats *s, const struct shown *now, int *mount_is_new,
                int *point_is_new)
{
    *mount_is_new = *point_is_new = 1;
    for (size_t i = 0; i < s->n_shown; i++) {
        const struct shown *k = &s->shown[i];

        if (strcmp(k->export, now->export) != 0 ||
            strcmp(k->address, now->address) != 0 ||
            strcmp(k->protocol, now->protocol) != 0)
            continue;
        *mount_is_new = 0;
        if (strcmp(k->point, now->point) == 0)
            *point_is_new = 0;
    }
    if (!*point_is_new)
        return 0;
    if (grow(&s->shown, s->n_shown, &s->cap, sizeof(*s->shown)) < 0)
        return -ENOMEM;
    s->shown[s->n_shown++] = *now;
    return 0;
}

static int emit_mount(struct scrape *s, const struct entry *e, struct span address)
{
    struct arena *a = &s->state->strings;
    struct nfs_labels labels;
    struct span protocol;
    struct shown now;
    int mount_is_new, point_is_new;

    if (!mountstats_nfs_protocol(e->block, &protocol))
        return 0;
    now = (struct shown){
        .export = arena_string(a, e->device.p, e->device.n),
        .protocol = arena_string(a, protocol.p, protocol.n),
        .address = arena_string(a, address.p, address.n),
        .point = arena_string(a, e->point.p, e->point.n),
    };
    if (!now.export || !now.protocol || !now.address || !now.point ||
        note(s->state, &now, &mount_is_new, &point_is_new) < 0)
        return -ENOMEM;
    if (point_is_new)
        promc_emit(s->info,
                   PROMC_LABELS(now.export, now.protocol, now.address, now.point), 1);
    labels = (struct nfs_labels){ now.export, now.protocol, now.address };
    return mount_is_new ? mountstats_nfs_emit(e->block, &labels, &s->f) : 0;
}

static int emit_mounts(struct scrape *s, promc_error *err)
{
    struct mountstats *state = s->state;
    struct span text = span_of(state->stats.data, state->stats.len);
    struct span info = span_of(state->info.data, state->info.len), line;
    struct entry e;
    int rc = 0;

    state->n_shown = 0;
    arena_reset(&state->strings);
    while (next_entry(&text, &e)) {
        int bad;

        if (!span_is(e.fstype, "nfs") && !span_is(e.fstype, "nfs4")) {
            scan_line(&info, &line);
            continue;
        }
        bad = emit_mount(s, &e, find_address(state, &info, &e));
        if (bad == -ENOMEM)
            return node_fail(err, bad, "out of memory");
        if (bad)
            rc = node_fail(err, bad, "mountstats: a line of unknown form of %.*s",
                           (int)e.point.n, e.point.p);
    }
    return rc;
}

static int mountstats_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                              promc_error *err)
{
    struct scrape s = { .state = priv };
    struct mountstats *state = priv;
    int rc = hotfile_read(&state->stats_file, ctx->paths.procfs, "self/mountstats",
                          &state->stats, 0);

    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.procfs, "self/mountstats");
    rc = hotfile_read(&state->info_file, ctx->paths.procfs, "self/mountinfo",
                      &state->info, 0);
    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.procfs, "self/mountinfo");
    mountstats_nfs_begin(out, &s.f);
    s.info =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_mountstats_nfs_mountpoint_info",
                          "Always 1; where an export is mounted.",
                          PROMC_LABELS("export", "protocol", "mountaddr", "mountpoint"));
    return emit_mounts(&s, err);
}

static int mountstats_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct mountstats *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->stats_file = s->info_file = (struct hotfile)HOTFILE_INIT;
    *priv = s;
    return 0;
}

static void mountstats_fini(void *priv)
{
    struct mountstats *s = priv;

    hotfile_close(&s->stats_file);
    hotfile_close(&s->info_file);
    readbuf_free(&s->stats);
    readbuf_free(&s->info);
    arena_free(&s->strings);
    free(s->shown);
    free(s);
}

const struct node_collector node_mountstats_collector = {
    .name = "mountstats",
    .help = "NFS mounts: bytes, operations and transports.",
    .init = mountstats_init,
    .collect = mountstats_collect,
    .fini = mountstats_fini,
};
