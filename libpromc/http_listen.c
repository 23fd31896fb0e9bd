/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_listen.c - from an address as the user writes it to a listening socket.
 */
#include "config.h"
#include "http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

#define MAX_HOST 256

/* strerror() for a message; glibc's is safe to call from any thread for known codes. */
static const char *why(int code)
{
    return strerror(code);
}

/* Split "host:port" or "[v6]:port" into @host (empty: all addresses) and *port. Returns
 * 0, or -EINVAL with the rule that is broken in *err. */
static int split(const char *address, char *host, const char **port, promc_error *err)
{
    const char *colon = strrchr(address, ':');
    const char *start = address, *p;
    unsigned long number = 0;
    size_t len;

    if (!colon)
        return promc__error(err, -EINVAL, "address \"%s\": no port (want host:port)",
                            address);
    len = (size_t)(colon - address);
    if (*address == '[') {
        if (len < 3 || address[len - 1] != ']')
            return promc__error(err, -EINVAL, "address \"%s\": want [IPv6 address]:port",
                                address);
        start++;
        len -= 2;
    } else if (memchr(address, ':', len)) {
        return promc__error(
            err, -EINVAL, "address \"%s\": put the IPv6 address in brackets, [::1]:9400",
            address);
    }
    if (len >= MAX_HOST)
        return promc__error(err, -EINVAL, "address \"%.60s...\": host name too long",
                            address);
    memcpy(host, start, len);
    host[len] = '\0';
    for (p = colon + 1; *p >= '0' && *p <= '9' && number <= 65535; p++)
        number = number * 10 + (unsigned long)(*p - '0');
    if (*p != '\0' || p == colon + 1 || number > 65535)
        return promc__error(err, -EINVAL,
                            "address \"%s\": port must be a number from 0 to 65535",
                            address);
    *port = colon + 1;
    return 0;
}

/* One try: socket, bind, listen. An unspecified IPv6 address takes IPv4 clients too.
 * Returns the socket or a negative errno value. */
static int listen_on(const struct addrinfo *ai)
{
    int on = 1, off = 0, code;
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    ai->ai_protocol);

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ai->ai_family == AF_INET6) {
        struct sockaddr_in6 sin6;

        memcpy(&sin6, ai->ai_addr, sizeof(sin6));
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
                         IN6_IS_ADDR_UNSPECIFIED(&sin6.sin6_addr) ? &off : &on,
                         sizeof(on));
    }
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    code = errno;
    close(fd);
    return -code;
}

/* ":port": every address of the host, on one socket where there is IPv6. */
static int listen_everywhere(const char *address, const char *port, promc_error *err)
{
    static const int families[] = { AF_INET6, AF_INET };
    int code = -EADDRNOTAVAIL;

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        struct addrinfo hints = { .ai_family = families[i],
                                  .ai_socktype = SOCK_STREAM,
                                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
        struct addrinfo *list;

        if (getaddrinfo(NULL, port, &hints, &list) != 0)
            continue;
        code = listen_on(list);
        freeaddrinfo(list);
        /* Without IPv6 in the kernel, or with it switched off, IPv4 alone has to do. */
        if (code >= 0 || (code != -EAFNOSUPPORT && code != -EADDRNOTAVAIL))
            break;
    }
    if (code < 0)
        return promc__error(err, code, "cannot listen on \"%s\": %s", address,
                            why(-code));
    return code;
}

int promc__http_listen(const char *address, promc_error *err)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *list, *ai;
    char host[MAX_HOST];
    const char *port = NULL;
    int code = split(address, host, &port, err);

    if (code != 0)
        return code;
    if (!*host)
        return listen_everywhere(address, port, err);
    code = getaddrinfo(host, port, &hints, &list);
    if (code != 0)
        return promc__error(err, -EADDRNOTAVAIL, "cannot find the address of \"%s\": %s",
                            address, gai_strerror(code));
    code = -EADDRNOTAVAIL;
    for (ai = list; ai && code < 0; ai = ai->ai_next)
        code = listen_on(ai);
    freeaddrinfo(list);
    if (code < 0)
        return promc__error(err, code, "cannot listen on \"%s\": %s", address,
                            why(-code));
    return code;
}

int promc__http_adopt(int fd, promc_error *err)
{
    int listening = 0, flags;
    socklen_t len = sizeof(listening);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || !listening)
        return promc__error(err, -EINVAL, "descriptor %d is not a listening socket", fd);
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return promc__error(err, -errno, "descriptor %d: %s", fd, why(errno));
    return 0;
}

unsigned promc__http_socket_port(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;

    memset(&addr, 0, sizeof(addr));
    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        return 0;
    switch (addr.ss_family) {
    case AF_INET:
        memcpy(&sin, &addr, sizeof(sin));
        return ntohs(sin.sin_port);
    case AF_INET6:
        memcpy(&sin6, &addr, sizeof(sin6));
        return ntohs(sin6.sin6_port);
    default:
        return 0;
    }
}
