/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edac.c - memory errors that were found, and corrected or not.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"

#define EDAC_DIR "devices/system/edac/mc"

struct edac {
    struct dirwalk walk;
    struct dirlist files; /* of one row */
};

/* One of each for errors that could be corrected, and one for those that could not. */
enum { CORRECTABLE, UNCORRECTABLE, KINDS };

static const char *const edac_file[KINDS] = { "ce_count", "ue_count" };
static const char *const edac_noinfo_file[KINDS] = { "ce_noinfo_count",
                                                     "ue_noinfo_count" };

struct edac_out {
    struct edac *edac;
    const char *controller; /* the one at hand */
    promc_samples *controllers[KINDS];
    promc_samples *row[KINDS];
    promc_samples *channel[KINDS];
    promc_error *err;
    int rc;
};

static void edac_begin(struct edac_out *o, promc_emitter *out)
{
    static const struct {
        const char *controller, *row, *channel;
    } names[KINDS] = {
        { "node_edac_correctable_errors_total",
          "node_edac_csrow_correctable_errors_total",
          "node_edac_channel_correctable_errors_total" },
        { "node_edac_uncorrectable_errors_total",
          "node_edac_csrow_uncorrectable_errors_total",
          "node_edac_channel_uncorrectable_errors_total" },
    };
    static const char *const help[KINDS] = { "Memory errors that were corrected.",
                                             "Memory errors that were not corrected." };

    for (int k = 0; k < KINDS; k++) {
        o->controllers[k] =
            promc_emit_family(out, PROMC_TYPE_COUNTER, names[k].controller, help[k],
                              PROMC_LABELS("controller"));
        o->row[k] = promc_emit_family(out, PROMC_TYPE_COUNTER, names[k].row, help[k],
                                      PROMC_LABELS("controller", "csrow"));
        o->channel[k] = promc_emit_family(
            out, PROMC_TYPE_COUNTER, names[k].channel, help[k],
            PROMC_LABELS("controller", "csrow", "channel", "dimm_label"));
    }
}

/* Show a count; one that cannot be read is noted and costs only itself. */
static void edac_count(struct edac_out *o, int fd, const char *file, promc_samples *f,
                       promc_labels values)
{
    uint64_t v;
    int rc = attr_u64(fd, file, &v);

    if (rc == 0)
        promc_emit(f, values, (double)v);
    else if (o->rc == 0)
        o->rc = node_fail_read(o->err, rc, EDAC_DIR, file);
}

/* The label of a module's slot. Drivers make up mc0csrow1channel0 when nobody has set one;
 * the parts are set apart, and # is left out. */
static void edac_dimm_label(int fd, const char *channel, char *label, size_t size)
{
    static const char *const parts[] = { "csrow", "channel" };
    char file[64], text[ATTR_TEXT_SIZE];
    struct span rest;
    size_t n = 0;

    snprintf(file, sizeof(file), "ch%s_dimm_label", channel);
    if (faccessat(fd, file, F_OK, 0) != 0) {
        snprintf(label, size, "unknown");
        return;
    }
    for (rest = span_str(attr_text(fd, file, text)); rest.n > 0 && n + 2 < size;
         rest.p++, rest.n--) {
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
            if (span_begins(rest, parts[i]))
                label[n++] = '_';
        if (*rest.p != '#')
            label[n++] = *rest.p;
    }
    label[n] = '\0';
}

/* The digits in chN_ce_count; 0 when the name is another. */
static int edac_channel(const char *name, char *channel, size_t size)
{
    struct span rest = span_str(name), digits;
    uint64_t v;

    if (!span_begins(rest, "ch"))
        return 0;
    rest = span_of(rest.p + 2, rest.n - 2);
    if (!scan_until(&rest, '_', &digits) || !span_is(rest, "ce_count") ||
        digits.n >= size || scan_u64(digits, &v) != 0)
        return 0;
    span_copy(digits, channel, size);
    return 1;
}

static void edac_row(void *arg, int fd, const char *name)
{
    struct edac_out *o = arg;
    struct dirlist *files = &o->edac->files;
    const char *row = name + sizeof("csrow") - 1;
    int rc;

    if (dirlist_number(name, "csrow") < 0)
        return;
    for (int k = 0; k < KINDS; k++)
        edac_count(o, fd, edac_file[k], o->row[k], PROMC_LABELS(o->controller, row));
    rc = dirlist_read_fd(files, fd);
    if (rc < 0 && o->rc == 0)
        o->rc = node_fail_read(o->err, rc, EDAC_DIR, name);
    for (size_t i = 0; i < files->n; i++) {
        char channel[24], file[64], label[2 * ATTR_TEXT_SIZE];

        if (!edac_channel(files->v[i].name, channel, sizeof(channel)))
            continue;
        edac_dimm_label(fd, channel, label, sizeof(label));
        edac_count(o, fd, files->v[i].name, o->channel[CORRECTABLE],
                   PROMC_LABELS(o->controller, row, channel, label));
        snprintf(file, sizeof(file), "ch%s_ue_count", channel);
        if (faccessat(fd, file, F_OK, 0) == 0) /* not all drivers have it */
            edac_count(o, fd, file, o->channel[UNCORRECTABLE],
                       PROMC_LABELS(o->controller, row, channel, label));
    }
}

static void edac_controller(void *arg, int fd, const char *name)
{
    struct edac_out *o = arg;

    if (dirlist_number(name, "mc") < 0)
        return;
    o->controller = name + sizeof("mc") - 1;
    for (int k = 0; k < KINDS; k++) {
        edac_count(o, fd, edac_file[k], o->controllers[k], PROMC_LABELS(o->controller));
        edac_count(o, fd, edac_noinfo_file[k], o->row[k],
                   PROMC_LABELS(o->controller, "unknown"));
    }
    dirwalk_at(&o->edac->walk, fd, ".", "", edac_row, o);
}

static int edac_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct edac *e = priv;
    struct edac_out o = { .edac = e, .err = err };
    int rc;

    edac_begin(&o, out);
    rc =
        dirwalk_class(&e->walk, ctx->paths.sysfs, EDAC_DIR, "", edac_controller, &o, err);
    if (rc == NODE_NODATA) /* no driver is no failure, as for the peer */
        return 0;
    return rc ? rc : o.rc;
}

static int edac_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct edac));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void edac_fini(void *priv)
{
    struct edac *e = priv;

    dirwalk_free(&e->walk);
    dirlist_free(&e->files);
    free(e);
}

const struct node_collector node_edac_collector = {
    .name = "edac",
    .help = "Memory errors, corrected and not.",
    .default_on = 1,
    .init = edac_init,
    .collect = edac_collect,
    .fini = edac_fini,
};
