# SPDX-License-Identifier: GPL-2.0-or-later
"""What a context switch costs."""

import os
import subprocess

from bench.common import BPFTRACE, STATS, TOP, VIRTAX, background, say, target_cgroup

PINGPONG = os.path.join(TOP, "build", "tests", "pingpong")


def switch_stats(seconds, cgroup, exact):
    """{program: (runs, ns per run)} while two processes of the target play ping-pong."""
    inside = f"echo 0 > {cgroup}/cgroup.procs; exec {PINGPONG} {seconds} 1"
    split = "exact" if exact else "sample"
    with background([VIRTAX, "record", "-q", "--split", split, "--cgroup", cgroup]), \
            background(BPFTRACE, ready=3.0):
        out = subprocess.run([STATS, "sh", "-c", inside], check=True, capture_output=True,
                             text=True).stdout
    rows = (line.split() for line in out.splitlines() if len(line.split()) == 3)
    return {name: (int(runs), float(ns)) for name, runs, ns in rows}


def bench_switch(seconds):
    with target_cgroup() as cgroup:
        for exact in (False, True):
            say(f"switches, --split {'exact' if exact else 'sample'} …")
            stats = switch_stats(seconds, cgroup, exact)
            empty = stats["empty_switch"][1]
            print(f"\n### Each BPF program, --split {'exact' if exact else 'sample'}\n")
            print("Two processes of the target pass a byte back and forth on one CPU. ns per run by the "
                  "kernel's run-time statistics, which add the same to every row.\n")
            print("| program | runs | ns per run | above an empty program |\n|---|---|---|---|")
            for name, (runs, ns) in sorted(stats.items(), key=lambda r: -r[1][0]):
                print(f"| {name} | {runs} | {ns:.0f} | {ns - empty:+.0f} |")
