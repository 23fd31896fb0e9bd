/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_route.c - what becomes of a request: refused, routed, scraped. libmicrohttpd
 * calls.
 *
 * It calls twice for each request: first with the headers read, when an answer ends the
 * connection and nothing more is read from it, which is right for refusals; then for the
 * answer proper.
 */
#include "config.h"
#include "http_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"

int promc_http_respond(promc_http_response *res, unsigned status,
                       const char *content_type, const char *body, size_t len)
{
    char *type_copy = promc__strdup(content_type);
    char *body_copy = promc__malloc(len + 1);

    if (!type_copy || !body_copy) {
        promc__free(type_copy);
        promc__free(body_copy);
        return -ENOMEM;
    }
    if (len > 0)
        memcpy(body_copy, body, len);
    promc__free(res->content_type);
    promc__free(res->body);
    res->status = status;
    res->content_type = type_copy;
    res->body = body_copy;
    res->len = len;
    return 0;
}

int promc_http_respond_header(promc_http_response *res, const char *name,
                              const char *value)
{
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;
    struct promc__http_extra *e = promc__malloc(sizeof(*e) + name_size + value_size);

    if (!e)
        return -ENOMEM;
    memcpy(e->name, name, name_size);
    e->value = memcpy(e->name + name_size, value, value_size);
    e->next = res->extra;
    res->extra = e;
    return 0;
}

void promc__http_response_end(promc_http_response *res)
{
    while (res->extra) {
        struct promc__http_extra *e = res->extra;

        res->extra = e->next;
        promc__free(e);
    }
    promc__free(res->content_type);
    promc__free(res->body);
    memset(res, 0, sizeof(*res));
}

static void free_sent(void *arg)
{
    promc_http_answer_free(arg);
}

/* Queue an answer, which this consumes. One that lacks a header, for want of memory, is not
 * sent: better none than gzip that is not called so. */
static enum MHD_Result send_answer(struct promc__http_exchange *x, promc_http_answer *a)
{
    /* Cast: the parameter lacks const in older versions; it is only read. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(
            a->size, (void *)(uintptr_t)a->body, free_sent, a);
    unsigned status = a->status;
    enum MHD_Result rc = MHD_YES;

    if (!response) {
        promc_http_answer_free(a);
        return MHD_NO;
    }
    for (size_t i = 0; rc == MHD_YES && i < a->n_headers; i++)
        rc = MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
    for (const struct promc__http_extra *e = x->res.extra; rc == MHD_YES && e;
         e = e->next)
        rc = MHD_add_response_header(response, e->name, e->value);
    if (rc == MHD_YES && (x->close || promc__http_conn_should_close(x->srv, x->conn)))
        rc = MHD_add_response_header(response, "Connection", "close");
    if (rc == MHD_YES)
        rc = MHD_queue_response(x->mhd, status, response);
    if (rc == MHD_YES) {
        x->stage = PROMC__HTTP_ANSWERED;
        x->status = status;
    }
    MHD_destroy_response(response); /* with the answer, unless that is queued */
    return rc;
}

static enum MHD_Result send_text(struct promc__http_exchange *x, unsigned status,
                                 const char *text, const char *allow)
{
    return send_answer(x, promc__http_answer_text(status, text, allow));
}

/* The request's path was compared as sent and as long as sent: "%6d" is no "m" here and
 * an escaped NUL ends nothing. */
static int has_path(const struct promc__http_exchange *x, const char *path)
{
    return strlen(path) == x->path_len && !memcmp(path, x->target, x->path_len);
}

static const promc_http_route *find_route(const struct promc__http_exchange *x)
{
    const promc_http *srv = x->srv;

    for (size_t i = 0; i < srv->n_routes; i++) {
        const promc_http_route *route = &srv->routes[i];

        if (has_path(x, route->path) &&
            (!strcmp(route->method, x->req->method) ||
             (!strcmp(route->method, "GET") && promc__http_is_read(x->req->method))))
            return route;
    }
    return NULL;
}

static void allow_also(char *list, size_t size, const char *method)
{
    size_t len = strlen(list);

    if (!strstr(list, method))
        snprintf(list + len, size - len, "%s%s", len ? ", " : "", method);
}

/* The methods that the request's path takes, for the Allow header. Returns 1 when there
 * are any but GET and HEAD. */
static int allowed_methods(const struct promc__http_exchange *x, char *list, size_t size)
{
    const promc_http *srv = x->srv;
    int writes = 0;

    list[0] = '\0';
    for (size_t i = 0; i < srv->n_routes; i++) {
        if (!has_path(x, srv->routes[i].path))
            continue;
        allow_also(list, size, srv->routes[i].method);
        if (!strcmp(srv->routes[i].method, "GET"))
            allow_also(list, size, "HEAD");
        else
            writes = 1;
    }
    if (!list[0] || has_path(x, srv->path)) {
        allow_also(list, size, "GET");
        allow_also(list, size, "HEAD");
    }
    return writes;
}

/* The first call: refuse, or let it pass. */
static enum MHD_Result check(struct promc__http_exchange *x, const char *method,
                             const char *version)
{
    const char *why = NULL;
    unsigned status = promc__http_receive_head(x, method, version, &why);
    char allow[64];
    int writes;

    x->is_scrape = has_path(x, x->srv->path);
    if (status != 0) {
        x->close = 1;
        return send_text(x, status, why, NULL);
    }
    writes = allowed_methods(x, allow, sizeof(allow));
    if (!find_route(x) && (!promc__http_is_read(method) || (writes && !x->is_scrape))) {
        x->is_scrape = 0;
        x->close = 1;
        return send_text(x, 405, PROMC__HTTP_NOT_ALLOWED, allow);
    }
    x->stage = PROMC__HTTP_CHECKED;
    return MHD_YES;
}

/* What a callback has put into x->res. */
static enum MHD_Result send_response(struct promc__http_exchange *x)
{
    const promc_http_response *res = &x->res;
    promc_http_answer *a;

    if (res->body && res->status >= 200 && res->status <= 599)
        a = promc__http_answer_new(res->status, res->content_type, NULL, res->body,
                                   res->len);
    else
        a = promc__http_answer_text(500, "No answer.\n", NULL);
    return send_answer(x, a);
}

static enum MHD_Result call_route(struct promc__http_exchange *x,
                                  const promc_http_route *route)
{
    x->res.status = 0; /* what the admission said is void but for its headers */
    route->handle(route->arg, x->req, &x->res);
    return send_response(x);
}

/* Whom the caller admits: answer, or go to sleep until the scrape is done. */
static enum MHD_Result serve(struct promc__http_exchange *x)
{
    const promc_http_route *route = find_route(x);
    promc_http_answer *refusal;

    if (route)
        return call_route(x, route);
    if (!x->is_scrape)
        return send_text(x, 404, "404 page not found\n", NULL);
    refusal = promc__http_scrape_begin(x);
    return refusal ? send_answer(x, refusal) : MHD_YES;
}

static enum MHD_Result judge(struct promc__http_exchange *x, promc_http_verdict verdict)
{
    switch (verdict) {
    case PROMC_HTTP_ADMIT:
        return serve(x);
    case PROMC_HTTP_ASK_AGAIN: /* sleeps */
        return MHD_YES;
    case PROMC_HTTP_REFUSE:
        break;
    }
    x->is_scrape = 0; /* no scrape was asked for */
    return send_response(x);
}

/* The second call. */
static enum MHD_Result answer(struct promc__http_exchange *x)
{
    promc__http_conn_busy(x->srv, x->conn, 1);
    return judge(x, promc__http_admit(x));
}

static enum MHD_Result go_on(struct promc__http_exchange *x)
{
    promc_http_answer *a = promc__http_scrape_end(x);

    return a ? send_answer(x, a) : MHD_YES;
}

/* The target as sent. Copied; then the query is cut off where libmicrohttpd keeps it,
 * since it would go on to make a record of each parameter, and in 0.9.75 a request with
 * more of them than it has memory for is never answered. (The buffer is its own to write
 * to, and it puts a NUL on the question mark itself.) */
void *promc__http_on_target(void *arg, const char *target, struct MHD_Connection *mhd)
{
    struct promc__http_exchange *x = promc__http_receive(arg, target ? target : "");
    char *query = target ? strchr((char *)(uintptr_t)target, '?') : NULL;

    (void)mhd;
    if (query)
        query[1] = '\0';
    return x;
}

enum MHD_Result promc__http_on_request(void *arg, struct MHD_Connection *mhd,
                                       const char *url, const char *method,
                                       const char *version, const char *upload,
                                       size_t *upload_size, void **context)
{
    struct promc__http_exchange *x = *context;
    const union MHD_ConnectionInfo *info;

    (void)url;
    (void)upload;
    (void)upload_size;
    promc__http_thread_of(arg);
    if (!x)
        return MHD_NO; /* no memory for it: the connection ends */
    switch (x->stage) {
    case PROMC__HTTP_NEW:
        x->mhd = mhd;
        info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        x->conn = info ? info->socket_context : NULL;
        return check(x, method, version);
    case PROMC__HTTP_CHECKED:
        return answer(x);
    case PROMC__HTTP_ADMITTING:
        return judge(x, promc__http_admit_end(x));
    case PROMC__HTTP_WAITING:
        return go_on(x);
    case PROMC__HTTP_ANSWERED:
        break;
    }
    return MHD_YES;
}

void promc__http_on_completed(void *arg, struct MHD_Connection *mhd, void **context,
                              enum MHD_RequestTerminationCode code)
{
    struct promc__http_exchange *x = *context;

    (void)mhd;
    (void)code;
    promc__http_thread_of(arg);
    if (!x)
        return;
    *context = NULL;
    promc__http_end(x->req, x->is_scrape ? x->status : 0);
    promc__http_conn_busy(x->srv, x->conn, 0);
    promc__http_request_unref(x->req); /* and @x with it */
}
