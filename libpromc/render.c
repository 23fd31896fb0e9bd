/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.c - the second half of a scrape: merge registered and emitted families by name, find
 * those that can be shown beside the others, and write them.
 */
#include "config.h"
#include "promc/promc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "error.h"
#include "escape.h"
#include "family.h"
#include "lane.h"
#include "metrics.h"
#include "names.h"
#include "registry.h"
#include "rendering.h"
#include "shared.h"

/* NULL: no such format. */
static const struct promc__encoder_ops *encoder_of(promc_format format)
{
    if (promc_format_escaping(format) > PROMC_ESCAPE_ALLOW_UTF8)
        return NULL;
    switch (promc_format_syntax(format)) {
    case PROMC_FORMAT_TEXT:
    case PROMC_FORMAT_TEXT_1_0:
    case PROMC_FORMAT_OPENMETRICS:
        return &promc__text_encoder;
    case PROMC_FORMAT_PROTOBUF:
        return &promc__protobuf_encoder;
    case PROMC_FORMAT_OPENMETRICS_2:
        return &promc__openmetrics2_encoder;
    default:
        return NULL;
    }
}

static int is_om(const struct promc__rendering *r)
{
    return promc_format_syntax(r->e->format) == PROMC_FORMAT_OPENMETRICS;
}

/* --- groups ----------------------------------------------------------------------------- */

static int wanted(const struct promc__rendering *r, const char *name)
{
    if (r->opts.names == NULL)
        return 1;
    for (size_t i = 0; i < r->opts.n_names; i++)
        if (strcmp(r->opts.names[i], name) == 0)
            return 1;
    return 0;
}

/* What the page says of the family: as the first of its sources has it. */
static struct promc__meta describe(const struct promc__rendering *r,
                                   const struct promc__group *g)
{
    const struct promc__family *f = g->shown;
    const promc_samples *s = f == NULL ? r->page->emitted[g->emitted] : NULL;
    struct promc__meta meta = {
        .type = f != NULL ? f->ops->type : s->type,
        .name = g->written,
        .name_len = g->written_len,
        .help = f != NULL ? f->help : s->help,
        .unit = f != NULL ? f->unit : s->unit,
        .plain = is_om(r) && promc__names_plain(r->page, g),
    };

    return meta;
}

/* In one registry a name is registered or collected. Where several are shown together, they
 * may have agreed on one. */
static void keep_to_registered(const struct promc__rendering *r, struct promc__group *g)
{
    promc_page *page = r->page;

    if (page->n_registries > 1 || g->n_families == 0 || g->n_emitted == 0)
        return;
    if (g->shown == NULL && page->emitted[g->emitted]->type == g->type)
        return;
    promc__page_leave_out(page, "%s: collected, but also registered", g->name);
    g->n_emitted = 0;
}

/* Whether all label names can be written as they are. */
static int labels_stay(const struct promc__rendering *r, const struct promc__family *f)
{
    if (r->escaping == PROMC_ESCAPE_ALLOW_UTF8)
        return 1;
    if (r->escaping == PROMC_ESCAPE_DOTS)
        return f->frame.n == 0 && f->n_const == 0 && !f->open;
    /* relaxed: of the series that are there it was set before they were */
    return !atomic_load_explicit(&f->quoted, memory_order_relaxed);
}

static int emitted_labels_stay(const struct promc__rendering *r,
                               const struct promc__group *g)
{
    if (r->escaping == PROMC_ESCAPE_ALLOW_UTF8)
        return 1;
    for (size_t i = g->emitted; i < g->emitted + g->n_emitted; i++) {
        const promc_samples *s = r->page->emitted[i];

        if (r->escaping == PROMC_ESCAPE_DOTS ? s->n_labels != 0 : s->quoted)
            return 0;
    }
    return 1;
}

static int put_group(struct promc__rendering *r, struct promc__group *g)
{
    const struct promc__family *f = g->shown;
    struct promc__meta meta;
    const char *clash;

    r->name = g->name;
    keep_to_registered(r, g);
    if (f == NULL && g->n_emitted == 0)
        return 0;
    clash = promc__names_clash(r->page, g, is_om(r));
    if (clash != NULL) {
        promc__page_leave_out(r->page, "%s: %s", g->name, clash);
        return 0;
    }
    meta = describe(r, g);
    if (g->n_shown == 1 && g->n_emitted == 0 && labels_stay(r, f))
        return promc__render_family(r, &meta, f);
    if (f == NULL && emitted_labels_stay(r, g))
        return promc__render_emitted(r, &meta, g);
    return promc__render_mixed(r, &meta, g);
}

/* --- the page --------------------------------------------------------------------------- */

/* The registries of the page, each once: wrapped views stand for what they are views of. */
static int note_registries(struct promc__rendering *r, promc_registry *reg)
{
    promc_page *page = r->page;

    page->n_registries = 0;
    if (promc__page_reserve(&page->registries, &page->cap_registries,
                            1 + r->opts.n_others, sizeof(void *)) != 0)
        return -ENOMEM;
    for (size_t i = 0; i <= r->opts.n_others; i++) {
        promc_registry *one = promc__registry(i == 0 ? reg : r->opts.others[i - 1]);
        size_t k = 0;

        while (k < page->n_registries && page->registries[k] != one)
            k++;
        if (k == page->n_registries)
            page->registries[page->n_registries++] = one;
    }
    return 0;
}

/* Merge a registry's families, which are sorted by name, into those of the page, behind their
 * namesakes there: from the back, so that no second list is needed. */
static int merge_families(promc_page *page, promc_registry *reg)
{
    size_t n = page->n_families;
    size_t m = reg->n_families;

    if (promc__page_reserve(&page->families, &page->cap_families, n + m,
                            sizeof *page->families) != 0)
        return -ENOMEM;
    page->n_families = n + m;
    while (m != 0) {
        struct promc__family *f = reg->families[m - 1];

        if (n != 0 && strcmp(page->families[n - 1]->name, f->name) > 0) {
            page->families[n + m - 1] = page->families[n - 1];
            n--;
        } else {
            page->families[n + m - 1] = f;
            m--;
        }
    }
    return 0;
}

/* Other threads may register families and make series at any time: note what there is. What is
 * removed from now on stays in memory while the render lock is held. */
static int pick_families(promc_page *page, promc_registry *reg)
{
    int rc;

    pthread_mutex_lock(&reg->lock);
    promc__registry_settle(reg);
    rc = promc__shared_sync(reg);
    if (rc == 0)
        rc = merge_families(page, reg);
    for (size_t i = 0; rc == 0 && i < reg->n_families; i++) {
        struct promc__family *f = reg->families[i];
        struct promc__child **tail = &f->incoming;

        if (f->fresh == NULL)
            continue;
        while (*tail != NULL)
            tail = &(*tail)->next;
        *tail = f->fresh;
        f->fresh = NULL;
    }
    pthread_mutex_unlock(&reg->lock);
    for (size_t i = 0; rc == 0 && i < page->n_families; i++)
        if (page->families[i]->reg == reg)
            rc = promc__family_sort(page->families[i]);
    return rc;
}

static int put_page(struct promc__rendering *r)
{
    promc_page *page = r->page;
    int rc = 0;

    page->n_families = 0;
    for (size_t i = 0; rc == 0 && i < page->n_registries; i++)
        rc = pick_families(page, page->registries[i]);
    if (rc == 0)
        rc = promc__names_gather(page, r->escaping);
    for (size_t i = 0; rc == 0 && i < page->n_groups; i++)
        if (wanted(r, page->groups[i].name))
            rc = put_group(r, &page->groups[i]);
    if (r->e->ops->end != NULL)
        r->e->ops->end(r->e);
    /* the NUL that promc_page_data() promises; not counted */
    if (promc__buf_room(&page->out, 1) != NULL)
        page->out.data[page->out.len] = '\0';
    return rc == 0 && page->out.oom ? -ENOMEM : rc;
}

static void empty(promc_page *page)
{
    promc__buf_reset(&page->out);
    page->left_out = 0;
}

static void begin_page(struct promc__rendering *r, promc_format format,
                       const promc_render_opts *opts)
{
    /* the caller's header may be older, and its struct shorter, than ours */
    if (opts != NULL)
        memcpy(&r->opts, opts, opts->size < sizeof r->opts ? opts->size : sizeof r->opts);
    r->escaping = promc__escaping(format);
    empty(r->page);
    r->e = &r->page->encoder;
    r->e->ops = encoder_of(format);
    r->e->out = &r->page->out;
    r->e->format = format;
    r->e->created = r->opts.created;
}

int promc_render_with(promc_registry *registry, promc_format format,
                      const promc_render_opts *opts, promc_page *page, promc_error *err)
{
    struct promc__rendering r = { .page = page, .opts = PROMC_RENDER_OPTS_INIT };
    int rc;

    if (page == NULL || encoder_of(format) == NULL) {
        if (page != NULL)
            empty(page);
        return promc__error(err, -EINVAL, "render: no page, or no such format");
    }
    begin_page(&r, format, opts);
    /* A scrape may allocate: see that the threads and summaries to come find what they need.
     * If memory is short now, they will do without, and this scrape should still be made. */
    promc__lane_restock();
    promc__summary_restock();
    rc = note_registries(&r, registry);
    for (size_t i = 0; rc == 0 && i < page->n_registries; i++)
        if (page->registries[i]->shared != NULL)
            promc__shared_restock(page->registries[i]->shared);
    if (rc == 0)
        rc = promc__collect(page, &r.opts);
    if (rc == 0) {
        promc__registry_lock_render(page->registries, page->n_registries);
        rc = put_page(&r);
        for (size_t i = 0; i < page->n_registries; i++)
            pthread_mutex_unlock(&page->registries[i]->render_lock);
    }
    if (rc != 0) {
        promc__buf_reset(&page->out);
        return promc__error(err, rc, "render: out of memory");
    }
    return 0;
}

int promc_render(promc_registry *reg, promc_format format, promc_page *page,
                 promc_error *err)
{
    return promc_render_with(reg, format, NULL, page, err);
}
