/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_config.h - what a --web.config.file says: YAML, in the format that exporters of the
 * Prometheus project share.
 */
#ifndef COMMON_WEB_CONFIG_H
#define COMMON_WEB_CONFIG_H

#include <promc/promc.h>

/* Larger files are refused. */
#define WEB_CONFIG_MAX ((size_t)256 << 10)

struct web_strings {
    char **v;
    size_t n;
};

enum web_client_auth {
    WEB_CLIENT_NONE = 0,
    WEB_CLIENT_REQUEST,         /* asked for, not looked at */
    WEB_CLIENT_REQUIRE_ANY,     /* there must be one, not looked at */
    WEB_CLIENT_VERIFY_IF_GIVEN, /* checked if there is one */
    WEB_CLIENT_REQUIRE_AND_VERIFY
};

/* PEM that is in the file itself, or the name of a file with it; at most one is set. */
struct web_pem {
    char *text;
    char *file;
};

struct web_tls_config {
    int on;
    struct web_pem cert, key, client_ca;
    enum web_client_auth client_auth;
    struct web_strings client_allowed_sans;
    int min_version; /* 12 or 13 */
    int max_version;
    struct web_strings cipher_suites;
    struct web_strings curve_preferences;
    int prefer_server_cipher_suites; /* without effect, as in the peer */
};

struct web_user {
    char *name;
    char *hash; /* bcrypt */
};

/* For every answer, or NULL. */
enum web_header {
    WEB_CONTENT_SECURITY_POLICY = 0,
    WEB_STRICT_TRANSPORT_SECURITY,
    WEB_X_CONTENT_TYPE_OPTIONS,
    WEB_X_FRAME_OPTIONS,
    WEB_X_XSS_PROTECTION,
    WEB_HEADERS
};
extern const char *const web_header_names[WEB_HEADERS];

struct web_config {
    struct web_tls_config tls;
    int http2; /* without effect */
    char *headers[WEB_HEADERS];
    struct web_user *users;
    size_t n_users;
    double rate_interval; /* seconds for each request; 0: no limit */
    long rate_burst;
};

/* Read the text of a configuration; file: for messages. Returns 0; or -EINVAL (or -ENOMEM) with
 * what is wrong and where, "FILE:LINE:COLUMN: ...". Free c in either case. */
int web_config_parse(const char *file, const char *text, size_t len, struct web_config *c,
                     promc_error *err);
void web_config_free(struct web_config *c);

/* Whether text is a bcrypt hash that can be checked. */
int web_is_bcrypt(const char *text);

#endif /* COMMON_WEB_CONFIG_H */
