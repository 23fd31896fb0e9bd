/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native_limit.c - keeping native buckets to their number, and adding tables up.
 *
 * Both write a table anew instead of changing it, so that nothing is lost where a fork() or the
 * end of a process cuts them short.
 */
#include "config.h"
#include "native.h"

static int schema_of_table(promc__word *table)
{
    return PROMC__NATIVE_FINEST - (int)promc__get(&table[PROMC__NATIVE_SHIFT]);
}

/* Add the bucket @id of a table @from to @table, which is not finer. What the zero bucket covers
 * is decided by the bounds it has in @from. */
static void add(const struct promc__native_rules *r, promc__word *table,
                promc__word *from, uint64_t id, uint64_t n)
{
    double zero = promc__as_double(promc__get(&table[PROMC__NATIVE_ZERO]));
    promc__word *count = &table[PROMC__NATIVE_ZERO_COUNT];
    int number = promc__native_number_of(id);

    if (promc__native_le(number, schema_of_table(from)) > zero) {
        number =
            promc__native_coarser(number, promc__get(&table[PROMC__NATIVE_SHIFT]) -
                                              promc__get(&from[PROMC__NATIVE_SHIFT]));
        count = promc__native_entry(r, table,
                                    (id & PROMC__NATIVE_SIGN) |
                                        (uint32_t)(number + PROMC__NATIVE_BIAS));
    }
    promc__put(count, promc__get(count) + n);
}

/* Write @from to @to, with a resolution or a zero bucket that is coarser. */
static void rewrite(const struct promc__native_rules *r, promc__word *from,
                    promc__word *to, uint64_t shift, uint64_t zero)
{
    promc__native_clear(r, to);
    promc__put(&to[PROMC__NATIVE_SHIFT], shift);
    promc__put(&to[PROMC__NATIVE_ZERO], zero);
    promc__put(&to[PROMC__NATIVE_ZERO_COUNT],
               promc__get(&from[PROMC__NATIVE_ZERO_COUNT]));
    for (uint32_t i = PROMC__NATIVE_ENTRIES; i < promc__native_words(r); i += 2)
        if (promc__get(&from[i]) != 0)
            add(r, to, from, promc__get(&from[i]), promc__get(&from[i + 1]));
}

static int smallest_number(const struct promc__native_rules *r, promc__word *table)
{
    int smallest = PROMC__NATIVE_BIAS;

    for (uint32_t i = PROMC__NATIVE_ENTRIES; i < promc__native_words(r); i += 2) {
        uint64_t id = promc__get(&table[i]);

        if (id != 0 && promc__native_number_of(id) < smallest)
            smallest = promc__native_number_of(id);
    }
    return smallest;
}

promc__word *promc__native_reduce(const struct promc__native_rules *r, promc__word *table,
                                  promc__word *spare)
{
    while (promc__get(&table[PROMC__NATIVE_POPULATED]) > r->limit) {
        uint64_t shift = promc__get(&table[PROMC__NATIVE_SHIFT]);
        double nearest =
            promc__native_le(smallest_number(r, table), schema_of_table(table));
        promc__word *done = spare;

        if (nearest <= r->max_zero)
            rewrite(r, table, spare, shift, promc__as_bits(nearest));
        else if (schema_of_table(table) > PROMC__NATIVE_COARSEST)
            rewrite(r, table, spare, shift + 1, promc__get(&table[PROMC__NATIVE_ZERO]));
        else
            break;
        spare = table;
        table = done;
    }
    return table;
}

promc__word *promc__native_coarsen(const struct promc__native_rules *r,
                                   promc__word *table, promc__word *spare, uint64_t shift,
                                   uint64_t zero)
{
    uint64_t own_shift = promc__get(&table[PROMC__NATIVE_SHIFT]);
    uint64_t own_zero = promc__get(&table[PROMC__NATIVE_ZERO]);

    if (own_shift >= shift && own_zero >= zero)
        return table;
    rewrite(r, table, spare, own_shift > shift ? own_shift : shift,
            own_zero > zero ? own_zero : zero);
    return spare;
}

promc__word *promc__native_merge(const struct promc__native_rules *r, promc__word *table,
                                 promc__word *spare, promc__word *from)
{
    promc__word *const both[2] = { table, spare };

    table = promc__native_coarsen(r, table, spare, promc__get(&from[PROMC__NATIVE_SHIFT]),
                                  promc__get(&from[PROMC__NATIVE_ZERO]));
    promc__put(&table[PROMC__NATIVE_ZERO_COUNT],
               promc__get(&table[PROMC__NATIVE_ZERO_COUNT]) +
                   promc__get(&from[PROMC__NATIVE_ZERO_COUNT]));
    for (uint32_t i = PROMC__NATIVE_ENTRIES; i < promc__native_words(r); i += 2)
        if (promc__get(&from[i]) != 0) {
            add(r, table, from, promc__get(&from[i]), promc__get(&from[i + 1]));
            table = promc__native_reduce(r, table, table == both[0] ? both[1] : both[0]);
        }
    return table;
}
