/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_name.h - what the name of a sensor's file says, and the metric it becomes.
 *
 * The kernel names them TYPE NUMBER _ PROPERTY: temp1_crit_alarm is a property of the sensor
 * temp1. Some have no number (then it counts as 0), some no property.
 */
#ifndef NODE_COLLECTORS_HWMON_NAME_H
#define NODE_COLLECTORS_HWMON_NAME_H

#include <promc/promc.h>

/* What is done with the content of a file. */
enum hwmon_kind {
    HWMON_NOTHING,
    HWMON_LABEL, /* the sensor's name */
    HWMON_FLAG,  /* 1 when it says so, otherwise 0 */
    HWMON_PLAIN,
    HWMON_MILLI, /* thousandths of the unit */
    HWMON_MICRO, /* millionths of the unit */
    HWMON_FREQ   /* Hz, shown as MHz and under the sensor's label in place of its name */
};

struct hwmon_type {
    const char *name;
    const char *help;
};

struct hwmon_name {
    const struct hwmon_type *type;
    unsigned number;
    const char *property; /* "" when there is none; a part of the file's name */
};

struct hwmon_metric {
    enum hwmon_kind kind;
    promc_type type;
    char name[320];
};

/* Returns 1, or 0 for files that are no sensor's. */
int hwmon_name_parse(const char *file, struct hwmon_name *n);

/* By sensor, and within one its label first. */
int hwmon_name_compare(const struct hwmon_name *a, const struct hwmon_name *b);

/* The metric that a file becomes; m->kind is HWMON_NOTHING when it becomes none. has_bare: the
 * sensor has a file without a property, which then is the value, and not the input. */
void hwmon_name_metric(const struct hwmon_name *n, int has_bare, struct hwmon_metric *m);

/* In lower case, with _ for all but ASCII letters, digits, _ and colons, and none of it at
 * the ends. What does not fit is cut off. Returns buf. */
char *hwmon_clean(const char *text, char *buf, size_t size);

#endif /* NODE_COLLECTORS_HWMON_NAME_H */
