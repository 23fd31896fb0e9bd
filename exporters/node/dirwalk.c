/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dirwalk.c - visit the directories in a directory, and those in them.
 */
#include "config.h"

#include "node/dirwalk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/fail.h"
#include "node/scan.h"

void dirwalk_free(struct dirwalk *w)
{
    for (size_t i = 0; i < DIRWALK_LEVELS; i++)
        dirlist_free(&w->level[i]);
}

/* Visit what is in the directory open as fd, and close it. */
static int walk_open(struct dirwalk *w, int fd, const char *prefix, dirwalk_fn *fn,
                     void *arg)
{
    struct dirlist *list;
    int rc;

    if (fd < 0)
        return fd;
    if (w->depth == DIRWALK_LEVELS) {
        close(fd);
        return -ELOOP;
    }
    list = &w->level[w->depth++];
    rc = dirlist_read_fd(list, fd);
    for (size_t i = 0; i < list->n; i++) {
        const struct dirlist_entry *e = &list->v[i];
        int sub;

        if (!span_begins(span_str(e->name), prefix))
            continue;
        if (e->type != DT_DIR && e->type != DT_LNK && e->type != DT_UNKNOWN)
            continue;
        sub = dirlist_open_at(fd, e->name);
        if (sub < 0)
            continue;
        fn(arg, sub, e->name);
        close(sub);
    }
    w->depth--;
    close(fd);
    return rc;
}

int dirwalk(struct dirwalk *w, const char *dir, const char *name, const char *prefix,
            dirwalk_fn *fn, void *arg)
{
    return walk_open(w, dirlist_open(dir, name), prefix, fn, arg);
}

int dirwalk_at(struct dirwalk *w, int dirfd, const char *name, const char *prefix,
               dirwalk_fn *fn, void *arg)
{
    return walk_open(w, dirlist_open_at(dirfd, name), prefix, fn, arg);
}

int dirwalk_class(struct dirwalk *w, const char *dir, const char *name,
                  const char *prefix, dirwalk_fn *fn, void *arg, promc_error *err)
{
    int rc = dirwalk(w, dir, name, prefix, fn, arg);

    if (rc == 0)
        return 0;
    node_fail_read(err, rc, dir, name);
    return rc == -ENOENT ? NODE_NODATA : rc;
}

int dirwalk_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct dirwalk));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

void dirwalk_fini(void *priv)
{
    dirwalk_free(priv);
    free(priv);
}
