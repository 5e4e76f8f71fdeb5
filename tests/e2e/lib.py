# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the end-to-end tests: running virtax, and the checks that every recording must pass.
Tests use basics.py and cgroups.py through this module as well."""

import itertools
import json
import os
import re
import select
import shutil
import subprocess
import time
from datetime import datetime

from basics import Told, read, schedstat, threads, values, wait_until  # noqa: F401
from cgroups import PREFIX, Cgroup, Meter, cgroup_name, hierarchies  # noqa: F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIRTAX = os.path.abspath(os.environ.get("VIRTAX", os.path.join(ROOT, "virtax")))
LOADS = os.path.abspath(os.environ.get("VIRTAX_LOADS", os.path.join(ROOT, "build", "tests")))

# An error is one line: virtax: WHAT: WHY (REMEDY)
ERROR_LINE = re.compile(r"virtax: [^\n]+: [^\n]+\n")

# Everything that might control a terminal: C0 except newline and tab, DEL, C1.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# How much later than the time by the scheduler's clock a switch may take place, on average: a
# wake-up reads that clock and leaves the switch to an interrupt, which may take this long to arrive
# in a guest.
LATE_NS = 10_000

_serial = itertools.count()


def load(name):
    return os.path.join(LOADS, name)


# ---- virtax -------------------------------------------------------------------------------------


def virtax(*args, timeout=60, **kwargs):
    """Runs one virtax command to its end."""
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([VIRTAX, *args], capture_output=True, text=True, timeout=timeout,
                          check=False, errors="surrogateescape", **kwargs)


def assert_error(done, status, *words):
    """Exactly one line that says what failed and why; nothing on standard output."""
    assert done.returncode == status, (done.returncode, done.stderr, done.stdout)
    assert ERROR_LINE.fullmatch(done.stderr), done.stderr
    assert done.stdout == "", done.stdout
    assert not CONTROL.search(done.stderr), ascii(done.stderr)
    for word in words:
        assert word.lower() in done.stderr.lower(), (word, done.stderr)


class Run:
    """A run file, with the checks that hold for every run file."""

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
        """The sum of all lines of the books, computed from the parts and not from their totals."""
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
        """Compares a target's CPU time with the kernel's own account. The kernel charges interrupts
        (unless it accounts for irq time separately) and our handlers to the interrupted task. We do
        not, and report the amount. If it was small, the totals must agree without a correction."""
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
        # By the scheduler's own clock the same switches must give the kernel's number: every slice
        # is on the right account. That clock is read some time before the switch; ours is not.
        assert abs(cpu["sched_exec_ns"] - kernel_ns) <= kernel_ns * tolerance, "clock: " + what
        late = LATE_NS * self.target(label)["sched"]["switches"]
        assert abs(ours - kernel_ns) <= kernel_ns * tolerance + late, what
        if billed + victim <= kernel_ns * tolerance / 2.5:
            assert abs(cpu["total_ns"] - kernel_ns) <= kernel_ns * tolerance + late, "total: " + what
        return off

    def check_role(self, label, role, said_ns, tolerance):
        """Compares a role's CPU time with what its threads report. That includes the interrupts and
        our handlers that hit them, whose amount is known only for the target as a whole."""
        cpu = self.target(label)["cpu"]
        own = sum(ns or 0 for mode, ns in cpu["roles"][role].items()
                  if mode.endswith("_ns") and mode not in ("softirq_ns", "hardirq_ns"))
        victim = cpu["irq_victim_ns"] + cpu["tracer_victim_ns"]
        what = f"{label} {role}: {own} against {said_ns}, {victim} taken from all: {cpu}"
        assert own <= said_ns * (1 + tolerance), what
        assert own + victim >= said_ns * (1 - tolerance), what


class Recording:
    """`virtax record` around a block of the test. The block begins when the recorder is attached
    (its CMD has started), and the recording ends when the block does (CMD ends)."""

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
        """Waits for CMD's first word, or for the recorder to end before it."""
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

    def _evidence(self):
        """For the message about a run that is not to be trusted: the books, and the programs that
        the kernel skipped."""
        if not os.path.exists(self.file):
            return None
        run = json.loads(read(self.file))
        skipped = {p["name"]: p["missed"] for p in run["self"]["programs"] if p["missed"]}
        return run["books"], run["host_cpu"], run["window"], skipped

    def __exit__(self, kind, *_):
        self._end()
        if kind is not None:
            return
        assert self.process.returncode in self.may_end, (self.process.returncode, self.stderr,
                                                         self._evidence())
        self.run = Run(read(self.file))
        if self.check:
            self.run.check_schema()
            self.run.check_books(self.tolerance)


def copy_as(source, directory, name):
    """Copies a program to another file name, for code that recognises programs by name."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    shutil.copy(source, path)
    return path


class Process:
    """A gated workload: it is started now and released later, and its printed values are read at
    its end."""

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
        """Reads until the workload has printed this value, which shows that its work is done."""
        while name not in self.first:
            line = self.popen.stdout.readline()
            assert line, f"it ended before it printed {name}"
            self.first.update(values(line))

    def end(self, timeout=60):
        out, _ = self.popen.communicate(timeout=timeout)
        assert self.popen.returncode == 0, (self.popen.returncode, out)
        return {**self.first, **values(out)}
