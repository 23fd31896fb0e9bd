/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dirlist.c - the entries of a directory, sorted, in memory that is kept for the next
 * time.
 *
 * opendir() allocates 32 KiB on each call; getdents64() into a buffer of our own does
 * not.
 */
#include "config.h"

#include "node/dirlist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/scan.h"

/* Room that one getdents64() call gets at least. */
#define DIRLIST_CHUNK 4096
/* A directory larger than this is refused: no directory of sysfs is. */
#define DIRLIST_MAX ((size_t)16 << 20)

void dirlist_free(struct dirlist *d)
{
    free(d->v);
    free(d->buf);
    *d = (struct dirlist){ 0 };
}

static int by_name(const void *a, const void *b)
{
    const struct dirlist_entry *x = a;
    const struct dirlist_entry *y = b;

    return strcmp(x->name, y->name);
}

/* Read all records into buf. Returns their length or -errno. */
static ssize_t read_records(struct dirlist *d, int dirfd)
{
    size_t len = 0;

    if (lseek(dirfd, 0, SEEK_SET) < 0)
        return -errno;
    for (;;) {
        ssize_t n;

        if (d->buf_cap - len < DIRLIST_CHUNK) {
            size_t cap = d->buf_cap ? 2 * d->buf_cap : DIRLIST_CHUNK;
            char *grown;

            if (cap > DIRLIST_MAX)
                return -EFBIG;
            grown = realloc(d->buf, cap);
            if (!grown)
                return -ENOMEM;
            d->buf = grown;
            d->buf_cap = cap;
        }
        n = getdents64(dirfd, d->buf + len, d->buf_cap - len);
        if (n < 0)
            return -errno;
        if (n == 0)
            return (ssize_t)len;
        len += (size_t)n;
    }
}

int dirlist_read_fd(struct dirlist *d, int dirfd)
{
    ssize_t len;

    d->n = 0;
    len = read_records(d, dirfd);
    if (len < 0)
        return (int)len;
    for (ssize_t at = 0; at < len;) {
        /* The kernel aligns its records for this. */
        const struct dirent64 *e = (const void *)(d->buf + at);

        at += e->d_reclen;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (d->n == d->cap) {
            size_t cap = d->cap ? 2 * d->cap : 32;
            struct dirlist_entry *grown = realloc(d->v, cap * sizeof(*grown));

            if (!grown) {
                d->n = 0;
                return -ENOMEM;
            }
            d->v = grown;
            d->cap = cap;
        }
        d->v[d->n++] = (struct dirlist_entry){ e->d_name, e->d_type };
    }
    /* sysfs keeps its directories by hash; qsort() may allocate for long lists only. */
    if (d->n > 1) /* v is NULL as long as no directory had entries */
        qsort(d->v, d->n, sizeof(*d->v), by_name);
    return 0;
}

int dirlist_open_at(int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

int dirlist_open(const char *dir, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    return dirlist_open_at(AT_FDCWD, path);
}

int dirlist_read(struct dirlist *d, const char *dir, const char *name, int *fd)
{
    int dirfd = dirlist_open(dir, name);
    int rc;

    if (fd)
        *fd = -1;
    d->n = 0;
    if (dirfd < 0)
        return dirfd;
    rc = dirlist_read_fd(d, dirfd);
    if (fd && rc == 0)
        *fd = dirfd;
    else
        close(dirfd);
    return rc;
}

long dirlist_number(const char *name, const char *prefix)
{
    struct span s = span_str(name);
    uint64_t v;

    if (!span_begins(s, prefix))
        return -1;
    s = span_of(s.p + strlen(prefix), s.n - strlen(prefix));
    if (scan_u64(s, &v) != 0 || v > INT_MAX)
        return -1;
    return (long)v;
}
