/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpstat.c - how many TCP sockets are in which state, and the bytes in their queues, by
 * netlink.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/fail.h"
#include "node/netlink.h"

static struct {
    int zeros;
} tcpstat_flag;

/* The kernel's states by number, and what is counted beside them. */
enum { TCPSTAT_UNKNOWN = 0, TCPSTAT_RX = TCP_CLOSING + 1, TCPSTAT_TX, TCPSTAT_LABELS };
static const char *const tcpstat_labels[TCPSTAT_LABELS] = {
    [TCPSTAT_UNKNOWN] = "unknown",    [TCP_ESTABLISHED] = "established",
    [TCP_SYN_SENT] = "syn_sent",      [TCP_SYN_RECV] = "syn_recv",
    [TCP_FIN_WAIT1] = "fin_wait1",    [TCP_FIN_WAIT2] = "fin_wait2",
    [TCP_TIME_WAIT] = "time_wait",    [TCP_CLOSE] = "close",
    [TCP_CLOSE_WAIT] = "close_wait",  [TCP_LAST_ACK] = "last_ack",
    [TCP_LISTEN] = "listen",          [TCP_CLOSING] = "closing",
    [TCPSTAT_RX] = "rx_queued_bytes", [TCPSTAT_TX] = "tx_queued_bytes",
};
#define TCPSTAT_ALL_STATES UINT32_C(0xfff)

struct tcpstat {
    uint64_t n[TCPSTAT_LABELS];
    uint64_t sockets;
};

static int tcpstat_each(void *arg, uint16_t type, struct span payload)
{
    struct tcpstat *t = arg;
    struct inet_diag_msg m;

    if (type != SOCK_DIAG_BY_FAMILY || payload.n < sizeof(m))
        return 0;
    memcpy(&m, payload.p, sizeof(m));
    t->n[m.idiag_state <= TCP_CLOSING ? m.idiag_state : TCPSTAT_UNKNOWN]++;
    t->n[TCPSTAT_RX] += m.idiag_rqueue;
    t->n[TCPSTAT_TX] += m.idiag_wqueue;
    t->sockets++;
    return 0;
}

/* The peer leaves out states that no socket is in. zeros: fill these holes. */
static void tcpstat_emit(const struct tcpstat *t, int zeros, promc_emitter *out)
{
    promc_samples *f = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_tcp_connection_states",
        "TCP sockets in the state, or bytes in the queues of all of them.",
        PROMC_LABELS("state"));

    for (size_t i = 0; i < TCPSTAT_LABELS; i++) {
        int queue = i == TCPSTAT_RX || i == TCPSTAT_TX;

        if (t->n[i] || (queue && t->sockets) || (zeros && i != TCPSTAT_UNKNOWN))
            promc_emit(f, PROMC_LABELS(tcpstat_labels[i]), (double)t->n[i]);
    }
}

static int tcpstat_ask(struct netlink *nl, unsigned char family, uint64_t deadline_ns,
                       struct tcpstat *t)
{
    struct inet_diag_req_v2 req = {
        .sdiag_family = family,
        .sdiag_protocol = IPPROTO_TCP,
        .idiag_states = TCPSTAT_ALL_STATES,
    };

    return netlink_dump(nl, SOCK_DIAG_BY_FAMILY, &req, sizeof(req), deadline_ns,
                        tcpstat_each, t);
}

static int tcpstat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct netlink *nl = priv;
    struct tcpstat t = { .sockets = 0 };
    char tcp6[4096];
    int rc = tcpstat_ask(nl, AF_INET, ctx->deadline_ns, &t);

    snprintf(tcp6, sizeof(tcp6), "%s/net/tcp6", ctx->paths.procfs);
    if (rc == 0 && access(tcp6, F_OK) == 0)
        rc = tcpstat_ask(nl, AF_INET6, ctx->deadline_ns, &t);
    if (rc)
        return node_fail_netlink(err, rc, "TCP sockets");
    tcpstat_emit(&t, tcpstat_flag.zeros, out);
    return 0;
}

static int tcpstat_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct netlink *nl = malloc(sizeof(*nl));

    (void)ctx;
    if (!nl)
        return node_fail(err, -ENOMEM, "out of memory");
    *nl = (struct netlink)NETLINK_INIT;
    nl->protocol = NETLINK_SOCK_DIAG;
    *priv = nl;
    return 0;
}

static void tcpstat_fini(void *priv)
{
    netlink_close(priv);
    free(priv);
}

static void tcpstat_flags(struct flags *flags)
{
    flags_bool(flags, "collector.tcpstat.zeros",
               "Show all states, with 0 for those that no socket is in.",
               &tcpstat_flag.zeros, NULL);
}

const struct node_collector node_tcpstat_collector = {
    .name = "tcpstat",
    .help = "TCP sockets per state.",
    .flags = tcpstat_flags,
    .init = tcpstat_init,
    .collect = tcpstat_collect,
    .fini = tcpstat_fini,
};
