#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""promc-lint: its output for pages of ours, its options, files and addresses; that it calls
severe whatever the Prometheus project's parsers refuse; and that it finds nothing severe in what
our own exporters serve."""
import contextlib
import gzip
import http.server
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from harness import (SOURCE, Checks, Programs, answers, built, free_port, get,
                     need_modules, skip, wait_for)

PROGRAM = built("promc-lint")
FIXTURES = os.path.join(SOURCE, "tests", "fixtures", "lint")
FORMATS = {"prom": "text", "prom1": "text-1.0", "om": "openmetrics"}
CLEAN, CONVENTION, SEVERE, UNREADABLE = range(4)
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def lint(*arguments, stdin=b"", cwd=None):
    """Returns (status, stdout, stderr)."""
    done = subprocess.run([PROGRAM, *arguments], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, cwd=cwd, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def fixtures(checks):
    names = [n for n in sorted(os.listdir(FIXTURES)) if n.rpartition(".")[2] in FORMATS]
    checks.ok(len(names) >= 5, "fixtures: %s" % names)
    for name in names:
        kind = FORMATS[name.rpartition(".")[2]]
        status, out, err = lint("--format=" + kind, name, cwd=FIXTURES)
        with open(os.path.join(FIXTURES, name + ".out"), encoding="utf-8") as f:
            expected = f.read()
        checks.ok(out == expected and err == "", "%s: %s%s" % (name, out, err))
        checks.ok(status == (SEVERE if ": severe: " in expected else
                             CONVENTION if expected else CLEAN), "%s: %d" % (name, status))


def options(checks, directory):
    def write(name, text):
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    clean = write("clean", "# HELP a x\na 1\n")
    convention = write("convention", "a 1\n")
    severe = write("severe", "# HELP a x\na 1\na 1\n")
    missing = os.path.join(directory, "missing")
    rows = [
        ([clean], CLEAN), ([convention], CONVENTION), ([severe], SEVERE),
        ([missing], UNREADABLE), ([directory], UNREADABLE), ([], UNREADABLE),
        ([clean, severe, convention], SEVERE), ([severe, missing, clean], UNREADABLE),
        (["--ignore=help-missing", convention], CLEAN),
        (["--ignore=series-twice", severe], CLEAN),
        (["--only=series-twice", convention], CLEAN),
        (["--only=help-missing,series-twice", severe], SEVERE),
        (["--only=help-missing", "--only=series-twice", severe], SEVERE),
        (["--only=no-such-rule", clean], UNREADABLE),
        (["--ignore=", clean], CLEAN),
        (["--format=xml", clean], UNREADABLE), (["--unknown", clean], UNREADABLE),
        (["--max-size=0", clean], UNREADABLE), (["--max-size=1x", clean], UNREADABLE),
        (["--max-size=14", clean], UNREADABLE), (["--max-size=15", clean], CLEAN),
        (["--timeout=-1", clean], UNREADABLE),
        (["--format=openmetrics", clean], SEVERE),
        (["--quiet", severe], SEVERE),
    ]
    for arguments, expected in rows:
        status, out, err = lint(*arguments)
        checks.ok(status == expected, "%s: %d %s" % (arguments, status, err))
        checks.ok((err != "") == (expected == UNREADABLE), "%s: %s" % (arguments, err))
        checks.ok("--quiet" not in arguments or out == "", "%s: %s" % (arguments, out))
    # the format is told from the input
    for text, expected in ((b"a 1\n# EOF\na 1\n", "after-eof"), (b'{"a"} 1\n', "help-missing"),
                           (b'{"a"} 1\n# EOF\n', "help-missing"), (b"", ""),
                           (b"a 1\r\n# EOF\r\n", "line-end"),
                           (b"# EOF is no end\n# HELP a x\na 1\n", ""),
                           (b"\x1b[31m 1\n", "metric-name")):
        status, out, err = lint("-", stdin=text)
        checks.ok(expected in out and (out == "") == (expected == ""), "%r: %s" % (text, out))
        checks.ok("\x1b" not in out, "an escape sequence is passed on")
    status, out, err = lint("-", stdin=b'a{b="c"} 1\n# TYPE "x\x1b\xc2\x9b" gauge\n')
    checks.ok(status == CONVENTION and out.startswith("(stdin):"), out)
    status, out, err = lint("--format=text-1.0", "-", stdin=b'# TYPE "x\x1b\xc2\x9b" gauge\n')
    checks.ok("\x1b" not in out and "\x9b" not in out and "x??" in out, repr(out))
    status, out, err = lint("--help")
    checks.ok(status == CLEAN and out.startswith("usage: promc-lint"), out)
    status, out, err = lint("--version")
    checks.ok(status == CLEAN and out.startswith("promc-lint "), out)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "--list-rules"], stdout=full,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    checks.ok(done.returncode == UNREADABLE, "a full disk is not noticed")


# --- addresses ----------------------------------------------------------------------------

class Pages(http.server.BaseHTTPRequestHandler):
    """Answers by path."""
    accepts = {}
    release = threading.Event()

    def do_GET(self):
        Pages.accepts[self.path] = self.headers.get("Accept", "")
        types = {"/text": "text/plain; version=0.0.4", "/om": OPENMETRICS,
                 "/om8": OPENMETRICS + "; escaping=allow-utf-8",
                 "/text1": "text/plain; version=1.0.0; escaping=allow-utf-8",
                 "/html": "text/html", "/bomb": "text/plain", "/escape": "\x1b[31mtext/x"}
        body = {"/om": b"# HELP a x\na 1\n# EOF\n", "/text": b"# HELP a x\na 1\n",
                "/om8": b'# HELP "a.b" x\n{"a.b"} 1\n# EOF\n',
                "/text1": b'# HELP "a.b" x\n{"a.b"} 1\n',
                "/bomb": gzip.compress(b"a 1\n" * 1000000)}.get(self.path, b"a 1\n")
        status = {"/missing": 404, "/moved": 302}.get(self.path, 200)
        if self.path == "/slow":
            Pages.release.wait(30)
            return
        self.send_response(status)
        if self.path in types:
            self.send_header("Content-Type", types[self.path])
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        if status == 302:
            self.send_header("Location", "/text")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def addresses(checks):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = "http://127.0.0.1:%d" % server.server_port
    try:
        status, _, err = lint(base + "/text")
        if "without libcurl" in err:
            checks.ok(status == UNREADABLE, "without libcurl: %d" % status)
            print("built without libcurl: no addresses")
            return
        rows = [
            (["/text"], CLEAN, ""), (["/om"], CLEAN, ""), (["/om8"], CLEAN, ""),
            (["/text1"], CLEAN, ""), (["/missing"], UNREADABLE, "404"),
            (["/moved"], UNREADABLE, "302"), (["/html"], UNREADABLE, "text/html"),
            (["/none"], UNREADABLE, "(none)"), (["--format=text", "/none"], CONVENTION, ""),
            (["--max-size=100000", "/bomb"], UNREADABLE, "100000 bytes"),
            (["--timeout=1", "/slow"], UNREADABLE, "time"),
        ]
        for arguments, expected, words in rows:
            began = time.monotonic()
            status, out, err = lint(*arguments[:-1], base + arguments[-1])
            checks.ok(status == expected and words in err.lower(),
                      "%s: %d %s%s" % (arguments, status, out, err))
            checks.ok(time.monotonic() - began < 20, "%s takes too long" % arguments)
        checks.ok("openmetrics-text" in Pages.accepts["/om"], "does not ask for OpenMetrics")
        checks.ok("openmetrics" not in Pages.accepts["/none"], "--format=text asks for more")
        # neither a password nor what a terminal acts on is passed on
        for path, expected in (("/none", UNREADABLE), ("/escape", UNREADABLE), ("/text1", CLEAN),
                               ("/bad?x=@", CONVENTION)):
            status, out, err = lint("--format=text-1.0" if path[1] == "b" else "--quiet",
                                    base.replace("//", "//me:s3cret@") + path)
            checks.ok(status == expected, "%s: %d %s%s" % (path, status, out, err))
            checks.ok("s3cret" not in out + err and "\x1b" not in err, "%s: %s%s" % (path, out, err))
            checks.ok(status == CLEAN or base + path in out + err, "%s: %s%s" % (path, out, err))
        status, _, err = lint("http://127.0.0.1:%d/" % free_port())
        checks.ok(status == UNREADABLE and err != "", "nobody listens: %d %s" % (status, err))
    finally:
        Pages.release.set()
        server.shutdown()
        server.server_close()


# --- oracles ------------------------------------------------------------------------------

PIECES = ["#", " ", "  ", "\t", "{", "}", '"', "\\", ",", "=", "_total", "_sum", "_count",
          "_bucket", "_created", "_info", "_gsum", "_gcount", "NaN", "-1", "+Inf", "1.5", "1e3",
          "# EOF\n", "\n", "# TYPE a ", "# UNIT a b\n", "# HELP a b\n", "counter", "gauge", "info",
          "stateset", "histogram", "summary", 'le="1.0"', 'le="+Inf"', 'quantile="0.5"',
          ' # {x="y"} 1', " 5", " 4", "9", "a", "ä"]


def mutate(rnd, text):
    """One to three small accidents."""
    lines = text.split("\n")
    for _ in range(rnd.randint(1, 3)):
        kind = rnd.randrange(7)
        i, k = rnd.randrange(len(lines)), rnd.randrange(len(lines))
        at = rnd.randrange(len(lines[i]) + 1)
        if kind == 0:
            lines[i], lines[k] = lines[k], lines[i]
        elif kind == 1 and len(lines) > 2:
            del lines[i]
        elif kind == 2:
            lines.insert(k, lines[i])
        elif kind == 3:
            lines[i] = lines[i][:at] + lines[i][at + 1:]
        elif kind == 4:
            lines[i] = lines[i][:at] + rnd.choice(PIECES) + lines[i][at:]
        elif kind == 5:
            words = lines[i].split(" ")
            words[rnd.randrange(len(words))] = rnd.choice(PIECES).strip() or "0"
            lines[i] = " ".join(words)
        else:
            lines[i] = lines[i][:at] + rnd.choice(PIECES) + lines[i][at + 1:]
    return "\n".join(lines)


def blocks(path):
    """The page cut into small ones, a family or two each."""
    with open(path, encoding="utf-8") as f:
        lines = [line for line in f.read().split("\n") if line and line != "# EOF"]
    found, start = [], 0
    for i in range(1, len(lines) + 1):
        if i == len(lines) or lines[i].startswith("# ") and not lines[i - 1].startswith("# "):
            found.append(lines[start:i])
            start = i
    return found


def severe_of(directory, kind, cases):
    """For each text whether promc-lint calls it severe, and what it said."""
    said = [[] for _ in cases]
    for i, text in enumerate(cases):
        with open(os.path.join(directory, "case%d" % i), "wb") as f:
            f.write(text.encode())
    for start in range(0, len(cases), 500):
        names = ["case%d" % i for i in range(start, min(start + 500, len(cases)))]
        status, out, err = lint("--format=" + kind, *names, cwd=directory)
        assert status != UNREADABLE, err
        for line in out.splitlines():
            said[int(line[4:line.index(":")])].append(line)
    return [(any(": severe: " in line for line in lines), lines) for lines in said]


def openmetrics_oracle(checks, directory):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    rnd = random.Random(20261120)
    families = blocks(os.path.join(FIXTURES, "clean.om"))
    cases = []
    for _ in range(6000):
        picked = rnd.sample(families, rnd.randint(1, 2))
        text = "\n".join("\n".join(f) for f in picked) + "\n# EOF\n"
        cases.append(mutate(rnd, text))
    refused = missed = 0
    for text, (severe, said) in zip(cases, severe_of(directory, "openmetrics", cases)):
        try:
            list(parse(text))
        except (AttributeError, TypeError):
            pass  # its own fault: it cannot compare 1 and .1 as timestamps
        except Exception as e:  # pylint: disable=broad-except
            refused += 1
            if not severe:
                missed += 1
                checks.ok(missed > 5, "refused for %s, not severe:\n%s\n%s" % (e, text, said))
    print("OpenMetrics: %d cases, %d refused, %d of them not severe" %
          (len(cases), refused, missed))
    checks.ok(refused > len(cases) // 3 and missed == 0, "%d missed of %d" % (missed, refused))


def promtool_oracle(checks, directory):
    if not shutil.which("promtool"):
        print("promtool is not installed: not asked")
        return
    rnd = random.Random(20261121)
    families = blocks(os.path.join(FIXTURES, "clean.prom"))
    cases = []
    for _ in range(100):
        picked = rnd.sample(families, rnd.randint(1, 2))
        cases.append(mutate(rnd, "\n".join("\n".join(f) for f in picked) + "\n"))
    refused = missed = 0
    for text, (severe, said) in zip(cases, severe_of(directory, "text", cases)):
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              check=False)
        if b"error while linting" in done.stdout:
            refused += 1
            if not severe:
                missed += 1
                checks.ok(False, "refused, not severe: %s\n%s\n%s" % (done.stdout, text, said))
    print("promtool: %d cases, %d refused, %d of them not severe" %
          (len(cases), refused, missed))
    checks.ok(refused > 20 and missed == 0, "promtool: %d missed of %d" % (missed, refused))


# --- our own pages ------------------------------------------------------------------------

def exporters(checks):
    with Programs(checks) as programs:
        for name in ("promc-node-exporter", "promc-statsd-exporter"):
            program = built(name)
            if not program:
                print("%s is not built" % name)
                continue
            port = free_port()
            arguments = [program, "--web.listen-address=127.0.0.1:%d" % port]
            if "statsd" in name:
                arguments += ["--statsd.listen-udp=127.0.0.1:%d" % free_port(),
                              "--statsd.listen-tcp="]
            programs.start(name, arguments)
            url = "http://127.0.0.1:%d/metrics" % port
            wait_for(name, answers(url))
            for kind, accept in (("text", "text/plain"), ("openmetrics", OPENMETRICS)):
                _, headers, body = get(url, {"Accept": accept})
                checks.ok(accept.split(";")[0] in headers["Content-Type"],
                          "%s: %s" % (name, headers["Content-Type"]))
                status, out, err = lint("--format=" + kind, "-", stdin=body)
                severe = [line for line in out.splitlines() if ": severe: " in line]
                checks.ok(status in (CLEAN, CONVENTION) and not severe,
                          "%s, %s: %d %s%s" % (name, kind, status, severe[:5], err))


def main():
    if not PROGRAM:
        skip("promc-lint is not built")
    need_modules("prometheus_client")
    checks = Checks()
    fixtures(checks)
    with tempfile.TemporaryDirectory(prefix="promc-test-") as directory:
        options(checks, directory)
        openmetrics_oracle(checks, directory)
        promtool_oracle(checks, directory)
    addresses(checks)
    exporters(checks)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
