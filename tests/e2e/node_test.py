#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node exporter as a whole program: flags, what HTTP requests get, log levels, several
addresses, and mounts that do not answer."""
import os
import re
import shutil
import subprocess
import sys
import threading
import time

from harness import (SOURCE, Checks, Programs, answers, built, free_port, get, parse_text, skip,
                     wait_for)

TREE = os.path.join(SOURCE, "tests", "fixtures", "node")

# Flags of the exporter this one replaces; those with a value as they stand in unit files.
FLAGS = """
--collector.disable-defaults --path.procfs=/proc --path.sysfs=/sys --path.rootfs=/
--path.udev.data=/run/udev/data --web.listen-address=:9100 --web.telemetry-path=/metrics
--web.disable-exporter-metrics --no-web.disable-exporter-metrics --web.max-requests=40
--runtime.gomaxprocs=1 --log.level=debug --log.level=info --log.level=warn --log.level=error
--log.format=logfmt --log.format=json
--collector.arp.device-include=x --collector.arp.device-exclude=x --no-collector.arp.netlink
--no-collector.cpu.guest --collector.cpu.info --collector.cpu.info.flags-include=x
--collector.cpu.info.bugs-include=x --collector.diskstats.device-exclude=x
--collector.diskstats.device-include=x --collector.diskstats.ignored-devices=x
--collector.filesystem.mount-points-exclude=x --collector.filesystem.mount-points-include=x
--collector.filesystem.fs-types-exclude=x --collector.filesystem.fs-types-include=x
--collector.filesystem.ignored-mount-points=x --collector.filesystem.ignored-fs-types=x
--collector.filesystem.mount-timeout=5s --collector.filesystem.stat-workers=4
--collector.netclass.ignored-devices=x --collector.netclass.ignore-invalid-speed
--collector.netclass.netlink --collector.netclass_rtnl.with-stats
--collector.netdev.device-include=x --collector.netdev.device-exclude=x
--collector.netdev.device-whitelist=x --collector.netdev.device-blacklist=x
--collector.netdev.address-info --collector.netdev.enable-detailed-metrics
--no-collector.netdev.netlink --collector.netdev.label-ifalias
--collector.netstat.fields=x --collector.stat.softirq --collector.textfile.directory=x
--collector.ntp.server=127.0.0.1 --collector.ntp.server-port=123
--collector.ntp.protocol-version=4 --collector.ntp.server-is-local --collector.ntp.ip-ttl=1
--collector.ntp.max-distance=3.46608s --collector.ntp.local-offset-tolerance=1ms
--collector.runit.servicedir=x --collector.supervisord.url=http://localhost:9001/RPC2
--collector.systemd.unit-include=x --collector.systemd.unit-exclude=x
--collector.systemd.unit-whitelist=x --collector.systemd.unit-blacklist=x
--collector.systemd.private --collector.systemd.enable-task-metrics
--collector.systemd.enable-restarts-metrics --collector.systemd.enable-start-time-metrics
--collector.vmstat.fields=x
--collector.tapestats.ignored-devices=x
--collector.powersupply.ignored-supplies=x
--collector.rapl.enable-zone-label
--collector.hwmon.chip-include=x --collector.hwmon.chip-exclude=x --collector.hwmon.sensor-include=x
--collector.hwmon.sensor-exclude=x
--collector.infiniband.device-include=x --collector.infiniband.device-exclude=x
--collector.bcache.priorityStats
--collector.bcache.priorityStats
--collector.ethtool.device-include=x --collector.ethtool.device-exclude=x
--collector.ethtool.metrics-include=x --collector.interrupts.name-include=x
--collector.interrupts.name-exclude=x --no-collector.interrupts.include-zeros
--collector.ipvs.backend-labels=local_port --collector.pcidevice.idsfile=x
--collector.pcidevice.names --collector.perf.cpus=0-1 --collector.perf.tracepoint=sched:sched_switch
--collector.perf.hardware-profilers=CpuCycles --collector.perf.software-profilers=PageFault
--collector.perf.cache-profilers=L1DataReadHit --collector.perf.disable-hardware-profilers
--collector.perf.disable-software-profilers --collector.perf.disable-cache-profilers
--collector.qdisc.device-include=x --collector.qdisc.device-exclude=x
--collector.qdisk.device-include=x --collector.qdisk.device-exclude=x
--collector.qdisc.fixtures=x --collector.wifi.fixtures=x
--collector.slabinfo.slabs-include=x --collector.slabinfo.slabs-exclude=x
--collector.sysctl.include=kernel.random.entropy_avail
--collector.sysctl.include-info=kernel.seccomp.actions_avail
""".split()
COLLECTORS = """arp bcache bcachefs bonding btrfs conntrack cpu cpufreq diskstats dmi dmmultipath edac entropy
fibrechannel filefd filesystem hwmon infiniband ipvs kernel_hung loadavg mdadm meminfo netclass
netdev netstat nfs nfsd nvme os powersupplyclass pressure rapl schedstat selinux sockstat
softnet stat tapestats textfile thermal_zone time timex udp_queues uname vmstat watchdog xfs zfs""".split()
# Those that have to be switched on.
OFF = """buddyinfo cgroups cpu_vulnerabilities drbd drm ethtool interrupts ksmd lnstat logind
meminfo_numa mountstats network_route ntp nvmesubsystem pcidevice perf processes qdisc runit
slabinfo softirqs supervisord swap sysctl systemd tcpstat wifi xfrm zoneinfo""".split()

# Command lines that must not start, and what the last line of the log says.
REFUSED = [
    (["--collector.nope"], "unknown long flag '--collector.nope', try --help"),
    (["--web.max-requests=1", "--web.max-requests=1"], "cannot be repeated"),
    (["--path.procfs=/nonexistent"], "No such file or directory"),
    (["--path.sysfs=/nonexistent"], "No such file or directory"),
    (["--collector.diskstats.device-include=a", "--collector.diskstats.device-exclude=b"],
     "mutually exclusive"),
    (["--collector.diskstats.ignored-devices=a", "--collector.diskstats.device-exclude=b"],
     "mutually exclusive"),
    (["--collector.netdev.device-include=a", "--collector.netdev.device-exclude=b"],
     "mutually exclusive"),
    (["--collector.netdev.device-whitelist=a", "--collector.netdev.device-include=b"],
     "mutually exclusive"),
    (["--collector.netdev.device-blacklist=a", "--collector.netdev.device-exclude=b"],
     "mutually exclusive"),
    (["--collector.filesystem.mount-points-include=a",
      "--collector.filesystem.mount-points-exclude=b"], "exclude"),
    (["--collector.filesystem.fs-types-include=a", "--collector.filesystem.fs-types-exclude=b"],
     "exclude"),
    (["--collector.filesystem.ignored-mount-points=a",
      "--collector.filesystem.mount-points-exclude=b"], "same flag"),
    (["--collector.netdev.device-exclude=("], "bad pattern"),
    (["--collector.vmstat.fields=("], "bad pattern"),
    (["--collector.ntp", "--collector.ntp.server=192.0.2.1"], "must be an address of this host"),
    (["--collector.supervisord", "--collector.supervisord.url=https://x/"], "must begin with"),
    (["--collector.systemd", "--collector.systemd.unit-include=a",
      "--collector.systemd.unit-whitelist=b"], "mutually exclusive"),
    (["--collector.systemd", "--collector.systemd.unit-exclude=("], "bad pattern"),
    (["--log.level=loud"], "must be one of"),
]

# A statfs() that never comes back for some paths, for LD_PRELOAD.
HUNG_STATFS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
int statfs(const char *path, struct statfs *buf)
{
    int (*real)(const char *, struct statfs *) = dlsym(RTLD_NEXT, "statfs");

    while (strstr(path, "hung") && access(HOLD, F_OK) == 0)
        usleep(20000);
    return real(path, buf);
}
"""


def check_flags(checks, program):
    for flag in FLAGS + ["--collector." + c for c in COLLECTORS + OFF] + [
            "--no-collector." + c for c in COLLECTORS + OFF]:
        # Each is read before --version ends the program.
        run = subprocess.run([program, flag, "--version"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
        checks.ok(run.returncode == 0 and run.stdout, "%s is refused: %s" % (flag, run.stderr))
    for args, reason in REFUSED:
        run = subprocess.run([program, "--web.listen-address=127.0.0.1:0"] + args,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                             timeout=10)
        checks.ok(run.returncode == 1, "%s ends with %d" % (args, run.returncode))
        checks.ok(reason.encode() in run.stderr, "%s says %s" % (args, run.stderr[-300:]))


def start(programs, program, name, *args, env=None):
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    programs.start(name, [program, "--web.listen-address=127.0.0.1:%d" % port, *args], env=env)
    path = [a.split("=")[1] for a in args if a.startswith("--web.telemetry-path=")]
    wait_for(name, answers(base + (path[0] if path else "/")))
    return base


def successes(page):
    return {dict(labels)["collector"]: value for (name, labels), value in
            parse_text(page.decode())[1].items() if name == "node_scrape_collector_success"}


def check_http(checks, programs, program):
    """A tree of our own, so that nothing depends on the machine."""
    second = free_port()
    base = start(programs, program, "http", "--web.listen-address=127.0.0.1:%d" % second,
                 "--path.procfs=" + os.path.join(TREE, "proc"),
                 "--path.sysfs=" + os.path.join(TREE, "sys"), "--no-collector.uname")
    url = base + "/metrics"
    status, headers, page = get(url)
    everything = set(successes(page))
    checks.ok(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"),
              "a scrape is %s %s" % (status, headers["Content-Type"]))
    checks.ok(everything == set(COLLECTORS) - {"uname"}, "collectors: %s" % everything)

    prefix = b"Couldn't create filtered metrics handler: couldn't create collector: "
    for query, code, text in [
            ("collect[]=nope", 400, prefix + b"missing collector: nope"),
            ("collect[]=cpu&collect[]=uname", 400, prefix + b"disabled collector: uname"),
            ("collect[]=cpu&exclude[]=cpu", 400,
             b"Combined collect and exclude queries are not allowed.")]:
        status, _, body = get(url + "?" + query)
        checks.ok((status, body.strip()) == (code, text), "%s: %s %s" % (query, status, body))
    for query, want in [
            ("collect[]=cpu&collect[]=loadavg", {"cpu", "loadavg"}),
            ("collect%5B%5D=cpu&collect%5b%5d=cpu", {"cpu"}),
            ("exclude[]=cpu&exclude[]=nope", everything - {"cpu"}),
            ("&".join("exclude[]=" + c for c in everything), everything)]:
        body = get(url + "?" + query)[2]
        checks.ok(set(successes(body)) == want, "%s runs %s" % (query, set(successes(body))))
        checks.ok(b"node_exporter_build_info{" in body and b"process_open_fds " in body,
                  "%s: the exporter's own metrics are missing" % query)
    body = get(url + "?name[]=node_load1")[2]
    checks.ok(set(parse_text(body.decode())[0]) == {"node_load1"}, "name[]: %s" % body)

    status, headers, body = get(base + "/")
    checks.ok(status == 200 and headers["Content-Type"] == "text/html; charset=UTF-8",
              "the landing page is %s %s" % (status, headers["Content-Type"]))
    for part in (b"<title>Node Exporter</title>", b"Version ", b'href="/metrics"'):
        checks.ok(part in body, "the landing page has no %s" % part)
    for path in ("/nope", "/metrics/", "/debug/pprof/"):
        status, _, body = get(base + path)
        checks.ok((status, body) == (404, b"404 page not found\n"), "%s: %s" % (path, status))

    def counted(page):
        return parse_text(page.decode())[1]["promhttp_metric_handler_requests_total",
                                            (("code", "200"),)]
    before = counted(get(url)[2])
    other = counted(get("http://127.0.0.1:%d/metrics" % second)[2])
    checks.ok(other == before + 1, "the second address counts apart: %g, %g" % (before, other))
    programs.stop("http")

    base = start(programs, program, "bare", "--web.telemetry-path=/", "--web.max-requests=0",
                 "--web.disable-exporter-metrics", "--collector.disable-defaults",
                 "--collector.loadavg")
    page = get(base + "/")[2]
    checks.ok(set(successes(page)) == {"loadavg"}, "--collector.disable-defaults")
    checks.ok(not re.search(rb"^(promhttp|process|go)_", page, re.M) and
              b"node_exporter_build_info{" in page, "--web.disable-exporter-metrics")
    checks.ok(get(base + "/metrics")[0] == 404, "/metrics beside --web.telemetry-path=/")
    programs.stop("bare")


def check_conflict(checks, programs, program):
    """A text file that claims a family of a collector: the page stays whole without it, and
    the conflict is logged once and counted."""
    where = os.path.join(programs.dir.name, "text")
    os.mkdir(where)
    with open(os.path.join(where, "x.prom"), "w", encoding="utf-8") as f:
        f.write('# HELP node_load1 Mine.\n# TYPE node_load1 counter\nnode_load1{my="own"} 7\n')
    base = start(programs, program, "conflict", "--collector.textfile.directory=" + where,
                 "--path.procfs=" + os.path.join(TREE, "proc"))
    get(base + "/metrics")
    series = parse_text(get(base + "/metrics")[2].decode())[1]
    checks.ok([labels for name, labels in series if name == "node_load1"] == [()],
              "two kinds of node_load1")
    checks.ok(series["node_textfile_scrape_error", ()] == 0, "a conflict is no scrape error")
    checks.ok(series["promhttp_metric_handler_errors_total", (("cause", "gathering"),)] == 1,
              "the conflict of the first scrape is not counted")
    programs.stop("conflict")
    log = programs.log("conflict")
    checks.ok(log.count("node_load1: collected twice") == 1 and
              re.search("level=ERROR.*node_load1: collected twice", log),
              "the conflict is not logged once")


def check_log_levels(checks, programs, program):
    """Whatever is logged, the program serves until it is told to stop."""
    for level in ("debug", "info", "warn", "error"):
        base = start(programs, program, level, "--log.level=" + level)
        checks.ok(get(base + "/metrics")[0] == 200, "no metrics with --log.level=" + level)
        checks.ok(programs.stop(level) == 0, "exit status with --log.level=" + level)
        lines = programs.log(level)
        checks.ok(("level=INFO" in lines) == (level in ("debug", "info")),
                  "--log.level=%s logs %s" % (level, lines[-200:]))


def check_hung_mounts(checks, programs, program):
    """Three mounts that do not answer, from the first scrape on: it is in time, and all else
    is there; they cost one thread each, whatever is scraped; their recovery is noticed; and
    the program ends in time while they hang."""
    compiler = shutil.which(os.environ.get("CC", "cc").split()[0])
    if not compiler:
        print("hung mounts: left out, there is no compiler")
        return
    where = programs.dir.name
    hold = os.path.join(where, "hold")
    open(hold, "w", encoding="utf-8").close()
    with open(os.path.join(where, "hung.c"), "w", encoding="utf-8") as f:
        f.write(HUNG_STATFS)
    library = os.path.join(where, "hung.so")
    subprocess.run([compiler, "-shared", "-fPIC", '-DHOLD="%s"' % hold, "-o", library,
                    os.path.join(where, "hung.c"), "-ldl"], check=True)
    preloaded = dict(os.environ, LD_PRELOAD=library)
    if subprocess.run([program, "--version"], env=preloaded, stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("hung mounts: left out, a sanitizer wants to be loaded first")
        os.unlink(hold)
        return
    proc = os.path.join(where, "proc")
    shutil.copytree(os.path.join(TREE, "proc"), proc)
    os.makedirs(os.path.join(proc, "1"), exist_ok=True)
    with open(os.path.join(proc, "1", "mountinfo"), "w", encoding="utf-8") as f:
        for i in range(3):
            f.write("4%d 1 0:9%d / /hung%d rw - nfs srv:/%d rw\n" % (i, i, i, i))
        f.write("50 1 8:1 / / rw - ext4 /dev/root rw\n")
    base = start(programs, program, "hung", "--path.procfs=" + proc, "--web.max-requests=2",
                 env=preloaded)
    pid = programs.running[-1][1].pid
    asked = {"X-Prometheus-Scrape-Timeout-Seconds": "2"}

    def threads():
        return len(os.listdir("/proc/%d/task" % pid))

    def size_of(page, point):
        return [v for (name, labels), v in parse_text(page.decode())[1].items()
                if name == "node_filesystem_size_bytes" and dict(labels)["mountpoint"] == point]

    after_first = 0
    for i in range(4):
        begin = time.monotonic()
        status, _, page = get(base + "/metrics", asked)
        took = time.monotonic() - begin
        text = page.decode()
        checks.ok(status == 200 and took < 2, "scrape %d: %s after %.1f s" % (i, status, took))
        checks.ok(text.count('device_error="mountpoint timeout"') == 6,
                  "scrape %d does not show three mounts that hang" % i)
        checks.ok(len(size_of(page, "/")) == 1, "scrape %d has no size of /" % i)
        checks.ok(successes(page)["loadavg"] == 1, "scrape %d lacks loadavg" % i)
        after_first = after_first or threads()
    checks.ok(threads() <= after_first + 1, "threads: %d, then %d" % (after_first, threads()))
    os.unlink(hold)
    wait_for("the mounts to be there again",
             lambda: b"mountpoint timeout" not in get(base + "/metrics", asked)[2])
    open(hold, "w", encoding="utf-8").close()

    # Of four scrapes that take their time, with queries of their own so that none shares
    # another's, --web.max-requests=2 lets two in.
    got = []
    scrapes = [threading.Thread(target=lambda q=q: got.append(get(
        base + "/metrics?collect[]=filesystem&x=%d" % q,
        {"X-Prometheus-Scrape-Timeout-Seconds": "4"}))) for q in range(4)]
    for t in scrapes:
        t.start()
    for t in scrapes:
        t.join()
    text = b"Limit of concurrent requests reached (2), try again later."
    checks.ok((503, text) in [(status, body.strip()) for status, _, body in got],
              "no scrape was one too many: %s" % [status for status, _, _ in got])
    begin = time.monotonic()
    checks.ok(programs.stop("hung") == 0 and time.monotonic() - begin < 5,
              "a stop while mounts hang")
    os.unlink(hold)


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    checks = Checks()
    check_flags(checks, program)
    with Programs(checks) as programs:
        check_http(checks, programs, program)
        check_conflict(checks, programs, program)
        check_log_levels(checks, programs, program)
        check_hung_mounts(checks, programs, program)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
