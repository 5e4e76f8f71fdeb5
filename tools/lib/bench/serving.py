# SPDX-License-Identifier: GPL-2.0-or-later
"""A container at saturation, measured in short windows, with and without a recorder."""

import collections
import contextlib
import json
import os
import re
import subprocess
import tempfile
import time

import cleanup
from bench import programs
from cleanup import WITH_US

Window = collections.namedtuple("Window", "requests seconds busy_ns idle_ns steal_ns")


def pinned(cpus, argv):
    """argv on these CPUs (a list like 0,2-3); None: wherever the scheduler puts it."""
    return ["taskset", "-c", cpus, *argv] if cpus else list(argv)


def idle_ns():
    """How long all CPUs have been idle: the clock behind the idle time of /proc/stat, which the kernel
    reads whenever a CPU enters or leaves the idle loop or an interrupt in it, but in ns. (The other times
    of /proc/stat are what the tick happened to interrupt, and a recorder's interrupts move them.
    /proc/schedstat would have the running time, where the kernel has CONFIG_SCHEDSTATS.)"""
    with open("/proc/timer_list", encoding="utf-8") as f:
        found = re.findall(r"\.(?:idle|iowait)_sleeptime *: (\d+) nsecs", f.read())
    if not found:
        raise SystemExit("bench: /proc/timer_list has no idle times (this kernel has no high-resolution "
                         "timers)")
    return sum(map(int, found))


def steal_ns():
    """What a hypervisor took from all CPUs, in whole ticks of /proc/stat."""
    with open("/proc/stat", encoding="utf-8") as f:
        return int(f.readline().split()[8]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Load:
    """Apache in a container under wrk with keep-alive. Requests are counted by the size of Apache's access
    log, whose lines are of one length here. So a window can begin and end while the load runs on: neither
    the start of wrk nor that of its connections is in any window."""

    def __init__(self, target, server_cpus=None, client_cpus=None):
        self.url, self.name, self.log = target["url"], target["name"], target["access_log"]
        self.client_cpus = client_cpus
        if server_cpus:
            self._pin(target["cgroup"], server_cpus)
        subprocess.run(["curl", "-s", "-o", "/dev/null", self.url], check=True)
        self._wait_line()
        self._lines = self._read_to = 0

    @staticmethod
    def _pin(cgroup, cpus):
        """All threads of the container; threads it creates later inherit that."""
        done = subprocess.run(["sh", "-c", 'for dir in $(sed -n "s/^[^ ]* \\([^ ]*\\) cgroup2\\? .*/\\1/p" '
                               '/proc/mounts); do cat "$dir$1/cgroup.procs" 2>/dev/null; done | sort -u | '
                               'xargs -rn1 taskset -apc "$2"', "sh", cgroup, cpus],
                              check=False, capture_output=True, text=True)
        if "new affinity" not in done.stdout:
            raise SystemExit(f"bench: server on CPUs {cpus}: {done.stderr.strip()}")

    def _wait_line(self):
        for _ in range(100):
            if os.stat(self.log).st_size:
                return
            time.sleep(0.02)
        raise SystemExit(f"bench: {self.log}: no request was logged")

    def requests(self):
        """How many the log has."""
        with open(self.log, "rb") as log:
            log.seek(self._read_to)
            new = log.read()
        self._lines += new.count(b"\n")
        self._read_to += len(new)
        return self._lines

    @contextlib.contextmanager
    def running(self):
        """Under load, with the log emptied."""
        time.sleep(0.2)
        os.truncate(self.log, 0)
        self._lines = self._read_to = 0
        argv = pinned(self.client_cpus, ["wrk", "-t1", "-c8", "-d1h", self.url])
        with subprocess.Popen([*WITH_US, *argv], stdout=subprocess.DEVNULL) as wrk:
            try:
                time.sleep(0.5)
                yield
                if wrk.poll() is not None:
                    raise SystemExit(f"bench: wrk ended with status {wrk.returncode}")
            finally:
                cleanup.stop(wrk)

    def window(self, seconds):
        """Counts for this long."""
        before = time.perf_counter_ns(), self.requests(), idle_ns(), steal_ns()
        time.sleep(seconds)
        after = time.perf_counter_ns(), self.requests(), idle_ns(), steal_ns()
        wall, requests, idle, steal = (b - a for a, b in zip(before, after))
        if not requests:
            raise SystemExit("bench: no request was answered in a window")
        return Window(requests, wall / 1e9, wall * os.cpu_count() - idle - steal, idle, steal)


class Recorder:
    """A recorder that has started when the block begins and ends with it. `run`: its run file."""

    def __init__(self, load, binary, options, cpus=None):
        self.load, self.run, self.said = load, None, ""
        self.argv = pinned(cpus, [binary, "record", "-q", "--container", load.name, *options])
        self.process = self.file = self._begin = None
        self.rate = 0.0  # requests a second while it recorded
        self.counted = 0

    def __enter__(self):
        try:
            with cleanup.uninterrupted():
                self._start()
            if self.process.stdout.readline() != "up\n":
                raise SystemExit(f"bench: {' '.join(self.argv)}: {self.process.stderr.read().strip()}")
            self._begin = time.perf_counter(), self.load.requests()
        except BaseException:
            self._end()
            raise
        return self

    def _start(self):
        self.file = tempfile.NamedTemporaryFile(suffix=".json")
        command = ["-o", self.file.name, "--", "sh", "-c", "echo up; read -r _; exit 0"]
        self.process = subprocess.Popen([*WITH_US, *self.argv, *command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _end(self):
        """Ends the command and so the recording, and only then removes the run file."""
        try:
            return self.process.communicate(timeout=60)[1]
        except BaseException:
            cleanup.stop(self.process)
            raise
        finally:
            with open(self.file.name, encoding="utf-8") as f:  # the recorder has replaced it
                self.said = f.read()
            self.file.close()

    def __exit__(self, kind, *_):
        try:
            self.counted = self.load.requests() - self._begin[1]
            self.rate = self.counted / (time.perf_counter() - self._begin[0])
        finally:
            said = self._end()
        if kind is None:
            if self.process.returncode not in (0, 1) or not self.said:
                raise SystemExit(f"bench: {' '.join(self.argv)}: status {self.process.returncode}: "
                                 f"{said.strip()}")
            self.run = json.loads(self.said)

    def counts(self):
        return programs.counts_of(self.process.pid)
