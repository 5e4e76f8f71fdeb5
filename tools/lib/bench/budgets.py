# SPDX-License-Identifier: GPL-2.0-or-later
"""What the recorder may cost, in counts: the file tests/e2e/budgets, and the measurement that it is compared
with. No times, so a busy machine gives nearly the same."""

import math
import os
import subprocess

import cleanup
from bench import programs
from bench.common import TOP, VIRTAX, target_cgroup
from bench.lines import switches
from bench.serving import Load, Recorder

FILE = os.path.join(TOP, "tests", "e2e", "budgets")
PINGPONG = os.path.join(TOP, "build", "tests", "pingpong")
REQUESTS, WINDOWS = 1000, 7
LEAST = 0.05  # runs a request: programs that run less often have no line
# Programs that whatever else runs on this machine runs as well, so that their runs a request say nothing.
# None of them can be added unnoticed, since every program needs a line with its instructions.
EVENTS = ("vtx_switch", "vtx_soft_", "vtx_irq_", "vtx_timer_", "vtx_resched_", "vtx_call", "vtx_iwork_",
          "vtx_fault_", "vtx_sample", "vtx_rq_", "vtx_bio_", "vtx_dirty", "vtx_fork", "vtx_exec", "vtx_exit",
          "vtx_rename", "vtx_list", "vtx_flush", "vtx_ipi_")

HEAD = """# SPDX-License-Identifier: GPL-2.0-or-later
# What a recorder with default options may cost at most, in counts; tests/e2e/test_cost.py compares.
# Rewritten by: tools/bench --only budgets >tests/e2e/budgets
#   lines         cache lines of the programs' own data that vtx_switch touches, exactly as measured
#   kernel-lines  likewise of the kernel's, whose layout differs: three more than measured
#   a-request     runs of a program for a request on a keep-alive connection, of programs that only
#                 requests run; a tenth more than measured
#   a-switch      runs of programs for a switch between two tasks of a target; a tenth more
#   verified      instructions that the verifier processed; a tenth more
"""


def context_switches():
    with open("/proc/stat", encoding="utf-8") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("ctxt"))


def runs_a_request(load, recorder):
    """{program: runs a request}: the least of some windows, since whatever else happens adds to it."""
    found = []
    for _ in range(WINDOWS):
        before, first = recorder.counts(), load.requests()
        subprocess.run(["ab", "-q", "-k", "-c1", f"-n{REQUESTS}", load.url],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after, requests = recorder.counts(), load.requests() - first
        if requests != REQUESTS:
            raise SystemExit(f"bench: ab: {requests} requests instead of {REQUESTS}")
        found.append({name: runs / requests
                      for name, (runs, _) in programs.counts_between(before, after).items()})
    return {name: min(f.get(name, 0) for f in found) for name in set().union(*found)}


def measure_requests():
    """(runs a request, verified instructions) by program; "all" is the sum of the former."""
    with cleanup.lab_target("container") as target:
        load = Load(target)
        with Recorder(load, VIRTAX, ()) as recorder, programs.run_time_statistics():
            runs = runs_a_request(load, recorder)
            verified = {c.name: c.verified for c in recorder.counts().values() if c.verified}
    runs = {name: n for name, n in sorted(runs.items()) if n >= LEAST and not name.startswith(EVENTS)}
    return {"all": sum(runs.values()), **runs}, verified


def measure_a_switch():
    """The runs for each switch of the machine while two tasks pass a byte, of programs that run at every
    other switch at least: the rest is what else happened."""
    found = []
    with target_cgroup() as cgroup, programs.run_time_statistics():
        for _ in range(3):
            inside = f"echo 0 > {cgroup}/cgroup.procs; exec {PINGPONG} 0.5 0"
            argv = [VIRTAX, "record", "-q", "--cgroup", cgroup, "--", "sh", "-c", "echo up; read -r _; exit 0"]
            with subprocess.Popen([*cleanup.WITH_US, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True) as recorder:
                recorder.stdout.readline()
                before, first = programs.counts_of(recorder.pid), context_switches()
                subprocess.run(["sh", "-c", inside], check=True, stdout=subprocess.DEVNULL)
                after, last = programs.counts_of(recorder.pid), context_switches()
                recorder.communicate()
            runs = [runs / (last - first)
                    for runs, _ in programs.counts_between(before, after).values()]
            found.append(sum(n for n in runs if n >= 0.5))
    return min(found)


def lines(all_touched):
    """{(kind, name): lines} of switches.measure()."""
    found = {}
    for between, touched in all_touched.items():
        name = between.replace(" → ", "-")
        found["lines", name], found["kernel-lines", name] = switches.count_lines(touched)
    return dict(sorted(found.items(), reverse=True))


def measure():
    """{(kind, name): measured}"""
    runs, verified = measure_requests()
    found = lines(switches.measure())
    found |= {("a-request", name): n for name, n in runs.items()}
    found["a-switch", "all"] = measure_a_switch()
    return found | {("verified", name): n for name, n in sorted(verified.items())}


def budget_for(kind, measured):
    """With room for what differs from run to run and from kernel to kernel."""
    if kind == "lines":
        return str(measured)
    if kind == "kernel-lines":
        return str(measured + 3)
    if kind == "verified":
        return str(math.ceil(measured * 1.1))
    return f"{math.ceil(measured * 110) / 100:.2f}"


def read_budgets():
    """{(kind, name): at most}"""
    with open(FILE, encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return {(kind, name): float(most) for kind, name, most in rows}


def print_budgets():
    print(HEAD, end="")
    for (kind, name), measured in measure().items():
        print(f"{kind:12} {name:15} {budget_for(kind, measured)}")
