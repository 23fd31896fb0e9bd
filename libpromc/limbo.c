/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limbo.c - from removed to used again: sweeps.
 */
#include "config.h"
#include "limbo.h"

#include "alloc.h"
#include "arena.h"
#include "exemplar.h"
#include "expiry.h"
#include "family.h"
#include "registry.h"
#include "table.h"

/* Removed series that are not worth a sweep, beside a share of those there are: a sweep looks at
 * all series of the families they belong to. */
enum { FEW = 64, SHARE = 8 };

void promc__limbo_count(promc_registry *reg)
{
    atomic_fetch_add_explicit(&reg->limbo.n, 1, memory_order_relaxed);
}

void promc__limbo_table(promc_registry *reg, struct promc__table *t)
{
    if (t == NULL || t == &promc__table_none)
        return;
    t->next = reg->limbo.next.tables;
    reg->limbo.next.tables = t;
}

/* --- out of the lists of scrapes ----------------------------------------------------------- */

static void take(struct promc__family *f, struct promc__child *c)
{
    struct promc__batch *to = &f->reg->limbo.next;

    f->n_removed--;
    c->next = to->children;
    to->children = c;
}

static int is_removed(const struct promc__child *c)
{
    return atomic_load_explicit(&c->hidden, memory_order_relaxed);
}

static void purge_list(struct promc__family *f, struct promc__child **p)
{
    while (*p != NULL) {
        struct promc__child *c = *p;

        if (is_removed(c)) {
            *p = c->next;
            take(f, c);
        } else {
            p = &c->next;
        }
    }
}

static void purge(struct promc__family *f)
{
    size_t n = 0;

    purge_list(f, &f->fresh);
    purge_list(f, &f->incoming);
    if (f->n_removed == 0)
        return;
    for (size_t i = 0; i < f->n_sorted; i++)
        if (is_removed(f->sorted[i]))
            take(f, f->sorted[i]);
        else
            f->sorted[n++] = f->sorted[i];
    f->n_sorted = n;
    if (f->sorted != &f->one && n < f->cap_sorted / 4) {
        struct promc__child **p = promc__realloc(f->sorted, (n + n / 2 + 1) * sizeof *p);

        if (p != NULL) {
            f->sorted = p;
            f->cap_sorted = n + n / 2 + 1;
        }
    }
}

/* --- used again ---------------------------------------------------------------------------- */

static void reuse_children(promc_registry *reg, struct promc__child *c)
{
    size_t n = 0;

    for (struct promc__child *next; c != NULL; c = next, n++) {
        const struct promc__family *f = c->family;
        next = c->next;
        if (f->ops->fini != NULL)
            f->ops->fini(c);
        promc__exemplars_free(c->exemplars);
        f->ops->slot_free(c->slot, f->lane_words);
        promc__arena_give(&reg->arena, (char *)(uintptr_t)c->text,
                          (size_t)c->text_len + c->key_len, sizeof(void *));
        if (atomic_load_explicit(&c->kept, memory_order_relaxed) == PROMC__NOT_KEPT)
            promc__arena_give(&reg->arena, c, f->child_size, promc__child_align(f));
        else
            atomic_store_explicit(&c->kept, PROMC__IS_LEFT, memory_order_relaxed);
    }
    atomic_fetch_sub_explicit(&reg->limbo.n, n, memory_order_relaxed);
}

static void reuse_tables(struct promc__table *t)
{
    for (struct promc__table *next; t != NULL; t = next) {
        next = t->next;
        promc__table_free(t);
    }
}

static void reuse_families(promc_registry *reg, struct promc__family *f)
{
    for (struct promc__family *next; f != NULL; f = next) {
        next = f->next;
        atomic_fetch_sub_explicit(&reg->limbo.n, 1, memory_order_relaxed);
        if (f->fn != NULL) { /* of these there is no handle */
            promc__family_free(f);
            continue;
        }
        promc__family_shrink(f);
        f->next = reg->limbo.left;
        reg->limbo.left = f;
    }
}

/* Children first: they know their family. */
static void reuse(promc_registry *reg, struct promc__batch *b)
{
    reuse_children(reg, b->children);
    reuse_tables(b->tables);
    reuse_families(reg, b->families);
    *b = (struct promc__batch){ NULL, NULL, NULL };
}

void promc__limbo_discard(struct promc__family *f)
{
    struct promc__batch *b = &f->reg->limbo.next;
    struct promc__table *before = b->tables;

    promc__family_empty(f);
    if (b->tables != before) { /* its own: nobody has seen that either */
        struct promc__table *t = b->tables;

        b->tables = before;
        promc__table_free(t);
    }
    for (struct promc__child *c = f->fresh; c != NULL; c = c->next)
        atomic_store_explicit(&c->kept, PROMC__NOT_KEPT, memory_order_relaxed);
    reuse_children(f->reg, f->fresh);
    f->fresh = NULL;
    f->n_removed = 0;
}

static int is_empty(const struct promc__batch *b)
{
    return b->children == NULL && b->tables == NULL && b->families == NULL;
}

/* --- sweeps -------------------------------------------------------------------------------- */

/* Families that were unregistered have no children left in their lists after a purge. */
static void purge_leaving(promc_registry *reg)
{
    struct promc__limbo *l = &reg->limbo;

    while (l->leaving != NULL) {
        struct promc__family *f = l->leaving;

        purge(f);
        l->leaving = f->next;
        f->next = l->next.families;
        l->next.families = f;
    }
}

static void sweep(promc_registry *reg)
{
    struct promc__limbo *l = &reg->limbo;

    for (size_t i = 0; i < reg->n_families; i++)
        if (reg->families[i]->n_removed != 0)
            purge(reg->families[i]);
    purge_leaving(reg);
    if (!is_empty(&l->waiting) && promc__grace_over(&l->grace))
        reuse(reg, &l->waiting);
    if (!is_empty(&l->waiting) || is_empty(&l->next))
        return;
    l->waiting = l->next;
    l->next = (struct promc__batch){ NULL, NULL, NULL };
    l->grace = promc__grace_begin();
    if (promc__grace_over(&l->grace))
        reuse(reg, &l->waiting);
}

void promc__registry_settle(promc_registry *reg)
{
    promc__registry_expire(reg);
    sweep(reg);
}

void promc__registry_tidy(promc_registry *reg)
{
    size_t series = atomic_load_explicit(&reg->n_series, memory_order_relaxed);

    if (promc__likely(atomic_load_explicit(&reg->limbo.n, memory_order_relaxed) <
                      FEW + series / SHARE))
        return;
    /* a scrape that is under way sweeps the next time; nobody waits for it here */
    if (pthread_mutex_trylock(&reg->render_lock) != 0)
        return;
    pthread_mutex_lock(&reg->lock);
    sweep(reg);
    pthread_mutex_unlock(&reg->lock);
    pthread_mutex_unlock(&reg->render_lock);
}

void promc__limbo_free(promc_registry *reg)
{
    struct promc__limbo *l = &reg->limbo;

    purge_leaving(reg);
    reuse(reg, &l->waiting);
    reuse(reg, &l->next);
    for (struct promc__family *f = l->left, *next; f != NULL; f = next) {
        next = f->next;
        promc__free(f->fixed);
        promc__free(f);
    }
    *l = (struct promc__limbo){ 0 };
}
