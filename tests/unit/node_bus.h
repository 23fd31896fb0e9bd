/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_bus.h - a bus for tests, which is also all the services behind it.
 *
 * It listens on a socket of its own and hands each message to the test's handler; a
 * thread serves each connection, so that it may behave as badly as it likes.
 */
#ifndef TESTS_NODE_BUS_H
#define TESTS_NODE_BUS_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include "node_run.h"

enum node_bus_manner {
    NODE_BUS_GOOD,
    NODE_BUS_SILENT,  /* takes connections and says nothing */
    NODE_BUS_GARBAGE, /* says what is no D-Bus */
};

struct node_bus {
    char dir[64];
    char path[96];
    int listener;
    int wake[2]; /* closed: the end */
    pthread_t thread;
    _Atomic int manner;
    _Atomic int connections; /* so far */
    _Atomic int drop;        /* close the connection that is there */
    sd_bus_message_handler_t handler;
};

struct node_bus_connection {
    struct node_bus *b;
    int fd;
};

static int node_bus_handle(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    struct node_bus *b = userdata;

    if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "Hello"))
        return sd_bus_reply_method_return(m, "s", ":1.1") < 0 ? -1 : 1;
    return b->handler(m, userdata, error);
}

static void node_bus_serve(struct node_bus *b, int fd)
{
    sd_id128_t id = { .qwords = { 1, 2 } };
    sd_bus *bus = NULL;
    int rc;

    rc = sd_bus_new(&bus);
    if (rc >= 0)
        rc = sd_bus_set_fd(bus, fd, fd);
    if (rc >= 0)
        rc = sd_bus_set_server(bus, 1, id);
    if (rc >= 0)
        rc = sd_bus_set_trusted(bus, 1);
    if (rc >= 0)
        rc = sd_bus_add_filter(bus, NULL, node_bus_handle, b);
    if (rc >= 0)
        rc = sd_bus_start(bus);
    while (rc >= 0 && sd_bus_is_open(bus) > 0) {
        struct pollfd p[] = { { .fd = fd, .events = (short)sd_bus_get_events(bus) },
                              { .fd = b->wake[0] } };

        rc = sd_bus_process(bus, NULL);
        if (atomic_load_explicit(&b->drop, memory_order_acquire))
            break;
        if (rc == 0)
            rc = poll(p, 2, 20);
        if (p[1].revents)
            break;
    }
    sd_bus_close(bus);
    sd_bus_unref(bus);
}

static void *node_bus_connection(void *arg)
{
    struct node_bus_connection *c = arg;
    struct node_bus *b = c->b;
    struct pollfd end = { .fd = b->wake[0] };

    switch (atomic_load_explicit(&b->manner, memory_order_acquire)) {
    case NODE_BUS_SILENT:
        poll(&end, 1, -1);
        close(c->fd);
        break;
    case NODE_BUS_GARBAGE:
        (void)!send(c->fd, "HTTP/1.0 400 Bad Request\r\n\r\n\r\n", 30, MSG_NOSIGNAL);
        poll(&end, 1, -1);
        close(c->fd);
        break;
    default:
        node_bus_serve(b, c->fd);
        break;
    }
    free(c);
    return NULL;
}

static void *node_bus_listen(void *arg)
{
    struct node_bus *b = arg;
    pthread_t threads[64];
    size_t n = 0;

    for (;;) {
        struct pollfd p[] = { { .fd = b->listener, .events = POLLIN },
                              { .fd = b->wake[0] } };
        struct node_bus_connection *c;

        poll(p, 2, -1);
        if (p[1].revents || n == 64)
            break;
        c = malloc(sizeof(*c));
        c->b = b;
        c->fd = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        atomic_fetch_add_explicit(&b->connections, 1, memory_order_release);
        pthread_create(&threads[n++], NULL, node_bus_connection, c);
    }
    while (n > 0)
        pthread_join(threads[--n], NULL);
    return NULL;
}

/* Start it as the system bus of this process. */
static inline void node_bus_start(struct node_bus *b, sd_bus_message_handler_t handler)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    char address[128];

    memset(b, 0, sizeof(*b));
    b->handler = handler;
    snprintf(b->dir, sizeof(b->dir), "/tmp/promc-test-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    snprintf(b->path, sizeof(b->path), "%s/bus", b->dir);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", b->path);
    b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(b->listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(b->listener, 16), 0);
    assert_int_equal(pipe(b->wake), 0);
    snprintf(address, sizeof(address), "unix:path=%s", b->path);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
    assert_int_equal(pthread_create(&b->thread, NULL, node_bus_listen, b), 0);
}

static inline void node_bus_stop(struct node_bus *b)
{
    close(b->wake[1]);
    pthread_join(b->thread, NULL);
    close(b->wake[0]);
    close(b->listener);
    unlink(b->path);
    rmdir(b->dir);
}

#endif /* TESTS_NODE_BUS_H */
