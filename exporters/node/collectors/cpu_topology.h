/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_topology.h - what sysfs says about the CPUs: isolated, online, throttled by heat.
 * Part of the cpu collector.
 */
#ifndef NODE_COLLECTORS_CPU_TOPOLOGY_H
#define NODE_COLLECTORS_CPU_TOPOLOGY_H

#include "common/readfile.h"
#include "node/collector.h"
#include "node/dirlist.h"

struct cpu_topology {
    struct readbuf isolated; /* as it was at start: it cannot change later */
    struct readbuf online;
    struct readbuf known; /* the online list for which v was made */
    struct dirlist list;
    struct cpu_place *v;
    size_t n;
    size_t cap;
    int valid;
    int has_online; /* CPUs here can be switched off and on */
};

/* Read what does not change. Returns 0; what is missing is only missing in the scrape. */
int cpu_topology_init(struct cpu_topology *t, const struct node_ctx *ctx);

/* Emit the metrics. Returns 0, or -errno with a sentence in err. */
int cpu_topology_collect(struct cpu_topology *t, const struct node_ctx *ctx,
                         promc_emitter *out, promc_error *err);
void cpu_topology_free(struct cpu_topology *t);

#endif /* NODE_COLLECTORS_CPU_TOPOLOGY_H */
