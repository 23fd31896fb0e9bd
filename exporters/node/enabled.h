/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enabled.h - which collectors run: by the flags, and by what a single request asks for.
 */
#ifndef NODE_ENABLED_H
#define NODE_ENABLED_H

#include <promc/http.h>

#include "common/flags.h"
#include "node/collector.h"

/* More than the table will ever hold; makes a set of collectors an array of fixed size.
 */
#define NODE_MAX_COLLECTORS 128

/* A set of collectors, by their place in the table. */
struct node_set {
    unsigned char on[NODE_MAX_COLLECTORS];
};

struct node_enabled {
    const struct node_collector *const *table;
    size_t n;
    int disable_defaults;
    struct node_switch {
        char flag[64];
        char help[160];
        int on;
        int given;
    } v[NODE_MAX_COLLECTORS];
};

/* Declare --collector.NAME for each entry of the NULL-ended table,
 * --collector.disable-defaults and the collectors' own flags. Returns 0, or -E2BIG. */
int node_enabled_flags(struct node_enabled *e, const struct node_collector *const *table,
                       struct flags *f);

/* After parsing: the collectors that are enabled. */
void node_enabled_set(const struct node_enabled *e, struct node_set *set);

/* How to look into the query of a request: promc_http_query(), or a test's own. */
typedef const char *node_query_fn(const promc_http_request *req, const char *key,
                                  size_t i);

/* Narrow *set, which holds the enabled collectors, to what collect[] and exclude[] say.
 * Returns 0, or 400 with the text for the client in *err. */
int node_select(const struct node_enabled *e, node_query_fn *query,
                const promc_http_request *req, struct node_set *set, promc_error *err);

#endif /* NODE_ENABLED_H */
