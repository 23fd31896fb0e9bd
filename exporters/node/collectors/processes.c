/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processes.c - how many processes and threads there are, and in which state.
 *
 * There may be tens of thousands. Each costs one read of its stat file (its threads one
 * each, when it has more than one), and nothing is kept about it.
 */
#include "config.h"

#include "node/collector.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/dirlist.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

/* Enough for a stat file: 52 numbers and a name of at most 64 bytes. */
#define STAT_SIZE 1280

struct task {
    unsigned char state; /* a letter */
    uint64_t threads;    /* of its process */
};

struct processes {
    struct source max_threads, max_pids;
    /* Directory entries as the kernel writes them. */
    char pids[32768] __attribute__((aligned(8)));
    char tids[8192] __attribute__((aligned(8)));
    /* What is counted in a scrape. */
    uint64_t processes, threads;
    uint64_t state[256], thread_state[256];
    int has_tasks; /* this procfs has threads; copies of one may not */
    int rc;        /* the first error that is not just a task that has gone */
    promc_error *err;
};

static int processes_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct processes *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->max_threads = s->max_pids = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void processes_fini(void *priv)
{
    struct processes *s = priv;

    source_close(&s->max_threads);
    source_close(&s->max_pids);
    free(s);
}

/* "17 (name) S 2 0 ...". The name may hold anything, so fields are counted from the last
 * bracket: the state is the first, the number of threads the eighteenth. */
static int stat_parse(struct span text, struct task *t)
{
    enum { THREADS = 17 };
    struct span f[THREADS + 1];
    size_t end = text.n;

    while (end > 0 && text.p[end - 1] != ')')
        end--;
    if (end == 0)
        return -EINVAL;
    text = span_of(text.p + end, text.n - end);
    if (scan_fields(text, f, THREADS + 1) < THREADS + 1 || f[0].n != 1)
        return -EINVAL;
    t->state = (unsigned char)f[0].p[0];
    if ((t->state | 0x20) < 'a' || (t->state | 0x20) > 'z')
        return -EINVAL;
    return scan_u64(f[THREADS], &t->threads);
}

/* A process or thread by its number. Returns 0 or -errno. */
static int task_read(int dirfd, const char *number, struct task *t)
{
    char text[STAT_SIZE], name[32];
    ssize_t n;
    int fd, rc = 0;

    snprintf(name, sizeof(name), "%.20s/stat", number);
    fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    n = read(fd, text, sizeof(text));
    if (n < 0)
        rc = -errno;
    close(fd);
    return rc ? rc : stat_parse(span_of(text, (size_t)n), t);
}

/* Note an error. One that says that the task is gone is none. */
static void task_failed(struct processes *s, int rc, const char *what, const char *number)
{
    char text[32];

    if (rc == -ENOENT || rc == -ESRCH || s->rc != 0)
        return;
    s->rc = rc;
    snprintf(text, sizeof(text), "%.20s/%s", number, what);
    if (rc == -EINVAL)
        node_fail(s->err, rc, "%s: not the stat of a process", text);
    else
        node_fail_read(s->err, rc, "procfs", text);
}

typedef void number_fn(struct processes *s, int dirfd, const char *number,
                       const void *arg);

/* Call fn for each entry of a directory that is a number. Returns 0 or -errno. */
static int each_number(int dirfd, char *buf, size_t size, number_fn *fn,
                       struct processes *s, const void *arg)
{
    for (;;) {
        ssize_t len = getdents64(dirfd, buf, size);

        if (len <= 0)
            return len < 0 ? -errno : 0;
        for (ssize_t at = 0; at < len;) {
            const struct dirent64 *e = (const void *)(buf + at);

            at += e->d_reclen;
            if (e->d_name[0] >= '0' && e->d_name[0] <= '9' &&
                dirlist_number(e->d_name, "") >= 0)
                fn(s, dirfd, e->d_name, arg);
        }
    }
}

/* The process whose threads are visited, and its main thread's state. */
struct process {
    const char *number;
    unsigned char state;
};

static void thread_count(struct processes *s, int dirfd, const char *number,
                         const void *arg)
{
    const struct process *p = arg;
    struct task t;
    int rc;

    if (dirlist_number(number, "") == dirlist_number(p->number, "")) {
        s->thread_state[p->state]++;
        return;
    }
    rc = task_read(dirfd, number, &t);
    if (rc == 0)
        s->thread_state[t.state]++;
    else
        task_failed(s, rc, "stat", number);
}

/* Count the threads of a process by state. Of a single one all is known already. */
static void threads_count(struct processes *s, int dirfd, const char *number,
                          const struct task *t)
{
    struct process p = { number, t->state };
    char name[32];
    int fd, rc;

    if (s->has_tasks && t->threads == 1) {
        s->thread_state[t->state]++;
        return;
    }
    snprintf(name, sizeof(name), "%.20s/task", number);
    fd = dirlist_open_at(dirfd, name);
    if (fd < 0) {
        task_failed(s, fd, "task", number);
        return;
    }
    s->has_tasks = 1;
    rc = each_number(fd, s->tids, sizeof(s->tids), thread_count, s, &p);
    close(fd);
    if (rc < 0)
        task_failed(s, rc, "task", number);
}

static void process_count(struct processes *s, int dirfd, const char *number,
                          const void *arg)
{
    struct task t;
    int rc = task_read(dirfd, number, &t);

    (void)arg;
    if (rc < 0) {
        task_failed(s, rc, "stat", number);
        return;
    }
    s->processes++;
    s->threads += t.threads;
    s->state[t.state]++;
    threads_count(s, dirfd, number, &t);
}

static void emit_states(promc_emitter *out, const char *name, const char *help,
                        const char *label, const uint64_t *count)
{
    promc_samples *f =
        promc_emit_family(out, PROMC_TYPE_GAUGE, name, help, PROMC_LABELS(label));

    for (int c = 0; c < 256; c++) {
        char state[2] = { (char)c, '\0' };

        if (count[c] > 0)
            promc_emit(f, PROMC_LABELS(state), (double)count[c]);
    }
}

/* One of the limits, a file with a number. */
static int emit_limit(const struct node_ctx *ctx, struct source *s, const char *file,
                      const char *name, const char *help, promc_emitter *out,
                      promc_error *err)
{
    struct span text;
    uint64_t v;
    int rc = source_read(s, ctx->paths.procfs, file, &text, err);

    if (rc)
        return rc;
    if (scan_u64(span_trim(text), &v) != 0)
        return node_fail(err, -EINVAL, "%s/%s: not a number", ctx->paths.procfs, file);
    emit_gauge(out, name, help, (double)v);
    return 0;
}

static int processes_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                             promc_error *err)
{
    struct processes *s = priv;
    int fd, rc;

    s->processes = s->threads = 0;
    for (int c = 0; c < 256; c++)
        s->state[c] = s->thread_state[c] = 0;
    s->has_tasks = 0;
    s->rc = 0;
    s->err = err;
    fd = dirlist_open(ctx->paths.procfs, ".");
    rc = fd < 0 ? fd : each_number(fd, s->pids, sizeof(s->pids), process_count, s, NULL);
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.procfs, ".");
    emit_gauge(out, "node_processes_threads", "Threads of all processes.",
               (double)s->threads);
    emit_gauge(out, "node_processes_pids", "Processes.", (double)s->processes);
    emit_states(out, "node_processes_state", "Processes in each state.", "state",
                s->state);
    emit_states(out, "node_processes_threads_state", "Threads in each state.",
                "thread_state", s->thread_state);
    rc = emit_limit(ctx, &s->max_threads, "sys/kernel/threads-max",
                    "node_processes_max_threads", "Threads there may be.", out,
                    s->rc ? NULL : err);
    s->rc = s->rc ? s->rc : rc;
    rc = emit_limit(
        ctx, &s->max_pids, "sys/kernel/pid_max", "node_processes_max_processes",
        "Numbers there are for processes and threads.", out, s->rc ? NULL : err);
    return s->rc ? s->rc : rc;
}

const struct node_collector node_processes_collector = {
    .name = "processes",
    .help = "Processes and threads by state.",
    .init = processes_init,
    .collect = processes_collect,
    .fini = processes_fini,
};
