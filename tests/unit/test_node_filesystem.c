/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_filesystem.c - from mountinfo to the metrics of the filesystem collector.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sys/vfs.h>

#include "common/log.h"
#include "node_run.h"
#include "node/collectors/filesystem.h"
#include "node/collectors/mountinfo.h"

extern const struct node_collector node_filesystem_collector;

/* ------------------------------------------------------------------------------------
 * Lines of mountinfo
 */

static const struct {
    const char *line;
    int rc;
    const char *device, *point, *fstype;
    int readonly;
} lines[] = {
    { "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue", 0,
      "/dev/root", "/mnt2", "ext3", 0 },
    { "36 35 98:0 / / ro - ext4 /dev/sda rw", 0, "/dev/sda", "/", "ext4", 1 },
    { "36 35 98:0 / / rw shared:1 master:2 unbindable - ext4 /dev/sda "
      "errors=remount-ro,ro",
      0, "/dev/sda", "/", "ext4", 1 },
    { "36 35 98:0 / / rw - ext4 /dev/sda rw,emergency_ro", 0, "/dev/sda", "/", "ext4",
      1 },
    { "36 35 98:0 / / rw - ext4 /dev/sda errors=remount-ro,data=ordered", 0, "/dev/sda",
      "/", "ext4", 0 },
    { "36 35 0:26 / /x rw - tmpfs  rw", 0, "", "/x", "tmpfs", 0 },
    { "36 35 0:26 / /x rw - fuse.odd odd rw,name=a b,ro", 0, "odd", "/x", "fuse.odd", 1 },
    { "", -EINVAL, "", "", "", 0 },
    { "36 35 98:0 / / rw ext4 /dev/sda rw", -EINVAL, "", "", "", 0 },
    { "36 35 98:0 / / rw - ext4 /dev/sda", -EINVAL, "", "", "", 0 },
    { "36 35 98:0 / / rw - ext4", -EINVAL, "", "", "", 0 },
    { "x 35 98:0 / / rw - ext4 /dev/sda rw", -EINVAL, "", "", "", 0 },
    { "36 35 980 / / rw - ext4 /dev/sda rw", -EINVAL, "", "", "", 0 },
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct mount_line m;
        int rc = mountinfo_parse_line(span_str(lines[i].line), &m);

        if (rc != lines[i].rc)
            fail_msg("\"%s\": %d", lines[i].line, rc);
        if (rc < 0)
            continue;
        assert_true(span_is(m.device, lines[i].device));
        assert_true(span_is(m.point, lines[i].point));
        assert_true(span_is(m.fstype, lines[i].fstype));
        assert_int_equal(m.readonly, lines[i].readonly);
        assert_int_equal(m.id, 36);
    }
}

static void parse_prefix(struct span prefix)
{
    struct mount_line m;

    (void)mountinfo_parse_line(prefix, &m);
}

static void test_lines_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        node_test_prefixes(lines[i].line, strlen(lines[i].line), parse_prefix);
}

static void test_escapes(void **state)
{
    static const char in[] = "/a\\040b\\011c\\012d\\134e\\0f\\400\\04";
    char out[sizeof(in)];

    (void)state;
    mountinfo_label(span_str(in), out);
    assert_string_equal(out, "/a b\tc\\012d\\134e\\0f\\400\\04");
    mountinfo_path(span_str(in), out);
    assert_string_equal(out, "/a b\tc\nd\\e\\0f\\400\\04");
}

/* ------------------------------------------------------------------------------------
 * The collector, with a statfs of our own
 */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static int gate_open;
static char asked[1024];

static int fake_statfs(const char *path, void *answer)
{
    struct statfs *buf = answer;

    pthread_mutex_lock(&lock);
    if (strlen(asked) + strlen(path) + 2 < sizeof(asked)) {
        strcat(asked, path);
        strcat(asked, "|");
    }
    while (strstr(path, "stuck") && !gate_open)
        pthread_cond_wait(&opened, &lock);
    pthread_mutex_unlock(&lock);
    if (strstr(path, "stale")) {
        errno = ESTALE;
        return -1;
    }
    memset(buf, 0, sizeof(*buf));
    buf->f_bsize = 4096;
    buf->f_blocks = 100;
    buf->f_bfree = 50;
    buf->f_bavail = 40;
    buf->f_files = 7;
    buf->f_ffree = 3;
    return 0;
}

static void set_gate(int open)
{
    pthread_mutex_lock(&lock);
    gate_open = open;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&lock);
}

static void forget_asked(void)
{
    pthread_mutex_lock(&lock);
    asked[0] = '\0';
    pthread_mutex_unlock(&lock);
}

static void expect_asked(const char *paths)
{
    char copy[sizeof(asked)];

    pthread_mutex_lock(&lock);
    memcpy(copy, asked, sizeof(copy));
    pthread_mutex_unlock(&lock);
    assert_string_equal(copy, paths);
}

/* One scrape of a mountinfo below a root. What was asked of whom is in asked. */
static void scrape(struct node_run *r, struct node_test_tree *t, const char *rootfs,
                   const char *file, const char *mountinfo)
{
    struct node_ctx ctx;

    filesystem_statfs = fake_statfs;
    node_test_tree_new(t);
    node_test_put(t, file, mountinfo);
    ctx = t->ctx;
    ctx.paths.rootfs = rootfs;
    assert_int_equal(node_run_start(r, &node_filesystem_collector, &ctx), 0);
    forget_asked();
    assert_int_equal(node_run_once(r, 10), 0);
}

static void finish(struct node_run *r, struct node_test_tree *t)
{
    node_run_stop(r);
    node_test_tree_free(t);
}

static void test_metrics(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    scrape(&r, &t, "", "proc/1/mountinfo",
           "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
           "21 20 0:5 / /proc rw - proc proc rw\n"
           "this line is odd\n"
           "22 20 8:2 / /stale ro - nfs server:/x rw\n");
    node_test_expect(
        r.out,
        "# TYPE node_filesystem_avail_bytes gauge\n"
        "node_filesystem_avail_bytes{device=\"/dev/"
        "sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 163840\n"
        "# TYPE node_filesystem_device_error gauge\n"
        "node_filesystem_device_error{device=\"/dev/"
        "sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 0\n"
        "node_filesystem_device_error{device=\"server:/x\",device_error=\"stale NFS file "
        "handle\",fstype=\"nfs\",mountpoint=\"/stale\"} 1\n"
        "# TYPE node_filesystem_files gauge\n"
        "node_filesystem_files{device=\"/dev/sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 7\n"
        "# TYPE node_filesystem_files_free gauge\n"
        "node_filesystem_files_free{device=\"/dev/"
        "sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 3\n"
        "# TYPE node_filesystem_free_bytes gauge\n"
        "node_filesystem_free_bytes{device=\"/dev/"
        "sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 204800\n"
        "# TYPE node_filesystem_mount_info gauge\n"
        "node_filesystem_mount_info{device=\"/dev/sda1\",major=\"8\",minor=\"1\","
        "mountpoint=\"/\"} 1\n"
        "# TYPE node_filesystem_purgeable_bytes gauge\n"
        "node_filesystem_purgeable_bytes{device=\"/dev/sda1\",device_error=\"\","
        "fstype=\"ext4\",mountpoint=\"/\"} 0\n"
        "# TYPE node_filesystem_readonly gauge\n"
        "node_filesystem_readonly{device=\"/dev/sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 0\n"
        "node_filesystem_readonly{device=\"server:/x\",device_error=\"stale NFS file "
        "handle\",fstype=\"nfs\",mountpoint=\"/stale\"} 1\n"
        "# TYPE node_filesystem_size_bytes gauge\n"
        "node_filesystem_size_bytes{device=\"/dev/"
        "sda1\",device_error=\"\",fstype=\"ext4\","
        "mountpoint=\"/\"} 409600\n");
    finish(&r, &t);
}

/* The root is cut off the label and put in front of the path; process 1 cannot be seen.
 */
static void test_rootfs(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    scrape(&r, &t, "/host", "proc/self/mountinfo",
           "20 1 8:1 / /host rw - ext4 /dev/a rw\n"
           "21 1 8:2 / /host/media/vol\\0401 rw - ext4 /dev/b rw\n"
           "22 1 8:3 / /host/proc rw - ext4 /dev/c rw\n"
           "23 1 8:4 / /out\\134side rw - ext4 /dev/d rw\n");
    expect_asked("/host|/host/media/vol 1|/host/out\\side|");
    assert_true(node_test_holds(r.out,
                                "node_filesystem_readonly{device=\"/dev/a\","
                                "device_error=\"\",fstype=\"ext4\",mountpoint=\"/\"}"));
    assert_true(node_test_holds(
        r.out, "node_filesystem_readonly{device=\"/dev/b\",device_error=\"\","
               "fstype=\"ext4\",mountpoint=\"/media/vol 1\"}"));
    assert_false(node_test_holds(r.out, "node_filesystem_readonly{device=\"/dev/c\""));
    assert_true(node_test_holds(
        r.out, "node_filesystem_readonly{device=\"/dev/d\",device_error=\"\","
               "fstype=\"ext4\",mountpoint=\"/out\\\\134side\"}"));
    finish(&r, &t);
}

/* The same labels once, the same device twice; and raw bytes reach statfs unmended. */
static void test_duplicates_and_bytes(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    scrape(&r, &t, "", "proc/1/mountinfo",
           "20 1 8:1 / /x ro - ext4 /dev/a rw\n"
           "21 1 8:1 /sub /y rw - ext4 /dev/a rw\n"
           "22 1 8:9 / /x rw - ext4 /dev/a rw\n"
           "23 1 8:2 / /bad\xff rw - ext4 /dev/b rw\n");
    expect_asked("/x|/y|/bad\xff|");
    assert_true(node_test_holds(
        r.out, "node_filesystem_readonly{device=\"/dev/a\",device_error=\"\","
               "fstype=\"ext4\",mountpoint=\"/x\"} 1\n"));
    assert_true(node_test_holds(
        r.out, "node_filesystem_readonly{device=\"/dev/b\",device_error=\"\","
               "fstype=\"ext4\",mountpoint=\"/bad\xef\xbf\xbd\"} 0\n"));
    finish(&r, &t);
}

/* A mount that comes or goes is noticed at the next scrape. */
static void test_changes(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    scrape(&r, &t, "", "proc/1/mountinfo", "20 1 8:1 / /x rw - ext4 /dev/a rw\n");
    node_test_put(
        &t, "proc/1/mountinfo",
        "21 1 8:1 / /y rw - ext4 /dev/a rw\n22 1 8:2 / /z rw - ext4 /dev/b rw\n");
    forget_asked();
    assert_int_equal(node_run_once(&r, 10), 0);
    expect_asked("/y|/z|");
    node_test_put(&t, "proc/1/mountinfo", "");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "");
    node_test_remove(&t, "proc/1/mountinfo");
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    finish(&r, &t);
}

/* A mount that does not answer, from the very first scrape on, and its return. */
static void test_stuck(void **state)
{
    static const char stuck[] =
        "node_filesystem_device_error{device=\"b\",device_error=\"mountpoint timeout\","
        "fstype=\"nfs\",mountpoint=\"/stuck\"} 1\n";
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    set_gate(0);
    filesystem_statfs = fake_statfs;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/1/mountinfo",
                  "20 1 8:1 / /x rw - ext4 a rw\n21 1 0:9 / /stuck ro - nfs b rw\n"
                  "22 1 8:3 / /y rw - ext4 c rw\n");
    t.ctx.paths.rootfs = "";
    assert_int_equal(node_run_start(&r, &node_filesystem_collector, &t.ctx), 0);
    for (int i = 0; i < 3; i++) {
        forget_asked();
        assert_int_equal(node_run_once(&r, 0.5), 0);
        expect_asked(i ? "/x|/y|" : "/x|/stuck|/y|");
        assert_true(node_test_holds(r.out, stuck));
        assert_true(node_test_holds(r.out, "node_filesystem_readonly{device=\"b\","
                                           "device_error=\"mountpoint timeout\","
                                           "fstype=\"nfs\",mountpoint=\"/stuck\"} 1\n"));
        assert_false(node_test_holds(r.out, "node_filesystem_size_bytes{device=\"b\""));
        assert_true(filesystem_is_stuck("/stuck", 21));
        assert_false(filesystem_is_stuck("/stuck", 20));
        assert_true(node_test_holds(r.out, "node_filesystem_size_bytes{device=\"c\""));
    }
    set_gate(1);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        if (!node_test_holds(r.out, stuck))
            break;
        usleep(5000);
    }
    assert_true(node_test_holds(r.out, "node_filesystem_size_bytes{device=\"b\""));
    assert_false(filesystem_is_stuck("/stuck", 21));
    finish(&r, &t);
    assert_false(filesystem_is_stuck("/stuck", 21));
}

static void test_error_words(void **state)
{
    char buf[32];

    (void)state;
    assert_string_equal(filesystem_error(EACCES, buf), "permission denied");
    assert_string_equal(filesystem_error(ENOTCONN, buf),
                        "transport endpoint is not connected");
    assert_string_equal(filesystem_error(9999, buf), "errno 9999");
}

/* Last: flags stay set. Old names stand for the new ones; what excludes each other. */
static void test_flags(void **state)
{
    static const char *const include[] = {
        "--collector.filesystem.fs-types-include=^proc$",
        "--collector.filesystem.mount-points-include=.",
        "--collector.filesystem.mount-timeout=1s",
        "--collector.filesystem.stat-workers=9", NULL
    };
    static const char *const both[] = { "--collector.filesystem.fs-types-include=^proc$",
                                        "--collector.filesystem.fs-types-exclude=^sysfs$",
                                        NULL };
    static const char *const old[] = { "--collector.filesystem.ignored-fs-types=^sysfs$",
                                       NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_run_flags(&node_filesystem_collector, include);
    scrape(&r, &t, "", "proc/1/mountinfo",
           "20 1 0:1 / /proc rw - proc proc rw\n21 1 8:1 / / rw - ext4 /dev/a rw\n");
    expect_asked("/proc|");
    finish(&r, &t);

    node_run_flags(&node_filesystem_collector, both);
    assert_int_equal(node_run_start(&r, &node_filesystem_collector, &t.ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "fs-types-include exclude each other"));
    node_run_stop(&r);

    node_run_flags(&node_filesystem_collector, old);
    assert_int_equal(node_run_start(&r, &node_filesystem_collector, &t.ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "ignored-fs-types are the same flag"));
    node_run_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_lines_cut),
        cmocka_unit_test(test_escapes),     cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_rootfs),      cmocka_unit_test(test_duplicates_and_bytes),
        cmocka_unit_test(test_changes),     cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_error_words), cmocka_unit_test(test_flags),
    };

    log_setup("error", "logfmt");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
