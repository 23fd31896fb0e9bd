/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpulist.c - lists of CPUs as the kernel writes them: 0-3,8,10-11
 */
#include "config.h"

#include "node/cpulist.h"

#include <errno.h>

int cpulist_next(struct span *list, unsigned *first, unsigned *last)
{
    struct span range, low;
    uint64_t a, b;

    if (list->n == 0)
        return 0;
    if (!scan_until(list, ',', &range)) {
        range = *list;
        *list = span_of(list->p + list->n, 0);
    }
    if (!scan_until(&range, '-', &low))
        low = range;
    if (scan_u64(low, &a) != 0 || scan_u64(range, &b) != 0 || a > b || b >= CPULIST_MAX)
        return -EINVAL;
    *first = (unsigned)a;
    *last = (unsigned)b;
    return 1;
}

int cpulist_has(struct span list, unsigned cpu)
{
    unsigned first, last;

    while (cpulist_next(&list, &first, &last) > 0) {
        if (cpu >= first && cpu <= last)
            return 1;
    }
    return 0;
}
