/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_none.c - process_groups in builds without libproc2 or libyaml: there is none.
 */
#include "config.h"

#include "node/collectors/procgroups_read.h"

#include <errno.h>

#include "node/fail.h"

static const char missing[] = "this program was built without libproc2 and libyaml";

struct procgroups_reader *procgroups_reader_new(const struct procgroups_want *w,
                                                promc_error *err)
{
    (void)w;
    node_fail(err, -ENOTSUP, "%s", missing);
    return NULL;
}

void procgroups_reader_free(struct procgroups_reader *r)
{
    (void)r;
}

int procgroups_reader_tasks(struct procgroups_reader *r, procgroups_task_fn *fn,
                            void *arg, promc_error *err)
{
    (void)r, (void)fn, (void)arg;
    return node_fail(err, -ENOTSUP, "%s", missing);
}

int procgroups_reader_attrs(struct procgroups_reader *r, unsigned *pids, size_t n,
                            procgroups_attrs_fn *fn, void *arg, promc_error *err)
{
    (void)r, (void)pids, (void)n, (void)fn, (void)arg;
    return node_fail(err, -ENOTSUP, "%s", missing);
}

int procgroups_reader_threads(struct procgroups_reader *r, procgroups_thread_fn *fn,
                              void *arg, promc_error *err)
{
    (void)r, (void)fn, (void)arg;
    return node_fail(err, -ENOTSUP, "%s", missing);
}

struct procgroups_rules *procgroups_config(const char *file, const char *text, size_t len,
                                           promc_error *err)
{
    (void)file, (void)text, (void)len;
    node_fail(err, -ENOTSUP, "%s", missing);
    return NULL;
}
