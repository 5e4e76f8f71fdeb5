# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting, files of /proc, the output of workloads."""

import contextlib
import mmap
import os
import struct
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


def told_clock(path):
    """Reads what `spin -s` writes: (when, the CPU time it had used then), in ns, by the clocks of
    its own CPU. (What the kernel reports to other tasks may be as old as the last tick.)"""
    def read_pair():
        while True:
            seq, when, used = struct.unpack("QQQ", told[:24])
            if seq % 2 == 0 and seq == struct.unpack("Q", told[:8])[0]:
                return when, used

    with open(path, "rb") as f:
        told = mmap.mmap(f.fileno(), 24, prot=mmap.PROT_READ)
    return read_pair
