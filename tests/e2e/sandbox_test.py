#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node exporter as shut in as its systemd unit has it: no capability, no new privileges,
every file system read-only. The scrape of a made-up host is the same inside and outside, and
of this host the same metrics are there."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "golden"))
from harness import (Checks, Programs, answers, built, free_port, get,  # noqa: E402
                     parse_text, skip, wait_for)
from node_golden import stable_lines  # noqa: E402
from node_tree import collectors, make_tree  # noqa: E402

# What a service may not do. Mounts that cannot be made read-only are the kernel's own.
SHUT_IN = """
mount --make-rprivate / || exit 99
while read -r _ point _; do
    mount -o remount,bind,ro "$point" 2>/dev/null
done </proc/self/mounts
touch "$1/written" 2>/dev/null && exit 98
shift
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""
NOBODY = "65534"
SANDBOX_FAILED, NOT_READ_ONLY = 99, 98


def sandbox(directory, program, tree):
    """The words to put before a command, or None where the kernel does not let us."""
    words = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    words += ["sh", "-c", SHUT_IN, "sh", directory]
    if os.geteuid() == 0:
        nobody = ["--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"]
        # A checkout in root's home is out of reach for others.
        if subprocess.run(["setpriv", *nobody, "test", "-x", program, "-a", "-r", tree],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0:
            words += nobody
    done = subprocess.run([*words, "cat", "/proc/self/status"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False)
    if done.returncode == NOT_READ_ONLY or done.returncode != 0:
        print("the sandbox: status %d %r" % (done.returncode, done.stderr[-200:]))
        return None
    status = done.stdout.decode()
    if "NoNewPrivs:\t1" not in status or "CapBnd:\t0000000000000000" not in status:
        print("the sandbox keeps privileges:\n" + status)
        return None
    return words


def scrape(programs, name, argv, flags, cwd):
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    programs.start(name, argv + ["--web.listen-address=127.0.0.1:%d" % port] + flags, cwd=cwd)
    wait_for("the landing page", answers(base + "/"))
    page = get(base + "/metrics", timeout=30)[2].decode()
    programs.stop(name)
    return page


def families(page):
    """The names of the metrics, and which collectors work."""
    types, series = parse_text(page)
    works = {key[1] for key, value in series.items()
             if key[0] == "node_scrape_collector_success" and value == 1}
    return set(types), works


def main():
    program = built("promc-node-exporter")
    if not program:
        skip("promc-node-exporter is not built")
    for tool in ("unshare", "setpriv", "mount"):
        if not shutil.which(tool):
            skip(tool + " is not installed")
    checks = Checks()
    with Programs(checks) as programs:
        os.chmod(programs.dir.name, 0o755)  # the sandbox is another user's
        tree = make_tree(os.path.join(programs.dir.name, "tree"))
        made_up = collectors(program, tree)[1]
        before = sandbox(programs.dir.name, program, tree)
        if before is None:
            skip("there is no sandbox here")
        for what, flags, reduce in (("a made-up host", made_up, stable_lines),
                                    ("this host", [], families)):
            # Outside first: a program of the build tree may want to be linked once more.
            outside = reduce(scrape(programs, what + ", outside", [program], flags, tree))
            inside = reduce(scrape(programs, what + ", inside", before + [program], flags,
                                   tree))
            checks.ok(len(outside) > 0 and inside == outside,
                      "%s: inside %s\noutside %s" % (what, inside, outside))
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
