/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_auth.h - passwords by HTTP basic authentication, checked against bcrypt hashes.
 */
#ifndef COMMON_WEB_AUTH_H
#define COMMON_WEB_AUTH_H

#include "common/web_config.h"

struct web_auth;

/* Copies the users of c. NULL: out of memory, or no random numbers. */
struct web_auth *web_auth_new(const struct web_config *c);
void web_auth_free(struct web_auth *a);

enum web_auth_verdict { WEB_AUTH_NO = 0, WEB_AUTH_YES, WEB_AUTH_UNKNOWN };

/* authorization: the header, or NULL. Look says what is known already, and is quick; check
 * takes the time of one bcrypt, for users that do not exist as well. Any thread; one check at
 * a time. */
enum web_auth_verdict web_auth_look(struct web_auth *a, const char *authorization);
enum web_auth_verdict web_auth_check(struct web_auth *a, const char *authorization);

#endif /* COMMON_WEB_AUTH_H */
