/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devfilter.h - which devices to show: a pattern to include or one to exclude, each of
 * which may have come by the name that its flag had once.
 */
#ifndef NODE_DEVFILTER_H
#define NODE_DEVFILTER_H

#include <promc/promc.h>

#include "common/filter.h"
#include "common/flags.h"

/* A flag and its old name, which is not in --help. Values: NULL until given. */
struct devfilter_flag {
    const char *name; /* with its dashes */
    const char *old_name;
    const char *help;
    const char *value;
    const char *old_value;
};

void devfilter_declare(struct flags *flags, struct devfilter_flag *f);

/* Make the filter. Both names of a flag, or both flags, are an error. Returns 0, or -errno
 * with *err filled. */
int devfilter_make(struct devfilter_flag *include, struct devfilter_flag *exclude,
                   struct filter **filter, promc_error *err);

#endif /* NODE_DEVFILTER_H */
