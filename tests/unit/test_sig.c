/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sig.c - reload on SIGHUP, an orderly end on SIGTERM, an immediate one on the
 * second.
 */
#include "config.h"

#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sig.h"

static void reload(void *arg)
{
    ++*(int *)arg;
    kill(getpid(), SIGTERM);
}

/* What a child does that has blocked the signals and got sig. Returns its wait status. */
static int in_child(void (*body)(void), int sig)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(30);
        if (sig_block() != 0)
            _exit(99);
        kill(getpid(), sig);
        body();
        _exit(98);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void wait_plain(void)
{
    _exit(sig_wait(NULL, NULL));
}

static void wait_reload(void)
{
    int calls = 0;

    _exit(sig_wait(reload, &calls) == SIGTERM ? calls : 97);
}

static void wait_twice(void)
{
    sig_wait(NULL, NULL);
    kill(getpid(), SIGTERM);
    pause();
}

static void write_to_nobody(void)
{
    int fds[2];

    if (pipe(fds) != 0)
        _exit(97);
    close(fds[0]);
    _exit(write(fds[1], "x", 1) < 0 ? 7 : 96);
}

static void signals(void **state)
{
    int status;

    (void)state;
    assert_int_equal(WEXITSTATUS(in_child(wait_plain, SIGTERM)), SIGTERM);
    assert_int_equal(WEXITSTATUS(in_child(wait_plain, SIGINT)), SIGINT);
    assert_int_equal(WEXITSTATUS(in_child(wait_plain, SIGHUP)), SIGHUP);
    assert_int_equal(WEXITSTATUS(in_child(wait_reload, SIGHUP)), 1);
    assert_int_equal(WEXITSTATUS(in_child(write_to_nobody, 0)), 7);
    status = in_child(wait_twice, SIGINT);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(signals) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
