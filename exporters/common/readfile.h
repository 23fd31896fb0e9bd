/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readfile.h - read whole files of /proc and /sys into memory that is kept for the next
 * time.
 */
#ifndef COMMON_READFILE_H
#define COMMON_READFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A growing buffer, reused from read to read. Zero-initialise; readbuf_free() at the end.
 * data is NUL-terminated after a successful read (the NUL is not counted in len; the file
 * may hold NULs of its own). */
struct readbuf {
    char *data;
    size_t len;
    size_t cap;
};
void readbuf_free(struct readbuf *b);

/* Read the file DIR/NAME to its end (at most max bytes; 0: 64 MiB, which
 * no file of a kernel has on the largest of machines). dir NULL: name is the
 * whole path. Symbolic links are followed; what is not a file in the end (FIFO, device)
 * is refused with -EINVAL and never blocks. Returns 0 or -errno (-EISDIR, -EFBIG over
 * max). */
int read_file(const char *dir, const char *name, struct readbuf *b, size_t max);
int read_file_at(int dirfd, const char *name, struct readbuf *b, size_t max);

/* The same for a file that is open, from its start whatever its offset. */
int read_fd(int fd, struct readbuf *b, size_t max);

/* The same for a file that every scrape reads: on procfs and sysfs, whose files never get
 * replaced by others, the descriptor stays open and is read again from the start; one
 * that fails is stale, perhaps, and opened anew. Elsewhere the file is opened each time. One
 * thread at a time per hotfile. Start from HOTFILE_INIT. */
struct hotfile {
    int fd;
};
#define HOTFILE_INIT                                                                     \
    {                                                                                    \
        -1                                                                               \
    }
int hotfile_read(struct hotfile *h, const char *dir, const char *name, struct readbuf *b,
                 size_t max);
void hotfile_close(struct hotfile *h);

/* One small value as sysfs gives it: a single read of at most 128 bytes (and size - 1),
 * never repeated when a driver says EAGAIN; white space trimmed at both ends,
 * NUL-terminated. Returns its length or -errno. */
ssize_t read_value_at(int dirfd, const char *name, char *buf, size_t size);

#endif /* COMMON_READFILE_H */
