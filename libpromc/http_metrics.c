/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_metrics.c - what the server counts about its own scrapes, under the names that
 * dashboards for other exporters already use.
 */
#include "config.h"
#include "http_internal.h"

#include <stdio.h>

int promc__http_metrics_init(promc_http *srv, promc_error *err)
{
    struct promc__http_metrics *m = &srv->metrics;
    promc_counter_family *errors;

    m->requests_by_code = promc_counter_family_new(
        srv->reg, "promhttp_metric_handler_requests_total",
        "Scrapes answered, by HTTP status code.", PROMC_LABELS("code"), err);
    m->in_flight = promc_gauge_new(srv->reg, "promhttp_metric_handler_requests_in_flight",
                                   "Scrapes being answered at this moment.", err);
    errors = promc_counter_family_new(srv->reg, "promhttp_metric_handler_errors_total",
                                      "Scrapes of which a part failed, by what failed.",
                                      PROMC_LABELS("cause"), err);
    m->requests[0] = promc_counter_labels(m->requests_by_code, PROMC_LABELS("200"));
    m->requests[2] = promc_counter_labels(m->requests_by_code, PROMC_LABELS("500"));
    m->requests[3] = promc_counter_labels(m->requests_by_code, PROMC_LABELS("503"));
    m->gathering = promc_counter_labels(errors, PROMC_LABELS("gathering"));
    m->encoding = promc_counter_labels(errors, PROMC_LABELS("encoding"));
    return m->requests_by_code && m->in_flight && errors ? 0 : -1;
}

/* The codes are those of our own answers, so there are never more than these. */
void promc__http_metrics_answered(promc_http *srv, unsigned status)
{
    struct promc__http_metrics *m = &srv->metrics;

    switch (status) {
    case 200:
        promc_counter_inc(m->requests[0]);
        break;
    case 400:
        if (!m->requests[1])
            m->requests[1] =
                promc_counter_labels(m->requests_by_code, PROMC_LABELS("400"));
        promc_counter_inc(m->requests[1]);
        break;
    case 503:
        promc_counter_inc(m->requests[3]);
        break;
    default:
        promc_counter_inc(m->requests[2]);
        break;
    }
}
