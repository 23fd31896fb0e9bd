/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci_place.c - where PCI devices are on their buses.
 */
#include "config.h"

#include "node/collectors/pci_place.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/scan.h"

/* Cut "0000:00:02.1" up. What is no such place is "*" in all parts. Returns whether it is. */
static int pci_place(struct span s, struct pci_place *p)
{
    static const int digits[4] = { 4, 2, 2, 1 };
    struct span part[4];
    uint64_t v[4];
    int good = scan_until(&s, ':', &part[0]) && scan_until(&s, ':', &part[1]) &&
               scan_until(&s, '.', &part[2]);

    part[3] = s;
    for (int i = 0; good && i < 4; i++)
        good = scan_hex(part[i], &v[i]) == 0 && v[i] <= INT_MAX;
    for (int i = 0; i < 4; i++) {
        if (good)
            snprintf(p->part[i], sizeof(p->part[i]), "%0*x", digits[i], (unsigned)v[i]);
        else
            snprintf(p->part[i], sizeof(p->part[i]), "*");
    }
    return good;
}

/* The link is one like ../../../devices/pci0000:00/0000:00:02.1/0000:01:00.0. */
int pci_places(const char *sysfs, const char *name, struct pci_place *device,
               struct pci_place *parent)
{
    char path[PATH_MAX], link[PATH_MAX], *last;
    ssize_t n;

    snprintf(path, sizeof(path), "%s/" PCI_DIR "/%s", sysfs, name);
    n = readlink(path, link, sizeof(link) - 1);
    if (n <= 0)
        return 0;
    link[n] = '\0';
    last = strrchr(link, '/');
    if (!last || !pci_place(span_str(last + 1), device))
        return 0;
    *last = '\0';
    last = strrchr(link, '/');
    pci_place(span_str(last ? last + 1 : link), parent); /* pci0000:00 is no device */
    return 1;
}
