# SPDX-License-Identifier: GPL-2.0-or-later
"""What the recorder costs a container at saturation: on against off, by quads."""

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
        self.recordings = []
        self.parts = parts.Parts()

    def cost_of_target(self):
        """ns a request of the target as reported, by recording."""
        return [r.target_ns / r.requests for r in self.recordings]


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


class Bench:
    """The quads of all variants in one run under the same load. Each round is a quad for each
    variant and one of nothing."""

    def __init__(self, load, args):
        self.load, self.args = load, args
        self.control_rate, self.control_busy = [], []
        self.off_rate, self.off_busy, self.windows = [], [], []
        self.start_s = self.end_s = 0.5  # how long a recorder took to start and to end, the last time

    def _window(self):
        time.sleep(SETTLE)
        self.windows.append(self.load.window(self.args.window))
        return self.windows[-1]

    def _on(self, variant, count):
        """`count` windows of one recorder."""
        begin = time.monotonic()
        with Recorder(self.load, variant.binary, variant.options, self.args.recorder_cpus) as recorder:
            self.start_s = time.monotonic() - begin
            found = [self._window() for _ in range(count)]
            begin = time.monotonic()
        self.end_s = time.monotonic() - begin
        variant.recordings.append(parts.Recording(recorder))
        return found

    def _as_if_on(self, count):
        """The same pauses without a recorder."""
        time.sleep(self.start_s)
        found = [self._window() for _ in range(count)]
        time.sleep(self.end_s)
        return found

    def quad(self, order, on):
        """(windows on, windows off)."""
        if order[0]:
            first, offs, last = on(1), [self._window(), self._window()], on(1)
            return first + last, offs
        first = self._window()
        return on(2), [first, self._window()]

    def one_round(self, number, variants):
        order = ORDERS[number % 2]
        turn = number % len(variants)
        for variant in variants[turn:] + variants[:turn]:
            on, off = self.quad(order, lambda count, v=variant: self._on(v, count))
            variant.rate.append(rate(on) / rate(off))
            variant.busy.append(busy_us(on) / busy_us(off))
            variant.above_us.append(busy_us(on) - busy_us(off))
            self.off_rate.append(rate(off))
            self.off_busy.append(busy_us(off))
        on, off = self.quad(order, self._as_if_on)
        self.control_rate.append(rate(on) / rate(off))
        self.control_busy.append(busy_us(on) / busy_us(off))

    def run(self, variants):
        every = max(1, self.args.quads // 4)
        for number in range(self.args.quads):
            say(f"throughput, quad {number + 1} of {self.args.quads} …")
            with self.load.running():
                self.one_round(number, variants)
                if number % every == 0:
                    for variant in variants:
                        variant.parts.measure(self.load, variant, self.args)

    def print_ratios(self, variants, remarks):
        wall = sum(w.seconds for w in self.windows) * os.cpu_count() * 1e9
        print("\n### Throughput of a container at saturation\n")
        print(f"Apache in runc, wrk -t1 -c8 with keep-alive, {self.args.quads} quads of windows of "
              f"{self.args.window:g} s, in turn on-off-off-on and off-on-on-off; the ratio within each quad; "
              f"median and 95 % bootstrap interval. {self.placement()} Without the recorder "
              f"{statistics.median(self.off_rate):.0f} requests/s, {statistics.median(self.off_busy):.1f} µs "
              f"of all CPUs a request. CPUs were idle for {sum(w.idle_ns for w in self.windows) / wall:.1%} and "
              f"stolen for {sum(w.steal_ns for w in self.windows) / wall:.1%}.\n")
        for remark in remarks:
            print(f"{remark}\n")
        print("| recorder | throughput on/off | 95 % | busy time a request, on/off | 95 % | more, µs | 95 % |")
        print("|---|---|---|---|---|---|---|")
        for v in variants:
            print(f"| {v.label} | {cells(v.rate)} | {cells(v.busy)} | {cells(v.above_us, 2)} |")
        print(f"| none, off/off | {cells(self.control_rate)} | {cells(self.control_busy)} | – | – |")

    def placement(self):
        where = [f"{what} on {cpus}" for what, cpus in (
            ("server", self.args.server_cpus), ("client", self.args.client_cpus),
            ("recorder", self.args.recorder_cpus)) if cpus]
        return f"Pinned: {', '.join(where)}." if where else "Nothing was pinned."


def print_target_cost(variants):
    """Does what the recorder reports of the target depend on what else it measures? Recordings of one
    round are compared."""
    base = next((v for v in variants if v.options == EVERY["cpu"]), None)
    others = [v for v in variants if v is not base and base and v.binary == base.binary]
    if not others:
        return
    print("\n### The target's CPU time a request, as reported\n\nCompared with `--only cpu` in the same "
          "round.\n\n| recorder | µs a request | of --only cpu | 95 % |\n|---|---|---|---|")
    costs = base.cost_of_target()
    for v in others:
        pairs = list(zip(v.cost_of_target(), costs))
        print(f"| {v.label} | {statistics.median(a for a, _ in pairs) / 1e3:.2f} | "
              f"{cells([a / b for a, b in pairs])} |")


def bench_throughput(args):
    variants, remarks = variants_of(args.binary, args.variant)
    if not variants:
        raise SystemExit("bench: --variant: this binary has none of them")
    with cleanup.lab_target("container") as target:
        bench = Bench(Load(target, args.server_cpus, args.client_cpus), args)
        bench.run(variants)
    bench.print_ratios(variants, remarks)
    print_target_cost(variants)
    parts.print_parts(variants)
