#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole way: exporters and an instrumented service under load, scraped by a real
Prometheus, and the queries people ask of it.

Checked: every target is up without scrape errors; each query of queries.json gives what it
says there; content negotiation; promtool's findings; the official OpenMetrics parser; and
that what was sent over StatsD is what is counted. Takes about half a minute.
"""
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from harness import (ACCEPT, BUILD, HERE, ONLY_OPENMETRICS, SHARED, Checks, Failure, Programs,
                     answers, built, free_port, get, need_modules, parse_text, skip, wait_for)
from prom import api, need_prometheus, start_prometheus, wait_scrapes

SCRAPES = 20  # of each target before the queries are asked, one per second

# How the expectations of the list of queries that may lie beside the checkout are put.
PHRASES = {
    "value between 0 and 100": {"min": 0, "max": 100},
    "between 0 and 100": {"min": 0, "max": 100},
    "one series between 0 and 100": {"series": 1, "min": 0, "max": 100},
    "one series > 0": {"series": 1, "above": 0},
    "one series": {"series": 1},
    "one finite series": {"series": 1},
    "non-empty": {},
    "a series for each real interface (none where the host has only lo)": {"interfaces": 1},
    "gauge": {"type": "gauge", "series": 1},
    "counter": {"type": "counter", "series": 1},
    "summary with quantiles 0.5, 0.9, 0.99 and _sum, _count; milliseconds on the wire become "
    "seconds": {"type": "summary", "series": 1, "min": 1.19, "max": 1.31, "quantiles": 1},
}

class HttpLoad(threading.Thread):
    """A client of the example service that keeps asking, sensibly and otherwise."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.ending, self.sent = url, threading.Event(), 0

    def run(self):
        host, port = urllib.parse.urlsplit(self.url).netloc.split(":")
        wanted = ["GET /orders", "GET /users", "POST /orders", "GET /orders", "DELETE /users",
                  "GET /no/such/path-%d", "BREW /orders"]
        while not self.ending.wait(0.004):
            line = wanted[self.sent % len(wanted)]
            line = line % self.sent if "%" in line else line
            with socket.create_connection((host, int(port)), timeout=5) as s:
                s.sendall(("%s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                           "Connection: close\r\n\r\n" % line).encode())
                while s.recv(4096):
                    pass
            self.sent += 1


class StatsdLoad(threading.Thread):
    """Sends what an Airflow scheduler sends, and keeps the books."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.ending, self.rounds = client, threading.Event(), 0

    def run(self):
        c = self.client
        c.gauge("dag_processing.import_errors", 2)
        while not self.ending.wait(0.05):
            n = self.rounds
            c.gauge("dag_processing.file_path_queue_size", 20)
            c.gauge("dag_processing.file_path_queue_size", n % 7 - 3, delta=True)
            c.incr("dag_processing.file_path_queue_update_count")
            c.gauge("dag_processing.import_errors", 1 if n % 2 else -1, delta=True)
            c.timing("dag_processing.last_duration", 1200 + n % 101)
            c.timing("dag_processing.last_duration.etl", 300 + n % 50)
            c.incr("scheduler_heartbeat")
            c.incr("ti_successes", 3)
            c.gauge("pool.open_slots.default_pool", 128 - n % 16)
            self.rounds += 1


def interfaces():
    with open("/proc/net/dev", encoding="ascii") as f:
        names = {line.split(":")[0].strip() for line in f if ":" in line}
    return names - {"lo"}


def check_query(checks, base, query):
    """Ask one query and hold the answer against its expectation."""
    expect, what = query["expect"], "%s: %s" % (query["exporter"], query["what"])
    if isinstance(expect, str):
        if expect not in PHRASES:
            checks.ok(False, "%s: do not know how to check '%s'" % (what, expect))
            return
        expect = PHRASES[expect]
    result = api(base, "query", query=query["expr"])["result"]
    values = [float(r["value"][1]) for r in result]
    shown = ", ".join("%g" % v for v in values[:6]) or "nothing"
    print("  %-60s %s" % (what[:60], shown))

    if "interfaces" in expect:
        got = {r["metric"]["device"] for r in result}
        checks.ok(got == interfaces(), "%s: devices %s" % (what, sorted(got)))
    elif "series" in expect:
        checks.ok(len(values) == expect["series"], "%s: %d series" % (what, len(values)))
    else:
        checks.ok(values, what + ": nothing")
    checks.ok(all(math.isfinite(v) for v in values), "%s: not finite: %s" % (what, shown))
    for key, holds in (("min", lambda v, x: v >= x), ("max", lambda v, x: v <= x),
                       ("above", lambda v, x: v > x)):
        if key in expect:
            checks.ok(all(holds(v, expect[key]) for v in values),
                      "%s: not %s %g: %s" % (what, key, expect[key], shown))
    name = next(iter(re.findall(r"\b(?:airflow|http|rpc|node)_\w+", query["expr"])), None)
    if "type" in expect:
        family = name[:-len("_bucket")] if name.endswith("_bucket") else name
        # Prometheus files the metadata of OpenMetrics counters under the family's name.
        kinds = {m["type"] for n in {family, re.sub("_total$", "", family)}
                 for m in api(base, "metadata", metric=n).get(n, [])}
        checks.ok(kinds == {expect["type"]}, "%s: %s is %s" % (what, family, kinds))
    if "quantiles" in expect:
        got = {r["metric"]["quantile"] for r in api(base, "query", query=name)["result"]}
        checks.ok(got == {"0.5", "0.9", "0.99"}, "%s: quantiles %s" % (what, sorted(got)))
        for suffix in ("_sum", "_count"):
            checks.ok(len(api(base, "query", query=name + suffix)["result"]) == 1,
                      what + ": no " + suffix)


def check_formats(checks, name, url, openmetrics_wanted):
    """What is answered to Prometheus 2, 3 and others, and whether it can be read. The exporters
    give Prometheus the text format, as those that they replace do."""
    from prometheus_client.openmetrics.parser import \
        text_string_to_metric_families as read_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as read_text
    for who, accept in ACCEPT.items():
        status, headers, body = get(url, {"Accept": accept} if accept else {})
        kind = headers.get("Content-Type", "")
        where = "%s for %s" % (name, who)
        checks.ok(status == 200, "%s: status %d" % (where, status))
        openmetrics = kind.startswith("application/openmetrics-text;")
        if openmetrics:
            checks.ok("version=1.0.0" in kind and "charset=utf-8" in kind,
                      "%s: Content-Type %s" % (where, kind))
            checks.ok(body.endswith(b"\n# EOF\n"), where + ": no # EOF at the end")
            read = read_openmetrics
        else:
            checks.ok(re.match(r"text/plain; ?version=0\.0\.4; ?charset=utf-8(;|$)", kind),
                      "%s: Content-Type %s" % (where, kind))
            parse_text(body.decode())
            read = read_text
        wanted = who == ONLY_OPENMETRICS or (openmetrics_wanted and accept is not None)
        checks.ok(openmetrics == wanted,
                  "%s: OpenMetrics %s" % (where, "refused" if wanted else "given"))
        try:
            families = list(read(body.decode()))
            checks.ok(len(families) > 5, "%s: %d families" % (where, len(families)))
        except ValueError as e:
            checks.ok(False, "%s: the official parser says: %s" % (where, e))
    status, headers, body = get(url, {"Accept-Encoding": "gzip"})
    checks.ok(headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b",
              name + ": gzip asked for and not given")


def check_promtool(checks, name, url):
    if not shutil.which("promtool"):
        print("promtool is not installed: findings not checked")
        return
    with open(os.path.join(HERE, "promtool-allowed.txt"), encoding="utf-8") as f:
        allowed = [re.compile(line.split("  # ")[0]) for line in f
                   if line.strip() and not line.startswith("#")]
    run = subprocess.run(["promtool", "check", "metrics"], input=get(url)[2],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    findings = [line for line in run.stdout.decode().splitlines() if line.strip()]
    checks.ok(run.returncode in (0, 3), "%s: promtool ends with %d" % (name, run.returncode))
    for line in findings:
        checks.ok(any(a.fullmatch(line) for a in allowed), "%s: promtool: %s" % (name, line))


def check_books(checks, url, load):
    """Everything sent has ended, so the numbers must be exact."""
    n = load.rounds
    wanted = {
        "airflow_dag_processing_file_path_queue_update_count": n,
        "airflow_dag_processing_last_duration_count": n,
        "airflow_scheduler_heartbeat": n,
        "airflow_ti_successes": 3 * n,
        "airflow_dag_processing_file_path_queue_size": 20 + (n - 1) % 7 - 3,
        "airflow_dag_processing_import_errors": 2 - n % 2,
        "airflow_pool_open_slots_default_pool": 128 - (n - 1) % 16,
    }

    def arrived():
        series = parse_text(get(url)[2].decode())[1]
        got = {name: series.get((name, ())) for name in wanted}
        return got == wanted and got
    try:
        wait_for("the books to agree", arrived, 5)
    except Failure:
        series = parse_text(get(url)[2].decode())[1]
        for name, value in wanted.items():
            checks.ok(series.get((name, ())) == value, "statsd: %s is %s, sent were %s" %
                      (name, series.get((name, ())), value))
        return
    for _ in wanted:
        checks.ok(True, "")


def start_all(programs):
    """Start what this build has; returns ({job: metrics port}, [loads])."""
    ports, loads = {}, []
    node = built("promc-node-exporter")
    if node:
        ports["node"] = free_port()
        programs.start("node", [node, "--web.listen-address=127.0.0.1:%d" % ports["node"]])
    statsd_exporter = built("promc-statsd-exporter")
    if statsd_exporter:
        import statsd
        ports["statsd"] = free_port()
        udp = free_port(socket.SOCK_DGRAM)
        programs.start("statsd", [statsd_exporter, "--statsd.listen-tcp=",
                                  "--statsd.listen-udp=127.0.0.1:%d" % udp,
                                  "--web.listen-address=127.0.0.1:%d" % ports["statsd"]])
        wait_for("statsd", answers("http://127.0.0.1:%d/metrics" % ports["statsd"]))
        loads.append(StatsdLoad(statsd.StatsClient("127.0.0.1", udp, prefix="airflow")))
    service = built("examples/http_service")
    if service:
        programs.start("library", [service, "0", "127.0.0.1:0"])
        line = programs.wait_line("library", r"service (\S+) metrics http://\S+:(\d+)/")
        ports["library"] = int(line.group(2))
        loads.append(HttpLoad(line.group(1)))
    if not ports:
        skip("this build has no exporters (see the end of configure's output)")
    return ports, loads


def all_queries():
    lists = [os.path.join(HERE, "queries.json"),
             os.path.join(SHARED, "acceptance-queries.json")]
    for path in lists:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                yield from json.load(f)


def main():
    need_prometheus()
    need_modules("prometheus_client", "statsd")
    checks = Checks()
    with Programs(checks) as programs:
        ports, loads = start_all(programs)
        print("build %s, jobs %s" % (BUILD, ", ".join(ports)))
        for job, port in ports.items():
            wait_for(job, answers("http://127.0.0.1:%d/metrics" % port))
        base = start_prometheus(programs, ports)
        for load in loads:
            load.start()
        wait_scrapes(programs, base, len(ports), SCRAPES)

        for query in all_queries():
            if query["exporter"] in ports:
                check_query(checks, base, query)
        for target in api(base, "targets", state="active")["activeTargets"]:
            job = target["labels"]["job"]
            checks.ok(target["health"] == "up" and not target["lastError"],
                      "%s is %s: %s" % (job, target["health"], target["lastError"]))
        for up in api(base, "query", query="min_over_time(up[5m])")["result"]:
            checks.ok(up["value"][1] == "1", "%s was down once" % up["metric"]["job"])

        for load in loads:
            checks.ok(load.is_alive(), "%s ended early" % type(load).__name__)
            load.ending.set()
            load.join()
        for job, port in ports.items():
            url = "http://127.0.0.1:%d/metrics" % port
            check_formats(checks, job, url, openmetrics_wanted=job == "library")
            check_promtool(checks, job, url)
        if "statsd" in ports:
            check_books(checks, "http://127.0.0.1:%d/metrics" % ports["statsd"],
                        next(x for x in loads if isinstance(x, StatsdLoad)))
        for job in ports:
            checks.ok(programs.stop(job) == 0, "%s does not end well on SIGTERM" % job)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
