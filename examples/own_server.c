/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_server.c - /metrics inside a server that the program already has.
 *
 *   own_server [PORT]                    (8081, on the loopback address)
 *
 * Needs the core library only. The steps are the same in any server: choose the format
 * from the Accept header, render, send the page with its Content-Type.
 */
#include "config.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <promc/promc.h>

PROMC_COUNTER(hits, "own_server_hits_total", "Requests for anything but the metrics.");

static void free_page(void *page)
{
    promc_page_free(page);
}

static enum MHD_Result metrics(struct MHD_Connection *conn)
{
    const char *accept =
        MHD_lookup_connection_value(conn, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    promc_format format = promc_negotiate(accept);
    promc_page *page = promc_page_new(NULL);

    if (!page || promc_render(NULL, format, page, NULL) != 0) {
        promc_page_free(page);
        return MHD_NO; /* out of memory: drop the connection, never send half a page */
    }
    struct MHD_IoVec body = { promc_page_data(page), promc_page_size(page) };
    struct MHD_Response *res = MHD_create_response_from_iovec(&body, 1, free_page, page);
    if (!res) {
        promc_page_free(page);
        return MHD_NO;
    }
    MHD_add_response_header(res, MHD_HTTP_HEADER_CONTENT_TYPE,
                            promc_content_type(format));
    MHD_add_response_header(res, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
    enum MHD_Result ret = MHD_queue_response(conn, MHD_HTTP_OK, res);
    MHD_destroy_response(res); /* and the page with it, once it has been sent */
    return ret;
}

static enum MHD_Result hello(struct MHD_Connection *conn)
{
    static char text[] = "hello\n";
    struct MHD_Response *res =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result ret = MHD_NO;

    promc_counter_inc(hits);
    if (res) {
        ret = MHD_queue_response(conn, MHD_HTTP_OK, res);
        MHD_destroy_response(res);
    }
    return ret;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version,
                                  const char *body, size_t *body_size, void **seen)
{
    (void)arg, (void)version, (void)body;
    if (*body_size > 0 || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0))
        return MHD_NO;
    if (!*seen) {
        *seen = conn;
        return MHD_YES;
    }
    return strcmp(url, "/metrics") == 0 ? metrics(conn) : hello(conn);
}

int main(int argc, char **argv)
{
    double port = 8081;
    sigset_t stop;
    int sig;

    if (argc > 1 && (promc_number_parse(argv[1], strlen(argv[1]), &port) != 0 ||
                     !(port >= 0 && port <= 65535))) {
        fprintf(stderr, "usage: own_server [PORT]\n");
        return 1;
    }
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *server =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
                         MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_CONNECTION_LIMIT, 128U,
                         MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_END);
    if (!server) {
        fprintf(stderr, "own_server: cannot serve on port %d\n", (int)port);
        return 1;
    }
    printf("metrics http://127.0.0.1:%u/metrics\n",
           (unsigned)MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);

    sigwait(&stop, &sig);
    MHD_stop_daemon(server);
    return 0;
}
