/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number_parse.c - text to the nearest double, without locale. Three steps, each for what
 * the one before cannot decide: exact arithmetic on small numbers (William Clinger), one
 * or two multiplications by a 128-bit power of ten (Michael Eisel, Daniel Lemire), and a
 * comparison of big integers when more than 19 digits straddle the middle between two
 * doubles.
 */
#include "config.h"
#include "number.h"

#include <errno.h>
#include <float.h>
#include <string.h>

#include "promc/promc.h"

#define FRACTION_BITS 52
#define HIDDEN_BIT ((uint64_t)1 << FRACTION_BITS)
#define INFINITE_BITS ((uint64_t)0x7FF << FRACTION_BITS)
#define MIN_EXPONENT (-1074) /* of the last bit of the smallest doubles */

/* What fits a 64-bit integer whatever the digits are. */
#define WORD_DIGITS 19
/* No middle between two doubles has more significant digits than 767; what follows one
 * more can only say "a little above". */
#define MAX_DIGITS 768
/* Written exponents stop counting here; no text is long enough to make up for more. */
#define EXPONENT_LIMIT ((int64_t)1 << 58)

/* A number as written: digits from the first that is not zero, a point perhaps among
 * them. */
struct literal {
    const char *digits; /* NULL: the value is zero */
    const char *end;    /* behind the last digit */
    uint64_t word;      /* the first 19 digits */
    int64_t exponent;   /* value: word * 10^exponent, plus the rest */
    int cut;            /* digits that are not zero follow the first 19 */
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Read digits and point. Returns where they end, NULL when there is no digit at all. */
static const char *scan_digits(const char *p, const char *end, struct literal *lit)
{
    int seen = 0, point = 0;
    unsigned n = 0;

    for (; p < end; p++) {
        if (*p == '.' && !point) {
            point = 1;
            continue;
        }
        if (!is_digit(*p))
            break;
        seen = 1;
        if (n == WORD_DIGITS) {
            lit->cut |= *p != '0';
            lit->exponent += !point;
            continue;
        }
        lit->exponent -= point;
        if (n == 0 && *p == '0')
            continue;
        if (n++ == 0)
            lit->digits = p;
        lit->word = lit->word * 10 + (uint64_t)(*p - '0');
    }
    lit->end = p;
    return seen ? p : NULL;
}

/* Read an exponent, if there is one, into @lit. Returns where it ends, NULL when it is
 * bad. */
static const char *scan_exponent(const char *p, const char *end, struct literal *lit)
{
    int64_t e = 0;
    int negative = 0;

    if (p == end || (*p | 0x20) != 'e')
        return p;
    p++;
    if (p < end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    if (p == end || !is_digit(*p))
        return NULL;
    for (; p < end && is_digit(*p); p++)
        if (e < EXPONENT_LIMIT)
            e = e * 10 + (*p - '0');
    lit->exponent += negative ? -e : e;
    return p;
}

/* The double nearest to word * 10^exponent, as bits. That the 128-bit powers decide every
 * such case, is proven in "Fast Number Parsing Without Fallback" (Mushtak, Lemire, 2023).
 */
static uint64_t nearest(uint64_t word, int64_t exponent)
{
    struct promc__u128 power, product, more;
    uint64_t m;
    int q, lead, up, shift, biased;

    if (word == 0 || exponent < PROMC__POW10_FIRST)
        return 0;
    if (exponent > 308)
        return INFINITE_BITS;
    q = (int)exponent;
    power = promc__pow10[q - PROMC__POW10_FIRST];
    /* A word can be a multiple of 5^27 and then the product is a whole number: the power
     * must not be below the true one, or the last bits would be all ones instead of
     * zeros. */
    if (q < 0 && q >= -27)
        power.lo++;
    lead = __builtin_clzll(word);
    word <<= lead;

    product = promc__mul64(word, power.hi);
    if ((product.hi & 0x1FF) == 0x1FF) {
        /* The nine bits below the ones we keep could all carry: bring in the lower half.
         */
        more = promc__mul64(word, power.lo);
        product.lo += more.hi;
        product.hi += product.lo < more.hi;
    }

    /* 53 bits and one for rounding. */
    up = (int)(product.hi >> 63);
    shift = up + 64 - FRACTION_BITS - 3;
    m = product.hi >> shift;
    biased = promc__log2_pow10(q) + 63 + up - lead + 1023;
    if (biased <= 0) { /* subnormal */
        if (1 - biased >= 64)
            return 0;
        m >>= 1 - biased;
        /* A carry out of the fraction makes the smallest normal number all by itself. */
        return (m + (m & 1)) >> 1;
    }
    /* Exactly in the middle: to even, which is down here when the kept bits are even. */
    if (product.lo <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 && m << shift == product.hi)
        m--;
    m = (m + (m & 1)) >> 1;
    if (m >= 2 * HIDDEN_BIT) {
        m = HIDDEN_BIT;
        biased++;
    }
    if (biased >= 0x7FF)
        return INFINITE_BITS;
    return (uint64_t)biased << FRACTION_BITS | (m & ~HIDDEN_BIT);
}

/* A natural number, lowest limb first. The largest we meet has 768 digits times 2^1074 or
 * a few bits times 10^1110 times 2^52: under 4,000 bits. */
struct big {
    size_t n;
    uint32_t limb[160];
};

static void big_multiply_add(struct big *b, uint32_t factor, uint32_t carry)
{
    uint64_t t = carry;

    for (size_t i = 0; i < b->n; i++) {
        t += (uint64_t)b->limb[i] * factor;
        b->limb[i] = (uint32_t)t;
        t >>= 32;
    }
    if (t)
        b->limb[b->n++] = (uint32_t)t;
}

static void big_multiply_pow5(struct big *b, int64_t e)
{
    for (; e >= 13; e -= 13)
        big_multiply_add(b, 1220703125, 0); /* 5^13 */
    for (; e > 0; e--)
        big_multiply_add(b, 5, 0);
}

static void big_shift(struct big *b, int64_t bits)
{
    size_t limbs = (size_t)(bits / 32);

    big_multiply_add(b, (uint32_t)1 << (bits % 32), 0);
    if (b->n == 0)
        return;
    memmove(b->limb + limbs, b->limb, b->n * sizeof b->limb[0]);
    memset(b->limb, 0, limbs * sizeof b->limb[0]);
    b->n += limbs;
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* How the value written in @lit compares with the middle between the double @bits and the
 * next one up: less than, equal to or greater than 0. */
static int compare_with_middle(const struct literal *lit, uint64_t bits)
{
    struct big value = { 0 }, middle = { 0 };
    int64_t exp10 =
        lit->exponent + WORD_DIGITS; /* becomes that of the last digit taken */
    int64_t exp2 = MIN_EXPONENT - 1; /* of the last bit of the middle */
    uint64_t m = bits & (HIDDEN_BIT - 1);
    unsigned taken = 0;
    int rest = 0;

    for (const char *p = lit->digits; p < lit->end; p++) {
        if (*p == '.')
            continue;
        if (taken == MAX_DIGITS) {
            rest |= *p != '0';
            continue;
        }
        taken++;
        exp10--;
        big_multiply_add(&value, 10, (uint32_t)(*p - '0'));
    }

    if (bits >= HIDDEN_BIT) {
        m |= HIDDEN_BIT;
        exp2 += (int64_t)(bits >> FRACTION_BITS) - 1;
    }
    m = 2 * m + 1;
    middle.limb[0] = (uint32_t)m;
    middle.limb[1] = (uint32_t)(m >> 32);
    middle.n = middle.limb[1] ? 2 : 1;

    /* value * 10^exp10 against middle * 2^exp2, with all factors moved to where they
     * grow. */
    if (exp10 >= 0)
        big_multiply_pow5(&value, exp10);
    else
        big_multiply_pow5(&middle, -exp10);
    if (exp10 >= exp2)
        big_shift(&value, exp10 - exp2);
    else
        big_shift(&middle, exp2 - exp10);

    int order = big_compare(&value, &middle);
    return order ? order : rest;
}

/* The nearest double to what @lit says, sign aside. */
static uint64_t literal_bits(const struct literal *lit)
{
    uint64_t bits = nearest(lit->word, lit->exponent);
    int order;

    /* More digits lift the value by less than one unit of the word; usually that is not
     * enough to reach another double, and never enough to pass by one. */
    if (!lit->cut || nearest(lit->word + 1, lit->exponent) == bits)
        return bits;
    order = compare_with_middle(lit, bits);
    return bits + (order > 0 || (order == 0 && (bits & 1)));
}

/* Small numbers in floating point, where both operands and so the rounding are exact. */
static int small_number(const struct literal *lit, double *v)
{
#if FLT_EVAL_METHOD == 0
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

    if (lit->cut || lit->word > 2 * HIDDEN_BIT || lit->exponent < -22 ||
        lit->exponent > 22)
        return 0;
    if (lit->exponent < 0)
        *v = (double)lit->word / powers[-lit->exponent];
    else
        *v = (double)lit->word * powers[lit->exponent];
    return 1;
#else
    (void)lit, (void)v; /* registers wider than double would round twice */
    return 0;
#endif
}

static int is_word(const char *p, const char *end, const char *word)
{
    for (; p < end && *word && (*p | 0x20) == *word; p++)
        word++;
    return p == end && !*word;
}

int promc_number_parse(const char *s, size_t len, double *v)
{
    const char *p = s, *end = s + len;
    struct literal lit = { 0 };
    int negative = 0, rc = 0;
    uint64_t bits;
    double small;

    if (is_word(p, end, "nan")) {
        bits = INFINITE_BITS | HIDDEN_BIT >> 1;
        memcpy(v, &bits, sizeof bits);
        return 0;
    }
    if (p < end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    if (is_word(p, end, "inf") || is_word(p, end, "infinity")) {
        bits = INFINITE_BITS;
    } else {
        p = scan_digits(p, end, &lit);
        if (p)
            p = scan_exponent(p, end, &lit);
        if (!p || p != end)
            return -EINVAL;
        if (small_number(&lit, &small)) {
            *v = negative ? -small : small;
            return 0;
        }
        bits = literal_bits(&lit);
        if (bits == INFINITE_BITS)
            rc = -ERANGE;
    }
    bits |= (uint64_t)negative << 63;
    memcpy(v, &bits, sizeof bits);
    return rc;
}
