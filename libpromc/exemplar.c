/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exemplar.c - exemplars: checked, kept, shown.
 */
#include "config.h"
#include "exemplar.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "family.h"
#include "labels.h"
#include "lane.h"
#include "registry.h"

/* --- checked ---------------------------------------------------------------------------- */

/* How many characters; SIZE_MAX for what is not UTF-8 or certainly too long. */
static size_t chars(const char *s)
{
    size_t len = strnlen(s, 4 * PROMC__EXEMPLAR_CHARS + 1);
    size_t n = 0;

    if (len > 4 * PROMC__EXEMPLAR_CHARS || !promc_utf8_valid(s, len))
        return SIZE_MAX;
    for (size_t i = 0; i < len; i++)
        n += (s[i] & 0xc0) != 0x80;
    return n;
}

static int check(promc_labels names, promc_labels values)
{
    size_t left = PROMC__EXEMPLAR_CHARS;

    if (names.n != values.n || names.n > left ||
        (names.n != 0 && (names.v == NULL || values.v == NULL)))
        return -EINVAL;
    for (size_t i = 0; i < names.n; i++) {
        if (values.v[i] == NULL || !promc__label_name_valid(names.v[i]))
            return -EINVAL;
        for (int k = 0; k < 2; k++) {
            size_t n = chars(k == 0 ? names.v[i] : values.v[i]);

            if (n > left)
                return -EINVAL;
            left -= n;
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(names.v[k], names.v[i]) == 0)
                return -EINVAL;
    }
    return 0;
}

int promc__exemplar_init(struct promc__exemplar *x, promc_labels names,
                         promc_labels values, double v, int64_t ms)
{
    /* room for all that passes the check: four bytes for each character, and with each label its
     * quotes, = and comma; so the buffer does not grow */
    char text[(4 + 6) * PROMC__EXEMPLAR_CHARS];
    struct promc__buf b = { text, 0, sizeof text, 0 };
    uint16_t order[PROMC__EXEMPLAR_CHARS];

    if (check(names, values) != 0)
        return -EINVAL;
    promc__labels_order(names, order);
    promc__labels_print(&b, names, values, order);
    if (b.len > sizeof x->text)
        return -EINVAL;
    x->value = v;
    x->ms = ms;
    x->len = (uint32_t)b.len;
    memcpy(x->text, text, b.len);
    return 0;
}

/* --- kept ------------------------------------------------------------------------------- */

enum { BUSY, TAKEN, TAKEN_TORN /* from somebody who did not finish */ };

static int take(struct promc__exemplar_lock *l)
{
    uint32_t me = atomic_load_explicit(&promc__forks, memory_order_relaxed) + 1;
    uint32_t by = atomic_load_explicit(&l->by, memory_order_relaxed);

    /* acquire pairs with the release in leave() */
    if (by == me || !atomic_compare_exchange_strong_explicit(
                        &l->by, &by, me, memory_order_acquire, memory_order_relaxed))
        return BUSY;
    return by == 0 ? TAKEN : TAKEN_TORN;
}

static void leave(struct promc__exemplar_lock *l)
{
    atomic_store_explicit(&l->by, 0, memory_order_release);
}

/* For readers, who may wait a little. */
static int take_soon(struct promc__exemplar_lock *l)
{
    int taken = take(l);

    for (int i = 0; taken == BUSY && i < 1000; i++) {
        sched_yield();
        taken = take(l);
    }
    return taken;
}

static void copy(struct promc__exemplar *to, const struct promc__exemplar *from)
{
    to->value = from->value;
    to->ms = from->ms;
    to->len = from->len;
    memcpy(to->text, from->text, from->len);
}

struct promc__exemplars *promc__exemplars_new(size_t n, int list)
{
    size_t places =
        sizeof(struct promc__exemplars) + n * sizeof(struct promc__exemplar_place);
    struct promc__exemplars *all =
        promc__calloc(1, places + (list ? sizeof *all->list : 0));

    if (all == NULL)
        return NULL;
    all->n = n;
    if (list)
        all->list = (void *)((char *)all + places);
    return all;
}

void promc__exemplars_free(struct promc__exemplars *all)
{
    promc__free(all);
}

void promc__exemplars_put(struct promc__exemplars *all, size_t i,
                          const struct promc__exemplar *x)
{
    if (i < all->n && take(&all->place[i].lock) != BUSY) {
        copy(&all->place[i].x, x);
        leave(&all->place[i].lock);
    }
    if (all->list != NULL) {
        int taken = take(&all->list->lock);

        if (taken == BUSY)
            return;
        if (taken == TAKEN_TORN)
            all->list->n = 0;
        promc__exemplar_list_add(all->list, x);
        leave(&all->list->lock);
    }
}

void promc__exemplar_add(struct promc__child *c, size_t i, double v, promc_labels names,
                         promc_labels values)
{
    struct promc__exemplar x;
    struct promc__work w;

    if (c->family->n_exemplars == 0)
        return;
    if (promc__exemplar_init(&x, names, values, v, promc__now_ms()) != 0) {
        promc__drop(c->family->reg, PROMC__DROP_EXEMPLAR);
        return;
    }
    /* while at work, what a series that is not removed has stays where it is */
    promc__look(&w);
    if (atomic_load_explicit(&c->live, memory_order_relaxed) != PROMC__SLOT_GONE)
        promc__exemplars_put(c->exemplars, i, &x);
    promc__end(&w);
}

/* --- the list --------------------------------------------------------------------------- */

/* A number that grows with @v, for numbers of one sign about as their logarithm does: the bits of
 * a double are its exponent, and behind it the fraction. */
static int64_t place_of(double v)
{
    int64_t bits = (int64_t)(promc__as_bits(v) & INT64_MAX);

    return v < 0 ? -bits : bits;
}

static uint64_t distance(double a, double b)
{
    int64_t from = place_of(a);
    int64_t to = place_of(b);

    return from < to ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
}

/* Where in the full list's order the one is that gives way to @x, which belongs before @at. */
static uint32_t victim(const struct promc__exemplar_list *l,
                       const struct promc__exemplar *x, uint32_t at)
{
    uint64_t nearest = UINT64_MAX;
    uint32_t oldest = 0;
    uint32_t out = 0;

    for (uint32_t i = 0; i < l->n; i++) {
        const struct promc__exemplar *here = &l->x[l->order[i]];
        const struct promc__exemplar *before = &l->x[l->order[i != 0 ? i - 1 : 0]];
        uint64_t d = distance(before->value, here->value);

        if (here->ms < l->x[l->order[oldest]].ms)
            oldest = i;
        if (i != 0 && d < nearest) {
            nearest = d;
            out = here->ms < before->ms ? i : i - 1;
        }
    }
    if (x->ms - l->x[l->order[oldest]].ms > PROMC__EXEMPLAR_LIST_MS)
        return oldest;
    if (at > 0 && distance(x->value, l->x[l->order[at - 1]].value) < nearest) {
        nearest = distance(x->value, l->x[l->order[at - 1]].value);
        out = at - 1;
    }
    if (at < l->n && distance(x->value, l->x[l->order[at]].value) < nearest)
        out = at;
    return out;
}

void promc__exemplar_list_add(struct promc__exemplar_list *l,
                              const struct promc__exemplar *x)
{
    uint32_t at = 0;
    uint32_t out = l->n;
    uint8_t free_one = (uint8_t)l->n;

    while (at < l->n && l->x[l->order[at]].value < x->value)
        at++;
    if (l->n == PROMC__EXEMPLAR_LIST) {
        out = victim(l, x, at);
        free_one = l->order[out];
    } else {
        l->n++;
    }
    /* the others close up over where it was, and open where the new one belongs */
    for (; out > at; out--)
        l->order[out] = l->order[out - 1];
    for (; out + 1 < at; out++)
        l->order[out] = l->order[out + 1];
    l->order[out] = free_one;
    copy(&l->x[free_one], x);
}

/* --- shown ------------------------------------------------------------------------------ */

/* A view of @x, whose text is copied to @text. */
static void view(struct promc__exemplar_view *to, const struct promc__exemplar *x,
                 char *text)
{
    memcpy(text, x->text, x->len);
    *to = (struct promc__exemplar_view){ text, x->len, x->value, x->ms };
}

static int reserve(struct promc__exemplar_scratch *s, size_t n)
{
    size_t size =
        n * (sizeof(struct promc__exemplar_view) + sizeof(void *) + PROMC__EXEMPLAR_TEXT);
    void *mem;

    if (size <= s->size)
        return 0;
    mem = promc__realloc(s->mem, size);
    if (mem == NULL)
        return -ENOMEM;
    s->mem = mem;
    s->size = size;
    return 0;
}

int promc__exemplars_show(struct promc__exemplars *all, struct promc__exemplar_scratch *s)
{
    size_t n = all->n + PROMC__EXEMPLAR_LIST;
    struct promc__exemplar_view *views;
    char *text;
    int taken;

    if (reserve(s, n) != 0)
        return -ENOMEM;
    views = s->mem;
    s->place = (void *)(views + n);
    text = (char *)(s->place + n);
    for (size_t i = 0; i < all->n; i++) {
        struct promc__exemplar_place *p = &all->place[i];

        s->place[i] = NULL;
        taken = take_soon(&p->lock);
        if (taken == BUSY)
            continue;
        if (taken == TAKEN_TORN)
            p->x.ms = 0;
        if (p->x.ms != 0) {
            view(&views[i], &p->x, text + i * PROMC__EXEMPLAR_TEXT);
            s->place[i] = &views[i];
        }
        leave(&p->lock);
    }
    s->list = views + all->n;
    s->n_list = 0;
    taken = all->list != NULL ? take_soon(&all->list->lock) : BUSY;
    if (taken != BUSY) {
        struct promc__exemplar_list *l = all->list;

        if (taken == TAKEN_TORN)
            l->n = 0;
        for (; s->n_list < l->n; s->n_list++)
            view(&s->list[s->n_list], &l->x[l->order[s->n_list]],
                 text + (all->n + s->n_list) * PROMC__EXEMPLAR_TEXT);
        leave(&all->list->lock);
    }
    return 0;
}
