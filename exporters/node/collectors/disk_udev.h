/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_udev.h - what udev's database knows of a block device.
 * Part of the diskstats collector.
 */
#ifndef NODE_COLLECTORS_DISK_UDEV_H
#define NODE_COLLECTORS_DISK_UDEV_H

#include <stddef.h>

/* Properties; "" when udev does not have one. */
struct disk_udev {
    const char *path, *wwn, *model, *revision;
    const char *scsi_serial, *short_serial, *id_serial;
    const char *fs_type, *fs_usage, *fs_uuid, *fs_version;
    const char *dm_name, *dm_uuid, *dm_vg, *dm_lv, *dm_layer;
    const char *ata, *ata_cache, *ata_cache_on, *ata_rpm;
};

/* Read a database file. The strings point into text, whose newlines become NULs and which
 * must end with a NUL at text[len]. No text: all properties are "". */
void disk_udev_parse(char *text, size_t len, struct disk_udev *u);

/* The serial number as printed on the disk, as far as it is known. */
const char *disk_udev_serial(const struct disk_udev *u);

#endif /* NODE_COLLECTORS_DISK_UDEV_H */
