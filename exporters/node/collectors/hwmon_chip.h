/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_chip.h - what a chip with sensors is called in metrics.
 *
 * The numbers of hwmon0, hwmon1 ... depend on the order in which drivers were loaded. So a chip
 * goes by the device it sits on, or else by what its driver calls it. Several on one device are
 * told apart by their drivers' names, or else by their numbers after all.
 */
#ifndef NODE_COLLECTORS_HWMON_CHIP_H
#define NODE_COLLECTORS_HWMON_CHIP_H

#include "node/attr.h"
#include "node/collectors/hwmon_layout.h"

#define HWMON_CHIP_SIZE 1024

/* Find the names of the chip SYSFS/class/hwmon/DIR, which is open as fd: base, and driver, ""
 * when it has none. Returns 0, or -ENOENT when base cannot be made. */
int hwmon_chip_names(const char *sysfs, int fd, const char *dir,
                     char base[HWMON_CHIP_SIZE], char driver[ATTR_TEXT_SIZE]);

/* What chip i of n is called, with regard to the others. Returns label. */
char *hwmon_chip_label(const struct hwmon_chip *chips, size_t n, size_t i,
                       char label[HWMON_CHIP_SIZE]);

#endif /* NODE_COLLECTORS_HWMON_CHIP_H */
