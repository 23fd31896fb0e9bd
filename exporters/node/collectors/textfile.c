/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfile.c - metrics that other programs leave in files: all *.prom of some
 * directories.
 *
 * Files are read in sorted order, each as a whole or not at all, and a bad one costs
 * itself only. What is wrong with a file is logged once, until something else is wrong
 * with it.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/readfile.h"
#include "node/collectors/textfamily.h"
#include "node/collectors/textpath.h"
#include "node/dirlist.h"
#include "node/emit.h"
#include "node/fail.h"

/* Bytes of all files together, and files per directory. */
#define MAX_SIZE ((size_t)64 << 20)
#define MAX_FILES 10000
/* How much of what was wrong is remembered, and what of the buffer is kept. */
#define MAX_REPORT ((size_t)64 << 10)
#define KEEP_SIZE ((size_t)1 << 20)

static struct flag_list directories;

/* A file that was taken. */
struct text_file {
    struct text_file *next;
    const char *path;
    time_t mtime;
};

/* What was wrong in one scrape, a line for each. */
struct text_report {
    char *text;
    size_t len, cap;
};

struct textfile {
    struct arena arena;
    struct textset set;
    struct dirlist list;
    struct readbuf buf;
    struct text_file *first, *last;
    size_t left; /* of MAX_SIZE */
    int failed;
    struct text_report now, before;
};

static void textfile_flags(struct flags *flags)
{
    flags_list(flags, "collector.textfile.directory",
               "Directory to read *.prom files from; may be a pattern, may be repeated.",
               &directories);
}

static int textfile_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct textfile *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->set.arena = &s->arena;
    *priv = s;
    return 0;
}

/* Append a line to the report. Returns it, or NULL when it is not remembered. */
static const char *remember(struct text_report *r, const char *path, const char *reason)
{
    size_t n = strlen(path) + strlen(reason) + 4;
    char *line;

    if (r->len + n > MAX_REPORT)
        return NULL;
    if (r->len + n > r->cap) {
        size_t cap = r->len + n + 1024;
        char *text = realloc(r->text, cap);

        if (!text)
            return NULL;
        r->text = text;
        r->cap = cap;
    }
    line = r->text + r->len;
    stpcpy(stpcpy(stpcpy(stpcpy(line, path), ": "), reason), "\n");
    r->len += n - 1;
    return line;
}

/* Something is wrong with a file or directory: mark the scrape, and log it if that is
 * news. */
static void report(struct textfile *s, const char *path, const char *reason)
{
    const char *line = remember(&s->now, path, reason);

    s->failed = 1;
    if (line && !(s->before.len > 0 && strstr(s->before.text, line)))
        log_warn("cannot use text file", "path", path, "err", reason);
}

static void report_errno(struct textfile *s, const char *path, int error)
{
    char buf[64];

    report(s, path, strerror_r(error, buf, sizeof(buf)));
}

/* Read a file into the buffer. Returns 0 or -errno; -EMEDIUMTYPE: it is not a file. */
static int read_text(struct textfile *s, int dirfd, const char *name, struct stat *st)
{
    int fd, rc;

    /* Look before opening: with a device that may set something in motion. */
    if (fstatat(dirfd, name, st, 0) < 0)
        return -errno;
    if (!S_ISREG(st->st_mode))
        return -EMEDIUMTYPE;
    if ((uint64_t)st->st_size > s->left)
        return -EFBIG;
    fd = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, st) < 0)
        rc = -errno;
    else if (!S_ISREG(st->st_mode))
        rc = -EMEDIUMTYPE;
    else
        rc = read_fd(fd, &s->buf, s->left);
    close(fd);
    return rc;
}

static void take_file(struct textfile *s, int dirfd, const char *dir, const char *name)
{
    const char *path = text_path(&s->arena, dir, name);
    struct text_file *file = arena_alloc(&s->arena, sizeof(*file));
    promc_error why = { 0, "" };
    struct stat st;
    int rc;

    if (!path || !file) {
        report_errno(s, name, ENOMEM);
        return;
    }
    rc = read_text(s, dirfd, name, &st);
    if (rc == -EMEDIUMTYPE) {
        report(s, path, "not a regular file");
        return;
    }
    if (rc == -EFBIG) {
        report(s, path, "larger than what is left of 64 MiB for all files");
        return;
    }
    if (rc < 0) {
        report_errno(s, path, -rc);
        return;
    }
    s->left -= s->buf.len < s->left ? s->buf.len : s->left;
    rc = textset_add(&s->set, path, s->buf.data, s->buf.len, &why);
    if (rc != 0)
        report(s, path, why.text);
    if (rc < 0)
        return;
    *file = (struct text_file){ NULL, path, st.st_mtime };
    if (s->last)
        s->last->next = file;
    else
        s->first = file;
    s->last = file;
}

static int is_wanted(const char *name)
{
    size_t n = strlen(name);

    return n >= 5 && strcmp(name + n - 5, ".prom") == 0;
}

static void take_directory(struct textfile *s, const char *dir)
{
    size_t n = 0;
    int fd, rc = dirlist_read(&s->list, dir, ".", &fd);

    if (rc < 0) {
        report_errno(s, dir, -rc);
        return;
    }
    for (size_t i = 0; i < s->list.n; i++)
        n += (size_t)is_wanted(s->list.v[i].name);
    if (n > MAX_FILES)
        report(s, dir, "more than 10000 files in this directory: none is read");
    for (size_t i = 0; i < s->list.n && n <= MAX_FILES; i++)
        if (is_wanted(s->list.v[i].name))
            take_file(s, fd, dir, s->list.v[i].name);
    close(fd);
    if (s->list.n > MAX_FILES)
        dirlist_free(&s->list);
}

/* A configured directory: a pattern that matches some, or else the name of one. */
static void take_pattern(struct textfile *s, const char *pattern)
{
    glob_t found;

    if (pattern[0] == '\0')
        return;
    if (!strpbrk(pattern, "*?[\\")) {
        take_directory(s, pattern);
        return;
    }
    memset(&found, 0, sizeof(found));
    if (glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            take_directory(s, found.gl_pathv[i]);
    } else {
        take_directory(s, pattern);
    }
    globfree(&found);
}

static void start_round(struct textfile *s)
{
    struct text_report swap = s->before;

    s->before = s->now;
    s->now = swap;
    s->now.len = 0;
    textset_reset(&s->set);
    arena_reset(&s->arena);
    if (s->buf.cap > KEEP_SIZE)
        readbuf_free(&s->buf);
    s->first = s->last = NULL;
    s->left = MAX_SIZE;
    s->failed = 0;
}

static int textfile_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct textfile *s = priv;
    promc_samples *mtime = NULL;
    promc_error why = { 0, "" };
    int rc;

    (void)ctx;
    start_round(s);
    for (size_t i = 0; i < directories.n; i++)
        take_pattern(s, directories.v[i]);

    rc = textset_emit(&s->set, out, &why);
    if (rc != 0)
        report(s, "metrics", why.text);
    if (s->first)
        mtime =
            promc_emit_family(out, PROMC_TYPE_GAUGE, "node_textfile_mtime_seconds",
                              "When a text file was last written, seconds since 1970.",
                              PROMC_LABELS("file"));
    for (const struct text_file *f = s->first; f; f = f->next)
        promc_emit(mtime, PROMC_LABELS(f->path), (double)f->mtime);
    emit_gauge(out, "node_textfile_scrape_error",
               "1 when a text file or directory could not be used, else 0.", s->failed);
    return rc < 0 ? node_fail(err, rc, "%s", why.text) : 0;
}

static void textfile_fini(void *priv)
{
    struct textfile *s = priv;

    textset_free(&s->set);
    arena_free(&s->arena);
    dirlist_free(&s->list);
    readbuf_free(&s->buf);
    free(s->now.text);
    free(s->before.text);
    free(s);
}

const struct node_collector node_textfile_collector = {
    .name = "textfile",
    .help = "Metrics that other programs leave in files.",
    .default_on = 1,
    .flags = textfile_flags,
    .init = textfile_init,
    .collect = textfile_collect,
    .fini = textfile_fini,
};
