# SPDX-License-Identifier: GPL-2.0-or-later
"""What a context switch costs."""

import collections
import contextlib
import os
import shutil
import statistics
import subprocess
import time

import cleanup
from bench import programs
from bench.common import BPFTRACE, STATS, TOP, background, say, target_cgroup
from bench.ratio import median_interval
from bench.serving import Load, Recorder

PINGPONG = os.path.join(TOP, "build", "tests", "pingpong")
ROUNDS = 5
READY = 3.0  # seconds until all tools have started

# `program` is the one at a switch. `pid` is the recorder's or the tool's.
Tool = collections.namedtuple("Tool", "label argv program")


def other_tools():
    """(tools, remarks): what else measures at each switch, where it runs."""
    tools, remarks = [Tool("bpftrace, summing time per cgroup", BPFTRACE, "")], []
    if not shutil.which("cpudist"):
        remarks.append("cpudist is not installed (Debian: libbpf-tools).")
        return tools, remarks
    with background(["cpudist", "100"], ready=1.5) as process:
        names = {c.name for c in programs.counts_of(process.pid).values()} \
            if process.poll() is None else set()
    if names:
        tools.append(Tool("cpudist of libbpf-tools", ["cpudist", "100"], "sched_switch"))
    else:
        remarks.append("cpudist does not load here (it may need kprobes).")
    return tools, remarks


def ns_a_run(pid, before, tool):
    """Of the program that ran most, among those of this name."""
    found = programs.counts_between(before, programs.counts_of(pid))
    found = {name: c for name, c in found.items() if name.startswith(tool.program)}
    if not found:
        raise SystemExit(f"bench: {tool.label}: no program of it ran at a switch")
    runs, ns = max(found.values())
    return ns / runs


def one_round(seconds, cgroup, tools):
    """{label: ns a run} with all of them on the same switches."""
    inside = f"echo 0 > {cgroup}/cgroup.procs; exec {PINGPONG} {seconds} 1"
    with contextlib.ExitStack() as stack:
        pids = [stack.enter_context(background(tool.argv, ready=0)).pid for tool in tools]
        time.sleep(READY)
        stack.enter_context(programs.run_time_statistics())
        before = [programs.counts_of(pid) for pid in pids]
        subprocess.run(["sh", "-c", inside], check=True, stdout=subprocess.DEVNULL)
        return {tool.label: ns_a_run(pid, then, tool)
                for tool, pid, then in zip(tools, pids, before)}


def recorders(binaries, split, cgroup):
    return [Tool(f"{os.path.relpath(binary)}, vtx_switch",
                 [binary, "record", "-q", "--split", split, "--cgroup", cgroup], "vtx_switch")
            for binary in binaries]


def print_round_table(found, empty, ours):
    """`ours`: the labels that the others are compared with."""
    print("| program | ns a run | above the empty program | 95 % | " +
          " | ".join(f"of it, {label} adds" for label in ours) + " |")
    print("|---|---|---|---|" + "---|" * len(ours))
    above = {label: [a - b for a, b in zip(ns, found[empty])] for label, ns in found.items()}
    for label, ns in found.items():
        median, low, high = median_interval(above[label])
        cells = ["–"] * len(ours)
        if label != empty:
            cells = [f"{statistics.median(above[o]) / median:.2f}" for o in ours]
        print(f"| {label} | {statistics.median(ns):.0f} | {median:+.0f} | {low:+.0f} – {high:+.0f} | "
              + " | ".join(cells) + " |")


def under_load(args, empty):
    """{label: ns a run} while a container serves at saturation, with the empty program beside it."""
    found = {}
    with cleanup.lab_target("container") as target:
        load = Load(target, args.server_cpus, args.client_cpus)
        for _ in range(3):
            for binary in args.binary:
                with load.running(), background(empty.argv) as process, \
                        Recorder(load, binary, (), args.recorder_cpus) as recorder, \
                        programs.run_time_statistics():
                    tool = Tool(f"{os.path.relpath(binary)}, vtx_switch", [], "vtx_switch")
                    before = programs.counts_of(process.pid), recorder.counts()
                    time.sleep(args.window)
                    found.setdefault(empty.label, []).append(ns_a_run(process.pid, before[0], empty))
                    found.setdefault(tool.label, []).append(
                        ns_a_run(recorder.process.pid, before[1], tool))
    return found


def print_under_load(args, empty):
    say("switches under load …")
    print("\n### A switch under load\n\nThe same with default options while a container serves at saturation "
          "(see the throughput): caches are cold.\n\n| program | ns a run | above the empty program |\n|---|---|---|")
    medians = {label: statistics.median(ns) for label, ns in under_load(args, empty).items()}
    for label, ns in medians.items():
        print(f"| {label} | {ns:.0f} | {ns - medians[empty.label]:+.0f} |")


def bench_switch(args):
    empty = Tool("an empty program", [STATS, "sleep", "1000"], "empty_switch")
    others, remarks = other_tools()
    with target_cgroup() as cgroup:
        for split in ("sample", "exact"):
            found = {}
            for number in range(ROUNDS):
                say(f"switches, --split {split}, round {number + 1} of {ROUNDS} …")
                binaries = args.binary[number % len(args.binary):] + \
                    args.binary[:number % len(args.binary)]
                ours = recorders(binaries, split, cgroup)
                for label, ns in one_round(args.seconds, cgroup, [empty, *others, *ours]).items():
                    found.setdefault(label, []).append(ns)
            print(f"\n### A switch, --split {split}\n")
            print("Two processes of the target pass a byte back and forth on one CPU, with all these programs "
                  f"at each switch, {ROUNDS} rounds of {args.seconds} s. ns a run by the kernel's run-time "
                  "statistics, which add the same to every row: the empty program shows how much. Medians; the "
                  "interval is that of the difference within a round.\n")
            for remark in remarks:
                print(f"{remark}\n")
            print_round_table(found, empty.label, sorted(tool.label for tool in ours))
    print_under_load(args, empty)
