/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_topology.c - what sysfs says about the CPUs: isolated, online, throttled by heat.
 *
 * Which CPU sits in which core and package changes only when CPUs go off or on line, and
 * then the list in cpu/online changes too. So four files per CPU are read after a change
 * alone, and a scrape reads that list and the throttle counters, if the machine has any.
 */
#include "config.h"

#include "node/collectors/cpu_topology.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/cpulist.h"
#include "node/fail.h"
#include "node/scan.h"

#define CPU_DIR "devices/system/cpu"

struct cpu_place {
    unsigned cpu;
    int placed; /* package and core are known */
    uint64_t package;
    uint64_t core;
    int counts_core;    /* supplies the counter of its core: the first CPU there does */
    int counts_package; /* the same for its package */
};

/* The text of a list file without its newline. */
static struct span list_of(const struct readbuf *b)
{
    return span_trim(span_of(b->data, b->len));
}

int cpu_topology_init(struct cpu_topology *t, const struct node_ctx *ctx)
{
    if (read_file(ctx->paths.sysfs, CPU_DIR "/isolated", &t->isolated, 0) != 0)
        t->isolated.len = 0; /* the kernel cannot isolate CPUs */
    return 0;
}

void cpu_topology_free(struct cpu_topology *t)
{
    readbuf_free(&t->isolated);
    readbuf_free(&t->online);
    readbuf_free(&t->known);
    dirlist_free(&t->list);
    free(t->v);
}

static int read_number(int dirfd, unsigned cpu, const char *file, uint64_t *v)
{
    char path[64], value[32];
    ssize_t n;

    snprintf(path, sizeof(path), "cpu%u/%s", cpu, file);
    n = read_value_at(dirfd, path, value, sizeof(value));
    if (n < 0)
        return (int)n;
    return scan_u64(span_of(value, (size_t)n), v);
}

static int has_file(int dirfd, unsigned cpu, const char *file)
{
    char path[64];

    snprintf(path, sizeof(path), "cpu%u/%s", cpu, file);
    return faccessat(dirfd, path, F_OK, 0) == 0;
}

/* Choose who supplies the counters: in the order of names, the first of each core. */
static void appoint(struct cpu_topology *t, int dirfd)
{
    for (size_t i = 0; i < t->n; i++) {
        struct cpu_place *p = &t->v[i];

        p->counts_core = p->counts_package = p->placed;
        for (size_t j = 0; j < i && p->counts_core; j++) {
            const struct cpu_place *q = &t->v[j];

            if (!q->placed || q->package != p->package)
                continue;
            p->counts_package = 0;
            if (q->core == p->core)
                p->counts_core = 0;
        }
        if (p->counts_core)
            p->counts_core =
                has_file(dirfd, p->cpu, "thermal_throttle/core_throttle_count");
        if (p->counts_package)
            p->counts_package =
                has_file(dirfd, p->cpu, "thermal_throttle/package_throttle_count");
    }
}

/* Find all CPUs and their places anew. */
static int survey(struct cpu_topology *t, int dirfd)
{
    int rc = dirlist_read_fd(&t->list, dirfd);

    t->n = 0;
    if (rc)
        return rc;
    if (t->list.n > t->cap) {
        struct cpu_place *grown = realloc(t->v, t->list.n * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        t->v = grown;
        t->cap = t->list.n;
    }
    for (size_t i = 0; i < t->list.n; i++) {
        long cpu = dirlist_number(t->list.v[i].name, "cpu");
        struct cpu_place *p = &t->v[t->n];

        if (cpu < 0 || cpu >= CPULIST_MAX)
            continue;
        *p = (struct cpu_place){ .cpu = (unsigned)cpu };
        p->placed = read_number(dirfd, p->cpu, "topology/physical_package_id",
                                &p->package) == 0 &&
                    read_number(dirfd, p->cpu, "topology/core_id", &p->core) == 0;
        t->n++;
    }
    t->has_online = t->n > 0 && has_file(dirfd, t->v[0].cpu, "online");
    appoint(t, dirfd);
    return 0;
}

/* Survey if the list of CPUs on line is not the one of last time. */
static int refresh(struct cpu_topology *t, int dirfd)
{
    struct readbuf swap;
    int rc = read_file_at(dirfd, "online", &t->online, 0);

    if (rc)
        t->online.len = 0; /* an old kernel: then nothing ever changes, either */
    if (t->valid && t->known.len == t->online.len &&
        (t->online.len == 0 || memcmp(t->known.data, t->online.data, t->online.len) == 0))
        return 0;
    t->valid = 0;
    rc = survey(t, dirfd);
    if (rc)
        return rc;
    swap = t->known;
    t->known = t->online;
    t->online = swap;
    t->valid = 1;
    return 0;
}

static void emit_isolated(const struct cpu_topology *t, promc_emitter *out)
{
    struct span list = list_of(&t->isolated);
    promc_samples *f;
    unsigned first, last;
    char cpu[24];

    if (list.n == 0)
        return;
    f = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_isolated",
                          "The CPU is kept out of normal scheduling.",
                          PROMC_LABELS("cpu"));
    while (cpulist_next(&list, &first, &last) > 0) {
        for (unsigned i = first; i <= last; i++) {
            snprintf(cpu, sizeof(cpu), "%u", i);
            promc_emit(f, PROMC_LABELS(cpu), 1);
        }
    }
}

static void emit_online(const struct cpu_topology *t, promc_emitter *out)
{
    promc_samples *f =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_online",
                          "Whether the CPU is on line.", PROMC_LABELS("cpu"));
    char cpu[24];

    for (size_t i = 0; i < t->n; i++) {
        snprintf(cpu, sizeof(cpu), "%u", t->v[i].cpu);
        promc_emit(f, PROMC_LABELS(cpu), cpulist_has(list_of(&t->known), t->v[i].cpu));
    }
}

static void emit_throttles(const struct cpu_topology *t, int dirfd, promc_emitter *out)
{
    promc_samples *cores = promc_emit_family(
        out, PROMC_TYPE_COUNTER, "node_cpu_core_throttles_total",
        "Times heat slowed the core down.", PROMC_LABELS("package", "core"));
    promc_samples *packages =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_cpu_package_throttles_total",
                          "Times heat slowed the package down.", PROMC_LABELS("package"));

    for (size_t i = 0; i < t->n; i++) {
        const struct cpu_place *p = &t->v[i];
        char package[24], core[24];
        uint64_t count;

        if (!p->counts_core && !p->counts_package)
            continue;
        snprintf(package, sizeof(package), "%llu", (unsigned long long)p->package);
        snprintf(core, sizeof(core), "%llu", (unsigned long long)p->core);
        if (p->counts_core &&
            read_number(dirfd, p->cpu, "thermal_throttle/core_throttle_count", &count) ==
                0)
            promc_emit(cores, PROMC_LABELS(package, core), (double)count);
        if (p->counts_package &&
            read_number(dirfd, p->cpu, "thermal_throttle/package_throttle_count",
                        &count) == 0)
            promc_emit(packages, PROMC_LABELS(package), (double)count);
    }
}

int cpu_topology_collect(struct cpu_topology *t, const struct node_ctx *ctx,
                         promc_emitter *out, promc_error *err)
{
    int dirfd = dirlist_open(ctx->paths.sysfs, CPU_DIR);
    int rc;

    if (dirfd == -ENOENT)
        return 0; /* no sysfs here: not worth losing the CPU times for */
    if (dirfd < 0)
        return node_fail_read(err, dirfd, ctx->paths.sysfs, CPU_DIR);
    emit_isolated(t, out);
    rc = refresh(t, dirfd);
    if (rc) {
        node_fail_read(err, rc, ctx->paths.sysfs, CPU_DIR);
    } else {
        if (t->has_online)
            emit_online(t, out);
        emit_throttles(t, dirfd, out);
    }
    close(dirfd);
    return rc;
}
