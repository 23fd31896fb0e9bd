/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.h - what the families of all metric types have in common, and their series.
 *
 * A family owns its children (one per label set); a child owns the same slot in every lane.
 * Children are found without a lock through a table that only grows, are made under the
 * registry's lock, and are freed with the registry.
 */
#ifndef PROMC_FAMILY_H
#define PROMC_FAMILY_H

#include <stdatomic.h>
#include <stdint.h>

#include "promc/promc.h"

struct promc__family;

struct promc__child {
    uint32_t slot;           /* in every lane */
    _Atomic uint32_t hidden; /* removed; labels() brings it back */
    struct promc__family *family;
    struct promc__child *next; /* of the children the next scrape has to sort in */
    void *mem;                 /* the block this child lies in */
    const char *key;           /* see key.h */
    const char *text;          /* name="value",... as printed, constant labels included */
    uint32_t key_len;
    uint32_t text_len;
    uint16_t n_labels;
    _Atomic uint16_t rebased; /* was reset once: see the types' reset() */
};

/* What differs between the types. */
struct promc__type_ops {
    promc_type type;
    size_t child_size;
    size_t child_align; /* 0: as malloc() gives it; else a power of two */
    void (*init)(struct promc__child *c);
    /* Where the words in the lanes come from. */
    int (*slot_alloc)(uint32_t words, uint32_t *slot);
    void (*slot_free)(uint32_t slot, uint32_t words);
    /* Start again from zero, as far as readers can see. Registry locked. 0 or -ENOMEM. */
    int (*reset)(struct promc__child *c);
    void (*fini)(struct promc__child *c);
    void (*family_fini)(struct promc__family *f);
};

struct promc__table; /* table.h */

struct promc__family {
    const struct promc__type_ops *ops;
    promc_registry *reg;
    char *name;
    char *help;
    size_t name_len;
    int open; /* children bring their own label names */
    uint32_t lane_words;
    size_t max_series;
    size_t n_labels;
    char **label_names;
    uint16_t *order; /* of label_names by name */
    size_t n_const;
    char **const_names;
    char **const_values;
    double (*fn)(void *arg); /* asked at each scrape, instead of children */
    void *fn_arg;

    _Atomic(struct promc__table *) table;
    size_t n_children;          /* under the registry's lock */
    struct promc__child *fresh; /* under the registry's lock: made since the last scrape */

    /* Under the registry's render lock. */
    struct promc__child *incoming;
    struct promc__child **sorted;
    size_t n_sorted;
    size_t cap_sorted;
};

/* The settings in full: what the caller's struct does not reach has its default. */
promc_opts promc__opts(const promc_opts *opts);

/* Make a family of @size bytes that begins with a struct promc__family; not yet visible.
 * NULL with *err filled. */
void *promc__family_new(promc_registry *reg, const struct promc__type_ops *ops, size_t size,
                        const char *name, const char *help, promc_labels labels,
                        const promc_opts *opts, promc_error *err);
/* Show it to the registry, or free it. A family without labels gets its one child. Returns 0
 * or -errno. */
int promc__family_publish(struct promc__family *f, promc_error *err);
/* Or give it up, for a reason of its type's own: frees it, reports *why, returns NULL. */
void *promc__family_refuse(struct promc__family *f, const promc_error *why,
                           promc_error *err);
void promc__family_free(struct promc__family *f);

/* Find or make a child. Fixed families: names.v NULL. NULL (and counted) when refused. */
struct promc__child *promc__child_get(struct promc__family *f, promc_labels names,
                                      promc_labels values);
/* Hide a child, or all. */
int promc__child_remove(struct promc__family *f, promc_labels values);
void promc__family_clear(struct promc__family *f);

void promc__children_free(struct promc__family *f);

/* The one child of a family without labels. */
struct promc__child *promc__child_only(struct promc__family *f);

/* Bring f->sorted up to date with f->incoming. Render lock held. 0 or -ENOMEM. */
int promc__family_sort(struct promc__family *f);

#endif /* PROMC_FAMILY_H */
