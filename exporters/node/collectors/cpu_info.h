/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_info.h - models, flags and bugs of the CPUs from /proc/cpuinfo.
 * Part of the cpu collector.
 */
#ifndef NODE_COLLECTORS_CPU_INFO_H
#define NODE_COLLECTORS_CPU_INFO_H

#include "common/filter.h"
#include "node/collector.h"
#include "node/scan.h"

struct cpu_info_opts {
    const struct filter *flags; /* NULL: no node_cpu_flag_info */
    const struct filter *bugs;  /* NULL: no node_cpu_bug_info */
    int frequency;              /* emit node_cpu_frequency_hertz */
};

/* Emit what a whole cpuinfo file says. */
void cpu_info_emit(struct span text, const struct cpu_info_opts *opts,
                   promc_emitter *out);

#endif /* NODE_COLLECTORS_CPU_INFO_H */
