/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_socket.h - what to serve on: unix: and vsock:// addresses, sockets from systemd, and
 * ordinary addresses, which are left to the server.
 */
#ifndef COMMON_WEB_SOCKET_H
#define COMMON_WEB_SOCKET_H

#include <stddef.h>

#include <promc/promc.h>

struct web_socket {
    const char *address; /* as given; NULL: from systemd */
    const char *path;    /* of a unix socket of ours, part of address; NULL otherwise */
    int fd;              /* listening; -1: the server opens the address */
};

struct web_sockets {
    struct web_socket *v;
    size_t n;
};

/* address must outlive *s. Returns 0, or a negative errno value with *err filled. */
int web_socket_open(const char *address, struct web_socket *s, promc_error *err);

/* Take over all sockets that systemd has passed; none is an error. */
int web_sockets_systemd(struct web_sockets *all, promc_error *err);

/* Close what is still ours, and remove unix sockets from the file system. */
void web_sockets_close(struct web_sockets *all);

/* Where it listens, for people; port: that of the server on it. Before the server is given
 * fd up. */
void web_socket_text(const struct web_socket *s, unsigned port, char *text, size_t size);

#endif /* COMMON_WEB_SOCKET_H */
