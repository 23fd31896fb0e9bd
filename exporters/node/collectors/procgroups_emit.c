/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_emit.c - a table of families, each a sample or some for each group.
 */
#include "config.h"

#include "node/collectors/procgroups_emit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node/emit.h"

#define PREFIX "namedprocess_namegroup_"

/* Where a value is in a group, and what is done to it. */
enum source { COUNTER, SECONDS, GAUGE, STATE, TASKS, FD_RATIO, OLDEST, NO_SOURCE };

struct part {
    const char *label; /* its value; NULL: the family has none */
    enum source source;
    int i;
    unsigned has;
};

struct family {
    const char *name, *help, *label;
    promc_type type;
    struct part part[5];
};

#define END                                                                              \
    {                                                                                    \
        NULL, NO_SOURCE, 0, 0                                                            \
    }

static const struct family of_processes[] = {
    { PREFIX "num_procs",
      "Processes in the group.",
      NULL,
      PROMC_TYPE_GAUGE,
      { { NULL, TASKS, 0, 0 }, END } },
    { PREFIX "cpu_seconds_total",
      "CPU time used.",
      "mode",
      PROMC_TYPE_COUNTER,
      { { "user", SECONDS, PROCGROUPS_CPU_USER, 0 },
        { "system", SECONDS, PROCGROUPS_CPU_SYSTEM, 0 },
        END } },
    { PREFIX "read_bytes_total",
      "Bytes read from storage.",
      NULL,
      PROMC_TYPE_COUNTER,
      { { NULL, COUNTER, PROCGROUPS_READ, PROCGROUPS_HAS_IO }, END } },
    { PREFIX "write_bytes_total",
      "Bytes written to storage.",
      NULL,
      PROMC_TYPE_COUNTER,
      { { NULL, COUNTER, PROCGROUPS_WRITE, PROCGROUPS_HAS_IO }, END } },
    { PREFIX "major_page_faults_total",
      "Page faults that had to read from storage.",
      NULL,
      PROMC_TYPE_COUNTER,
      { { NULL, COUNTER, PROCGROUPS_MAJOR, 0 }, END } },
    { PREFIX "minor_page_faults_total",
      "Page faults that needed no reading.",
      NULL,
      PROMC_TYPE_COUNTER,
      { { NULL, COUNTER, PROCGROUPS_MINOR, 0 }, END } },
    { PREFIX "context_switches_total",
      "Times that a main thread left a CPU.",
      "ctxswitchtype",
      PROMC_TYPE_COUNTER,
      { { "voluntary", COUNTER, PROCGROUPS_VOLUNTARY, PROCGROUPS_HAS_STATUS },
        { "nonvoluntary", COUNTER, PROCGROUPS_NONVOLUNTARY, PROCGROUPS_HAS_STATUS },
        END } },
    { PREFIX "memory_bytes",
      "Memory in use.",
      "memtype",
      PROMC_TYPE_GAUGE,
      { { "resident", GAUGE, PROCGROUPS_RESIDENT, 0 },
        { "virtual", GAUGE, PROCGROUPS_VIRTUAL, 0 },
        { "swapped", GAUGE, PROCGROUPS_SWAPPED, PROCGROUPS_HAS_STATUS },
        { "proportionalResident", GAUGE, PROCGROUPS_PSS, PROCGROUPS_HAS_SMAPS },
        { "proportionalSwapped", GAUGE, PROCGROUPS_SWAP_PSS, PROCGROUPS_HAS_SMAPS } } },
    { PREFIX "open_filedesc",
      "Open file descriptors.",
      NULL,
      PROMC_TYPE_GAUGE,
      { { NULL, GAUGE, PROCGROUPS_FDS, PROCGROUPS_HAS_FDS }, END } },
    { PREFIX "worst_fd_ratio",
      "Open file descriptors of the process that is nearest to its limit, as a share of "
      "it.",
      NULL,
      PROMC_TYPE_GAUGE,
      { { NULL, FD_RATIO, 0, PROCGROUPS_HAS_FDS }, END } },
    { PREFIX "oldest_start_time_seconds",
      "When the oldest process began, in seconds since 1970.",
      NULL,
      PROMC_TYPE_GAUGE,
      { { NULL, OLDEST, 0, 0 }, END } },
    { PREFIX "num_threads",
      "Threads of all processes in the group.",
      NULL,
      PROMC_TYPE_GAUGE,
      { { NULL, GAUGE, PROCGROUPS_THREADS, 0 }, END } },
    { PREFIX "states",
      "Processes in each state.",
      "state",
      PROMC_TYPE_GAUGE,
      { { "Running", STATE, PROCGROUPS_RUNNING, 0 },
        { "Sleeping", STATE, PROCGROUPS_SLEEPING, 0 },
        { "Waiting", STATE, PROCGROUPS_WAITING, 0 },
        { "Zombie", STATE, PROCGROUPS_ZOMBIE, 0 },
        { "Other", STATE, PROCGROUPS_OTHER, 0 } } },
};

static const struct family of_threads[] = {
    { PREFIX "thread_count",
      "Threads of that name.",
      NULL,
      PROMC_TYPE_GAUGE,
      { { NULL, TASKS, 0, 0 }, END } },
    { PREFIX "thread_cpu_seconds_total",
      "CPU time used by threads of that name.",
      "mode",
      PROMC_TYPE_COUNTER,
      { { "user", SECONDS, PROCGROUPS_CPU_USER, 0 },
        { "system", SECONDS, PROCGROUPS_CPU_SYSTEM, 0 },
        END } },
    { PREFIX "thread_io_bytes_total",
      "Bytes read from and written to storage by threads of that name.",
      "iomode",
      PROMC_TYPE_COUNTER,
      { { "read", COUNTER, PROCGROUPS_READ, PROCGROUPS_HAS_IO },
        { "write", COUNTER, PROCGROUPS_WRITE, PROCGROUPS_HAS_IO },
        END } },
    { PREFIX "thread_major_page_faults_total",
      "Page faults of threads of that name that had to read from storage.",
      NULL,
      PROMC_TYPE_COUNTER,
      { { NULL, COUNTER, PROCGROUPS_MAJOR, 0 }, END } },
    { PREFIX "thread_minor_page_faults_total",
      "Page faults of threads of that name that needed no reading.",
      NULL,
      PROMC_TYPE_COUNTER,
      { { NULL, COUNTER, PROCGROUPS_MINOR, 0 }, END } },
    { PREFIX "thread_context_switches_total",
      "Times that threads of that name left a CPU.",
      "ctxswitchtype",
      PROMC_TYPE_COUNTER,
      { { "voluntary", COUNTER, PROCGROUPS_VOLUNTARY, PROCGROUPS_HAS_STATUS },
        { "nonvoluntary", COUNTER, PROCGROUPS_NONVOLUNTARY, PROCGROUPS_HAS_STATUS },
        END } },
};

static double value_of(const struct procgroups_show *show,
                       const struct procgroups_group *g, const struct part *p)
{
    switch (p->source) {
    case COUNTER:
        return (double)g->total[p->i];
    case SECONDS:
        return (double)g->total[p->i] / show->ticks_per_second;
    case GAUGE:
        return (double)g->gauge[p->i];
    case STATE:
        return (double)g->state[p->i];
    case TASKS:
        return (double)g->tasks;
    case FD_RATIO:
        return g->worst_fd_ratio;
    case OLDEST:
        return g->tasks ? show->boot + (double)g->oldest / show->ticks_per_second : 0;
    default:
        return 0;
    }
}

/* A group as labels: its name, a thread's beside it, and what a family adds. */
struct names {
    char group[520]; /* as long as what is made for a group of threads */
    const char *thread;
};

static void names_split(struct names *n, const char *name, int with_thread)
{
    const char *mark = with_thread ? strrchr(name, PROCGROUPS_THREAD_MARK) : NULL;
    size_t len = mark ? (size_t)(mark - name) : strlen(name);

    if (len >= sizeof(n->group))
        len = sizeof(n->group) - 1;
    memcpy(n->group, name, len);
    n->group[len] = '\0';
    n->thread = mark ? mark + 1 : "";
}

static void emit_family(const struct procgroups_show *show, const struct family *f,
                        const struct procgroups *t, int with_thread, promc_emitter *out)
{
    const char *label[3] = { "groupname" };
    size_t n = 1;
    promc_samples *samples;

    if (with_thread)
        label[n++] = "threadname";
    if (f->label)
        label[n++] = f->label;
    samples =
        promc_emit_family(out, f->type, f->name, f->help, (promc_labels){ label, n });
    for (size_t i = 0; i < t->groups; i++) {
        const struct procgroups_group *g = &t->group[i];
        struct names names;

        if (!g->name || (!with_thread && !show->shown[i]))
            continue;
        names_split(&names, g->name, with_thread);
        label[0] = names.group;
        label[1] = names.thread;
        for (size_t k = 0; k < 5 && f->part[k].source != NO_SOURCE; k++) {
            const struct part *p = &f->part[k];

            if ((p->has & show->has) != p->has)
                continue;
            label[n - 1] = f->label ? p->label : label[n - 1];
            promc_emit(samples, (promc_labels){ label, n }, value_of(show, g, p));
        }
    }
}

/* Choose the groups to show. Returns how many. */
static size_t choose(struct procgroups_show *show, const struct procgroups *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->groups; i++) {
        show->shown[i] = show->top == 0 && t->group[i].name;
        n += show->shown[i];
    }
    for (; show->top > n; n++) {
        size_t best = t->groups;
        double most = -1;

        for (size_t i = 0; i < t->groups; i++) {
            const struct procgroups_group *g = &t->group[i];
            double v =
                show->by_memory ? (double)g->gauge[PROCGROUPS_RESIDENT] : g->recent;

            if (g->name && !show->shown[i] && v > most) {
                best = i;
                most = v;
            }
        }
        if (best == t->groups)
            break;
        show->shown[best] = 1;
    }
    return n;
}

int procgroups_emit(struct procgroups_show *show, const struct procgroups *processes,
                    const struct procgroups *threads, promc_emitter *out)
{
    size_t n;

    if (show->shown_cap < processes->group_cap) {
        uint8_t *grown = realloc(show->shown, processes->group_cap);

        if (!grown)
            return -ENOMEM;
        show->shown = grown;
        show->shown_cap = processes->group_cap;
    }
    n = choose(show, processes);
    for (size_t i = 0; i < sizeof(of_processes) / sizeof(of_processes[0]); i++)
        emit_family(show, &of_processes[i], processes, 0, out);
    for (size_t i = 0;
         threads->groups > 0 && i < sizeof(of_threads) / sizeof(of_threads[0]); i++)
        emit_family(show, &of_threads[i], threads, 1, out);
    emit_gauge(out, "node_process_groups", "Groups of processes that are known.",
               (double)processes->used);
    emit_gauge(out, "node_process_groups_shown", "Groups of processes that are shown.",
               (double)n);
    return 0;
}
