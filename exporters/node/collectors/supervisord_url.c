/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisord_url.c - where supervisord is, from the URL in the flag.
 */
#include "config.h"

#include "node/collectors/supervisord.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "node/scan.h"

static int copy(char *to, size_t size, struct span from)
{
    if (from.n >= size)
        return -EINVAL;
    span_copy(from, to, size);
    return 0;
}

/* user:password, in which %XX stands for a byte, as for one that means something in a
 * URL. */
static int parse_user(struct span s, char *to, size_t size)
{
    size_t n = 0;

    if (s.n >= size)
        return -EINVAL;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t byte = (unsigned char)s.p[i];

        if (byte == '%') {
            if (s.n - i < 3 || scan_hex(span_of(s.p + i + 1, 2), &byte) < 0 || byte == 0)
                return -EINVAL;
            i += 2;
        }
        to[n++] = (char)byte;
    }
    to[n] = '\0';
    return 0;
}

/* host, host:port, [v6]:port */
static int parse_host(struct span s, struct supervisord_url *u)
{
    struct span host, port = span_of("80", 2);
    uint64_t number;

    if (copy(u->authority, sizeof(u->authority), s) < 0)
        return -EINVAL;
    if (s.n > 0 && s.p[0] == '[') {
        s = span_of(s.p + 1, s.n - 1);
        if (!scan_until(&s, ']', &host) || (s.n > 0 && s.p[0] != ':'))
            return -EINVAL;
        if (s.n > 1)
            port = span_of(s.p + 1, s.n - 1);
    } else if (scan_until(&s, ':', &host)) {
        if (s.n > 0)
            port = s;
    } else {
        host = s;
    }
    if (host.n == 0 || scan_u64(port, &number) < 0 || number > 65535)
        return -EINVAL;
    if (copy(u->host, sizeof(u->host), host) < 0)
        return -EINVAL;
    return copy(u->port, sizeof(u->port), port);
}

int supervisord_url_parse(const char *text, struct supervisord_url *u,
                          const char **reason)
{
    struct span s = span_str(text), authority, target;
    struct sockaddr_un a;
    const char *slash, *at;

    memset(u, 0, sizeof(*u));
    /* It goes into a request as it is. */
    *reason = "it has characters that do not belong there";
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return -EINVAL;
    if (span_begins(s, "unix:")) {
        *reason = "it has no path that a socket can have";
        s = span_of(s.p + 5, s.n - 5);
        /* unix:///path; between the second and third slash there could be a host. */
        if (span_begins(s, "//"))
            s = span_of(s.p + 2, s.n - 2);
        slash = memchr(s.p, '/', s.n);
        if (!slash || s.n - (size_t)(slash - s.p) >= sizeof(a.sun_path))
            return -EINVAL;
        snprintf(u->authority, sizeof(u->authority), "unix");
        snprintf(u->target, sizeof(u->target), "/RPC2");
        return copy(u->host, sizeof(u->host),
                    span_of(slash, s.n - (size_t)(slash - s.p)));
    }
    *reason = "it must begin with http:// or unix://";
    if (!span_begins(s, "http://"))
        return -EINVAL;
    *reason = "it is not a URL, or too long";
    s = span_of(s.p + 7, s.n - 7);
    slash = memchr(s.p, '/', s.n);
    authority = slash ? span_of(s.p, (size_t)(slash - s.p)) : s;
    target = slash ? span_of(slash, s.n - authority.n) : span_of("/", 1);
    at = memrchr(authority.p, '@', authority.n);
    if (at) {
        struct span user = span_of(authority.p, (size_t)(at - authority.p));

        if (parse_user(user, u->user, sizeof(u->user)) < 0)
            return -EINVAL;
        authority = span_of(at + 1, authority.n - user.n - 1);
    }
    if (copy(u->target, sizeof(u->target), target) < 0)
        return -EINVAL;
    return parse_host(authority, u);
}
