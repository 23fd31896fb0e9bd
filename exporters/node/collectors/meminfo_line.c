/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meminfo_line.c - lines of meminfo, that of the system and those of NUMA nodes.
 */
#include "config.h"

#include "node/collectors/meminfo_line.h"

#include <errno.h>

int meminfo_line_parse(struct span line, struct meminfo_line *m)
{
    struct span f[4];
    size_t n = scan_fields(line, f, 4);
    uint64_t v;

    if (n == 0)
        return 0;
    if ((n != 2 && n != 3) || f[0].p[f[0].n - 1] != ':' || scan_u64(f[1], &v) < 0 ||
        (n == 3 && !span_is(f[2], "kB")))
        return -EINVAL;
    m->name = span_of(f[0].p, f[0].n - 1);
    m->in_kb = n == 3;
    m->value = m->in_kb ? (double)v * 1024 : (double)v;
    return 1;
}

const char *meminfo_line_metric(char buf[METRIC_NAME_SIZE], const char *prefix,
                                struct span name, const char *suffix)
{
    if (name.n > 0 && name.p[name.n - 1] == ')')
        name.n--;
    return metric_name(buf, prefix, name, suffix);
}
