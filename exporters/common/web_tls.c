/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_tls.c - load certificates, and check those of clients.
 */
#include "config.h"

#include "common/web_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/readfile.h"
#include "common/web_tls_prio.h"

#define MAX_CHAIN 16
#define MAX_PEM ((size_t)1 << 20)

struct web_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    int has_priority;
    enum web_client_auth client_auth;
    struct web_strings sans;
    struct web_tls *next; /* all there are, see find() */
};

/* GnuTLS hands its verify function nothing but the session; what belongs to it is found by
 * its credentials. */
static struct web_tls *all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

static int fail(promc_error *err, int code, const char *what, const char *why)
{
    err->code = code;
    snprintf(err->text, sizeof(err->text), "%.90s: %.60s", what, why);
    return code;
}

char *web_path(const char *dir, const char *file)
{
    size_t dir_len = strlen(dir), len = strlen(file);
    char *path;

    if (file[0] == '/')
        return strdup(file);
    path = malloc(dir_len + len + 2);
    if (path) {
        memcpy(path, dir, dir_len);
        path[dir_len] = '/';
        memcpy(path + dir_len + 1, file, len + 1);
    }
    return path;
}

/* ------------------------------------------------------------------------------------
 * The certificates of clients
 */
static struct web_tls *find(gnutls_session_t session)
{
    struct web_tls *t = NULL;
    void *credentials = NULL;

    if (gnutls_credentials_get(session, GNUTLS_CRD_CERTIFICATE, &credentials) != 0)
        return NULL;
    pthread_mutex_lock(&all_lock);
    for (t = all; t && t->credentials != credentials; t = t->next)
        continue;
    pthread_mutex_unlock(&all_lock);
    return t;
}

static int same_address(const char *text, const unsigned char *raw, size_t len)
{
    unsigned char wanted[16];

    if (len == 4)
        return inet_pton(AF_INET, text, wanted) == 1 && !memcmp(wanted, raw, 4);
    return len == 16 && inet_pton(AF_INET6, text, wanted) == 1 &&
           !memcmp(wanted, raw, 16);
}

static int is_allowed(const struct web_strings *sans, int type, const unsigned char *name,
                      size_t len)
{
    for (size_t i = 0; i < sans->n; i++) {
        if (type == GNUTLS_SAN_IPADDRESS
                ? same_address(sans->v[i], name, len)
                : strlen(sans->v[i]) == len && !memcmp(sans->v[i], name, len))
            return 1;
    }
    return 0;
}

/* Whether one of the certificate's names is one of those allowed. */
static int has_allowed_name(const struct web_strings *sans, gnutls_x509_crt_t crt)
{
    for (unsigned i = 0;; i++) {
        unsigned char name[1024];
        size_t len = sizeof(name);
        unsigned critical;
        int type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &len, &critical);

        if (type == GNUTLS_E_SHORT_MEMORY_BUFFER) /* no name that anybody would list */
            continue;
        if (type < 0)
            return 0;
        if ((type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_IPADDRESS ||
             type == GNUTLS_SAN_RFC822NAME || type == GNUTLS_SAN_URI) &&
            is_allowed(sans, type, name, len))
            return 1;
    }
}

static int check_names(const struct web_tls *t, const gnutls_datum_t *leaf)
{
    gnutls_x509_crt_t crt;
    int ok = 0;

    if (t->sans.n == 0)
        return 1;
    if (gnutls_x509_crt_init(&crt) != 0)
        return 0;
    if (gnutls_x509_crt_import(crt, leaf, GNUTLS_X509_FMT_DER) == 0)
        ok = has_allowed_name(&t->sans, crt);
    gnutls_x509_crt_deinit(crt);
    return ok;
}

/* GnuTLS's verify function: 0 goes on with the handshake. */
static int verify_client(gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {
        GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0
    };
    const struct web_tls *t = find(session);
    const gnutls_datum_t *chain;
    unsigned n = 0, status = 0;

    if (!t)
        return GNUTLS_E_CERTIFICATE_ERROR;
    if (t->client_auth != WEB_CLIENT_VERIFY_IF_GIVEN &&
        t->client_auth != WEB_CLIENT_REQUIRE_AND_VERIFY)
        return 0;
    chain = gnutls_certificate_get_peers(session, &n);
    if (!chain || n == 0)
        return t->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN ? 0
                                                            : GNUTLS_E_CERTIFICATE_ERROR;
    if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) != 0 ||
        status != 0 || !check_names(t, chain))
        return GNUTLS_E_CERTIFICATE_ERROR;
    return 0;
}

int web_tls_begin(struct web_tls *t, void *opaque)
{
    gnutls_session_t session = opaque;
    gnutls_certificate_request_t ask = GNUTLS_CERT_IGNORE;

    gnutls_credentials_clear(session);
    if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, t->credentials) != 0 ||
        gnutls_priority_set(session, t->priority) != 0)
        return -1;
    if (t->client_auth == WEB_CLIENT_REQUEST ||
        t->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN)
        ask = GNUTLS_CERT_REQUEST;
    else if (t->client_auth != WEB_CLIENT_NONE)
        ask = GNUTLS_CERT_REQUIRE;
    gnutls_certificate_server_set_request(session, ask);
    return 0;
}

/* ------------------------------------------------------------------------------------
 * Our own
 */

/* The PEM text that pem means; *name: for messages; the caller frees both. */
static int load_pem(const struct web_pem *pem, const char *key, const char *dir,
                    struct readbuf *b, char **name, promc_error *err)
{
    int rc;

    *name = pem->text ? strdup(key) : web_path(dir, pem->file);
    if (*name && pem->text) {
        b->len = strlen(pem->text);
        b->data = strdup(pem->text);
    }
    if (!*name || (pem->text && !b->data))
        return fail(err, -ENOMEM, key, "out of memory");
    if (pem->text)
        return 0;
    rc = read_file(NULL, *name, b, MAX_PEM);
    if (rc != 0)
        return fail(err, rc, *name, strerror(-rc));
    return b->len > 0 ? 0 : fail(err, -EINVAL, *name, "the file is empty");
}

static gnutls_datum_t datum(const struct readbuf *b)
{
    gnutls_datum_t d = { (unsigned char *)b->data, (unsigned)b->len };

    return d;
}

/* What would only show once clients turn away. */
static int check_certificate(const char *name, const gnutls_datum_t *pem,
                             promc_error *err)
{
    gnutls_x509_crt_t chain[MAX_CHAIN];
    unsigned n = MAX_CHAIN, bits = 0;
    int rc = gnutls_x509_crt_list_import(chain, &n, pem, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    int algorithm;

    if (rc < 0)
        return fail(err, -EINVAL, name, gnutls_strerror(rc));
    algorithm = gnutls_x509_crt_get_pk_algorithm(chain[0], &bits);
    rc = 0;
    if (gnutls_x509_crt_get_expiration_time(chain[0]) < time(NULL))
        rc = fail(err, -EINVAL, name, "the certificate has expired");
    else if (algorithm >= 0 &&
             gnutls_pk_bits_to_sec_param((gnutls_pk_algorithm_t)algorithm, bits) <
                 GNUTLS_SEC_PARAM_MEDIUM)
        rc = fail(err, -EINVAL, name, "the certificate's key is too short");
    for (unsigned i = 0; i < n; i++)
        gnutls_x509_crt_deinit(chain[i]);
    return rc;
}

/* Encrypted keys and wrong PEM alike are "decoding errors" to GnuTLS. */
static const char *key_fault(int rc, const struct readbuf *key)
{
    if (rc == GNUTLS_E_DECRYPTION_FAILED || strstr(key->data, "ENCRYPTED"))
        return "the key is encrypted; it must not be";
    if (rc == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return "the key is not that of the certificate";
    return gnutls_strerror(rc);
}

static int load_own(struct web_tls *t, const struct web_tls_config *c, const char *dir,
                    promc_error *err)
{
    struct readbuf cert = { 0 }, key = { 0 };
    char *cert_name = NULL, *key_name = NULL;
    gnutls_datum_t cert_pem, key_pem;
    int rc = load_pem(&c->cert, "cert", dir, &cert, &cert_name, err);

    if (rc == 0)
        rc = load_pem(&c->key, "key", dir, &key, &key_name, err);
    if (rc == 0) {
        cert_pem = datum(&cert);
        key_pem = datum(&key);
        rc = check_certificate(cert_name, &cert_pem, err);
    }
    if (rc == 0) {
        rc = gnutls_certificate_set_x509_key_mem(t->credentials, &cert_pem, &key_pem,
                                                 GNUTLS_X509_FMT_PEM);
        if (rc < 0)
            rc = fail(err, -EINVAL, key_name, key_fault(rc, &key));
    }
    if (key.data)
        explicit_bzero(key.data, key.len);
    readbuf_free(&cert);
    readbuf_free(&key);
    free(cert_name);
    free(key_name);
    return rc < 0 ? rc : 0;
}

static int load_client_ca(struct web_tls *t, const struct web_tls_config *c,
                          const char *dir, promc_error *err)
{
    struct readbuf ca = { 0 };
    gnutls_datum_t pem;
    char *name = NULL;
    int rc, n;

    if (!c->client_ca.text && !c->client_ca.file)
        return 0;
    rc = load_pem(&c->client_ca, "client_ca", dir, &ca, &name, err);
    if (rc == 0) {
        pem = datum(&ca);
        n = gnutls_certificate_set_x509_trust_mem(t->credentials, &pem,
                                                  GNUTLS_X509_FMT_PEM);
        if (n <= 0)
            rc = fail(err, -EINVAL, name, n < 0 ? gnutls_strerror(n) : "no certificate");
    }
    readbuf_free(&ca);
    free(name);
    return rc;
}

static int copy_sans(struct web_tls *t, const struct web_strings *from)
{
    t->sans.v = calloc(from->n + 1, sizeof(*t->sans.v));
    if (!t->sans.v)
        return -ENOMEM;
    for (; t->sans.n < from->n; t->sans.n++) {
        t->sans.v[t->sans.n] = strdup(from->v[t->sans.n]);
        if (!t->sans.v[t->sans.n])
            return -ENOMEM;
    }
    return 0;
}

int web_tls_new(const struct web_tls_config *c, const char *dir, struct web_tls **out,
                promc_error *err)
{
    struct web_tls *t = calloc(1, sizeof(*t));
    int rc;

    if (!t || gnutls_certificate_allocate_credentials(&t->credentials) != 0) {
        free(t);
        return fail(err, -ENOMEM, "TLS", "out of memory");
    }
    t->client_auth = c->client_auth;
    gnutls_certificate_set_verify_function(t->credentials, verify_client);
    pthread_mutex_lock(&all_lock);
    t->next = all;
    all = t;
    pthread_mutex_unlock(&all_lock);
    rc = copy_sans(t, &c->client_allowed_sans);
    if (rc != 0)
        fail(err, rc, "TLS", "out of memory");
    if (rc == 0)
        rc = web_tls_priority(c, &t->priority, err);
    t->has_priority = rc == 0;
    if (rc == 0)
        rc = load_own(t, c, dir, err);
    if (rc == 0)
        rc = load_client_ca(t, c, dir, err);
    if (rc != 0) {
        web_tls_free(t);
        t = NULL;
    }
    *out = t;
    return rc;
}

void web_tls_free(struct web_tls *t)
{
    struct web_tls **p = &all;

    if (!t)
        return;
    pthread_mutex_lock(&all_lock);
    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    pthread_mutex_unlock(&all_lock);
    if (t->has_priority)
        gnutls_priority_deinit(t->priority);
    gnutls_certificate_free_credentials(t->credentials);
    for (size_t i = 0; i < t->sans.n; i++)
        free(t->sans.v[i]);
    free(t->sans.v);
    free(t);
}
