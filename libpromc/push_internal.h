/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_internal.h - what the files of libpromc-push share. push.c is the interface, push_url.c
 * says where to send, push_check.c what must not be sent, push_http.c sends.
 */
#ifndef PROMC_PUSH_INTERNAL_H
#define PROMC_PUSH_INTERNAL_H

#include "promc/push.h"

/* A label of the grouping key; one piece of memory. */
struct promc__push_label {
    const char *name;  /* as in the path: [a-zA-Z_][a-zA-Z0-9_]* */
    const char *value; /* as given */
};

struct promc_push {
    char *base; /* the URL without credentials and without a slash at the end */
    char *job;
    struct promc__push_label **group; /* by name */
    size_t n_group;
    char *user; /* these may be NULL */
    char *password;
    char *ca_file;
    char **headers;
    size_t n_headers;
    long timeout_ms;
    struct promc__periodic *task;
    promc_registry *reg; /* for the task */
};

/* --- push_url.c --- */

/* Take @url apart: base, user and password of @p. 0, -EINVAL, -ENOMEM. */
int promc__push_take_url(promc_push *p, const char *url, promc_error *err);
/* Where the group of @p is. NULL: out of memory; else promc__free(). */
char *promc__push_url(const promc_push *p);
/* Write @name, which is UTF-8, as a path has it. Returns the length; @out needs
 * PROMC__PUSH_NAME(strlen(name)) bytes. */
size_t promc__push_name(const char *name, char *out);
#define PROMC__PUSH_NAME(len) (4 * (len) + sizeof "U__")

/* --- push_check.c --- */

/* 0, or -EINVAL when this text holds what a Pushgateway refuses. -ENOMEM. */
int promc__push_check(const promc_push *p, const char *text, size_t len,
                      promc_error *err);

/* --- push_http.c --- */

/* See that libcurl is ready. 0 or -EIO. */
int promc__push_init(promc_error *err);
/* One request and its answer. @body may be NULL. 0, -EIO, -ENOMEM. */
int promc__push_send(const promc_push *p, const char *method, const char *body,
                     size_t len, promc_error *err);

#endif /* PROMC_PUSH_INTERNAL_H */
