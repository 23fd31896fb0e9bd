/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.c - the time each CPU spent in each mode; on demand its model and flags.
 *
 * The kernel's numbers may step back: a little, when idle and iowait are estimated, and
 * to zero, when a CPU is switched off and on. Counters must not, so the highest value of
 * each is kept, until idle falls by so much that it can only be a fresh start.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/filter.h"
#include "common/log.h"
#include "node/collectors/cpu_info.h"
#include "node/collectors/cpu_topology.h"
#include "node/collectors/cpufreq.h"
#include "node/cpulist.h"
#include "node/fail.h"
#include "node/source.h"

/* The kernel counts in hundredths of a second for user space, whatever its own tick is.
 */
#define CPU_USER_HZ 100.0
/* From this step back of idle on, in seconds, a CPU counts as started afresh. */
#define CPU_IDLE_RESTART 3.0

/* The columns of a CPU's line. The guest times are contained in user and nice. */
enum { CPU_IDLE = 3, CPU_MODES = 8, CPU_GUEST = 8, CPU_GUEST_NICE, CPU_COLUMNS };
static const char *const cpu_modes[CPU_MODES] = { "user",   "nice", "system",  "idle",
                                                  "iowait", "irq",  "softirq", "steal" };

static struct {
    int guest;
    int info;
    const char *flags_include;
    const char *bugs_include;
} cpu_flag = { .guest = 1 };

struct cpu_times {
    double seconds[CPU_COLUMNS];
    uint64_t round; /* the scrape that saw it last; 0: none */
};

struct cpu {
    struct source stat;
    struct source cpuinfo;
    struct cpu_topology topology;
    struct filter *flags;
    struct filter *bugs;
    struct cpu_times *times; /* by the CPU's number */
    size_t n_times;
    uint64_t round;
};

/* One line of /proc/stat. Columns that an old kernel does not have are 0. Returns 1 for a
 * CPU; 0 for another line; -EINVAL. */
static int cpu_parse_line(struct span line, unsigned *cpu, double *seconds)
{
    struct span f[1 + CPU_COLUMNS];
    size_t n = scan_fields(line, f, 1 + CPU_COLUMNS);
    uint64_t v;

    if (n == 0 || !span_begins(f[0], "cpu") || f[0].n == 3)
        return 0;
    if (scan_u64(span_of(f[0].p + 3, f[0].n - 3), &v) != 0 || v >= CPULIST_MAX || n < 5)
        return -EINVAL;
    *cpu = (unsigned)v;
    for (size_t i = 0; i < CPU_COLUMNS; i++) {
        v = 0;
        if (i + 1 < n && scan_u64(f[i + 1], &v) != 0)
            return -EINVAL;
        seconds[i] = (double)v / CPU_USER_HZ;
    }
    return 1;
}

/* Take over what was read, except what would be a step back. */
static void cpu_advance(struct cpu_times *t, const double *seconds)
{
    if (t->seconds[CPU_IDLE] - seconds[CPU_IDLE] >= CPU_IDLE_RESTART)
        memset(t->seconds, 0, sizeof(t->seconds));
    for (size_t i = 0; i < CPU_COLUMNS; i++) {
        if (seconds[i] >= t->seconds[i])
            t->seconds[i] = seconds[i];
    }
}

/* What is remembered of a CPU, in this scrape for the first time; NULL when the file
 * names it twice or memory is out. One that was gone in the last scrape has nothing to
 * remember. */
static struct cpu_times *cpu_remembered(struct cpu *c, unsigned cpu)
{
    struct cpu_times *t;

    if (cpu >= c->n_times) {
        size_t n = (size_t)cpu + 1 > 2 * c->n_times ? (size_t)cpu + 1 : 2 * c->n_times;

        t = realloc(c->times, n * sizeof(*t));
        if (!t)
            return NULL;
        memset(t + c->n_times, 0, (n - c->n_times) * sizeof(*t));
        c->times = t;
        c->n_times = n;
    }
    t = &c->times[cpu];
    if (t->round == c->round)
        return NULL;
    if (t->round != c->round - 1)
        memset(t->seconds, 0, sizeof(t->seconds));
    t->round = c->round;
    return t;
}

/* Emit what a whole /proc/stat says of the CPUs. A bad line costs its CPU and makes the
 * result -EINVAL. */
static int cpu_emit(struct cpu *c, struct span text, promc_emitter *out, promc_error *err)
{
    promc_labels labels = PROMC_LABELS("cpu", "mode");
    promc_samples *seconds =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_cpu_seconds_total",
                          "Time the CPU spent in each mode.", labels);
    promc_samples *guest = NULL;
    struct span line;
    size_t no = 0;
    int rc = 0;

    if (cpu_flag.guest)
        guest = promc_emit_family(out, PROMC_TYPE_COUNTER, "node_cpu_guest_seconds_total",
                                  "Time the CPU spent in guests; part of user and nice.",
                                  labels);
    c->round++;
    while (scan_line(&text, &line)) {
        struct cpu_times *t = NULL;
        double now[CPU_COLUMNS];
        char name[24];
        unsigned cpu = 0;
        int is_cpu = cpu_parse_line(line, &cpu, now);

        no++;
        if (is_cpu == 0)
            continue;
        if (is_cpu > 0)
            t = cpu_remembered(c, cpu);
        if (!t) {
            if (rc == 0)
                rc = node_fail_line(err, "stat", no, "not the times of one more CPU");
            continue;
        }
        cpu_advance(t, now);
        snprintf(name, sizeof(name), "%u", cpu);
        for (size_t i = 0; i < CPU_MODES; i++)
            promc_emit(seconds, PROMC_LABELS(name, cpu_modes[i]), t->seconds[i]);
        if (guest) {
            promc_emit(guest, PROMC_LABELS(name, "user"), t->seconds[CPU_GUEST]);
            promc_emit(guest, PROMC_LABELS(name, "nice"), t->seconds[CPU_GUEST_NICE]);
        }
    }
    return rc;
}

static void cpu_fini(void *priv)
{
    struct cpu *c = priv;

    source_close(&c->stat);
    source_close(&c->cpuinfo);
    cpu_topology_free(&c->topology);
    filter_free(c->flags);
    filter_free(c->bugs);
    free(c->times);
    free(c);
}

/* The filter of one of the include flags. Giving one turns the information on. */
static int cpu_filter(const char *what, const char *include, struct filter **f,
                      promc_error *err)
{
    if (!include || include[0] == '\0')
        return 0;
    *f = filter_new(what, include, NULL, err);
    if (!*f)
        return err && err->code < 0 ? err->code : -EINVAL;
    if (!cpu_flag.info)
        log_info("--collector.cpu.info is on because a flag asks for part of it", "flag",
                 what);
    cpu_flag.info = 1;
    return 0;
}

static int cpu_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct cpu *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return node_fail(err, -ENOMEM, "out of memory");
    c->stat = c->cpuinfo = (struct source)SOURCE_INIT;
    rc = cpu_filter("--collector.cpu.info.flags-include", cpu_flag.flags_include,
                    &c->flags, err);
    if (rc == 0)
        rc = cpu_filter("--collector.cpu.info.bugs-include", cpu_flag.bugs_include,
                        &c->bugs, err);
    if (rc) {
        cpu_fini(c);
        return rc;
    }
    cpu_topology_init(&c->topology, ctx);
    *priv = c;
    return 0;
}

static int cpu_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct cpu *c = priv;
    struct cpu_info_opts info = { c->flags, c->bugs, cpufreq_is_enabled() };
    struct span text;
    int rc, info_rc = 0, topology_rc;

    rc = source_read(&c->stat, ctx->paths.procfs, "stat", &text, err);
    if (rc == 0)
        rc = cpu_emit(c, text, out, err);
    if (cpu_flag.info) {
        info_rc = source_read(&c->cpuinfo, ctx->paths.procfs, "cpuinfo", &text,
                              rc ? NULL : err);
        if (info_rc == 0)
            cpu_info_emit(text, &info, out);
    }
    rc = rc ? rc : info_rc;
    topology_rc = cpu_topology_collect(&c->topology, ctx, out, rc ? NULL : err);
    return rc ? rc : topology_rc;
}

static void cpu_flags(struct flags *flags)
{
    flags_bool(flags, "collector.cpu.guest", "Count the time spent in guests apart.",
               &cpu_flag.guest, NULL);
    flags_bool(flags, "collector.cpu.info", "Expose the CPUs' models from /proc/cpuinfo.",
               &cpu_flag.info, NULL);
    flags_string(flags, "collector.cpu.info.flags-include",
                 "Expose the CPU's flags that match this pattern; turns the models on.",
                 &cpu_flag.flags_include, NULL);
    flags_string(flags, "collector.cpu.info.bugs-include",
                 "Expose the CPU's bugs that match this pattern; turns the models on.",
                 &cpu_flag.bugs_include, NULL);
}

const struct node_collector node_cpu_collector = {
    .name = "cpu",
    .help = "Time per CPU and mode.",
    .default_on = 1,
    .flags = cpu_flags,
    .init = cpu_init,
    .collect = cpu_collect,
    .fini = cpu_fini,
};
