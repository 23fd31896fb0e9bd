/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_process_groups.c - the process_groups collector: its configuration, and the
 * processes that are there, some of them ours.
 */
#include "config.h"

#include "node_run.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/log.h"
#include "node/collectors/process_groups.c"

/* ------------------------------------------------------------------------------------
 * Configuration
 */

static const char good[] = "# ours\n"
                           "process_names:\n"
                           "  - comm: [a, 'b', \"c\"]\n"
                           "  - name: '{{.Comm}}-{{.Matches.N}}'\n"
                           "    exe:\n"
                           "      - /bin/d\n"
                           "    cmdline: ['(?P<N>x+)', y]\n"
                           "  - {name: rest, cmdline: [.]}\n";

static void test_config(void **state)
{
    static const struct {
        const char *comm;
        const char *argv[4];
        const char *name;
    } cases[] = {
        { "b", { "/usr/bin/b" }, "b" },
        { "d", { "/bin/d", "xx", "y" }, "d-xx" },
        { "d", { "/bin/d", "xx" }, "rest" },
        { "d", { NULL }, NULL },
    };
    promc_error err = { 0, "" };
    struct procgroups_rules *r = procgroups_config("f.yml", good, sizeof(good) - 1, &err);

    (void)state;
    if (!r)
        fail_msg("%s", err.text);
    assert_int_equal(procgroups_rules_needs(r), PROCGROUPS_ARGV);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct procgroups_attrs a = { .comm = cases[i].comm,
                                            .argv = cases[i].argv };
        char name[64] = "";

        assert_int_equal(procgroups_rules_apply(r, &a, name, sizeof(name)),
                         cases[i].name != NULL);
        assert_string_equal(name, cases[i].name ? cases[i].name : "");
    }
    procgroups_rules_free(r);
}

#define IN_RULE(text) "process_names:\n- " text

static void test_config_refused(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        { "", "f:1:1: expected the key process_names" },
        { "- a\n", "f:1:1: expected the key process_names" },
        { "{}", "f:1:2: expected the key process_names" },
        { "process_name: []", "f:1:1: expected the key process_names" },
        { "process_names: a", "f:1:16: expected a list" },
        { "process_names: []", "f:1:17: no rules" },
        { IN_RULE("comm: [a]\nmore: 1\n"), "f:3:1: expected the key process_names" },
        { IN_RULE("comm: [a]\n---\na: 1\n"), "f:3:1: one document" },
        { IN_RULE("a\n"), "f:2:3: expected a rule" },
        { IN_RULE("[]\n"), "f:2:3: expected a rule" },
        { IN_RULE("{}\n"), "f:2:3: a rule needs" },
        { IN_RULE("name: a\n"), "f:2:9: a rule needs" },
        { IN_RULE("names: a\n"), "f:2:3: expected one of" },
        { IN_RULE("[a]: a\n"), "f:2:3: expected one of" },
        { IN_RULE("{comm: [a], comm: [b]}\n"), "f:2:15: this key comes twice" },
        { IN_RULE("{name: a, comm: [a], name: b}\n"), "f:2:24: this key comes twice" },
        { IN_RULE("name: [a]\n"), "f:2:9: expected a text" },
        { IN_RULE("{name: '', comm: [a]}\n"), "f:2:10: an empty name" },
        { IN_RULE("{comm: [a], name: '{{.X}}'}\n"), "f:2:21: \"{{.X}}\" is none" },
        { IN_RULE("comm: a\n"), "f:2:9: expected a list" },
        { IN_RULE("comm: []\n"), "f:2:10: an empty list" },
        { IN_RULE("comm: [[a]]\n"), "f:2:10: expected a text" },
        { IN_RULE("comm: ['']\n"), "f:2:10: expected a text" },
        { IN_RULE("comm: [\"a\\0b\"]\n"), "f:2:10: expected a text" },
        { IN_RULE("cmdline: [a, '(']\n"), "f:2:16: bad pattern" },
        { IN_RULE("cmdline: ['(?=a)']\n"), "f:2:13: bad pattern" },
        { IN_RULE("comm: [&x a, *x]\n"), "f:2:16: aliases" },
        { IN_RULE("comm: [*x]\n"), "f:2:10: aliases" },
        { IN_RULE("comm: [a\n"), "f:3:1: did not find" },
        { IN_RULE("\tcomm: [a]\n"), "f:2:" },
        { "process_names: [\xff]", "f: byte 16: " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        promc_error err = { 0, "" };

        assert_null(procgroups_config("f", cases[i].text, strlen(cases[i].text), &err));
        assert_int_equal(err.code, -EINVAL);
        if (strncmp(err.text, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void feed(struct span prefix)
{
    promc_error err = { 0, "" };
    struct procgroups_rules *r = procgroups_config("f", prefix.p, prefix.n, &err);

    assert_true(r || err.code == -EINVAL);
    procgroups_rules_free(r);
}

static void test_config_cut(void **state)
{
    (void)state;
    node_test_prefixes(good, sizeof(good) - 1, feed);
}

/* ------------------------------------------------------------------------------------
 * Live
 */

static const struct node_ctx here = { .paths = { "/proc", "/sys", "", "" } };

static void run(struct node_run *r)
{
    if (node_run_once(r, 10) != 0)
        fail_msg("%s", r->err.text);
}

/* The value of a line that begins so. */
static double value(struct node_run *r, const char *begin)
{
    char *text = node_test_text(r->out), *at = strstr(text, begin);
    double v = -1;

    if (!at)
        fail_msg("no %s", begin);
    assert_int_equal(
        scan_double(span_of(at + strlen(begin), strcspn(at + strlen(begin), "\n")), &v),
        0);
    free(text);
    return v;
}

/* A process of ours with a name of its own, that has used some CPU time and waits. */
static pid_t child(const char *name, int burn)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, name);
        while (burn && clock() < burn * CLOCKS_PER_SEC / 100)
            ;
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* More than the program made where a sanitizer has one of its own. */
static double threads_of(pid_t pid)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    assert_int_equal(stat(path, &st), 0);
    return (double)st.st_nlink - 2; /* a directory for each */
}

static void test_live(void **state)
{
    struct node_run r;
    pid_t a = child("pg-old", 10), b, c;
    double used;

    (void)state;
    if (node_run_start(&r, &node_process_groups_collector, &here) != 0)
        fail_msg("%s", r.err.text);
    run(&r);
    assert_true(value(&r, "num_procs{groupname=\"pg-old\"} ") == 1);
    assert_true(value(&r, "cpu_seconds_total{groupname=\"pg-old\",mode=\"user\"} ") == 0);
    b = child("pg-new", 10);
    c = child("pg-new", 10);
    run(&r);
    assert_true(value(&r, "num_procs{groupname=\"pg-new\"} ") == 2);
    assert_true(value(&r, "num_threads{groupname=\"pg-new\"} ") ==
                threads_of(b) + threads_of(c));
    assert_true(value(&r, "states{groupname=\"pg-new\",state=\"Sleeping\"} ") == 2);
    assert_true(value(&r, "memory_bytes{groupname=\"pg-new\",memtype=\"resident\"} ") >
                0);
    assert_true(value(&r, "oldest_start_time_seconds{groupname=\"pg-new\"} ") >
                (double)time(NULL) - 600);
    assert_true(value(&r, "read_bytes_total{groupname=\"pg-new\"} ") >= 0);
    used = value(&r, "cpu_seconds_total{groupname=\"pg-new\",mode=\"user\"} ") +
           value(&r, "cpu_seconds_total{groupname=\"pg-new\",mode=\"system\"} ");
    assert_true(used > 0.1);
    end(b);
    run(&r);
    assert_true(value(&r, "num_procs{groupname=\"pg-new\"} ") == 1);
    end(c);
    end(a);
    run(&r);
    assert_true(value(&r, "num_procs{groupname=\"pg-new\"} ") == 0);
    assert_true(
        value(&r, "cpu_seconds_total{groupname=\"pg-new\",mode=\"user\"} ") +
            value(&r, "cpu_seconds_total{groupname=\"pg-new\",mode=\"system\"} ") >=
        used);
    assert_false(node_test_holds(r.out, "namedprocess_namegroup_thread_count"));
    assert_false(node_test_holds(r.out, "namedprocess_namegroup_open_filedesc"));
    node_run_stop(&r);
}

static void *wait_for_ever(void *arg)
{
    prctl(PR_SET_NAME, "pg-thread");
    assert_int_equal(write(*(int *)arg, "", 1), 1);
    for (;;)
        pause();
    return NULL;
}

static void test_everything(void **state)
{
    static const char *const flags[] = { "--collector.process_groups.status",
                                         "--collector.process_groups.fds",
                                         "--collector.process_groups.smaps",
                                         "--collector.process_groups.threads",
                                         "--collector.process_groups.remove-empty-groups",
                                         NULL };
    char config[] = "/tmp/promc-test-XXXXXX";
    char option[80];
    const char *const with_config[] = { option, NULL };
    pthread_t thread;
    struct node_run r;
    int ready[2], fd = mkstemp(config);
    pid_t pid;
    char byte;

    (void)state;
    assert_true(fd >= 0);
    dprintf(fd, "process_names: [{name: 'us {{.Username}}{{.Cgroups}}', comm: [%s]}]\n",
            "pg-main");
    close(fd);
    snprintf(option, sizeof(option), "--collector.process_groups.config=%s", config);
    node_run_flags(&node_process_groups_collector, flags);
    node_run_flags(&node_process_groups_collector, with_config);
    prctl(PR_SET_NAME, "pg-main");
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_ever, &ready[1]), 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    pid = child("pg-child", 0); /* no rule for it */
    if (node_run_start(&r, &node_process_groups_collector, &here) != 0)
        fail_msg("%s", r.err.text);
    run(&r);
    run(&r);
    assert_true(
        node_test_holds(r.out, "namedprocess_namegroup_num_procs{groupname=\"us "));
    assert_true(value(&r, "gauge\nnode_process_groups ") == 1);
    assert_true(node_test_holds(r.out, "namedprocess_namegroup_thread_count{"));
    {
        char *text = node_test_text(r.out), *at = text;
        int found = 0;

        while ((at = strchr(at, '\n')) != NULL && *++at) {
            double v;
            size_t n = strcspn(at, "\n");
            const char *blank = memrchr(at, ' ', n);

            assert_non_null(blank);
            if (at[0] == '#')
                continue;
            assert_int_equal(
                scan_double(span_of(blank + 1, n - (size_t)(blank + 1 - at)), &v), 0);
            found += strncmp(at, "namedprocess_namegroup_num_procs{", 33) == 0 && v == 2;
            found +=
                strncmp(at, "namedprocess_namegroup_open_filedesc{", 37) == 0 && v > 4;
            found += memmem(at, n, "\"proportionalResident\"", 22) && v > 4096;
            found += memmem(at, n, "threadname=\"pg-thread\"", 22) &&
                     strncmp(at, "namedprocess_namegroup_thread_count{", 36) == 0 &&
                     v == 1;
            found += strncmp(at, "namedprocess_namegroup_num_threads{", 35) == 0 &&
                     v == threads_of(getpid()) + threads_of(pid);
        }
        if (found != 5)
            fail_msg("%d of 5 lines found in:\n%s", found, text);
        free(text);
    }
    end(pid);
    run(&r);
    node_run_stop(&r);
    unlink(config);
    /* The file is gone: refused, with its name. */
    assert_int_equal(node_run_start(&r, &node_process_groups_collector, &here), -ENOENT);
    assert_non_null(strstr(r.err.text, config));
    node_run_stop(&r);
}

static void test_other_procfs(void **state)
{
    const struct node_ctx moved = { .paths = { "/host/proc", "/sys", "", "" } };
    struct node_run r;

    (void)state;
    assert_int_equal(node_run_start(&r, &node_process_groups_collector, &moved), -EINVAL);
    assert_non_null(strstr(r.err.text, "--path.procfs=/host/proc"));
    node_run_stop(&r);
}

static void test_default_names(void **state)
{
    static const struct {
        const char *comm;
        int parent;
        const char *name;
    } cases[] = {
        { "kworker/u8:3-ext4", 2, "kworker" },
        { "kswapd0", 2, "kswapd0" },
        { "/odd", 2, "/odd" },
        { "a/b", 1, "a/b" },
        { "", 2, "" },
    };
    char name[NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        default_name(cases[i].comm, cases[i].parent, name);
        assert_string_equal(name, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),       cmocka_unit_test(test_config_refused),
        cmocka_unit_test(test_config_cut),   cmocka_unit_test(test_default_names),
        cmocka_unit_test(test_other_procfs), cmocka_unit_test(test_live),
        cmocka_unit_test(test_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
