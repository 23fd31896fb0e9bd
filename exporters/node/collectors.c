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
    X(bcache) \
    X(bcachefs) \
    X(bonding) \
    X(btrfs) \
    X(buddyinfo) \
    X(cgroups) \
    X(conntrack) \
    X(cpu) \
    X(cpu_vulnerabilities) \
    X(cpufreq) \
    X(diskstats) \
    X(dmi) \
    X(dmmultipath) \
    X(drbd) \
    X(drm) \
    X(edac) \
    X(entropy) \
    X(ethtool) \
    X(fibrechannel) \
    X(filefd) \
    X(filesystem) \
    X(hwmon) \
    X(infiniband) \
    X(interrupts) \
    X(ipvs) \
    X(kernel_hung) \
    X(ksmd) \
    X(lnstat) \
    X(loadavg) \
    X(logind) \
    X(mdadm) \
    X(meminfo) \
    X(meminfo_numa) \
    X(mountstats) \
    X(netclass) \
    X(netdev) \
    X(netstat) \
    X(network_route) \
    X(nfs) \
    X(nfsd) \
    X(ntp) \
    X(nvme) \
    X(nvmesubsystem) \
    X(os) \
    X(pcidevice) \
    X(perf) \
    X(powersupplyclass) \
    X(pressure) \
    X(process_groups) \
    X(processes) \
    X(qdisc) \
    X(rapl) \
    X(runit) \
    X(schedstat) \
    X(selinux) \
    X(slabinfo) \
    X(sockstat) \
    X(softirqs) \
    X(softnet) \
    X(stat) \
    X(supervisord) \
    X(swap) \
    X(sysctl) \
    X(systemd) \
    X(tapestats) \
    X(tcpstat) \
    X(textfile) \
    X(thermal_zone) \
    X(time) \
    X(timex) \
    X(udp_queues) \
    X(uname) \
    X(vmstat) \
    X(watchdog) \
    X(wifi) \
    X(xfrm) \
    X(xfs) \
    X(zfs) \
    X(zoneinfo) \
    /* the end */
/* clang-format on */

#define DECLARE(name) extern const struct node_collector node_##name##_collector;
#define ENTRY(name) &node_##name##_collector,

COLLECTORS(DECLARE)

const struct node_collector *const node_collectors[] = { COLLECTORS(ENTRY) NULL };
