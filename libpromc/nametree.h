/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nametree.h - what the reader of an exposition remembers of each metric name.
 *
 * A crit-bit tree (D. J. Bernstein): a lookup costs no more than the length of the name,
 * with any input, so a hostile file cannot slow it down as it could a hash table.
 */
#ifndef PROMC_NAMETREE_H
#define PROMC_NAMETREE_H

#include <stddef.h>

#include "promc/promc.h"

/* One name. It comes with one inner node of the tree, because each name but the first
 * needs exactly one more. */
struct promc__name {
    promc_type type;
    unsigned has_help : 1;
    unsigned has_type : 1; /* declared, or settled by a first sample */
    unsigned told : 1;     /* the linter has complained of it */
    struct {
        void *child[2];  /* struct promc__name, or another inner node with bit 0 set */
        size_t byte;     /* where the names below the two sides first differ, */
        unsigned others; /* and in which bit: all ones but for it */
    } node;
    struct promc__name *next; /* for freeing */
    void *owner; /* whatever the user of the tree wants to find by the name */
    size_t len;
    char text[]; /* NUL-terminated */
};

struct promc__nametree {
    void *root;
    struct promc__name *all;
};

/* The name @s of @len bytes, none of them NUL; NULL if it is not there. */
struct promc__name *promc__nametree_find(const struct promc__nametree *tree,
                                         const char *s, size_t len);

/* The same, but adds it; NULL only when out of memory. */
struct promc__name *promc__nametree_add(struct promc__nametree *tree, const char *s,
                                        size_t len);

void promc__nametree_free(struct promc__nametree *tree);

#endif /* PROMC_NAMETREE_H */
