/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bcachefs.h - what the parts of the bcachefs collector share.
 */
#ifndef NODE_BCACHEFS_H
#define NODE_BCACHEFS_H

#include "common/readfile.h"
#include "node/collector.h"
#include "node/dirwalk.h"
#include "node/scan.h"

enum {
    BCH_INFO,
    BCH_CACHE_SIZE,
    BCH_COMPRESSED,
    BCH_UNCOMPRESSED,
    BCH_ERRORS,
    BCH_WRITES,
    BCH_WRITE_SIZE,
    BCH_DEVICE_INFO,
    BCH_BUCKET_SIZE,
    BCH_BUCKETS,
    BCH_DURABILITY,
    BCH_IO_DONE,
    BCH_IO_ERRORS,
    BCH_FAMILIES
};

/* Room for a kind of error, of data and the like. */
#define BCH_NAME_SIZE 128

struct bcachefs {
    struct dirwalk walk;
    struct dirlist counters;
    struct readbuf buf;
};

struct bch_scrape {
    struct bcachefs *state;
    promc_emitter *out;
    promc_samples *f[BCH_FAMILIES];
    const char *uuid, *device;
    promc_error *err;
    size_t file_systems;
    int rc;
};

/* The text of a file; empty when there is none: files come and go with versions. */
struct span bcachefs_read(struct bch_scrape *s, int dirfd, const char *file);

/* Note that a line of a file could not be read. */
void bcachefs_bad_file(struct bch_scrape *s, const char *file);

/* Emit a device of the file system, from its directory, dev-NUMBER; for dirwalk(). */
void bcachefs_device(void *scrape, int dirfd, const char *name);

#endif /* NODE_BCACHEFS_H */
