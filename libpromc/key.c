/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.c - label sets to bytes, and bytes to a hash that nobody outside can predict.
 */
#include "config.h"
#include "key.h"

#include <endian.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "alloc.h"
#include "buf.h"
#include "labels.h"
#include "lane.h"
#include "number.h"

enum { WORD = sizeof(uint64_t) };
#define MIX 0xA0761D6478BD642Fu
#define MIX_LAST 0xE7037ED1A0B428DBu

/* A number of this process, so that values sent from outside cannot be chosen to collide.
 */
static uint64_t seed(void)
{
    static _Atomic uint64_t kept;
    uint64_t s = atomic_load_explicit(&kept, memory_order_relaxed);

    if (s == 0) {
        uint64_t none = 0;

        if (getrandom(&s, sizeof s, GRND_NONBLOCK) != sizeof s) {
            struct timespec now;

            clock_gettime(CLOCK_MONOTONIC, &now);
            s = (uint64_t)now.tv_nsec * 0x9E3779B97F4A7C15u ^ (uintptr_t)&now;
        }
        s |= 1;
        /* relaxed: the number guards nothing; whoever comes second takes the first's */
        if (!atomic_compare_exchange_strong_explicit(
                &kept, &none, s, memory_order_relaxed, memory_order_relaxed))
            s = none;
    }
    return s;
}

void promc__key_settle(void)
{
    seed();
}

/* The 128-bit product, folded: every bit of both words reaches every bit of the result.
 */
static uint64_t mix(uint64_t a, uint64_t b)
{
    struct promc__u128 p = promc__mul64(a, b);

    return p.hi ^ p.lo;
}

/* @bytes are followed by a word of zeros. */
static uint64_t hash(const char *bytes, size_t len)
{
    uint64_t h = seed();

    for (size_t i = 0; i < len; i += WORD) {
        uint64_t word;

        memcpy(&word, bytes + i, WORD);
        h = mix(h ^ le64toh(word), MIX);
    }
    return mix(h ^ len, MIX_LAST);
}

/* The way of nearly all look-ups: strings of ASCII that fit the key's own memory, hashed
 * while they are copied, since words loaded from what was stored as bytes just now would
 * stall. Returns 0 when it is for the long way, which comes to the same bytes and hash.
 */
static int put_simple(struct promc__key *k, promc_labels values, const uint16_t *order)
{
    char *p = k->small;
    uint64_t h = seed();
    uint64_t seen = 0;
    uint64_t word = 0;
    unsigned left = WORD; /* bytes to come until it is full */
    size_t len;

    for (size_t i = 0; i < values.n; i++) {
        const char *s = values.v[order[i]];
        unsigned char c;

        if (promc__unlikely(s == NULL))
            return 0;
        do {
            c = (unsigned char)*s++;
            *p++ = (char)c;
            word = word >> 8 | (uint64_t)c << 56;
            if (promc__likely(--left != 0))
                continue;
            left = WORD;
            h = mix(h ^ word, MIX);
            seen |= word;
            if (promc__unlikely(p == k->small + PROMC__KEY_BYTES - WORD))
                return 0;
        } while (c != '\0');
    }
    len = (size_t)(p - k->small);
    if (left != WORD) {
        word >>= left * 8;
        h = mix(h ^ word, MIX);
        seen |= word;
    }
    k->len = len;
    k->hash = mix(h ^ len, MIX_LAST);
    return (seen & 0x8080808080808080u) == 0;
}

static int grow(struct promc__key *k)
{
    size_t cap = 2 * k->cap;
    char *p = promc__realloc(k->bytes_mem, cap);

    if (p == NULL)
        return -ENOMEM;
    if (k->bytes_mem == NULL)
        memcpy(p, k->small, k->len);
    k->bytes = k->bytes_mem = p;
    k->cap = cap;
    return 0;
}

/* Replace the bytes from @from on, which are not UTF-8, by what will be printed for them:
 * what prints alike is one series. */
static int mend(struct promc__key *k, size_t from)
{
    struct promc__buf b = { 0 };
    int rc = 0;

    promc__buf_mend(&b, k->bytes + from, k->len - from);
    while (rc == 0 && k->cap < from + b.len + 2 * WORD)
        rc = grow(k);
    if (b.oom)
        rc = -ENOMEM;
    if (rc == 0) {
        memcpy(k->bytes + from, b.data, b.len);
        k->len = from + b.len;
    }
    promc__buf_free(&b);
    return rc;
}

/* Append a string with its NUL. Short ones are the rule, and not worth two calls. */
static int put(struct promc__key *k, const char *s)
{
    size_t from = k->len;
    unsigned char seen = 0;
    char c;

    if (s == NULL)
        return -EINVAL;
    do {
        if (k->len + WORD >= k->cap && grow(k) != 0)
            return -ENOMEM;
        c = *s++;
        seen |= (unsigned char)c;
        k->bytes[k->len++] = c;
    } while (c != '\0');
    return seen < 0x80 || promc_utf8_valid(k->bytes + from, k->len - from)
               ? 0
               : mend(k, from);
}

static int put_all(struct promc__key *k, promc_labels l)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < l.n; i++)
        rc = put(k, l.v[k->order[i]]);
    return rc;
}

static int sort_names(struct promc__key *k)
{
    uint16_t *order = k->few;

    if (k->names.n > UINT16_MAX)
        return -EINVAL;
    for (size_t i = 0; i < k->names.n; i++)
        if (k->names.v[i] == NULL)
            return -EINVAL;
    if (k->names.n > PROMC__KEY_LABELS) {
        order = k->order_mem = promc__malloc(k->names.n * sizeof *order);
        if (order == NULL)
            return -ENOMEM;
    }
    promc__labels_order(k->names, order);
    k->order = order;
    return 0;
}

int promc__key_init(struct promc__key *k, promc_labels names, promc_labels values,
                    const uint16_t *order)
{
    int rc = 0;

    k->names = names;
    k->values = values;
    k->order = order;
    k->bytes = k->small;
    k->cap = sizeof k->small;
    k->order_mem = NULL;
    k->bytes_mem = NULL;
    if (order != NULL && put_simple(k, values, order))
        return 0;
    k->len = 0;
    if (order == NULL)
        rc = sort_names(k);
    if (rc == 0)
        rc = put_all(k, values);
    if (rc == 0 && order == NULL)
        rc = put_all(k, names);
    if (rc == 0) {
        memset(k->bytes + k->len, 0, WORD);
        k->hash = hash(k->bytes, k->len);
    }
    return rc;
}

void promc__key_done(struct promc__key *k)
{
    if (k->order_mem != NULL || k->bytes_mem != NULL) {
        promc__free(k->order_mem);
        promc__free(k->bytes_mem);
    }
}
