/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netstat.c - counters of the network protocols, from net/netstat, net/snmp and
 * net/snmp6.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/filter.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/fieldset.h"
#include "node/source.h"

#define PREFIX "node_netstat_"
#define HELP "Value the kernel keeps for this field of a network protocol."

static const char *netstat_pattern =
    "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)"
    "|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts"
    "|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens"
    "|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors"
    "|SndbufErrors))$";

struct netstat_file {
    struct source file;
    struct fieldset fields;
};

struct netstat {
    struct filter *filter;
    struct netstat_file netstat, snmp, snmp6;
};

static void netstat_flags(struct flags *flags)
{
    flags_string(flags, "collector.netstat.fields",
                 "Regular expression of the fields to expose.", &netstat_pattern, NULL);
}

static int netstat_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct netstat *s = calloc(1, sizeof(*s));
    struct netstat_file *files[3];

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->filter = filter_new("--collector.netstat.fields", netstat_pattern, NULL, err);
    if (!s->filter) {
        free(s);
        return err ? err->code : -EINVAL;
    }
    files[0] = &s->netstat;
    files[1] = &s->snmp;
    files[2] = &s->snmp6;
    for (size_t i = 0; i < 3; i++) {
        files[i]->file = (struct source)SOURCE_INIT;
        files[i]->fields.filter = s->filter;
        files[i]->fields.prefix = PREFIX;
    }
    *priv = s;
    return 0;
}

/* One value that was found in a file: check it, then emit it if it is wanted. */
static int netstat_value(struct fieldset *fields, size_t i, struct span proto,
                         struct span name, struct span value, promc_emitter *out)
{
    const struct field *f;
    double v;
    int rc = scan_double(value, &v);

    if (rc < 0 && rc != -ERANGE)
        return -EINVAL;
    f = fieldset_get(fields, i, proto, name);
    if (!f)
        return -ENOMEM;
    if (f->metric)
        emit_one(out, PROMC_TYPE_UNTYPED, f->metric, HELP, v);
    return 0;
}

/* The fields of one protocol. With another number of values than names nobody could tell
 * which is missing. */
static int netstat_pair(struct span proto, struct span names, struct span values,
                        struct fieldset *fields, size_t *i, promc_emitter *out)
{
    struct span name, value;
    int rc = 0;

    if (scan_fields(names, NULL, 0) != scan_fields(values, NULL, 0))
        return -EINVAL;
    while (rc != -ENOMEM && scan_field(&names, &name) && scan_field(&values, &value)) {
        int one = netstat_value(fields, (*i)++, proto, name, value, out);

        rc = one ? one : rc;
    }
    return rc;
}

/* Lines come in pairs: "Tcp: Name Name ..." and "Tcp: 1 2 ...". A line without its other
 * half costs itself. */
static int netstat_parse(struct span text, struct fieldset *fields, promc_emitter *out)
{
    struct span names, values, proto, again;
    size_t i = 0;
    int rc = 0;

    while (rc != -ENOMEM && scan_line(&text, &names)) {
        struct span next = text;
        int one = -EINVAL;

        if (!scan_field(&names, &proto))
            continue;
        if (proto.p[proto.n - 1] == ':' && scan_line(&next, &values) &&
            scan_field(&values, &again) && again.n == proto.n &&
            memcmp(again.p, proto.p, proto.n) == 0) {
            text = next;
            proto.n--;
            one = netstat_pair(proto, names, values, fields, &i, out);
        }
        rc = one ? one : rc;
    }
    return rc;
}

/* Lines "Ip6InReceives  7": the protocol ends after the first 6. Others are passed over.
 */
static int netstat_parse6(struct span text, struct fieldset *fields, promc_emitter *out)
{
    struct span line, f[2];
    size_t i = 0;
    int rc = 0;

    while (rc != -ENOMEM && scan_line(&text, &line)) {
        const char *six;
        size_t proto;
        int one;

        if (scan_fields(line, f, 2) < 2)
            continue;
        six = memchr(f[0].p, '6', f[0].n);
        if (!six)
            continue;
        proto = (size_t)(six - f[0].p) + 1;
        one = netstat_value(fields, i++, span_of(f[0].p, proto),
                            span_of(f[0].p + proto, f[0].n - proto), f[1], out);
        rc = one ? one : rc;
    }
    return rc;
}

typedef int netstat_parser(struct span text, struct fieldset *fields, promc_emitter *out);

static int netstat_file(const struct node_ctx *ctx, struct netstat_file *f,
                        const char *name, netstat_parser *parse, promc_emitter *out,
                        promc_error *err)
{
    struct span text;
    int rc = source_read(&f->file, ctx->paths.procfs, name, &text, err);

    if (rc < 0)
        return rc;
    rc = parse(text, &f->fields, out);
    if (rc < 0)
        return node_fail(err, rc, "%s/%s: %s", ctx->paths.procfs, name,
                         rc == -ENOMEM ? "out of memory"
                                       : "names and values do not match");
    return 0;
}

static int netstat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct netstat *s = priv;
    int rc = netstat_file(ctx, &s->netstat, "net/netstat", netstat_parse, out, err);
    int one =
        netstat_file(ctx, &s->snmp, "net/snmp", netstat_parse, out, rc ? NULL : err);

    rc = rc ? rc : one;
    one = netstat_file(ctx, &s->snmp6, "net/snmp6", netstat_parse6, out, rc ? NULL : err);
    if (one == -ENOENT) /* a kernel without IPv6 */
        one = 0;
    return rc ? rc : one;
}

static void netstat_fini(void *priv)
{
    struct netstat *s = priv;

    source_close(&s->netstat.file);
    source_close(&s->snmp.file);
    source_close(&s->snmp6.file);
    fieldset_free(&s->netstat.fields);
    fieldset_free(&s->snmp.fields);
    fieldset_free(&s->snmp6.fields);
    filter_free(s->filter);
    free(s);
}

const struct node_collector node_netstat_collector = {
    .name = "netstat",
    .help = "Counters of the network protocols.",
    .default_on = 1,
    .flags = netstat_flags,
    .init = netstat_init,
    .collect = netstat_collect,
    .fini = netstat_fini,
};
