/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_gzip.c - compress a finished scrape.
 */
#include "config.h"
#include "http_internal.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

#include "alloc.h"

struct promc__http_gzip {
    z_stream stream;
};

static voidpf gzip_alloc(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return promc__calloc(items, size);
}

static void gzip_free(voidpf opaque, voidpf p)
{
    (void)opaque;
    promc__free(p);
}

struct promc__http_gzip *promc__http_gzip_new(void)
{
    struct promc__http_gzip *gz = promc__calloc(1, sizeof(*gz));

    if (!gz)
        return NULL;
    gz->stream.zalloc = gzip_alloc;
    gz->stream.zfree = gzip_free;
    /* Level 1: a scrape shrinks to a tenth with it; more costs CPU for little. 16: gzip.
     */
    if (deflateInit2(&gz->stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        promc__free(gz);
        return NULL;
    }
    return gz;
}

void promc__http_gzip_free(struct promc__http_gzip *gz)
{
    if (!gz)
        return;
    deflateEnd(&gz->stream);
    promc__free(gz);
}

/* Make room for half as much again, at first an eighth of what is to be compressed. */
static int grow(struct promc__http_body *out, size_t input)
{
    size_t capacity =
        out->capacity ? out->capacity + out->capacity / 2 : input / 8 + 4096;
    char *data = promc__realloc(out->data, capacity);

    if (!data)
        return -ENOMEM;
    out->data = data;
    out->capacity = capacity;
    return 0;
}

int promc__http_gzip_run(struct promc__http_gzip *gz, const char *data, size_t size,
                         struct promc__http_body *out)
{
    z_stream *s = &gz->stream;
    size_t left = size;
    int rc;

    if (deflateReset(s) != Z_OK)
        return -ENOMEM;
    /* zlib before 1.2.5.2 declares next_in without const; it only reads. */
    s->next_in = (Bytef *)(uintptr_t)data;
    s->avail_in = 0;
    out->size = 0;
    do {
        size_t room;

        if (out->size == out->capacity && grow(out, size) != 0)
            return -ENOMEM;
        if (s->avail_in == 0) {
            s->avail_in = left > UINT_MAX ? UINT_MAX : (uInt)left;
            left -= s->avail_in;
        }
        room = out->capacity - out->size;
        if (room > UINT_MAX)
            room = UINT_MAX;
        s->next_out = (Bytef *)out->data + out->size;
        s->avail_out = (uInt)room;
        rc = deflate(s, left == 0 ? Z_FINISH : Z_NO_FLUSH);
        out->size += room - s->avail_out;
    } while (rc == Z_OK || rc == Z_BUF_ERROR);
    return rc == Z_STREAM_END ? 0 : -ENOMEM;
}
