/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meminfo_line.h - lines of meminfo, that of the system and those of NUMA nodes.
 */
#ifndef NODE_COLLECTORS_MEMINFO_LINE_H
#define NODE_COLLECTORS_MEMINFO_LINE_H

#include "node/metricname.h"

struct meminfo_line {
    struct span name; /* without the colon */
    double value;     /* bytes, or what the kernel counts */
    int in_kb;        /* the line said kB */
};

/* Read "Name:  12345 kB" or "Name:  12345". Returns 1; 0 for a blank line; -EINVAL. */
int meminfo_line_parse(struct span line, struct meminfo_line *m);

/* The name of the metric for a field that no table knows: Active(anon) is Active_anon. NULL:
 * too long. */
const char *meminfo_line_metric(char buf[METRIC_NAME_SIZE], const char *prefix,
                                struct span name, const char *suffix);

#endif /* NODE_COLLECTORS_MEMINFO_LINE_H */
