/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_udev.c - what udev's database knows of a block device.
 *
 * The database has a file per device; its lines of interest are E:KEY=VALUE.
 */
#include "config.h"

#include "node/collectors/disk_udev.h"

#include <string.h>

#include "node/scan.h"

static const struct {
    const char *key;
    size_t offset;
} disk_udev_keys[] = {
#define KEY(text, field)                                                                 \
    {                                                                                    \
        text, offsetof(struct disk_udev, field)                                          \
    }
    KEY("ID_PATH", path),
    KEY("ID_WWN", wwn),
    KEY("ID_MODEL", model),
    KEY("ID_REVISION", revision),
    KEY("SCSI_IDENT_SERIAL", scsi_serial),
    KEY("ID_SERIAL_SHORT", short_serial),
    KEY("ID_SERIAL", id_serial),
    KEY("ID_FS_TYPE", fs_type),
    KEY("ID_FS_USAGE", fs_usage),
    KEY("ID_FS_UUID", fs_uuid),
    KEY("ID_FS_VERSION", fs_version),
    KEY("DM_NAME", dm_name),
    KEY("DM_UUID", dm_uuid),
    KEY("DM_VG_NAME", dm_vg),
    KEY("DM_LV_NAME", dm_lv),
    KEY("DM_LV_LAYER", dm_layer),
    KEY("ID_ATA", ata),
    KEY("ID_ATA_WRITE_CACHE", ata_cache),
    KEY("ID_ATA_WRITE_CACHE_ENABLED", ata_cache_on),
    KEY("ID_ATA_ROTATION_RATE_RPM", ata_rpm),
#undef KEY
};
#define DISK_UDEV_KEYS (sizeof(disk_udev_keys) / sizeof(disk_udev_keys[0]))

static const char **property(struct disk_udev *u, size_t i)
{
    return (void *)((char *)u + disk_udev_keys[i].offset);
}

void disk_udev_parse(char *text, size_t len, struct disk_udev *u)
{
    struct span rest = span_of(text, len);
    struct span line, key;

    for (size_t i = 0; i < DISK_UDEV_KEYS; i++)
        *property(u, i) = "";
    while (scan_line(&rest, &line)) {
        if (!span_begins(line, "E:"))
            continue;
        line = span_of(line.p + 2, line.n - 2);
        if (!scan_until(&line, '=', &key))
            continue;
        for (size_t i = 0; i < DISK_UDEV_KEYS; i++) {
            if (span_is(key, disk_udev_keys[i].key)) {
                /* line is part of text and ends at its newline or final NUL. */
                text[(line.p - text) + (ptrdiff_t)line.n] = '\0';
                *property(u, i) = line.p;
                break;
            }
        }
    }
}

const char *disk_udev_serial(const struct disk_udev *u)
{
    if (u->scsi_serial[0])
        return u->scsi_serial;
    return u->short_serial[0] ? u->short_serial : u->id_serial;
}
