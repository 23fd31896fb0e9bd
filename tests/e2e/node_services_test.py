#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The collectors that ask other programs, against programs of ours: NTP, supervisord over TCP
and a socket, runit, and systemd and logind behind a real D-Bus daemon. What answers wrongly,
without end or not at all costs its own metrics only."""
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from harness import (Checks, Programs, answers, built, free_port, get, parse_text, skip,
                     wait_for)

NTP_1970 = 2208988800


class Ntp(threading.Thread):
    """An NTP server, two seconds ahead."""

    def __init__(self):
        super().__init__(daemon=True)
        self.manner = "good"
        self.port = free_port(socket.SOCK_DGRAM)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.question = b""
        self.start()

    def answer(self, question):
        now = time.time() + 2
        stamp = struct.pack(">II", int(now) + NTP_1970, int(now % 1 * 2**32))
        before = struct.pack(">II", int(now) + NTP_1970 - 100, 0)
        return (struct.pack(">BBbbIII", 0x24, 2, 6, -20, 0x1000, 0x2000, 0x7f000001) + before +
                question[40:48] + stamp + stamp)

    def run(self):
        while True:
            question, peer = self.socket.recvfrom(2000)
            self.question = question
            good = self.answer(question)
            sent = {"good": [good], "silent": [], "cut": [good[:47]], "long": [good + bytes(900)],
                    "other": [good[:24] + bytes(8) + good[32:]] * 20 + [good],
                    "garbage": [bytes(range(256)) * 4]}[self.manner]
            for packet in sent:
                self.socket.sendto(packet, peer)


MEMBER = "<member><name>%s</name><value><%s>%s</%s></value></member>"


def process_info(name, state, start, exitstatus):
    return "<value><struct>" + "".join(MEMBER % (n, t, v, t) for n, t, v in [
        ("name", "string", name), ("group", "string", "g"), ("description", "string", "a &amp; b"),
        ("start", "int", start), ("stop", "int", 0), ("now", "int", 9), ("state", "int", state),
        ("statename", "string", "X"), ("exitstatus", "int", exitstatus)]) + "</struct></value>"


XML = ("<?xml version='1.0'?>\n<methodResponse><params><param><value><array><data>%s%s%s"
       "</data></array></value></param></params></methodResponse>\n" % (
           process_info("web", 20, 1600000000, 0), process_info("job", 100, 5, 3),
           process_info("caf\u00e9", 10, 6, 0))).encode()
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n"


class Supervisord(threading.Thread):
    """What listens where supervisord would."""

    def __init__(self, listener):
        super().__init__(daemon=True)
        self.manner = "good"
        self.listener = listener
        self.listener.listen(8)
        self.request = b""
        self.start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            try:
                self.reply(peer)
            except OSError:
                pass

    def reply(self, peer):
        request = b""
        while b"</methodCall>" not in request:
            more = peer.recv(4096)
            if not more:
                return
            request += more
        self.request = request
        good = HEAD % len(XML) + XML
        if self.manner == "silent":
            peer.recv(1)
        elif self.manner == "stops":
            peer.sendall(good[:200])
            peer.recv(1)
        elif self.manner == "endless":
            peer.sendall(HEAD[:HEAD.index(b"Content-Length")] + b"\r\n<a>")
            while True:
                peer.sendall(b"<b/>" * 4096)
        else:
            peer.sendall({"good": good, "cut": good[:-300], "nothing": b"",
                          "refused": b"HTTP/1.0 401 Unauthorized\r\n\r\n",
                          "html": HEAD % 12 + b"<html/>hello"}[self.manner])


# A systemd and a logind of few words, for a bus of their own.
SERVICES = r"""
import sys
import dbus, dbus.service, dbus.mainloop.glib
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
ONE, LOGIN = "org.freedesktop.systemd1", "org.freedesktop.login1"
UNITS = int(sys.argv[1])


class Object(dbus.service.Object):
    def __init__(self, path, properties):
        super().__init__(bus, path)
        self.properties = properties

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss",
                         out_signature="v")
    def Get(self, interface, name):
        return self.properties[name]


class Systemd(Object):
    @dbus.service.method(ONE + ".Manager", out_signature="a(ssssssouso)")
    def ListUnits(self):
        return [("u%d.service" % i, "A unit", "loaded", "active", "running", "",
                 "/org/freedesktop/systemd1/unit/u%d" % i, dbus.UInt32(0), "", "/")
                for i in range(UNITS)]


class Login(Object):
    @dbus.service.method(LOGIN + ".Manager", out_signature="a(so)")
    def ListSeats(self):
        return [("seat0", "/org/freedesktop/login1/seat/seat0")]

    @dbus.service.method(LOGIN + ".Manager", out_signature="a(susso)")
    def ListSessions(self):
        return [("1", dbus.UInt32(0), "root", "seat0", "/org/freedesktop/login1/session/_31")]


names = [dbus.service.BusName(n, bus) for n in (ONE, LOGIN)]
kept = [Systemd("/org/freedesktop/systemd1", {
    "Version": "252.1-x", "Virtualization": "kvm", "SystemState": "degraded"}),
    Login("/org/freedesktop/login1", {}),
    Object("/org/freedesktop/login1/session/_31", {
        "Remote": False, "Type": "tty", "Class": "user"})]
kept += [Object("/org/freedesktop/systemd1/unit/u%d" % i, {"Type": "notify"})
         for i in range(UNITS)]
print("ready", flush=True)
GLib.MainLoop().run()
"""
UNITS = 300

BUS = """<busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow send_type="method_call"/><allow receive_sender="*"/></policy></busconfig>"""


def make_runit(directory):
    status = struct.pack(">Q", 2**62 + 10 + 1500000000) + bytes(4) + struct.pack("<I", 9)
    os.makedirs(os.path.join(directory, "sv", "cron", "supervise"))
    os.makedirs(os.path.join(directory, "service"))
    with open(os.path.join(directory, "sv", "cron", "supervise", "status"), "wb") as f:
        f.write(status + b"\0u\0\1")
    os.symlink(os.path.join(directory, "sv", "cron"), os.path.join(directory, "service", "cron"))
    return os.path.join(directory, "service")


class Exporter:
    def __init__(self, programs, program, name, flags, env=None):
        port = free_port()
        self.url = "http://127.0.0.1:%d/metrics" % port
        programs.start(name, [program, "--web.listen-address=127.0.0.1:%d" % port,
                              "--collector.disable-defaults", "--collector.uname"] + flags,
                       env=env)
        wait_for(name, answers("http://127.0.0.1:%d/" % port))

    def scrape(self, seconds=30):
        """One scrape: {(name, labels): value}, {collector: success}."""
        status, _, page = get(self.url, timeout=60, headers={
            "X-Prometheus-Scrape-Timeout-Seconds": str(seconds)})
        series = parse_text(page.decode())[1]
        return series, {dict(labels)["collector"]: value for (name, labels), value in
                        series.items() if name == "node_scrape_collector_success"} | {
                            "status": status}


def check_ntp(checks, exporter, server):
    server.manner = "good"
    series, _ = exporter.scrape()
    value = {name: v for (name, labels), v in series.items() if not labels}
    checks.ok(abs(value.get("node_ntp_offset_seconds", 0) - 2) < 0.5, "ntp: offset")
    checks.ok(value.get("node_ntp_stratum") == 2, "ntp: stratum")
    checks.ok(value.get("node_ntp_leap") == 0, "ntp: leap")
    checks.ok(value.get("node_ntp_sanity") == 0, "ntp: sane two seconds ahead")
    checks.ok(value.get("node_ntp_root_delay_seconds") == 0.0625, "ntp: root delay")
    checks.ok(value.get("node_ntp_root_dispersion_seconds") == 0.125, "ntp: root dispersion")
    checks.ok(abs(value.get("node_ntp_reference_timestamp_seconds", 0) - time.time()) < 120,
              "ntp: reference time")
    checks.ok(0 <= value.get("node_ntp_rtt_seconds", -1) < 1, "ntp: rtt")
    checks.ok(len(server.question) == 48 and server.question[0] == 0x1b, "ntp: version 3 asked")
    for manner, good in [("silent", 0), ("cut", 0), ("garbage", 0), ("long", 1), ("other", 1),
                         ("good", 1)]:
        server.manner = manner
        _, success = exporter.scrape(3)
        checks.ok(success.get("ntp") == good and success.get("uname") == 1,
                  "ntp, %s: %s" % (manner, success))


def check_supervisord(checks, exporter, server, what):
    server.manner = "good"
    series, _ = exporter.scrape()
    got = {(name[len("node_supervisord_"):], dict(labels)["name"]): v
           for (name, labels), v in series.items() if name.startswith("node_supervisord_")}
    want = {("up", "web"): 1, ("up", "job"): 0, ("up", "caf\u00e9"): 1, ("state", "web"): 20,
            ("state", "job"): 100, ("state", "caf\u00e9"): 10, ("exit_status", "web"): 0,
            ("exit_status", "job"): 3, ("exit_status", "caf\u00e9"): 0,
            ("start_time_seconds", "web"): 1.6e9, ("start_time_seconds", "caf\u00e9"): 6}
    checks.ok(got == want, "supervisord over %s: %s" % (what, got))
    for manner in ["silent", "stops", "endless", "cut", "nothing", "refused", "html"]:
        server.manner = manner
        _, success = exporter.scrape(2)
        checks.ok(success.get("supervisord") == 0 and success.get("uname") == 1,
                  "supervisord over %s, %s: %s" % (what, manner, success))
    server.manner = "good"
    _, success = exporter.scrape()
    checks.ok(success.get("supervisord") == 1, "supervisord over %s does not recover" % what)


def check_bus(checks, programs, program, directory):
    """systemd and logind through a daemon that can be ended and started again."""
    daemon = shutil.which("dbus-daemon")
    probe = subprocess.run([sys.executable, "-c",
                            "import dbus.service; from gi.repository import GLib"],
                           stderr=subprocess.DEVNULL, check=False)
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=True).stdout
    if b"-systemd" in version or not daemon or probe.returncode != 0:
        print("not tested: systemd and logind, which need a build with libsystemd, dbus-daemon "
              "and the Python modules dbus and gi")
        return
    path = os.path.join(directory, "bus")
    config = os.path.join(directory, "bus.conf")
    with open(config, "w", encoding="utf-8") as f:
        f.write(BUS % path)
    env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS="unix:path=" + path)
    flags = ["--collector.systemd", "--collector.logind", "--collector.systemd.unit-include=u.*"]
    exporter = Exporter(programs, program, "exporter on the bus", flags, env=env)
    _, success = exporter.scrape()
    checks.ok((success.get("systemd"), success.get("logind"), success.get("uname")) == (0, 0, 1),
              "no bus: %s" % success)
    for turn in range(2):
        bus = programs.start("dbus-daemon", [daemon, "--nofork", "--config-file=" + config])
        wait_for("the bus", lambda: os.path.exists(path))
        _, success = exporter.scrape()
        checks.ok((success.get("systemd"), success.get("logind")) == (0, 0),
                  "a bus without services: %s" % success)
        services = programs.start("services", [sys.executable, "-c", SERVICES, str(UNITS)], env=env)

        def both():
            _, s = exporter.scrape()
            return s.get("systemd") == 1 and s.get("logind") == 1
        wait_for("systemd and logind", both)
        series, _ = exporter.scrape()
        states = [v for (name, labels), v in series.items() if name == "node_systemd_unit_state"
                  and dict(labels)["state"] == "active" and dict(labels)["type"] == "notify"]
        checks.ok(states == [1] * UNITS, "%d units, turn %d" % (len(states), turn))
        checks.ok(series.get(("node_systemd_system_running", ())) == 0, "degraded is not running")
        checks.ok(series.get(("node_systemd_version", (("version", "252.1-x"),))) == 252.1,
                  "version")
        checks.ok(series.get(("node_systemd_virtualization_info",
                              (("virtualization_type", "kvm"),))) == 1, "virtualization")
        sessions = {labels: v for (name, labels), v in series.items()
                    if name == "node_logind_sessions" and v}
        checks.ok(sessions == {(("class", "user"), ("remote", "false"), ("seat", "seat0"),
                                ("type", "tty")): 1}, "sessions: %s" % sessions)
        for child in (services, bus):
            child.terminate()
            child.wait()
        if os.path.exists(path):
            os.unlink(path)
    _, success = exporter.scrape()
    checks.ok(success.get("systemd") == 0 and success.get("uname") == 1, "the bus is gone again")


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    checks = Checks()
    with tempfile.TemporaryDirectory() as directory, Programs(checks) as programs:
        ntp = Ntp()
        tcp = socket.socket()
        tcp.bind(("127.0.0.1", 0))
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(os.path.join(directory, "supervisor.sock"))
        by_tcp, by_unix = Supervisord(tcp), Supervisord(unix)
        exporter = Exporter(programs, program, "exporter", [
            "--collector.ntp", "--collector.ntp.server-port=%d" % ntp.port,
            "--collector.ntp.protocol-version=3", "--collector.runit",
            "--collector.runit.servicedir=" + make_runit(directory), "--collector.supervisord"],
            env=dict(os.environ, SUPERVISORD_URL="http://me:secret@127.0.0.1:%d/RPC2" %
                     tcp.getsockname()[1]))
        other = Exporter(programs, program, "exporter with a socket", [
            "--collector.supervisord",
            "--collector.supervisord.url=unix://" + os.path.join(directory, "supervisor.sock")])
        check_ntp(checks, exporter, ntp)
        check_supervisord(checks, exporter, by_tcp, "TCP")
        checks.ok(b"\r\nAuthorization: Basic bWU6c2VjcmV0\r\n" in by_tcp.request, "user, password")
        check_supervisord(checks, other, by_unix, "a socket")
        checks.ok(by_unix.request.startswith(b"POST /RPC2 HTTP/1.0\r\n"), "request over a socket")
        series, success = exporter.scrape()
        checks.ok(success.get("runit") == 1 and series.get(
            ("node_service_state_last_change_timestamp_seconds",
             (("service", "cron"), ("supervisor", "runit")))) == 1.5e9, "runit")
        check_bus(checks, programs, program, directory)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
