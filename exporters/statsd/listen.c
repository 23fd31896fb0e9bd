/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.c - addresses to sockets.
 */
#include "config.h"

#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

__attribute__((format(printf, 3, 4))) static int fail(promc_error *err, int code,
                                                      const char *format, ...)
{
    va_list ap;

    err->code = code;
    va_start(ap, format);
    vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    return -1;
}

/* Split at the last colon; brackets around the host are taken off. Returns 0, or -1. */
static int split(const char *address, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t n;

    if (colon == NULL)
        return -1;
    n = (size_t)(colon - address);
    if (n >= 2 && address[0] == '[' && colon[-1] == ']') {
        address++;
        n -= 2;
    } else if (memchr(address, ':', n) != NULL) {
        return -1;
    }
    if (n >= size)
        return -1;
    memcpy(host, address, n);
    host[n] = '\0';
    *port = colon + 1;
    return 0;
}

/* Try each address the name stands for until one can be bound. */
static int bind_any(const char *address, int type, bool shared, promc_error *err)
{
    struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_PASSIVE }, *list;
    char host[256];
    const char *port;
    int one = 1, fd = -1, rc, why = EADDRNOTAVAIL;

    if (split(address, host, sizeof(host), &port) != 0)
        return fail(err, -EINVAL, "listen address \"%s\" is not of the form host:port",
                    address);
    hints.ai_family = host[0] == '\0' ? AF_INET : AF_UNSPEC;
    rc = getaddrinfo(host[0] == '\0' ? NULL : host, port[0] == '\0' ? "0" : port, &hints,
                     &list);
    if (rc != 0)
        return fail(err, -EINVAL, "listen address \"%s\": %s", address, gai_strerror(rc));
    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    a->ai_protocol);
        if (fd < 0) {
            why = errno;
            continue;
        }
        if (type == SOCK_STREAM)
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (shared)
            setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
        if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 ||
            (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
            why = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        return fail(err, -why, "cannot listen on %s %s: %s",
                    type == SOCK_STREAM ? "TCP" : "UDP", address, strerror(why));
    return fd;
}

int listen_udp(const char *address, bool shared, bool first, promc_error *err)
{
    int fd;

    /* Sockets that share a port also share it with another process of the same user that
     * does the same, silently halving the traffic. A socket that does not share finds
     * that out. */
    if (shared && first) {
        fd = bind_any(address, SOCK_DGRAM, false, err);
        if (fd < 0)
            return -1;
        close(fd);
    }
    return bind_any(address, SOCK_DGRAM, shared, err);
}

int listen_tcp(const char *address, promc_error *err)
{
    return bind_any(address, SOCK_STREAM, false, err);
}

int listen_unixgram(const char *path, unsigned mode, promc_error *err)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    size_t n = strlen(path);
    int fd;

    if (n >= sizeof(sa.sun_path))
        return fail(err, -ENAMETOOLONG, "socket path %s is too long", path);
    memcpy(sa.sun_path, path, n);
    if (path[0] == '@')
        sa.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&sa,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0) {
        int why = errno;

        if (fd >= 0)
            close(fd);
        return fail(err, -why, "cannot listen on socket %s: %s", path, strerror(why));
    }
    if (path[0] != '@' && chmod(path, (mode_t)mode) != 0) {
        int why = errno;

        close(fd);
        unlink(path);
        return fail(err, -why, "cannot set the mode of socket %s: %s", path,
                    strerror(why));
    }
    return fd;
}

size_t listen_buffer(int fd, size_t bytes)
{
    int want = bytes > (size_t)1 << 30 ? 1 << 30 : (int)bytes, got = 0;
    socklen_t len = sizeof(got);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &len) != 0 || got < 0)
        return 0;
    return (size_t)got / 2; /* the kernel counts its own overhead double */
}
