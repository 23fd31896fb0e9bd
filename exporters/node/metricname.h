/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metricname.h - names of metrics that are made from names the kernel uses.
 */
#ifndef NODE_METRICNAME_H
#define NODE_METRICNAME_H

#include "node/scan.h"

/* Room for any name that is used; longer ones are passed over. */
#define METRIC_NAME_SIZE 256

/* Write prefix, name and suffix into buf. What may not stand in the name of a metric becomes
 * one _ for each run of it, together with the underscores at both sides. Returns buf, or NULL
 * when it is too long for a name. */
const char *metric_name(char buf[METRIC_NAME_SIZE], const char *prefix, struct span name,
                        const char *suffix);

#endif /* NODE_METRICNAME_H */
