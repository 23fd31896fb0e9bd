/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_track.h - what groups of tasks have used, from what each task shows at each
 * scan. Tasks are processes, or threads; nothing here knows where they come from.
 *
 * A task is known by its number and when it began. What it adds to its group's counters
 * is what it used since the last scan; so they go on when it ends. A task that was there
 * before the first scan counts from then, so that they do not jump when the exporter
 * starts anew; one that began later counts whole.
 */
#ifndef NODE_PROCGROUPS_TRACK_H
#define NODE_PROCGROUPS_TRACK_H

#include <stddef.h>
#include <stdint.h>

/* Counters, in the units of their source. */
enum procgroups_counter {
    PROCGROUPS_CPU_USER, /* clock ticks */
    PROCGROUPS_CPU_SYSTEM,
    PROCGROUPS_READ, /* bytes */
    PROCGROUPS_WRITE,
    PROCGROUPS_MAJOR, /* page faults */
    PROCGROUPS_MINOR,
    PROCGROUPS_VOLUNTARY, /* context switches */
    PROCGROUPS_NONVOLUNTARY,
    PROCGROUPS_COUNTERS
};

/* Values that are added up over the tasks that are there. */
enum procgroups_gauge {
    PROCGROUPS_RESIDENT, /* bytes */
    PROCGROUPS_VIRTUAL,
    PROCGROUPS_SWAPPED,
    PROCGROUPS_PSS,
    PROCGROUPS_SWAP_PSS,
    PROCGROUPS_THREADS,
    PROCGROUPS_FDS,
    PROCGROUPS_GAUGES
};

enum procgroups_state {
    PROCGROUPS_RUNNING,
    PROCGROUPS_SLEEPING,
    PROCGROUPS_WAITING,
    PROCGROUPS_ZOMBIE,
    PROCGROUPS_OTHER,
    PROCGROUPS_STATES
};

/* A task at a scan. */
struct procgroups_sample {
    int id;
    int parent;      /* 0: none */
    uint64_t start;  /* clock ticks after boot */
    char state;      /* the letter */
    double fd_ratio; /* of the descriptors it may open, how many it has */
    uint64_t counter[PROCGROUPS_COUNTERS];
    uint64_t gauge[PROCGROUPS_GAUGES];
};

struct procgroups_task {
    struct procgroups_sample now;
    uint64_t last[PROCGROUPS_COUNTERS]; /* what has been added to a group */
    uint64_t named;  /* when its name was last asked for, in ticks; 0 */
    uint32_t group;  /* its place; PROCGROUPS_NONE */
    uint32_t next;   /* in its bucket */
    uint8_t seen;    /* in this scan */
    uint8_t unnamed; /* no name has been asked for yet */
    uint8_t settled; /* whether it has a group, its own or inherited */
};
#define PROCGROUPS_NONE UINT32_MAX

struct procgroups_group {
    char *name; /* NULL: an unused place */
    uint64_t total[PROCGROUPS_COUNTERS];
    uint64_t gauge[PROCGROUPS_GAUGES];
    uint64_t state[PROCGROUPS_STATES];
    uint64_t tasks;
    uint64_t oldest; /* ticks; of the tasks that are there */
    double worst_fd_ratio;
    double recent; /* CPU ticks, of which half is forgotten in ten minutes */
    uint32_t next; /* in its bucket */
};

/* The name of what does not fit. */
#define PROCGROUPS_REST "other"

struct procgroups {
    size_t max_groups;
    int inherit;      /* a task without a group is in that of its parent */
    int remove_empty; /* forget groups without tasks */
    const char *rest; /* the group of what would be groups beyond max_groups */

    struct procgroups_task *task;
    size_t tasks, task_cap;
    struct procgroups_group *group; /* places stay what they are while they are used */
    size_t groups, group_cap;
    size_t used; /* groups that there are, the rest not counted */
    uint32_t *task_bucket, *group_bucket;
    size_t task_buckets, group_buckets;
    uint64_t now, before; /* this scan and the last one, in ticks; 0: there was none */
};

/* Start from zeros and the first four fields. All return 0 or -ENOMEM. */

/* A scan begins, at that time in clock ticks after boot. */
void procgroups_begin(struct procgroups *t, uint64_t now);

/* A task is there. */
int procgroups_see(struct procgroups *t, const struct procgroups_sample *s);

/* 1 for a task that needs a name: it is new, or was so young when it was asked for that it
 * may not yet have been what it was to be, as between fork and exec. */
int procgroups_wants(const struct procgroups_task *task);

/* Its group; name NULL: it has none of its own. */
int procgroups_name(struct procgroups *t, struct procgroups_task *task, const char *name);

/* The task with this number, or NULL. */
struct procgroups_task *procgroups_find(const struct procgroups *t, int id);

/* The scan is over: add up. */
void procgroups_end(struct procgroups *t, double ticks_per_second);

void procgroups_free(struct procgroups *t);

#endif /* NODE_PROCGROUPS_TRACK_H */
