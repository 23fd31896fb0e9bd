/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_config.c - the keys of a --web.config.file, and what may be said with them.
 */
#include "config.h"

#include "common/web_config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/web_yaml.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

const char *const web_header_names[WEB_HEADERS] = {
    [WEB_CONTENT_SECURITY_POLICY] = "Content-Security-Policy",
    [WEB_STRICT_TRANSPORT_SECURITY] = "Strict-Transport-Security",
    [WEB_X_CONTENT_TYPE_OPTIONS] = "X-Content-Type-Options",
    [WEB_X_FRAME_OPTIONS] = "X-Frame-Options",
    [WEB_X_XSS_PROTECTION] = "X-XSS-Protection",
};

/* ------------------------------------------------------------------------------------
 * tls_server_config
 */
struct word {
    const char *text;
    int value;
};

static int read_word(struct yaml_reader *r, const yaml_node_t *value,
                     const struct word *words, size_t n, int *to)
{
    const char *text;

    if (yaml_is_null(value))
        return 0;
    text = yaml_text(r, value, "a word");
    if (!text)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(text, words[i].text)) {
            *to = words[i].value;
            return 0;
        }
    }
    return yaml_fail(r, value, "\"%.60s\" is none of those known here", text);
}

static int read_client_auth(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    static const struct word words[] = {
        { "NoClientCert", WEB_CLIENT_NONE },
        { "RequestClientCert", WEB_CLIENT_REQUEST },
        { "RequireAnyClientCert", WEB_CLIENT_REQUIRE_ANY },
        { "RequireClientCert", WEB_CLIENT_REQUIRE_ANY },
        { "VerifyClientCertIfGiven", WEB_CLIENT_VERIFY_IF_GIVEN },
        { "RequireAndVerifyClientCert", WEB_CLIENT_REQUIRE_AND_VERIFY },
        { "", WEB_CLIENT_NONE },
    };
    int word = WEB_CLIENT_NONE;
    int rc = read_word(r, value, words, COUNT(words), &word);

    *(enum web_client_auth *)target = (enum web_client_auth)word;
    return rc;
}

static int read_version(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    static const struct word words[] = {
        { "TLS10", 10 }, { "TLS11", 11 }, { "TLS12", 12 }, { "TLS13", 13 }
    };
    int rc = read_word(r, value, words, COUNT(words), target);

    if (rc == 0 && *(int *)target < 12)
        return yaml_fail(r, value, "versions before TLS12 are broken, and not served");
    return rc;
}

static int is_set(const struct web_pem *pem)
{
    return (pem->text && *pem->text) || (pem->file && *pem->file);
}

/* What is wrong with a tls_server_config as a whole, or NULL. */
static const char *tls_fault(const struct web_tls_config *t)
{
    int verifies = t->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN ||
                   t->client_auth == WEB_CLIENT_REQUIRE_AND_VERIFY;

    if (t->cert.text && t->cert.file)
        return "cert and cert_file exclude each other";
    if (t->key.text && t->key.file)
        return "key and key_file exclude each other";
    if (t->client_ca.text && t->client_ca.file)
        return "client_ca and client_ca_file exclude each other";
    if (t->max_version < t->min_version)
        return "max_version is below min_version";
    if (!t->on)
        return NULL;
    if (!is_set(&t->cert))
        return "cert_file (or cert) is missing";
    if (!is_set(&t->key))
        return "key_file (or key) is missing";
    if (is_set(&t->client_ca) && t->client_auth == WEB_CLIENT_NONE)
        return "client_ca_file needs a client_auth_type";
    if (verifies && !is_set(&t->client_ca))
        return "this client_auth_type needs client_ca_file (or client_ca)";
    if (t->client_allowed_sans.n > 0 && !verifies)
        return "client_allowed_sans needs a client_auth_type that verifies";
    return NULL;
}

/* Empty text is as good as none. */
static void drop_empty(char **text)
{
    if (*text && !**text) {
        free(*text);
        *text = NULL;
    }
}

static int read_tls(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
#define KEY(name, read, field)                                                           \
    {                                                                                    \
        name, read, offsetof(struct web_tls_config, field)                               \
    }
    static const struct yaml_key keys[] = {
        KEY("cert", yaml_read_string, cert.text),
        KEY("cert_file", yaml_read_string, cert.file),
        KEY("key", yaml_read_string, key.text),
        KEY("key_file", yaml_read_string, key.file),
        KEY("client_ca", yaml_read_string, client_ca.text),
        KEY("client_ca_file", yaml_read_string, client_ca.file),
        KEY("client_auth_type", read_client_auth, client_auth),
        KEY("client_allowed_sans", yaml_read_strings, client_allowed_sans),
        KEY("min_version", read_version, min_version),
        KEY("max_version", read_version, max_version),
        KEY("cipher_suites", yaml_read_strings, cipher_suites),
        KEY("curve_preferences", yaml_read_strings, curve_preferences),
        KEY("prefer_server_cipher_suites", yaml_read_bool, prefer_server_cipher_suites),
    };
#undef KEY
    struct web_tls_config *t = target;
    struct web_pem *pems[] = { &t->cert, &t->key, &t->client_ca };
    int rc = yaml_read_map(r, value, keys, COUNT(keys), t);
    const char *fault;

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < COUNT(pems); i++) {
        drop_empty(&pems[i]->text);
        drop_empty(&pems[i]->file);
    }
    t->on = is_set(&t->cert) || is_set(&t->key) || is_set(&t->client_ca) ||
            t->client_auth != WEB_CLIENT_NONE;
    fault = tls_fault(t);
    return fault ? yaml_fail(r, value, "%s", fault) : 0;
}

/* ------------------------------------------------------------------------------------
 * http_server_config
 */

/* What a header may say; NULL: anything. */
static const char *const header_words[WEB_HEADERS][3] = {
    [WEB_X_CONTENT_TYPE_OPTIONS] = { "nosniff" },
    [WEB_X_FRAME_OPTIONS] = { "deny", "sameorigin" },
};

static int read_header_value(struct yaml_reader *r, const yaml_node_t *value,
                             enum web_header which, char **to)
{
    const char *const *words = header_words[which];
    const char *text;
    int known = !words[0];

    if (yaml_is_null(value))
        return 0;
    text = yaml_text(r, value, "text");
    if (!text)
        return -EINVAL;
    for (; *words && !known; words++)
        known = !strcasecmp(text, *words);
    if (!known)
        return yaml_fail(r, value, "%s: \"%.40s\" is not one of its values",
                         web_header_names[which], text);
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return yaml_fail(r, value, "%s: a control character",
                             web_header_names[which]);
    }
    return *text ? yaml_read_string(r, value, to) : 0;
}

static int read_headers(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    char **headers = target;

    if (yaml_is_null(value))
        return 0;
    if (value->type != YAML_MAPPING_NODE)
        return yaml_fail(r, value, "want names and values of headers here");
    for (const yaml_node_pair_t *pair = value->data.mapping.pairs.start;
         pair < value->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
        const char *name = yaml_text(r, key, "the name of a header");
        unsigned i;
        int rc;

        if (!name)
            return -EINVAL;
        for (i = 0; i < WEB_HEADERS && strcasecmp(name, web_header_names[i]) != 0; i++)
            continue;
        if (i == WEB_HEADERS)
            return yaml_fail(r, key, "header \"%.40s\" cannot be set", name);
        if (headers[i])
            return yaml_fail(r, key, "\"%.40s\" is there twice", name);
        rc = read_header_value(r, yaml_document_get_node(r->doc, pair->value),
                               (enum web_header)i, &headers[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int read_http(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    static const struct yaml_key keys[] = {
        { "http2", yaml_read_bool, offsetof(struct web_config, http2) },
        { "headers", read_headers, offsetof(struct web_config, headers) },
    };

    return yaml_read_map(r, value, keys, COUNT(keys), target);
}

/* ------------------------------------------------------------------------------------
 * basic_auth_users
 */
int web_is_bcrypt(const char *text)
{
    static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    int cost;

    if (strlen(text) != 60 || strncmp(text, "$2", 2) != 0 || !strchr("aby", text[2]) ||
        text[3] != '$' || text[6] != '$')
        return 0;
    if (text[4] < '0' || text[4] > '3' || text[5] < '0' || text[5] > '9')
        return 0;
    cost = (text[4] - '0') * 10 + text[5] - '0';
    return cost >= 4 && cost <= 31 && strspn(text + 7, letters) == 53;
}

static int read_user(struct yaml_reader *r, const yaml_node_pair_t *pair,
                     struct web_config *c)
{
    const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
    const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
    const char *name = yaml_text(r, key, "a user's name"), *hash;
    struct web_user *user = &c->users[c->n_users];

    if (!name)
        return -EINVAL;
    hash = yaml_text(r, value, "a bcrypt hash");
    if (!hash)
        return -EINVAL;
    if (strchr(name, ':'))
        return yaml_fail(r, key, "a user's name cannot have a colon");
    if (!web_is_bcrypt(hash)) /* not shown: it may be a password */
        return yaml_fail(r, value, "user \"%.40s\": not a bcrypt hash", name);
    for (size_t i = 0; i < c->n_users; i++) {
        if (!strcmp(c->users[i].name, name))
            return yaml_fail(r, key, "\"%.60s\" is there twice", name);
    }
    c->n_users++;
    user->name = strdup(name);
    user->hash = strdup(hash);
    return user->name && user->hash ? 0 : yaml_no_memory(r);
}

static int read_users(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    struct web_config *c = target;
    const yaml_node_pair_t *pair;
    int rc = 0;

    if (yaml_is_null(value))
        return 0;
    if (value->type != YAML_MAPPING_NODE)
        return yaml_fail(r, value, "want names of users and their hashes here");
    c->users = calloc(
        (size_t)(value->data.mapping.pairs.top - value->data.mapping.pairs.start) + 1,
        sizeof(*c->users));
    if (!c->users)
        return yaml_no_memory(r);
    for (pair = value->data.mapping.pairs.start;
         rc == 0 && pair < value->data.mapping.pairs.top; pair++)
        rc = read_user(r, pair, c);
    return rc;
}

/* ------------------------------------------------------------------------------------
 * The whole
 */
static int read_rate(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    static const struct yaml_key keys[] = {
        { "interval", yaml_read_duration, offsetof(struct web_config, rate_interval) },
        { "burst", yaml_read_count, offsetof(struct web_config, rate_burst) },
    };

    return yaml_read_map(r, value, keys, COUNT(keys), target);
}

static int read_root(struct yaml_reader *r, const yaml_node_t *root, void *target)
{
    static const struct yaml_key keys[] = {
        { "tls_server_config", read_tls, offsetof(struct web_config, tls) },
        { "http_server_config", read_http, 0 },
        { "basic_auth_users", read_users, 0 },
        { "rate_limit", read_rate, 0 },
    };

    return yaml_read_map(r, root, keys, COUNT(keys), target);
}

int web_config_parse(const char *file, const char *text, size_t len, struct web_config *c,
                     promc_error *err)
{
    promc_error unused;

    memset(c, 0, sizeof(*c));
    c->tls.min_version = 12;
    c->tls.max_version = 13;
    c->tls.prefer_server_cipher_suites = 1;
    c->http2 = 1;
    return yaml_read_text(file, text, len, read_root, c, err ? err : &unused);
}

static void free_strings(struct web_strings *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i]);
    free(list->v);
}

static void free_pem(struct web_pem *pem)
{
    if (pem->text)
        explicit_bzero(pem->text, strlen(pem->text)); /* keys among them */
    free(pem->text);
    free(pem->file);
}

void web_config_free(struct web_config *c)
{
    free_pem(&c->tls.cert);
    free_pem(&c->tls.key);
    free_pem(&c->tls.client_ca);
    free_strings(&c->tls.client_allowed_sans);
    free_strings(&c->tls.cipher_suites);
    free_strings(&c->tls.curve_preferences);
    for (size_t i = 0; i < WEB_HEADERS; i++)
        free(c->headers[i]);
    for (size_t i = 0; i < c->n_users; i++) {
        free(c->users[i].name);
        free(c->users[i].hash);
    }
    free(c->users);
    memset(c, 0, sizeof(*c));
}
