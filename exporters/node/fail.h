/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail.h - how a collector says why it failed.
 */
#ifndef NODE_FAIL_H
#define NODE_FAIL_H

#include <promc/promc.h>

/* Fill *err (which may be NULL) with a sentence, and return rc, a negative errno value,
 * so that a caller can end with it. */
int node_fail(promc_error *err, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a file that could not be read: "cannot read DIR/NAME: reason". */
int node_fail_read(promc_error *err, int rc, const char *dir, const char *name);

/* The same for a line that could not be parsed: "FILE line N: reason"; rc is -EINVAL. */
int node_fail_line(promc_error *err, const char *file, size_t line, const char *reason);

/* The same for a netlink dump: "cannot list WHAT by netlink: reason". */
int node_fail_netlink(promc_error *err, int rc, const char *what);

#endif /* NODE_FAIL_H */
