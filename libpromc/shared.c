/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.c - the region of a shared registry, its lock, and changes that happen in whole or
 * not at all.
 */
#include "config.h"
#include "shared.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "key.h"

enum { DEFAULT_LANES = 256, MAX_LANES = 65536 };
#define DEFAULT_BYTES ((size_t)1 << 30)
#define LEAST_BYTES                                                                      \
    ((size_t)1 << 20)        /* a first chunk in each lane of the stock, and texts */
#define PAGE ((size_t)65536) /* at least a page of any machine */
#define CHUNK_BYTES (PROMC__LANE_CHUNK * sizeof(promc__word))

/* --- steps ------------------------------------------------------------------------------ */

/* Between stores of a process that may be killed the order in the program is what counts:
 * whoever finds it dead sees all that it did. */
static void in_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

static struct promc__shared_state *current(struct promc__region *r)
{
    /* relaxed: changed under the lock, which the caller holds */
    return &r->state[atomic_load_explicit(&r->current, memory_order_relaxed)];
}

static struct promc__shared_state *idle(struct promc__region *r)
{
    return &r->state[1 - atomic_load_explicit(&r->current, memory_order_relaxed)];
}

/* Show what the current state holds to those without the lock. May be done twice. */
static void publish(struct promc__region *r)
{
    const struct promc__shared_state *s = current(r);

    /* release pairs with the acquire in shared_lane.c: chunks and lanes are complete */
    atomic_store_explicit(&r->chunks, s->chunks, memory_order_release);
    atomic_store_explicit(&r->lanes, s->lanes, memory_order_release);
    promc__shared_link(r, s);
}

/* Clear what a step took and did not commit, for the next one gets it as zeroed. */
void promc__shared_abort(struct promc__shared *sh)
{
    const struct promc__shared_state *s = current(sh->region);
    struct promc__shared_state *next = idle(sh->region);

    if (next->at > s->at)
        memset(s->at, 0, (size_t)(next->at - s->at));
    in_order();
    next->at = s->at;
}

static void recover(struct promc__shared *sh)
{
    publish(sh->region);
    promc__shared_abort(sh);
}

static int locked(struct promc__shared *sh, int rc)
{
    if (rc != EOWNERDEAD)
        return rc == 0;
    recover(sh);
    pthread_mutex_consistent(&sh->region->lock);
    return 1;
}

void promc__shared_lock(struct promc__shared *sh)
{
    locked(sh, pthread_mutex_lock(&sh->region->lock));
}

int promc__shared_try_lock(struct promc__shared *sh)
{
    return locked(sh, pthread_mutex_trylock(&sh->region->lock));
}

void promc__shared_unlock(struct promc__shared *sh)
{
    pthread_mutex_unlock(&sh->region->lock);
}

struct promc__shared_state *promc__shared_step(struct promc__shared *sh)
{
    const struct promc__shared_state *s = current(sh->region);
    struct promc__shared_state *next = idle(sh->region);

    /* one by one: a copy of the whole might be cut within a pointer */
    next->at = s->at;
    next->top = s->top;
    next->words = s->words;
    next->chunks = s->chunks;
    next->lanes = s->lanes;
    next->n_families = s->n_families;
    next->n_left = s->n_left;
    next->family = next->left = NULL;
    next->child = next->removed = NULL;
    next->table = NULL;
    return next;
}

void *promc__shared_alloc(struct promc__shared *sh, size_t size, size_t align)
{
    struct promc__shared_state *next = idle(sh->region);
    size_t left = (size_t)(next->top - next->at);
    size_t pad = (size_t)(-(uintptr_t)next->at & (align - 1));
    char *p = next->at + pad;

    if (pad > left || size > left - pad)
        return NULL;
    next->at = p + size;
    in_order(); /* before anything is written there: recovery clears up to here */
    return p;
}

void promc__shared_commit(struct promc__shared *sh)
{
    struct promc__region *r = sh->region;

    in_order();
    atomic_store_explicit(&r->current, (uint32_t)(idle(r) - r->state),
                          memory_order_relaxed);
    in_order();
    publish(r);
}

size_t promc__shared_used(struct promc__shared *sh)
{
    const struct promc__shared_state *s;
    size_t used;

    promc__shared_lock(sh);
    s = current(sh->region);
    used = (size_t)(s->at - sh->start) + (size_t)(sh->end - s->top);
    promc__shared_unlock(sh);
    return used;
}

/* --- regions ---------------------------------------------------------------------------- */

int promc__shared_mutex_init(pthread_mutex_t *m)
{
    pthread_mutexattr_t attr;
    int rc = pthread_mutexattr_init(&attr);

    if (rc != 0)
        return -rc;
    rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (rc == 0)
        rc = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    if (rc == 0)
        rc = pthread_mutex_init(m, &attr);
    pthread_mutexattr_destroy(&attr);
    return -rc;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Head, lanes, and what is shared out. 0 or -errno. */
static int region_init(struct promc__shared *sh, size_t bytes)
{
    size_t head = round_up(sizeof *sh->region, PAGE);
    size_t lanes = round_up(sh->max_lanes * sizeof *sh->lanes, PAGE);
    struct promc__region *r;
    int rc;

    promc__key_settle();
    sh->size = head + lanes + round_up(bytes, CHUNK_BYTES) + CHUNK_BYTES;
    sh->region = r = promc__map_shared(sh->size);
    if (r == NULL)
        return -ENOMEM;
    sh->lanes = (struct promc__lane *)(void *)((char *)r + head);
    sh->start = (char *)r + head + lanes;
    /* chunks are aligned to their size, see promc__lane_note() */
    sh->end = (char *)r + sh->size - ((uintptr_t)r + sh->size) % CHUNK_BYTES;
    current(r)->at = idle(r)->at = sh->start;
    current(r)->top = sh->end;
    rc = promc__shared_mutex_init(&r->lock);
    return rc != 0 ? rc : promc__shared_mutex_init(&r->divert_lock);
}

void promc__shared_unmap(struct promc__shared *sh)
{
    promc__unmap(sh->region, sh->size);
    promc__free(sh);
}

struct promc__shared *promc__shared_new(const promc_shared_opts *opts, promc_error *err)
{
    promc_shared_opts own = PROMC_SHARED_OPTS_INIT;
    struct promc__shared *sh = promc__calloc(1, sizeof *sh);
    size_t bytes;
    int rc = -ENOMEM;

    if (opts != NULL)
        memcpy(&own, opts, opts->size < sizeof own ? opts->size : sizeof own);
    bytes = own.max_bytes == 0 ? DEFAULT_BYTES : own.max_bytes;
    if (sh != NULL) {
        atomic_store_explicit(&sh->holders, 1, memory_order_relaxed);
        sh->max_lanes = own.max_lanes == 0 ? DEFAULT_LANES : own.max_lanes;
        if (sh->max_lanes > MAX_LANES)
            sh->max_lanes = MAX_LANES;
        sh->max_lanes += PROMC__SHARED_LENT;
        if (bytes < SIZE_MAX / 4)
            rc = region_init(sh, bytes > LEAST_BYTES ? bytes : LEAST_BYTES);
        if (rc == 0)
            rc = promc__shared_enlist(sh);
        if (rc == 0 && (rc = promc__shared_restock(sh)) != 0) {
            promc__shared_drop(sh);
            sh = NULL;
        }
    }
    if (rc == 0)
        return sh;
    if (sh != NULL)
        promc__shared_unmap(sh);
    promc__error(err, rc,
                 rc == -ENOMEM   ? "shared registry: no address space for %zu bytes"
                 : rc == -ENOSPC ? "shared registry: there are too many of them already"
                                 : "shared registry: no robust mutexes here",
                 bytes);
    return NULL;
}

void promc__shared_free(struct promc__shared *sh)
{
    if (sh == NULL)
        return;
    promc__shared_leave(sh);
    promc__shared_views_free(sh);
    sh->freed = 1;
    promc__shared_drop(sh);
}
