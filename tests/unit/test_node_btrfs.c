/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_btrfs.c - the collector of Btrfs: what sysfs says, what the file systems say, and
 * mounts that do not answer.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "node/collectors/btrfs_ioctl.h"
#include "node_tries.h"

extern const struct node_collector node_btrfs_collector;

#define UUID "00010203-0405-0607-0809-0a0b0c0d0e0f"
#define OTHER "ffffffff-0405-0607-0809-0a0b0c0d0e0f"
#define FS "sys/fs/btrfs/" UUID "/"
#define U "uuid=\"" UUID "\""
#define U2 "uuid=\"" OTHER "\""
#define INFO                                                                             \
    "# TYPE node_btrfs_info gauge\n"                                                     \
    "node_btrfs_info{label=\"\"," U "} 1\n"
#define COMMITS(total, commits)                                                          \
    "# TYPE node_btrfs_commit_seconds_total counter\n"                                   \
    "node_btrfs_commit_seconds_total{" U "} " total "\n"                                 \
    "# TYPE node_btrfs_commits_total counter\n"                                          \
    "node_btrfs_commits_total{" U "} " commits "\n"
#define LAST(last)                                                                       \
    "# TYPE node_btrfs_last_commit_seconds gauge\n"                                      \
    "node_btrfs_last_commit_seconds{" U "} " last "\n"
#define MAX(max)                                                                         \
    "# TYPE node_btrfs_max_commit_seconds gauge\n"                                       \
    "node_btrfs_max_commit_seconds{" U "} " max "\n"

static const struct node_try tries[] = {
    { &node_btrfs_collector, "no Btrfs", { { NULL, NULL } }, 0, "" },
    { &node_btrfs_collector,
      "names that are none, and an old kernel that counts no commits",
      { { FS "label", "\n" }, { "sys/fs/btrfs/features/x", "1\n" } },
      0,
      COMMITS("0", "0") INFO LAST("0") MAX("0") },
    { &node_btrfs_collector,
      "commits, some of whose lines are bad",
      { { FS "commit_stats", "commits 5\nlast_commit_ms 1500\nmax_commit_ms much\n"
                             "total_commit_ms\nnew 1\n" } },
      0,
      COMMITS("0", "5") INFO LAST("1.5") MAX("0") },
    { &node_btrfs_collector,
      "modes of blocks, the UUID of the metadata, devices from sysfs",
      { { "sys/fs/btrfs/" OTHER "/metadata_uuid", UUID "\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/global_rsv_size", "16\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/bytes_reserved", "1\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/raid5/used_bytes", "2\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/raid5/total_bytes", "3\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/raid6/total_bytes", "4\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/dup/total_bytes", "5\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/new/total_bytes", "6\n" },
        { "sys/fs/btrfs/" OTHER "/allocation/data/raid1c3/total_bytes", "7\n" },
        { "sys/fs/btrfs/" OTHER "/devices/sda/size", "8\n" },
        { "sys/fs/btrfs/" OTHER "/devices/sdb/size", "?\n" } },
      0,
      "# TYPE node_btrfs_allocation_ratio gauge\n"
      "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"dup\"," U "} 2\n"
      "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"new\"," U "} 0\n"
      "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"raid1c3\"," U "} 3\n"
      "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"raid5\"," U "} 2\n"
      "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"raid6\"," U
      "} 0\n" COMMITS(
          "0",
          "0") "# TYPE node_btrfs_device_size_bytes gauge\n"
               "node_btrfs_device_size_bytes{device=\"sda\"," U "} 4096\n"
               "# TYPE node_btrfs_global_rsv_size_bytes gauge\n"
               "node_btrfs_global_rsv_size_bytes{" U "} 16\n" INFO LAST("0") MAX(
                   "0") "# TYPE node_btrfs_reserved_bytes gauge\n"
                        "node_btrfs_reserved_bytes{block_group_type=\"data\"," U "} 1\n"
                        "# TYPE node_btrfs_size_bytes gauge\n"
                        "node_btrfs_size_bytes{block_group_type=\"data\",mode=\"dup\"," U
                        "} 5\n"
                        "node_btrfs_size_bytes{block_group_type=\"data\",mode=\"new\"," U
                        "} 6\n"
                        "node_btrfs_size_bytes{block_group_type=\"data\",mode="
                        "\"raid1c3\"," U "} 7\n"
                        "node_btrfs_size_bytes{block_group_type=\"data\",mode="
                        "\"raid5\"," U "} 3\n"
                        "node_btrfs_size_bytes{block_group_type=\"data\",mode="
                        "\"raid6\"," U "} 4\n"
                        "# TYPE node_btrfs_used_bytes gauge\n"
                        "node_btrfs_used_bytes{block_group_type=\"data\",mode="
                        "\"raid5\"," U "} 2\n" },
    { &node_btrfs_collector,
      "a copy mounted beside the original, by its own UUID",
      { { FS "label", "" },
        { FS "metadata_uuid", UUID "\n" },
        { "sys/fs/btrfs/" OTHER "/metadata_uuid", UUID "\n" } },
      0,
      "# TYPE node_btrfs_commit_seconds_total counter\n"
      "node_btrfs_commit_seconds_total{" U "} 0\n"
      "node_btrfs_commit_seconds_total{" U2 "} 0\n"
      "# TYPE node_btrfs_commits_total counter\n"
      "node_btrfs_commits_total{" U "} 0\n"
      "node_btrfs_commits_total{" U2 "} 0\n"
      "# TYPE node_btrfs_info gauge\n"
      "node_btrfs_info{label=\"\"," U "} 1\n"
      "node_btrfs_info{label=\"\"," U2 "} 1\n"
      "# TYPE node_btrfs_last_commit_seconds gauge\n"
      "node_btrfs_last_commit_seconds{" U "} 0\n"
      "node_btrfs_last_commit_seconds{" U2 "} 0\n"
      "# TYPE node_btrfs_max_commit_seconds gauge\n"
      "node_btrfs_max_commit_seconds{" U "} 0\n"
      "node_btrfs_max_commit_seconds{" U2 "} 0\n" },
};
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

static void test_tries(void **state)
{
    (void)state;
    node_try_all(tries, N_TRIES);
}

static void test_cut(void **state)
{
    (void)state;
    node_try_cut(tries, N_TRIES);
}

/* A file system: paths that hold "stuck" do not answer before the gate is open, "closed" may
 * not be opened. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static int gate_open;
static char asked[256];

static int fake_ask(const char *path, void *answer)
{
    const char *name = strrchr(path, '/') + 1;
    struct btrfs_answer *a = answer;

    pthread_mutex_lock(&lock);
    strncat(asked, name, sizeof(asked) - strlen(asked) - 2);
    strcat(asked, "|");
    while (strstr(name, "stuck") && !gate_open)
        pthread_cond_wait(&opened, &lock);
    pthread_mutex_unlock(&lock);
    if (strstr(name, "closed")) {
        errno = EACCES;
        return -1;
    }
    memset(a, 0, sizeof(*a));
    a->n = 1;
    for (uint8_t i = 0; i < 16; i++)
        a->fsid[i] = i;
    memcpy(a->v[0].name, "sdx", 4);
    memset(a->v[0].uuid, 0xab, 16);
    a->v[0].size = 100;
    a->v[0].used = 30;
    for (uint64_t i = 0; i < BTRFS_ERRORS; i++)
        a->v[0].errors[i] = i + 1;
    return 0;
}

#define D "btrfs_dev_uuid=\"abababab-abab-abab-abab-abababababab\",device=\"sdx\","

static void expect_asked(const char *paths)
{
    char copy[sizeof(asked)];

    pthread_mutex_lock(&lock);
    memcpy(copy, asked, sizeof(copy));
    asked[0] = '\0';
    pthread_mutex_unlock(&lock);
    assert_string_equal(copy, paths);
}

static void start(struct node_run *r, struct node_test_tree *t, const char *mountinfo)
{
    btrfs_ask = fake_ask;
    node_test_tree_new(t);
    node_test_put(t, FS "devices/sdx/size", "8\n");
    node_test_put(t, "proc/1/mountinfo", mountinfo);
    t->ctx.paths.rootfs = "";
    assert_int_equal(node_run_start(r, &node_btrfs_collector, &t->ctx), 0);
}

/* Each file system is asked at one place; at another one if that cannot be opened. */
static void test_asked(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    start(&r, &t,
          "1 0 8:1 / / rw - ext4 /dev/sda rw\n"
          "2 1 0:9 / /closed rw - btrfs /dev/sdx rw\n"
          "3 1 0:9 / /a rw - btrfs /dev/sdx rw\n"
          "4 1 0:9 / /b rw - btrfs /dev/sdx rw\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(node_run_once(&r, 60), 0);
        expect_asked("closed|a|");
        assert_true(
            node_test_holds(r.out, "node_btrfs_device_size_bytes{" D U "} 100\n"));
        assert_true(
            node_test_holds(r.out, "node_btrfs_device_unused_bytes{" D U "} 70\n"));
        assert_true(node_test_holds(r.out, "node_btrfs_device_errors_total{" D
                                           "type=\"write\"," U "} 1\n"));
        assert_true(node_test_holds(r.out, "node_btrfs_device_errors_total{" D
                                           "type=\"generation\"," U "} 5\n"));
        assert_false(
            node_test_holds(r.out, "node_btrfs_device_size_bytes{device=\"sdx\","));
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* A mount that hangs costs what it would have said, is asked once, and its other places are
 * left alone. */
static void test_stuck(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    start(&r, &t,
          "2 1 0:9 / /stuck rw - btrfs /dev/sdx rw\n"
          "3 1 0:9 / /a rw - btrfs /dev/sdx rw\n");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(node_run_once(&r, i ? 60 : 0.2), 0);
        expect_asked(i ? "" : "stuck|");
        assert_true(node_test_holds(
            r.out, "node_btrfs_device_size_bytes{device=\"sdx\"," U "} 4096\n"));
    }
    pthread_mutex_lock(&lock);
    gate_open = 1;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&lock);
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* What is no Btrfs at all, or not there, with the real calls. */
static void test_real_calls(void **state)
{
    struct btrfs_answer *a = malloc(sizeof(*a));

    (void)state;
    assert_non_null(a);
    assert_int_equal(btrfs_ask("/proc", a), -1);
    assert_int_equal(errno, ENOTTY);
    assert_int_equal(btrfs_ask("/nonexistent", a), -1);
    assert_int_equal(errno, ENOENT);
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_calls), /* before it is replaced */
        cmocka_unit_test(test_tries),      cmocka_unit_test(test_cut),
        cmocka_unit_test(test_asked),      cmocka_unit_test(test_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
