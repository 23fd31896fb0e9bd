/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.h - what the number code shares with the rest of libpromc and between its files.
 */
#ifndef PROMC_NUMBER_H
#define PROMC_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Longest text of promc__u64_format(); it writes no NUL. */
#define PROMC__U64_SIZE 20

/* Plain decimal digits of @v. Returns their number. */
size_t promc__u64_format(uint64_t v, char *buf);

/* As promc_number_format(), in the form OpenMetrics wants for le and quantile: a finite
 * number always shows a point or an exponent ("1.0", "1e+06"). @buf: PROMC_NUMBER_SIZE
 * bytes. */
size_t promc__number_format_om(double v, char *buf);

/* The two words of a 128-bit integer. */
struct promc__u128 {
    uint64_t hi;
    uint64_t lo;
};

/* promc__pow10[q - FIRST]: the leading 128 bits of 10^q, cut, top bit set. Exact for q
 * from 0 to 55; otherwise the true value is less than one unit higher. */
#define PROMC__POW10_FIRST (-342)
#define PROMC__POW10_LAST 324
#define PROMC__POW10_LAST_EXACT 55
extern const struct promc__u128 promc__pow10[PROMC__POW10_LAST - PROMC__POW10_FIRST + 1];

/* floor(log2(10^q)) for every q of the table. The shift of a negative number rounds down
 * with every compiler we know, and the unit tests would notice one where it does not. */
static inline int promc__log2_pow10(int q)
{
    return (q * 1741647) >> 19;
}

static inline struct promc__u128 promc__mul64(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ unsigned __int128 p = (unsigned __int128)a * b;
    return (struct promc__u128){ (uint64_t)(p >> 64), (uint64_t)p };
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0;
    uint64_t mid = a1 * b0 + (low >> 32);
    uint64_t mid2 = a0 * b1 + (uint32_t)mid;
    return (struct promc__u128){ a1 * b1 + (mid >> 32) + (mid2 >> 32),
                                 (mid2 << 32) | (uint32_t)low };
#endif
}

#endif /* PROMC_NUMBER_H */
