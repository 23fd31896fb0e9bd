/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netdev_metrics.h - how the metrics of the netdev collector are called, in each of its
 * modes.
 */
#ifndef NODE_COLLECTORS_NETDEV_METRICS_H
#define NODE_COLLECTORS_NETDEV_METRICS_H

#include "node/netlink_link.h"

/* A counter: the sum of the statistics whose bits are set. */
struct netdev_metric {
    const char *name;
    const char *help;
    uint32_t stats;
};

#define NETDEV_METRICS_MAX NET_STATS

static inline uint64_t netdev_metric_value(const struct netdev_metric *m,
                                           const struct net_link *link)
{
    uint64_t sum = 0;

    for (size_t bit = 0; bit < NET_STATS; bit++) {
        if (m->stats >> bit & 1)
            sum += link->stat[bit];
    }
    return sum;
}

/* The names everybody knows: those of the columns of /proc/net/dev, as the kernel adds
 * them up for that file. */
extern const struct netdev_metric netdev_plain[];
/* --collector.netdev.enable-detailed-metrics: one per statistic, */
extern const struct netdev_metric netdev_detailed[];
/* and the same where only /proc/net/dev is read, which has but the sums. */
extern const struct netdev_metric netdev_detailed_proc[];

#endif /* NODE_COLLECTORS_NETDEV_METRICS_H */
