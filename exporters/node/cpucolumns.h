/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpucolumns.h - files of procfs that have a column per CPU under a line of headings.
 */
#ifndef NODE_CPUCOLUMNS_H
#define NODE_CPUCOLUMNS_H

#include <stddef.h>

#include "node/scan.h"

/* Which CPU each column is of. Those that are off line have none, so the position does not
 * tell. Zero-initialise; cpu_columns_free() at the end. */
struct cpu_columns {
    char (*cpu)[12];  /* the numbers, as text */
    uint64_t *values; /* of the line read last */
    size_t n, cap;
};
void cpu_columns_free(struct cpu_columns *c);

/* Read the headings, "CPU0 CPU1 ...". Returns 0, -EINVAL or -ENOMEM, with n 0. */
int cpu_columns_head(struct cpu_columns *c, struct span line);

/* Read a line "NAME: number number ... text": the numbers to values, what is behind them to
 * *text. Returns 1; 0 when there are fewer fields than columns; -EINVAL. */
int cpu_columns_line(struct cpu_columns *c, struct span line, struct span *name,
                     struct span *text);

#endif /* NODE_CPUCOLUMNS_H */
