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

enum { BLOCK = 16384 };

promc_emitter *promc_emitter_new(promc_error *err)
{
    promc_emitter *e = promc__calloc(1, sizeof *e);

    if (e == NULL)
        promc__error(err, -ENOMEM, "emitter: out of memory");
    else
        e->last = &e->first;
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

static void *no_memory(promc_emitter *e, const char *name)
{
    promc_emit_error(e, "%s: out of memory", name);
    return NULL;
}

/* --- arena ------------------------------------------------------------------------------ */

static void *arena_alloc(promc_emitter *e, size_t size)
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

static void *arena_copy(promc_emitter *e, const void *from, size_t size)
{
    void *to = arena_alloc(e, size);

    return to != NULL && size != 0 ? memcpy(to, from, size) : to;
}

/* --- families --------------------------------------------------------------------------- */

static int copy_names(promc_emitter *e, promc_samples *f, promc_labels labels)
{
    f->label_names = arena_alloc(e, labels.n * sizeof *f->label_names);
    f->order = arena_alloc(e, labels.n * sizeof *f->order);
    if (f->label_names == NULL || f->order == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < labels.n; i++) {
        f->label_names[i] = arena_copy(e, labels.v[i], strlen(labels.v[i]) + 1);
        if (f->label_names[i] == NULL)
            return -ENOMEM;
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

    if (e == NULL)
        return NULL;
    if (!promc__name_valid(name)) {
        promc_emit_error(e, "metric name \"%s\" is not [a-zA-Z_:][a-zA-Z0-9_:]*",
                         name != NULL ? name : "(null)");
        return NULL;
    }
    if ((unsigned)type > PROMC_TYPE_SUMMARY) {
        promc_emit_error(e, "%s: unknown type %d", name, (int)type);
        return NULL;
    }
    if (promc__label_names_check(name, type, labels, &why) != 0) {
        promc_emit_error(e, "%s", why.text);
        return NULL;
    }
    if (help == NULL)
        help = "";
    f = arena_alloc(e, sizeof *f);
    if (f == NULL)
        return no_memory(e, name);
    memset(f, 0, sizeof *f);
    f->emitter = e;
    f->type = type;
    f->last = &f->first;
    f->name_len = strlen(name);
    f->name = arena_copy(e, name, f->name_len + 1);
    f->help = arena_copy(e, help, strlen(help) + 1);
    if (f->name == NULL || f->help == NULL || copy_names(e, f, labels) != 0)
        return no_memory(e, name);
    *e->last = f;
    e->last = &f->next;
    return f;
}

/* --- samples ---------------------------------------------------------------------------- */

static struct promc__sample *add_sample(promc_samples *f, promc_labels values)
{
    promc_emitter *e = f->emitter;
    struct promc__buf *b = &e->scratch;
    struct promc__sample *s;
    size_t key_len;

    if (values.n != f->n_labels) {
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
    s = arena_alloc(e, sizeof *s);
    if (b->oom || b->len > UINT32_MAX || s == NULL)
        return no_memory(e, f->name);
    memset(s, 0, sizeof *s);
    s->key = arena_copy(e, b->data, b->len);
    if (s->key == NULL)
        return no_memory(e, f->name);
    s->key_len = (uint32_t)key_len;
    s->text = s->key + key_len;
    s->text_len = (uint32_t)(b->len - key_len);
    s->n_labels = (uint16_t)f->n_labels;
    return s;
}

static void append(promc_samples *f, struct promc__sample *s)
{
    *f->last = s;
    f->last = &s->next;
    f->n++;
}

void promc_emit(promc_samples *f, promc_labels values, double v)
{
    struct promc__sample *s;

    if (f == NULL)
        return;
    if (f->type == PROMC_TYPE_HISTOGRAM || f->type == PROMC_TYPE_SUMMARY) {
        promc_emit_error(f->emitter, "%s: a single value for a histogram or summary",
                         f->name);
        return;
    }
    s = add_sample(f, values);
    if (s == NULL)
        return;
    s->v = v;
    append(f, s);
}

/* 0 when @v ascends and neither @v nor the type is unusable. */
static int check_points(promc_samples *f, promc_type type, const double *v, size_t n)
{
    int bad = f->type != type || n > UINT32_MAX;

    for (size_t i = 0; !bad && i < n; i++)
        bad = !(v[i] - v[i] == 0) || (i != 0 && v[i] <= v[i - 1]);
    if (bad)
        promc_emit_error(f->emitter,
                         "%s: %s given to a family of another type, or not ascending",
                         f->name, type == PROMC_TYPE_HISTOGRAM ? "bounds" : "quantiles");
    return bad ? -EINVAL : 0;
}

void promc_emit_histogram(promc_samples *f, promc_labels values, const double *bounds,
                          const uint64_t *cumulative, size_t n, double sum,
                          uint64_t count)
{
    struct promc__sample *s;

    if (f == NULL || check_points(f, PROMC_TYPE_HISTOGRAM, bounds, n) != 0)
        return;
    for (size_t i = 0; i < n; i++)
        if (cumulative[i] > count || (i != 0 && cumulative[i] < cumulative[i - 1])) {
            promc_emit_error(f->emitter, "%s: bucket counts do not ascend to the count",
                             f->name);
            return;
        }
    s = add_sample(f, values);
    if (s == NULL)
        return;
    s->n = (uint32_t)n;
    s->at = arena_copy(f->emitter, bounds, n * sizeof *bounds);
    s->of.cumulative = arena_copy(f->emitter, cumulative, n * sizeof *cumulative);
    s->v = sum;
    s->count = count;
    if (s->at != NULL && s->of.cumulative != NULL)
        append(f, s);
    else
        no_memory(f->emitter, f->name);
}

void promc_emit_summary(promc_samples *f, promc_labels values, const double *quantiles,
                        const double *values_at, size_t n, double sum, uint64_t count)
{
    struct promc__sample *s;

    if (f == NULL || check_points(f, PROMC_TYPE_SUMMARY, quantiles, n) != 0)
        return;
    s = add_sample(f, values);
    if (s == NULL)
        return;
    s->n = (uint32_t)n;
    s->at = arena_copy(f->emitter, quantiles, n * sizeof *quantiles);
    s->of.values = arena_copy(f->emitter, values_at, n * sizeof *values_at);
    s->v = sum;
    s->count = count;
    if (s->at != NULL && s->of.values != NULL)
        append(f, s);
    else
        no_memory(f->emitter, f->name);
}

void promc_emitter_append(promc_emitter *dst, const promc_emitter *src)
{
    if (dst == NULL || src == NULL || src == dst)
        return;
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
