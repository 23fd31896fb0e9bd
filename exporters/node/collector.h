/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collector.h - what a collector of the node exporter is, and what it gets.
 *
 * A collector is a const struct in the table of collectors.c. The core (scrape.c) owns its
 * state, calls it once per scrape, times it and reports its success; a collector that fails
 * or hangs costs its own metrics only.
 */
#ifndef NODE_COLLECTOR_H
#define NODE_COLLECTOR_H

#include <promc/promc.h>

#include "common/flags.h"

/* Return values of collect beside 0 and -errno. No data: the hardware or kernel feature is
 * absent; success is reported as 0 like an error, but logged at debug level only. */
#define NODE_NODATA 1

/* Where the kernel's files are; each movable by a --path flag. No trailing slash, except
 * that a rootfs of "/" is "". */
struct node_paths {
    const char *procfs;
    const char *sysfs;
    const char *rootfs;
    const char *udev_data;
};

struct node_ctx {
    struct node_paths paths;
    double
        deadline; /* seconds this scrape has in all; CLOCK_MONOTONIC end in deadline_ns */
    uint64_t deadline_ns;
};

struct node_collector {
    const char *name; /* as in --collector.NAME */
    const char *help; /* one line for --help: what it exposes */
    int default_on;

    /* The collector's own flags. NULL: it has none. Called once, before parsing; values land
     * in static storage of the collector's file. */
    void (*flags)(struct flags *flags);

    /* After the flags are known, only for an enabled collector. Fill *priv with state for
     * collect. Returns 0, or -errno with a sentence in err: the program does not start. */
    int (*init)(const struct node_ctx *ctx, void **priv, promc_error *err);

    /* Once per scrape, never twice at once for the same collector. Samples emitted before an
     * error stay. Returns 0, NODE_NODATA, or -errno with a sentence in err. */
    int (*collect)(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                   promc_error *err);

    void (*fini)(void *priv);
};

/* The table, ended by NULL. */
extern const struct node_collector *const node_collectors[];

#endif /* NODE_COLLECTOR_H */
