/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_conn.c - the table of connections: each has a deadline and a client, and no client
 * has more than its share of them.
 *
 * A connection is ended by shutdown(), never by close(): the descriptor is
 * libmicrohttpd's, which reports the end (with the table locked, in
 * promc__http_on_connection) before it closes. That is why the number in the table cannot
 * be someone else's by then.
 */
#include "config.h"
#include "http_internal.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#define GRACE_MS 1000       /* no younger connection is ended to make room */
#define SLOW_READER_MS 2000 /* to take a scrape, when memory for scrapes is scarce */
#define HINT_MS 500      /* for libmicrohttpd to take up what has been sent, or an end */
#define PENDING_MS 30000 /* not taken up by then: it was lost inside libmicrohttpd */

static promc__http_ms earlier(promc__http_ms a, promc__http_ms b)
{
    return a < b ? a : b;
}

/* ------------------------------------------------------------------------------------
 * The table. All with the lock held.
 */
static void end_conn(struct promc__http_conn *conn, int how, promc__http_ms now)
{
    conn->ending_since = now;
    (void)shutdown(conn->fd, how);
}

void promc__http_conn_drop(struct promc__http_keeper *k, struct promc__http_conn *conn)
{
    memset(conn, 0, sizeof(*conn));
    k->n_conns--;
}

static struct promc__http_conn *find_conn(struct promc__http_keeper *k, int fd)
{
    for (unsigned i = 0; i < k->max_conns; i++) {
        if (k->conns[i].state == PROMC__HTTP_PENDING && k->conns[i].fd == fd)
            return &k->conns[i];
    }
    return NULL;
}

static unsigned count_ip(const struct promc__http_keeper *k,
                         const struct promc__http_conn *conn)
{
    unsigned n = 0;

    for (unsigned i = 0; i < k->max_conns; i++) {
        n += k->conns[i].state != PROMC__HTTP_FREE && k->conns[i].has_ip &&
             !memcmp(k->conns[i].ip, conn->ip, sizeof(conn->ip));
    }
    return n;
}

void promc__http_conn_make_room(struct promc__http_keeper *k, promc__http_ms now)
{
    struct promc__http_conn *oldest = NULL;

    for (unsigned i = 0; i < k->max_conns; i++) {
        struct promc__http_conn *conn = &k->conns[i];

        if (conn->state == PROMC__HTTP_FREE)
            continue;
        if (conn->ending_since)
            return; /* room is on its way */
        if (conn->state == PROMC__HTTP_OPEN && !conn->busy &&
            now - conn->since >= GRACE_MS && (!oldest || conn->since < oldest->since))
            oldest = conn;
    }
    if (oldest)
        end_conn(oldest, SHUT_RDWR, now);
}

/* The client's address as 16 bytes; 0 for sockets that have none. */
static int ip_of(const struct sockaddr_storage *addr, unsigned char ip[16])
{
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;

    memset(ip, 0, 16);
    switch (addr->ss_family) {
    case AF_INET:
        memcpy(&sin, addr, sizeof(sin));
        ip[10] = ip[11] = 0xff; /* as IPv6 would show it */
        memcpy(ip + 12, &sin.sin_addr, 4);
        return 1;
    case AF_INET6:
        memcpy(&sin6, addr, sizeof(sin6));
        memcpy(ip, &sin6.sin6_addr, 16);
        return 1;
    default:
        return 0;
    }
}

/* How many connections an address may have now. The fuller the table, the fewer: several
 * that take all they can leave as much again to everybody else. A few are always allowed,
 * for then it is full of many clients, and waiting is fairer than refusing. */
static unsigned fair_share(const struct promc__http_keeper *k)
{
    unsigned room = k->max_conns - k->n_conns, few = k->max_per_ip / 8;

    /* Who allows one address the whole table wants no sharing. */
    if (k->max_per_ip >= k->max_conns || room >= k->max_per_ip)
        return k->max_per_ip;
    return room > few ? room : few;
}

/* Enter a new connection. NULL when its client has enough of them already. */
struct promc__http_conn *promc__http_conn_enter(struct promc__http_keeper *k, int fd,
                                                const struct sockaddr_storage *addr,
                                                promc__http_ms now)
{
    struct promc__http_conn conn = { .state = PROMC__HTTP_PENDING,
                                     .fd = fd,
                                     .since = now };
    struct promc__http_conn *lost = find_conn(k, fd);

    if (lost) /* the number is free again, so that one was never taken up */
        promc__http_conn_drop(k, lost);
    conn.has_ip = ip_of(addr, conn.ip);
    conn.deadline = now + k->lifetime;
    if (conn.has_ip && count_ip(k, &conn) >= fair_share(k))
        return NULL;
    for (unsigned i = 0; i < k->max_conns; i++) {
        if (k->conns[i].state == PROMC__HTTP_FREE) {
            k->conns[i] = conn;
            k->n_conns++;
            return &k->conns[i];
        }
    }
    return NULL;
}

/* libmicrohttpd overlooks an end that comes together with data, and would keep what is
 * left of such a client until the idle timeout. So look for clients that have closed, or
 * half closed, their end and are not being answered. What they sent last may not have
 * been taken up yet, hence gone_since: reap() ends them a little later. */
void promc__http_conn_find_gone(struct promc__http_keeper *k, promc__http_ms now)
{
    nfds_t n = 0;

    for (unsigned i = 0; i < k->max_conns; i++) {
        struct promc__http_conn *conn = &k->conns[i];

        if (conn->state == PROMC__HTTP_OPEN && !conn->busy && !conn->ending_since &&
            !conn->gone_since)
            k->polls[n++] = (struct pollfd){ .fd = conn->fd, .events = POLLRDHUP };
    }
    if (n == 0 || poll(k->polls, n, 0) <= 0)
        return;
    for (unsigned i = 0, at = 0; at < n; i++) {
        struct promc__http_conn *conn = &k->conns[i];

        if (conn->state != PROMC__HTTP_OPEN || conn->fd != k->polls[at].fd)
            continue;
        if (k->polls[at++].revents)
            conn->gone_since = now;
    }
}

/* End what has outlived its time; returns when the next one will have. When the server
 * stops, connections that are not being answered end now: what they have already sent is
 * still read and answered. An end that libmicrohttpd has overlooked, see above, is
 * repeated. */
promc__http_ms promc__http_conn_reap(struct promc__http_keeper *k, promc__http_ms now,
                                     int crowded)
{
    promc__http_ms next = PROMC__HTTP_NEVER;

    for (unsigned i = 0; i < k->max_conns; i++) {
        struct promc__http_conn *conn = &k->conns[i];

        if (conn->state == PROMC__HTTP_PENDING && now - conn->since >= PENDING_MS)
            promc__http_conn_drop(k, conn);
        if (conn->state != PROMC__HTTP_OPEN)
            continue;
        if (conn->deadline <= now || (crowded && conn->sending_since &&
                                      now - conn->sending_since >= SLOW_READER_MS)) {
            end_conn(conn, SHUT_RDWR, now);
        } else if (conn->ending_since) {
            if (!conn->busy && now - conn->ending_since >= HINT_MS)
                end_conn(conn, SHUT_RDWR, now);
        } else if (k->stopping && !conn->busy) {
            end_conn(conn, SHUT_RD, now);
        } else if (conn->gone_since && now - conn->gone_since >= HINT_MS) {
            end_conn(conn, SHUT_RDWR, now);
        } else {
            next = earlier(next, conn->gone_since ? conn->gone_since + HINT_MS
                                                  : conn->deadline);
        }
    }
    return next;
}

/* ------------------------------------------------------------------------------------
 * From libmicrohttpd's thread
 */
static int begin_tls(promc_http *srv, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info && info->tls_session && srv->tls(srv->tls_arg, info->tls_session) == 0;
}

void promc__http_on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    promc_http *srv = arg;
    struct promc__http_keeper *k = &srv->keeper;
    const union MHD_ConnectionInfo *info;
    struct promc__http_conn *conn = *context;

    promc__http_thread_of(srv);
    pthread_mutex_lock(&k->lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        conn = info ? find_conn(k, info->connect_fd) : NULL;
        if (conn)
            conn->state = PROMC__HTTP_OPEN;
        else if (info)
            (void)shutdown(info->connect_fd, SHUT_RDWR); /* taken up far too late */
        *context = conn;
        if (conn && srv->tls && !begin_tls(srv, mhd))
            (void)shutdown(info->connect_fd, SHUT_RDWR);
    } else if (conn) {
        *context = NULL;
        promc__http_conn_drop(k, conn);
        if (k->stopping || k->n_conns + 1 == k->max_conns) {
            k->accept_after = 0;
            promc__http_keeper_wake(srv);
        }
    }
    pthread_mutex_unlock(&k->lock);
}

void promc__http_conn_busy(promc_http *srv, struct promc__http_conn *conn, int busy)
{
    if (!conn)
        return;
    pthread_mutex_lock(&srv->keeper.lock);
    conn->busy = busy;
    conn->sending_since = 0;
    conn->gone_since = 0; /* it may have sent several requests before it closed its end */
    pthread_mutex_unlock(&srv->keeper.lock);
}

void promc__http_conn_sending(promc_http *srv, struct promc__http_conn *conn)
{
    if (!conn)
        return;
    pthread_mutex_lock(&srv->keeper.lock);
    conn->sending_since = promc__http_now();
    pthread_mutex_unlock(&srv->keeper.lock);
}

int promc__http_conn_should_close(promc_http *srv, const struct promc__http_conn *conn)
{
    struct promc__http_keeper *k = &srv->keeper;
    int close;

    if (!conn)
        return 1;
    pthread_mutex_lock(&k->lock);
    /* Asking the client to reconnect in time spares it a cut in the middle of a request.
     */
    close = k->stopping || promc__http_now() - conn->since > k->lifetime / 2;
    pthread_mutex_unlock(&k->lock);
    return close;
}
