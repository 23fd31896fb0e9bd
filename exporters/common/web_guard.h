/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_guard.h - put a --web.config.file into force: TLS, passwords, headers, the rate limit;
 * and keep it in force as the file changes.
 */
#ifndef COMMON_WEB_GUARD_H
#define COMMON_WEB_GUARD_H

#include <promc/http.h>

struct web_guard;

/* Read the file and whatever it names, and watch them from a thread: what changes is read
 * again; what is wrong then is logged, and changes nothing. Returns 0, or a negative errno
 * value with *err filled. */
int web_guard_new(const char *file, struct web_guard **out, promc_error *err);
/* After the servers have stopped. NULL is a no-op. */
void web_guard_free(struct web_guard *g);

/* Read the file again now. */
void web_guard_reload(struct web_guard *g);

/* Have the server keep to it. */
void web_guard_use(struct web_guard *g, promc_http_opts *opts);

#endif /* COMMON_WEB_GUARD_H */
