/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd.h - what the parts of the systemd collector share: systemd.c (flags, a scrape),
 * systemd_ask.c (what is asked) and systemd_emit.c (what is told).
 */
#ifndef NODE_SYSTEMD_H
#define NODE_SYSTEMD_H

#include <stddef.h>
#include <stdint.h>

#include <promc/promc.h>

#include "node/arena.h"
#include "node/dbus.h"

/* Before this version there is neither the state of the system nor that of timers. */
#define SYSTEMD_VERSION_STATE 212

/* The properties of units, as in systemd_properties[]. */
enum {
    SYSTEMD_SERVICE_TYPE,
    SYSTEMD_MOUNT_TYPE,
    SYSTEMD_RESTARTS,
    SYSTEMD_TASKS_CURRENT,
    SYSTEMD_TASKS_MAX,
    SYSTEMD_ACCEPTED,
    SYSTEMD_CONNECTIONS,
    SYSTEMD_REFUSED,
    SYSTEMD_LAST_TRIGGER,
    SYSTEMD_ACTIVE_SINCE,
    SYSTEMD_PROPERTIES
};

struct systemd_unit {
    const char *name;
    const char *path;
    const char *state;                  /* active, failed ... */
    const char *type;                   /* of services and mounts; else "" */
    uint32_t has;                       /* a bit for each of value */
    uint64_t value[SYSTEMD_PROPERTIES]; /* those that are numbers */
};

/* A state of units, and how many are in it, those that are filtered out included. */
struct systemd_state {
    char name[32];
    uint64_t units;
};
#define SYSTEMD_STATES 16

/* What systemd has told in one scrape. */
struct systemd_answers {
    int listed; /* the list of units has come */
    char version[64];
    double version_number; /* 0: there is no number in version */
    char virtualization[64];
    int running; /* -1: not known */
    struct systemd_state states[SYSTEMD_STATES];
    size_t n_states;
    struct systemd_unit *units; /* loaded, and passed by the filter */
    size_t n_units;
};

/* A property of a unit that is asked for. */
struct systemd_question {
    uint32_t unit;
    uint32_t property;
};

/* What flags add. */
enum {
    SYSTEMD_WANT_TASKS = 1,
    SYSTEMD_WANT_RESTARTS = 2,
    SYSTEMD_WANT_START_TIME = 4,
};

struct systemd {
    struct dbus *dbus;
    struct filter *filter;
    unsigned wanted;
    struct arena arena; /* strings of the scrape under way */
    struct systemd_answers answers;
    size_t cap_units;
    struct systemd_question *questions;
    size_t n_questions, cap_questions;
    int rc; /* of the scrape: the first thing that went wrong, and why */
    promc_error why;
};

/* Fill s->answers. Returns 0, or -errno with the reason in s->why; what was answered is
 * there all the same. */
int systemd_ask(struct systemd *s, uint64_t deadline_ns);

/* The states each unit is shown with, 1 for the one it is in; ended by NULL. */
extern const char *const systemd_unit_states[];

void systemd_emit(promc_emitter *out, const struct systemd_answers *a);

/* The number in a version such as "252.38-1~deb12u1" or "v249": the first three digits or
 * more, and a fraction if one follows. 0: there is none. */
double systemd_version_number(const char *version);

#endif /* NODE_SYSTEMD_H */
