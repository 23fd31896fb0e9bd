/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_compress.c - what the libraries that compress make of a page: milliseconds of CPU
 * and bytes, by level. See bench.h.
 *
 *   bench_compress [FILE...]
 *
 * Without a file, the page of 100,000 counters. http_compress.c has the levels chosen.
 */
#include "config.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include <promc/promc.h>

#include "bench.h"
#include "bench_series.h"

#define ROUNDS 15

struct page {
    const char *data;
    size_t size;
    char *out;
    size_t room;
};

/* Compresses @p with what @state is for it; returns the size of the result. */
typedef size_t compress_fn(void *state, struct page *p);

static size_t run_libdeflate(void *state, struct page *p)
{
    return libdeflate_gzip_compress(state, p->data, p->size, p->out, p->room);
}

#ifdef HAVE_ZLIB
static size_t run_zlib(void *state, struct page *p)
{
    z_stream *z = state;

    deflateReset(z);
    z->next_in = (Bytef *)(uintptr_t)p->data;
    z->avail_in = (uInt)p->size;
    z->next_out = (Bytef *)p->out;
    z->avail_out = (uInt)p->room;
    return deflate(z, Z_FINISH) == Z_STREAM_END ? z->total_out : 0;
}
#endif

#ifdef HAVE_ZSTD
static size_t run_zstd(void *state, struct page *p)
{
    size_t n = ZSTD_compress2(state, p->out, p->room, p->data, p->size);

    return ZSTD_isError(n) ? 0 : n;
}
#endif

/* Small pages many times, so that there is something to measure. */
static void measure(const char *name, int level, compress_fn *fn, void *state,
                    struct page *p)
{
    int times = p->size > 1000000 ? 1 : (int)(1000000 / (p->size + 1)) + 1;
    double ms[ROUNDS];
    size_t size = 0;

    for (int i = 0; i < ROUNDS; i++) {
        double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);

        for (int k = 0; k < times; k++)
            size = fn(state, p);
        ms[i] = (bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e3 / times;
    }
    qsort(ms, ROUNDS, sizeof(ms[0]), bench_compare);
    printf("| %s level %d | %.3f | %zu | %.1f %% |\n", name, level, ms[ROUNDS / 2], size,
           100.0 * (double)size / (double)p->size);
}

static void compare(const char *name, const char *data, size_t size)
{
    struct page p = { data, size, NULL, size + size / 2 + 65536 };

    p.out = malloc(p.room);
    if (!p.out)
        exit(1);
    memset(p.out, 1, p.room); /* none of it is new to the process later on */
    printf("| %s, %zu bytes | CPU ms | bytes | of the page |\n|---|---|---|---|\n", name,
           size);
    for (int level = 1; level <= 6; level++) {
        struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);

        measure("libdeflate", level, run_libdeflate, c, &p);
        libdeflate_free_compressor(c);
    }
#ifdef HAVE_ZLIB
    for (int level = 1; level <= 6; level++) {
        z_stream z = { 0 };

        if (deflateInit2(&z, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
            Z_OK)
            measure("zlib", level, run_zlib, &z, &p);
        deflateEnd(&z);
    }
#endif
#ifdef HAVE_ZSTD
    for (int level = 1; level <= 4; level++) {
        ZSTD_CCtx *c = ZSTD_createCCtx();

        ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
        measure("zstd", level, run_zstd, c, &p);
        ZSTD_freeCCtx(c);
    }
#endif
    free(p.out);
}

static void compare_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    enum { MAX = 1 << 28 };
    char *data = malloc(MAX);
    size_t size = f && data ? fread(data, 1, MAX, f) : 0;

    if (size == 0) {
        fprintf(stderr, "bench_compress: cannot read %s\n", path);
        exit(1);
    }
    compare(path, data, size);
    fclose(f);
    free(data);
}

int main(int argc, char **argv)
{
    promc_registry *reg;
    promc_page *page;

    for (int i = 1; i < argc; i++)
        compare_file(argv[i]);
    if (argc > 1)
        return 0;
    reg = promc_registry_new(NULL);
    page = promc_page_new(NULL);
    bench_make_counters(reg);
    if (promc_render(reg, PROMC_FORMAT_TEXT, page, NULL) != 0)
        return 1;
    compare("100,000 counters", promc_page_data(page), promc_page_size(page));
    promc_page_free(page);
    promc_registry_free(reg);
    return 0;
}
