# SPDX-License-Identifier: Apache-2.0
"""The made-up host of tests/fixtures/node, put together in a directory, and the flags with
which the node exporter reads all of it and nothing of the machine."""
import os
import re
import shutil
import subprocess

from harness import SOURCE

TREE = os.path.join(SOURCE, "tests", "fixtures", "node")

# Relative to the tree, so that paths in labels are the same everywhere.
FLAGS = ["--path.procfs=proc", "--path.sysfs=sys", "--path.rootfs=.",
         "--path.udev.data=udev/data", "--collector.textfile.directory=textfile",
         "--no-collector.arp.netlink", "--no-collector.netdev.netlink",
         "--collector.cpu.info", "--collector.stat.softirq", "--collector.disable-defaults",
         "--collector.pcidevice.names", "--collector.pcidevice.idsfile=usr/share/misc/pci.ids",
         "--collector.bcache.priorityStats", "--collector.runit.servicedir=etc/service",
         "--collector.sysctl.include=vm.swappiness",
         "--collector.sysctl.include=vm.lowmem_reserve_ratio",
         "--collector.sysctl.include=fs.file-nr:total,current,max",
         "--collector.sysctl.include-info=kernel.seccomp.actions_avail"]
# Those that ask the kernel take files in its place, in builds with jansson.
JSON = {"qdisc": "--collector.qdisc.fixtures=qdisc", "wifi": "--collector.wifi.fixtures=wifi"}
# Those that have no files to read: they ask the kernel, or other programs.
ASKING = set("ethtool logind network_route ntp perf process_groups selinux supervisord systemd "
             "tcpstat timex uname".split())

# Metrics that differ from one scrape to the next.
VOLATILE = re.compile(r"process_|promhttp_|go_|node_exporter_build_info"
                      r"|node_scrape_collector_duration_seconds|node_textfile_mtime_seconds"
                      r"|node_time_(seconds|zone)|node_filesystem_(avail|files|free|size)"
                      r"|node_filesystem_device_error|node_filesystem_purgeable")


def read_list(path):
    """The entries of tree.txt: (name, bytes) of a file, (name, target, None) of a link, (name,)
    of a directory."""
    where, lines = "", None
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith("|"):
                lines.append(line[1:] + "\n")
                continue
            if lines is not None:
                yield name, "".join(lines).encode()
                lines = None
            if line.startswith("["):
                where = line.strip("[]")
                yield (where,)
            elif " = " in line and not line.startswith("#"):
                name, text = line.split(" = ", 1)
                yield where + "/" + name, text.encode() + b"\n"
            elif " % " in line and not line.startswith("#"):
                name, text = line.split(" % ", 1)
                yield where + "/" + name, bytes.fromhex(text)
            elif " -> " in line and not line.startswith("#"):
                name, target = line.split(" -> ", 1)
                yield where + "/" + name, target, None
            elif line.endswith(":") and not line.startswith("#"):
                name, lines = where + "/" + line[:-1], []
    if lines is not None:
        yield name, "".join(lines).encode()


def make_tree(root):
    """Make the host in root, which is not there yet."""
    shutil.copytree(TREE, root)
    for where, _, _ in os.walk(root):
        os.chmod(where, 0o755)
    for name, *what in read_list(os.path.join(TREE, "tree.txt")):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path) if what else path, exist_ok=True)
        if len(what) == 2:
            os.symlink(what[0], path)
        elif what:
            with open(path, "wb") as f:
                f.write(what[0])
    return root


def collectors(program, root):
    """The collectors of this build that have files to read, and all flags for them."""
    run = subprocess.run([program, "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         check=False)
    names = set(re.findall(r"--\[no-\]collector\.(\w+)(?=\s)", run.stdout.decode())) - ASKING
    flags = list(FLAGS)
    for name, flag in JSON.items():
        only = ["--once", flag, "--collector.disable-defaults", "--collector." + name]
        if subprocess.run([program, *only], cwd=root, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0:
            flags.append(flag)
        else:
            names.discard(name)
    return sorted(names), flags + ["--collector." + name for name in sorted(names)]
