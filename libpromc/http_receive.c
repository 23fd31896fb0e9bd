/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_receive.c - copy a request out of libmicrohttpd and decide whether it is one we
 * want.
 *
 * libmicrohttpd's parser is lenient: it takes two Content-Lengths, a blank before the
 * colon, a bare line feed. A proxy in front that reads such a request in another way can
 * be made to smuggle a second request past its rules. We take no bodies, so we can be
 * strict: whatever two parties might read differently is refused, and its connection
 * closed.
 */
#include "config.h"
#include "http_internal.h"

#include <string.h>
#include <strings.h>

#include "alloc.h"

static const char *find_header(void *arg, const char *name)
{
    const struct promc__http_exchange *x = arg;

    for (size_t k = 0; k < x->n_headers; k++) {
        if (!strcasecmp(x->headers[k].name, name))
            return x->headers[k].value;
    }
    return NULL;
}

static void wake(promc_http_request *req)
{
    MHD_resume_connection(req->exchange->mhd);
}

struct promc__http_exchange *promc__http_receive(promc_http *srv, const char *target)
{
    struct promc__http_exchange *x = promc__calloc(1, sizeof(*x));
    promc_http_request *req = x ? promc__http_request_new(srv->handler) : NULL;
    char *question;

    if (!req) {
        promc__free(x);
        return NULL;
    }
    x->req = req;
    x->srv = srv;
    req->exchange = x;
    req->header = find_header;
    req->header_arg = x;
    req->wake = wake;
    req->path = x->target = promc__strdup(target);
    if (!x->target) {
        promc__http_request_unref(req);
        return NULL;
    }
    question = strchr(x->target, '?');
    if (question) {
        *question = '\0';
        req->query = question + 1;
    }
    x->path_len = strlen(x->target);
    return x;
}

void promc__http_exchange_free(struct promc__http_exchange *x)
{
    if (!x)
        return;
    promc__free(x->target);
    promc__free(x->headers);
    promc__free(x->text);
    promc__http_response_end(&x->res);
    promc__free(x);
}

/* One pass over the headers: what they come to, and what is wrong with them. */
struct header_scan {
    struct promc__http_exchange *x;
    size_t n;
    size_t text_size;
    size_t hosts;
    size_t lengths;
    int bad;
    int has_body;
    char *out; /* second pass: where the next string goes */
};

static int is_token(const char *s, size_t len)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for (size_t i = 0; i < len; i++) {
        if (!s[i] || !strchr(token, s[i]))
            return 0;
    }
    return len > 0;
}

static int is_printable(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return 0;
    }
    return 1;
}

static int is_name(const char *name, size_t len, const char *want)
{
    return len == strlen(want) && !strncasecmp(name, want, len);
}

static enum MHD_Result scan_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct header_scan *scan = arg;

    (void)kind;
    if (!value) {
        value = "";
        value_len = 0;
    }
    scan->n++;
    scan->text_size += name_len + value_len + 2;
    if (!is_token(name, name_len) || !is_printable(value, value_len))
        scan->bad = 1;
    else if (is_name(name, name_len, "transfer-encoding"))
        scan->has_body = 1;
    else if (is_name(name, name_len, "content-length")) {
        scan->lengths++;
        if (value_len != 1 || *value != '0')
            scan->has_body = 1;
    } else if (is_name(name, name_len, "host"))
        scan->hosts++;
    return MHD_YES;
}

/* Copy a string that may lack its NUL, and step behind it. */
static const char *keep(char **out, const char *s, size_t len)
{
    char *start = *out;

    memcpy(start, s, len);
    start[len] = '\0';
    *out += len + 1;
    return start;
}

static enum MHD_Result copy_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct header_scan *scan = arg;
    struct promc__http_pair *pair = &scan->x->headers[scan->x->n_headers++];

    (void)kind;
    pair->name = keep(&scan->out, name, name_len);
    pair->value = keep(&scan->out, value ? value : "", value ? value_len : 0);
    return MHD_YES;
}

/* Whether the bytes of the request are as many as its parts, written in the usual way,
 * come to. They are with every real client; folded lines, odd blanks and bare line feeds
 * change the count, and then no further request is read from this connection. */
static int is_canonical(const struct promc__http_exchange *x,
                        const struct header_scan *scan, size_t version_len)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t query = x->req->query ? strlen(x->req->query) + 1 : 0;
    size_t want = strlen(x->req->method) + 1 + x->path_len + query + 1 + version_len + 2;

    want += scan->text_size - 2 * scan->n; /* names and values */
    want += scan->n * strlen(": \r\n") + 2;
    return info && info->header_size == want;
}

unsigned promc__http_receive_head(struct promc__http_exchange *x, const char *method,
                                  const char *version, const char **why)
{
    struct header_scan scan = { .x = x };
    size_t method_len = strlen(method);

    *why = "Bad request.\n";
    (void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, scan_header, &scan);
    x->text = promc__malloc(scan.text_size + method_len + 1);
    x->headers = promc__calloc(scan.n + 1, sizeof(*x->headers));
    if (!x->text || !x->headers) {
        *why = "Out of memory.\n";
        return 503;
    }
    scan.out = x->text;
    x->req->method = keep(&scan.out, method, method_len);
    (void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, copy_header, &scan);
    if (scan.has_body || scan.lengths > 1) {
        *why = "This server takes no request bodies.\n";
        return 400;
    }
    if (scan.bad || scan.hosts > 1 || (!scan.hosts && strcmp(version, "HTTP/1.0") != 0))
        return 400;
    if (!is_printable(x->target, x->path_len) || strchr(x->target, ' '))
        return 400;
    x->close = !is_canonical(x, &scan, strlen(version));
    return promc__http_query_read(x->req->query, &x->req->params, why);
}
