/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd.c - units of systemd, over D-Bus: the flags, and a scrape from end to end.
 */
#include "config.h"

#include "node/collectors/systemd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/filter.h"
#include "common/log.h"
#include "node/collector.h"
#include "node/deadline.h"
#include "node/fail.h"

/* Where systemd itself listens, for root only. */
#define SYSTEMD_PRIVATE "unix:path=/run/systemd/private"

/* A flag with its old name. */
struct systemd_pattern {
    const char *flag, *old_flag;
    const char *value, *old;
    int set;
};

static struct {
    struct systemd_pattern include, exclude;
    int private, tasks, restarts, start_time;
} systemd_flag = {
    .include = { "--collector.systemd.unit-include", "--collector.systemd.unit-whitelist",
                 ".+", "", 0 },
    .exclude = { "--collector.systemd.unit-exclude", "--collector.systemd.unit-blacklist",
                 ".+\\.(automount|device|mount|scope|slice)", "", 0 },
};

static int systemd_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct systemd *s = priv;
    const struct systemd_answers *a = &s->answers;
    int rc = systemd_ask(s, deadline_before(ctx->deadline_ns));

    /* What has been answered is shown, whatever came after it. */
    if (a->listed || a->version[0])
        systemd_emit(out, a);
    return rc < 0 ? node_fail(err, rc, "%s", s->why.text) : 0;
}

static void systemd_fini(void *priv)
{
    struct systemd *s = priv;

    dbus_free(s->dbus);
    filter_free(s->filter);
    arena_free(&s->arena);
    free(s->answers.units);
    free(s->questions);
    free(s);
}

/* The pattern that the flags mean, made to match whole names. NULL with *err filled. */
static char *whole_name(const struct systemd_pattern *p, promc_error *err)
{
    const char *pattern = p->value;
    size_t size;
    char *out;

    if (p->old[0]) {
        if (p->set) {
            node_fail(err, -EINVAL, "%s and %s are mutually exclusive", p->old_flag,
                      p->flag);
            return NULL;
        }
        log_warn("flag has a new name", "old", p->old_flag, "new", p->flag);
        pattern = p->old;
    }
    size = strlen(pattern) + sizeof("^(?:)$");
    out = malloc(size);
    if (out)
        snprintf(out, size, "^(?:%s)$", pattern);
    else
        node_fail(err, -ENOMEM, "out of memory");
    return out;
}

static int systemd_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct systemd *s = calloc(1, sizeof(*s));
    promc_error why = { -ENOMEM, "out of memory" };
    char *include = NULL, *exclude = NULL;

    (void)ctx;
    if (s)
        s->dbus = dbus_new(systemd_flag.private ? SYSTEMD_PRIVATE : NULL, &why);
    if (s && s->dbus)
        include = whole_name(&systemd_flag.include, &why);
    if (include)
        exclude = whole_name(&systemd_flag.exclude, &why);
    if (exclude)
        s->filter = filter_new("--collector.systemd.unit-include/-exclude", include,
                               exclude, &why);
    free(include);
    free(exclude);
    if (s && s->filter) {
        s->wanted = (systemd_flag.tasks ? SYSTEMD_WANT_TASKS : 0) |
                    (systemd_flag.restarts ? SYSTEMD_WANT_RESTARTS : 0) |
                    (systemd_flag.start_time ? SYSTEMD_WANT_START_TIME : 0);
        *priv = s;
        return 0;
    }
    if (s)
        systemd_fini(s);
    return node_fail(err, why.code, "systemd: %s", why.text);
}

static void systemd_flags(struct flags *flags)
{
    flags_string(flags, "collector.systemd.unit-include",
                 "Show only units whose whole name matches this pattern.",
                 &systemd_flag.include.value, &systemd_flag.include.set);
    flags_string(flags, "collector.systemd.unit-whitelist", "Old name of unit-include.",
                 &systemd_flag.include.old, NULL);
    flags_hide(flags);
    flags_string(flags, "collector.systemd.unit-exclude",
                 "Leave out units whose whole name matches this pattern.",
                 &systemd_flag.exclude.value, &systemd_flag.exclude.set);
    flags_string(flags, "collector.systemd.unit-blacklist", "Old name of unit-exclude.",
                 &systemd_flag.exclude.old, NULL);
    flags_hide(flags);
    flags_bool(flags, "collector.systemd.private",
               "Speak to systemd without the bus, which only root may.",
               &systemd_flag.private, NULL);
    flags_hide(flags);
    flags_bool(flags, "collector.systemd.enable-task-metrics",
               "Also show the number of tasks of services and its limit.",
               &systemd_flag.tasks, NULL);
    flags_bool(flags, "collector.systemd.enable-restarts-metrics",
               "Also show how often services were restarted.", &systemd_flag.restarts,
               NULL);
    flags_bool(flags, "collector.systemd.enable-start-time-metrics",
               "Also show when units became active.", &systemd_flag.start_time, NULL);
}

const struct node_collector node_systemd_collector = {
    .name = "systemd",
    .help = "State of systemd's units.",
    .flags = systemd_flags,
    .init = systemd_init,
    .collect = systemd_collect,
    .fini = systemd_fini,
};
