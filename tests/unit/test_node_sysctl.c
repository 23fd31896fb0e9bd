/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_sysctl.c - the sysctl collector and what its flags ask for.
 */
#include "config.h"

#include <errno.h>

#include "node_run.h"

extern const struct node_collector node_sysctl_collector;

#define NUMBERS "--collector.sysctl.include="
#define TEXT "--collector.sysctl.include-info="

static void test_settings(void **state)
{
    static const char *const flags[] = { NUMBERS "vm.swappiness", NUMBERS "fs.file-nr",
                                         NUMBERS "fs.file-nr:total,un-used,max",
                                         TEXT "kernel.seccomp.actions_avail", NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/sys/vm/swappiness", "-60\n");
    node_test_put(&t, "proc/sys/fs/file-nr", "1024\t0\t18446744073709551615\n");
    node_test_put(&t, "proc/sys/kernel/seccomp/actions_avail", "kill\ttrap  log\n");
    node_run_flags(&node_sysctl_collector, flags);
    assert_int_equal(node_run_start(&r, &node_sysctl_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out,
                     "# TYPE node_sysctl_fs_file_nr untyped\n"
                     "node_sysctl_fs_file_nr{index=\"0\"} 1024\n"
                     "node_sysctl_fs_file_nr{index=\"1\"} 0\n"
                     "node_sysctl_fs_file_nr{index=\"2\"} 1.8446744073709552e+19\n"
                     "# TYPE node_sysctl_fs_file_nr_max untyped\n"
                     "node_sysctl_fs_file_nr_max 1.8446744073709552e+19\n"
                     "# TYPE node_sysctl_fs_file_nr_total untyped\n"
                     "node_sysctl_fs_file_nr_total 1024\n"
                     "# TYPE node_sysctl_fs_file_nr_un_used untyped\n"
                     "node_sysctl_fs_file_nr_un_used 0\n"
                     "# TYPE node_sysctl_info gauge\n"
                     "node_sysctl_info{index=\"0\",name=\"kernel.seccomp.actions_avail\","
                     "value=\"kill\"} 1\n"
                     "node_sysctl_info{index=\"1\",name=\"kernel.seccomp.actions_avail\","
                     "value=\"trap\"} 1\n"
                     "node_sysctl_info{index=\"2\",name=\"kernel.seccomp.actions_avail\","
                     "value=\"log\"} 1\n"
                     "# TYPE node_sysctl_vm_swappiness untyped\n"
                     "node_sysctl_vm_swappiness -60\n");

    /* Each one that fails costs itself: missing, of another length, no number, empty. */
    node_test_put(&t, "proc/sys/fs/file-nr", "1 2\n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_string_equal(r.err.text, "sysctl fs.file-nr: 2 numbers for 3 names");
    assert_true(node_test_holds(r.out, "node_sysctl_fs_file_nr{index=\"1\"} 2\n"));
    assert_false(node_test_holds(r.out, "node_sysctl_fs_file_nr_total"));
    node_test_remove(&t, "proc/sys/fs/file-nr");
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    assert_true(node_test_holds(r.out, "node_sysctl_vm_swappiness -60\n"));
    node_test_put(&t, "proc/sys/vm/swappiness", "high\n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_string_equal(r.err.text, "sysctl vm.swappiness: not a number");
    node_test_put(&t, "proc/sys/vm/swappiness", " \n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_string_equal(r.err.text, "sysctl vm.swappiness: empty");
    assert_true(node_test_holds(r.out, "node_sysctl_info{index=\"2\""));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* Settings that go on behind the 128 bytes of a small file. */
static void test_long(void **state)
{
    static const char *const flags[] = { NUMBERS "a.b", TEXT "a.c", NULL };
    struct node_test_tree t;
    struct node_run r;
    char text[1024] = "";

    (void)state;
    for (int i = 0; i < 40; i++)
        strcat(text, "123456789 ");
    node_test_tree_new(&t);
    node_test_put(&t, "proc/sys/a/b", text);
    memset(text, 'x', 600);
    text[600] = '\0';
    node_test_put(&t, "proc/sys/a/c", text);
    node_run_flags(&node_sysctl_collector, flags);
    assert_int_equal(node_run_start(&r, &node_sysctl_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_sysctl_a_b{index=\"39\"} 1.23456789e+08\n"));
    assert_true(node_test_holds(r.out, "node_sysctl_info{index=\"0\",name=\"a.c\""));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_bad_flags(void **state)
{
    static const char *const bad[] = { NUMBERS,        NUMBERS ":a",    NUMBERS "a:",
                                       NUMBERS "a:,b", NUMBERS "a:b,",  TEXT,
                                       TEXT "a:b",     NUMBERS "a:b,,c" };
    struct node_test_tree t;

    (void)state;
    node_test_tree_new(&t);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *flags[] = { bad[i],
                                strncmp(bad[i], TEXT, strlen(TEXT)) == 0 ? NUMBERS "good"
                                                                         : TEXT "good",
                                NULL };
        struct node_run r;

        node_run_flags(&node_sysctl_collector, flags);
        if (node_run_start(&r, &node_sysctl_collector, &t.ctx) != -EINVAL)
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strstr(r.err.text, "--collector.sysctl.include"));
        assert_null(r.priv);
        node_run_stop(&r);
    }
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_bad_flags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
