/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attr.c - directories of small files with one value each.
 */
#include "config.h"

#include "node/attr.h"

#include "common/readfile.h"

int attr_u64(int dirfd, const char *name, uint64_t *v)
{
    char text[ATTR_TEXT_SIZE];
    ssize_t n = read_value_at(dirfd, name, text, sizeof(text));

    return n < 0 ? (int)n : scan_any_u64(span_of(text, (size_t)n), v);
}

int attr_i64(int dirfd, const char *name, int64_t *v)
{
    char text[ATTR_TEXT_SIZE];
    ssize_t n = read_value_at(dirfd, name, text, sizeof(text));

    return n < 0 ? (int)n : scan_any_i64(span_of(text, (size_t)n), v);
}

int attr_hex(int dirfd, const char *name, uint64_t *v)
{
    char text[ATTR_TEXT_SIZE];
    ssize_t n = read_value_at(dirfd, name, text, sizeof(text));
    struct span s;

    if (n < 0)
        return (int)n;
    s = span_of(text, (size_t)n);
    if (span_begins(s, "0x") || span_begins(s, "0X"))
        s = span_of(s.p + 2, s.n - 2);
    return scan_hex(s, v);
}

const char *attr_text(int dirfd, const char *name, char text[ATTR_TEXT_SIZE])
{
    if (read_value_at(dirfd, name, text, ATTR_TEXT_SIZE) < 0)
        text[0] = '\0';
    return text;
}

void attr_begin(promc_emitter *out, const struct attr *table, size_t n,
                promc_labels labels, promc_samples **families)
{
    for (size_t i = 0; i < n; i++)
        families[i] =
            promc_emit_family(out, table[i].type, table[i].name, table[i].help, labels);
}

static double scaled(const struct attr *a, double v)
{
    if (a->times != 0)
        v *= a->times;
    if (a->by != 0)
        v /= a->by;
    return v;
}

size_t attr_emit(int dirfd, const struct attr *table, size_t n,
                 promc_samples *const *families, promc_labels values)
{
    size_t shown = 0;

    for (size_t i = 0; i < n; i++) {
        char text[ATTR_TEXT_SIZE];
        ssize_t len = read_value_at(dirfd, table[i].file, text, sizeof(text));
        uint64_t u;
        int64_t v;

        if (len < 0)
            continue;
        /* Unsigned first: counters use all 64 bits, and few values are negative. */
        if (scan_any_u64(span_of(text, (size_t)len), &u) == 0)
            promc_emit(families[i], values, scaled(&table[i], (double)u));
        else if (table[i].type != PROMC_TYPE_COUNTER &&
                 scan_any_i64(span_of(text, (size_t)len), &v) == 0)
            promc_emit(families[i], values, scaled(&table[i], (double)v));
        else
            continue;
        shown++;
    }
    return shown;
}
