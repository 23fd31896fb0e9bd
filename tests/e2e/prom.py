# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus for the tests: started on targets, and asked."""
import json
import os
import shutil
import urllib.parse

from harness import Failure, answers, free_port, get, skip, wait_for


def need_prometheus():
    if not shutil.which("prometheus"):
        skip("prometheus is not installed")


def start_prometheus(programs, ports, features="", rules=None, rule_files=()):
    """Have each port scraped every second, as a job or, for a pair (job, instance), as that
    instance of it. rules: groups for a rule file of its own, beside others. Returns its base
    URL, once it is ready."""
    jobs = {}
    for key, port in ports.items():
        job, instance = key if isinstance(key, tuple) else (key, None)
        target = {"targets": ["127.0.0.1:%d" % port]}
        if instance:
            target["labels"] = {"instance": instance}
        jobs.setdefault(job, []).append(target)
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s",
                         "evaluation_interval": "1s"},
              "scrape_configs": [{"job_name": job, "static_configs": targets}
                                 for job, targets in jobs.items()]}
    config["rule_files"] = list(rule_files)
    if rules:
        config["rule_files"].append(os.path.join(programs.dir.name, "rules.yml"))
        with open(config["rule_files"][-1], "w", encoding="utf-8") as f:
            json.dump({"groups": rules}, f)
    path = os.path.join(programs.dir.name, "prometheus.yml")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f)  # JSON is YAML, too
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    programs.start("prometheus", [
        "prometheus", "--config.file=" + path, "--log.level=warn",
        "--web.listen-address=127.0.0.1:%d" % port,
        "--storage.tsdb.path=" + os.path.join(programs.dir.name, "data")] +
        (["--enable-feature=" + features] if features else []))
    wait_for("Prometheus", answers(base + "/-/ready"), 30)
    return base


def api(base, path, **query):
    status, _, body = get("%s/api/v1/%s?%s" % (base, path, urllib.parse.urlencode(query)))
    answer = json.loads(body)
    if status != 200 or answer["status"] != "success":
        raise Failure("Prometheus: %s %s: %s" % (path, query, answer.get("error", status)))
    return answer["data"]


def wait_scrapes(programs, base, targets, n):
    """Until each of that many targets has been scraped n times."""
    def enough():
        programs.check_alive()
        counts = api(base, "query", query="count_over_time(up[5m])")["result"]
        return (len(counts) == targets and
                all(float(c["value"][1]) >= n for c in counts))
    wait_for("%d scrapes of each target" % n, enough, n + 40, 0.5)
