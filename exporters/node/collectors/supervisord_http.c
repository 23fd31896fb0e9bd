/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisord_http.c - send the question to supervisord and take in the answer.
 *
 * HTTP/1.0 and a connection for each scrape: the answer then comes in one piece and ends
 * with the connection.
 */
#include "config.h"

#include "node/collectors/supervisord.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/deadline.h"
#include "node/fail.h"
#include "node/scan.h"

static const char question[] =
    "<?xml version=\"1.0\"?>\n"
    "<methodCall><methodName>supervisor.getAllProcessInfo</methodName>"
    "<params></params></methodCall>\n";

/* Wait until the socket is ready for events. Returns 0, or -ETIMEDOUT. */
static int wait_for(int fd, short events, uint64_t deadline_ns)
{
    struct pollfd p = { .fd = fd, .events = events };
    int left;

    while ((left = deadline_ms(deadline_ns)) > 0) {
        if (poll(&p, 1, left) > 0)
            return 0;
    }
    return -ETIMEDOUT;
}

static int connect_one(int family, const struct sockaddr *a, socklen_t len,
                       uint64_t deadline_ns)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof(int);
    int rc = 0, error = 0;

    if (fd < 0)
        return -errno;
    if (connect(fd, a, len) < 0)
        rc = -errno;
    if (rc == -EINPROGRESS) {
        rc = wait_for(fd, POLLOUT, deadline_ns);
        if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
            rc = -error;
    }
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

static int connect_to(const struct supervisord_url *u, uint64_t deadline_ns)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = -EHOSTUNREACH;

    if (!u->port[0]) {
        memcpy(a.sun_path, u->host, strlen(u->host) + 1);
        return connect_one(AF_UNIX, (struct sockaddr *)&a, sizeof(a), deadline_ns);
    }
    if (getaddrinfo(u->host, u->port, &hints, &list) != 0)
        return -EHOSTUNREACH;
    for (const struct addrinfo *i = list; i && fd < 0; i = i->ai_next)
        fd = connect_one(i->ai_family, i->ai_addr, i->ai_addrlen, deadline_ns);
    freeaddrinfo(list);
    return fd;
}

static void base64(const char *text, char *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)text;
    size_t n = strlen(text);

    for (; n > 0; in += n < 3 ? n : 3, n -= n < 3 ? n : 3) {
        uint32_t v = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0) |
                     (n > 2 ? in[2] : 0);

        *out++ = digits[v >> 18];
        *out++ = digits[v >> 12 & 63];
        *out++ = n > 1 ? digits[v >> 6 & 63] : '=';
        *out++ = n > 2 ? digits[v & 63] : '=';
    }
    *out = '\0';
}

static int send_question(const struct supervisord_url *u, int fd, uint64_t deadline_ns)
{
    char secret[4 * (sizeof(u->user) / 3 + 2)], text[2048];
    size_t at = 0, len;
    int n;

    base64(u->user, secret);
    n = snprintf(text, sizeof(text),
                 "POST %s HTTP/1.0\r\nHost: %s\r\n%s%s%sContent-Type: text/xml\r\n"
                 "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                 u->target, u->authority, u->user[0] ? "Authorization: Basic " : "",
                 secret, u->user[0] ? "\r\n" : "", sizeof(question) - 1, question);
    if (n < 0 || (size_t)n >= sizeof(text))
        return -EMSGSIZE;
    len = (size_t)n;
    while (at < len) {
        ssize_t sent = send(fd, text + at, len - at, MSG_NOSIGNAL);
        int rc = 0;

        if (sent >= 0)
            at += (size_t)sent;
        else if (errno == EAGAIN)
            rc = wait_for(fd, POLLOUT, deadline_ns);
        else if (errno != EINTR)
            rc = -errno;
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Everything up to the end of the connection. */
static int receive(int fd, uint64_t deadline_ns, struct supervisord_buf *b)
{
    b->len = 0;
    for (;;) {
        ssize_t n;
        int rc = 0;

        if (b->len == b->cap) {
            size_t cap = b->cap ? 2 * b->cap : 16384;
            char *grown;

            if (b->cap >= SUPERVISORD_MAX_ANSWER)
                return -EFBIG;
            grown = realloc(b->data, cap);
            if (!grown)
                return -ENOMEM;
            b->data = grown;
            b->cap = cap;
        }
        /* Also for a sender who never leaves a pause. */
        if (deadline_ms(deadline_ns) == 0)
            return -ETIMEDOUT;
        n = recv(fd, b->data + b->len, b->cap - b->len, 0);
        if (n == 0)
            return 0;
        if (n > 0)
            b->len += (size_t)n;
        else if (errno == EAGAIN)
            rc = wait_for(fd, POLLIN, deadline_ns);
        else if (errno != EINTR)
            rc = -errno;
        if (rc < 0)
            return rc;
    }
}

/* The value of a header line of that name. Returns 1 if it is one. */
static int header(struct span line, const char *name, struct span *value)
{
    struct span before;

    if (!scan_until(&line, ':', &before) || before.n != strlen(name) ||
        strncasecmp(before.p, name, before.n) != 0)
        return 0;
    *value = span_trim(line);
    return 1;
}

int supervisord_http_parse(char *answer, size_t n, char **body, size_t *len,
                           const char **reason)
{
    struct span rest = span_of(answer, n), line, word, value;
    uint64_t length = UINT64_MAX;

    *reason = "not HTTP";
    if (!scan_line(&rest, &line) || !span_begins(line, "HTTP/1.") ||
        !scan_field(&line, &word) || !scan_field(&line, &word))
        return -EBADMSG;
    *reason = "a status other than 200";
    if (span_is(word, "401"))
        *reason = "user and password are wanted (status 401)";
    if (!span_is(word, "200"))
        return -EBADMSG;
    for (;;) {
        *reason = "cut off";
        if (!scan_line(&rest, &line))
            return -EBADMSG;
        if (span_trim(line).n == 0)
            break;
        *reason = "an encoding that was not asked for";
        if (header(line, "Transfer-Encoding", &value) && !span_is(value, "identity"))
            return -EBADMSG;
        *reason = "a length that is none";
        if (header(line, "Content-Length", &value) && scan_u64(value, &length) < 0)
            return -EBADMSG;
    }
    *reason = "cut off";
    if (length != UINT64_MAX && rest.n < length)
        return -EBADMSG;
    *body = answer + (rest.p - answer);
    *len = rest.n < length ? rest.n : (size_t)length;
    return 0;
}

int supervisord_ask(const struct supervisord_url *u, uint64_t deadline_ns,
                    struct supervisord_buf *b, char **body, size_t *len, promc_error *err)
{
    const char *reason;
    char buf[64];
    int fd = connect_to(u, deadline_ns), rc = fd < 0 ? fd : 0;

    if (rc == 0)
        rc = send_question(u, fd, deadline_ns);
    if (rc == 0)
        rc = receive(fd, deadline_ns, b);
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        return node_fail(err, rc, "cannot ask supervisord at %s: %s",
                         u->port[0] ? u->authority : u->host,
                         strerror_r(-rc, buf, sizeof(buf)));
    rc = supervisord_http_parse(b->data, b->len, body, len, &reason);
    return rc == 0 ? 0 : node_fail(err, rc, "bad answer of supervisord: %s", reason);
}
