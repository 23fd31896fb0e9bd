/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filesystem.h - what others, and tests, may ask of the filesystem collector.
 */
#ifndef NODE_FILESYSTEM_H
#define NODE_FILESYSTEM_H

#include "node/collectors/statpool.h"

/* statfs(2). A test puts another function here before the collector's init. */
extern statpool_fn *filesystem_statfs;

/* Whether the collector, if it runs, is waiting for this mount in vain. */
int filesystem_is_stuck(const char *path, uint64_t id);

/* The words for an errno value that the device_error label carries; buf for the rare ones
 * without words. */
const char *filesystem_error(int error, char buf[32]);

#endif /* NODE_FILESYSTEM_H */
