/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_read.c - processes through libproc2; what it does not know, context switches
 * and descriptors, from the files.
 *
 * Numbers are asked for all processes at each scan, strings only for those that need a name:
 * libproc2 copies each string.
 */
#include "config.h"

#include "node/collectors/procgroups_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libproc2/pids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/collectors/procgroups_status.h"
#include "node/fail.h"

enum value_type { S_INT, UL_INT, ULL_INT };
enum need { ALWAYS, IO, SMAPS };

#define COUNTER(i) offsetof(struct procgroups_sample, counter[i])
#define GAUGE(i) offsetof(struct procgroups_sample, gauge[i])

/* Numbers of a task, and where they go. */
static const struct number {
    enum pids_item item;
    enum value_type type;
    enum need need;
    size_t offset;
    unsigned factor; /* 0: the size of a page */
} numbers[] = {
    { PIDS_TICS_USER, ULL_INT, ALWAYS, COUNTER(PROCGROUPS_CPU_USER), 1 },
    { PIDS_TICS_SYSTEM, ULL_INT, ALWAYS, COUNTER(PROCGROUPS_CPU_SYSTEM), 1 },
    { PIDS_FLT_MAJ, UL_INT, ALWAYS, COUNTER(PROCGROUPS_MAJOR), 1 },
    { PIDS_FLT_MIN, UL_INT, ALWAYS, COUNTER(PROCGROUPS_MINOR), 1 },
    { PIDS_RSS, UL_INT, ALWAYS, GAUGE(PROCGROUPS_RESIDENT), 0 },
    { PIDS_VSIZE_BYTES, UL_INT, ALWAYS, GAUGE(PROCGROUPS_VIRTUAL), 1 },
    { PIDS_NLWP, S_INT, ALWAYS, GAUGE(PROCGROUPS_THREADS), 1 },
    { PIDS_IO_READ_BYTES, UL_INT, IO, COUNTER(PROCGROUPS_READ), 1 },
    { PIDS_IO_WRITE_BYTES, UL_INT, IO, COUNTER(PROCGROUPS_WRITE), 1 },
    { PIDS_SMAP_PSS, UL_INT, SMAPS, GAUGE(PROCGROUPS_PSS), 1024 },
    { PIDS_SMAP_SWAP_PSS, UL_INT, SMAPS, GAUGE(PROCGROUPS_SWAP_PSS), 1024 },
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

/* The first items of every question. */
enum head { ID, START, STATE, PARENT, HEAD };

/* Then, of threads, a name. */
enum { THREAD_COMM = HEAD };

/* Or, about names, these strings. */
enum { COMM = HEAD, ARGV, USER, CGROUPS, ATTRS };

enum { MAX_ITEMS = HEAD + 1 + NUMBERS };

/* As many as libproc2 takes in one question. */
enum { SELECT_MAX = 255 };

struct procgroups_reader {
    struct procgroups_want want;
    struct pids_info *tasks, *threads, *attrs;
    const struct number *number[NUMBERS]; /* those that are wanted */
    size_t n_numbers;
    uint64_t page;
    struct readbuf status;
};

static int number_wanted(const struct procgroups_want *w, const struct number *n)
{
    return n->need == ALWAYS || (n->need == IO && w->io) ||
           (n->need == SMAPS && w->smaps);
}

/* A question: the head, where parent is of a thread its process, then more items, then the numbers if wanted. */
static int question_new(const struct procgroups_reader *r, struct pids_info **info,
                        enum pids_item parent, const enum pids_item *more, size_t n_more,
                        int with_numbers)
{
    /* The TID of a process is its PID. */
    enum pids_item item[MAX_ITEMS] = { PIDS_ID_TID, PIDS_TICS_BEGAN, PIDS_STATE, parent };
    size_t n = HEAD;

    for (size_t i = 0; i < n_more; i++)
        item[n++] = more[i];
    for (size_t i = 0; with_numbers && i < r->n_numbers; i++)
        item[n++] = r->number[i]->item;
    return procps_pids_new(info, item, (int)n);
}

struct procgroups_reader *procgroups_reader_new(const struct procgroups_want *w,
                                                promc_error *err)
{
    const enum pids_item strings[] = {
        PIDS_CMD,
        w->attrs & PROCGROUPS_ARGV ? PIDS_CMDLINE_V : PIDS_noop,
        w->attrs & PROCGROUPS_USER ? PIDS_ID_EUSER : PIDS_noop,
        w->attrs & PROCGROUPS_CGROUPS ? PIDS_CGROUP_V : PIDS_noop,
    };
    const enum pids_item thread[] = { PIDS_CMD };
    struct procgroups_reader *r = calloc(1, sizeof(*r));
    int rc = r ? 0 : -ENOMEM;

    if (r) {
        r->want = *w;
        r->page = (uint64_t)sysconf(_SC_PAGESIZE);
        for (size_t i = 0; i < NUMBERS; i++) {
            if (number_wanted(w, &numbers[i]))
                r->number[r->n_numbers++] = &numbers[i];
        }
        rc = question_new(r, &r->tasks, PIDS_ID_PPID, NULL, 0, 1);
    }
    if (rc >= 0)
        rc = question_new(r, &r->attrs, PIDS_ID_PPID, strings, ATTRS - HEAD, 0);
    if (rc >= 0 && w->threads)
        rc = question_new(r, &r->threads, PIDS_ID_TGID, thread, 1, 1);
    if (rc >= 0)
        return r;
    node_fail(err, rc, "libproc2 does not start: %s", strerror(-rc));
    procgroups_reader_free(r);
    return NULL;
}

void procgroups_reader_free(struct procgroups_reader *r)
{
    if (!r)
        return;
    if (r->tasks)
        procps_pids_unref(&r->tasks);
    if (r->attrs)
        procps_pids_unref(&r->attrs);
    if (r->threads)
        procps_pids_unref(&r->threads);
    readbuf_free(&r->status);
    free(r);
}

static int failed(promc_error *err)
{
    int rc = errno ? -errno : -EIO;

    return node_fail(err, rc, "cannot read processes: %s", strerror(-rc));
}

static uint64_t value_of(const struct pids_result *v, enum value_type type)
{
    switch (type) {
    case S_INT:
        return v->result.s_int > 0 ? (uint64_t)v->result.s_int : 0;
    case UL_INT:
        return v->result.ul_int;
    default:
        return v->result.ull_int;
    }
}

/* The answer about a task; the numbers begin at this place. */
static void sample_fill(const struct procgroups_reader *r, const struct pids_result *v,
                        size_t at, struct procgroups_sample *s)
{
    memset(s, 0, sizeof(*s));
    s->id = v[ID].result.s_int;
    s->parent = v[PARENT].result.s_int;
    s->start = v[START].result.ull_int;
    s->state = (char)v[STATE].result.s_ch;
    for (size_t i = 0; i < r->n_numbers; i++) {
        const struct number *n = r->number[i];
        uint64_t value = value_of(&v[at + i], n->type);

        value *= n->factor ? n->factor : r->page;
        memcpy((char *)s + n->offset, &value, sizeof(value));
    }
}

/* ------------------------------------------------------------------------------------
 * What libproc2 has not
 */

static void status_read(struct procgroups_reader *r, struct procgroups_sample *s)
{
    char path[40];

    snprintf(path, sizeof(path), "/proc/%d/status", s->id);
    if (read_file(NULL, path, &r->status, 0) == 0)
        procgroups_status_parse(span_of(r->status.data, r->status.len), s);
}

/* How many there are is the size of the directory, in kernels since 6.2; in others it is 0,
 * and they are counted. */
static uint64_t fds_count(const char *path)
{
    uint64_t n = 0;
    struct stat st;
    DIR *dir;

    if (stat(path, &st) < 0 || st.st_size > 0)
        return st.st_size > 0 ? (uint64_t)st.st_size : 0;
    dir = opendir(path);
    while (dir) {
        const struct dirent *e = readdir(dir);

        if (!e)
            break;
        n += e->d_name[0] != '.';
    }
    if (dir)
        closedir(dir);
    return n;
}

static void fds_read(struct procgroups_sample *s)
{
    struct rlimit limit;
    char path[40];

    snprintf(path, sizeof(path), "/proc/%d/fd", s->id);
    s->gauge[PROCGROUPS_FDS] = fds_count(path);
    if (prlimit(s->id, RLIMIT_NOFILE, NULL, &limit) == 0 && limit.rlim_cur > 0)
        s->fd_ratio = (double)s->gauge[PROCGROUPS_FDS] / (double)limit.rlim_cur;
}

/* ------------------------------------------------------------------------------------
 * Questions
 */

int procgroups_reader_tasks(struct procgroups_reader *r, procgroups_task_fn *fn,
                            void *arg, promc_error *err)
{
    struct pids_fetch *all;

    errno = 0;
    all = procps_pids_reap(r->tasks, PIDS_FETCH_TASKS_ONLY);
    if (!all)
        return failed(err);
    for (int i = 0; i < all->counts->total; i++) {
        struct procgroups_sample s;

        sample_fill(r, all->stacks[i]->head, HEAD, &s);
        if (r->want.status)
            status_read(r, &s);
        if (r->want.fds)
            fds_read(&s);
        fn(arg, &s);
    }
    return 0;
}

/* libproc2 says "-" for an empty list. */
static const char *const *vector_of(const struct pids_result *v)
{
    const char *const *list =
        v->item == PIDS_noop ? NULL : (const char *const *)v->result.strv;

    return list && list[0] && strcmp(list[0], "-") == 0 && !list[1] ? NULL : list;
}

int procgroups_reader_attrs(struct procgroups_reader *r, unsigned *pids, size_t n,
                            procgroups_attrs_fn *fn, void *arg, promc_error *err)
{
    while (n > 0) {
        int some = n < SELECT_MAX ? (int)n : SELECT_MAX;
        struct pids_fetch *found;

        errno = 0;
        found = procps_pids_select(r->attrs, pids, some, PIDS_SELECT_PID);
        if (!found)
            return failed(err);
        for (int i = 0; i < found->counts->total; i++) {
            const struct pids_result *v = found->stacks[i]->head;
            struct procgroups_attrs a = {
                .comm = v[COMM].result.str,
                .argv = vector_of(&v[ARGV]),
                .user = v[USER].item == PIDS_noop ? NULL : v[USER].result.str,
                .cgroups = vector_of(&v[CGROUPS]),
                .pid = v[ID].result.s_int,
            };

            fn(arg, &a, v[START].result.ull_int);
        }
        pids += some;
        n -= (size_t)some;
    }
    return 0;
}

int procgroups_reader_threads(struct procgroups_reader *r, procgroups_thread_fn *fn,
                              void *arg, promc_error *err)
{
    struct pids_fetch *all;

    errno = 0;
    all = procps_pids_reap(r->threads, PIDS_FETCH_THREADS_TOO);
    if (!all)
        return failed(err);
    for (int i = 0; i < all->counts->total; i++) {
        const struct pids_result *v = all->stacks[i]->head;
        struct procgroups_sample s;

        sample_fill(r, v, THREAD_COMM + 1, &s);
        if (r->want.status)
            status_read(r, &s);
        fn(arg, &s, v[THREAD_COMM].result.str);
    }
    return 0;
}
