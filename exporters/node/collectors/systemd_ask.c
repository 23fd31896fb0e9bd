/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd_ask.c - what is asked of systemd, and what is made of the answers.
 *
 * Two rounds of questions: about systemd itself with the list of all units, and then for
 * the properties of units, all of them under way at once. Only what is shown is asked
 * for, since each answer is work for process 1.
 */
#include "config.h"

#include "node/collectors/systemd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/filter.h"
#include "common/log.h"
#include "node/fail.h"
#include "node/grow.h"

#define SYSTEMD_SERVICE "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

/* More units than this are counted, but not shown. */
#define SYSTEMD_MAX_UNITS 100000

/* What ListUnits tells of a unit. */
#define UNIT_FIELDS "ssssssouso"
enum { UNIT_NAME, UNIT_LOAD = 2, UNIT_ACTIVE = 3, UNIT_PATH = 6 };

static const struct {
    const char *suffix; /* of the names of units that have it; NULL: all */
    const char *interface;
    const char *name;
    char type;
    unsigned wanted; /* SYSTEMD_WANT_*; 0: always */
} systemd_properties[SYSTEMD_PROPERTIES] = {
#define UNIT(kind) SYSTEMD_SERVICE "." kind
    [SYSTEMD_SERVICE_TYPE] = { ".service", UNIT("Service"), "Type", 's', 0 },
    [SYSTEMD_MOUNT_TYPE] = { ".mount", UNIT("Mount"), "Type", 's', 0 },
    [SYSTEMD_RESTARTS] = { ".service", UNIT("Service"), "NRestarts", 'u',
                           SYSTEMD_WANT_RESTARTS },
    [SYSTEMD_TASKS_CURRENT] = { ".service", UNIT("Service"), "TasksCurrent", 't',
                                SYSTEMD_WANT_TASKS },
    [SYSTEMD_TASKS_MAX] = { ".service", UNIT("Service"), "TasksMax", 't',
                            SYSTEMD_WANT_TASKS },
    [SYSTEMD_ACCEPTED] = { ".socket", UNIT("Socket"), "NAccepted", 'u', 0 },
    [SYSTEMD_CONNECTIONS] = { ".socket", UNIT("Socket"), "NConnections", 'u', 0 },
    [SYSTEMD_REFUSED] = { ".socket", UNIT("Socket"), "NRefused", 'u', 0 },
    [SYSTEMD_LAST_TRIGGER] = { ".timer", UNIT("Timer"), "LastTriggerUSec", 't', 0 },
    [SYSTEMD_ACTIVE_SINCE] = { NULL, UNIT("Unit"), "ActiveEnterTimestamp", 't',
                               SYSTEMD_WANT_START_TIME },
#undef UNIT
};

/* The first round. */
enum { ASK_VERSION, ASK_VIRTUALIZATION, ASK_STATE, ASK_UNITS, ASK_N };
static const char *const systemd_asked[ASK_N] = { "Version", "Virtualization",
                                                  "SystemState", "ListUnits" };

static void note(struct systemd *s, int rc, const char *what, const char *name,
                 const char *reason)
{
    if (s->rc == 0)
        s->rc = node_fail(&s->why, rc, "%s%s%s: %s", what, name ? " of " : "",
                          name ? name : "", reason);
}

static int ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);

    return n >= k && strcmp(name + n - k, suffix) == 0;
}

/* ------------------------------------------------------------------------------------
 * The first round
 */

static void ask_systemd(void *arg, size_t i, struct dbus_call *call)
{
    (void)arg;
    *call = (struct dbus_call){ .service = SYSTEMD_SERVICE,
                                .path = SYSTEMD_PATH,
                                .interface = SYSTEMD_MANAGER };
    if (i == ASK_UNITS)
        call->method = systemd_asked[i];
    else
        call->property = systemd_asked[i];
}

/* The state of that name; made when it is not there yet. NULL: there are too many. */
static struct systemd_state *state_named(struct systemd_answers *a, const char *name)
{
    struct systemd_state *s;

    for (size_t i = 0; i < a->n_states; i++)
        if (strcmp(a->states[i].name, name) == 0)
            return &a->states[i];
    if (a->n_states == SYSTEMD_STATES || strlen(name) >= sizeof(s->name))
        return NULL;
    s = &a->states[a->n_states++];
    s->units = 0;
    strcpy(s->name, name);
    return s;
}

static int add_unit(struct systemd *s, const char *const *field, const char *state)
{
    struct systemd_answers *a = &s->answers;
    struct systemd_unit *u;

    if (a->n_units == SYSTEMD_MAX_UNITS) {
        note(s, -E2BIG, "list of units", NULL, "too many units");
        return 0;
    }
    if (grow(&a->units, a->n_units, &s->cap_units, sizeof(*u)) < 0)
        return -ENOMEM;
    u = &a->units[a->n_units];
    *u = (struct systemd_unit){
        .name = arena_string(&s->arena, field[UNIT_NAME], strlen(field[UNIT_NAME])),
        .path = arena_string(&s->arena, field[UNIT_PATH], strlen(field[UNIT_PATH])),
        .state = state,
        .type = "",
    };
    if (!u->name || !u->path)
        return -ENOMEM;
    a->n_units++;
    return 0;
}

/* Count a unit, and keep it if it is to be shown. */
static int take_unit_row(struct systemd *s, const char *const *field)
{
    struct systemd_state *state = state_named(&s->answers, field[UNIT_ACTIVE]);

    if (!state) {
        note(s, -EBADMSG, "list of units", NULL, "too many states");
        return 0;
    }
    state->units++;
    if (strcmp(field[UNIT_LOAD], "loaded") != 0 ||
        !filter_keep(s->filter, field[UNIT_NAME]))
        return 0;
    return add_unit(s, field, state->name);
}

static void take_units(struct systemd *s, struct dbus_reply *reply)
{
    const char *field[sizeof(UNIT_FIELDS) - 1];
    int rc = dbus_array(reply, UNIT_FIELDS);

    s->answers.listed = rc == 0;
    while (rc >= 0 && (rc = dbus_row(reply, UNIT_FIELDS, field)) == 1)
        rc = take_unit_row(s, field);
    if (rc < 0)
        note(s, rc, "list of units", NULL,
             rc == -ENOMEM ? "out of memory" : "not what it should be");
}

static void take_systemd(void *arg, size_t i, struct dbus_reply *reply,
                         const char *refusal)
{
    struct systemd *s = arg;
    struct systemd_answers *a = &s->answers;
    union dbus_value v = { .s = "" };

    if (i == ASK_UNITS) {
        if (reply)
            take_units(s, reply);
        else
            note(s, -EIO, "list of units", NULL, refusal);
        return;
    }
    if (reply && dbus_value(reply, 's', &v) < 0) {
        note(s, -EBADMSG, systemd_asked[i], NULL, "not a string");
        reply = NULL;
        refusal = NULL;
    }
    /* Old ones know neither of the others, which is fine. */
    if (!reply && refusal && i == ASK_VERSION)
        note(s, -EIO, systemd_asked[i], NULL, refusal);
    if (!reply)
        return;
    if (i == ASK_VERSION) {
        snprintf(a->version, sizeof(a->version), "%s", v.s);
        a->version_number = systemd_version_number(a->version);
    } else if (i == ASK_VIRTUALIZATION) {
        snprintf(a->virtualization, sizeof(a->virtualization), "%s",
                 v.s[0] ? v.s : "none");
    } else {
        a->running = strcmp(v.s, "running") == 0;
    }
}

/* ------------------------------------------------------------------------------------
 * The second round
 */

static int list_questions(struct systemd *s)
{
    const struct systemd_answers *a = &s->answers;

    s->n_questions = 0;
    for (size_t i = 0; i < a->n_units; i++) {
        for (uint32_t p = 0; p < SYSTEMD_PROPERTIES; p++) {
            const char *suffix = systemd_properties[p].suffix;
            unsigned wanted = systemd_properties[p].wanted;

            if ((wanted && !(s->wanted & wanted)) ||
                (suffix && !ends_in(a->units[i].name, suffix)) ||
                (p == SYSTEMD_LAST_TRIGGER && a->version_number < SYSTEMD_VERSION_STATE))
                continue;
            if (p == SYSTEMD_ACTIVE_SINCE && strcmp(a->units[i].state, "active") != 0) {
                a->units[i].value[p] = 0;
                a->units[i].has |= UINT32_C(1) << p;
                continue;
            }
            if (grow(&s->questions, s->n_questions, &s->cap_questions,
                     sizeof(*s->questions)) < 0)
                return -ENOMEM;
            s->questions[s->n_questions++] = (struct systemd_question){ (uint32_t)i, p };
        }
    }
    return 0;
}

static void ask_unit(void *arg, size_t i, struct dbus_call *call)
{
    const struct systemd *s = arg;
    const struct systemd_question *q = &s->questions[i];

    *call = (struct dbus_call){ .service = SYSTEMD_SERVICE,
                                .path = s->answers.units[q->unit].path,
                                .interface = systemd_properties[q->property].interface,
                                .property = systemd_properties[q->property].name };
}

static void take_unit(void *arg, size_t i, struct dbus_reply *reply, const char *refusal)
{
    struct systemd *s = arg;
    uint32_t p = s->questions[i].property;
    struct systemd_unit *u = &s->answers.units[s->questions[i].unit];
    union dbus_value v = { .s = NULL };

    if (!reply && !dbus_is_absent(refusal))
        note(s, -EIO, systemd_properties[p].name, u->name, refusal);
    if (!reply) {
        log_debug("Property of a unit refused", "collector", "systemd", "unit", u->name,
                  "property", systemd_properties[p].name, "err", refusal);
        return;
    }
    if (dbus_value(reply, systemd_properties[p].type, &v) < 0) {
        note(s, -EBADMSG, systemd_properties[p].name, u->name, "of the wrong type");
        return;
    }
    if (systemd_properties[p].type == 's') {
        const char *type = arena_string(&s->arena, v.s, strlen(v.s));

        if (type)
            u->type = type;
        return;
    }
    u->value[p] = systemd_properties[p].type == 'u' ? v.u : v.t;
    /* No limit, or no way to tell. */
    if ((p == SYSTEMD_TASKS_CURRENT || p == SYSTEMD_TASKS_MAX) &&
        u->value[p] == UINT64_MAX)
        return;
    u->has |= UINT32_C(1) << p;
}

/* ------------------------------------------------------------------------------------ */

static void forget(struct systemd *s)
{
    struct systemd_answers *a = &s->answers;

    arena_reset(&s->arena);
    a->listed = 0;
    a->version[0] = '\0';
    a->version_number = 0;
    strcpy(a->virtualization, "unknown");
    a->running = -1;
    a->n_states = 0;
    a->n_units = 0;
    for (const char *const *name = systemd_unit_states; *name; name++)
        state_named(a, *name);
    s->rc = 0;
}

int systemd_ask(struct systemd *s, uint64_t deadline_ns)
{
    struct systemd_answers *a = &s->answers;
    int rc;

    forget(s);
    rc = dbus_begin(s->dbus, deadline_ns, &s->why);
    if (rc == 0)
        rc = dbus_run(s->dbus, ASK_N, ask_systemd, take_systemd, s, &s->why);
    if (rc < 0)
        return rc;
    if (a->running < 0 && a->version_number >= SYSTEMD_VERSION_STATE)
        note(s, -EIO, "state of the system", NULL, "not known");
    if (list_questions(s) < 0)
        return node_fail(&s->why, -ENOMEM, "out of memory");
    rc = dbus_run(s->dbus, s->n_questions, ask_unit, take_unit, s, &s->why);
    return rc < 0 ? rc : s->rc;
}
