#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Side by side on this host with the exporter that ours takes the place of, where it is
installed: every series that it has we have, of the same type, with its labels and a value
between those of our scrapes before and after. What differs is printed, with its reason."""
import math
import re
import shutil
import subprocess
import sys
from collections import Counter

from harness import Checks, Programs, answers, built, free_port, get, parse_text, skip, wait_for

PEER = shutil.which("prometheus-node-exporter")
# Off by default, and working on most hosts without more flags.
EXTRA = """buddyinfo cgroups cpu_vulnerabilities drbd ethtool interrupts ksmd lnstat meminfo_numa
mountstats network_route processes qdisc slabinfo softirqs swap tcpstat zoneinfo""".split()

# Series of old versions that are not there any more, or never were the same.
GONE = [
    (r"(go|promhttp|process)_.*", "about the exporter itself"),
    (r"node_scrape_collector_.*", "a collector that only one of them has switched on"),
    (r"node_exporter_build_info", "about the exporter itself"),
    (r"node_memory_.*", "since 1.9 a fixed list; --collector.meminfo.all-fields shows all"),
    (r'node_disk_.*device="zram\d+".*', "left out by default since 1.10"),
    (r"node_(processes|tcp)_.*state=.*", "nobody was in that state when ours looked"),
]
# Values that move more between two looks than between the looks of one.
RESTLESS = [
    (r"node_(procs|processes|sockstat|slabinfo|load|tcp_conn|filefd|zoneinfo|memory|timex|"
     r"buddyinfo|softnet_backlog)", "moved in between; only the scale is looked at"),
]


def text_of(key):
    return key[0] + "{" + ",".join('%s="%s"' % pair for pair in key[1]) + "}"


def reason(rules, key):
    return next((why for pattern, why in rules if re.match(pattern, text_of(key))), None)


def takes(program, flag):
    return subprocess.run([program, flag, "--version"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def counterpart(key, by_name):
    """Our series with its labels; newer versions have added some."""
    wanted = {pair for pair in key[1] if pair[1] != ""}
    return [k for k in by_name.get(key[0], []) if wanted <= set(k[1])]


def between(value, before, after, kind):
    if value == before or value == after or (math.isnan(value) and math.isnan(before)):
        return True
    low, high = min(before, after), max(before, after)
    if kind == "counter":
        return low <= value <= high
    slack = 0.1 * max(abs(low), abs(high)) + (high - low)
    return low - slack <= value <= high + slack


def compare(checks, before, theirs, after):
    by_name, gone, restless = {}, Counter(), Counter()
    for key in before[1]:
        by_name.setdefault(key[0], []).append(key)
    for key, value in sorted(theirs[1].items()):
        ours = counterpart(key, by_name)
        if not ours or reason(GONE, key) == "about the exporter itself":
            why = reason(GONE, key)
            checks.ok(why, "not there: %s %r" % (text_of(key), value))
            gone[why] += 1
            continue
        if ours[0] not in after[1]:
            continue  # gone meanwhile
        now, then = before[1][ours[0]], after[1][ours[0]]
        fits = (key[0].startswith("node_scrape_") or
                between(value, now, then, theirs[0].get(key[0])))
        if not fits and reason(RESTLESS, key):
            restless[reason(RESTLESS, key)] += 1
            fits = now / 2 - 32 <= value <= now * 2 + 32
        checks.ok(fits, "%s is %r, ours %r and then %r" %
                  (text_of(key), value, now, then))
    for family, kind in theirs[0].items():
        if family in before[0]:
            checks.ok(before[0][family] == kind, "%s: type %s, ours %s" %
                      (family, kind, before[0][family]))
    return gone, restless


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    if not PEER:
        skip("prometheus-node-exporter is not installed")
    checks = Checks()
    with Programs(checks) as programs:
        urls = {}
        for who, path in (("ours", program), ("theirs", PEER)):
            port = free_port()
            flags = [flag for flag in ("--collector." + name for name in EXTRA)
                     if takes(path, flag)]
            programs.start(who, [path, "--web.listen-address=127.0.0.1:%d" % port] + flags)
            urls[who] = "http://127.0.0.1:%d/" % port
        for who, url in urls.items():
            wait_for(who, answers(url))
            get(url + "metrics")  # not the first one, which opens files
        before, theirs, after = (parse_text(get(urls[who] + "metrics")[2].decode())
                                 for who in ("ours", "theirs", "ours"))
        gone, restless = compare(checks, before, theirs, after)
        print("%d series there, %d here" % (len(theirs[1]), len(before[1])))
        for title, counts in (("not looked for", gone), ("looked at loosely", restless)):
            for why, n in counts.most_common():
                print("  %s: %d series: %s" % (title, n, why))
        checks.ok(len(theirs[1]) > 200, "the other exporter has too little to compare with")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
