/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.c - copy a request out of libmicrohttpd and decide whether it is one we
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

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"

promc_http_request *promc__http_request_new(promc_http *srv, const char *target)
{
    promc_http_request *req = promc__calloc(1, sizeof(*req));
    char *question;

    if (!req)
        return NULL;
    atomic_init(&req->refs, 1);
    req->srv = srv;
    req->target = promc__strdup(target);
    if (!req->target) {
        promc__free(req);
        return NULL;
    }
    question = strchr(req->target, '?');
    if (question) {
        *question = '\0';
        req->query = question + 1;
    }
    req->path_len = strlen(req->target);
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
    promc__free(req->target);
    promc__free(req->headers);
    promc__free(req->text);
    promc__free(req->params);
    promc__free(req->params_text);
    promc__free(req);
}

/* One pass over the headers: what they come to, and what is wrong with them. */
struct header_scan {
    promc_http_request *req;
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
    struct promc__http_pair *pair = &scan->req->headers[scan->req->n_headers++];

    (void)kind;
    pair->name = keep(&scan->out, name, name_len);
    pair->value = keep(&scan->out, value ? value : "", value ? value_len : 0);
    return MHD_YES;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decode %XX and '+' from *in up to a delimiter or the end. NULL on a broken or NUL
 * escape. */
static const char *decode(const char **in, const char *delimiters, char **out)
{
    const char *p = *in;
    char *start = *out, *o = start;

    for (; *p && !strchr(delimiters, *p); p++) {
        char c = *p == '+' ? ' ' : *p;

        if (*p == '%') {
            int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);

            if (low < 0 || (high | low) == 0)
                return NULL;
            c = (char)(high * 16 + low);
            p += 2;
        }
        *o++ = c;
    }
    *o++ = '\0';
    *out = o;
    *in = p;
    return start;
}

static unsigned read_query(promc_http_request *req, const char **why)
{
    const char *p = req->query;
    size_t n = 1, len;
    char *out;

    if (!p || !*p)
        return 0;
    len = strlen(p);
    for (size_t i = 0; i < len; i++)
        n += p[i] == '&';
    if (len > PROMC__HTTP_MAX_QUERY || n > PROMC__HTTP_MAX_PARAMS) {
        *why = "Query too long.\n";
        return 400;
    }
    req->params = promc__calloc(n, sizeof(*req->params));
    out = req->params_text = promc__malloc(len + 2 * n + 1);
    if (!req->params || !out) {
        *why = "Out of memory.\n";
        return 503;
    }
    for (;;) {
        struct promc__http_pair pair;

        pair.name = decode(&p, "=&", &out);
        if (pair.name && *p == '=')
            p++;
        pair.value = pair.name ? decode(&p, "&", &out) : NULL;
        if (!pair.value) {
            *why = "Broken escape in the query.\n";
            return 400;
        }
        if (*pair.name)
            req->params[req->n_params++] = pair;
        if (!*p++)
            return 0;
    }
}

/* Whether the bytes of the request are as many as its parts, written in the usual way,
 * come to. They are with every real client; folded lines, odd blanks and bare line feeds
 * change the count, and then no further request is read from this connection. */
static int is_canonical(const promc_http_request *req, struct MHD_Connection *mhd,
                        const struct header_scan *scan, size_t method_len,
                        size_t version_len)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t query = req->query ? strlen(req->query) + 1 : 0;
    size_t want = method_len + 1 + req->path_len + query + 1 + version_len + 2;

    want += scan->text_size - 2 * scan->n; /* names and values */
    want += scan->n * strlen(": \r\n") + 2;
    return info && info->header_size == want;
}

unsigned promc__http_request_read(promc_http_request *req, struct MHD_Connection *mhd,
                                  const char *method, const char *version,
                                  const char **why)
{
    struct header_scan scan = { .req = req };
    size_t method_len = strlen(method), version_len = strlen(version);

    *why = "Bad request.\n";
    (void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, scan_header, &scan);
    req->text = promc__malloc(scan.text_size + method_len + 1);
    req->headers = promc__calloc(scan.n + 1, sizeof(*req->headers));
    if (!req->text || !req->headers) {
        *why = "Out of memory.\n";
        return 503;
    }
    scan.out = req->text;
    req->method = keep(&scan.out, method, method_len);
    (void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, copy_header, &scan);
    if (scan.has_body || scan.lengths > 1) {
        *why = "This server takes no request bodies.\n";
        return 400;
    }
    if (scan.bad || scan.hosts > 1 || (!scan.hosts && strcmp(version, "HTTP/1.0") != 0))
        return 400;
    if (!is_printable(req->target, req->path_len) || strchr(req->target, ' '))
        return 400;
    if (req->query &&
        (!is_printable(req->query, strlen(req->query)) || strpbrk(req->query, " \t")))
        return 400;
    req->close = !is_canonical(req, mhd, &scan, method_len, version_len);
    return read_query(req, why);
}

const char *promc_http_method(const promc_http_request *req)
{
    return req ? req->method : NULL;
}

const char *promc_http_path(const promc_http_request *req)
{
    return req ? req->target : NULL;
}

const char *promc_http_query(const promc_http_request *req, const char *key, size_t i)
{
    for (size_t k = 0; req && key && k < req->n_params; k++) {
        if (!strcmp(req->params[k].name, key) && i-- == 0)
            return req->params[k].value;
    }
    return NULL;
}

const char *promc_http_header(const promc_http_request *req, const char *name)
{
    for (size_t k = 0; req && name && k < req->n_headers; k++) {
        if (!strcasecmp(req->headers[k].name, name))
            return req->headers[k].value;
    }
    return NULL;
}

double promc_http_scrape_timeout(const promc_http_request *req)
{
    const char *s = promc_http_header(req, "X-Prometheus-Scrape-Timeout-Seconds");
    double v;

    if (!s || promc_number_parse(s, strlen(s), &v) != 0 || !(v > 0) || v > 86400)
        return 0;
    return v;
}
