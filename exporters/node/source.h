/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - a file that a collector reads at every scrape.
 */
#ifndef NODE_SOURCE_H
#define NODE_SOURCE_H

#include <promc/promc.h>

#include "common/readfile.h"
#include "node/collector.h"
#include "node/scan.h"

struct source {
    struct hotfile file;
    struct readbuf buf;
};
#define SOURCE_INIT                                                                      \
    {                                                                                    \
        HOTFILE_INIT,                                                                    \
        {                                                                                \
            NULL, 0, 0                                                                   \
        }                                                                                \
    }

/* Read DIR/NAME whole into *text, which is good until the next read. Always the same file
 * for one source. Returns 0, or -errno with *err filled. */
int source_read(struct source *s, const char *dir, const char *name, struct span *text,
                promc_error *err);
void source_close(struct source *s);

/* .init and .fini of a collector whose whole state is one source. */
int source_init(const struct node_ctx *ctx, void **priv, promc_error *err);
void source_fini(void *priv);

#endif /* NODE_SOURCE_H */
