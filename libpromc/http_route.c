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

struct promc_http_response {
    unsigned status;
    char *content_type;
    char *body;
    size_t len;
};

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
    *res = (promc_http_response){ status, type_copy, body_copy, len };
    return 0;
}

/* Finish and queue an answer, which this consumes. An answer that lacks a header, for
 * want of memory, is not sent: better none than gzip that is not called so. */
enum MHD_Result promc__http_queue(promc_http_request *req, unsigned status,
                                  struct MHD_Response *response,
                                  const struct promc__http_pair *headers)
{
    enum MHD_Result rc = response ? MHD_YES : MHD_NO;

    for (; rc == MHD_YES && headers->name; headers++) {
        if (headers->value)
            rc = MHD_add_response_header(response, headers->name, headers->value);
    }
    if (rc == MHD_YES &&
        (req->close || promc__http_conn_should_close(req->srv, req->conn)))
        rc = MHD_add_response_header(response, "Connection", "close");
    if (rc == MHD_YES)
        rc = MHD_queue_response(req->mhd, status, response);
    if (rc == MHD_YES) {
        req->stage = PROMC__HTTP_ANSWERED;
        req->status = status;
    }
    if (response)
        MHD_destroy_response(response);
    return rc;
}

enum MHD_Result promc__http_answer_text(promc_http_request *req, unsigned status,
                                        const char *text, const char *allow)
{
    const struct promc__http_pair headers[] = {
        { "Content-Type", "text/plain; charset=utf-8" },
        { "Allow", allow },
        { "Retry-After", status == 503 ? "1" : NULL },
        { NULL, NULL },
    };

    /* Cast: the parameter lacks const; with MUST_COPY it is only read. */
    return promc__http_queue(req, status,
                             MHD_create_response_from_buffer(strlen(text),
                                                             (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_MUST_COPY),
                             headers);
}

static int is_read(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

/* The request's path was compared as sent and as long as sent: "%6d" is no "m" here and
 * an escaped NUL ends nothing. */
static int has_path(const promc_http_request *req, const char *path)
{
    return strlen(path) == req->path_len && !memcmp(path, req->target, req->path_len);
}

static const promc_http_route *find_route(const promc_http_request *req)
{
    const promc_http *srv = req->srv;

    for (size_t i = 0; i < srv->n_routes; i++) {
        const promc_http_route *route = &srv->routes[i];

        if (has_path(req, route->path) &&
            (!strcmp(route->method, req->method) ||
             (!strcmp(route->method, "GET") && is_read(req->method))))
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
static int allowed_methods(const promc_http_request *req, char *list, size_t size)
{
    const promc_http *srv = req->srv;
    int writes = 0;

    list[0] = '\0';
    for (size_t i = 0; i < srv->n_routes; i++) {
        if (!has_path(req, srv->routes[i].path))
            continue;
        allow_also(list, size, srv->routes[i].method);
        if (!strcmp(srv->routes[i].method, "GET"))
            allow_also(list, size, "HEAD");
        else
            writes = 1;
    }
    if (!list[0] || has_path(req, srv->path)) {
        allow_also(list, size, "GET");
        allow_also(list, size, "HEAD");
    }
    return writes;
}

/* The first call: refuse, or let it pass. */
static enum MHD_Result check(promc_http_request *req, const char *method,
                             const char *version)
{
    const char *why = NULL;
    unsigned status = promc__http_request_read(req, req->mhd, method, version, &why);
    char allow[64];
    int writes;

    req->is_scrape = has_path(req, req->srv->path);
    if (status != 0) {
        req->close = 1;
        return promc__http_answer_text(req, status, why, NULL);
    }
    writes = allowed_methods(req, allow, sizeof(allow));
    if (!find_route(req) && (!is_read(method) || (writes && !req->is_scrape))) {
        req->is_scrape = 0;
        req->close = 1;
        return promc__http_answer_text(req, 405, "This path does not take that method.\n",
                                       allow);
    }
    req->stage = PROMC__HTTP_CHECKED;
    return MHD_YES;
}

static enum MHD_Result call_route(promc_http_request *req, const promc_http_route *route)
{
    promc_http_response res = { 500, NULL, NULL, 0 };
    struct promc__http_pair headers[] = { { "Content-Type", NULL }, { NULL, NULL } };
    enum MHD_Result rc;

    route->handle(route->arg, req, &res);
    if (res.body && res.status >= 200 && res.status <= 599) {
        headers[0].value = res.content_type;
        rc = promc__http_queue(
            req, res.status,
            MHD_create_response_from_buffer(res.len, res.body, MHD_RESPMEM_MUST_COPY),
            headers);
    } else {
        rc = promc__http_answer_text(req, 500, "No answer.\n", NULL);
    }
    promc__free(res.content_type);
    promc__free(res.body);
    return rc;
}

/* The second call: answer, or go to sleep until the scrape is done. */
static enum MHD_Result answer(promc_http_request *req)
{
    const promc_http_route *route = find_route(req);
    char text[96];

    promc__http_conn_busy(req->srv, req->conn, 1);
    if (route)
        return call_route(req, route);
    if (!req->is_scrape)
        return promc__http_answer_text(req, 404, "404 page not found\n", NULL);
    if (promc__http_scrape_begin(req, text, sizeof(text)) == 0)
        return MHD_YES;
    return promc__http_answer_text(req, 503, text, NULL);
}

/* The target as sent. Copied; then the query is cut off where libmicrohttpd keeps it,
 * since it would go on to make a record of each parameter, and in 0.9.75 a request with
 * more of them than it has memory for is never answered. (The buffer is its own to write
 * to, and it puts a NUL on the question mark itself.) */
void *promc__http_on_target(void *arg, const char *target, struct MHD_Connection *mhd)
{
    promc_http_request *req = promc__http_request_new(arg, target ? target : "");
    char *query = target ? strchr((char *)(uintptr_t)target, '?') : NULL;

    (void)mhd;
    if (query)
        query[1] = '\0';
    return req;
}

enum MHD_Result promc__http_on_request(void *arg, struct MHD_Connection *mhd,
                                       const char *url, const char *method,
                                       const char *version, const char *upload,
                                       size_t *upload_size, void **context)
{
    promc_http_request *req = *context;
    const union MHD_ConnectionInfo *info;

    (void)url;
    (void)upload;
    (void)upload_size;
    promc__http_thread_of(arg);
    if (!req)
        return MHD_NO; /* no memory for it: the connection ends */
    switch (req->stage) {
    case PROMC__HTTP_NEW:
        req->mhd = mhd;
        info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        req->conn = info ? info->socket_context : NULL;
        return check(req, method, version);
    case PROMC__HTTP_CHECKED:
        return answer(req);
    case PROMC__HTTP_WAITING:
        return promc__http_scrape_answer(req);
    case PROMC__HTTP_ANSWERED:
        break;
    }
    return MHD_YES;
}

void promc__http_on_completed(void *arg, struct MHD_Connection *mhd, void **context,
                              enum MHD_RequestTerminationCode code)
{
    promc_http_request *req = *context;

    (void)mhd;
    (void)code;
    promc__http_thread_of(arg);
    if (!req)
        return;
    *context = NULL;
    promc__http_scrape_end(req);
    promc__http_conn_busy(req->srv, req->conn, 0);
    promc__http_request_unref(req);
}
