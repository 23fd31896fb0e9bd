/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_mount.c - the same metrics in three servers, for http_mount_test.py: our own, a
 * handler in a server of a few lines on bare sockets, and a handler in a daemon of
 * libmicrohttpd's that the program has started itself.
 *
 *   http_mount [fail]                    (fail: incomplete pages are errors)
 *
 * Prints the three ports and then obeys lines on standard input: "slow N" makes collectors
 * take N milliseconds, "broken N" makes one of them fail, "calls" prints how often each
 * server has collected since this was last asked; the end of input stops the servers.
 */
#include "config.h"

#include <promc/http.h>
#include <promc/promc.h>

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUILT_IN, SOCKETS, DAEMON, SERVERS };

static atomic_uint calls[SERVERS];
static atomic_ulong slow_ms;
static atomic_ulong broken;

/* seq_cst throughout: nothing hangs on the order, it is a test */
static unsigned long get(atomic_ulong *value)
{
    return atomic_load_explicit(value, memory_order_seq_cst);
}

static void collect(promc_emitter *e, void *arg)
{
    unsigned long ms = get(&slow_ms);
    struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

    atomic_fetch_add_explicit((atomic_uint *)arg, 1, memory_order_seq_cst);
    nanosleep(&ts, NULL);
    promc_emit(
        promc_emit_family(e, PROMC_TYPE_GAUGE, "collected", "C.", PROMC_LABELS("name")),
        PROMC_LABELS("a \"value\""), 1.5);
    if (get(&broken))
        promc_emit_error(e, "asked to fail");
}

static promc_registry *make_registry(int server)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_counter_family *f = promc_counter_family_new(
        reg, "filler_total", "Something to send.", PROMC_LABELS("number"), NULL);
    promc_histogram *h = promc_histogram_new(reg, "h_seconds", "H.", NULL, 0, NULL);

    for (int i = 0; i < 500; i++) {
        char number[16];

        snprintf(number, sizeof(number), "%d", i);
        promc_counter_add_u64(promc_counter_labels(f, PROMC_LABELS(number)), (uint64_t)i);
    }
    promc_histogram_observe(h, 0.3);
    promc_collector_register(reg, collect, &calls[server], NULL);
    return reg;
}

/* ------------------------------------------------------------------------------------
 * A server on bare sockets: one request per connection, a few threads that accept.
 */
#define ACCEPTERS 24

struct own_server {
    promc_handler *handler;
    int fd;
    pthread_t threads[ACCEPTERS];
};

/* @arg: the header lines, each ending in CR LF. */
static const char *line_header(void *arg, const char *name)
{
    static _Thread_local char values[4][1024]; /* stay until the request is answered */
    static _Thread_local unsigned next;
    char *value = values[next++ % 4];
    size_t len = strlen(name);

    for (const char *line = arg; *line; line = strstr(line, "\r\n") + 2) {
        if (!strncasecmp(line, name, len) && line[len] == ':') {
            line += len + 1;
            line += strspn(line, " ");
            snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(line, "\r"), line);
            return value;
        }
    }
    return NULL;
}

static void send_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size > 0) {
        ssize_t n = send(fd, p, size, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        p += n;
        size -= (size_t)n;
    }
}

/* @head: a request up to its blank line. */
static void answer_on(int fd, promc_handler *handler, char *head)
{
    char *method = head, *target = strchr(method, ' '), *lines = strstr(head, "\r\n");
    char *query = NULL, *end, text[1024];
    promc_http_answer *a;
    int len;

    if (!target || !lines || target > lines)
        return;
    *target++ = '\0';
    end = strchr(target, ' ');
    if (!end || end > lines)
        return;
    *end = '\0';
    query = strchr(target, '?');
    a = promc_handler_handle(handler, method, query ? query + 1 : NULL, line_header,
                             lines + 2);
    len = snprintf(text, sizeof(text), "HTTP/1.1 %u Whatever\r\nContent-Length: %zu\r\n",
                   a->status, a->size);
    for (size_t i = 0; i < a->n_headers; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "%s: %s\r\n",
                        a->headers[i].name, a->headers[i].value);
    len += snprintf(text + len, sizeof(text) - (size_t)len, "Connection: close\r\n\r\n");
    send_all(fd, text, (size_t)len);
    if (!a->head_only)
        send_all(fd, a->body, a->size);
    promc_http_answer_free(a);
}

static void *accept_thread(void *arg)
{
    struct own_server *s = arg;
    enum { MAX = 200000 };
    char *head = malloc(MAX + 1);
    int fd;

    while (head && (fd = accept(s->fd, NULL, NULL)) >= 0) {
        size_t len = 0;
        ssize_t n;

        head[0] = '\0';
        while (len < MAX && !strstr(head, "\r\n\r\n") &&
               (n = recv(fd, head + len, MAX - len, 0)) > 0)
            head[len += (size_t)n] = '\0';
        answer_on(fd, s->handler, head);
        close(fd);
    }
    free(head);
    return NULL;
}

static unsigned start_own(struct own_server *s)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(here);

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
        listen(s->fd, 64) != 0 || getsockname(s->fd, (struct sockaddr *)&here, &len) != 0)
        exit(1);
    for (int i = 0; i < ACCEPTERS; i++)
        pthread_create(&s->threads[i], NULL, accept_thread, s);
    return ntohs(here.sin_port);
}

static void stop_own(struct own_server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    for (int i = 0; i < ACCEPTERS; i++)
        pthread_join(s->threads[i], NULL);
    close(s->fd);
}

/* ------------------------------------------------------------------------------------
 * A daemon of libmicrohttpd's. It decodes queries and shows them in no other form, so the
 * target is kept as it came.
 */
static void *keep_target(void *arg, const char *target, struct MHD_Connection *conn)
{
    (void)arg, (void)conn;
    return strdup(target);
}

static void drop_target(void *arg, struct MHD_Connection *conn, void **target,
                        enum MHD_RequestTerminationCode code)
{
    (void)arg, (void)conn, (void)code;
    free(*target);
}

static const char *daemon_header(void *arg, const char *name)
{
    return MHD_lookup_connection_value(arg, MHD_HEADER_KIND, name);
}

static void free_answer(void *answer)
{
    promc_http_answer_free(answer);
}

static enum MHD_Result on_request(void *handler, struct MHD_Connection *conn,
                                  const char *url, const char *method,
                                  const char *version, const char *body,
                                  size_t *body_size, void **target)
{
    const char *query = strchr(*target, '?');
    struct MHD_Response *res;
    promc_http_answer *a;
    enum MHD_Result ret;

    (void)url, (void)version, (void)body, (void)body_size;
    a = promc_handler_handle(handler, method, query ? query + 1 : NULL, daemon_header,
                             conn);
    res = MHD_create_response_from_buffer_with_free_callback_cls(
        a->size, (void *)(uintptr_t)a->body, free_answer, a);
    for (size_t i = 0; i < a->n_headers; i++)
        MHD_add_response_header(res, a->headers[i].name, a->headers[i].value);
    MHD_add_response_header(res, "Connection", "close");
    ret = MHD_queue_response(conn, a->status, res);
    MHD_destroy_response(res);
    return ret;
}

static struct MHD_Daemon *start_daemon(promc_handler *handler)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL,
        on_request, handler, MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_URI_LOG_CALLBACK,
        keep_target, NULL, MHD_OPTION_NOTIFY_COMPLETED, drop_target, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)1 << 20, MHD_OPTION_END);
}

/* ------------------------------------------------------------------------------------ */

static void obey(void)
{
    char line[64];

    while (fgets(line, sizeof(line), stdin)) {
        if (!strncmp(line, "slow ", 5))
            atomic_store_explicit(&slow_ms, strtoul(line + 5, NULL, 10),
                                  memory_order_seq_cst);
        if (!strncmp(line, "broken ", 7))
            atomic_store_explicit(&broken, strtoul(line + 7, NULL, 10),
                                  memory_order_seq_cst);
        for (int i = 0; !strcmp(line, "calls\n") && i < SERVERS; i++)
            printf("%u ", atomic_exchange_explicit(&calls[i], 0, memory_order_seq_cst));
        puts("done");
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_registry *reg[SERVERS], *other = promc_registry_new(NULL);
    promc_handler *handlers[SERVERS] = { NULL };
    struct own_server own;
    struct MHD_Daemon *daemon;
    promc_http *srv;
    unsigned port;

    for (int i = 0; i < SERVERS; i++)
        reg[i] = make_registry(i);
    promc_counter_inc(promc_counter_new(other, "other_total", "O.", NULL));
    opts.address = "127.0.0.1:0";
    opts.self_metrics = 1;
    opts.max_in_flight = 10;
    opts.others = &other;
    opts.n_others = 1;
    opts.errors = argc > 1 && !strcmp(argv[1], "fail") ? PROMC_HTTP_ERRORS_FAIL
                                                       : PROMC_HTTP_ERRORS_CONTINUE;
    srv = promc_http_start_with(reg[BUILT_IN], &opts, NULL);
    handlers[SOCKETS] = promc_handler_new(reg[SOCKETS], &opts, NULL);
    handlers[DAEMON] = promc_handler_new(reg[DAEMON], &opts, NULL);
    own.handler = handlers[SOCKETS];
    port = start_own(&own);
    daemon = start_daemon(handlers[DAEMON]);
    if (!srv || !daemon)
        return 1;
    printf("%u %u %u\n", promc_http_port(srv), port,
           (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    obey();
    promc_http_stop(srv);
    stop_own(&own);
    MHD_stop_daemon(daemon);
    for (int i = 0; i < SERVERS; i++) {
        promc_handler_free(handlers[i]);
        promc_registry_free(reg[i]);
    }
    promc_registry_free(other);
    return 0;
}
