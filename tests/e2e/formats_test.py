#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Both text formats through the parsers of the Prometheus project's Python client, and
through promtool where it is installed: everything comes back, and both say the same."""
import math
import shutil
import subprocess
import sys

from harness import built, need_modules, skip

need_modules("prometheus_client")
from prometheus_client.openmetrics.parser import \
    text_string_to_metric_families as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as text_parser

PROGRAM = built("tests/e2e/formats")
BAD = "\N{REPLACEMENT CHARACTER}"
# As in formats.c, with what is not UTF-8 mended.
TEXTS = ["", "plain", "a b", "\\", '"', "\n", "\\n", '\\\\"\n"', "}", '{a="b"}', ",",
         'a="b",c="d', "# EOF", "\t", "\r\n", "\x01\x7f", "ä€", "\U0001F600", BAD, "a" + BAD,
         BAD + "x", " 1 ", "'`$", "\u2028"]
NOT_UTF8 = (18, 19, 20)  # as a help text these are refused
VALUES = [0, -0.0, 1, -1, .1, 1 / 3, 123456, 1e6, 1e21, 1e-5, 5e-324, 1.7976931348623157e308,
          2.2250738585072014e-308, math.inf, -math.inf, math.nan, 9007199254740992,
          .30000000000000004]

failures = 0


def check(condition, text):
    global failures
    if not condition:
        failures += 1
        print("FAILED: " + text)


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def page(form):
    done = subprocess.run([PROGRAM, form], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True, timeout=60)
    print("%s: %s" % (form, done.stderr.decode("utf-8").strip()))
    return done.stdout


def samples(families):
    """{(name, labels): value}; bounds and quantiles as numbers, since 1 is 1.0 elsewhere."""
    found = {}
    for family in families:
        for s in family.samples:
            labels = {k: float(v) if k in ("le", "quantile") else v for k, v in s.labels.items()}
            name = s.name
            if name.endswith("_created"):
                continue  # only OpenMetrics has them
            if name == "plain_total":
                name = "plain"  # the text parser's own idea
            if name.startswith("full_current_g"):
                name = name.replace("_g", "_")  # in text it is a histogram like others
            key = name, tuple(sorted(labels.items()))
            check(key not in found, "%s twice" % (key,))
            found[key] = float(s.value)
    return found


def values_come_back(found, what):
    for i, text in enumerate(TEXTS):
        for name in ("labels", "emitted"):
            got = found.get((name, (("i", str(i)), ("v", text))))
            check(got == i, "%s: %s{v=%r} is %s" % (what, name, text, got))
    for i, value in enumerate(VALUES):
        got = found.get(("numbers", (("i", str(i)),)))
        check(got is not None and same(got, value),
              "%s: %r came back as %r" % (what, value, got))
    got = found.get(("nasty_info", tuple(sorted(("v%d" % i, t) for i, t in enumerate(TEXTS)))))
    check(got == 1, "%s: the info is %s" % (what, got))
    states = [t for i, t in enumerate(TEXTS) if t != "" and i not in NOT_UTF8]
    for i, text in enumerate(states):
        got = found.get(("state", (("state", text),)))
        check(got == (i + 1) % 2, "%s: state %r is %s" % (what, text, got))
    for key, value in ((("whole_total", ()), 2.0 ** 64), (("asked_total", ()), .5),
                       (("plain", ()), 2.5), (("anything", ()), .5), (("histogram_count", ()), 2),
                       (("histogram_bucket", (("le", math.inf),)), 2),
                       (("histogram_bucket", (("le", .25),)), 0),
                       (("histogram_bucket", (("le", 10.0),)), 1),
                       (("summary", (("quantile", .5),)), 9 / 4),
                       (("summary", (("quantile", 1.0),)), 19 / 4),
                       (("open", (("zone", '"z"'),)), 4),
                       (("open", (("b", "2"), ("zone", '"z"'), ("zz", "1"))), 3),
                       (("promc_dropped_updates_total", (("reason", "negative"),)), 1)):
        check(key in found and found[key] == value,
              "%s: %s is %s, not %s" % (what, key, found.get(key), value))


def forbidden_in_openmetrics(name, labels, value):
    """What the text format may say and OpenMetrics may not."""
    labels = dict(labels)
    if name.startswith("negative_") or name.startswith("emitted_histogram_"):
        if name.endswith(("_sum", "_count")):
            return labels.get("v") in (None, "a", "b")
    return (name, labels.get("v")) in (("emitted_summary_sum", "b"),
                                       ("emitted_counter_total", "b")) or \
        name == "emitted_summary" and value < 0


def full_samples(text, openmetrics):
    """Times, units and exemplars."""
    def one(families, name, **labels):
        found = [s for f in families for s in f.samples
                 if s.name == name and s.labels == labels]
        check(len(found) == 1, "%s%s is there %d times" % (name, labels, len(found)))
        return found[0]

    total = "full_seconds_total"
    check(one(text, total, v="a").timestamp == 1520879607.001, "text: the timestamp")
    a, b = one(openmetrics, total, v="a"), one(openmetrics, total, v="b")
    check(str(a.timestamp) == "1520879607.001000000" or float(a.timestamp) == 1520879607.001,
          "OpenMetrics: the timestamp is %s" % a.timestamp)
    check(a.exemplar.labels == {"trace_id": TEXTS[7], "b": TEXTS[16]} and
          a.exemplar.value == .05 and a.exemplar.timestamp is None,
          "the exemplar is %s" % (a.exemplar,))
    check(b.exemplar.value == 4 and float(b.exemplar.timestamp) == 1520879607.789,
          "the exemplar is %s" % (b.exemplar,))
    check(one(openmetrics, "full_seconds_created", v="b").value == 1520430000.01,
          "the time of creation")
    units = {f.name: f.unit for f in openmetrics}
    check(units.get("full_seconds") == "seconds", "the unit is %s" % units.get("full_seconds"))
    types = {f.name: f.type for f in openmetrics}
    check(types.get("full_current") == "gaugehistogram", "the gauge histogram")
    x = one(openmetrics, "full_histogram_bucket", v=TEXTS[7], le="10.0").exemplar
    check(x is not None and x.value == 4, "the exemplar of a bucket is %s" % (x,))
    check(one(openmetrics, "full_histogram_created", v=TEXTS[7]).value == 1520430000.01,
          "the time of creation of a histogram")


def main():
    if PROGRAM is None:
        skip("tests/e2e/formats is not built")
    raw = {form: page(form) for form in ("text", "openmetrics")}
    text = list(text_parser(raw["text"].decode("utf-8")))
    openmetrics = list(openmetrics_parser(raw["openmetrics"].decode("utf-8")))
    a, b = samples(text), samples(openmetrics)
    values_come_back(a, "text")
    values_come_back(b, "OpenMetrics")
    for key, value in a.items():
        if forbidden_in_openmetrics(*key, value):
            check(key not in b, "%s is in OpenMetrics" % (key,))
        else:
            check(key in b and same(b[key], value),
                  "%s: %s in text, %s in OpenMetrics" % (key, value, b.get(key)))
    full_samples(text, openmetrics)
    check(set(b) <= set(a), "only in OpenMetrics: %s" % (set(b) - set(a)))

    for families, what in ((text, "text"), (openmetrics, "OpenMetrics")):
        helps = {f.name: f.documentation for f in families}
        types = {f.name: f.type for f in families}
        for i, help_text in enumerate(TEXTS):
            name = "help_%d" % i
            if i in NOT_UTF8:
                check(name not in helps, "%s: %s is there" % (what, name))
            else:
                # the text parser takes blanks off both ends, an escaped line feed it keeps
                want = help_text.strip(" \t\r\u2028") if what == "text" else help_text
                check(helps.get(name) == want, "%s: help %r" % (what, helps.get(name)))
        for name, kind in (("whole", "counter"), ("labels", "gauge"), ("summary", "summary"),
                           ("histogram", "histogram"), ("emitted", "unknown"),
                           ("anything", "unknown"),
                           ("nasty" if what == "OpenMetrics" else "nasty_info",
                            "info" if what == "OpenMetrics" else "gauge"),
                           ("state", "stateset" if what == "OpenMetrics" else "gauge")):
            check(types.get(name) == kind, "%s: %s is a %s" % (what, name, types.get(name)))

    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=raw["text"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        said = done.stdout.decode("utf-8")
        # 3: it read everything, and has advice on names
        check(done.returncode in (0, 3) and "error while linting" not in said, said)
    else:
        print("promtool is not installed: not asked")
    print("%d samples in text, %d in OpenMetrics, %d failures" % (len(a), len(b), failures))
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
