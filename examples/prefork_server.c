/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefork_server.c - a server of several processes whose metrics are one.
 *
 *   prefork_server [PORT]                (8082, on the loopback address)
 *
 * A parent makes the registry and the socket, forks eight workers, and replaces those that
 * die. Each worker accepts connections and counts; whichever is asked for /metrics answers with
 * the totals of all, the dead included. Try "kill -9" on a worker.
 *
 * The HTTP here is as little as will do for the example.
 */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <promc/promc.h>

enum { WORKERS = 8 };

static promc_registry *registry;
static promc_counter_family *requests;
static promc_histogram *latency;
static promc_counter *restarts;
static promc_gauge *in_flight[WORKERS];

/* Before fork(), so that it is in all of them. What is made later, such as the series of a
 * code that was never sent before, is in all of them too. */
static int make_metrics(promc_error *err)
{
    static const char *const names[WORKERS] = { "0", "1", "2", "3", "4", "5", "6", "7" };
    promc_gauge_family *f;

    registry = promc_registry_new_shared(NULL, err);
    if (!registry)
        return -1;
    requests = promc_counter_family_new(registry, "http_requests_total",
                                        "Requests answered, by path and status.",
                                        PROMC_LABELS("path", "code"), err);
    latency = promc_histogram_new(registry, "http_request_duration_seconds",
                                  "Time from request to answer.", NULL, 0, err);
    restarts = promc_counter_new(registry, "prefork_worker_restarts_total",
                                 "Workers that died and were replaced.", err);
    /* What a dead process has added to a gauge stays. With a series for each worker the parent
     * can set it right. */
    f = promc_gauge_family_new(registry, "http_requests_in_flight",
                               "Requests being answered, by worker.",
                               PROMC_LABELS("worker"), err);
    for (int i = 0; i < WORKERS; i++)
        in_flight[i] = promc_gauge_labels(f, PROMC_LABELS(names[i]));
    return requests && latency && restarts && f ? 0 : -1;
}

/* --- a worker --------------------------------------------------------------------------- */

static void send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return; /* the client has gone, or takes too long */
        p += sent;
        n -= (size_t)sent;
    }
}

static void answer(int fd, const char *status, const char *type, const char *body,
                   size_t n)
{
    char head[300];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                       "Connection: close\r\n\r\n",
                       status, type, n);

    send_all(fd, head, (size_t)len);
    send_all(fd, body, n);
}

/* The request up to the empty line, as a string. 0, or -1 without one. */
static int read_request(int fd, char *buf, size_t size)
{
    size_t n = 0;

    while (n + 1 < size) {
        ssize_t got = recv(fd, buf + n, size - 1 - n, 0);

        if (got <= 0)
            return -1;
        n += (size_t)got;
        buf[n] = '\0';
        if (strstr(buf, "\r\n\r\n"))
            return 0;
    }
    return -1;
}

static int is_for(const char *request, const char *path)
{
    size_t n = strlen(path);

    return strncmp(request, "GET ", 4) == 0 && strncmp(request + 4, path, n) == 0 &&
           (request[4 + n] == ' ' || request[4 + n] == '?');
}

/* What the client would like to have, for promc_negotiate(). */
static const char *accept_of(char *request)
{
    for (char *line = strstr(request, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "Accept:", 7) == 0) {
            char *value = line + 2 + 7;

            value[strcspn(value, "\r\n")] = '\0';
            return value;
        }
    return NULL;
}

static void serve(int fd, promc_gauge *mine)
{
    char request[8192];
    const char *path = "other";
    promc_page *page = NULL;
    promc_format format = PROMC_FORMAT_TEXT;

    if (read_request(fd, request, sizeof request) != 0)
        return;
    promc_timer t = promc_timer_start();
    promc_gauge_inc(mine);
    if (is_for(request, "/"))
        path = "/";
    else if (is_for(request, "/metrics"))
        path = "/metrics";
    /* Counted before it is answered: what a client has an answer for, is in the totals. */
    promc_counter_family_inc(
        requests, PROMC_LABELS(path, strcmp(path, "other") == 0 ? "404" : "200"));
    promc_histogram_observe_timer(latency, t);

    if (strcmp(path, "/") == 0) {
        answer(fd, "200 OK", "text/plain", "hello\n", 6);
    } else if (strcmp(path, "/metrics") == 0) {
        format = promc_negotiate(accept_of(request));
        page = promc_page_new(NULL);
        if (page && promc_render(registry, format, page, NULL) == 0)
            answer(fd, "200 OK", promc_content_type(format), promc_page_data(page),
                   promc_page_size(page));
        else
            answer(fd, "500 Internal Server Error", "text/plain", "no memory\n", 10);
        promc_page_free(page);
    } else {
        answer(fd, "404 Not Found", "text/plain", "not here\n", 9);
    }
    promc_gauge_dec(mine);
}

static void work(int listener, promc_gauge *mine)
{
    const struct timeval patience = { 5, 0 };

    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        serve(fd, mine);
        close(fd);
    }
}

/* --- the parent ------------------------------------------------------------------------- */

static pid_t start_worker(int listener, int i, const sigset_t *blocked)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died in between */
    sigprocmask(SIG_UNBLOCK, blocked, NULL);
    work(listener, in_flight[i]);
    _exit(0);
}

static void replace_the_dead(pid_t workers[WORKERS], int listener,
                             const sigset_t *blocked)
{
    pid_t dead;

    while ((dead = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < WORKERS; i++)
            if (workers[i] == dead) {
                promc_gauge_set(in_flight[i], 0);
                promc_counter_inc(restarts);
                workers[i] = -1;
            }
    for (int i = 0; i < WORKERS; i++)
        if (workers[i] < 0)
            workers[i] = start_worker(listener, i, blocked);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof here;
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&here, size) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&here, &size) != 0)
        return -1;
    printf("metrics http://127.0.0.1:%u/metrics\n", (unsigned)ntohs(here.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    const struct timespec a_second = { 1, 0 };
    pid_t workers[WORKERS];
    promc_error err = { 0 };
    double port = 8082;
    sigset_t blocked;
    int listener, sig = 0;

    if (argc > 1 && (promc_number_parse(argv[1], strlen(argv[1]), &port) != 0 ||
                     !(port >= 0 && port <= 65535))) {
        fprintf(stderr, "usage: prefork_server [PORT]\n");
        return 1;
    }
    if (make_metrics(&err) != 0) {
        fprintf(stderr, "prefork_server: %s\n", err.text);
        return 1;
    }
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    listener = listen_on((unsigned)port);
    if (listener < 0) {
        fprintf(stderr, "prefork_server: port %u: %s\n", (unsigned)port, strerror(errno));
        return 1;
    }
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker(listener, i, &blocked);
    /* once a second in any case, should a fork() have failed */
    do {
        sig = sigtimedwait(&blocked, NULL, &a_second);
        if (sig != SIGINT && sig != SIGTERM)
            replace_the_dead(workers, listener, &blocked);
    } while (sig != SIGINT && sig != SIGTERM);
    for (int i = 0; i < WORKERS; i++)
        if (workers[i] > 0)
            kill(workers[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    promc_registry_free(registry);
    return 0;
}
