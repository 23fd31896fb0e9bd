/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - a file that a collector reads at every scrape.
 */
#include "config.h"

#include "node/source.h"

#include <errno.h>
#include <stdlib.h>

#include "node/fail.h"

int source_read(struct source *s, const char *dir, const char *name, struct span *text,
                promc_error *err)
{
    int rc = hotfile_read(&s->file, dir, name, &s->buf, 0);

    if (rc)
        return node_fail_read(err, rc, dir, name);
    *text = span_of(s->buf.data, s->buf.len);
    return 0;
}

void source_close(struct source *s)
{
    hotfile_close(&s->file);
    readbuf_free(&s->buf);
}

int source_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct source *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    *s = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

void source_fini(void *priv)
{
    source_close(priv);
    free(priv);
}
