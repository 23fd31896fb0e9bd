/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metricname.h - make a part of a metric's name of a text that the kernel gives.
 */
#ifndef NODE_METRICNAME_H
#define NODE_METRICNAME_H

#include <stddef.h>

/* Copy text; each run of what is no ASCII letter, digit or _ becomes one _, and takes the _
 * around it with it. What does not fit is cut off. Returns buf. */
char *metricname_clean(const char *text, char *buf, size_t size);

#endif /* NODE_METRICNAME_H */
