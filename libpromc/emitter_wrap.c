/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emitter_wrap.c - what collectors say that were registered through a view of a registry: with
 * the view's prefix and labels.
 */
#include "config.h"
#include "emitter.h"

#include <errno.h>
#include <string.h>

#include "wrap.h"

/* @own strings, and every second one of the view's from @from on: its names, or its values. */
static int extend(promc_emitter *e, promc_labels *own, const struct promc__wrap *w,
                  size_t from)
{
    const char **all = promc__emitter_alloc(e, (own->n + w->n_labels) * sizeof *all);

    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < own->n; i++)
        all[i] = own->v[i];
    for (size_t i = 0; i < w->n_labels; i++)
        all[own->n + i] = w->labels[2 * i + from];
    own->v = all;
    own->n += w->n_labels;
    return 0;
}

int promc__emitter_wrap_family(promc_emitter *e, const char **name, promc_labels *labels)
{
    const struct promc__wrap *w = e->wrap;
    size_t prefix = strlen(w->prefix);
    size_t len;
    char *full;

    if (*name == NULL || (labels->n != 0 && labels->v == NULL))
        return 0; /* what is wrong with it is found soon */
    len = strlen(*name);
    full = promc__emitter_alloc(e, prefix + len + 1);
    if (full == NULL)
        return -ENOMEM;
    memcpy(full, w->prefix, prefix);
    memcpy(full + prefix, *name, len + 1);
    *name = full;
    return extend(e, labels, w, 0);
}

int promc__emitter_wrap_values(promc_samples *f, promc_labels *values)
{
    return extend(f->emitter, values, f->wrap, 1);
}

/* The values of a sample's labels, as they were given: they lie in its key, in the order of their
 * names. */
static int values_of(promc_emitter *e, const promc_samples *f,
                     const struct promc__sample *s, promc_labels *values)
{
    const char **v = promc__emitter_alloc(e, f->n_labels * sizeof *v);
    const char *p = s->key;

    if (v == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < f->n_labels; i++) {
        v[f->order[i]] = p;
        p += strlen(p) + 1;
    }
    *values = (promc_labels){ v, f->n_labels };
    return 0;
}

static void append_family(promc_emitter *dst, const promc_samples *from)
{
    promc_samples *f = promc_emit_family(
        dst, from->type, from->name, from->help,
        (promc_labels){ (const char *const *)from->label_names, from->n_labels });

    if (f == NULL)
        return;
    f->unit = from->unit;
    for (const struct promc__sample *s = from->first; s != NULL; s = s->next) {
        struct promc__sample *copy, own;
        promc_labels values;

        if (values_of(dst, from, s, &values) != 0) {
            promc__emitter_no_memory(dst, from->name);
            return;
        }
        copy = promc__emitter_sample(f, values);
        if (copy == NULL)
            return; /* reported */
        own = *copy;
        *copy = *s; /* what it points to stays as it is until the scrape is over */
        copy->next = NULL;
        copy->text = own.text;
        copy->text_len = own.text_len;
        copy->key = own.key;
        copy->key_len = own.key_len;
        copy->n_labels = own.n_labels;
        promc__emitter_append_sample(f, copy);
    }
}

void promc__emitter_append_wrapped(promc_emitter *dst, const promc_emitter *src)
{
    for (const promc_samples *f = src->first; f != NULL; f = f->next)
        append_family(dst, f);
    if (src->errors != 0) {
        promc__emitter_error(dst, &src->first_error);
        dst->errors += src->errors - 1;
    }
    for (size_t i = 0; i < src->n_others; i++)
        promc__emitter_append_wrapped(dst, src->others[i]);
}
