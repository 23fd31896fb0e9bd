/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c - answer one HTTP scrape of the node exporter.
 */
#include "config.h"

#include "node/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Without word from the scraper: inside the 10 seconds that Prometheus waits by default.
 */
#define DEFAULT_DEADLINE 8.0
#define LONGEST_DEADLINE 55.0 /* the server closes a connection after 60 */
#define SHORTEST_DEADLINE 0.05

double node_serve_deadline(double timeout, double limit)
{
    double deadline = DEFAULT_DEADLINE;

    /* What is left over is for rendering and the way back. */
    if (timeout > 0)
        deadline = timeout > 5 ? timeout - 0.5 : timeout * 0.9;
    if (limit > 0 && (deadline > limit || timeout <= 0))
        deadline = limit;
    if (deadline > LONGEST_DEADLINE)
        deadline = LONGEST_DEADLINE;
    return deadline > SHORTEST_DEADLINE ? deadline : SHORTEST_DEADLINE;
}

/* Render what the collectors have left, all of it or the families named by name[]. */
static int render(const struct node_site *site, const promc_http_request *req,
                  promc_format format, promc_page *page, promc_error *err)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    const char **names = NULL;
    size_t n = 0, i;
    int rc;

    opts.scrape_arg = site->scrape;
    while (promc_http_query(req, "name[]", n))
        n++;
    if (n > 0) {
        names = calloc(n, sizeof(*names));
        if (!names)
            return -ENOMEM;
        for (i = 0; i < n; i++)
            names[i] = promc_http_query(req, "name[]", i);
        opts.names = names;
        opts.n_names = n;
    }
    rc = promc_render_with(site->registry, format, &opts, page, err);
    free(names);
    return rc;
}

int node_serve(void *arg, const promc_http_request *req, promc_format format,
               promc_page *page, promc_error *err)
{
    const struct node_site *site = arg;
    struct node_set set = site->set;
    int rc;

    rc = node_select(site->enabled, promc_http_query, req, &set, err);
    if (rc != 0)
        return rc;
    rc = node_scrape_begin(
        site->scrape, &set,
        node_serve_deadline(promc_http_scrape_timeout(req), site->deadline));
    if (rc < 0) {
        err->code = rc;
        snprintf(err->text, sizeof(err->text), "%s",
                 rc == -EBUSY       ? "Another scrape took all the time of this one."
                 : rc == -ESHUTDOWN ? "The exporter is shutting down."
                                    : "No thread to be had for the collectors.");
        return 503;
    }
    rc = render(site, req, format, page, err);
    node_scrape_end(site->scrape);
    return rc < 0 ? 500 : 0;
}
