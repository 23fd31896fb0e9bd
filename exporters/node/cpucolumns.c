/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpucolumns.c - files of procfs that have a column per CPU under a line of headings.
 */
#include "config.h"

#include "node/cpucolumns.h"

#include <errno.h>
#include <stdlib.h>

void cpu_columns_free(struct cpu_columns *c)
{
    free(c->cpu);
    free(c->values);
    *c = (struct cpu_columns){ 0 };
}

static int reserve(struct cpu_columns *c, size_t n)
{
    void *p;

    if (n <= c->cap)
        return 0;
    p = realloc(c->cpu, n * sizeof(*c->cpu));
    if (!p)
        return -ENOMEM;
    c->cpu = p;
    p = realloc(c->values, n * sizeof(*c->values));
    if (!p)
        return -ENOMEM;
    c->values = p;
    c->cap = n;
    return 0;
}

int cpu_columns_head(struct cpu_columns *c, struct span line)
{
    size_t n = scan_fields(line, NULL, 0);
    struct span field;

    c->n = 0;
    if (n == 0)
        return -EINVAL;
    if (reserve(c, n) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < n && scan_field(&line, &field); i++) {
        uint64_t v;

        if (!span_begins(field, "CPU") || field.n - 3 >= sizeof(c->cpu[i]))
            return -EINVAL;
        field = span_of(field.p + 3, field.n - 3);
        if (scan_u64(field, &v) != 0)
            return -EINVAL;
        span_copy(field, c->cpu[i], sizeof(c->cpu[i]));
    }
    c->n = n;
    return 0;
}

int cpu_columns_line(struct cpu_columns *c, struct span line, struct span *name,
                     struct span *text)
{
    if (!scan_until(&line, ':', name))
        return -EINVAL;
    *name = span_trim(*name);
    if (scan_fields(line, NULL, 0) < c->n)
        return 0;
    for (size_t i = 0; i < c->n; i++) {
        struct span field;

        if (!scan_field(&line, &field) || scan_u64(field, &c->values[i]) != 0)
            return -EINVAL;
    }
    *text = span_trim(line);
    return 1;
}
