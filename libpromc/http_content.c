/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_content.c - what a request for metrics asks for, and what it is given: format,
 * families, deadline, and what becomes of errors.
 */
#include "config.h"
#include "http_handler.h"

#include <stdio.h>

#include "alloc.h"

void promc__http_want(promc_http_request *req)
{
    const promc_handler *h = req->handler;
    const char *accept = promc_http_header(req, "Accept");
    double timeout = promc_http_scrape_timeout(req);
    promc__http_ms now = promc__http_now(), patience = h->patience;

    req->format = h->prefer_text ? promc_negotiate_preferring(PROMC_FORMAT_TEXT, accept)
                                 : promc_negotiate(accept);
    req->coding = promc__accept_encoding(promc_http_header(req, "Accept-Encoding"));
    if (timeout > 0) {
        /* A little before the scraper gives up, so that it is told; but not so early that
         * handlers which plan with the same timeout have no time left to answer. */
        promc__http_ms told =
            (promc__http_ms)((timeout > 5 ? timeout - 0.25 : timeout * 0.95) * 1000);

        if (told < patience)
            patience = told;
    }
    req->give_up = now + patience;
    /* What is collected has to be written, compressed and sent, too. */
    req->collect_by = now + patience - (patience > 5000 ? 250 : patience / 20);
}

/* How a scrape without a callback is made: the registries, cut down to the families that
 * name[] asks for. */
struct plan {
    const _Atomic promc__http_ms *collect_by;
    int late; /* collectors were left out */
};

static int is_late(void *arg)
{
    struct plan *plan = arg;

    /* relaxed: a time, it guards nothing */
    if (promc__http_now() >= atomic_load_explicit(plan->collect_by, memory_order_relaxed))
        plan->late = 1;
    return plan->late;
}

static int render(promc_http_request *req, promc_format format, struct plan *plan,
                  promc_page *page, promc_error *err)
{
    const promc_handler *h = req->handler;
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    const char **names = NULL;
    int rc;

    while (promc_http_query(req, "name[]", opts.n_names))
        opts.n_names++;
    if (opts.n_names > 0) {
        names = promc__calloc(opts.n_names, sizeof(*names));
        if (!names) {
            snprintf(err->text, sizeof(err->text), "out of memory");
            return 503;
        }
        for (size_t i = 0; i < opts.n_names; i++)
            names[i] = promc_http_query(req, "name[]", i);
        opts.names = names;
    }
    opts.others = h->others;
    opts.n_others = h->n_others;
    opts.created = h->created;
    opts.late = is_late;
    opts.late_arg = plan;
    rc = promc_render_with(h->reg, format, &opts, page, err);
    promc__free(names);
    return rc == 0 ? 0 : 500;
}

/* A page from which something is missing: send it, or say what is missing. */
static unsigned judge(promc_handler *h, const promc_page *page, int late, char *text,
                      size_t size)
{
    promc_error err;
    size_t n = promc_page_error(page, &err);

    if (n == 0)
        return 200;
    promc_counter_inc(h->metrics.gathering);
    promc__http_say(&h->log, PROMC_LOG_ERROR, "a scrape is not complete: %s", err.text);
    if (h->errors == PROMC_HTTP_ERRORS_CONTINUE)
        return 200;
    snprintf(text, size, "The scrape is not complete, %zu left out: %s\n", n, err.text);
    return late ? 503 : 500;
}

unsigned promc__http_collect(promc_http_request *leader, promc_format format,
                             const _Atomic promc__http_ms *collect_by, promc_page *page,
                             char *text, size_t size)
{
    promc_handler *h = leader->handler;
    struct plan plan = { collect_by, 0 };
    promc_error err = { 0, "" };
    int status = h->scrape ? h->scrape(h->scrape_arg, leader, format, page, &err)
                           : render(leader, format, &plan, page, &err);

    if (status == 0)
        return judge(h, page, plan.late, text, size);
    if (status != 400 && status != 503)
        status = 500;
    snprintf(text, size, "%s\n", err.text[0] ? err.text : "The scrape failed.");
    if (status != 400) {
        promc_counter_inc(h->metrics.gathering);
        promc__http_say(&h->log, PROMC_LOG_ERROR, "a scrape failed: %s", text);
    }
    return (unsigned)status;
}
