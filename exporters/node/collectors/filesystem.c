/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filesystem.c - size and free space of the mounted file systems.
 *
 * The list of mounts is only worked out again when mountinfo has changed; what is left
 * for most scrapes is one read and a statfs call per mount. Those calls are made by a
 * pool of threads, because any of them may never return.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include "common/filter.h"
#include "common/log.h"
#include "node/collectors/filesystem.h"
#include "node/collectors/mounts.h"
#include "node/fail.h"

/* Each stuck mount holds a thread; more than this are reported but not asked. */
#define MAX_THREADS 256

#define POINTS_EXCLUDE                                                                   \
    "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/"   \
    ".+)"                                                                                \
    "($|/)"
#define TYPES_EXCLUDE                                                                    \
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|"        \
    "hugetlbfs"                                                                          \
    "|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs"    \
    "|squashfs|erofs|sysfs|tracefs)$"

/* The flags of one filter. */
struct fs_pattern {
    const char *exclude, *include, *old;
    int exclude_set, include_set, old_set;
};

static struct fs_pattern points = { POINTS_EXCLUDE, "", "", 0, 0, 0 };
static struct fs_pattern types = { TYPES_EXCLUDE, "", "", 0, 0, 0 };
static double mount_timeout = 5;
static long stat_workers = 4;

static int ask_statfs(const char *path, void *answer)
{
    return statfs(path, answer);
}

statpool_fn *filesystem_statfs = ask_statfs;

/* That of the collector, while there is one. */
static struct statpool *filesystem_pool;

struct filesystem {
    struct mounts mounts;
    struct statpool *pool;
    struct statfs *answers; /* one per mount */
    size_t cap;
};

static void filesystem_flags(struct flags *flags)
{
    flags_string(flags, "collector.filesystem.mount-points-exclude",
                 "Regular expression of mount points to leave out.", &points.exclude,
                 &points.exclude_set);
    flags_string(flags, "collector.filesystem.mount-points-include",
                 "Regular expression of mount points to keep; not together with exclude.",
                 &points.include, &points.include_set);
    flags_string(flags, "collector.filesystem.ignored-mount-points",
                 "Old name of mount-points-exclude.", &points.old, &points.old_set);
    flags_hide(flags);
    flags_string(flags, "collector.filesystem.fs-types-exclude",
                 "Regular expression of file system types to leave out.", &types.exclude,
                 &types.exclude_set);
    flags_string(
        flags, "collector.filesystem.fs-types-include",
        "Regular expression of file system types to keep; not together with exclude.",
        &types.include, &types.include_set);
    flags_string(flags, "collector.filesystem.ignored-fs-types",
                 "Old name of fs-types-exclude.", &types.old, &types.old_set);
    flags_hide(flags);
    flags_duration(flags, "collector.filesystem.mount-timeout",
                   "How long a mount may take to answer.", &mount_timeout);
    flags_hide(flags);
    flags_int(flags, "collector.filesystem.stat-workers",
              "Accepted and ignored: a thread is added when a mount does not answer.",
              &stat_workers, 1, 65536);
    flags_hide(flags);
}

/* Make one filter of its flags: the old name of exclude stands for it, include alone
 * drops the default exclude, and both together are a mistake. */
static struct filter *fs_filter(const struct fs_pattern *p, const char *what,
                                const char *old, promc_error *err)
{
    const char *exclude = p->exclude;
    int exclude_set = p->exclude_set;
    char flag[96];

    snprintf(flag, sizeof(flag), "--collector.filesystem.%s", what);
    if (p->old_set && p->old[0]) {
        if (exclude_set) {
            node_fail(err, -EINVAL,
                      "%s-exclude and --collector.filesystem.%s are the same flag", flag,
                      old);
            return NULL;
        }
        log_warn("flag has a new name", "old", old, "new", what);
        exclude = p->old;
        exclude_set = 1;
    }
    if (p->include[0] && exclude_set && exclude[0]) {
        node_fail(err, -EINVAL, "%s-exclude and %s-include exclude each other", flag,
                  flag);
        return NULL;
    }
    return filter_new(flag, p->include, p->include[0] ? NULL : exclude, err);
}

static void filesystem_fini(void *priv)
{
    struct filesystem *s = priv;

    filesystem_pool = NULL;
    statpool_free(s->pool);
    filter_free(s->mounts.points);
    filter_free(s->mounts.types);
    mounts_free(&s->mounts);
    free(s->answers);
    free(s);
}

static int filesystem_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct filesystem *s = calloc(1, sizeof(*s));
    promc_error why = { -ENOMEM, "out of memory" };

    (void)ctx;
    if (s) {
        mounts_init(&s->mounts);
        s->mounts.points =
            fs_filter(&points, "mount-points", "ignored-mount-points", &why);
        if (s->mounts.points)
            s->mounts.types = fs_filter(&types, "fs-types", "ignored-fs-types", &why);
        if (s->mounts.types)
            s->pool = statpool_new(filesystem_statfs, sizeof(struct statfs), MAX_THREADS);
        if (s->pool) {
            filesystem_pool = s->pool;
            *priv = s;
            return 0;
        }
        filesystem_fini(s);
    }
    return node_fail(err, why.code, "%s", why.text);
}

int filesystem_is_stuck(const char *path, uint64_t id)
{
    return filesystem_pool && statpool_is_stuck(filesystem_pool, path, id);
}

/* Go's words, which its exporter puts into the label, where they are not those of libc.
 */
const char *filesystem_error(int error, char buf[32])
{
    static const struct {
        int error;
        const char *text;
    } known[] = {
        { EACCES, "permission denied" },
        { EPERM, "operation not permitted" },
        { ENOENT, "no such file or directory" },
        { ENOTDIR, "not a directory" },
        { ENAMETOOLONG, "file name too long" },
        { ELOOP, "too many levels of symbolic links" },
        { ESTALE, "stale NFS file handle" },
        { EIO, "input/output error" },
        { EREMOTEIO, "remote I/O error" },
        { ENODEV, "no such device" },
        { ENXIO, "no such device or address" },
        { ENOTCONN, "transport endpoint is not connected" },
        { ETIMEDOUT, "connection timed out" },
        { EHOSTDOWN, "host is down" },
        { EHOSTUNREACH, "no route to host" },
        { ECONNREFUSED, "connection refused" },
        { ECONNRESET, "connection reset by peer" },
        { ECONNABORTED, "software caused connection abort" },
        { EINTR, "interrupted system call" },
        { EAGAIN, "resource temporarily unavailable" },
        { ENOMEM, "cannot allocate memory" },
        { ENOSYS, "function not implemented" },
        { EOPNOTSUPP, "operation not supported" },
        { EOVERFLOW, "value too large for defined data type" },
        { EUCLEAN, "structure needs cleaning" },
        { ENOKEY, "required key not available" },
        { EINVAL, "invalid argument" },
        { EBADF, "bad file descriptor" },
        { EBUSY, "device or resource busy" },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].error == error)
            return known[i].text;
    snprintf(buf, 32, "errno %d", error);
    return buf;
}

enum {
    FS_ERROR,
    FS_READONLY,
    FS_SIZE,
    FS_FREE,
    FS_AVAIL,
    FS_FILES,
    FS_FILES_FREE,
    FS_PURGEABLE,
    N_FAMILIES
};

static const struct {
    const char *name;
    const char *help;
} fs_families[N_FAMILIES] = {
    [FS_ERROR] = { "node_filesystem_device_error",
                   "1 when the file system could not be asked, else 0." },
    [FS_READONLY] = { "node_filesystem_readonly",
                      "1 when the file system is mounted read-only, else 0." },
    [FS_SIZE] = { "node_filesystem_size_bytes", "Size of the file system." },
    [FS_FREE] = { "node_filesystem_free_bytes", "Free space of the file system." },
    [FS_AVAIL] = { "node_filesystem_avail_bytes",
                   "Free space that users other than root may fill." },
    [FS_FILES] = { "node_filesystem_files", "Inodes of the file system." },
    [FS_FILES_FREE] = { "node_filesystem_files_free", "Free inodes of the file system." },
    [FS_PURGEABLE] = { "node_filesystem_purgeable_bytes",
                       "Space the system could free by itself; always 0 on Linux." },
};

static void emit_mount(const struct mount *m, const struct stat_request *r,
                       promc_samples *const *f, promc_samples *info)
{
    char buf[32];
    const char *error = "";
    const struct statfs *st = r->answer;
    double block = (double)st->f_bsize;

    if (r->state != STAT_DONE)
        error = "mountpoint timeout";
    else if (r->error)
        error = filesystem_error(r->error, buf);

#define SEND(family, v)                                                                  \
    promc_emit(f[family], PROMC_LABELS(m->device, error, m->fstype, m->point), v)
    SEND(FS_ERROR, error[0] ? 1 : 0);
    SEND(FS_READONLY, m->readonly);
    if (error[0])
        return;
    SEND(FS_SIZE, (double)st->f_blocks * block);
    SEND(FS_FREE, (double)st->f_bfree * block);
    SEND(FS_AVAIL, (double)st->f_bavail * block);
    SEND(FS_FILES, (double)st->f_files);
    SEND(FS_FILES_FREE, (double)st->f_ffree);
    SEND(FS_PURGEABLE, 0);
#undef SEND
    promc_emit(info, PROMC_LABELS(m->device, m->major, m->minor, m->point), 1);
}

static void emit_mounts(const struct mounts *list, promc_emitter *out)
{
    promc_samples *f[N_FAMILIES], *info;

    if (list->n == 0)
        return;
    for (size_t i = 0; i < N_FAMILIES; i++)
        f[i] = promc_emit_family(
            out, PROMC_TYPE_GAUGE, fs_families[i].name, fs_families[i].help,
            PROMC_LABELS("device", "device_error", "fstype", "mountpoint"));
    info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_filesystem_mount_info",
                             "Always 1; the device number of a mount.",
                             PROMC_LABELS("device", "major", "minor", "mountpoint"));
    for (size_t i = 0; i < list->n; i++)
        emit_mount(&list->v[i], &list->requests[i], f, info);
}

/* When statfs has to be over: some time before the scrape has to be, so that what is
 * known still gets out. */
static uint64_t calls_deadline(const struct node_ctx *ctx)
{
    uint64_t margin = (uint64_t)(ctx->deadline * 1e9 / 10);

    if (margin > 500000000)
        margin = 500000000;
    return ctx->deadline_ns > margin ? ctx->deadline_ns - margin : ctx->deadline_ns;
}

/* Give each request its place for the answer. Returns 0 or -ENOMEM. */
static int place_answers(struct filesystem *s)
{
    struct mounts *list = &s->mounts;

    if (list->n > s->cap) {
        struct statfs *grown = reallocarray(s->answers, list->n, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        s->answers = grown;
        s->cap = list->n;
    }
    for (size_t i = 0; i < list->n; i++)
        list->requests[i].answer = &s->answers[i];
    return 0;
}

static int filesystem_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                              promc_error *err)
{
    struct filesystem *s = priv;
    struct mounts *list = &s->mounts;
    int rc = mounts_read(list, ctx, err);

    if (rc < 0)
        return rc;
    rc = place_answers(s);
    if (rc < 0)
        return node_fail(err, rc, "out of memory");
    rc = statpool_run(s->pool, list->requests, list->n, (uint64_t)(mount_timeout * 1e9),
                      calls_deadline(ctx));
    if (rc < 0)
        return node_fail(err, rc, "cannot start a thread to ask the file systems");
    for (size_t i = 0; i < list->n; i++)
        if (list->requests[i].state == STAT_TIMEOUT)
            log_warn("mount point does not answer", "mountpoint", list->v[i].point);
    emit_mounts(list, out);
    return 0;
}

const struct node_collector node_filesystem_collector = {
    .name = "filesystem",
    .help = "Size and free space of the mounted file systems.",
    .default_on = 1,
    .flags = filesystem_flags,
    .init = filesystem_init,
    .collect = filesystem_collect,
    .fini = filesystem_fini,
};
