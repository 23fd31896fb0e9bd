/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_processes.c - the processes collector, on trees of our own and on the
 * processes that are there.
 */
#include "config.h"

#include "node_run.h"

#include "node/collectors/processes.c"

#define REST " 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 "
#define GAUGE(name, value) "# TYPE " name " gauge\n" name " " value "\n"
#define LIMITS                                                                           \
    GAUGE("node_processes_max_processes", "123")                                         \
    GAUGE("node_processes_max_threads", "7801")

static void put_limits(struct node_test_tree *t)
{
    node_test_put(t, "proc/sys/kernel/threads-max", "7801\n");
    node_test_put(t, "proc/sys/kernel/pid_max", "123\n");
}

static void test_states(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    put_limits(&t);
    node_test_put(&t, "proc/1/stat", "1 (init) S 0" REST "1 0 99\n");
    node_test_put(&t, "proc/1/task/1/stat", "not looked at");
    node_test_put(&t, "proc/20/stat", "20 (a) b) (c ) R 1" REST "3 0 99");
    node_test_put(&t, "proc/20/task/20/stat", "not looked at");
    node_test_put(&t, "proc/20/task/21/stat", "21 (a) D 1" REST "3 0 99");
    node_test_put(&t, "proc/20/task/22/stat", "22 (a) S 1" REST "3 0 99");
    node_test_put(&t, "proc/20/task/23/", ""); /* gone between two calls */
    node_test_put(&t, "proc/30/", "");
    node_test_put(&t, "proc/self/stat", "20 (a) Z 1" REST "3 0 99");
    node_test_put(&t, "proc/4x/stat", "4 (a) Z 1" REST "3 0 99");
    assert_int_equal(node_run_start(&r, &node_processes_collector, &t.ctx), 0);
    for (int twice = 0; twice < 2; twice++) {
        if (node_run_once(&r, 10) != 0)
            fail_msg("%s", r.err.text);
        node_test_expect(
            r.out,
            LIMITS GAUGE("node_processes_pids",
                         "2") "# TYPE node_processes_state gauge\n"
                              "node_processes_state{state=\"R\"} 1\n"
                              "node_processes_state{state=\"S\"} 1\n" GAUGE(
                                  "node_processes_threads",
                                  "4") "# TYPE node_processes_threads_state gauge\n"
                                       "node_processes_threads_state{thread_state=\"D\"}"
                                       " 1\n"
                                       "node_processes_threads_state{thread_state=\"R\"}"
                                       " 1\n"
                                       "node_processes_threads_state{thread_state=\"S\"}"
                                       " 2\n");
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* A process that cannot be read costs itself; so does a limit. */
static void test_bad(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_processes_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    assert_non_null(strstr(r.err.text, "cannot read"));
    node_test_expect(r.out, "");
    node_test_put(&t, "proc/1/stat", "1 (init) S 0" REST "1\n");
    node_test_put(&t, "proc/2/stat", "2 (init) S 0\n");
    node_test_put(&t, "proc/sys/kernel/threads-max", "many\n");
    node_test_put(&t, "proc/sys/kernel/pid_max", "123\n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_string_equal(r.err.text, "2/stat: not the stat of a process");
    node_test_expect(r.out, GAUGE("node_processes_max_processes", "123")
                                GAUGE("node_processes_pids",
                                      "1") "# TYPE node_processes_state gauge\n"
                                           "node_processes_state{state=\"S\"} 1\n" GAUGE(
                                               "node_processes_threads", "1"));
    node_test_remove(&t, "proc/2/stat");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_non_null(strstr(r.err.text, "threads-max: not a number"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* More entries than one call of the kernel returns. */
static void test_many(void **state)
{
    enum { MANY = 3000 };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    put_limits(&t);
    for (int i = 1; i <= MANY; i++) {
        char name[40];

        snprintf(name, sizeof(name), "proc/%d/stat", i);
        node_test_put(&t, name, "1 (x) I 0" REST "2\n");
    }
    assert_int_equal(node_run_start(&r, &node_processes_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_processes_pids 3000\n"));
    assert_true(node_test_holds(r.out, "node_processes_state{state=\"I\"} 3000\n"));
    assert_true(node_test_holds(r.out, "node_processes_threads 6000\n"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_here(void **state)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "" } };
    struct node_run r;

    (void)state;
    assert_int_equal(node_run_start(&r, &node_processes_collector, &ctx), 0);
    if (node_run_once(&r, 10) != 0)
        fail_msg("%s", r.err.text);
    assert_true(node_test_holds(r.out, "node_processes_state{state=\"R\"} "));
    assert_true(
        node_test_holds(r.out, "node_processes_threads_state{thread_state=\"R\"} "));
    node_run_stop(&r);
}

static void feed(struct span prefix)
{
    struct task t = { 0, 0 };

    if (stat_parse(prefix, &t) == 0)
        assert_int_equal(t.state, 'S');
}

static void test_parse(void **state)
{
    static const char text[] =
        "17 (a) b (c)) S 2 0 0 0 -1 2129984 0 0 0 0 14 0 0 0 20 0 12 0";
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        { text, 0 },
        { "", -EINVAL },
        { "1 (x)", -EINVAL },
        { "1 x S 0" REST "1", -EINVAL },
        { "1 (x) 7 0" REST "1", -EINVAL },
        { "1 (x) SS 0" REST "1", -EINVAL },
        { "1 (x) S 0" REST "-1", -EINVAL },
        { "1 (x) S 0" REST "18446744073709551616", -ERANGE },
    };
    struct task t;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(stat_parse(span_str(cases[i].text), &t), cases[i].rc);
    assert_int_equal(stat_parse(span_str(text), &t), 0);
    assert_int_equal(t.state, 'S');
    assert_int_equal(t.threads, 12);
    node_test_prefixes(text, sizeof(text) - 1, feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_many),   cmocka_unit_test(test_here),
        cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
