/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_series.c - families and children in shared memory: made and removed in one step each,
 * and found by the other processes.
 */
#include "config.h"
#include "shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "family.h"
#include "key.h"
#include "table.h"

/* --- linking: what a step ends with, and what recovery does again ------------------------ */

static void link_family(struct promc__region *r, struct promc__family *f, size_t n)
{
    if (r->last_family != f) {
        *(r->last_family != NULL ? &r->last_family->next : &r->families) = f;
        r->last_family = f;
    }
    /* release pairs with the acquire in promc__shared_sync() */
    atomic_store_explicit(&r->n_families, n, memory_order_release);
}

static int is_in(const struct promc__table *t, const struct promc__child *c)
{
    size_t at = c->hash;
    const struct promc__child *there;

    do
        there = promc__table_next(t, c->hash, &at);
    while (there != NULL && there != c);
    return there != NULL;
}

static void link_child(const struct promc__shared_state *s)
{
    struct promc__child *c = s->child;
    struct promc__family *f = c->family;

    if (s->table == NULL) {
        /* release pairs with the acquire in promc__child_find() */
        atomic_store_explicit(&f->only, c, memory_order_release);
    } else {
        if (!is_in(s->table, c))
            promc__table_add(s->table, c->hash, c);
        s->table->used = s->table_used;
        /* release pairs with the acquire in promc__child_use() */
        atomic_store_explicit(&f->table, s->table, memory_order_release);
    }
    if (f->last != c) {
        *(f->last != NULL ? &f->last->next : &f->first) = c;
        f->last = c;
    }
    /* release pairs with the acquire in promc__shared_sort() */
    atomic_store_explicit(&f->n_listed, s->n_listed, memory_order_release);
    atomic_store_explicit(&f->n_children, s->n_children, memory_order_relaxed);
}

/* Out of reach; it stays in the list, hidden. */
static void unlink_child(struct promc__family *f, struct promc__child *c)
{
    struct promc__table *t = atomic_load_explicit(&f->table, memory_order_relaxed);

    if (atomic_load_explicit(&f->other, memory_order_relaxed) == c)
        atomic_store_explicit(&f->other, NULL, memory_order_relaxed);
    if (atomic_load_explicit(&f->only, memory_order_relaxed) == c)
        atomic_store_explicit(&f->only, NULL, memory_order_relaxed);
    else if (t != NULL && is_in(t, c))
        promc__table_hide(t, c);
    atomic_store_explicit(&c->live, PROMC__SLOT_GONE, memory_order_relaxed);
    atomic_store_explicit(&c->hidden, 1, memory_order_relaxed);
    if (f->ops->removed != NULL)
        f->ops->removed(c);
}

static void unlink_family(struct promc__family *f)
{
    struct promc__child *c = f->first;

    for (size_t n = atomic_load_explicit(&f->n_listed, memory_order_relaxed); n != 0;
         n--) {
        if (!atomic_load_explicit(&c->hidden, memory_order_relaxed))
            unlink_child(f, c);
        c = c->next;
    }
    /* relaxed: whoever has seen the table before may go on with it */
    atomic_store_explicit(&f->table, NULL, memory_order_relaxed);
}

void promc__shared_link(struct promc__region *r, const struct promc__shared_state *s)
{
    if (s->family != NULL)
        link_family(r, s->family, s->n_families);
    if (s->child != NULL)
        link_child(s);
    if (s->removed != NULL) {
        unlink_child(s->removed->family, s->removed);
        atomic_store_explicit(&s->removed->family->n_children, s->n_children,
                              memory_order_relaxed);
    }
    if (s->left != NULL) {
        unlink_family(s->left);
        /* release pairs with the acquire in promc__shared_sync() */
        atomic_store_explicit(&r->n_left, s->n_left, memory_order_release);
    }
}

/* --- making and removing ---------------------------------------------------------------- */

/* The family as it was put together in private memory, copied. */
static struct promc__family *copy(struct promc__shared *sh, const struct promc__family *f)
{
    struct promc__family *g = promc__shared_alloc(sh, f->size, PROMC__SHARED_ALIGN);
    void *fixed = promc__shared_alloc(sh, f->fixed_size, PROMC__SHARED_ALIGN);

    if (g == NULL || fixed == NULL)
        return NULL;
    memcpy(g, f, f->size);
    memcpy(fixed, f->fixed, f->fixed_size);
    promc__family_moved(g, fixed);
    g->sorted = NULL;
    g->cap_sorted = 0;
    return g->ops->share(g) == 0 ? g : NULL;
}

static int make_only(struct promc__family *g)
{
    struct promc__key k;
    struct promc__child *c = NULL;

    if (promc__key_init(&k, PROMC_NO_LABELS, PROMC_NO_LABELS, g->order) == 0)
        c = promc__child_new(g, &k);
    promc__key_done(&k);
    if (c == NULL)
        return -ENOMEM;
    atomic_store_explicit(&g->only, c, memory_order_relaxed);
    g->first = g->last = c;
    atomic_store_explicit(&g->n_listed, 1, memory_order_relaxed);
    atomic_store_explicit(&g->n_children, 1, memory_order_relaxed);
    return 0;
}

struct promc__family *promc__shared_family(const struct promc__family *f)
{
    struct promc__shared *sh = f->reg->shared;
    struct promc__shared_state *next = promc__shared_step(sh);
    struct promc__family *g = copy(sh, f);

    if (g == NULL || (g->frame.n == 0 && !g->open && make_only(g) != 0)) {
        promc__shared_abort(sh);
        return NULL;
    }
    g->number = next->n_families++;
    next->family = g;
    promc__shared_commit(sh);
    return g;
}

/* The table for one more, which replaces the family's when that is too small. */
static struct promc__table *roomy(struct promc__shared *sh, struct promc__table *t,
                                  size_t n)
{
    size_t size = promc__table_grown(t, n);
    struct promc__table *larger;

    if (size == 0)
        return t;
    larger = promc__shared_alloc(sh, promc__table_bytes(size), PROMC__SHARED_ALIGN);
    if (larger != NULL)
        promc__table_init(larger, size, t);
    return larger;
}

struct promc__child *promc__shared_child(struct promc__family *f, struct promc__table *t,
                                         const struct promc__key *k)
{
    struct promc__shared *sh = f->reg->shared;
    struct promc__shared_state *next = promc__shared_step(sh);
    size_t n = atomic_load_explicit(&f->n_children, memory_order_relaxed);
    int labelled = f->frame.n != 0 || f->open;
    struct promc__child *c = promc__child_new(f, k);

    if (c != NULL && labelled) {
        next->table = roomy(sh, t, n);
        if (next->table == NULL)
            c = NULL;
        else
            next->table_used = next->table->used + 1;
    }
    if (c == NULL) {
        promc__shared_abort(sh);
        return NULL;
    }
    c->hash = (uint32_t)k->hash;
    next->child = c;
    next->n_children = n + 1;
    next->n_listed = atomic_load_explicit(&f->n_listed, memory_order_relaxed) + 1;
    promc__shared_commit(sh);
    return c;
}

void promc__shared_remove(struct promc__child *c)
{
    struct promc__family *f = c->family;
    struct promc__shared_state *next = promc__shared_step(f->reg->shared);

    next->removed = c;
    next->n_children = atomic_load_explicit(&f->n_children, memory_order_relaxed) - 1;
    promc__shared_commit(f->reg->shared);
}

void promc__shared_empty(struct promc__family *f)
{
    struct promc__child *c = f->first;

    for (size_t n = atomic_load_explicit(&f->n_listed, memory_order_relaxed); n != 0;
         n--) {
        if (!atomic_load_explicit(&c->hidden, memory_order_relaxed))
            promc__shared_remove(c);
        c = c->next;
    }
}

void promc__shared_unregister(struct promc__family *f)
{
    struct promc__shared_state *next = promc__shared_step(f->reg->shared);

    next->left = f;
    next->n_left++;
    promc__shared_commit(f->reg->shared);
}

/* --- what other processes have made ------------------------------------------------------ */

int promc__shared_sync(promc_registry *reg)
{
    struct promc__shared *sh = reg->shared;
    struct promc__region *r;
    size_t n, n_left;

    if (sh == NULL)
        return 0;
    r = sh->region;
    /* acquire pairs with the release in link_family(): so many are in the list */
    n = atomic_load_explicit(&r->n_families, memory_order_acquire);
    n_left = atomic_load_explicit(&r->n_left, memory_order_acquire);
    if (promc__registry_reserve(reg, reg->n_families + (n - sh->known)) != 0)
        return -ENOMEM;
    for (; sh->known < n; sh->known++) {
        sh->last_known = sh->last_known != NULL ? sh->last_known->next : r->families;
        promc__registry_add(reg, sh->last_known);
    }
    if (sh->known_left != n_left) {
        size_t kept = 0;

        for (size_t i = 0; i < reg->n_families; i++)
            if (atomic_load_explicit(&reg->families[i]->table, memory_order_relaxed) !=
                NULL)
                reg->families[kept++] = reg->families[i];
        reg->n_families = kept;
        sh->known_left = n_left;
    }
    return 0;
}

/* This process's sorted list of a family's children. */
struct promc__view {
    struct promc__child *last; /* of the family's list that is in here */
    size_t n;                  /* so many are, or were when they had been removed */
    struct promc__child **sorted;
    size_t n_sorted;
    size_t cap;
};

static struct promc__view *view_of(struct promc__shared *sh,
                                   const struct promc__family *f)
{
    if (f->number >= sh->n_views) {
        size_t n = f->number + 1 + sh->n_views / 2;
        struct promc__view *p = promc__realloc(sh->views, n * sizeof *p);

        if (p == NULL)
            return NULL;
        memset(p + sh->n_views, 0, (n - sh->n_views) * sizeof *p);
        sh->views = p;
        sh->n_views = n;
    }
    return &sh->views[f->number];
}

static int by_labels(const void *a, const void *b)
{
    return promc__child_compare(*(struct promc__child *const *)a,
                                *(struct promc__child *const *)b);
}

static int is_hidden(const struct promc__child *c)
{
    return atomic_load_explicit(&c->hidden, memory_order_relaxed);
}

int promc__shared_sort(struct promc__family *f)
{
    struct promc__view *v = view_of(f->reg->shared, f);
    /* acquire pairs with the release in link_child(): so many are in the list */
    size_t n = atomic_load_explicit(&f->n_listed, memory_order_acquire);
    struct promc__child **fresh;
    size_t old = 0, n_fresh = 0, to;

    if (v == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < v->n_sorted; i++)
        if (!is_hidden(v->sorted[i]))
            v->sorted[old++] = v->sorted[i];
    v->n_sorted = old;
    if (n == v->n)
        return 0;
    /* newcomers are sorted behind the room for all, and merged from the back */
    if (old + 2 * (n - v->n) > v->cap) {
        size_t cap = old + 2 * (n - v->n) + old / 2;
        struct promc__child **p =
            promc__realloc(v->sorted, cap * sizeof(struct promc__child *));

        if (p == NULL)
            return -ENOMEM;
        v->sorted = p;
        v->cap = cap;
    }
    fresh = v->sorted + old + (n - v->n);
    for (; v->n < n; v->n++) {
        v->last = v->last != NULL ? v->last->next : f->first;
        if (!is_hidden(v->last))
            fresh[n_fresh++] = v->last;
    }
    if (n_fresh > 1)
        qsort(fresh, n_fresh, sizeof(struct promc__child *), by_labels);
    v->n_sorted = to = old + n_fresh;
    while (n_fresh != 0)
        if (old != 0 && promc__child_compare(v->sorted[old - 1], fresh[n_fresh - 1]) > 0)
            v->sorted[--to] = v->sorted[--old];
        else
            v->sorted[--to] = fresh[--n_fresh];
    return 0;
}

size_t promc__shared_list(const struct promc__family *f, struct promc__child ***list)
{
    const struct promc__shared *sh = f->reg->shared;

    *list = NULL;
    if (f->number >= sh->n_views)
        return 0;
    *list = sh->views[f->number].sorted;
    return sh->views[f->number].n_sorted;
}

void promc__shared_views_free(struct promc__shared *sh)
{
    for (size_t i = 0; i < sh->n_views; i++)
        promc__free(sh->views[i].sorted);
    promc__free(sh->views);
    sh->views = NULL;
    sh->n_views = 0;
}
