/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - answer one HTTP scrape of the node exporter.
 */
#ifndef NODE_SERVE_H
#define NODE_SERVE_H

#include <promc/http.h>

#include "node/enabled.h"
#include "node/scrape.h"

struct node_site {
    promc_registry *registry;
    const struct node_enabled *enabled;
    struct node_set set; /* of the flags, before a request narrows it */
    struct node_scrape *scrape;
    double deadline; /* --collector.deadline; 0: as the scraper says */
};

/* How many seconds the collectors may have for a scrape whose scraper waits for timeout
 * seconds (0: it did not say), when the flag says limit (0: nothing). */
double node_serve_deadline(double timeout, double limit);

/* A promc_http_scrape_fn; arg is the node_site. */
int node_serve(void *arg, const promc_http_request *req, promc_format format,
               promc_page *page, promc_error *err);

#endif /* NODE_SERVE_H */
