/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect.c - running collectors and callbacks for one scrape.
 */
#include "config.h"
#include "collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"
#include "registry.h"

/* Note who is to be asked, so that the lock need not be held while asking. */
static int pick(promc_registry *reg, promc_page *page)
{
    size_t n = 0;

    for (const struct promc__collector *c = reg->collectors; c != NULL; c = c->next)
        n++;
    page->n_collectors = 0;
    page->n_families = 0;
    if (promc__page_reserve(&page->collectors, &page->cap_collectors, n,
                            sizeof *page->collectors) != 0 ||
        promc__page_reserve(&page->families, &page->cap_families, reg->n_families,
                            sizeof *page->families) != 0)
        return -ENOMEM;
    for (struct promc__collector *c = reg->collectors; c != NULL; c = c->next)
        if (!c->removed) {
            c->running++;
            page->collectors[page->n_collectors++] = c;
        }
    for (size_t i = 0; i < reg->n_families; i++)
        if (reg->families[i]->fn != NULL) {
            reg->families[i]->running++;
            page->families[page->n_families++] = reg->families[i];
        }
    return 0;
}

static void done(promc_registry *reg, const promc_page *page)
{
    pthread_mutex_lock(&reg->lock);
    for (size_t i = 0; i < page->n_collectors; i++)
        if (page->collectors[i]->running != 0)
            page->collectors[i]->running--;
    for (size_t i = 0; i < page->n_families; i++)
        if (page->families[i]->running != 0)
            page->families[i]->running--;
    pthread_cond_broadcast(&reg->collector_done);
    pthread_mutex_unlock(&reg->lock);
}

/* The library's own metric, only once there is something to tell; of all registries in one. */
static void emit_dropped(const promc_page *page)
{
    promc_samples *f = NULL;

    for (int i = 0; i < PROMC__DROPS; i++) {
        uint64_t n = 0;

        for (size_t k = 0; k < page->n_registries; k++)
            n += atomic_load_explicit(&page->registries[k]->dropped[i],
                                      memory_order_relaxed);
        if (n == 0)
            continue;
        if (f == NULL)
            f = promc_emit_family(page->emitter, PROMC_TYPE_COUNTER,
                                  "promc_dropped_updates_total",
                                  "Updates of metrics that were refused, by reason.",
                                  PROMC_LABELS("reason"));
        promc_emit(f, PROMC_LABELS(promc__drop_name((enum promc__drop)i)), (double)n);
    }
}

static int by_name(const void *a, const void *b)
{
    const promc_samples *x = *(promc_samples *const *)a;
    const promc_samples *y = *(promc_samples *const *)b;
    int c = strcmp(x->name, y->name);

    return c != 0 ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

static int gather(promc_page *page, const promc_emitter *e)
{
    size_t n = page->n_emitted;

    for (promc_samples *f = e->first; f != NULL; f = f->next)
        n++;
    if (promc__page_reserve(&page->emitted, &page->cap_emitted, n,
                            sizeof *page->emitted) != 0)
        return -ENOMEM;
    for (promc_samples *f = e->first; f != NULL; f = f->next)
        if (f->n != 0) {
            f->seq = page->n_emitted;
            page->emitted[page->n_emitted++] = f;
        }
    if (e->errors != 0)
        promc__page_leave_out_all(page, &e->first_error, e->errors);
    for (size_t i = 0; i < e->n_others; i++)
        if (gather(page, e->others[i]) != 0)
            return -ENOMEM;
    return 0;
}

/* Ask the collectors in turn, while there is time. */
static void call_all(promc_page *page, const promc_render_opts *opts)
{
    for (size_t i = 0; i < page->n_collectors; i++) {
        if (opts->late != NULL && opts->late(opts->late_arg)) {
            promc__page_leave_out(page, "%zu of %zu collectors were not run: out of time",
                                  page->n_collectors - i, page->n_collectors);
            page->left_out += page->n_collectors - i - 1;
            return;
        }
        promc__emitter_mark(page->emitter);
        page->emitter->wrap = page->collectors[i]->wrap;
        page->collectors[i]->fn(page->emitter, page->collectors[i]->arg);
        page->emitter->wrap = NULL;
    }
}

static int const_labels(promc_emitter *e, const struct promc__family *f,
                        promc_labels *names, promc_labels *values)
{
    const char **v = promc__emitter_alloc(e, 2 * f->n_const * sizeof *v);
    const char *p = f->consts;

    if (v == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < f->n_const; i++) {
        v[i] = p;
        p += strlen(p) + 1;
        v[f->n_const + i] = p;
        p += strlen(p) + 1;
    }
    *names = (promc_labels){ v, f->n_const };
    *values = (promc_labels){ v + f->n_const, f->n_const };
    return 0;
}

static int collect_one(promc_registry *reg, promc_page *page,
                       const promc_render_opts *opts)
{
    promc_emitter *e = page->emitter;
    int rc;

    pthread_mutex_lock(&reg->lock);
    rc = pick(reg, page);
    pthread_mutex_unlock(&reg->lock);
    if (rc != 0)
        return rc;
    call_all(page, opts);
    promc__emitter_mark(e);
    for (size_t i = 0; i < page->n_families; i++) {
        const struct promc__family *f = page->families[i];
        promc_labels names, values;

        if (const_labels(e, f, &names, &values) != 0)
            promc__emitter_no_memory(e, f->name);
        else
            promc_emit(promc_emit_family(e, f->ops->type, f->name, f->help, names),
                       values, f->fn(f->fn_arg));
    }
    done(reg, page);
    return 0;
}

int promc__collect(promc_page *page, const promc_render_opts *opts)
{
    promc_emitter *e = page->emitter;

    promc_emitter_reset(e);
    e->arg = opts->scrape_arg;
    for (size_t i = 0; i < page->n_registries; i++)
        if (collect_one(page->registries[i], page, opts) != 0)
            return -ENOMEM;
    emit_dropped(page);
    page->n_emitted = 0;
    if (gather(page, e) != 0)
        return -ENOMEM;
    if (page->n_emitted > 1) /* of nothing there is no array */
        qsort(page->emitted, page->n_emitted, sizeof *page->emitted, by_name);
    return 0;
}
