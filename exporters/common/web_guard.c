/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_guard.c - the web configuration in force, and its replacement.
 *
 * A configuration is complete and never changes: it is loaded as a whole, files that it
 * names included, and takes the place of the one before, or is refused as a whole.
 */
#include "config.h"

#include "common/web_guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/readfile.h"
#include "common/web_auth.h"
#include "common/web_config.h"
#include "common/web_tls.h"

#define LOOK_SECONDS 3
#define WATCHED 4 /* the file itself, certificate, key, CA of clients */
/* Connections live a minute, and then nothing of the configuration that they began with is
 * in use. */
#define KEEP_SECONDS 3600

/* What tells a file from itself before a change. */
struct stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
    struct timespec ctime;
};

struct state {
    atomic_uint refs;
    struct web_config config;
    struct web_auth *auth; /* NULL: no passwords */
    struct web_tls *tls;   /* NULL: none */
    char *files[WATCHED];
    struct stamp stamps[WATCHED];
    time_t retired;
    struct state *next;
};

struct web_guard {
    char *file;
    char *dir;
    pthread_mutex_t lock; /* for all below */
    struct state *state;
    struct state *retired; /* TLS sessions may hold their credentials */
    double tokens;         /* of the rate limit */
    struct timespec filled;
    pthread_mutex_t loading; /* one at a time */
    promc_error fault;       /* of the last load; code 0: none */
    pthread_cond_t wake;
    pthread_t watcher;
    int watching;
    int stopping;
};

/* ------------------------------------------------------------------------------------
 * One configuration
 */
static void state_unref(struct state *s)
{
    /* acq_rel: pairs with itself; the last one out sees all that the others did. */
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    web_auth_free(s->auth);
    web_tls_free(s->tls);
    web_config_free(&s->config);
    for (size_t i = 0; i < WATCHED; i++)
        free(s->files[i]);
    free(s);
}

static struct state *state_now(struct web_guard *g)
{
    struct state *s;

    pthread_mutex_lock(&g->lock);
    s = g->state;
    /* relaxed: the guard's own reference cannot go while the lock is held */
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    pthread_mutex_unlock(&g->lock);
    return s;
}

/* All zero for no file, and for one that is not there. */
static void take_stamp(const char *file, struct stamp *stamp)
{
    struct stat st;

    memset(stamp, 0, sizeof(*stamp)); /* padding, too: they are compared */
    if (!file || stat(file, &st) != 0)
        return;
    stamp->dev = st.st_dev;
    stamp->ino = st.st_ino;
    stamp->size = st.st_size;
    stamp->mtime = st.st_mtim;
    stamp->ctime = st.st_ctim;
}

static int no_memory(promc_error *err)
{
    *err = (promc_error){ -ENOMEM, "--web.config.file: out of memory" };
    return -ENOMEM;
}

/* Note which files there are to watch. Before they are read: what changes meanwhile is then
 * seen as a change. */
static int name_files(const struct web_guard *g, struct state *s, promc_error *err)
{
    const struct web_tls_config *t = &s->config.tls;
    const char *named[WATCHED] = { NULL, t->cert.file, t->key.file, t->client_ca.file };

    for (size_t i = 1; i < WATCHED; i++) {
        if (!named[i])
            continue;
        s->files[i] = web_path(g->dir, named[i]);
        if (!s->files[i])
            return no_memory(err);
        take_stamp(s->files[i], &s->stamps[i]);
    }
    return 0;
}

static int fill(const struct web_guard *g, struct state *s, promc_error *err)
{
    struct readbuf text = { 0 };
    int rc;

    s->files[0] = strdup(g->file);
    if (!s->files[0])
        return no_memory(err);
    take_stamp(g->file, &s->stamps[0]);
    rc = read_file(NULL, g->file, &text, WEB_CONFIG_MAX);
    if (rc != 0) {
        err->code = rc;
        snprintf(err->text, sizeof(err->text), "--web.config.file: %.90s: %s", g->file,
                 strerror(-rc));
        readbuf_free(&text);
        return rc;
    }
    rc = web_config_parse(g->file, text.data, text.len, &s->config, err);
    explicit_bzero(text.data, text.len); /* there may be a key in it */
    readbuf_free(&text);
    if (rc == 0)
        rc = name_files(g, s, err);
    if (rc == 0 && s->config.tls.on)
        rc = web_tls_new(&s->config.tls, g->dir, &s->tls, err);
    if (rc == 0 && s->config.n_users > 0) {
        s->auth = web_auth_new(&s->config);
        if (!s->auth)
            rc = no_memory(err);
    }
    return rc;
}

/* Load the file as it is now. NULL with *err filled when it is not usable. */
static struct state *load(const struct web_guard *g, promc_error *err)
{
    struct state *s = calloc(1, sizeof(*s));

    if (!s) {
        no_memory(err);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    if (fill(g, s, err) != 0) {
        state_unref(s);
        return NULL;
    }
    return s;
}

/* ------------------------------------------------------------------------------------
 * The server's questions
 */
static void respond(promc_http_response *res, unsigned status, const char *text)
{
    (void)promc_http_respond(res, status, "text/plain; charset=utf-8", text,
                             strlen(text));
}

/* The rate limit: a bucket of rate_burst tokens, one more each rate_interval. */
static int take_token(struct web_guard *g, const struct web_config *c)
{
    struct timespec now;
    double since;
    int taken;

    if (!(c->rate_interval > 0))
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&g->lock);
    since = (double)(now.tv_sec - g->filled.tv_sec) +
            1e-9 * (double)(now.tv_nsec - g->filled.tv_nsec);
    g->filled = now;
    g->tokens += since / c->rate_interval;
    if (g->tokens > (double)c->rate_burst)
        g->tokens = (double)c->rate_burst;
    taken = g->tokens >= 1;
    if (taken)
        g->tokens -= 1;
    pthread_mutex_unlock(&g->lock);
    return taken;
}

static promc_http_verdict judge(const struct state *s, const promc_http_request *req,
                                int may_wait, promc_http_response *res)
{
    const char *header = promc_http_header(req, "Authorization");
    enum web_auth_verdict verdict;

    for (size_t i = 0; i < WEB_HEADERS; i++) {
        if (s->config.headers[i])
            (void)promc_http_respond_header(res, web_header_names[i],
                                            s->config.headers[i]);
    }
    if (!s->auth)
        return PROMC_HTTP_ADMIT;
    verdict = may_wait ? web_auth_check(s->auth, header) : web_auth_look(s->auth, header);
    if (verdict == WEB_AUTH_YES)
        return PROMC_HTTP_ADMIT;
    if (verdict == WEB_AUTH_UNKNOWN)
        return PROMC_HTTP_ASK_AGAIN;
    (void)promc_http_respond_header(res, "WWW-Authenticate", "Basic");
    respond(res, 401, "Unauthorized\n");
    return PROMC_HTTP_REFUSE;
}

static promc_http_verdict admit(void *arg, const promc_http_request *req, int may_wait,
                                promc_http_response *res)
{
    struct web_guard *g = arg;
    struct state *s = state_now(g);
    promc_http_verdict verdict = PROMC_HTTP_REFUSE;

    if (may_wait || take_token(g, &s->config))
        verdict = judge(s, req, may_wait, res);
    else
        respond(res, 429, "Too Many Requests\n");
    state_unref(s);
    return verdict;
}

static int begin_session(void *arg, void *session)
{
    struct state *s = state_now(arg);
    int rc = web_tls_begin(s->tls, session); /* stays: see retire() */

    state_unref(s);
    return rc;
}

void web_guard_use(struct web_guard *g, promc_http_opts *opts)
{
    struct state *s = state_now(g);

    opts->admit = admit;
    opts->admit_arg = g;
    if (s->tls) {
        opts->tls = begin_session;
        opts->tls_arg = g;
    }
    state_unref(s);
}

/* ------------------------------------------------------------------------------------
 * Replacement
 */
static time_t uptime(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

/* With the lock held. Free what was retired long ago, and keep s for now. */
static void retire(struct web_guard *g, struct state *s)
{
    struct state **p = &g->retired, *old;

    while ((old = *p) != NULL) {
        if (uptime() - old->retired < KEEP_SECONDS) {
            p = &old->next;
            continue;
        }
        *p = old->next;
        state_unref(old);
    }
    s->retired = uptime();
    s->next = g->retired;
    g->retired = s;
}

static void replace(struct web_guard *g, struct state *s)
{
    pthread_mutex_lock(&g->lock);
    retire(g, g->state);
    g->state = s;
    pthread_mutex_unlock(&g->lock);
}

/* quiet: what is wrong in the same way as before is not worth a line. */
static void reload(struct web_guard *g, int quiet)
{
    promc_error err = { 0, "" };
    struct state *s;

    pthread_mutex_lock(&g->loading);
    s = load(g, &err);
    if (s && !s->tls != !g->state->tls) { /* which changes nowhere but here */
        err.code = -EINVAL;
        snprintf(err.text, sizeof(err.text), "to switch TLS %s takes a restart",
                 s->tls ? "on" : "off");
        state_unref(s);
        s = NULL;
    }
    if (s) {
        replace(g, s);
        log_info("Web configuration read again", "file", g->file);
    } else if (!quiet || strcmp(err.text, g->fault.text) != 0) {
        log_error("Web configuration is not usable, the one before stays in force",
                  "file", g->file, "err", err.text);
    }
    g->fault = err;
    pthread_mutex_unlock(&g->loading);
}

void web_guard_reload(struct web_guard *g)
{
    reload(g, 0);
}

/* Whether there may be something new: a file in use has changed, or the last try failed, for
 * whatever reason that may be gone by now. */
static int is_due(struct web_guard *g)
{
    struct state *s;
    int due;

    pthread_mutex_lock(&g->loading);
    due = g->fault.code != 0;
    s = state_now(g);
    for (size_t i = 0; i < WATCHED && !due; i++) {
        struct stamp now;

        take_stamp(s->files[i], &now);
        due = memcmp(&now, &s->stamps[i], sizeof(now)) != 0;
    }
    state_unref(s);
    pthread_mutex_unlock(&g->loading);
    return due;
}

/* Sleep for one interval. Returns 0 when it is over for good. */
static int wait_to_look(struct web_guard *g)
{
    struct timespec till;
    int go_on;

    clock_gettime(CLOCK_MONOTONIC, &till);
    till.tv_sec += LOOK_SECONDS;
    pthread_mutex_lock(&g->lock);
    while (!g->stopping && pthread_cond_timedwait(&g->wake, &g->lock, &till) == 0)
        continue;
    go_on = !g->stopping;
    pthread_mutex_unlock(&g->lock);
    return go_on;
}

static void *watch(void *arg)
{
    struct web_guard *g = arg;

    while (wait_to_look(g)) {
        if (is_due(g))
            reload(g, 1);
    }
    return NULL;
}

static int start_watching(struct web_guard *g, promc_error *err)
{
    sigset_t every, before;
    int rc;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    rc = pthread_create(&g->watcher, NULL, watch, g);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    g->watching = rc == 0;
    if (rc != 0) {
        err->code = -rc;
        snprintf(err->text, sizeof(err->text), "cannot start a thread: %s", strerror(rc));
    }
    return -rc;
}

/* ------------------------------------------------------------------------------------
 * Life
 */
static void init_locks(struct web_guard *g)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->loading, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&g->wake, &attr);
    pthread_condattr_destroy(&attr);
}

/* The folder that a path leads to. */
static char *folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int web_guard_new(const char *file, struct web_guard **out, promc_error *err)
{
    struct web_guard *g = calloc(1, sizeof(*g));
    int rc;

    *out = NULL;
    if (!g)
        return no_memory(err);
    init_locks(g);
    g->file = strdup(file);
    g->dir = folder(file);
    if (!g->file || !g->dir)
        rc = no_memory(err);
    else
        rc = (g->state = load(g, err)) ? start_watching(g, err) : err->code;
    if (rc != 0) {
        web_guard_free(g);
        return rc;
    }
    /* The bucket begins full. */
    clock_gettime(CLOCK_MONOTONIC, &g->filled);
    g->tokens = (double)g->state->config.rate_burst;
    *out = g;
    return 0;
}

void web_guard_free(struct web_guard *g)
{
    if (!g)
        return;
    pthread_mutex_lock(&g->lock);
    g->stopping = 1;
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->lock);
    if (g->watching)
        pthread_join(g->watcher, NULL);
    while (g->retired) {
        struct state *s = g->retired;

        g->retired = s->next;
        state_unref(s);
    }
    state_unref(g->state);
    free(g->file);
    free(g->dir);
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->loading);
    pthread_mutex_destroy(&g->lock);
    free(g);
}
