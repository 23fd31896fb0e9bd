/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_mixed.c - the series of one name that are not simply there in order: those of several
 * registries, and those whose label names have to be escaped. All are gathered first, to find
 * the ones that would come twice.
 */
#include "config.h"
#include "rendering.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "family.h"
#include "labels.h"
#include "names.h"

static int add_series(promc_page *page, const struct promc__child *c,
                      const struct promc__sample *s)
{
    struct promc__series one = { .child = c, .sample = s };
    const char *p;
    struct promc__label l;

    if (promc__page_reserve(&page->series, &page->cap_series, page->n_series + 1,
                            sizeof *page->series) != 0)
        return -ENOMEM;
    one.labels = p = c != NULL ? promc__child_text(c) : s->text;
    one.labels_len = c != NULL ? c->text_len : s->text_len;
    while (promc__labels_next(&p, one.labels + one.labels_len, &l))
        one.n_labels++;
    one.text = one.labels;
    one.text_len = one.labels_len;
    page->series[page->n_series++] = one;
    return 0;
}

static int gather_series(promc_page *page, const struct promc__meta *meta,
                         const struct promc__group *g)
{
    page->n_series = 0;
    for (size_t i = g->family; i < g->family + g->n_families; i++) {
        const struct promc__family *f = page->families[i];
        struct promc__child **list;
        size_t n = promc__family_list(f, &list);

        if (!promc__render_has_children(f))
            continue;
        if (f->ops->type != meta->type || strcmp(f->help, meta->help) != 0) {
            promc__page_leave_out(page, "%s: registered twice with different %s", f->name,
                                  f->ops->type != meta->type ? "types" : "help texts");
            continue;
        }
        for (size_t k = 0; k < n; k++)
            if (!promc__render_is_hidden(list[k]) && add_series(page, list[k], NULL) != 0)
                return -ENOMEM;
    }
    for (size_t i = g->emitted; i < g->emitted + g->n_emitted; i++) {
        const promc_samples *from = page->emitted[i];

        if (!promc__render_belongs(page, meta, from))
            continue;
        for (const struct promc__sample *s = from->first; s != NULL; s = s->next)
            if (add_series(page, NULL, s) != 0)
                return -ENOMEM;
    }
    return 0;
}

/* By number of labels, their values, their names, and then by who came first. */
static int by_kept_labels(const void *a, const void *b)
{
    const struct promc__series *x = *(struct promc__series *const *)a;
    const struct promc__series *y = *(struct promc__series *const *)b;
    const char *p = x->labels, *q = y->labels;
    struct promc__label l, m;
    int c = 0;

    if (x->n_labels != y->n_labels)
        return x->n_labels < y->n_labels ? -1 : 1;
    while (c == 0 && promc__labels_next(&p, x->labels + x->labels_len, &l) &&
           promc__labels_next(&q, y->labels + y->labels_len, &m))
        c = promc__names_compare(l.value, l.value_len, m.value, m.value_len);
    if (c == 0)
        c = promc__names_compare(x->labels, x->labels_len, y->labels, y->labels_len);
    return c != 0 ? c : (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    const struct promc__series *x = *(struct promc__series *const *)a;
    const struct promc__series *y = *(struct promc__series *const *)b;
    int c = promc__names_compare(x->text, x->text_len, y->text, y->text_len);

    return c != 0 ? c : (x > y) - (x < y);
}

/* Leave out what has the same text as the series before it in page->by_labels. */
static void leave_out_equal(const struct promc__rendering *r, const char *why)
{
    promc_page *page = r->page;
    const struct promc__series *last = NULL;

    for (size_t i = 0; i < page->n_series; i++) {
        struct promc__series *s = page->by_labels[i];

        if (s->out)
            continue;
        if (last != NULL &&
            promc__names_compare(last->text, last->text_len, s->text, s->text_len) == 0) {
            s->out = 1;
            promc__render_leave_out(r, s->labels, s->labels_len, why);
        } else {
            last = s;
        }
    }
}

/* Mostly they are in order already: those of one family come sorted, and escaping seldom changes
 * that. */
static void sort_series(promc_page *page, int (*order)(const void *, const void *))
{
    size_t i = 1;

    while (i < page->n_series && order(&page->by_labels[i - 1], &page->by_labels[i]) < 0)
        i++;
    if (i >= page->n_series)
        return;
    qsort(page->by_labels, page->n_series, sizeof *page->by_labels, order);
}

static int escape_texts(struct promc__rendering *r)
{
    promc_page *page = r->page;
    struct promc__buf *b = &page->texts;

    promc__buf_reset(b);
    for (size_t i = 0; i < page->n_series; i++) {
        struct promc__series *s = page->by_labels[i];
        int rc;

        s->at = b->len;
        rc = promc__escape_labels(b, s->labels, s->labels_len, r->escaping,
                                  &page->scratch);
        if (rc == -ENOMEM)
            return rc;
        if (rc != 0 && !s->out) {
            s->out = 1;
            promc__render_leave_out(r, s->labels, s->labels_len,
                                    "once escaped two of its labels have one name");
        }
    }
    for (size_t i = 0; i < page->n_series; i++) { /* now that they stay where they are */
        struct promc__series *s = page->by_labels[i];
        size_t to = i + 1 < page->n_series ? page->by_labels[i + 1]->at : b->len;

        s->text = b->len != 0 ? b->data + s->at : "";
        s->text_len = to - s->at;
    }
    return 0;
}

static int labels_change(const struct promc__rendering *r)
{
    for (size_t i = 0; i < r->page->n_series; i++)
        if (promc__escape_changes(r->page->series[i].labels,
                                  r->page->series[i].labels_len, r->escaping))
            return 1;
    return 0;
}

/* Bring the series in order, escape them, and find out which cannot be shown. */
static int arrange_series(struct promc__rendering *r)
{
    promc_page *page = r->page;

    if (promc__page_reserve(&page->by_labels, &page->cap_by_labels, page->n_series,
                            sizeof *page->by_labels) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < page->n_series; i++)
        page->by_labels[i] = &page->series[i];
    sort_series(page, by_kept_labels);
    leave_out_equal(r, "collected twice");
    if (!labels_change(r))
        return 0;
    if (escape_texts(r) != 0)
        return -ENOMEM;
    sort_series(page, by_text);
    leave_out_equal(r, "once escaped it has the labels of another series");
    sort_series(page, by_kept_labels);
    return 0;
}

int promc__render_mixed(struct promc__rendering *r, const struct promc__meta *meta,
                        const struct promc__group *g)
{
    promc_page *page = r->page;
    int rc = 0;

    if (gather_series(page, meta, g) != 0)
        return -ENOMEM;
    if (page->n_series == 0)
        return 0;
    if (arrange_series(r) != 0)
        return -ENOMEM;
    r->e->ops->family(r->e, meta);
    for (size_t i = 0; rc != -ENOMEM && i < page->n_series; i++) {
        const struct promc__series *s = page->by_labels[i];
        struct promc__point p = { .labels = s->text, .labels_len = s->text_len };

        if (s->out)
            continue;
        rc = s->child != NULL ? promc__render_child(r, s->child, &p)
                              : promc__render_sample(r, meta->type, s->sample, &p);
        if (rc == -EINVAL)
            promc__render_leave_out(r, s->labels, s->labels_len,
                                    promc__render_unsayable(meta->type));
    }
    promc__render_end_family(r);
    return rc == -ENOMEM ? rc : 0;
}
