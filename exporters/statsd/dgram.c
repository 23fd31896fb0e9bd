/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dgram.c - see dgram.h.
 *
 * The thread blocks for the first packet of a batch and takes along what else has come.
 * While packets arrive thick and fast it pauses a moment before it asks again: they
 * gather meanwhile, and one wake-up serves many of them. That halves the cost of small
 * packets, here and for the sender, who has no sleeper to wake each time; the pause is
 * short against what even a small socket buffer holds.
 */
#include "config.h"

#include "dgram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

#define BATCH 64
#define PACKET_SIZE 65536 /* more than UDP can carry */

#define PAUSE_NS 500000
#define BUSY_PACKETS_PER_SECOND                                                          \
    6000                   /* below, a pause would gather too few to pay for itself */
#define WINDOW_NS 20000000 /* over which that is measured */

struct dgram {
    int fd;
    bool unix_socket;
    struct ingest *ingest;
    pthread_t thread;
    atomic_bool stop;
    _Atomic uint64_t deadline_ns; /* CLOCK_MONOTONIC; valid once stop is set */

    uint64_t window_start; /* see is_busy() */
    uint64_t window_packets;
    bool busy;

    uint64_t drops; /* so far, see dgram_kernel_drops() */
    uint32_t last_drops;

    char *buffer; /* BATCH packets; pages that no packet reached are never touched */
    struct iovec iov[BATCH];
    struct mmsghdr msg[BATCH];
};

static uint64_t read_clock(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void pause_ns(long ns)
{
    struct timespec ts = { .tv_nsec = ns };

    nanosleep(&ts, NULL);
}

static void take_batch(struct dgram *d, int n)
{
    struct stats *stats = ingest_stats(d->ingest);

    stat_add(d->unix_socket ? &stats->unixgram_packets : &stats->udp_packets,
             (uint64_t)n);
    for (int i = 0; i < n; i++) {
        bool cut = (d->msg[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;

        if (cut)
            stat_add(&stats->truncated_packets, 1);
        ingest_datagram(d->ingest, d->iov[i].iov_base, d->msg[i].msg_len, cut);
    }
}

/* Is there so much traffic that gathering pays? n: packets of the batch just taken. */
static bool is_busy(struct dgram *d, int n)
{
    uint64_t now = read_clock(CLOCK_MONOTONIC_COARSE), span = now - d->window_start;

    d->window_packets += (uint64_t)n;
    if (span >= WINDOW_NS) {
        d->busy = d->window_packets * 1000000000u / span >= BUSY_PACKETS_PER_SECOND;
        d->window_start = now;
        d->window_packets = 0;
    }
    return d->busy;
}

/* A socket that fails is not given up: the cause may pass, and deafness would go unseen.
 */
static void receive_failed(struct dgram *d, int why)
{
    static struct log_limit limit;
    uint64_t suppressed;

    if (why == EINTR)
        return;
    stat_add(&ingest_stats(d->ingest)->receive_errors, 1);
    if (log_limit_pass(&limit, &suppressed))
        log_error("receiving failed", "err", strerror(why));
    pause_ns(10000000);
}

/* What is queued is still ours. A sender that never rests meets the deadline. */
static void drain(struct dgram *d)
{
    uint64_t deadline = atomic_load_explicit(&d->deadline_ns, memory_order_relaxed);
    int n;

    while ((n = recvmmsg(d->fd, d->msg, BATCH, MSG_DONTWAIT, NULL)) > 0) {
        take_batch(d, n);
        if (read_clock(CLOCK_MONOTONIC) > deadline)
            break;
    }
}

static void *run(void *arg)
{
    struct dgram *d = arg;

    /* acquire: pairs with the release in dgram_stop(), which sets the deadline first */
    while (!atomic_load_explicit(&d->stop, memory_order_acquire)) {
        int n = recvmmsg(d->fd, d->msg, BATCH, MSG_WAITFORONE, NULL);

        if (n < 0) {
            receive_failed(d, errno);
            continue;
        }
        /* The end of reading, as dgram_stop() makes it, looks like an empty packet. */
        if (n == 1 && d->msg[0].msg_len == 0 &&
            atomic_load_explicit(&d->stop, memory_order_acquire))
            break;
        take_batch(d, n);
        if (is_busy(d, n) && n < BATCH)
            pause_ns(PAUSE_NS);
    }
    drain(d);
    return NULL;
}

static void set_up_batch(struct dgram *d)
{
    for (int i = 0; i < BATCH; i++) {
        d->iov[i] = (struct iovec){ d->buffer + (size_t)i * PACKET_SIZE, PACKET_SIZE };
        d->msg[i].msg_hdr.msg_iov = &d->iov[i];
        d->msg[i].msg_hdr.msg_iovlen = 1;
    }
}

/* recvmmsg() is to sleep, so the socket must block. */
static int set_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

struct dgram *dgram_start(int fd, bool unix_socket, const struct ingest_shared *shared)
{
    struct dgram *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->fd = fd;
    d->unix_socket = unix_socket;
    d->buffer = mmap(NULL, (size_t)BATCH * PACKET_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (d->buffer == MAP_FAILED) {
        free(d);
        return NULL;
    }
    set_up_batch(d);
    d->ingest = ingest_new(shared);
    if (d->ingest != NULL && set_blocking(fd) == 0 &&
        pthread_create(&d->thread, NULL, run, d) == 0)
        return d;
    ingest_free(d->ingest);
    munmap(d->buffer, (size_t)BATCH * PACKET_SIZE);
    free(d);
    return NULL;
}

void dgram_stop(struct dgram *d, double seconds)
{
    if (d == NULL)
        return;
    atomic_store_explicit(&d->deadline_ns,
                          read_clock(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9),
                          memory_order_relaxed);
    /* release: pairs with the acquire in run() */
    atomic_store_explicit(&d->stop, true, memory_order_release);
    /* Wakes the sleeper, now or when it goes to sleep; an unconnected socket reports
     * ENOTCONN and does it all the same. What is queued stays readable. */
    shutdown(d->fd, SHUT_RD);
}

void dgram_join(struct dgram *d)
{
    if (d != NULL)
        pthread_join(d->thread, NULL);
}

void dgram_free(struct dgram *d)
{
    if (d == NULL)
        return;
    close(d->fd);
    ingest_free(d->ingest);
    munmap(d->buffer, (size_t)BATCH * PACKET_SIZE);
    free(d);
}

const struct stats *dgram_stats(const struct dgram *d)
{
    return ingest_stats(d->ingest);
}

/* The socket's own count is asked for, not the one that comes with packets (SO_RXQ_OVFL):
 * it costs nothing per packet and is up to date when nothing arrives any more. */
uint64_t dgram_kernel_drops(struct dgram *d)
{
    uint32_t info[SK_MEMINFO_VARS] = { 0 };
    socklen_t len = sizeof(info);

    if (d->unix_socket || getsockopt(d->fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
        return d->drops;
    d->drops += info[SK_MEMINFO_DROPS] - d->last_drops; /* 32 bits there, which wrap */
    d->last_drops = info[SK_MEMINFO_DROPS];
    return d->drops;
}
