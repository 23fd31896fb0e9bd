/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emitter.h - what collectors say during one scrape, in an arena that is kept for the next.
 */
#ifndef PROMC_EMITTER_H
#define PROMC_EMITTER_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "encoder.h"
#include "promc/promc.h"

/* What only promc_emit_sample() can say: complete, but for the labels. */
struct promc__full_sample {
    struct promc__point point;
    union {
        struct promc__histogram_view histogram;
        struct promc__stateset_view stateset;
    } of;
};

/* One series: labels as printed, and the key that orders it (family.h: promc__child). */
struct promc__sample {
    struct promc__sample *next;
    const char *text;
    const char *key;
    uint32_t text_len;
    uint32_t key_len;
    uint16_t n_labels;
    uint32_t n;       /* histogram: bounds; summary: quantiles */
    const double *at; /* bounds or quantiles */
    union {
        const uint64_t *cumulative;
        const double *values;
    } of;
    uint64_t count;
    double v; /* the value, or the sum */
    const struct promc__full_sample
        *full; /* or NULL; of histograms in place of the above */
};

struct promc__wrap;

/* One promc_emit_family() call with its samples. */
struct promc_samples {
    struct promc_samples *next;
    promc_emitter *emitter;
    const struct promc__wrap *wrap; /* of the emitter then */
    promc_type type;
    const char *name;
    size_t name_len;
    const char *help;
    const char *unit; /* NULL: none */
    int quoted;       /* a label name stands in quotes */
    size_t n_labels;
    const char **label_names;
    uint16_t *order;
    struct promc__sample *first;
    struct promc__sample **last;
    size_t n;
    size_t seq; /* position among all of a scrape; set by the renderer */
};

struct promc__arena_block {
    struct promc__arena_block *next;
    size_t size;
    size_t used;
    _Alignas(16) char data[];
};

struct promc_emitter {
    struct promc__arena_block *blocks; /* all of them */
    struct promc__arena_block *block;  /* the one being filled */
    struct promc_samples *first;
    struct promc_samples **last;
    const promc_emitter **others; /* promc_emitter_append() */
    size_t n_others;
    size_t cap_others;
    struct promc_samples **mark; /* where the collector that is running began: last, */
    size_t mark_others;          /* n_others */
    int failed;                  /* it called promc_emit_fail() */
    struct promc__buf scratch;
    size_t errors;
    promc_error first_error;
    void *arg;
    const struct promc__wrap *wrap; /* of the collector that is running, or NULL */
};

/* Count an error; @why is kept when it is the first, or tells that memory ran out and the one
 * that is kept does not: whoever compares values has to know. */
void promc__emitter_error(promc_emitter *e, const promc_error *why);
/* Something of the metric @name is missing for want of memory. */
void promc__emitter_no_memory(promc_emitter *e, const char *name);

/* From here on it is another collector that emits. */
void promc__emitter_mark(promc_emitter *e);

/* Memory until the emitter is reset, and a copy in it. NULL: none left. */
void *promc__emitter_alloc(promc_emitter *e, size_t size);
void *promc__emitter_copy(promc_emitter *e, const void *from, size_t size);

/* Make a sample with its labels; NULL when they are refused, which is reported. Then fill it
 * and append it. */
struct promc__sample *promc__emitter_sample(promc_samples *f, promc_labels values);
void promc__emitter_append_sample(promc_samples *f, struct promc__sample *s);

/* With the emitter's wrap (emitter_wrap.c): what a family is called, and its label names; the
 * values of a sample. 0 or -ENOMEM. And promc_emitter_append(). */
int promc__emitter_wrap_family(promc_emitter *e, const char **name, promc_labels *labels);
int promc__emitter_wrap_values(promc_samples *f, promc_labels *values);
void promc__emitter_append_wrapped(promc_emitter *dst, const promc_emitter *src);

#endif /* PROMC_EMITTER_H */
