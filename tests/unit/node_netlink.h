/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_netlink.h - netlink messages for tests, put together piece by piece.
 */
#ifndef TESTS_NODE_NETLINK_H
#define TESTS_NODE_NETLINK_H

#include <linux/netlink.h>
#include <string.h>

struct nl_test {
    _Alignas(8) char buf[4096];
    size_t len;
    size_t start; /* of the message being made */
};

/* Begin a message with its family header. */
static inline void nl_test_begin(struct nl_test *t, uint16_t type, uint32_t seq,
                                 const void *header, size_t len)
{
    struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_seq = seq };

    t->start = t->len;
    memcpy(t->buf + t->len, &h, sizeof(h));
    t->len += NLMSG_HDRLEN;
    if (len)
        memcpy(t->buf + t->len, header, len);
    t->len += NLMSG_ALIGN(len);
}

static inline void nl_test_attr(struct nl_test *t, uint16_t type, const void *data,
                                size_t len)
{
    struct nlattr a = { (uint16_t)(NLA_HDRLEN + len), type };

    memcpy(t->buf + t->len, &a, sizeof(a));
    memcpy(t->buf + t->len + NLA_HDRLEN, data, len);
    t->len += NLA_ALIGN(NLA_HDRLEN + len);
}

static inline void nl_test_u32(struct nl_test *t, uint16_t type, uint32_t v)
{
    nl_test_attr(t, type, &v, sizeof(v));
}

static inline void nl_test_string(struct nl_test *t, uint16_t type, const char *s)
{
    nl_test_attr(t, type, s, strlen(s) + 1);
}

static inline void nl_test_end(struct nl_test *t)
{
    struct nlmsghdr h;

    memcpy(&h, t->buf + t->start, sizeof(h));
    h.nlmsg_len = (uint32_t)(t->len - t->start);
    memcpy(t->buf + t->start, &h, sizeof(h));
}

#endif /* TESTS_NODE_NETLINK_H */
