#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node exporter without a server: one scrape to stdout or to a file; and what it says of
roots that look wrong."""
import os
import subprocess
import sys
import tempfile

from harness import SOURCE, Checks, built, parse_text, skip

TREE = os.path.join(SOURCE, "tests", "fixtures", "node")
ROOTS = ["--path.procfs=" + TREE + "/proc", "--path.sysfs=" + TREE + "/sys",
         "--path.rootfs=" + TREE, "--path.udev.data=" + TREE + "/udev"]
ONE = ["--collector.disable-defaults", "--collector.loadavg"]


def run(program, *args, stdout=subprocess.PIPE):
    return subprocess.run([program, *args], stdout=stdout, stderr=subprocess.PIPE, timeout=30,
                          check=False)


def check_stdout(checks, program):
    done = run(program, "--once", *ROOTS, *ONE)
    series = parse_text(done.stdout.decode())[1]
    checks.ok(done.returncode == 0 and ("node_load1", ()) in series,
              "--once does not print the scrape: %r" % done.stdout[:200])
    checks.ok(series.get(("node_scrape_collector_success", (("collector", "loadavg"),))) == 1,
              "--once does not tell of the collectors")
    checks.ok(not any(name.startswith(("process_", "promhttp_")) for name, _ in series),
              "--once shows metrics of a server")
    checks.ok(done.stderr == b"", "--once is not quiet: %r" % done.stderr)
    with open("/dev/full", "wb") as full:
        done = run(program, "--once", *ROOTS, *ONE, stdout=full)
    checks.ok(done.returncode == 1 and b"cannot write to stdout" in done.stderr,
              "a full disk is not told of: %r" % done.stderr)


def check_file(checks, program, directory):
    path = os.path.join(directory, "host.prom")
    with open(path, "w", encoding="utf-8") as f:
        f.write("old\n")
    before = os.stat(path).st_ino
    done = run(program, "--once.file=" + path, *ROOTS, *ONE)
    with open(path, encoding="utf-8") as f:
        series = parse_text(f.read())[1]
    checks.ok(done.returncode == 0 and done.stdout == b"" and ("node_load1", ()) in series,
              "--once.file does not write the scrape: %r" % done.stderr)
    checks.ok(os.stat(path).st_ino != before, "the file was written over, not replaced")
    checks.ok(os.listdir(directory) == ["host.prom"], "something was left beside the file")
    done = run(program, "--once.file=" + os.path.join(directory, "no", "where.prom"), *ONE)
    checks.ok(done.returncode == 1 and b"where.prom" in done.stderr,
              "a folder that is not there is not told of: %r" % done.stderr)


def check_roots(checks, program, empty):
    for flag, says in (("--path.procfs", b"does not look like procfs"),
                       ("--path.sysfs", b"does not look like sysfs")):
        others = [root for root in ROOTS if not root.startswith(flag)]
        done = run(program, "--once", flag + "=" + empty, *others, *ONE)
        checks.ok(says in done.stderr, "%s of an empty folder passes: %r" % (flag, done.stderr))
    os.makedirs(os.path.join(empty, "1"))
    for name in ("stat", "1/mountinfo"):
        with open(os.path.join(empty, name), "w", encoding="utf-8"):
            pass
    done = run(program, "--once", "--path.procfs=" + empty, *ONE)
    checks.ok(b"see --path.rootfs" in done.stderr,
              "a moved procfs without a moved root passes: %r" % done.stderr)
    done = run(program, "--once", "--path.rootfs=" + os.path.join(empty, "none"), *ONE)
    checks.ok(done.returncode == 1 and b"No such file or directory" in done.stderr,
              "a root that is not there passes: %r" % done.stderr)


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    checks = Checks()
    check_stdout(checks, program)
    with tempfile.TemporaryDirectory() as directory:
        check_file(checks, program, directory)
    with tempfile.TemporaryDirectory() as directory:
        check_roots(checks, program, directory)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
