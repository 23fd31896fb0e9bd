/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp_queues.c - bytes waiting in the queues of all UDP sockets, from net/udp and
 * net/udp6.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "node/fail.h"
#include "node/source.h"

#define KEEP_SIZE ((size_t)1 << 20)

struct udp_queues {
    struct source v4, v6;
};

static int udp_queues_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct udp_queues *s = malloc(sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    *s = (struct udp_queues){ SOURCE_INIT, SOURCE_INIT };
    *priv = s;
    return 0;
}

/* A heading, then a line per socket whose fifth word is TX:RX in hexadecimal digits. */
static int udp_queues_parse(struct span text, uint64_t *tx, uint64_t *rx,
                            promc_error *err)
{
    struct span line, f[8], before;
    size_t number = 1;

    *tx = *rx = 0;
    scan_line(&text, &line);
    while (scan_line(&text, &line)) {
        size_t n = scan_fields(line, f, 8);
        uint64_t t, r;

        number++;
        if (n == 0)
            continue;
        if (n < 8 || !scan_until(&f[4], ':', &before) || scan_hex(before, &t) < 0 ||
            scan_hex(f[4], &r) < 0)
            return node_fail(err, -EINVAL, "line %zu has no queue lengths", number);
        *tx += t;
        *rx += r;
    }
    return 0;
}

/* Returns 0; -ENOENT when the kernel has no such protocol; another error. */
static int udp_queues_file(const struct node_ctx *ctx, struct source *file,
                           const char *name, const char *ip, promc_samples *family,
                           promc_error *err)
{
    uint64_t tx, rx;
    struct span text;
    promc_error why = { 0, "" };
    int rc = hotfile_read(&file->file, ctx->paths.procfs, name, &file->buf, 0);

    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.procfs, name);
    text = span_of(file->buf.data, file->buf.len);
    rc = udp_queues_parse(text, &tx, &rx, &why);
    if (rc < 0)
        return node_fail(err, rc, "%s/%s: %.80s", ctx->paths.procfs, name, why.text);
    /* A crowd of sockets should not cost its memory for ever. */
    if (file->buf.cap > KEEP_SIZE)
        readbuf_free(&file->buf);
    promc_emit(family, PROMC_LABELS(ip, "tx"), (double)tx);
    promc_emit(family, PROMC_LABELS(ip, "rx"), (double)rx);
    return 0;
}

static int udp_queues_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                              promc_error *err)
{
    struct udp_queues *s = priv;
    promc_samples *family =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_udp_queues",
                          "Bytes in the send and receive queues of all UDP sockets.",
                          PROMC_LABELS("ip", "queue"));
    int rc4 = udp_queues_file(ctx, &s->v4, "net/udp", "v4", family, err);
    int rc6;

    if (rc4 < 0 && rc4 != -ENOENT)
        return rc4;
    rc6 = udp_queues_file(ctx, &s->v6, "net/udp6", "v6", family, err);
    if (rc6 < 0 && rc6 != -ENOENT)
        return rc6;
    return rc4 < 0 && rc6 < 0 ? NODE_NODATA : 0;
}

static void udp_queues_fini(void *priv)
{
    struct udp_queues *s = priv;

    source_close(&s->v4);
    source_close(&s->v6);
    free(s);
}

const struct node_collector node_udp_queues_collector = {
    .name = "udp_queues",
    .help = "Bytes waiting in the queues of UDP sockets.",
    .default_on = 1,
    .init = udp_queues_init,
    .collect = udp_queues_collect,
    .fini = udp_queues_fini,
};
