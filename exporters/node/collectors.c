/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collectors.c - the table of collectors, by name. It is the order in which they run, in
 * which --help lists them, and the one place that knows them all.
 */
#include "config.h"

#include "node/collector.h"

/* clang-format off */
#define COLLECTORS(X) \
    X(arp) \
    X(cpu) \
    X(cpufreq) \
    X(diskstats) \
    X(drbd) \
    X(entropy) \
    X(filefd) \
    X(filesystem) \
    X(loadavg) \
    X(meminfo) \
    X(netclass) \
    X(netdev) \
    X(netstat) \
    X(network_route) \
    X(nvme) \
    X(os) \
    X(pressure) \
    X(qdisc) \
    X(schedstat) \
    X(sockstat) \
    X(softnet) \
    X(stat) \
    X(swap) \
    X(tapestats) \
    X(tcpstat) \
    X(textfile) \
    X(time) \
    X(timex) \
    X(udp_queues) \
    X(uname) \
    X(vmstat) \
    X(xfs) \
    /* the end */
/* clang-format on */

#define DECLARE(name) extern const struct node_collector node_##name##_collector;
#define ENTRY(name) &node_##name##_collector,

COLLECTORS(DECLARE)

const struct node_collector *const node_collectors[] = { COLLECTORS(ENTRY) NULL };
