/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_chip.c - what a chip with sensors is called in metrics.
 */
#include "config.h"

#include "node/collectors/hwmon_chip.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cut the last part off a path. Returns it, "" when there is none. */
static const char *cut_last(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash)
        return "";
    *slash = '\0';
    return slash + 1;
}

/* The last two parts of where SYSFS/class/hwmon/DIR/NAME really is; "" for those that are not
 * there. Sysfs has the kind of a device, or the bus, above it. */
static void real_names(const char *sysfs, const char *dir, const char *name,
                       char last[NAME_MAX + 1], char above[NAME_MAX + 1])
{
    char path[PATH_MAX], real[PATH_MAX];

    last[0] = above[0] = '\0';
    if (snprintf(path, sizeof(path), "%s/" HWMON_DIR "/%s/%s", sysfs, dir, name) >=
            (int)sizeof(path) ||
        !realpath(path, real))
        return;
    hwmon_clean(cut_last(real), last, NAME_MAX + 1);
    hwmon_clean(cut_last(real), above, NAME_MAX + 1);
}

int hwmon_chip_names(const char *sysfs, int fd, const char *dir,
                     char base[HWMON_CHIP_SIZE], char driver[ATTR_TEXT_SIZE])
{
    char last[NAME_MAX + 1], above[NAME_MAX + 1];

    attr_text(fd, "name", driver);
    real_names(sysfs, dir, "device", last, above);
    if (last[0]) {
        snprintf(base, HWMON_CHIP_SIZE, "%s%s%s", above, above[0] ? "_" : "", last);
        return 0;
    }
    if (hwmon_clean(driver, base, HWMON_CHIP_SIZE)[0])
        return 0;
    real_names(sysfs, dir, ".", last, above);
    snprintf(base, HWMON_CHIP_SIZE, "%s", last);
    return last[0] ? 0 : -ENOENT;
}

char *hwmon_chip_label(const struct hwmon_chip *chips, size_t n, size_t i,
                       char label[HWMON_CHIP_SIZE])
{
    size_t same_base = 0, same_driver = 0;
    char suffix[NAME_MAX + 1], other[NAME_MAX + 1];

    hwmon_clean(chips[i].driver, suffix, sizeof(suffix));
    for (size_t k = 0; k < n; k++) {
        if (strcmp(chips[k].base, chips[i].base) != 0)
            continue;
        same_base++;
        same_driver +=
            strcmp(hwmon_clean(chips[k].driver, other, sizeof(other)), suffix) == 0;
    }
    snprintf(label, HWMON_CHIP_SIZE, "%s", chips[i].base);
    if (same_base == 1)
        return label;
    if (same_driver > 1 || !suffix[0])
        hwmon_clean(chips[i].dir, suffix, sizeof(suffix));
    snprintf(label, HWMON_CHIP_SIZE, "%.*s_%s", HWMON_CHIP_SIZE - NAME_MAX - 2,
             chips[i].base, suffix);
    return label;
}
