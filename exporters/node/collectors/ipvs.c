/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipvs.c - the kernel's load balancer: totals from net/ip_vs_stats, backends from
 * net/ip_vs.
 */
#include "config.h"

#include "node/collector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/grow.h"
#include "node/source.h"

enum {
    LOCAL_ADDRESS,
    LOCAL_PORT,
    REMOTE_ADDRESS,
    REMOTE_PORT,
    PROTO,
    LOCAL_MARK,
    LABELS
};

static const char *const ipvs_labels[LABELS] = {
    "local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark",
};

static const char *ipvs_wanted =
    "local_address,local_port,remote_address,remote_port,proto,local_mark";

struct address {
    uint8_t ip[16];
    uint8_t family; /* 0: none */
    uint16_t port;
};

/* What the labels are made of. Cleared before it is filled, fields of labels that are not
 * wanted stay so, and it is compared as bytes: equal keys are one series. */
struct backend_key {
    struct address local, remote;
    char proto[8];
    char mark[16];
};

struct backend {
    struct backend_key key;
    double active, inactive, weight;
};

struct ipvs {
    struct source stats, table;
    struct backend *v;
    size_t n, cap;
    unsigned char wanted[LABELS];
};

static void ipvs_flags(struct flags *flags)
{
    flags_string(
        flags, "collector.ipvs.backend-labels",
        "Labels of the backends, separated by commas; those that are equal in them "
        "are added up.",
        &ipvs_wanted, NULL);
}

/* Which labels a list asks for. Returns 0 or -EINVAL with the word that is none. */
static int wanted_parse(struct span list, unsigned char *wanted, struct span *bad)
{
    struct span word;

    memset(wanted, 0, LABELS);
    while (list.n > 0) {
        size_t i = 0;

        if (!scan_until(&list, ',', &word)) {
            word = list;
            list.n = 0;
        }
        while (i < LABELS && !span_is(word, ipvs_labels[i]))
            i++;
        if (i < LABELS) {
            wanted[i] = 1;
        } else if (word.n > 0) {
            *bad = word;
            return -EINVAL;
        }
    }
    return 0;
}

static int ipvs_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct ipvs *s = calloc(1, sizeof(*s));
    struct span bad;
    char word[64];

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    if (wanted_parse(span_str(ipvs_wanted), s->wanted, &bad) != 0) {
        free(s);
        return node_fail(err, -EINVAL,
                         "--collector.ipvs.backend-labels: there is no label \"%s\"",
                         span_copy(bad, word, sizeof(word)));
    }
    s->stats = s->table = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void ipvs_fini(void *priv)
{
    struct ipvs *s = priv;

    source_close(&s->stats);
    source_close(&s->table);
    free(s->v);
    free(s);
}

/* The third line has the totals, in hexadecimal. */
static int stats_emit(struct span text, promc_emitter *out, promc_error *err)
{
    static const struct {
        const char *name;
        const char *help;
    } metrics[] = {
        { "node_ipvs_connections_total", "Connections made." },
        { "node_ipvs_incoming_packets_total", "Packets received." },
        { "node_ipvs_outgoing_packets_total", "Packets sent." },
        { "node_ipvs_incoming_bytes_total", "Bytes received." },
        { "node_ipvs_outgoing_bytes_total", "Bytes sent." },
    };
    enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };
    struct span line = { NULL, 0 }, f[METRICS];
    uint64_t v[METRICS];
    int bad;

    for (int i = 0; i < 3; i++)
        if (!scan_line(&text, &line))
            line = span_of(NULL, 0);
    bad = scan_fields(line, f, METRICS) != METRICS;
    for (size_t i = 0; i < METRICS && !bad; i++)
        bad = scan_hex(f[i], &v[i]) != 0;
    if (bad)
        return node_fail_line(err, "net/ip_vs_stats", 3, "not five numbers");
    for (size_t i = 0; i < METRICS; i++)
        emit_counter(out, metrics[i].name, metrics[i].help, (double)v[i]);
    return 0;
}

/* "C0A80016:0CEA" or "[2620:0000:...:0001]:0050". */
static int address_parse(struct span text, struct address *a)
{
    struct span ip, port = text;
    uint64_t v;

    if (text.n > 0 && text.p[0] == '[') {
        char buf[INET6_ADDRSTRLEN];

        port = span_of(text.p + 1, text.n - 1);
        if (!scan_until(&port, ']', &ip) || ip.n >= sizeof(buf) || port.n == 0 ||
            port.p[0] != ':' ||
            inet_pton(AF_INET6, span_copy(ip, buf, sizeof(buf)), a->ip) != 1)
            return -EINVAL;
        a->family = AF_INET6;
        port = span_of(port.p + 1, port.n - 1);
    } else {
        if (!scan_until(&port, ':', &ip) || ip.n != 8 || scan_hex(ip, &v) != 0)
            return -EINVAL;
        a->family = AF_INET;
        for (int i = 0; i < 4; i++)
            a->ip[i] = (uint8_t)(v >> (24 - 8 * i));
    }
    if (scan_hex(port, &v) != 0 || v > UINT16_MAX)
        return -EINVAL;
    a->port = (uint16_t)v;
    return 0;
}

/* A line that begins a service: "TCP  C0A80016:0CEA wlc" or "FWM  10001000 wlc". Returns
 * 0 or -EINVAL. */
static int service_parse(const struct span *f, size_t n, struct backend_key *service)
{
    memset(service, 0, sizeof(*service));
    if (n < 2 || f[0].n >= sizeof(service->proto))
        return -EINVAL;
    span_copy(f[0], service->proto, sizeof(service->proto));
    if (!span_is(f[0], "FWM"))
        return address_parse(f[1], &service->local);
    if (f[1].n >= sizeof(service->mark))
        return -EINVAL;
    span_copy(f[1], service->mark, sizeof(service->mark));
    return 0;
}

/* Leave of an address what is wanted. */
static void address_keep(struct address *a, int ip, int port)
{
    if (!ip) {
        memset(a->ip, 0, sizeof(a->ip));
        a->family = 0;
    }
    if (!port)
        a->port = 0;
}

/* "-> C0A85216:0CEA Tunnel 100 248 2": where to, how, weight, connections. */
static int backend_parse(struct ipvs *s, const struct span *f, size_t n,
                         const struct backend_key *service)
{
    struct backend *b = &s->v[s->n];
    uint64_t weight, active, inactive;

    b->key = *service;
    if (n < 6 || address_parse(f[1], &b->key.remote) != 0 ||
        scan_u64(f[3], &weight) != 0 || scan_u64(f[4], &active) != 0 ||
        scan_u64(f[5], &inactive) != 0)
        return -EINVAL;
    address_keep(&b->key.local, s->wanted[LOCAL_ADDRESS], s->wanted[LOCAL_PORT]);
    address_keep(&b->key.remote, s->wanted[REMOTE_ADDRESS], s->wanted[REMOTE_PORT]);
    if (!s->wanted[PROTO])
        memset(b->key.proto, 0, sizeof(b->key.proto));
    if (!s->wanted[LOCAL_MARK])
        memset(b->key.mark, 0, sizeof(b->key.mark));
    b->weight = (double)weight;
    b->active = (double)active;
    b->inactive = (double)inactive;
    s->n++;
    return 0;
}

/* Read the table. A bad line costs its backend, or all of its service. */
static int table_parse(struct ipvs *s, struct span text, promc_error *err)
{
    struct backend_key service;
    struct span line, f[6];
    int known = 0, rc = 0;
    size_t no = 0;

    s->n = 0;
    while (scan_line(&text, &line)) {
        size_t n = scan_fields(line, f, 6);
        int bad = 0;

        no++;
        if (n == 0 || span_is(f[0], "IP") || span_is(f[0], "Prot") ||
            (n > 1 && span_is(f[1], "RemoteAddress:Port")))
            continue;
        if (grow(&s->v, s->n, &s->cap, sizeof(*s->v)) != 0)
            return node_fail(err, -ENOMEM, "out of memory");
        if (!span_is(f[0], "->"))
            known = !(bad = service_parse(f, n, &service) != 0);
        else if (known)
            bad = backend_parse(s, f, n, &service) != 0;
        if (bad && rc == 0)
            rc = node_fail_line(err, "net/ip_vs", no, "neither a service nor a backend");
    }
    return rc;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct backend_key));
}

/* Add up backends with equal keys. */
static void table_merge(struct ipvs *s)
{
    size_t n = 0;

    if (s->n == 0)
        return;
    qsort(s->v, s->n, sizeof(*s->v), by_key);
    for (size_t i = 1; i < s->n; i++) {
        struct backend *to = &s->v[n];
        const struct backend *b = &s->v[i];

        if (by_key(to, b) != 0) {
            s->v[++n] = *b;
            continue;
        }
        to->weight += b->weight;
        to->active += b->active;
        to->inactive += b->inactive;
    }
    s->n = n + 1;
}

/* As text; "" for none. IPv4 in the clothes of IPv6 is IPv4, as in the peer. */
static const char *address_text(const struct address *a, char *buf, size_t size)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    int is_mapped = a->family == AF_INET6 && memcmp(a->ip, mapped, 12) == 0;

    if (a->family == 0 || !inet_ntop(is_mapped ? AF_INET : a->family,
                                     a->ip + (is_mapped ? 12 : 0), buf, (socklen_t)size))
        buf[0] = '\0';
    return buf;
}

static void table_emit(const struct ipvs *s, promc_emitter *out)
{
    const char *names[LABELS], *values[LABELS];
    promc_samples *active, *inactive, *weight;
    promc_labels labels = { names, 0 };

    for (size_t i = 0; i < LABELS; i++)
        if (s->wanted[i])
            names[labels.n++] = ipvs_labels[i];
    active =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_ipvs_backend_connections_active",
                          "Connections to the backend that are in use.", labels);
    inactive =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_ipvs_backend_connections_inactive",
                          "Connections to the backend that are idle or closing.", labels);
    weight = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_ipvs_backend_weight",
                               "Share of the backend in new connections.", labels);
    for (size_t i = 0; i < s->n; i++) {
        const struct backend_key *k = &s->v[i].key;
        char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN], ports[2][8];
        const char *all[LABELS] = {
            [LOCAL_ADDRESS] = address_text(&k->local, local, sizeof(local)),
            [LOCAL_PORT] = ports[0],
            [REMOTE_ADDRESS] = address_text(&k->remote, remote, sizeof(remote)),
            [REMOTE_PORT] = ports[1],
            [PROTO] = k->proto,
            [LOCAL_MARK] = k->mark,
        };
        promc_labels wanted = { values, 0 };

        snprintf(ports[0], sizeof(ports[0]), "%u", k->local.port);
        snprintf(ports[1], sizeof(ports[1]), "%u", k->remote.port);
        for (size_t j = 0; j < LABELS; j++)
            if (s->wanted[j])
                values[wanted.n++] = all[j];
        promc_emit(active, wanted, s->v[i].active);
        promc_emit(inactive, wanted, s->v[i].inactive);
        promc_emit(weight, wanted, s->v[i].weight);
    }
}

static int ipvs_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct ipvs *s = priv;
    struct span text;
    int rc, rc2;

    rc = source_read(&s->stats, ctx->paths.procfs, "net/ip_vs_stats", &text, err);
    if (rc == -ENOENT) /* the module is not loaded */
        return NODE_NODATA;
    if (rc == 0)
        rc = stats_emit(text, out, err);
    rc2 = source_read(&s->table, ctx->paths.procfs, "net/ip_vs", &text, rc ? NULL : err);
    if (rc2 == 0) {
        rc2 = table_parse(s, text, rc ? NULL : err);
        table_merge(s);
        table_emit(s, out);
    }
    return rc ? rc : rc2;
}

const struct node_collector node_ipvs_collector = {
    .name = "ipvs",
    .help = "Connections and backends of the kernel's load balancer.",
    .default_on = 1,
    .flags = ipvs_flags,
    .init = ipvs_init,
    .collect = ipvs_collect,
    .fini = ipvs_fini,
};
