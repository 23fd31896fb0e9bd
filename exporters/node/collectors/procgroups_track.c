/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_track.c - tasks and groups in two arrays, each with a table of chains beside
 * it. Tasks that have ended are squeezed out after each scan, so nothing is ever deleted
 * from a chain: the table is made anew.
 */
#include "config.h"

#include "node/collectors/procgroups_track.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node/grow.h"

#define HALF_LIFE 600.0 /* seconds, of the memory for CPU time */

/* Make a table of at least n chains, all empty. */
static int buckets_make(uint32_t **v, size_t *n, size_t wanted)
{
    size_t size = *n ? *n : 64;

    while (size < wanted)
        size *= 2;
    if (size != *n || !*v) {
        uint32_t *grown = reallocarray(*v, size, sizeof(**v));

        if (!grown)
            return -ENOMEM;
        *v = grown;
        *n = size;
    }
    memset(*v, 0xff, size * sizeof(**v));
    return 0;
}

static size_t hash_id(int id)
{
    return (size_t)(unsigned)id * 2654435761U >> 7;
}

static size_t hash_name(const char *s)
{
    uint64_t h = 1469598103934665603U;

    while (*s)
        h = (h ^ (unsigned char)*s++) * 1099511628211U;
    return (size_t)(h ^ h >> 32);
}

static void task_chain(struct procgroups *t, uint32_t i)
{
    uint32_t *head = &t->task_bucket[hash_id(t->task[i].now.id) & (t->task_buckets - 1)];

    t->task[i].next = *head;
    *head = i;
}

static void group_chain(struct procgroups *t, uint32_t i)
{
    uint32_t *head =
        &t->group_bucket[hash_name(t->group[i].name) & (t->group_buckets - 1)];

    t->group[i].next = *head;
    *head = i;
}

static int tasks_chain(struct procgroups *t)
{
    int rc = buckets_make(&t->task_bucket, &t->task_buckets, t->task_cap);

    for (uint32_t i = 0; rc == 0 && i < t->tasks; i++)
        task_chain(t, i);
    return rc;
}

static int groups_chain(struct procgroups *t)
{
    int rc = buckets_make(&t->group_bucket, &t->group_buckets, t->group_cap);

    for (uint32_t i = 0; rc == 0 && i < t->groups; i++) {
        if (t->group[i].name)
            group_chain(t, i);
    }
    return rc;
}

struct procgroups_task *procgroups_find(const struct procgroups *t, int id)
{
    uint32_t i = PROCGROUPS_NONE;

    if (t->task_buckets > 0)
        i = t->task_bucket[hash_id(id) & (t->task_buckets - 1)];
    while (i != PROCGROUPS_NONE && t->task[i].now.id != id)
        i = t->task[i].next;
    return i == PROCGROUPS_NONE ? NULL : &t->task[i];
}

/* ------------------------------------------------------------------------------------
 * A scan
 */

void procgroups_begin(struct procgroups *t, uint64_t now)
{
    t->before = t->now;
    t->now = now ? now : 1;
    for (size_t i = 0; i < t->tasks; i++)
        t->task[i].seen = 0;
    for (size_t i = 0; i < t->groups; i++) {
        struct procgroups_group *g = &t->group[i];

        memset(g->gauge, 0, sizeof(g->gauge));
        memset(g->state, 0, sizeof(g->state));
        g->tasks = 0;
        g->oldest = 0;
        g->worst_fd_ratio = 0;
    }
}

static int task_new(struct procgroups *t, int id, struct procgroups_task **task)
{
    size_t cap = t->task_cap;
    int rc = t->tasks < PROCGROUPS_NONE
                 ? grow(&t->task, t->tasks, &t->task_cap, sizeof(*t->task))
                 : -ENOMEM;

    if (rc == 0 && cap != t->task_cap)
        rc = tasks_chain(t);
    if (rc)
        return rc;
    *task = &t->task[t->tasks];
    (*task)->now.id = id;
    task_chain(t, (uint32_t)t->tasks++);
    return 0;
}

int procgroups_see(struct procgroups *t, const struct procgroups_sample *s)
{
    struct procgroups_task *task = procgroups_find(t, s->id);
    int is_new = !task || task->now.start != s->start;
    int rc = task ? 0 : task_new(t, s->id, &task);

    if (rc)
        return rc;
    if (is_new) {
        task->group = PROCGROUPS_NONE;
        task->named = 0;
        task->unnamed = 1;
        task->settled = 0;
        if (t->before > 0 && s->start >= t->before)
            memset(task->last, 0, sizeof(task->last));
        else
            memcpy(task->last, s->counter, sizeof(task->last));
    }
    task->now = *s;
    task->seen = 1;
    return 0;
}

/* ------------------------------------------------------------------------------------
 * Names
 */

int procgroups_wants(const struct procgroups_task *task)
{
    enum {
        SETTLES = 500
    }; /* ticks, which are hundredths of a second nearly everywhere */

    return task->seen && (task->unnamed || task->named < task->now.start + SETTLES);
}

static uint32_t group_find(const struct procgroups *t, const char *name)
{
    uint32_t i = PROCGROUPS_NONE;

    if (t->group_buckets > 0)
        i = t->group_bucket[hash_name(name) & (t->group_buckets - 1)];
    while (i != PROCGROUPS_NONE && strcmp(t->group[i].name, name) != 0)
        i = t->group[i].next;
    return i;
}

/* An unused place, or a new one. */
static int group_place(struct procgroups *t, uint32_t *place)
{
    size_t cap = t->group_cap;
    int rc;

    for (*place = 0; *place < t->groups; (*place)++) {
        if (!t->group[*place].name)
            return 0;
    }
    rc = grow(&t->group, t->groups, &t->group_cap, sizeof(*t->group));
    if (rc)
        return rc;
    memset(&t->group[t->groups++], 0, sizeof(*t->group));
    return cap != t->group_cap ? groups_chain(t) : 0;
}

static int group_get(struct procgroups *t, const char *name, uint32_t *group)
{
    char *copy;
    int rc;

    *group = group_find(t, name);
    if (*group != PROCGROUPS_NONE)
        return 0;
    if (t->used >= t->max_groups && strcmp(name, t->rest) != 0)
        return group_get(t, t->rest, group);
    copy = strdup(name);
    rc = copy ? group_place(t, group) : -ENOMEM;
    if (rc) {
        free(copy);
        return rc;
    }
    t->group[*group].name = copy;
    if (strcmp(name, t->rest) != 0)
        t->used++;
    group_chain(t, *group);
    return 0;
}

int procgroups_name(struct procgroups *t, struct procgroups_task *task, const char *name)
{
    int rc = 0;

    task->named = t->now;
    if (name)
        rc = group_get(t, name, &task->group);
    /* What it has got from its parent may be what it lost by exec: keep it. */
    if (name || task->unnamed)
        task->settled = name != NULL;
    task->unnamed = 0;
    return rc;
}

/* ------------------------------------------------------------------------------------
 * Adding up
 */

/* The group of the nearest ancestor that has one, unless one on the way is known to be
 * without. Chains of processes have an end; a loop would be a bug of ours or a number that
 * was used again. */
static void settle(struct procgroups *t, struct procgroups_task *task)
{
    const struct procgroups_task *up = task;

    for (int depth = 0; t->inherit && depth < 1000; depth++) {
        up = procgroups_find(t, up->now.parent);
        if (!up || !up->seen)
            break;
        if (up->group != PROCGROUPS_NONE)
            task->group = up->group;
        if (up->settled || up->group != PROCGROUPS_NONE)
            break;
    }
    task->settled = 1;
}

static enum procgroups_state state_of(char letter)
{
    switch (letter) {
    case 'R':
        return PROCGROUPS_RUNNING;
    case 'S':
        return PROCGROUPS_SLEEPING;
    case 'D':
        return PROCGROUPS_WAITING;
    case 'Z':
        return PROCGROUPS_ZOMBIE;
    default:
        return PROCGROUPS_OTHER;
    }
}

static void add_up(struct procgroups *t, struct procgroups_task *task)
{
    const struct procgroups_sample *s = &task->now;
    struct procgroups_group *g = NULL;

    if (task->group != PROCGROUPS_NONE)
        g = &t->group[task->group];
    for (size_t i = 0; i < PROCGROUPS_COUNTERS; i++) {
        /* One that cannot be read for once is 0, and counts on from where it was. */
        if (s->counter[i] <= task->last[i])
            continue;
        if (g) {
            g->total[i] += s->counter[i] - task->last[i];
            if (i <= PROCGROUPS_CPU_SYSTEM)
                g->recent += (double)(s->counter[i] - task->last[i]);
        }
        task->last[i] = s->counter[i];
    }
    if (!g)
        return;
    for (size_t i = 0; i < PROCGROUPS_GAUGES; i++)
        g->gauge[i] += s->gauge[i];
    g->state[state_of(s->state)]++;
    if (g->tasks++ == 0 || s->start < g->oldest)
        g->oldest = s->start;
    if (s->fd_ratio > g->worst_fd_ratio)
        g->worst_fd_ratio = s->fd_ratio;
}

static void groups_remove(struct procgroups *t)
{
    size_t removed = 0;

    for (size_t i = 0; i < t->groups; i++) {
        struct procgroups_group *g = &t->group[i];

        if (!g->name || g->tasks > 0)
            continue;
        if (strcmp(g->name, t->rest) != 0)
            t->used--;
        free(g->name);
        memset(g, 0, sizeof(*g));
        removed++;
    }
    if (removed > 0)
        groups_chain(t); /* the table has its size: this cannot fail */
}

void procgroups_end(struct procgroups *t, double ticks_per_second)
{
    size_t kept = 0;

    if (t->before > 0) {
        double seconds = (double)(t->now - t->before) / ticks_per_second;

        for (size_t i = 0; i < t->groups; i++)
            t->group[i].recent *= exp2(-seconds / HALF_LIFE);
    }
    for (size_t i = 0; i < t->tasks; i++) {
        if (t->task[i].seen && !t->task[i].unnamed && !t->task[i].settled)
            settle(t, &t->task[i]);
    }
    for (size_t i = 0; i < t->tasks; i++) {
        if (!t->task[i].seen)
            continue;
        add_up(t, &t->task[i]);
        if (kept != i)
            t->task[kept] = t->task[i];
        kept++;
    }
    if (kept != t->tasks) {
        t->tasks = kept;
        tasks_chain(t); /* likewise */
    }
    if (t->remove_empty)
        groups_remove(t);
}

void procgroups_free(struct procgroups *t)
{
    for (size_t i = 0; i < t->groups; i++)
        free(t->group[i].name);
    free(t->group);
    free(t->task);
    free(t->group_bucket);
    free(t->task_bucket);
}
