/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readfile.c - read whole files of /proc and /sys into memory that is kept for the next
 * time.
 *
 * Files of the kernel say size 0, deliver in pieces, and some cost by the size asked for;
 * so reading starts small, doubles, and goes on until read() says there is no more.
 */
#include "config.h"

#include "common/readfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#define FIRST_SIZE 4096
#define LARGEST_READ (64 * 1024)
#define DEFAULT_MAX ((size_t)64 << 20)
#define VALUE_SIZE 128

void readbuf_free(struct readbuf *b)
{
    free(b->data);
    memset(b, 0, sizeof(*b));
}

/* Make room for at least one more byte and the NUL. Returns 0 or -ENOMEM. */
static int grow(struct readbuf *b)
{
    size_t cap = b->cap ? b->cap * 2 : FIRST_SIZE;
    char *data;

    if (b->len + 1 < b->cap)
        return 0;
    data = realloc(b->data, cap);
    if (!data)
        return -ENOMEM;
    b->data = data;
    b->cap = cap;
    return 0;
}

int read_fd(int fd, struct readbuf *b, size_t max)
{
    if (max == 0)
        max = DEFAULT_MAX;
    b->len = 0;
    for (;;) {
        size_t room;
        ssize_t n;
        int rc = grow(b);

        if (rc < 0)
            return rc;
        room = b->cap - b->len - 1;
        if (room > LARGEST_READ)
            room = LARGEST_READ;
        n = pread(fd, b->data + b->len, room, (off_t)b->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        b->len += (size_t)n;
        if (b->len > max)
            return -EFBIG;
    }
    b->data[b->len] = '\0';
    return 0;
}

/* Open a file for reading and make sure that it is one. O_NONBLOCK: opening a FIFO would
 * otherwise wait for a writer. Returns the descriptor or -errno. */
static int open_file(int dirfd, const char *name)
{
    struct stat st;
    int fd, rc;

    do {
        fd = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else if (S_ISDIR(st.st_mode))
        rc = -EISDIR;
    else if (!S_ISREG(st.st_mode))
        rc = -EINVAL;
    else
        return fd;
    close(fd);
    return rc;
}

/* The same for DIR/NAME. */
static int open_path(const char *dir, const char *name)
{
    char fixed[512], *path = fixed;
    size_t dir_len, name_len;
    int fd;

    if (!dir)
        return open_file(AT_FDCWD, name);
    dir_len = strlen(dir);
    name_len = strlen(name);
    if (dir_len + name_len + 2 > sizeof(fixed)) {
        path = malloc(dir_len + name_len + 2);
        if (!path)
            return -ENOMEM;
    }
    memcpy(path, dir, dir_len);
    path[dir_len] = '/';
    memcpy(path + dir_len + 1, name, name_len + 1);
    fd = open_file(AT_FDCWD, path);
    if (path != fixed)
        free(path);
    return fd;
}

static int read_and_close(int fd, struct readbuf *b, size_t max)
{
    int rc;

    if (fd < 0)
        return fd;
    rc = read_fd(fd, b, max);
    close(fd);
    return rc;
}

int read_file(const char *dir, const char *name, struct readbuf *b, size_t max)
{
    return read_and_close(open_path(dir, name), b, max);
}

int read_file_at(int dirfd, const char *name, struct readbuf *b, size_t max)
{
    return read_and_close(open_file(dirfd, name), b, max);
}

/* 1 when the open file is one of procfs or sysfs. On other file systems a name may come
 * to stand for another file, and what is open would be the old one. */
static int stays_the_same(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 &&
           (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

int hotfile_read(struct hotfile *h, const char *dir, const char *name, struct readbuf *b,
                 size_t max)
{
    int rc;

    if (h->fd >= 0) {
        rc = read_fd(h->fd, b, max);
        if (rc == 0)
            return 0;
        /* Its module or device may have gone and come back since, with another file under
         * the name. How that shows depends on who made the file: ENODEV, ENOENT, EIO ...
         */
        hotfile_close(h);
    }
    h->fd = open_path(dir, name);
    if (h->fd < 0) {
        rc = h->fd;
        h->fd = -1;
        return rc;
    }
    rc = read_fd(h->fd, b, max);
    if (rc < 0 || !stays_the_same(h->fd))
        hotfile_close(h);
    return rc;
}

void hotfile_close(struct hotfile *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
}

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

ssize_t read_value_at(int dirfd, const char *name, char *buf, size_t size)
{
    size_t room = size > VALUE_SIZE ? VALUE_SIZE : size - 1, len, start = 0;
    ssize_t n;
    int fd, rc;

    /* No fstat() here as in open_file(): these are read by the hundred, a FIFO or device
     * cannot block either because of O_NONBLOCK, and a directory fails at the read. */
    fd = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    do {
        n = read(fd, buf, room);
    } while (n < 0 && errno == EINTR);
    rc = errno;
    close(fd);
    if (n < 0)
        return -rc;

    len = (size_t)n;
    while (len > 0 && is_blank(buf[len - 1]))
        len--;
    while (start < len && is_blank(buf[start]))
        start++;
    memmove(buf, buf + start, len - start);
    buf[len - start] = '\0';
    return (ssize_t)(len - start);
}
