# SPDX-License-Identifier: GPL-2.0-or-later
"""What the recorder costs a container at saturation: on against off, by quads."""

import json
import os
import statistics
import subprocess
import time

import cleanup
from bench import parts
from bench.common import say
from bench.ratio import cells
from bench.serving import Load, Recorder

SETTLE = 0.3  # seconds, after each start and end
PARTS_EVERY = 5  # rounds
ORDERS = ((True, False, False, True), (False, True, True, False))
EVERY = {"default": (), "cpu": ("--only", "cpu"), "cpu-off": ("--only", "cpu", "--split", "off"),
         "off": ("--split", "off"), "sample": ("--split", "sample"), "exact": ("--split", "exact"),
         "profile": ("--profile",)}


def knows(binary, option):
    said = subprocess.run([binary, "record", "--help"], check=False, capture_output=True, text=True)
    return option in said.stdout


class Variant:
    """A binary with options, and what was measured with it."""

    def __init__(self, binary, key, with_name):
        self.binary, self.options = binary, EVERY[key]
        self.label = " ".join(self.options) or "default options"
        if with_name:
            self.label = f"{os.path.relpath(binary)} {' '.join(self.options)}".strip()
        self.rate, self.busy, self.above_us = [], [], []  # a value for each quad
        self.costs = []  # ns a request of the target as reported, of each recording, by quad
        self.recordings = []
        self.parts = parts.Parts()

    def add(self, found):
        """What a round gave for it."""
        self.rate.append(found["rate"])
        self.busy.append(found["busy"])
        self.above_us.append(found["above_us"])
        self.costs.append([r["target_ns"] / r["requests"] for r in found["recordings"]])
        self.recordings += found["recordings"]
        if "parts" in found:
            self.parts.add(found["parts"])


def variants_of(binaries, keys):
    """(variants, remarks)."""
    found, remarks = [], []
    for key in keys or EVERY:
        for binary in binaries:
            if key == "profile" and not knows(binary, "--profile"):
                remarks.append(f"{os.path.relpath(binary)} has no --profile.")
                continue
            found.append(Variant(binary, key, len(binaries) > 1))
    return found, remarks


def busy_us(windows):
    """Busy time a request."""
    return sum(w.busy_ns for w in windows) / sum(w.requests for w in windows) / 1e3


def rate(windows):
    return sum(w.requests for w in windows) / sum(w.seconds for w in windows)


class Results:
    """What all rounds gave: dicts as Bench.one_round() returns them, also those of earlier runs that
    are kept in a file."""

    def __init__(self, variants, keep):
        self.variants = {v.label: v for v in variants}
        self.rounds, self.keep = [], keep
        if keep and os.path.exists(keep):
            with open(keep, encoding="utf-8") as f:
                for line in f:
                    self._add(json.loads(line))

    def _add(self, found):
        if found["variants"].keys() != self.variants.keys():
            raise SystemExit(f"bench: {self.keep}: has other variants: {', '.join(found['variants'])}")
        self.rounds.append(found)
        for label, of in found["variants"].items():
            self.variants[label].add(of)

    def add(self, found):
        self._add(found)
        if self.keep:
            with open(self.keep, "a", encoding="utf-8") as f:
                f.write(json.dumps(found) + "\n")

    def of_control(self, what):
        return [found["control"][what] for found in self.rounds]

    def median_off(self, what):
        return statistics.median(n for found in self.rounds for n in found["off"][what])

    def share(self, what):
        """Of the time of all CPUs."""
        return sum(found[what] for found in self.rounds) / sum(found["wall_ns"] for found in self.rounds)


class Bench:
    """The quads of all variants in one run under the same load. Each round is a quad for each
    variant and one of nothing."""

    def __init__(self, load, args):
        self.load, self.args, self.windows = load, args, []
        self.start_s = self.end_s = 0.5  # how long a recorder took to start and to end, the last time

    def _window(self):
        time.sleep(SETTLE)
        self.windows.append(self.load.window(self.args.window))
        return self.windows[-1]

    def _on(self, variant, count, recordings):
        """`count` windows of one recorder."""
        begin = time.monotonic()
        with Recorder(self.load, variant.binary, variant.options, self.args.recorder_cpus) as recorder:
            self.start_s = time.monotonic() - begin
            found = [self._window() for _ in range(count)]
            begin = time.monotonic()
        self.end_s = time.monotonic() - begin
        recordings.append(parts.recording_of(recorder))
        return found

    def _as_if_on(self, count):
        """The same pauses without a recorder."""
        time.sleep(self.start_s)
        found = [self._window() for _ in range(count)]
        time.sleep(self.end_s)
        return found

    def _quad(self, order, on):
        """(ratios, rate off, busy time off) of a quad."""
        if order[0]:
            first, offs, last = on(1), [self._window(), self._window()], on(1)
            ons = first + last
        else:
            first = self._window()
            ons, offs = on(2), [first, self._window()]
        return {"rate": rate(ons) / rate(offs), "busy": busy_us(ons) / busy_us(offs),
                "above_us": busy_us(ons) - busy_us(offs)}, rate(offs), busy_us(offs)

    def one_round(self, number, variants):
        order = ORDERS[number % 2]
        turn = number % len(variants)
        found = {"variants": {}, "off": {"rate": [], "busy_us": []}}
        self.windows = []
        for variant in variants[turn:] + variants[:turn]:
            recordings = []
            ratios, off_rate, off_busy = self._quad(
                order, lambda count, v=variant, r=recordings: self._on(v, count, r))
            found["variants"][variant.label] = {**ratios, "recordings": recordings}
            found["off"]["rate"].append(off_rate)
            found["off"]["busy_us"].append(off_busy)
        found["control"] = self._quad(order, self._as_if_on)[0]
        if number % PARTS_EVERY == 0:
            for variant in variants:
                found["variants"][variant.label]["parts"] = parts.measure(self.load, variant, self.args)
        for what in ("idle_ns", "steal_ns"):
            found[what] = sum(getattr(w, what) for w in self.windows)
        found["wall_ns"] = sum(w.seconds for w in self.windows) * os.cpu_count() * 1e9
        return found

    def run(self, results):
        variants = list(results.variants.values())
        for number in range(len(results.rounds), len(results.rounds) + self.args.quads):
            say(f"throughput, quad {number + 1} …")
            with self.load.running():
                results.add(self.one_round(number, variants))


def placement(args):
    where = [f"{what} on {cpus}" for what, cpus in (
        ("server", args.server_cpus), ("client", args.client_cpus), ("recorder", args.recorder_cpus)) if cpus]
    return f"Pinned: {', '.join(where)}." if where else "Nothing was pinned."


def print_ratios(results, args, remarks):
    print("\n### Throughput of a container at saturation\n")
    print(f"Apache in runc, wrk -t1 -c8 with keep-alive, {len(results.rounds)} quads of windows of "
          f"{args.window:g} s, in turn on-off-off-on and off-on-on-off; the ratio within each quad; "
          f"median and 95 % bootstrap interval. {placement(args)} Without the recorder "
          f"{results.median_off('rate'):.0f} requests/s, {results.median_off('busy_us'):.1f} µs "
          f"of all CPUs a request. CPUs were idle for {results.share('idle_ns'):.1%} and "
          f"stolen for {results.share('steal_ns'):.1%}.\n")
    for remark in remarks:
        print(f"{remark}\n")
    print("| recorder | throughput on/off | 95 % | busy time a request, on/off | 95 % | more, µs | 95 % |")
    print("|---|---|---|---|---|---|---|")
    for v in results.variants.values():
        print(f"| {v.label} | {cells(v.rate)} | {cells(v.busy)} | {cells(v.above_us, 2)} |")
    print(f"| none, off/off | {cells(results.of_control('rate'))} | {cells(results.of_control('busy'))} | "
          f"{cells(results.of_control('above_us'), 2)} |")


def print_target_cost(variants):
    """Does what the recorder reports of the target depend on what else it measures? Recordings of one
    round are compared."""
    base = next((v for v in variants if v.options == EVERY["cpu"]), None)
    others = [v for v in variants if v is not base and base and v.binary == base.binary]
    if not others:
        return
    print("\n### The target's CPU time a request, as reported\n\nCompared with `--only cpu` in the same "
          "round.\n\n| recorder | µs a request | of --only cpu | 95 % |\n|---|---|---|---|")
    for v in others:
        pairs = [(statistics.mean(a), statistics.mean(b)) for a, b in zip(v.costs, base.costs)]
        print(f"| {v.label} | {statistics.median(a for a, _ in pairs) / 1e3:.2f} | "
              f"{cells([a / b for a, b in pairs])} |")


def bench_throughput(args):
    variants, remarks = variants_of(args.binary, args.variant)
    if not variants:
        raise SystemExit("bench: --variant: this binary has none of them")
    results = Results(variants, args.keep)
    if args.quads:  # with none, only what was kept is printed
        with cleanup.lab_target("container") as target:
            Bench(Load(target, args.server_cpus, args.client_cpus), args).run(results)
    if not results.rounds:
        raise SystemExit("bench: --quads 0: no quads were kept")
    print_ratios(results, args, remarks)
    print_target_cost(variants)
    parts.print_costs(variants)
    parts.print_parts(variants)
