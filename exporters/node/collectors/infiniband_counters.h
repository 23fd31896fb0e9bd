/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infiniband_counters.h - the counters of a port and the metrics they become.
 */
#ifndef NODE_COLLECTORS_INFINIBAND_COUNTERS_H
#define NODE_COLLECTORS_INFINIBAND_COUNTERS_H

#include "node/attr.h"

#define INFINIBAND_COUNTERS 59
extern const struct attr infiniband_counters[INFINIBAND_COUNTERS];

#endif /* NODE_COLLECTORS_INFINIBAND_COUNTERS_H */
