/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_layout.h - which chips and sensors there are, which of their files are read, and what
 * is shown of them.
 *
 * All this follows from names and links alone, which hardly ever change; so it is worked out
 * once and kept until one does.
 */
#ifndef NODE_COLLECTORS_HWMON_LAYOUT_H
#define NODE_COLLECTORS_HWMON_LAYOUT_H

#include "common/filter.h"
#include "node/arena.h"
#include "node/collectors/hwmon_name.h"
#include "node/dirwalk.h"

#define HWMON_DIR "class/hwmon"

struct hwmon_family {
    struct hwmon_family *next;
    const char *name;
    const char *help;
    promc_type type;
    promc_samples *samples; /* of this scrape */
};

struct hwmon_file {
    enum hwmon_kind kind;
    const char *path;            /* from the chip's directory */
    const char *sensor;          /* the same pointer for all files of a sensor */
    struct hwmon_family *family; /* NULL for labels */
    int again; /* stands for the file before it, should that not be readable */
};

struct hwmon_chip {
    const char *dir;    /* hwmon3 */
    const char *base;   /* named by its device */
    const char *driver; /* named by its driver; "": it does not */
    const char *label;  /* what it is called in metrics; NULL: filtered out */
    struct hwmon_file *files;
    size_t n;
};

struct hwmon_layout {
    struct filter *chip_filter;
    struct filter *sensor_filter;
    struct hwmon_chip *chips;
    size_t n, cap;
    struct hwmon_family *families;

    uint64_t seen; /* of what it was made; 0: of nothing */
    struct arena memory;
    struct dirwalk walk;
    struct dirlist list;
};
void hwmon_layout_free(struct hwmon_layout *l);

/* Look whether something has changed, and if so, make it anew. Returns 0, NODE_NODATA when the
 * kernel has no such directory, or -errno with *err filled. */
int hwmon_layout_update(struct hwmon_layout *l, const char *sysfs, promc_error *err);

#endif /* NODE_COLLECTORS_HWMON_LAYOUT_H */
