/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.c - numbers to text: the shortest digits that read back as the same double,
 * without locale. The digits are found by Schubfach (Raffaello Giulietti, "The Schubfach
 * way to render doubles", 2020): scale the double and the ends of its rounding interval
 * by one power of ten, so that the interval holds at least one and at most ten integers,
 * and pick among them.
 */
#include "config.h"
#include "number.h"

#include <string.h>

#include "promc/promc.h"

#define FRACTION_BITS 52
#define EXPONENT_MASK 0x7FF
#define EXPONENT_BIAS (1023 + FRACTION_BITS)

/* Plain notation from 1e-4 up to, but not including, 1e6. */
#define MIN_PLAIN_EXPONENT (-4)
#define MAX_PLAIN_EXPONENT 5
#define PLAIN_LIMIT 1e6

struct decimal {
    uint64_t digits; /* value: digits * 10^exponent */
    int exponent;
};

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

static unsigned count_digits(uint64_t v)
{
    static const uint64_t powers[] = { 0,
                                       10,
                                       100,
                                       1000,
                                       10000,
                                       100000,
                                       1000000,
                                       10000000,
                                       100000000,
                                       1000000000,
                                       10000000000,
                                       100000000000,
                                       1000000000000,
                                       10000000000000,
                                       100000000000000,
                                       1000000000000000,
                                       10000000000000000,
                                       100000000000000000,
                                       1000000000000000000,
                                       10000000000000000000u };
    /* 1233 / 4096 is just above log10(2): one short of the answer, or the answer. */
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    unsigned n = bits * 1233 >> 12;
    return n + (v >= powers[n]);
}

size_t promc__u64_format(uint64_t v, char *buf)
{
    size_t len = v < 10 ? 1 : count_digits(v);
    char *p = buf + len;

    while (v >= 100) {
        p -= 2;
        memcpy(p, digit_pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10)
        memcpy(p - 2, digit_pairs + v * 2, 2);
    else
        p[-1] = (char)('0' + v);
    return len;
}

/* The upper word of g * x / 2^64, its last bit set when anything below it was lost:
 * enough to compare with integers exactly. */
static uint64_t multiply_to_odd(struct promc__u128 g, uint64_t x)
{
    struct promc__u128 low = promc__mul64(g.lo, x);
    struct promc__u128 high = promc__mul64(g.hi, x);
    uint64_t middle = high.lo + low.hi;

    high.hi += middle < high.lo;
    return high.hi | (middle > 1);
}

/* The shortest decimal in the rounding interval of a positive finite double, and of those
 * the one nearest to it. May end in zeros. */
static struct decimal shortest(uint64_t bits)
{
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    int biased = (int)(bits >> FRACTION_BITS);
    uint64_t c = biased ? fraction | (uint64_t)1 << FRACTION_BITS : fraction;
    int q = (biased ? biased : 1) - EXPONENT_BIAS;
    /* The neighbour below a power of two is only half as far away as the one above. */
    int uneven = fraction == 0 && biased > 1;
    int odd = c & 1; /* the ends of the interval belong to it only when c is even */
    struct promc__u128 g;
    uint64_t low, mid, high, s, t;
    int k, shift;

    if (q <= 0 && q > -FRACTION_BITS - 1 && (c & (((uint64_t)1 << -q) - 1)) == 0)
        return (struct decimal){ c >> -q, 0 };

    /* 10^k: the largest power not above the width of the interval. The constants are
     * log10(2) and log10(4/3), times 2^22. */
    k = (q * 1262611 - (uneven ? 524031 : 0)) >> 22;
    g = promc__pow10[-k - PROMC__POW10_FIRST];
    if (-k < 0 || -k > PROMC__POW10_LAST_EXACT)
        g.lo++; /* the method wants the power rounded up */
    shift = q + promc__log2_pow10(-k) + 1;

    /* All in quarters, so that the ends of the interval are integers. */
    low = multiply_to_odd(g, (4 * c - 2 + (uint64_t)uneven) << shift) + (uint64_t)odd;
    mid = multiply_to_odd(g, 4 * c << shift);
    high = multiply_to_odd(g, (4 * c + 2) << shift) - (uint64_t)odd;

    /* One digit fewer, if just one such number is inside. */
    s = mid / 4;
    t = s / 10;
    if (s >= 10) {
        int below = low <= 40 * t;
        int above = 40 * t + 40 <= high;
        if (below != above)
            return (struct decimal){ t + (uint64_t)above, k + 1 };
    }
    if ((low <= 4 * s) != (4 * s + 4 <= high))
        return (struct decimal){ s + (4 * s + 4 <= high), k };
    /* Both inside: the nearer one, or the even one of two equally near. */
    return (struct decimal){ s + (mid > 4 * s + 2 || (mid == 4 * s + 2 && (s & 1))), k };
}

static char *write_exponent(char *p, int exponent)
{
    unsigned e = (unsigned)(exponent < 0 ? -exponent : exponent);

    *p++ = 'e';
    *p++ = exponent < 0 ? '-' : '+';
    if (e >= 100) {
        *p++ = (char)('0' + e / 100);
        e %= 100;
    }
    memcpy(p, digit_pairs + (size_t)e * 2, 2);
    return p + 2;
}

static char *write_decimal(char *p, struct decimal d)
{
    char digits[PROMC__U64_SIZE];
    size_t n = promc__u64_format(d.digits, digits);
    int exponent = (int)n - 1 + d.exponent; /* of the first digit */
    size_t whole;

    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (exponent < MIN_PLAIN_EXPONENT || exponent > MAX_PLAIN_EXPONENT) {
        *p++ = digits[0];
        if (n > 1) {
            *p++ = '.';
            memcpy(p, digits + 1, n - 1);
            p += n - 1;
        }
        return write_exponent(p, exponent);
    }
    if (exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (; exponent < -1; exponent++)
            *p++ = '0';
        memcpy(p, digits, n);
        return p + n;
    }
    whole = (size_t)exponent + 1;
    if (n <= whole) {
        memcpy(p, digits, n);
        memset(p + n, '0', whole - n);
        return p + whole;
    }
    memcpy(p, digits, whole);
    p[whole] = '.';
    memcpy(p + whole + 1, digits + whole, n - whole);
    return p + n + 1;
}

size_t promc_number_format(double v, char *buf)
{
    uint64_t bits;
    char *p = buf;

    memcpy(&bits, &v, sizeof bits);
    if ((bits >> FRACTION_BITS & EXPONENT_MASK) == EXPONENT_MASK) {
        const char *text = v > 0 ? "+Inf" : v < 0 ? "-Inf" : "NaN";
        size_t len = strlen(text);
        memcpy(buf, text, len + 1);
        return len;
    }
    if (bits >> 63) {
        *p++ = '-';
        bits &= ~((uint64_t)1 << 63);
        v = -v;
    }
    /* Most values in a scrape are small whole numbers. */
    if (v < PLAIN_LIMIT && (double)(uint32_t)v == v)
        p += promc__u64_format((uint32_t)v, p);
    else
        p = write_decimal(p, shortest(bits));
    *p = '\0';
    return (size_t)(p - buf);
}

size_t promc__number_format_om(double v, char *buf)
{
    size_t len = promc_number_format(v, buf);
    char last = buf[len - 1];

    if (last == 'f' || last == 'N' || memchr(buf, '.', len) || memchr(buf, 'e', len))
        return len;
    memcpy(buf + len, ".0", 3);
    return len + 2;
}
