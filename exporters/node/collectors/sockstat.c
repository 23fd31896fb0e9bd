/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockstat.c - sockets in use and their memory, from net/sockstat and net/sockstat6.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/metricname.h"
#include "node/source.h"

#define MAX_PROTO 32

struct sockstat {
    struct source v4, v6;
    double page_size;
};

enum { INUSE, ORPHAN, TW, ALLOC, MEM, MEMORY, N_KEYS };

static const struct {
    const char *name;
    const char *help;
} sockstat_keys[N_KEYS] = {
    [INUSE] = { "inuse", "Sockets of this protocol in use." },
    [ORPHAN] = { "orphan", "Sockets of this protocol that no process holds any more." },
    [TW] = { "tw", "Connections of this protocol in TIME_WAIT." },
    [ALLOC] = { "alloc", "Sockets of this protocol that are allocated." },
    [MEM] = { "mem", "Pages of memory in the buffers of this protocol's sockets." },
    [MEMORY] = { "memory", "Bytes of memory that this protocol uses." },
};

/* One line of the file. */
struct sockstat_proto {
    char name[MAX_PROTO];
    double v[N_KEYS];
    char there[N_KEYS];
};

/* Words "inuse 4 orphan 0 ..."; unknown ones are passed over. */
static int sockstat_pairs(struct span rest, struct sockstat_proto *p)
{
    struct span key, value;

    while (scan_field(&rest, &key)) {
        int64_t v;

        if (!scan_field(&rest, &value) || scan_i64(value, &v) < 0)
            return -EINVAL;
        for (size_t i = 0; i < N_KEYS; i++)
            if (span_is(key, sockstat_keys[i].name)) {
                p->v[i] = (double)v;
                p->there[i] = 1;
            }
    }
    /* Said of every protocol, even where the kernel keeps silent. */
    p->there[INUSE] = 1;
    return 0;
}

static int sockstat_used(struct span rest, double *used)
{
    struct span f[2];

    if (scan_fields(rest, f, 2) != 2 || !span_is(f[0], "used"))
        return -EINVAL;
    return scan_double(f[1], used);
}

static void sockstat_emit(const struct sockstat_proto *p, double page_size,
                          promc_emitter *out)
{
    char name[METRIC_NAME_SIZE], suffix[32];

    for (size_t i = 0; i < N_KEYS; i++) {
        if (!p->there[i])
            continue;
        snprintf(suffix, sizeof(suffix), "_%s", sockstat_keys[i].name);
        if (metric_name(name, "node_sockstat_", span_str(p->name), suffix))
            emit_gauge(out, name, sockstat_keys[i].help, p->v[i]);
    }
    if (p->there[MEM] &&
        metric_name(name, "node_sockstat_", span_str(p->name), "_mem_bytes"))
        emit_gauge(out, name,
                   "Bytes of memory in the buffers of this protocol's sockets.",
                   p->v[MEM] * page_size);
}

/* Lines "TCP: inuse 4 orphan 0 ..." and, for IPv4, "sockets: used 229". A bad one costs its
 * protocol. Returns 0 or -EINVAL. */
static int sockstat_parse(struct span text, double page_size, promc_emitter *out)
{
    struct span line, name;
    int rc = 0;

    while (scan_line(&text, &line)) {
        struct sockstat_proto p = { .name = "" };
        double used;

        if (!scan_field(&line, &name))
            continue;
        if (name.n < 2 || name.n > MAX_PROTO || name.p[name.n - 1] != ':') {
            rc = -EINVAL;
            continue;
        }
        name.n--;
        span_copy(name, p.name, sizeof(p.name));
        if (span_is(name, "sockets")) {
            if (sockstat_used(line, &used) < 0)
                rc = -EINVAL;
            else
                emit_gauge(out, "node_sockstat_sockets_used",
                           "Sockets in use, of all protocols.", used);
        } else if (sockstat_pairs(line, &p) < 0) {
            rc = -EINVAL;
        } else {
            sockstat_emit(&p, page_size, out);
        }
    }
    return rc;
}

static int sockstat_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct sockstat *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    *s = (struct sockstat){ SOURCE_INIT, SOURCE_INIT, (double)sysconf(_SC_PAGESIZE) };
    *priv = s;
    return 0;
}

static int sockstat_file(const struct node_ctx *ctx, struct sockstat *s,
                         struct source *file, const char *name, promc_emitter *out,
                         promc_error *err)
{
    struct span text;
    int rc = source_read(file, ctx->paths.procfs, name, &text, err);

    if (rc == -ENOENT)
        return 0; /* a kernel without IPv4 or IPv6 */
    if (rc < 0)
        return rc;
    if (sockstat_parse(text, s->page_size, out) < 0)
        return node_fail(err, -EINVAL, "%s/%s: not names and numbers", ctx->paths.procfs,
                         name);
    return 0;
}

static int sockstat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct sockstat *s = priv;
    int rc = sockstat_file(ctx, s, &s->v4, "net/sockstat", out, err);
    int rc6 = sockstat_file(ctx, s, &s->v6, "net/sockstat6", out, rc ? NULL : err);

    return rc ? rc : rc6;
}

static void sockstat_fini(void *priv)
{
    struct sockstat *s = priv;

    source_close(&s->v4);
    source_close(&s->v6);
    free(s);
}

const struct node_collector node_sockstat_collector = {
    .name = "sockstat",
    .help = "Sockets in use and their memory.",
    .default_on = 1,
    .init = sockstat_init,
    .collect = sockstat_collect,
    .fini = sockstat_fini,
};
