/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl.c - energy that CPU packages, their cores and memory have used.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/metricname.h"

#define POWERCAP "class/powercap"

static int rapl_zone_label;

/* A name that zones have had, and the number the next one without its own gets. */
struct rapl_name {
    char name[ATTR_TEXT_SIZE];
    long next;
};

struct rapl {
    struct dirwalk walk;
    struct rapl_name *names;
    size_t n, cap;
};

static void rapl_flags(struct flags *flags)
{
    flags_bool(flags, "collector.rapl.enable-zone-label",
               "Name the zone in a label, not in the metric.", &rapl_zone_label, NULL);
}

/* Find a name, or note it. NULL: out of memory. */
static struct rapl_name *rapl_name(struct rapl *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->names[i].name, name) == 0)
            return &r->names[i];
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 8;
        struct rapl_name *grown = realloc(r->names, cap * sizeof(*grown));

        if (!grown)
            return NULL;
        r->names = grown;
        r->cap = cap;
    }
    snprintf(r->names[r->n].name, sizeof(r->names[r->n].name), "%s", name);
    r->names[r->n].next = 0;
    return &r->names[r->n++];
}

/* The number of a zone: package-1 brings its own, which is cut off the name; of others with
 * equal names (dram) each gets the next. Returns it, or -ENOMEM. */
static long rapl_index(struct rapl *r, char *name)
{
    char *dash = strchr(name, '-');
    long index = dash ? dirlist_number(dash, "-") : -1;
    struct rapl_name *known;

    if (index >= 0)
        *dash = '\0';
    known = rapl_name(r, name);
    if (!known)
        return -ENOMEM;
    if (index < 0)
        index = known->next;
    known->next = index + 1;
    return index;
}

static void rapl_emit(promc_emitter *out, const char *zone, long index, const char *path,
                      double joules)
{
    const char *help = "Energy that the zone has used, in joules.";
    char number[24], family[METRIC_NAME_SIZE];

    snprintf(number, sizeof(number), "%ld", index);
    if (rapl_zone_label) {
        promc_emit(promc_emit_family(out, PROMC_TYPE_COUNTER, "node_rapl_joules_total",
                                     help, PROMC_LABELS("index", "path", "rapl_zone")),
                   PROMC_LABELS(number, path, zone), joules);
        return;
    }
    promc_emit(promc_emit_family(
                   out, PROMC_TYPE_COUNTER,
                   metric_name(family, "node_rapl_", span_str(zone), "_joules_total"),
                   help, PROMC_LABELS("index", "path")),
               PROMC_LABELS(number, path), joules);
}

/* What a scrape has with it. */
struct rapl_scrape {
    struct rapl *rapl;
    promc_emitter *out;
    const char *sysfs;
    promc_error *err;
    int rc;
};

static void rapl_zone(void *arg, int fd, const char *entry)
{
    struct rapl_scrape *s = arg;
    char name[ATTR_TEXT_SIZE], path[PATH_MAX];
    uint64_t energy;
    long index;
    int rc;

    if (attr_text(fd, "name", name)[0] == '\0')
        return; /* intel-rapl, which holds them all */
    index = rapl_index(s->rapl, name);
    rc = index < 0 ? (int)index : attr_u64(fd, "energy_uj", &energy);
    if (rc == 0) {
        snprintf(path, sizeof(path), "%s/" POWERCAP "/%s", s->sysfs, entry);
        rapl_emit(s->out, name, index, path, (double)energy / 1000000.0);
    } else if (rc == -EACCES) { /* only root may: it tells what the neighbours compute */
        if (s->rc == 0) {
            node_fail_read(s->err, rc, POWERCAP, entry);
            s->rc = NODE_NODATA;
        }
    } else if (rc != -ENOENT && s->rc >= 0) {
        s->rc = node_fail_read(s->err, rc, POWERCAP, entry);
    }
}

static int rapl_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct rapl *r = priv;
    struct rapl_scrape s = { r, out, ctx->paths.sysfs, err, 0 };
    int rc;

    r->n = 0;
    rc = dirwalk_class(&r->walk, ctx->paths.sysfs, POWERCAP, "", rapl_zone, &s, err);
    return rc ? rc : s.rc;
}

static int rapl_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct rapl));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void rapl_fini(void *priv)
{
    struct rapl *r = priv;

    dirwalk_free(&r->walk);
    free(r->names);
    free(r);
}

const struct node_collector node_rapl_collector = {
    .name = "rapl",
    .help = "Energy used by CPUs and memory.",
    .default_on = 1,
    .flags = rapl_flags,
    .init = rapl_init,
    .collect = rapl_collect,
    .fini = rapl_fini,
};
