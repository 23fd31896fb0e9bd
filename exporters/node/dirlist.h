/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dirlist.h - the entries of a directory, sorted, in memory that is kept for the next
 * time.
 */
#ifndef NODE_DIRLIST_H
#define NODE_DIRLIST_H

#include <stddef.h>

struct dirlist_entry {
    const char *name;
    unsigned char
        type; /* DT_DIR, DT_LNK ..., DT_UNKNOWN when the file system does not say */
};

/* Zero-initialise; dirlist_free() at the end. */
struct dirlist {
    struct dirlist_entry *v; /* sorted bytewise by name, without . and .. */
    size_t n;
    size_t cap;
    char *buf;
    size_t buf_cap;
};
void dirlist_free(struct dirlist *d);

/* Read a directory that is open as dirfd (not O_PATH), from its start. Names stay valid
 * until the next read. Returns 0 or -errno, with n 0. */
int dirlist_read_fd(struct dirlist *d, int dirfd);

/* Open DIR/NAME as a directory, to be given to openat and dirlist_read_fd. Returns the
 * descriptor or -errno. */
int dirlist_open(const char *dir, const char *name);
int dirlist_open_at(int dirfd, const char *name);

/* Both in one: read DIR/NAME. When fd is not NULL, *fd is the open directory, and the
 * caller's to close; -1 after an error. Returns 0 or -errno. */
int dirlist_read(struct dirlist *d, const char *dir, const char *name, int *fd);

/* The number behind a prefix, as in cpu12 or node0; -1 when name is not of that form. */
long dirlist_number(const char *name, const char *prefix);

#endif /* NODE_DIRLIST_H */
