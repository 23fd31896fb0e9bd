/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_ids.h - the names of PCI devices, from the list that pciutils and hwdata bring.
 */
#ifndef NODE_COLLECTORS_PCI_IDS_H
#define NODE_COLLECTORS_PCI_IDS_H

#include <stddef.h>
#include <stdint.h>

/* What a name is of, and the numbers it is found by: the last is in the lowest 16 bits. */
enum pci_ids_kind {
    PCI_IDS_VENDOR,    /* vendor */
    PCI_IDS_DEVICE,    /* vendor, device */
    PCI_IDS_SUBSYSTEM, /* vendor, device, vendor and device of the subsystem */
    PCI_IDS_CLASS,     /* class; the numbers of classes have 8 bits each */
    PCI_IDS_SUBCLASS,  /* class, subclass */
    PCI_IDS_INTERFACE  /* class, subclass, programming interface */
};

struct pci_ids_entry;

/* Zero-initialise; pci_ids_free() at the end. */
struct pci_ids {
    struct pci_ids_entry *v; /* sorted */
    size_t n, cap;
};

/* Read the text of such a list, n bytes and one more that is written to. The names stay in it.
 * Lines that cannot be read are passed over. Returns 0 or -ENOMEM. */
int pci_ids_parse(struct pci_ids *ids, char *text, size_t n);

/* NULL: not in the list. */
const char *pci_ids_find(const struct pci_ids *ids, enum pci_ids_kind kind, uint64_t id);

void pci_ids_free(struct pci_ids *ids);

#endif /* NODE_COLLECTORS_PCI_IDS_H */
