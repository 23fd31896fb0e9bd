/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpulist.h - lists of CPUs as the kernel writes them: 0-3,8,10-11
 */
#ifndef NODE_CPULIST_H
#define NODE_CPULIST_H

#include "node/scan.h"

/* More CPUs than any kernel supports; a list that names a higher one is refused, so that
 * walking a range has an end. */
#define CPULIST_MAX 65536

/* Take the next range off the front of *list (trimmed text). Returns 1; 0 at the end;
 * -EINVAL for what is no range. */
int cpulist_next(struct span *list, unsigned *first, unsigned *last);

/* 1 when the list names the CPU. */
int cpulist_has(struct span list, unsigned cpu);

#endif /* NODE_CPULIST_H */
