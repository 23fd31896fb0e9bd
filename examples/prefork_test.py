#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients ask the prefork example while its workers are killed at random. What the server has
counted then is what the clients got answers for, or more: at most what they sent.

Runs until KILLS workers were killed (40), and each client has had its answers."""
import os
import random
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tests", "e2e"))
from harness import (Checks, Failure, Programs, answers, built,  # noqa: E402
                     get, parse_text, skip, wait_for)

KILLS = int(os.environ.get("KILLS", "40"))
WORKERS = 8
CLIENTS = 6


def children(parent):
    """The processes that parent has started, by /proc/PID/stat."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, encoding="ascii", errors="replace") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(name))
    return found


class Client(threading.Thread):
    def __init__(self, port, stop):
        super().__init__()
        self.port, self.stop = port, stop
        self.sent = self.answered = 0
        self.odd = None

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as s:
            self.sent += 1
            s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            got = b""
            while True:
                more = s.recv(4096)
                if not more:
                    break
                got += more
        if got.endswith(b"\r\n\r\nhello\n"):
            self.answered += 1
        elif got and not got.startswith(b"HTTP/1.1 200 OK\r\n"[:len(got)]):
            self.odd = got

    def run(self):
        while not self.stop.is_set() or self.answered < 20:
            try:
                self.ask()
            except ConnectionError:
                pass  # its worker was killed
            except OSError as e:
                self.odd = e
                return


def totals(series):
    """Sums over labels, by name; the in-flight gauge as it is."""
    sums = {}
    for (name, labels), value in series.items():
        if dict(labels).get("le", "+Inf") == "+Inf":
            sums[name] = sums.get(name, 0) + value
    sums["/"] = series.get(("http_requests_total", (("code", "200"), ("path", "/"))), 0)
    return sums


def scrape(url):
    """A page; a worker may be killed in the middle of answering."""
    def try_once():
        try:
            status, _, body = get(url)
        except OSError:
            return None
        return parse_text(body.decode())[1] if status == 200 else None
    return wait_for("a page", try_once)


def kill_workers(checks, parent, url):
    before = {}
    for _ in range(KILLS):
        worker = random.choice(wait_for("workers", lambda: children(parent)))
        os.kill(worker, signal.SIGKILL)
        wait_for("its end", lambda: worker not in children(parent))
        now = totals(scrape(url))
        for name, value in before.items():
            if name != "http_requests_in_flight":
                checks.ok(now.get(name, 0) >= value, "%s stepped back: %s from %s"
                          % (name, now.get(name), value))
        before = now
        time.sleep(random.random() * 0.02)


def run(checks, programs, program):
    server = programs.start("prefork_server", [program, "0"])
    url = programs.wait_line("prefork_server", r"metrics (\S+)").group(1)
    wait_for("prefork_server", answers(url))
    stop = threading.Event()
    clients = [Client(int(url.split(":")[2].split("/")[0]), stop) for _ in range(CLIENTS)]
    for c in clients:
        c.start()
    try:
        kill_workers(checks, server.pid, url)
    finally:
        stop.set()
        for c in clients:
            c.join()
    for c in clients:
        if c.odd is not None:
            raise Failure("a client got %r" % c.odd)
    wait_for("all workers", lambda: len(children(server.pid)) == WORKERS)
    series = scrape(url)
    now = totals(series)
    sent = sum(c.sent for c in clients)
    answered = sum(c.answered for c in clients)
    print("%d sent, %d answered, %d counted, %d kills" % (sent, answered, now["/"], KILLS))
    checks.ok(answered <= now["/"] <= sent, "%d answered, %d counted, %d sent"
              % (answered, now["/"], sent))
    checks.ok(sent - answered <= KILLS, "%d without an answer" % (sent - answered))
    # a worker may be killed between counting a request and observing how long it took
    more = now["http_requests_total"] - now["http_request_duration_seconds_count"]
    checks.ok(0 <= more <= KILLS, "%d requests without a duration" % more)
    checks.ok(now["http_request_duration_seconds_bucket"] ==
              now["http_request_duration_seconds_count"], "the buckets are not the count")
    checks.ok(now["prefork_worker_restarts_total"] == KILLS, "%d restarts"
              % now["prefork_worker_restarts_total"])
    checks.ok(now["http_requests_in_flight"] == 1, "%d in flight; one is the scrape itself"
              % now["http_requests_in_flight"])
    checks.ok(programs.stop("prefork_server") == 0, "SIGTERM")
    checks.ok(not children(server.pid), "workers are left over")


def main():
    checks = Checks()
    program = built("examples/prefork_server")
    if not program:
        skip("the example is not built")
    with Programs(checks) as programs:
        run(checks, programs, program)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
