# SPDX-License-Identifier: GPL-2.0-or-later
"""--off-cpu: the stacks of what targets wait for. Their sums are the ledger's, and they are the right ones."""

import os

import pytest

import columns
import lib

NAP = 0.3


@pytest.fixture(scope="module")
def recorded(module_cgroup, module_dir):
    """Two programs share a CPU, one syncs a file, one sleeps and one reads a pipe meanwhile."""
    group, cpu = module_cgroup(), max(os.sched_getaffinity(0))
    spins = f"taskset -c {cpu} {lib.load('stacks')} user 300 & " * 2
    script = (f"{spins} {lib.load('blockio')} bwrites {module_dir}/file 20 65536 & "
              f"sleep {NAP} | cat; wait")
    with lib.Recording(module_dir, ["--cgroup", f"it={group.path}", "--off-cpu", "--only",
                                    "cpu,block"]) as recording:
        group.spawn(["sh", "-c", script]).communicate(timeout=30)
    return recording


def waits(recording):
    """[(what for, [functions from the outermost on], ns, count)]"""
    profile = recording.run["profile"]
    frames, strings = columns.rows(profile["frames"]), columns.strings(profile["strings"])

    def stack(frame):
        names = []
        while frame is not None:
            names.insert(0, strings[frames[frame]["name"]])
            frame = frames[frame]["up"]
        return names

    return [(w["for"], stack(w["frame"]), w["ns"], w["count"]) for w in columns.rows(profile["waits"])]


def longest(recording, what):
    return max((w for w in waits(recording) if w[0] == what), key=lambda w: w[2])


def total(recording, what):
    return sum(ns for each, _, ns, _ in waits(recording) if each == what)


def test_waiting_for_a_cpu_is_the_ledgers(recorded):
    wait_ns = recorded.run.target("it")["sched"]["wait_ns"]
    assert wait_ns > 1e8  # two programs of 300 ms on one CPU
    assert total(recorded, "run_queue") == pytest.approx(wait_ns, rel=0.02)
    queue = [w for w in waits(recorded) if w[0] == "run_queue"]
    # Two programs of 300 ms wait for each other; on a busy machine all wait longer.
    # (The vdso keeps no frame pointer, so main() may be missing below clock_gettime().)
    assert sum(ns for _, stack, ns, _ in queue if any("main" in name for name in stack)) > 1.5e8, queue
    assert any("work" in stack and "burn_seventy" in stack for _, stack, _, _ in queue), queue


def test_block_io_is_the_ledgers(recorded):
    block = recorded.run.target("it")["block"]
    assert block["waits"] > 0
    assert total(recorded, "block_io") == pytest.approx(block["wait_ns"], rel=0.02)
    assert any("sync" in name for name in longest(recorded, "block_io")[1])


def test_sleeping_is_by_what_for(recorded):
    timer, pipe = longest(recorded, "timer"), longest(recorded, "pipe")
    assert timer[2] > 0.9 * NAP * 1e9 and any("nanosleep" in name for name in timer[1]), timer
    assert pipe[2] > 0.8 * NAP * 1e9 and any("pipe_read" in name for name in pipe[1]), pipe
    # Where it sleeps, not the scheduler; and not our program, which takes the stack.
    for _, stack, _, _ in waits(recorded):
        assert not any(name in ("schedule", "__schedule", "[virtax]") for name in stack), stack


def test_folded(recorded):
    done = lib.virtax("report", "--format", "folded", recorded.file)
    assert done.returncode == 0, done.stderr
    sums = sum(int(line.rpartition(" ")[2]) for line in done.stdout.splitlines()
               if line.startswith("it;workload;waits;[block_io];"))
    assert sums == total(recorded, "block_io")
