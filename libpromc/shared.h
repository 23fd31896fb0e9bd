/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.h - registries in memory that several processes share.
 *
 * A registry has one region, mapped before fork() and so at the same address in each of its
 * processes: pointers into it are good in all of them. In the region lie the families and
 * children with their texts and tables, lanes, and what all must agree on. The promc_registry
 * itself is each process's own: collectors, and the sorted lists of what a scrape prints.
 *
 * A process may be killed between any two instructions. So whatever holds a resource holds it
 * by a robust mutex, which the kernel marks when its owner dies, and the next owner mends what
 * the mutex guards:
 *
 *   the lock    made in steps, see below
 *   a lane      one group of words may be half written: promc__lane_note() tells which
 *   the divert  one histogram may still ask its writers to step aside
 *
 * A step under the lock works on the idle one of two states. Flipping the index of the current
 * one commits it; before that nothing of it can be seen, and whatever it took from the region
 * is still free. What then has to be linked where others look is named in the state, and linking
 * can be done twice. So recovery is: link what the current state names, clear what was taken
 * behind it. Memory of the region is never given back.
 */
#ifndef PROMC_SHARED_H
#define PROMC_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "lane.h"
#include "registry.h"

struct promc__child;
struct promc__family;
struct promc__key;
struct promc__table;
struct promc__view;

enum { PROMC__SHARED_LENT = 4 }; /* lanes for threads that have none */

struct promc__shared_state {
    char *at;       /* free from here on: families, children, tables grow upwards */
    char *top;      /* to here: chunks come from the top, clean as the kernel gave them */
    uint32_t words; /* of the slots handed out, notes included */
    uint32_t chunks;   /* which each lane that is ready has */
    uint32_t lanes;    /* ready; the lent ones come first */
    size_t n_families; /* in the list */
    size_t n_left;     /* of them, unregistered */
    /* What this step did: one of them or none. */
    struct promc__family *family; /* made */
    struct promc__child *child;   /* made */
    struct promc__child *removed;
    struct promc__family *left;
    /* Of the child's family afterwards: */
    struct promc__table *table; /* with a place for the new child; NULL without labels */
    size_t table_used;
    size_t n_children;
    size_t n_listed;
};

struct promc__region {
    pthread_mutex_t lock;
    struct promc__shared_state state[2];
    _Atomic uint32_t current;

    /* As of the current state, for those without the lock. */
    _Atomic uint32_t chunks;
    _Atomic uint32_t lanes;
    struct promc__family *families; /* n_families of them are linked */
    struct promc__family *last_family;
    _Atomic size_t n_families;
    _Atomic size_t n_left;

    _Atomic(struct promc__lane *) used; /* lanes that were ever written to */
    pthread_mutex_t divert_lock;
    _Atomic(_Atomic uint32_t *) diverted;
    _Atomic uint64_t dropped[PROMC__DROPS];
};

/* A process's own knowledge of a region. */
struct promc__shared {
    struct promc__region *region;
    size_t size;
    uint32_t id;          /* which part of the slots */
    uint32_t first_chunk; /* of that part */
    struct promc__lane *lanes;
    uint32_t max_lanes; /* lent ones included */
    int freed;          /* promc_registry_free() was here */
    char *start, *end;  /* of what states share out */
    /* Threads of this process that have a lane there, and the registry itself: while there are
     * any, the region stays mapped, since their robust mutexes lie in it. */
    _Atomic uint32_t holders;

    /* Under the registry's own lock: which families it knows of. */
    size_t known, known_left;
    struct promc__family *last_known;
    /* Under its render lock: the order of children in pages, by number of the family. */
    struct promc__view *views;
    size_t n_views;
};

/* A mutex that processes share and that tells when its owner died. 0 or -errno. */
int promc__shared_mutex_init(pthread_mutex_t *m);

/* NULL with *err filled. */
struct promc__shared *promc__shared_new(const promc_shared_opts *opts, promc_error *err);
void promc__shared_free(struct promc__shared *sh);

/* Bytes taken from the region so far. */
size_t promc__shared_used(struct promc__shared *sh);

/* --- steps (shared.c) --- */

void promc__shared_lock(struct promc__shared *sh);
int promc__shared_try_lock(struct promc__shared *sh); /* 0: somebody has it */
void promc__shared_unlock(struct promc__shared *sh);
/* Lock held: begin a step; take memory in it, zeroed, or NULL; end it. */
struct promc__shared_state *promc__shared_step(struct promc__shared *sh);
enum { PROMC__SHARED_ALIGN = 8 }; /* for anything here: pointers, doubles, 64-bit words */
void *promc__shared_alloc(struct promc__shared *sh, size_t size, size_t align);
void promc__shared_commit(struct promc__shared *sh);
void promc__shared_abort(struct promc__shared *sh);

/* --- lanes (shared_lane.c) --- */

/* In a step: @words words in each lane. A slot of none is one that all such have. 0, -ENOMEM or
 * -ENOSPC. */
int promc__shared_slot(struct promc__shared *sh, uint32_t words, uint32_t *slot);
/* Keep lanes in stock. Waits for nobody: who has the lock may be a process that was stopped. 0
 * or -ENOMEM. */
int promc__shared_restock(struct promc__shared *sh);

/* What lane.c asks for lanes there. begin: the cell, for promc__begin(). */
promc__word *promc__shared_begin(struct promc__work *w, uint32_t slot, int divert);
int promc__shared_take(struct promc__lane *lane);
void promc__shared_give(struct promc__lane *lane);
int promc__shared_divert(uint32_t slot, _Atomic uint32_t *divert);
void promc__shared_undivert(uint32_t slot);
/* A thread ends: what its lane has there is free. After fork(): it is somebody else's. */
void promc__shared_detach(struct promc__lane *mine);
void promc__shared_leave(const struct promc__shared *sh); /* this thread, this registry */
void promc__shared_forget(struct promc__lane *mine);
/* In the child, after the last promc__shared_forget(). */
void promc__shared_fork_child(void);

/* Registries by their part of the slots: shared_lane.c finds them by it. 0 or -ENOSPC. */
int promc__shared_enlist(struct promc__shared *sh);
/* One holder less; the last one unmaps. */
void promc__shared_drop(struct promc__shared *sh);
void promc__shared_unmap(struct promc__shared *sh);

/* --- families and children (shared_series.c) --- */

/* Link what a state names; done again by recovery. */
void promc__shared_link(struct promc__region *r, const struct promc__shared_state *s);

/* Each a step, the registry's lock held. Copy a family into shared memory, with its one child
 * if it has no labels; make a child; remove one, all, or the family. NULL: no memory. */
struct promc__family *promc__shared_family(const struct promc__family *f);
struct promc__child *promc__shared_child(struct promc__family *f, struct promc__table *t,
                                         const struct promc__key *k);
void promc__shared_remove(struct promc__child *c);
void promc__shared_empty(struct promc__family *f);
void promc__shared_unregister(struct promc__family *f);

/* Take note of families that other processes have registered or unregistered. The process's own
 * lock of the registry held. 0 or -ENOMEM. Nothing, for other registries. */
int promc__shared_sync(promc_registry *reg);
/* As promc__family_sort(), and what it leads to. Render lock held. */
int promc__shared_sort(struct promc__family *f);
size_t promc__shared_list(const struct promc__family *f, struct promc__child ***list);
void promc__shared_views_free(struct promc__shared *sh);

#endif /* PROMC_SHARED_H */
