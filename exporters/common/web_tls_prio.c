/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_tls_prio.c - from the names of cipher suites and curves that the configuration uses to
 * those of GnuTLS.
 *
 * GnuTLS is told key exchanges, ciphers and MACs, and offers every suite that can be put
 * together from them. So a list of suites for which that would be more than it names is
 * refused. In TLS 1.3, where the list has no say, the ciphers are the same.
 */
#include "config.h"

#include "common/web_tls_prio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_PRIORITY 1024
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const struct suite {
    const char *name;     /* as registered */
    const char *gnutls;   /* as GnuTLS calls it */
    const char *priority; /* what it is put together from */
} suites[] = {
    { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_AES_128_GCM_SHA256",
      ":+ECDHE-ECDSA:+AES-128-GCM:+AEAD" },
    { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_AES_256_GCM_SHA384",
      ":+ECDHE-ECDSA:+AES-256-GCM:+AEAD" },
    { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_CHACHA20_POLY1305", ":+ECDHE-ECDSA:+CHACHA20-POLY1305:+AEAD" },
    { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_AES_128_CBC_SHA1",
      ":+ECDHE-ECDSA:+AES-128-CBC:+SHA1" },
    { "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_ECDSA_AES_256_CBC_SHA1",
      ":+ECDHE-ECDSA:+AES-256-CBC:+SHA1" },
    { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_AES_128_GCM_SHA256",
      ":+ECDHE-RSA:+AES-128-GCM:+AEAD" },
    { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_AES_256_GCM_SHA384",
      ":+ECDHE-RSA:+AES-256-GCM:+AEAD" },
    { "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_CHACHA20_POLY1305",
      ":+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD" },
    { "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_AES_128_CBC_SHA1",
      ":+ECDHE-RSA:+AES-128-CBC:+SHA1" },
    { "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_RSA_AES_256_CBC_SHA1",
      ":+ECDHE-RSA:+AES-256-CBC:+SHA1" },
    /* of TLS 1.3 */
    { "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", ":+AES-128-GCM:+AEAD" },
    { "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", ":+AES-256-GCM:+AEAD" },
    { "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
      ":+CHACHA20-POLY1305:+AEAD" },
};

static const struct {
    const char *name;
    const char *priority;
} curves[] = {
    { "CurveP256", ":+GROUP-SECP256R1" },
    { "CurveP384", ":+GROUP-SECP384R1" },
    { "CurveP521", ":+GROUP-SECP521R1" },
    { "X25519", ":+GROUP-X25519" },
};

static int fail(promc_error *err, const char *format, const char *name)
{
    err->code = -EINVAL;
    /* The formats are those below, each with one %s. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(err->text, sizeof(err->text), format, name);
#pragma GCC diagnostic pop
    return -EINVAL;
}

static int append(char *to, const char *what)
{
    size_t len = strlen(to), more = strlen(what);

    if (len + more >= MAX_PRIORITY)
        return -1;
    memcpy(to + len, what, more + 1);
    return 0;
}

static int add_suites(const struct web_strings *list, char *to, promc_error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;

        while (k < COUNT(suites) && strcmp(list->v[i], suites[k].name) != 0)
            k++;
        if (k == COUNT(suites) || append(to, suites[k].priority) != 0)
            return fail(err, "tls_server_config: cipher suite \"%.60s\" is not served",
                        list->v[i]);
    }
    return 0;
}

static int add_curves(const struct web_strings *list, char *to, promc_error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;

        while (k < COUNT(curves) && strcmp(list->v[i], curves[k].name) != 0)
            k++;
        if (k == COUNT(curves) || append(to, curves[k].priority) != 0)
            return fail(err, "tls_server_config: curve \"%.60s\" is not served",
                        list->v[i]);
    }
    return list->n > 0 || append(to, ":+GROUP-ALL") == 0 ? 0 : -EINVAL;
}

static int is_listed(const struct web_strings *list, const char *gnutls)
{
    for (size_t i = 0; i < list->n; i++) {
        for (size_t k = 0; k < COUNT(suites); k++) {
            if (!strcmp(suites[k].gnutls, gnutls) && !strcmp(suites[k].name, list->v[i]))
                return 1;
        }
    }
    return 0;
}

/* Whether the suites of TLS 1.2 are those listed and no more. */
static int check_suites(const struct web_strings *list, gnutls_priority_t p,
                        promc_error *err)
{
    unsigned index, i;

    for (i = 0; list->n > 0; i++) {
        gnutls_protocol_t version;
        const char *name;
        int rc = gnutls_priority_get_cipher_suite_index(p, i, &index);

        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (rc != 0) /* unknown to this GnuTLS */
            continue;
        name = gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL, &version);
        if (name && version < GNUTLS_TLS1_3 && !is_listed(list, name))
            return fail(
                err,
                "tls_server_config: this list of cipher suites would allow %.60s, too",
                name);
    }
    return 0;
}

int web_tls_priority(const struct web_tls_config *c, gnutls_priority_t *out,
                     promc_error *err)
{
    char text[MAX_PRIORITY] = "NONE:+CTYPE-ALL:+COMP-ALL:+SIGN-ALL:-SIGN-RSA-SHA1"
                              ":-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1";
    int rc;

    if (c->max_version >= 13 && append(text, ":+VERS-TLS1.3") != 0)
        return -EINVAL;
    if (c->min_version <= 12 && append(text, ":+VERS-TLS1.2") != 0)
        return -EINVAL;
    rc = c->cipher_suites.n > 0
             ? add_suites(&c->cipher_suites, text, err)
             : append(text, ":+ECDHE-ECDSA:+ECDHE-RSA:+AES-128-GCM:+AES-256-GCM"
                            ":+CHACHA20-POLY1305:+AEAD");
    if (rc == 0)
        rc = add_curves(&c->curve_preferences, text, err);
    if (rc != 0)
        return rc;
    rc = gnutls_priority_init(out, text, NULL);
    if (rc != 0)
        return fail(err, "tls_server_config: %.100s", gnutls_strerror(rc));
    rc = check_suites(&c->cipher_suites, *out, err);
    if (rc != 0)
        gnutls_priority_deinit(*out);
    return rc;
}
