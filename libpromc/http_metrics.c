/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_metrics.c - what handlers count about their scrapes, under the names that
 * dashboards for other exporters already use.
 *
 * To register a metric again gives the one that is there. So the servers and handlers of
 * one registry, at once or one after the other, count into the same metrics.
 */
#include "config.h"
#include "http_handler.h"

#include <string.h>

static int make(promc_registry *reg, struct promc__http_metrics *m, promc_error *err)
{
    promc_counter_family *errors;

    m->requests = promc_counter_family_new(reg, "promhttp_metric_handler_requests_total",
                                           "Scrapes answered, by HTTP status code.",
                                           PROMC_LABELS("code"), err);
    if (!m->requests)
        return -1;
    m->in_flight = promc_gauge_new(reg, "promhttp_metric_handler_requests_in_flight",
                                   "Scrapes being answered at this moment.", err);
    if (!m->in_flight)
        return -1;
    errors = promc_counter_family_new(reg, "promhttp_metric_handler_errors_total",
                                      "Scrapes of which a part failed, by what failed.",
                                      PROMC_LABELS("cause"), err);
    if (!errors)
        return -1;
    m->ok = promc_counter_labels(m->requests, PROMC_LABELS("200"));
    m->failed = promc_counter_labels(m->requests, PROMC_LABELS("500"));
    m->refused = promc_counter_labels(m->requests, PROMC_LABELS("503"));
    m->gathering = promc_counter_labels(errors, PROMC_LABELS("gathering"));
    m->encoding = promc_counter_labels(errors, PROMC_LABELS("encoding"));
    return 0;
}

int promc__http_metrics_init(promc_handler *h, promc_error *err)
{
    int rc = make(h->reg, &h->metrics, err);

    if (rc != 0) /* all or nothing */
        memset(&h->metrics, 0, sizeof(h->metrics));
    return rc;
}

/* The codes are those of our own answers, so there are never more than these. */
void promc__http_metrics_answered(promc_handler *h, unsigned status)
{
    struct promc__http_metrics *m = &h->metrics;

    switch (status) {
    case 200:
        promc_counter_inc(m->ok);
        break;
    case 400: /* rare, and not to be seen before the first one */
        if (m->requests)
            promc_counter_inc(promc_counter_labels(m->requests, PROMC_LABELS("400")));
        break;
    case 503:
        promc_counter_inc(m->refused);
        break;
    default:
        promc_counter_inc(m->failed);
        break;
    }
}
