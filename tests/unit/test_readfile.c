/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_readfile.c - whole files, whatever their size says; and what is no file is
 * refused.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/readfile.h"

static char dir[] = "/tmp/test_readfile.XXXXXX";
static int dir_fd = -1;

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
    return dir_fd < 0;
}

static int remove_dir(void **state)
{
    (void)state;
    close(dir_fd);
    return rmdir(dir);
}

static void put(const char *name, const char *data, size_t len)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

static void sizes(void **state)
{
    static const size_t lengths[] = { 0, 1, 4094, 4095, 4096, 4097, 100000 };
    static char data[100000];
    struct readbuf b = { 0 };

    (void)state;
    memset(data, 'x', sizeof(data));
    for (size_t i = 0; i < COUNT(lengths); i++) {
        put("f", data, lengths[i]);
        assert_int_equal(read_file(dir, "f", &b, 0), 0);
        assert_int_equal(b.len, lengths[i]);
        assert_int_equal(memcmp(b.data, data, b.len), 0);
        assert_int_equal(b.data[b.len], '\0');
        assert_int_equal(read_file_at(dir_fd, "f", &b, lengths[i]), 0);
        assert_int_equal(b.len, lengths[i]);
        if (lengths[i] > 1)
            assert_int_equal(read_file(dir, "f", &b, lengths[i] - 1), -EFBIG);
    }
    readbuf_free(&b);
    unlinkat(dir_fd, "f", 0);
}

static void usual_limit(void **state)
{
    size_t size = (size_t)64 << 20;
    struct readbuf b = { 0 };
    int fd;

    (void)state;
    put("f", "", 0);
    fd = openat(dir_fd, "f", O_WRONLY);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(read_file(dir, "f", &b, 0), 0);
    assert_int_equal(b.len, size);
    assert_int_equal(ftruncate(fd, (off_t)size + 1), 0);
    assert_int_equal(read_file(dir, "f", &b, 0), -EFBIG);
    assert_int_equal(read_file(dir, "f", &b, size + 1), 0);
    close(fd);
    readbuf_free(&b);
    unlinkat(dir_fd, "f", 0);
}

static void not_files(void **state)
{
    struct readbuf b = { 0 };
    char value[64];

    (void)state;
    assert_int_equal(mkfifoat(dir_fd, "fifo", 0600), 0);
    assert_int_equal(symlinkat("fifo", dir_fd, "link"), 0);
    assert_int_equal(read_file(dir, "fifo", &b, 0), -EINVAL);
    assert_int_equal(read_file_at(dir_fd, "link", &b, 0), -EINVAL);
    assert_int_equal(read_value_at(dir_fd, "fifo", value, sizeof(value)), 0);
    assert_int_equal(read_file("/dev", "zero", &b, 0), -EINVAL);
    assert_int_equal(read_file(NULL, dir, &b, 0), -EISDIR);
    assert_int_equal(read_file(dir, "none", &b, 0), -ENOENT);
    assert_int_equal(read_value_at(dir_fd, "none", value, sizeof(value)), -ENOENT);
    assert_int_equal(read_value_at(dir_fd, ".", value, sizeof(value)), -EISDIR);
    readbuf_free(&b);
    unlinkat(dir_fd, "fifo", 0);
    unlinkat(dir_fd, "link", 0);
}

/* Files of procfs say size 0. */
static void procfs(void **state)
{
    struct hotfile h = HOTFILE_INIT;
    struct readbuf b = { 0 };
    char *long_dir;
    int fd;

    (void)state;
    assert_int_equal(read_file("/proc", "self/status", &b, 0), 0);
    assert_non_null(strstr(b.data, "Threads:"));

    assert_int_equal(hotfile_read(&h, "/proc", "self/stat", &b, 0), 0);
    fd = h.fd;
    assert_true(fd >= 0); /* kept */
    assert_int_equal(hotfile_read(&h, "/proc", "self/stat", &b, 0), 0);
    assert_int_equal(h.fd, fd);
    assert_int_equal(strtol(b.data, NULL, 10), getpid()); /* from the start again */
    hotfile_close(&h);
    assert_int_equal(h.fd, -1);

    /* A path of any length. */
    long_dir = malloc(2000);
    memset(long_dir, '/', 1999);
    memcpy(long_dir + 1994, "proc", 5);
    assert_int_equal(read_file(long_dir, "self/status", &b, 0), 0);
    free(long_dir);
    readbuf_free(&b);
}

/* On other file systems a name can come to mean another file. */
static void hotfile_elsewhere(void **state)
{
    struct hotfile h = HOTFILE_INIT;
    struct readbuf b = { 0 };

    (void)state;
    put("f", "one", 3);
    assert_int_equal(hotfile_read(&h, dir, "f", &b, 0), 0);
    assert_string_equal(b.data, "one");
    put("g", "three", 5);
    assert_int_equal(renameat(dir_fd, "g", dir_fd, "f"), 0);
    assert_int_equal(hotfile_read(&h, dir, "f", &b, 0), 0);
    assert_string_equal(b.data, "three");
    unlinkat(dir_fd, "f", 0);
    assert_int_equal(hotfile_read(&h, dir, "f", &b, 0), -ENOENT);
    assert_int_equal(h.fd, -1);
    readbuf_free(&b);
}

/* A process that has ended leaves descriptors that say ESRCH: open again, then ENOENT. */
static void hotfile_gone_stale(void **state)
{
    struct hotfile h = HOTFILE_INIT;
    struct readbuf b = { 0 };
    char name[32];
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        pause();
        _exit(0);
    }
    snprintf(name, sizeof(name), "%d/stat", (int)pid);
    assert_int_equal(hotfile_read(&h, "/proc", name, &b, 0), 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(hotfile_read(&h, "/proc", name, &b, 0), -ENOENT);
    assert_int_equal(h.fd, -1);
    readbuf_free(&b);
}

static int rename_interface(const char *from, const char *to)
{
    struct ifreq r = { .ifr_flags = 0 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", from);
    snprintf(r.ifr_newname, sizeof(r.ifr_newname), "%s", to);
    rc = ioctl(fd, SIOCSIFNAME, &r);
    close(fd);
    return rc;
}

/* In a network namespace of its own. Returns the exit status. */
static int settings_come_and_go(void)
{
    struct hotfile h = HOTFILE_INIT;
    struct readbuf b = { 0 };
    const char *name = "sys/net/ipv4/conf/lo/forwarding";

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
        hotfile_read(&h, "/proc", name, &b, 0) != 0 || rename_interface("lo", "lx") < 0)
        return 77;
    if (hotfile_read(&h, "/proc", name, &b, 0) != -ENOENT || h.fd != -1)
        return 1;
    if (rename_interface("lx", "lo") < 0 || hotfile_read(&h, "/proc", name, &b, 0) != 0)
        return 2;
    if (rename_interface("lo", "lx") < 0 || rename_interface("lx", "lo") < 0)
        return 3;
    /* Between two looks at it, without an error in between. */
    if (hotfile_read(&h, "/proc", name, &b, 0) != 0)
        return 4;
    hotfile_close(&h);
    readbuf_free(&b);
    return 0;
}

/* What a module brings along goes with it, and is another file when it comes back: the
 * old one says ENOENT (settings) or EIO (other files of procfs) for good. */
static void hotfile_of_a_module(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(settings_come_and_go());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* no namespaces for us */
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void values(void **state)
{
    char value[256], data[300];

    (void)state;
    put("v", "  1500 \n", 8);
    assert_int_equal(read_value_at(dir_fd, "v", value, sizeof(value)), 4);
    assert_string_equal(value, "1500");
    assert_int_equal(read_value_at(dir_fd, "v", value, 4), 1); /* what fits: "  1" */
    assert_string_equal(value, "1");
    put("v", " \n", 2);
    assert_int_equal(read_value_at(dir_fd, "v", value, sizeof(value)), 0);
    assert_string_equal(value, "");
    memset(data, 'x', sizeof(data));
    put("v", data, sizeof(data));
    assert_int_equal(read_value_at(dir_fd, "v", value, sizeof(value)), 128);
    unlinkat(dir_fd, "v", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(usual_limit),
        cmocka_unit_test(not_files),
        cmocka_unit_test(procfs),
        cmocka_unit_test(hotfile_elsewhere),
        cmocka_unit_test(hotfile_gone_stale),
        cmocka_unit_test(hotfile_of_a_module),
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
