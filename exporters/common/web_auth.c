/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_auth.c - check names and passwords, and remember the results.
 *
 * A result is remembered under a MAC, with a key of this process, over name and password,
 * each with its length before it: nobody can make up another pair with the same tag, and
 * no password stays in memory. A user has room for one right password; wrong ones have a
 * ring of their own, so that guessing cannot push out what is right.
 */
#include "config.h"

#include "common/web_auth.h"

#include <crypt.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#define TAG_SIZE 32 /* of HMAC-SHA-256 */
#define WRONG 256
#define MAX_HEADER 8192

struct tag {
    unsigned char bytes[TAG_SIZE];
};

struct user {
    char *name;
    char *hash;
    struct tag right;
    int has_right;
};

struct web_auth {
    struct user *users;
    size_t n_users;
    const char *decoy; /* for names that do not exist: the dearest hash there is */
    unsigned char key[32];
    pthread_mutex_t lock; /* for tags */
    struct tag wrong[WRONG];
    size_t n_wrong, next_wrong;
    pthread_mutex_t work; /* for one check at a time */
    struct crypt_data crypt;
};

struct credentials {
    char *text; /* name, NUL, password */
    size_t name_len, password_len;
    const char *password;
};

/* ------------------------------------------------------------------------------------
 * The header
 */
static void forget(struct credentials *c)
{
    if (c->text) {
        explicit_bzero(c->text, c->name_len + 1 + c->password_len);
        free(c->text);
    }
    c->text = NULL;
}

/* Take the header apart. Returns 1 when it has a name and a password. */
static int read_header(const char *header, struct credentials *c)
{
    gnutls_datum_t code, plain = { NULL, 0 };
    const char *colon;
    int ok = 0;

    memset(c, 0, sizeof(*c));
    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return 0;
    header += 6;
    code.size = (unsigned)strnlen(header, MAX_HEADER + 1);
    code.data = (unsigned char *)(uintptr_t)header; /* only read */
    if (code.size == 0 || code.size > MAX_HEADER ||
        gnutls_base64_decode2(&code, &plain) != 0)
        return 0;
    colon = plain.data ? memchr(plain.data, ':', plain.size) : NULL;
    /* bcrypt would take a NUL for the end, and what follows it for nothing. */
    if (colon && !memchr(plain.data, '\0', plain.size))
        c->text = malloc((size_t)plain.size + 1);
    if (c->text) {
        memcpy(c->text, plain.data, plain.size);
        c->text[plain.size] = '\0';
        c->name_len = (size_t)(colon - (const char *)plain.data);
        c->password_len = plain.size - c->name_len - 1;
        c->text[c->name_len] = '\0';
        c->password = c->text + c->name_len + 1;
        ok = 1;
    }
    if (plain.data)
        explicit_bzero(plain.data, plain.size);
    gnutls_free(plain.data);
    return ok;
}

/* ------------------------------------------------------------------------------------
 * What is remembered
 */
static int make_tag(const struct web_auth *a, const struct credentials *c,
                    struct tag *tag)
{
    uint64_t lengths[2] = { c->name_len, c->password_len };
    gnutls_hmac_hd_t mac;

    if (gnutls_hmac_init(&mac, GNUTLS_MAC_SHA256, a->key, sizeof(a->key)) != 0)
        return -1;
    gnutls_hmac(mac, &lengths[0], sizeof(lengths[0]));
    gnutls_hmac(mac, c->text, c->name_len);
    gnutls_hmac(mac, &lengths[1], sizeof(lengths[1]));
    gnutls_hmac(mac, c->password, c->password_len);
    gnutls_hmac_deinit(mac, tag->bytes);
    return 0;
}

static int equal(const struct tag *a, const struct tag *b)
{
    return gnutls_memcmp(a->bytes, b->bytes, TAG_SIZE) == 0;
}

static enum web_auth_verdict recall(struct web_auth *a, const struct tag *tag)
{
    enum web_auth_verdict verdict = WEB_AUTH_UNKNOWN;

    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->n_users; i++) {
        if (a->users[i].has_right && equal(&a->users[i].right, tag))
            verdict = WEB_AUTH_YES;
    }
    for (size_t i = 0; i < a->n_wrong; i++) {
        if (equal(&a->wrong[i], tag))
            verdict = WEB_AUTH_NO;
    }
    pthread_mutex_unlock(&a->lock);
    return verdict;
}

/* user: whose password it is; NULL: nobody's. */
static void remember(struct web_auth *a, const struct tag *tag, struct user *user)
{
    pthread_mutex_lock(&a->lock);
    if (user) {
        user->right = *tag;
        user->has_right = 1;
    } else {
        a->wrong[a->next_wrong] = *tag;
        a->next_wrong = (a->next_wrong + 1) % WRONG;
        if (a->n_wrong < WRONG)
            a->n_wrong++;
    }
    pthread_mutex_unlock(&a->lock);
}

/* ------------------------------------------------------------------------------------
 * The check
 */
static struct user *find_user(struct web_auth *a, const char *name)
{
    struct user *found = NULL;

    for (size_t i = 0; i < a->n_users; i++) {
        if (!strcmp(a->users[i].name, name))
            found = &a->users[i];
    }
    return found;
}

/* With the work lock held. */
static int is_password(struct web_auth *a, const char *password, const char *hash)
{
    const char *made;
    int same;

    made = crypt_r(password, hash, &a->crypt);
    same = made && strlen(made) == strlen(hash) &&
           gnutls_memcmp(made, hash, strlen(hash)) == 0;
    explicit_bzero(&a->crypt, sizeof(a->crypt));
    return same;
}

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* After a wrong password: as long again without work, so that guessing takes half of one
 * processor at most. */
static void rest(double since)
{
    double took = seconds() - since;
    struct timespec ts;

    if (took > 1)
        took = 1;
    ts.tv_sec = (time_t)took;
    ts.tv_nsec = (long)((took - (double)ts.tv_sec) * 1e9);
    nanosleep(&ts, NULL);
}

static enum web_auth_verdict look(struct web_auth *a, const struct credentials *c,
                                  struct tag *tag)
{
    return make_tag(a, c, tag) == 0 ? recall(a, tag) : WEB_AUTH_NO;
}

enum web_auth_verdict web_auth_look(struct web_auth *a, const char *authorization)
{
    enum web_auth_verdict verdict = WEB_AUTH_NO;
    struct credentials c;
    struct tag tag;

    if (read_header(authorization, &c))
        verdict = look(a, &c, &tag);
    forget(&c);
    return verdict;
}

enum web_auth_verdict web_auth_check(struct web_auth *a, const char *authorization)
{
    enum web_auth_verdict verdict;
    struct credentials c;
    struct user *user;
    struct tag tag;
    double since;
    int same;

    if (!read_header(authorization, &c))
        return WEB_AUTH_NO;
    pthread_mutex_lock(&a->work);
    verdict = look(a, &c, &tag); /* it may have been found out while we waited */
    if (verdict == WEB_AUTH_UNKNOWN) {
        since = seconds();
        user = find_user(a, c.text);
        same = is_password(a, c.password, user ? user->hash : a->decoy);
        verdict = user && same ? WEB_AUTH_YES : WEB_AUTH_NO;
        remember(a, &tag, verdict == WEB_AUTH_YES ? user : NULL);
        if (verdict == WEB_AUTH_NO)
            rest(since);
    }
    pthread_mutex_unlock(&a->work);
    forget(&c);
    return verdict;
}

/* ------------------------------------------------------------------------------------
 * Life
 */
struct web_auth *web_auth_new(const struct web_config *c)
{
    struct web_auth *a = calloc(1, sizeof(*a));

    if (!a)
        return NULL;
    pthread_mutex_init(&a->lock, NULL);
    pthread_mutex_init(&a->work, NULL);
    a->users = calloc(c->n_users + 1, sizeof(*a->users));
    if (!a->users || getrandom(a->key, sizeof(a->key), 0) != sizeof(a->key)) {
        web_auth_free(a);
        return NULL;
    }
    for (size_t i = 0; i < c->n_users; i++) {
        struct user *user = &a->users[a->n_users++];

        user->name = strdup(c->users[i].name);
        user->hash = strdup(c->users[i].hash);
        if (!user->name || !user->hash) {
            web_auth_free(a);
            return NULL;
        }
        /* "$2b$NN$": what costs more compares greater. */
        if (!a->decoy || strncmp(user->hash + 4, a->decoy + 4, 2) > 0)
            a->decoy = user->hash;
    }
    return a;
}

void web_auth_free(struct web_auth *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n_users; i++) {
        free(a->users[i].name);
        free(a->users[i].hash);
    }
    free(a->users);
    pthread_mutex_destroy(&a->lock);
    pthread_mutex_destroy(&a->work);
    explicit_bzero(a, sizeof(*a));
    free(a);
}
