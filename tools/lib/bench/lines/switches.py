# SPDX-License-Identifier: GPL-2.0-or-later
"""The cache lines that a switch touches."""

import os
import struct

from bench import programs
from bench.common import TOP, VIRTAX, background, target_cgroup
from bench.lines.btf import Btf
from bench.lines.host import Host
from bench.lines.loaded import loaded, read_constants
from bench.lines.memory import LINE

OBJECT = os.path.join(TOP, "build", "virtax.bpf.o")
PROGRAMS = ("vtx_seed", "vtx_flush", "vtx_switch")
START, FIRST_SLOT, WORKLOAD = 1, 2, 5  # VTX_FLUSH_START, VTX_SLOT_FIRST, VTX_WORKLOAD
ROUNDS = 6
BETWEEN = {"target → target": ("target 1", "target 2"), "target → idle": ("target 1", "idle"),
           "idle → target": ("idle", "target 1"), "other → other": ("other 1", "other 2")}


class Switches:
    """Tasks that switch on one CPU. The programs set up their own state, as they do in a recording."""

    def __init__(self, kernel, code):
        self.host = Host(kernel, code)
        self.memory = self.host.memory
        self.tasks = {}
        for pid, name in enumerate(("idle", "target 1", "target 2", "other 1", "other 2")):
            task = self.memory.kernel_object("task_struct", name)
            for member in ("pid", "tgid"):
                self.memory.set(task, member, pid)
            self.tasks[name] = task
            if name.startswith("target"):
                self.host.put(self.host.map_named("vtx_procs"), struct.pack("<I", pid),
                              struct.pack("<IHH", FIRST_SLOT, WORKLOAD, 0))
        self.memory.set(self._object("cgroup"), "self.parent", 0)
        self.host.set_variable("vtx_gen", 1)
        self.host.set_variable("vtx_on", 1)
        for task in self.tasks.values():
            if task is not self.tasks["idle"]:
                self.host.run("vtx_seed", 0, task.base)

    def _object(self, name):
        """The kernel object of this type that pointers lead to."""
        kind = self.memory.kernel.struct_named(name)
        if kind not in self.memory.single:
            self.memory.single[kind] = self.memory.kernel_object(name)
        return self.memory.single[kind]

    def switch(self, before, after):
        """What the kernel does around a switch."""
        host, set_to = self.host, self.memory.set
        host.now += 50_000
        for clock in ("clock", "clock_task"):
            set_to(self._object("rq"), clock, host.now - 400)
        state = "__state" if host.kernel.find(before.kind, "__state") else "state"
        set_to(before, state, 1)
        set_to(after, state, 0)
        set_to(after, "sched_info.last_queued", host.now - 5000)
        host.current = before
        touched = host.run("vtx_switch", 0, before.base, after.base, 0)
        set_to(after, "sched_info.run_delay", self.memory.get(after, "sched_info.run_delay") + 4600)
        set_to(after, "sched_info.last_queued", 0)
        set_to(after, "sched_info.last_arrival", host.now - 400)
        return touched

    def between(self, names):
        """What the last of several switches from the first to the second touches."""
        first, second = (self.tasks[name] for name in names)
        self.host.current = first
        self.host.run("vtx_flush", START)
        for _ in range(ROUNDS):
            touched = self.switch(first, second)
            self.switch(second, first)
        if any(name.startswith("target") for name in names) and "vtx_procs" not in self.host.found:
            raise SystemExit("bench: the programs did not look for the owner of a task in vtx_procs")
        return touched


def lines_of(touched):
    """{region: {line: members}}; where the place of an object in its lines is not known, the most there can
    be."""
    by_region = {}
    for region, offset, size, _ in touched:
        by_region.setdefault(region, set()).add((offset, size))
    found = {}
    for region, places in by_region.items():
        skews = range(0, LINE, 8) if region.skew is None else (region.skew,)
        found[region] = max((group(region, places, skew) for skew in skews), key=len)
    return found


def count_lines(touched):
    """(lines of the programs' own data, lines of the kernel's)."""
    own = kernel = 0
    for region, lines in lines_of(touched).items():
        if region.own:
            own += len(lines)
        else:
            kernel += len(lines)
    return own, kernel


def group(region, places, skew):
    lines = {}
    for offset, size in sorted(places):
        for at in {(offset + skew) // LINE, (offset + size - 1 + skew) // LINE}:
            what = region.what(offset) if offset >= 0 else "(its map)"
            lines.setdefault(at, []).append(what)
    return lines


def measure():
    """{between: touched}"""
    with open("/sys/kernel/btf/vmlinux", "rb") as f:
        kernel = Btf(f.read())
    with target_cgroup() as cgroup, background([VIRTAX, "record", "-q", "--cgroup", cgroup]) as recorder:
        constants = read_constants(recorder.pid)
        tags = {c.name: c.tag for c in programs.counts_of(recorder.pid).values()}
    with loaded(OBJECT, PROGRAMS, constants) as code:
        code.constants = constants
        for name in PROGRAMS:
            if name in tags and tags[name] != code.tag(name):
                raise SystemExit(f"bench: {name} of {VIRTAX} is not that of {OBJECT}: make")
        return {between: Switches(kernel, code).between(names) for between, names in BETWEEN.items()}


def print_lines(between, touched):
    found, (own, kernel) = lines_of(touched), count_lines(touched)
    print(f"\n#### {between}: {own + kernel} lines, {own} of them of the programs' own data\n")
    print("| object | line | what is there |\n|---|---|---|")
    for region, lines in sorted(found.items(), key=lambda f: f[0].label):
        for line, what in sorted(lines.items()):
            print(f"| {region.label} | {line} | {', '.join(dict.fromkeys(w for w in what if w))} |")


def bench_lines():
    print("\n### Cache lines touched by a switch\n")
    print("The instructions of vtx_switch, as loaded on this kernel, were executed on memory with this "
          "kernel's types: the last of some switches back and forth, in the default mode. Counted are lines of "
          f"{LINE} bytes outside the stack, those of look-ups included; a per-CPU value may begin at any 8 "
          "bytes, so for those it is the most.")
    for between, touched in measure().items():
        print_lines(between, touched)
