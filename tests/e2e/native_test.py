#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes native histograms and exemplars over protobuf: counts and sums are
those observed, and histogram_quantile over the native buckets agrees with the classic ones."""
import math
import shutil
import sys

from harness import Checks, Programs, answers, built, free_port, get, skip, wait_for
from prom import api, need_prometheus, start_prometheus
from protopage import decode, number

SERVER = built("tests/e2e/native_server")
PROTOBUF = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited")
# As native_server.c observes them.
N = 10000
VALUES = [2.0 ** (-9 + 13.0 * i / N) for i in range(N)]
BOUNDS = [0, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, math.inf]
WHO = 'who="ä \\"\\\\"'


def value(base, query):
    """The one value of a query; None when there is no series or more than one."""
    result = api(base, "query", query=query)["result"]
    return float(result[0]["value"][1]) if len(result) == 1 else None


def classic_bucket(v):
    """The bounds of the classic bucket that v falls into."""
    for low, high in zip(BOUNDS, BOUNDS[1:]):
        if v <= high:
            return low, high
    raise AssertionError(v)


def check_counts(checks, base):
    total = math.fsum(VALUES)
    for name in ("both_seconds", "native_seconds"):
        selector = name + "{%s}" % WHO
        count = value(base, "histogram_count(%s)" % selector)
        got = value(base, "histogram_sum(%s)" % selector)
        checks.ok(count == N, "%s: count %s" % (name, count))
        checks.ok(got is not None and math.isclose(got, total, rel_tol=1e-9),
                  "%s: sum %s, not %s" % (name, got, total))
    count = value(base, "classic_seconds_count")
    checks.ok(count == N, "classic_seconds_count: %s" % count)
    for query, want in (("histogram_count(empty_seconds)", 0), ("histogram_sum(empty_seconds)", 0),
                        ("histogram_count(whole_seconds)", 8), ("histogram_sum(whole_seconds)", 20),
                        ("histogram_count(waiting_seconds)", 8),
                        ("histogram_count(float_seconds)", 7.5), ("earlier", 5),
                        ("answers_total", 3)):
        got = value(base, query)
        checks.ok(got == want, "%s is %s, not %s" % (query, got, want))


def check_quantiles(checks, base):
    for q in (.01, .1, .25, .5, .75, .9, .95, .99):
        true = VALUES[math.ceil(q * N) - 1]
        classic = value(base, "histogram_quantile(%g, classic_seconds_bucket)" % q)
        for name in ("both_seconds", "native_seconds"):
            native = value(base, "histogram_quantile(%g, %s)" % (q, name))
            low, high = classic_bucket(true)
            if not checks.ok(native is not None and classic is not None,
                             "no %g-quantile of %s" % (q, name)):
                continue
            checks.ok(low <= native <= high and (low <= classic <= high or
                                                 math.isclose(classic, high)),
                      "%g-quantile: %s of %s, %s of the classic one, %s in truth"
                      % (q, native, name, classic, true))
            checks.ok(true / 1.1 <= native <= true * 1.1,
                      "%g-quantile: %s of %s, %s in truth" % (q, native, name, true))


def check_exemplars(checks, base):
    for query, trace in (("answers_total", "xyz"), ("both_seconds", "abc")):
        data = api(base, "query_exemplars", query=query, start="0", end="9999999999")
        found = [e for series in data for e in series["exemplars"]]
        checks.ok(found and all(e["labels"] == {"trace_id": trace} for e in found),
                  "exemplars of %s: %s" % (query, data))


def check_page(checks, url):
    """The same page as it is on the wire; both kinds of buckets of one histogram."""
    status, headers, body = get(url, {"Accept": PROTOBUF})
    checks.ok(status == 200 and headers["Content-Type"].startswith(
        "application/vnd.google.protobuf"), "%s %s" % (status, headers["Content-Type"]))
    families = {f["name"][0]: f for f in decode(body)}
    h = families["both_seconds"]["metric"][0]["histogram"][0]
    buckets = [(number(b["upper_bound"][0]), int(b["cumulative_count"][0]))
               for b in h["bucket"]]
    want = [(b, sum(v <= b for v in VALUES)) for b in BOUNDS[1:]]
    checks.ok(buckets == want, "classic buckets: %s, not %s" % (buckets, want))
    at = total = 0
    for delta in h["positive_delta"]:
        at += int(delta)
        total += at
    length = sum(int(s["length"][0]) for s in h["positive_span"])
    checks.ok(total == N and length == len(h["positive_delta"]) and h["schema"] == ["3"],
              "native buckets: %d in %d, schema %s" % (total, length, h["schema"]))
    values = [number(x["value"][0]) for x in h["exemplars"]]
    checks.ok(len(values) == 10 and values == sorted(values) and
              all("timestamp" in x for x in h["exemplars"]), "exemplars: %s" % values)
    checks.ok(all("exemplar" in b for b in h["bucket"]), "a bucket has no exemplar")
    # Prometheus 2.42 does not look at spans to tell whether this is a native one; later ones do
    h = families["exact_seconds"]["metric"][0]["histogram"][0]
    checks.ok(h["positive_span"] == [{"offset": ["0"], "length": ["0"]}] and
              number(h["zero_threshold"][0]) == 0, "an empty one: %s" % h)
    checks.ok("bucket" not in families["native_seconds"]["metric"][0]["histogram"][0],
              "native_seconds has classic buckets")


def main():
    if SERVER is None:
        skip("tests/e2e/native_server is not built")
    need_prometheus()
    checks = Checks()
    with Programs(checks) as programs:
        programs.start("server", [SERVER])
        port = int(programs.wait_line("server", r"port (\d+)").group(1))
        url = "http://127.0.0.1:%d/metrics" % port
        if shutil.which("protoc"):
            check_page(checks, url)
        else:
            print("protoc is not installed: the page itself is not looked at")
        base = start_prometheus(programs, {"native": port},
                                "native-histograms,exemplar-storage")

        def scraped():
            programs.check_alive()
            return value(base, "count_over_time(up[5m])") or 0
        wait_for("three scrapes", lambda: scraped() >= 3, 60, 0.3)
        for target in api(base, "targets", state="active")["activeTargets"]:
            checks.ok(target["health"] == "up" and not target["lastError"],
                      "%s: %s" % (target["health"], target["lastError"]))
        check_counts(checks, base)
        check_quantiles(checks, base)
        check_exemplars(checks, base)
        checks.ok("histogram" not in programs.log("prometheus").lower(),
                  "Prometheus complains: " + programs.log("prometheus")[-2000:])
        programs.stop("server")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
