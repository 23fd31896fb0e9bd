#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run each example as a newcomer would and look at what it exposes."""
import http.client
import http.server
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tests", "e2e"))
from harness import (ACCEPT, Checks, Programs, answers, built,  # noqa: E402
                     get, parse_text, skip, wait_for)


def custom_collector(checks, program, directory):
    spool = os.path.join(directory, "spool")
    os.mkdir(spool)
    for name, size in (("a", 100), ("b", 23)):
        with open(os.path.join(spool, name), "wb") as f:
            f.write(b"x" * size)
    run = subprocess.run([program, spool], stdout=subprocess.PIPE, check=False)
    types, series = parse_text(run.stdout.decode())
    label = (("dir", spool),)
    checks.ok(run.returncode == 0, "custom_collector: status %d" % run.returncode)
    checks.ok(types == {"spool_files": "gauge", "spool_bytes": "gauge"}, "types %s" % types)
    checks.ok(series == {("spool_files", label): 2, ("spool_bytes", label): 123},
              "custom_collector: %s" % series)

    run = subprocess.run([program, "/no/such/directory", spool], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    checks.ok(run.returncode == 1 and b"/no/such/directory" in run.stderr,
              "custom_collector: a missing directory is not reported")
    checks.ok(parse_text(run.stdout.decode())[1] == series,
              "custom_collector: a missing directory costs the others their samples")


def ask(base, path, method):
    """One request of the service; returns its status, whatever it is."""
    connection = http.client.HTTPConnection(base.split("/")[2], timeout=10)
    try:
        connection.request(method, path, headers={"Content-Length": "0"})
        return connection.getresponse().status
    finally:
        connection.close()


def http_service(checks, programs, program):
    programs.start("http_service", [program, "0", "127.0.0.1:0"])
    line = programs.wait_line("http_service", r"service (\S+)/orders metrics (\S+)")
    base, metrics = line.groups()
    series = parse_text(get(metrics)[2].decode())[1]
    key = (("method", "GET"), ("path", "/orders"), ("status", "200"))
    checks.ok(series.get(("http_requests_total", key)) == 0,
              "http_service: no series before the first request")
    wanted = [("/orders", "GET", 200), ("/users", "GET", 200), ("/orders", "POST", 200),
              ("/users", "DELETE", 405), ("/no/such/path", "GET", 404),
              ("/users", "BREW", 405)]
    for path, method, status in wanted:
        got = ask(base, path, method)
        checks.ok(got == status, "http_service: %s %s gives %d" % (method, path, got))
    types, series = parse_text(get(metrics)[2].decode())
    for path, method, status in wanted:
        labels = (("method", "other" if method == "BREW" else method),
                  ("path", "other" if path.startswith("/no") else path), ("status", str(status)))
        checks.ok(series.get(("http_requests_total", labels)) == 1,
                  "http_service: not counted: %s" % (labels,))
    checks.ok(sum(v for (name, _), v in series.items()
                  if name == "http_request_duration_seconds_count") == len(wanted),
              "http_service: durations are missing")
    checks.ok(series.get(("http_requests_in_progress", ())) == 0, "http_service: in progress")
    checks.ok(series.get(("rpc_duration_seconds_count", ())) == 3, "http_service: rpc count")
    quantiles = [v for (name, _), v in series.items() if name == "rpc_duration_seconds"]
    checks.ok(len(quantiles) == 3 and all(0.001 <= v < 5 for v in quantiles),
              "http_service: quantiles %s" % quantiles)
    checks.ok([types.get(n) for n in ("http_requests_total", "http_request_duration_seconds",
                                      "http_requests_in_progress", "rpc_duration_seconds")] ==
              ["counter", "histogram", "gauge", "summary"], "http_service: types")
    checks.ok(programs.stop("http_service") == 0, "http_service: SIGTERM")


def own_server(checks, programs, program):
    programs.start("own_server", [program, "0"])
    metrics = programs.wait_line("own_server", r"metrics (\S+)").group(1)
    get(metrics.replace("/metrics", "/"))
    for who, accept in ACCEPT.items():
        status, headers, body = get(metrics, {"Accept": accept} if accept else {})
        kind = headers["Content-Type"].split(";")[0]
        checks.ok(status == 200 and headers["Vary"] == "Accept", "own_server: %s" % who)
        checks.ok(kind == ("application/openmetrics-text" if accept else "text/plain"),
                  "own_server: %s gets %s" % (who, kind))
        checks.ok(body.endswith(b"# EOF\n") == bool(accept), "own_server: %s: end" % who)
        checks.ok(b"\nown_server_hits_total 1" in body, "own_server: %s: not counted" % who)
    checks.ok(programs.stop("own_server") == 0, "own_server: SIGTERM")


def cpp_service(checks, programs, program):
    programs.start("cpp_service", [program, "127.0.0.1:0"])
    metrics = programs.wait_line("cpp_service", r"metrics (\S+)").group(1)
    wait_for("cpp_service", answers(metrics))

    def both_work():
        series = parse_text(get(metrics)[2].decode())[1]
        return all(series.get(("worker_jobs_total", (("queue", q),)), 0) > 2
                   for q in ("fast", "slow")) and series
    series = wait_for("jobs of both queues", both_work)
    checks.ok(series[("worker_job_duration_seconds_count", ())] > 4, "cpp_service: durations")
    checks.ok(0 <= series[("worker_busy_threads", ())] <= 2, "cpp_service: busy")
    checks.ok(programs.stop("cpp_service") == 0, "cpp_service: SIGTERM")


def textfile_job(checks, programs, program):
    path = os.path.join(programs.dir.name, "job.prom")

    def state(status, *command):
        run = subprocess.run([program, path, "backup", *command], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
        checks.ok(run.returncode == status and run.stderr == b"",
                  "textfile_job %s: %s" % (command, run))
        with open(path, encoding="utf-8") as f:
            types, series = parse_text(f.read())
        checks.ok(types == {"cron_job_state": "gauge", "cron_job_duration_seconds": "gauge"},
                  "textfile_job: %s" % types)
        checks.ok(series[("cron_job_duration_seconds", (("job_name", "backup"),))] > 0,
                  "textfile_job: duration")
        return {dict(labels)["cron_job_state"]: v for (name, labels), v in series.items()
                if name == "cron_job_state"}

    ended = state(0, "grep", "-q", 'cron_job_state="running"} 1', path)
    checks.ok(ended == {"running": 0, "succeeded": 1, "failed": 0}, "textfile_job: %s" % ended)
    ended = state(3, "sh", "-c", "exit 3")
    checks.ok(ended == {"running": 0, "succeeded": 0, "failed": 1}, "textfile_job: %s" % ended)
    state(127, "/no/such/command")
    run = subprocess.run([program, "/no/such/folder/x.prom", "backup", "true"],
                         stderr=subprocess.PIPE, check=False)
    checks.ok(run.returncode == 0 and b"/no/such/folder" in run.stderr,
              "textfile_job: a folder that is missing: %s" % run)


class Gateway(http.server.BaseHTTPRequestHandler):
    """Keeps what was sent last."""
    def do_POST(self):
        self.server.path = self.path
        self.server.page = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def push_job(checks, programs, program):
    path = os.path.join(programs.dir.name, "lines")
    with open(path, "w", encoding="utf-8") as f:
        f.write("a\nb\nc\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = "http://127.0.0.1:%d" % server.server_address[1]
    environ = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}

    def push(*argv):
        return subprocess.run([program, *argv], stderr=subprocess.PIPE, check=False,
                              env=environ, timeout=60)
    try:
        run = push(url, path, path)
        series = parse_text(server.page)[1]
        checks.ok(run.returncode == 0 and run.stderr == b"", "push_job: %s" % run)
        checks.ok(server.path.startswith("/metrics/job/count_lines/instance"),
                  "push_job: %s" % server.path)
        checks.ok(series.get(("count_lines_lines_total", ())) == 6 and
                  series.get(("count_lines_last_success_timestamp_seconds", ()), 0) > 1e9,
                  "push_job: %s" % series)
        run = push(url, path, "/no/such/file")
        series = parse_text(server.page)[1]
        checks.ok(run.returncode == 1 and b"/no/such/file" in run.stderr, "push_job: %s" % run)
        checks.ok(series.get(("count_lines_lines_total", ())) == 3 and len(series) == 2,
                  "push_job: after a failure: %s" % series)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    run = push(url, path)
    checks.ok(run.returncode == 1 and url.encode() in run.stderr, "push_job: nobody: %s" % run)


def main():
    checks = Checks()
    with Programs(checks) as programs:
        program = built("examples/custom_collector")
        if not program:
            skip("the examples are not built")
        custom_collector(checks, program, programs.dir.name)
        for example in (textfile_job, push_job, http_service, own_server, cpp_service):
            program = built("examples/" + example.__name__)
            if program:
                example(checks, programs, program)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
