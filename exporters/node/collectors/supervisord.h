/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisord.h - what the parts of the supervisord collector share: supervisord.c
 * (flags, a scrape), supervisord_http.c (the way there and back) and supervisord_xml.c
 * (the answer).
 */
#ifndef NODE_SUPERVISORD_H
#define NODE_SUPERVISORD_H

#include <stddef.h>
#include <stdint.h>

#include <promc/promc.h>

/* Longer answers are refused; a process takes about a KiB. */
#define SUPERVISORD_MAX_ANSWER ((size_t)16 << 20)

/* Where supervisord is, from supervisord_url.c. */
struct supervisord_url {
    char host[256]; /* or the path of a socket */
    char port[8];   /* "": a socket */
    char target[256];
    char authority[320]; /* as in the Host header */
    char user[128];      /* user:password, or "" */
};

/* Take apart http://[user:password@]host[:port][/target] or unix:///path. Returns 0 or
 * -EINVAL with *reason. */
int supervisord_url_parse(const char *text, struct supervisord_url *u,
                          const char **reason);

/* A growing buffer for the answer; released with free(). */
struct supervisord_buf {
    char *data;
    size_t len, cap;
};

/* Ask for all processes. Returns 0 with *body, *len, a part of the buffer; or -errno with
 * *err filled. */
int supervisord_ask(const struct supervisord_url *u, uint64_t deadline_ns,
                    struct supervisord_buf *b, char **body, size_t *len,
                    promc_error *err);

/* The body of an HTTP answer. Returns 0, or -EBADMSG with *reason. */
int supervisord_http_parse(char *answer, size_t n, char **body, size_t *len,
                           const char **reason);

enum {
    SUPERVISORD_NAME = 1,
    SUPERVISORD_STATE = 2,
    SUPERVISORD_START = 4,
    SUPERVISORD_EXIT = 8,
};

struct supervisord_process {
    unsigned has;
    const char *name;
    const char *group;
    int64_t state;
    int64_t start;
    int64_t exit_status;
};

/* Read an XML-RPC answer, which is changed on the way, and hand each process to fn, whose
 * strings are good for the call. Returns 0, or -EBADMSG with *reason: the processes
 * before the place where it went wrong have been handed out. */
typedef void supervisord_fn(void *arg, const struct supervisord_process *p);
int supervisord_parse(char *text, size_t len, supervisord_fn *fn, void *arg,
                      const char **reason);

#endif /* NODE_SUPERVISORD_H */
