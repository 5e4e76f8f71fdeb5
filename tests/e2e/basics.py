# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting, files of /proc, the output of workloads."""

import bisect
import contextlib
import mmap
import os
import time


def wait_until(what, condition, seconds=10.0, every=0.01):
    """Waits until condition() is true and returns its value; the test fails on a timeout."""
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
    """The `name value` lines that a workload prints."""
    return {k: int(v) for k, v in (line.split() for line in text.splitlines() if line.strip())}


def schedstat(pid):
    """(time on CPU, time waiting for a CPU) of a thread in ns, and its number of context
    switches."""
    return tuple(int(x) for x in read(f"/proc/{pid}/schedstat").split())


class Told:
    """The log of `spin -s`: when, the CPU time it had used then, its context switches until then.
    It is written on its own CPU, every fraction of a millisecond that it runs, so the numbers of
    any moment are exact to that. (What the kernel reports to other tasks may be as old as the last
    tick, and who reads it may be late.)"""

    def __init__(self, path):
        with open(path, "rb") as f:
            self._file = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
        self._words = memoryview(self._file).cast("Q")

    def _entry(self, n):
        at = 2 + 3 * (n % self._words[1])
        return self._words[at:at + 3].tolist()

    def _around(self, when_ns):
        """The entries before and after a moment."""
        n = self._words[0]
        kept = range(max(0, n - self._words[1] + 1000), n)
        found = bisect.bisect(kept, when_ns, key=lambda i: self._entry(i)[0])
        assert 0 < found < len(kept), "not in the log"
        return self._entry(kept[found - 1]), self._entry(kept[found])

    def wait_past(self, when_ns):
        wait_until("an entry", lambda: self._words[0] and self._entry(self._words[0] - 1)[0] > when_ns)

    def cpu_ns(self, start_ns, end_ns):
        """The CPU time it used between two moments."""
        at = []
        for when in (start_ns, end_ns):
            (t0, v0, _), (t1, v1, _) = self._around(when)
            at.append(v0 + (v1 - v0) * (when - t0) / (t1 - t0))
        return at[1] - at[0]

    def switches(self, start_ns, end_ns):
        """Its context switches between the entries around two moments."""
        return self._around(end_ns)[1][2] - self._around(start_ns)[0][2]
