/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.c - the mounts to report on: those of mountinfo that the filters keep, once
 * each.
 */
#include "config.h"

#include "node/collectors/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "node/collectors/mountinfo.h"
#include "node/fail.h"

/* Copy a span to *at as a string, and move *at behind it. */
static const char *keep(char **at, struct span s)
{
    char *start = *at;

    *at += s.n + 1;
    return span_copy(s, start, s.n + 1);
}

/* Put one line of mountinfo on the list, if the filters keep it. */
static void add_mount(struct mounts *s, const char *rootfs, const struct mount_line *m,
                      char **at)
{
    struct mount *mount = &s->v[s->n];
    struct stat_request *request = &s->requests[s->n];
    size_t root = strlen(rootfs);
    char *start = *at, *label = *at;

    *at += mountinfo_label(m->point, label) + 1;
    if (strncmp(label, rootfs, root) == 0)
        label += root;
    mount->point = label[0] ? label : "/";
    mount->fstype = keep(at, m->fstype);
    if (!filter_keep(s->points, mount->point) || !filter_keep(s->types, mount->fstype)) {
        *at = start;
        return;
    }
    mount->device = keep(at, m->device);
    mount->major = keep(at, m->major);
    mount->minor = keep(at, m->minor);
    mount->readonly = m->readonly;

    /* rootfs in front of the mount point without it: the same path, unless the mount is
     * outside of rootfs. */
    request->id = m->id;
    request->path = *at;
    memcpy(*at, rootfs, root);
    mountinfo_path(m->point, *at + root);
    if (strncmp(*at + root, rootfs, root) == 0)
        memmove(*at, *at + root, strlen(*at + root) + 1);
    *at += strlen(*at) + 1;
    s->n++;
}

static int compare_mounts(const void *a, const void *b)
{
    const struct mount *const *x = a, *const *y = b;
    int rc = strcmp((*x)->point, (*y)->point);

    if (rc == 0)
        rc = strcmp((*x)->device, (*y)->device);
    if (rc == 0)
        rc = strcmp((*x)->fstype, (*y)->fstype);
    /* Of equal ones the first in the file comes first. */
    return rc ? rc : (*x > *y) - (*x < *y);
}

/* Of mounts that would have the same labels keep the first: bind mounts of one device, or
 * a mount on top of another. Returns 0 or -ENOMEM. */
static int drop_duplicates(struct mounts *s)
{
    struct mount **order = malloc((s->n + 1) * sizeof(*order));
    size_t kept = 0;

    if (!order)
        return -ENOMEM;
    for (size_t i = 0; i < s->n; i++)
        order[i] = &s->v[i];
    qsort(order, s->n, sizeof(struct mount *), compare_mounts);
    for (size_t i = 1, first = 0; i < s->n; i++) {
        const struct mount *x = order[first], *y = order[i];

        if (strcmp(x->point, y->point) == 0 && strcmp(x->device, y->device) == 0 &&
            strcmp(x->fstype, y->fstype) == 0)
            order[i]->device = NULL;
        else
            first = i;
    }
    free(order);
    for (size_t i = 0; i < s->n; i++) {
        if (!s->v[i].device)
            continue;
        s->v[kept] = s->v[i];
        s->requests[kept++] = s->requests[i];
    }
    s->n = kept;
    return 0;
}

/* Room for a list of that many lines out of that many bytes. Returns 0 or -ENOMEM. */
static int reserve(struct mounts *s, size_t lines, size_t size)
{
    if (lines > s->cap) {
        struct mount *mounts = realloc(s->v, lines * sizeof(*mounts));
        struct stat_request *requests;

        if (mounts)
            s->v = mounts;
        requests = realloc(s->requests, lines * sizeof(*requests));
        if (requests)
            s->requests = requests;
        if (!mounts || !requests)
            return -ENOMEM;
        s->cap = lines;
    }
    if (size > s->text_cap) {
        char *text = realloc(s->text, size);

        if (!text)
            return -ENOMEM;
        s->text = text;
        s->text_cap = size;
    }
    return 0;
}

/* Work out the list of mounts anew. A line of unknown form costs that mount and is
 * logged. */
static int list_mounts(struct mounts *s, const char *rootfs)
{
    struct span text = span_of(s->known.data, s->known.len), line;
    size_t lines = 1, number = 0;
    char *at;

    s->n = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    /* Per line at most: the mount point twice, the other fields once, the terminating
     * NULs, and rootfs. */
    if (reserve(s, lines, 2 * text.n + lines * (strlen(rootfs) + 8)) < 0)
        return -ENOMEM;
    at = s->text;
    while (scan_line(&text, &line)) {
        struct mount_line m;
        char where[24];

        number++;
        if (line.n == 0)
            continue;
        if (mountinfo_parse_line(line, &m) == 0) {
            add_mount(s, rootfs, &m, &at);
            continue;
        }
        snprintf(where, sizeof(where), "%zu", number);
        log_warn("skipping a line of unknown form", "file", s->path, "line", where);
    }
    return drop_duplicates(s);
}

void mounts_init(struct mounts *s)
{
    memset(s, 0, sizeof(*s));
    s->file = (struct hotfile)HOTFILE_INIT;
    s->path = "1/mountinfo";
}

/* Reads mountinfo of process 1 or else of this one: with hidepid, and in some containers,
 * process 1 cannot be seen. */
int mounts_read(struct mounts *s, const struct node_ctx *ctx, promc_error *err)
{
    struct readbuf swap;
    int rc = hotfile_read(&s->file, ctx->paths.procfs, s->path, &s->buf, 0);

    if ((rc == -ENOENT || rc == -EACCES || rc == -EPERM || rc == -EINVAL) &&
        strcmp(s->path, "1/mountinfo") == 0) {
        hotfile_close(&s->file);
        s->path = "self/mountinfo";
        rc = hotfile_read(&s->file, ctx->paths.procfs, s->path, &s->buf, 0);
    }
    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.procfs, s->path);
    if (s->known.data && s->known.len == s->buf.len &&
        memcmp(s->known.data, s->buf.data, s->buf.len) == 0)
        return 0;
    swap = s->known;
    s->known = s->buf;
    s->buf = swap;
    rc = list_mounts(s, ctx->paths.rootfs);
    if (rc < 0) {
        readbuf_free(&s->known);
        s->n = 0;
        return node_fail(err, rc, "out of memory");
    }
    return 0;
}

void mounts_free(struct mounts *s)
{
    hotfile_close(&s->file);
    readbuf_free(&s->buf);
    readbuf_free(&s->known);
    free(s->v);
    free(s->requests);
    free(s->text);
}
