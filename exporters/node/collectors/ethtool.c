/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ethtool.c - what the drivers of the network interfaces tell: their name and version, the
 * speeds they can do and offer, and their own statistics.
 */
#include "config.h"

#include "node/collector.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/collectors/ethtool.h"
#include "node/dirlist.h"
#include "node/fail.h"
#include "node/netlink.h"

static struct {
    const char *include;
    const char *exclude;
    const char *metrics;
} ethtool_flag = { .metrics = ".*" };

struct ethtool_device {
    char name[IF_NAMESIZE];
    int seen; /* in this scrape */
    struct ethtool_names names;
};

struct ethtool {
    int fd;
    struct dirlist dir;
    struct filter *devices;
    struct filter *metrics;
    struct ethtool_room room;
    struct ethtool_device *v;
    size_t n, cap;
    size_t next; /* after the one looked up last: they come in the same order each time */
};

/* What is kept of an interface, made when it is new. NULL: out of memory. */
static struct ethtool_device *device_get(struct ethtool *s, const char *name)
{
    struct ethtool_device *d;

    for (size_t i = 0; i < s->n; i++) {
        d = &s->v[(s->next + i) % s->n];
        if (strcmp(d->name, name) == 0) {
            s->next = (size_t)(d - s->v) + 1;
            return d;
        }
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 16;
        struct ethtool_device *grown = realloc(s->v, cap * sizeof(*grown));

        if (!grown)
            return NULL;
        s->v = grown;
        s->cap = cap;
    }
    d = &s->v[s->n++];
    memset(d, 0, sizeof(*d));
    memcpy(d->name, name, strlen(name));
    return d;
}

/* Forget interfaces that are gone. */
static void device_sweep(struct ethtool *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (!s->v[i].seen) {
            ethtool_names_free(&s->v[i].names);
            continue;
        }
        s->v[i].seen = 0;
        s->v[kept++] = s->v[i];
    }
    s->n = kept;
    s->next = 0;
}

static void emit_driver(const struct ethtool_families *f, const char *device,
                        const struct ethtool_drvinfo *info)
{
    /* They need not end in a NUL. */
    const struct span text[] = {
        span_of(info->bus_info, sizeof(info->bus_info)),
        span_of(info->driver, sizeof(info->driver)),
        span_of(info->erom_version, sizeof(info->erom_version)),
        span_of(info->fw_version, sizeof(info->fw_version)),
        span_of(info->version, sizeof(info->version)),
    };
    char s[5][33];

    for (size_t i = 0; i < 5; i++)
        netlink_string(text[i], s[i], sizeof(s[i]));
    promc_emit(f->info, PROMC_LABELS(s[0], device, s[1], s[2], s[3], s[4]), 1);
}

static void emit_counts(promc_emitter *out, const char *device,
                        const struct ethtool_names *names, const uint64_t *values)
{
    for (size_t i = 0; i < names->used; i++) {
        promc_samples *f = promc_emit_family(
            out, PROMC_TYPE_UNTYPED, names->v[i].metric,
            "A statistic that drivers keep; what it means differs between them.",
            PROMC_LABELS("device"));

        promc_emit(f, PROMC_LABELS(device), (double)values[names->v[i].at]);
    }
}

/* -EOPNOTSUPP: the driver does not tell; -ENODEV: the interface is gone, or in another
 * network namespace than we are; -EAGAIN: its statistics change right now. */
static int is_absence(int rc)
{
    return rc == -EOPNOTSUPP || rc == -ENODEV || rc == -EAGAIN;
}

/* Returns 0 or -errno with *err filled; what could be had is emitted. */
static int ethtool_device(struct ethtool *s, const char *name,
                          const struct ethtool_families *f, promc_emitter *out,
                          promc_error *err)
{
    struct ethtool_device *d = device_get(s, name);
    struct ethtool_link link;
    struct ethtool_drvinfo info;
    struct ethtool_counts counts;
    char why[64];
    int rc, result = 0;

    if (!d)
        return node_fail(err, -ENOMEM, "out of memory");
    d->seen = 1;
    rc = ethtool_ask_link(s->fd, name, &link);
    if (rc == 0) {
        ethtool_emit_modes(f, ETHTOOL_SUPPORTED, name, link.supported);
        ethtool_emit_modes(f, ETHTOOL_ADVERTISED, name, link.advertised);
        promc_emit(f->autoneg, PROMC_LABELS(name), link.autoneg);
    } else if (!is_absence(rc)) {
        result = rc;
    }
    rc = ethtool_ask_driver(s->fd, name, &info);
    if (rc == 0)
        emit_driver(f, name, &info);
    else if (!is_absence(rc))
        result = rc;
    rc = ethtool_ask_counts(s->fd, name, &s->room, &counts);
    if (rc == 0)
        rc = ethtool_names_update(&d->names, &counts, s->metrics);
    if (rc == 0)
        emit_counts(out, name, &d->names, counts.values);
    else if (!is_absence(rc))
        result = rc;
    return result ? node_fail(err, result, "cannot ask the driver of %s: %s", name,
                              strerror_r(-result, why, sizeof(why)))
                  : 0;
}

static int ethtool_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct ethtool *s = priv;
    struct ethtool_families f;
    int rc = dirlist_read(&s->dir, ctx->paths.sysfs, "class/net", NULL);
    int result = 0;

    if (rc == -ENOENT || rc == -EACCES) {
        node_fail_read(err, rc, ctx->paths.sysfs, "class/net");
        return NODE_NODATA;
    }
    if (rc)
        return node_fail_read(err, rc, ctx->paths.sysfs, "class/net");
    f.info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_ethtool_info",
                               "The driver of the interface; always 1.",
                               PROMC_LABELS("bus_info", "device", "driver",
                                            "expansion_rom_version", "firmware_version",
                                            "version"));
    ethtool_begin_modes(&f, out);
    s->next = 0;
    for (size_t i = 0; i < s->dir.n; i++) {
        const char *name = s->dir.v[i].name;

        if (s->dir.v[i].type == DT_REG || strlen(name) >= IF_NAMESIZE ||
            !filter_keep(s->devices, name))
            continue;
        rc = ethtool_device(s, name, &f, out, result ? NULL : err);
        if (rc)
            result = rc;
    }
    device_sweep(s);
    return result;
}

static void ethtool_fini(void *priv)
{
    struct ethtool *s = priv;

    for (size_t i = 0; i < s->n; i++)
        ethtool_names_free(&s->v[i].names);
    free(s->v);
    ethtool_room_free(&s->room);
    dirlist_free(&s->dir);
    filter_free(s->devices);
    filter_free(s->metrics);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

static int ethtool_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct ethtool *s = calloc(1, sizeof(*s));
    promc_error why = { 0, "" };
    int rc = 0;

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->devices = filter_new("--collector.ethtool.device-include or -exclude",
                            ethtool_flag.include, ethtool_flag.exclude, &why);
    if (s->devices)
        s->metrics = filter_new("--collector.ethtool.metrics-include",
                                ethtool_flag.metrics, NULL, &why);
    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (!s->devices || !s->metrics)
        rc = node_fail(err, why.code, "%s", why.text);
    else if (s->fd < 0)
        rc = node_fail(err, -errno, "cannot make a socket");
    if (rc) {
        ethtool_fini(s);
        return rc;
    }
    *priv = s;
    return 0;
}

static void ethtool_flags(struct flags *flags)
{
    flags_string(flags, "collector.ethtool.device-include",
                 "Expose only interfaces that match this pattern.", &ethtool_flag.include,
                 NULL);
    flags_string(flags, "collector.ethtool.device-exclude",
                 "Leave out interfaces that match this pattern.", &ethtool_flag.exclude,
                 NULL);
    flags_string(flags, "collector.ethtool.metrics-include",
                 "Expose only statistics that match this pattern, by the driver's name "
                 "with odd characters replaced by _.",
                 &ethtool_flag.metrics, NULL);
}

const struct node_collector node_ethtool_collector = {
    .name = "ethtool",
    .help = "Drivers, speeds and driver statistics per network interface.",
    .flags = ethtool_flags,
    .init = ethtool_init,
    .collect = ethtool_collect,
    .fini = ethtool_fini,
};
