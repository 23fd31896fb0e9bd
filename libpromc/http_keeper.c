/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_keeper.c - the keeper: accepts connections and sees to it that each one ends.
 *
 * libmicrohttpd could accept for itself, but it spins when descriptors run out, knows
 * only an inactivity timeout, which one byte now and then defeats, and cuts answers short
 * when it is stopped. So it is given connections by this thread, which also keeps a table
 * of them (http_conn.c).
 */
#include "config.h"
#include "http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "alloc.h"
#include "error.h"

#define ACCEPT_BATCH 64
#define PAUSE_MS 100 /* when there is no room: try the listener again after this */
#define DRAIN_LOOK_MS 20

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

/* Out of descriptors: give up the one in reserve, so that one more client can be served,
 * or failing that an idle connection; and leave the listener alone for a while. Returns 1
 * when it is worth trying again at once. */
static int descriptors_ran_out(promc_http *srv, int code, promc__http_ms now)
{
    struct promc__http_keeper *k = &srv->keeper;

    promc__http_say(&srv->handler->log, PROMC_LOG_WARN, "cannot accept a connection: %s",
                    strerror(code));
    if (k->reserve_fd >= 0) {
        close(k->reserve_fd);
        k->reserve_fd = -1;
        return 1;
    }
    pthread_mutex_lock(&k->lock);
    promc__http_conn_make_room(k, now);
    k->accept_after = now + PAUSE_MS;
    pthread_mutex_unlock(&k->lock);
    return 0;
}

static void listener_failed(promc_http *srv, int code, promc__http_ms now)
{
    promc__http_say(&srv->handler->log, PROMC_LOG_ERROR,
                    "the listening socket has failed: %s", strerror(code));
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
        promc__http_conn_make_room(k, now);
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
    conn = promc__http_conn_enter(k, fd, addr, now);
    pthread_mutex_unlock(&k->lock);
    if (!conn) {
        close(fd);
        promc__http_say(&srv->handler->log, PROMC_LOG_DEBUG,
                        "a client has its share of connections: no more for it");
        return;
    }
    if (MHD_add_connection(srv->daemon, fd, (const struct sockaddr *)addr, addr_len) ==
        MHD_YES)
        return;
    /* It has closed the socket. The entry goes unless it is in use again already. */
    pthread_mutex_lock(&k->lock);
    if (conn->state == PROMC__HTTP_PENDING && conn->fd == fd)
        promc__http_conn_drop(k, conn);
    pthread_mutex_unlock(&k->lock);
    promc__http_say(&srv->handler->log, PROMC_LOG_WARN, "cannot take up a connection");
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

    promc__http_admission_close(srv); /* these two wake all who are suspended */
    promc__http_scrapers_close(srv);
    MHD_stop_daemon(srv->daemon);
    srv->daemon = NULL;
    promc__http_admission_stop(srv);
    promc__http_scrapers_stop(srv);
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
            promc__http_conn_find_gone(k, now);
            k->look_at = now + PROMC__HTTP_LOOK_MS;
        }
        wake_at = promc__http_conn_reap(k, now, crowded);
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
        wake_at = earlier(wake_at, promc__http_expire(srv->handler, now, 0));
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
