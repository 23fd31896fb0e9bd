#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pushing: to the Pushgateway of the distribution, where every grouping key must come back as
it was, and to servers that answer badly or not at all."""
import base64
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading

from harness import Checks, Programs, answers, built, free_port, get, parse_text, skip, wait_for

CLIENT = built("tests/e2e/push_client")
GATEWAY = shutil.which("prometheus-pushgateway")
TIMEOUT = 60

# Job and labels of a group; every way there is to write one.
GROUPS = [
    ("plain", {}),
    ("plain", {"instance": "db1", "zone": "a"}),
    ("with space", {}),
    ("with/slash", {"path": "/var/tmp"}),
    ("empty", {"instance": ""}),
    ("empty", {"a": "", "b": "", "c": "x"}),
    ("dots", {"a": ".", "b": "..", "c": "...", "d": "a.b"}),
    ("percent", {"v": "%2F%25%"}),
    ("reserved", {"v": "+?#&=@:;,!$'()*[]"}),
    ("quotes", {"v": "\"\\\n\t{}"}),
    ("control", {"v": "\x01\x7f"}),
    ("ümläut", {"v": "花火 😱"}),
    ("花火", {"v": "ä"}),
    ("~-._", {"v": "~-._"}),
    ("base64", {"v": "/?ÿþ~", "w": "job@base64", "x": "="}),
    ("@base64", {"x": "a//b", "y": " ", "z": "/"}),
    ("x" * 300, {"v": "é" * 300}),
]


class Client:
    """Runs push_client; its lines as [(step, result, text)]."""

    def __init__(self, checks):
        self.checks = checks
        self.environ = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}

    def parse(self, out, err, what):
        self.checks.ok(err == b"", "%s: on standard error: %r" % (what, err))
        found = []
        for line in out.decode("utf-8", "replace").split("\n")[:-1]:
            parts = (line + "  ").split(" ", 2)
            found.append((parts[0], int(parts[1]), parts[2].strip()))
        return found

    def run(self, *argv):
        done = subprocess.run([CLIENT] + [str(a) for a in argv], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              env=self.environ, check=False, timeout=TIMEOUT)
        return self.parse(done.stdout, done.stderr, " ".join(map(str, argv)))

    def start(self, *argv):
        return subprocess.Popen([CLIENT] + [str(a) for a in argv], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.PIPE,
                                env=self.environ)

    def ok(self, *argv):
        """Every step must succeed."""
        steps = self.run(*argv)
        self.checks.ok(steps and all(rc == 0 for _, rc, _ in steps), "%s: %s" % (argv, steps))


# --- the Pushgateway of the distribution ----------------------------------------------------

def escape(value):
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def gateway_series(base):
    return parse_text(get(base + "/metrics")[2].decode())[1]


def group_key(job, labels):
    return tuple(sorted([("job", escape(job))] +
                        [(k, escape(v)) for k, v in dict({"instance": ""}, **labels).items()]))


def groups_of(base):
    answer = json.loads(get(base + "/api/v1/metrics")[2].decode())
    return [group["labels"] for group in answer["data"]]


def wait_for_empty(base):
    """A gateway deletes some time after it has said so."""
    wait_for("an empty gateway", lambda: groups_of(base) == [])


def put_post_delete(checks, client, base):
    key = group_key("j", {})

    def now():
        series = gateway_series(base)
        return series.get(("a", key)), series.get(("b", key))

    client.ok(base, "j", "gauge", "a", 1, "gauge", "b", 2, "put")
    checks.ok(now() == (1, 2), "put: %s" % (now(),))
    client.ok(base, "j", "gauge", "a", 5, "post")
    checks.ok(now() == (5, 2), "post keeps what it does not name: %s" % (now(),))
    client.ok(base, "j", "gauge", "a", 6, "put")
    checks.ok(now() == (6, None), "put replaces the group: %s" % (now(),))
    client.ok(base + "/", "j", "group", "instance", "x", "gauge", "a", 7, "put")
    checks.ok(now() == (6, None), "another group: %s" % (now(),))
    checks.ok(gateway_series(base).get(("a", group_key("j", {"instance": "x"}))) == 7,
              "the other group is not there")
    client.ok(base, "j", "delete")
    wait_for("the end of the group", lambda: now() == (None, None))
    client.ok(base, "j", "group", "instance", "x", "delete")
    client.ok(base, "j", "put")  # a registry with nothing in it
    client.ok(base, "j", "delete")
    wait_for_empty(base)


def every_group(checks, client, base):
    for job, labels in GROUPS:
        argv = [base, job]
        for name in sorted(labels, reverse=True):
            argv += ["group", name, labels[name]]
        client.ok(*argv, "gauge", "g", 3, "put")
        want = dict(labels, job=job)
        got = groups_of(base)
        # the gateway leaves out of its answer what is empty
        checks.ok([{k: v for k, v in g.items() if v} for g in got] ==
                  [{k: v for k, v in want.items() if v}],
                  "the group %r came back as %r" % (want, got))
        checks.ok(gateway_series(base).get(("g", group_key(job, labels))) == 3,
                  "%r: not on the page" % want)
        client.ok(*argv, "delete")
        wait_for_empty(base)
    # a name beyond the classic ones comes in a form that a newer gateway turns back
    client.ok(base, "utf8", "group", "my.label", "x", "gauge", "g", 1, "put")
    checks.ok(groups_of(base) == [{"job": "utf8", "U__my_2e_label": "x"}],
              "UTF-8 name: %s" % groups_of(base))
    client.ok(base, "utf8", "group", "my.label", "x", "delete")
    wait_for_empty(base)


def gateway_says_no(checks, client, base):
    client.ok(base, "a", "gauge", "thing", 1, "put")
    steps = client.run(base, "b", "counter", "thing", 1, "put")
    checks.ok(len(steps) == 1 and steps[0][1] == -5 and "status 400" in steps[0][2] and
              base in steps[0][2] and "invalid or inconsistent" in steps[0][2],
              "two types of one name: %s" % steps)
    # it keeps a group for each, to show when it failed
    for job in ("a", "b"):
        client.ok(base, job, "delete")
    wait_for_empty(base)


def refused_before(checks, client, base):
    for label in ("job", "instance", "U__my_2e_label"):
        steps = client.run(base, "j", "group", "instance", "x", "group", "my.label", "x",
                           "labelled", "g", label, "y", "put", "post", "delete")
        checks.ok([s[:2] for s in steps] == [("put", -22), ("post", -22), ("delete", 0)] and
                  'g has the label "%s"' % label in steps[0][2], "%s: %s" % (label, steps))
    checks.ok(groups_of(base) == [], "something was sent")


def in_background(checks, client, base):
    key = ("a", group_key("bg", {}))
    process = client.start(base, "bg", "gauge", "a", 1, "start", 0.02, "put", "line",
                           "gauge", "a", 2, "line", "gauge", "a", 3, "stop", "put")
    try:
        wait_for("the first push", lambda: gateway_series(base).get(key) == 1)
        process.stdin.write(b"\n")
        process.stdin.flush()
        wait_for("another push", lambda: gateway_series(base).get(key) == 2)
        out, err = process.communicate(b"\n", timeout=TIMEOUT)
    finally:
        process.kill()
        process.wait()
    steps = client.parse(out, err, "background")
    checks.ok([s[:2] for s in steps] == [("start", 0), ("put", -16), ("stop", 0), ("put", 0)],
              "background: %s" % steps)
    checks.ok(gateway_series(base).get(key) == 3, "no push at the end")
    # once at the start and once at the end, however long the interval
    client.ok(base, "bg", "gauge", "a", 4, "start", 1e9, "stop")
    checks.ok(gateway_series(base).get(key) == 4, "no push at the end of a long interval")
    client.ok(base, "bg", "delete")


def with_gateway(checks, client, programs):
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    # Debian's would keep its metrics below /var otherwise, for the next one to find
    programs.start("pushgateway", [GATEWAY, "--web.listen-address=127.0.0.1:%d" % port,
                                   "--persistence.file="])
    wait_for("the pushgateway", answers(base + "/-/ready"))
    put_post_delete(checks, client, base)
    every_group(checks, client, base)
    gateway_says_no(checks, client, base)
    refused_before(checks, client, base)
    in_background(checks, client, base)
    programs.stop("pushgateway")


# --- servers of our own -----------------------------------------------------------------------

class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as its server says and remembers what it was asked."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.requests.append((self.command, self.path, self.headers,
                                     self.rfile.read(length)))
        status, headers, body = self.server.reply
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_DELETE = do_GET = answer

    def log_message(self, *args):
        pass


class Server:
    def __init__(self, context=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.requests, self.http.reply = [], (200, [], b"")
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        self.base = "http://127.0.0.1:%d" % self.port
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def asked(self):
        found, self.http.requests[:] = list(self.http.requests), []
        return found


def requests(checks, client, server):
    client.ok(server.base + "/prefix/", "a b", "group", "z", "", "group", "a", "x", "gauge", "g", 1,
              "put", "post", "delete")
    asked = server.asked()
    path = "/prefix/metrics/job@base64/YSBi/a/x/z@base64/="
    page = b"# HELP g Help.\n# TYPE g gauge\ng 1\n"
    checks.ok([(m, p, b) for m, p, _, b in asked] ==
              [("PUT", path, page), ("POST", path, page), ("DELETE", path, b"")],
              "requests: %s" % [(m, p, b) for m, p, _, b in asked])
    for method, _, headers, _ in asked:
        kind = "text/plain; version=0.0.4; charset=utf-8" if method != "DELETE" else None
        checks.ok(headers["Content-Type"] == kind, "%s: %s" % (method, headers["Content-Type"]))
        checks.ok(headers["Expect"] is None and headers["Transfer-Encoding"] is None,
                  "%s: %s" % (method, headers))
        checks.ok(headers["User-Agent"].startswith("promc/"), headers["User-Agent"])
        checks.ok(headers["Authorization"] is None, "an Authorization that nobody gave")

    def authorization(*argv):
        client.ok(*argv)
        return [h["Authorization"] for _, _, h, _ in server.asked()]

    def basic(pair):
        return ["Basic " + base64.b64encode(pair).decode()]
    host = server.base[len("http://"):]
    got = authorization(server.base, "j", "user", "me", "password", "p:ä", "put")
    checks.ok(got == basic("me:p:ä".encode()), "settings: %s" % got)
    got = authorization("http://us%40er:pw%2F@" + host, "j", "put")
    checks.ok(got == basic(b"us@er:pw/"), "URL: %s" % got)
    got = authorization(server.base, "j", "header", "Authorization: Bearer t", "header",
                        "X-Scope: 1", "put")
    checks.ok(got == ["Bearer t"], "header: %s" % got)
    # a large body goes out at once too
    metrics = [word for i in range(500) for word in ("gauge", "long_name_%d_%s" % (i, "x" * 50), i)]
    client.ok(server.base, "j", *metrics, "put")
    checks.ok(server.asked()[0][3].count(b"\n") == 1500, "a large body")
    # between two pushes nothing is open
    steps = client.run(server.base, "j", "descriptors", "put", "descriptors", "put",
                       "descriptors")
    checks.ok(len({rc for name, rc, _ in steps if name == "descriptors"}) == 1, str(steps))


def bad_answers(checks, client, server):
    with Server() as elsewhere:
        rows = [
            (200, [], b"fine", 0, ""),
            (202, [], b"", 0, ""),
            (204, [], b"", -5, "status 204"),
            (400, [], b"first line\nsecond line\n", -5, "status 400: first line"),
            (400, [], b"a\tb\x01c\x7f\r\nd", -5, "status 400: a b c"),
            (404, [], b"\xff\xfe", -5, "status 404:"),
            (404, [], "ä" * 200, -5, "status 404: äää"),
            (500, [], b"", -5, "status 500:"),
            (503, [], b"x" * 1000000, -5, "status 503: xxx"),
            (302, [("Location", elsewhere.base + "/metrics/job/j")], b"", -5, "status 302"),
            (307, [("Location", elsewhere.base + "/metrics/job/j")], b"", -5, "status 307"),
        ]
        for status, headers, body, want, text in rows:
            server.http.reply = (status, headers, body if isinstance(body, bytes) else body.encode())
            steps = client.run(server.base.replace("//", "//user:secret@"), "j", "put")
            checks.ok(len(steps) == 1 and steps[0][1] == want and text in steps[0][2],
                      "status %d: %s" % (status, steps))
            checks.ok(want == 0 or server.base in steps[0][2], "status %d: no URL" % status)
            checks.ok("secret" not in steps[0][2] and "user" not in steps[0][2] and
                      "second" not in steps[0][2], "status %d: %s" % (status, steps))
        checks.ok(elsewhere.asked() == [], "a redirect was followed")
    server.http.reply = (200, [], b"")
    server.asked()


class Silent:
    """Takes connections and does with each what @act says."""

    def __init__(self, act):
        self.act = act
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.held = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.held.append(connection)
            try:
                self.act(connection)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for connection in self.held:
            connection.close()
        self.listener.close()


def reset(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def no_answers(checks, client):
    def dribble(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while connection.sendall(b"x") is None:
            threading.Event().wait(0.05)
    rows = [
        ("nothing", lambda c: None, 0.3, "imed out"),
        ("a byte now and then", dribble, 0.5, "imed out"),
        ("end", lambda c: c.close(), 10, ""),
        ("reset", reset, 10, ""),
        ("not HTTP", lambda c: (c.recv(65536), c.sendall(b"220 smtp\r\n"), c.close()), 10, ""),
        ("half", lambda c: (c.recv(65536),
                            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
                            c.close()), 10, ""),
    ]
    for name, act, timeout, text in rows:
        with Silent(act) as server:
            steps = client.run(server.base, "j", "timeout", timeout, "gauge", "g", 1, "put",
                               "delete")
            checks.ok([s[:2] for s in steps] == [("put", -5), ("delete", -5)] and
                      all(server.base in s[2] and text in s[2] for s in steps),
                      "%s: %s" % (name, steps))


def comes_and_goes(checks, client):
    """The background task carries on when the server fails, and tells how it ended."""
    with Server() as server:
        server.http.reply = (500, [], b"broken")
        process = client.start(server.base, "j", "gauge", "g", 1, "start", 0.02, "line", "stop")
        try:
            wait_for("three tries", lambda: len(server.http.requests) >= 3)
            server.http.reply = (200, [], b"")
            out, err = process.communicate(b"\n", timeout=TIMEOUT)
        finally:
            process.kill()
            process.wait()
        steps = client.parse(out, err, "broken")
        checks.ok([s[:2] for s in steps] == [("start", 0), ("stop", 0)], "broken: %s" % steps)
        server.http.reply = (500, [], b"broken")
        steps = client.run(server.base, "j", "start", 1e9, "stop")
        checks.ok(steps[-1][1] == -5 and "status 500: broken" in steps[-1][2],
                  "broken at the end: %s" % steps)


def encrypted(checks, client, directory):
    if not shutil.which("openssl"):
        print("openssl is not installed: https is not tried")
        return
    key, cert = os.path.join(directory, "key.pem"), os.path.join(directory, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                   timeout=TIMEOUT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with Server(context) as server:
        base = server.base.replace("http:", "https:")
        client.ok(base, "j", "ca", cert, "gauge", "g", 1, "put")
        checks.ok(len(server.asked()) == 1, "https: nothing came")
        steps = client.run(base, "j", "gauge", "g", 1, "put")
        checks.ok(steps[0][1] == -5 and "certificate" in steps[0][2].lower(),
                  "https with a certificate that nobody vouches for: %s" % steps)
        steps = client.run(base, "j", "ca", "/no/such/file", "gauge", "g", 1, "put")
        checks.ok(steps[0][1] == -5, "https without the file: %s" % steps)
        checks.ok(server.asked() == [], "https: something was sent nevertheless")
    # a connection that breaks while much is being sent: no SIGPIPE
    metrics = [word for i in range(1000) for word in ("gauge", "x%d_%s" % (i, "x" * 1000), i)]
    with Silent(lambda c: reset(context.wrap_socket(c, server_side=True))) as server:
        steps = client.run(server.base.replace("http:", "https:"), "j", "ca", cert, *metrics,
                           "put", "put", "put")
        checks.ok([rc for _, rc, _ in steps] == [-5, -5, -5], "https broken off: %s" % steps)


def main():
    if not CLIENT:
        skip("libpromc-push is not built")
    checks = Checks()
    client = Client(checks)
    with Programs(checks) as programs:
        with Server() as server:
            requests(checks, client, server)
            bad_answers(checks, client, server)
        no_answers(checks, client)
        comes_and_goes(checks, client)
        encrypted(checks, client, programs.dir.name)
        if GATEWAY:
            with_gateway(checks, client, programs)
    status = checks.end()
    if status == 0 and not GATEWAY:
        skip("prometheus-pushgateway is not installed; the rest held")
    return status


if __name__ == "__main__":
    sys.exit(main())
