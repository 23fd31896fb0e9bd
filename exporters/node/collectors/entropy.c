/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entropy.c - how much randomness the kernel's pool holds.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

struct entropy {
    struct source available;
    struct source size;
};

static int entropy_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct entropy *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    *s = (struct entropy){ SOURCE_INIT, SOURCE_INIT };
    *priv = s;
    return 0;
}

/* Read a file that holds one number. */
static int entropy_number(const struct node_ctx *ctx, struct source *file,
                          const char *name, uint64_t *v, promc_error *err)
{
    struct span text;
    int rc = source_read(file, ctx->paths.procfs, name, &text, err);

    if (rc == 0 && scan_u64(span_trim(text), v) < 0)
        return node_fail(err, -EINVAL, "%s/%s: not a number", ctx->paths.procfs, name);
    return rc;
}

static int entropy_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct entropy *s = priv;
    uint64_t v = 0;
    int rc;

    rc = entropy_number(ctx, &s->available, "sys/kernel/random/entropy_avail", &v, err);
    if (rc < 0)
        return rc;
    emit_gauge(out, "node_entropy_available_bits",
               "Entropy in the kernel's pool, in bits.", (double)v);
    rc = entropy_number(ctx, &s->size, "sys/kernel/random/poolsize", &v, err);
    if (rc < 0)
        return rc;
    emit_gauge(out, "node_entropy_pool_size_bits",
               "Entropy the kernel's pool can hold, in bits.", (double)v);
    return 0;
}

static void entropy_fini(void *priv)
{
    struct entropy *s = priv;

    source_close(&s->available);
    source_close(&s->size);
    free(s);
}

const struct node_collector node_entropy_collector = {
    .name = "entropy",
    .help = "Randomness in the kernel's entropy pool.",
    .default_on = 1,
    .init = entropy_init,
    .collect = entropy_collect,
    .fini = entropy_fini,
};
