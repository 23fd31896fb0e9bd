/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.h - what the families of all metric types have in common, and their series.
 *
 * A family owns its children (one per label set); a child owns the same slot in every
 * lane. Children are found without a lock through a table that only grows, are made under
 * the registry's lock, and are freed with the registry.
 */
#ifndef PROMC_FAMILY_H
#define PROMC_FAMILY_H

#include <stdatomic.h>
#include <stdint.h>

#include "frame.h"
#include "promc/promc.h"

struct promc__family;

/* One series. Its text follows: name="value",... as printed, constant labels included; in
 * an open family then its key (see key.h). */
struct promc__child {
    uint32_t slot; /* in every lane */
    uint32_t hash; /* of the key */
    struct promc__family *family;
    struct promc__child *next; /* of the children the next scrape has to sort in */
    uint32_t text_len;
    uint32_t key_len; /* open families: 0 in others */
    uint16_t n_labels;
    _Atomic uint8_t hidden;  /* removed; labels() brings it back */
    _Atomic uint8_t rebased; /* was reset once: see the types' reset() */
};

/* What differs between the types. */
struct promc__type_ops {
    promc_type type;
    size_t child_size;
    size_t child_align; /* 0: that of a pointer; else a power of two */
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
    const char *name; /* this and all else that does not change: behind the struct */
    const char *help;
    uint32_t name_len;
    uint32_t lane_words;
    size_t max_series;
    struct promc__frame frame; /* n: how many label names there are */
    const uint16_t *order;     /* of the label names as given, by name */
    const char *consts;        /* open: constant labels as name, NUL, value, NUL */
    uint16_t n_const;
    uint16_t open;           /* children bring their own label names */
    _Atomic uint8_t quoted;  /* label names of some series stand in quotes */
    double (*fn)(void *arg); /* asked at each scrape, instead of children */
    void *fn_arg;

    struct promc__child *only; /* without labels: the one child, and no table */
    _Atomic(struct promc__table *) table;
    size_t n_children; /* under the registry's lock */
    struct promc__child
        *fresh; /* under the registry's lock: made since the last scrape */

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
void *promc__family_new(promc_registry *reg, const struct promc__type_ops *ops,
                        size_t size, const char *name, const char *help,
                        promc_labels labels, const promc_opts *opts, promc_error *err);
/* Show it to the registry, or free it. A family without labels gets its one child.
 * Returns 0 or -errno. */
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

/* Make the one child of a family without labels. Lock held. 0 or -ENOMEM. */
int promc__child_make_only(struct promc__family *f);

static inline const char *promc__child_text(const struct promc__child *c)
{
    return (const char *)c + c->family->ops->child_size;
}

static inline const char *promc__child_key(const struct promc__child *c)
{
    return promc__child_text(c) + c->text_len;
}

/* Bring f->sorted up to date with f->incoming. Render lock held. 0 or -ENOMEM. */
int promc__family_sort(struct promc__family *f);

#endif /* PROMC_FAMILY_H */
