#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the table of line cases for StatsD exporters, where it lies beside the checkout."""
import os
import subprocess
import sys

from harness import SHARED, built, skip

exporter = built("promc-statsd-exporter")
cases = os.path.join(SHARED, "statsd-cases")
if not exporter:
    skip("promc-statsd-exporter is not part of this build")
if not os.path.exists(os.path.join(cases, "run_e2e.py")):
    skip("no statsd-cases beside the source")
status = 0
for transport in ("udp", "tcp", "unixgram"):
    print(transport, flush=True)
    status |= subprocess.call(
        [sys.executable, os.path.join(cases, "run_e2e.py"), "--quiet", "--timeout", "10",
         "--jobs", "4", "--ignore", "promc_", "--exporter", exporter, "--transport", transport,
         os.path.join(cases, "lines.json")])
sys.exit(1 if status else 0)
