#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A registry in protobuf, read by protoc with a schema of our own, says the same as in text and in
OpenMetrics, read by the parsers of the Prometheus project's Python client."""
import sys

import formats_test
from formats_test import NOT_UTF8, TEXTS, check, forbidden_in_openmetrics, same
from harness import skip
from protopage import decode, need_protoc, number

# What the text parser calls the types, and protobuf.
TYPES = {"COUNTER": "counter", "GAUGE": "gauge", "SUMMARY": "summary", "UNTYPED": "unknown",
         "HISTOGRAM": "histogram", "GAUGE_HISTOGRAM": "histogram"}


def samples(families):
    """{(name, labels): value}, as formats_test.samples() makes it."""
    found = {}

    def add(name, labels, value, *extra):
        key = name, tuple(sorted(labels + list(extra)))
        check(key not in found, "%s twice" % (key,))
        found[key] = number(value)

    for family in families:
        name = family["name"][0]
        for metric in family.get("metric", []):
            labels = [(x["name"][0], x["value"][0]) for x in metric.get("label", [])]
            for kind in ("gauge", "counter", "untyped"):
                for x in metric.get(kind, []):
                    add(name, labels, x["value"][0])
            for x in metric.get("summary", []):
                add(name + "_count", labels, x["sample_count"][0])
                add(name + "_sum", labels, x["sample_sum"][0])
                for q in x.get("quantile", []):
                    add(name, labels, q["value"][0], ("quantile", number(q["quantile"][0])))
            for x in metric.get("histogram", []):
                add(name + "_count", labels, x["sample_count"][0])
                add(name + "_sum", labels, x["sample_sum"][0])
                for b in x.get("bucket", []):
                    add(name + "_bucket", labels, b["cumulative_count"][0],
                        ("le", number(b["upper_bound"][0])))
    return found


def created(families):
    """How many series say when they were made."""
    n = 0
    for family in families:
        for metric in family.get("metric", []):
            for kind in ("counter", "summary", "histogram"):
                for x in metric.get(kind, []):
                    n += len(x.get("created_timestamp", []))
    return n


def main():
    if formats_test.PROGRAM is None:
        skip("tests/e2e/formats is not built")
    need_protoc()
    families = decode(formats_test.page("protobuf"))
    text = list(formats_test.text_parser(formats_test.page("text").decode("utf-8")))
    openmetrics = list(formats_test.openmetrics_parser(
        formats_test.page("openmetrics").decode("utf-8")))
    a, b, c = samples(families), formats_test.samples(text), formats_test.samples(openmetrics)
    formats_test.values_come_back(a, "protobuf")
    for key in sorted(set(a) | set(b), key=repr):
        check(key in a and key in b and same(a[key], b[key]),
              "%s: %s in protobuf, %s in text" % (key, a.get(key), b.get(key)))
    for key, value in a.items():
        if not forbidden_in_openmetrics(*key, value):
            check(key in c and same(c[key], value),
                  "%s: %s in protobuf, %s in OpenMetrics" % (key, value, c.get(key)))
    check(set(c) <= set(a), "only in OpenMetrics: %s" % (set(c) - set(a)))

    names = [f["name"][0] for f in families]
    # by their bytes, as UTF-8 is ordered
    check(names == sorted(names) and len(set(names)) == len(names), "families: %s" % names)
    helps = {f["name"][0]: f["help"][0] for f in families}
    for i, help_text in enumerate(TEXTS):
        name = "help_%d" % i
        check(helps.get(name) == (None if i in NOT_UTF8 else help_text),
              "help %r came back as %r" % (help_text, helps.get(name)))
    types = {(f.name, f.type) for f in text}
    for family in families:
        name, kind = family["name"][0], TYPES[family["type"][0]]
        if kind == "counter" and name.endswith("_total"):
            name = name[:-len("_total")]  # the text parser's own idea
        check((name, kind) in types, "%s: a %s in protobuf only" % (name, kind))
    check(created(families) >= 8, "only %d series were made at some time" % created(families))
    print("%d samples in protobuf, %d failures" % (len(a), formats_test.failures))
    return formats_test.failures != 0


if __name__ == "__main__":
    sys.exit(main())
