/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_conn.c - the table of connections, at times that the tests choose: who comes in, who
 * has to go.
 */
#include "config.h"
#include "unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_internal.h"

enum { TABLE = 16, LIFE = 60000 };

static struct promc__http_conn conns[TABLE];
static struct pollfd polls[TABLE];
static struct promc__http_keeper keeper;
static int client[TABLE]; /* the other ends, by number of the connection */

static int set_up(void **state)
{
    (void)state;
    memset(conns, 0, sizeof conns);
    memset(&keeper, 0, sizeof keeper);
    memset(client, -1, sizeof client);
    keeper.conns = conns;
    keeper.polls = polls;
    keeper.max_conns = TABLE;
    keeper.max_per_ip = 8;
    keeper.lifetime = LIFE;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE; i++) {
        if (conns[i].state != PROMC__HTTP_FREE)
            close(conns[i].fd);
        if (client[i] >= 0)
            close(client[i]);
    }
    return 0;
}

static struct sockaddr_storage from(unsigned host)
{
    struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(host) };
    struct sockaddr_storage addr = { 0 };

    memcpy(&addr, &sin, sizeof sin);
    return addr;
}

/* A connection from @host, taken up. NULL: refused. */
static struct promc__http_conn *come(unsigned host, promc__http_ms now)
{
    struct sockaddr_storage addr = from(host);
    struct promc__http_conn *conn;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    conn = promc__http_conn_enter(&keeper, ends[0], &addr, now);
    if (conn == NULL) {
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    assert_int_equal(conn->state, PROMC__HTTP_PENDING);
    conn->state = PROMC__HTTP_OPEN;
    client[conn - conns] = ends[1];
    return conn;
}

static void go(struct promc__http_conn *conn)
{
    close(conn->fd);
    close(client[conn - conns]);
    client[conn - conns] = -1;
    promc__http_conn_drop(&keeper, conn);
}

static int is_shut(const struct promc__http_conn *conn)
{
    char c;

    return recv(client[conn - conns], &c, 1, MSG_DONTWAIT) == 0;
}

/* The fuller the table, the fewer for each; always one. */
static void shares(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_non_null(come(1, 1));
    assert_null(come(1, 1));
    assert_int_equal(keeper.n_conns, 8);
    for (int i = 0; i < 4; i++)
        assert_non_null(come(2, 1));
    assert_null(come(2, 1)); /* four are free, and it has four */
    for (unsigned host = 3; host < 7; host++) {
        assert_non_null(come(host, 1));
        if (host == 5)
            assert_null(come(host, 1)); /* one is free, one is always allowed */
    }
    assert_null(come(7, 1)); /* full */
    go(&conns[3]);
    assert_ptr_equal(come(7, 1), &conns[3]);
}

static void addresses(void **state)
{
    struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
    struct sockaddr_storage addr = { 0 };

    (void)state;
    keeper.max_per_ip = 1;
    sin6.sin6_addr.s6_addr[10] = sin6.sin6_addr.s6_addr[11] = 0xff;
    sin6.sin6_addr.s6_addr[15] = 9;
    memcpy(&addr, &sin6, sizeof sin6);
    assert_non_null(come(9, 1));
    /* the same client, by IPv6 */
    assert_null(promc__http_conn_enter(&keeper, 1000, &addr, 1));
    /* sockets without addresses are not counted */
    memset(&addr, 0, sizeof addr);
    addr.ss_family = AF_UNIX;
    for (int i = 0; i < 3; i++)
        assert_non_null(promc__http_conn_enter(&keeper, 1000 + i, &addr, 1));
    /* a number that is taken again: the one before was never taken up */
    assert_int_equal(keeper.n_conns, 4);
    assert_non_null(promc__http_conn_enter(&keeper, 1001, &addr, 1));
    assert_int_equal(keeper.n_conns, 4);
    for (size_t i = 1; i < 4; i++)
        promc__http_conn_drop(&keeper, &conns[i]);
    /* who may have the whole table has it */
    keeper.max_per_ip = TABLE;
    for (int i = 1; i < TABLE; i++)
        assert_non_null(come(9, 1));
}

static void room(void **state)
{
    struct promc__http_conn *a, *b, *c;

    (void)state;
    a = come(1, 1000);
    b = come(2, 2000);
    c = come(3, 2500);
    a->busy = 1;
    promc__http_conn_make_room(&keeper, 2900); /* all are busy or young */
    assert_false(is_shut(a) || is_shut(b) || is_shut(c));
    promc__http_conn_make_room(&keeper, 9000);
    assert_true(is_shut(b));
    assert_false(is_shut(a) || is_shut(c));
    promc__http_conn_make_room(&keeper, 9100); /* it is on its way */
    assert_false(is_shut(c));
    go(b);
    promc__http_conn_make_room(&keeper, 9200);
    assert_true(is_shut(c));
}

static void deadlines(void **state)
{
    struct promc__http_conn *a = come(1, 1000), *b = come(2, 2000);

    (void)state;
    assert_int_equal(promc__http_conn_reap(&keeper, 3000, 0), 1000 + LIFE);
    assert_int_equal(promc__http_conn_reap(&keeper, 1000 + LIFE, 0), 2000 + LIFE);
    assert_true(is_shut(a));
    assert_false(is_shut(b));
    go(a);
    /* a slow reader goes only when memory is scarce */
    b->busy = 1;
    b->sending_since = 5000;
    assert_int_equal(promc__http_conn_reap(&keeper, 7000, 0), 2000 + LIFE);
    promc__http_conn_reap(&keeper, 6999, 1);
    assert_false(is_shut(b));
    promc__http_conn_reap(&keeper, 7000, 1);
    assert_true(is_shut(b));
    assert_int_equal(b->ending_since, 7000);
}

static void clients_gone(void **state)
{
    struct promc__http_conn *a = come(1, 1000), *b = come(2, 1000), *c = come(3, 1000);

    (void)state;
    promc__http_conn_find_gone(&keeper, 1500);
    assert_true(a->gone_since == 0 && b->gone_since == 0 && c->gone_since == 0);
    b->busy = 1;
    shutdown(client[b - conns], SHUT_WR);
    shutdown(client[c - conns], SHUT_WR);
    promc__http_conn_find_gone(&keeper, 2000);
    assert_int_equal(a->gone_since, 0);
    assert_int_equal(b->gone_since, 0); /* it still gets its answer */
    assert_int_equal(c->gone_since, 2000);
    assert_int_equal(promc__http_conn_reap(&keeper, 2100, 0), 2500);
    assert_false(is_shut(c));
    promc__http_conn_reap(&keeper, 2500, 0);
    assert_true(is_shut(c));
    assert_int_equal(c->ending_since, 2500);
    /* overlooked: said again, while it is not being answered */
    promc__http_conn_reap(&keeper, 2900, 0);
    assert_int_equal(c->ending_since, 2500);
    promc__http_conn_reap(&keeper, 3000, 0);
    assert_int_equal(c->ending_since, 3000);
    promc__http_conn_find_gone(&keeper, 3100);
    assert_int_equal(c->gone_since, 2000);
}

static void stopping(void **state)
{
    struct promc__http_conn *idle = come(1, 1000), *busy = come(2, 1000);
    struct sockaddr_storage addr = from(3);
    struct promc__http_conn *lost = promc__http_conn_enter(&keeper, 1000, &addr, 1000);
    char c;

    (void)state;
    busy->busy = 1;
    keeper.stopping = 1;
    promc__http_conn_reap(&keeper, 2000, 0);
    assert_int_equal(recv(idle->fd, &c, 1, MSG_DONTWAIT), 0);
    assert_int_equal(recv(busy->fd, &c, 1, MSG_DONTWAIT), -1);
    assert_false(is_shut(idle)); /* what it has sent is still answered */
    /* never taken up: forgotten after a while */
    assert_int_equal(lost->state, PROMC__HTTP_PENDING);
    promc__http_conn_reap(&keeper, 31000, 0);
    assert_int_equal(lost->state, PROMC__HTTP_FREE);
    assert_int_equal(keeper.n_conns, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shares),    TEST(addresses),    TEST(room),
        TEST(deadlines), TEST(clients_gone), TEST(stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
