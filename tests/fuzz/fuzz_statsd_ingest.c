/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A datagram that arrives twice. Once the second arrival meets the cache that the first
 * one filled, once it meets an empty one: series and counters must come out the same,
 * every sample must be applied or counted, and the page must read back.
 */
#include "config.h"

#include "fuzz.h"

#include <promc/promc.h>

#include "common/log.h"
#include "statsd/ingest.h"

struct world {
    promc_registry *registry;
    struct ingest_shared shared;
    struct ingest *first, *second;
    promc_page *page;
};

static void begin(struct world *w, unsigned char dialects, int one_cache)
{
    static const struct series_limits limits = { 30, 10 };

    w->registry = promc_registry_new(NULL);
    w->shared = (struct ingest_shared){
        .options = { !(dialects & 1), !(dialects & 2), !(dialects & 4), !(dialects & 8) },
        .key = { 0x123456789abcdefu, 0xfedcba987654321u },
    };
    w->shared.conflicts = conflicts_new(&w->shared.key);
    w->shared.series =
        series_table_new(w->registry, &w->shared.key, &limits, w->shared.conflicts);
    w->first = ingest_new(&w->shared);
    w->second = one_cache ? w->first : ingest_new(&w->shared);
    w->page = promc_page_new(NULL);
    FUZZ_CHECK(w->shared.series && w->first && w->second && w->page);
}

static void end(struct world *w)
{
    promc_page_free(w->page);
    if (w->second != w->first)
        ingest_free(w->second);
    ingest_free(w->first);
    promc_registry_free(w->registry);
    series_table_free(w->shared.series);
    conflicts_free(w->shared.conflicts);
}

/* The counters of a world as an array of numbers. */
#define N_STATS (sizeof(struct stats) / sizeof(uint64_t))

static void add_stats(struct ingest *in, uint64_t sum[N_STATS])
{
    const _Atomic uint64_t *p = (const _Atomic uint64_t *)(const void *)ingest_stats(in);

    for (size_t i = 0; i < N_STATS; i++)
        sum[i] += stat_get(&p[i]);
}

static void run(struct world *w, const char *s, size_t n, uint64_t sum[N_STATS])
{
    promc_text_handler handler = { NULL, NULL, NULL };

    ingest_datagram(w->first, s, n, false);
    ingest_datagram(w->second, s, n, false);
    memset(sum, 0, N_STATS * sizeof(*sum));
    add_stats(w->first, sum);
    if (w->second != w->first)
        add_stats(w->second, sum);
    FUZZ_CHECK(promc_render(w->registry, PROMC_FORMAT_TEXT, w->page, NULL) == 0);
    FUZZ_CHECK(promc_text_parse(promc_page_data(w->page), promc_page_size(w->page),
                                &handler, NULL, NULL, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t cached[N_STATS], fresh[N_STATS];
    struct world a, b;
    char *s;

    if (size == 0)
        return 0;
    log_setup("error", "logfmt");
    s = fuzz_string(data + 1, size - 1);
    begin(&a, data[0], 1);
    begin(&b, data[0], 0);
    run(&a, s, size - 1, cached);
    run(&b, s, size - 1, fresh);
    FUZZ_CHECK(memcmp(cached, fresh, sizeof(cached)) == 0);
    FUZZ_CHECK(promc_page_size(a.page) == promc_page_size(b.page));
    FUZZ_CHECK(memcmp(promc_page_data(a.page), promc_page_data(b.page),
                      promc_page_size(a.page)) == 0);
    end(&a);
    end(&b);
    free(s);
    return 0;
}
