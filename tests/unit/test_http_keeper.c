/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_keeper.c - a server that is asked for more connections than it has room, share or
 * descriptors for: who waits, who is refused, and that it goes on.
 */
#include "config.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "promc/http.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[4000]; /* under the lock */

static void say(void *arg, promc_log_level level, const char *text)
{
    (void)arg;
    (void)level;
    pthread_mutex_lock(&lock);
    strncat(said, text, sizeof said - 1 - strlen(said));
    pthread_mutex_unlock(&lock);
}

static int was_said(const char *what)
{
    int found;

    pthread_mutex_lock(&lock);
    found = strstr(said, what) != NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

static promc_http *serve(unsigned max_connections, unsigned max_per_ip)
{
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_http *srv;

    said[0] = '\0';
    promc_counter_new(reg, "x_total", "Help.", NULL);
    opts.address = "127.0.0.1:0";
    opts.max_connections = max_connections;
    opts.max_per_ip = max_per_ip;
    opts.log = say;
    srv = promc_http_start_with(reg, &opts, NULL);
    assert_non_null(srv);
    return srv;
}

static int client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    return fd;
}

static void ask(int fd, const promc_http *srv)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";
    struct sockaddr_in sin = { .sin_family = AF_INET,
                               .sin_port = htons((uint16_t)promc_http_port(srv)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    assert_int_equal(send(fd, request, sizeof request - 1, MSG_NOSIGNAL),
                     sizeof request - 1);
}

/* Whether there comes an answer; the connection stays. Waits for it, or for the end. */
static int is_answered(int fd)
{
    char buf[4096] = "";
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && strstr(buf, "\nx_total 0\n") == NULL && len < sizeof buf - 1) {
        n = recv(fd, buf + len, sizeof buf - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
        buf[len] = '\0';
    }
    return strncmp(buf, "HTTP/1.1 200 ", 13) == 0;
}

static void share(void **state)
{
    promc_http *srv = serve(10, 1);
    int a = client(), b = client(), c = client();

    (void)state;
    ask(a, srv);
    assert_true(is_answered(a));
    ask(b, srv);
    assert_false(is_answered(b));
    while (!was_said("share of connections")) /* a little after the end */
        usleep(1000);
    close(a);
    do { /* until it is known that the first has gone */
        close(c);
        c = client();
        ask(c, srv);
    } while (!is_answered(c));
    close(b);
    close(c);
    promc_http_stop(srv);
}

static void room(void **state)
{
    promc_http *srv = serve(1, 1);
    int a = client(), b = client();

    (void)state;
    ask(a, srv);
    assert_true(is_answered(a));
    ask(b, srv); /* waits until the idle one was ended */
    assert_true(is_answered(b));
    assert_false(is_answered(a));
    close(a);
    close(b);
    promc_http_stop(srv);
}

static void descriptors(void **state)
{
    promc_http *srv = serve(10, 10);
    struct rlimit before, few;
    int a = client(), b = client();

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)b; /* so none is left: the lower ones are in use */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    ask(a, srv);
    assert_true(is_answered(a)); /* by the one in reserve */
    assert_true(was_said("cannot accept a connection"));
    ask(b, srv); /* it waits */
    close(a);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(is_answered(b));
    close(b);
    promc_http_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(share), TEST(room), TEST(descriptors) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
