/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_push_http.c - what is sent to a Pushgateway, and what becomes of its answers: with a
 * server of one answer.
 */
#include "config.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "promc/push.h"

/* One connection: a request is read to its end, the answer written. */
struct gateway {
    pthread_t thread;
    int fd;
    char url[60];
    const char *answer;
    char request[8192];
    size_t len;
};

static int is_whole(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *len = strstr(request, "Content-Length: ");

    return end != NULL &&
           (len == NULL || len > end || strlen(end + 4) >= strtoul(len + 16, NULL, 10));
}

static void *answer_once(void *arg)
{
    struct gateway *g = arg;
    int fd = accept(g->fd, NULL, NULL);
    ssize_t n = 1;

    while (fd >= 0 && n > 0 && !is_whole(g->request) && g->len < sizeof g->request - 1) {
        n = recv(fd, g->request + g->len, sizeof g->request - 1 - g->len, 0);
        g->len += n > 0 ? (size_t)n : 0;
    }
    send(fd, g->answer, strlen(g->answer), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void start(struct gateway *g, const char *answer)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;

    memset(g, 0, sizeof *g);
    g->answer = answer;
    g->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(g->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(g->fd, 1), 0);
    assert_int_equal(getsockname(g->fd, (struct sockaddr *)&a, &len), 0);
    snprintf(g->url, sizeof g->url, "http://u:p@127.0.0.1:%u", ntohs(a.sin_port));
    assert_int_equal(pthread_create(&g->thread, NULL, answer_once, g), 0);
}

static void stop(struct gateway *g)
{
    assert_int_equal(pthread_join(g->thread, NULL), 0);
    close(g->fd);
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static void answers(void **state)
{
    static const struct {
        const char *answer;
        const char *says; /* NULL: it went well */
        const char * not ;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL, NULL },
        { "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", NULL, NULL },
        { "HTTP/1.1 204 No Content\r\n\r\n", "status 204: ", NULL },
        { "HTTP/1.1 400 Bad\r\nContent-Length: 12\r\n\r\nno\tway\nsecond",
          "status 400: no way", "second" },
        { "HTTP/1.1 500 Bad\r\nContent-Length: 2\r\n\r\n\xff!", "status 500: ", "!" },
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
          "0\r\n\r\n",
          "status 302: ", NULL },
        { "HTTP/1.0 503 Full\r\n\r\n" X64 X64 X64, "status 503: xxxx", NULL },
        /* cut within a character */
        { "HTTP/1.0 503 Full\r\n\r\n" X64 X16 X16 X16 "xxxxxxxxxxxxxx\xc3\xa4" X64,
          "status 503: xxxx", "\xc3" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
          "push: http://127.0.0.1:", NULL },
        { "", "push: http://127.0.0.1:", NULL },
    };

    (void)state;
    promc_counter_new(reg, "x_total", "Help.", NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_error err = { 0 };
        struct gateway g;
        promc_push *p;
        int rc;

        start(&g, rows[i].answer);
        p = promc_push_new(g.url, "j", NULL, &err);
        rc = promc_push_put(p, reg, &err);
        stop(&g);
        promc_push_free(p);
        assert_int_equal(rc, rows[i].says == NULL ? 0 : -EIO);
        assert_int_equal(err.code, rc);
        if (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, err.text);
        if (rows[i].not != NULL && strstr(err.text, rows[i].not ) != NULL)
            fail_msg("row %zu: %s", i, err.text);
        assert_null(strstr(err.text, "u:p"));
    }
}

static void requests(void **state)
{
    static const char *const methods[] = { "PUT", "POST", "DELETE" };
    const char *header = "X-Mine: yes";
    promc_push_opts opts = PROMC_PUSH_OPTS_INIT;

    (void)state;
    opts.headers = &header;
    opts.n_headers = 1;
    opts.ca_file = "/nowhere"; /* for https only */
    promc_counter_new(reg, "x_total", "Help.", NULL);
    for (size_t i = 0; i < COUNT(methods); i++) {
        char line[60];
        struct gateway g;
        promc_push *p;
        int rc;

        start(&g, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        p = promc_push_new(g.url, "j", &opts, NULL);
        assert_int_equal(promc_push_group(p, "a", "b", NULL), 0);
        rc = i == 0   ? promc_push_put(p, reg, NULL)
             : i == 1 ? promc_push_post(p, reg, NULL)
                      : promc_push_delete(p, NULL);
        stop(&g);
        promc_push_free(p);
        assert_int_equal(rc, 0);
        snprintf(line, sizeof line, "%s /metrics/job/j/a/b HTTP/1.1\r\n", methods[i]);
        assert_memory_equal(g.request, line, strlen(line));
        assert_non_null(strstr(g.request, "\r\nX-Mine: yes\r\n"));
        assert_non_null(strstr(g.request, "\r\nAuthorization: Basic dTpw\r\n"));
        assert_null(strstr(g.request, "Expect"));
        assert_int_equal(strstr(g.request, "\r\nContent-Type: text/plain") != NULL,
                         i < 2);
        assert_int_equal(strstr(g.request, "\nx_total 0\n") != NULL, i < 2);
    }
}

/* Who blocks the signal and has one waiting finds it there afterwards. */
static void pipe_signals(void **state)
{
    sigset_t set, pending;
    struct gateway g;
    promc_push *p;
    int sig;

    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_kill(pthread_self(), SIGPIPE);
    start(&g, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    p = promc_push_new(g.url, "j", NULL, NULL);
    assert_int_equal(promc_push_put(p, reg, NULL), 0);
    stop(&g);
    promc_push_free(p);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    assert_int_equal(sigwait(&set, &sig), 0);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(answers), TEST(requests),
                                        TEST(pipe_signals) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
