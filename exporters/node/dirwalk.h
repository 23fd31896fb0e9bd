/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dirwalk.h - visit the directories in a directory, and those in them: the way sysfs shows
 * devices and their parts.
 */
#ifndef NODE_DIRWALK_H
#define NODE_DIRWALK_H

#include <promc/promc.h>

#include "node/collector.h"
#include "node/dirlist.h"

/* How deep visits may be nested. */
#define DIRWALK_LEVELS 4

/* Zero-initialise; dirwalk_free() at the end. */
struct dirwalk {
    struct dirlist level[DIRWALK_LEVELS];
    unsigned depth;
};
void dirwalk_free(struct dirwalk *w);

/* What is called for each directory (or link to one): its name, and itself, open until the
 * function returns. It may visit what is in it. */
typedef void dirwalk_fn(void *arg, int dirfd, const char *name);

/* Visit the directories in DIR/NAME, or in NAME below dirfd ("." is dirfd itself), whose names
 * begin with prefix, in the order of names. What cannot be opened is passed over: devices
 * come and go. Returns 0, or -errno when the directory itself cannot be read. */
int dirwalk(struct dirwalk *w, const char *dir, const char *name, const char *prefix,
            dirwalk_fn *fn, void *arg);
int dirwalk_at(struct dirwalk *w, int dirfd, const char *name, const char *prefix,
               dirwalk_fn *fn, void *arg);

/* As dirwalk(), at the end of a collect function: returns NODE_NODATA when there is no such
 * directory, and fills *err for other errors. */
int dirwalk_class(struct dirwalk *w, const char *dir, const char *name,
                  const char *prefix, dirwalk_fn *fn, void *arg, promc_error *err);

/* .init and .fini of a collector whose whole state is a dirwalk. */
int dirwalk_init(const struct node_ctx *ctx, void **priv, promc_error *err);
void dirwalk_fini(void *priv);

#endif /* NODE_DIRWALK_H */
