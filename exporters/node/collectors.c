/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collectors.c - the table of collectors, by name. It is the order in which they run, in
 * which --help lists them, and the one place that knows them all.
 */
#include "config.h"

#include "node/collector.h"

extern const struct node_collector node_arp_collector;
extern const struct node_collector node_cpu_collector;
extern const struct node_collector node_cpufreq_collector;
extern const struct node_collector node_diskstats_collector;
extern const struct node_collector node_entropy_collector;
extern const struct node_collector node_filefd_collector;
extern const struct node_collector node_filesystem_collector;
extern const struct node_collector node_loadavg_collector;
extern const struct node_collector node_meminfo_collector;
extern const struct node_collector node_netclass_collector;
extern const struct node_collector node_netdev_collector;
extern const struct node_collector node_netstat_collector;
extern const struct node_collector node_os_collector;
extern const struct node_collector node_pressure_collector;
extern const struct node_collector node_schedstat_collector;
extern const struct node_collector node_sockstat_collector;
extern const struct node_collector node_softnet_collector;
extern const struct node_collector node_stat_collector;
extern const struct node_collector node_textfile_collector;
extern const struct node_collector node_time_collector;
extern const struct node_collector node_timex_collector;
extern const struct node_collector node_udp_queues_collector;
extern const struct node_collector node_uname_collector;
extern const struct node_collector node_vmstat_collector;

const struct node_collector *const node_collectors[] = {
    &node_arp_collector,
    &node_cpu_collector,
    &node_cpufreq_collector,
    &node_diskstats_collector,
    &node_entropy_collector,
    &node_filefd_collector,
    &node_filesystem_collector,
    &node_loadavg_collector,
    &node_meminfo_collector,
    &node_netclass_collector,
    &node_netdev_collector,
    &node_netstat_collector,
    &node_os_collector,
    &node_pressure_collector,
    &node_schedstat_collector,
    &node_sockstat_collector,
    &node_softnet_collector,
    &node_stat_collector,
    &node_textfile_collector,
    &node_time_collector,
    &node_timex_collector,
    &node_udp_queues_collector,
    &node_uname_collector,
    &node_vmstat_collector,
    NULL,
};
