/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_logind.c - the logind collector against a logind of ours: every combination
 * is counted, and wrong answers cost no more than themselves.
 */
#include "config.h"

#include <errno.h>

#include "node_bus.h"

extern const struct node_collector node_logind_collector;

enum {
    WRONG_SEATS = 1,
    WRONG_SESSIONS = 2,
    WRONG_TYPE = 4, /* the type of the first session */
    ENDED = 8,      /* the first session is no longer there */
    REFUSED = 16,
    MUTE = 32,
    MANY_SEATS = 64,
};
static _Atomic int manner;
static struct node_bus bus;

static void set_manner(int m)
{
    atomic_store_explicit(&manner, m, memory_order_release);
}

static int is(int m)
{
    return atomic_load_explicit(&manner, memory_order_acquire) & m;
}

static const struct {
    const char *seat;
    int remote;
    const char *type, *class;
} sessions[] = {
    { "seat0", 0, "wayland", "user" }, { "", 1, "tty", "user" },
    { "", 1, "tty", "user" },          { "seat0", 0, "holodeck", "manager" },
    { "seat9", 0, "tty", "user" }, /* a seat that is not in the list */
};
#define SESSIONS (sizeof(sessions) / sizeof(sessions[0]))

static int reply_seats(sd_bus_message *m)
{
    sd_bus_message *reply = NULL;
    char id[16];
    int rc;

    if (is(WRONG_SEATS))
        return sd_bus_reply_method_return(m, "as", 1, "seat0");
    rc = sd_bus_message_new_method_return(m, &reply);
    if (rc >= 0)
        rc = sd_bus_message_open_container(reply, 'a', "(so)");
    /* The same seat twice, and one without a name. */
    for (int i = 0; rc >= 0 && i < (is(MANY_SEATS) ? 300 : 3); i++) {
        snprintf(id, sizeof(id), "seat%d", i < 3 ? 0 : i);
        rc = sd_bus_message_append(reply, "(so)", i == 2 ? "" : id, "/");
    }
    if (rc >= 0)
        rc = sd_bus_message_close_container(reply);
    if (rc >= 0)
        rc = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return rc < 0 ? rc : 1;
}

static int reply_sessions(sd_bus_message *m)
{
    sd_bus_message *reply = NULL;
    char path[64];
    int rc;

    if (is(WRONG_SESSIONS))
        return sd_bus_reply_method_return(m, "s", "none");
    rc = sd_bus_message_new_method_return(m, &reply);
    if (rc >= 0)
        rc = sd_bus_message_open_container(reply, 'a', "(susso)");
    for (size_t i = 0; rc >= 0 && i < SESSIONS; i++) {
        snprintf(path, sizeof(path), "/org/freedesktop/login1/session/%zu", i);
        rc = sd_bus_message_append(reply, "(susso)", "1", (uint32_t)1000, "somebody",
                                   sessions[i].seat, path);
    }
    if (rc >= 0)
        rc = sd_bus_message_close_container(reply);
    if (rc >= 0)
        rc = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return rc < 0 ? rc : 1;
}

static int answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const char *interface, *name, *path = sd_bus_message_get_path(m);
    size_t i = strtoul(strrchr(path, '/') + 1, NULL, 10);

    (void)userdata, (void)error;
    if (is(MUTE))
        return 1;
    if (is(REFUSED))
        return sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.AccessDenied",
                                          "no");
    if (sd_bus_message_is_method_call(m, "org.freedesktop.login1.Manager", "ListSeats"))
        return reply_seats(m);
    if (sd_bus_message_is_method_call(m, "org.freedesktop.login1.Manager",
                                      "ListSessions"))
        return reply_sessions(m);
    if (i >= SESSIONS || (i == 0 && is(ENDED)) ||
        sd_bus_message_read(m, "ss", &interface, &name) < 0)
        return 0;
    if (strcmp(name, "Remote") == 0)
        return sd_bus_reply_method_return(m, "v", "b", sessions[i].remote);
    if (i == 0 && is(WRONG_TYPE))
        return sd_bus_reply_method_return(m, "v", "u", (uint32_t)7);
    return sd_bus_reply_method_return(
        m, "v", "s", name[0] == 'T' ? sessions[i].type : sessions[i].class);
}

#define SESSION(seat, remote, type, class)                                               \
    "node_logind_sessions{class=\"" class "\",remote=\"" remote "\",seat=\"" seat        \
                                          "\",type=\"" type "\"} "

/* The number of series, and their sum. */
static void count(struct node_run *r, size_t *series, double *sum)
{
    char *text = node_test_text(r->out);
    struct span rest = span_str(text), line, labels;
    double v;

    *series = 0;
    *sum = 0;
    while (scan_line(&rest, &line)) {
        if (!scan_until(&line, '}', &labels))
            continue;
        assert_int_equal(scan_double(span_trim(line), &v), 0);
        *sum += v;
        ++*series;
    }
    free(text);
}

static const struct {
    const char *what;
    int manner;
    double deadline;
    int rc;
    size_t series;
    double sum;
} tries[] = {
    { "two seats, one of them none", 0, 60, 0, 140, 4 },
    { "a session that ends meanwhile", ENDED, 60, 0, 140, 3 },
    { "a type that is a number", WRONG_TYPE, 60, -EBADMSG, 140, 3 },
    { "seats of another form", WRONG_SEATS, 60, -EBADMSG, 0, 0 },
    { "sessions of another form", WRONG_SESSIONS, 60, -EBADMSG, 0, 0 },
    { "seats without end", MANY_SEATS, 60, -E2BIG, 0, 0 },
    { "refused", REFUSED, 60, -EIO, 0, 0 },
    { "no answer", MUTE, 0.2, -ETIMEDOUT, 0, 0 },
    { "and again", 0, 60, 0, 140, 4 },
};

static void test_tries(void **state)
{
    struct node_ctx ctx = { .deadline = 0 };
    struct node_run r;
    size_t series;
    double sum;

    (void)state;
    node_bus_start(&bus, answer);
    assert_int_equal(node_run_start(&r, &node_logind_collector, &ctx), 0);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        set_manner(tries[i].manner);
        if (node_run_once(&r, tries[i].deadline) != tries[i].rc)
            fail_msg("%s: %d, %s", tries[i].what, r.rc, r.err.text);
        count(&r, &series, &sum);
        if (series != tries[i].series || sum != tries[i].sum)
            fail_msg("%s: %zu series", tries[i].what, series);
    }
    node_run_stop(&r);
    node_bus_stop(&bus);
}

static void test_labels(void **state)
{
    static const char *const lines[] = {
        SESSION("seat0", "false", "wayland", "user") "1\n",
        SESSION("", "true", "tty", "user") "2\n",
        SESSION("seat0", "false", "other", "other") "1\n",
        SESSION("seat0", "true", "mir", "lock-screen") "0\n",
    };
    struct node_ctx ctx = { .deadline = 0 };
    struct node_run r;

    (void)state;
    set_manner(0);
    node_bus_start(&bus, answer);
    assert_int_equal(node_run_start(&r, &node_logind_collector, &ctx), 0);
    assert_int_equal(node_run_once(&r, 60), 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!node_test_holds(r.out, lines[i]))
            fail_msg("no %s in %s", lines[i], node_test_text(r.out));
    node_run_stop(&r);
    node_bus_stop(&bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_tries),
                                        cmocka_unit_test(test_labels) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
