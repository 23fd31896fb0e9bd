/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_names.c - what PCI devices are called.
 */
#include "config.h"

#include "node/collectors/pci_names.h"

#include <errno.h>
#include <stdio.h>

#include "common/log.h"

/* The list of names has 1.5 MB, and grows. */
#define PCI_IDS_MAX ((size_t)32 << 20)

int pci_names_load(struct pci_names *p, const char *path)
{
    static const char *const usual[] = { "/usr/share/misc/pci.ids",
                                         "/usr/share/hwdata/pci.ids" };
    int rc = -ENOENT;

    if (path && path[0])
        rc = read_file(NULL, path, &p->text, PCI_IDS_MAX);
    else
        for (size_t i = 0; rc && i < sizeof(usual) / sizeof(usual[0]); i++)
            rc = read_file(NULL, usual[i], &p->text, PCI_IDS_MAX);
    if (rc) {
        log_warn("No list of PCI devices, their names will be numbers", "file", path);
        return 0;
    }
    return pci_ids_parse(&p->ids, p->text.data, p->text.len);
}

void pci_names_find(const struct pci_names *p, const uint64_t id[PCI_NUMBERS],
                    const char text[PCI_NUMBERS][24], const char *names[PCI_NAMES],
                    char unknown[40])
{
    uint64_t device = id[PCI_VENDOR] << 16 | id[PCI_DEVICE];

    names[0] = pci_ids_find(&p->ids, PCI_IDS_VENDOR, id[PCI_VENDOR]);
    names[1] = pci_ids_find(&p->ids, PCI_IDS_DEVICE, device);
    names[2] = pci_ids_find(&p->ids, PCI_IDS_VENDOR, id[PCI_SUB_VENDOR]);
    names[3] = pci_ids_find(&p->ids, PCI_IDS_SUBSYSTEM,
                            device << 32 | id[PCI_SUB_VENDOR] << 16 | id[PCI_SUB_DEVICE]);
    for (int i = 0; i < 4; i++)
        if (!names[i])
            names[i] = text[PCI_VENDOR + i] + 2; /* without 0x */
    names[4] = pci_ids_find(&p->ids, PCI_IDS_INTERFACE, id[PCI_CLASS]);
    if (!names[4])
        names[4] = pci_ids_find(&p->ids, PCI_IDS_SUBCLASS, id[PCI_CLASS] >> 8);
    if (!names[4])
        names[4] = pci_ids_find(&p->ids, PCI_IDS_CLASS, id[PCI_CLASS] >> 16);
    if (!names[4]) {
        snprintf(unknown, 40, "Unknown class (%s)", text[PCI_CLASS] + 2);
        names[4] = unknown;
    }
}

void pci_names_free(struct pci_names *p)
{
    readbuf_free(&p->text);
    pci_ids_free(&p->ids);
}
