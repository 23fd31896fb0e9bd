/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loadavg.c - the load averages of the last 1, 5 and 15 minutes, from /proc/loadavg.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

static const struct {
    const char *name, *help;
} loadavg_metrics[3] = { { "node_load1", "Load average over 1 minute." },
                         { "node_load5", "Load average over 5 minutes." },
                         { "node_load15", "Load average over 15 minutes." } };

/* 0.21 0.37 0.39 1/719 19737
 * ^    ^    ^    what follows is not exposed. Returns 0, or -EINVAL with *err. */
static int loadavg_parse(struct span text, double load[3], promc_error *err)
{
    struct span word;

    for (int i = 0; i < 3; i++) {
        word = span_of("", 0);
        if (!scan_field(&text, &word) || scan_double(word, &load[i]) < 0)
            return node_fail(err, -EINVAL, "loadavg: field %d, \"%.*s\", is not a number",
                             i + 1, word.n > 40 ? 40 : (int)word.n, word.p);
    }
    return 0;
}

static int loadavg_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    double load[3];
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "loadavg", &text, err);

    if (rc == 0)
        rc = loadavg_parse(text, load, err);
    for (size_t i = 0; rc == 0 && i < 3; i++)
        emit_gauge(out, loadavg_metrics[i].name, loadavg_metrics[i].help, load[i]);
    return rc;
}

const struct node_collector node_loadavg_collector = {
    .name = "loadavg",
    .help = "Load averages over 1, 5 and 15 minutes.",
    .default_on = 1,
    .init = source_init,
    .collect = loadavg_collect,
    .fini = source_fini,
};
