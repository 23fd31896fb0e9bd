/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dmi.c - what the firmware says about the machine, its mainboard and its chassis.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/dirlist.h"
#include "node/fail.h"

static const struct {
    const char *label;
    const char *file; /* NULL: named as the label */
} dmi_fields[] = {
    { "bios_date", NULL },       { "bios_release", NULL },
    { "bios_vendor", NULL },     { "bios_version", NULL },
    { "board_asset_tag", NULL }, { "board_name", NULL },
    { "board_serial", NULL },    { "board_vendor", NULL },
    { "board_version", NULL },   { "chassis_asset_tag", NULL },
    { "chassis_serial", NULL },  { "chassis_vendor", NULL },
    { "chassis_version", NULL }, { "product_family", NULL },
    { "product_name", NULL },    { "product_serial", NULL },
    { "product_sku", NULL },     { "product_uuid", NULL },
    { "product_version", NULL }, { "system_vendor", "sys_vendor" },
};
#define DMI_FIELDS (sizeof(dmi_fields) / sizeof(dmi_fields[0]))

/* Nothing of this changes before the next boot, so it is read once. */
struct dmi {
    size_t n; /* fields that are there and may be read: serial numbers only by root */
    const char *labels[DMI_FIELDS];
    const char *values[DMI_FIELDS];
    char text[DMI_FIELDS][ATTR_TEXT_SIZE];
};

static int dmi_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct dmi *d = calloc(1, sizeof(*d));
    int fd;

    if (!d)
        return node_fail(err, -ENOMEM, "out of memory");
    *priv = d;
    fd = dirlist_open(ctx->paths.sysfs, "class/dmi/id");
    if (fd < 0)
        return 0; /* a machine without it */
    for (size_t i = 0; i < DMI_FIELDS; i++) {
        const char *file = dmi_fields[i].file ? dmi_fields[i].file : dmi_fields[i].label;

        if (read_value_at(fd, file, d->text[d->n], ATTR_TEXT_SIZE) < 0)
            continue;
        d->labels[d->n] = dmi_fields[i].label;
        d->values[d->n] = d->text[d->n];
        d->n++;
    }
    close(fd);
    return 0;
}

static int dmi_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    const struct dmi *d = priv;

    if (d->n == 0) {
        node_fail_read(err, -ENOENT, ctx->paths.sysfs, "class/dmi/id");
        return NODE_NODATA;
    }
    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, "node_dmi_info",
                                 "What the firmware says about the machine; always 1.",
                                 (promc_labels){ d->labels, d->n }),
               (promc_labels){ d->values, d->n }, 1);
    return 0;
}

const struct node_collector node_dmi_collector = {
    .name = "dmi",
    .help = "Maker, model and serial numbers of the machine.",
    .default_on = 1,
    .init = dmi_init,
    .collect = dmi_collect,
    .fini = free,
};
