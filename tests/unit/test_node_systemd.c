/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_systemd.c - the systemd collector against a systemd of ours: what it shows,
 * how it asks, and what it makes of a bus that answers wrongly, late, or not at all.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>

#include "node/collectors/systemd.h"
#include "node_bus.h"

extern const struct node_collector node_systemd_collector;

static const struct unit {
    const char *name;
    const char *load, *active;
    const char *type;
    uint32_t restarts;
    uint64_t tasks, tasks_max, since;
} units[] = {
    { "cron.service", "loaded", "active", "simple", 3, 2, 100, 1600000000250000 },
    { "home.mount", "loaded", "active", "ext4", 0, 0, 0, 1600000001000000 },
    { "gone.service", "not-found", "inactive", "simple", 0, 0, 0, 0 },
    { "bad.service", "loaded", "failed", NULL, 9, UINT64_MAX, UINT64_MAX, 1 },
    { "ssh.socket", "loaded", "active", NULL, 0, 0, 0, 1600000002000000 },
    { "daily.timer", "loaded", "activating", NULL, 0, 0, 0, 5 },
    { "-.slice", "loaded", "active", NULL, 0, 0, 0, 6 },
    { "net.target", "loaded", "reloading", NULL, 0, 0, 0, 7 },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

/* How systemd answers; set before a scrape, while nothing is asked. */
enum {
    WRONG_LIST = 1,
    WRONG_PROPERTIES = 2,
    MUTE_UNITS = 4, /* properties of units are never answered */
    REFUSE_ALL = 8,
    RELUCTANT = 16, /* waits for 50 questions before it answers one */
    CLOSES = 32,    /* closes instead of answering for a unit */
    OLD = 64,       /* a version without states */
};
static _Atomic int manner;
static _Atomic int extra; /* services beside the units above */

static void set_manner(int m)
{
    atomic_store_explicit(&manner, m, memory_order_release);
}

static int is(int m)
{
    return atomic_load_explicit(&manner, memory_order_acquire) & m;
}

static sd_bus_message *held[50];
static size_t n_held;
static struct node_bus bus;

static int reply_variant(sd_bus_message *m, char type, const void *v)
{
    const char contents[] = { type, '\0' };
    sd_bus_message *reply = NULL;
    int rc = sd_bus_message_new_method_return(m, &reply);

    if (rc >= 0)
        rc = sd_bus_message_open_container(reply, 'v', contents);
    if (rc >= 0)
        rc = sd_bus_message_append_basic(reply, type, v);
    if (rc >= 0)
        rc = sd_bus_message_close_container(reply);
    if (rc >= 0)
        rc = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return rc < 0 ? rc : 1;
}

static int reply_units(sd_bus_message *m)
{
    sd_bus_message *reply = NULL;
    char name[64], path[80];
    int rc;

    if (is(WRONG_LIST))
        return sd_bus_reply_method_return(m, "a(ss)", 1, "cron.service", "loaded");
    rc = sd_bus_message_new_method_return(m, &reply);
    if (rc >= 0)
        rc = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
    for (size_t i = 0; rc >= 0 && i < UNITS + (size_t)atomic_load_explicit(
                                                  &extra, memory_order_acquire);
         i++) {
        snprintf(path, sizeof(path), "/org/freedesktop/systemd1/unit/%zu", i);
        snprintf(name, sizeof(name), "extra@%zu.service", i);
        rc = sd_bus_message_append(
            reply, "(ssssssouso)", i < UNITS ? units[i].name : name, "What it is.",
            i < UNITS ? units[i].load : "loaded", i < UNITS ? units[i].active : "active",
            "sub", "", path, (uint32_t)0, "", "/");
    }
    if (rc >= 0)
        rc = sd_bus_message_close_container(reply);
    if (rc >= 0)
        rc = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return rc < 0 ? rc : 1;
}

static int reply_unit(sd_bus_message *m)
{
    const char *interface, *name, *path = sd_bus_message_get_path(m);
    size_t i = strtoul(strrchr(path, '/') + 1, NULL, 10);
    const struct unit *u = &units[i < UNITS ? i : 0];
    uint32_t count = 0;
    uint64_t big = 0;

    sd_bus_message_rewind(m, 1);
    if (sd_bus_message_read(m, "ss", &interface, &name) < 0)
        return -1;
    if (is(WRONG_PROPERTIES))
        return reply_variant(m, 'y', "x");
    if (strcmp(interface, "org.freedesktop.systemd1.Service") == 0 ||
        strcmp(interface, "org.freedesktop.systemd1.Mount") == 0) {
        if (strcmp(name, "Type") == 0 && u->type)
            return reply_variant(m, 's', u->type);
        if (strcmp(name, "NRestarts") == 0)
            return reply_variant(m, 'u', &u->restarts);
        if (strcmp(name, "TasksCurrent") == 0)
            return reply_variant(m, 't', &u->tasks);
        if (strcmp(name, "TasksMax") == 0)
            return reply_variant(m, 't', &u->tasks_max);
    } else if (strcmp(interface, "org.freedesktop.systemd1.Socket") == 0) {
        count = name[1] == 'A' ? 50 : name[1] == 'C' ? 4 : 7;
        return reply_variant(m, 'u', &count);
    } else if (strcmp(interface, "org.freedesktop.systemd1.Timer") == 0) {
        big = 1700000000500000;
        return reply_variant(m, 't', &big);
    } else if (strcmp(name, "ActiveEnterTimestamp") == 0) {
        return reply_variant(m, 't', &u->since);
    }
    return sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.UnknownProperty",
                                      "no %s", name);
}

/* Hold the first questions back until there are as many as there is room for. */
static int hold(sd_bus_message *m)
{
    held[n_held++] = sd_bus_message_ref(m);
    if (n_held < 50)
        return 1;
    for (size_t i = 0; i < 50; i++) {
        reply_unit(held[i]);
        sd_bus_message_unref(held[i]);
    }
    n_held = 0;
    set_manner(0);
    return 1;
}

static int answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const char *interface, *name;

    (void)userdata, (void)error;
    if (is(REFUSE_ALL))
        return sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.AccessDenied",
                                          "no");
    if (sd_bus_message_is_method_call(m, "org.freedesktop.systemd1.Manager", "ListUnits"))
        return reply_units(m);
    if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get") ||
        sd_bus_message_read(m, "ss", &interface, &name) < 0)
        return 0;
    if (strcmp(interface, "org.freedesktop.systemd1.Manager") == 0) {
        if (strcmp(name, "Version") == 0)
            return reply_variant(m, 's', is(OLD) ? "v208" : "v252.38-1~deb12u1");
        if (strcmp(name, "Virtualization") == 0)
            return reply_variant(m, 's', "");
        if (strcmp(name, "SystemState") == 0 && !(is(OLD)))
            return reply_variant(m, 's', "running");
        return 0;
    }
    if (is(MUTE_UNITS))
        return 1;
    if (is(CLOSES)) {
        atomic_store_explicit(&bus.drop, 1, memory_order_release);
        return 1;
    }
    return is(RELUCTANT) ? hold(m) : reply_unit(m);
}

#define STATES(unit, type, active, activating, failed)                                   \
    "node_systemd_unit_state{name=\"" unit "\",state=\"activating\",type=\"" type        \
    "\"} " activating "\n"                                                               \
    "node_systemd_unit_state{name=\"" unit "\",state=\"active\",type=\"" type            \
    "\"} " active "\n"                                                                   \
    "node_systemd_unit_state{name=\"" unit "\",state=\"deactivating\",type=\"" type      \
    "\"} 0\n"                                                                            \
    "node_systemd_unit_state{name=\"" unit "\",state=\"failed\",type=\"" type            \
    "\"} " failed "\n"                                                                   \
    "node_systemd_unit_state{name=\"" unit "\",state=\"inactive\",type=\"" type          \
    "\"} 0\n"
#define GAUGE(name) "# TYPE node_systemd_" name " gauge\n"
#define COUNTER(name) "# TYPE node_systemd_" name " counter\n"

/* clang-format off */
static const char systemd_head[] =
    COUNTER("socket_accepted_connections_total")
    "node_systemd_socket_accepted_connections_total{name=\"ssh.socket\"} 50\n"
    GAUGE("socket_current_connections")
    "node_systemd_socket_current_connections{name=\"ssh.socket\"} 4\n"
    GAUGE("socket_refused_connections_total")
    "node_systemd_socket_refused_connections_total{name=\"ssh.socket\"} 7\n"
    GAUGE("system_running")
    "node_systemd_system_running 1\n"
    GAUGE("timer_last_trigger_seconds")
    "node_systemd_timer_last_trigger_seconds{name=\"daily.timer\"} 1.7000000005e+09\n";
static const char systemd_tail[] =
    GAUGE("units")
    "node_systemd_units{state=\"activating\"} 1\n"
    "node_systemd_units{state=\"active\"} 4\n"
    "node_systemd_units{state=\"deactivating\"} 0\n"
    "node_systemd_units{state=\"failed\"} 1\n"
    "node_systemd_units{state=\"inactive\"} 1\n"
    "node_systemd_units{state=\"reloading\"} 1\n"
    GAUGE("version")
    "node_systemd_version{version=\"v252.38-1~deb12u1\"} 252.38\n"
    GAUGE("virtualization_info")
    "node_systemd_virtualization_info{virtualization_type=\"none\"} 1\n";
/* With all flags; between them come the states of three units. */
static const char all_before[] =
    COUNTER("service_restart_total")
    "node_systemd_service_restart_total{name=\"bad.service\"} 9\n"
    "node_systemd_service_restart_total{name=\"cron.service\"} 3\n"
    GAUGE("system_running")
    "node_systemd_system_running 1\n"
    GAUGE("unit_start_time_seconds")
    "node_systemd_unit_start_time_seconds{name=\"bad.service\"} 0\n"
    "node_systemd_unit_start_time_seconds{name=\"cron.service\"} 1.60000000025e+09\n"
    "node_systemd_unit_start_time_seconds{name=\"home.mount\"} 1.600000001e+09\n"
    GAUGE("unit_state");
static const char all_after[] =
    GAUGE("unit_tasks_current")
    "node_systemd_unit_tasks_current{name=\"cron.service\"} 2\n"
    GAUGE("unit_tasks_max")
    "node_systemd_unit_tasks_max{name=\"cron.service\"} 100\n";
/* clang-format on */

static void expect_good(struct node_run *r)
{
    static char text[8192];

    snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s", systemd_head, GAUGE("unit_state"),
             STATES("bad.service", "", "0", "0", "1"),
             STATES("cron.service", "simple", "1", "0", "0"),
             STATES("daily.timer", "", "0", "1", "0"),
             STATES("net.target", "", "0", "0", "0"),
             STATES("ssh.socket", "", "1", "0", "0"), systemd_tail);
    node_test_expect(r->out, text);
}

static int open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static const struct node_ctx ctx = { .deadline = 0 };
/* Long enough that a test which reaches it has failed. */
#define PATIENCE 60

static void start(struct node_run *r, int how, int services)
{
    set_manner(how);
    atomic_store_explicit(&extra, services, memory_order_release);
    node_bus_start(&bus, answer);
    assert_int_equal(node_run_start(r, &node_systemd_collector, &ctx), 0);
}

static void stop(struct node_run *r)
{
    node_run_stop(r);
    node_bus_stop(&bus);
}

static void test_good_and_kept(void **state)
{
    struct node_run r;
    int files;

    (void)state;
    start(&r, 0, 0);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    expect_good(&r);
    files = open_files();
    for (int i = 0; i < 5; i++)
        assert_int_equal(node_run_once(&r, PATIENCE), 0);
    expect_good(&r);
    assert_int_equal(atomic_load_explicit(&bus.connections, memory_order_acquire), 1);
    assert_int_equal(open_files(), files);
    stop(&r);
}

/* A connection that breaks between scrapes is replaced; one that breaks in the middle
 * costs that scrape. */
static void test_reconnects(void **state)
{
    struct node_run r;

    (void)state;
    start(&r, 0, 0);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    atomic_store_explicit(&bus.drop, 1, memory_order_release);
    /* The first to notice may be a scrape that is under way. */
    while (atomic_load_explicit(&bus.connections, memory_order_acquire) < 2)
        node_run_once(&r, 1);
    atomic_store_explicit(&bus.drop, 0, memory_order_release);
    node_run_once(&r, PATIENCE);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    expect_good(&r);
    set_manner(CLOSES);
    assert_true(node_run_once(&r, PATIENCE) < 0);
    assert_true(r.rc != -ETIMEDOUT);
    assert_true(node_test_holds(r.out, "node_systemd_units{state=\"active\"} 4"));
    set_manner(0);
    atomic_store_explicit(&bus.drop, 0, memory_order_release);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    expect_good(&r);
    stop(&r);
}

static void test_many_questions_at_once(void **state)
{
    struct node_run r;

    (void)state;
    start(&r, RELUCTANT, 1000);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    assert_true(node_test_holds(
        r.out, "node_systemd_unit_state{name=\"extra@1007.service\",state=\"active\","
               "type=\"simple\"} 1\n"));
    assert_true(node_test_holds(r.out, "node_systemd_units{state=\"active\"} 1004\n"));
    stop(&r);
}

static const struct {
    const char *what;
    int bus;
    int manner;
    double deadline;
    int rc;
    const char *reason;
    const char *shown; /* NULL: nothing */
} failures[] = {
    { "a bus that says nothing", NODE_BUS_SILENT, 0, 0.2, -ETIMEDOUT, "no answer in time",
      NULL },
    { "what is no bus", NODE_BUS_GARBAGE, 0, 2, 0, "D-Bus", NULL },
    { "units without an answer", NODE_BUS_GOOD, MUTE_UNITS, 0.3, -ETIMEDOUT,
      "no answer in time",
      "node_systemd_unit_state{name=\"cron.service\",state=\"active\",type=\"\"} 1\n" },
    { "a list of something else", NODE_BUS_GOOD, WRONG_LIST, PATIENCE, -EBADMSG,
      "not what it should be", "node_systemd_system_running 1\n" },
    { "properties of wrong types", NODE_BUS_GOOD, WRONG_PROPERTIES, PATIENCE, -EBADMSG,
      "of the wrong type", "node_systemd_unit_state{name=\"cron.service\"" },
    { "everything refused", NODE_BUS_GOOD, REFUSE_ALL, PATIENCE, -EIO, "AccessDenied",
      NULL },
};

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct node_run r;
        int files, rc;

        start(&r, failures[i].manner, 0);
        atomic_store_explicit(&bus.manner, failures[i].bus, memory_order_release);
        files = open_files();
        rc = node_run_once(&r, failures[i].deadline);
        if (rc >= 0 || (failures[i].rc && rc != failures[i].rc))
            fail_msg("%s: %d", failures[i].what, rc);
        if (!strstr(r.err.text, failures[i].reason))
            fail_msg("%s: %s", failures[i].what, r.err.text);
        if (failures[i].shown)
            assert_true(node_test_holds(r.out, failures[i].shown));
        else
            node_test_expect(r.out, "");
        /* And all is well once it answers again. */
        set_manner(0);
        atomic_store_explicit(&bus.manner, NODE_BUS_GOOD, memory_order_release);
        assert_int_equal(node_run_once(&r, PATIENCE), 0);
        expect_good(&r);
        /* The bus may still hold the other end of what was given up, and no more. */
        assert_true(open_files() <= files + 4);
        stop(&r);
    }
}

static void test_old(void **state)
{
    struct node_run r;

    (void)state;
    start(&r, OLD, 0);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    assert_true(node_test_holds(r.out, "node_systemd_version{version=\"v208\"} 208\n"));
    assert_false(node_test_holds(r.out, "node_systemd_system_running"));
    assert_false(node_test_holds(r.out, "node_systemd_timer"));
    stop(&r);
}

static void test_nobody(void **state)
{
    struct node_run r;

    (void)state;
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
    assert_int_equal(node_run_start(&r, &node_systemd_collector, &ctx), 0);
    assert_int_equal(node_run_once(&r, PATIENCE), -ENOENT);
    assert_non_null(strstr(r.err.text, "cannot connect to the system bus"));
    node_run_stop(&r);
}

static void test_versions(void **state)
{
    static const struct {
        const char *text;
        double number;
    } versions[] = {
        { "252", 252 },         { "v249.11-0ubuntu3", 249.11 },
        { "systemd 25", 0 },    { "", 0 },
        { "1.2.345.6", 345.6 }, { "257~rc1", 257 },
        { "254.", 254 },        { "254.x", 254 },
        { "12 3456", 3456 },    { "255.4.1", 255.4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        assert_true(systemd_version_number(versions[i].text) == versions[i].number);
}

/* From here on the flags are set. */
static void test_flags(void **state)
{
    static const char *const flags[] = {
        "--collector.systemd.enable-task-metrics",
        "--collector.systemd.enable-restarts-metrics",
        "--collector.systemd.enable-start-time-metrics",
        "--collector.systemd.unit-include=(cron|bad|gone|home)\\..*",
        "--collector.systemd.unit-exclude=od|slice",
        NULL,
    };
    struct node_run r;
    char text[4096];

    (void)state;
    node_run_flags(&node_systemd_collector, flags);
    start(&r, 0, 0);
    assert_int_equal(node_run_once(&r, PATIENCE), 0);
    snprintf(text, sizeof(text), "%s%s%s%s%s%s", all_before,
             STATES("bad.service", "", "0", "0", "1"),
             STATES("cron.service", "simple", "1", "0", "0"),
             STATES("home.mount", "ext4", "1", "0", "0"), all_after, systemd_tail);
    node_test_expect(r.out, text);
    stop(&r);
}

static void test_old_flags(void **state)
{
    static const char *const flags[] = { "--collector.systemd.unit-blacklist=x", NULL };
    struct node_run r;

    (void)state;
    node_run_flags(&node_systemd_collector, flags);
    assert_int_equal(node_run_start(&r, &node_systemd_collector, &ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "mutually exclusive"));
    node_run_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_and_kept),
        cmocka_unit_test(test_reconnects),
        cmocka_unit_test(test_many_questions_at_once),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_old),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_old_flags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
