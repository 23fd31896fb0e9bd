/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emitter.h - what collectors say during one scrape, in an arena that is kept for the next.
 */
#ifndef PROMC_EMITTER_H
#define PROMC_EMITTER_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "promc/promc.h"

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
};

/* One promc_emit_family() call with its samples. */
struct promc_samples {
    struct promc_samples *next;
    promc_emitter *emitter;
    promc_type type;
    const char *name;
    size_t name_len;
    const char *help;
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
    struct promc__buf scratch;
    size_t errors;
    promc_error first_error;
    void *arg;
};

#endif /* PROMC_EMITTER_H */
