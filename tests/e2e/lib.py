# SPDX-License-Identifier: GPL-2.0-or-later
"""What the end-to-end tests share: running virtax, cgroups of known content, and the checks that
every recording must pass whatever it was made for."""

import contextlib
import glob
import itertools
import json
import mmap
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import threading
import time
from datetime import datetime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIRTAX = os.path.abspath(os.environ.get("VIRTAX", os.path.join(ROOT, "virtax")))
LOADS = os.path.abspath(os.environ.get("VIRTAX_LOADS", os.path.join(ROOT, "build", "tests")))
PREFIX = f"vtxt-{os.getpid()}-"

# An error is one line: virtax: WHAT: WHY (REMEDY)
ERROR_LINE = re.compile(r"virtax: [^\n]+: [^\n]+\n")

# Everything a terminal might obey: C0 but newline and tab, DEL, C1.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# How much later than the scheduler's clock says a switch may be, on average: a wake-up reads that
# clock and leaves the switch to an interrupt that may take this long to arrive in a guest.
LATE_NS = 10_000

_serial = itertools.count()


def load(name):
    return os.path.join(LOADS, name)


def wait_until(what, condition, seconds=10.0, every=0.01):
    """Waits for condition() to be true and returns what it gave; else the test fails."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(every)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return f.read()


def threads(pid):
    """{tid: name} of a process."""
    found = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):  # it has just ended
            found[int(tid)] = read(f"/proc/{pid}/task/{tid}/comm").strip()
    return found


def values(text):
    """The `name value` lines a workload prints."""
    return {k: int(v) for k, v in (line.split() for line in text.splitlines() if line.strip())}


def schedstat(pid):
    """(time on CPU, time waiting for one) of a thread in ns, and how often it was switched in."""
    return tuple(int(x) for x in read(f"/proc/{pid}/schedstat").split())


def told_clock(path):
    """Reads what `spin -s` tells there: (when, how much CPU time it had used then), in ns, by its own CPU's
    clocks. (The kernel's answer to others may be as old as the last tick.)"""
    def read_pair():
        while True:
            seq, when, used = struct.unpack("QQQ", told[:24])
            if seq % 2 == 0 and seq == struct.unpack("Q", told[:8])[0]:
                return when, used

    with open(path, "rb") as f:
        told = mmap.mmap(f.fileno(), 24, prot=mmap.PROT_READ)
    return read_pair


# ---- cgroups ------------------------------------------------------------------------------------


def hierarchies():
    """{controllers or "unified": mount point} of every cgroup hierarchy here."""
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
    hierarchy, or in cpuacct's where there is none."""

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
        """A new v1 cpuset is empty: nothing may run in it until it is given its parent's."""
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
        """The kernel's own account of the CPU time used in here and below."""
        if self._of("unified"):
            stat = read(os.path.join(self._of("unified"), "cpu.stat"))
            return int(re.search(r"^usage_usec (\d+)", stat, re.M)[1]) * 1000
        return int(read(os.path.join(self._of("cpuacct"), "cpuacct.usage")))

    def add(self, pid):
        for where in self.dirs.values():
            with open(os.path.join(where, "cgroup.procs"), "w", encoding="ascii") as f:
                f.write(str(pid))

    def spawn(self, argv, **kwargs):
        """A process that is in here before its program starts."""
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
    """Reads a running total often, beside the clock, so that it is known at any moment in between:
    for what was running before the recording began and runs on when it ends."""

    def __init__(self, read_ns, every=0.02, within_ns=1_000_000):
        """read_ns() gives the total, or (when it was so, the total)."""
        self.read_ns, self.every, self.within_ns = read_ns, every, within_ns
        self.samples = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.is_set():
            before = time.time_ns()
            value = self.read_ns()
            after = time.time_ns()
            if isinstance(value, tuple):
                if not self.samples or value[0] > self.samples[-1][0]:
                    self.samples.append(value)
            elif after - before < self.within_ns:  # else it is not known when the value was true
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
        assert samples[0][0] <= when_ns <= samples[-1][0], "not metered then"
        for (t0, v0), (t1, v1) in zip(samples, samples[1:]):
            if t0 <= when_ns <= t1:
                return v0 + (v1 - v0) * (when_ns - t0) / (t1 - t0)
        raise AssertionError("unreachable")

    def wait_past(self, run):
        """Reads on until the run's window is over for sure."""
        end = run.window_ns()[1]
        wait_until("a reading after the window",
                   lambda: self.samples and self.samples[-1][0] > end)

    def around(self, run):
        """How much it grew between the last reading before a run's window and the first after."""
        start, end = run.window_ns()
        return (min(v for t, v in self.samples if t >= end)
                - max(v for t, v in self.samples if t <= start))

    def within(self, run):
        """How much it grew between the first reading in a run's window and the last."""
        start, end = run.window_ns()
        inside = [v for t, v in self.samples if start <= t <= end]
        return inside[-1] - inside[0]

    def over(self, run):
        """How much it grew within a run's window."""
        start, end = run.window_ns()
        return self.at(end) - self.at(start)


# ---- virtax -------------------------------------------------------------------------------------


def virtax(*args, timeout=60, **kwargs):
    """One command of virtax to its end."""
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([VIRTAX, *args], capture_output=True, text=True, timeout=timeout,
                          check=False, errors="surrogateescape", **kwargs)


def assert_error(done, status, *words):
    """Exactly one line that says what and why; nothing on standard output."""
    assert done.returncode == status, (done.returncode, done.stderr, done.stdout)
    assert ERROR_LINE.fullmatch(done.stderr), done.stderr
    assert done.stdout == "", done.stdout
    assert not CONTROL.search(done.stderr), ascii(done.stderr)
    for word in words:
        assert word.lower() in done.stderr.lower(), (word, done.stderr)


class Run:
    """A run file, and what must be true of every one of them."""

    _validator = None

    def __init__(self, text):
        self.text = text
        self.doc = json.loads(text)

    def __getitem__(self, key):
        return self.doc[key]

    def target(self, label):
        found = [t for t in self.doc["targets"] if t["label"] == label]
        assert len(found) == 1, (label, [t["label"] for t in self.doc["targets"]])
        return found[0]

    def window_ns(self):
        """Start and end in ns since the epoch."""
        stamp = self.doc["window"]["start"]
        whole, dot, part = stamp.rstrip("Z").partition(".")
        start = int(datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9
        start += int(part.ljust(9, "0")[:9]) if dot else 0
        return start, start + self.doc["window"]["wall_ns"]

    def tunable(self, name):
        value = self.doc["host"]["tunables"].get(name)
        return value in (True, 1, "1", "y", "Y", "yes", "on", "true")

    def all_accounts_ns(self):
        """Every line of the books, added up from the parts and not from their totals."""
        parts = [v for k, v in self.doc["host_cpu"].items() if k.endswith("_ns")]
        for target in self.doc["targets"]:
            for role in target["cpu"]["roles"].values():
                parts += [v for k, v in role.items() if k.endswith("_ns") and v is not None]
        return sum(parts)

    def check_books(self, tolerance=0.001):
        books, window = self.doc["books"], self.doc["window"]
        expected = window["cpus"] * window["wall_ns"]
        assert expected > 0
        assert abs(books["expected_ns"] - expected) <= expected * tolerance, (books, window)
        assert abs(books["accounted_ns"] - expected) <= expected * tolerance, (books, window)
        assert abs(self.all_accounts_ns() - expected) <= expected * tolerance, (books, window)
        assert books["error_ppm"] <= tolerance * 1e6
        assert not any(books["lost"].values()), books["lost"]
        for target in self.doc["targets"]:
            parts = [v for role in target["cpu"]["roles"].values()
                     for k, v in role.items() if k.endswith("_ns") and v is not None]
            assert all(v >= 0 for v in parts)
            assert abs(sum(parts) - target["cpu"]["total_ns"]) <= 10, target["cpu"]

    def check_schema(self):
        import jsonschema

        if not Run._validator:
            done = virtax("schema")
            assert done.returncode == 0, done.stderr
            schema = json.loads(done.stdout)
            kind = jsonschema.validators.validator_for(schema)
            kind.check_schema(schema)
            Run._validator = kind(schema)
        errors = [f"{list(e.absolute_path)}: {e.message}"
                  for e in Run._validator.iter_errors(self.doc)]
        assert not errors, errors[:5]

    def check_cpu(self, label, kernel_ns, tolerance=0.005):
        """A target's CPU against the kernel's own account of it. The kernel bills interrupts to
        the task they hit (unless it keeps irq time apart) and our handlers too; we do not, and
        say how much that was. Where it was little the total must agree as it is."""
        cpu = self.target(label)["cpu"]
        billed = sum(role[mode] or 0 for role in cpu["roles"].values()
                     for mode in ("softirq_ns", "hardirq_ns"))
        victim = cpu["tracer_victim_ns"]
        if not self.tunable("irq_time_accounting"):
            victim += cpu["irq_victim_ns"]
        ours = cpu["total_ns"] - billed + victim
        off = (ours - kernel_ns) / kernel_ns
        what = f"{label}: {off:+.3%} off: {ours} against {kernel_ns}; {cpu}"
        if cpu.get("sched_exec_ns") is None:
            assert abs(off) <= tolerance, what
            return off
        # The same switches by the scheduler's own clock must give the kernel's figure: every
        # slice is on the right bill. That clock is read some time before the switch; ours is not.
        assert abs(cpu["sched_exec_ns"] - kernel_ns) <= kernel_ns * tolerance, "clock: " + what
        late = LATE_NS * self.target(label)["sched"]["switches"]
        assert abs(ours - kernel_ns) <= kernel_ns * tolerance + late, what
        if billed + victim <= kernel_ns * tolerance / 2.5:
            assert abs(cpu["total_ns"] - kernel_ns) <= kernel_ns * tolerance + late, "total: " + what
        return off

    def check_role(self, label, role, said_ns, tolerance):
        """A role's own CPU time against what its threads say they used, which holds the interrupts
        and our handlers that hit them: how much that was is known of the target as a whole."""
        cpu = self.target(label)["cpu"]
        own = sum(ns or 0 for mode, ns in cpu["roles"][role].items()
                  if mode.endswith("_ns") and mode not in ("softirq_ns", "hardirq_ns"))
        victim = cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]
        what = f"{label} {role}: {own} against {said_ns}, {victim} taken from all: {cpu}"
        assert own <= said_ns * (1 + tolerance), what
        assert own + victim >= said_ns * (1 - tolerance), what


class Recording:
    """`virtax record` around a block of the test. The block begins when the recorder is attached
    (its CMD has started) and the recording ends when the block does (CMD ends)."""

    def __init__(self, directory, args=(), check=True, tolerance=0.001, timeout=30):
        self.directory, self.args, self.check = str(directory), list(args), check
        self.tolerance, self.timeout = tolerance, timeout
        self.may_end = (0,)  # exit statuses
        self.file = os.path.join(self.directory, f"run{next(_serial)}.json")
        self.run = self.process = self._down = None
        self.stdout = self.stderr = ""

    def __enter__(self):
        up, down = (f"{self.file}.{way}" for way in ("up", "down"))
        os.mkfifo(up)
        os.mkfifo(down)
        script = 'echo up >"$1"; read -r _ <"$2"; exit 0'
        self.process = subprocess.Popen(
            [VIRTAX, "record", *self.args, "-o", self.file, "--", "sh", "-c", script, "cmd", up,
             down], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="surrogateescape")
        try:
            self._wait_up(up)
            self._down = os.open(down, os.O_WRONLY)
        except BaseException:
            self._end()
            raise
        finally:
            os.unlink(up)
        return self

    def _wait_up(self, up):
        """CMD's first word, or the recorder's end before it."""
        fd = os.open(up, os.O_RDONLY | os.O_NONBLOCK)
        try:
            end = time.monotonic() + self.timeout
            while time.monotonic() < end:
                if select.select([fd], [], [], 0.05)[0] and os.read(fd, 16):
                    return
                if self.process.poll() is not None:
                    raise AssertionError(f"record ended with {self.process.returncode}: "
                                         f"{self.process.stderr.read()}")
            raise AssertionError("record did not start its command")
        finally:
            os.close(fd)

    def _end(self):
        if self._down is not None:
            os.close(self._down)
            self._down = None
        if os.path.exists(self.file + ".down"):
            os.unlink(self.file + ".down")
        try:
            self.stdout, self.stderr = self.process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise

    def _missed(self):
        """Which programs the kernel skipped, for the message of a run that is not to be trusted."""
        if not os.path.exists(self.file):
            return None
        return {p["name"]: p["missed"] for p in json.loads(read(self.file))["self"]["programs"]
                if p["missed"]}

    def __exit__(self, kind, *_):
        self._end()
        if kind is not None:
            return
        assert self.process.returncode in self.may_end, (self.process.returncode, self.stderr,
                                                         self._missed())
        self.run = Run(read(self.file))
        if self.check:
            self.run.check_schema()
            self.run.check_books(self.tolerance)


def copy_as(source, directory, name):
    """A program under another file name: what looks at names takes it for that."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    shutil.copy(source, path)
    return path


class Process:
    """A gated workload: started now, let go later, its printed values read at its end."""

    def __init__(self, popen):
        self.popen = popen
        self.first = values(popen.stdout.readline())

    @property
    def pid(self):
        return self.first["pid"]

    def go(self):
        self.popen.stdin.write("\n")
        self.popen.stdin.flush()

    def until(self, name):
        """Reads on until it has printed this value, which tells that it is done with its work."""
        while name not in self.first:
            line = self.popen.stdout.readline()
            assert line, f"it ended before it printed {name}"
            self.first.update(values(line))

    def end(self, timeout=60):
        out, _ = self.popen.communicate(timeout=timeout)
        assert self.popen.returncode == 0, (self.popen.returncode, out)
        return {**self.first, **values(out)}
