/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf.c - hardware, software and cache events and tracepoints, counted by the kernel for
 * each CPU.
 *
 * The counters are opened once and run until the exporter ends; a scrape reads them. When
 * there are more than the CPU has registers for, the kernel lets them take turns, and each
 * shows what it saw while it was on.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/readfile.h"
#include "node/attr.h"
#include "node/collectors/perf.h"
#include "node/dirlist.h"
#include "node/fail.h"

static struct {
    const char *cpus;
    struct flag_list tracepoints;
    int disabled[PERF_GROUPS];
    struct flag_list profilers[PERF_GROUPS];
} perf_flag;

static const char *const perf_group_names[PERF_GROUPS] = { "hardware", "software",
                                                           "cache" };

/* One event, counted on all CPUs. */
struct perf_counter {
    char metric[200];
    const char *help;
    uint32_t type;
    uint64_t config;
    int *fd; /* by place in the list of CPUs; -1: not counted there */
};

struct perf {
    struct perf_counter *v;
    size_t n;
    unsigned *cpu;
    size_t cpus;
    size_t open; /* counters that count */
    int why_not; /* the error of one that does not, the most telling one */
};

/* ------------------------------------------------------------------------------------
 * Setting up
 */

static int perf_open(const struct perf_counter *c, unsigned cpu)
{
    struct perf_event_attr attr = {
        .type = c->type,
        .size = sizeof(attr),
        .config = c->config,
        .exclude_hv = 1,
    };
    long fd = syscall(SYS_perf_event_open, &attr, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}

static int is_permission(int rc)
{
    return rc == -EACCES || rc == -EPERM;
}

/* As many open files as we may have: there is one per event and CPU, and the usual limit is
 * meant for programs that use select(). */
static void raise_file_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Open all counters on all CPUs. An event that this machine does not count is left out;
 * only want of descriptors ends it. */
static int perf_open_all(struct perf *s, promc_error *err)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->cpus; k++) {
            int fd = perf_open(&s->v[i], s->cpu[k]);

            s->v[i].fd[k] = fd < 0 ? -1 : fd;
            if (fd == -EMFILE || fd == -ENFILE)
                return node_fail(err, fd,
                                 "counting %zu events on %zu CPUs takes as many open "
                                 "files; the limit is lower",
                                 s->n, s->cpus);
            if (fd >= 0)
                s->open++;
            else if (s->why_not == 0 || is_permission(fd))
                s->why_not = fd;
        }
    }
    return 0;
}

static struct perf_counter *perf_add(struct perf *s, uint32_t type, uint64_t config)
{
    struct perf_counter *c = &s->v[s->n];

    c->type = type;
    c->config = config;
    c->fd = malloc(s->cpus * sizeof(*c->fd));
    if (!c->fd)
        return NULL;
    memset(c->fd, 0xff, s->cpus * sizeof(*c->fd));
    s->n++;
    return c;
}

/* The number of a tracepoint, which its directory in tracefs holds. */
static int tracepoint_id(const struct node_ctx *ctx, const char *path, uint64_t *id)
{
    static const char *const mounts[] = { "kernel/tracing/events",
                                          "kernel/debug/tracing/events" };
    int rc = -ENOENT;

    for (size_t i = 0; i < 2 && rc != 0; i++) {
        char dir[4096];
        int fd, one;

        snprintf(dir, sizeof(dir), "%s/%s", ctx->paths.sysfs, mounts[i]);
        fd = dirlist_open(dir, "");
        one = fd < 0 ? fd : attr_u64(fd, path, id);
        if (fd >= 0)
            close(fd);
        if (one != -ENOENT || i == 0)
            rc = one;
    }
    return rc;
}

static int perf_add_tracepoint(const struct node_ctx *ctx, struct perf *s,
                               const char *name, promc_error *err)
{
    char path[200], metric[200], why[64];
    struct perf_counter *c;
    uint64_t id;
    int rc = perf_tracepoint(name, path, sizeof(path), metric, sizeof(metric));

    if (rc)
        return node_fail(err, rc,
                         "--collector.perf.tracepoint: \"%.60s\" is not SUBSYSTEM:EVENT",
                         name);
    rc = tracepoint_id(ctx, path, &id);
    if (rc)
        return node_fail(err, rc, "--collector.perf.tracepoint: %.60s: %s", name,
                         strerror_r(-rc, why, sizeof(why)));
    c = perf_add(s, PERF_TYPE_TRACEPOINT, id);
    if (!c)
        return node_fail(err, -ENOMEM, "out of memory");
    c->help = "Times that the kernel has passed the tracepoint.";
    memcpy(c->metric, metric, sizeof(c->metric));
    return 0;
}

/* With a list, only what is on it. */
static int is_wanted(const struct flag_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], name) == 0)
            return 1;
    }
    return list->n == 0;
}

/* The peer goes on without what it does not know. */
static void warn_unknown(enum perf_group group)
{
    const struct flag_list *list = &perf_flag.profilers[group];

    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;

        while (k < perf_events_n && (perf_events[k].group != group ||
                                     strcmp(perf_events[k].profiler, list->v[i]) != 0))
            k++;
        if (k == perf_events_n)
            log_warn("Unknown perf profiler", "group", perf_group_names[group],
                     "profiler", list->v[i]);
    }
}

static int perf_add_events(struct perf *s, promc_error *err)
{
    for (size_t g = 0; g < PERF_GROUPS; g++)
        warn_unknown((enum perf_group)g);
    for (size_t i = 0; i < perf_events_n; i++) {
        const struct perf_event *e = &perf_events[i];
        struct perf_counter *c;

        if (perf_flag.disabled[e->group] ||
            !is_wanted(&perf_flag.profilers[e->group], e->profiler))
            continue;
        c = perf_add(s, e->type, e->config);
        if (!c)
            return node_fail(err, -ENOMEM, "out of memory");
        c->help = e->help;
        snprintf(c->metric, sizeof(c->metric), "%s", e->metric);
    }
    return 0;
}

/* Fill s->cpu from the flag, or with those that are on line. */
static int perf_list_cpus(const struct node_ctx *ctx, struct perf *s, promc_error *err)
{
    struct perf_cpus cpus = { { 0 } };
    struct readbuf online = { NULL, 0, 0 };
    struct span list = span_of("0", 1);
    int given = perf_flag.cpus && perf_flag.cpus[0], rc;

    if (given)
        list = span_str(perf_flag.cpus);
    else if (read_file(ctx->paths.sysfs, "devices/system/cpu/online", &online, 0) == 0)
        list = span_trim(span_of(online.data, online.len));
    rc = perf_cpus_add(&cpus, list);
    readbuf_free(&online);
    if (rc)
        return node_fail(err, rc, "%s is no list of CPUs like 0,2-4",
                         given ? "--collector.perf.cpus" : "devices/system/cpu/online");
    s->cpu = malloc(PERF_MAX_CPUS * sizeof(*s->cpu));
    if (!s->cpu)
        return node_fail(err, -ENOMEM, "out of memory");
    for (unsigned i = 0; i < PERF_MAX_CPUS; i++) {
        if (perf_cpus_has(&cpus, i))
            s->cpu[s->cpus++] = i;
    }
    return 0;
}

static void perf_fini(void *priv)
{
    struct perf *s = priv;

    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->cpus; k++) {
            if (s->v[i].fd[k] >= 0)
                close(s->v[i].fd[k]);
        }
        free(s->v[i].fd);
    }
    free(s->v);
    free(s->cpu);
    free(s);
}

static int perf_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct perf *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->v = calloc(perf_events_n + perf_flag.tracepoints.n, sizeof(*s->v));
    rc = s->v ? perf_list_cpus(ctx, s, err) : node_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < perf_flag.tracepoints.n; i++)
        rc = perf_add_tracepoint(ctx, s, perf_flag.tracepoints.v[i], err);
    if (rc == 0)
        rc = perf_add_events(s, err);
    if (rc == 0) {
        raise_file_limit();
        rc = perf_open_all(s, err);
    }
    if (rc) {
        perf_fini(s);
        return rc;
    }
    *priv = s;
    return 0;
}

/* ------------------------------------------------------------------------------------
 * A scrape
 */

static void perf_emit(const struct perf *s, const struct perf_counter *c,
                      promc_emitter *out)
{
    promc_samples *f = promc_emit_family(out, PROMC_TYPE_COUNTER, c->metric, c->help,
                                         PROMC_LABELS("cpu"));

    for (size_t k = 0; k < s->cpus; k++) {
        uint64_t v;
        char cpu[16];

        /* A CPU that is off line now reads as an end of file. */
        if (c->fd[k] < 0 || read(c->fd[k], &v, sizeof(v)) != (ssize_t)sizeof(v))
            continue;
        snprintf(cpu, sizeof(cpu), "%u", s->cpu[k]);
        promc_emit(f, PROMC_LABELS(cpu), (double)v);
    }
}

static int perf_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    const struct perf *s = priv;

    (void)ctx;
    for (size_t i = 0; i < s->n; i++)
        perf_emit(s, &s->v[i], out);
    if (s->open > 0 || s->n == 0)
        return 0;
    if (is_permission(s->why_not))
        return node_fail(err, s->why_not,
                         "counting is not allowed: it takes CAP_PERFMON, or a "
                         "kernel.perf_event_paranoid of 0 or less");
    node_fail(err, s->why_not, "this machine counts none of these events");
    return NODE_NODATA;
}

static void perf_flags(struct flags *flags)
{
    flags_string(flags, "collector.perf.cpus",
                 "CPUs to count on, as 0,2-4 or 0-15:4; all when empty.", &perf_flag.cpus,
                 NULL);
    flags_list(flags, "collector.perf.tracepoint",
               "Tracepoint to count, SUBSYSTEM:EVENT; may be repeated.",
               &perf_flag.tracepoints);
    flags_bool(flags, "collector.perf.disable-hardware-profilers",
               "Count no hardware events.", &perf_flag.disabled[PERF_HARDWARE], NULL);
    flags_list(flags, "collector.perf.hardware-profilers",
               "Hardware event to count, such as CpuCycles; may be repeated; all when "
               "there is none.",
               &perf_flag.profilers[PERF_HARDWARE]);
    flags_bool(flags, "collector.perf.disable-software-profilers",
               "Count no software events.", &perf_flag.disabled[PERF_SOFTWARE], NULL);
    flags_list(flags, "collector.perf.software-profilers",
               "Software event to count, such as PageFault; may be repeated; all when "
               "there is none.",
               &perf_flag.profilers[PERF_SOFTWARE]);
    flags_bool(flags, "collector.perf.disable-cache-profilers", "Count no cache events.",
               &perf_flag.disabled[PERF_CACHE], NULL);
    flags_list(flags, "collector.perf.cache-profilers",
               "Cache event to count, such as LLReadMiss; may be repeated; all when "
               "there is none.",
               &perf_flag.profilers[PERF_CACHE]);
}

const struct node_collector node_perf_collector = {
    .name = "perf",
    .help = "Events that the kernel counts per CPU.",
    .flags = perf_flags,
    .init = perf_init,
    .collect = perf_collect,
    .fini = perf_fini,
};
