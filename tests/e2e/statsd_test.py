#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""promc-statsd-exporter as a whole: every dialect over every transport, lines that have
brought down or poisoned other programs, floods, half lines, and books that must balance."""
import os
import re
import signal
import socket
import sys
import time

from harness import (Checks, Failure, Programs, built, free_port, get, parse_text, skip,
                     wait_for)

try:
    from prometheus_client.parser import text_string_to_metric_families as official_parser
except ImportError:
    official_parser = None

EXPORTER = built("promc-statsd-exporter")
OWN = "statsd_exporter_"


class Bridge:
    """One exporter on free ports; n tells those of one test apart."""
    count = 0

    def __init__(self, programs, *flags, unixgram=False):
        Bridge.count += 1
        self.programs, self.name = programs, "bridge%d" % Bridge.count
        self.udp, self.tcp = free_port(socket.SOCK_DGRAM), free_port()
        self.web = free_port()
        self.path = os.path.join(programs.dir.name, self.name + ".sock") if unixgram else ""
        self.process = programs.start(self.name, [
            EXPORTER, "--web.listen-address=127.0.0.1:%d" % self.web,
            "--statsd.listen-udp=127.0.0.1:%d" % self.udp,
            "--statsd.listen-tcp=127.0.0.1:%d" % self.tcp,
            "--statsd.listen-unixgram=" + self.path, *flags])
        self.url = "http://127.0.0.1:%d" % self.web
        wait_for(self.name, self.up)

    def up(self):
        self.programs.check_alive()
        try:
            return get(self.url + "/metrics")[0] == 200
        except OSError:
            return False

    def send_udp(self, *packets):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", self.udp))
            for p in packets:
                s.send(p)

    def send_unixgram(self, *packets):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            s.connect(self.path)
            for p in packets:
                s.send(p)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.tcp), 10)

    def send_tcp(self, data):
        with self.connect() as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(4096):
                pass

    def scrape(self):
        """(types, series) of a scrape that every parser at hand must take."""
        status, _, body = get(self.url + "/metrics", timeout=30)
        text = body.decode("utf-8")
        if status != 200:
            raise Failure("scrape answered %s: %s" % (status, text[:200]))
        types, series = parse_text(text)
        if official_parser:
            list(official_parser(text))
        return types, series

    def series(self):
        return self.scrape()[1]

    def lines(self, n):
        """Wait until n lines were taken; returns the series then."""
        def enough():
            self.programs.check_alive()
            got = self.series()
            return got if got[OWN + "lines_total", ()] >= n else None
        return wait_for("%d lines" % n, enough)


def total(series, name):
    """The sum of a family over its labels."""
    return sum(v for (n, _), v in series.items() if n == OWN + name)


def value(series, name, **labels):
    return series.get((name, tuple(sorted(labels.items()))))


def of_users(series):
    return {k: v for k, v in series.items()
            if not re.match("statsd_exporter_|process_|promhttp_|promc_", k[0])}


GRAMMAR = [
    # line, series it must give
    (b"dog:1|c|#env:prod,#zone:eu:1", {("dog", (("env", "prod"), ("zone", "eu:1"))): 1}),
    (b"inf,k=v,l=w=x:2|c", {("inf", (("k", "v"), ("l", "w=x"))): 2}),
    (b"lib#k=v:3|c", {("lib", (("k", "v"),)): 3}),
    (b"sig[k=v]nal:4|c", {("signal", (("k", "v"),)): 4}),
    (b"box:5|c|#a:b|c:id:1|T1700000000", {("box", (("a", "b"), ("container_id", "id:1"))): 5}),
    (b"9.a--b---c.*d:6|c", {("_9_a_b_c__d", ()): 6}),
    ("sn\u00f6.\u2603:7|c".encode(), {("sn___", ()): 7}),
    (b"multi:1|c:2|c|@0.5:x|c", {("multi", ()): 5}),
    (b"fraction:0.25|c", {("fraction", ()): 0.25}),
    (b"order:1|c|#b:2,a:1", {("order", (("a", "1"), ("b", "2"))): 1}),
    (b"twice:1|c|#a:1,a:2", {("twice", (("a", "2"),)): 1}),
    (b"quote:1|c|#k:a\"b\\c", {("quote", (("k", 'a\\"b\\\\c'),)): 1}),
    (b"up:10|g\nup:-3|g\nup:+0.5|g", {("up", ()): 7.5}),
    (b"new:-3|g", {("new", ()): -3}),
    (b"notnum:nan|g", None),
    (b"t:200|ms|@0.1", {("t_count", ()): 10, ("t_sum", ()): 2,
                        ("t", (("quantile", "0.5"),)): 0.2}),
    (b"p:1:2:3|h|@0.5|#k:v", {("p_count", (("k", "v"),)): 6, ("p_sum", (("k", "v"),)): 12}),
    (b"rare:4|d|@0.000001", {("rare_count", ()): 1000000, ("rare_sum", ()): 4000000}),
]


def test_grammar(checks, programs):
    """Each dialect, by each transport, first unknown and then known to the cache."""
    bridge = Bridge(programs, unixgram=True)
    sent = 0
    for round_ in range(1, 4):
        for line, _ in GRAMMAR:
            [bridge.send_udp, bridge.send_unixgram, bridge.send_tcp][round_ - 1](line)
            sent += line.count(b"\n") + 1
        series = bridge.lines(sent)
        for line, want in GRAMMAR:
            for key, v in (want or {}).items():
                if key[0] in ("new",):
                    v *= round_
                elif key[0] not in ("up", "t") or key[0] == "t" and not key[1]:
                    v *= round_
                got = series.get(key)
                checks.ok(got is not None and abs(got - v) < 1e-6 * abs(v),
                          "round %d, %r: %s is %s, not %s" % (round_, line, key, got, v))
    checks.ok(total(series, "sample_errors_total") == 3, "only 'multi' has a bad sample")
    checks.ok(total(series, "events_error_total") == 0, "no event is refused")
    checks.ok(total(series, "events_unmapped_total") == total(series, "events_total"),
              "without mapping every event is unmapped, weights included")
    checks.ok(value(series, OWN + "metrics_total", type="summary") == 3, "three summaries")


# Lines that end or poison the program this one replaces, and what must come of them.
CRASHES = [
    (b"]x[:1|c", None), (b"a]x[:1|c", None),
    (b"ca:1|ms|#quantile:x", "reserved_label"), (b"cb:1|h|#le:x", None),
    (b"#t=a:1|c", "empty_metric_name"), (b"cc:1|c|#__x:1", "reserved_label"),
    (b"cd:1|c|#__name__:x", "reserved_label"), (b"ce,..k=v:1|c", "reserved_label"),
    (b"statsd_exporter_lines_total:1|c", "reserved_name"),
    (b"process_cpu_seconds_total:1|g", "reserved_name"),
    (b"promhttp_metric_handler_requests_total:1|c", "reserved_name"),
    (b"go_goroutines:1|g", None),
    (b"cf:nan|c", "illegal_value"), (b"cf:inf|c", "illegal_value"),
    (b"cg:nan|h", "illegal_value"), (b"cg:-inf|ms", "illegal_value"),
    (b"ch:-1|c", "illegal_negative_counter"),
    (b"ci:1|ms|@0.000000001", None),
    (b"cj:1e308|c\ncj:1e308|c\ncj:1e308|c", None),
    (b"ck:1e19|c\nck:1e19|c", None),
    (b"cl:1|g|#k:\x00\x01\x7f", None), (b"cm\x00n:1|c", None),
    (b"a:" + b":" * 10000, None), (b"a:" + b"|" * 10000, None),
    (b":::::|||||", None), (b"\n\n\r\n\t\n", None),
    (b"cn:1|c|#" + b",".join(b"k%d:v" % i for i in range(1000)), "too_many_labels"),
    (b"co:1|c|#k:" + b"v" * 60000, "series_too_long"),
    (b"p" * 5000 + b":1|c", "series_too_long"),
    (b"cq:1|ms|@nan\ncq:1|ms|@-1\ncq:1|ms|@2", None),
    (b"\xff\xfe:1|c\na\xc0\x80:1|c\n\xed\xa0\x80:1|c", None),
    (b"_e{5,4}:title|text\n_sc|name|0", None),
]


def test_crashes(checks, programs):
    bridge = Bridge(programs)
    lines = 0
    for packet, reason in CRASHES:
        before = bridge.series()
        bridge.send_udp(packet)
        lines += packet.count(b"\n") + 1
        after = bridge.lines(lines)
        if reason:
            name = OWN + "events_error_total"
            checks.ok(value(after, name, reason=reason) ==
                      (value(before, name, reason=reason) or 0) + 1,
                      "%r counts %s" % (packet[:60], reason))
            checks.ok(of_users(before) == of_users(after), "%r makes no series" % packet[:60])
    bridge.send_udp(b"alive:1|c")
    series = bridge.lines(lines + 1)
    checks.ok(value(series, "alive") == 1, "alive after all that")
    checks.ok(value(series, "cj") is not None, "a sum over the range of doubles is served")
    checks.ok(value(series, "ci_count") == 999999999, "a tiny rate weighs, and costs nothing")
    checks.ok(value(series, "go_goroutines") == 1, "a name that is not ours is the sender's")


def test_conflicts(checks, programs):
    """The first to use a name keeps it; the newcomer is counted, by name, up to a bound."""
    bridge = Bridge(programs)
    rows = [
        (b"x:1|c", b"x:2|g", "x", "gauge"), (b"y:1|g", b"y:1|ms", "y", "observer"),
        (b"s:1|h", b"s_sum:1|h", "s_sum", "observer"), (b"s:1|h", b"s_count:1|c", "s_count", "counter"),
        (b"s:1|h", b"s_bucket:1|g", "s_bucket", "gauge"),
        (b"r_sum:1|c", b"r:1|h", "r", "observer"), (b"q_count:1|g", b"q:1|h", "q", "observer"),
        (b"g:1|g", b"g_sum:1|g", "g_sum", "gauge"),
        (b"a.b:1|c", b"a-b:1|g", "a_b", "gauge"),
    ]
    for first, second, name, kind in rows:
        bridge.send_tcp(first + b"\n" + second)
    series = bridge.lines(2 * len(rows))
    for _, second, name, kind in rows:
        checks.ok(value(series, OWN + "events_conflict_total", metric_name=name, type=kind) == 1,
                  "%r conflicts" % second)
    checks.ok(value(series, "x") == 1 and value(series, "y") == 1, "the first keep their values")
    bridge.send_tcp(b"c:1|c\nc_sum:1|c\nc_total:1|g\nz_bucket:1|c\nz:1|h\n")
    types, series = bridge.scrape()
    checks.ok(types.get("c_sum") == "counter" and types.get("c_total") == "gauge" and
              types.get("z") == "summary" and types.get("z_bucket") == "counter",
              "what does not clash is taken")
    bridge.send_tcp(b"".join(b"n%d:1|c\nn%d:1|g\n" % (i, i) for i in range(1500)))
    series = bridge.series()
    names = [k for k in series if k[0] == OWN + "events_conflict_total"]
    checks.ok(len(names) <= 1001, "conflicts are told apart by at most 1,000 names: %d" % len(names))
    checks.ok(total(series, "events_conflict_total") == len(rows) + 1500, "and all counted")


def test_caps(checks, programs):
    """A flood of labels or names ends at the cap; what is there goes on."""
    bridge = Bridge(programs, "--statsd.max-series=500", "--statsd.max-series-per-name=200")
    bridge.send_tcp(b"known:1|c|#k:v\nwait:1|ms\n")
    bridge.send_tcp(b"".join(b"bomb:1|c|#k:%d\n" % i for i in range(20000)))
    bridge.send_tcp(b"".join(b"name%d:1|c\n" % i for i in range(20000)))
    bridge.send_tcp(b"known:1|c|#k:v\nwait:1|ms\n")
    series = bridge.series()
    checks.ok(sum(k[0] == "bomb" for k in series) == 200, "200 series under one name")
    checks.ok(value(series, OWN + "series") == 500, "500 series in all")
    checks.ok(value(series, OWN + "events_error_total", reason="too_many_series") == 19800 + 19702,
              "each refusal is counted")
    checks.ok(value(series, "known", k="v") == 2 and value(series, "wait_count") == 2,
              "known series go on")
    long_ = Bridge(programs, "--statsd.max-series=100")
    long_.send_tcp(b"".join(b"l:1|g|#k:%d%s\n" % (i, b"x" * 3000) for i in range(100)))
    checks.ok(value(long_.series(), OWN + "series") == 16, "long series are charged by length")


def test_tcp(checks, programs):
    bridge = Bridge(programs, "--statsd.tcp-max-connections=20")
    bridge.send_tcp(b"a:1|c\r\nb:1|c\n\nc:1|c")
    series = bridge.series()
    checks.ok([value(series, n) for n in "abc"] == [1, 1, 1], "CRLF, blank and last line")
    checks.ok(value(series, OWN + "lines_total") == 4, "a line each")
    with bridge.connect() as s:  # a line in pieces
        for piece in (b"spl", b"it:", b"1|", b"c\nsplit:", b"1|c\n"):
            s.sendall(piece)
            time.sleep(0.02)
        wait_for("the pieces", lambda: value(bridge.series(), "split") == 2)
    longest = b"k:1|g|#k:" + b"v" * (4095 - 9)
    bridge.send_tcp(longest + b"\n")
    checks.ok(value(bridge.series(), OWN + "tcp_too_long_lines_total") == 0, "4096 bytes fit")
    with bridge.connect() as s:
        s.sendall(b"before:1|c\n" + longest + b"v\nafter:1|c\n")
        try:
            checks.ok(s.recv(1) == b"", "a longer line ends the connection")
        except ConnectionResetError:
            checks.ok(True, "")
    series = bridge.series()
    checks.ok(value(series, OWN + "tcp_too_long_lines_total") == 1, "and is counted")
    checks.ok(value(series, "before") == 1 and value(series, "after") is None, "in order")
    for cut in (b"cut:1|c", b"cut:1|c|@0"):  # reset in mid-line
        s = bridge.connect()
        s.sendall(cut)
        wait_for("the connection", lambda: value(bridge.series(), OWN + "tcp_open_connections") > 0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
        wait_for("its end", lambda: value(bridge.series(), OWN + "tcp_open_connections") == 0)
    series = bridge.series()
    checks.ok(value(series, "cut") is None and
              value(series, OWN + "sample_errors_total", reason="truncated") == 2 and
              value(series, OWN + "tcp_connection_errors_total") == 2, "a reset line is not applied")
    many = [bridge.connect() for _ in range(40)]
    wait_for("refusals", lambda: value(bridge.series(), OWN + "tcp_refused_connections_total") == 20)
    many[0].sendall(b"early:1|c\n")
    wait_for("the early one", lambda: value(bridge.series(), "early") == 1)
    for s in many:
        s.close()
    idle = Bridge(programs, "--statsd.tcp-idle-timeout=1s")
    with idle.connect() as s:
        s.settimeout(10)
        checks.ok(s.recv(1) == b"", "a silent connection is closed")
    checks.ok(value(idle.series(), OWN + "tcp_timed_out_connections_total") == 1, "and counted")


def test_datagrams(checks, programs):
    bridge = Bridge(programs, "--statsd.udp-threads=3", unixgram=True)
    bridge.send_udp(b"", b"big:1|c\n" * 7000, b"\n".join([b"a:1|c"] * 10000), b"end:1|c\n")
    series = bridge.lines(1 + 7001 + 10000 + 2)
    checks.ok(value(series, "big") == 7000 and value(series, "a") == 10000, "large datagrams")
    checks.ok(value(series, OWN + "udp_packets_total") == 4, "four datagrams")
    checks.ok(value(series, OWN + "udp_packet_drops_total") == 0, "none dropped")
    bridge.send_unixgram(b"whole:1|c\n" * 7000)
    series = bridge.lines(17004 + 6554)
    checks.ok(value(series, "whole") == 6553 and
              value(series, OWN + "sample_errors_total", reason="truncated") == 1 and
              value(series, OWN + "truncated_packets_total") == 1,
              "of a datagram over 65536 bytes all whole lines count")
    checks.ok(value(series, OWN + "unixgram_packets_total") == 1, "one of them")
    checks.ok(os.path.exists(bridge.path), "the socket is there")
    checks.ok(programs.stop(bridge.name) == 0, "exit status 0")
    checks.ok(not os.path.exists(bridge.path), "and gone afterwards")


def test_books(checks, programs):
    """Over TCP, every line sent is applied or counted under a reason, exactly."""
    bridge = Bridge(programs)
    kinds = [b"ok.%d:1|c", b"t.%d:5|ms|@0.5", b"g.%d:3|g|#a:b", b"bad%d", b"bad.%d:x|c",
             b"neg.%d:-1|c", b"__.%d:1|c|#__k:v", b"rate.%d:1|h|@7"]
    socks = [bridge.connect() for _ in range(8)]
    sent = 0
    for i in range(300):
        for n, s in enumerate(socks):
            data = b"\n".join(kind % ((i * 7 + n) % 50) for kind in kinds) + b"\n"
            s.sendall(data)
            sent += len(kinds)
    for s in socks:
        s.close()
    series = bridge.lines(sent)
    wait_for("all closed", lambda: value(bridge.series(), OWN + "tcp_open_connections") == 0)
    applied = value(series, OWN + "events_total", type="counter") + \
        value(series, OWN + "events_total", type="gauge") + \
        value(series, OWN + "events_total", type="observer") / 2
    refused = total(series, "sample_errors_total") + total(series, "events_error_total")
    checks.ok(total(series, "lines_total") == sent == applied + refused,
              "sent %d, applied %d, refused %d" % (sent, applied, refused))
    checks.ok(sum(v for k, v in series.items() if k[0].startswith("ok_")) == 2400, "all applied")
    checks.ok(sum(v for k, v in series.items() if re.match(r"t_\d+_count", k[0])) == 4800,
              "weights included")


def test_client(checks, programs):
    """What the client library of most Python programs sends."""
    try:
        import statsd
    except ImportError:
        print("python3-statsd is not installed: its lines are not tried")
        return
    bridge = Bridge(programs)
    for client in (statsd.StatsClient("127.0.0.1", bridge.udp, prefix="app"),
                   statsd.TCPStatsClient("127.0.0.1", bridge.tcp, prefix="app")):
        with client.pipeline() as pipe:
            pipe.incr("hits", 3)
            pipe.timing("wait", 250)
            pipe.gauge("depth", 7)
            pipe.gauge("depth", -2, delta=True)
            pipe.gauge("below", -4)
        client.close()
    series = bridge.lines(2 * 6)
    for name, want in (("hits", 6), ("wait_count", 2), ("wait_sum", 0.5), ("depth", 5),
                       ("below", -4)):
        checks.ok(value(series, "app_" + name) == want,
                  "%s is %s" % (name, value(series, "app_" + name)))
    checks.ok(total(series, "sample_errors_total") == 0, "all lines are understood")


def test_threads(checks, programs):
    """Several senders, receiving threads and scrapes at once: nothing is counted twice or not."""
    bridge = Bridge(programs, "--statsd.udp-threads=4")
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
    packet = b"\n".join([b"c:1|c", b"t:4|ms|#a:b", b"g:+1|g", b"f:0.5|c|#k:%d"])
    rounds = 300
    for i in range(rounds):
        for s in senders:
            s.sendto(packet % (i % 7), ("127.0.0.1", bridge.udp))
        if i % 20 == 0:
            bridge.scrape()
    for s in senders:
        s.close()
    n = rounds * len(senders)
    series = bridge.lines(4 * n - 1)
    want = {("c", ()): n, ("g", ()): n, ("t_count", (("a", "b"),)): n}
    for key, v in want.items():
        checks.ok(series.get(key) == v, "%s is %s, not %s" % (key[0], series.get(key), v))
    checks.ok(sum(v for k, v in series.items() if k[0] == "f") == n / 2, "fractions")
    checks.ok(value(series, OWN + "udp_packet_drops_total") == 0, "no packet dropped")


def test_shutdown(checks, programs):
    """SIGTERM: what was sent before is still read; then the end, with status 0."""
    talkative = Bridge(programs, "--log.level=debug")
    talkative.send_tcp(b"a:1|c\nb\x00\xff\n")
    programs.wait_line(talkative.name, r"line=\"?a:1\|c")
    bridge = Bridge(programs)
    bridge.process.send_signal(signal.SIGHUP)
    programs.wait_line(bridge.name, "SIGHUP")
    with bridge.connect() as known:
        known.sendall(b"a:1|c\n")
        bridge.lines(1)
        bridge.process.send_signal(signal.SIGSTOP)  # what comes now waits in the sockets
        known.sendall(b"a:1|c\n" * 1000 + b"half")
        bridge.send_udp(*[b"u:1|c\nu:1|c"] * 100)
        with bridge.connect() as unknown:  # not accepted yet
            unknown.sendall(b"a:1|c\n" * 500)
            bridge.process.send_signal(signal.SIGTERM)
            bridge.process.send_signal(signal.SIGCONT)
            status = bridge.process.wait(timeout=10)  # a second SIGTERM would cut it short
    checks.ok(status == 0, "status %s" % status)
    checks.ok('msg=stopped lines=1702' in programs.log(bridge.name), "1,702 lines were taken")


def test_flags(checks, programs):
    """Errors at the start are told and end the program with status 1."""
    taken = Bridge(programs)
    none = "--statsd.listen-udp=", "--statsd.listen-tcp="
    rows = [
        (none, "nothing to listen on"),
        (("--statsd.listen-udp=127.0.0.1:%d" % taken.udp, none[1]), "Address already in use"),
        (("--statsd.listen-udp=127.0.0.1:%d" % taken.udp, none[1], "--statsd.udp-threads=2"),
         "Address already in use"),
        (("--statsd.listen-tcp=127.0.0.1:%d" % taken.tcp, none[0]), "Address already in use"),
        (("--statsd.listen-udp=nonsense", none[1]), "nonsense"),
        ((*none, "--statsd.listen-unixgram=/dev/null"), "/dev/null"),
        (("--statsd.no-such-flag",), "try --help"),
    ]
    for i, (flags, text) in enumerate(rows):
        name = "refused%d" % i
        p = programs.start(name, [EXPORTER, "--web.listen-address=127.0.0.1:0", *flags])
        status = p.wait(10)
        checks.ok(status == 1 and text in programs.log(name),
                  "%s: status %s, %r" % (flags, status, programs.log(name)[-300:]))
        programs.running.pop()
    for path, text in (("/-/healthy", b"Statsd Exporter is Healthy.\n"),
                       ("/-/ready", b"Statsd Exporter is Ready.\n")):
        checks.ok(get(taken.url + path)[2] == text, path)
    checks.ok(b"/metrics" in get(taken.url + "/")[2], "landing page")
    checks.ok(get(taken.url + "/nothing")[0] == 404, "404")


def main():
    if not EXPORTER:
        skip("promc-statsd-exporter is not part of this build")
    checks = Checks()
    for test in (test_grammar, test_crashes, test_conflicts, test_caps, test_tcp,
                 test_datagrams, test_books, test_client, test_threads, test_shutdown, test_flags):
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        print(test.__name__, flush=True)
        with Programs(checks) as programs:
            test(checks, programs)
            for name in [n for n, _, _ in programs.running]:
                status = programs.stop(name)
                checks.ok(status == 0, "%s ended with status %s" % (name, status))
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
