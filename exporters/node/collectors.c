/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collectors.c - the table of collectors, by name. It is the order in which they run, in
 * which --help lists them, and the one place that knows them all.
 */
#include "config.h"

#include "node/collector.h"

extern const struct node_collector node_loadavg_collector;

const struct node_collector *const node_collectors[] = {
    &node_loadavg_collector,
    NULL,
};
