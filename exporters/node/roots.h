/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roots.h - the --path flags: make them ready for the collectors, and see at start what would
 * only show as missing metrics later.
 */
#ifndef NODE_ROOTS_H
#define NODE_ROOTS_H

#include "node/collector.h"

/* Trim the paths to the form that struct node_paths describes (the strings stay for the life
 * of the program) and check them. A root that is no directory is an error; what looks wrong,
 * such as a procfs without the files of one or a container that shows its own mounts, is
 * logged as a warning. Returns 0, or -errno with *err filled. */
int node_roots_check(struct node_paths *p, promc_error *err);

#endif /* NODE_ROOTS_H */
