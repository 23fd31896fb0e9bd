/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logind.c - sessions known to logind, over D-Bus, by seat, origin, type and class.
 *
 * Every combination is shown, most of them with 0, so that a sum over some of the labels
 * never lacks a series.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "node/arena.h"
#include "node/dbus.h"
#include "node/deadline.h"
#include "node/fail.h"
#include "node/grow.h"

#define LOGIND_SERVICE "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_MANAGER "org.freedesktop.login1.Manager"
#define LOGIND_SESSION "org.freedesktop.login1.Session"

#define LOGIND_MAX_SEATS 256
#define LOGIND_MAX_SESSIONS 100000

/* What ListSeats and ListSessions tell of each. */
#define SEAT_FIELDS "so"
enum { SEAT_ID };
#define SESSION_FIELDS "susso"
enum { SESSION_SEAT = 3, SESSION_PATH = 4 };

/* What each session is asked for. The first word stands for all that are not known. */
static const char *const remotes[] = { "true", "false", NULL };
static const char *const types[] = { "other",   "unspecified", "tty", "x11",
                                     "wayland", "mir",         "web", NULL };
static const char *const classes[] = { "other",       "user",       "greeter",
                                       "lock-screen", "background", NULL };
#define N_REMOTES 2
#define N_TYPES 7
#define N_CLASSES 5
#define N_KINDS (N_REMOTES * N_TYPES * N_CLASSES)

enum { ASK_REMOTE, ASK_TYPE, ASK_CLASS, ASK_N };
static const char *const logind_asked[ASK_N] = { "Remote", "Type", "Class" };

/* What was asked for, with the words its answers are compared with. */
static const char *const *const logind_words[ASK_N] = { remotes, types, classes };

struct logind_seat {
    const char *id;
    uint32_t sessions[N_KINDS];
};

struct logind_session {
    const char *seat;
    const char *path;
    int answer[ASK_N]; /* an index into the words; -1: none */
};

struct logind {
    struct dbus *dbus;
    struct arena arena; /* strings of the scrape under way */
    struct logind_seat *seats;
    size_t n_seats, cap_seats;
    struct logind_session *sessions;
    size_t n_sessions, cap_sessions;
    int rc; /* of the scrape: the first thing that went wrong, and why */
    promc_error why;
};

static void note(struct logind *s, int rc, const char *what, const char *reason)
{
    if (s->rc == 0)
        s->rc = node_fail(&s->why, rc, "%s: %s", what, reason);
}

/* ------------------------------------------------------------------------------------
 * The first round: seats and sessions
 */

enum { ASK_SEATS, ASK_SESSIONS, ASK_LISTS };
static const char *const logind_lists[ASK_LISTS] = { "ListSeats", "ListSessions" };

static void ask_lists(void *arg, size_t i, struct dbus_call *call)
{
    (void)arg;
    *call = (struct dbus_call){ .service = LOGIND_SERVICE,
                                .path = LOGIND_PATH,
                                .interface = LOGIND_MANAGER,
                                .method = logind_lists[i] };
}

static struct logind_seat *find_seat(struct logind *s, const char *id)
{
    for (size_t i = 0; i < s->n_seats; i++)
        if (strcmp(s->seats[i].id, id) == 0)
            return &s->seats[i];
    return NULL;
}

static int add_seat(struct logind *s, const char *id)
{
    if (find_seat(s, id))
        return 0;
    if (s->n_seats == LOGIND_MAX_SEATS)
        return -E2BIG;
    if (grow(&s->seats, s->n_seats, &s->cap_seats, sizeof(*s->seats)) < 0)
        return -ENOMEM;
    id = arena_string(&s->arena, id, strlen(id));
    if (!id)
        return -ENOMEM;
    s->seats[s->n_seats++] = (struct logind_seat){ .id = id };
    return 0;
}

static int add_session(struct logind *s, const char *seat, const char *path)
{
    if (s->n_sessions == LOGIND_MAX_SESSIONS)
        return -E2BIG;
    if (grow(&s->sessions, s->n_sessions, &s->cap_sessions, sizeof(*s->sessions)) < 0)
        return -ENOMEM;
    seat = arena_string(&s->arena, seat, strlen(seat));
    path = arena_string(&s->arena, path, strlen(path));
    if (!seat || !path)
        return -ENOMEM;
    s->sessions[s->n_sessions++] =
        (struct logind_session){ .seat = seat, .path = path, .answer = { -1, -1, -1 } };
    return 0;
}

static void take_lists(void *arg, size_t i, struct dbus_reply *reply, const char *refusal)
{
    const char *fields = i == ASK_SEATS ? SEAT_FIELDS : SESSION_FIELDS;
    const char *field[sizeof(SESSION_FIELDS) - 1];
    struct logind *s = arg;
    int rc;

    if (!reply) {
        note(s, -EIO, logind_lists[i], refusal);
        return;
    }
    rc = dbus_array(reply, fields);
    while (rc >= 0 && (rc = dbus_row(reply, fields, field)) == 1)
        rc = i == ASK_SEATS ? add_seat(s, field[SEAT_ID])
                            : add_session(s, field[SESSION_SEAT], field[SESSION_PATH]);
    if (rc < 0)
        note(s, rc, logind_lists[i],
             rc == -ENOMEM  ? "out of memory"
             : rc == -E2BIG ? "too many"
                            : "not what it should be");
}

/* ------------------------------------------------------------------------------------
 * The second round: what each session is
 */

static void ask_session(void *arg, size_t i, struct dbus_call *call)
{
    const struct logind *s = arg;

    *call = (struct dbus_call){ .service = LOGIND_SERVICE,
                                .path = s->sessions[i / ASK_N].path,
                                .interface = LOGIND_SESSION,
                                .property = logind_asked[i % ASK_N] };
}

static void take_session(void *arg, size_t i, struct dbus_reply *reply,
                         const char *refusal)
{
    struct logind *s = arg;
    size_t asked = i % ASK_N;
    int *answer = &s->sessions[i / ASK_N].answer[asked];
    union dbus_value v = { .s = NULL };

    if (!reply && !dbus_is_absent(refusal)) /* else it has ended meanwhile */
        note(s, -EIO, logind_asked[asked], refusal);
    if (!reply) {
        log_debug("Property of a session refused", "collector", "logind", "property",
                  logind_asked[asked], "err", refusal);
        return;
    }
    if (dbus_value(reply, asked == ASK_REMOTE ? 'b' : 's', &v) < 0) {
        note(s, -EBADMSG, logind_asked[asked], "of the wrong type");
        return;
    }
    if (asked == ASK_REMOTE)
        v.s = v.b ? "true" : "false";
    *answer = 0;
    for (int k = 0; logind_words[asked][k]; k++)
        if (strcmp(logind_words[asked][k], v.s) == 0)
            *answer = k;
}

/* ------------------------------------------------------------------------------------ */

static size_t kind_of(const int *answer)
{
    return (size_t)((answer[ASK_REMOTE] * N_TYPES + answer[ASK_TYPE]) * N_CLASSES +
                    answer[ASK_CLASS]);
}

static void logind_emit(struct logind *s, promc_emitter *out)
{
    promc_samples *f = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_logind_sessions",
                                         "Sessions that logind knows.",
                                         PROMC_LABELS("seat", "remote", "type", "class"));

    for (size_t i = 0; i < s->n_sessions; i++) {
        const struct logind_session *session = &s->sessions[i];
        struct logind_seat *seat = find_seat(s, session->seat);

        if (seat && session->answer[ASK_REMOTE] >= 0 && session->answer[ASK_TYPE] >= 0 &&
            session->answer[ASK_CLASS] >= 0)
            seat->sessions[kind_of(session->answer)]++;
    }
    for (size_t i = 0; i < s->n_seats; i++) {
        for (int k = 0; k < N_KINDS; k++)
            promc_emit(f,
                       PROMC_LABELS(s->seats[i].id, remotes[k / N_CLASSES / N_TYPES],
                                    types[k / N_CLASSES % N_TYPES],
                                    classes[k % N_CLASSES]),
                       s->seats[i].sessions[k]);
    }
}

static int logind_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct logind *s = priv;
    int rc;

    arena_reset(&s->arena);
    s->n_seats = 0;
    s->n_sessions = 0;
    s->rc = 0;
    rc = dbus_begin(s->dbus, deadline_before(ctx->deadline_ns), &s->why);
    if (rc == 0)
        rc = dbus_run(s->dbus, ASK_LISTS, ask_lists, take_lists, s, &s->why);
    /* Remote sessions have no seat. */
    if (rc == 0 && s->rc == 0 && add_seat(s, "") < 0)
        note(s, -ENOMEM, "seats", "out of memory");
    /* With a part of the lists, the numbers would be wrong. */
    if (rc == 0 && s->rc == 0) {
        rc = dbus_run(s->dbus, s->n_sessions * ASK_N, ask_session, take_session, s,
                      &s->why);
        if (rc == 0)
            logind_emit(s, out);
    }
    if (rc == 0)
        rc = s->rc;
    return rc < 0 ? node_fail(err, rc, "%s", s->why.text) : 0;
}

static void logind_fini(void *priv)
{
    struct logind *s = priv;

    dbus_free(s->dbus);
    arena_free(&s->arena);
    free(s->seats);
    free(s->sessions);
    free(s);
}

static int logind_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct logind *s = calloc(1, sizeof(*s));
    promc_error why = { -ENOMEM, "out of memory" };

    (void)ctx;
    if (s)
        s->dbus = dbus_new(NULL, &why);
    if (s && s->dbus) {
        *priv = s;
        return 0;
    }
    free(s);
    return node_fail(err, why.code, "logind: %s", why.text);
}

const struct node_collector node_logind_collector = {
    .name = "logind",
    .help = "Sessions by seat, origin, type and class, as logind knows them.",
    .init = logind_init,
    .collect = logind_collect,
    .fini = logind_fini,
};
