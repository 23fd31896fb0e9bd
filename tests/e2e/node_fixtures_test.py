#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node exporter on the fixtures of the exporter it replaces, where they are at hand:
every series that our collectors can make of them must be there, with the same value.

Looks for ../shared/node-fixtures beside the checkout and skips without it; tests/golden has
a smaller tree of our own that is always there.
"""
import os
import shutil
import subprocess
import sys

from harness import (SHARED, Checks, Programs, answers, built, free_port, get, parse_text,
                     skip, wait_for)

FIXTURES = os.path.join(SHARED, "node-fixtures")


def working_copy(directory):
    """Copy the fixtures into directory and make the symbolic links that links.tsv names: many
    ways of copying a tree turn them into plain files."""
    copy = os.path.join(directory, "node-fixtures")
    shutil.copytree(FIXTURES, copy, symlinks=True)
    for where, _, _ in os.walk(copy):
        os.chmod(where, 0o755)
    with open(os.path.join(copy, "links.tsv"), encoding="utf-8") as f:
        for line in f:
            path, target = line.rstrip("\n").split("\t")
            path = os.path.join(copy, path)
            if not os.path.islink(path):
                if os.path.lexists(path):
                    os.unlink(path)
                os.symlink(target, path)
    return copy


def known_flags(program, flags):
    """The flags that this build takes: an unknown one is an error that names it, and fixtures
    in JSON take a library."""
    known = []
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=True).stdout
    json = () if b" -jansson" not in version else ("--collector.qdisc", "--collector.wifi")
    for flag in flags:
        if json and flag.startswith(json):
            continue
        run = subprocess.run([program, flag, "--version"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, check=False)
        if run.returncode == 0:
            known.append(flag)
        elif not flag.startswith(("--collector.", "--no-collector.")):
            raise SystemExit("%s is refused: %s" % (flag, run.stderr.decode().strip()))
    return known


def row_names(compare):
    """The rows that compare.py makes of the expected file."""
    run = subprocess.run(compare + ["--expected", "expected.prom", "--actual",
                                    "expected.prom"], cwd=FIXTURES, stdout=subprocess.PIPE,
                         check=True)
    lines = run.stdout.decode().splitlines()[1:]
    return {line.split()[0] for line in lines if line.endswith("%")} - {"TOTAL"}


# Files that say what a collector makes of the fixtures with other flags.
OTHER_FLAGS = (
    ("ip_vs_result.txt", ["--collector.ipvs"]),
    ("ip_vs_result_lbs_none.txt", ["--collector.ipvs", "--collector.ipvs.backend-labels="]),
    ("ip_vs_result_lbs_local_port.txt",
     ["--collector.ipvs", "--collector.ipvs.backend-labels=local_port"]),
    ("ip_vs_result_lbs_local_address_local_port.txt",
     ["--collector.ipvs", "--collector.ipvs.backend-labels=local_address,local_port"]),
    ("pcidevice-names-output.txt",
     ["--collector.pcidevice", "--collector.pcidevice.names",
      "--collector.pcidevice.idsfile=collector/fixtures/pci.ids"]),
)


def scrape(program, fixtures, flags, families):
    """The series of some families in one scrape without a server."""
    root = os.path.join(fixtures, "collector", "fixtures")
    run = subprocess.run([program, "--once", "--collector.disable-defaults",
                          "--path.procfs=%s/proc" % root, "--path.sysfs=%s/sys" % root] + flags,
                         cwd=fixtures, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=False)
    series = parse_text(run.stdout.decode())[1]
    return {key: value for key, value in series.items() if key[0].startswith(families)}


def with_other_flags(checks, program, fixtures):
    for name, flags in OTHER_FLAGS:
        with open(os.path.join(fixtures, "collector", "fixtures", name), encoding="utf-8") as f:
            expected = parse_text("".join(line for line in f if line.startswith("node_")))[1]
        families = flags[0].replace("--collector.", "node_") + "_"
        got = scrape(program, fixtures, flags, families)
        checks.ok(expected and got == expected, "%s: other series with %s: %s" %
                  (name, " ".join(flags), sorted(set(got.items()) ^ set(expected.items()))))


def with_other_interrupts(checks, program, fixtures):
    """The interrupts of another architecture: no space behind the colon, more words."""
    proc = os.path.join(fixtures, "collector", "fixtures", "proc")
    os.replace(os.path.join(proc, "interrupts_aarch64"), os.path.join(proc, "interrupts"))
    series = scrape(program, fixtures, ["--collector.interrupts"], "node_interrupts_total")
    checks.ok(len(series) == 58 * 8, "%d series of 58 interrupts and 8 CPUs" % len(series))
    for value, labels in (
            (2154252810, ("7", "", "Rescheduling interrupts", "IPI0")),
            (7815, ("0", "37 Level ttyS0", "GICv3", "14"))):
        key = ("node_interrupts_total", tuple(zip(("cpu", "devices", "info", "type"), labels)))
        checks.ok(series.get(key) == value, "%s is %s" % (key, series.get(key)))


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    if not os.path.isfile(os.path.join(FIXTURES, "flags.txt")):
        skip("there is no ../shared/node-fixtures beside the checkout")
    compare = [sys.executable, os.path.join(FIXTURES, "compare.py"), "--collectors"]
    with open(os.path.join(FIXTURES, "flags.txt"), encoding="utf-8") as f:
        flags = known_flags(program, f.read().splitlines())

    checks = Checks()
    with Programs(checks) as programs:
        fixtures = working_copy(programs.dir.name)
        port = free_port()
        base = "http://127.0.0.1:%d" % port
        programs.start("node", [program, "--web.listen-address=127.0.0.1:%d" % port] + flags,
                       cwd=fixtures)
        wait_for("the landing page", answers(base + "/"))  # the first scrape is the one
        page = get(base + "/metrics", {"Accept": "text/plain;version=0.0.4"})[2]
        series = parse_text(page.decode())[1]
        ours = {dict(labels)["collector"] for name, labels in series
                if name == "node_scrape_collector_success"}
        rows = row_names(compare)
        print("rows without a collector in this build: " +
              (", ".join(sorted(rows - ours - {"exporter"})) or "none"))
        only = sorted(ours & rows)
        checks.ok(len(only) > 10, "only %d collectors of this build are in the fixtures" %
                  len(only))
        for name in only:
            value = series["node_scrape_collector_success", (("collector", name),)]
            checks.ok(value == 1, "collector %s reports failure" % name)
        run = subprocess.run(compare + ["--expected", "expected.prom", "--actual", "-",
                                        "--only", ",".join(only + ["exporter"]), "--show", "60"],
                             cwd=FIXTURES, input=page, check=False)
        checks.ok(run.returncode == 0, "not all series of the fixtures agree")
        with_other_flags(checks, program, fixtures)
        with_other_interrupts(checks, program, fixtures)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
