#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A handler mounted in other servers answers as our own server does: the same requests to
all three get the same status, headers and body.

Usage: http_mount_test.py [path of http_mount] [names of tests]; or HTTP_MOUNT in the
environment.
"""
import gzip
import os
import shutil
import socket
import subprocess
import sys
import threading
import unittest

PROGRAM = os.environ.get("HTTP_MOUNT", "tests/e2e/http_mount")
NAMES = ("built in", "bare sockets", "own daemon")
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
# What Prometheus 3 sends.
PROMETHEUS = ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
              "application/openmetrics-text;version=0.0.1;q=0.5,"
              "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
              "text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
PROTOBUF = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited")
# The connection is each server's own business, and so is the clock.
NOT_COMPARED = ("connection", "date")

# method, target, headers, status
TABLE = [
    ("GET", "/metrics", {}, 200),
    ("HEAD", "/metrics", {}, 200),
    ("HEAD", "/metrics", {"Accept-Encoding": "gzip"}, 200),
    ("GET", "/metrics", {"Accept": OPENMETRICS}, 200),
    ("GET", "/metrics", {"Accept": PROMETHEUS, "Accept-Encoding": "gzip"}, 200),
    ("GET", "/metrics", {"Accept": PROMETHEUS, "Accept-Encoding": "identity"}, 200),
    ("GET", "/metrics", {"Accept": PROTOBUF}, 200),
    ("GET", "/metrics", {"Accept": PROTOBUF + ";q=0.6," + PROMETHEUS}, 200),
    ("GET", "/metrics", {"Accept": "text/plain;version=1.0.0;escaping=values"}, 200),
    ("GET", "/metrics", {"Accept": "text/plain;version=1.0.0;escaping=dots;q=0.5,"
                                   "text/plain;q=0.4"}, 200),
    ("GET", "/metrics", {"Accept": "nonsense;;;"}, 200),
    ("GET", "/metrics", {"accept-encoding": "GZIP;q=0.5, br"}, 200),
    ("GET", "/metrics", {"Accept-Encoding": "gzip;q=0"}, 200),
    ("GET", "/metrics", {"Accept-Encoding": "gzip;q=0.2, identity;q=0.7"}, 200),
    ("GET", "/metrics", {"Accept-Encoding": "deflate, gzip, br, zstd"}, 200),
    ("GET", "/metrics", {"Accept-Encoding": "zstd;q=0.3, gzip;q=0.8"}, 200),
    ("GET", "/metrics?name[]=h_seconds", {}, 200),
    ("GET", "/metrics?name%5B%5D=h_seconds&name[]=collected&x=+", {}, 200),
    ("GET", "/metrics?name[]=none", {}, 200),
    ("GET", "/metrics?name[]=other_total", {}, 200),
    ("GET", "/metrics?", {}, 200),
    ("GET", "/metrics?&&=&=x", {}, 200),
    ("GET", "/metrics?a=%", {}, 400),
    ("GET", "/metrics?a=%zz", {}, 400),
    ("GET", "/metrics?a=%00", {}, 400),
    ("GET", "/metrics?" + "&".join("a" * 1024), {}, 200),
    ("GET", "/metrics?" + "&".join("a" * 1025), {}, 400),
    ("POST", "/metrics", {}, 405),
    ("PUT", "/metrics?a=1", {}, 405),
    ("DELETE", "/metrics", {}, 405),
    ("get", "/metrics", {}, 405),
    ("POST", "/metrics?a=%", {}, 400),
    ("GET", "/metrics", {"X-Prometheus-Scrape-Timeout-Seconds": "10"}, 200),
    ("GET", "/metrics", {"X-Prometheus-Scrape-Timeout-Seconds": "NaN"}, 200),
    ("GET", "/metrics?name[]=promhttp_metric_handler_requests_total", {}, 200),
]


# A gauge: in protobuf the same in all servers, since it does not say when it was made.
IN_FLIGHT = "/metrics?name[]=promhttp_metric_handler_requests_in_flight"


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        pairs = [line.partition(": ") for line in lines[1:]]
        self.headers = sorted((k.lower(), v) for k, _, v in pairs
                              if k.lower() not in NOT_COMPARED)
        self.by_name = dict(self.headers)


class Servers:
    def __init__(self, *args):
        self.process = subprocess.Popen([PROGRAM, *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.ports = [int(p) for p in self.process.stdout.readline().split()]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        if exc[0] is None:
            assert self.process.returncode == 0, self.process.returncode

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()[:-1]

    def calls(self):
        return [int(n) for n in self.tell("calls")]

    def ask(self, which, method="GET", target="/metrics", headers=()):
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: test", "Connection: close"]
        lines += ["%s: %s" % pair for pair in dict(headers).items()]
        raw = b""
        with socket.create_connection(("127.0.0.1", self.ports[which]), 60) as s:
            s.sendall("\r\n".join(lines + ["", ""]).encode())
            while True:
                block = s.recv(1 << 16)
                if not block:
                    return Answer(raw)
                raw += block


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


# Where in a MetricFamily the times are at which counting began, as fields from the outside in;
# and the way there.
CREATED = {(4, 3, 3), (4, 4, 4), (4, 7, 15)}
ON_THE_WAY = {(4,), (4, 3), (4, 4), (4, 7)}


def without_times(data, path=()):
    """A protobuf message as a list of its fields, without when counting began: the three servers
    have registries of their own."""
    fields = []
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        here = path + (key >> 3,)
        if key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif key & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            value, at = varint(data, at)
        if here in ON_THE_WAY:
            value = without_times(value, here)
        if here not in CREATED:
            fields.append((here[-1], value))
    return fields


def comparable(answer):
    """Its headers and its body. How long a time is in protobuf depends on it."""
    if not answer.by_name.get("content-type", "").startswith("application/vnd.google"):
        return answer.headers, answer.body
    families = []
    at = 0
    while at < len(answer.body):
        size, at = varint(answer.body, at)
        families.append(without_times(answer.body[at:at + size]))
        at += size
    return [h for h in answer.headers if h[0] != "content-length"], families


class Mounted(unittest.TestCase):
    def same(self, answers, status=None):
        for name, answer in zip(NAMES[1:], answers[1:]):
            self.assertEqual(answer.status, answers[0].status, name)
            self.assertEqual(comparable(answer), comparable(answers[0]), name)
        if status is not None:
            self.assertEqual(answers[0].status, status)
        return answers[0]

    def ask_all(self, servers, *args, status=None):
        return self.same([servers.ask(i, *args) for i in range(3)], status)

    def test_table(self):
        with Servers() as servers:
            for method, target, headers, status in TABLE:
                with self.subTest(method=method, target=target[:60], headers=headers):
                    a = self.ask_all(servers, method, target, headers, status=status)
                    if method == "HEAD":
                        self.assertEqual(a.body, b"")
                        self.assertGreater(int(a.by_name["content-length"]), 0)
                    else:
                        self.assertEqual(int(a.by_name["content-length"]), len(a.body))
                    self.assertEqual("allow" in a.by_name, status == 405)
                    self.assertEqual("vary" in a.by_name, status == 200)

    def test_contents(self):
        with Servers() as servers:
            a = self.ask_all(servers, "GET", "/metrics", {"Accept-Encoding": "gzip"})
            text = gzip.decompress(a.body)
            for piece in (b'filler_total{number="499"} 499\n', b'collected{name="a ',
                          b'promhttp_metric_handler_requests_in_flight 1\n'):
                self.assertIn(piece, text)
            a = self.ask_all(servers, "GET", "/metrics?name[]=collected", {})
            self.assertEqual(a.body.count(b"\n"), 3)
            self.assertEqual(int(a.by_name["content-length"]), len(a.body))
            a = self.ask_all(servers, "GET", "/metrics?name[]=other_total", {})
            self.assertIn(b"other_total 1\n", a.body)
            a = self.ask_all(servers, "GET", "/metrics", {"Accept": OPENMETRICS})
            self.assertTrue(a.body.endswith(b"# EOF\n"))
            a = self.ask_all(servers, "GET", "/metrics", {"Accept": PROTOBUF})
            self.assertIn(b"\0", a.body)
            self.assertIn(b"filler_total", a.body)

    def test_zstd(self):
        if not shutil.which("zstd"):
            self.skipTest("there is no zstd here")
        with Servers() as servers:
            headers = {"Accept": PROTOBUF, "Accept-Encoding": "zstd, gzip;q=0.5"}
            a = self.ask_all(servers, "GET", IN_FLIGHT, headers, status=200)
            plain = self.ask_all(servers, "GET", IN_FLIGHT,
                                 {"Accept": PROTOBUF}, status=200)
            if a.by_name["content-encoding"] != "zstd":
                self.assertEqual(a.by_name["content-encoding"], "gzip")
                self.skipTest("built without libzstd")
            text = subprocess.run(["zstd", "-dc"], input=a.body, stdout=subprocess.PIPE,
                                  check=True).stdout
            self.assertEqual(text, plain.body)
            self.assertEqual(a.by_name["content-type"], plain.by_name["content-type"])

    def test_errors_continue(self):
        with Servers() as servers:
            servers.tell("broken 1")
            a = self.ask_all(servers, "GET", "/metrics", {}, status=200)
            self.assertIn(b"collected{", a.body)
            a = self.ask_all(servers, "GET", "/metrics", {}, status=200)
            self.assertIn(b'promhttp_metric_handler_errors_total{cause="gathering"} 1\n', a.body)

    def test_errors_fail(self):
        with Servers("fail") as servers:
            self.ask_all(servers, "GET", "/metrics", {}, status=200)
            servers.tell("broken 1")
            a = self.ask_all(servers, "GET", "/metrics", {}, status=500)
            self.assertIn(b"asked to fail", a.body)
            self.assertNotIn(b"filler_total", a.body)
            servers.tell("broken 0")
            a = self.ask_all(servers, "GET", "/metrics", {}, status=200)
            self.assertIn(b'promhttp_metric_handler_requests_total{code="500"} 1\n', a.body)

    def fetch(self, servers, which, n, headers):
        results = [None] * n

        def client(i):
            results[i] = servers.ask(which, "GET", "/metrics", headers)
        threads = [threading.Thread(target=client, args=(i,)) for i in range(n)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return results

    def test_sharing(self):
        with Servers() as servers:
            servers.tell("slow 2000")
            for which, name in enumerate(NAMES):
                with self.subTest(name):
                    results = self.fetch(servers, which, 8, {})
                    self.assertEqual({r.status for r in results}, {200})
                    # all came in the 2 s of the first one, unless this machine crawls
                    collections = servers.calls()[which]
                    self.assertLess(collections, 8)
                    self.assertLessEqual(len({r.body for r in results}), collections)

    def test_too_many(self):
        with Servers() as servers:
            servers.tell("slow 2000")
            refused = []
            for which, name in enumerate(NAMES):
                with self.subTest(name):
                    results = self.fetch(servers, which, 20, {})
                    self.assertEqual({r.status for r in results}, {200, 503})
                    refused += [r for r in results if r.status == 503][:1]
            self.same(refused, 503)
            self.assertIn("retry-after", refused[0].by_name)
            self.assertIn(b"(10)", refused[0].body)
            servers.tell("slow 0")
            self.assertEqual(self.ask_status(servers), [200] * 3)

    def ask_status(self, servers):
        return [servers.ask(i).status for i in range(3)]

    def test_deadline(self):
        with Servers() as servers:
            servers.tell("slow 1500")
            a = self.ask_all(servers, "GET", "/metrics",
                             {"X-Prometheus-Scrape-Timeout-Seconds": "0.5"}, status=503)
            self.assertIn("retry-after", a.by_name)
            self.assertEqual(self.ask_status(servers), [200] * 3)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.exists(sys.argv[1]):
        PROGRAM = os.path.abspath(sys.argv.pop(1))
    if not os.path.exists(PROGRAM):
        print("no program to test at", PROGRAM)
        sys.exit(77)
    unittest.main()
