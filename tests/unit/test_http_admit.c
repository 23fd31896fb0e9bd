/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_admit.c - requests that the caller admits, refuses, or wants to think about.
 */
#include "config.h"

#include "unit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "promc/http.h"

static sem_t gate; /* at 0: thinking does not end */
static atomic_int thinking;

/* The header X-Say decides. */
static promc_http_verdict admit(void *arg, const promc_http_request *req, int may_wait,
                                promc_http_response *res)
{
    const char *say = promc_http_header(req, "X-Say");

    (void)arg;
    (void)promc_http_respond_header(res, "X-Wait", may_wait ? "yes" : "no");
    if (say && !strcmp(say, "think") && !may_wait)
        return PROMC_HTTP_ASK_AGAIN;
    if (may_wait) {
        atomic_fetch_add_explicit(&thinking, 1, memory_order_relaxed);
        sem_wait(&gate);
        sem_post(&gate);
        return PROMC_HTTP_ADMIT;
    }
    if (say && !strcmp(say, "refuse")) {
        (void)promc_http_respond(res, 418, "text/plain", "no\n", 3);
        return PROMC_HTTP_REFUSE;
    }
    return PROMC_HTTP_ADMIT;
}

static promc_http *start(promc_registry *reg)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_error err = { 0, "" };
    promc_http *srv;

    opts.address = "127.0.0.1:0";
    opts.admit = admit;
    srv = promc_http_start_with(reg, &opts, &err);
    if (!srv)
        fail_msg("%s", err.text);
    return srv;
}

/* Send a request. Returns the connection. */
static int ask(const promc_http *srv, const char *say)
{
    struct sockaddr_in sin = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char request[128];
    int n;

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sin.sin_port = htons((uint16_t)promc_http_port(srv));
    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    n = snprintf(request, sizeof(request), "GET /metrics HTTP/1.0\r\nX-Say: %s\r\n\r\n",
                 say);
    assert_int_equal(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
    return fd;
}

/* Read the whole answer to it. */
static const char *answer(int fd)
{
    static char text[8192];
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, text + len, sizeof(text) - 1 - len, 0)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fd);
    return text;
}

static void verdicts(void **state)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_http *srv = start(reg);
    const char *text = answer(ask(srv, "nothing"));

    (void)state;
    assert_non_null(strstr(text, " 200 "));
    assert_non_null(strstr(text, "X-Wait: no\r\n"));
    text = answer(ask(srv, "refuse"));
    assert_non_null(strstr(text, " 418 "));
    assert_non_null(strstr(text, "X-Wait: no\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nno\n"));
    text = answer(ask(srv, "think"));
    assert_non_null(strstr(text, " 200 "));
    assert_non_null(strstr(text, "X-Wait: yes\r\n"));
    assert_null(strstr(text, "X-Wait: no\r\n"));
    promc_http_stop(srv);
    promc_registry_free(reg);
}

/* Others are answered meanwhile, and one client has no more than four of them. */
static void thinking_holds_nobody_up(void **state)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_http *srv = start(reg);
    unsigned served = 0, refused = 0;
    int fds[5];

    (void)state;
    sem_wait(&gate);
    for (int i = 0; i < 5; i++)
        fds[i] = ask(srv, "think");
    assert_non_null(strstr(answer(ask(srv, "nothing")), " 200 "));
    /* Which one comes too late is the kernel's choice. */
    sem_post(&gate);
    for (int i = 0; i < 5; i++) {
        const char *text = answer(fds[i]);

        served += strstr(text, " 200 ") != NULL;
        refused += strstr(text, " 503 ") != NULL;
    }
    assert_int_equal(served + refused, 5);
    assert_in_range(refused, 0, 1);
    promc_http_stop(srv);
    promc_registry_free(reg);
}

static void *open_gate(void *arg)
{
    (void)arg;
    usleep(50000);
    sem_post(&gate);
    return NULL;
}

/* The server stops with one request being thought about and another one waiting. */
static void stopping(void **state)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_http *srv = start(reg);
    pthread_t opener;
    int fds[2];

    (void)state;
    sem_wait(&gate);
    atomic_store_explicit(&thinking, 0, memory_order_relaxed);
    for (int i = 0; i < 2; i++)
        fds[i] = ask(srv, "think");
    while (atomic_load_explicit(&thinking, memory_order_relaxed) == 0)
        usleep(1000);
    assert_int_equal(pthread_create(&opener, NULL, open_gate, NULL), 0);
    promc_http_stop_within(srv, 0);
    pthread_join(opener, NULL);
    for (int i = 0; i < 2; i++)
        (void)answer(fds[i]); /* whatever they got, they have ended */
    promc_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(thinking_holds_nobody_up),
        cmocka_unit_test(stopping),
    };

    sem_init(&gate, 0, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
