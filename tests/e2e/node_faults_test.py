#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node exporter when the kernel refuses: one call after the other fails, or delivers less
than it was asked for, and costs no more than the metrics of one collector; and a file that
never delivers, which delays nobody else and is noticed when it does again."""
import errno
import os
import shutil
import subprocess
import sys
import time

from harness import (Checks, Programs, answers, built, free_port, get, parse_text, skip,
                     wait_for)
from node_tree import VOLATILE, collectors, make_tree

# Runs of each kind of call; the calls that fail are spread over all there are.
SPREAD = int(os.environ.get("PROMC_FAULTS", "40"))
HUNG = [("zoneinfo", "zoneinfo"), ("hwmon", "temp1_input")]

# For LD_PRELOAD: the FAULT_N-th call of FAULT_KIND fails with FAULT_ERROR, or does half of what
# it should when that is 0; with none, all are counted. Files of the tree have relative paths, so
# that those of the program itself are told apart. And reads of HANG_FILE wait for HOLD to go.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { OPEN, READ, GETDENTS, IOCTL, STATFS, KINDS };
static const char *const names[KINDS] = { "open", "read", "getdents", "ioctl", "statfs" };
static atomic_int count[KINDS];
static char ours[4096], hangs[4096];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Not in the shell script that a build without installation has in front. */
static int is_exporter(void)
{
    return strstr(program_invocation_short_name, "node-exporter") != NULL;
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAULT_COUNTS");
    FILE *f = path && is_exporter() ? fopen(path, "w") : NULL;

    for (int i = 0; f && i < KINDS; i++)
        fprintf(f, "%s %d\n", names[i], atomic_load(&count[i]));
    if (f)
        fclose(f);
}

/* 1: this call is the one; errno is set, to 0 for one that does half. */
static int is_due(int kind)
{
    const char *wanted = getenv("FAULT_KIND");
    int n;

    if (!is_exporter())
        return 0;
    n = atomic_fetch_add(&count[kind], 1);
    if (!wanted || strcmp(wanted, names[kind]) != 0 || n != atoi(getenv("FAULT_N")))
        return 0;
    errno = atoi(getenv("FAULT_ERROR"));
    return 1;
}

static int opened(int fd, const char *path)
{
    const char *file = getenv("HANG_FILE");

    if (fd >= 0 && fd < (int)sizeof(ours)) {
        ours[fd] = path[0] != '/';
        hangs[fd] = file && strlen(path) >= strlen(file) &&
                    strcmp(path + strlen(path) - strlen(file), file) == 0;
    }
    return fd;
}

int openat(int dirfd, const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    va_start(ap, flags);
    if (flags & O_CREAT)
        mode = va_arg(ap, mode_t);
    va_end(ap);
    if (path[0] != '/' && is_due(OPEN) && errno != 0)
        return -1;
    return opened(REAL(openat)(dirfd, path, flags, mode), path);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    va_start(ap, flags);
    if (flags & O_CREAT)
        mode = va_arg(ap, mode_t);
    va_end(ap);
    if (path[0] != '/' && is_due(OPEN) && errno != 0)
        return -1;
    return opened(REAL(open)(path, flags, mode), path);
}

/* Returns what is to be read, 0 for an error. */
static size_t before_read(int fd, size_t n)
{
    const char *hold = getenv("HOLD");

    if (fd < 0 || fd >= (int)sizeof(ours))
        return n;
    while (hangs[fd] && hold && access(hold, F_OK) == 0)
        usleep(20000);
    if (!ours[fd] || !is_due(READ))
        return n;
    return errno ? 0 : n / 1024 + 1;
}

ssize_t read(int fd, void *buf, size_t n)
{
    size_t part = before_read(fd, n);

    return n > 0 && part == 0 ? -1 : REAL(read)(fd, buf, part);
}

ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
    size_t part = before_read(fd, n);

    return n > 0 && part == 0 ? -1 : REAL(pread)(fd, buf, part, at);
}

ssize_t getdents64(int fd, void *buf, size_t n)
{
    if (is_due(GETDENTS))
        return errno ? -1 : 0;
    return REAL(getdents64)(fd, buf, n);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    if (is_due(IOCTL) && errno != 0)
        return -1;
    return REAL(ioctl)(fd, request, arg);
}

int statfs(const char *path, struct statfs *buf)
{
    if (is_due(STATFS) && errno != 0)
        return -1;
    return REAL(statfs)(path, buf);
}

int fstatfs(int fd, struct statfs *buf)
{
    if (is_due(STATFS) && errno != 0)
        return -1;
    return REAL(fstatfs)(fd, buf);
}
"""
ERRORS = [errno.EIO, errno.ESRCH, errno.ENODEV, errno.EINVAL, errno.EAGAIN, 0]


def build_shim(where, program):
    """The path of the shim, or None where it cannot be had."""
    compiler = shutil.which(os.environ.get("CC", "cc").split()[0])
    if not compiler:
        return None
    with open(os.path.join(where, "shim.c"), "w", encoding="utf-8") as f:
        f.write(SHIM)
    library = os.path.join(where, "shim.so")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library,
                    os.path.join(where, "shim.c"), "-ldl"], check=True)
    works = subprocess.run([program, "--version"], env=dict(os.environ, LD_PRELOAD=library),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return library if works.returncode == 0 else None


class Once:
    """Runs of the program that end after one scrape."""

    def __init__(self, program, tree, flags, library):
        self.argv = [program, "--once"] + flags
        self.tree = tree
        self.env = dict(os.environ, LD_PRELOAD=library)

    def run(self, **settings):
        """Returns (exit status, {family: lines}, {collector: success})."""
        done = subprocess.run(self.argv, cwd=self.tree, env=dict(self.env, **settings),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              check=False)
        types, series = parse_text(done.stdout.decode())
        families = {name: [] for name in types}
        success = {}
        for (name, labels), value in series.items():
            if name == "node_scrape_collector_success":
                success[dict(labels)["collector"]] = value
            elif not VOLATILE.match(name):
                families.setdefault(name, []).append((labels, value))
        return done.returncode, families, success


def owners(program, tree, names, flags):
    """Which collectors a family is of."""
    own = {}
    common = [f for f in flags if f not in ["--collector." + n for n in names]]
    for name in names:
        done = subprocess.run([program, "--once"] + common + ["--collector." + name], cwd=tree,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        for family in parse_text(done.stdout.decode())[0]:
            if not family.startswith("node_scrape_collector_"):
                own.setdefault(family, set()).add(name)
    return own


def touched(own, before, after):
    """The sets of collectors of which one has changed what it shows."""
    changed = [own.get(family, {"none: " + family}) for family in set(before[1]) | set(after[1])
               if before[1].get(family) != after[1].get(family)
               # Those of the machine's own interfaces change all the time.
               and own.get(family) != {"ethtool"}]
    return changed + [{name} for name in before[2] if before[2][name] != after[2].get(name)]


def check_faults(checks, program, tree, library):
    names, flags = collectors(program, tree)
    own = owners(program, tree, names + ["ethtool"], flags)
    once = Once(program, tree, flags + ["--collector.ethtool"], library)
    counts_file = os.path.join(tree, "..", "counts")
    before = once.run(FAULT_COUNTS=counts_file)
    with open(counts_file, encoding="utf-8") as f:
        counts = dict(line.split() for line in f)
    lost = runs = 0
    for kind, total in counts.items():
        total = int(total)
        checks.ok(total > 0 or kind == "ioctl", "no call of " + kind)
        for i in range(min(SPREAD, total)):
            n = i * total // min(SPREAD, total)
            error = ERRORS[i % len(ERRORS)]
            what = "%s %d of %d, %s" % (kind, n, total, errno.errorcode.get(error, "short"))
            after = once.run(FAULT_KIND=kind, FAULT_N=str(n), FAULT_ERROR=str(error))
            changed = touched(own, before, after)
            common = set.intersection(*changed) if changed else set()
            checks.ok(after[0] == 0, what + ": ends with status %d" % after[0])
            checks.ok(set(after[2]) == set(before[2]), what + ": lacks a collector")
            checks.ok(not changed or common, what + ": several have changed: %s" % changed)
            lost += bool(changed)
            runs += 1
    print("%d calls failed (of %s), %d changed the page" % (runs, counts, lost))
    checks.ok(lost > SPREAD / 2, "only %d failures had a consequence" % lost)


def check_hang(checks, programs, program, tree, library, name, file):
    """A file that hangs: the others arrive in time, at the price of one thread."""
    hold = os.path.join(programs.dir.name, "hold")
    port = free_port()
    url = "http://127.0.0.1:%d/metrics" % port
    names, flags = collectors(program, tree)
    env = dict(os.environ, LD_PRELOAD=library, HANG_FILE=file, HOLD=hold)
    programs.start(name, [program, "--web.listen-address=127.0.0.1:%d" % port] + flags, cwd=tree,
                   env=env)
    pid = programs.running[-1][1].pid
    wait_for(name, answers(url))
    asked = {"X-Prometheus-Scrape-Timeout-Seconds": "2"}

    def successes():
        return {dict(labels)["collector"]: value for (family, labels), value in
                parse_text(get(url, asked)[2].decode())[1].items()
                if family == "node_scrape_collector_success"}

    def threads():
        return len(os.listdir("/proc/%d/task" % pid))

    checks.ok(set(successes().values()) == {1}, name + ": all is well at first")
    before = threads()
    with open(hold, "w", encoding="utf-8"):
        pass
    for i in range(4):
        begin = time.monotonic()
        got = successes()
        took = time.monotonic() - begin
        failed = [n for n in names if got.get(n) != 1]
        checks.ok(took < 2, "%s, scrape %d took %.1f s" % (name, i, took))
        checks.ok(failed == [name], "%s, scrape %d: without success: %s" % (name, i, failed))
    checks.ok(threads() <= before + 1, "%s: %d threads, then %d" % (name, before, threads()))
    os.unlink(hold)
    wait_for(name + " to be there again", lambda: successes()[name] == 1)
    checks.ok("has come back" in programs.log(name), name + ": nothing is logged")
    checks.ok(programs.stop(name) == 0, name + ": the exit status is not 0")


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    checks = Checks()
    with Programs(checks) as programs:
        library = build_shim(programs.dir.name, program)
        if not library:
            skip("there is no compiler, or a sanitizer wants to be loaded first")
        tree = make_tree(os.path.join(programs.dir.name, "tree"))
        check_faults(checks, program, tree, library)
        for name, file in HUNG:
            check_hang(checks, programs, program, tree, library, name, file)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
