/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dbus.c - ask services over D-Bus, with sd-bus of libsystemd.
 *
 * Nothing here blocks for longer than the deadline: connecting and authenticating are
 * part of what sd_bus_process() does in small steps. A connection on which something went
 * wrong is closed, and with it go the answers that are still to come.
 */
#include "config.h"

#include "node/dbus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "node/deadline.h"
#include "node/fail.h"

/* Calls that wait for their answer at the same time: enough that neither side waits for
 * the other. dbus-daemon refuses more than 128 unless told otherwise. */
#define DBUS_WINDOW 64

struct dbus_waiting {
    struct dbus *d;
    size_t i;
    struct dbus_waiting *next; /* while unused */
};

struct dbus {
    const char *address;
    sd_bus *bus;
    uint64_t deadline_ns;

    /* The run that is under way. */
    dbus_done *done;
    void *arg;
    size_t under_way;
    int closed;
    struct dbus_waiting *unused;
    struct dbus_waiting waiting[DBUS_WINDOW];
};

static void disconnect(struct dbus *d)
{
    if (d->bus) {
        sd_bus_close(d->bus);
        sd_bus_unref(d->bus);
    }
    d->bus = NULL;
    d->under_way = 0;
    d->unused = NULL;
    for (size_t i = 0; i < DBUS_WINDOW; i++) {
        d->waiting[i] = (struct dbus_waiting){ .d = d, .next = d->unused };
        d->unused = &d->waiting[i];
    }
}

struct dbus *dbus_new(const char *address, promc_error *err)
{
    struct dbus *d = calloc(1, sizeof(*d));

    if (!d) {
        node_fail(err, -ENOMEM, "out of memory");
        return NULL;
    }
    d->address = address;
    disconnect(d);
    return d;
}

void dbus_free(struct dbus *d)
{
    if (d)
        disconnect(d);
    free(d);
}

static int connect_to(struct dbus *d)
{
    int rc;

    if (!d->address)
        return sd_bus_open_system(&d->bus);
    rc = sd_bus_new(&d->bus);
    if (rc >= 0)
        rc = sd_bus_set_address(d->bus, d->address);
    if (rc >= 0)
        rc = sd_bus_start(d->bus);
    return rc;
}

int dbus_begin(struct dbus *d, uint64_t deadline_ns, promc_error *err)
{
    char buf[64];
    int rc;

    d->deadline_ns = deadline_ns;
    /* Whether the other side has gone shows when what has come meanwhile is read. */
    if (d->bus) {
        do {
            rc = sd_bus_process(d->bus, NULL);
        } while (rc > 0 && deadline_now() < deadline_ns);
        if (rc != 0 || !sd_bus_is_open(d->bus))
            disconnect(d);
    }
    if (d->bus)
        return 0;
    rc = connect_to(d);
    if (rc >= 0)
        return 0;
    disconnect(d);
    return node_fail(err, rc, "cannot connect to %s: %s",
                     d->address ? d->address : "the system bus",
                     strerror_r(-rc, buf, sizeof(buf)));
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct dbus_waiting *w = userdata;
    struct dbus *d = w->d;
    const sd_bus_error *refusal = sd_bus_message_get_error(m);

    (void)unused;
    w->next = d->unused;
    d->unused = w;
    d->under_way--;
    /* When the connection breaks, sd-bus makes up an answer for each call. */
    if (!sd_bus_is_open(d->bus))
        d->closed = 1;
    else
        d->done(d->arg, w->i, refusal ? NULL : (struct dbus_reply *)m,
                refusal ? refusal->name : NULL);
    return 0;
}

static int send_call(struct dbus *d, const struct dbus_call *c, size_t i)
{
    struct dbus_waiting *w = d->unused;
    sd_bus_message *m = NULL;
    int rc;

    rc = sd_bus_message_new_method_call(d->bus, &m, c->service, c->path,
                                        c->property ? "org.freedesktop.DBus.Properties"
                                                    : c->interface,
                                        c->property ? "Get" : c->method);
    if (rc >= 0)
        rc = sd_bus_message_set_auto_start(m, 0);
    if (rc >= 0 && c->property)
        rc = sd_bus_message_append(m, "ss", c->interface, c->property);
    if (rc >= 0)
        rc = sd_bus_call_async(d->bus, NULL, m, on_reply, w, UINT64_MAX);
    sd_bus_message_unref(m);
    if (rc < 0)
        return rc;
    d->unused = w->next;
    w->i = i;
    d->under_way++;
    return 0;
}

/* Take in one message, or wait for one. */
static int turn(struct dbus *d)
{
    uint64_t now = deadline_now();
    int rc;

    if (now >= d->deadline_ns)
        return -ETIMEDOUT;
    rc = sd_bus_process(d->bus, NULL);
    if (rc == 0)
        rc = sd_bus_wait(d->bus, (d->deadline_ns - now) / 1000 + 1);
    if (d->closed)
        return -ECONNRESET;
    return rc < 0 && rc != -EINTR ? rc : 0;
}

int dbus_run(struct dbus *d, size_t n, dbus_next *next, dbus_done *done, void *arg,
             promc_error *err)
{
    char buf[64];
    size_t i = 0;
    int rc = 0;

    d->done = done;
    d->arg = arg;
    d->closed = 0;
    while (rc >= 0 && (i < n || d->under_way > 0)) {
        while (rc >= 0 && i < n && d->unused) {
            struct dbus_call call = { .service = NULL };

            next(arg, i, &call);
            rc = send_call(d, &call, i);
            i++;
        }
        if (rc >= 0)
            rc = turn(d);
    }
    if (rc >= 0)
        return 0;
    disconnect(d);
    return node_fail(err, rc, "D-Bus: %s",
                     rc == -ETIMEDOUT ? "no answer in time"
                                      : strerror_r(-rc, buf, sizeof(buf)));
}

/* sd-bus has several ways to say that a message is not what was expected. */
static int expected(int rc)
{
    return rc > 0 ? 0 : -EBADMSG;
}

int dbus_value(struct dbus_reply *r, char type, union dbus_value *v)
{
    const char contents[] = { type, '\0' };
    sd_bus_message *m = (sd_bus_message *)r;

    if (sd_bus_message_enter_container(m, 'v', contents) <= 0)
        return -EBADMSG;
    return expected(sd_bus_message_read_basic(m, type, v));
}

int dbus_array(struct dbus_reply *r, const char *types)
{
    char contents[32];
    size_t n = strlen(types);

    if (n > sizeof(contents) - 3)
        return -EINVAL;
    contents[0] = '(';
    memcpy(contents + 1, types, n);
    memcpy(contents + 1 + n, ")", 2);
    return expected(sd_bus_message_enter_container((sd_bus_message *)r, 'a', contents));
}

int dbus_row(struct dbus_reply *r, const char *types, const char **text)
{
    sd_bus_message *m = (sd_bus_message *)r;
    int rc = sd_bus_message_enter_container(m, 'r', types);

    if (rc <= 0)
        return rc == 0 ? 0 : -EBADMSG;
    for (; *types; types++, text++) {
        uint32_t number;

        *text = NULL;
        rc = *types == 'u' ? sd_bus_message_read_basic(m, 'u', &number)
                           : sd_bus_message_read_basic(m, *types, text);
        if (rc <= 0)
            return -EBADMSG;
    }
    return sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 1;
}
