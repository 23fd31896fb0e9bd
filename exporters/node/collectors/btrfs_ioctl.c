/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btrfs_ioctl.c - what Btrfs tells about its devices only to those who open a mount point.
 *
 * To open a directory of a dead mount is as bad as statfs() on it. So this is done by threads
 * that can be left behind (statpool.h), and not at all where the filesystem collector has
 * been left waiting already.
 */
#include "config.h"

#include "node/collectors/btrfs_ioctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "node/collectors/filesystem.h"
#include "node/fail.h"
#include "node/scan.h"

/* Each stuck mount holds a thread. */
#define MAX_THREADS 16
/* A healthy file system answers at once: nothing is read from its disks. */
#define TIMEOUT_NS ((uint64_t)1000 * 1000 * 1000)
/* Mount points that are tried for a file system, when they cannot be opened. */
#define ROUNDS 4

/* Marks of a mount. A device has been dealt with when one of its mounts has one of the last
 * two. */
enum { UNTRIED, FAILED, ASKED, CLOSED };

_Static_assert(BTRFS_ERRORS == BTRFS_DEV_STAT_VALUES_MAX, "all kinds of errors");

static int ask_device(int fd, uint64_t id, struct btrfs_device *d)
{
    struct btrfs_ioctl_dev_info_args info = { .devid = id };
    struct btrfs_ioctl_get_dev_stats stats = { .devid = id, .nr_items = BTRFS_ERRORS };
    const char *path = (const char *)info.path, *slash;

    if (ioctl(fd, BTRFS_IOC_DEV_INFO, &info) < 0 ||
        ioctl(fd, BTRFS_IOC_GET_DEV_STATS, &stats) < 0)
        return -1;
    info.path[sizeof(info.path) - 1] = '\0';
    slash = strrchr(path, '/');
    span_copy(span_str(slash ? slash + 1 : path), d->name, sizeof(d->name));
    memcpy(d->uuid, info.uuid, sizeof(d->uuid));
    d->size = info.total_bytes;
    d->used = info.bytes_used;
    for (size_t i = 0; i < BTRFS_ERRORS; i++)
        d->errors[i] = stats.values[i];
    return 0;
}

static int ask_open(int fd, struct btrfs_answer *a)
{
    struct btrfs_ioctl_fs_info_args info = { 0 };

    if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0)
        return -1;
    if (info.num_devices > BTRFS_MAX_DEVICES) {
        errno = E2BIG;
        return -1;
    }
    memcpy(a->fsid, info.fsid, sizeof(a->fsid));
    /* Numbers of devices begin anywhere and have holes. */
    for (uint64_t id = 0; id <= info.max_id && a->n < info.num_devices; id++) {
        if (ask_device(fd, id, &a->v[a->n]) == 0)
            a->n++;
        else if (errno != ENODEV)
            return -1;
    }
    return 0;
}

static int ask_mount(const char *path, void *answer)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    int rc, error;

    if (fd < 0)
        return -1;
    memset(answer, 0, sizeof(struct btrfs_answer));
    rc = ask_open(fd, answer);
    error = errno;
    close(fd);
    errno = error;
    return rc;
}

statpool_fn *btrfs_ask = ask_mount;

int btrfs_mounts_init(struct btrfs_mounts *m, promc_error *err)
{
    mounts_init(&m->mounts);
    m->types = filter_new("btrfs", "^btrfs$", NULL, err);
    m->pool = statpool_new(btrfs_ask, sizeof(struct btrfs_answer), MAX_THREADS);
    m->mounts.types = m->types;
    return m->types && m->pool ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

void btrfs_mounts_free(struct btrfs_mounts *m)
{
    statpool_free(m->pool);
    filter_free(m->types);
    mounts_free(&m->mounts);
    free(m->marks);
    free(m->batch);
    free(m->batch_mount);
    free(m->answers);
}

/* Room for all mounts. Returns 0 or -ENOMEM. */
static int reserve(struct btrfs_mounts *m)
{
    size_t n = m->mounts.n;
    unsigned char *marks;
    struct stat_request *batch;
    size_t *batch_mount;

    if (n <= m->cap)
        return 0;
    if ((marks = reallocarray(m->marks, n, sizeof(*marks))) != NULL)
        m->marks = marks;
    if ((batch = reallocarray(m->batch, n, sizeof(*batch))) != NULL)
        m->batch = batch;
    if ((batch_mount = reallocarray(m->batch_mount, n, sizeof(*batch_mount))) != NULL)
        m->batch_mount = batch_mount;
    if (!marks || !batch || !batch_mount)
        return -ENOMEM;
    m->cap = n;
    return 0;
}

static int is_dealt_with(const struct btrfs_mounts *m, const char *device)
{
    for (size_t i = 0; i < m->mounts.n; i++)
        if (m->marks[i] >= ASKED && strcmp(m->mounts.v[i].device, device) == 0)
            return 1;
    return 0;
}

/* Pick an untried mount of each device that has not been dealt with. */
static size_t pick_batch(struct btrfs_mounts *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->mounts.n; i++) {
        const struct stat_request *r = &m->mounts.requests[i];

        if (m->marks[i] != UNTRIED || is_dealt_with(m, m->mounts.v[i].device))
            continue;
        if (filesystem_is_stuck(r->path, r->id)) {
            m->marks[i] = CLOSED;
            continue;
        }
        m->marks[i] = ASKED;
        m->batch[n] = *r;
        m->batch_mount[n++] = i;
    }
    return n;
}

/* Room for n more answers, behind those there are. Returns 0 or -ENOMEM. */
static int place_answers(struct btrfs_mounts *m, size_t n)
{
    if (m->n_answers + n > m->cap_answers) {
        struct btrfs_answer *grown =
            reallocarray(m->answers, m->n_answers + n, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        m->answers = grown;
        m->cap_answers = m->n_answers + n;
    }
    for (size_t i = 0; i < n; i++)
        m->batch[i].answer = &m->answers[m->n_answers + i];
    return 0;
}

/* Keep the answers that came, close what needs no more asking. */
static void keep_answers(struct btrfs_mounts *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct stat_request *r = &m->batch[i];

        m->marks[m->batch_mount[i]] = r->state == STAT_DONE && r->error ? FAILED : CLOSED;
        if (r->state == STAT_DONE && r->error == 0)
            memmove(&m->answers[m->n_answers++], r->answer, sizeof(*m->answers));
    }
}

void btrfs_mounts_ask(struct btrfs_mounts *m, const struct node_ctx *ctx)
{
    uint64_t margin = (uint64_t)(ctx->deadline * 1e9 / 10);
    uint64_t deadline = ctx->deadline_ns > margin ? ctx->deadline_ns - margin : 0;
    size_t n;

    m->n_answers = 0;
    if (mounts_read(&m->mounts, ctx, NULL) < 0 || reserve(m) < 0)
        return; /* sysfs has sizes, too */
    if (m->mounts.n > 0)
        memset(m->marks, UNTRIED, m->mounts.n);
    for (int round = 0; round < ROUNDS && (n = pick_batch(m)) > 0; round++) {
        if (place_answers(m, n) < 0 ||
            statpool_run(m->pool, m->batch, n, TIMEOUT_NS, deadline) < 0)
            return;
        keep_answers(m, n);
    }
}

const char *btrfs_uuid(const uint8_t u[16], char text[37])
{
    snprintf(text, 37,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
             u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
             u[13], u[14], u[15]);
    return text;
}

const struct btrfs_answer *btrfs_mounts_find(const struct btrfs_mounts *m,
                                             const char *uuid)
{
    char text[37];

    for (size_t i = 0; i < m->n_answers; i++)
        if (strcmp(btrfs_uuid(m->answers[i].fsid, text), uuid) == 0)
            return &m->answers[i];
    return NULL;
}
