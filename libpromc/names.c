/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - the groups of a page, each of one name, and looking them up by what is written.
 */
#include "config.h"
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emitter.h"
#include "escape.h"
#include "family.h"
#include "labels.h"
#include "metrics.h"
#include "rendering.h"
#include "text.h"

enum { LONGEST_SUFFIX = 8 }; /* "_created" */

int promc__names_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t shorter = a_len < b_len ? a_len : b_len;
    int c = shorter != 0 ? memcmp(a, b, shorter) : 0; /* of nothing there is no pointer */

    return c != 0 ? c : (a_len > b_len) - (a_len < b_len);
}

/* --- groups ----------------------------------------------------------------------------- */

static int is_family(const struct promc__group *g, const struct promc__family *f)
{
    return g->name_len == f->name_len && memcmp(g->name, f->name, f->name_len) == 0;
}

static int is_emitted(const struct promc__group *g, const promc_samples *f)
{
    return g->name_len == f->name_len && memcmp(g->name, f->name, f->name_len) == 0;
}

/* The group that begins with the next of both lists. */
static void start_group(const promc_page *page, struct promc__group *g)
{
    const struct promc__family *f =
        g->family < page->n_families ? page->families[g->family] : NULL;
    const promc_samples *s =
        g->emitted < page->n_emitted ? page->emitted[g->emitted] : NULL;

    if (f != NULL && (s == NULL || promc__names_compare(f->name, f->name_len, s->name,
                                                        s->name_len) <= 0)) {
        g->name = f->name;
        g->name_len = f->name_len;
    } else {
        g->name = s->name;
        g->name_len = s->name_len;
    }
    g->written = g->name;
    g->written_len = g->name_len;
}

/* Which of the sources is shown, decided once: what other names may be beside it hangs on its
 * type. A registered family without series says nothing of the type, but where there is one
 * registry only, which is then agreed upon. */
static void choose(const promc_page *page, struct promc__group *g)
{
    g->shown = NULL;
    g->n_shown = 0;
    for (size_t i = g->family; i < g->family + g->n_families; i++)
        if (promc__render_has_children(page->families[i]) && g->n_shown++ == 0)
            g->shown = page->families[i];
    if (g->shown != NULL)
        g->type = g->shown->ops->type;
    else if (g->n_emitted != 0 && (g->n_families == 0 || page->n_registries > 1))
        g->type = page->emitted[g->emitted]->type;
    else
        g->type = page->families[g->family]->ops->type;
}

static int by_written(const void *a, const void *b)
{
    const struct promc__group *x = *(struct promc__group *const *)a;
    const struct promc__group *y = *(struct promc__group *const *)b;
    int c = promc__names_compare(x->written, x->written_len, y->written, y->written_len);

    /* of two that are written alike the first on the page counts */
    return c != 0 ? c : (x > y) - (x < y);
}

static int escape_names(promc_page *page, unsigned escaping)
{
    struct promc__buf *b = &page->written;
    size_t at = 0;

    if (promc__page_reserve(&page->by_written, &page->cap_by_written, page->n_groups,
                            sizeof *page->by_written) != 0)
        return -ENOMEM;
    promc__buf_reset(b);
    for (size_t i = 0; i < page->n_groups; i++) {
        struct promc__group *g = &page->groups[i];

        at = b->len;
        promc__escape_name(b, g->name, g->name_len, escaping, PROMC__METRIC_NAME);
        g->written_len = b->len - at;
        page->by_written[i] = g;
    }
    if (b->oom)
        return -ENOMEM;
    at = 0;
    for (size_t i = 0; i < page->n_groups; i++) { /* now that they stay where they are */
        page->groups[i].written = b->data + at;
        at += page->groups[i].written_len;
    }
    page->n_by_written = page->n_groups;
    qsort(page->by_written, page->n_by_written, sizeof *page->by_written, by_written);
    return 0;
}

/* Room for each name with a suffix, so that with_suffix() finds what there is also when memory
 * is short: a clash that nobody saw would be on the page. */
static int reserve_suffixed(promc_page *page)
{
    size_t longest = 0;

    for (size_t i = 0; i < page->n_groups; i++)
        if (page->groups[i].written_len > longest)
            longest = page->groups[i].written_len;
    promc__buf_reset(&page->scratch);
    return promc__buf_room(&page->scratch, longest + LONGEST_SUFFIX) != NULL ? 0
                                                                             : -ENOMEM;
}

int promc__names_gather(promc_page *page, unsigned escaping)
{
    struct promc__group g = { 0 };
    int changes = escaping == PROMC_ESCAPE_DOTS;

    page->n_groups = page->n_by_written = 0;
    if (promc__page_reserve(&page->groups, &page->cap_groups,
                            page->n_families + page->n_emitted,
                            sizeof *page->groups) != 0)
        return -ENOMEM;
    while (g.family < page->n_families || g.emitted < page->n_emitted) {
        start_group(page, &g);
        g.n_families = g.n_emitted = 0;
        while (g.family + g.n_families < page->n_families &&
               is_family(&g, page->families[g.family + g.n_families]))
            g.n_families++;
        while (g.emitted + g.n_emitted < page->n_emitted &&
               is_emitted(&g, page->emitted[g.emitted + g.n_emitted]))
            g.n_emitted++;
        choose(page, &g);
        page->groups[page->n_groups++] = g;
        g.family += g.n_families;
        g.emitted += g.n_emitted;
        changes = changes || (escaping != PROMC_ESCAPE_ALLOW_UTF8 &&
                              !promc__name_legacy(g.name, g.name_len));
    }
    if (changes && page->n_groups != 0 && escape_names(page, escaping) != 0)
        return -ENOMEM;
    return reserve_suffixed(page);
}

/* The group that is written so: of several the first. NULL: none. */
static const struct promc__group *find(const promc_page *page, const char *name,
                                       size_t len)
{
    size_t lo = 0;
    size_t n = page->n_by_written != 0 ? page->n_by_written : page->n_groups;
    size_t hi = n;
    const struct promc__group *g = NULL;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        g = page->n_by_written != 0 ? page->by_written[mid] : &page->groups[mid];
        if (promc__names_compare(g->written, g->written_len, name, len) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == n)
        return NULL;
    g = page->n_by_written != 0 ? page->by_written[lo] : &page->groups[lo];
    return g->written_len == len && memcmp(g->written, name, len) == 0 ? g : NULL;
}

/* --- clashes ---------------------------------------------------------------------------- */

/* The names of samples beside the family's own, and which types have them. */
static const struct {
    const char *suffix;
    unsigned types;
} samples[] = {
    { "_sum", 1u << PROMC_TYPE_HISTOGRAM | 1u << PROMC_TYPE_SUMMARY |
                  1u << PROMC_TYPE_GAUGEHISTOGRAM },
    { "_count", 1u << PROMC_TYPE_HISTOGRAM | 1u << PROMC_TYPE_SUMMARY |
                    1u << PROMC_TYPE_GAUGEHISTOGRAM },
    { "_bucket", 1u << PROMC_TYPE_HISTOGRAM | 1u << PROMC_TYPE_GAUGEHISTOGRAM },
    { "_gsum", 1u << PROMC_TYPE_GAUGEHISTOGRAM },
    { "_gcount", 1u << PROMC_TYPE_GAUGEHISTOGRAM },
};
enum { N_SAMPLES = sizeof samples / sizeof *samples };

static const unsigned has_created = 1u << PROMC_TYPE_HISTOGRAM | 1u << PROMC_TYPE_SUMMARY;

/* The group whose name is @name without @suffix, when it is of one of @types. */
static const struct promc__group *stem(const promc_page *page, const char *name,
                                       size_t len, const char *suffix, unsigned types)
{
    size_t n = strlen(suffix);
    const struct promc__group *g;

    if (len <= n || name[len - 1] != suffix[n - 1] ||
        memcmp(name + len - n, suffix, n) != 0)
        return NULL;
    g = find(page, name, len - n);
    return g != NULL && (types >> g->type & 1) != 0 ? g : NULL;
}

/* 1 when a family of this name would be read as a sample of another one on the page. What
 * somebody emits is no reason to leave out what is @registered. */
static int is_sample(const promc_page *page, const char *name, size_t len, int registered)
{
    if (name[len - 1] != 'm' && name[len - 1] != 't')
        return 0; /* as nearly all names: none of the suffixes ends so */
    for (size_t i = 0; i < N_SAMPLES; i++) {
        const struct promc__group *g =
            stem(page, name, len, samples[i].suffix, samples[i].types);

        if (g != NULL && (!registered || g->n_families != 0))
            return 1;
    }
    return 0;
}

/* Somebody who has this name with that suffix, or NULL. There is room: reserve_suffixed(). */
static const struct promc__group *with_suffix(promc_page *page, const char *name,
                                              size_t len, const char *suffix)
{
    struct promc__buf *b = &page->scratch;

    promc__buf_reset(b);
    promc__buf_put(b, name, len);
    promc__buf_puts(b, suffix);
    return find(page, b->data, b->len);
}

/* 1 when an emitted family would print a sample that is a registered family. */
static int shadows(promc_page *page, const struct promc__group *g)
{
    for (size_t i = 0; i < N_SAMPLES; i++) {
        const struct promc__group *other;

        if ((samples[i].types >> g->type & 1) == 0)
            continue;
        other = with_suffix(page, g->written, g->written_len, samples[i].suffix);
        if (other != NULL && other->n_families != 0)
            return 1;
    }
    return 0;
}

const char *promc__names_clash(promc_page *page, const struct promc__group *g,
                               int openmetrics)
{
    if (page->n_by_written != 0 && find(page, g->written, g->written_len) != g)
        return "once escaped it has the name of another family";
    if (is_sample(page, g->written, g->written_len, g->n_families != 0))
        return "the name is a sample of another family";
    if (openmetrics &&
        stem(page, g->written, g->written_len, "_created", has_created) != NULL)
        return "OpenMetrics keeps the name for another family";
    if (g->n_families == 0 && shadows(page, g))
        return "one of its samples is a registered family";
    return NULL;
}

static int begins_with(const struct promc__group *g, const char *name, size_t len)
{
    return g->written_len >= len && memcmp(g->written, name, len) == 0;
}

/* 1 when no other name on the page begins as the first @len bytes of this one: names are sorted,
 * so they would stand next to it. Where they are sorted otherwise nothing is known. */
static int stands_alone(const promc_page *page, const struct promc__group *g, size_t len)
{
    const struct promc__group *end = page->groups + page->n_groups;

    return page->n_by_written == 0 &&
           (g == page->groups || !begins_with(g - 1, g->written, len)) &&
           (g + 1 == end || !begins_with(g + 1, g->written, len));
}

/* Whether somebody has the first @len bytes of this name, or these and @suffix, as a name. */
static int is_taken(promc_page *page, const struct promc__group *g, size_t len,
                    const char *suffix)
{
    return !stands_alone(page, g, len) &&
           (find(page, g->written, len) != NULL ||
            with_suffix(page, g->written, len, suffix) != NULL);
}

/* 1 when a family that is called so stands for a time of creation: of a histogram or a summary, or
 * of a counter. */
static int is_created(promc_page *page, const char *name, size_t len)
{
    static const char created[] = "_created";
    size_t n = strlen(created);
    const struct promc__group *g;

    if (len <= n || memcmp(name + len - n, created, n) != 0)
        return 0;
    g = with_suffix(page, name, len - n, "_total");
    return (g != NULL && g->type == PROMC_TYPE_COUNTER) ||
           stem(page, name, len, created, has_created) != NULL;
}

/* In OpenMetrics a counter's family is called without its _total, an info's without its _info:
 * that name must be free, and not that of a sample either (the histogram x has an x_count,
 * beside it stands x_count_total). Nor may anybody have the name of a counter's creation time;
 * or be one's time of creation; and of a counter and an info that come to one name, the info
 * gives way. */
int promc__names_plain(promc_page *page, const struct promc__group *g)
{
    const char *name = g->written;
    size_t len = g->written_len;

    if (g->type == PROMC_TYPE_COUNTER) {
        if (promc__text_lacks_total(name, len))
            return 1;
        len -= strlen("_total");
        return is_taken(page, g, len, "_created") || is_sample(page, name, len, 0) ||
               is_created(page, name, len);
    }
    if (g->type == PROMC_TYPE_INFO) {
        if (!promc__info_name(name, len))
            return 1;
        len -= strlen("_info");
        return is_taken(page, g, len, "_total") || is_sample(page, name, len, 0) ||
               is_created(page, name, len);
    }
    return 0;
}
