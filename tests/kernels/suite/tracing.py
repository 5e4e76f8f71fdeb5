# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own trace, in a ring buffer of its own: what virtax measures, by other means."""

import os
import re

import lab
import lib


class Trace:
    """Events by name, of KVM unless another group is given (GROUP/EVENT, or GROUP/ for all of it).
    With a thread's id: those of that thread, and its switches."""

    LINE = re.compile(r".*-(\d+) +(?:\(.*\) +)?\[\d+\] .*?(\d+)\.(\d{6}): (\w+):(.*)")

    def __init__(self, name, *events, tid=None):
        if not os.path.ismount("/sys/kernel/tracing"):
            lab.must(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"])
        self.dir, self.tid = f"/sys/kernel/tracing/instances/{name}", tid
        self.events = [event if "/" in event else f"kvm/{event}" for event in events]
        os.mkdir(self.dir)
        self.set("trace_clock", "mono")
        self.set("buffer_size_kb", 8192)
        for event in self.events if tid else ():
            who = (f"prev_pid == {tid} || next_pid == {tid}" if event == "sched/sched_switch" else
                   f"common_pid == {tid}")
            self.set(f"events/{event}/filter", who)
        self.enable(1)

    def set(self, name, value):
        with open(f"{self.dir}/{name}", "w", encoding="ascii") as f:
            f.write(str(value))

    def enable(self, yes):
        for event in self.events:
            self.set(f"events/{event}/enable", yes)

    def stats(self):
        total = {"entries": 0, "overrun": 0}
        for cpu in os.listdir(f"{self.dir}/per_cpu"):
            for line in lib.read(f"{self.dir}/per_cpu/{cpu}/stats").splitlines():
                name, _, value = line.partition(": ")
                if name in total:
                    total[name] += int(value)
        return total

    def count(self):
        return sum(self.stats().values())

    def lines(self):
        """(thread, ns, event, text), in order."""
        if self.stats()["overrun"]:
            raise lab.Infra("the trace lost events")
        for line in lib.read(f"{self.dir}/trace").splitlines():
            found = self.LINE.match(line)
            if found:
                who, seconds, micros, event, said = found.groups()
                yield int(who), int(seconds) * 10**9 + int(micros) * 1000, event, said

    def guest_ns(self, tid):
        """The time from kvm_entry to kvm_exit of that thread, summed: between the marks `in` and
        `out` (set them with set("trace_marker", …)), and in the whole trace."""
        entered, within, inner, outer = None, False, 0, 0
        for who, at, event, said in self.lines():
            if event == "tracing_mark_write":
                within = said.strip() == "in"
                entered = None if within else entered
            elif who == tid and event == "kvm_entry":
                entered, whole = at, within
            elif who == tid and event == "kvm_exit" and entered:
                outer += at - entered
                inner += at - entered if within and whole else 0
                entered = None
        return inner, outer

    def remove(self):
        self.enable(0)
        os.rmdir(self.dir)


class Halts(Trace):
    """A vCPU's halts: KVM polls, and then the thread may go to sleep. KVM's own counters are no source:
    they include interrupts while it polls, but not the way to sleep, and under emulation either may be
    as long as the polling."""

    def __init__(self, name, tid):
        super().__init__(name, "kvm_vcpu_wakeup", "sched/sched_switch", "irq/", "irq_vectors/", tid=tid)

    def mark(self, name):
        self.set("trace_marker", name)

    def polled_ns(self, run):
        """(least, most): the time in halts until the thread goes to sleep; the former of the halts
        between the marks `in` and `out`, without interrupts and two of our handlers for each, the
        latter of all, with these."""
        ran, interrupts = Spans(), Spans()
        marks, depth, halts = {}, 0, []
        for who, at, event, said in self.lines():
            if event == "tracing_mark_write":
                marks[said.strip()] = at
            elif event == "sched_switch":
                ran.change(at, who != self.tid)
            elif event == "kvm_vcpu_wakeup":
                how, ns = re.match(r" *(wait|poll) time (\d+) ns", said).groups()
                halts.append((at - int(ns), at, how == "wait"))
            elif event.endswith(("_entry", "_exit")):
                depth = max(0, depth + (1 if event.endswith("_entry") else -1))
                interrupts.change(at, depth > 0)
        handlers_ns = 2 * run["self"]["tracer_ns"] / run["self"]["bpf_runs"]
        least = most = 0
        for start, end, slept in halts:
            for a, b in ran.within(start, end)[:1 if slept else None]:
                taken = handlers_ns + sum(d - c + handlers_ns for c, d in interrupts.within(a, b))
                most += b - a
                if marks["in"] <= start and end <= marks["out"]:
                    least += max(0, b - a - taken)
        return least, most


class Spans:
    """What is on from time to time, in order."""

    def __init__(self):
        self.done, self.since = [], None

    def change(self, at, on):
        if on and self.since is None:
            self.since = at
        elif not on and self.since is not None:
            self.done.append((self.since, at))
            self.since = None

    def within(self, start, end):
        """The parts between two moments. Of the last one the end need not be known."""
        spans = self.done + ([(self.since, end)] if self.since is not None else [])
        first = next((i for i in range(len(spans) - 1, -1, -1) if spans[i][1] <= start), -1) + 1
        return [(max(a, start), min(b, end)) for a, b in spans[first:] if a < end and b > start]
