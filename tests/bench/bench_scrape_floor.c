/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_scrape_floor.c - the least a render of 100,000 counters can cost: copy each
 * series' kept text and print its number. See bench.h.
 */
#include "config.h"

#include <string.h>

#include "bench.h"

enum { SERIES = 100000 };

struct series {
    char *text; /* name{labels} and a blank */
    size_t size;
    uint64_t value;
};
static struct series all[SERIES];
static char *page;

static size_t put_number(char *out, uint64_t v)
{
    char digits[20];
    size_t n = 0;

    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    return n;
}

static size_t render(void *arg)
{
    char *p = page;

    (void)arg;
    for (int i = 0; i < SERIES; i++) {
        memcpy(p, all[i].text, all[i].size);
        p += all[i].size;
        p += put_number(p, all[i].value);
        *p++ = '\n';
    }
    return (size_t)(p - page);
}

int main(void)
{
    size_t total = 0;
    int r;

    for (unsigned i = 0; i < SERIES; i++) {
        char path[32], shard[16], text[160];

        bench_scrape_labels(i, path, shard);
        all[i].size = (size_t)snprintf(
            text, sizeof(text),
            "bench_requests_total{code=\"%s\",path=\"%s\",shard=\"%s\"} ",
            bench_codes[i % 10], path, shard);
        all[i].text = strdup(text);
        all[i].value = i * 7;
        total += all[i].size + 21;
        if (!all[i].text)
            return 1;
    }
    page = malloc(total);
    if (!page)
        return 1;
    r = bench_scrape("100,000 counters, 3 labels", render, NULL);
    for (int i = 0; i < SERIES; i++)
        free(all[i].text);
    free(page);
    return r;
}
