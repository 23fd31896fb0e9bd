/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_compress.c - compress a finished scrape.
 *
 * The lowest levels: a scrape shrinks to a tenth with them, and more costs CPU for little;
 * docs/benchmarks.md has the figures. Both libraries take the page as a whole and want room
 * for the worst case. Of that room only what is written to is ever memory.
 *
 * Their memory does not come from alloc.h: libdeflate can only be told for a whole process
 * where to get it, which is for the host to say.
 */
#include "config.h"
#include "http_handler.h"

#include <errno.h>
#include <libdeflate.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include "alloc.h"

#define GZIP_LEVEL 1
#define ZSTD_LEVEL 1

/* Each is made when first needed. */
struct promc__http_coder {
    struct libdeflate_compressor *gzip;
#ifdef HAVE_ZSTD
    ZSTD_CCtx *zstd;
#endif
};

struct promc__http_coder *promc__http_coder_new(void)
{
    return promc__calloc(1, sizeof(struct promc__http_coder));
}

void promc__http_coder_free(struct promc__http_coder *c)
{
    if (!c)
        return;
    libdeflate_free_compressor(c->gzip);
#ifdef HAVE_ZSTD
    ZSTD_freeCCtx(c->zstd);
#endif
    promc__free(c);
}

/* Nothing of the old content is kept: no copy. */
static int make_room(struct promc__http_body *out, size_t size)
{
    out->size = 0;
    if (size <= out->capacity)
        return 0;
    promc__free(out->data);
    out->data = promc__malloc(size);
    out->capacity = out->data ? size : 0;
    return out->data ? 0 : -ENOMEM;
}

static int gzip(struct promc__http_coder *c, const char *data, size_t size,
                struct promc__http_body *out)
{
    if (!c->gzip)
        c->gzip = libdeflate_alloc_compressor(GZIP_LEVEL);
    if (!c->gzip || make_room(out, libdeflate_gzip_compress_bound(c->gzip, size)) != 0)
        return -ENOMEM;
    out->size = libdeflate_gzip_compress(c->gzip, data, size, out->data, out->capacity);
    return out->size > 0 ? 0 : -ENOMEM;
}

#ifdef HAVE_ZSTD
static int zstd(struct promc__http_coder *c, const char *data, size_t size,
                struct promc__http_body *out)
{
    size_t n;

    if (!c->zstd)
        c->zstd = ZSTD_createCCtx();
    if (!c->zstd || make_room(out, ZSTD_compressBound(size)) != 0)
        return -ENOMEM;
    n = ZSTD_compressCCtx(c->zstd, out->data, out->capacity, data, size, ZSTD_LEVEL);
    if (ZSTD_isError(n)) /* it has room: there was no memory for its tables */
        return -ENOMEM;
    out->size = n;
    return 0;
}
#endif

int promc__http_compress(struct promc__http_coder *c, enum promc__coding coding,
                         const char *data, size_t size, struct promc__http_body *out)
{
    switch (coding) {
    case PROMC__GZIP:
        return gzip(c, data, size, out);
#ifdef HAVE_ZSTD
    case PROMC__ZSTD:
        return zstd(c, data, size, out);
#endif
    default:
        return -EINVAL;
    }
}
