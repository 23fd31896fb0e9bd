/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "promc/textfile.h"

static char folder[] = "/tmp/promc-textfile-XXXXXX";
static char path[300];
static promc_counter *jobs;

static const char *in_folder(const char *name)
{
    static char buf[600];

    snprintf(buf, sizeof buf, "%s/%s", folder, name);
    return buf;
}

static void read_file(const char *name, char *buf, size_t size)
{
    FILE *f = fopen(name, "r");
    size_t n;

    assert_non_null(f);
    n = fread(buf, 1, size - 1, f);
    buf[n] = '\0';
    fclose(f);
}

static void assert_file(const char *name, const char *want)
{
    char buf[4096];

    read_file(name, buf, sizeof buf);
    assert_string_equal(buf, want);
}

/* How many files the folder has; with @and_remove it has none afterwards. */
static size_t files(int and_remove)
{
    DIR *d = opendir(folder);
    size_t n = 0;

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            n++;
            if (and_remove)
                assert_int_equal(remove(in_folder(e->d_name)), 0);
        }
    closedir(d);
    return n;
}

static int new_file(void **state)
{
    int rc = set_up(state);

    strcpy(folder + sizeof folder - 7, "XXXXXX");
    if (rc != 0 || mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/backup.prom", folder);
    jobs = promc_counter_new(reg, "jobs_total", "Jobs.", NULL);
    return jobs == NULL;
}

static int remove_files(void **state)
{
    chmod(folder, 0755);
    files(1);
    assert_int_equal(rmdir(folder), 0);
    return tear_down(state);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, new_file, remove_files)

#define ZERO "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 0\n"
#define ONE "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 1\n"

static void whole_files(void **state)
{
    FILE *old;
    char buf[1000];

    (void)state;
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    assert_file(path, ZERO);
    old = fopen(path, "r");
    assert_non_null(old);
    promc_counter_inc(jobs);
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    assert_file(path, ONE);
    /* who had it open reads on in the old one */
    buf[fread(buf, 1, sizeof buf - 1, old)] = '\0';
    assert_string_equal(buf, ZERO);
    fclose(old);
    assert_int_equal(files(0), 1);
}

static void modes(void **state)
{
    static const struct {
        mode_t mask, want;
    } rows[] = { { 022, 0644 }, { 0, 0644 }, { 027, 0640 }, { 077, 0600 } };
    mode_t before = umask(0);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stat st;

        umask(rows[i].mask);
        assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
        assert_int_equal(umask(rows[i].mask), rows[i].mask); /* as it was */
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, rows[i].want);
    }
    umask(before);
}

static void links_are_replaced(void **state)
{
    char target[600];
    struct stat st;

    (void)state;
    snprintf(target, sizeof target, "%s", in_folder("target"));
    assert_int_equal(promc_textfile_write(reg, target, NULL), 0);
    promc_counter_inc(jobs);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_file(path, ONE);
    assert_file(target, ZERO);
}

static void names(void **state)
{
    char longest[256 + sizeof folder];
    char here[1000];

    (void)state;
    snprintf(longest, sizeof longest, "%s/%0255d", folder, 1);
    assert_int_equal(promc_textfile_write(reg, longest, NULL), 0);
    assert_file(longest, ZERO);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(promc_textfile_write(reg, "plain.prom", NULL), 0);
    assert_int_equal(promc_textfile_write(reg, "./dot.prom", NULL), 0);
    assert_int_equal(chdir(here), 0);
    assert_file(in_folder("plain.prom"), ZERO);
    assert_file(in_folder("dot.prom"), ZERO);
    assert_int_equal(files(0), 3);
}

static void refused(void **state)
{
    promc_error err;
    char name[600];

    (void)state;
    assert_int_equal(promc_textfile_write(reg, NULL, &err), -EINVAL);
    assert_int_equal(promc_textfile_write(reg, "", &err), -EINVAL);
    snprintf(name, sizeof name, "%s", in_folder("no/such.prom"));
    assert_int_equal(promc_textfile_write(reg, name, &err), -ENOENT);
    assert_int_equal(err.code, -ENOENT);
    assert_non_null(strstr(err.text, name));
    assert_int_equal(promc_textfile_write(reg, folder, &err), -EISDIR);
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    snprintf(name, sizeof name, "%s/below", path);
    assert_int_equal(promc_textfile_write(reg, name, NULL), -ENOTDIR);
    assert_int_equal(files(0), 1);
}

/* Run @fn in a child of its own. */
static void in_child(void (*fn)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        fn();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void write_unprivileged(void)
{
    promc_error err;

    if (geteuid() == 0 && setuid(65534) != 0)
        _exit(2);
    if (promc_textfile_write(reg, path, &err) != -EACCES || err.code != -EACCES)
        _exit(1);
}

static void not_allowed(void **state)
{
    (void)state;
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    promc_counter_inc(jobs);
    assert_int_equal(chmod(folder, 0555), 0);
    in_child(write_unprivileged);
    assert_file(path, ZERO);
    assert_int_equal(files(0), 1);
}

/* A limit on the size of files stands in for a full disk. */
static void write_to_full_disk(void)
{
    struct rlimit limit = { 30, 30 };
    promc_error err;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(2);
    if (promc_textfile_write(reg, path, &err) != -EFBIG || err.code != -EFBIG)
        _exit(1);
}

static void disk_full(void **state)
{
    (void)state;
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    promc_counter_inc(jobs);
    in_child(write_to_full_disk);
    assert_file(path, ZERO);
    assert_int_equal(files(0), 1);
}

/* What a process with the number of this one left behind when it was killed. */
static void write_among_leftovers(void)
{
    for (int i = 0; i < 80; i++) {
        char name[100];
        FILE *f;

        snprintf(name, sizeof name, ".promc-%ld-%d.tmp", (long)getpid(), i);
        f = fopen(in_folder(name), "w");
        if (f == NULL || fclose(f) != 0)
            _exit(2);
    }
    if (promc_textfile_write(reg, path, NULL) != 0)
        _exit(1);
}

static void leftovers(void **state)
{
    (void)state;
    in_child(write_among_leftovers);
    assert_file(path, ZERO);
    assert_int_equal(files(0), 81);
}

static void out_of_memory(void **state)
{
    size_t n;

    (void)state;
    count_allocations();
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    n = counted_allocations();
    assert_true(n > 2);
    promc_counter_inc(jobs);
    for (size_t i = 1; i <= n; i++) {
        promc_error err = { 0 };
        int rc;

        refuse_from = refuse_to = i;
        count_allocations();
        rc = promc_textfile_write(reg, path, &err);
        counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        if (rc != 0) { /* some things a scrape can do without */
            assert_int_equal(rc, -ENOMEM);
            assert_int_equal(err.code, -ENOMEM);
        }
        assert_int_equal(files(0), 1);
    }
}

static _Atomic int writers;

static void *write_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++) {
        promc_counter_inc(jobs);
        assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    }
    atomic_fetch_sub_explicit(&writers, 1, memory_order_relaxed);
    return NULL;
}

static void *read_often(void *arg)
{
    (void)arg;
    while (atomic_load_explicit(&writers, memory_order_relaxed) != 0) {
        char buf[1000];

        read_file(path, buf, sizeof buf);
        assert_memory_equal(buf, ZERO, sizeof ZERO - 3);
        assert_int_equal(buf[strlen(buf) - 1], '\n');
    }
    return NULL;
}

static void *write_or_read(void *arg)
{
    _Atomic int *next = arg;

    return atomic_fetch_add_explicit(next, 1, memory_order_relaxed) % 2 == 0
               ? write_often(NULL)
               : read_often(NULL);
}

static void at_once(void **state)
{
    _Atomic int next = 0;

    (void)state;
    assert_int_equal(promc_textfile_write(reg, path, NULL), 0);
    writers = 2;
    run_threads(4, write_or_read, &next);
    assert_int_equal(files(0), 1);
}

/* --- from a thread ---------------------------------------------------------------------- */

static void wait_for_file(const char *want)
{
    const struct timespec ms = { 0, 1000000 };
    char buf[1000];

    do { /* for ever: then the test is stopped from outside */
        FILE *f = fopen(path, "r");

        buf[0] = '\0';
        if (f != NULL) {
            buf[fread(buf, 1, sizeof buf - 1, f)] = '\0';
            fclose(f);
        }
        nanosleep(&ms, NULL);
    } while (strcmp(buf, want) != 0);
}

static void again_and_again(void **state)
{
    promc_textfile *t = promc_textfile_start(reg, path, 0.005, NULL);
    char moved[sizeof folder + 10];

    (void)state;
    snprintf(moved, sizeof moved, "%s-moved", folder);
    assert_non_null(t);
    assert_file(path, ZERO);
    promc_counter_inc(jobs);
    wait_for_file(ONE);
    /* a write that fails does not end it */
    assert_int_equal(rename(folder, moved), 0);
    nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
    assert_int_equal(rename(moved, folder), 0);
    assert_int_equal(unlink(path), 0);
    wait_for_file(ONE);
    assert_int_equal(promc_textfile_stop(t, NULL), 0);
    /* a write that was under way when the folder moved could not take its file away */
    assert_in_range(files(0), 1, 2);
}

static void the_last_write(void **state)
{
    promc_textfile *t = promc_textfile_start(reg, path, 1e9, NULL);
    promc_error err;

    (void)state;
    assert_non_null(t);
    promc_counter_inc(jobs);
    assert_file(path, ZERO);
    assert_int_equal(promc_textfile_stop(t, &err), 0);
    assert_file(path, ONE);

    t = promc_textfile_start(reg, path, 1e9, NULL);
    assert_non_null(t);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(promc_textfile_stop(t, &err), -EISDIR);
    assert_int_equal(err.code, -EISDIR);
    assert_int_equal(promc_textfile_stop(NULL, &err), 0);
}

static void not_started(void **state)
{
    promc_error err;
    size_t n;

    (void)state;
    assert_null(promc_textfile_start(reg, in_folder("no/such.prom"), 1, &err));
    assert_int_equal(err.code, -ENOENT);
    assert_null(promc_textfile_start(reg, path, 0, &err));
    assert_int_equal(err.code, -EINVAL);
    count_allocations();
    promc_textfile_stop(promc_textfile_start(reg, path, 1e9, NULL), NULL);
    n = counted_allocations();
    for (size_t i = 1; i <= n; i++) {
        promc_textfile *t;

        refuse_from = refuse_to = i;
        count_allocations();
        err.code = 0;
        t = promc_textfile_start(reg, path, 1e9, &err);
        counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_true(t != NULL || err.code == -ENOMEM);
        promc_textfile_stop(t, NULL);
    }
}

static promc_textfile *inherited;

static void stop_in_child(void)
{
    promc_error err = { 0 };

    if (promc_textfile_stop(inherited, &err) != 0 || err.code != 0)
        _exit(1);
}

static void after_fork(void **state)
{
    (void)state;
    inherited = promc_textfile_start(reg, path, 1e9, NULL);
    assert_non_null(inherited);
    promc_counter_inc(jobs);
    in_child(stop_in_child);
    assert_file(path, ZERO); /* the file is the parent's */
    assert_int_equal(promc_textfile_stop(inherited, NULL), 0);
    assert_file(path, ONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(whole_files), FILE_TEST(modes),           FILE_TEST(links_are_replaced),
        FILE_TEST(names),       FILE_TEST(refused),         FILE_TEST(not_allowed),
        FILE_TEST(disk_full),   FILE_TEST(leftovers),       FILE_TEST(out_of_memory),
        FILE_TEST(at_once),     FILE_TEST(again_and_again), FILE_TEST(the_last_write),
        FILE_TEST(not_started), FILE_TEST(after_fork),
    };

    return cmocka_run_group_tests_name("textfile", tests, NULL, NULL);
}
