/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.h - the mounts to report on: those of mountinfo that the filters keep, once
 * each.
 *
 * The list is only worked out again when mountinfo has changed, so that most scrapes cost
 * a read and a comparison.
 */
#ifndef NODE_MOUNTS_H
#define NODE_MOUNTS_H

#include "common/filter.h"
#include "common/readfile.h"
#include "node/collector.h"
#include "node/collectors/statpool.h"

struct mount {
    const char *device, *point, *fstype, *major, *minor;
    int readonly;
};

struct mounts {
    struct filter *points, *types; /* the caller's */
    struct mount *v;
    struct stat_request *requests; /* one per mount, with path and id filled */
    size_t n, cap;

    struct hotfile file;
    const char *path;          /* what file reads, below procfs */
    struct readbuf buf, known; /* known: what the list was made from */
    char *text;                /* the strings of v and requests */
    size_t text_cap;
};

void mounts_init(struct mounts *s);
void mounts_free(struct mounts *s);

/* Bring the list up to date. Returns 0, or -errno with *err filled. */
int mounts_read(struct mounts *s, const struct node_ctx *ctx, promc_error *err);

#endif /* NODE_MOUNTS_H */
