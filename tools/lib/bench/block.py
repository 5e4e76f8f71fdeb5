# SPDX-License-Identifier: GPL-2.0-or-later
"""What a block request costs."""

import contextlib
import os
import shutil
import subprocess

import cleanup
from bench.common import BPFTRACE, STATS, TOP, VIRTAX, background, say, target_cgroup

BLOCKIO = os.path.join(TOP, "build", "tests", "blockio")
# Does the same as biolatency, with tracepoints: for machines without it or without kprobes.
LATENCY = ("tracepoint:block:block_rq_issue { @start[args->dev, args->sector] = nsecs; } "
           "tracepoint:block:block_rq_complete { $start = @start[args->dev, args->sector]; "
           "if ($start) { @us = hist((nsecs - $start) / 1000); "
           "delete(@start[args->dev, args->sector]); } }")


def latency_tool():
    """(name, prefix of its programs' names, command): biolatency of libbpf-tools or bcc, else bpftrace."""
    for name, programs in (("biolatency", "block_rq"), ("biolatency-bpfcc", "trace_")):
        if shutil.which(name):
            return name, programs, [name]
    return "bpftrace, as biolatency", "block_rq", BPFTRACE[:-1] + [LATENCY]


def block_stats(seconds, cgroup, where, what, count, size, tool):
    """{program: (runs, ns per run)} while the target repeatedly moves count times size bytes."""
    inside = (f"echo 0 > {cgroup}/cgroup.procs; exec timeout {seconds} sh -c "
              f"'while :; do {BLOCKIO} {what} {where} {count} {size}; sync {where}; done'")
    with background([VIRTAX, "record", "-q", "--only", "block", "--cgroup", cgroup]), \
            background(tool, ready=3.0):
        out = subprocess.run([STATS, "sh", "-c", inside], check=False, capture_output=True,
                             text=True).stdout
    rows = [line.split() for line in out.splitlines()]
    # If several programs have the same name (another recorder may be running), ours is the one that
    # ran most.
    return {name: (int(runs), float(ns)) for name, runs, ns in
            sorted((r for r in rows if len(r) == 3 and r[1].isdigit()), key=lambda r: int(r[1]))}


def print_per_request(stats, name, programs):
    """The sum of all programs that run for one request, on any hook, beside two empty programs."""
    requests = stats.get("vtx_rq_done", (0, 0))[0]
    if not requests:
        return
    print("\n| in total per request | ns |\n|---|---|")
    for label, starts in (("virtax", ("vtx_rq", "vtx_bio", "vtx_dirty")),
                          ("empty programs", ("empty_issue", "empty_done")), (name, (programs,))):
        total = sum(runs * ns for p, (runs, ns) in stats.items() if p.startswith(starts))
        if total:
            print(f"| {label} | {total / requests:.0f} |")


@contextlib.contextmanager
def loop_device():
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(cleanup.temporary_directory(dir="/var/tmp"))
        path = os.path.join(directory, "image")
        with open(path, "wb") as f:
            for _ in range(16):
                f.write(bytes(1 << 20))
        # Detached by name: a signal may arrive before losetup has printed the device.
        stack.callback(subprocess.run, ["sh", "-c", 'losetup -j "$1" -O NAME -n | xargs -r losetup -d',
                                        "sh", path], check=False)
        yield cleanup.run_whole(["losetup", "-f", "--show", path]).strip()


def bench_block(seconds):
    """On a loop device, so that the disk's speed does not matter: each request is two."""
    name, programs, tool = latency_tool()
    with target_cgroup() as cgroup, loop_device() as device:
        for what, size, remark in (("write", 4096, "past the page cache"),
                                   ("bwrite", 4096, "through the page cache, then sync")):
            say(f"block requests, {remark} …")
            stats = block_stats(seconds, cgroup, device, what, 2048, size, tool)
            print(f"\n### Each BPF program, 4 KiB writes {remark}\n")
            print("| program | runs | ns per run |\n|---|---|---|")
            for program, (runs, ns) in sorted(stats.items(), key=lambda r: -r[1][0]):
                if program.startswith(("vtx_rq", "vtx_bio", "vtx_dirty", "empty_issue",
                                       "empty_done", programs)):
                    label = f"{name}: {program}" if program.startswith(programs) else program
                    print(f"| {label} | {runs} | {ns:.0f} |")
            print_per_request(stats, name, programs)
