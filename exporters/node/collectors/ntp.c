/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntp.c - what an NTP server says of its clock, and how far ours is from it.
 *
 * One question over UDP for each scrape. The server should be the host's own: others are
 * not there to be asked every few seconds, and the packet gets no further than the first
 * network.
 */
#include "config.h"

#include "node/collector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/collectors/ntp_packet.h"
#include "node/deadline.h"
#include "node/emit.h"
#include "node/fail.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)

/* What does not answer in a second is not near enough to be asked. */
#define NTP_PATIENCE_NS UINT64_C(1000000000)

static struct {
    const char *server;
    int server_is_local;
    long port, version, ttl;
    double max_distance, tolerance;
} ntp_flag = { "127.0.0.1", 0, 123, 4, 1, 3.46608, 0.001 };

struct ntp {
    /* The end of the day with the leap second. The flag is gone right after it, while
     * servers take a day to each side to spread it. */
    int64_t leap_midnight;
    int leap_seen;
};

static int64_t now_realtime(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec;
}

/* A socket that is connected to the server, or -errno. */
static int ntp_connect(promc_error *err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *list;
    int ttl = (int)ntp_flag.ttl;
    char port[24], buf[64];
    int fd, rc;

    snprintf(port, sizeof(port), "%ld", ntp_flag.port);
    rc = getaddrinfo(ntp_flag.server, port, &hints, &list);
    if (rc != 0)
        return node_fail(err, -EHOSTUNREACH, "no address of %s: %s", ntp_flag.server,
                         gai_strerror(rc));
    fd = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    rc = fd < 0 ? -errno : 0;
    if (rc == 0 && ttl != 0 &&
        (list->ai_family == AF_INET6
             ? setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl))
             : setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl))) < 0)
        rc = -errno;
    if (rc == 0 && connect(fd, list->ai_addr, list->ai_addrlen) < 0)
        rc = -errno;
    freeaddrinfo(list);
    if (rc == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return node_fail(err, rc, "cannot ask %s: %s", ntp_flag.server,
                     strerror_r(-rc, buf, sizeof(buf)));
}

/* Ask, and wait for the answer. Returns 0 or -errno with *err filled. */
static int ntp_ask(int fd, uint64_t deadline_ns, struct ntp_answer *a, promc_error *err)
{
    unsigned char packet[NTP_PACKET_LEN], answer[1024];
    const char *reason = "";
    uint64_t cookie = 0;
    int64_t sent, received;
    char buf[64];
    ssize_t n;
    int rc;

    if (getrandom(&cookie, sizeof(cookie), GRND_NONBLOCK) != (ssize_t)sizeof(cookie))
        cookie = deadline_now();
    ntp_question(packet, (unsigned)ntp_flag.version, cookie);
    sent = now_realtime();
    n = send(fd, packet, sizeof(packet), 0);
    rc = n < 0 ? -errno : -EAGAIN;
    while (rc == -EAGAIN) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int left = deadline_ms(deadline_ns);

        if (left == 0)
            return node_fail(err, -ETIMEDOUT, "%s does not answer", ntp_flag.server);
        poll(&p, 1, left);
        n = recv(fd, answer, sizeof(answer), 0);
        received = now_realtime();
        if (n < 0)
            rc = errno == EINTR ? -EAGAIN : -errno;
        else
            rc = ntp_parse(answer, (size_t)n, cookie, sent,
                           received < sent ? sent : received, a, &reason);
    }
    if (rc == -EBADMSG)
        return node_fail(err, rc, "bad answer of %s: %s", ntp_flag.server, reason);
    return rc == 0 ? 0
                   : node_fail(err, rc, "cannot ask %s: %s", ntp_flag.server,
                               strerror_r(-rc, buf, sizeof(buf)));
}

/* In this order, whole seconds and the rest apart, it is what the peer's values are. */
static double seconds(int64_t ns)
{
    return (double)(ns / SECOND) + (double)(ns % SECOND) / 1e9;
}

static void ntp_emit(struct ntp *s, const struct ntp_answer *a, promc_emitter *out)
{
    int64_t max_error = (int64_t)(ntp_flag.tolerance * 1e9);
    int64_t max_distance = (int64_t)(ntp_flag.max_distance * 1e9);

    if (a->leap == 1 || a->leap == 2) {
        s->leap_midnight = a->time - a->time % DAY + DAY;
        s->leap_seen = 1;
    }
    if (s->leap_seen && s->leap_midnight - DAY < a->time &&
        a->time < s->leap_midnight + DAY)
        max_error += SECOND;
    emit_gauge(out, "node_ntp_stratum", "Steps between the server and a reference clock.",
               a->stratum);
    emit_gauge(out, "node_ntp_leap",
               "Leap second to come: 0 none, 1 one more, 2 one less; 3 not in sync.",
               a->leap);
    emit_gauge(out, "node_ntp_rtt_seconds", "Time to the server and back.",
               seconds(a->rtt));
    emit_gauge(out, "node_ntp_offset_seconds", "The server's clock less ours.",
               seconds(a->offset));
    emit_gauge(out, "node_ntp_reference_timestamp_seconds",
               "When the server's clock was last set, in seconds since 1970.",
               a->reference_known && a->reference >= SECOND ? (double)a->reference / 1e9
                                                            : 0);
    emit_gauge(out, "node_ntp_root_delay_seconds",
               "Time from the server to the reference clock and back.",
               seconds(a->root_delay));
    emit_gauge(out, "node_ntp_root_dispersion_seconds",
               "How far the server's clock may be off.", seconds(a->root_dispersion));
    emit_gauge(out, "node_ntp_sanity",
               "Whether the server's clock is good, and ours is near it.",
               ntp_sane(a, max_distance, max_error));
}

static int ntp_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    uint64_t deadline_ns = deadline_before(ctx->deadline_ns);
    uint64_t patience_ns = deadline_now() + NTP_PATIENCE_NS;
    struct ntp_answer a;
    int fd = ntp_connect(err), rc;

    if (fd < 0)
        return fd;
    rc = ntp_ask(fd, deadline_ns < patience_ns ? deadline_ns : patience_ns, &a, err);
    close(fd);
    if (rc == 0)
        ntp_emit(priv, &a, out);
    return rc;
}

static int is_loopback(const char *address)
{
    struct in6_addr six;
    struct in_addr four;

    if (inet_pton(AF_INET, address, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, address, &six) != 1)
        return 0;
    return IN6_IS_ADDR_LOOPBACK(&six) ||
           (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

static int ntp_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    if (!ntp_flag.server_is_local && !is_loopback(ntp_flag.server))
        return node_fail(err, -EINVAL,
                         "--collector.ntp.server must be an address of this host; "
                         "--collector.ntp.server-is-local says that it is");
    if (ntp_flag.version < 2 || ntp_flag.version > 4)
        return node_fail(err, -EINVAL,
                         "--collector.ntp.protocol-version must be 2, 3 or 4, not %ld",
                         ntp_flag.version);
    if (ntp_flag.port < 1 || ntp_flag.port > 65535)
        return node_fail(err, -EINVAL,
                         "--collector.ntp.server-port must be from 1 to 65535, not %ld",
                         ntp_flag.port);
    *priv = calloc(1, sizeof(struct ntp));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void ntp_flags(struct flags *flags)
{
    flags_string(flags, "collector.ntp.server", "NTP server to ask.", &ntp_flag.server,
                 NULL);
    flags_int(flags, "collector.ntp.server-port", "UDP port of the NTP server.",
              &ntp_flag.port, INT_MIN, INT_MAX);
    flags_int(flags, "collector.ntp.protocol-version", "Version of NTP: 2, 3 or 4.",
              &ntp_flag.version, INT_MIN, INT_MAX);
    flags_bool(flags, "collector.ntp.server-is-local",
               "The server is this host, or one that may be asked at each scrape.",
               &ntp_flag.server_is_local, NULL);
    flags_int(flags, "collector.ntp.ip-ttl",
              "How many networks the question may pass; 0: as the system has it.",
              &ntp_flag.ttl, 0, 255);
    flags_duration(flags, "collector.ntp.max-distance",
                   "How far the reference clock may be away for a sane server.",
                   &ntp_flag.max_distance);
    flags_duration(flags, "collector.ntp.local-offset-tolerance",
                   "How far the clocks may be apart for a sane server.",
                   &ntp_flag.tolerance);
}

const struct node_collector node_ntp_collector = {
    .name = "ntp",
    .help = "State of an NTP server's clock.",
    .flags = ntp_flags,
    .init = ntp_init,
    .collect = ntp_collect,
    .fini = free,
};
