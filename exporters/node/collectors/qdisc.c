/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qdisc.c - what the queueing disciplines at the root of the network interfaces have sent,
 * dropped and hold, by netlink.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "node/collectors/qdisc.h"
#include "node/devfilter.h"
#include "node/fail.h"
#include "node/fixture.h"
#include "node/netlink.h"

static struct {
    struct devfilter_flag include, exclude;
    const char *fixtures;
} qdisc_flag = {
    .include = { .name = "--collector.qdisc.device-include",
                 .old_name = "--collector.qdisk.device-include",
                 .help = "Expose only interfaces that match this pattern; not together "
                         "with device-exclude." },
    .exclude = { .name = "--collector.qdisc.device-exclude",
                 .old_name = "--collector.qdisk.device-exclude",
                 .help =
                     "Leave out interfaces that match this pattern; not together with "
                     "device-include." },
};

static const struct {
    promc_type type;
    const char *name;
    const char *help;
} qdisc_metrics[QDISC_STATS] = {
    [QDISC_BYTES] = { PROMC_TYPE_COUNTER, "node_qdisc_bytes_total",
                      "Bytes sent through the queueing discipline." },
    [QDISC_PACKETS] = { PROMC_TYPE_COUNTER, "node_qdisc_packets_total",
                        "Packets sent through the queueing discipline." },
    [QDISC_DROPS] = { PROMC_TYPE_COUNTER, "node_qdisc_drops_total",
                      "Packets that the queueing discipline dropped." },
    [QDISC_REQUEUES] = { PROMC_TYPE_COUNTER, "node_qdisc_requeues_total",
                         "Packets put back because the device did not take them." },
    [QDISC_OVERLIMITS] = { PROMC_TYPE_COUNTER, "node_qdisc_overlimits_total",
                           "Times a packet had to wait because of a rate limit." },
    [QDISC_LENGTH] = { PROMC_TYPE_GAUGE, "node_qdisc_current_queue_length",
                       "Packets waiting in the queue." },
    [QDISC_BACKLOG] = { PROMC_TYPE_GAUGE, "node_qdisc_backlog",
                        "Bytes waiting in the queue." },
};

struct qdisc_state {
    struct netlink nl;
    struct filter *filter;
    promc_samples *f[QDISC_STATS];
};

/* The attributes of TCA_STATS2, which all kernels of this century send. */
static void qdisc_stats(struct span rest, struct qdisc *q)
{
    struct span data;
    uint16_t type;
    uint64_t packets = 0;
    int have_packets = 0;

    while (netlink_attr(&rest, &type, &data)) {
        struct gnet_stats_basic basic;
        struct gnet_stats_queue queue;

        memset(&basic, 0, sizeof(basic));
        memset(&queue, 0, sizeof(queue));
        switch (type) {
        case TCA_STATS_BASIC:
            memcpy(&basic, data.p, data.n < sizeof(basic) ? data.n : sizeof(basic));
            q->stat[QDISC_BYTES] = basic.bytes;
            q->stat[QDISC_PACKETS] = basic.packets;
            break;
        case TCA_STATS_QUEUE:
            memcpy(&queue, data.p, data.n < sizeof(queue) ? data.n : sizeof(queue));
            q->stat[QDISC_LENGTH] = queue.qlen;
            q->stat[QDISC_BACKLOG] = queue.backlog;
            q->stat[QDISC_DROPS] = queue.drops;
            q->stat[QDISC_REQUEUES] = queue.requeues;
            q->stat[QDISC_OVERLIMITS] = queue.overlimits;
            break;
        case TCA_STATS_PKT64: /* there when 32 bits are not enough */
            packets = netlink_number(data);
            have_packets = 1;
            break;
        default:
            break;
        }
    }
    if (have_packets)
        q->stat[QDISC_PACKETS] = packets;
}

/* Read the payload of a RTM_NEWQDISC message. Returns 0, or -EBADMSG when it is too
 * short. */
static int qdisc_parse(struct span payload, struct qdisc *q)
{
    struct tcmsg tc;
    struct span rest, data;
    uint16_t type;

    memset(q, 0, sizeof(*q));
    if (payload.n < sizeof(tc))
        return -EBADMSG;
    memcpy(&tc, payload.p, sizeof(tc));
    q->index = tc.tcm_ifindex;
    q->parent = tc.tcm_parent == TC_H_ROOT ? 0 : tc.tcm_parent;
    rest = span_of(payload.p + sizeof(tc), payload.n - sizeof(tc));
    while (netlink_attr(&rest, &type, &data)) {
        if (type == TCA_KIND)
            netlink_string(data, q->kind, sizeof(q->kind));
        else if (type == TCA_STATS2)
            qdisc_stats(data, q);
    }
    return 0;
}

static void qdisc_emit(void *arg, struct qdisc *q)
{
    const struct qdisc_state *s = arg;

    if (q->parent != 0 || !q->device[0] || !filter_keep(s->filter, q->device))
        return;
    for (size_t i = 0; i < QDISC_STATS; i++)
        promc_emit(s->f[i], PROMC_LABELS(q->device, q->kind), (double)q->stat[i]);
}

static int qdisc_message(void *arg, uint16_t type, struct span payload)
{
    struct qdisc_state *s = arg;
    struct qdisc q;

    if (type != RTM_NEWQDISC || qdisc_parse(payload, &q) != 0 || q.parent != 0)
        return 0;
    netlink_ifname(&s->nl, q.index, q.device);
    qdisc_emit(s, &q);
    return 0;
}

static int qdisc_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct qdisc_state *s = priv;
    struct tcmsg all = { .tcm_family = AF_UNSPEC };
    int rc;

    for (size_t i = 0; i < QDISC_STATS; i++)
        s->f[i] =
            promc_emit_family(out, qdisc_metrics[i].type, qdisc_metrics[i].name,
                              qdisc_metrics[i].help, PROMC_LABELS("device", "kind"));
    if (fixture_given(qdisc_flag.fixtures))
        return qdisc_fixture(qdisc_flag.fixtures, qdisc_emit, s, err);
    rc = netlink_dump(&s->nl, RTM_GETQDISC, &all, sizeof(all), ctx->deadline_ns,
                      qdisc_message, s);
    return rc ? node_fail_netlink(err, rc, "queueing disciplines") : 0;
}

static void qdisc_fini(void *priv)
{
    struct qdisc_state *s = priv;

    netlink_close(&s->nl);
    filter_free(s->filter);
    free(s);
}

static int qdisc_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct qdisc_state *s;
    int rc = fixture_check("--collector.qdisc.fixtures", qdisc_flag.fixtures, err);

    (void)ctx;
    if (rc)
        return rc;
    s = calloc(1, sizeof(*s));
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->nl = (struct netlink)NETLINK_INIT;
    rc = devfilter_make(&qdisc_flag.include, &qdisc_flag.exclude, &s->filter, err);
    if (rc) {
        qdisc_fini(s);
        return rc;
    }
    *priv = s;
    return 0;
}

static void qdisc_flags(struct flags *flags)
{
    devfilter_declare(flags, &qdisc_flag.include);
    devfilter_declare(flags, &qdisc_flag.exclude);
    flags_string(flags, "collector.qdisc.fixtures",
                 "Read results.json in this directory instead of asking netlink; for "
                 "tests.",
                 &qdisc_flag.fixtures, NULL);
}

const struct node_collector node_qdisc_collector = {
    .name = "qdisc",
    .help = "Packets, bytes and drops per queueing discipline.",
    .flags = qdisc_flags,
    .init = qdisc_init,
    .collect = qdisc_collect,
    .fini = qdisc_fini,
};
