/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.c - the second half of a scrape: merge registered and emitted families by name and
 * write them.
 */
#include "config.h"
#include "promc/promc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "encoder.h"
#include "error.h"
#include "family.h"
#include "lane.h"
#include "metrics.h"
#include "names.h"
#include "page.h"
#include "registry.h"

struct render {
    promc_page *page;
    struct promc__encoder *e;
    promc_render_opts opts;
};

/* NULL: no such format. */
static const struct promc__encoder_ops *encoder_of(promc_format format)
{
    switch (promc_format_syntax(format)) {
    case PROMC_FORMAT_TEXT:
    case PROMC_FORMAT_OPENMETRICS:
        return &promc__text_encoder;
    case PROMC_FORMAT_PROTOBUF:
        return &promc__protobuf_encoder;
    default:
        return NULL;
    }
}

static int is_om(const struct render *r)
{
    return promc_format_syntax(r->e->format) == PROMC_FORMAT_OPENMETRICS;
}

static int wanted(const struct render *r, const char *name)
{
    if (r->opts.names == NULL)
        return 1;
    for (size_t i = 0; i < r->opts.n_names; i++)
        if (strcmp(r->opts.names[i], name) == 0)
            return 1;
    return 0;
}

static int is_created(const struct render *r, const char *name, size_t len)
{
    return is_om(r) && promc__names_is_created_of_another(r->page, name, len);
}

/* 1 when OpenMetrics has no way to show a family of this type under this name. */
static int is_plain(const struct render *r, promc_type type, const char *name, size_t len)
{
    if (!is_om(r))
        return 0;
    if (type == PROMC_TYPE_INFO)
        return promc__names_plain_info(r->page, name, len);
    return type == PROMC_TYPE_COUNTER && promc__names_plain_counter(r->page, name, len);
}

/* --- registered families ---------------------------------------------------------------- */

/* What cannot be shown: a value function is left to put_emitted(), the rest is always good. */
static int put_child(const struct render *r, const struct promc__child *c)
{
    struct promc__encoder *e = r->e;
    promc_page *page = r->page;
    struct promc__point p = { .labels = promc__child_text(c), .labels_len = c->text_len };
    double sum;
    uint64_t count = 0;

    switch (c->family->ops->type) {
    case PROMC_TYPE_COUNTER:
        promc__counter_read(c, &count, &sum);
        if (sum == 0)
            e->ops->integer(e, &p, count);
        else
            e->ops->value(e, &p, (double)count + sum);
        return 0;
    case PROMC_TYPE_GAUGE:
        e->ops->value(e, &p, promc__gauge_read(c));
        return 0;
    case PROMC_TYPE_HISTOGRAM: {
        const struct promc__histogram_shape *shape = promc__histogram_shape(c->family);
        struct promc__histogram_view h = { .bounds = shape->bounds,
                                           .le = { shape->le[0], shape->le[1] },
                                           .n = shape->n };

        if (promc__page_reserve(&page->counts, &page->cap_counts, h.n + 1,
                                sizeof *page->counts) != 0)
            return -ENOMEM;
        if (shape->native && e->ops != &promc__text_encoder) {
            if (promc__histogram_read_native(c, &page->native, page->counts, &h.sum,
                                             &p.created_ms) != 0)
                return -ENOMEM;
            h.native = &page->native.view;
        } else {
            promc__histogram_read(c, page->counts, &h.sum);
        }
        for (size_t i = 0; i <= h.n; i++)
            h.count += page->counts[i];
        h.counts = page->counts;
        e->ops->histogram(e, &p, &h);
        return 0;
    }
    case PROMC_TYPE_SUMMARY: {
        const struct promc__summary_shape *shape = promc__summary_shape(c->family);
        double at[PROMC__MAX_QUANTILES];
        struct promc__summary_view s = { .quantiles = shape->quantiles,
                                         .text = { shape->text[0], shape->text[1] },
                                         .values = at,
                                         .n = shape->n };

        if (promc__summary_read(c, &page->sketch, at, &s.sum, &s.count) != 0)
            return -ENOMEM;
        e->ops->summary(e, &p, &s);
        return 0;
    }
    case PROMC_TYPE_INFO:
        e->ops->integer(e, &p, 1);
        return 0;
    case PROMC_TYPE_STATESET: {
        const struct promc__stateset_shape *shape = promc__stateset_shape(c->family);
        const struct promc__stateset_view s = { .states = shape->states,
                                                .n = shape->n,
                                                .on = promc__stateset_read(c) };

        e->ops->stateset(e, &p, &s);
        return 0;
    }
    default: /* nothing registered is of another type */
        break;
    }
    return 0;
}

static void begin_registered(const struct render *r, const struct promc__family *f)
{
    const struct promc__meta meta = {
        .type = f->ops->type,
        .name = f->name,
        .name_len = f->name_len,
        .help = f->help,
        .plain = is_plain(r, f->ops->type, f->name, f->name_len),
    };

    r->e->ops->family(r->e, &meta);
}

static void end_family(const struct render *r)
{
    if (r->e->ops->family_end != NULL)
        r->e->ops->family_end(r->e);
}

/* Series lie in memory as they were made, and are read as they are sorted: have those that come
 * next fetched meanwhile. */
static inline void fetch_ahead(const struct promc__family *f, size_t i)
{
    enum { AHEAD = 8 };

    if (i + AHEAD < f->n_sorted) {
        const char *c = (const char *)f->sorted[i + AHEAD];

        __builtin_prefetch(c);
        __builtin_prefetch(c + 64);
    }
}

static int put_family(const struct render *r, const struct promc__family *f)
{
    int begun = 0;
    int rc = 0;

    if (f->n_sorted != 0 && is_created(r, f->name, f->name_len)) {
        promc__page_leave_out(
            r->page, "%s: OpenMetrics keeps the name for another family", f->name);
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < f->n_sorted; i++) {
        const struct promc__child *c = f->sorted[i];

        fetch_ahead(f, i);
        /* acquire pairs with the release in child.c: a revived child has its base */
        if (atomic_load_explicit(&c->hidden, memory_order_acquire))
            continue;
        if (!begun)
            begin_registered(r, f);
        begun = 1;
        rc = put_child(r, c);
    }
    if (begun)
        end_family(r);
    return rc;
}

/* --- emitted families ------------------------------------------------------------------- */

static int compare_samples(const struct promc__sample *a, const struct promc__sample *b)
{
    int c;

    if (a->n_labels != b->n_labels)
        return a->n_labels < b->n_labels ? -1 : 1;
    c = promc__names_compare(a->key, a->key_len, b->key, b->key_len);
    /* the same values under other names are another series */
    return c != 0 ? c : promc__names_compare(a->text, a->text_len, b->text, b->text_len);
}

static int by_labels(const void *a, const void *b)
{
    return compare_samples(*(struct promc__sample *const *)a,
                           *(struct promc__sample *const *)b);
}

static int put_sample(const struct render *r, promc_type type,
                      const struct promc__sample *s)
{
    struct promc__encoder *e = r->e;
    const struct promc__point p = { .labels = s->text, .labels_len = s->text_len };

    if (type == PROMC_TYPE_HISTOGRAM) {
        const struct promc__histogram_view h = { .bounds = s->at,
                                                 .n = s->n,
                                                 .counts = s->of.cumulative,
                                                 .cumulative = 1,
                                                 .count = s->count,
                                                 .sum = s->v };

        return e->ops->histogram(e, &p, &h);
    }
    if (type == PROMC_TYPE_SUMMARY) {
        const struct promc__summary_view q = { .quantiles = s->at,
                                               .values = s->of.values,
                                               .n = s->n,
                                               .sum = s->v,
                                               .count = s->count };

        return e->ops->summary(e, &p, &q);
    }
    return e->ops->value(e, &p, s->v);
}

/* Gather the samples of the groups [from, to), all of one name, in order. The first group's
 * type and help are the family's. */
static int gather_samples(promc_page *page, size_t from, size_t to)
{
    const promc_samples *first = page->emitted[from];
    int sorted = 1;

    page->n_samples = 0;
    for (size_t i = from; i < to; i++) {
        const promc_samples *g = page->emitted[i];

        if (g->type != first->type || strcmp(g->help, first->help) != 0) {
            promc__page_leave_out(page, "%s: collected twice with different %s", g->name,
                                  g->type != first->type ? "types" : "help texts");
            continue;
        }
        if (promc__page_reserve(&page->samples, &page->cap_samples,
                                page->n_samples + g->n, sizeof *page->samples) != 0)
            return -ENOMEM;
        for (struct promc__sample *s = g->first; s != NULL; s = s->next) {
            page->samples[page->n_samples++] = s;
            sorted =
                sorted && (page->n_samples < 2 ||
                           compare_samples(page->samples[page->n_samples - 2], s) <= 0);
        }
    }
    if (!sorted)
        qsort(page->samples, page->n_samples, sizeof *page->samples, by_labels);
    return 0;
}

/* Count a sample as left out. Its labels come last: they may be long, and what is cut off is
 * cut between characters. */
static void leave_out_sample(promc_page *page, const promc_samples *f,
                             const struct promc__sample *s, const char *why)
{
    int len = (int)(s->text_len < sizeof page->first_error.text
                        ? s->text_len
                        : sizeof page->first_error.text);

    promc__page_leave_out(page, "%s: %s: {%.*s}", f->name, why, len, s->text);
}

static int put_emitted(const struct render *r, size_t from, size_t to)
{
    promc_page *page = r->page;
    const promc_samples *f = page->emitted[from];
    const struct promc__meta meta = {
        .type = f->type,
        .name = f->name,
        .name_len = f->name_len,
        .help = f->help,
        .plain = is_plain(r, f->type, f->name, f->name_len),
    };

    if (promc__names_is_sample_of_another(page, f->name, f->name_len) ||
        is_created(r, f->name, f->name_len)) {
        promc__page_leave_out(page, "%s: the name is a sample of another family",
                              f->name);
        return 0;
    }
    if (gather_samples(page, from, to) != 0)
        return -ENOMEM;
    r->e->ops->family(r->e, &meta);
    for (size_t i = 0; i < page->n_samples; i++) {
        const struct promc__sample *s = page->samples[i];

        if (i != 0 && compare_samples(page->samples[i - 1], s) == 0)
            leave_out_sample(page, f, s, "collected twice");
        else if (put_sample(r, f->type, s) != 0)
            leave_out_sample(page, f, s, "a counter cannot be negative");
    }
    end_family(r);
    return 0;
}

/* --- the page --------------------------------------------------------------------------- */

/* Registered families may be asked for by other threads at any time, but only grow: note them
 * and their new series. */
static int pick_families(promc_registry *reg, promc_page *page)
{
    int rc = 0;

    pthread_mutex_lock(&reg->lock);
    if (promc__page_reserve(&page->families, &page->cap_families, reg->n_families,
                            sizeof *page->families) == 0) {
        page->n_families = reg->n_families;
        for (size_t i = 0; i < reg->n_families; i++) {
            struct promc__family *f = reg->families[i];
            struct promc__child **tail = &f->incoming;

            page->families[i] = f;
            while (*tail != NULL)
                tail = &(*tail)->next;
            *tail = f->fresh;
            f->fresh = NULL;
        }
    } else {
        rc = -ENOMEM;
    }
    pthread_mutex_unlock(&reg->lock);
    return rc;
}

static int has_children(const struct promc__family *f)
{
    for (size_t i = 0; i < f->n_sorted; i++)
        if (!atomic_load_explicit(&f->sorted[i]->hidden, memory_order_relaxed))
            return 1;
    return 0;
}

/* Emitted groups [from, to) of one name, and the registered family of that name, if any. */
static int put_group(const struct render *r, size_t from, size_t to,
                     const struct promc__family *f)
{
    const promc_samples *g = r->page->emitted[from];

    if (!wanted(r, g->name))
        return 0;
    if (f != NULL && (has_children(f) || f->ops->type != g->type)) {
        promc__page_leave_out(r->page, "%s: collected, but also registered", g->name);
        return put_family(r, f);
    }
    if (promc__names_shadow_registered(r->page, g)) {
        promc__page_leave_out(r->page, "%s: one of its samples is a registered family",
                              g->name);
        return 0;
    }
    return put_emitted(r, from, to);
}

static int put_all(const struct render *r)
{
    promc_page *page = r->page;
    size_t i = 0;
    size_t k = 0;
    int rc = 0;

    for (size_t n = 0; rc == 0 && n < page->n_families; n++)
        rc = promc__family_sort(page->families[n]);
    while (rc == 0 && (i < page->n_families || k < page->n_emitted)) {
        const struct promc__family *f = i < page->n_families ? page->families[i] : NULL;
        const promc_samples *g = k < page->n_emitted ? page->emitted[k] : NULL;
        int c = f == NULL ? 1 : g == NULL ? -1 : strcmp(f->name, g->name);
        size_t to = k;

        if (c >= 0) {
            while (to < page->n_emitted && strcmp(page->emitted[to]->name, g->name) == 0)
                to++;
            rc = put_group(r, k, to, c == 0 ? f : NULL);
            k = to;
        } else if (wanted(r, f->name)) {
            rc = put_family(r, f);
        }
        i += c <= 0;
    }
    if (r->e->ops->end != NULL)
        r->e->ops->end(r->e);
    /* the NUL that promc_page_data() promises; not counted */
    if (promc__buf_room(&page->out, 1) != NULL)
        page->out.data[page->out.len] = '\0';
    return rc == 0 && page->out.oom ? -ENOMEM : rc;
}

int promc_render_with(promc_registry *registry, promc_format format,
                      const promc_render_opts *opts, promc_page *page, promc_error *err)
{
    promc_registry *reg = promc__registry(registry);
    const struct promc__encoder_ops *ops = encoder_of(format);
    struct render r = { page, NULL, PROMC_RENDER_OPTS_INIT };
    int rc;

    if (page == NULL || ops == NULL)
        return promc__error(err, -EINVAL, "render: no page, or no such format");
    /* the caller's header may be older, and its struct shorter, than ours */
    if (opts != NULL)
        memcpy(&r.opts, opts, opts->size < sizeof r.opts ? opts->size : sizeof r.opts);
    promc__buf_reset(&page->out);
    page->left_out = 0;
    r.e = &page->encoder;
    r.e->ops = ops;
    r.e->out = &page->out;
    r.e->format = format;
    r.e->created = r.opts.created;
    /* A scrape may allocate: see that the threads and summaries to come find what they need.
     * If memory is short now, they will do without, and this scrape should still be made. */
    promc__lane_restock();
    promc__summary_restock();
    rc = promc__collect(reg, page, &r.opts);
    if (rc == 0) {
        pthread_mutex_lock(&reg->render_lock);
        rc = pick_families(reg, page);
        if (rc == 0)
            rc = put_all(&r);
        pthread_mutex_unlock(&reg->render_lock);
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
