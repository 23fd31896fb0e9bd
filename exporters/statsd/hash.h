/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - the hash of this program's tables: keyed, so that a sender cannot choose names
 * that fall into one place, and fast on the short byte strings StatsD is made of.
 */
#ifndef STATSD_HASH_H
#define STATSD_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two random numbers, drawn once per process. */
struct hash_key {
    uint64_t a, b;
};

/* Fold the 128-bit product: every bit of both factors reaches every bit of the result. */
static inline uint64_t hash_mix(uint64_t x, uint64_t y)
{
    unsigned __int128 m = (unsigned __int128)x * y;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t hash_read(const char *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

/* h: the hash so far, or any start value. Sixteen bytes a step; the length goes in as
 * well, so that "ab" + "c" and "a" + "bc" differ. */
static inline uint64_t hash_bytes(const struct hash_key *k, uint64_t h, const char *p,
                                  size_t n)
{
    uint64_t x, y;

    h ^= k->a + n;
    for (; n > 16; n -= 16, p += 16)
        h = hash_mix(hash_read(p, 8) ^ k->b, hash_read(p + 8, 8) ^ h);
    if (n >= 8) { /* 8..16: two words that overlap */
        x = hash_read(p, 8);
        y = hash_read(p + n - 8, 8);
    } else if (n >= 4) {
        x = hash_read(p, 4);
        y = hash_read(p + n - 4, 4);
    } else {
        x = n > 0 ? (uint64_t)(unsigned char)p[0] << 16 |
                        (uint64_t)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1]
                  : 0;
        y = 0;
    }
    return hash_mix(x ^ k->b ^ 0x9e3779b97f4a7c15u, y ^ h);
}

#endif /* STATSD_HASH_H */
