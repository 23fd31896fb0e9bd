/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_conn.c - the keeper: accepts connections and sees to it that each one ends.
 *
 * libmicrohttpd could accept for itself, but it spins when descriptors run out, knows
 * only an inactivity timeout, which one byte now and then defeats, and cuts answers short
 * when it is stopped. So it is given connections by this thread, which also keeps a table
 * of them, with a deadline for each.
 *
 * A connection is ended by shutdown(), never by close(): the descriptor is
 * libmicrohttpd's, which reports the end (with the table locked, in
 * promc__http_on_connection) before it closes. That is why the number in the table cannot
 * be someone else's by then.
 */
#include "config.h"
#include "http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "alloc.h"
#include "error.h"

#define ACCEPT_BATCH 64
#define PAUSE_MS 100        /* when there is no room: try the listener again after this */
#define GRACE_MS 1000       /* no younger connection is ended to make room */
#define SLOW_READER_MS 2000 /* to take a scrape, when memory for scrapes is scarce */
#define DRAIN_LOOK_MS 20
#define HINT_MS 500      /* for libmicrohttpd to take up what has been sent, or an end */
#define PENDING_MS 30000 /* not taken up by then: it was lost inside libmicrohttpd */

void promc__http_keeper_wake(promc_http *srv)
{
    uint64_t one = 1;
    /* Cannot fail but for a full counter, and then the keeper is awake anyway. */
    ssize_t ignored = write(srv->keeper.wake_fd, &one, sizeof(one));
    (void)ignored;
}

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

static void free_conn(struct promc__http_keeper *k, struct promc__http_conn *conn)
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

/* End the oldest connection that is not being answered, so that one more finds room. */
static void make_room(struct promc__http_keeper *k, promc__http_ms now)
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
static struct promc__http_conn *enter(struct promc__http_keeper *k, int fd,
                                      const struct sockaddr_storage *addr,
                                      promc__http_ms now)
{
    struct promc__http_conn conn = { .state = PROMC__HTTP_PENDING,
                                     .fd = fd,
                                     .since = now };
    struct promc__http_conn *lost = find_conn(k, fd);

    if (lost) /* the number is free again, so that one was never taken up */
        free_conn(k, lost);
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
static void find_gone(struct promc__http_keeper *k, promc__http_ms now)
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
static promc__http_ms reap(struct promc__http_keeper *k, promc__http_ms now, int crowded)
{
    promc__http_ms next = PROMC__HTTP_NEVER;

    for (unsigned i = 0; i < k->max_conns; i++) {
        struct promc__http_conn *conn = &k->conns[i];

        if (conn->state == PROMC__HTTP_PENDING && now - conn->since >= PENDING_MS)
            free_conn(k, conn);
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
    } else if (conn) {
        *context = NULL;
        free_conn(k, conn);
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

/* ------------------------------------------------------------------------------------
 * The keeper's thread
 */

/* Out of descriptors: give up the one in reserve, so that one more client can be served,
 * or failing that an idle connection; and leave the listener alone for a while. Returns 1
 * when it is worth trying again at once. */
static int descriptors_ran_out(promc_http *srv, int code, promc__http_ms now)
{
    struct promc__http_keeper *k = &srv->keeper;

    promc__http_say(srv, PROMC_LOG_WARN, "cannot accept a connection: %s",
                    strerror(code));
    if (k->reserve_fd >= 0) {
        close(k->reserve_fd);
        k->reserve_fd = -1;
        return 1;
    }
    pthread_mutex_lock(&k->lock);
    make_room(k, now);
    k->accept_after = now + PAUSE_MS;
    pthread_mutex_unlock(&k->lock);
    return 0;
}

static void listener_failed(promc_http *srv, int code, promc__http_ms now)
{
    promc__http_say(srv, PROMC_LOG_ERROR, "the listening socket has failed: %s",
                    strerror(code));
    pthread_mutex_lock(&srv->keeper.lock);
    srv->keeper.accept_after = now + PAUSE_MS;
    pthread_mutex_unlock(&srv->keeper.lock);
}

/* Whether a new connection has room; if not, an idle one is asked to leave. */
static int have_room(struct promc__http_keeper *k, promc__http_ms now)
{
    int room;

    pthread_mutex_lock(&k->lock);
    room = k->n_conns < k->max_conns;
    if (!room) {
        make_room(k, now);
        k->accept_after = now + PAUSE_MS;
    }
    pthread_mutex_unlock(&k->lock);
    return room;
}

static void hand_over(promc_http *srv, int fd, const struct sockaddr_storage *addr,
                      socklen_t addr_len, promc__http_ms now)
{
    struct promc__http_keeper *k = &srv->keeper;
    struct promc__http_conn *conn;

    pthread_mutex_lock(&k->lock);
    conn = enter(k, fd, addr, now);
    pthread_mutex_unlock(&k->lock);
    if (!conn) {
        close(fd);
        promc__http_say(srv, PROMC_LOG_DEBUG,
                        "a client has its share of connections: no more for it");
        return;
    }
    if (MHD_add_connection(srv->daemon, fd, (const struct sockaddr *)addr, addr_len) ==
        MHD_YES)
        return;
    /* It has closed the socket. The entry goes unless it is in use again already. */
    pthread_mutex_lock(&k->lock);
    if (conn->state == PROMC__HTTP_PENDING && conn->fd == fd)
        free_conn(k, conn);
    pthread_mutex_unlock(&k->lock);
    promc__http_say(srv, PROMC_LOG_WARN, "cannot take up a connection");
}

static void accept_some(promc_http *srv)
{
    struct promc__http_keeper *k = &srv->keeper;

    for (int i = 0; i < ACCEPT_BATCH; i++) {
        promc__http_ms now = promc__http_now();
        struct sockaddr_storage addr;
        socklen_t addr_len = sizeof(addr);
        int fd;

        if (!have_room(k, now))
            return;
        memset(&addr, 0, sizeof(addr));
        fd = accept4(k->listen_fd, (struct sockaddr *)&addr, &addr_len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(srv, fd, &addr, addr_len, now);
            continue;
        }
        switch (errno) {
        case EAGAIN:
            return;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            if (!descriptors_ran_out(srv, errno, now))
                return;
            break;
        case EINTR:
        case ECONNABORTED:
        case EPROTO: /* and what else the network may have to say about that client */
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case EPERM:
            break;
        default: /* the listener itself is ill: do not spin on it */
            listener_failed(srv, errno, now);
            return;
        }
    }
}

/* Sleep until there is something to do. Returns 1 when the listener has a connection. */
static int wait_for_work(promc_http *srv, promc__http_ms wake_at, int listen)
{
    struct promc__http_keeper *k = &srv->keeper;
    struct pollfd fds[2] = { { .fd = k->wake_fd, .events = POLLIN },
                             { .fd = listen ? k->listen_fd : -1, .events = POLLIN } };
    promc__http_ms now = promc__http_now();
    int timeout = -1;
    uint64_t count;

    if (wake_at != PROMC__HTTP_NEVER)
        timeout = wake_at <= now          ? 0
                  : wake_at - now > 60000 ? 60000
                                          : (int)(wake_at - now) + 1;
    if (poll(fds, 2, timeout) <= 0)
        return 0;
    if (fds[0].revents) {
        ssize_t ignored = read(k->wake_fd, &count, sizeof(count));
        (void)ignored;
    }
    return fds[1].revents != 0;
}

/* The server stops: whatever is left ends now. */
static void take_down(promc_http *srv)
{
    struct promc__http_keeper *k = &srv->keeper;

    (void)promc__http_scrape_expire(srv, 0, 1); /* wakes all who are suspended */
    MHD_stop_daemon(srv->daemon);
    srv->daemon = NULL;
    promc__http_scraper_stop(srv);
    pthread_mutex_lock(&k->lock);
    k->stopped = 1;
    pthread_cond_broadcast(&k->stopped_cond);
    pthread_mutex_unlock(&k->lock);
}

static void *keeper_thread(void *arg)
{
    promc_http *srv = arg;
    struct promc__http_keeper *k = &srv->keeper;
    int failed;

    promc__http_thread_of(srv);
    for (;;) {
        promc__http_ms now = promc__http_now(), wake_at, accept_after;
        int stopping, open, crowded = promc__http_scrape_crowded(srv);

        pthread_mutex_lock(&k->lock);
        failed = k->stopped;
        if (now >= k->look_at) {
            find_gone(k, now);
            k->look_at = now + PROMC__HTTP_LOOK_MS;
        }
        wake_at = reap(k, now, crowded);
        stopping = k->stopping;
        open = k->n_conns > 0;
        accept_after = k->accept_after;
        if (failed || (stopping && (!open || now >= k->stop_at))) {
            pthread_mutex_unlock(&k->lock);
            break;
        }
        pthread_mutex_unlock(&k->lock);
        if (stopping && k->listen_fd >= 0) {
            close(k->listen_fd);
            k->listen_fd = -1;
        }
        wake_at = earlier(wake_at, promc__http_scrape_expire(srv, now, 0));
        if (k->reserve_fd < 0)
            k->reserve_fd = fcntl(k->wake_fd, F_DUPFD_CLOEXEC, 0);
        if (k->reserve_fd < 0 || open)
            wake_at = earlier(wake_at, now + PROMC__HTTP_LOOK_MS);
        if (stopping)
            wake_at = earlier(wake_at, now + DRAIN_LOOK_MS);
        if (accept_after > now)
            wake_at = earlier(wake_at, accept_after);
        if (wait_for_work(srv, wake_at, accept_after <= now))
            accept_some(srv);
    }
    if (k->listen_fd >= 0)
        close(k->listen_fd);
    k->listen_fd = -1;
    if (!failed)
        take_down(srv);
    return NULL;
}

int promc__http_keeper_start(promc_http *srv, promc_error *err)
{
    struct promc__http_keeper *k = &srv->keeper;
    int rc;

    k->conns = promc__calloc(k->max_conns, sizeof(*k->conns));
    k->polls = promc__calloc(k->max_conns, sizeof(*k->polls));
    if (!k->conns || !k->polls)
        return promc__error(err, -ENOMEM, "out of memory");
    k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (k->wake_fd < 0)
        return promc__error(err, -errno, "eventfd: %s", strerror(errno));
    k->reserve_fd = fcntl(k->wake_fd, F_DUPFD_CLOEXEC, 0);
    rc = promc__http_thread(&k->thread, "promc-http", keeper_thread, srv);
    if (rc != 0)
        return promc__error(err, -rc, "cannot start a thread: %s", strerror(rc));
    return 0;
}
