/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_socket.c - listening sockets that are more than a host and a port.
 */
#include "config.h"

#include "common/web_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* of those that systemd passes */
#define MAX_FDS 256

static int fail(promc_error *err, int code, const char *what, const char *why)
{
    if (err) {
        err->code = code;
        snprintf(err->text, sizeof(err->text), "%.90s: %.60s", what, why);
    }
    return code;
}

/* Read all of text as a decimal number up to max. Returns 0 or -1. */
static int number(const char *text, unsigned long max, unsigned long *out)
{
    unsigned long n = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        n = n * 10 + (unsigned long)(*text - '0');
        if (n > max)
            return -1;
    }
    *out = n;
    return 0;
}

/* Bind and listen. Returns the socket or a negative errno value. */
static int listen_on(const struct sockaddr *addr, socklen_t len)
{
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), code;

    if (fd < 0)
        return -errno;
    if (bind(fd, addr, len) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    code = errno;
    close(fd);
    return -code;
}

/* ------------------------------------------------------------------------------------
 * unix:/path
 */

/* Whether what is in the way is a socket that nobody listens on any more, left behind by a
 * process that was killed. */
static int is_abandoned(const struct sockaddr_un *addr)
{
    int fd, abandoned;
    struct stat st;

    if (lstat(addr->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return 0;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return 0;
    abandoned = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 &&
                errno == ECONNREFUSED;
    close(fd);
    return abandoned;
}

static int open_unix(const char *path, struct web_socket *s, promc_error *err)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd;

    if (path[0] != '/')
        return fail(err, -EINVAL, s->address, "want unix:/path");
    if (strlen(path) >= sizeof(addr.sun_path))
        return fail(err, -EINVAL, s->address, "the path is too long for a socket");
    memcpy(addr.sun_path, path, strlen(path) + 1);
    fd = listen_on((const struct sockaddr *)&addr, sizeof(addr));
    if (fd == -EADDRINUSE && is_abandoned(&addr) && unlink(path) == 0)
        fd = listen_on((const struct sockaddr *)&addr, sizeof(addr));
    if (fd < 0)
        return fail(err, fd, s->address, strerror(-fd));
    s->fd = fd;
    s->path = path;
    return 0;
}

/* ------------------------------------------------------------------------------------
 * vsock://:port
 */
static int open_vsock(const char *rest, struct web_socket *s, promc_error *err)
{
    struct sockaddr_vm addr = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
    unsigned long port;
    int fd;

    if (rest[0] != ':' || number(rest + 1, 0xfffffffful, &port) != 0)
        return fail(err, -EINVAL, s->address, "want vsock://:port");
    addr.svm_port = (unsigned)port;
    fd = listen_on((const struct sockaddr *)&addr, sizeof(addr));
    if (fd == -EAFNOSUPPORT)
        return fail(err, fd, s->address, "this kernel has no vsock");
    if (fd < 0)
        return fail(err, fd, s->address, strerror(-fd));
    s->fd = fd;
    return 0;
}

int web_socket_open(const char *address, struct web_socket *s, promc_error *err)
{
    *s = (struct web_socket){ .address = address, .fd = -1 };
    if (!strncmp(address, "unix:", 5))
        return open_unix(address + 5, s, err);
    if (!strncmp(address, "vsock://", 8))
        return open_vsock(address + 8, s, err);
    return 0;
}

/* ------------------------------------------------------------------------------------
 * systemd
 */
int web_sockets_systemd(struct web_sockets *all, promc_error *err)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    unsigned long value, n = 0;

    if (pid && count && number(pid, 0x7ffffffful, &value) == 0 &&
        value == (unsigned long)getpid() && number(count, MAX_FDS, &n) != 0)
        return fail(err, -EINVAL, "--web.systemd-socket", "LISTEN_FDS makes no sense");
    if (n == 0)
        return fail(err, -EINVAL, "--web.systemd-socket",
                    "systemd has passed no sockets");
    all->v = calloc(n, sizeof(*all->v));
    if (!all->v)
        return fail(err, -ENOMEM, "--web.systemd-socket", "out of memory");
    for (all->n = 0; all->n < n; all->n++)
        all->v[all->n].fd = FIRST_FD + (int)all->n;
    /* They are for us alone, not for what we might start. */
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return 0;
}

void web_sockets_close(struct web_sockets *all)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].fd >= 0)
            close(all->v[i].fd);
        if (all->v[i].path)
            (void)unlink(all->v[i].path);
    }
    free(all->v);
    all->v = NULL;
    all->n = 0;
}

/* ------------------------------------------------------------------------------------
 * For people
 */
static void passed_text(int fd, char *text, size_t size)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } addr = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t len = sizeof(addr);
    char host[INET6_ADDRSTRLEN] = "";

    (void)getsockname(fd, &addr.any, &len);
    switch (addr.any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &addr.in.sin_addr, host, sizeof(host));
        snprintf(text, size, "%s:%u", host, ntohs(addr.in.sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &addr.in6.sin6_addr, host, sizeof(host));
        snprintf(text, size, "[%s]:%u", host, ntohs(addr.in6.sin6_port));
        break;
    case AF_UNIX:
        snprintf(text, size, "unix:%.*s", (int)sizeof(addr.un.sun_path),
                 addr.un.sun_path);
        break;
    default:
        snprintf(text, size, "descriptor %d", fd);
        break;
    }
}

void web_socket_text(const struct web_socket *s, unsigned port, char *text, size_t size)
{
    const char *colon;

    if (!s->address) {
        passed_text(s->fd, text, size);
    } else if (s->fd >= 0) {
        snprintf(text, size, "%s", s->address);
    } else { /* with the port the system chose when 0 was asked for */
        colon = strrchr(s->address, ':');
        snprintf(text, size, "%.*s:%u",
                 colon ? (int)(colon - s->address) : (int)strlen(s->address), s->address,
                 port);
    }
}
