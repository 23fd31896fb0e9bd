/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcidevice.c - PCI devices: what they are, their links and their power.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/attr.h"
#include "node/collectors/pci_names.h"
#include "node/collectors/pci_place.h"
#include "node/dirwalk.h"
#include "node/fail.h"

static int with_names;
static const char *pci_ids_path;

static void pci_flags(struct flags *flags)
{
    flags_bool(flags, "collector.pcidevice.names",
               "Also expose the names of devices and their makers.", &with_names, NULL);
    flags_string(flags, "collector.pcidevice.idsfile",
                 "File with these names in place of the system's pci.ids.", &pci_ids_path,
                 NULL);
}

/* Files with one number each. A device without the file counts as having the number absent:
 * no virtual functions, or a link that is not known. */
enum pci_kind { PCI_NUMBER, PCI_FLAG, PCI_SPEED };

static const struct {
    const char *file;
    const char *name;
    const char *help;
    enum pci_kind kind;
    int absent;
} pci_gauges[] = {
    { "current_link_speed", "node_pcidevice_current_link_transfers_per_second",
      "Speed of the link now, in transfers per second; -1: not known.", PCI_SPEED, -1 },
    { "current_link_width", "node_pcidevice_current_link_width",
      "Lanes that the link has now; -1: not known.", PCI_NUMBER, -1 },
    { "d3cold_allowed", "node_pcidevice_d3cold_allowed",
      "Whether the device may be switched off altogether.", PCI_FLAG, 0 },
    { "max_link_speed", "node_pcidevice_max_link_transfers_per_second",
      "Speed the link can have, in transfers per second; -1: not known.", PCI_SPEED, -1 },
    { "max_link_width", "node_pcidevice_max_link_width",
      "Lanes that the link can have; -1: not known.", PCI_NUMBER, -1 },
    { "sriov_drivers_autoprobe", "node_pcidevice_sriov_drivers_autoprobe",
      "Whether virtual functions get a driver at once.", PCI_FLAG, 0 },
    { "sriov_numvfs", "node_pcidevice_sriov_numvfs",
      "Virtual functions that the device has now.", PCI_NUMBER, 0 },
    { "sriov_totalvfs", "node_pcidevice_sriov_totalvfs",
      "Virtual functions that the device can have.", PCI_NUMBER, 0 },
    { "sriov_vf_total_msix", "node_pcidevice_sriov_vf_total_msix",
      "Interrupts for virtual functions.", PCI_NUMBER, 0 },
};
#define PCI_GAUGES (sizeof(pci_gauges) / sizeof(pci_gauges[0]))

static const char *const pci_power_states[] = {
    "D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error",
};

static const struct {
    const char *file;
    int digits;
} pci_id_files[PCI_NUMBERS] = {
    [PCI_CLASS] = { "class", 6 },
    [PCI_VENDOR] = { "vendor", 4 },
    [PCI_DEVICE] = { "device", 4 },
    [PCI_SUB_VENDOR] = { "subsystem_vendor", 4 },
    [PCI_SUB_DEVICE] = { "subsystem_device", 4 },
    [PCI_REVISION] = { "revision", 2 },
};

/* Labels of node_pcidevice_info. */
#define PCI_LABELS (8 + PCI_NUMBERS + PCI_NAMES)

struct pci {
    struct dirwalk walk;
    struct pci_names names;
};

struct pci_out {
    const struct pci *pci;
    const char *sysfs;
    promc_samples *info, *numa_node, *power_state;
    promc_samples *gauges[PCI_GAUGES];
    promc_error *err;
    int rc;
};

/* A file without a number is noted, and costs only what it would have shown. */
static void note(struct pci_out *o, const char *device, const char *file)
{
    if (o->rc == 0)
        o->rc = node_fail(o->err, -EINVAL, PCI_DIR "/%s/%s: no number", device, file);
}

/* "8.0 GT/s PCIe"; "Unknown" and nothing at all are no speed. Returns 0 or -EINVAL. */
static int pci_speed(struct span text, double *v)
{
    struct span number, unit;

    if (text.n == 0 || span_begins(text, "Unknown"))
        return 0;
    if (!scan_field(&text, &number) || !scan_field(&text, &unit) ||
        !span_is(unit, "GT/s") || scan_double(number, v) != 0)
        return -EINVAL;
    *v *= 1e9;
    return 0;
}

static int pci_number(struct span text, double *v)
{
    int64_t number;

    if (text.n == 0 || span_begins(text, "Unknown"))
        return 0;
    if (scan_i64(text, &number) != 0)
        return -EINVAL;
    *v = (double)number;
    return 0;
}

/* Show the numbers, the power state and the NUMA node of a device. */
static void pci_values(struct pci_out *o, int fd, const char *name,
                       const struct pci_place *p)
{
    promc_labels place = PROMC_LABELS(p->part[0], p->part[1], p->part[2], p->part[3]);
    char text[ATTR_TEXT_SIZE];
    int64_t node;

    for (size_t i = 0; i < PCI_GAUGES; i++) {
        struct span s = span_str(attr_text(fd, pci_gauges[i].file, text));
        double v = pci_gauges[i].absent;

        if ((pci_gauges[i].kind == PCI_SPEED ? pci_speed : pci_number)(s, &v) != 0) {
            note(o, name, pci_gauges[i].file);
            continue;
        }
        if (pci_gauges[i].kind == PCI_FLAG)
            v = v != 0;
        promc_emit(o->gauges[i], place, v);
    }
    if (attr_i64(fd, "numa_node", &node) == 0 && node != -1)
        promc_emit(o->numa_node, place, (double)node);
    if (attr_text(fd, "power_state", text)[0] == '\0')
        return;
    for (size_t i = 0; i < sizeof(pci_power_states) / sizeof(pci_power_states[0]); i++)
        promc_emit(o->power_state,
                   PROMC_LABELS(p->part[0], p->part[1], p->part[2], p->part[3],
                                pci_power_states[i]),
                   strcmp(text, pci_power_states[i]) == 0);
}

static void pci_device(void *arg, int fd, const char *name)
{
    struct pci_out *o = arg;
    const char *values[PCI_LABELS], *names[PCI_NAMES];
    char text[PCI_NUMBERS][24], unknown[40];
    struct pci_place place, parent;
    uint64_t id[PCI_NUMBERS];
    size_t n = 0;

    if (!pci_places(o->sysfs, name, &place, &parent))
        return;
    for (int i = 0; i < 4; i++) {
        values[n] = place.part[i];
        values[4 + n++] = parent.part[i];
    }
    n = 8;
    for (int i = 0; i < PCI_NUMBERS; i++) {
        int rc = attr_u64(fd, pci_id_files[i].file, &id[i]);

        if (rc == 0 && id[i] > UINT32_MAX)
            rc = -ERANGE;
        if (rc == -ENOENT || rc == -ENODEV)
            return; /* it is being taken away */
        if (rc) {
            note(o, name, pci_id_files[i].file);
            return;
        }
        snprintf(text[i], sizeof(text[i]), "0x%0*llx", pci_id_files[i].digits,
                 (unsigned long long)id[i]);
        values[n++] = text[i];
    }
    if (with_names) {
        pci_names_find(&o->pci->names, id, text, names, unknown);
        for (int i = 0; i < PCI_NAMES; i++)
            values[n++] = names[i];
    }
    promc_emit(o->info, (promc_labels){ values, n }, 1);
    pci_values(o, fd, name, &place);
}

static void pci_begin(struct pci_out *o, promc_emitter *out)
{
    promc_labels place = PROMC_LABELS("segment", "bus", "device", "function");
    promc_labels info = PROMC_LABELS(
        "segment", "bus", "device", "function", "parent_segment", "parent_bus",
        "parent_device", "parent_function", "class_id", "vendor_id", "device_id",
        "subsystem_vendor_id", "subsystem_device_id", "revision", "vendor_name",
        "device_name", "subsystem_vendor_name", "subsystem_device_name", "class_name");

    if (!with_names)
        info.n -= PCI_NAMES;
    o->info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_pcidevice_info",
                                "What the device is; always 1.", info);
    for (size_t i = 0; i < PCI_GAUGES; i++)
        o->gauges[i] = promc_emit_family(out, PROMC_TYPE_GAUGE, pci_gauges[i].name,
                                         pci_gauges[i].help, place);
    o->numa_node = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_pcidevice_numa_node",
                                     "NUMA node that the device is near to.", place);
    o->power_state =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_pcidevice_power_state",
                          "Whether the device is in this power state.",
                          PROMC_LABELS("segment", "bus", "device", "function", "state"));
}

static int pci_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct pci *p = priv;
    struct pci_out o = { .pci = p, .sysfs = ctx->paths.sysfs, .err = err };
    int rc;

    pci_begin(&o, out);
    rc = dirwalk_class(&p->walk, ctx->paths.sysfs, PCI_DIR, "", pci_device, &o, err);
    return rc ? rc : o.rc;
}

static void pci_fini(void *priv)
{
    struct pci *p = priv;

    dirwalk_free(&p->walk);
    pci_names_free(&p->names);
    free(p);
}

static int pci_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct pci *p = calloc(1, sizeof(*p));

    (void)ctx;
    if (!p)
        return node_fail(err, -ENOMEM, "out of memory");
    if (with_names && pci_names_load(&p->names, pci_ids_path) != 0) {
        pci_fini(p);
        return node_fail(err, -ENOMEM, "out of memory");
    }
    *priv = p;
    return 0;
}

const struct node_collector node_pcidevice_collector = {
    .name = "pcidevice",
    .help = "PCI devices, their links and their power states.",
    .flags = pci_flags,
    .init = pci_init,
    .collect = pci_collect,
    .fini = pci_fini,
};
