/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_groups.c - what groups of processes use, under the names of process-exporter.
 *
 * libproc2 reads the processes (procgroups_read.c), rules name their groups
 * (procgroups_rules.c), and the sums are kept from scan to scan (procgroups_track.c).
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/readfile.h"
#include "node/collectors/procgroups_emit.h"
#include "node/collectors/procgroups_read.h"
#include "node/fail.h"
#include "node/grow.h"
#include "node/scan.h"

#define NAME_SIZE 256

/* A group has threads of a few names. */
#define THREAD_GROUPS_PER_GROUP 8

static struct {
    const char *config;
    const char *top_by;
    long max_groups, top;
    int children, remove_empty, io, status, fds, smaps, threads;
} groups_flag = {
    .config = "", .top_by = "cpu", .max_groups = 1000, .children = 1, .io = 1
};

struct groups {
    struct procgroups_rules *rules; /* NULL: a group for each command name */
    struct procgroups_reader *reader;
    struct procgroups processes, threads;
    struct procgroups_show show;
    unsigned *unnamed; /* processes that need a name */
    size_t n_unnamed, unnamed_cap;
    int full; /* it has been said that there are too many groups */
    int rc;   /* the first error inside a callback */
};

/* ------------------------------------------------------------------------------------
 * A scan
 */

/* Clock ticks after boot, which is when processes begin. */
static uint64_t ticks_now(double per_second)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return (uint64_t)(((double)t.tv_sec + (double)t.tv_nsec * 1e-9) * per_second);
}

static void note(struct groups *s, int rc)
{
    if (s->rc == 0)
        s->rc = rc;
}

static void on_process(void *arg, const struct procgroups_sample *sample)
{
    struct groups *s = arg;

    note(s, procgroups_see(&s->processes, sample));
}

/* The command name. Kernel threads have what they are for, or on which CPU, behind a slash;
 * there are many, and kworkers change what they are for. */
static void default_name(const char *comm, int parent, char name[static NAME_SIZE])
{
    enum { KTHREADD = 2 };
    struct span rest = span_str(comm), before;

    if (parent != KTHREADD || !scan_until(&rest, '/', &before) || before.n == 0)
        before = span_str(comm);
    span_copy(before, name, NAME_SIZE);
}

static void on_attrs(void *arg, struct procgroups_attrs *a, uint64_t start)
{
    struct groups *s = arg;
    struct procgroups_task *task = procgroups_find(&s->processes, a->pid);
    char name[NAME_SIZE];
    const char *group = name;

    if (!task || task->now.start != start)
        return;
    a->start = (int64_t)(s->show.boot + (double)start / s->show.ticks_per_second);
    if (!s->rules)
        default_name(a->comm ? a->comm : "", task->now.parent, name);
    else if (!procgroups_rules_apply(s->rules, a, name, sizeof(name)))
        group = NULL;
    note(s, procgroups_name(&s->processes, task, group));
}

/* Threads are in groups of their process's group and their own name. */
static void on_thread(void *arg, const struct procgroups_sample *sample, const char *comm)
{
    struct groups *s = arg;
    const struct procgroups_task *process =
        procgroups_find(&s->processes, sample->parent);
    char name[NAME_SIZE + 64];
    int rc = procgroups_see(&s->threads, sample);
    struct procgroups_task *task =
        rc == 0 ? procgroups_find(&s->threads, sample->id) : NULL;

    note(s, rc);
    if (!task || !process || process->group == PROCGROUPS_NONE || !procgroups_wants(task))
        return;
    snprintf(name, sizeof(name), "%s%c%s", s->processes.group[process->group].name,
             PROCGROUPS_THREAD_MARK, comm ? comm : "");
    note(s, procgroups_name(&s->threads, task, name));
}

static int find_unnamed(struct groups *s)
{
    s->n_unnamed = 0;
    for (size_t i = 0; i < s->processes.tasks; i++) {
        const struct procgroups_task *t = &s->processes.task[i];

        if (!procgroups_wants(t))
            continue;
        if (grow(&s->unnamed, s->n_unnamed, &s->unnamed_cap, sizeof(*s->unnamed)) != 0)
            return -ENOMEM;
        s->unnamed[s->n_unnamed++] = (unsigned)t->now.id;
    }
    return 0;
}

static void say_when_full(struct groups *s)
{
    char max[24];

    if (s->full || s->processes.used < s->processes.max_groups)
        return;
    s->full = 1;
    snprintf(max, sizeof(max), "%zu", s->processes.max_groups);
    log_warn("As many groups of processes as there may be; those that come now are "
             "counted as " PROCGROUPS_REST,
             "flag", "--collector.process_groups.max-groups", "groups", max);
}

static int groups_scan(struct groups *s, promc_error *err)
{
    double per_second = s->show.ticks_per_second;
    int rc;

    s->rc = 0;
    procgroups_begin(&s->processes, ticks_now(per_second));
    rc = procgroups_reader_tasks(s->reader, on_process, s, err);
    if (rc)
        return rc;
    note(s, find_unnamed(s));
    rc = procgroups_reader_attrs(s->reader, s->unnamed, s->n_unnamed, on_attrs, s, err);
    procgroups_end(&s->processes, per_second);
    if (rc == 0 && groups_flag.threads) {
        procgroups_begin(&s->threads, s->processes.now);
        rc = procgroups_reader_threads(s->reader, on_thread, s, err);
        if (rc == 0)
            procgroups_end(&s->threads, per_second);
    }
    say_when_full(s);
    return rc || s->rc == 0 ? rc : node_fail(err, s->rc, "out of memory");
}

static int groups_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct groups *s = priv;
    int rc = groups_scan(s, err);

    (void)ctx;
    if (rc)
        return rc;
    rc = procgroups_emit(&s->show, &s->processes, &s->threads, out);
    return rc ? node_fail(err, rc, "out of memory") : 0;
}

/* ------------------------------------------------------------------------------------
 * Setting up
 */

static int read_config(struct groups *s, promc_error *err)
{
    struct readbuf text = { NULL, 0, 0 };
    int rc;

    if (groups_flag.config[0] == '\0')
        return 0;
    rc = read_file(NULL, groups_flag.config, &text, 0);
    if (rc) {
        rc = node_fail(err, rc, "%s: %s", groups_flag.config, strerror(-rc));
    } else {
        s->rules = procgroups_config(groups_flag.config, text.data, text.len, err);
        rc = s->rules ? 0 : -EINVAL;
    }
    readbuf_free(&text);
    return rc;
}

/* When the machine was booted, in seconds since 1970: the kernel's own idea of it, since
 * two clocks that are read one after the other differ a little each time. */
static double boot_time(void)
{
    struct readbuf text = { NULL, 0, 0 };
    struct span rest, line, field;
    uint64_t v = 0;

    if (read_file("/proc", "stat", &text, 0) == 0) {
        rest = span_of(text.data, text.len);
        while (scan_line(&rest, &line)) {
            if (scan_field(&line, &field) && span_is(field, "btime"))
                scan_u64(span_trim(line), &v);
        }
    }
    readbuf_free(&text);
    return (double)v;
}

static void groups_fini(void *priv)
{
    struct groups *s = priv;

    procgroups_reader_free(s->reader);
    procgroups_rules_free(s->rules);
    procgroups_free(&s->processes);
    procgroups_free(&s->threads);
    free(s->show.shown);
    free(s->unnamed);
    free(s);
}

static unsigned has(void)
{
    return (groups_flag.io ? PROCGROUPS_HAS_IO : 0U) |
           (groups_flag.status ? PROCGROUPS_HAS_STATUS : 0U) |
           (groups_flag.fds ? PROCGROUPS_HAS_FDS : 0U) |
           (groups_flag.smaps ? PROCGROUPS_HAS_SMAPS : 0U);
}

static int groups_start(struct groups *s, promc_error *err)
{
    struct procgroups_want want = { .io = groups_flag.io,
                                    .status = groups_flag.status,
                                    .fds = groups_flag.fds,
                                    .smaps = groups_flag.smaps,
                                    .threads = groups_flag.threads };
    int rc = read_config(s, err);

    if (rc)
        return rc;
    want.attrs = s->rules ? procgroups_rules_needs(s->rules) : 0;
    s->reader = procgroups_reader_new(&want, err);
    if (!s->reader)
        return -ENOTSUP;
    s->show = (struct procgroups_show){
        .has = has(),
        .ticks_per_second = (double)sysconf(_SC_CLK_TCK),
        .boot = boot_time(),
        .top = (size_t)groups_flag.top,
        .by_memory = strcmp(groups_flag.top_by, "memory") == 0,
    };
    s->processes.max_groups = (size_t)groups_flag.max_groups;
    s->processes.inherit = groups_flag.children;
    s->processes.remove_empty = groups_flag.remove_empty;
    s->processes.rest = PROCGROUPS_REST;
    s->threads.max_groups = THREAD_GROUPS_PER_GROUP * s->processes.max_groups;
    s->threads.remove_empty = groups_flag.remove_empty;
    s->threads.rest = PROCGROUPS_REST "\x1f" PROCGROUPS_REST;
    /* What the first scrape shows has been used since now. */
    return groups_scan(s, err);
}

static int groups_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct groups *s;
    int rc;

    if (strcmp(ctx->paths.procfs, "/proc") != 0)
        return node_fail(err, -EINVAL,
                         "--collector.process_groups reads /proc itself and cannot be "
                         "had with --path.procfs=%.60s",
                         ctx->paths.procfs);
    s = calloc(1, sizeof(*s));
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    rc = groups_start(s, err);
    if (rc)
        groups_fini(s);
    else
        *priv = s;
    return rc;
}

static void groups_flags(struct flags *flags)
{
    static const char *const by[] = { "cpu", "memory", NULL };

    flags_string(flags, "collector.process_groups.config",
                 "File with the groups, in process-exporter's YAML; without it each "
                 "command name is a group.",
                 &groups_flag.config, NULL);
    flags_int(flags, "collector.process_groups.max-groups",
              "Groups there may be; processes of any more are in the group "
              "\"" PROCGROUPS_REST "\".",
              &groups_flag.max_groups, 1, 100000);
    flags_int(flags, "collector.process_groups.top",
              "Show only that many groups; 0: all.", &groups_flag.top, 0, 100000);
    flags_choice(flags, "collector.process_groups.top-by",
                 "Which groups those are: the ones that lately used most cpu, or that "
                 "have most memory.",
                 &groups_flag.top_by, by);
    flags_bool(flags, "collector.process_groups.children",
               "A process that no rule matches is in the group of its parent.",
               &groups_flag.children, NULL);
    flags_bool(flags, "collector.process_groups.remove-empty-groups",
               "Forget groups that have no processes any more.",
               &groups_flag.remove_empty, NULL);
    flags_bool(flags, "collector.process_groups.io",
               "Bytes read and written; one file more for each process.", &groups_flag.io,
               NULL);
    flags_bool(flags, "collector.process_groups.status",
               "Swapped memory and context switches; one file more for each process.",
               &groups_flag.status, NULL);
    flags_bool(flags, "collector.process_groups.fds",
               "File descriptors; one directory more for each process.", &groups_flag.fds,
               NULL);
    flags_bool(flags, "collector.process_groups.smaps",
               "Proportional memory, which is slow: the kernel walks all pages.",
               &groups_flag.smaps, NULL);
    flags_bool(flags, "collector.process_groups.threads",
               "Metrics of threads by their names.", &groups_flag.threads, NULL);
}

const struct node_collector node_process_groups_collector = {
    .name = "process_groups",
    .help = "What groups of processes use.",
    .flags = groups_flags,
    .init = groups_init,
    .collect = groups_collect,
    .fini = groups_fini,
};
