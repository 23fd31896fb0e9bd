/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loadavg.c - the load averages of the last 1, 5 and 15 minutes, from /proc/loadavg.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/readfile.h"

struct loadavg {
    struct hotfile file;
    struct readbuf buf;
};

/* 0.21 0.37 0.39 1/719 19737
 * ^    ^    ^    what follows is not exposed. Returns 0, or -EINVAL with *err. */
static int loadavg_parse(const char *buf, size_t len, double load[3], promc_error *err)
{
    const char *p = buf, *end = buf + len;
    int i;

    for (i = 0; i < 3; i++) {
        const char *word;

        while (p < end && *p == ' ')
            p++;
        word = p;
        while (p < end && *p != ' ' && *p != '\n')
            p++;
        if (promc_number_parse(word, (size_t)(p - word), &load[i]) < 0) {
            err->code = -EINVAL;
            snprintf(err->text, sizeof(err->text),
                     "loadavg: field %d, \"%.*s\", is not a number", i + 1,
                     p - word > 40 ? 40 : (int)(p - word), word);
            return -EINVAL;
        }
    }
    return 0;
}

static int loadavg_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct loadavg *l = calloc(1, sizeof(*l));

    (void)ctx;
    if (!l) {
        err->code = -ENOMEM;
        snprintf(err->text, sizeof(err->text), "out of memory");
        return -ENOMEM;
    }
    l->file = (struct hotfile)HOTFILE_INIT;
    *priv = l;
    return 0;
}

static int loadavg_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    static const struct {
        const char *name, *help;
    } metrics[3] = { { "node_load1", "Load average over 1 minute." },
                     { "node_load5", "Load average over 5 minutes." },
                     { "node_load15", "Load average over 15 minutes." } };
    struct loadavg *l = priv;
    double load[3];
    int rc, i;

    rc = hotfile_read(&l->file, ctx->paths.procfs, "loadavg", &l->buf, 0);
    if (rc < 0) {
        err->code = rc;
        snprintf(err->text, sizeof(err->text), "%s/loadavg: %s", ctx->paths.procfs,
                 strerror(-rc));
        return rc;
    }
    rc = loadavg_parse(l->buf.data, l->buf.len, load, err);
    if (rc < 0)
        return rc;
    for (i = 0; i < 3; i++)
        promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, metrics[i].name,
                                     metrics[i].help, PROMC_NO_LABELS),
                   PROMC_NO_LABELS, load[i]);
    return 0;
}

static void loadavg_fini(void *priv)
{
    struct loadavg *l = priv;

    hotfile_close(&l->file);
    readbuf_free(&l->buf);
    free(l);
}

const struct node_collector node_loadavg_collector = {
    .name = "loadavg",
    .help = "Load averages over 1, 5 and 15 minutes.",
    .default_on = 1,
    .init = loadavg_init,
    .collect = loadavg_collect,
    .fini = loadavg_fini,
};
