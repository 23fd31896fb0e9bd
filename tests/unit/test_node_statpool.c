/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_statpool.c - statfs calls that may never return: who is asked, who is given
 * up, and how many threads that costs.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/vfs.h>
#include <time.h>

#include "common/log.h"
#include "node_test.h"
#include "node/collectors/statpool.h"

#define MS ((uint64_t)1000000)
#define LONG_TIME (60000 * MS)

/* A file system: paths that hold "stuck" do not answer before the gate is open. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static int gate_open;
static unsigned stuck_calls;

static int fake_statfs(const char *path, void *answer)
{
    struct statfs *buf = answer;

    if (strstr(path, "stuck")) {
        pthread_mutex_lock(&gate_lock);
        stuck_calls++;
        while (!gate_open)
            pthread_cond_wait(&gate_opened, &gate_lock);
        pthread_mutex_unlock(&gate_lock);
    }
    if (strstr(path, "gone")) {
        errno = ENOENT;
        return -1;
    }
    memset(buf, 0, sizeof(*buf));
    buf->f_blocks = (fsblkcnt_t)strlen(path);
    return 0;
}

static void set_gate(int open)
{
    pthread_mutex_lock(&gate_lock);
    gate_open = open;
    pthread_cond_broadcast(&gate_opened);
    pthread_mutex_unlock(&gate_lock);
}

static unsigned count_stuck_calls(void)
{
    unsigned n;

    pthread_mutex_lock(&gate_lock);
    n = stuck_calls;
    pthread_mutex_unlock(&gate_lock);
    return n;
}

static uint64_t in_ms(unsigned ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec + ms * MS;
}

/* Threads come to their end a moment after the run that no longer needs them. */
static void wait_for_threads(struct statpool *pool, unsigned n)
{
    for (int i = 0; i < 2000 && statpool_threads(pool) != n; i++)
        usleep(5000);
    assert_int_equal(statpool_threads(pool), n);
}

static int setup(void **state)
{
    set_gate(0);
    stuck_calls = 0;
    *state = statpool_new(fake_statfs, sizeof(struct statfs), 64);
    return *state ? 0 : -1;
}

/* In the tests that leave threads behind, freeing the pool comes first. */
static int teardown(void **state)
{
    statpool_free(*state);
    set_gate(1);
    return 0;
}

static void test_all_answer(void **state)
{
    enum { N = 1000 };
    static char paths[N][16];
    static struct stat_request req[N];
    static struct statfs answers[N];

    for (int i = 0; i < N; i++) {
        snprintf(paths[i], sizeof(paths[i]), i % 7 ? "/fs%d" : "/gone%d", i);
        req[i] =
            (struct stat_request){ .path = paths[i], .id = 1, .answer = &answers[i] };
    }
    for (int round = 0; round < 3; round++) {
        assert_int_equal(statpool_run(*state, req, N, LONG_TIME, in_ms(60000)), 0);
        for (int i = 0; i < N; i++) {
            assert_int_equal(req[i].state, STAT_DONE);
            assert_int_equal(req[i].error, i % 7 ? 0 : ENOENT);
            if (i % 7)
                assert_int_equal(answers[i].f_blocks, strlen(paths[i]));
        }
    }
    wait_for_threads(*state, 1);
}

static void test_nothing_to_do(void **state)
{
    assert_int_equal(statpool_run(*state, NULL, 0, LONG_TIME, in_ms(1)), 0);
    assert_int_equal(statpool_threads(*state), 0);
}

static void test_long_path(void **state)
{
    char path[PATH_MAX + 1];
    struct stat_request req = { .path = path };

    memset(path, 'x', PATH_MAX);
    path[PATH_MAX] = '\0';
    assert_int_equal(statpool_run(*state, &req, 1, LONG_TIME, in_ms(60000)), 0);
    assert_int_equal(req.state, STAT_DONE);
    assert_int_equal(req.error, ENAMETOOLONG);
}

/* From the first run on: the stuck one is given up, the others are answered, and the
 * stuck one holds one thread, however many runs follow. */
static void test_one_stuck(void **state)
{
    struct statfs answer;
    struct stat_request req[] = { { .path = "/a" },
                                  { .path = "/stuck", .answer = &answer },
                                  { .path = "/b" },
                                  { .path = "/c" } };

    for (int round = 0; round < 5; round++) {
        assert_int_equal(statpool_run(*state, req, 4, 50 * MS, in_ms(60000)), 0);
        assert_int_equal(req[0].state, STAT_DONE);
        assert_int_equal(req[1].state, round ? STAT_STUCK : STAT_TIMEOUT);
        assert_int_equal(req[2].state, STAT_DONE);
        assert_int_equal(req[3].state, STAT_DONE);
        wait_for_threads(*state, 2);
        assert_int_equal(count_stuck_calls(), 1);
        assert_true(statpool_is_stuck(*state, "/stuck", 0));
        assert_false(statpool_is_stuck(*state, "/stuck", 77));
        assert_false(statpool_is_stuck(*state, "/a", 0));
    }
    /* another file system at the same place is asked on its own account */
    req[1].id = 77;
    assert_int_equal(statpool_run(*state, req, 4, 50 * MS, in_ms(60000)), 0);
    assert_int_equal(req[1].state, STAT_TIMEOUT);
    wait_for_threads(*state, 3);

    set_gate(1);
    wait_for_threads(*state, 1);
    assert_int_equal(statpool_run(*state, req, 4, LONG_TIME, in_ms(60000)), 0);
    assert_int_equal(req[1].state, STAT_DONE);
    assert_int_equal(answer.f_blocks, 6);
}

static void test_many_stuck(void **state)
{
    enum { N = 90 };
    static char paths[N][16];
    static struct stat_request req[N];

    for (int i = 0; i < N; i++) {
        snprintf(paths[i], sizeof(paths[i]), i % 3 ? "/fs%d" : "/stuck%d", i);
        req[i] = (struct stat_request){ .path = paths[i] };
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(statpool_run(*state, req, N, 3000 * MS, in_ms(3000)), 0);
        for (int i = 0; i < N; i++) {
            if (i % 3)
                assert_int_equal(req[i].state, STAT_DONE);
            else
                assert_int_equal(req[i].state, round ? STAT_STUCK : STAT_TIMEOUT);
        }
        wait_for_threads(*state, 31);
    }
    assert_int_equal(count_stuck_calls(), 30);
    set_gate(1);
    wait_for_threads(*state, 1);
}

/* No more threads than allowed: what finds none is reported, and asked at another time.
 */
static void test_thread_limit(void **state)
{
    struct stat_request req[] = { { .path = "/stuck1" },
                                  { .path = "/stuck2" },
                                  { .path = "/stuck3" },
                                  { .path = "/a" } };
    struct statpool *pool = statpool_new(fake_statfs, sizeof(struct statfs), 2);

    (void)state;
    assert_non_null(pool);
    assert_int_equal(statpool_run(pool, req, 4, 200 * MS, in_ms(200)), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(req[i].state, STAT_TIMEOUT);
    assert_int_equal(statpool_threads(pool), 2);
    set_gate(1);
    wait_for_threads(pool, 1);
    assert_int_equal(statpool_run(pool, req, 4, LONG_TIME, in_ms(60000)), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(req[i].state, STAT_DONE);
    statpool_free(pool);
}

/* The deadline has passed before anything was begun. */
static void test_too_late(void **state)
{
    struct stat_request req[] = { { .path = "/a" }, { .path = "/stuck" } };

    assert_int_equal(statpool_run(*state, req, 2, LONG_TIME, 1), 0);
    assert_int_equal(req[0].state, STAT_TIMEOUT);
    assert_int_equal(req[1].state, STAT_TIMEOUT);
    assert_int_equal(statpool_run(*state, req, 1, LONG_TIME, in_ms(60000)), 0);
    assert_int_equal(req[0].state, STAT_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_do, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_stuck, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_stuck, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thread_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_late, setup, teardown),
    };

    log_setup("error", "logfmt");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
