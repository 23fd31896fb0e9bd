/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limbo.h - what was removed from a registry, until it can be used again.
 *
 * A child that is removed is out of reach at once, but the lists of scrapes still have it. A
 * sweep takes it out of those, waits for a grace period (grace.h), and gives its slot and its
 * memory back. Sweeps are made by scrapes, and by those who make series or unregister families
 * once enough is waiting; none of them waits for anybody.
 */
#ifndef PROMC_LIMBO_H
#define PROMC_LIMBO_H

#include <stdatomic.h>
#include <stddef.h>

#include "grace.h"
#include "promc/promc.h"

struct promc__child;
struct promc__family;
struct promc__table;

struct promc__batch {
    struct promc__child *children;
    struct promc__table *tables;
    struct promc__family *families;
};

/* Under the registry's lock. */
struct promc__limbo {
    struct promc__batch next;    /* out of reach, and out of all lists */
    struct promc__batch waiting; /* for this to be over: */
    struct promc__grace grace;
    struct promc__family *leaving; /* unregistered, and not in next yet */
    struct promc__family *left;    /* what remains of families that somebody may have */
    _Atomic size_t n; /* series and families removed, and not used again so far */
};

/* A series or a family was removed. A table was outgrown; NULL: none. Lock held. */
void promc__limbo_count(promc_registry *reg);
void promc__limbo_table(promc_registry *reg, struct promc__table *t);

/* The children of a family that nobody has seen yet. Lock held. */
void promc__limbo_discard(struct promc__family *f);

/* Render lock and lock held: remove what has expired, and sweep. */
void promc__registry_settle(promc_registry *reg);
/* No lock held: sweep if it is worth it. */
void promc__registry_tidy(promc_registry *reg);

/* Everything, with the registry. */
void promc__limbo_free(promc_registry *reg);

#endif /* PROMC_LIMBO_H */
