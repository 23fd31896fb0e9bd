/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_place.h - where PCI devices are on their buses.
 */
#ifndef NODE_COLLECTORS_PCI_PLACE_H
#define NODE_COLLECTORS_PCI_PLACE_H

#define PCI_DIR "bus/pci/devices"

/* Segment, bus, device and function in hexadecimal; all "*": no place on a bus. */
struct pci_place {
    char part[4][12];
};

/* The places of a device and of what it is behind, by the link SYSFS/bus/pci/devices/NAME to
 * it. Returns 1; 0 for what is no such link. */
int pci_places(const char *sysfs, const char *name, struct pci_place *device,
               struct pci_place *parent);

#endif /* NODE_COLLECTORS_PCI_PLACE_H */
