# SPDX-License-Identifier: Apache-2.0
"""Reads a page of delimited MetricFamily messages with protoc and tests/fixtures/metrics.proto."""
import os
import re
import shutil
import subprocess

from harness import SOURCE, Failure, skip

LINE = re.compile(r'\s*(?:(\w+) \{|(\})|(\w+): (?:"((?:[^"\\]|\\.)*)"|(\S+)))$')
ESCAPE = re.compile(rb'\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)', re.S)
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def need_protoc():
    if shutil.which("protoc") is None:
        skip("protoc is not installed (protobuf-compiler)")


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data):
            raise Failure("the page ends within a length")
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def unescape(text):
    def one(m):
        e = m.group(1)
        if e[:1] in b"01234567":
            return bytes([int(e, 8)])
        if e[:1] == b"x" and len(e) > 1:
            return bytes([int(e[1:], 16)])
        return NAMED.get(e, e)
    return ESCAPE.sub(one, text.encode("utf-8")).decode("utf-8")


def number(text):
    return float(text)


def parse(text):
    """What protoc prints, as nested dicts of lists."""
    top = {}
    stack = [top]
    for line in text.split("\n"):
        if not line.strip():
            continue
        m = LINE.match(line)
        if not m:
            raise Failure("protoc printed %r" % line)
        if m.group(1):
            inner = {}
            stack[-1].setdefault(m.group(1), []).append(inner)
            stack.append(inner)
        elif m.group(2):
            stack.pop()
        else:
            value = m.group(5) if m.group(4) is None else unescape(m.group(4))
            stack[-1].setdefault(m.group(3), []).append(value)
    return top


def decode(page):
    """The families of a page, each a dict of lists by field name. Raises Failure if something
    is left over or unknown."""
    wrapped = bytearray()
    at = 0
    while at < len(page):
        size, at = read_varint(page, at)
        if at + size > len(page):
            raise Failure("a family is longer than the page")
        wrapped += b"\x0a" + varint(size) + page[at:at + size]
        at += size
    done = subprocess.run(
        ["protoc", "--proto_path=" + os.path.join(SOURCE, "tests", "fixtures"),
         "--decode=io.prometheus.client.Page", "metrics.proto"],
        input=bytes(wrapped), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode != 0:
        raise Failure("protoc: " + done.stderr.decode("utf-8", "replace"))
    # what the schema does not have is printed under its number
    text = done.stdout.decode("utf-8")
    unknown = re.search(r"^\s*\d+[:\s].*$", text, re.M)
    if unknown:
        raise Failure("a field that is not in the schema: " + unknown.group(0))
    return parse(text).get("family", [])
