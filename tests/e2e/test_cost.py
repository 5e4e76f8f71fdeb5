# SPDX-License-Identifier: GPL-2.0-or-later
"""What the recorder costs, in counts that do not depend on how busy the machine is: program runs for a
request and for a switch, cache lines that a switch touches, instructions that the verifier processed. The
budgets are in tests/e2e/budgets; `tools/bench --only budgets` measures them anew."""

import json
import os
import struct
import subprocess
import sys

import pytest

import lib

sys.path.insert(0, os.path.join(lib.ROOT, "tools", "lib"))
from bench import budgets, programs  # pylint: disable=wrong-import-position
from bench.lines import switches  # pylint: disable=wrong-import-position
from bench.lines.machine import Machine  # pylint: disable=wrong-import-position
from bench.lines.memory import Memory, Region  # pylint: disable=wrong-import-position

HOW = "measure it with tools/bench --only budgets"


def compare(kind, measured):
    """Nothing above its budget, nothing without one."""
    most = budgets.read_budgets()
    missing = [name for name in measured if (kind, name) not in most]
    assert not missing, f"no budget for {kind} of {missing} ({HOW})"
    over = {name: (n, most[kind, name]) for name, n in measured.items() if n > most[kind, name]}
    assert not over, f"{kind}: measured, allowed: {over} ({HOW})"


@pytest.fixture(scope="module")
def requests():
    return budgets.measure_requests()


def test_runs_a_request(requests):
    runs, _ = requests
    assert any(n >= 0.9 for name, n in runs.items() if name != "all")  # a request is a packet at least
    compare("a-request", runs)


def test_verified(requests):
    """Every program has a line, so none is added unnoticed. Kernels before 5.16 report no number; tests/bpf
    has budgets for all kernels."""
    _, verified = requests
    compare("verified", verified)


def test_runs_a_switch():
    runs = budgets.measure_a_switch()
    assert runs >= 0.9  # vtx_switch itself
    compare("a-switch", {"all": runs})


def test_own_cost_is_that_of_the_programs(record, cgroup):
    """What the run says of its own cost is the programs' run time by the kernel's statistics, and the
    kernel's calls to them. The statistics are part of both."""
    group = cgroup()
    with programs.run_time_statistics(), record("--cgroup", f"it={group.path}") as rec:
        group.spawn([lib.load("pingpong"), "2", "1"]).communicate(timeout=60)
    own = rec.run["self"]
    run_ns = sum(p["ns"] or 0 for p in own["programs"])
    assert run_ns > 10e6  # there were many switches
    assert run_ns * 0.9 <= own["tracer_ns"] <= run_ns * 1.6, (run_ns, own)


@pytest.fixture(scope="module")
def touched():
    return switches.measure()


def test_lines(touched):
    for kind in ("lines", "kernel-lines"):
        compare(kind, {name: n for (of, name), n in budgets.lines(touched).items() if of == kind})


def test_lines_are_those_of_the_tasks(touched):
    """The programs ran on the tasks they were given: the arriving task's number is read, and tasks of a
    target need more than others."""
    for between, (_, arrives) in switches.BETWEEN.items():
        assert (arrives, "pid") in {(r.label, r.what(offset)) for r, offset, _, _ in touched[between]}
    members = {between: {(r.label.split()[0], r.what(o)) for r, o, _, _ in t if o >= 0}
               for between, t in touched.items()}
    assert len(members["target → target"]) > len(members["other → other"])


# ---- the machine that executes the instructions


def encode(*instructions):
    """(opcode, destination, source, offset, immediate)…, then an exit."""
    return b"".join(struct.pack("<BBhi", op, dst | src << 4, off, imm)
                    for op, dst, src, off, imm in (*instructions, (0x95, 0, 0, 0, 0)))


def execute(code, helpers=None, skew=0):
    """Runs it on an object of three lines, whose address is in its context; returns r0 and the lines."""
    memory = Memory(None)
    thing = memory.add(Region("thing", 192, skew=skew))
    context = memory.add(Region("context", 8, counted=False))
    context.data[:] = thing.base.to_bytes(8, "little")
    got = Machine(memory, helpers or {}).run(code, context.base)
    return got, [sorted(lines) for lines in switches.lines_of(memory.touched).values()]


GET = (0x79, 2, 1, 0, 0)  # r2 = the thing's address


def test_machine_counts_lines():
    twice = encode(GET, (0x7a, 2, 0, 8, 7), (0x79, 0, 2, 8, 0), (0x61, 3, 2, 128, 0))
    assert execute(twice) == (7, [[0, 2]])
    across = encode(GET, (0x79, 0, 2, 60, 0))
    assert execute(across) == (0, [[0, 1]])
    assert execute(encode(GET, (0x79, 0, 2, 56, 0)), skew=8)[1] == [[1]]
    # where an object begins in its line is unknown: at most
    assert execute(encode(GET, (0x79, 0, 2, 0, 0), (0x79, 0, 2, 56, 0)), skew=None)[1] == [[0, 1]]


def test_machine_jumps_and_computes():
    # r0 = 5; while (r0 != 0) { r3 += r0; r0 -= 1; }; r0 = r3, all in 32 bits
    loop = encode((0xb4, 0, 0, 0, 5), (0xb4, 3, 0, 0, -15), (0x16, 0, 0, 3, 0), (0x0c, 3, 0, 0, 0),
                  (0x04, 0, 0, 0, -1), (0x05, 0, 0, -4, 0), (0xbc, 0, 3, 0, 0))
    assert execute(loop) == (0, [])
    shift = encode((0xb7, 0, 0, 0, -8), (0xc7, 0, 0, 0, 1), (0x65, 0, 0, 1, -5), (0x07, 0, 0, 0, 14))
    assert execute(shift)[0] == (1 << 64) - 4


@pytest.mark.parametrize("code", [
    encode((0x85, 0, 0, 0, 9999)),                     # a helper that it does not know
    encode((0xb7, 2, 0, 0, 0), (0x79, 0, 2, 0, 0)),    # NULL
    encode(GET, (0x79, 0, 2, 192, 0)),                 # beyond the object
    encode((0x05, 0, 0, -1, 0)),                       # no end
    encode((0xe7, 0, 0, 0, 0)),                        # no such instruction
    encode((0x18, 0, 5, 0, 0), (0, 0, 0, 0, 0)),       # no such constant
])
def test_machine_refuses(code):
    with pytest.raises(SystemExit):
        execute(code)


def test_memory_of_the_static_build(spawn, tmp_path):
    """libbpf needs the kernel's BTF twice for a moment; nothing else may add much to that."""
    sleeper, file = spawn(["sleep", "60"]), str(tmp_path / "run.json")
    subprocess.run([os.path.join(lib.ROOT, "build", "static", "virtax"), "record", "-q", "-d", "0.2", "--only",
                    "cpu,http", "--process", f"x={sleeper.pid}", "-o", file], check=True, timeout=60)
    with open(file, encoding="utf-8") as f:
        most = json.load(f)["self"]["max_rss_bytes"]
    btf = os.path.getsize("/sys/kernel/btf/vmlinux")
    assert most <= 2 * btf + 5_000_000, (most, btf)
