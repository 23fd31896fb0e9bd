#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What people look at, asked of a real Prometheus that scrapes this host through our exporter
and, where it is installed, through the one it replaces: the dashboard and the rules that we
ship, every expression of the 'Node Exporter Full' dashboard, and the rules and alerts of the
node mixin.

The last two are not ours to carry: they are looked for in ../shared/dashboards beside the
checkout, and left out without it.
"""
import json
import os
import re
import shutil
import sys

from harness import SHARED, SOURCE, Checks, Programs, answers, built, free_port, get, skip, wait_for
from prom import api, need_prometheus, start_prometheus, wait_scrapes

DASHBOARDS = os.path.join(SHARED, "dashboards")
DIST = os.path.join(SOURCE, "dist")
# What a host may not have: disks of its own, swap, a kernel that measures pressure.
MAY_LACK = re.compile("node_(disk|pressure|filesystem)_")
PEER = shutil.which("prometheus-node-exporter")
EXTRA = ["--collector.processes", "--collector.tcpstat", "--collector.interrupts"]
OURS = EXTRA + ["--collector.tcpstat.zeros"]
INTERVAL = "10s"
SCRAPES = 13  # more than the interval


def load(name):
    with open(os.path.join(DASHBOARDS, name), encoding="utf-8") as f:
        return json.load(f)


def own_expressions():
    with open(os.path.join(DIST, "dashboards", "host.json"), encoding="utf-8") as f:
        for panel in json.load(f)["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], filled(target["expr"], "ours")


def check_own_dashboard(checks, base):
    names = set()
    for title, expr in own_expressions():
        series(base, expr)  # an expression that does not parse ends the test here
        checks.ok("$" not in expr, "%s: a variable is left: %s" % (title, expr))
        names |= set(re.findall(r"\b(?:node|process)_\w+", expr))
    for name in sorted(names):
        checks.ok(MAY_LACK.match(name) or series(base, name + '{instance="ours"}') > 0,
                  "the dashboard shows %s, which the exporter does not have" % name)
    checks.ok(len(names) > 40, "the dashboard names only %d metrics" % len(names))


def filled(expr, instance):
    """The dashboard's variables with their values."""
    for name, value in (("__rate_interval", INTERVAL), ("instance", instance),
                        ("node", instance), ("job", "node")):
        expr = re.sub(r"\$(\{%s\}|%s\b)" % (name, name), value, expr)
    return expr


def series(base, expr):
    return len(api(base, "query", query=expr)["result"])


def needs_zeros(entry):
    return entry["class"] == "state-dependent" and "tcpstat" in entry["collectors"]


def check_dashboard(checks, base):
    asked = live = 0
    for entry in load("1860-exprs.json"):
        ours = series(base, filled(entry["expr"], "ours"))
        what = "%s / %s: %s" % (entry["row"], entry["panel"], entry["expr"])
        if (entry["class"] == "ok" and entry["ref_series"] > 0) or needs_zeros(entry):
            asked += 1
            checks.ok(ours > 0, "no data: " + what)
        if PEER:
            theirs = series(base, filled(entry["expr"], "theirs"))
            live += theirs > 0
            checks.ok(ours > 0 or theirs == 0,
                      "the other exporter has %d series here, ours none: %s" % (theirs, what))
    print("%d expressions asked of ours, %d have data of the other one on this host" %
          (asked, live))
    checks.ok(asked >= 240, "only %d expressions could be judged" % asked)


def rule_group():
    rules = []
    for entry in load("node-mixin-exprs.json"):
        rules.append({entry["kind"]: entry["name"], "expr": entry["expr"]})
    return [{"name": "mixin", "rules": rules}]


def check_rules(checks, base):
    """Ours of dist/rules, and those of the mixin."""
    count = 0
    for group in api(base, "rules")["groups"]:
        for rule in group["rules"]:
            count += 1
            checks.ok(rule["health"] == "ok", "rule %s: %s %s" %
                      (rule["name"], rule["health"], rule.get("lastError", "")))
    checks.ok(count >= 18, "%d rules loaded" % count)
    for name in ("instance:node_cpu_busy:ratio_rate5m", "instance:node_memory_used:ratio"):
        checks.ok(series(base, name + '{instance="ours"}') == 1, name + " is not recorded")


def check_mixin(checks, base):
    for entry in load("node-mixin-exprs.json"):
        if entry["kind"] == "record" and entry["ref_series"] > 0:
            checks.ok(series(base, "{__name__=\"%s\",instance=\"ours\"}" % entry["name"]) > 0,
                      "the rule %s records nothing" % entry["name"])


def main():
    need_prometheus()
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    shared = os.path.isdir(DASHBOARDS)
    checks = Checks()
    with Programs(checks) as programs:
        ports = {("node", "ours"): free_port()}
        programs.start("ours", [program] + OURS + [
            "--web.listen-address=127.0.0.1:%d" % ports["node", "ours"]])
        if PEER:
            ports["node", "theirs"] = free_port()
            programs.start("theirs", [PEER] + EXTRA + [
                "--web.listen-address=127.0.0.1:%d" % ports["node", "theirs"]])
        else:
            print("prometheus-node-exporter is not installed: not compared with it")
        for (_, who), port in ports.items():
            wait_for(who, answers("http://127.0.0.1:%d/" % port))
        base = start_prometheus(programs, ports, rules=rule_group() if shared else [],
                                rule_files=[os.path.join(DIST, "rules", "node.yml")])
        wait_scrapes(programs, base, len(ports), SCRAPES)
        check_own_dashboard(checks, base)
        check_rules(checks, base)
        if shared:
            check_dashboard(checks, base)
            check_mixin(checks, base)
        else:
            print("there is no ../shared/dashboards beside the checkout: only ours looked at")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
