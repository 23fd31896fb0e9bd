/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink.c - ask the kernel for all links, routes, sockets ... (netlink dumps).
 *
 * Without libmnl, which was tried in its place: docs/architecture.md has what came out.
 */
#include "config.h"

#include "node/netlink.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the kernel fills at most in one go; smaller buffers cost more calls. */
#define NETLINK_BUF ((size_t)32768)
#define NETLINK_WAIT_NS (5 * UINT64_C(1000000000))

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void netlink_close(struct netlink *nl)
{
    if (nl->fd >= 0)
        close(nl->fd);
    nl->fd = -1;
    free(nl->buf);
    nl->buf = NULL;
}

static int netlink_open(struct netlink *nl)
{
    if (!nl->buf)
        nl->buf = malloc(NETLINK_BUF);
    if (!nl->buf)
        return -ENOMEM;
    if (nl->fd < 0)
        nl->fd =
            socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, nl->protocol);
    return nl->fd < 0 ? -errno : 0;
}

static int netlink_request(struct netlink *nl, uint16_t request, const void *header,
                           size_t header_len)
{
    struct nlmsghdr h = {
        .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + header_len),
        .nlmsg_type = request,
        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        .nlmsg_seq = ++nl->seq,
    };
    char message[NLMSG_HDRLEN + 64];
    ssize_t n;

    if (header_len > sizeof(message) - NLMSG_HDRLEN)
        return -EINVAL;
    memcpy(message, &h, sizeof(h));
    memcpy(message + NLMSG_HDRLEN, header, header_len);
    n = send(nl->fd, message, h.nlmsg_len, 0);
    return n < 0 ? -errno : 0;
}

/* Wait for the next datagram and receive it. Returns its length or -errno. */
static ssize_t netlink_receive(struct netlink *nl, uint64_t deadline_ns)
{
    for (;;) {
        struct pollfd p = { .fd = nl->fd, .events = POLLIN };
        ssize_t n = recv(nl->fd, nl->buf, NETLINK_BUF, MSG_TRUNC);
        uint64_t now;

        if (n >= 0)
            return (size_t)n > NETLINK_BUF ? -EMSGSIZE : n;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return -errno;
        now = now_ns();
        if (now >= deadline_ns)
            return -ETIME;
        deadline_ns = deadline_ns - now > UINT64_C(1000000) * INT_MAX
                          ? now + UINT64_C(1000000) * INT_MAX
                          : deadline_ns;
        if (poll(&p, 1, (int)((deadline_ns - now) / 1000000 + 1)) < 0 && errno != EINTR)
            return -errno;
    }
}

/* A dump during which something changed (NLM_F_DUMP_INTR) is taken as it is: on a host that
 * makes and removes interfaces all day there might never be another one. */
int netlink_walk(struct span received, uint32_t seq, netlink_each *each, void *arg)
{
    while (received.n > 0) {
        struct nlmsghdr h;
        struct span payload;
        size_t step;
        int rc;

        if (received.n < NLMSG_HDRLEN)
            return -EBADMSG;
        memcpy(&h, received.p, sizeof(h));
        if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > received.n)
            return -EBADMSG;
        payload = span_of(received.p + NLMSG_HDRLEN, h.nlmsg_len - NLMSG_HDRLEN);
        step = NLMSG_ALIGN((size_t)h.nlmsg_len);
        step = step < received.n ? step : received.n;
        received = span_of(received.p + step, received.n - step);
        if (h.nlmsg_seq != seq)
            continue;
        if (h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR) {
            int end = h.nlmsg_type == NLMSG_DONE;
            int code = 0;

            if (payload.n >= sizeof(code))
                memcpy(&code, payload.p, sizeof(code));
            /* A dump that fails on the way says so at its end. */
            return code < 0 ? code : end ? 1 : -EBADMSG;
        }
        rc = each(arg, h.nlmsg_type, payload);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int netlink_dump(struct netlink *nl, uint16_t request, const void *header,
                 size_t header_len, uint64_t deadline_ns, netlink_each *each, void *arg)
{
    int rc = netlink_open(nl);

    if (deadline_ns == 0)
        deadline_ns = now_ns() + NETLINK_WAIT_NS;
    if (rc == 0)
        rc = netlink_request(nl, request, header, header_len);
    while (rc == 0) {
        ssize_t n = netlink_receive(nl, deadline_ns);

        rc = n < 0 ? (int)n
                   : netlink_walk(span_of(nl->buf, (size_t)n), nl->seq, each, arg);
    }
    if (rc == 1)
        return 0;
    /* What is left of this dump must not meet the next one. */
    if (nl->fd >= 0)
        close(nl->fd);
    nl->fd = -1;
    return rc;
}

int netlink_attr(struct span *rest, uint16_t *type, struct span *data)
{
    struct nlattr a;
    size_t step;

    if (rest->n < NLA_HDRLEN)
        return 0;
    memcpy(&a, rest->p, sizeof(a));
    if (a.nla_len < NLA_HDRLEN || a.nla_len > rest->n)
        return 0;
    *type = a.nla_type & NLA_TYPE_MASK;
    *data = span_of(rest->p + NLA_HDRLEN, (size_t)a.nla_len - NLA_HDRLEN);
    step = NLA_ALIGN((size_t)a.nla_len);
    step = step < rest->n ? step : rest->n;
    *rest = span_of(rest->p + step, rest->n - step);
    return 1;
}

uint64_t netlink_number(struct span data)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;

    switch (data.n) {
    case 1:
        return (unsigned char)data.p[0];
    case 2:
        memcpy(&u16, data.p, 2);
        return u16;
    case 4:
        memcpy(&u32, data.p, 4);
        return u32;
    case 8:
        memcpy(&u64, data.p, 8);
        return u64;
    default:
        return 0;
    }
}

char *netlink_string(struct span data, char *buf, size_t size)
{
    const char *nul = data.n ? memchr(data.p, '\0', data.n) : NULL;

    if (nul)
        data.n = (size_t)(nul - data.p);
    span_copy(data, buf, size);
    return buf;
}

char *netlink_ifname(const struct netlink *nl, int index, char *buf)
{
    struct ifreq req = { .ifr_ifindex = index };

    buf[0] = '\0';
    if (nl->fd >= 0 && ioctl(nl->fd, SIOCGIFNAME, &req) == 0) {
        memcpy(buf, req.ifr_name, IF_NAMESIZE);
        buf[IF_NAMESIZE - 1] = '\0';
    }
    return buf;
}
