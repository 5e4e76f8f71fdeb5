# SPDX-License-Identifier: GPL-2.0-or-later
"""The recorder's cost a request by its parts: BPF run time by program, and what its report says."""

import time

from bench import programs
from bench.serving import Recorder


class Recording:
    """What a run file says, for the requests that were answered while it was recorded."""

    def __init__(self, recorder):
        run = recorder.run
        seconds = run["window"]["wall_ns"] / 1e9
        self.requests = recorder.rate * seconds
        self.target_ns = run["targets"][0]["cpu"]["total_ns"]
        self.own = {name: value for name, value in run["self"].items()
                    if name.endswith("_ns") and isinstance(value, (int, float))}
        self.trusted = recorder.process.returncode == 0
        self.lost = {cause: n for cause, n in run["books"]["lost"].items() if n}
        self.counted = (run["targets"][0].get("requests") or {}).get("count")


class Parts:
    """Runs and run time by program, from windows of their own: counting them costs time."""

    def __init__(self):
        self.requests, self.programs = 0, {}

    def measure(self, load, variant, args):
        with Recorder(load, variant.binary, variant.options, args.recorder_cpus) as recorder, \
                programs.run_time_statistics():
            time.sleep(0.3)
            before, first = recorder.counts(), load.requests()
            time.sleep(args.window)
            after, last = recorder.counts(), load.requests()
        self.requests += last - first
        for name, (runs, ns) in programs.counts_between(before, after).items():
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


def print_own(variant):
    requests = sum(r.requests for r in variant.recordings)
    names = sorted({name for r in variant.recordings for name in r.own if name != "bind_delay_ns"})
    said = [f"{name} {sum(r.own.get(name, 0) for r in variant.recordings) / requests:.0f}"
            for name in names]
    print(f"\nBy the report, `self`, ns a request, without these statistics: {', '.join(said)}.")
    bad = sum(not r.trusted for r in variant.recordings)
    if bad:
        print(f"\n{bad} of {len(variant.recordings)} recordings were not to be trusted: lost "
              f"{[r.lost for r in variant.recordings if r.lost]}.")
    counted = [r.counted / r.requests for r in variant.recordings if r.counted]
    if counted and min(counted) < 0.9:
        print(f"\nThe recorder counted {min(counted):.0%} of the requests in one recording.")


def print_parts(variants):
    print("\n### BPF run time a request, by program\n\nBy the kernel's run-time statistics, in windows of "
          "their own. They add the same to every run (see the empty program of a switch), and see neither "
          "the entry into a program nor the caches that it leaves cold.")
    for variant in variants:
        print_programs(variant)
        print_own(variant)
