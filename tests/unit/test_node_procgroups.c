/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_procgroups.c - groups of processes without any process: rules, templates, what
 * is added up from scan to scan, and which groups are shown.
 */
#include "config.h"

#include "node_test.h"

#include <errno.h>
#include <math.h>

#include "node/collectors/procgroups_emit.h"
#include "node/collectors/procgroups_rules.h"
#include "node/collectors/procgroups_status.h"
#include "node/collectors/procgroups_track.h"

/* ------------------------------------------------------------------------------------
 * Rules
 */

/* A rule with at most two of each; the lists end with NULL. */
struct rule_case {
    const char *name;
    const char *comm[3], *exe[3], *cmdline[3];
};

static int add(struct procgroups_rules *r, const struct rule_case *c, promc_error *err)
{
    int rc = procgroups_rules_add(r, err);

    for (size_t i = 0; rc == 0 && c->comm[i]; i++)
        rc = procgroups_rules_comm(r, c->comm[i], err);
    for (size_t i = 0; rc == 0 && c->exe[i]; i++)
        rc = procgroups_rules_exe(r, c->exe[i], err);
    for (size_t i = 0; rc == 0 && c->cmdline[i]; i++)
        rc = procgroups_rules_cmdline(r, c->cmdline[i], err);
    return rc ? rc : procgroups_rules_name(r, c->name, err);
}

static const char *java[] = { "/opt/jdk/bin/java", "-jar", "/srv/app.jar", "x=1", NULL };
static const char *no_args[] = { NULL };
static const char *cgroups[] = { "0::/system.slice/a", "1:cpu:/b:c", "odd", NULL };
static const char *broken[] = { "a\xff"
                                "b",
                                NULL };

static const struct procgroups_attrs a_java = { "java", java, "joe", cgroups, 42, 0 };
static const struct procgroups_attrs a_kernel = {
    "kswapd0", NULL, "root", NULL, 30, 86461
};

static void test_rules(void **state)
{
    static const struct {
        struct rule_case rule;
        const struct procgroups_attrs *attrs;
        const char *name; /* NULL: no match */
    } cases[] = {
        /* Lists: one of them. */
        { { "n", { "x", "java" }, { 0 }, { 0 } }, &a_java, "n" },
        { { "n", { "jav", "javaa" }, { 0 }, { 0 } }, &a_java, NULL },
        { { "n", { 0 }, { "x", "java" }, { 0 } }, &a_java, "n" },
        { { "n", { 0 }, { "/opt/jdk/bin/java" }, { 0 } }, &a_java, "n" },
        { { "n", { 0 }, { "/usr/bin/java" }, { 0 } }, &a_java, NULL },
        { { "n", { 0 }, { "bin/java" }, { 0 } }, &a_java, NULL },
        { { "n", { 0 }, { "kswapd0" }, { 0 } }, &a_kernel, NULL },
        { { "n", { "kswapd0" }, { 0 }, { 0 } }, &a_kernel, "n" },
        /* Patterns: all of them, anywhere, with blanks between the arguments. */
        { { "n", { 0 }, { 0 }, { "-jar /srv", "=1$" } }, &a_java, "n" },
        { { "n", { 0 }, { 0 }, { "-jar", "=2$" } }, &a_java, NULL },
        { { "n", { 0 }, { 0 }, { ".+" } }, &a_kernel, NULL },
        { { "n", { 0 }, { 0 }, { "^$" } }, &a_kernel, "n" },
        { { "n", { 0 }, { 0 }, { "^\\w+/" } }, &a_java, NULL },
        /* All that the rule has. */
        { { "n", { "java" }, { "java" }, { "jar" } }, &a_java, "n" },
        { { "n", { "javac" }, { "java" }, { "jar" } }, &a_java, NULL },
        { { "n", { "java" }, { "javac" }, { "jar" } }, &a_java, NULL },
        /* Names. */
        { { "{{.Comm}}|{{.ExeBase}}|{{ .ExeFull }}", { "java" }, { 0 }, { 0 } },
          &a_java,
          "java|java|/opt/jdk/bin/java" },
        { { "{{.ExeBase}} {{.ExeFull}}", { "kswapd0" }, { 0 }, { 0 } },
          &a_kernel,
          "kswapd0 kswapd0" },
        { { "{{.Username}}-{{.PID}} }}", { "java" }, { 0 }, { 0 } },
          &a_java,
          "joe-42 }}" },
        { { "{{.Cgroups}}", { "java" }, { 0 }, { 0 } },
          &a_java,
          "[/system.slice/a /b:c odd]" },
        { { "{{.Cgroups}}", { "kswapd0" }, { 0 }, { 0 } }, &a_kernel, "[]" },
        { { "{{.StartTime}}", { "kswapd0" }, { 0 }, { 0 } },
          &a_kernel,
          "1970-01-02 00:01:01 +0000 UTC" },
        { { "<{{.Matches.J}}>", { 0 }, { 0 }, { "-jar (?P<J>\\S+)", "x" } },
          &a_java,
          "</srv/app.jar>" },
        { { "<{{.Matches.J}}>", { 0 }, { 0 }, { "(?P<J>\\S+)$", "-jar (?P<J>nix)?" } },
          &a_java,
          "<>" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct procgroups_rules *r = procgroups_rules_new();
        promc_error err = { 0, "" };
        char name[100];
        int rc;

        assert_non_null(r);
        if (add(r, &cases[i].rule, &err) != 0)
            fail_msg("case %zu: %s", i, err.text);
        rc = procgroups_rules_apply(r, cases[i].attrs, name, sizeof(name));
        if (rc != (cases[i].name != NULL) || (rc && strcmp(name, cases[i].name) != 0))
            fail_msg("case %zu: %d \"%s\"", i, rc, rc ? name : "");
        procgroups_rules_free(r);
    }
    procgroups_rules_free(NULL);
}

static void test_rules_in_order(void **state)
{
    static const struct rule_case rules[] = {
        { "first", { "java", "a" }, { 0 }, { 0 } },
        { "second {{.Comm}}", { 0 }, { 0 }, { "^.*$" } },
    };
    struct procgroups_rules *r = procgroups_rules_new();
    const struct procgroups_attrs bad = { "b", broken, NULL, NULL, 1, 0 };
    const struct procgroups_attrs none = { .argv = no_args };
    char name[20];

    (void)state;
    assert_int_equal(procgroups_rules_apply(r, &a_java, name, sizeof(name)), 0);
    assert_int_equal(add(r, &rules[0], NULL), 0);
    assert_int_equal(procgroups_rules_needs(r), 0);
    assert_int_equal(add(r, &rules[1], NULL), 0);
    assert_int_equal(procgroups_rules_needs(r), PROCGROUPS_ARGV);
    assert_int_equal(procgroups_rules_apply(r, &a_java, name, sizeof(name)), 1);
    assert_string_equal(name, "first");
    assert_int_equal(procgroups_rules_apply(r, &bad, name, sizeof(name)), 1);
    assert_string_equal(name, "second b");
    assert_int_equal(procgroups_rules_apply(r, &none, name, sizeof(name)), 1);
    assert_string_equal(name, "second ");
    /* What does not fit is cut off. */
    assert_int_equal(procgroups_rules_apply(r, &bad, name, 5), 1);
    assert_string_equal(name, "seco");
    procgroups_rules_free(r);
}

/* A command line longer than is looked at, and one that is too long when it is mended. */
static void test_rules_long(void **state)
{
    static const struct rule_case rule = { "n", { 0 }, { 0 }, { "^[a\\x{FFFD}]+$" } };
    struct procgroups_rules *r = procgroups_rules_new();
    char *argv[] = { malloc(65000), malloc(65000), NULL };
    const struct procgroups_attrs a = { .argv = (const char *const *)argv };
    char name[20];

    (void)state;
    assert_non_null(r);
    for (int i = 0; i < 2; i++) {
        assert_non_null(argv[i]);
        memset(argv[i], 'a', 64999);
        argv[i][64999] = '\0';
    }
    assert_int_equal(add(r, &rule, NULL), 0);
    assert_int_equal(procgroups_rules_apply(r, &a, name, sizeof(name)), 1);
    memset(argv[0], 0xff, 64999);
    assert_int_equal(procgroups_rules_apply(r, &a, name, sizeof(name)), 1);
    free(argv[0]);
    free(argv[1]);
    procgroups_rules_free(r);
}

static void test_rules_refused(void **state)
{
    static const struct {
        struct rule_case rule;
        const char *why;
    } cases[] = {
        { { "n", { 0 }, { 0 }, { 0 } }, "needs one of comm, exe and cmdline" },
        { { "", { "a" }, { 0 }, { 0 } }, "empty name" },
        { { "n", { 0 }, { 0 }, { "(" } }, "bad pattern" },
        { { "n", { 0 }, { 0 }, { "(?!a)" } }, "bad pattern" },
        { { "a{{.Comm", { "a" }, { 0 }, { 0 } }, "without" },
        { { "{{.Comm}}{{", { "a" }, { 0 }, { 0 } }, "without" },
        { { "{{.comm}}", { "a" }, { 0 }, { 0 } }, "\"{{.comm}}\" is none of" },
        { { "{{}}", { "a" }, { 0 }, { 0 } }, "\"{{}}\" is none of" },
        { { "{{.Matches.A}}", { "a" }, { 0 }, { 0 } }, "no pattern of this rule" },
        { { "{{.Matches.A}}", { 0 }, { 0 }, { "(?P<B>)" } }, "has a group \"A\"" },
        { { "{{.Matches.}}", { 0 }, { 0 }, { "(?P<B>)" } }, "has a group \"\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct procgroups_rules *r = procgroups_rules_new();
        promc_error err = { 0, "" };

        assert_int_equal(add(r, &cases[i].rule, &err), -EINVAL);
        if (!strstr(err.text, cases[i].why))
            fail_msg("case %zu: %s", i, err.text);
        procgroups_rules_free(r);
    }
}

/* ------------------------------------------------------------------------------------
 * Scans
 */

/* A task at a scan: what it is called, and what it has used. */
struct seen {
    int id, parent;
    uint64_t start;
    const char *name; /* NULL: no rule matches */
    uint64_t cpu;
    char state;
};

static void scan(struct procgroups *t, uint64_t now, const struct seen *v, size_t n)
{
    procgroups_begin(t, now);
    for (size_t i = 0; i < n; i++) {
        struct procgroups_sample s = { .id = v[i].id,
                                       .parent = v[i].parent,
                                       .start = v[i].start,
                                       .state = v[i].state ? v[i].state : 'S',
                                       .fd_ratio = (double)v[i].id / 100 };

        s.counter[PROCGROUPS_CPU_USER] = v[i].cpu;
        s.gauge[PROCGROUPS_RESIDENT] = 10;
        assert_int_equal(procgroups_see(t, &s), 0);
    }
    for (size_t i = 0; i < n; i++) {
        struct procgroups_task *task = procgroups_find(t, v[i].id);

        assert_non_null(task);
        if (procgroups_wants(task))
            assert_int_equal(procgroups_name(t, task, v[i].name), 0);
    }
    procgroups_end(t, 100);
}
#define SCAN(t, now, ...)                                                                \
    scan(t, now, (const struct seen[]){ __VA_ARGS__ },                                   \
         sizeof((const struct seen[]){ __VA_ARGS__ }) / sizeof(struct seen))

static const struct procgroups_group *group(const struct procgroups *t, const char *name)
{
    for (size_t i = 0; i < t->groups; i++) {
        if (t->group[i].name && strcmp(t->group[i].name, name) == 0)
            return &t->group[i];
    }
    return NULL;
}

static void expect(const struct procgroups *t, const char *name, uint64_t tasks,
                   uint64_t cpu)
{
    const struct procgroups_group *g = group(t, name);

    if (!g)
        fail_msg("no group %s", name);
    assert_int_equal(g->tasks, tasks);
    assert_int_equal(g->gauge[PROCGROUPS_RESIDENT], 10 * tasks);
    assert_int_equal(g->total[PROCGROUPS_CPU_USER], cpu);
}

static struct procgroups tracker(void)
{
    return (struct procgroups){ .max_groups = 100, .inherit = 1, .rest = "other" };
}

static void test_counters(void **state)
{
    struct procgroups t = tracker();

    (void)state;
    /* What was there first counts from then. */
    SCAN(&t, 1000, { 1, 0, 10, "a", 500, 0 }, { 2, 1, 20, "a", 7, 0 });
    expect(&t, "a", 2, 0);
    SCAN(&t, 2000, { 1, 0, 10, "a", 510, 0 }, { 2, 1, 20, "a", 8, 0 });
    expect(&t, "a", 2, 11);
    /* One that has begun since counts whole, one that had not been seen does not. */
    SCAN(&t, 3000, { 1, 0, 10, "a", 510, 0 }, { 3, 1, 2500, "a", 30, 0 },
         { 4, 1, 1500, "a", 70, 0 });
    expect(&t, "a", 3, 41);
    /* All have ended. What they had used stays. */
    scan(&t, 4000, NULL, 0);
    expect(&t, "a", 0, 41);
    assert_int_equal(t.tasks, 0);
    /* The same number, another process. */
    SCAN(&t, 5000, { 3, 1, 4500, "a", 3, 'R' });
    expect(&t, "a", 1, 44);
    SCAN(&t, 6000, { 3, 1, 5500, "b", 5, 'Z' });
    expect(&t, "a", 0, 44);
    expect(&t, "b", 1, 5);
    assert_int_equal(group(&t, "b")->state[PROCGROUPS_ZOMBIE], 1);
    /* A value that cannot be read for once. */
    SCAN(&t, 7000, { 3, 1, 5500, "b", 0, 0 });
    expect(&t, "b", 1, 5);
    SCAN(&t, 8000, { 3, 1, 5500, "b", 6, 0 });
    expect(&t, "b", 1, 6);
    assert_int_equal(t.used, 2);
    procgroups_free(&t);
}

static void test_values(void **state)
{
    struct procgroups t = tracker();
    const struct procgroups_group *g;

    (void)state;
    SCAN(&t, 1000, { 50, 0, 30, "a", 0, 'R' }, { 40, 0, 20, "a", 0, 'S' },
         { 41, 0, 25, "a", 0, 'D' }, { 42, 0, 25, "a", 0, 'I' },
         { 43, 0, 25, "a", 0, 'Z' }, { 44, 0, 25, "a", 0, 'T' });
    g = group(&t, "a");
    assert_int_equal(g->oldest, 20);
    assert_true(g->worst_fd_ratio == 0.5);
    assert_int_equal(g->state[PROCGROUPS_RUNNING], 1);
    assert_int_equal(g->state[PROCGROUPS_SLEEPING], 1);
    assert_int_equal(g->state[PROCGROUPS_WAITING], 1);
    assert_int_equal(g->state[PROCGROUPS_ZOMBIE], 1);
    assert_int_equal(g->state[PROCGROUPS_OTHER], 2);
    procgroups_free(&t);
}

/* Between fork and exec a process has its parent's name; it is asked again while it is
 * young, and what it used before stays where it was. */
static void test_renamed(void **state)
{
    struct procgroups t = tracker();

    (void)state;
    SCAN(&t, 1000, { 1, 0, 10, "a", 0, 0 });
    SCAN(&t, 2000, { 1, 0, 10, "a", 0, 0 }, { 2, 1, 1990, "a", 1, 0 });
    expect(&t, "a", 2, 1);
    SCAN(&t, 3000, { 1, 0, 10, "a", 0, 0 }, { 2, 1, 1990, "b", 5, 0 });
    expect(&t, "a", 1, 1);
    expect(&t, "b", 1, 4);
    /* Then it has its name. */
    SCAN(&t, 4000, { 1, 0, 10, "a", 0, 0 }, { 2, 1, 1990, "c", 6, 0 });
    expect(&t, "b", 1, 5);
    assert_null(group(&t, "c"));
    procgroups_free(&t);
}

static void test_children(void **state)
{
    struct procgroups t = tracker();

    (void)state;
    /* In any order, over any number of parents; 9 has none; 7 and 8 are each other's. */
    SCAN(&t, 1000, { 4, 3, 10, NULL, 0, 0 }, { 3, 2, 10, NULL, 0, 0 },
         { 2, 1, 10, "a", 0, 0 }, { 1, 0, 10, NULL, 0, 0 }, { 5, 4, 10, "b", 0, 0 },
         { 6, 5, 10, NULL, 0, 0 }, { 9, 99, 10, NULL, 0, 0 }, { 7, 8, 10, NULL, 0, 0 },
         { 8, 7, 10, NULL, 0, 0 });
    expect(&t, "a", 3, 0);
    expect(&t, "b", 2, 0);
    /* Where a process has gone to when its parent ended does not matter. */
    SCAN(&t, 2000, { 4, 1, 10, NULL, 3, 0 }, { 1, 0, 10, NULL, 0, 0 });
    expect(&t, "a", 1, 3);
    procgroups_free(&t);
    t = tracker();
    t.inherit = 0;
    SCAN(&t, 1000, { 1, 0, 10, "a", 0, 0 }, { 2, 1, 10, NULL, 0, 0 });
    expect(&t, "a", 1, 0);
    procgroups_free(&t);
}

/* A process that ended before its name could be asked for is in no group. */
static void test_gone_unnamed(void **state)
{
    struct procgroups t = tracker();
    const struct procgroups_sample s = { .id = 2, .parent = 1, .start = 10 };

    (void)state;
    SCAN(&t, 1000, { 1, 0, 10, "a", 0, 0 });
    procgroups_begin(&t, 2000);
    assert_int_equal(procgroups_see(&t, &s), 0);
    procgroups_end(&t, 100);
    expect(&t, "a", 0, 0);
    procgroups_free(&t);
}

static void test_max_groups(void **state)
{
    struct procgroups t = tracker();

    (void)state;
    t.max_groups = 2;
    SCAN(&t, 1000, { 1, 0, 10, "a", 0, 0 }, { 2, 0, 10, "b", 0, 0 },
         { 3, 0, 10, "c", 0, 0 }, { 4, 0, 10, "d", 0, 0 }, { 5, 0, 10, "a", 0, 0 });
    expect(&t, "a", 2, 0);
    expect(&t, "other", 2, 0);
    assert_null(group(&t, "c"));
    assert_int_equal(t.used, 2);
    /* It keeps what it has when there is room again. */
    t.remove_empty = 1;
    SCAN(&t, 2000, { 1, 0, 10, "a", 0, 0 }, { 3, 0, 10, "c", 5, 0 });
    assert_null(group(&t, "b"));
    expect(&t, "other", 1, 5);
    SCAN(&t, 3000, { 1, 0, 10, "a", 0, 0 }, { 6, 0, 2500, "e", 4, 0 });
    expect(&t, "e", 1, 4);
    assert_null(group(&t, "other"));
    assert_int_equal(t.used, 2);
    procgroups_free(&t);
}

/* Many come and go; what there is memory for stays what it was. */
static void test_many(void **state)
{
    enum { MANY = 5000, ROUNDS = 6 };
    struct procgroups t = tracker();
    struct seen *v = calloc(MANY, sizeof(*v));
    size_t task_cap = 0, group_cap = 0;

    (void)state;
    assert_non_null(v);
    t.max_groups = 1000;
    for (int round = 1; round <= ROUNDS; round++) {
        char names[MANY / 10][16];

        for (int i = 0; i < MANY; i++) {
            snprintf(names[i / 10], sizeof(names[0]), "g%d", i / 10);
            /* Half of them are others each time. */
            v[i] = (struct seen){ i * 7 + 1,
                                  0,
                                  i % 2 ? 10U : 1000U * (unsigned)round - 1,
                                  names[i / 10],
                                  i % 2 ? 10U * (unsigned)round : 1,
                                  'S' };
        }
        scan(&t, 1000U * (unsigned)round, v, MANY);
        if (round == 2) {
            task_cap = t.task_cap;
            group_cap = t.group_cap;
        }
    }
    assert_int_equal(t.tasks, MANY);
    assert_int_equal(t.task_cap, task_cap);
    assert_int_equal(t.group_cap, group_cap);
    assert_int_equal(t.used, MANY / 10);
    for (int i = 0; i < MANY / 10; i++) {
        char name[16];

        snprintf(name, sizeof(name), "g%d", i);
        expect(&t, name, 10, (ROUNDS - 1) * 5 * (10 + 1));
    }
    free(v);
    procgroups_free(&t);
}

/* ------------------------------------------------------------------------------------
 * Status
 */

static const char status_text[] =
    "Name:\ta\nVmSwap:\t      12 kB\nvoluntary_ctxt_switches:"
    "\t5\nnonvoluntary_ctxt_switches:\t67\n";

static void feed(struct span prefix)
{
    struct procgroups_sample s = { .id = 1 };

    procgroups_status_parse(prefix, &s);
    assert_true(s.counter[PROCGROUPS_NONVOLUNTARY] <= 67);
}

static void test_status(void **state)
{
    struct procgroups_sample s = { .id = 1 };

    (void)state;
    procgroups_status_parse(span_str(status_text), &s);
    assert_int_equal(s.gauge[PROCGROUPS_SWAPPED], 12 * 1024);
    assert_int_equal(s.counter[PROCGROUPS_VOLUNTARY], 5);
    assert_int_equal(s.counter[PROCGROUPS_NONVOLUNTARY], 67);
    procgroups_status_parse(span_str("VmSwap:\nVmSwap: x\nVmSwap\nVmSwap: -1 kB\n"
                                     "VmSwap: 99999999999999999999 kB"),
                            &s);
    assert_int_equal(s.gauge[PROCGROUPS_SWAPPED], 12 * 1024);
    node_test_prefixes(status_text, sizeof(status_text) - 1, feed);
}

/* ------------------------------------------------------------------------------------
 * Metrics
 */

static void test_emit(void **state)
{
    struct procgroups t = tracker(), threads = tracker();
    struct procgroups_show show = { .ticks_per_second = 100, .boot = 5000, .has = 0xf };
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    SCAN(&t, 1000, { 1, 0, 250, "a\xff", 0, 0 });
    SCAN(&t, 2000, { 1, 0, 250, "a\xff", 150, 0 });
    SCAN(&threads, 1000, { 1, 0, 250, "a\x1fx\x1fy", 0, 0 });
    assert_int_equal(procgroups_emit(&show, &t, &threads, e), 0);
#define N "namedprocess_namegroup_"
#define G "groupname=\"a\xef\xbf\xbd\""
    assert_true(node_test_holds(e, N "num_procs{" G "} 1\n"));
    assert_true(node_test_holds(e, N "cpu_seconds_total{" G ",mode=\"user\"} 1.5\n"));
    assert_true(node_test_holds(e, N "cpu_seconds_total{" G ",mode=\"system\"} 0\n"));
    assert_true(node_test_holds(e, N "memory_bytes{" G ",memtype=\"resident\"} 10\n"));
    assert_true(
        node_test_holds(e, N "memory_bytes{" G ",memtype=\"proportionalSwapped\"} 0\n"));
    assert_true(node_test_holds(e, N "oldest_start_time_seconds{" G "} 5002.5\n"));
    assert_true(node_test_holds(e, N "worst_fd_ratio{" G "} 0.01\n"));
    assert_true(node_test_holds(e, N "states{" G ",state=\"Sleeping\"} 1\n"));
    assert_true(
        node_test_holds(e, N "thread_count{groupname=\"a\x1fx\",threadname=\"y\"} 1\n"));
    assert_true(node_test_holds(e, "node_process_groups 1\n"));
    /* What is not read is not shown. */
    promc_emitter_reset(e);
    show.has = 0;
    assert_int_equal(procgroups_emit(&show, &t, &threads, e), 0);
    assert_true(node_test_holds(e, N "memory_bytes{" G ",memtype=\"virtual\"} 0\n"));
    assert_false(node_test_holds(e, N "memory_bytes{" G ",memtype=\"swapped\"}"));
    assert_false(node_test_holds(e, N "read_bytes_total"));
    assert_false(node_test_holds(e, N "worst_fd_ratio"));
    assert_false(node_test_holds(e, N "context_switches_total"));
    assert_false(node_test_holds(e, N "thread_io_bytes_total"));
    promc_emitter_free(e);
    free(show.shown);
    procgroups_free(&t);
    procgroups_free(&threads);
}

/* The busiest, those that were busy a while ago last. */
static void test_top(void **state)
{
    struct procgroups t = tracker(), threads = tracker();
    struct procgroups_show show = { .ticks_per_second = 100, .top = 1 };
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    SCAN(&t, 1000, { 1, 0, 10, "a", 0, 0 }, { 2, 0, 10, "b", 0, 0 },
         { 3, 0, 10, "b", 0, 0 });
    SCAN(&t, 2000, { 1, 0, 10, "a", 100, 0 }, { 2, 0, 10, "b", 0, 0 },
         { 3, 0, 10, "b", 0, 0 });
    assert_int_equal(procgroups_emit(&show, &t, &threads, e), 0);
    assert_true(node_test_holds(e, N "num_procs{groupname=\"a\"} 1\n"));
    assert_false(node_test_holds(e, N "num_procs{groupname=\"b\"}"));
    assert_true(node_test_holds(e, "node_process_groups 2\n"));
    assert_true(node_test_holds(e, "node_process_groups_shown 1\n"));
    promc_emitter_reset(e);
    /* Ten minutes later half of it counts. */
    SCAN(&t, 62000, { 1, 0, 10, "a", 100, 0 }, { 2, 0, 10, "b", 60, 0 },
         { 3, 0, 10, "b", 0, 0 });
    assert_true(fabs(group(&t, "a")->recent - 50) < 1e-9);
    assert_int_equal(procgroups_emit(&show, &t, &threads, e), 0);
    assert_true(node_test_holds(e, N "num_procs{groupname=\"b\"} 2\n"));
    assert_false(node_test_holds(e, N "num_procs{groupname=\"a\"}"));
    promc_emitter_reset(e);
    show.by_memory = 1;
    show.top = 5;
    assert_int_equal(procgroups_emit(&show, &t, &threads, e), 0);
    assert_true(node_test_holds(e, "node_process_groups_shown 2\n"));
    promc_emitter_free(e);
    free(show.shown);
    procgroups_free(&t);
    procgroups_free(&threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),        cmocka_unit_test(test_rules_in_order),
        cmocka_unit_test(test_rules_long),   cmocka_unit_test(test_rules_refused),
        cmocka_unit_test(test_counters),     cmocka_unit_test(test_values),
        cmocka_unit_test(test_renamed),      cmocka_unit_test(test_children),
        cmocka_unit_test(test_gone_unnamed), cmocka_unit_test(test_max_groups),
        cmocka_unit_test(test_many),         cmocka_unit_test(test_status),
        cmocka_unit_test(test_emit),         cmocka_unit_test(test_top),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
