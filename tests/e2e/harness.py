# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: programs that are started and surely stopped, HTTP, and
a reader for the text format that keeps every line apart."""
import http.client
import importlib.util
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
# Test data that may lie beside a checkout; users have none.
SHARED = os.path.join(os.path.dirname(SOURCE), "shared")
SYSTEM_PYTHON = "/usr/bin/python3"
BUILD = os.environ.get("PROMC_BUILD", os.getcwd())

GIVEN_PORTS = set()

# What the two living major versions of Prometheus send with a scrape.
ONLY_OPENMETRICS = "a client of OpenMetrics alone"
ACCEPT = {
    "none": None,
    "Prometheus 2": "application/openmetrics-text;version=1.0.0,"
                    "application/openmetrics-text;version=0.0.1;q=0.75,"
                    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Prometheus 3": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    "application/openmetrics-text;version=0.0.1;q=0.5,"
                    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ONLY_OPENMETRICS: "application/openmetrics-text;version=1.0.0",
}


def skip(why):
    print("SKIP: " + why)
    sys.exit(77)


def need_modules(*names):
    """Go on only with these Python modules. Distributions put theirs beside /usr/bin/python3,
    which need not be the first python3 of the path: go on with that one then."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            if os.path.exists(SYSTEM_PYTHON) and "PROMC_PYTHON" not in os.environ:
                os.environ["PROMC_PYTHON"] = SYSTEM_PYTHON
                os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON] + sys.argv)
            skip("the Python module %s is not installed" % name)


def built(path):
    """The path of a program of this build, or None when the build left it out."""
    full = os.path.join(BUILD, path)
    return full if os.access(full, os.X_OK) else None


def free_port(kind=socket.SOCK_STREAM):
    """A port that nobody listens on, nor will: the kernel gives out higher ones by itself."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in GIVEN_PORTS:
            GIVEN_PORTS.add(port)
            return port


def wait_for(what, condition, seconds=15.0, pause=0.05):
    """Call condition until it returns something true; that is returned."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure("waited %g s in vain for %s" % (seconds, what))
        time.sleep(pause)


def get(url, headers=None, timeout=10.0):
    """GET url; returns (status, headers, body as bytes). Raises OSError without an answer."""
    request = urllib.request.Request(url, headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()
    except (urllib.error.URLError, http.client.HTTPException) as e:
        raise OSError("%s: %s" % (url, e))


def answers(url):
    """A condition for wait_for(): url answers 200."""
    def try_once():
        try:
            return get(url)[0] == 200
        except OSError:
            return False
    return try_once


class Failure(Exception):
    """Ends a test at once; everything else is collected by Checks."""


class Checks:
    """Counts what held and lists what did not, so that one run shows every difference."""

    def __init__(self):
        self.passed = 0
        self.failed = []

    def ok(self, condition, text):
        if condition:
            self.passed += 1
        else:
            self.failed.append(text)
            print("FAIL: " + text, flush=True)
        return bool(condition)

    def end(self):
        print("%d checks held, %d failed" % (self.passed, len(self.failed)))
        return 1 if self.failed or not self.passed else 0


class Programs:
    """The programs a test starts. Leaving the with-block ends each of them by its process id
    and, if the test failed, shows what they wrote."""

    def __init__(self, checks=None):
        self.checks = checks
        self.running = []
        self.stopped = set()

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="promc-test-")
        # A terminated test still has to stop what it started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
        return self

    def start(self, name, argv, cwd=None, env=None):
        path = os.path.join(self.dir.name, name + ".log")
        with open(path, "wb") as log:
            p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=subprocess.STDOUT, cwd=cwd, env=env)
        self.running.append((name, p, path))
        return p

    def log(self, name):
        for n, _, path in self.running:
            if n == name:
                with open(path, encoding="utf-8", errors="replace") as f:
                    return f.read()
        raise KeyError(name)

    def wait_line(self, name, pattern, seconds=15.0):
        """Wait until the program wrote something that matches; returns the match."""
        def look():
            self.check_alive()
            return re.search(pattern, self.log(name))
        return wait_for("'%s' of %s" % (pattern, name), look, seconds)

    def check_alive(self):
        for name, p, _ in self.running:
            if name not in self.stopped and p.poll() is not None:
                raise Failure("%s ended by itself with status %s" % (name, p.returncode))

    def stop(self, name):
        """End one program as an administrator would; returns its exit status."""
        self.stopped.add(name)
        for n, p, _ in self.running:
            if n == name:
                if p.poll() is None:
                    p.terminate()
                try:
                    return p.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    p.kill()
                    p.wait()
                    raise Failure(name + " did not end within 10 s of SIGTERM")
        raise KeyError(name)

    def __exit__(self, kind, error, trace):
        for _, p, _ in self.running:
            if p.poll() is None:
                p.terminate()
        for _, p, _ in self.running:
            try:
                p.wait(timeout=10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        if isinstance(error, Failure) and self.checks is not None:
            self.checks.ok(False, str(error))
            error = None
            swallow = True
        else:
            swallow = False
        if error is not None or (self.checks is not None and self.checks.failed):
            for name, p, _ in self.running:
                print("--- log of %s (status %s)" % (name, p.returncode))
                print("\n".join(self.log(name).splitlines()[-60:]))
        self.dir.cleanup()
        return swallow


SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: (\S+))?$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')


def parse_text(text):
    """Read text format 0.0.4; returns ({family: type}, {(name, labels): value}) with labels a
    sorted tuple of pairs, still escaped. Raises Failure at anything malformed or double."""
    types, series = {}, {}
    if text and not text.endswith("\n"):
        raise Failure("the last line has no newline")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in types:
                raise Failure("line %d: second TYPE of %s" % (number, name))
            types[name] = kind
        elif not line.startswith("#"):
            m = SAMPLE.match(line)
            if not m:
                raise Failure("line %d: not a sample: %s" % (number, line[:120]))
            labels, pos, inside = [], 0, m.group(2) or ""
            while pos < len(inside):
                label = LABEL.match(inside, pos)
                if not label:
                    raise Failure("line %d: bad labels: %s" % (number, line[:120]))
                labels.append(label.groups())
                pos = label.end()
            key = (m.group(1), tuple(sorted(labels)))
            if key in series:
                raise Failure("line %d: series twice: %s" % (number, line[:120]))
            series[key] = float(m.group(3))
    return types, series
