# SPDX-License-Identifier: GPL-2.0-or-later
"""What many targets cost: a switch beside them, the start, memory, rows."""

import contextlib
import datetime
import json
import os
import statistics
import subprocess
import time

import cleanup
from bench.common import STATS, TOP, say, target_cgroup
from bench.ratio import median_interval
from bench.switch import Tool, one_round

CROWD = os.path.join(TOP, "build", "tests", "crowd")
TARGETS = (1, 1000)
ROUNDS = 5
SECONDS = 10  # of a recording with one row a second
PERIOD_MS = 1000


@contextlib.contextmanager
def crowd(cgroup, n):
    """n cgroups below this one, with a process each that wakes up every PERIOD_MS; they are removed at the
    end. Yields the options that make each a target."""
    process = subprocess.Popen([*cleanup.WITH_US, CROWD, "-n", str(n), "-a", str(n), "-p", str(PERIOD_MS),
                                cgroup], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if not process.stdout.readline().startswith("ready"):
            raise SystemExit(f"bench: crowd did not start {n} processes")
        yield [word for i in range(n) for word in ("--cgroup", f"t{i}={cgroup}/{i}")]
    finally:
        process.stdin.close()
        cleanup.wait(process, 60)
        process.stdout.close()


def recording(binary, options):
    """(s to the start, MB resident, % of a CPU in user space, MB of the run file)"""
    with cleanup.temporary_file(suffix=".json") as run:
        began = time.time()
        subprocess.run([binary, "record", "-q", "-d", str(SECONDS), "-i", "1", "-o", run.name, *options],
                       check=True)
        with open(run.name, encoding="utf-8") as file:
            doc = json.load(file)
        start = datetime.datetime.fromisoformat(doc["window"]["start"].replace("Z", "+00:00"))
        return (start.timestamp() - began, doc["self"]["max_rss_bytes"] / 1e6,
                100 * doc["self"]["user_cpu_ns"] / doc["window"]["wall_ns"],
                os.path.getsize(run.name) / 1e6)


def switches(args, cgroup, targets):
    """{number of targets: ns of vtx_switch above an empty program, one for each round}; which number comes
    first alternates. Both tasks of the switches belong to a target of their own."""
    empty = Tool("empty", [STATS, "sleep", "1000"], "empty_switch")
    found = {n: [] for n in targets}
    for number in range(ROUNDS):
        for n in sorted(targets, reverse=number % 2):
            say(f"switches beside {n} targets, round {number + 1} of {ROUNDS} …")
            ours = Tool("ours", [args.binary[0], "record", "-q", "--cgroup", cgroup, *targets[n]], "vtx_switch")
            ns = one_round(args.seconds, cgroup, [empty, ours])
            found[n].append(ns["ours"] - ns["empty"])
    return found


def bench_scale(args):
    print(f"\n### Many targets\n\nCgroups with a process each that wakes up every {PERIOD_MS} ms; {SECONDS} rows "
          "of a second. A switch: ns of `vtx_switch` above an empty program on the same switches, beside so "
          f"many targets, {ROUNDS} rounds of {args.seconds} s in changing order.\n")
    print("| targets | start, s | resident, MB | user CPU, % of one | run file, MB | a switch, ns | 95 % |\n"
          "|---|---|---|---|---|---|---|")
    with contextlib.ExitStack() as stack:
        pair = stack.enter_context(target_cgroup("switching"))
        made = {n: stack.enter_context(crowd(stack.enter_context(target_cgroup(f"crowd-{n}")), n))
                for n in TARGETS}
        runs = {}
        for n, options in made.items():
            say(f"recordings of {n} targets …")
            runs[n] = [statistics.median(column) for column in
                       zip(*(recording(args.binary[0], options) for _ in range(3)))]
        for n, above in switches(args, pair, made).items():
            start, resident, user, size = runs[n]
            median, low, high = median_interval(above)
            print(f"| {n} | {start:.2f} | {resident:.1f} | {user:.2f} | {size:.2f} | {median:+.0f} | "
                  f"{low:+.0f} – {high:+.0f} |")
