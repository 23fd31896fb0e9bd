/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - registries: creation, names that are taken, collectors, fork().
 */
#include "config.h"
#include "registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "family.h"
#include "lane.h"
#include "shared.h"
#include "wrap.h"

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static promc_registry *all;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static pthread_once_t default_once = PTHREAD_ONCE_INIT;
static promc_registry default_registry;

const char *promc_version(void)
{
    return PROMC_VERSION;
}

/* fork() may come while other threads hold our locks: take them all first, so that the child
 * finds everything whole. */
static void before_fork(void)
{
    pthread_mutex_lock(&all_lock);
    for (promc_registry *r = all; r != NULL; r = r->next) {
        pthread_mutex_lock(&r->render_lock);
        pthread_mutex_lock(&r->lock);
    }
    promc__lane_fork_prepare();
}

static void unlock_all(void)
{
    for (promc_registry *r = all; r != NULL; r = r->next) {
        pthread_mutex_unlock(&r->lock);
        pthread_mutex_unlock(&r->render_lock);
    }
    pthread_mutex_unlock(&all_lock);
}

static void after_fork_parent(void)
{
    promc__lane_fork_parent();
    unlock_all();
}

/* Collectors that other threads were running will never finish here, nor will those wait who do not
 * exist here: what they wait at would not let itself be destroyed. */
static void after_fork_child(void)
{
    promc__lane_fork_child();
    for (promc_registry *r = all; r != NULL; r = r->next) {
        for (struct promc__collector *c = r->collectors; c != NULL; c = c->next)
            c->running = 0;
        for (size_t i = 0; i < r->n_families; i++)
            r->families[i]->running = 0;
        pthread_cond_init(&r->collector_done, NULL);
    }
    unlock_all();
}

static void watch_fork(void)
{
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

static void registry_init(promc_registry *reg)
{
    pthread_mutex_init(&reg->lock, NULL);
    pthread_mutex_init(&reg->render_lock, NULL);
    pthread_cond_init(&reg->collector_done, NULL);
    reg->dropped = reg->shared != NULL ? reg->shared->region->dropped : reg->own_dropped;
    pthread_once(&fork_once, watch_fork);
    pthread_mutex_lock(&all_lock);
    reg->next = all;
    all = reg;
    pthread_mutex_unlock(&all_lock);
}

static void make_default(void)
{
    registry_init(&default_registry);
    promc_process_register(&default_registry, NULL);
}

promc_registry *promc_registry_default(void)
{
    pthread_once(&default_once, make_default);
    return &default_registry;
}

promc_registry *promc__registry(promc_registry *reg)
{
    if (reg == NULL)
        return promc_registry_default();
    return reg->of != NULL ? reg->of : reg;
}

promc_registry *promc_registry_new(promc_error *err)
{
    promc_registry *reg = promc__calloc(1, sizeof *reg);

    if (reg == NULL || promc__lane_restock() != 0) {
        promc__free(reg);
        promc__error(err, -ENOMEM, "registry: out of memory");
        return NULL;
    }
    registry_init(reg);
    return reg;
}

promc_registry *promc_registry_new_shared(const promc_shared_opts *opts, promc_error *err)
{
    promc_registry *reg = promc__calloc(1, sizeof *reg);

    if (reg == NULL || promc__lane_restock() != 0) {
        promc__free(reg);
        promc__error(err, -ENOMEM, "registry: out of memory");
        return NULL;
    }
    reg->shared = promc__shared_new(opts, err);
    if (reg->shared == NULL) {
        promc__free(reg);
        return NULL;
    }
    registry_init(reg);
    return reg;
}

void promc__registry_lock(promc_registry *reg)
{
    pthread_mutex_lock(&reg->lock);
    if (reg->shared != NULL)
        promc__shared_lock(reg->shared);
}

void promc__registry_unlock(promc_registry *reg)
{
    if (reg->shared != NULL)
        promc__shared_unlock(reg->shared);
    pthread_mutex_unlock(&reg->lock);
}

static void registry_clear(promc_registry *reg)
{
    /* against nobody but fork(), which walks all registries */
    pthread_mutex_lock(&reg->render_lock);
    pthread_mutex_lock(&reg->lock);
    for (size_t i = 0; i < reg->n_families; i++) {
        struct promc__family *f = reg->families[i];

        if (promc__family_is_shared(f))
            continue;
        promc__family_empty(f);
        f->next = reg->limbo.leaving;
        reg->limbo.leaving = f;
        promc__limbo_count(reg);
    }
    promc__limbo_free(reg);
    promc__free(reg->families);
    reg->families = NULL;
    reg->n_families = reg->cap_families = 0;
    promc__arena_free(&reg->arena);
    while (reg->collectors != NULL) {
        struct promc__collector *c = reg->collectors;

        reg->collectors = c->next;
        promc__wrap_unref(c->wrap);
        promc__free(c);
    }
    pthread_mutex_unlock(&reg->lock);
    pthread_mutex_unlock(&reg->render_lock);
}

void promc_registry_free(promc_registry *reg)
{
    if (reg == NULL)
        return;
    if (reg->of != NULL) {
        promc__wrap_unref(reg->wrap);
        promc__free(reg);
        return;
    }
    registry_clear(reg);
    if (reg == &default_registry)
        return;
    pthread_mutex_lock(&all_lock);
    for (promc_registry **p = &all; *p != NULL; p = &(*p)->next)
        if (*p == reg) {
            *p = reg->next;
            break;
        }
    pthread_mutex_unlock(&all_lock);
    pthread_mutex_destroy(&reg->lock);
    pthread_mutex_destroy(&reg->render_lock);
    pthread_cond_destroy(&reg->collector_done);
    promc__shared_free(reg->shared);
    promc__free(reg);
}

void promc__registry_failed(promc_registry *reg, const promc_error *err)
{
    pthread_mutex_lock(&reg->lock);
    if (reg->first_error.code == 0)
        reg->first_error = *err;
    pthread_mutex_unlock(&reg->lock);
}

int promc_registry_error(const promc_registry *reg, promc_error *err)
{
    promc_registry *r = promc__registry((promc_registry *)(uintptr_t)reg);
    promc_error first;

    pthread_mutex_lock(&r->lock);
    first = r->first_error;
    pthread_mutex_unlock(&r->lock);
    if (first.code != 0 && err != NULL)
        *err = first;
    return first.code;
}

/* Of several, in the order of the list, like fork(): so no two wait for one another. */
void promc__registry_lock_render(promc_registry *const *regs, size_t n)
{
    if (n == 1) {
        pthread_mutex_lock(&regs[0]->render_lock);
        return;
    }
    pthread_mutex_lock(&all_lock);
    for (promc_registry *r = all; r != NULL; r = r->next)
        for (size_t i = 0; i < n; i++)
            if (regs[i] == r)
                pthread_mutex_lock(&r->render_lock);
    pthread_mutex_unlock(&all_lock);
}

void promc__drop(promc_registry *reg, enum promc__drop why)
{
    /* relaxed: a count on its own */
    atomic_fetch_add_explicit(&reg->dropped[why], 1, memory_order_relaxed);
}

const char *promc__drop_name(enum promc__drop why)
{
    static const char *const names[PROMC__DROPS] = {
        [PROMC__DROP_NEGATIVE] = "negative",
        [PROMC__DROP_NOT_FINITE] = "not_finite",
        [PROMC__DROP_LABELS] = "labels",
        [PROMC__DROP_LABEL_NAME] = "label_name",
        [PROMC__DROP_SERIES_LIMIT] = "series_limit",
        [PROMC__DROP_CONSTRAINT] = "constraint",
        [PROMC__DROP_REMOVED] = "removed",
        [PROMC__DROP_MEMORY] = "memory",
        [PROMC__DROP_EXEMPLAR] = "exemplar",
    };

    return names[why];
}

/* --- names ------------------------------------------------------------------------------ */

/* Where @name (of @len bytes) is, or belongs, in the sorted list. */
static size_t position(const promc_registry *reg, const char *name, size_t len,
                       int *found)
{
    size_t lo = 0;
    size_t hi = reg->n_families;

    *found = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct promc__family *f = reg->families[mid];
        size_t shorter = len < f->name_len ? len : f->name_len;
        int c = memcmp(f->name, name, shorter);

        if (c == 0)
            c = (f->name_len > len) - (f->name_len < len);
        if (c == 0) {
            *found = 1;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct promc__family *promc__registry_lookup(const promc_registry *reg, const char *name,
                                             size_t len)
{
    int found;
    size_t at = position(reg, name, len, &found);

    return found ? reg->families[at] : NULL;
}

/* The names a type's samples have beside the family's own. */
static const char *const *suffixes(promc_type type)
{
    static const char *const none[] = { NULL };
    static const char *const summary[] = { "_sum", "_count", NULL };
    static const char *const histogram[] = { "_sum", "_count", "_bucket", NULL };

    if (type == PROMC_TYPE_HISTOGRAM)
        return histogram;
    return type == PROMC_TYPE_SUMMARY ? summary : none;
}

const char *promc__type_name(promc_type type)
{
    static const char *const names[] = { "an untyped metric", "a counter",
                                         "a gauge",           "a histogram",
                                         "a summary",         "an info",
                                         "a state set",       "a gauge histogram" };

    return names[type];
}

static int check_clash(const promc_registry *reg, const struct promc__family *f,
                       promc_error *err)
{
    static const char *const all_suffixes[] = { "_sum", "_count", "_bucket", NULL };
    const struct promc__family *other;
    int found;

    /* ours against their families: those that begin with our name stand together */
    for (size_t i = position(reg, f->name, f->name_len, &found); i < reg->n_families;
         i++) {
        other = reg->families[i];
        if (strncmp(other->name, f->name, f->name_len) != 0)
            break;
        for (const char *const *s = suffixes(f->ops->type); *s != NULL; s++)
            if (strcmp(other->name + f->name_len, *s) == 0)
                return promc__error(err, -EEXIST, "%s: its sample %s is the name of %s",
                                    f->name, other->name,
                                    promc__type_name(other->ops->type));
    }
    /* our name against their samples */
    for (const char *const *s = all_suffixes; *s != NULL; s++) {
        size_t len = strlen(*s);

        if (f->name_len <= len || strcmp(f->name + f->name_len - len, *s) != 0)
            continue;
        other = promc__registry_lookup(reg, f->name, f->name_len - len);
        for (const char *const *t = other != NULL ? suffixes(other->ops->type) : NULL;
             t != NULL && *t != NULL; t++)
            if (strcmp(*t, *s) == 0)
                return promc__error(err, -EEXIST, "%s: the name is a sample of %s %s",
                                    f->name, promc__type_name(other->ops->type),
                                    other->name);
    }
    return 0;
}

int promc__registry_check(promc_registry *reg, const struct promc__family *f,
                          promc_error *err)
{
    int rc = check_clash(reg, f, err);

    if (rc == 0 && promc__registry_reserve(reg, reg->n_families + 1) != 0)
        rc = promc__error(err, -ENOMEM, "%s: out of memory", f->name);
    return rc;
}

int promc__registry_reserve(promc_registry *reg, size_t n)
{
    size_t cap = reg->cap_families != 0 ? reg->cap_families : 8;
    struct promc__family **p;

    if (n <= reg->cap_families)
        return 0;
    while (cap < n || cap == reg->cap_families)
        cap *= 2;
    p = promc__realloc(reg->families, cap * sizeof *p);
    if (p == NULL)
        return -ENOMEM;
    reg->families = p;
    reg->cap_families = cap;
    return 0;
}

void promc__registry_add(promc_registry *reg, struct promc__family *f)
{
    int found;
    size_t at = position(reg, f->name, f->name_len, &found);

    memmove(&reg->families[at + 1], &reg->families[at],
            (reg->n_families - at) * sizeof *reg->families);
    reg->families[at] = f;
    reg->n_families++;
}

struct promc__family *promc__registry_find(const promc_registry *view, const char *name)
{
    const promc_registry *reg = promc__registry((promc_registry *)(uintptr_t)view);
    const char *prefix = view != NULL && view->wrap != NULL ? view->wrap->prefix : "";
    size_t len = strlen(prefix);
    size_t lo = 0;

    if (name == NULL)
        return NULL;
    for (size_t hi = reg->n_families; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        struct promc__family *f = reg->families[mid];
        int c = strncmp(f->name, prefix, len);

        if (c == 0)
            c = strcmp(f->name + len, name);
        if (c == 0)
            return f;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

int promc_unregister(promc_registry *view, const char *name)
{
    promc_registry *reg = promc__registry(view);
    struct promc__family *f;
    size_t at;
    int found;

    promc__registry_lock(reg);
    promc__shared_sync(reg);
    f = promc__registry_find(view, name);
    if (f != NULL && promc__family_is_shared(f)) {
        promc__shared_unregister(f);
        promc__shared_sync(reg);
    }
    if (reg->shared != NULL) /* the rest is this process's own */
        promc__shared_unlock(reg->shared);
    if (f == NULL || promc__family_is_shared(f)) {
        pthread_mutex_unlock(&reg->lock);
        return f != NULL ? 0 : -ENOENT;
    }
    at = position(reg, f->name, f->name_len, &found);
    reg->n_families--;
    memmove(&reg->families[at], &reg->families[at + 1],
            (reg->n_families - at) * sizeof *reg->families);
    promc__family_empty(f);
    /* relaxed: whoever has seen the table before may go on with it */
    atomic_store_explicit(&f->table, NULL, memory_order_relaxed);
    /* its function may be asked without a lock; fork() is told by the count that is left */
    while (f->running != 0)
        pthread_cond_wait(&reg->collector_done, &reg->lock);
    f->next = reg->limbo.leaving;
    reg->limbo.leaving = f;
    promc__limbo_count(reg);
    pthread_mutex_unlock(&reg->lock);
    promc__registry_tidy(reg);
    return 0;
}

/* --- collectors ------------------------------------------------------------------------- */

static struct promc__collector **find_collector(promc_registry *reg, promc_collect_fn *fn,
                                                const void *arg)
{
    struct promc__collector **p = &reg->collectors;

    while (*p != NULL && ((*p)->removed || (*p)->fn != fn || (*p)->arg != arg))
        p = &(*p)->next;
    return p;
}

int promc_collector_register(promc_registry *reg, promc_collect_fn *fn, void *arg,
                             promc_error *err)
{
    promc_registry *r = promc__registry(reg);
    struct promc__collector *c;
    struct promc__collector **p;

    if (fn == NULL)
        return promc__error(err, -EINVAL, "collector: no function given");
    c = promc__calloc(1, sizeof *c);
    if (c == NULL)
        return promc__error(err, -ENOMEM, "collector: out of memory");
    c->fn = fn;
    c->arg = arg;
    c->wrap = promc__wrap_ref(reg != NULL ? reg->wrap : NULL);
    pthread_mutex_lock(&r->lock);
    p = find_collector(r, fn, arg);
    if (*p != NULL) {
        pthread_mutex_unlock(&r->lock);
        promc__wrap_unref(c->wrap);
        promc__free(c);
        return promc__error(err, -EEXIST,
                            "collector: the same function with the same "
                            "argument is registered already");
    }
    *p = c;
    pthread_mutex_unlock(&r->lock);
    return 0;
}

int promc_collector_unregister(promc_registry *reg, promc_collect_fn *fn, void *arg)
{
    promc_registry *r = promc__registry(reg);
    struct promc__collector **p;
    struct promc__collector *c;

    pthread_mutex_lock(&r->lock);
    c = *find_collector(r, fn, arg);
    if (c == NULL) {
        pthread_mutex_unlock(&r->lock);
        return -ENOENT;
    }
    c->removed = 1;
    while (c->running != 0)
        pthread_cond_wait(&r->collector_done, &r->lock);
    for (p = &r->collectors; *p != c; p = &(*p)->next)
        ;
    *p = c->next;
    pthread_mutex_unlock(&r->lock);
    promc__wrap_unref(c->wrap);
    promc__free(c);
    return 0;
}
