/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_route.c - requests as they come over the wire, good and bad: who answers them, and
 * whether the connection goes on.
 */
#include "config.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "promc/http.h"

static void echo(void *arg, const promc_http_request *req, promc_http_response *res)
{
    char body[200];
    int n = snprintf(body, sizeof body, "%s %s q=%s h=%s", promc_http_method(req),
                     promc_http_path(req),
                     promc_http_query(req, "q", 0) ? promc_http_query(req, "q", 0) : "-",
                     promc_http_header(req, "x-h") ? promc_http_header(req, "x-h") : "-");

    promc_http_respond(res, 500, "text/plain", "first", 5);
    assert_int_equal(promc_http_respond(res, 200, arg, body, (size_t)n), 0);
}

static void silent(void *arg, const promc_http_request *req, promc_http_response *res)
{
    (void)arg;
    (void)req;
    (void)res;
}

/* Send all of it at once, and read to the end. */
static size_t exchange(unsigned port, const char *request, char *buf, size_t size)
{
    struct sockaddr_in sin = { .sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t len = 0;
    ssize_t n;

    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    while (len < size - 1 && (n = recv(fd, buf + len, size - 1 - len, 0)) > 0)
        len += (size_t)n;
    buf[len] = '\0';
    close(fd);
    return len;
}

#define END "Connection: close\r\n\r\n"
#define HOST "Host: h\r\n"

static const struct {
    const char *request;
    unsigned status; /* 0: no answer at all */
    const char *has; /* NULL: nothing in particular */
} rows[] = {
    { "GET /metrics HTTP/1.0\r\n\r\n", 200, "\nx_total 0\n" },
    { "GET /metrics HTTP/1.1\r\n" HOST END, 200, "\nx_total 0\n" },
    { "HEAD /metrics HTTP/1.1\r\n" HOST END, 200, "Content-Length: " },
    { "GET /metrics?name[]=x_total HTTP/1.0\r\n\r\n", 200, "\nx_total 0\n" },
    { "GET /metrics?name[]=%zz HTTP/1.0\r\n\r\n", 400, NULL },
    { "GET /%6detrics HTTP/1.0\r\n\r\n", 404, NULL },
    { "GET /nothing HTTP/1.0\r\n\r\n", 404, NULL },
    { "POST /nothing HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 405,
      "Allow: GET, HEAD\r\n" },
    { "POST /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 405,
      "Allow: GET, HEAD\r\n" },
    { "DELETE /x HTTP/1.0\r\n\r\n", 405, "Allow: GET, HEAD\r\n" },
    { "GET /p HTTP/1.0\r\n\r\n", 405, "Allow: POST, PUT\r\n" },
    { "BREW /both HTTP/1.0\r\n\r\n", 405, "Allow: GET, HEAD, POST\r\n" },
    { "GET /x?q=a%20b HTTP/1.0\r\nX-H: v\r\n\r\n", 200, "\r\n\r\nGET /x q=a b h=v" },
    { "GET /both HTTP/1.0\r\n\r\n", 200, "\r\n\r\nGET /both q=- h=-" },
    { "POST /both HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 200, "\r\n\r\nPOST /both" },
    { "HEAD /x HTTP/1.0\r\n\r\n", 200, "Content-Type: text/x\r\n" },
    { "PUT /p HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 200, "PUT /p" },
    { "GET /silent HTTP/1.0\r\n\r\n", 500, NULL },
    /* bodies, and what could hide one */
    { "POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 400,
      "no request bodies" },
    { "GET /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
      NULL },
    { "GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
      400, NULL },
    { "GET /metrics HTTP/1.1\r\n\r\n", 400, NULL }, /* no host */
    { "GET /metrics HTTP/1.1\r\n" HOST HOST "\r\n", 400, NULL },
    { "GET /metrics HTTP/1.0\r\nX@Y: z\r\n\r\n", 400, NULL },
    { "GET /metrics HTTP/1.0\r\nX: a\x01z\r\n\r\n", 400, NULL },
    { "GET /a\x01z HTTP/1.0\r\n\r\n", 400, NULL },
    /* not written as usual: answered, and then closed */
    { "GET /metrics HTTP/1.1\r\n" HOST "X:  two blanks\r\n\r\n", 200,
      "Connection: close" },
    { "GET /metrics HTTP/1.1\r\nHost:h\r\n\r\n", 200, "Connection: close" },
    /* two on one connection */
    { "GET /x HTTP/1.1\r\n" HOST "\r\nGET /both HTTP/1.1\r\n" HOST END, 200,
      "\r\n\r\nGET /both q=- h=-" },
};

static void over_the_wire(void **state)
{
    static char type[] = "text/x";
    const promc_http_route routes[] = {
        { "GET", "/x", echo, type },     { "POST", "/p", echo, type },
        { "PUT", "/p", echo, type },     { "GET", "/both", echo, type },
        { "POST", "/both", echo, type }, { "GET", "/silent", silent, NULL },
    };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_http *srv;

    (void)state;
    promc_counter_new(reg, "x_total", "Help.", NULL);
    opts.address = "127.0.0.1:0";
    opts.routes = routes;
    opts.n_routes = COUNT(routes);
    srv = promc_http_start_with(reg, &opts, NULL);
    assert_non_null(srv);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buf[8192];
        unsigned status = 0;

        if (exchange(promc_http_port(srv), rows[i].request, buf, sizeof buf) > 9)
            status = (unsigned)strtoul(buf + 9, NULL, 10);
        if (status != rows[i].status ||
            (rows[i].has != NULL && strstr(buf, rows[i].has) == NULL))
            fail_msg("%s gets %s", rows[i].request, buf);
    }
    promc_http_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(over_the_wire) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
