# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of the node exporter share."""
import http.client
import socket
import subprocess
import time


class Exporter:
    """An exporter with some collectors and no others, and what its scrapes cost."""

    def __init__(self, program, names, flags=()):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        began = time.monotonic()
        self.process = subprocess.Popen(
            [program, "--collector.disable-defaults", "--web.disable-exporter-metrics",
             "--web.listen-address=127.0.0.1:%d" % self.port]
            + ["--collector." + name for name in sorted(names)] + list(flags),
            stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > 10:
                    raise SystemExit("%s does not listen" % program)
                time.sleep(0.01)

    def cpu(self):
        """CPU time of the process so far, in seconds: clock_getcpuclockid(3)."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def scrape(self, n, pause, encoding):
        """Scrape n times on one connection; returns the CPU milliseconds of one."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port)
        start = self.cpu()
        for _ in range(n):
            time.sleep(pause)
            conn.request("GET", "/metrics", headers={"Accept-Encoding": encoding})
            answer = conn.getresponse()
            if not answer.read() or answer.status != 200:
                raise SystemExit("a scrape failed with status %d" % answer.status)
        conn.close()
        return (self.cpu() - start) / n * 1e3

    def memory_mib(self, field="VmRSS"):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(field)) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()
