/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_ids.c - the names of PCI devices, from the list that pciutils and hwdata bring.
 *
 * A line is a number and a name, two blanks between them. Makers stand at its beginning, their
 * devices after a tab, and subsystems of these, with two numbers, after two. The classes of
 * devices are done the same way, with a C in front.
 */
#include "config.h"

#include "node/collectors/pci_ids.h"

#include <errno.h>
#include <stdlib.h>

#include "node/scan.h"

struct pci_ids_entry {
    enum pci_ids_kind kind;
    uint64_t id;
    const char *name;
};

/* Of equal ones the last in the file is the last here, too. */
static int compare(const void *a, const void *b)
{
    const struct pci_ids_entry *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

static int add(struct pci_ids *ids, enum pci_ids_kind kind, uint64_t id, const char *name)
{
    if (ids->n == ids->cap) {
        size_t cap = ids->cap ? 2 * ids->cap : 1024;
        struct pci_ids_entry *grown = realloc(ids->v, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        ids->v = grown;
        ids->cap = cap;
    }
    ids->v[ids->n++] = (struct pci_ids_entry){ kind, id, name };
    return 0;
}

/* Take a number of so many hexadecimal digits off the front, and blanks behind it. */
static int take_id(struct span *line, size_t digits, uint64_t *id)
{
    uint64_t v;

    if (line->n <= digits || line->p[digits] != ' ' ||
        scan_hex(span_of(line->p, digits), &v) != 0)
        return 0;
    *id = *id << (4 * digits) | v;
    *line = span_trim(span_of(line->p + digits, line->n - digits));
    return 1;
}

/* Where in the tree a line is. */
struct place {
    int in_classes;
    uint64_t id[3]; /* of the line at each depth */
    unsigned known; /* how many of these are */
};

/* Find out what a line is. Returns 1 with its place noted and the rest of it the name, or 0:
 * it is nothing. */
static int take_line(struct place *at, struct span *line, enum pci_ids_kind *kind)
{
    unsigned depth = 0;
    size_t digits;
    uint64_t id;

    for (; depth < 3 && span_begins(*line, "\t"); depth++)
        *line = span_of(line->p + 1, line->n - 1);
    if (line->n == 0 || line->p[0] == '#' || depth > 2 || depth > at->known)
        return 0;
    if (depth == 0) {
        at->in_classes = span_begins(*line, "C ");
        if (at->in_classes)
            *line = span_of(line->p + 2, line->n - 2);
    }
    at->known = depth;
    id = depth > 0 ? at->id[depth - 1] : 0;
    digits = at->in_classes ? 2 : 4;
    if (!take_id(line, digits, &id) ||
        (depth == 2 && !at->in_classes && !take_id(line, digits, &id)))
        return 0;
    at->id[depth] = id;
    at->known = depth + 1;
    *kind = (enum pci_ids_kind)((at->in_classes ? PCI_IDS_CLASS : PCI_IDS_VENDOR) +
                                (int)depth);
    return 1;
}

int pci_ids_parse(struct pci_ids *ids, char *text, size_t n)
{
    struct span rest = span_of(text, n), line;
    struct place at = { 0 };

    while (scan_line(&rest, &line)) {
        enum pci_ids_kind kind;
        int rc;

        if (!take_line(&at, &line, &kind))
            continue;
        text[(line.p - text) + (ptrdiff_t)line.n] = '\0';
        rc = add(ids, kind, at.id[at.known - 1], line.p);
        if (rc)
            return rc;
    }
    if (ids->n > 0)
        qsort(ids->v, ids->n, sizeof(*ids->v), compare);
    return 0;
}

const char *pci_ids_find(const struct pci_ids *ids, enum pci_ids_kind kind, uint64_t id)
{
    size_t low = 0, high = ids->n;

    /* The first that is behind what is looked for. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct pci_ids_entry *e = &ids->v[middle];

        if (e->kind < kind || (e->kind == kind && e->id <= id))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || ids->v[low - 1].kind != kind || ids->v[low - 1].id != id)
        return NULL;
    return ids->v[low - 1].name;
}

void pci_ids_free(struct pci_ids *ids)
{
    free(ids->v);
}
