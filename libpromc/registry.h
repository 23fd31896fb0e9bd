/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - a set of families and collectors that are scraped together.
 *
 * Order of locks: list of registries, render lock, lock, a shared registry's lock, the lanes'
 * lock.
 */
#ifndef PROMC_REGISTRY_H
#define PROMC_REGISTRY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "arena.h"
#include "limbo.h"
#include "promc/promc.h"

struct promc__family;
struct promc__shared;
struct promc__wrap;

/* Why updates are dropped: label values of promc_dropped_updates_total. */
enum promc__drop {
    PROMC__DROP_NEGATIVE,   /* a counter was to go down */
    PROMC__DROP_NOT_FINITE, /* NaN or infinite where that cannot be counted */
    PROMC__DROP_LABELS,     /* wrong number of label values, or a NULL among them */
    PROMC__DROP_LABEL_NAME, /* an open family was given a bad label name */
    PROMC__DROP_SERIES_LIMIT,
    PROMC__DROP_CONSTRAINT, /* the family's constrain() did not want the series */
    PROMC__DROP_REMOVED,    /* of a series or family that was removed */
    PROMC__DROP_MEMORY,
    PROMC__DROP_EXEMPLAR, /* labels that are not valid, or too long; the rest is counted */
    PROMC__DROPS
};

struct promc__collector {
    struct promc__collector *next;
    promc_collect_fn *fn;
    void *arg;
    const struct promc__wrap *wrap; /* of the view it was registered through, or NULL */
    unsigned running;               /* calls under way */
    int removed;                    /* unregister waits for those, then frees it */
};

struct promc_registry {
    pthread_mutex_t lock;        /* families, children, collectors */
    pthread_mutex_t render_lock; /* one writer of pages at a time: sorted children */
    pthread_cond_t collector_done;
    struct promc__family **families; /* by name */
    size_t n_families;
    size_t cap_families;
    struct promc__arena arena; /* of children */
    struct promc__limbo limbo; /* what was removed */
    _Atomic size_t n_series;   /* of all families */
    struct promc__collector *collectors;
    promc_error first_error;
    _Atomic uint64_t own_dropped[PROMC__DROPS];
    _Atomic uint64_t *dropped;    /* these, or what processes share */
    struct promc__shared *shared; /* NULL, or what several processes have of it */
    struct promc_registry *next;  /* of all, for fork() */
    /* A view is nothing but these two; the rest is empty. */
    struct promc_registry *of;
    struct promc__wrap *wrap;
};

/* NULL stands for the default registry, a view for what it is a view of. */
promc_registry *promc__registry(promc_registry *reg);

/* Take the render locks of all these, each given once. */
void promc__registry_lock_render(promc_registry *const *regs, size_t n);
/* The lock, and where processes share the registry, theirs with it: for all that changes families
 * and children. */
void promc__registry_lock(promc_registry *reg);
void promc__registry_unlock(promc_registry *reg);

void promc__drop(promc_registry *reg, enum promc__drop why);
const char *promc__drop_name(enum promc__drop why);

/* Remember a failed registration for promc_registry_error(). */
void promc__registry_failed(promc_registry *reg, const promc_error *err);

/* See that neither @f's name nor one of its sample names is taken, and that there is room; then
 * insert it. Lock held. */
int promc__registry_check(promc_registry *reg, const struct promc__family *f,
                          promc_error *err);
void promc__registry_add(promc_registry *reg, struct promc__family *f);
/* Room for @n families in all. 0 or -ENOMEM. */
int promc__registry_reserve(promc_registry *reg, size_t n);
struct promc__family *promc__registry_lookup(const promc_registry *reg, const char *name,
                                             size_t len);
/* By its name in @view, which may be a view, or NULL. */
struct promc__family *promc__registry_find(const promc_registry *view, const char *name);
/* "a counter" */
const char *promc__type_name(promc_type type);

#endif /* PROMC_REGISTRY_H */
