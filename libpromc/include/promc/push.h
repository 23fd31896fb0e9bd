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
 * @url: of the Pushgateway, http or https, with or without a path of its own.   @job: not
 * empty. NULL opts are the defaults. Returns it, or NULL with *err filled (-EINVAL, -ENOMEM).
 * For one thread at a time. Does not connect yet. Since 0.1.
 * promc_push_free - release it; stops promc_push_start(). NULL is a no-op. */
PROMC_API promc_push *promc_push_new(const char *url, const char *job,
                                     const promc_push_opts *opts, promc_error *err);
PROMC_API void promc_push_free(promc_push *p);

/* promc_push_group - add a label to the grouping key. @value: any UTF-8, empty included.
 * Labels are sent in sorted order, so that the same key is the same URL. Returns 0; -EINVAL
 * (name not valid, job, or given already), -ENOMEM. Since 0.1. */
PROMC_API int promc_push_group(promc_push *p, const char *name, const char *value,
                               promc_error *err);

/* promc_push_put - replace all metrics of the group with those of @reg (HTTP PUT).
 * promc_push_post - replace only those of the same names (POST).
 * promc_push_delete - delete the group (DELETE).
 * They block until the answer or the timeout. Return 0; -EINVAL when a metric has a label of
 * the grouping key, which the Pushgateway would refuse, or a timestamp; -EIO with what
 * libcurl or the server said; -ENOMEM. Since 0.1. */
PROMC_API int promc_push_put(promc_push *p, promc_registry *reg, promc_error *err);
PROMC_API int promc_push_post(promc_push *p, promc_registry *reg, promc_error *err);
PROMC_API int promc_push_delete(promc_push *p, promc_error *err);

/* promc_push_start - from now on put @reg every @seconds from a thread of the library.
 * promc_push_stop - end that, after a last push; with the error of the last push that failed
 * since the one before succeeded, or 0. While it runs, the other calls on @p return -EBUSY.
 * Since 0.1. */
PROMC_API int promc_push_start(promc_push *p, promc_registry *reg, double seconds,
                               promc_error *err);
PROMC_API int promc_push_stop(promc_push *p, promc_error *err);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_PUSH_H */
