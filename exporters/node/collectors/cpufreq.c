/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpufreq.c - clock frequencies and governors of the CPUs.
 */
#include "config.h"

#include "node/collectors/cpufreq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/collector.h"
#include "node/cpulist.h"
#include "node/dirlist.h"
#include "node/fail.h"
#include "node/scan.h"

#define CPU_DIR "devices/system/cpu"

static int cpufreq_enabled;

int cpufreq_is_enabled(void)
{
    return cpufreq_enabled;
}

/* Files with one frequency in kHz. Which of them exist depends on the driver. */
static const struct {
    const char *file;
    const char *name;
    const char *help;
} cpufreq_metrics[] = {
    { "cpuinfo_cur_freq", "node_cpu_frequency_hertz", "The CPU's clock now." },
    { "cpuinfo_avg_freq", "node_cpu_frequency_avg_hertz", "The CPU's mean clock." },
    { "cpuinfo_min_freq", "node_cpu_frequency_min_hertz", "The CPU's lowest clock." },
    { "cpuinfo_max_freq", "node_cpu_frequency_max_hertz", "The CPU's highest clock." },
    { "scaling_cur_freq", "node_cpu_scaling_frequency_hertz",
      "The clock the governor has chosen." },
    { "scaling_min_freq", "node_cpu_scaling_frequency_min_hertz",
      "The lowest clock the governor may choose." },
    { "scaling_max_freq", "node_cpu_scaling_frequency_max_hertz",
      "The highest clock the governor may choose." },
};
#define CPUFREQ_METRICS (sizeof(cpufreq_metrics) / sizeof(cpufreq_metrics[0]))

struct cpufreq {
    struct dirlist list;
    struct readbuf offline;
    struct readbuf governors; /* with many of them longer than a small value */
};

/* Emit a sample per available governor, 1 for the one in charge. */
static void emit_governors(struct span available, const char *governor, const char *cpu,
                           promc_samples *f)
{
    struct span word;
    char text[64];

    while (scan_field(&available, &word))
        promc_emit(f, PROMC_LABELS(cpu, span_copy(word, text, sizeof(text))),
                   span_is(word, governor));
}

/* Emit the metrics of one CPU from its cpufreq directory. What the driver does not have,
 * does not let us read or cannot say now ("<unknown>", or EBUSY and EAGAIN of a sleeping
 * CPU) is left out: which files work differs from driver to driver. */
static void cpufreq_emit_cpu(struct cpufreq *c, int dirfd, const char *cpu,
                             promc_samples *const *f, promc_samples *governors)
{
    char value[64];

    for (size_t i = 0; i < CPUFREQ_METRICS; i++) {
        ssize_t n = read_value_at(dirfd, cpufreq_metrics[i].file, value, sizeof(value));
        uint64_t khz;

        if (n > 0 && scan_u64(span_of(value, (size_t)n), &khz) == 0)
            promc_emit(f[i], PROMC_LABELS(cpu), (double)khz * 1000.0);
    }
    if (read_value_at(dirfd, "scaling_governor", value, sizeof(value)) > 0 &&
        read_file_at(dirfd, "scaling_available_governors", &c->governors, 0) == 0)
        emit_governors(span_of(c->governors.data, c->governors.len), value, cpu,
                       governors);
}

static void cpufreq_emit(struct cpufreq *c, int dirfd, promc_emitter *out)
{
    struct span offline = span_trim(span_of(c->offline.data, c->offline.len));
    promc_samples *f[CPUFREQ_METRICS], *governors;

    for (size_t i = 0; i < CPUFREQ_METRICS; i++)
        f[i] = promc_emit_family(out, PROMC_TYPE_GAUGE, cpufreq_metrics[i].name,
                                 cpufreq_metrics[i].help, PROMC_LABELS("cpu"));
    governors = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_scaling_governor",
                                  "Whether this governor is in charge of the CPU.",
                                  PROMC_LABELS("cpu", "governor"));
    for (size_t i = 0; i < c->list.n; i++) {
        long cpu = dirlist_number(c->list.v[i].name, "cpu");
        char path[64], name[24];
        int fd;

        if (cpu < 0 || cpulist_has(offline, (unsigned)cpu))
            continue;
        snprintf(path, sizeof(path), "cpu%ld/cpufreq", cpu);
        fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue; /* no driver for this CPU */
        snprintf(name, sizeof(name), "%ld", cpu);
        cpufreq_emit_cpu(c, fd, name, f, governors);
        close(fd);
    }
}

static int cpufreq_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct cpufreq *c = priv;
    int fd = -1;
    int rc = dirlist_read(&c->list, ctx->paths.sysfs, CPU_DIR, &fd);

    if (rc)
        return node_fail_read(err, rc, ctx->paths.sysfs, CPU_DIR);
    rc = read_file_at(fd, "offline", &c->offline, 0);
    if (rc)
        node_fail_read(err, rc, ctx->paths.sysfs, CPU_DIR "/offline");
    else
        cpufreq_emit(c, fd, out);
    close(fd);
    return rc;
}

static int cpufreq_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct cpufreq));
    if (!*priv)
        return node_fail(err, -ENOMEM, "out of memory");
    cpufreq_enabled = 1;
    return 0;
}

static void cpufreq_fini(void *priv)
{
    struct cpufreq *c = priv;

    dirlist_free(&c->list);
    readbuf_free(&c->offline);
    readbuf_free(&c->governors);
    free(c);
    cpufreq_enabled = 0;
}

const struct node_collector node_cpufreq_collector = {
    .name = "cpufreq",
    .help = "Clock frequencies and governors per CPU.",
    .default_on = 1,
    .init = cpufreq_init,
    .collect = cpufreq_collect,
    .fini = cpufreq_fini,
};
