/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_metrics.c - what handlers count about their scrapes, under the names that
 * dashboards for other exporters already use.
 *
 * The names can be in a registry once. So servers of one registry, on several addresses,
 * count into the same metrics.
 */
#include "config.h"
#include "http_handler.h"

#include <errno.h>

#include "alloc.h"
#include "error.h"

/* The metrics in one registry, kept while a handler counts into them. */
struct shared {
    struct shared *next;
    const promc_registry *reg;
    unsigned handlers;
    struct promc__http_metrics metrics;
};

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared *all_shared;

/* Where the metrics of @reg are, or the NULL at the end. With the lock held. */
static struct shared **find(const promc_registry *reg)
{
    struct shared **p = &all_shared;

    while (*p && (*p)->reg != reg)
        p = &(*p)->next;
    return p;
}

static const promc_registry *registry_of(const promc_handler *h)
{
    return h->reg ? h->reg : promc_registry_default();
}

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
    errors = promc_counter_family_new(reg, "promhttp_metric_handler_errors_total",
                                      "Scrapes of which a part failed, by what failed.",
                                      PROMC_LABELS("cause"), err);
    m->ok = promc_counter_labels(m->requests, PROMC_LABELS("200"));
    m->failed = promc_counter_labels(m->requests, PROMC_LABELS("500"));
    m->refused = promc_counter_labels(m->requests, PROMC_LABELS("503"));
    m->gathering = promc_counter_labels(errors, PROMC_LABELS("gathering"));
    m->encoding = promc_counter_labels(errors, PROMC_LABELS("encoding"));
    return m->in_flight && errors ? 0 : -1;
}

int promc__http_metrics_init(promc_handler *h, promc_error *err)
{
    struct shared **p, *s;
    int rc = 0;

    pthread_mutex_lock(&shared_lock);
    p = find(registry_of(h));
    if (!*p) {
        s = promc__calloc(1, sizeof(*s));
        rc = s ? make(h->reg, &s->metrics, err)
               : promc__error(err, -ENOMEM, "out of memory");
        if (rc == 0) {
            s->reg = registry_of(h);
            *p = s;
        } else {
            promc__free(s);
        }
    }
    if (rc == 0) {
        (*p)->handlers++;
        h->metrics = (*p)->metrics;
    }
    pthread_mutex_unlock(&shared_lock);
    return rc;
}

void promc__http_metrics_end(promc_handler *h)
{
    struct shared **p, *s;

    if (!h->metrics.requests)
        return;
    pthread_mutex_lock(&shared_lock);
    p = find(registry_of(h));
    s = *p;
    if (s && --s->handlers == 0) {
        *p = s->next;
        promc__free(s);
    }
    pthread_mutex_unlock(&shared_lock);
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
