/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_names.h - what PCI devices are called.
 */
#ifndef NODE_COLLECTORS_PCI_NAMES_H
#define NODE_COLLECTORS_PCI_NAMES_H

#include "common/readfile.h"
#include "node/collectors/pci_ids.h"

/* The numbers that say what a device is. */
enum {
    PCI_CLASS,
    PCI_VENDOR,
    PCI_DEVICE,
    PCI_SUB_VENDOR,
    PCI_SUB_DEVICE,
    PCI_REVISION,
    PCI_NUMBERS
};

/* Zero-initialise; pci_names_free() at the end. */
struct pci_names {
    struct readbuf text; /* that the names are in */
    struct pci_ids ids;
};

/* Read the list of names: the file path, or the system's when that is NULL or "". Without one,
 * which is logged, devices go by their numbers. Returns 0 or -ENOMEM. */
int pci_names_load(struct pci_names *p, const char *path);

/* What a device is called: its maker, itself, its subsystem's maker, its subsystem, its class. */
#define PCI_NAMES 5

/* The names for a device's numbers, which are also given as text; that without 0x for those
 * that are not in the list. unknown: room for the name of a class. */
void pci_names_find(const struct pci_names *p, const uint64_t id[PCI_NUMBERS],
                    const char text[PCI_NUMBERS][24], const char *names[PCI_NAMES],
                    char unknown[40]);

void pci_names_free(struct pci_names *p);

#endif /* NODE_COLLECTORS_PCI_NAMES_H */
