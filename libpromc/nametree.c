/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nametree.c - a set of names as a crit-bit tree.
 */
#include "config.h"
#include "nametree.h"

#include <stdint.h>
#include <string.h>

#include "alloc.h"

/* Inner nodes are told from leaves by bit 0 of the pointer, which is free: both are parts
 * of the same aligned block. */
static struct promc__name *inner_node(void *p)
{
    return (uintptr_t)p & 1 ? (struct promc__name *)(void *)((char *)p - 1) : NULL;
}

/* A name goes on with zeros behind its end. */
static unsigned byte_at(const char *s, size_t len, size_t i)
{
    return i < len ? (unsigned char)s[i] : 0;
}

/* Which side of the inner node of @n the name belongs to: adding the one missing bit
 * carries into bit 8 if the name's byte has it. */
static unsigned side(const struct promc__name *n, const char *s, size_t len)
{
    return (1 + (n->node.others | byte_at(s, len, n->node.byte))) >> 8;
}

/* The one leaf that can be equal to the name. */
static struct promc__name *closest(const struct promc__nametree *tree, const char *s,
                                   size_t len)
{
    void *p = tree->root;
    struct promc__name *n;

    while ((n = inner_node(p)))
        p = n->node.child[side(n, s, len)];
    return p;
}

struct promc__name *promc__nametree_find(const struct promc__nametree *tree,
                                         const char *s, size_t len)
{
    struct promc__name *n = closest(tree, s, len);
    return n && n->len == len && memcmp(n->text, s, len) == 0 ? n : NULL;
}

struct promc__name *promc__nametree_add(struct promc__nametree *tree, const char *s,
                                        size_t len)
{
    struct promc__name *near = closest(tree, s, len), *leaf, *n;
    void **where = &tree->root;
    size_t i = 0;
    unsigned differ = 0;

    if (near) {
        while (i < len && i < near->len && s[i] == near->text[i])
            i++;
        if (i == len && i == near->len)
            return near;
        differ = byte_at(s, len, i) ^ byte_at(near->text, near->len, i);
        while (differ & (differ - 1))
            differ &= differ - 1; /* the highest bit remains */
    }

    leaf = promc__calloc(1, sizeof *leaf + len + 1);
    if (!leaf)
        return NULL;
    memcpy(leaf->text, s, len);
    leaf->len = len;
    leaf->next = tree->all;
    tree->all = leaf;
    if (!near) {
        tree->root = leaf;
        return leaf;
    }
    leaf->node.byte = i;
    leaf->node.others = differ ^ 0xFF;
    while ((n = inner_node(*where))) {
        if (n->node.byte > i || (n->node.byte == i && n->node.others > leaf->node.others))
            break;
        where = &n->node.child[side(n, s, len)];
    }
    leaf->node.child[side(leaf, s, len)] = leaf;
    leaf->node.child[!side(leaf, s, len)] = *where;
    *where = (char *)leaf + 1;
    return leaf;
}

void promc__nametree_free(struct promc__nametree *tree)
{
    while (tree->all) {
        struct promc__name *n = tree->all;
        tree->all = n->next;
        promc__free(n);
    }
    tree->root = NULL;
}
