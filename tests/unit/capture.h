/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h - catch what a piece of code writes to stdout or stderr.
 */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct capture {
    int fd;    /* what is being caught */
    int saved; /* where it went before */
    FILE *file;
};

static inline void capture_begin(struct capture *c, int fd)
{
    fflush(stdout);
    c->fd = fd;
    c->file = tmpfile();
    c->saved = dup(fd);
    if (!c->file || c->saved < 0 || dup2(fileno(c->file), fd) < 0)
        abort();
}

/* End and put what was written, cut to size, into buf. Returns its length. */
static inline size_t capture_end(struct capture *c, char *buf, size_t size)
{
    size_t n;

    fflush(stdout);
    dup2(c->saved, c->fd);
    close(c->saved);
    rewind(c->file);
    n = fread(buf, 1, size - 1, c->file);
    buf[n] = '\0';
    fclose(c->file);
    return n;
}

#endif /* TESTS_CAPTURE_H */
