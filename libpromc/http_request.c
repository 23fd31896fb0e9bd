/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.c - a request, as callbacks see it.
 */
#include "config.h"
#include "http_handler.h"

#include <string.h>

#include "alloc.h"

promc_http_request *promc__http_request_new(promc_handler *h)
{
    promc_http_request *req = promc__calloc(1, sizeof(*req));

    if (!req)
        return NULL;
    atomic_init(&req->refs, 1);
    req->handler = h;
    return req;
}

void promc__http_request_ref(promc_http_request *req)
{
    /* relaxed: whoever refs already holds a reference. */
    atomic_fetch_add_explicit(&req->refs, 1, memory_order_relaxed);
}

void promc__http_request_unref(promc_http_request *req)
{
    /* acq_rel: pairs with itself; the last one out sees all that the others wrote. */
    if (!req || atomic_fetch_sub_explicit(&req->refs, 1, memory_order_acq_rel) != 1)
        return;
    promc__http_exchange_free(req->exchange);
    promc__http_query_free(&req->params);
    promc__free(req);
}

int promc__http_is_read(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

const char *promc_http_method(const promc_http_request *req)
{
    return req ? req->method : NULL;
}

const char *promc_http_path(const promc_http_request *req)
{
    return req ? req->path : NULL;
}

const char *promc_http_query(const promc_http_request *req, const char *key, size_t i)
{
    for (size_t k = 0; req && key && k < req->params.n; k++) {
        if (!strcmp(req->params.v[k].name, key) && i-- == 0)
            return req->params.v[k].value;
    }
    return NULL;
}

const char *promc_http_header(const promc_http_request *req, const char *name)
{
    return req && name && req->header ? req->header(req->header_arg, name) : NULL;
}

double promc_http_scrape_timeout(const promc_http_request *req)
{
    const char *s = promc_http_header(req, "X-Prometheus-Scrape-Timeout-Seconds");
    double v;

    if (!s || promc_number_parse(s, strlen(s), &v) != 0 || !(v > 0) || v > 86400)
        return 0;
    return v;
}
