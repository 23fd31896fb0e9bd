/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fieldset.c - which fields of a file are wanted, remembered from scrape to scrape.
 */
#include "config.h"

#include "node/fieldset.h"

#include <stdlib.h>
#include <string.h>

/* Make room for position i. Returns 0, or -1 when out of memory. */
static int reserve(struct fieldset *s, size_t i)
{
    size_t n = s->n ? s->n : 64;
    struct field *v;

    if (i < s->n)
        return 0;
    while (n <= i)
        n *= 2;
    v = realloc(s->v, n * sizeof(*v));
    if (!v)
        return -1;
    memset(v + s->n, 0, (n - s->n) * sizeof(*v));
    s->v = v;
    s->n = n;
    return 0;
}

static int is_the_same(const struct field *f, struct span group, struct span name)
{
    size_t at = group.n ? group.n + 1 : 0;

    return f->key && f->len == at + name.n && memcmp(f->key + at, name.p, name.n) == 0 &&
           (at == 0 || (memcmp(f->key, group.p, group.n) == 0 && f->key[group.n] == '_'));
}

/* What can be the end of a metric's name, as all names of the kernel's can. */
static int is_name(const char *s)
{
    while ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_' ||
           (*s >= '0' && *s <= '9'))
        s++;
    return *s == '\0';
}

/* Learn the name at a position: one piece of memory for the metric's name, whose end is
 * the key. */
static int learn(struct fieldset *s, struct field *f, struct span group, struct span name)
{
    size_t prefix = strlen(s->prefix), at = group.n ? group.n + 1 : 0;
    char *metric = malloc(prefix + at + name.n + 1);

    if (!metric)
        return -1;
    if (f->key)
        free(f->key - prefix);
    memcpy(metric, s->prefix, prefix);
    if (at) {
        memcpy(metric + prefix, group.p, group.n);
        metric[prefix + group.n] = '_';
    }
    memcpy(metric + prefix + at, name.p, name.n);
    metric[prefix + at + name.n] = '\0';
    f->key = metric + prefix;
    f->len = at + name.n;
    f->metric = is_name(f->key) && filter_keep(s->filter, f->key) ? metric : NULL;
    return 0;
}

const struct field *fieldset_get(struct fieldset *s, size_t i, struct span group,
                                 struct span name)
{
    if (reserve(s, i) < 0)
        return NULL;
    if (!is_the_same(&s->v[i], group, name) && learn(s, &s->v[i], group, name) < 0)
        return NULL;
    return &s->v[i];
}

void fieldset_free(struct fieldset *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].key)
            free(s->v[i].key - strlen(s->prefix));
    free(s->v);
    s->v = NULL;
    s->n = 0;
}
