/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_tls_prio.h - which versions, ciphers and curves of TLS are offered.
 */
#ifndef COMMON_WEB_TLS_PRIO_H
#define COMMON_WEB_TLS_PRIO_H

#include <gnutls/gnutls.h>

#include "common/web_config.h"

/* Returns 0 with *out, or a negative errno value with *err filled. */
int web_tls_priority(const struct web_tls_config *c, gnutls_priority_t *out,
                     promc_error *err);

#endif /* COMMON_WEB_TLS_PRIO_H */
