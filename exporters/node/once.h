/* SPDX-License-Identifier: Apache-2.0 */
/*
 * once.h - one scrape without a server, for cron jobs and for a look at what is there.
 */
#ifndef NODE_ONCE_H
#define NODE_ONCE_H

#include "node/serve.h"

/* Run the collectors once and write the page to the file path, in place of the one there at
 * once, or to stdout when path is "". The registry's collector is node_scrape_results().
 * Returns 0 or -errno with *err filled; collectors that fail are logged and no error. */
int node_once(const struct node_site *site, const char *path, promc_error *err);

#endif /* NODE_ONCE_H */
