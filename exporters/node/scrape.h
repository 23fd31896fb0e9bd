/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape.h - run the collectors for a scrape, inside its deadline whatever they do.
 *
 * One scrape at a time does the work. Collectors run one after another in a worker
 * thread, each into its own emitter. The scraping thread watches: when a collector takes
 * longer than its share, another worker goes on with the rest, so that a slow one delays
 * nobody; what is not back at the deadline is left behind as stuck, without its metrics,
 * until it returns.
 */
#ifndef NODE_SCRAPE_H
#define NODE_SCRAPE_H

#include "node/collector.h"
#include "node/enabled.h"

struct node_scrape;

/* Initialise the collectors of the table that are in set. ctx is copied, its strings are
 * not. Returns NULL with *err filled when a collector refuses or memory is short. */
struct node_scrape *node_scrape_new(const struct node_collector *const *table,
                                    const struct node_set *set,
                                    const struct node_ctx *ctx, promc_error *err);

/* Run the collectors of set for at most deadline seconds. Returns 0, or -EBUSY when
 * another scrape took all that time, -ESHUTDOWN after node_scrape_stop(). After 0 the
 * results are this caller's alone until node_scrape_end(). */
int node_scrape_begin(struct node_scrape *s, const struct node_set *set, double deadline);

/* A collector for the registry (arg is the node_scrape): shows the results of the scrape
 * under way, with duration and success of each collector. */
void node_scrape_emit(promc_emitter *e, void *arg);

/* The same where nobody else can render the registry: whoever asks gets the results. */
void node_scrape_results(promc_emitter *e, void *arg);

void node_scrape_end(struct node_scrape *s);

/* The scrape under way ends with what it has, and no other begins. */
void node_scrape_stop(struct node_scrape *s);

/* Release everything; no scrape may be under way. With a stuck collector its memory is
 * kept, since its thread may still come back to it. */
void node_scrape_free(struct node_scrape *s);

#endif /* NODE_SCRAPE_H */
