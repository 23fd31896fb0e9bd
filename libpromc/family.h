/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.h - what the families of all metric types have in common, and their series.
 *
 * A family owns its children (one per label set); a child owns the same slot in every
 * lane. Children are found without a lock, and made and removed under the registry's lock. What
 * is removed is at once out of reach of whoever comes, and used again when nobody can have it
 * in hand any more (limbo.h).
 */
#ifndef PROMC_FAMILY_H
#define PROMC_FAMILY_H

#include <stdatomic.h>
#include <stdint.h>

#include "frame.h"
#include "lane.h"
#include "promc/promc.h"

struct promc__family;

/* One series. Of one that was removed, and whose handle somebody may have, this stays. */
struct promc__child {
    _Atomic uint32_t
        live;      /* for updates: the slot, PROMC__SLOT_GONE once it is removed */
    uint32_t slot; /* in every lane; for readers */
    uint32_t hash; /* of the key */
    uint32_t text_len;
    const char *text; /* name="value",... as printed, constant labels included; in an open
                         family then the key (see key.h) */
    struct promc__family *family;
    struct promc__child
        *next; /* of those the next scrape has to sort in, or of the removed */
    struct promc__exemplars *exemplars; /* or NULL */
    int64_t created_ms;                 /* when it was made, since 1970 */
    uint32_t key_len;                   /* open families: 0 in others */
    uint16_t n_labels;
    _Atomic uint8_t hidden; /* removed */
    _Atomic uint8_t kept;   /* one of: */
};
enum {
    PROMC__NOT_KEPT,
    PROMC__KEPT,   /* its handle was given out */
    PROMC__IS_LEFT /* and nothing else of it is there any more */
};

/* Behind the struct of a child that can expire. */
struct promc__watch {
    uint64_t state;           /* its words at the last scrape, mixed into one */
    uint64_t since;           /* when that last changed, ns */
    _Atomic uint32_t touched; /* used in a way that leaves no trace in the words */
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
    /* Optional. The child was removed; whoever has its handle may go on using it. Locked. */
    void (*removed)(struct promc__child *c);
    /* Optional. Release what the child has beside its struct, which may have to stay. */
    void (*fini)(struct promc__child *c);
    void (*family_fini)(struct promc__family *f);
    /* The family was copied to shared memory: copy what it has beside its struct. 0 or -ENOMEM.
     * NULL: cannot be shared. */
    int (*share)(struct promc__family *f);
    /* Optional. In what do two families of this type differ, beyond what all have: "bucket
     * bounds"; NULL: in nothing. */
    const char *(*differ)(const struct promc__family *a, const struct promc__family *b);
};

struct promc__table; /* table.h */

struct promc__family {
    const struct promc__type_ops *ops;
    promc_registry *reg;
    void
        *fixed; /* memory of the names and texts, up to unit; see promc__family_moved() */
    const char *name;
    const char *help;
    uint32_t name_len;
    uint32_t lane_words;
    uint32_t n_exemplars;   /* of a child; set by the type, as: */
    uint32_t exemplar_list; /* not 0: and the list for native buckets (exemplar.h) */
    size_t max_series;
    struct promc__frame frame; /* n: how many label names there are */
    const uint16_t *order;     /* of the label names as given, by name */
    const char *labels;        /* their names, in this order, with a NUL behind each */
    const char *consts;        /* constant labels as name, NUL, value, NUL */
    uint16_t n_const;
    uint16_t open;        /* children bring their own label names */
    const char *overflow; /* what does not fit goes to a child with this value; or NULL */
    const char *unit;     /* or NULL */
    uint64_t expiry_ns;   /* 0: never */
    uint32_t child_size;  /* the type's struct, and a watch */
    const char *(*constrain)(void *arg, const char *label, const char *value);
    void *constrain_arg;
    _Atomic uint8_t quoted;  /* label names of some series stand in quotes */
    double (*fn)(void *arg); /* asked at each scrape, instead of children */
    void *fn_arg;

    _Atomic(struct promc__table *) table; /* NULL: the family was unregistered */
    _Atomic(struct promc__child *) only;  /* without labels: the one child */
    _Atomic(struct promc__child *) other; /* the one for what does not fit */

    /* Under the registry's lock. The counts are looked at without, too. */
    _Atomic size_t n_children;
    size_t n_removed;           /* among those below */
    unsigned running;           /* calls of fn */
    struct promc__child *fresh; /* made since the last scrape */
    struct promc__family *next; /* of those that were unregistered; of all, if shared */

    /* Under the registry's render lock. */
    struct promc__child *incoming;
    struct promc__child **sorted;
    size_t n_sorted;
    size_t cap_sorted;
    struct promc__child *one; /* room for the first */

    /* In shared memory: as it is copied there, and the list of all that were made. */
    size_t size, fixed_size;
    size_t number;
    struct promc__child *first, *last;
    _Atomic size_t n_listed;
};

/* The settings in full: what the caller's struct does not reach has its default. */
promc_opts promc__opts(const promc_opts *opts);

/* Make a family of @size bytes that begins with a struct promc__family; not yet visible.
 * NULL with *err filled. */
void *promc__family_new(promc_registry *reg, const struct promc__type_ops *ops,
                        size_t size, const char *name, const char *help,
                        promc_labels labels, const promc_opts *opts, promc_error *err);
/* Show it to the registry. A family without labels gets its one child. Returns the family;
 * or the one of the same definition that is there already, or NULL, and frees it. */
void *promc__family_register(struct promc__family *f, promc_error *err);
/* Or give it up, for a reason of its type's own: frees it, reports *why, returns NULL. */
void *promc__family_refuse(struct promc__family *f, const promc_error *why,
                           promc_error *err);
/* Nobody can reach it any more. Its children are gone already. The first leaves what a handle
 * that somebody still has needs. */
void promc__family_shrink(struct promc__family *f);
/* The family's texts were copied to @fixed. */
void promc__family_moved(struct promc__family *f, void *fixed);
int promc__family_is_shared(const struct promc__family *f);
/* For types whose families are nothing but their struct. */
int promc__share_nothing(struct promc__family *f);
void promc__family_free(struct promc__family *f);

/* Find or make a child. Fixed families: names.v NULL. NULL (and counted) when refused.
 * get: for a handle. use: for as long as until promc__end(w), whatever is returned. */
struct promc__child *promc__child_get(struct promc__family *f, promc_labels names,
                                      promc_labels values);
struct promc__child *promc__child_use(struct promc__family *f, promc_labels names,
                                      promc_labels values, struct promc__work *w);

/* A child that could not be found is to be made: child.c asks make.c. As promc__child_use(), and
 * begins @w again. */
struct promc__key;
struct promc__child *promc__child_make(struct promc__family *f, promc_labels names,
                                       promc_labels values, const struct promc__key *k,
                                       struct promc__work *w);
struct promc__child *promc__child_find(struct promc__family *f,
                                       const struct promc__table *t,
                                       const struct promc__key *k);
/* Nobody knows of it yet. Lock held. NULL: out of memory. */
struct promc__child *promc__child_new(struct promc__family *f,
                                      const struct promc__key *k);
/* Make the one child of a family without labels. Lock held. 0 or -ENOMEM. */
int promc__child_make_only(struct promc__family *f);

/* An update came too late. */
void promc__drop_removed(const struct promc__child *c);

/* Keep a child that somebody has the handle of from being removed, to read it. 0: it was. */
int promc__child_hold(const struct promc__child *c);
void promc__child_let_go(const struct promc__child *c);

/* Remove children. NULL @f: nothing. */
int promc__child_remove(struct promc__family *f, promc_labels values);
void promc__child_release(struct promc__child *c);
void promc__family_clear(struct promc__family *f);
/* The same with the lock held: one; all. */
void promc__child_unlink(struct promc__child *c);
void promc__family_empty(struct promc__family *f);

static inline const char *promc__child_text(const struct promc__child *c)
{
    return c->text;
}

static inline const char *promc__child_key(const struct promc__child *c)
{
    return c->text + c->text_len;
}

static inline size_t promc__child_align(const struct promc__family *f)
{
    return f->ops->child_align != 0 ? f->ops->child_align : sizeof(void *);
}

static inline struct promc__watch *promc__child_watch(const struct promc__child *c)
{
    return (struct promc__watch *)((char *)(uintptr_t)c + c->family->ops->child_size);
}

/* Let a child that may expire know that it is in use, where its words do not tell. */
static inline void promc__child_touch(const struct promc__child *c)
{
    if (promc__unlikely(c->family->expiry_ns != 0))
        /* relaxed: a flag on its own */
        atomic_store_explicit(&promc__child_watch(c)->touched, 1, memory_order_relaxed);
}

/* Bring f->sorted up to date with f->incoming. Render lock held. 0 or -ENOMEM. */
int promc__family_sort(struct promc__family *f);
/* What that led to. Render lock held. */
size_t promc__family_list(const struct promc__family *f, struct promc__child ***list);
int promc__child_compare(const struct promc__child *a, const struct promc__child *b);

#endif /* PROMC_FAMILY_H */
