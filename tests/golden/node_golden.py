#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node exporter on the made-up host of tests/fixtures/node, against the scrape that is
kept in node.prom: types, series and values, without what changes from run to run.

Run with UPDATE_GOLDEN=1 to write node.prom anew, and read the difference before it is kept.
"""
import difflib
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from harness import (Checks, Programs, answers, built, free_port,  # noqa: E402
                     get, parse_text, skip, wait_for)
from node_tree import JSON, VOLATILE, collectors, make_tree  # noqa: E402

GOLDEN = os.path.join(HERE, "node.prom")


def stable_lines(page):
    types, series = parse_text(page)
    lines = ["# TYPE %s %s" % item for item in types.items() if not VOLATILE.match(item[0])]
    for (name, labels), value in series.items():
        if not VOLATILE.match(name):
            inside = ",".join('%s="%s"' % pair for pair in labels)
            lines.append("%s%s %r" % (name, "{%s}" % inside if inside else "", value))
    # By family, its TYPE line first.
    return sorted(lines, key=lambda x: x[7:].split()[0] + " " if x[0] == "#" else x)


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    checks = Checks()
    with Programs(checks) as programs:
        tree = make_tree(os.path.join(programs.dir.name, "tree"))
        names, flags = collectors(program, tree)
        left_out = set(JSON) - set(names)
        port = free_port()
        base = "http://127.0.0.1:%d" % port
        programs.start("node", [program, "--web.listen-address=127.0.0.1:%d" % port] + flags,
                       cwd=tree)
        wait_for("the landing page", answers(base + "/"))
        page = get(base + "/metrics")[2].decode()
        types, series = parse_text(page)
        for name in names:
            value = series.get(("node_scrape_collector_success", (("collector", name),)))
            checks.ok(value == 1, "collector %s: success is %s" % (name, value))
        got = stable_lines(page)
        if os.environ.get("UPDATE_GOLDEN"):
            with open(GOLDEN, "w", encoding="utf-8") as f:
                f.write("\n".join(got) + "\n")
        with open(GOLDEN, encoding="utf-8") as f:
            wanted = [line for line in f.read().splitlines()
                      if not re.search("node_(%s)_|" % "|".join(left_out or "-") +
                                       'collector="(%s)"' % "|".join(left_out or "-"), line)]
        difference = list(difflib.unified_diff(wanted, got, "node.prom", "this build",
                                               lineterm="", n=0))
        checks.ok(not difference, "the scrape differs:\n" + "\n".join(difference[:60]))
        checks.ok(len(got) > 900, "only %d lines" % len(got))
        again = stable_lines(get(base + "/metrics")[2].decode())
        checks.ok(again == got, "a second scrape of the same files differs")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
