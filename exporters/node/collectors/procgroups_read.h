/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_read.h - processes as libproc2 shows them, which always are those of /proc.
 *
 * procgroups_read.c does it; in a build without libproc2 or libyaml procgroups_none.c takes
 * its place, where procgroups_reader_new() refuses.
 */
#ifndef NODE_PROCGROUPS_READ_H
#define NODE_PROCGROUPS_READ_H

#include "node/collectors/procgroups_rules.h"
#include "node/collectors/procgroups_track.h"

/* What to read beside the stat file of each process: each of these is a file or more. */
struct procgroups_want {
    int io;
    int status;     /* swapped memory, context switches */
    int fds;        /* descriptors */
    int smaps;      /* proportional memory */
    int threads;    /* procgroups_reader_threads() is going to be called */
    unsigned attrs; /* PROCGROUPS_*, for names */
};

struct procgroups_reader;

/* Returns NULL with *err filled: -ENOTSUP, -ENOMEM. */
struct procgroups_reader *procgroups_reader_new(const struct procgroups_want *w,
                                                promc_error *err);
void procgroups_reader_free(struct procgroups_reader *r);

/* Each calls fn for each task, and returns 0 or -errno with *err filled. The second is about
 * the processes in pids, those that are still there; start is in ticks as in the samples,
 * and the start in the attributes not filled in. The third calls fn for each thread, the
 * first of its process included; its parent is the process. */
typedef void procgroups_task_fn(void *arg, const struct procgroups_sample *s);
int procgroups_reader_tasks(struct procgroups_reader *r, procgroups_task_fn *fn,
                            void *arg, promc_error *err);

typedef void procgroups_attrs_fn(void *arg, struct procgroups_attrs *a, uint64_t start);
int procgroups_reader_attrs(struct procgroups_reader *r, unsigned *pids, size_t n,
                            procgroups_attrs_fn *fn, void *arg, promc_error *err);

typedef void procgroups_thread_fn(void *arg, const struct procgroups_sample *s,
                                  const char *comm);
int procgroups_reader_threads(struct procgroups_reader *r, procgroups_thread_fn *fn,
                              void *arg, promc_error *err);

#endif /* NODE_PROCGROUPS_READ_H */
