/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dbus.h - ask services over D-Bus: many questions under way at once, on a connection
 * that is kept from scrape to scrape.
 *
 * dbus.c does it with libsystemd. In a build without it dbus_none.c takes its place,
 * where dbus_new() refuses; who uses this need not know.
 */
#ifndef NODE_DBUS_H
#define NODE_DBUS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <promc/promc.h>

struct dbus;
struct dbus_reply; /* an answer, read from front to back */

/* A method without arguments, or, when property is given, that property of the interface.
 * Nobody is started to answer it. */
struct dbus_call {
    const char *service;
    const char *path;
    const char *interface;
    const char *method;
    const char *property;
};

union dbus_value {
    const char *s; /* valid until the reply is gone */
    uint32_t u;
    uint64_t t;
    int b;
};

/* address: of a service that is spoken to without a bus, as in unix:path=/run/x; NULL:
 * the system bus, or what DBUS_SYSTEM_BUS_ADDRESS says. It must outlive the object.
 * Nothing is connected yet. Returns NULL with *err filled: -ENOTSUP when the build has no
 * D-Bus. */
struct dbus *dbus_new(const char *address, promc_error *err);
void dbus_free(struct dbus *d);

/* Connect, unless a connection from last time is still good. deadline_ns ends this and
 * the runs that follow. Returns 0 or -errno with *err filled. */
int dbus_begin(struct dbus *d, uint64_t deadline_ns, promc_error *err);

/* Make n calls. next describes call i; done gets its answer, in any order; reply is NULL
 * when the service refuses, and refusal the name of the error. Returns 0 when all have
 * been answered; -ETIMEDOUT or another -errno with *err filled when the connection is
 * given up, and the answers that are missing never come. */
typedef void dbus_next(void *arg, size_t i, struct dbus_call *call);
typedef void dbus_done(void *arg, size_t i, struct dbus_reply *reply,
                       const char *refusal);
int dbus_run(struct dbus *d, size_t n, dbus_next *next, dbus_done *done, void *arg,
             promc_error *err);

/* Whether a refusal means that what was asked for is not there: 1 or 0. That is nothing
 * unusual, since it may have gone since it was listed, or be too new for the service. */
static inline int dbus_is_absent(const char *refusal)
{
    static const char prefix[] = "org.freedesktop.DBus.Error.Unknown";

    return strncmp(refusal, prefix, sizeof(prefix) - 1) == 0;
}

/* Read the value of a property: s, u, t or b. Returns 0, or -EBADMSG when it is something
 * else. */
int dbus_value(struct dbus_reply *r, char type, union dbus_value *v);

/* Read an array of structs whose fields have these types (s, o, u): enter it, then take
 * row after row; text gets the field's string, or NULL for a number. dbus_array returns
 * 0, dbus_row 1 or, at the end, 0; both -EBADMSG when there is something else. */
int dbus_array(struct dbus_reply *r, const char *types);
int dbus_row(struct dbus_reply *r, const char *types, const char **text);

#endif /* NODE_DBUS_H */
