/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ethtool_name.c - from a driver's names of statistics to metric names.
 */
#include "config.h"

#include "node/collectors/ethtool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "node_ethtool_"

static int is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A run of characters that are neither letter, digit nor _ becomes one _, together with the
 * _ on both sides of it. */
int ethtool_clean(const char *raw, char *buf)
{
    size_t n = strnlen(raw, ETH_GSTRING_LEN), out = 0, i = 0;

    while (i < n) {
        size_t start = i, odd;

        while (i < n && raw[i] == '_')
            i++;
        odd = i;
        while (i < n && raw[i] != '_' && !is_word(raw[i]))
            i++;
        if (i > odd) {
            buf[out++] = '_';
            while (i < n && raw[i] == '_')
                i++;
            continue;
        }
        while (i < n && is_word(raw[i]))
            i++;
        memcpy(buf + out, raw + start, i - start);
        out += i - start;
    }
    buf[out] = '\0';
    return out > strspn(buf, "_") ? 0 : -EINVAL;
}

/* Replace each word that is all of a stretch between two _, or between one and an end.
 * The _ behind a word that was replaced does not count for the next one: rx_rx is
 * received_rx, as the peer has it. */
static void replace_word(const char *in, const char *word, const char *by, char *out)
{
    size_t len = strlen(word);
    int start = 1;

    while (*in) {
        if (start && strncmp(in, word, len) == 0 && (in[len] == '_' || !in[len])) {
            out = stpcpy(out, by);
            in += len;
            if (*in)
                *out++ = *in++;
            start = 0;
            continue;
        }
        start = *in == '_';
        *out++ = *in++;
    }
    *out = '\0';
}

void ethtool_metric(const char *clean, char *buf)
{
    /* These have had names of their own from the beginning. */
    static const char *const total[] = { "rx_bytes",   "rx_dropped", "rx_errors",
                                         "rx_packets", "tx_bytes",   "tx_errors",
                                         "tx_packets" };
    char one[ETHTOOL_NAME_MAX], two[ETHTOOL_NAME_MAX];
    size_t n = 0;
    const char *suffix = "";

    for (size_t i = 0; i < sizeof(total) / sizeof(total[0]); i++) {
        if (strcmp(clean, total[i]) == 0)
            suffix = "_total";
    }
    for (clean += strspn(clean, "_"); *clean; clean++)
        two[n++] = *clean >= 'A' && *clean <= 'Z' ? (char)(*clean + 'a' - 'A') : *clean;
    two[n] = '\0';
    replace_word(two, "rx", "received", one);
    replace_word(one, "tx", "transmitted", two);
    snprintf(buf, ETHTOOL_NAME_MAX, PREFIX "%.200s%s", two, suffix);
}

static int by_metric(const void *a, const void *b)
{
    const struct ethtool_metric *x = a, *y = b;

    return strcmp(x->metric, y->metric);
}

/* Leave out all of those with the same name: nobody could tell which is which. */
static void drop_equal(struct ethtool_names *names)
{
    size_t kept = 0;

    qsort(names->v, names->used, sizeof(*names->v), by_metric);
    for (size_t i = 0, end; i < names->used; i = end) {
        for (end = i + 1;
             end < names->used && by_metric(&names->v[i], &names->v[end]) == 0; end++)
            ;
        if (end == i + 1)
            names->v[kept++] = names->v[i];
    }
    names->used = kept;
}

static int names_make(struct ethtool_names *names, const struct filter *filter)
{
    names->used = 0;
    arena_reset(&names->text);
    for (size_t i = 0; i < names->n; i++) {
        char clean[ETH_GSTRING_LEN + 1], metric[ETHTOOL_NAME_MAX];

        if (ethtool_clean(names->raw + i * ETH_GSTRING_LEN, clean) != 0 ||
            !filter_keep(filter, clean))
            continue;
        ethtool_metric(clean, metric);
        names->v[names->used].at = i;
        names->v[names->used].metric = arena_string(&names->text, metric, strlen(metric));
        if (!names->v[names->used].metric)
            return -ENOMEM;
        names->used++;
    }
    drop_equal(names);
    return 0;
}

int ethtool_names_update(struct ethtool_names *names, const struct ethtool_counts *counts,
                         const struct filter *filter)
{
    size_t size = counts->n * ETH_GSTRING_LEN;
    int rc;

    if (names->raw && names->n == counts->n &&
        memcmp(names->raw, counts->names, size) == 0)
        return 0;
    ethtool_names_free(names);
    if (counts->n == 0)
        return 0;
    names->raw = malloc(size);
    names->v = calloc(counts->n, sizeof(*names->v));
    if (!names->raw || !names->v) {
        ethtool_names_free(names);
        return -ENOMEM;
    }
    memcpy(names->raw, counts->names, size);
    names->n = counts->n;
    rc = names_make(names, filter);
    if (rc)
        ethtool_names_free(names);
    return rc;
}

void ethtool_names_free(struct ethtool_names *names)
{
    free(names->raw);
    free(names->v);
    arena_free(&names->text);
    *names = (struct ethtool_names){ .n = 0 };
}
