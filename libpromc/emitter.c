/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emitter.c - collecting families and samples for one scrape.
 */
#include "config.h"
#include "emitter.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "labels.h"
#include "metrics.h"

enum { BLOCK = 16384 };

promc_emitter *promc_emitter_new(promc_error *err)
{
    promc_emitter *e = promc__calloc(1, sizeof *e);

    if (e == NULL) {
        promc__error(err, -ENOMEM, "emitter: out of memory");
        return NULL;
    }
    e->last = &e->first;
    promc__emitter_mark(e);
    return e;
}

void promc_emitter_reset(promc_emitter *e)
{
    if (e == NULL)
        return;
    for (struct promc__arena_block *b = e->blocks; b != NULL; b = b->next)
        b->used = 0;
    e->block = e->blocks;
    e->first = NULL;
    e->last = &e->first;
    e->n_others = 0;
    e->errors = 0;
    e->arg = NULL;
    promc__emitter_mark(e);
}

void promc__emitter_mark(promc_emitter *e)
{
    e->mark = e->last;
    e->mark_others = e->n_others;
    e->failed = 0;
}

void promc_emitter_free(promc_emitter *e)
{
    if (e == NULL)
        return;
    while (e->blocks != NULL) {
        struct promc__arena_block *b = e->blocks;

        e->blocks = b->next;
        promc__free(b);
    }
    promc__free(e->others);
    promc__buf_free(&e->scratch);
    promc__free(e);
}

void *promc_emit_arg(const promc_emitter *e)
{
    return e != NULL ? e->arg : NULL;
}

/* --- errors ----------------------------------------------------------------------------- */

void promc_emit_error(promc_emitter *e, const char *format, ...)
{
    va_list args;

    if (e == NULL || e->errors++ != 0)
        return;
    va_start(args, format);
    promc__error_v(&e->first_error, -EINVAL, format, args);
    va_end(args);
}

/* Families that are withdrawn stay in memory: the collector still has them in its hand. */
void promc_emit_fail(promc_emitter *e, const char *format, ...)
{
    va_list args;

    if (e == NULL)
        return;
    e->last = e->mark;
    *e->last = NULL;
    e->n_others = e->mark_others;
    e->failed = 1;
    if (e->errors++ != 0)
        return;
    va_start(args, format);
    promc__error_v(&e->first_error, -EINVAL, format, args);
    va_end(args);
}

void promc__emitter_error(promc_emitter *e, const promc_error *why)
{
    if (e->errors++ == 0 || (why->code == -ENOMEM && e->first_error.code != -ENOMEM))
        e->first_error = *why;
}

void promc__emitter_no_memory(promc_emitter *e, const char *name)
{
    promc_error why;

    promc__error(&why, -ENOMEM, "%s: out of memory", name);
    promc__emitter_error(e, &why);
}

static void *no_memory(promc_emitter *e, const char *name)
{
    promc__emitter_no_memory(e, name);
    return NULL;
}

/* --- arena ------------------------------------------------------------------------------ */

void *promc__emitter_alloc(promc_emitter *e, size_t size)
{
    struct promc__arena_block *b;

    size = (size + 15) & ~(size_t)15;
    for (b = e->block; b != NULL; b = b->next) {
        if (b->size - b->used >= size) {
            e->block = b;
            b->used += size;
            return b->data + b->used - size;
        }
    }
    b = promc__malloc(sizeof *b + (size > BLOCK ? size : BLOCK));
    if (b == NULL)
        return NULL;
    b->size = size > BLOCK ? size : BLOCK;
    b->used = size;
    /* behind the block being filled, so that what is free in that one is not lost */
    b->next = NULL;
    if (e->blocks == NULL) {
        e->blocks = b;
    } else {
        struct promc__arena_block *tail = e->block != NULL ? e->block : e->blocks;

        while (tail->next != NULL)
            tail = tail->next;
        tail->next = b;
    }
    e->block = b;
    return b->data;
}

void *promc__emitter_copy(promc_emitter *e, const void *from, size_t size)
{
    void *to = promc__emitter_alloc(e, size);

    return to != NULL && size != 0 ? memcpy(to, from, size) : to;
}

/* --- families --------------------------------------------------------------------------- */

static int copy_names(promc_emitter *e, promc_samples *f, promc_labels labels)
{
    f->label_names = promc__emitter_alloc(e, labels.n * sizeof *f->label_names);
    f->order = promc__emitter_alloc(e, labels.n * sizeof *f->order);
    if (f->label_names == NULL || f->order == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < labels.n; i++) {
        f->label_names[i] = promc__emitter_copy(e, labels.v[i], strlen(labels.v[i]) + 1);
        if (f->label_names[i] == NULL)
            return -ENOMEM;
        f->quoted |= !promc__label_name_legacy(labels.v[i], strlen(labels.v[i]));
    }
    f->n_labels = labels.n;
    promc__labels_order(labels, f->order);
    return 0;
}

promc_samples *promc_emit_family(promc_emitter *e, promc_type type, const char *name,
                                 const char *help, promc_labels labels)
{
    promc_error why;
    promc_samples *f;

    if (e == NULL || e->failed)
        return NULL;
    if (e->wrap != NULL && promc__emitter_wrap_family(e, &name, &labels) != 0)
        return no_memory(e, name);
    if (!promc__name_valid(name)) {
        promc_emit_error(e, "metric name \"%s\" is empty or not UTF-8",
                         name != NULL ? name : "(null)");
        return NULL;
    }
    if ((unsigned)type > PROMC_TYPE_GAUGEHISTOGRAM) {
        promc_emit_error(e, "%s: unknown type %d", name, (int)type);
        return NULL;
    }
    if (type == PROMC_TYPE_INFO && !promc__info_name(name, strlen(name))) {
        promc_emit_error(e, "%s: the name of an info must end in _info", name);
        return NULL;
    }
    if (type == PROMC_TYPE_STATESET &&
        (!promc__label_name_valid(name) || strchr(name, ':') != NULL)) {
        promc_emit_error(e, "%s: not the name of a label, as that of a stateset must be",
                         name);
        return NULL;
    }
    if (promc__label_names_check(name, type, labels, &why) != 0) {
        promc_emit_error(e, "%s", why.text);
        return NULL;
    }
    if (help == NULL)
        help = "";
    f = promc__emitter_alloc(e, sizeof *f);
    if (f == NULL)
        return no_memory(e, name);
    memset(f, 0, sizeof *f);
    f->emitter = e;
    f->wrap = e->wrap;
    f->type = type;
    f->last = &f->first;
    f->name_len = strlen(name);
    f->name = promc__emitter_copy(e, name, f->name_len + 1);
    f->help = promc__emitter_copy(e, help, strlen(help) + 1);
    if (f->name == NULL || f->help == NULL || copy_names(e, f, labels) != 0)
        return no_memory(e, name);
    *e->last = f;
    e->last = &f->next;
    return f;
}

/* --- samples ---------------------------------------------------------------------------- */

struct promc__sample *promc__emitter_sample(promc_samples *f, promc_labels values)
{
    promc_emitter *e = f->emitter;
    struct promc__buf *b = &e->scratch;
    struct promc__sample *s;
    size_t key_len;

    if (f->wrap != NULL && promc__emitter_wrap_values(f, &values) != 0)
        return no_memory(e, f->name);
    if (values.n != f->n_labels || (values.n != 0 && values.v == NULL)) {
        promc_emit_error(e, "%s: %zu label values for %zu names", f->name, values.n,
                         f->n_labels);
        return NULL;
    }
    promc__buf_reset(b);
    for (size_t i = 0; i < values.n; i++) {
        const char *v = values.v[f->order[i]];

        if (v == NULL) {
            promc_emit_error(e, "%s: label \"%s\" has no value", f->name,
                             f->label_names[f->order[i]]);
            return NULL;
        }
        /* mended like the text: what prints alike is one series */
        promc__buf_mend(b, v, strlen(v));
        promc__buf_put(b, "", 1);
    }
    key_len = b->len;
    promc__labels_print(b, (promc_labels){ f->label_names, f->n_labels }, values,
                        f->order);
    s = promc__emitter_alloc(e, sizeof *s);
    if (b->oom || b->len > UINT32_MAX || s == NULL)
        return no_memory(e, f->name);
    memset(s, 0, sizeof *s);
    s->key = promc__emitter_copy(e, b->data, b->len);
    if (s->key == NULL)
        return no_memory(e, f->name);
    s->key_len = (uint32_t)key_len;
    s->text = s->key + key_len;
    s->text_len = (uint32_t)(b->len - key_len);
    s->n_labels = (uint16_t)f->n_labels;
    return s;
}

void promc__emitter_append_sample(promc_samples *f, struct promc__sample *s)
{
    *f->last = s;
    f->last = &s->next;
    f->n++;
}

void promc_emit_unit(promc_samples *f, const char *unit)
{
    size_t len = unit != NULL ? strlen(unit) : 0;

    if (f == NULL || unit == NULL)
        return;
    if (!promc__unit_valid(f->type, f->name, unit))
        promc_emit_error(f->emitter, "%s: the name does not end in the unit \"%s\"",
                         f->name, unit);
    else if ((f->unit = promc__emitter_copy(f->emitter, unit, len + 1)) == NULL)
        no_memory(f->emitter, f->name);
}

void promc_emitter_append(promc_emitter *dst, const promc_emitter *src)
{
    if (dst == NULL || src == NULL || src == dst || dst->failed)
        return;
    if (dst->wrap != NULL) {
        promc__emitter_append_wrapped(dst, src);
        return;
    }
    if (dst->n_others == dst->cap_others) {
        size_t cap = dst->cap_others != 0 ? 2 * dst->cap_others : 16;
        void *p = promc__realloc(dst->others, cap * sizeof *dst->others);

        if (p == NULL) {
            no_memory(dst, "emitter");
            return;
        }
        dst->others = p;
        dst->cap_others = cap;
    }
    dst->others[dst->n_others++] = src;
}
