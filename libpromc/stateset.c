/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stateset.c - which of some states hold. They are the bits of one word that all threads share:
 * states change seldom, and a scrape that loads the word sees all of one moment.
 */
#include "config.h"
#include "metrics.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "labels.h"

enum { MAX_STATES = 64 };

struct promc_stateset {
    struct promc__child child;
    uint32_t n;
    _Atomic uint64_t on; /* bit i: the i-th state holds */
};

struct promc_stateset_family {
    struct promc__family family;
    struct promc__stateset_shape shape;
};

/* relaxed throughout: the word is all there is, nothing is ordered by it */

static int is_there(const promc_stateset *s)
{
    if (!atomic_load_explicit(&s->child.hidden, memory_order_relaxed)) {
        promc__child_touch(&s->child);
        return 1;
    }
    promc__drop_removed(&s->child);
    return 0;
}

void promc_stateset_set(promc_stateset *s, size_t state, int on)
{
    if (s == NULL || state >= s->n || !is_there(s))
        return;
    if (on)
        atomic_fetch_or_explicit(&s->on, UINT64_C(1) << state, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&s->on, ~(UINT64_C(1) << state), memory_order_relaxed);
}

void promc_stateset_set_only(promc_stateset *s, size_t state)
{
    if (s != NULL && state < s->n && is_there(s))
        atomic_store_explicit(&s->on, UINT64_C(1) << state, memory_order_relaxed);
}

int promc_stateset_get(const promc_stateset *s, size_t state)
{
    return s != NULL && state < s->n &&
           !atomic_load_explicit(&s->child.hidden, memory_order_relaxed) &&
           (atomic_load_explicit(&s->on, memory_order_relaxed) >> state & 1) != 0;
}

uint64_t promc__stateset_read(const struct promc__child *c)
{
    return atomic_load_explicit(&((const promc_stateset *)c)->on, memory_order_relaxed);
}

const struct promc__stateset_shape *promc__stateset_shape(const struct promc__family *f)
{
    return &((const promc_stateset_family *)f)->shape;
}

/* --- creation --------------------------------------------------------------------------- */

static void init(struct promc__child *c)
{
    ((promc_stateset *)c)->n = (uint32_t)promc__stateset_shape(c->family)->n;
}

static void family_fini(struct promc__family *f)
{
    promc_stateset_family *s = (promc_stateset_family *)f;

    promc__free((void *)(uintptr_t)s->shape.states);
}

static const char *differ(const struct promc__family *a, const struct promc__family *b)
{
    const struct promc__stateset_shape *x = promc__stateset_shape(a);
    const struct promc__stateset_shape *y = promc__stateset_shape(b);

    for (size_t i = 0; x->n == y->n && i < x->n; i++)
        if (strcmp(x->states[i], y->states[i]) != 0)
            return "other states";
    return x->n == y->n ? NULL : "other states";
}

static const struct promc__type_ops stateset_ops = {
    .type = PROMC_TYPE_STATESET,
    .child_size = sizeof(struct promc_stateset),
    .slot_alloc = promc__slot_none,
    .slot_free = promc__slot_none_free,
    .init = init,
    .family_fini = family_fini,
    .differ = differ,
};

static int check(const char *name, promc_labels states, const promc_opts *opts,
                 promc_error *err)
{
    if (opts->open_labels)
        return promc__error(err, -EINVAL, "%s: state sets have no open labels", name);
    if (!promc__label_name_valid(name) || strchr(name, ':') != NULL)
        return promc__error(err, -EINVAL,
                            "%s: not the name of a label, as that of a state set must be",
                            name);
    if (states.v == NULL || states.n == 0 || states.n > MAX_STATES)
        return promc__error(err, -EINVAL, "%s: a state set has 1 to %d states", name,
                            MAX_STATES);
    for (size_t i = 0; i < states.n; i++) {
        if (states.v[i] == NULL || *states.v[i] == '\0' ||
            !promc_utf8_valid(states.v[i], strlen(states.v[i])))
            return promc__error(err, -EINVAL, "%s: state %zu is empty or not UTF-8", name,
                                i);
        for (size_t k = 0; k < i; k++)
            if (strcmp(states.v[i], states.v[k]) == 0)
                return promc__error(err, -EINVAL, "%s: state \"%s\" is given twice", name,
                                    states.v[i]);
    }
    return 0;
}

/* Pointers and texts in one piece. */
static int copy_states(struct promc__stateset_shape *shape, promc_labels states)
{
    size_t bytes = states.n * sizeof(char *);
    const char **copy;
    char *text;

    for (size_t i = 0; i < states.n; i++)
        bytes += strlen(states.v[i]) + 1;
    copy = promc__malloc(bytes);
    if (copy == NULL)
        return -ENOMEM;
    text = (char *)(copy + states.n);
    for (size_t i = 0; i < states.n; i++) {
        size_t len = strlen(states.v[i]) + 1;

        copy[i] = memcpy(text, states.v[i], len);
        text += len;
    }
    shape->states = copy;
    shape->n = states.n;
    return 0;
}

promc_stateset_family *
promc_stateset_family_new_with(promc_registry *reg, const char *name, const char *help,
                               promc_labels labels, promc_labels states,
                               const promc_opts *opts, promc_error *err)
{
    const promc_opts own = promc__opts(opts);
    promc_error why = { 0 };
    promc_stateset_family *f =
        promc__family_new(reg, &stateset_ops, sizeof *f, name, help, labels, opts, err);

    if (f == NULL)
        return NULL;
    if (check(name, states, &own, &why) == 0 && copy_states(&f->shape, states) != 0)
        promc__error(&why, -ENOMEM, "%s: out of memory", name);
    if (why.code != 0)
        return promc__family_refuse(&f->family, &why, err);
    return promc__family_register(&f->family, err);
}

promc_stateset_family *promc_stateset_family_new(promc_registry *reg, const char *name,
                                                 const char *help, promc_labels labels,
                                                 promc_labels states, promc_error *err)
{
    return promc_stateset_family_new_with(reg, name, help, labels, states, NULL, err);
}

promc_stateset *promc_stateset_new(promc_registry *reg, const char *name,
                                   const char *help, promc_labels states,
                                   promc_error *err)
{
    return promc_stateset_labels(
        promc_stateset_family_new(reg, name, help, PROMC_NO_LABELS, states, err),
        PROMC_NO_LABELS);
}

/* --- series ----------------------------------------------------------------------------- */

promc_stateset *promc_stateset_labels(promc_stateset_family *f, promc_labels values)
{
    return f != NULL
               ? (promc_stateset *)promc__child_get(&f->family, PROMC_NO_LABELS, values)
               : NULL;
}

int promc_stateset_remove(promc_stateset_family *f, promc_labels values)
{
    return promc__child_remove(f != NULL ? &f->family : NULL, values);
}

void promc_stateset_family_clear(promc_stateset_family *f)
{
    promc__family_clear(f != NULL ? &f->family : NULL);
}
