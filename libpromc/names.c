/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - looking names up on a page: families are sorted by name when it is written.
 */
#include "config.h"
#include "names.h"

#include <string.h>

#include "emitter.h"
#include "family.h"
#include "metrics.h"
#include "text.h"

int promc__names_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return c != 0 ? c : (a_len > b_len) - (a_len < b_len);
}

/* A registered family by name, or NULL. */
static const struct promc__family *registered(const promc_page *page, const char *name,
                                              size_t len)
{
    size_t lo = 0;
    size_t hi = page->n_families;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct promc__family *f = page->families[mid];
        int c = promc__names_compare(f->name, f->name_len, name, len);

        if (c == 0)
            return f;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static const promc_samples *emitted(const promc_page *page, const char *name, size_t len)
{
    size_t lo = 0;
    size_t hi = page->n_emitted;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const promc_samples *f = page->emitted[mid];

        if (promc__names_compare(f->name, f->name_len, name, len) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < page->n_emitted &&
        promc__names_compare(page->emitted[lo]->name, page->emitted[lo]->name_len, name,
                             len) == 0)
        return page->emitted[lo];
    return NULL;
}

/* The type of whoever has this name on the page; -1: nobody. */
static int type_of(const promc_page *page, const char *name, size_t len)
{
    const struct promc__family *f = registered(page, name, len);
    const promc_samples *s = f == NULL ? emitted(page, name, len) : NULL;

    if (f != NULL)
        return (int)f->ops->type;
    return s != NULL ? (int)s->type : -1;
}

static const char created[] = "_created";

static int has_suffix(const char *name, size_t len, const char *suffix)
{
    size_t n = strlen(suffix);

    return len > n && memcmp(name + len - n, suffix, n) == 0;
}

/* 1 when a family of this name would be read as a sample of a histogram or summary that is on
 * the page too. Registered ones never are: the registry saw to that among its own. */
int promc__names_is_sample_of_another(const promc_page *page, const char *name,
                                      size_t len)
{
    static const char *const suffixes[] = { "_sum", "_count", "_bucket" };

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        int type;

        if (!has_suffix(name, len, suffixes[i]))
            continue;
        type = type_of(page, name, len - strlen(suffixes[i]));
        if (type == PROMC_TYPE_HISTOGRAM || (type == PROMC_TYPE_SUMMARY && i != 2))
            return 1;
    }
    return 0;
}

/* 1 when OpenMetrics keeps this name for the time at which a histogram or summary on the page
 * was created. */
int promc__names_is_created_of_another(const promc_page *page, const char *name,
                                       size_t len)
{
    int type;

    if (!has_suffix(name, len, created))
        return 0;
    type = type_of(page, name, len - strlen(created));
    return type == PROMC_TYPE_HISTOGRAM || type == PROMC_TYPE_SUMMARY;
}

/* 1 when somebody on the page has this name with @suffix behind it. A name too long to look up
 * counts as taken. */
static int is_taken(const promc_page *page, const char *stem, size_t len,
                    const char *suffix)
{
    size_t suffix_len = strlen(suffix);
    char name[512];

    if (len + suffix_len > sizeof name)
        return 1;
    memcpy(name, stem, len);
    memcpy(name + len, suffix, suffix_len);
    return type_of(page, name, len + suffix_len) >= 0;
}

/* In OpenMetrics a counter's family is called without its _total: that name must be free, and
 * not that of a sample either (the histogram x has an x_count, beside it stands
 * x_count_total). */
int promc__names_plain_counter(const promc_page *page, const char *name, size_t len)
{
    size_t family_len = len - strlen("_total");

    return promc__text_lacks_total(name, len) || type_of(page, name, family_len) >= 0 ||
           promc__names_is_sample_of_another(page, name, family_len) ||
           is_taken(page, name, family_len, created);
}

/* An info's family is called without its _info there: the same, and a counter may have come to
 * that name in the same way. */
int promc__names_plain_info(const promc_page *page, const char *name, size_t len)
{
    size_t family_len = len - strlen("_info");

    return !promc__info_name(name, len) || type_of(page, name, family_len) >= 0 ||
           promc__names_is_sample_of_another(page, name, family_len) ||
           is_taken(page, name, family_len, "_total");
}

/* 1 when an emitted histogram or summary would print a sample that is a registered family. */
int promc__names_shadow_registered(const promc_page *page, const promc_samples *f)
{
    static const char *const suffixes[] = { "_sum", "_count", "_bucket" };
    size_t n = f->type == PROMC_TYPE_HISTOGRAM ? 3
               : f->type == PROMC_TYPE_SUMMARY ? 2
                                               : 0;

    for (size_t k = 0; n != 0 && k < page->n_families; k++) {
        const struct promc__family *g = page->families[k];

        if (g->name_len <= f->name_len || memcmp(g->name, f->name, f->name_len) != 0)
            continue;
        for (size_t i = 0; i < n; i++)
            if (strcmp(g->name + f->name_len, suffixes[i]) == 0)
                return 1;
    }
    return 0;
}
