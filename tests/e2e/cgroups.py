# SPDX-License-Identifier: GPL-2.0-or-later
"""Cgroups of known content, in every hierarchy, and a meter of what they use."""

import glob
import os
import re
import signal
import subprocess
import threading
import time
import itertools

from basics import read, wait_until

PREFIX = f"vtxt-{os.getpid()}-"
_serial = itertools.count()


def hierarchies():
    """{controllers or "unified": mount point} of every cgroup hierarchy of this system."""
    found = {}
    for line in read("/proc/self/mounts").splitlines():
        _, where, fstype, options = line.split()[:4]
        if fstype == "cgroup2":
            found.setdefault("unified", where)
        elif fstype == "cgroup":
            found.setdefault(options, where)
    return found


class Cgroup:
    """One cgroup in every hierarchy, under the same path. `path` is its directory in the v2
    hierarchy or, without v2, in cpuacct's."""

    def __init__(self, name, without=()):
        self.name = name
        self.dirs = {}
        self.processes = []
        for key, where in hierarchies().items():
            controllers = {o for o in key.split(",")}
            if not controllers & set(without):
                self.dirs[key] = os.path.join(where, name)
        self.make()

    def make(self):
        for key, where in self.dirs.items():
            os.makedirs(where, exist_ok=True)
            if "cpuset" in key.split(","):
                depth = self.name.count("/")
                for up in range(depth, -1, -1):
                    self._fill_cpuset(os.path.normpath(os.path.join(where, *[".."] * up)))

    @staticmethod
    def _fill_cpuset(where):
        """A new v1 cpuset is empty, and nothing can run in it until it gets the values of its
        parent."""
        for name in ("cpuset.cpus", "cpuset.mems"):
            below = os.path.join(where, name)
            if os.path.exists(below) and not read(below).strip():
                parent = read(os.path.join(os.path.dirname(where), name))
                with open(below, "w", encoding="ascii") as f:
                    f.write(parent)

    def _of(self, controller):
        for key, where in self.dirs.items():
            if controller in key.split(","):
                return where
        return None

    @property
    def path(self):
        return self._of("unified") or self._of("cpuacct")

    def usage_ns(self):
        """The kernel's own account of the CPU time used in this cgroup and below."""
        if self._of("unified"):
            stat = read(os.path.join(self._of("unified"), "cpu.stat"))
            return int(re.search(r"^usage_usec (\d+)", stat, re.M)[1]) * 1000
        return int(read(os.path.join(self._of("cpuacct"), "cpuacct.usage")))

    def add(self, pid):
        for where in self.dirs.values():
            with open(os.path.join(where, "cgroup.procs"), "w", encoding="ascii") as f:
                f.write(str(pid))

    def spawn(self, argv, **kwargs):
        """Starts a process that is in this cgroup before its program starts."""
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        kwargs.setdefault("stdout", subprocess.PIPE)
        kwargs.setdefault("text", True)
        joins = [os.path.join(d, "cgroup.procs") for d in self.dirs.values()]
        script = ('while [ "$1" != -- ]; do echo 0 >"$1" || exit 97; shift; done; shift; '
                  'exec "$@"')
        process = subprocess.Popen(["/bin/sh", "-c", script, "join", *joins, "--", *argv],
                                   **kwargs)
        self.processes.append(process)
        return process

    def child(self, name):
        below = Cgroup.__new__(Cgroup)
        below.name = os.path.join(self.name, name)
        below.dirs = {k: os.path.join(d, name) for k, d in self.dirs.items()}
        below.processes = self.processes
        below.make()
        return below

    def pids(self):
        found = set()
        for where in self.dirs.values():
            for procs in glob.glob(os.path.join(glob.escape(where), "**/cgroup.procs"),
                                   recursive=True):
                try:
                    found |= {int(p) for p in read(procs).split()}
                except FileNotFoundError:
                    pass
        return found - {0, os.getpid()}

    def _kill_all(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for process in self.processes:
            try:
                process.wait(timeout=0.01)
            except subprocess.TimeoutExpired:
                pass
        return not self.pids()

    def remove(self):
        wait_until(f"cgroup {self.name!r} empty", self._kill_all)
        for process in self.processes:
            process.wait(timeout=10)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        for where in self.dirs.values():
            for below, _, _ in os.walk(where, topdown=False):
                wait_until(f"rmdir {below!r}", lambda d=below: _rmdir(d))


def _rmdir(path):
    try:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def cgroup_name(suffix=""):
    return f"{PREFIX}{next(_serial)}{suffix}"


class Meter:
    """Reads a running total often, together with the clock, so that it can be interpolated for any
    moment in between: for tasks that run before the recording begins and after it ends."""

    def __init__(self, read_ns, every=0.02, within_ns=1_000_000):
        self.read_ns, self.every, self.within_ns = read_ns, every, within_ns
        self.samples = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.is_set():
            before = time.time_ns()
            value = self.read_ns()
            after = time.time_ns()
            if after - before < self.within_ns:  # else the time of the value is unknown
                self.samples.append(((before + after) // 2, value))
            self._stop.wait(self.every)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def at(self, when_ns):
        samples = self.samples
        assert samples[0][0] <= when_ns <= samples[-1][0], "not metered at that time"
        for (t0, v0), (t1, v1) in zip(samples, samples[1:]):
            if t0 <= when_ns <= t1:
                return v0 + (v1 - v0) * (when_ns - t0) / (t1 - t0)
        raise AssertionError("unreachable")

    def wait_past(self, run):
        """Continues reading until the run's window is certainly over."""
        end = run.window_ns()[1]
        wait_until("a reading after the window",
                   lambda: self.samples and self.samples[-1][0] > end)

    def around(self, run):
        """The growth between the last reading before a run's window and the first one after it."""
        start, end = run.window_ns()
        return (min(v for t, v in self.samples if t >= end)
                - max(v for t, v in self.samples if t <= start))

    def within(self, run):
        """The growth between the first and the last reading in a run's window."""
        start, end = run.window_ns()
        inside = [v for t, v in self.samples if start <= t <= end]
        return inside[-1] - inside[0]

    def over(self, run):
        """The growth within a run's window."""
        start, end = run.window_ns()
        return self.at(end) - self.at(start)
