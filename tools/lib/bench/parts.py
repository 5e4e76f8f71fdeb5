# SPDX-License-Identifier: GPL-2.0-or-later
"""The recorder's cost a request by its parts: BPF run time by program, and what its report says."""

import statistics
import time

from bench import programs
from bench.serving import Recorder


def recording_of(recorder):
    """What a run file says, for the requests that were answered while it was recorded."""
    run = recorder.run
    return {"requests": recorder.rate * run["window"]["wall_ns"] / 1e9,
            "target_ns": run["targets"][0]["cpu"]["total_ns"],
            "own": {name: value for name, value in run["self"].items()
                    if name.endswith("_ns") and name != "bind_delay_ns" and isinstance(value, int)},
            "status": recorder.process.returncode,
            "lost": {cause: n for cause, n in run["books"]["lost"].items() if n},
            "counted": (run["targets"][0].get("requests") or {}).get("count")}


def measure(load, variant, args):
    """Runs and run time by program, from a window of its own: counting them costs time."""
    with Recorder(load, variant.binary, variant.options, args.recorder_cpus) as recorder, \
            programs.run_time_statistics():
        time.sleep(0.3)
        before, first = recorder.counts(), load.requests()
        time.sleep(args.window)
        after, last = recorder.counts(), load.requests()
    return {"requests": last - first, "programs": programs.counts_between(before, after)}


class Parts:
    """The sum of what measure() returned."""

    def __init__(self):
        self.requests, self.programs = 0, {}

    def add(self, measured):
        self.requests += measured["requests"]
        for name, (runs, ns) in measured["programs"].items():
            had = self.programs.get(name, (0, 0))
            self.programs[name] = (had[0] + runs, had[1] + ns)

    def total_ns(self):
        return sum(ns for _, ns in self.programs.values()) / self.requests


def print_programs(variant):
    parts = variant.parts
    print(f"\n#### {variant.label}\n")
    print("| program | runs a request | ns a run | ns a request |\n|---|---|---|---|")
    for name, (runs, ns) in sorted(parts.programs.items(), key=lambda p: -p[1][1]):
        if runs >= parts.requests / 1000:
            print(f"| {name} | {runs / parts.requests:.3f} | {ns / runs:.0f} | "
                  f"{ns / parts.requests:.0f} |")
    runs = sum(runs for runs, _ in parts.programs.values()) / parts.requests
    print(f"| all | {runs:.2f} | {parts.total_ns() / runs:.0f} | {parts.total_ns():.0f} |")


def own_ns(variant):
    """{name: ns a request}, as reported."""
    requests = sum(r["requests"] for r in variant.recordings)
    return {name: sum(r["own"].get(name, 0) for r in variant.recordings) / requests
            for name in sorted({name for r in variant.recordings for name in r["own"]})}


def print_trust(variant):
    bad = [r for r in variant.recordings if r["status"]]
    if bad:
        print(f"\n{len(bad)} of {len(variant.recordings)} recordings were not to be trusted: lost "
              f"{[r['lost'] for r in bad]}.")
    counted = [r["counted"] / r["requests"] for r in variant.recordings if r["counted"]]
    if counted and min(counted) < 0.9:
        print(f"\nThe recorder counted {min(counted):.0%} of the requests in one recording.")


def print_costs(variants):
    """The three ways to know the cost, beside each other."""
    print("\n### The recorder's own cost a request\n\n| recorder | on against off, busy time, µs | BPF run "
          "time, µs | program runs | by its report, `self`, µs |\n|---|---|---|---|---|")
    for v in variants:
        runs = sum(runs for runs, _ in v.parts.programs.values()) / v.parts.requests
        said = ", ".join(f"{name.removesuffix('_ns')} {ns / 1e3:.2f}" for name, ns in own_ns(v).items())
        print(f"| {v.label} | {statistics.median(v.above_us):.2f} | {v.parts.total_ns() / 1e3:.2f} | "
              f"{runs:.2f} | {said} |")


def print_parts(variants):
    print("\n### BPF run time a request, by program\n\nBy the kernel's run-time statistics, in windows of "
          "their own. They add the same to every run (see the empty program of a switch), and see neither "
          "the entry into a program nor the caches that it leaves cold.")
    for variant in variants:
        print_programs(variant)
        print_trust(variant)
