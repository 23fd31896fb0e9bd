/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp.c - one epoll loop. Lines are ingested where they were received; only the beginning
 * of a line whose rest has not come is kept with its connection.
 */
#include "config.h"

#include "tcp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

#define LINE_SIZE 4096   /* a line with its newline */
#define READ_SIZE 65536  /* at a time */
#define READS_PER_TURN 8 /* then the next connection has its turn */
#define EVENTS 64
#define HALF_LINE_MS 60000 /* for the rest of a line to come */
#define ACCEPT_PAUSE_MS 100

struct conn {
    struct conn *next, *prev;
    int fd;
    uint64_t last_ms; /* of the last byte */
    uint64_t line_ms; /* of the end of the last whole line */
    size_t len;       /* bytes in half */
    char *half;       /* LINE_SIZE bytes once needed */
};

struct tcp {
    int fd, epoll, wake;
    struct tcp_limits limits;
    struct ingest *ingest;
    struct stats *stats;
    pthread_t thread;
    atomic_bool stop;
    _Atomic uint64_t deadline_ms; /* valid once stop is set */

    struct conn list; /* head of a ring */
    size_t n_conns;
    bool paused; /* accepting */
    uint64_t resume_ms;
    char buffer[LINE_SIZE + READ_SIZE];
};

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void close_conn(struct tcp *t, struct conn *c)
{
    c->prev->next = c->next;
    c->next->prev = c->prev;
    close(c->fd); /* takes it out of the epoll set as well */
    free(c->half);
    free(c);
    t->n_conns--;
    stat_add(&t->stats->tcp_open, (uint64_t)-1);
}

/* Close with a line begun and not ended: it is not applied, and counted as such. */
static void abandon_conn(struct tcp *t, struct conn *c)
{
    if (c->len > 0)
        ingest_cut_line(t->ingest);
    close_conn(t, c);
}

/* ----------------------------------------------------------------------------- accepting
 */

/* Out of descriptors or memory, accept() would fail again at once; let it rest. */
static void pause_accepting(struct tcp *t, uint64_t now)
{
    struct epoll_event ev = { .events = 0, .data.ptr = t };

    epoll_ctl(t->epoll, EPOLL_CTL_MOD, t->fd, &ev);
    t->paused = true;
    t->resume_ms = now + ACCEPT_PAUSE_MS;
}

static void resume_accepting(struct tcp *t)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = t };

    epoll_ctl(t->epoll, EPOLL_CTL_MOD, t->fd, &ev);
    t->paused = false;
}

static int add_conn(struct tcp *t, int fd, uint64_t now)
{
    struct conn *c = calloc(1, sizeof(*c));
    struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = c };
    int one = 1;

    if (c == NULL)
        return -1;
    c->fd = fd;
    c->last_ms = c->line_ms = now;
    if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        free(c);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    c->next = t->list.next;
    c->prev = &t->list;
    c->next->prev = t->list.next = c;
    t->n_conns++;
    stat_add(&t->stats->tcp_open, 1);
    return 0;
}

static void accept_failed(struct tcp *t, int why, uint64_t now)
{
    static struct log_limit limit;
    uint64_t suppressed;

    stat_add(&t->stats->tcp_connection_errors, 1);
    if (log_limit_pass(&limit, &suppressed))
        log_error("accepting a connection failed", "err", strerror(why));
    if (why == EMFILE || why == ENFILE || why == ENOMEM || why == ENOBUFS)
        pause_accepting(t, now);
}

static void accept_all(struct tcp *t, uint64_t now)
{
    static struct log_limit limit;
    uint64_t suppressed;

    for (int i = 0; i < EVENTS; i++) {
        int fd = accept4(t->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno == EAGAIN)
                return;
            if (errno != EINTR && errno != ECONNABORTED)
                accept_failed(t, errno, now);
            if (t->paused)
                return;
            continue;
        }
        stat_add(&t->stats->tcp_connections, 1);
        if (t->n_conns >= t->limits.max_connections) {
            stat_add(&t->stats->tcp_refused, 1);
            if (log_limit_pass(&limit, &suppressed))
                log_warn("too many TCP connections, newest refused");
            close(fd);
        } else if (add_conn(t, fd, now) != 0) {
            stat_add(&t->stats->tcp_connection_errors, 1);
            close(fd);
        }
    }
}

/* ------------------------------------------------------------------------------- reading
 */

/* Ingest the whole lines of the n bytes in the buffer. Returns where the rest begins, or
 * -1 when a line was too long. */
static ssize_t take_lines(struct tcp *t, size_t n)
{
    const char *s = t->buffer, *end = s + n, *newline;

    while ((newline = memchr(s, '\n', (size_t)(end - s))) != NULL) {
        size_t len = (size_t)(newline - s);

        if (len >= LINE_SIZE)
            return -1;
        ingest_line(t->ingest, s, len > 0 && s[len - 1] == '\r' ? len - 1 : len);
        s = newline + 1;
    }
    return end - s >= LINE_SIZE ? -1 : s - t->buffer;
}

/* Keep the beginning of a line for later. Returns 0 or -ENOMEM. */
static int keep_half(struct conn *c, const char *s, size_t n)
{
    if (n > 0 && c->half == NULL) {
        c->half = malloc(LINE_SIZE);
        if (c->half == NULL)
            return -ENOMEM;
    }
    if (n > 0)
        memcpy(c->half, s, n);
    c->len = n;
    return 0;
}

enum outcome { AGAIN, MORE, CLOSED };

/* One read. The bytes kept from the last one are put in front, so that every line lies in
 * one piece. */
static enum outcome read_once(struct tcp *t, struct conn *c, uint64_t now)
{
    ssize_t n, rest;
    size_t total;

    n = recv(c->fd, t->buffer + c->len, READ_SIZE, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return AGAIN;
    if (n < 0) {
        stat_add(&t->stats->tcp_connection_errors, 1);
        abandon_conn(t, c);
        return CLOSED;
    }
    if (n == 0) { /* the last line needs no newline */
        if (c->len > 0)
            ingest_line(t->ingest, c->half, c->len);
        close_conn(t, c);
        return CLOSED;
    }
    if (c->len > 0)
        memcpy(t->buffer, c->half, c->len);
    total = c->len + (size_t)n;
    rest = take_lines(t, total);
    if (rest < 0) {
        stat_add(&t->stats->tcp_too_long_lines, 1);
        close_conn(t, c);
        return CLOSED;
    }
    c->last_ms = now;
    if (rest > 0)
        c->line_ms = now;
    else if (c->len == 0)
        c->line_ms = now; /* this line has just begun */
    if (keep_half(c, t->buffer + rest, total - (size_t)rest) != 0) {
        stat_add(&t->stats->tcp_connection_errors, 1);
        c->len = 1; /* bytes there were */
        abandon_conn(t, c);
        return CLOSED;
    }
    return n == READ_SIZE ? MORE : AGAIN;
}

static void read_conn(struct tcp *t, struct conn *c, uint64_t now)
{
    for (int i = 0; i < READS_PER_TURN; i++)
        if (read_once(t, c, now) != MORE)
            return;
}

/* ------------------------------------------------------------------------------ the loop
 */

static void close_silent(struct tcp *t, uint64_t now)
{
    uint64_t idle_ms = (uint64_t)(t->limits.idle_seconds * 1000);

    for (struct conn *c = t->list.next, *next; c != &t->list; c = next) {
        next = c->next;
        if ((c->len > 0 && now - c->line_ms > HALF_LINE_MS) ||
            (idle_ms > 0 && now - c->last_ms > idle_ms)) {
            stat_add(&t->stats->tcp_timed_out, 1);
            abandon_conn(t, c);
        }
    }
}

/* Bytes that have arrived count; connections still waiting to be accepted are opened. */
static void drain(struct tcp *t)
{
    uint64_t deadline = atomic_load_explicit(&t->deadline_ms, memory_order_relaxed);
    struct conn *c, *next;

    accept_all(t, now_ms());
    for (c = t->list.next; c != &t->list; c = next) {
        enum outcome outcome = MORE;

        next = c->next;
        while (outcome == MORE && now_ms() <= deadline)
            outcome = read_once(t, c, now_ms());
        if (outcome != CLOSED)
            abandon_conn(t, c);
    }
}

static void *run(void *arg)
{
    struct tcp *t = arg;
    struct epoll_event ev[EVENTS];
    uint64_t swept = now_ms();

    /* acquire: pairs with the release in tcp_stop(), which sets the deadline first */
    while (!atomic_load_explicit(&t->stop, memory_order_acquire)) {
        int timeout = t->paused ? ACCEPT_PAUSE_MS : t->n_conns > 0 ? 1000 : -1;
        int n = epoll_wait(t->epoll, ev, EVENTS, timeout);
        uint64_t now = now_ms();

        for (int i = 0; i < n; i++) {
            if (ev[i].data.ptr == t)
                accept_all(t, now);
            else if (ev[i].data.ptr != NULL)
                read_conn(t, ev[i].data.ptr, now);
        }
        if (t->paused && now >= t->resume_ms)
            resume_accepting(t);
        if (now - swept >= 1000) {
            close_silent(t, now);
            swept = now;
        }
    }
    drain(t);
    return NULL;
}

static int watch(struct tcp *t)
{
    struct epoll_event listener = { .events = EPOLLIN, .data.ptr = t };
    struct epoll_event wake = { .events = EPOLLIN, .data.ptr = NULL };

    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->epoll < 0 || t->wake < 0 ||
        epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->fd, &listener) != 0)
        return -1;
    return epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->wake, &wake);
}

static void free_all(struct tcp *t)
{
    if (t->epoll >= 0)
        close(t->epoll);
    if (t->wake >= 0)
        close(t->wake);
    ingest_free(t->ingest);
    free(t);
}

struct tcp *tcp_start(int fd, const struct tcp_limits *limits,
                      const struct ingest_shared *shared)
{
    struct tcp *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->fd = fd;
    t->epoll = t->wake = -1;
    t->limits = *limits;
    t->list.next = t->list.prev = &t->list;
    t->ingest = ingest_new(shared);
    if (t->ingest != NULL && watch(t) == 0) {
        t->stats = ingest_stats(t->ingest);
        if (pthread_create(&t->thread, NULL, run, t) == 0)
            return t;
    }
    free_all(t);
    return NULL;
}

void tcp_stop(struct tcp *t, double seconds)
{
    uint64_t one = 1;

    if (t == NULL)
        return;
    atomic_store_explicit(&t->deadline_ms, now_ms() + (uint64_t)(seconds * 1000),
                          memory_order_relaxed);
    /* release: pairs with the acquire in run() */
    atomic_store_explicit(&t->stop, true, memory_order_release);
    if (write(t->wake, &one, sizeof(one)) < 0)
        log_error("waking the TCP thread failed", "err", strerror(errno));
}

void tcp_join(struct tcp *t)
{
    if (t != NULL)
        pthread_join(t->thread, NULL);
}

void tcp_free(struct tcp *t)
{
    if (t == NULL)
        return;
    close(t->fd);
    free_all(t);
}

const struct stats *tcp_stats(const struct tcp *t)
{
    return t->stats;
}
