/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - the series of a family in the order in which they are printed, kept from
 * scrape to scrape: only newcomers are sorted.
 */
#include "config.h"
#include "family.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "shared.h"

/* By number of labels, then by values in the order of their names. An open family's keys
 * are just that: the values with a NUL behind each, which sorts below any character. */
int promc__child_compare(const struct promc__child *a, const struct promc__child *b)
{
    uint32_t shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
    int c;

    if (!a->family->open)
        return promc__frame_compare(promc__child_text(a), a->text_len,
                                    promc__child_text(b), b->text_len);
    if (a->n_labels != b->n_labels)
        return a->n_labels < b->n_labels ? -1 : 1;
    c = memcmp(promc__child_key(a), promc__child_key(b), shorter);
    return c != 0 ? c : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* Merge two ascending lists. */
static struct promc__child *merge(struct promc__child *a, struct promc__child *b)
{
    struct promc__child *first = NULL;
    struct promc__child **tail = &first;

    while (a != NULL && b != NULL) {
        struct promc__child **less = promc__child_compare(a, b) <= 0 ? &a : &b;

        *tail = *less;
        tail = &(*less)->next;
        *less = *tail;
    }
    *tail = a != NULL ? a : b;
    return first;
}

/* Sort a list without more memory: runs[i] holds 2^i sorted children. */
static struct promc__child *sort(struct promc__child *list)
{
    struct promc__child *runs[48] = { NULL };
    struct promc__child *all = NULL;

    while (list != NULL) {
        struct promc__child *run = list;
        size_t i = 0;

        list = list->next;
        run->next = NULL;
        for (; runs[i] != NULL; i++) {
            run = merge(runs[i], run);
            runs[i] = NULL;
        }
        runs[i] = run;
    }
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        all = merge(runs[i], all);
    return all;
}

int promc__family_sort(struct promc__family *f)
{
    struct promc__child *list = f->incoming;
    size_t n = 0;
    size_t from = f->n_sorted;
    size_t to;

    if (promc__family_is_shared(f))
        return promc__shared_sort(f);
    if (list == NULL)
        return 0;
    for (const struct promc__child *c = list; c != NULL; c = c->next)
        n++;
    if (f->n_sorted + n > f->cap_sorted) {
        size_t cap = f->n_sorted + n + f->cap_sorted / 2;
        struct promc__child **p =
            promc__realloc(f->sorted != &f->one ? f->sorted : NULL, cap * sizeof *p);

        if (p == NULL)
            return -ENOMEM;
        if (f->sorted == &f->one)
            p[0] = f->one;
        f->sorted = p;
        f->cap_sorted = cap;
    }
    /* merge from the back, which needs no second array: newcomers in descending order */
    list = sort(list);
    f->incoming = NULL;
    for (struct promc__child *c = list, *reversed = NULL; c != NULL; list = reversed) {
        struct promc__child *next = c->next;

        c->next = reversed;
        reversed = c;
        c = next;
    }
    f->n_sorted = to = f->n_sorted + n;
    while (list != NULL) {
        if (from != 0 && promc__child_compare(f->sorted[from - 1], list) > 0) {
            f->sorted[--to] = f->sorted[--from];
        } else {
            f->sorted[--to] = list;
            list = list->next;
        }
    }
    return 0;
}

size_t promc__family_list(const struct promc__family *f, struct promc__child ***list)
{
    if (promc__family_is_shared(f))
        return promc__shared_list(f, list);
    *list = f->sorted;
    return f->n_sorted;
}
