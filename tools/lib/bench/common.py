# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the benchmarks: programs, the target's cgroup, commands in the background."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import cleanup
from cleanup import WITH_US

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
VIRTAX = os.path.join(TOP, "virtax")
STATS = os.path.join(TOP, "build", "bench", "stats")
ONE_LINER = ("tracepoint:sched:sched_switch { if (@last[cpu]) "
             "{ @ns[cgroup] = sum(nsecs - @last[cpu]); } @last[cpu] = nsecs; }")
# bpftrace needs tracefs, which not every host mounts: mount it in a private mount namespace.
BPFTRACE = ["unshare", "-m", "--propagation", "private", "sh", "-c",
            'mount -t tracefs none /sys/kernel/tracing; exec bpftrace -e "$1"', "sh", ONE_LINER]


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def background(argv, ready=2.0):
    """Runs argv in the background; ends it and everything it has started with SIGINT."""
    process = subprocess.Popen([*WITH_US, *argv], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        time.sleep(ready)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        cleanup.wait(process, 60)


def target_cgroup(name="target"):
    """A new cgroup, removed together with everything that runs in it."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, where, kind, *_ = line.split()
            if kind == "cgroup2":
                return cleanup.new_cgroup(os.path.join(where, f"virtax-bench-{os.getpid()}-{name}"))
    raise SystemExit("bench: no cgroup v2 hierarchy is mounted (mount one)")
