#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The collector process_groups with processes of ours that come and go: names by a configuration
file, counters that never step back, the cap and the largest groups, and what does not start."""
import os
import subprocess
import sys
import time

from harness import Checks, Programs, answers, built, free_port, get, parse_text, skip, wait_for

PREFIX = "namedprocess_namegroup_"
SLEEP = "import sys, time; print(1, flush=True); time.sleep(600)"
BURN = """
import time
while time.process_time() < 0.2:
    pass
print(1, flush=True)
time.sleep(600)
"""
CONFIG = """
process_names:
  - name: "pg {{.Matches.What}}"
    cmdline: ['--promc-group=(?P<What>\\w+)']
"""


class Workers:
    """Processes with a group in their command line."""

    def __init__(self, programs):
        self.programs = programs
        self.n = 0

    def start(self, group, code=SLEEP):
        self.n += 1
        name = "worker%d" % self.n
        self.programs.start(name, [sys.executable, "-c", code, "--promc-group=" + group])
        self.programs.wait_line(name, "1")
        return name

    def end(self, name):
        self.programs.stop(name)


class Exporter:
    def __init__(self, programs, program, name, *args):
        port = free_port()
        self.url = "http://127.0.0.1:%d/metrics" % port
        programs.start(name, [program, "--web.listen-address=127.0.0.1:%d" % port,
                              "--collector.disable-defaults", "--collector.process_groups",
                              *args])
        wait_for(name, answers(self.url))

    def scrape(self):
        return parse_text(get(self.url)[2].decode())[1]


def value(page, metric, group, **labels):
    key = tuple(sorted([("groupname", group), *labels.items()]))
    return page.get((PREFIX + metric, key))


def cpu(page, group):
    """In hundredths of a second, cut off twice: a little less than was used."""
    return (value(page, "cpu_seconds_total", group, mode="user") +
            value(page, "cpu_seconds_total", group, mode="system"))


def groups(page):
    return {dict(labels)["groupname"] for name, labels in page if name == PREFIX + "num_procs"}


def check_life(checks, exporter, workers):
    old = workers.start("life", BURN)
    page = exporter.scrape()
    checks.ok(value(page, "num_procs", "pg life") == 1, "one process: %s" % groups(page))
    checks.ok(cpu(page, "pg life") >= 0.18, "it began after the exporter and counts whole")
    two = [workers.start("life", BURN) for _ in range(2)]
    last = exporter.scrape()
    checks.ok(value(last, "num_procs", "pg life") == 3, "three processes")
    checks.ok(cpu(last, "pg life") >= 0.54, "three have used %s" % cpu(last, "pg life"))
    counters = [k for k in last if k[0].endswith("_total") and ("groupname", "pg life") in k[1]]
    checks.ok(len(counters) >= 6, "counters: %s" % counters)
    for name in two + [old]:
        workers.end(name)
        page = exporter.scrape()
        for key in counters:
            checks.ok(page[key] >= last[key], "%s stepped back" % (key,))
        last = page
    checks.ok(value(page, "num_procs", "pg life") == 0, "all have ended")
    checks.ok(value(page, "memory_bytes", "pg life", memtype="resident") == 0, "no memory")


def check_unnamed_are_left_out(checks, exporter, workers):
    name = workers.start("here")
    page = exporter.scrape()
    checks.ok(all(g.startswith("pg ") for g in groups(page)), "groups: %s" % groups(page))
    checks.ok("pg here" in groups(page), "groups: %s" % groups(page))
    workers.end(name)


def check_start_before(checks, programs, program, config, workers):
    """What was there when the exporter starts counts from zero."""
    name = workers.start("before", BURN)
    exporter = Exporter(programs, program, "before", "--collector.process_groups.config=" + config)
    page = exporter.scrape()
    checks.ok(value(page, "num_procs", "pg before") == 1, "it is there")
    checks.ok(cpu(page, "pg before") < 0.1, "it counts from %s" % cpu(page, "pg before"))
    workers.end(name)


def check_limits(checks, programs, program, config, workers):
    names = [workers.start("n%d" % i) for i in range(5)]
    capped = Exporter(programs, program, "capped", "--collector.process_groups.config=" + config,
                      "--collector.process_groups.max-groups=2")
    page = capped.scrape()
    checks.ok(len(groups(page)) == 3 and value(page, "num_procs", "other") == 3,
              "two groups and the rest: %s" % groups(page))
    checks.ok(page[("node_process_groups", ())] == 2, "two groups are known")
    top = Exporter(programs, program, "top", "--collector.process_groups.config=" + config,
                   "--collector.process_groups.top=1")
    time.sleep(0.05)
    names.append(workers.start("busy", BURN))
    page = top.scrape()
    checks.ok(groups(page) == {"pg busy"}, "the busiest: %s" % groups(page))
    checks.ok(page[("node_process_groups", ())] == 6, "six groups are known")
    checks.ok(page[("node_process_groups_shown", ())] == 1, "one is shown")
    for name in names:
        workers.end(name)


def check_refused(checks, program, folder):
    bad = os.path.join(folder, "bad.yml")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("process_names:\n  - comm: [a]\n    color: red\n")
    for args, reason in [
            (["--collector.process_groups.config=" + bad], bad + ":3:5: expected one of name"),
            (["--collector.process_groups.config=" + bad + "x"], bad + "x: No such file"),
            (["--path.procfs=" + folder], "--path.procfs=")]:
        run = subprocess.run([program, "--web.listen-address=127.0.0.1:0",
                              "--collector.disable-defaults", "--collector.process_groups", *args],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                             timeout=10)
        checks.ok(run.returncode == 1 and reason.encode() in run.stderr,
                  "%s ends with %d: %s" % (args, run.returncode, run.stderr[-300:]))


def check_left_out(checks, program):
    """A build without the libraries says so when the collector is asked for."""
    run = subprocess.run([program, "--web.listen-address=127.0.0.1:0", "--collector.process_groups"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=10)
    checks.ok(run.returncode == 1 and b"built without libproc2" in run.stderr,
              "it ends with %d: %s" % (run.returncode, run.stderr[-300:]))


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=False).stdout
    checks = Checks()
    if b"-process_groups" in version:
        check_left_out(checks, program)
        return checks.end()
    with Programs(checks) as programs:
        config = os.path.join(programs.dir.name, "groups.yml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(CONFIG)
        workers = Workers(programs)
        exporter = Exporter(programs, program, "exporter",
                            "--collector.process_groups.config=" + config)
        check_life(checks, exporter, workers)
        check_unnamed_are_left_out(checks, exporter, workers)
        check_start_before(checks, programs, program, config, workers)
        check_limits(checks, programs, program, config, workers)
        check_refused(checks, program, programs.dir.name)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
