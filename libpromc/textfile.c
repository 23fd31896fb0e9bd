/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfile.c - a registry as a file that is whole at any moment: written beside its place first,
 * then renamed.
 */
#include "config.h"
#include "promc/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "error.h"
#include "periodic.h"

struct promc_textfile {
    struct promc__periodic *task;
    promc_registry *reg;
    char *path;
};

static int fail(promc_error *err, const char *what, const char *path, int code)
{
    return promc__error(err, code, "textfile: %s %s: %s", what, path, strerror(-code));
}

/* --- the file beside it ----------------------------------------------------------------- */

enum { TRIES = 100, NAME_SIZE = 64 };

/* Make a file in the folder of @path that nobody has. Its name is short, however long that of
 * @path may be, and does not end in .prom: it is no textfile yet. */
static int create_beside(const char *path, char **beside)
{
    static _Atomic unsigned counter;
    const char *slash = strrchr(path, '/');
    size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    char *name = promc__malloc(folder + NAME_SIZE);
    int fd = -1;

    *beside = name;
    if (name == NULL)
        return -ENOMEM;
    memcpy(name, path, folder);
    /* what a process of this number left when it was killed may lie here still */
    for (int i = 0; fd < 0 && i < TRIES; i++) {
        /* relaxed: a number of its own for each call, no more */
        unsigned n = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);

        snprintf(name + folder, NAME_SIZE, ".promc-%ld-%u.tmp", (long)getpid(), n);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0 && errno != EEXIST && errno != EINTR)
            break;
    }
    return fd >= 0 ? fd : -errno;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len != 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A full disk may come to light only when it is synced. */
static int fill(int fd, const char *data, size_t len)
{
    int rc = write_all(fd, data, len);

    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    if (close(fd) != 0 && rc == 0 && errno != EINTR)
        rc = -errno;
    return rc;
}

static int replace(const char *path, const char *data, size_t len, promc_error *err)
{
    char *beside;
    int fd = create_beside(path, &beside);
    int rc = fd;

    if (fd < 0) {
        fail(err, "no file can be made beside", path, rc);
    } else {
        rc = fill(fd, data, len);
        if (rc != 0)
            fail(err, "cannot write", path, rc);
        else if (rename(beside, path) != 0)
            rc = fail(err, "cannot replace", path, -errno);
        if (rc != 0)
            unlink(beside);
    }
    promc__free(beside);
    return rc;
}

/* --- the interface ---------------------------------------------------------------------- */

int promc_textfile_write(promc_registry *reg, const char *path, promc_error *err)
{
    promc_page *page;
    int rc;

    if (path == NULL || *path == '\0')
        return promc__error(err, -EINVAL, "textfile: no path given");
    page = promc_page_new(err);
    if (page == NULL)
        return -ENOMEM;
    rc = promc_render(reg, PROMC_FORMAT_TEXT, page, err);
    if (rc == 0)
        rc = replace(path, promc_page_data(page), promc_page_size(page), err);
    promc_page_free(page);
    return rc;
}

static void write_again(void *arg)
{
    const promc_textfile *t = arg;

    promc_textfile_write(t->reg, t->path, NULL);
}

static void release(promc_textfile *t)
{
    promc__free(t->path);
    promc__free(t);
}

promc_textfile *promc_textfile_start(promc_registry *reg, const char *path,
                                     double seconds, promc_error *err)
{
    promc_textfile *t;

    if (promc_textfile_write(reg, path, err) != 0)
        return NULL;
    t = promc__calloc(1, sizeof *t);
    if (t == NULL || (t->path = promc__strdup(path)) == NULL) {
        promc__error(err, -ENOMEM, "textfile: out of memory");
        promc__free(t);
        return NULL;
    }
    t->reg = reg;
    t->task = promc__periodic_start("textfile", write_again, t, seconds, 0, err);
    if (t->task == NULL) {
        release(t);
        return NULL;
    }
    return t;
}

int promc_textfile_stop(promc_textfile *t, promc_error *err)
{
    int rc = 0;

    if (t == NULL)
        return 0;
    if (promc__periodic_stop(t->task))
        rc = promc_textfile_write(t->reg, t->path, err);
    release(t);
    return rc;
}
