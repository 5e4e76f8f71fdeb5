# SPDX-License-Identifier: GPL-2.0-or-later
"""What a page fault costs, inside and outside a target."""

import contextlib
import os
import random
import statistics
import subprocess
import time

from bench.common import STATS, TOP, VIRTAX, WITH_US, background, say, target_cgroup

FAULT = os.path.join(TOP, "build", "tests", "fault")
FAULTS = 200_000


def fault_ns(cgroup=None, *more):
    """ns of wall-clock time per first touch of a page."""
    join = f"echo 0 > {cgroup}/cgroup.procs; " if cgroup else ""
    work = " ".join([FAULT, "-m", "touch", "-n", str(FAULTS), *more])
    process = subprocess.Popen([*WITH_US, "sh", "-c", f"{join}exec {work}"], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    while not process.stdout.readline().startswith("ready"):
        pass
    start = time.perf_counter_ns()
    process.stdin.write("\n")
    process.stdin.flush()
    while not process.stdout.readline().startswith("minor"):
        pass
    ns = (time.perf_counter_ns() - start) / FAULTS
    process.communicate()
    return ns


def fault_stats(cgroup, target, split):
    inside = f"echo 0 > {cgroup}/cgroup.procs; " if target else ""
    inside += f"exec {FAULT} -m touch -n {FAULTS} < /dev/null"
    with background([VIRTAX, "record", "-q", "--only", "memory", "--split", split, "--cgroup",
                     cgroup]):
        out = subprocess.run([STATS, "sh", "-c", inside], check=True, capture_output=True,
                             text=True).stdout
    rows = (line.split() for line in out.splitlines() if len(line.split()) == 3)
    return {name: float(ns) for name, runs, ns in rows if int(runs) >= FAULTS / 2}


def bench_fault_programs(cgroup):
    print("\n### A page fault: the programs\n")
    print("ns per run by the kernel's run-time statistics, which add the same to every row.\n")
    print("| program | fault of a target | outside any target |\n|---|---|---|")
    for split in ("sample", "exact"):
        say(f"page faults, --split {split} …")
        of = fault_stats(cgroup, True, split), fault_stats(cgroup, False, split)
        for name in sorted(n for n in of[0] if "fault" in n):
            print(f"| {name}, --split {split} | " +
                  " | ".join(f"{s[name]:.0f}" if name in s else "–" for s in of) + " |")


def bench_fault_wall(cgroup, rounds):
    cases = {"no recorder": (None, None), "recorder, outside any target": ("sample", None),
             "recorder, of a target": ("sample", cgroup),
             "recorder --split exact, outside any target": ("exact", None),
             "recorder --split exact, of a target": ("exact", cgroup)}
    found = {name: [] for name in cases}
    for i in range(rounds):
        say(f"page faults, round {i + 1} of {rounds} …")
        for name, (split, where) in cases.items():
            with contextlib.ExitStack() as stack:
                if split:
                    stack.enter_context(background([VIRTAX, "record", "-q", "--only", "memory",
                                                    "--split", split, "--cgroup", cgroup]))
                found[name].append(min(fault_ns(where) for _ in range(3)))
    print(f"\n### A page fault: all of it\n\nns per first touch of a page, {FAULTS} of them; the best of "
          f"{3 * rounds} tries, alternately.\n")
    print("| | ns | above none |\n|---|---|---|")
    none = min(found["no recorder"])
    for name, ns in found.items():
        print(f"| {name} | {min(ns):.0f} | {min(ns) - none:+.0f} |")


def bench_fault_of_others(cgroup, rounds):
    """The cost to tasks outside any target, compared with no program and with an empty one: pinned,
    in random order."""
    pin = ("-c", str(max(os.sched_getaffinity(0))))
    cases = {"nothing": None, "nothing, again": None,
             "an empty program": [STATS, "--fault", "sleep", "1000"],
             "the recorder": [VIRTAX, "record", "-q", "--only", "memory", "--cgroup", cgroup]}
    found = {name: [] for name in cases}
    for i in range(rounds):
        say(f"page faults of others, round {i + 1} of {rounds} …")
        for name in random.sample(list(cases), len(cases)):
            with contextlib.ExitStack() as stack:
                if cases[name]:
                    stack.enter_context(background(cases[name], ready=0.8))
                found[name].append(min(fault_ns(None, *pin) for _ in range(5)))
    print(f"\n### A page fault outside any target\n\nns per first touch of a page on one CPU, {FAULTS} of "
          f"them; the best of 5 in each of {rounds} rounds, in random order. Above nothing: the median over "
          "rounds of the difference within a round, and its quartiles.\n")
    print("| | median ns | above nothing | quartiles |\n|---|---|---|---|")
    for name, ns in found.items():
        more = [a - b for a, b in zip(ns, found["nothing"])]
        low, _, high = statistics.quantiles(more, n=4) if len(more) > 1 else (more[0],) * 3
        print(f"| {name} | {statistics.median(ns):.0f} | {statistics.median(more):+.0f} | "
              f"{low:+.0f} to {high:+.0f} |")


def bench_faults(rounds):
    with target_cgroup() as cgroup:
        bench_fault_programs(cgroup)
        bench_fault_wall(cgroup, rounds)


def bench_others(rounds):
    with target_cgroup() as cgroup:
        bench_fault_of_others(cgroup, rounds)
