/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_series.c - the series of one name, one after the other to the encoder. Nearly always
 * they come from one place, sorted, with labels that can be written as they are; the rest is in
 * render_mixed.c.
 */
#include "config.h"
#include "rendering.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"
#include "labels.h"
#include "metrics.h"
#include "names.h"

int promc__render_is_hidden(const struct promc__child *c)
{
    return atomic_load_explicit(&c->hidden, memory_order_relaxed);
}

int promc__render_has_children(const struct promc__family *f)
{
    struct promc__child **list;
    size_t n = promc__family_list(f, &list);

    for (size_t i = 0; i < n; i++)
        if (!promc__render_is_hidden(list[i]))
            return 1;
    return 0;
}

void promc__render_end_family(const struct promc__rendering *r)
{
    if (r->e->ops->family_end != NULL)
        r->e->ops->family_end(r->e);
}

void promc__render_leave_out(const struct promc__rendering *r, const char *labels,
                             size_t labels_len, const char *why)
{
    size_t most = sizeof r->page->first_error.text;
    int len = (int)(labels_len < most ? labels_len : most);

    promc__page_leave_out(r->page, "%s: %s: {%.*s}", r->name, why, len, labels);
}

const char *promc__render_unsayable(promc_type type)
{
    switch (type) {
    case PROMC_TYPE_COUNTER:
        return "a counter cannot be negative";
    case PROMC_TYPE_STATESET:
        return "a label has the name of the stateset";
    case PROMC_TYPE_SUMMARY:
        return "the sum of a summary cannot be negative";
    default:
        return "this format has no histograms with fractions";
    }
}

/* The states are told apart by a label with the family's name, which escaping may have made
 * that of another one. */
static int put_stateset(const struct promc__rendering *r, const struct promc__point *p,
                        const struct promc__stateset_view *s)
{
    struct promc__encoder *e = r->e;

    if (promc__label_is_metric_name(e->meta.name, e->meta.name_len) ||
        promc__labels_have(p->labels, p->labels_len, e->meta.name, e->meta.name_len))
        return -EINVAL;
    return e->ops->stateset(e, p, s);
}

/* --- one series ------------------------------------------------------------------------- */

int promc__render_child(struct promc__rendering *r, const struct promc__child *c,
                        struct promc__point *p)
{
    struct promc__encoder *e = r->e;
    promc_page *page = r->page;
    double sum;
    uint64_t count = 0;

    p->created_ms = c->created_ms;
    if (promc__unlikely(c->exemplars != NULL) &&
        promc__exemplars_show(c->exemplars, &page->exemplars) != 0)
        return -ENOMEM;
    switch (c->family->ops->type) {
    case PROMC_TYPE_COUNTER:
        if (c->exemplars != NULL)
            p->exemplar = page->exemplars.place[0];
        promc__counter_read(c, &count, &sum);
        if (sum != 0)
            return e->ops->value(e, p, (double)count + sum);
        e->ops->integer(e, p, count);
        return 0;
    case PROMC_TYPE_GAUGE:
        return e->ops->value(e, p, promc__gauge_read(c));
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
                                             &p->created_ms) != 0)
                return -ENOMEM;
            h.native = &page->native.view;
        } else {
            p->created_ms = promc__histogram_created(c);
            promc__histogram_read(c, page->counts, &h.sum);
        }
        page->native.view.n_exemplars = 0;
        if (c->exemplars != NULL) {
            h.exemplars = page->exemplars.place;
            page->native.view.exemplars = page->exemplars.list;
            page->native.view.n_exemplars = page->exemplars.n_list;
        }
        for (size_t i = 0; i <= h.n; i++)
            h.count += page->counts[i];
        h.counts = page->counts;
        return e->ops->histogram(e, p, &h);
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
        return e->ops->summary(e, p, &s);
    }
    case PROMC_TYPE_INFO:
        e->ops->integer(e, p, 1);
        return 0;
    case PROMC_TYPE_STATESET: {
        const struct promc__stateset_shape *shape = promc__stateset_shape(c->family);
        const struct promc__stateset_view s = { .states = shape->states,
                                                .n = shape->n,
                                                .on = promc__stateset_read(c) };

        return put_stateset(r, p, &s);
    }
    default: /* nothing registered is of another type */
        return 0;
    }
}

int promc__render_sample(struct promc__rendering *r, promc_type type,
                         const struct promc__sample *s, const struct promc__point *labels)
{
    struct promc__encoder *e = r->e;
    struct promc__point p = s->full != NULL ? s->full->point : *labels;

    p.labels = labels->labels;
    p.labels_len = labels->labels_len;
    switch (type) {
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGEHISTOGRAM: {
        const struct promc__histogram_view h = { .bounds = s->at,
                                                 .n = s->n,
                                                 .counts = s->of.cumulative,
                                                 .cumulative = 1,
                                                 .count = s->count,
                                                 .sum = s->v };

        return e->ops->histogram(e, &p, s->full != NULL ? &s->full->of.histogram : &h);
    }
    case PROMC_TYPE_SUMMARY: {
        const struct promc__summary_view q = { .quantiles = s->at,
                                               .values = s->of.values,
                                               .n = s->n,
                                               .sum = s->v,
                                               .count = s->count };

        return e->ops->summary(e, &p, &q);
    }
    case PROMC_TYPE_STATESET:
        return put_stateset(r, &p, &s->full->of.stateset);
    default:
        return e->ops->value(e, &p, s->v);
    }
}

/* --- registered families ---------------------------------------------------------------- */

/* Series lie in memory as they were made, and are read as they are sorted: have those that come
 * next fetched meanwhile, and then their labels. Always inline: a call that does nothing else
 * is one that gcc leaves out. */
static inline __attribute__((always_inline)) void
fetch_ahead(struct promc__child *const *list, size_t n, size_t i)
{
    enum { AHEAD = 8, TEXT_AHEAD = 4 };

    if (i + AHEAD < n) {
        const char *c = (const char *)list[i + AHEAD];

        __builtin_prefetch(c);
        __builtin_prefetch(c + 64);
    }
    if (i + TEXT_AHEAD < n) {
        const char *text = promc__child_text(list[i + TEXT_AHEAD]);

        __builtin_prefetch(text);
        __builtin_prefetch(text + 64);
    }
}

int promc__render_family(struct promc__rendering *r, const struct promc__meta *meta,
                         const struct promc__family *f)
{
    struct promc__child **list;
    size_t n = promc__family_list(f, &list);
    int rc = 0;

    r->e->ops->family(r->e, meta);
    for (size_t i = 0; rc != -ENOMEM && i < n; i++) {
        const struct promc__child *c = list[i];
        struct promc__point p = { .labels = promc__child_text(c),
                                  .labels_len = c->text_len };

        fetch_ahead(list, n, i);
        if (promc__render_is_hidden(c))
            continue;
        rc = promc__render_child(r, c, &p);
        if (rc == -EINVAL)
            promc__render_leave_out(r, p.labels, p.labels_len,
                                    promc__render_unsayable(meta->type));
    }
    promc__render_end_family(r);
    return rc == -ENOMEM ? rc : 0;
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

int promc__render_belongs(promc_page *page, const struct promc__meta *meta,
                          const promc_samples *s)
{
    if (s->type == meta->type && strcmp(s->help, meta->help) == 0)
        return 1;
    promc__page_leave_out(page, "%s: collected twice with different %s", s->name,
                          s->type != meta->type ? "types" : "help texts");
    return 0;
}

/* Gather the samples of a group in order. */
static int gather_samples(promc_page *page, const struct promc__meta *meta,
                          const struct promc__group *g)
{
    int sorted = 1;

    page->n_samples = 0;
    for (size_t i = g->emitted; i < g->emitted + g->n_emitted; i++) {
        const promc_samples *from = page->emitted[i];

        if (!promc__render_belongs(page, meta, from))
            continue;
        if (promc__page_reserve(&page->samples, &page->cap_samples,
                                page->n_samples + from->n, sizeof *page->samples) != 0)
            return -ENOMEM;
        for (struct promc__sample *s = from->first; s != NULL; s = s->next) {
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

int promc__render_emitted(struct promc__rendering *r, const struct promc__meta *meta,
                          const struct promc__group *g)
{
    promc_page *page = r->page;

    if (gather_samples(page, meta, g) != 0)
        return -ENOMEM;
    r->e->ops->family(r->e, meta);
    for (size_t i = 0; i < page->n_samples; i++) {
        const struct promc__sample *s = page->samples[i];
        const struct promc__point p = { .labels = s->text, .labels_len = s->text_len };

        if (i != 0 && compare_samples(page->samples[i - 1], s) == 0)
            promc__render_leave_out(r, s->text, s->text_len, "collected twice");
        else if (promc__render_sample(r, meta->type, s, &p) != 0)
            promc__render_leave_out(r, s->text, s->text_len,
                                    promc__render_unsayable(meta->type));
    }
    promc__render_end_family(r);
    return 0;
}
