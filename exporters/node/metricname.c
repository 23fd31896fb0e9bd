/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metricname.c - names of metrics that are made from names the kernel uses.
 */
#include "config.h"

#include "node/metricname.h"

#include <string.h>

static int is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int is_foreign(char c)
{
    return !is_word(c) && c != '_';
}

const char *metric_name(char buf[METRIC_NAME_SIZE], const char *prefix, struct span name,
                        const char *suffix)
{
    size_t before = strlen(prefix), behind = strlen(suffix), at = before, i = 0;

    /* Nothing gets longer, so this is enough to know. */
    if (before + name.n + behind >= METRIC_NAME_SIZE)
        return NULL;
    memcpy(buf, prefix, before);
    while (i < name.n) {
        size_t from = i;

        while (i < name.n && name.p[i] == '_')
            i++;
        if (i < name.n && is_foreign(name.p[i])) {
            while (i < name.n && is_foreign(name.p[i]))
                i++;
            while (i < name.n && name.p[i] == '_')
                i++;
            buf[at++] = '_';
            continue;
        }
        while (i < name.n && is_word(name.p[i]))
            i++;
        memcpy(buf + at, name.p + from, i - from);
        at += i - from;
    }
    memcpy(buf + at, suffix, behind + 1);
    return buf;
}
