/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push.h - send a registry to a Pushgateway (libpromc-push, on libcurl): for jobs that end
 * before anybody could scrape them.
 *
 *   promc_push *p = promc_push_new("http://localhost:9091", "backup", NULL, &err);
 *   promc_push_group(p, "instance", "db1", &err);
 *   promc_push_put(p, reg, &err);
 *   promc_push_free(p);
 */
#ifndef PROMC_PUSH_H
#define PROMC_PUSH_H

#include <promc/promc.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct promc_push promc_push;

/* Settings. Start from PROMC_PUSH_OPTS_INIT; 0 and NULL are the defaults. Strings are
 * copied. */
typedef struct promc_push_opts {
    size_t size;      /* sizeof(promc_push_opts) */
    double timeout;   /* seconds for one request in all; 0: 10 */
    const char *user; /* HTTP basic authentication; NULL: none */
    const char *password;
    const char *ca_file; /* PEM, to check an https server with; NULL: the system's */
    const char *const *headers; /* more request headers: "Name: value" */
    size_t n_headers;
} promc_push_opts;

#define PROMC_PUSH_OPTS_INIT                                                             \
    {                                                                                    \
        sizeof(promc_push_opts), 0.0, NULL, NULL, NULL, NULL, 0                          \
    }

/* promc_push_new - a destination.
 * @url: of the Pushgateway, http or https, with or without a path of its own. A user and
 * password in it are used, and never shown in an error.   @job: UTF-8, not empty. NULL opts are
 * the defaults. Returns it, or NULL with *err filled (-EINVAL, -ENOMEM; -EIO when libcurl cannot
 * be set up). For one thread at a time. Does not connect yet. Since 0.1.
 * promc_push_free - release it, after promc_push_stop(). NULL is a no-op. Since 0.1. */
PROMC_API promc_push *promc_push_new(const char *url, const char *job,
                                     const promc_push_opts *opts, promc_error *err);
PROMC_API void promc_push_free(promc_push *p);

/* promc_push_group - add a label to the grouping key. @value: any UTF-8, empty included.
 * @name: UTF-8, not empty, not starting with "__"; beyond [a-zA-Z_][a-zA-Z0-9_]* it is sent as
 * U__..., which a gateway that knows UTF-8 names turns back. Labels are sent in sorted order, so
 * that the same key is the same URL. Returns 0; -EINVAL (name or value not valid, job, or given
 * already), -ENOMEM. Since 0.1. */
PROMC_API int promc_push_group(promc_push *p, const char *name, const char *value,
                               promc_error *err);

/* promc_push_put - replace all metrics of the group with those of @reg (HTTP PUT).
 * promc_push_post - replace only those of the same names (POST).
 * promc_push_delete - delete the group (DELETE).
 * They send text 0.0.4 and block until the answer or the timeout. Return 0; -EINVAL when a
 * metric has a label of the grouping key, which the Pushgateway would refuse, or a timestamp, and
 * then nothing was sent; -EIO with what libcurl or the server said (redirects are not followed);
 * -ENOMEM. Since 0.1. */
PROMC_API int promc_push_put(promc_push *p, promc_registry *reg, promc_error *err);
PROMC_API int promc_push_post(promc_push *p, promc_registry *reg, promc_error *err);
PROMC_API int promc_push_delete(promc_push *p, promc_error *err);

/* promc_push_start - put @reg now and every @seconds (0.001 to 1e9) from a thread of the library,
 * which takes no signals. A push that fails is made up for by the next. Returns 0; -EINVAL,
 * -ENOMEM, -EAGAIN (no thread). While it runs, the other calls on @p return -EBUSY.
 * promc_push_stop - end that, after a last push, and before the registry is freed. Returns what
 * the last push returned, with *err filled; 0 when there is nothing to stop. In a child of
 * fork(), where there is no such thread, nothing is sent. Since 0.1. */
PROMC_API int promc_push_start(promc_push *p, promc_registry *reg, double seconds,
                               promc_error *err);
PROMC_API int promc_push_stop(promc_push *p, promc_error *err);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_PUSH_H */
