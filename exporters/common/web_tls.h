/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_tls.h - certificates and rules for TLS connections, by GnuTLS.
 */
#ifndef COMMON_WEB_TLS_H
#define COMMON_WEB_TLS_H

#include "common/web_config.h"

struct web_tls;

/* Load what c says; dir: where relative file names begin. Returns 0, or a negative errno value
 * with *err filled. */
int web_tls_new(const struct web_tls_config *c, const char *dir, struct web_tls **out,
                promc_error *err);
/* Not before the last connection that it began has ended. NULL is a no-op. */
void web_tls_free(struct web_tls *t);

/* Prepare a gnutls_session_t before its handshake. Returns 0 or -1. */
int web_tls_begin(struct web_tls *t, void *session);

/* The path of a file that the configuration names; the caller frees it. NULL: out of memory. */
char *web_path(const char *dir, const char *file);

#endif /* COMMON_WEB_TLS_H */
