/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btrfs_ioctl.h - what Btrfs tells about its devices only to those who open a mount point.
 */
#ifndef NODE_BTRFS_IOCTL_H
#define NODE_BTRFS_IOCTL_H

#include <stdint.h>

#include "common/filter.h"
#include "node/collectors/mounts.h"
#include "node/collectors/statpool.h"

/* File systems with more devices are shown with what sysfs has. */
#define BTRFS_MAX_DEVICES 64
#define BTRFS_ERRORS 5

struct btrfs_device {
    char name[128]; /* without /dev/, or /dev/mapper/ */
    uint8_t uuid[16];
    uint64_t size, used;
    uint64_t errors[BTRFS_ERRORS]; /* write, read, flush, corruption, generation */
};

struct btrfs_answer {
    uint8_t fsid[16];
    size_t n;
    struct btrfs_device v[BTRFS_MAX_DEVICES];
};

/* Asks the kernel about the file system that is mounted there, for a struct btrfs_answer. A
 * test puts another function here before btrfs_mounts_init(). */
extern statpool_fn *btrfs_ask;

struct btrfs_mounts {
    struct mounts mounts;
    struct filter *types;
    struct statpool *pool;
    unsigned char *marks; /* of mounts: whether they have been asked */
    struct stat_request *batch;
    size_t *batch_mount;
    size_t cap;
    struct btrfs_answer *answers;
    size_t n_answers, cap_answers;
};

/* Returns 0, or -errno with *err filled. */
int btrfs_mounts_init(struct btrfs_mounts *m, promc_error *err);
void btrfs_mounts_free(struct btrfs_mounts *m);

/* Ask the file systems that are mounted now, each at one mount point; at the next ones only
 * when that cannot be opened. Those that do not answer in time are left out, and not asked
 * again before they do. */
void btrfs_mounts_ask(struct btrfs_mounts *m, const struct node_ctx *ctx);

/* The answer of the file system with that UUID, in the usual form; NULL: there is none. */
const struct btrfs_answer *btrfs_mounts_find(const struct btrfs_mounts *m,
                                             const char *uuid);

/* A UUID in the usual form. Returns text. */
const char *btrfs_uuid(const uint8_t uuid[16], char text[37]);

#endif /* NODE_BTRFS_IOCTL_H */
