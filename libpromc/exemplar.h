/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exemplar.h - examples of what was counted, which a series keeps beside its numbers: one for a
 * counter, one for each classic bucket, a list of ten for native ones.
 *
 * Whoever reads or writes has to take a lock first, and nobody waits for it: a writer who finds
 * it taken drops its exemplar, a scrape shows none this time. It is held for a copy of some
 * hundred bytes.
 */
#ifndef PROMC_EXEMPLAR_H
#define PROMC_EXEMPLAR_H

#include <stdatomic.h>
#include <stdint.h>

#include "encoder.h"
#include "promc/promc.h"

enum {
    PROMC__EXEMPLAR_CHARS = 128, /* in names and values, as OpenMetrics has it */
    PROMC__EXEMPLAR_TEXT = 256,  /* bytes, as printed */
    PROMC__EXEMPLAR_LIST = 10,
    PROMC__EXEMPLAR_LIST_MS = 5 * 60 * 1000 /* older ones make room first */
};

/* One exemplar; its labels as printed. */
struct promc__exemplar {
    double value;
    int64_t ms; /* 0: none */
    uint32_t len;
    char text[PROMC__EXEMPLAR_TEXT];
};

/* Print the labels and set the time. 0, or -EINVAL when they are not valid or too long. */
int promc__exemplar_init(struct promc__exemplar *x, promc_labels names,
                         promc_labels values, double v, int64_t ms);

/* Who has it: 0 nobody, else the number of forks and 1. A fork() may leave it taken in the child
 * by a thread that is not there; then the number is another one. */
struct promc__exemplar_lock {
    _Atomic uint32_t by;
};

struct promc__exemplar_place {
    struct promc__exemplar_lock lock;
    struct promc__exemplar x;
};

/* Ten, spread over the values. */
struct promc__exemplar_list {
    struct promc__exemplar_lock lock;
    uint32_t n;
    uint8_t order[PROMC__EXEMPLAR_LIST]; /* of x, by value */
    struct promc__exemplar x[PROMC__EXEMPLAR_LIST];
};
/* When there are ten, one has to go: one older than five minutes; else the older of the two that
 * are nearest to one another, or the one that @x is nearer to than these are. Values are compared
 * as logarithms, roughly. */
void promc__exemplar_list_add(struct promc__exemplar_list *l,
                              const struct promc__exemplar *x);

/* What a series keeps. */
struct promc__exemplars {
    size_t n;
    struct promc__exemplar_list *list; /* or NULL */
    struct promc__exemplar_place place[];
};

/* @n places, and the list if @list is not 0. NULL: no memory. */
struct promc__exemplars *promc__exemplars_new(size_t n, int list);
void promc__exemplars_free(struct promc__exemplars *all);

/* Keep a copy of @x: in place @i (none of these: nowhere), and in the list. Any thread. */
void promc__exemplars_put(struct promc__exemplars *all, size_t i,
                          const struct promc__exemplar *x);

/* With what was counted just now: check it, and keep it in place @i of @c. No-op for series that
 * keep none. */
struct promc__child; /* family.h */
void promc__exemplar_add(struct promc__child *c, size_t i, double v, promc_labels names,
                         promc_labels values);

/* What a page needs to show them. Zero-initialise; free with promc__free(mem). */
struct promc__exemplar_scratch {
    void *mem;
    size_t size;
    const struct promc__exemplar_view **place; /* NULL where there is none */
    struct promc__exemplar_view *list;         /* by value */
    size_t n_list;
};

/* Fill @s. 0 or -ENOMEM. */
int promc__exemplars_show(struct promc__exemplars *all,
                          struct promc__exemplar_scratch *s);

#endif /* PROMC_EXEMPLAR_H */
